//! A report in the forms that people and programs read.

mod json;
mod sarif;
mod text;

pub use json::{json, json_schema};
pub use sarif::sarif;
pub use text::text;
