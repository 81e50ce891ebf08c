//! IPv4 networks, address ranges and the addresses in them.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::Ipv4Net;

use super::setting::shown;

/// An IPv4 network. Host bits are taken, remembered and left out: the RA prints `10.20.30.0/16` for `10.20.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    net: Ipv4Net,
    given: Ipv4Net,
}

impl Cidr {
    /// The network, without host bits.
    pub fn network(&self) -> Ipv4Net {
        self.net
    }

    /// The text as it was given, where that had host bits.
    pub fn given_with_host_bits(&self) -> Option<Ipv4Net> {
        (self.given != self.net).then_some(self.given)
    }

    /// The length of the prefix, 0 to 32.
    pub fn prefix(&self) -> u8 {
        self.net.prefix_len()
    }

    /// Whether the address is in the network.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        self.net.contains(&address)
    }

    /// Whether the two networks share an address.
    pub fn overlaps(&self, other: &Cidr) -> bool {
        self.net.contains(&other.net) || other.net.contains(&self.net)
    }

    /// Whether the address can be a machine's: not the network's own and not the broadcast address.
    pub fn has_host(&self, address: Ipv4Addr) -> bool {
        self.contains(address)
            && (self.prefix() >= 31
                || (address != self.net.network() && address != self.net.broadcast()))
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = |reason: &str| {
            Err(format!(
                "`{text}` is not an IPv4 network: {reason}; write it like `172.16.0.0/22`"
            ))
        };
        if text.contains("::") || text.matches(':').count() > 1 {
            return problem("the reference architecture is IPv4 only");
        }
        let Some((address, prefix)) = text.split_once('/') else {
            return problem("the prefix length is missing");
        };
        let Ok(address) = address.parse::<Ipv4Addr>() else {
            return problem(&format!(
                "`{address}` is not an address of four numbers from 0 to 255 without leading zeros"
            ));
        };
        if let Some(bits) = bits_of(prefix) {
            return Err(format!(
                "`{text}` has a mask in place of the prefix length; write it like `{address}/{bits}`"
            ));
        }
        let digits = !prefix.is_empty() && prefix.bytes().all(|b| b.is_ascii_digit());
        let Some(given) = prefix
            .parse()
            .ok()
            .filter(|_| digits)
            .and_then(|prefix| Ipv4Net::new(address, prefix).ok())
        else {
            return problem(&format!("`/{prefix}` is not a prefix length from 0 to 32"));
        };
        Ok(Cidr {
            net: given.trunc(),
            given,
        })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.net.fmt(f)
    }
}

shown!(Cidr, AddressRange);

/// Addresses for MetalLB: `10.20.30.100-10.20.30.199` or a network such as `10.20.30.64/26`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: Ipv4Addr,
    last: Ipv4Addr,
    network: Option<Ipv4Net>,
}

impl AddressRange {
    /// The first address.
    pub fn first(&self) -> Ipv4Addr {
        self.first
    }

    /// The last address.
    pub fn last(&self) -> Ipv4Addr {
        self.last
    }

    /// Whether the address is among them.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// Whether it shares an address with a network.
    pub fn overlaps(&self, network: &Cidr) -> bool {
        self.first <= network.net.broadcast() && network.net.network() <= self.last
    }

    /// Whether it was given as one address.
    pub fn is_single(&self) -> bool {
        self.first == self.last && self.network.is_none()
    }

    /// The ranges that begin within an earlier one, by their first addresses: the index of each, and of one that it overlaps.
    pub fn overlapping(ranges: &[AddressRange]) -> Vec<(usize, usize)> {
        let mut order: Vec<usize> = (0..ranges.len()).collect();
        order.sort_by_key(|index| ranges[*index].first);
        let mut furthest: Option<usize> = None;
        let mut found = Vec::new();
        for index in order {
            match furthest {
                Some(other) if ranges[index].first <= ranges[other].last => {
                    found.push((index, other));
                    if ranges[index].last > ranges[other].last {
                        furthest = Some(index);
                    }
                }
                _ => furthest = Some(index),
            }
        }
        found
    }
}

/// Ranges in any order, to ask which of them holds an address.
#[derive(Clone, Debug)]
pub struct AddressRanges<'r> {
    /// By their first addresses, each with that of the ranges up to it which reaches furthest.
    furthest: Vec<(Ipv4Addr, &'r AddressRange)>,
}

