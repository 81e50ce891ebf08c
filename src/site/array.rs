//! The arrays behind Portworx, and how nodes reach storage (RA, Portworx layer).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use serde::Serialize;

use super::names::Subdomain;
use super::reader::Reader;
use super::setting::{settings, shown};
use crate::diagnostic::Diagnostic;
use crate::secret::Secret;
use crate::yaml::Node;

/// The transport between nodes and arrays, in the words of `PURE_FLASHARRAY_SAN_TYPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SanType {
    /// Fibre Channel.
    Fc,
    /// iSCSI.
    Iscsi,
    /// NVMe over RDMA (RoCE).
    NvmeRdma,
    /// NVMe over TCP.
    NvmeTcp,
}

impl SanType {
    /// Portworx's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            SanType::Fc => "FC",
            SanType::Iscsi => "ISCSI",
            SanType::NvmeRdma => "NVMEOF-RDMA",
            SanType::NvmeTcp => "NVMEOF-TCP",
        }
    }
}

impl FromStr for SanType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.to_ascii_uppercase().as_str() {
            "FC" => Ok(SanType::Fc),
            "ISCSI" => Ok(SanType::Iscsi),
            "NVMEOF-RDMA" => Ok(SanType::NvmeRdma),
            "NVMEOF-TCP" => Ok(SanType::NvmeTcp),
            _ => Err(format!(
                "`{text}` is not a SAN type: use `FC`, `ISCSI`, `NVMEOF-RDMA` or `NVMEOF-TCP`"
            )),
        }
    }
}

impl fmt::Display for SanType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

shown!(SanType, Endpoint);

/// The management address of an array: an IP address or a host name, without scheme and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint(String);

impl FromStr for Endpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bracketed = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_ip = match bracketed {
            Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
            None => text.parse::<Ipv4Addr>().is_ok(),
        };
        let looks_like_ip = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if is_ip || (!looks_like_ip && text.parse::<Subdomain>().is_ok()) {
            return Ok(Endpoint(text.to_owned()));
        }
        let hint = if text.parse::<IpAddr>().is_ok() {
            format!("write an IPv6 address in brackets: `[{text}]`")
        } else {
            "write an IP address or a host name, without `https://` and without a port".to_owned()
        };
        Err(format!("`{text}` is not the address of an array: {hint}"))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

settings! {
    /// One array.
    #[derive(Clone, Debug, Serialize)]
    pub struct FlashArray of "Portworx layer" {
        /// Its management address, without scheme and port.
        ///
        /// Elsewhere: `MgmtEndPoint`
        ///
        /// Not: `ip`, `address`, `host`
        pub endpoint: Endpoint,
        /// An API token with administrative access. Without it, a masked Palette variable asks for it.
        ///
        /// Elsewhere: `APIToken`, `FlashArrayApiToken`
        ///
        /// Not: `token`
        #[serde(skip)]
        pub api_token: Option<Secret>,
    }
}

impl FlashArray {
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node, path: String) -> Option<Self> {
        let mut fields = reader.item::<Self>(node, path);
        let endpoint = reader.required(&mut fields, "endpoint", node);
        let api_token = reader.secret(&mut fields, "apiToken");
        if api_token
            .as_ref()
            .is_some_and(|token| !is_token(token.reveal()))
        {
            let problem =
                Diagnostic::error("this secret does not have the form of a FlashArray API token")
                    .help("a token is 8-4-4-4-12 hexadecimal digits with dashes between");
            reader.problem_at(node, problem);
        }
        reader.close(fields);
        Some(FlashArray {
            endpoint: endpoint?,
            api_token,
        })
    }
}

fn is_token(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && groups
            .iter()
            .all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}
