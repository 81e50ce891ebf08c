//! Renders the Palette Virtual Machine Orchestrator (VMO) reference architecture from one typed site file.
//!
//! The stages, each with an example:
//!
//! | stage | from | to |
//! | --- | --- | --- |
//! | [`load`] | a file, a folder, standard input | sites, profiles, manifests |
//! | [`site`] | the text of a site | typed values with their places |
//! | [`revision`], [`pack`] | built-in data, folders of packs | the layers of the profiles, and the values that they start from |
//! | [`render`] | a site, a revision, packs | the three profiles |
//! | [`output`] | files | a folder that appears as a whole or not at all |
//! | [`check`] | sites, profiles, manifests | findings |
//! | [`diff`] | two sets of profiles | changes and their impact |
//! | [`upgrade`] | edited profiles, two revisions | upgraded profiles, and a report of the decisions |
//! | [`plan`], [`network`], [`nad`] | a site | the plan, the host network, networks for VMs |
//! | [`profile::folder`] | an export | a folder for git, and back |
//! | [`recover`] | profiles | a site that renders them |
//! | [`palette`] | profiles | an import into a tenant, and what the tenant has |
//!
//! Every mistake in the input is a [`diagnostic::Diagnostic`] with its place and a way out.
//!
//! # Stability
//! The library is made for the program `vmo-ra`. Its command line, output files and JSON reports (`vmo-ra schema`) are
//! stable. Until 1.0 the library may change with every minor version, and modules outside this table may disappear.

mod certificate;
pub mod check;
pub mod cluster;
pub mod command;
pub mod diagnostic;
pub mod diff;
pub mod disk;
mod expression;
pub mod limits;
pub mod load;
pub mod lock;
pub mod nad;
pub mod network;
pub mod output;
pub mod pack;
pub mod palette;
pub mod plan;
pub mod profile;
pub mod recover;
pub mod render;
pub mod revision;
pub mod rules;
pub mod secret;
mod sequence;
pub mod site;
pub mod sizing;
pub mod template;
pub mod upgrade;
mod user_data;
pub mod version;
pub mod visible;
pub mod wrap;
pub mod yaml;