impl<'r> AddressRanges<'r> {
    /// Sorts them.
    pub fn new(ranges: &'r [AddressRange]) -> Self {
        let mut sorted: Vec<&AddressRange> = ranges.iter().collect();
        sorted.sort_by_key(|range| range.first);
        let mut reached: Option<&AddressRange> = None;
        let furthest = sorted.into_iter().map(|range| {
            let far = reached.filter(|other| other.last >= range.last);
            (range.first, *reached.insert(far.unwrap_or(range)))
        });
        AddressRanges {
            furthest: furthest.collect(),
        }
    }

    /// One that holds the address.
    pub fn holding(&self, address: Ipv4Addr) -> Option<&'r AddressRange> {
        let behind = self
            .furthest
            .partition_point(|(first, _)| *first <= address);
        let (_, range) = self.furthest.get(behind.checked_sub(1)?)?;
        range.contains(address).then_some(*range)
    }
}

impl FromStr for AddressRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.contains('/') {
            let network = text.parse::<Cidr>()?.network();
            return Ok(AddressRange {
                first: network.network(),
                last: network.broadcast(),
                network: Some(network),
            });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (Ok(first), Ok(last)) = (
            first.trim().parse::<Ipv4Addr>(),
            last.trim().parse::<Ipv4Addr>(),
        ) else {
            return Err(format!(
                "`{text}` is not a range of addresses: write it like `10.20.30.100-10.20.30.199` or `10.20.30.64/26`"
            ));
        };
        if first > last {
            return Err(format!("`{text}` runs backwards: write `{last}-{first}`"));
        }
        Ok(AddressRange {
            first,
            last,
            network: None,
        })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.network {
            Some(network) => network.fmt(f),
            None => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// An IPv4 address, as one that stands by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Address(Ipv4Addr);

impl Address {
    pub(super) fn get(self) -> Ipv4Addr {
        self.0
    }
}

/// The prefix length of a mask such as `255.255.255.0`.
fn bits_of(mask: &str) -> Option<u32> {
    let bits = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    (bits.leading_ones() + bits.trailing_zeros() == 32).then(|| bits.leading_ones())
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let address = text.parse().map(Address);
        address.map_err(|_| match text.split_once('/') {
            Some((alone, _)) if alone.parse::<Ipv4Addr>().is_ok() => {
                format!("`{text}` is not an IPv4 address; write `{alone}` alone")
            }
            _ => format!("`{text}` is not an IPv4 address"),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_taken_and_remembered() {
        let cidr: Cidr = "10.20.30.0/16".parse().unwrap();
        assert_eq!(cidr.to_string(), "10.20.0.0/16");
        assert_eq!(
            cidr.given_with_host_bits().unwrap().to_string(),
            "10.20.30.0/16"
        );
        assert_eq!(
            "172.16.0.0/22"
                .parse::<Cidr>()
                .unwrap()
                .given_with_host_bits(),
            None
        );
    }

    #[test]
    fn wrong_networks_say_why() {
        for (text, reason) in [
            ("10.0.0.0", "the prefix length is missing"),
            ("10.0.0.0/33", "`/33` is not a prefix length from 0 to 32"),
            ("10.0.0.0/+8", "`/+8` is not a prefix length from 0 to 32"),
            ("10.0.0.0/255.255.252.0", "write it like `10.0.0.0/22`"),
            ("fd00::/64", "the reference architecture is IPv4 only"),
        ] {
            let message = text.parse::<Cidr>().unwrap_err();
            assert!(message.contains(reason), "{message}");
        }
        assert!(
            "010.0.0.0/8"
                .parse::<Cidr>()
                .unwrap_err()
                .contains("without leading zeros")
        );
    }

    #[test]
    fn ranges_are_forward() {
        let range: AddressRange = "10.0.0.64/26".parse().unwrap();
        assert_eq!(
            (range.first().to_string(), range.last().to_string()),
            ("10.0.0.64".into(), "10.0.0.127".into())
        );
        assert!(
            "10.0.0.9-10.0.0.1"
                .parse::<AddressRange>()
                .unwrap_err()
                .contains("backwards")
        );
        assert!("x".parse::<AddressRange>().is_err());
    }
}
