//! A cache of recent results, since the sites of a fleet have much in common.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept: what a site is made of, and some of those that come in several forms.
const MOST: usize = 64;

/// Results by what they were made from; what was not asked for longest goes first.
pub(super) struct Recent<K, V>(Mutex<VecDeque<(K, Arc<V>)>>);

impl<K: PartialEq, V> Recent<K, V> {
    pub(super) fn new() -> Self {
        Recent(Mutex::new(VecDeque::new()))
    }

    /// What was made from equals of this, or is made now; failures are not kept.
    pub(super) fn get_or_make<E>(
        &self,
        key: K,
        make: impl FnOnce(&K) -> Result<V, E>,
    ) -> Result<Arc<V>, E> {
        // Nothing in it is half done, ever, whatever happened to another thread.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = lock();
        if let Some(at) = kept.iter().position(|(known, _)| *known == key)
            && let Some((key, value)) = kept.remove(at)
        {
            kept.push_back((key, Arc::clone(&value)));
            return Ok(value);
        }
        // Others need not wait; two threads may make the same.
        drop(kept);
        let value = Arc::new(make(&key)?);
        let mut kept = lock();
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((key, Arc::clone(&value)));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_failures_do_not() {
        let recent = Recent::new();
        let made = Mutex::new(Vec::new());
        let ask = |number: usize| {
            let value = recent.get_or_make(number, |number| {
                made.lock().unwrap().push(*number);
                if *number == 1000 {
                    Err(())
                } else {
                    Ok(*number * 2)
                }
            });
            value.map(|value| *value)
        };
        assert_eq!(ask(0), Ok(0));
        for number in 1..=MOST {
            assert_eq!(ask(number), Ok(number * 2));
            assert_eq!(ask(0), Ok(0), "it was asked for all the time");
        }
        assert_eq!(ask(1), Ok(2));
        assert_eq!(ask(1000), Err(()));
        assert_eq!(ask(1000), Err(()));
        let mut expected: Vec<usize> = (0..=MOST).collect();
        expected.extend([1, 1000, 1000]);
        assert_eq!(*made.lock().unwrap(), expected);
    }
}
