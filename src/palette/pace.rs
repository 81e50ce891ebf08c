//! Limits how fast Palette is asked. Palette counts by source address, so this leaves some requests to others behind the
//! same address.

use std::time::{Duration, Instant};

/// Requests that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// `/v1/clusterprofiles`: 50 in a second, 250 at once.
    Profiles,
    /// All others that are used here: 10 in a second, 50 at once.
    Others,
}

impl Family {
    fn of(path: &str) -> Self {
        if path.starts_with("/v1/clusterprofiles") {
            Family::Profiles
        } else {
            Family::Others
        }
    }

    /// How many in a second, and how many at once: four fifths of what is allowed.
    fn limits(self) -> (f64, f64) {
        match self {
            Family::Profiles => (40.0, 200.0),
            Family::Others => (8.0, 40.0),
        }
    }
}

/// What may still be sent at once.
#[derive(Debug)]
struct Bucket {
    left: f64,
    counted: Instant,
}

/// What may still be sent at once, by family.
#[derive(Debug)]
pub(super) struct Pace {
    profiles: Bucket,
    others: Bucket,
}

impl Pace {
    /// Nothing has been sent.
    pub(super) fn new(now: Instant) -> Self {
        let full = |family: Family| Bucket {
            left: family.limits().1,
            counted: now,
        };
        Pace {
            profiles: full(Family::Profiles),
            others: full(Family::Others),
        }
    }

    /// Counts a request that is about to be sent, and says how long to wait before.
    pub(super) fn count(&mut self, path: &str, now: Instant) -> Duration {
        let family = Family::of(path);
        let (rate, most) = family.limits();
        let bucket = match family {
            Family::Profiles => &mut self.profiles,
            Family::Others => &mut self.others,
        };
        let passed = now.saturating_duration_since(bucket.counted).as_secs_f64();
        bucket.left = (bucket.left + passed * rate).min(most) - 1.0;
        bucket.counted = now;
        Duration::from_secs_f64((-bucket.left / rate).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests are sent within some seconds if each waits as long as it has to.
    fn sent_within(path: &str, seconds: u64) -> usize {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut now = start;
        let mut sent = 0;
        loop {
            now += pace.count(path, now);
            if now > start + Duration::from_secs(seconds) {
                return sent;
            }
            sent += 1;
        }
    }

    #[test]
    fn each_family_keeps_its_own_pace() {
        assert_eq!(sent_within("/v1/packs/search", 0), 40);
        assert_eq!(sent_within("/v1/packs/search", 10), 120);
        assert_eq!(sent_within("/v1/clusterprofiles/x", 0), 200);
        assert_eq!(sent_within("/v1/clusterprofiles/x", 10), 600);
    }
}
