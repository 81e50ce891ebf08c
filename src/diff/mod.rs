//! Compares profiles by what they mean, and says what each change does to a running cluster.
//!
//! ```
//! use vmo_ra::diff::{Impact, Input, Options, compare};
//! use vmo_ra::pack::Library;
//! use vmo_ra::profile::read;
//! use vmo_ra::diagnostic::Source;
//!
//! # type Problems = Vec<vmo_ra::diagnostic::Diagnostic>;
//! # fn main() -> Result<(), Problems> {
//! let profile = |version: &str| -> Result<Input, Problems> {
//!     let text = format!(
//!         r#"{{"metadata":{{"name":"core"}},"spec":{{"version":"{version}","template":{{"type":"add-on","packs":[]}}}}}}"#
//!     );
//!     let profiles = vec![read(&Source::new("core.json", text))?];
//!     Ok(Input { name: version.to_owned(), profiles, revision: None })
//! };
//! let report = compare(
//!     &profile("1.0.0")?,
//!     &profile("1.1.0")?,
//!     &Library::built_in()?,
//!     &Options::default(),
//! )
//! ?;
//! assert_eq!(report.summary.changes, 1);
//! assert!(report.summary.worst < Some(Impact::RepaveControlPlanes));
//! # Ok(())
//! # }
//! ```

mod announced;
mod compare;
mod condition;
mod drift;
pub mod format;
mod impact;
mod lines;
mod macros;
mod notable;
mod order;
mod pairing;
mod path;
mod presets;
mod reduce;
mod report;
mod secrets;
mod tree;
mod versions;

pub(crate) use announced::claimed;
pub use compare::{Input, Options, compare};
pub(crate) use drift::is_left_out;
pub use drift::{Ignored as LeftOut, ignored as left_out};
pub(crate) use pairing::{layers as pair_layers, unique_names};
pub use report::{
    Change, ChangeKind, Content, FORMAT, Hunk, IgnoredCount, Impact, ImpactCount, LayerPair, Line,
    Notable, PackVersion, Part, ProfileName, ProfilePair, Report, Shown, Side, Summary,
    VersionStep,
};
pub(crate) use secrets::Secrets;
