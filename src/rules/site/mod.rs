//! Rules over a site.

mod certificates;
mod classes;
mod interfaces;
mod machines;
mod macros;
mod names;
mod network;
pub mod packs;
pub(crate) mod revision;
mod sizing;
pub(crate) mod storage;
mod vms;

use super::{RevisionRule, SiteRule};
pub use revision::fitted;

pub(super) const REVISION_RULES: &[&[RevisionRule]] = &[
    sizing::REVISION_RULES,
    revision::RULES,
    names::RULES,
    storage::REVISION_RULES,
];

pub(super) const RULES: &[&[SiteRule]] = &[
    network::RULES,
    interfaces::RULES,
    machines::RULES,
    certificates::RULES,
    sizing::RULES,
    storage::RULES,
    classes::RULES,
    vms::RULES,
    macros::RULES,
];
