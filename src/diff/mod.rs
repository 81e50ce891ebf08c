//! Compares profiles by what they mean, and says what each change does to a running cluster.

mod announced;
mod compare;
pub mod format;
mod impact;
mod lines;
mod pairing;
mod path;
mod presets;
mod reduce;
mod report;
mod secrets;
mod tree;
mod versions;

pub use compare::{Input, Options, compare};
pub use report::{
    Change, ChangeKind, FORMAT, Hunk, Impact, ImpactCount, LayerPair, Line, PackVersion, Part,
    ProfileName, ProfilePair, Report, Shown, Side, Summary, VersionStep,
};
