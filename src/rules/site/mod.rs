//! Rules over a site.

mod certificates;
mod classes;
mod interfaces;
mod machines;
mod network;
pub mod packs;
pub(super) mod sizing;
pub(crate) mod storage;
mod vms;

use super::SiteRule;

pub(super) const RULES: &[&[SiteRule]] = &[
    network::RULES,
    interfaces::RULES,
    machines::RULES,
    certificates::RULES,
    sizing::RULES,
    storage::RULES,
    classes::RULES,
    vms::RULES,
];
