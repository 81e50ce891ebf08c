//! What runs with nothing beside the Rust toolchain, or says that something is missing.

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod bad_packs;
mod bench_report;
mod chart_values;
mod check;
mod claims;
mod cluster_rules;
mod codes;
mod contract;
mod dependencies;
mod determinism;
mod diff;
mod diff_claims;
mod diff_cli;
mod diff_export;
mod diff_formats;
mod diff_page;
mod diff_properties;
mod exit_codes;
mod fleet;
mod fmt;
mod free_text;
mod fuzz_regressions;
mod golden;
mod import_schema;
mod instructions;
mod limits;
mod loading;
mod manifest_schema;

mod network;
mod others_files;
mod packs;
mod plan;
mod properties;
mod readme;
mod revisions;
mod rules;
mod rules_properties;
mod secret_kinds;
mod secrets;
mod site_options;
mod site_schema;
mod split_join;
mod split_properties;
mod starter;
mod storage_providers;
mod vendor_values;
mod verify;
mod writing;
mod yaml_merge;
mod yaml_merge_properties;
mod yaml_scalar;
