//! Lists whose order matters to their reader.

use std::sync::LazyLock;

use serde::Deserialize;

use super::condition::{Condition, Subject};
use crate::diagnostic::Diagnostic;
use crate::revision::data;

/// What is known of lists, the first that matches wins.
pub(super) struct Lists(Vec<List>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lists: Vec<List>,
}

/// What is known of a list, as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    /// The place is that of the list.
    #[serde(rename = "match")]
    condition: Condition,
    /// Whether its reader does something else when the items are in another order.
    pub(super) order_counts: bool,
    pub(super) because: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the file"))]
    source: String,
}

impl Lists {
    pub(super) fn load() -> Result<&'static Self, Diagnostic> {
        static LOADED: LazyLock<Result<Lists, Diagnostic>> =
            LazyLock::new(|| data("order.yaml").map(|file: File| Lists(file.lists)));
        LOADED.as_ref().map_err(Clone::clone)
    }

    /// What is known of the list that an item is in.
    pub(super) fn of(&self, item: &Subject<'_>) -> Option<&List> {
        let mut steps = item.steps();
        steps.pop();
        self.0
            .iter()
            .find(|list| list.condition.holds(item, &steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_a_source() {
        for list in &Lists::load().unwrap().0 {
            assert!(list.because.len() > 10 && list.source.len() > 10);
        }
    }
}
