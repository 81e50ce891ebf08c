//! Rules over profiles as Palette takes them: layers, variables, macros, presets.

mod built_in;
mod layers;
pub(super) mod macros;
mod palette;
pub(super) mod presets;
mod variables;

use super::{ClusterRule, DocumentRule};

pub(super) const RULES: &[&[ClusterRule]] = &[
    palette::RULES,
    layers::RULES,
    built_in::RULES,
    variables::RULES,
    macros::RULES,
];

pub(super) const DOCUMENT_RULES: &[&[DocumentRule]] =
    &[layers::DOCUMENT_RULES, macros::DOCUMENT_RULES];
