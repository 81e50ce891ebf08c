//! Bonds of network cards (RA, Network configuration).

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::network::Layout;
use super::reader::{Fields, Reader, fixed, whole};
use super::setting::{settings, shown, words};
use crate::diagnostic::Diagnostic;

/// A bonding mode that can carry a VLAN bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BondMode {
    /// Mode 1; no switch configuration.
    ActiveBackup,
    /// Mode 2; a static link aggregation on the switch.
    BalanceXor,
    /// Mode 4; LACP on the switch.
    Lacp,
}

impl BondMode {
    /// The kernel's name of the mode.
    pub fn as_str(self) -> &'static str {
        match self {
            BondMode::ActiveBackup => "active-backup",
            BondMode::BalanceXor => "balance-xor",
            BondMode::Lacp => "802.3ad",
        }
    }
}

impl FromStr for BondMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forbidden = match text {
            "1" | "mode1" | "active-backup" => return Ok(BondMode::ActiveBackup),
            "2" | "mode2" | "balance-xor" => return Ok(BondMode::BalanceXor),
            "4" | "mode4" | "802.3ad" | "lacp" | "LACP" => return Ok(BondMode::Lacp),
            "0" | "balance-rr" => "balance-rr (0) breaks TCP streams apart",
            "3" | "broadcast" => "broadcast (3) floods a bridge",
            "5" | "balance-tlb" => "balance-tlb (5) rewrites MAC addresses",
            "6" | "balance-alb" => "balance-alb (6) rewrites MAC addresses",
            _ => "",
        };
        let ways = "use `802.3ad` (4, recommended), `active-backup` (1) or `balance-xor` (2)";
        Err(if forbidden.is_empty() {
            format!("`{text}` is not a bonding mode: {ways}")
        } else {
            format!(
                "a bridge for VMs cannot use a bond of mode `{text}`, since {forbidden}: {ways}"
            )
        })
    }
}

impl fmt::Display for BondMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

shown!(BondMode);

words! {
    /// How often the switch is asked to confirm a link of an LACP bond.
    LacpRate, "an LACP rate" {
        /// Every 30 seconds; a dead switch is noticed after 90.
        Slow = "slow",
        /// Every second; a dead switch is noticed after 3.
        Fast = "fast",
    }
}

words! {
    /// What of a frame decides over which card it leaves.
    HashPolicy, "a hash policy" {
        /// MAC addresses.
        Layer2 = "layer2",
        /// MAC and IP addresses.
        Layer2And3 = "layer2+3",
        /// IP addresses and ports; fragments of a packet can overtake each other, which 802.3ad does not allow.
        Layer3And4 = "layer3+4",
        /// Like `layer2+3`, of the packet inside a tunnel.
        Encap2And3 = "encap2+3",
        /// Like `layer3+4`, of the packet inside a tunnel.
        Encap3And4 = "encap3+4",
    }
}

settings! {
    /// How every bond of a node works. It cannot have settings that its mode does not use.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Bonding {
        /// The mode of every bond. No other mode can carry a bridge for VMs.
        ///
        /// Elsewhere: `bond-mode`, `bond_mode`
        mode as "bondMode": BondMode,
        /// With 802.3ad only: how often the switch confirms a link.
        ///
        /// Elsewhere: `lacp-rate`, `lacp_rate`, `bond_lacp_rate`
        lacp_rate: Option<LacpRate>,
        /// How a card is chosen for each frame; not with active-backup.
        ///
        /// Elsewhere: `transmit-hash-policy`, `xmit_hash_policy`, `bond_xmit_hash_policy`
        hash_policy: Option<HashPolicy>,
        /// Milliseconds between two checks of the links of a bond's cards.
        ///
        /// Elsewhere: `miimon`, `mii-monitor-interval`, `bond_miimon`
        link_monitor: u32,
    }
}

impl Bonding {
    /// The mode.
    pub fn mode(self) -> BondMode {
        self.mode
    }

    /// The LACP rate, with mode 802.3ad only.
    pub fn lacp_rate(self) -> Option<LacpRate> {
        self.lacp_rate
    }

    /// The hash policy, with the modes that use all cards at once.
    pub fn hash_policy(self) -> Option<HashPolicy> {
        self.hash_policy
    }

    /// Milliseconds between two looks at the cards' links, 10 to 10,000.
    pub fn link_monitor(self) -> u32 {
        self.link_monitor
    }

