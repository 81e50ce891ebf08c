//! A plan in the forms that people and programs read.

mod html;
mod json;
mod markdown;
mod text;

pub use html::html;
pub(crate) use html::html_of;
pub use json::json;
pub use markdown::markdown;
pub(crate) use markdown::markdown_of;
pub use text::text;
