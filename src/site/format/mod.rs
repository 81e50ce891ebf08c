//! The settings of a site, written for programs and people.

mod json;
mod starter;

pub use json::json_schema;
#[cfg(test)]
pub(in crate::site) use json::of_kind as schema_of;
pub use starter::starter;
pub(crate) use starter::variable;
