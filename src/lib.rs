//! Renders the Palette Virtual Machine Orchestrator (VMO) reference architecture from one typed site file.
//!
//! The stages follow each other, and each has an example:
//!
//! | stage | from | to |
//! | --- | --- | --- |
//! | [`load`] | a file, a folder, standard input | sites, profiles, manifests |
//! | [`site`] | the text of a site | typed values with their places |
//! | [`revision`], [`pack`] | the program's own data, folders of packs | what is rendered, and onto which values |
//! | [`render`] | a site, a revision, packs | the three profiles |
//! | [`output`] | files | a folder that appears as a whole or not at all |
//! | [`check`] | sites, profiles, manifests | findings |
//! | [`diff`] | two sets of profiles | changes and their impact |
//! | [`upgrade`] | edited profiles, two revisions | the profiles carried over, and what was decided |
//! | [`plan`], [`network`], [`nad`] | a site | what people and other programs need beside the profiles |
//! | [`profile::folder`] | an export | a folder for git, and back |
//! | [`recover`] | profiles | the site they could come from |
//! | [`palette`] | profiles | what a tenant has of them, and an import |
//!
//! Everything wrong with an input is a [`diagnostic::Diagnostic`] with its place and the way out.
//!
//! # Stability
//! The library is made for the program `vmo-ra`, whose command line, output files and JSON reports (`vmo-ra schema`) are
//! what is kept stable. Until 1.0 the library may change with every minor version, and modules that the table does not
//! name may go.

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
pub mod yaml;
