//! Names that end up in a cluster, on a node or in a file name, each with the rules of the program that reads it.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::version;

/// Declares a text type that only its `FromStr` can make.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// A DNS-1123 label: at most 63 lower-case letters, digits and dashes, starting and ending with a letter or digit
    /// (namespaces, clusters).
    Label
}

text_type! {
    /// A DNS-1123 subdomain: labels with dots between them, at most 253 bytes (names of Kubernetes objects, hosts).
    Subdomain
}

text_type! {
    /// A Linux network interface: 1 to 15 bytes (`IFNAMSIZ` in the kernel) of letters, digits, `_`, `-` and `.`, not
    /// starting with a dash or a dot, which commands would read otherwise.
    InterfaceName
}

text_type! {
    /// A profile version that Palette 4.10 and later accepts: `MAJOR.MINOR.PATCH`, optionally `-PRERELEASE`.
    ProfileVersion
}

text_type! {
    /// A container image: `REGISTRY/NAME:TAG` or `...@DIGEST`, without a scheme.
    ImageReference
}

text_type! {
    /// A profile's name. It becomes a file name, so it may not hold what a path would read otherwise.
    ProfileName
}

text_type! {
    /// A version of a pack as registries list it, such as `4.9.46` or `22.04`.
    PackVersion
}

/// A text of letters, digits and the given signs, starting with a letter or digit.
fn is_of(text: &str, signs: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

impl FromStr for ImageReference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if is_of(text, "._-/:@") && !text.contains("://") {
            return Ok(ImageReference(text.to_owned()));
        }
        Err(format!(
            "`{text}` is not an image: write it like `registry.k8s.io/pause:3.10`"
        ))
    }
}

impl FromStr for PackVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() <= 64 && is_of(text, "._-+") && version::starts_with_number(text) {
            return Ok(PackVersion(text.to_owned()));
        }
        Err(format!(
            "`{text}` is not the version of a pack: write it like `4.9.46`, or `4.9.x` for the newest of 4.9"
        ))
    }
}

fn label_problem(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("a name is needed".to_owned());
    }
    if text.len() > 63 {
        return Some(format!("{} bytes long; 63 is the most", text.len()));
    }
    if let Some(bad) = text
        .chars()
        .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))
    {
        return Some(format!(
            "`{bad}` is not allowed; use a to z, 0 to 9 and `-`"
        ));
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Some("it must start and end with a letter or digit".to_owned());
    }
    None
}

impl FromStr for Label {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match label_problem(text) {
            Some(problem) => Err(format!("`{text}` is not a DNS-1123 name: {problem}")),
            None => Ok(Label(text.to_owned())),
        }
    }
}

impl FromStr for Subdomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = if text.len() > 253 {
            Some(format!("{} bytes long; 253 is the most", text.len()))
        } else {
            text.split('.').find_map(label_problem)
        };
        match problem {
            Some(problem) => Err(format!("`{text}` is not a DNS-1123 name: {problem}")),
            None => Ok(Subdomain(text.to_owned())),
        }
    }
}

impl FromStr for InterfaceName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let problem = if text.is_empty() {
            "a name is needed".to_owned()
        } else if text.starts_with(['-', '.']) {
            "it must start with a letter, a digit or `_`".to_owned()
        } else if text.len() > 15 {
            format!("{} bytes long; Linux allows at most 15", text.len())
        } else if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
            format!("`{bad}` is not allowed; use letters, digits, `_`, `-` and `.`")
        } else {
            return Ok(InterfaceName(text.to_owned()));
        };
        Err(format!("`{text}` is not an interface name: {problem}"))
    }
}

impl FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        if text.len() > 100 {
            return Err(format!(
                "`{text}` has {} bytes; 100 is the most for a profile name",
                text.len()
            ));
        }
        let problem = if text.trim() != text || text.starts_with('.') || text.is_empty() {
            "it must not start with a dot, nor start or end with a blank".to_owned()
        } else if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
            format!("`{bad}` is not allowed; use letters, digits, `-`, `_`, `.` and blanks")
        } else {
            return Ok(ProfileName(text.to_owned()));
        };
        Err(format!("`{text}` cannot be a profile name: {problem}"))
    }
}

impl FromStr for ProfileVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (core, pre) = match text.split_once('-') {
            Some((core, pre)) => (core, Some(pre)),
            None => (text, None),
        };
        let number = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_digit())
                && (part == "0" || !part.starts_with('0'))
        };
        let core_is_good = core.split('.').count() == 3 && core.split('.').all(number);
        let pre_is_good = pre.is_none_or(|pre| {
            pre.split('.').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && (!part.bytes().all(|b| b.is_ascii_digit()) || number(part))
            })
        });
        if core_is_good && pre_is_good {
            Ok(ProfileVersion(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a version that Palette takes: write MAJOR.MINOR.PATCH, such as `1.9.0` or `1.9.0-site.1`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_1123() {
        for good in ["a", "vlan-30", "0a"] {
            assert!(good.parse::<Label>().is_ok(), "{good}");
        }
        for bad in ["", "A", "-a", "a-", "a_b", "a.b", &"x".repeat(64)] {
            assert!(bad.parse::<Label>().is_err(), "{bad}");
        }
        assert!("grafana.example.internal".parse::<Subdomain>().is_ok());
        assert!("a..b".parse::<Subdomain>().is_err());
    }

    #[test]
    fn interfaces_have_fifteen_bytes() {
        assert!("bond_mgmt.10".parse::<InterfaceName>().is_ok());
        assert_eq!(
            "bond_management.10".parse::<InterfaceName>().unwrap_err(),
            "`bond_management.10` is not an interface name: 18 bytes long; Linux allows at most 15"
        );
        assert!("a b".parse::<InterfaceName>().is_err());
        for bad in ["a/b", "br:0", "-br", "..", ""] {
            assert!(bad.parse::<InterfaceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn versions_are_those_palette_takes() {
        for good in ["1.9.0", "1.9.6-longhorn", "1.2.3-rc.1"] {
            assert!(good.parse::<ProfileVersion>().is_ok(), "{good}");
        }
        for bad in [
            "1.9",
            "v1.9.0",
            "2.2.2.develop",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
        ] {
            assert!(bad.parse::<ProfileVersion>().is_err(), "{bad}");
        }
    }
}
