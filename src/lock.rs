//! Records what a folder of profiles was rendered from, in a file beside them, so that an upgrade knows its base.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::pack::{Origin, Pack};
use crate::sequence::canonical;

/// The file's name.
pub const LOCK: &str = ".vmo-ra.lock";
/// The version of its form.
const FORMAT: &str = "vmo-ra/lock/1";

/// What profiles were rendered from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lock {
    format: String,
    /// The version of this program.
    pub program: String,
    /// The revision of the RA.
    pub revision: String,
    /// The hash of what the site says.
    pub site: String,
    /// The packs, by layer.
    pub packs: Vec<LockedPack>,
}

/// A pack that a layer was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedPack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The hash of its values, or none if they are this program's own, which its version tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<String>,
}

impl Lock {
    /// Of what was rendered.
    pub fn new<'p>(
        revision: &str,
        site: &impl Serialize,
        packs: impl Iterator<Item = &'p Pack>,
    ) -> Self {
        Lock {
            format: FORMAT.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            revision: revision.to_owned(),
            site: site_hash(site),
            packs: packs.map(LockedPack::of).collect(),
        }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    /// It is not a lock, or another version of this program wrote it in another form.
    pub fn read(source: &Source) -> Result<Self, Diagnostic> {
        let broken = |reason: String| {
            Diagnostic::error(format!(
                "`{}` is not a lock of `vmo-ra`: {reason}",
                source.name()
            ))
            .code(Code::WrongKind)
            .help("remove it, and name the revision with `--from`")
        };
        let lock: Lock =
            serde_json::from_str(source.text()).map_err(|error| broken(error.to_string()))?;
        match lock.format == FORMAT {
            true => Ok(lock),
            false => Err(broken(format!("its `format` is not `{FORMAT}`"))),
        }
    }

    /// That another render was of another revision, if it was, in a sentence.
    pub fn other_revision(&self, other: &Lock) -> Vec<String> {
        let differs = self.revision != other.revision;
        let said = differs.then(|| {
            format!(
                "the profiles were rendered from RA {}, not {}",
                self.revision, other.revision
            )
        });
        said.into_iter().collect()
    }

    /// The differences between this render and another, in sentences.
    pub fn differences(&self, other: &Lock) -> Vec<String> {
        let mut found = self.other_revision(other);
        if self.site != other.site {
            found.push("the profiles were rendered with another site".to_owned());
        }
        if self.program != other.program {
            found.push(format!(
                "vmo-ra {} rendered the profiles; this is {}, whose built-in values may differ",
                self.program, other.program
            ));
        }
        for pack in &self.packs {
            let same = other.packs.iter().find(|one| one.name == pack.name);
            let (name, version) = (&pack.name, &pack.version);
            match same {
                Some(one) if one == pack => {}
                Some(one) if one.version != *version => found.push(format!(
                    "the profiles were made from `{name}` {version}, but {} was found",
                    one.version
                )),
                Some(_) => found.push(format!(
                    "the values of `{name}` {version} differ from those that the profiles were made from"
                )),
                None => found.push(format!("`{name}`, from which the profiles were made, is no longer in any layer")),
            }
        }
        found
    }

    /// As it is written.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl LockedPack {
    /// What there is to know of a pack.
    pub fn of(pack: &Pack) -> Self {
        LockedPack {
            name: pack.description.name.clone(),
            version: pack.description.version.clone(),
            values: (pack.origin != Origin::BuiltIn).then(|| hash(pack.values.text().as_bytes())),
        }
    }
}

/// The hash of what a site says.
pub fn site_hash(site: &impl Serialize) -> String {
    let tree: Value = serde_json::to_value(site).unwrap_or_default();
    hash(canonical(&tree).as_bytes())
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
