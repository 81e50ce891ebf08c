//! Bonds of network cards (RA, Network configuration).

use std::str::FromStr;

use serde::{Serialize, Serializer};

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
            "1" | "active-backup" => return Ok(BondMode::ActiveBackup),
            "2" | "balance-xor" => return Ok(BondMode::BalanceXor),
            "4" | "802.3ad" | "lacp" => return Ok(BondMode::Lacp),
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
            format!("a bridge for VMs cannot stand on a bond of mode `{text}`: {forbidden}; {ways}")
        })
    }
}

impl Serialize for BondMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