    pub(super) fn read(reader: &mut Reader<'_>, network: &mut Fields<'_>) -> Self {
        let mode = reader.value(network, "bondMode", BondMode::Lacp);
        let unused = |key: &str, unused: bool, why: &str| {
            unused.then(|| {
                Diagnostic::error(why).help(format!("leave `{key}` out, or use another `bondMode`"))
            })
        };
        // The RA is silent about both. MAAS asks for the fast rate where nothing is said; the policy is the one that
        // spreads most and still keeps to 802.3ad.
        let lacp_rate = reader.unless(
            network,
            "lacpRate",
            unused(
                "lacpRate",
                mode != BondMode::Lacp,
                "only an `802.3ad` bond has an LACP rate",
            ),
            Some(LacpRate::Fast),
        );
        let hash_policy = reader.unless(
            network,
            "hashPolicy",
            unused(
                "hashPolicy",
                mode == BondMode::ActiveBackup,
                "an `active-backup` bond uses one card at a time, and has no hash policy",
            ),
            Some(HashPolicy::Layer2And3),
        );
        Bonding {
            mode,
            lacp_rate,
            hash_policy,
            link_monitor: reader.number(network, "linkMonitor", 10..=10_000, 100),
        }
    }
}

/// The largest packet an interface takes, in bytes: 1280, which IPv6 needs, to 9216, which switches commonly take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Mtu(u16);

impl Mtu {
    /// In bytes.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl FromStr for Mtu {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match whole(text, &(1280..=9216)).map(u16::try_from) {
            Some(Ok(bytes)) => Ok(Mtu(bytes)),
            _ => Err(format!(
                "`{text}` is not an MTU: 1280 to 9216 bytes can be used, commonly 1500 or 9000"
            )),
        }
    }
}

impl fmt::Display for Mtu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

settings! {
    /// The MTUs of the bonds, with the cards in them, and of the bridge.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Mtus {
        /// The MTU of the management bond, or of the only bond.
        pub management: Mtu,
        /// The MTU of the data bond, in the layout with two bonds.
        pub data: Mtu,
        /// The MTU of the bridge, which is the largest that VMs can use on a VLAN.
        pub bridge: Mtu,
    }
}

impl Mtus {
    /// Reads one number for all, or a map.
    pub(super) fn read(reader: &mut Reader<'_>, network: &mut Fields<'_>, layout: Layout) -> Self {
        let default = fixed("1500");
        let mut fields = match reader.scalar_or_map::<Mtu, Self>(network, "mtu", &default) {
            Ok(mtu) => {
                let mtu = mtu.unwrap_or(default);
                return Mtus {
                    management: mtu,
                    data: mtu,
                    bridge: mtu,
                };
            }
            Err(fields) => fields,
        };
        let management = reader.value(&mut fields, "management", default);
        let one_bond = (layout != Layout::TwoBonds).then(|| {
            Diagnostic::error(format!(
                "the layout `{layout}` has one bond, whose MTU is `management`"
            ))
            .help("leave `data` out")
        });
        let data = reader.unless(&mut fields, "data", one_bond, Some(default));
        let data = data.unwrap_or(management);
        let bridge = reader.follow(&mut fields, "bridge", || data);
        reader.close(fields);
        Mtus {
            management,
            data,
            bridge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_go_by_name_and_number() {
        for (text, mode) in [
            ("1", BondMode::ActiveBackup),
            ("balance-xor", BondMode::BalanceXor),
            ("lacp", BondMode::Lacp),
        ] {
            assert_eq!(text.parse(), Ok(mode));
        }
        for refused in [
            "0",
            "3",
            "5",
            "6",
            "balance-rr",
            "broadcast",
            "balance-tlb",
            "balance-alb",
        ] {
            assert!(refused.parse::<BondMode>().is_err(), "{refused}");
        }
    }

    #[test]
    fn an_mtu_is_within_what_switches_take() {
        for good in ["1280", "1500", "9000", "9216"] {
            assert_eq!(
                good.parse::<Mtu>().map(|mtu| mtu.to_string()),
                Ok(good.to_owned())
            );
        }
        for bad in ["", "1279", "9217", "+1500", "jumbo", "70000"] {
            assert!(bad.parse::<Mtu>().is_err(), "{bad}");
        }
    }
}
