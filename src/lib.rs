//! Renders the Palette Virtual Machine Orchestrator (VMO) reference architecture from one typed site file.

pub mod diagnostic;
pub mod site;
pub mod yaml;
