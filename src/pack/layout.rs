//! Versions in which a pack moved its settings: data from `profiles/layouts.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Pack;
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::Variable;
use crate::revision::data;
use crate::version::{Version, Wanted};
use crate::yaml::{Merge, Move, Node, Path};

/// A version since which a pack keeps settings in other places.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layout {
    /// The pack.
    pub pack: String,
    /// The first version with the new layout.
    pub since: String,
    /// The oldest version that a cluster can be upgraded from; older ones go there first. None where only single settings
    /// have other names, and built-in values of an older version can still be used.
    pub upgrades_from: Option<String>,
    /// Who says so.
    pub source: String,
    /// What moved.
    pub moved: Vec<MovedSetting>,
    /// What has no equivalent.
    #[serde(default)]
    pub gone: Vec<GoneSetting>,
    /// Variables that its presets refer to, and that a profile then has to declare.
    #[serde(default)]
    pub variables: Vec<Variable>,
}

/// A setting that moved, and perhaps changed its form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MovedSetting {
    /// Where it was.
    pub from: Path,
    /// Where it is.
    pub to: Path,
    /// What else has changed, where a value cannot be taken over as it is.
    pub form: Option<String>,
}

/// A removed setting.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GoneSetting {
    /// Where it was.
    pub path: Path,
    /// What to do instead.
    pub instead: String,
}

/// All of them, read once.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub fn layouts() -> Result<&'static [Layout], Diagnostic> {
    #[derive(Deserialize)]
    struct File {
        layouts: Vec<Layout>,
    }
    static LAYOUTS: LazyLock<Result<Vec<Layout>, Diagnostic>> =
        LazyLock::new(|| data("layouts.yaml").map(|file: File| file.layouts));
    LAYOUTS.as_deref().map_err(Diagnostic::clone)
}

impl Layout {
    /// The layout that lies between a version of a pack and one that is wanted, or none if settings stayed where they are.
    ///
    /// # Errors
    /// As [`layouts`].
    pub fn between(
        pack: &str,
        version: &str,
        wanted: &Wanted,
    ) -> Result<Option<&'static Self>, Diagnostic> {
        let mut of_pack = layouts()?
            .iter()
            .filter(|layout| layout.pack == pack && layout.upgrades_from.is_some());
        Ok(of_pack.find(|layout| !layout.has(version) && layout.is_wanted(wanted)))
    }

    /// The layouts that come between two versions of a pack, the oldest first, or none if settings stay where they are.
    pub fn passed(pack: &str, old: &str, new: &str) -> impl Iterator<Item = &'static Self> {
        let is_version = Version::parse(old).is_some();
        let all = layouts().unwrap_or_default().iter();
        all.filter(move |layout| {
            is_version && layout.pack == pack && !layout.has(old) && layout.has(new)
        })
    }

    /// Whether a version has it.
    pub fn has(&self, version: &str) -> bool {
        Version::parse(version) >= Version::parse(&self.since)
    }

    fn is_wanted(&self, wanted: &Wanted) -> bool {
        match (wanted, Version::parse(&self.since)) {
            (Wanted::Exactly(version), _) => self.has(version),
            (Wanted::NewestOf(_, numbers), Some(since)) => {
                // A group such as `4.x` reaches past any version of its own.
                let since = since.numbers();
                numbers.as_slice() >= &since[..numbers.len().min(since.len())]
            }
            (Wanted::NewestOf(..), None) | (Wanted::Newest, _) => false,
        }
    }

    /// Why the values of an older version cannot be used.
    pub fn refusal(&self, version: &str, wanted: &Wanted) -> Diagnostic {
        let Layout {
            pack,
            since,
            upgrades_from,
            ..
        } = self;
        Diagnostic::error(format!(
            "`{pack}` moved its settings in {since}, so the built-in values of {version} cannot replace {wanted}"
        ))
        .code(Code::PackMissing)
        .because(self.source.as_str())
        .help("name a folder with that version of the pack with `--packs DIR`, or choose an older version under `packVersions`")
        .help(format!("upgrade a cluster with a version before {} to that version first", upgrades_from.as_deref().unwrap_or(since)))
    }

    /// Where settings of an overlay go in a pack with this layout.
    pub(super) fn moves_in(&self, pack: &Pack, merge: &Merge, overlay: &Node) -> Vec<Move> {
        if self.pack != pack.description.name || !self.has(&pack.description.version) {
            return Vec::new();
        }
        let is_meant = |moved: &&MovedSetting| {
            // What the pack's own text has is where it always was.
            overlay.find(&moved.from).is_some() && !merge.has(&moved.from)
        };
        let meant = self.moved.iter().filter(is_meant);
        meant
            .map(|moved| Move {
                from: moved.from.clone(),
                to: moved.to.clone(),
                first: false,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_lies_between_versions() {
        for (version, wanted, lies) in [
            ("4.9.0", "4.10.0", true),
            ("4.9.0", "4.10.x", true),
            ("4.9.0", "4.12.3", true),
            ("4.9.0", "5.x", true),
            // Its newest may be of either.
            ("4.9.0", "4.x", true),
            ("4.9.0", "4.9.46", false),
            ("4.9.0", "4.9.x", false),
            ("4.9.0", "4.8.x", false),
            ("4.9.0", "3.x", false),
            ("4.10.0", "4.11.0", false),
            ("4.9.0", "latest", false),
        ] {
            let wanted_version = Wanted::of_tag(wanted);
            let pack = "virtual-machine-orchestrator";
            let found = Layout::between(pack, version, &wanted_version).unwrap();
            assert_eq!(found.is_some(), lies, "{version} {wanted}");
        }
        // Single settings with other names leave built-in values as good as they were.
        let cilium = Layout::between("cni-cilium-oss", "1.17.4", &Wanted::of_tag("1.18.2"));
        assert!(cilium.unwrap().is_none());
        let passed = Layout::passed("cni-cilium-oss", "1.17.4", "1.19.2");
        let since: Vec<&str> = passed.map(|layout| layout.since.as_str()).collect();
        assert_eq!(since, ["1.18.0", "1.19.0"]);
        let other = Layout::between("nginx", "1.0.0", &Wanted::of_tag("4.10.0"));
        assert!(other.unwrap().is_none());
    }
}
