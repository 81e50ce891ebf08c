//! Kubernetes quantities of bytes: `8Gi`, `80G`, `5220Mi`.

use std::fmt;
use std::str::FromStr;

use super::setting::shown;

/// A whole number of bytes, at least one, in the form it was given. A site gives it a unit.
#[derive(Clone, Debug, Eq)]
pub struct Quantity {
    text: String,
    bytes: u128,
}

const SUFFIXES: [(&str, u128); 11] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("", 1),
];

/// Less was meant with another unit.
const LEAST: u128 = 1 << 20;
/// A sum of several must still be what Kubernetes counts in: at most 2^63 - 1.
const MOST: u128 = 1 << 60;

impl Quantity {
    /// The number of bytes.
    pub fn bytes(&self) -> u128 {
        self.bytes
    }

    /// The sum, written in the largest binary unit that holds it exactly.
    #[must_use]
    pub fn plus(&self, other: &Quantity) -> Quantity {
        Quantity::from_bytes(self.bytes + other.bytes)
    }

    fn from_bytes(bytes: u128) -> Quantity {
        let (suffix, unit) = SUFFIXES[..5]
            .iter()
            .rev()
            .find(|(_, unit)| bytes.is_multiple_of(*unit))
            .copied()
            .unwrap_or(("", 1));
        Quantity {
            text: format!("{}{suffix}", bytes / unit),
            bytes,
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl FromStr for Quantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let quantity = Quantity::of_kubernetes(text)?;
        if quantity.bytes >= LEAST {
            return Ok(quantity);
        }
        Err(match text.parse::<u64>() {
            Ok(number) => format!(
                "`{text}` has no unit, and would be bytes: write `{number}Gi` or `{number}Mi`"
            ),
            Err(_) => {
                format!("`{text}` is less than `1Mi`, the smallest size that makes sense here")
            }
        })
    }
}

impl Quantity {
    /// A quantity as Kubernetes takes it, where a number alone is one of bytes.
    ///
    /// # Errors
    /// It is not a quantity, is zero, or is more than Kubernetes counts.
    pub fn of_kubernetes(text: &str) -> Result<Self, String> {
        let problem = || {
            let short = text.replace(' ', "");
            let short = short.trim_end_matches(['B', 'b']);
            let is_short = |one: &&str| *one != text && one.parse::<Quantity>().is_ok();
            match Some(short).filter(is_short) {
                Some(short) => format!("`{text}` is not an amount of bytes: write `{short}`"),
                None => format!(
                    "`{text}` is not an amount of bytes: write it like `8Gi`, `512Mi` or `80G`"
                ),
            }
        };
        let digits = text.bytes().take_while(|b| b.is_ascii_digit()).count();
        let number: u64 = text[..digits].parse().map_err(|_| problem())?;
        let (_, unit) = SUFFIXES
            .iter()
            .find(|(suffix, _)| *suffix == &text[digits..])
            .ok_or_else(problem)?;
        if number == 0 {
            return Err(format!("`{text}` is nothing: at least one byte is needed"));
        }
        let bytes = u128::from(number) * unit;
        if bytes > MOST {
            return Err(format!("`{text}` is too much: `1024Pi` at the most"));
        }
        Ok(Quantity {
            text: text.to_owned(),
            bytes,
        })
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

shown!(Quantity);

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn units_are_those_of_kubernetes() {
        assert_eq!(quantity("80G").bytes(), 80_000_000_000);
        assert_eq!(quantity("80Gi").bytes(), 85_899_345_920);
        assert_eq!(
            quantity("4Gi")
                .plus(&quantity("1Gi"))
                .plus(&quantity("100Mi"))
                .to_string(),
            "5220Mi"
        );
        assert_eq!(quantity("8Gi").plus(&quantity("4Gi")).to_string(), "12Gi");
        let most = quantity("1024Pi");
        assert!(i64::try_from(most.plus(&most).plus(&most).bytes()).is_ok());
        for bad in [
            "",
            "8 Gi",
            "8GB",
            "-1Gi",
            "0Gi",
            "1.5Gi",
            "Gi",
            "1025Pi",
            "1152921504606846977",
        ] {
            assert!(Quantity::of_kubernetes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_site_names_a_unit() {
        let refused = |text: &str| text.parse::<Quantity>().unwrap_err();
        assert_eq!(
            refused("8"),
            "`8` has no unit, and would be bytes: write `8Gi` or `8Mi`"
        );
        for text in ["80G", "1Mi", "1024Ki", "1073741824"] {
            assert!(text.parse::<Quantity>().is_ok(), "{text}");
        }
        assert_eq!(
            refused("80k"),
            "`80k` is less than `1Mi`, the smallest size that makes sense here"
        );
        assert_eq!(Quantity::of_kubernetes("8").unwrap().bytes(), 8);
    }
}
