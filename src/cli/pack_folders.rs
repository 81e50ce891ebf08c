//! Folders of packs, as `--packs` reads them.

use std::collections::BTreeMap;
use std::path::Path;

use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::output::{Tree, stage};
use vmo_ra::pack::import::ImportedPack;

use super::Failure;
use super::folders;
use super::lines::Lines;

/// A pack, and whether its source is not for everybody to read.
struct Ready {
    pack: ImportedPack,
    private: bool,
}

/// Packs that are about to be written, by the names of their folders.
#[derive(Default)]
pub(super) struct PackFolders(BTreeMap<String, Ready>);

impl PackFolders {
    /// Whether it is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a pack. Of several sources, more than one may have it.
    pub(super) fn add(&mut self, pack: ImportedPack, private: bool) -> Option<Diagnostic> {
        let folder = pack.folder();
        match self.0.get_mut(&folder) {
            None => {
                self.0.insert(folder, Ready { pack, private });
                None
            }
            Some(old) if old.pack.files == pack.files => {
                old.private |= private;
                None
            }
            Some(_) => Some(
                Diagnostic::error(format!(
                    "two packs would be written to `{folder}`, and their files differ"
                ))
                .code(Code::BrokenPack)
                .help("import only one of them, or import them into separate folders")
                .help("if both are layers of one profile, remove one first"),
            ),
        }
    }

    /// Writes all of them or none below a folder, and says what there is now.
    pub(super) fn write(self, out: &Path, force: bool) -> Result<Lines, Failure> {
        let mut staged = Vec::new();
        let mut lines = Lines::default();
        for (name, Ready { pack, private }) in self.0 {
            let folder = out.join(&name);
            let private_in_words = if private {
                ", readable only by you, like its source"
            } else {
                ""
            };
            lines.add(&format!("wrote {}{private_in_words}", folder.display()));
            let unknown = pack.description.unknown();
            let unknown: Vec<&str> = unknown.iter().map(|part| part.as_str()).collect();
            if !unknown.is_empty() {
                lines.add(&format!("  not known: {}", unknown.join(", ")));
            }
            let tree = match private {
                true => Tree::of_private_files(pack.files),
                false => Tree::of_files(pack.files),
            };
            let one = tree.and_then(|tree| stage(&tree, &folder, force));
            staged.push(one.map_err(Failure::from));
        }
        folders::settle(staged)?;
        Ok(lines)
    }
}
