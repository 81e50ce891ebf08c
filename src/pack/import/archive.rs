//! Archives as they come from a registry: the files of a pack in a tar, compressed or not, or the layout of an OCI image
//! with such a tar as a layer.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Component, Path};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use super::{Imported, ImportedPack, SOURCES};
use crate::diagnostic::{Code, Diagnostic, Source, unless};
use crate::limits;
use crate::pack::built_in::DESCRIPTION;

/// The files of a pack that are read; charts and pictures stay in the archive.
const FILES: [&str; 4] = [DESCRIPTION, "values.yaml", "presets.yaml", "schema.yaml"];
/// The folder of the layout of an OCI image that holds its layers, each named by what it hashes to.
const BLOBS: &str = "blobs/sha256/";

const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What is in the header of a tar, and where.
const USTAR: (usize, &[u8]) = (257, b"ustar");

/// Whether bytes are an archive, by their first.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    let (at, word) = USTAR;
    bytes.starts_with(&GZIP) || bytes.get(at..).is_some_and(|rest| rest.starts_with(word))
}

/// What archives of other kinds are, by their first bytes.
pub(super) fn other_archive(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a zip file"),
        (b"\x28\xb5\x2f\xfd", "packed with zstd"),
        (b"\xfd7zXZ\x00", "packed with xz"),
        (b"BZh", "packed with bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    ];
    let mut kinds = KINDS.iter();
    let (_, what) = kinds.find(|(start, _)| bytes.starts_with(start))?;
    Some(what)
}

/// The packs of an archive.
///
/// # Errors
/// It is broken or larger than is read, holds a link or a path that leads out of it, or no pack; a pack that is broken.
pub(super) fn packs(name: &str, bytes: &[u8]) -> Result<Imported, Vec<Diagnostic>> {
    let mut left = limits::UNPACKED_BYTES;
    let (mut files, mut others) = unpack(name, bytes, &mut left)?;
    let layers: Vec<(String, Vec<u8>)> = files
        .extract_if(.., |path, bytes| {
            path.starts_with(BLOBS) && is_archive(bytes)
        })
        .collect();
    for (path, bytes) in layers {
        let digest = Sha256::digest(&bytes);
        let sum: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        if path.strip_prefix(BLOBS) != Some(sum.as_str()) {
            return Err(broken(
                name,
                &format!("the hash of `{path}` does not match its name"),
            )
            .into());
        }
        let (more, beside) = unpack(&format!("{name}: {path}"), &bytes, &mut left)?;
        files.extend(more);
        others.extend(beside);
    }
    let mut imported = Imported::default();
    let mut problems = Vec::new();
    for folder in folders(&files) {
        match pack(name, folder, &files) {
            Ok(pack) => imported.packs.push(pack),
            Err(problem) => problems.push(problem),
        }
    }
    if imported.packs.is_empty() && problems.is_empty() {
        problems.push(
            Diagnostic::error(format!(
                "`{name}` holds no pack: there is no {DESCRIPTION} in it"
            ))
            .code(Code::WrongKind)
            .help(instead(&files, &others).unwrap_or_else(|| SOURCES.to_owned())),
        );
    }
    unless(problems, imported)
}

/// The way out where an archive holds something else than a pack.
fn instead(files: &BTreeMap<String, Vec<u8>>, others: &[String]) -> Option<String> {
    let is_named = |path: &&String, ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    if others.iter().any(|path| is_named(&path, &["Chart.yaml"])) {
        let help = "it is a Helm chart: take the archive of the pack, which holds charts beside its pack.json";
        return Some(help.to_owned());
    }
    if files.keys().any(|path| !path.starts_with(BLOBS)) {
        return None;
    }
    let inner = others
        .iter()
        .find(|path| is_named(path, &[".tar", ".tar.gz", ".tgz"]))?;
    Some(format!(
        "it holds another archive, `{inner}`: unpack it, and import that one"
    ))
}

fn broken(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(format!("`{name}` cannot be unpacked: {what}"))
        .code(Code::BrokenPack)
        .help("pull it again, or import the pack from an answer of Palette's API")
}

/// The folders of packs: those with a pack.json that lie in no other such folder; empty or ending in `/`.
fn folders(files: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    let mut folders: Vec<&str> = files
        .keys()
        .filter_map(|path| path.strip_suffix(DESCRIPTION))
        .filter(|folder| folder.is_empty() || folder.ends_with('/'))
        .collect();
    folders.sort_unstable();
    let all = folders.clone();
    folders.retain(|folder| {
        !all.iter()
            .any(|other| other != folder && folder.starts_with(other))
    });
    folders
}

fn pack(
    name: &str,
    folder: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<ImportedPack, Diagnostic> {
    let own: BTreeMap<String, Vec<u8>> = FILES
        .iter()
        .filter_map(|file| {
            Some((
                (*file).to_owned(),
                files.get(&format!("{folder}{file}"))?.clone(),
            ))
        })
        .collect();
    let shown = format!("{name}: {folder}{DESCRIPTION}");
    for (file, bytes) in &own {
        if std::str::from_utf8(bytes).is_err() {
            return Err(broken(name, &format!("`{folder}{file}` is not UTF-8 text")));
        }
    }
    if !own.contains_key("values.yaml") {
        let place = match folder {
            "" => "it".to_owned(),
            folder => format!("`{folder}`"),
        };
        return Err(broken(
            name,
            &format!("{place} has a {DESCRIPTION} and no values.yaml"),
        ));
    }
    let text = own
        .get(DESCRIPTION)
        .map(|bytes| String::from_utf8_lossy(bytes))
        .unwrap_or_default();
    ImportedPack::new(&Source::new(shown, text), own)
}

/// The files of an archive that count here, by their paths, and the paths of all others.
type Unpacked = (BTreeMap<String, Vec<u8>>, Vec<String>);

fn unpack(name: &str, bytes: &[u8], left: &mut u64) -> Result<Unpacked, Diagnostic> {
    let plain: Box<dyn Read + '_> = if bytes.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(bytes))
    } else {
        Box::new(bytes)
    };
    let mut counted = Counted {
        inner: plain,
        left: *left,
    };
    let files = entries(name, &mut counted);
    *left = counted.left;
    files
}

fn entries(name: &str, reader: &mut Counted<'_>) -> Result<Unpacked, Diagnostic> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(name, &error.to_string()),
        _ => broken(name, &error.to_string()),
    };
    let (mut files, mut others) = (BTreeMap::new(), Vec::new());
    let mut archive = Archive::new(reader);
    for (entry, number) in archive.entries().map_err(failed)?.zip(1..) {
        let mut entry = entry.map_err(failed)?;
        if number > limits::ARCHIVE_ENTRIES {
            return Err(too_large(
                name,
                &format!(
                    "it holds more than the limit of {} files",
                    limits::ARCHIVE_ENTRIES
                ),
            ));
        }
        let path = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|_| broken(name, "a path in it is not UTF-8"))?;
        let kind = entry.header().entry_type();
        let Some(path) = below(&path) else {
            return Err(broken(
                name,
                &format!("`{path}` in it would leave the folder"),
            ));
        };
        match kind {
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Link | EntryType::Symlink => {
                return Err(broken(name, &format!("`{path}` in it is a link")));
            }
            _ => return Err(broken(name, &format!("`{path}` in it is not a file"))),
        }
        let file = path.rsplit('/').next().unwrap_or_default();
        let is_blob = path.starts_with(BLOBS);
        if !is_blob && !FILES.contains(&file) {
            others.push(path);
            continue;
        }
        if !is_blob && entry.size() > limits::PACK_FILE {
            return Err(too_large(
                name,
                &format!("`{path}` has more than {} MiB", limits::PACK_FILE >> 20),
            ));
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(failed)?;
        if files.insert(path.clone(), bytes).is_some() {
            return Err(broken(name, &format!("`{path}` is in it twice")));
        }
    }
    Ok((files, others))
}

/// A path with `/` between its parts, where it stays below its folder.
fn below(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in Path::new(path).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    let is_plain = parts.iter().all(|part| !part.contains('\\'));
    is_plain.then(|| parts.join("/"))
}

fn too_large(name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(format!("`{name}` exceeds a limit: {what}"))
        .code(Code::Limit)
        .help("a pack's own files are small; use its archive, not an image")
}

/// A reader that ends with an error where more comes than may, since a small archive may hold much.
struct Counted<'r> {
    inner: Box<dyn Read + 'r>,
    left: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            let message = format!(
                "unpacked it has more than {} MiB",
                limits::UNPACKED_BYTES >> 20
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        };
        self.left = left;
        Ok(count)
    }
}
