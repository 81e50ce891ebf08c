//! The files of a run, before they are written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{CHECKSUMS, SPLIT_CHECKSUMS, STEPS};
use crate::diagnostic::{Code, Diagnostic, Source};
use crate::lock::LOCK;
use crate::profile::folder::file_name;
use crate::profile::{has_macro, manifest_path, profile_json, values_path};
use crate::render::{Rendered, RenderedProfile};
use crate::secret::Withheld;

/// What Terraform reads of a module.
const MODULE: &str = "main.tf";
/// The longest name of a file or folder on most disks, in bytes.
const LONGEST_NAME: usize = 255;

/// Files by their path below the folder, with `/` between parts.
#[derive(Default)]
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    /// The paths in small letters, to find two that differ by case only.
    lower: BTreeSet<String>,
    private: bool,
    left_out: Vec<String>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.files();
        f.debug_map()
            .entries(files.map(|(path, bytes)| (path, Withheld(bytes.len()))))
            .finish()
    }
}

impl Tree {
    /// The folder of a render: profiles, values, the manifests that kubectl can apply, checksums.
    ///
    /// # Errors
    /// Two files would have one name on a disk that ignores case.
    pub fn of_render(rendered: &Rendered) -> Result<Self, Diagnostic> {
        Tree::of_upgrade(rendered, &[])
    }

    /// As [`Tree::of_render`], with the profiles that a cluster goes through before, each in the folder of its step.
    ///
    /// # Errors
    /// As [`Tree::of_render`].
    pub fn of_upgrade(
        rendered: &Rendered,
        on_the_way: &[(usize, RenderedProfile)],
    ) -> Result<Self, Diagnostic> {
        let mut tree = Tree::of_texts(rendered, false)?;
        for profile in &rendered.profiles {
            tree.add_profile("", profile)?;
        }
        for (step, profile) in on_the_way {
            tree.add_profile(&format!("{STEPS}/{step}/"), profile)?;
        }
        tree.add(LOCK.to_owned(), rendered.lock.text().into_bytes())?;
        Ok(tree.with_checksums(CHECKSUMS))
    }

    fn add_profile(&mut self, folder: &str, profile: &RenderedProfile) -> Result<(), Diagnostic> {
        let json = profile_json(&profile.profile, profile.tree.as_ref())?;
        let name = file_name(&profile.profile.metadata.name, "profile");
        self.add(format!("{folder}{name}.json"), json)
    }

    /// The folder of a Terraform module: `module`, and the values and manifests that it names.
    ///
    /// # Errors
    /// As [`Tree::of_render`].
    pub fn of_module(rendered: &Rendered, module: String) -> Result<Self, Diagnostic> {
        let mut tree = Tree::of_texts(rendered, true)?;
        tree.add(MODULE.to_owned(), module.into_bytes())?;
        Ok(tree.with_checksums(CHECKSUMS))
    }

    /// The values and manifests of profiles; with `all` also the manifests that only Palette can use.
    fn of_texts(rendered: &Rendered, all: bool) -> Result<Self, Diagnostic> {
        let mut tree = Tree {
            private: rendered.holds_secrets,
            ..Tree::default()
        };
        let mut numbers = HashMap::new();
        for profile in &rendered.profiles {
            for (layer, number) in profile.profile.spec.template.packs.iter().zip(1..) {
                let mut values = layer.values.clone();
                if !values.ends_with('\n') {
                    values.push('\n');
                }
                let path = values_path(profile.role.as_str(), number, layer);
                tree.add(path, values.into_bytes())?;
                for manifest in &layer.manifests {
                    let path = manifest_path(layer, manifest);
                    if all {
                        // The module names this path.
                        tree.add(path, manifest.content.clone().into_bytes())?;
                    } else if !has_macro(&manifest.content) {
                        let path = tree.free(path, &mut numbers);
                        tree.add(path, manifest.content.clone().into_bytes())?;
                    } else {
                        tree.left_out.push(path);
                    }
                }
            }
        }
        Ok(tree)
    }

