//! Rules over storage: providers, their Secret, StorageClasses.

mod classes;
mod parameters;
mod portworx;
mod providers;
mod pure_secret;

use super::ClusterRule;

pub(super) const RULES: &[&[ClusterRule]] = &[
    portworx::RULES,
    pure_secret::RULES,
    classes::RULES,
    parameters::RULES,
    providers::RULES,
];
