//! `vmo-ra packs import`

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::disk::{local, open_file};
use vmo_ra::limits;
use vmo_ra::load::{self, Item, Kind, STANDARD_INPUT};
use vmo_ra::pack::Library;
use vmo_ra::pack::import::{Imported, SOURCES, of_bytes, of_profile};
use vmo_ra::profile::folder::PROFILE;

use super::inputs::{self, Files};
use super::pack_folders::PackFolders;
use super::{Failure, folders, terminal};

/// Make the folder of a pack from its archive, from an answer of Palette's API, or from a profile
#[derive(Debug, Args)]
#[command(
    after_help = "Take the archive of a pack from a registry with `oras pull`, the answer of Palette's API with \
                  `GET /v1/packs/UID`, or a profile with *Export*. Parts that a source lacks are marked in the pack, and reported when the pack is used."
)]
pub(super) struct Import {
    /// An archive (tar or tar.gz), an answer of Palette's API, or a profile as Palette exports it; `-` for standard input
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
        folders::named(&self.out, "--out")?;
        let mut packs = PackFolders::default();
        let mut problems = Vec::new();
        for source in &self.sources {
            match read(source) {
                Ok((imported, private)) => {
                    terminal::explain(&imported.remarks);
                    for pack in imported.packs {
                        problems.extend(packs.add(pack, private));
                    }
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() && packs.is_empty() {
            let sources = self.sources.join("`, `");
            problems.push(
                Diagnostic::error(format!("`{sources}` holds no pack"))
                    .code(Code::WrongKind)
                    .help("a layer of manifests has no pack: use a profile with layers from a registry"),
            );
        }
        if !problems.is_empty() {
            return Err(problems.into());
        }
        let lines = packs.write(&self.out, self.force)?;
        terminal::done(&lines)
    }
}

/// The packs of a source, and whether it is not for everybody to read.
fn read(source: &str) -> Result<(Imported, bool), Vec<Diagnostic>> {
    let path = Path::new(source);
    let is_stdin = source == STANDARD_INPUT;
    if !is_stdin && path.is_dir() {
        return of_folder(source);
    }
    // The first file of a split profile stands for its folder.
    if path.ends_with(PROFILE) {
        let loaded = load::load(&Files, source)?;
        return Ok((of_items(source, loaded.items)?, loaded.private));
    }
    let name = if is_stdin { "<standard input>" } else { source };
    let read = if is_stdin {
        limited(io::stdin().lock()).map(|bytes| (bytes, inputs::is_private_input()))
    } else {
        open_file(path).and_then(|(file, private)| Ok((limited(file)?, private)))
    };
    let (bytes, private) = read.map_err(|error| vec![Diagnostic::unreadable(name, &error)])?;
    if let Some(imported) = of_bytes(name, &bytes)? {
        return Ok((imported, private));
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if let Kind::Other(guess) = Kind::of(text.trim_start_matches('\u{feff}'), path) {
        let help = match guess.is.ends_with("of a pack") {
            true => "use the folder of its pack as it is, with `--packs DIR`",
            false => SOURCES,
        };
        return Err(
            Diagnostic::error(format!("`{name}` holds no packs: it {}", guess.is))
                .code(Code::WrongKind)
                .help(help)
                .into(),
        );
    }
    let item = load::load_text(&Files, path, text, private)?;
    Ok((of_items(name, vec![item])?, private))
}

/// The packs of the profiles in a folder.
fn of_folder(source: &str) -> Result<(Imported, bool), Vec<Diagnostic>> {
    let no_packs = |message: String, help: &str| {
        let problem = Diagnostic::error(message).code(Code::WrongKind);
        vec![problem.help(help)]
    };
    if Library::with_folders(&local(), &[PathBuf::from(source)]).is_ok() {
        return Err(no_packs(
            format!("`{source}` is already a folder of packs"),
            "use it as it is, with `--packs DIR`",
        ));
    }
    let loaded = load::load(&Files, source).map_err(|problems| match &problems[..] {
        [only] if only.kind() == Code::WrongKind => {
            no_packs(format!("`{source}` holds no profile"), SOURCES)
        }
        _ => problems,
    })?;
    Ok((of_items(source, loaded.items)?, loaded.private))
}

fn of_items(source: &str, items: Vec<Item>) -> Result<Imported, Vec<Diagnostic>> {
    let mut imported = Imported::default();
    for item in items {
        match item {
            Item::Profile(profile) => {
                let more = of_profile(&profile.file, &profile.profile)?;
                imported.packs.extend(more.packs);
                imported.remarks.extend(more.remarks);
            }
            Item::Site(..) | Item::Manifests(..) => {
                return Err(Diagnostic::error(format!("`{source}` holds no packs"))
                    .code(Code::WrongKind)
                    .help(SOURCES)
                    .into());
            }
        }
    }
    Ok(imported)
}

fn limited(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader
        .take(limits::IMPORTED_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::IMPORTED_BYTES {
        let limit = limits::IMPORTED_BYTES >> 20;
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than the limit of {limit} MiB"),
        ));
    }
    Ok(bytes)
}
