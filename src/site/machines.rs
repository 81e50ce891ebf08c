//! The machines of a site that are listed one by one.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::Serialize;

use super::names::{InterfaceName, Label};
use super::network::Network;
use super::node_network::Nics;
use super::reader::Reader;
use super::setting::{Preset, Scalar, settings, shown, words};
use crate::diagnostic::Diagnostic;
use crate::yaml::Node;

words! {
    /// What a node does in the cluster.
    NodeRole, "a node's role" {
        /// Runs VMs.
        Worker = "worker",
        /// Runs the control plane, and VMs only with `cluster.controlPlaneRunsVms`.
        ControlPlane = "control-plane",
    }
}

/// The address of a network card: 48 bits, not a group's and not all zero; written in lower case with colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress([u8; 6]);

impl FromStr for MacAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = |reason: &str| {
            Err(format!(
                "`{text}` is not the MAC address of a card: {reason}; write it like `52:54:00:12:34:56`"
            ))
        };
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().unwrap_or_default();
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
            match u8::from_str_radix(part, 16) {
                Ok(value) if digits => *byte = value,
                _ => return problem("it has six pairs of hexadecimal digits"),
            }
        }
        if parts.next().is_some() {
            return problem("it has six pairs of hexadecimal digits");
        }
        if bytes[0] & 1 == 1 {
            return problem("the first pair is even; this is the address of a group");
        }
        if bytes == [0; 6] {
            return problem("this one is empty");
        }
        Ok(MacAddress(bytes))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

shown!(MacAddress);

settings! {
    /// The addresses of a machine; MAAS chooses one where none is given.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
    pub struct Addresses {
        /// Its address in the network of bare metal deployment.
        ///
        /// Example: `192.168.0.21`
        pub pxe: Option<Ipv4Addr> = "pxe".address(),
        /// Its address in the network of Kubernetes hosts.
        ///
        /// Example: `172.16.0.21`
        pub management: Option<Ipv4Addr> = "management".address(),
        /// Its address in the network of end user access.
        ///
        /// Example: `10.20.0.21`
        pub data: Option<Ipv4Addr> = "data".address(),
    }
}

settings! {
    /// One machine.
    #[derive(Clone, Debug, Serialize)]
    pub struct Machine {
        /// Its host name, as in MAAS.
        pub name: Label,
        /// What it does.
        pub role: NodeRole,
        /// Its fixed addresses.
        ///
        /// Not: `ip`, `address`, `ips`
        pub addresses: Addresses,
        /// Its cards, if they differ from `network.nics`.
        pub nics: Nics,
        /// The MAC addresses of its cards, if known.
        ///
        /// Example: `{enp1s0: "52:54:00:00:00:01"}`
        pub macs: Vec<(InterfaceName, MacAddress)>,
    }
}

impl Machine {
    pub(super) fn read(
        reader: &mut Reader<'_>,
        network: &Network,
        node: &Node,
        path: String,
    ) -> Option<Self> {
        let mut fields = reader.item::<Self>(node, path);
        let name = reader.required(&mut fields, "name", node);
        let role = reader.value(&mut fields, "role", NodeRole::Worker);
        let addresses = reader.map(&mut fields, "addresses");
        let nics = Nics::read_over(reader, &mut fields, &network.nics, Preset::follows);
        let given: Vec<(String, (MacAddress, Node))> = reader.by_name(
            &mut fields,
            "macs",
            InterfaceName::kind,
            |reader, entry, path| Some((reader.scalar(&entry.value, path)?, entry.value.clone())),
        );
        let macs = given
            .into_iter()
            .filter_map(|(card, (mac, node))| {
                let found = nics.all().find(|name| name.as_str() == card);
                if found.is_none() {
                    let problem = Diagnostic::error(format!("the machine has no card `{card}`"))
                        .help("name its cards in its own `nics` where they differ from `network.nics`");
                    reader.problem_at(&node, problem);
                }
                Some((found?.clone(), mac))
            })
            .collect();
        reader.close(fields);
        Some(Machine {
            name: name?,
            role,
            addresses,
            nics,
            macs,
        })
    }

    /// The MAC address of a card, where the site gives it.
    pub fn mac(&self, card: &InterfaceName) -> Option<MacAddress> {
        let found = self.macs.iter().find(|(name, _)| name == card);
        found.map(|(_, mac)| *mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_is_that_of_one_card() {
        for good in ["52:54:00:12:34:56", "52-54-00-AB-CD-EF"] {
            let mac = good.parse::<MacAddress>().unwrap().to_string();
            assert_eq!(mac, good.replace('-', ":").to_lowercase());
        }
        for bad in [
            "",
            "52:54:00:12:34",
            "52:54:00:12:34:56:78",
            "52:54:00:12:34:5g",
            "+2:54:00:12:34:56",
            "01:00:5e:00:00:01",
            "00:00:00:00:00:00",
        ] {
            assert!(bad.parse::<MacAddress>().is_err(), "{bad}");
        }
    }
}