    /// A folder of single files.
    ///
    /// # Errors
    /// Two files would have one name on a disk that ignores case.
    pub fn of_files(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, Diagnostic> {
        Ok(Self::of(files, false)?.with_checksums(CHECKSUMS))
    }

    /// As [`Tree::of_files`], for its owner's eyes only.
    ///
    /// # Errors
    /// As [`Tree::of_files`].
    pub fn of_private_files(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, Diagnostic> {
        Ok(Self::of(files, true)?.with_checksums(CHECKSUMS))
    }

    /// A folder that people will edit, with its checksums in a hidden file; with `private` only their owner may read it.
    ///
    /// # Errors
    /// As [`Tree::of_files`].
    pub fn of_split(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        private: bool,
    ) -> Result<Self, Diagnostic> {
        Ok(Self::of(files, private)?.with_checksums(SPLIT_CHECKSUMS))
    }

    fn of(
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
        private: bool,
    ) -> Result<Self, Diagnostic> {
        let mut tree = Tree {
            private,
            ..Tree::default()
        };
        for (path, bytes) in files {
            tree.add(path, bytes)?;
        }
        Ok(tree)
    }

    /// The files in the order of their paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// How many files there are, the checksums among them.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether the files hold secrets, so that only their owner may read them.
    pub fn is_private(&self) -> bool {
        self.private
    }

    /// Manifests that only Palette can use, since they hold its macros.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The path of a YAML file, with a number where another file has it: a layer may hold two manifests of one name, and a
    /// profile the same pack twice.
    fn free(&self, path: String, numbers: &mut HashMap<String, usize>) -> String {
        let number = numbers.entry(path.to_lowercase()).or_insert(1);
        let stem = path.strip_suffix(".yaml").unwrap_or(&path);
        let mut free = path.clone();
        while self.lower.contains(&free.to_lowercase()) {
            *number += 1;
            free = format!("{stem}-{number}.yaml");
        }
        free
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) -> Result<(), Diagnostic> {
        if !stays_below(&path) {
            return Err(Diagnostic::error(format!(
                "the file `{path}` would be outside the output folder"
            ))
            .code(Code::WrongValue)
            .help("choose names without `/`, `\\` and `..`"));
        }
        if !self.lower.insert(path.to_lowercase()) {
            return Err(Diagnostic::error(format!(
                "two files would have the name `{path}`, apart from upper and lower case"
            ))
            .code(Code::WrongValue)
            .help("choose names that differ in more than case"));
        }
        let too_long = path.split('/').find(|name| name.len() > LONGEST_NAME);
        if let Some(name) = too_long {
            return Err(Diagnostic::error(format!(
                "the file `{name}` has a name of {} bytes; {LONGEST_NAME} is the limit of most disks",
                name.len()
            ))
            .code(Code::WrongValue)
            .help("choose a shorter name"));
        }
        self.files.insert(path, bytes);
        Ok(())
    }

    /// Whether it has a file of that path with these bytes.
    pub(super) fn holds(&self, path: &str, sum: &str) -> bool {
        let bytes = self.files.get(path);
        bytes.is_some_and(|bytes| hex(&Sha256::digest(bytes)) == sum)
    }

    /// Adds the file that `sha256sum -c` reads.
    fn with_checksums(mut self, file: &str) -> Self {
        let mut lines = String::new();
        for (path, bytes) in &self.files {
            // Writing to a String cannot fail.
            let _ = writeln!(lines, "{}  {path}", hex(&Sha256::digest(bytes)));
        }
        self.files.insert(file.to_owned(), lines.into_bytes());
        self
    }
}

/// The SHA-256 of bytes, as `sha256sum` writes it.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in the digits that `sha256sum` writes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The most bytes of a file of checksums that is read.
const LARGEST_CHECKSUMS: u64 = 32 << 20;

/// The checksums of a folder by path, from the file of this name in it.
///
/// # Errors
/// The file is missing, a link, not a regular file, too large, or has a line that we did not write.
pub(super) fn checksums_of(
    folder: &Path,
    name: &str,
) -> Result<BTreeMap<String, String>, Diagnostic> {
    let path = folder.join(name);
    let shown = path.display().to_string();
    let unreadable = |path: &Path, error| Diagnostic::unreadable(path.display(), &error);
    let refused = |message: String| {
        Diagnostic::error(message)
            .code(Code::WrongKind)
            .help("name a folder that `vmo-ra render` or `vmo-ra nad` wrote")
    };
    let is_folder = fs::metadata(folder)
        .map_err(|error| unreadable(folder, error))?
        .is_dir();
    if !is_folder {
        return Err(refused(format!("`{}` is not a folder", folder.display())));
    }
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = folder.display();
            return Err(refused(format!("`{folder}` holds no `{name}`")));
        }
        Err(error) => return Err(unreadable(&path, error)),
    };
    if !metadata.is_file() {
        return Err(refused(format!("`{shown}` is a link, or not a file")));
    }
    let mut bytes = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(LARGEST_CHECKSUMS + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(&path, error))?;
    if bytes.len() as u64 > LARGEST_CHECKSUMS {
        let limit = LARGEST_CHECKSUMS >> 20;
        return Err(refused(format!(
            "`{shown}` is larger than the limit of {limit} MiB"
        )));
    }
    let text =
        String::from_utf8(bytes).map_err(|_| refused(format!("`{shown}` is not UTF-8 text")))?;
    checksums(&Source::new(shown, text), name)
}

/// Whether a run can have written a file of this path: a profile, values, a manifest, a step or a side of an upgrade.
pub(super) fn is_written_by_a_run(path: &str) -> bool {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [MODULE] => true,
        [file] => *file == LOCK || file.ends_with(".json") || file.ends_with(".yaml"),
        ["values" | "manifests", _, file] => file.ends_with(".yaml"),
        [STEPS, _, file] => file.ends_with(".json"),
        // The sides of an upgrade, each a split profile.
        ["base" | "yours" | "theirs" | "result", _, ..] => true,
        _ => false,
    }
}

/// The checksums in a file of them, by path.
///
/// # Errors
/// A line that we did not write, or a path that would leave the folder.
fn checksums(source: &Source, name: &str) -> Result<BTreeMap<String, String>, Diagnostic> {
    let mut sums = BTreeMap::new();
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let written = line.strip_suffix('\n').unwrap_or(line);
        let (sum, path) = written
            .split_once("  ")
            .filter(|(sum, path)| {
                let is_sum =
                    sum.len() == 64 && sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                is_sum && stays_below(path)
            })
            .ok_or_else(|| {
                Diagnostic::error(format!("this is not a line of `{name}`"))
                    .code(Code::WrongKind)
                    .at(source, at..at + written.len())
                    .help(
                        "a line is a SHA-256 in lowercase, two blanks, and a path below the folder",
                    )
            })?;
        sums.insert(path.to_owned(), sum.to_owned());
        at += line.len();
    }
    Ok(sums)
}

/// Whether a path with `/` names something below its folder.
fn stays_below(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | "..")) && !path.contains('\\')
}
