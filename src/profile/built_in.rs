//! The line in a profile's description that names layers with built-in values.

use std::fmt;

const PLAIN: &str = "Built-in values of vmo-ra in place of the packs' own: ";
const ACCEPTED: &str =
    "Built-in values of vmo-ra, as its site accepts, in place of the packs' own: ";

/// The layers of a profile whose values are those of this program: a line of the profile's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltInLayers {
    /// Their packs' names, without versions: these are in the layers, and would make every update a new description.
    pub packs: Vec<String>,
    /// Whether the site accepts them.
    pub accepted: bool,
}

impl BuiltInLayers {
    /// What a description says of them, or none if it says nothing.
    pub fn of_description(description: &str) -> Option<Self> {
        description.lines().find_map(|line| {
            let (accepted, packs) = match (line.strip_prefix(PLAIN), line.strip_prefix(ACCEPTED)) {
                (Some(packs), _) => (false, packs),
                (None, Some(packs)) => (true, packs),
                (None, None) => return None,
            };
            let packs = packs.split(',').map(|name| name.trim().to_owned());
            Some(BuiltInLayers {
                packs: packs.filter(|name| !name.is_empty()).collect(),
                accepted,
            })
        })
    }

    /// A description without what it says of them.
    pub fn taken_from(description: &str) -> String {
        let is_other = |line: &&str| !line.starts_with(PLAIN) && !line.starts_with(ACCEPTED);
        let lines: Vec<&str> = description.split('\n').filter(is_other).collect();
        lines.join("\n")
    }

    /// A description that says so too.
    pub fn add_to(&self, description: &str) -> String {
        match (self.packs.is_empty(), description) {
            (true, _) => description.to_owned(),
            (false, "") => self.to_string(),
            (false, _) => format!("{description}\n{self}"),
        }
    }
}

impl fmt::Display for BuiltInLayers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.accepted { ACCEPTED } else { PLAIN })?;
        f.write_str(&self.packs.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_gives_back_what_was_added_to_it() {
        for accepted in [false, true] {
            for description in ["", "Ours.", "Ours.\nSince 2026."] {
                let layers = |packs: &[&str]| BuiltInLayers {
                    packs: packs.iter().map(|name| (*name).to_owned()).collect(),
                    accepted,
                };
                assert_eq!(layers(&[]).add_to(description), description);
                assert_eq!(BuiltInLayers::of_description(description), None);
                let some = layers(&["nginx", "lb-metallb-helm"]);
                let said = some.add_to(description);
                assert!(said.starts_with(description), "{said}");
                assert_eq!(BuiltInLayers::of_description(&said), Some(some), "{said}");
            }
        }
    }
}
