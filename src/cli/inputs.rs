//! Reads what the command line names: sites, and the secrets and certificates they refer to.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::site::{Inputs, Site};

use super::Failure;

/// The largest site file, in bytes.
const LARGEST_SITE: u64 = 4 << 20;
/// The largest secret or certificate, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// This process's environment and files.
struct System {
    /// Where the site file is; relative paths in it are meant from here.
    folder: PathBuf,
}

impl Inputs for System {
    fn env(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        read(File::open(self.folder.join(path))?, LARGEST_FILE)
    }
}

/// Reads a text that may be hostile: no more than `largest` bytes, and UTF-8, with or without the byte order mark that
/// programs on Windows write.
fn read(from: impl Read, largest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let message = format!("it is larger than the {} MiB that are read", largest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    const MARK: &[u8] = "\u{feff}".as_bytes();
    if bytes.starts_with(MARK) {
        bytes.drain(..MARK.len());
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 text, from byte {at} on"),
        )
    })
}

/// The largest profile, in bytes.
const LARGEST_PROFILE: u64 = 128 << 20;

/// The site of a `--site` option; the RA's example where it is absent.
pub(super) fn site(option: Option<&Path>) -> Result<Site, Failure> {
    match option {
        None => Ok(Site::example()),
        Some(path) => {
            let source = read_source(path, LARGEST_SITE)?;
            parse_site(&source, path)
        }
    }
}

/// A site that was read from a path.
pub(super) fn parse_site(source: &Source, path: &Path) -> Result<Site, Failure> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    Ok(Site::parse(source, &System { folder })?)
}

/// The text of a file, or of standard input for `-`.
pub(super) fn text(name: &str) -> Result<Source, Failure> {
    read_source(Path::new(name), LARGEST_PROFILE)
}

fn read_source(path: &Path, largest: u64) -> Result<Source, Failure> {
    let (name, text) = if path == Path::new("-") {
        (
            "<standard input>".to_owned(),
            read(io::stdin().lock(), largest),
        )
    } else {
        let text = File::open(path).and_then(|file| {
            if file.metadata()?.is_dir() {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "it is a folder",
                ));
            }
            read(file, largest)
        });
        (path.display().to_string(), text)
    };
    let text = text.map_err(|error| {
        let problem = Diagnostic::error(format!("cannot read `{name}`: {error}"));
        match error.kind() {
            io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidData => {
                Failure::Input(vec![problem])
            }
            io::ErrorKind::NotFound if largest == LARGEST_SITE => {
                Failure::System(problem.help("write one to start from with `vmo-ra init`"))
            }
            _ => Failure::System(problem),
        }
    })?;
    Ok(Source::new(name, text))
}
