//! Compares profiles by what they mean, and says what each change does to a running cluster.

mod report;

pub use report::{
    Change, ChangeKind, FORMAT, Hunk, Impact, ImpactCount, LayerPair, Line, PackVersion, Part,
    ProfileName, ProfilePair, Report, Shown, Side, Summary, VersionStep,
};
