//! `vmo-ra split`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::command;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::load;
use vmo_ra::output::{Existing, KeptCopy, Known, SPLIT_CHECKSUMS, Tree};
use vmo_ra::profile::Notation;
use vmo_ra::profile::folder::{is_aside, named_files, split};

use super::folders;
use super::inputs::Files;
use super::lines::Lines;
use super::{Failure, terminal};

/// Split a profile into a folder for people and git; `vmo-ra join` joins it again
#[derive(Debug, Args)]
pub(super) struct Split {
    /// The profile as Palette exports it, JSON or YAML, or `-` for standard input
    profile: String,
    /// The folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace a folder that an earlier run wrote; hidden files and README.md stay
    #[arg(long)]
    force: bool,
}

impl Split {
    pub(super) fn run(self) -> Result<(), Failure> {
        folders::named(&self.out, "--out")?;
        let (source, document, private) = load::document(&Files, &self.profile)?;
        let notation = document.notation();
        let parts = split(document)?;
        let mut notes = Vec::new();
        if notation == Notation::Yaml {
            notes.push(Diagnostic::note(format!(
                "`{}` is YAML; `vmo-ra join` writes JSON, as Palette exports it",
                source.name()
            )));
        } else if parts.palette != source.text().as_bytes() {
            notes.push(Diagnostic::note(format!(
                "`{}` is not formatted like Palette's export; `vmo-ra join` writes that format",
                source.name()
            )));
        }
        let count = parts.files.len();
        let tree = Tree::of_split(parts.files, private)?;
        if let Some(kept) = self.write(&tree)? {
            notes.push(kept.warning());
        }
        terminal::explain(&notes);
        terminal::mention_files(&self.out, &tree);
        let private = if private {
            ", readable only by you, like the profile"
        } else {
            ""
        };
        terminal::done(&Lines::one(&format!(
            "wrote {count} files to {}{private}",
            self.out.display()
        )))
    }

    fn write(&self, tree: &Tree) -> Result<Option<KeptCopy>, Failure> {
        let (existing, known) = before(&self.out, self.force)?;
        Ok(existing.replace(tree, &known)?)
    }
}

/// What is in a folder that a profile is about to be split into.
pub(super) fn before(out: &Path, force: bool) -> Result<(Existing, Known), Failure> {
    // The root folder of a repository cannot be swapped out.
    if fs::symlink_metadata(out.join(".git")).is_ok() {
        let shown = out.display();
        return Err(Diagnostic::error(format!("`{shown}` is a git repository"))
            .help(format!(
                "split into a folder below it, such as {}",
                command::on("--out", out.join("profile"))
            ))
            .into());
    }
    let existing = Existing::look(out, force)?;
    let is_kept = |path: &&str| is_aside(path) && *path != SPLIT_CHECKSUMS;
    let mut known = Known {
        kept: existing
            .files()
            .filter(is_kept)
            .map(str::to_owned)
            .collect(),
        ..Known::default()
    };
    if existing.files().next().is_some()
        && let Some((profile, _)) = load::profile_file(&Files, out)?
    {
        known.written = named_files(&profile)?;
        known.sums = existing.sums(SPLIT_CHECKSUMS);
        known.written.extend(known.sums.keys().cloned());
        known.written.insert(SPLIT_CHECKSUMS.to_owned());
    }
    Ok((existing, known))
}
