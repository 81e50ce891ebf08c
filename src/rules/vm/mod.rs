//! Rules over virtual machines, their templates and preferences.

mod clones;
mod disks;
mod feature_gates;
mod firmware;
mod guests;
mod network;
mod parts;
mod preferences;

use super::ClusterRule;

pub(super) const RULES: &[&[ClusterRule]] = &[
    feature_gates::RULES,
    parts::RULES,
    preferences::RULES,
    firmware::RULES,
    network::RULES,
    disks::RULES,
    guests::RULES,
    clones::RULES,
];
