//! Which changes `--only` and `--ignore` choose.

use crate::diff::report::Change;

/// Whether a change lies at or below one of the places in `only`, if there are any, and none in `ignore`.
pub(super) fn chooses(only: &[String], ignore: &[String], change: &Change) -> bool {
    let place = change.place();
    let lies_in_any = |places: &[String]| places.iter().any(|wanted| lies_in(&place, wanted));
    (only.is_empty() || lies_in_any(only)) && !lies_in_any(ignore)
}

/// Whether a place is the wanted one or below it; `*` stands for anything.
fn lies_in(place: &str, wanted: &str) -> bool {
    fn begins(place: &str, wanted: &str) -> bool {
        match wanted.split_once('*') {
            None => place.strip_prefix(wanted).is_some_and(|rest| {
                rest.is_empty() || wanted.ends_with('/') || rest.starts_with(['/', '.', '[', '('])
            }),
            Some((start, rest)) => place.strip_prefix(start).is_some_and(|place| {
                place
                    .char_indices()
                    .map(|(at, _)| at)
                    .chain([place.len()])
                    .any(|at| begins(&place[at..], rest))
            }),
        }
    }
    begins(place, wanted)
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn places_are_chosen_by_their_beginning() {
        let place = "cni-cilium-oss/values/charts.cilium.ipam.mode";
        for wanted in [
            "cni-cilium-oss",
            "cni-cilium-oss/",
            "cni-cilium-oss/values/charts.cilium",
            "*/values",
            "*ipam",
            "cni-*/values/*.mode",
        ] {
            assert!(lies_in(place, wanted), "{wanted}");
        }
        for wanted in ["cni", "cni-cilium-oss/val", "values", "*/manifest"] {
            assert!(!lies_in(place, wanted), "{wanted}");
        }
    }
}
