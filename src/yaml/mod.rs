//! YAML: read with places, typed as Kubernetes types it, and changed without touching other bytes.

mod align;
mod json;
mod lines;
mod merge;
mod node;
mod path;
pub mod scalar;
mod text;
mod three_way;
mod write;

pub(crate) use json::to_json_of_last;
pub use json::{node_to_json, to_json, to_json_all};
pub use merge::{Addition, Merge, Move};
pub use node::{Entry, Kind, Limits, Node, Style, parse, parse_all};
pub use path::{Path, Step};
pub use three_way::{Answer, Ask, Clash, Decision, Merged, Verdict, merge_three, merge_values};
pub use write::from_json;
pub(crate) use write::with_deeper_lists;
