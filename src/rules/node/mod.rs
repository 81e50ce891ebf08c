//! Rules for what layers put on the nodes: files, commands, settings.

pub(super) mod files;
mod kubelet;
mod kubelet_numbers;
mod settings;

use super::ClusterRule;

pub(super) const RULES: &[&[ClusterRule]] = &[
    files::RULES,
    kubelet::RULES,
    settings::RULES,
    kubelet_numbers::RULES,
];
