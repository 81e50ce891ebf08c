//! This process's files and environment, for what the command line names.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use clap::Args;
use vmo_ra::diagnostic::{Diagnostic, Severity};
use vmo_ra::disk::{Disk, Entry, Local, Text, is_private, read_text};
use vmo_ra::limits;
use vmo_ra::load::{self, Machine, STANDARD_INPUT, Secrets};
use vmo_ra::pack::Library;
use vmo_ra::revision::Revision;
use vmo_ra::rules::{self, Finding};
use vmo_ra::site::{Inputs, Site};

use super::{Failure, terminal};

/// The largest secret or certificate, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// The files of this machine, and standard input.
#[derive(Debug)]
pub(super) struct Files;

impl Disk for Files {
    fn entry(&self, path: &Path, follow: bool) -> io::Result<Entry> {
        Local.entry(path, follow)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, Entry)>> {
        Local.list(folder)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Local.resolve(path)
    }

    fn read(&self, path: &Path, largest: u64) -> io::Result<Text> {
        static IS_READ: AtomicBool = AtomicBool::new(false);
        terminal::mention(|| format!("reads {}", path.display()));
        if path != Path::new(STANDARD_INPUT) {
            reads(path);
            return Local.read(path, largest);
        }
        if IS_READ.swap(true, Ordering::Relaxed) {
            let message = "it can be read only once";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        Ok(Text {
            private: is_private_input(),
            text: read_text(io::stdin().lock(), largest)?,
        })
    }
}

impl Machine for Files {
    fn inputs(&self, site: &Path) -> Box<dyn Inputs + '_> {
        Box::new(Beside {
            folder: site.parent().map_or_else(PathBuf::new, Path::to_path_buf),
            left: Cell::new(limits::SECRET_BYTES),
        })
    }
}

/// Whether standard input has restricted permissions.
pub(super) fn is_private_input() -> bool {
    stdin_metadata().is_none_or(|metadata| is_private(&metadata))
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

/// The environment, and the files that a site names.
struct Beside {
    /// Where the site file is; relative paths in it are meant from here.
    folder: PathBuf,
    /// How many bytes of files may still be read.
    left: Cell<u64>,
}

impl Inputs for Beside {
    fn env(&self, name: &str) -> Option<String> {
        env::var(name).ok()
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        let left = self.left.get();
        if left == 0 {
            let message = format!(
                "the files that this site names are larger than the limit of {} MiB",
                limits::SECRET_BYTES >> 20
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        let path = self.folder.join(path);
        reads(&path);
        let mut text = Local.read(&path, LARGEST_FILE)?.text;
        self.left.set(left.saturating_sub(text.len() as u64));
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        Ok(text)
    }
}

/// The site of a command that is about one.
#[derive(Debug, Args)]
pub(super) struct SiteOption {
    /// The same as FILE
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// The site file, or `-` for standard input; the RA's example without it
    #[arg(value_name = "FILE", conflicts_with = "site")]
    file: Option<PathBuf>,
}

impl SiteOption {
    /// The file, where one is named.
    pub(super) fn path(&self) -> Option<&Path> {
        self.site.as_deref().or(self.file.as_deref())
    }

    /// Reads it, where nothing depends on its secrets.
    pub(super) fn load(&self) -> Result<Site, Failure> {
        site(self.path())
    }

    /// Reads it with its secrets.
    pub(super) fn load_with_secrets(&self) -> Result<Site, Failure> {
        site_of(self.path(), Secrets::Needed)
    }
}

/// The site of a `--site` option, where nothing depends on its secrets; the RA's example where it is absent.
pub(super) fn site(option: Option<&Path>) -> Result<Site, Failure> {
    site_of(option, Secrets::Unused)
}

fn site_of(option: Option<&Path>, secrets: Secrets) -> Result<Site, Failure> {
    match option {
        None => Ok(Site::example()),
        Some(path) => Ok(load::site(&Files, path, secrets)?),
    }
}

/// Errors of a site end the command; warnings and notes are returned.
pub(super) fn checked(site: &Site, about: &[&str]) -> Result<Vec<Diagnostic>, Failure> {
    let findings = rules::check(site, &Revision::load(Revision::newest())?);
    let (errors, mut remarks): (Vec<_>, Vec<_>) = findings
        .iter()
        .partition(|finding| finding.severity == Severity::Error);
    let said = |findings: &[&Finding]| -> Vec<Diagnostic> {
        let said = findings
            .iter()
            .map(|finding| finding.diagnostic(Some(site)));
        said.collect()
    };
    if !errors.is_empty() {
        return Err(said(&errors).into());
    }
    remarks.retain(|finding| about.iter().any(|path| finding.path.starts_with(path)));
    Ok(said(&remarks))
}

/// Whether a file that was read has restricted permissions.
pub(super) fn is_private_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| is_private(&metadata))
}

/// The files that this run has read.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn reads(path: &Path) {
    if let Ok(mut read) = READ.lock() {
        read.insert(path.to_path_buf());
    }
}

/// Whether this run has read a file, under this name or another.
pub(super) fn is_read(file: &Path) -> bool {
    let (Ok(read), Ok(file)) = (READ.lock(), fs::canonicalize(file)) else {
        return false;
    };
    let same = |path: &PathBuf| fs::canonicalize(path).is_ok_and(|path| path == file);
    read.iter().any(same)
}

/// Does something with the built-in packs and those of the folders of `--packs` options. Afterwards it tells of packs that
/// nothing asked for and that could not have been used.
pub(super) fn with_packs<T>(
    folders: &[PathBuf],
    run: impl FnOnce(&Library) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let library = Library::with_folders(&(Arc::new(Files) as Arc<dyn Disk>), folders)?;
    let result = run(&library);
    terminal::explain(&library.remarks());
    result
}
