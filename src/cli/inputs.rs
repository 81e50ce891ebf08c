//! Reads what the command line names: sites, and the secrets and certificates they refer to.

use std::cell::Cell;
use std::env;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::limits;
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
    /// How many bytes of files may still be read.
    left: Cell<u64>,
}

impl System {
    /// For a site that was read from this path.
    fn beside(site: &Path) -> Self {
        System {
            folder: site.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            left: Cell::new(limits::SECRET_BYTES),
        }
    }
}

impl Inputs for System {
    fn env(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        let left = self.left.get();
        if left == 0 {
            let message = format!(
                "the files that this site names are larger than the {} MiB that are read",
                limits::SECRET_BYTES >> 20
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let text = read(File::open(self.folder.join(path))?, LARGEST_FILE)?;
        self.left.set(left.saturating_sub(text.len() as u64));
        Ok(text)
    }
}

/// Reads a text that may be hostile: no more than `largest` bytes, and UTF-8, with or without the byte order mark that
/// programs on Windows write.
fn read(from: impl Read, largest: u64) -> io::Result<String> {
    let text = read_as_it_is(from, largest)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(without) => without.to_owned(),
        None => text,
    })
}

/// Reads a text that may be hostile, a byte order mark too.
fn read_as_it_is(from: impl Read, largest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let message = format!("it is larger than the {} MiB that are read", largest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is not UTF-8 text, from byte {at} on"),
        )
    })
}

/// The largest profile, in bytes; also of one that lies in a folder, all its files together.
pub(super) const LARGEST_PROFILE: u64 = 128 << 20;

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

/// A site that was read from a path, with its mistakes.
pub(super) fn read_site(source: &Source, path: &Path) -> Result<(Site, Vec<Diagnostic>), Failure> {
    Ok(Site::read(source, &System::beside(path))?)
}

/// A site that was read from a path.
pub(super) fn parse_site(source: &Source, path: &Path) -> Result<Site, Failure> {
    Ok(Site::parse(source, &System::beside(path))?)
}

/// The text of a file, or of standard input for `-`.
pub(super) fn text(name: &str) -> Result<Source, Failure> {
    read_source(Path::new(name), LARGEST_PROFILE)
}

/// The text of a file that was found in a folder, and not named: a pipe there would be waited for without end.
pub(super) fn file_of_folder(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => read_source(path, LARGEST_PROFILE),
        Ok(_) => Err(Diagnostic::error(format!("`{name}` is no file"))
            .help("take it away, or name the files one by one")
            .into()),
        Err(error) => Err(unreadable(&name, &error)),
    }
}

/// The text of a file, or of standard input for `-`, and whether only its owner may read it.
pub(super) fn guarded_text(name: &str) -> Result<(Source, bool), Failure> {
    let source = text(name)?;
    // A pipe has no permissions of its own to go by.
    let private = if name == "-" {
        stdin_metadata().is_some_and(|metadata| metadata.is_file() && is_private(&metadata))
    } else {
        std::fs::metadata(name).is_ok_and(|metadata| is_private(&metadata))
    };
    Ok((source, private))
}

/// A file of a split profile: its text as it is, and whether only its owner may read it.
pub(super) fn part(path: &Path, largest: u64) -> Result<(String, bool), Failure> {
    File::open(path)
        .and_then(|file| {
            let private = is_private(&file.metadata()?);
            Ok((read_as_it_is(file, largest)?, private))
        })
        .map_err(|error| unreadable(&path.display().to_string(), &error))
}

#[cfg(unix)]
fn is_private(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_private(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn stdin_metadata() -> Option<Metadata> {
    use std::os::fd::AsFd;
    let own = io::stdin().as_fd().try_clone_to_owned().ok()?;
    File::from(own).metadata().ok()
}

#[cfg(not(unix))]
fn stdin_metadata() -> Option<Metadata> {
    None
}

/// What a system's error means: a text that is wrong, or something that could not be read.
fn unreadable(name: &str, error: &io::Error) -> Failure {
    let problem = Diagnostic::error(format!("cannot read `{name}`: {error}"));
    match error.kind() {
        io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidData => Failure::Input(vec![problem]),
        _ => Failure::System(problem),
    }
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
    let text = text.map_err(|error| match unreadable(&name, &error) {
        Failure::System(problem)
            if error.kind() == io::ErrorKind::NotFound && largest == LARGEST_SITE =>
        {
            Failure::System(problem.help("write one to start from with `vmo-ra init`"))
        }
        failure => failure,
    })?;
    Ok(Source::new(name, text))
}
