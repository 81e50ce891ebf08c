//! `vmo-ra packs import`

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::limits;
use vmo_ra::load::{self, Item, STANDARD_INPUT};
use vmo_ra::pack::import::{Imported, of_bytes, of_profile};

use super::inputs::{self, Files};
use super::pack_folders::PackFolders;
use super::{Failure, terminal};

/// Make the folder of a pack from its archive, from what Palette's API answers, or from a profile
#[derive(Debug, Args)]
#[command(
    after_help = "Take the archive of a pack from a registry with `oras pull`, the answer of Palette's API with \
                  `GET /v1/packs/UID`, or a profile with *Export*. What a source does not tell is marked in the pack, and \
                  said when it is used."
)]
pub(super) struct Import {
    /// An archive (tar or tar.gz), an answer of Palette's API, or a profile as Palette exports it
    #[arg(value_name = "SOURCE", required = true)]
    sources: Vec<String>,
    /// The folder of packs, in which each pack gets a folder of its own
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace packs that an earlier run wrote
    #[arg(long)]
    force: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut folders = PackFolders::default();
        let mut problems = Vec::new();
        for source in &self.sources {
            match read(source) {
                Ok((imported, private)) => {
                    terminal::explain(&imported.remarks);
                    for pack in imported.packs {
                        problems.extend(folders.add(pack, private));
                    }
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() && folders.is_empty() {
            let sources = self.sources.join("`, `");
            problems.push(
                Diagnostic::error(format!("`{sources}` holds no pack"))
                    .code(Code::WrongKind)
                    .help("a layer of manifests has no pack: take a profile with layers that come from a registry"),
            );
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let lines = folders.write(&self.out, self.force)?;
        terminal::done(&lines)
    }
}

/// The packs of a source, and whether it is not for everybody to read.
fn read(source: &str) -> Result<(Imported, bool), Vec<Diagnostic>> {
    let path = Path::new(source);
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if is_file && source != STANDARD_INPUT {
        let bytes =
            bytes_of(path).map_err(|error| vec![Diagnostic::unreadable(path.display(), &error)])?;
        if let Some(imported) = of_bytes(source, &bytes)? {
            return Ok((imported, inputs::is_private_file(path)));
        }
    }
    let loaded = load::load(&Files, source)?;
    let mut imported = Imported::default();
    for item in loaded.items {
        match item {
            Item::Profile(profile) => {
                let more = of_profile(&profile.file, &profile.profile)?;
                imported.packs.extend(more.packs);
                imported.remarks.extend(more.remarks);
            }
            Item::Site(..) | Item::Manifests(..) => {
                return Err(Diagnostic::error(format!("`{source}` holds no packs"))
                    .code(Code::WrongKind)
                    .help("a pack is imported from its archive, from an answer of Palette's API, or from a profile")
                    .into());
            }
        }
    }
    Ok((imported, loaded.private))
}

fn bytes_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limits::IMPORTED_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::IMPORTED_BYTES {
        let limit = limits::IMPORTED_BYTES >> 20;
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than the {limit} MiB that are read"),
        ));
    }
    Ok(bytes)
}
