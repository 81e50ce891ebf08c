//! Rules for any text: surprising YAML, and secrets.

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
