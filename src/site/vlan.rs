//! VLAN ids, and sets of them as people write them: `21-100,200`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::mend::range;
use super::setting::shown;

/// An IEEE 802.1Q VLAN id, 1 to 4094.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VlanId(u16);

impl VlanId {
    /// The id as a number.
    pub fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for VlanId {
    type Error = String;

    fn try_from(id: u16) -> Result<Self, String> {
        match id {
            1..=4094 => Ok(VlanId(id)),
            _ => Err(format!("`{id}` is not a VLAN id: 1 to 4094 can be used")),
        }
    }
}

impl FromStr for VlanId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u16>() {
            Ok(id) if digits => VlanId::try_from(id),
            _ => Err(format!("`{text}` is not a VLAN id: 1 to 4094 can be used")),
        }
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A set of VLAN ids, kept as ascending ranges that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VlanSet {
    ranges: Vec<(VlanId, VlanId)>,
}

impl VlanSet {
    /// Whether it holds no id.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it holds this id.
    pub fn contains(&self, id: VlanId) -> bool {
        self.ranges
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&id))
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = VlanId> + '_ {
        self.ranges
            .iter()
            .flat_map(|(low, high)| (low.0..=high.0).map(VlanId))
    }

    /// How many ids it holds.
    pub fn len(&self) -> usize {
        self.ranges
            .iter()
            .map(|(low, high)| usize::from(high.0 - low.0) + 1)
            .sum()
    }

    /// A set of ranges in any order, which may overlap.
    fn of_ranges(mut ranges: Vec<(VlanId, VlanId)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(VlanId, VlanId)> = Vec::new();
        for (low, high) in ranges {
            match joined.last_mut() {
                Some(last) if low.0 <= last.1.0 + 1 => last.1 = last.1.max(high),
                _ => joined.push((low, high)),
            }
        }
        VlanSet { ranges: joined }
    }
}

impl FromIterator<VlanId> for VlanSet {
    fn from_iter<I: IntoIterator<Item = VlanId>>(ids: I) -> Self {
        VlanSet::of_ranges(ids.into_iter().map(|id| (id, id)).collect())
    }
}

impl FromStr for VlanSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(problem) = range(text) {
            return Err(problem);
        }
        let mut ranges = Vec::new();
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                return Err(format!(
                    "`{text}` has an empty part: write VLANs such as `21-100,200`"
                ));
            }
            let (low, high) = match part.split_once('-') {
                Some((low, high)) => (
                    low.trim().parse::<VlanId>()?,
                    high.trim().parse::<VlanId>()?,
                ),
                None => {
                    let id = part.parse::<VlanId>()?;
                    (id, id)
                }
            };
            if low > high {
                return Err(format!("`{part}` runs backwards: write `{high}-{low}`"));
            }
            ranges.push((low, high));
        }
        Ok(VlanSet::of_ranges(ranges))
    }
}

impl fmt::Display for VlanSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.ranges.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            if low == high {
                write!(f, "{low}")?;
            } else {
                write!(f, "{low}-{high}")?;
            }
        }
        Ok(())
    }
}

shown!(VlanSet);

/// VLANs to make networks for: ids, and perhaps the untagged network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VlanSelection {
    /// The tagged VLANs.
    pub tagged: VlanSet,
    /// Whether the untagged network is among them.
    pub untagged: bool,
}

impl FromStr for VlanSelection {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts: Vec<&str> = text.split(',').map(str::trim).collect();
        let all = parts.len();
        parts.retain(|part| *part != "untagged");
        let untagged = parts.len() < all;
        let tagged = if parts.is_empty() && untagged {
            VlanSet::default()
        } else {
            parts.join(",").parse()?
        };
        Ok(VlanSelection { tagged, untagged })
    }
}

impl fmt::Display for VlanSelection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tagged.fmt(f)?;
        match (self.untagged, self.tagged.is_empty()) {
            (true, true) => f.write_str("untagged"),
            (true, false) => f.write_str(",untagged"),
            (false, _) => Ok(()),
        }
    }
}

impl Serialize for VlanSelection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut ids = self.tagged.iter();
        match (ids.next(), ids.next(), self.untagged) {
            (Some(id), None, false) => id.serialize(serializer),
            _ => serializer.collect_str(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_and_ordered() {
        let set: VlanSet = "200, 21-100,101".parse().unwrap();
        assert_eq!(set.to_string(), "21-101,200");
        assert_eq!(set.len(), 82);
        assert!(set.contains(VlanId(50)) && !set.contains(VlanId(199)));
    }

    #[test]
    fn wrong_ids_say_what_is_right() {
        for (text, message) in [
            ("0", "`0` is not a VLAN id: 1 to 4094 can be used"),
            ("4095", "`4095` is not a VLAN id: 1 to 4094 can be used"),
            ("99999", "`99999` is not a VLAN id: 1 to 4094 can be used"),
            ("+5", "`+5` is not a VLAN id: 1 to 4094 can be used"),
            ("100-21", "`100-21` runs backwards: write `21-100`"),
            ("21–100", "`21–100` is not a range: write `21-100`"),
            (
                "1,,2",
                "`1,,2` has an empty part: write VLANs such as `21-100,200`",
            ),
        ] {
            assert_eq!(text.parse::<VlanSet>().unwrap_err(), message);
        }
    }

    #[test]
    fn a_selection_may_hold_the_untagged_network() {
        let selection: VlanSelection = "untagged,30".parse().unwrap();
        assert!(selection.untagged);
        assert_eq!(selection.tagged.to_string(), "30");
        assert!(
            "untagged"
                .parse::<VlanSelection>()
                .unwrap()
                .tagged
                .is_empty()
        );
        assert!("".parse::<VlanSelection>().is_err());
    }
}
