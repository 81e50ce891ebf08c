//! Limits of the input, except those of YAML texts ([`crate::yaml::Limits`]). They are far beyond what people and vendors
//! write, and keep hostile or mistaken input from exhausting memory or time.

/// The most messages about one text that are shown one by one.
pub const PROBLEMS: usize = 1_000;

/// The most findings of one rule that are shown one by one: in each text for rules over single documents, else in all.
pub const FINDINGS: usize = 1_000;

/// The most changes of one impact that a comparison shows one by one; all are counted.
pub const CHANGES: usize = 20_000;

/// The most names that are searched for a suggestion.
pub const SUGGESTIONS: usize = 1_000;

/// Network cards in one bond of a site.
pub const CARDS: usize = 64;

/// Static routes of a site: every machine gets them.
pub const ROUTES: usize = 1_000;

/// Machines that a site names.
pub const MACHINES: usize = 10_000;

/// Layers of a profile.
pub const LAYERS: usize = 1_000;

/// Manifests of a profile, those of all its layers together.
pub const MANIFESTS: usize = 20_000;

/// Networks for VMs that a site asks for: each becomes a manifest.
pub const NETWORKS: usize = 20_000;

/// Bytes of a regular expression that comes with a pack or a profile.
pub const EXPRESSION: usize = 4_096;

/// Bytes that a compiled regular expression may take.
pub const COMPILED_EXPRESSION: usize = 256 << 10;

/// Steps that the regular expressions of profiles, or of a pack, may take together: one for each part of an expression
/// and byte of a text. So many take about a second.
pub const EXPRESSION_STEPS: usize = 64_000_000;

/// Files of a folder of manifests.
pub const FILES: usize = 10_000;

/// Bytes of all secrets and certificates that a site names, together.
pub const SECRET_BYTES: u64 = 64 << 20;

/// Bytes of an answer of Palette's API: the largest is the export of a profile.
pub const ANSWER_BYTES: u64 = 128 << 20;

/// Entries of an archive that a pack is imported from.
pub const ARCHIVE_ENTRIES: usize = 20_000;

/// Bytes of a file of a pack.
pub const PACK_FILE: u64 = 16 << 20;

/// Bytes of a source that packs are imported from.
pub const IMPORTED_BYTES: u64 = 256 << 20;

/// Bytes of all that an archive holds, unpacked.
pub const UNPACKED_BYTES: u64 = 512 << 20;
