//! Sets of CPUs as the kernel writes them: `0-7,64-71`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::setting::shown;

/// Highest CPU number that is taken; Linux is built for 8192 at the most.
const HIGHEST: u16 = 8191;

/// A set of at least one CPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuSet {
    cpus: BTreeSet<u16>,
}

impl CpuSet {
    /// How many CPUs it holds.
    pub fn count(&self) -> usize {
        self.cpus.len()
    }

    /// Whether it holds this CPU.
    pub fn contains(&self, cpu: u16) -> bool {
        self.cpus.contains(&cpu)
    }

    /// The CPUs, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.cpus.iter().copied()
    }

    /// The highest CPU number in it.
    pub fn highest(&self) -> u16 {
        self.cpus.last().copied().unwrap_or_default()
    }
}

impl FromStr for CpuSet {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let problem = || {
            format!(
                "`{text}` is not a list of CPUs from 0 to {HIGHEST}: write it like `0-7` or `0-7,64-71`"
            )
        };
        let cpu = |part: &str| {
            let part = part.trim();
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<u16>()
                .ok()
                .filter(|cpu| digits && *cpu <= HIGHEST)
                .ok_or_else(problem)
        };
        let mut ranges = Vec::new();
        for part in text.split(',') {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let (low, high) = (cpu(low)?, cpu(high)?);
            if low > high {
                return Err(format!(
                    "`{}` runs backwards: write `{high}-{low}`",
                    part.trim()
                ));
            }
            ranges.push((low, high));
        }
        // In order, so that what is named again and again is put in once.
        ranges.sort_unstable();
        let mut cpus = BTreeSet::new();
        let mut next = 0;
        for (low, high) in ranges {
            cpus.extend(low.max(next)..=high);
            next = next.max(high + 1);
        }
        Ok(CpuSet { cpus })
    }
}

impl fmt::Display for CpuSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut cpus = self.cpus.iter().copied().peekable();
        let mut first = true;
        while let Some(low) = cpus.next() {
            let mut high = low;
            while cpus.peek() == Some(&(high + 1)) {
                high += 1;
                cpus.next();
            }
            if !first {
                f.write_str(",")?;
            }
            first = false;
            if low == high {
                write!(f, "{low}")?;
            } else {
                write!(f, "{low}-{high}")?;
            }
        }
        Ok(())
    }
}

shown!(CpuSet);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written_in_order() {
        let cpus: CpuSet = "64-71, 0-3,4-7".parse().unwrap();
        assert_eq!(cpus.to_string(), "0-7,64-71");
        assert_eq!((cpus.count(), cpus.highest()), (16, 71));
        for bad in ["", "a", "7-0", "0-", "8192", "-1"] {
            assert!(bad.parse::<CpuSet>().is_err(), "{bad}");
        }
    }
}
