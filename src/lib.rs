//! Renders the Palette Virtual Machine Orchestrator (VMO) reference architecture from one typed site file.

mod certificate;
pub mod check;
pub mod cluster;
pub mod diagnostic;
pub mod diff;
mod expression;
pub mod limits;
pub mod load;
pub mod nad;
pub mod network;
pub mod output;
pub mod pack;
pub mod plan;
pub mod profile;
pub mod render;
pub mod revision;
pub mod rules;
mod secret_names;
mod sequence;
pub mod site;
pub mod sizing;
pub mod template;
mod user_data;
pub mod version;
pub mod visible;
mod withheld;
pub mod yaml;
