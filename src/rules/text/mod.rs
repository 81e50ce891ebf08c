//! Rules over any text: what YAML makes of it, and secrets in it.

mod secrets;
pub(super) mod vendor;
mod yaml;

use super::{ClusterRule, DocumentRule};

pub(super) const RULES: &[&[ClusterRule]] = &[secrets::RULES];

pub(super) const DOCUMENT_RULES: &[&[DocumentRule]] = &[
    yaml::DOCUMENT_RULES,
    secrets::DOCUMENT_RULES,
    vendor::DOCUMENT_RULES,
];
