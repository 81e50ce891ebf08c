//! Reads a folder. Links out of it are not followed, nothing blocks, and hidden files are skipped.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    File, Item, Kept, Kind, LARGEST, Loaded, LoadedProfile, Machine, Whole, nothing_of_ours, source,
};
use crate::diagnostic::{Code, Diagnostic, Source, unless};
use crate::disk::{Disk, Entry, may_be_read};
use crate::limits;
use crate::output::{CHECKSUMS, STEPS};
use crate::profile::folder::{PROFILE, is_aside, join, yaml_problem};
use crate::profile::{Form, from_value};
use crate::yaml::{self, Limits};

/// The most files and folders of a split profile; a folder with more is not one.
const MOST_ENTRIES: usize = 100_000;
/// How deep folders may lie in each other.
const DEEPEST: usize = 32;
/// The endings of files that are looked at.
const ENDINGS: &[&str] = &["json", "yaml", "yml"];
/// The folders below a rendered one that hold the texts of its profiles once more, and earlier versions of these.
const ASIDE: &[&str] = &["values", "manifests", STEPS];

/// A folder that is being loaded.
pub(super) struct Folder<'f> {
    disk: &'f dyn Machine,
    root: &'f Path,
    loaded: &'f mut Loaded,
    errors: Vec<Diagnostic>,
    files: usize,
    left: u64,
}

impl<'f> Folder<'f> {
    pub(super) fn new(disk: &'f dyn Machine, root: &'f Path, loaded: &'f mut Loaded) -> Self {
        Folder {
            disk,
            root,
            loaded,
            errors: Vec::new(),
            files: 0,
            left: LARGEST,
        }
    }

    /// Loads all that is in it.
    pub(super) fn load(mut self) -> Result<(), Vec<Diagnostic>> {
        self.folder(self.root, 0)?;
        if self.errors.is_empty() && self.loaded.items.is_empty() {
            let others = std::mem::take(&mut self.loaded.remarks);
            let mut problem = Diagnostic::error(format!(
                "`{}` holds no site, no profile and no manifests",
                self.root.display()
            ))
            .code(Code::WrongKind);
            for other in others.iter().take(5) {
                problem = problem.because(other.message());
            }
            self.errors.push(
                problem.help("name a site, a profile, a folder that `vmo-ra render` or `vmo-ra split` wrote, or one with manifests"),
            );
        }
        unless(self.errors, ())
    }

    /// Continues after a problem with one file; only an error ends it.
    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Vec<Diagnostic>> {
        if depth > DEEPEST {
            return Err(Diagnostic::error(format!(
                "`{}` has folders nested more than {DEEPEST} levels deep",
                self.root.display()
            ))
            .code(Code::Limit)
            .help("name a folder further down")
            .into());
        }
        let entries = list(self.disk, folder)?;
        let has = |name: &str| {
            entries
                .iter()
                .any(|(path, _)| path.file_name() == Some(OsStr::new(name)))
        };
        if has(PROFILE) {
            let split = self.split(folder);
            split.unwrap_or_else(|error| self.errors.extend(error));
            return Ok(());
        }
        let sums = folder.join(CHECKSUMS);
        let of_run = match entries.contains(&(sums.clone(), Entry::File)) {
            true => self.disk.read(&sums, LARGEST).map(|file| file.text),
            false => Ok(String::new()),
        };
        let of_run = of_run.unwrap_or_default();
        let written = of_run.lines().filter_map(|line| line.split_once("  "));
        let written: HashSet<&str> = written.map(|(_, name)| name).collect();
        let first = self.loaded.items.len();
        for (path, entry) in &entries {
            let ending = path.extension().and_then(OsStr::to_str);
            let is_ours = ending.is_some_and(|ending| ENDINGS.contains(&ending));
            if is_ours && *entry != Entry::Folder {
                let name = path.file_name().and_then(OsStr::to_str);
                let is_written = name.is_some_and(|name| written.contains(name));
                self.file(path, *entry, is_written)?;
            } else if *entry == Entry::Link
                && matches!(self.disk.entry(path, true), Ok(Entry::Folder))
            {
                self.loaded.remarks.push(Diagnostic::warning(format!(
                    "`{}` is a link to a folder, which is not followed",
                    path.display()
                )));
            }
        }
        let new = &mut self.loaded.items[first..];
        let mut profiles = new.iter_mut().filter_map(|item| match item {
            Item::Profile(profile) => Some(profile),
            _ => None,
        });
        let mut is_rendered = false;
        if has(CHECKSUMS) {
            for profile in profiles.by_ref() {
                is_rendered = true;
                name_texts(self.disk, folder, profile);
            }
        }
        for (path, _) in entries.iter().filter(|(_, entry)| *entry == Entry::Folder) {
            let name = path.file_name().and_then(OsStr::to_str);
            if !is_rendered || !name.is_some_and(|name| ASIDE.contains(&name)) {
                self.folder(path, depth + 1)?;
            }
        }
        Ok(())
    }

    /// Loads a file; `is_written` where a run wrote it.
    fn file(&mut self, path: &Path, entry: Entry, is_written: bool) -> Result<(), Vec<Diagnostic>> {
        self.files += 1;
        let beyond = |limit: String| {
            Diagnostic::error(format!(
                "`{}` holds more than the limit of {limit}",
                self.root.display()
            ))
            .code(Code::Limit)
            .help("name the files or folders in it one by one, in separate runs")
        };
        if self.files > limits::FILES {
            return Err(beyond(format!("{} files", limits::FILES)).into());
        }
        let mut read = || -> Result<Option<Item>, Vec<Diagnostic>> {
            may_be_read(self.disk, self.root, path, entry)?;
            let file = File::read(self.disk, path)?;
            self.left = match self.left.checked_sub(file.source.text().len() as u64) {
                Some(left) => left,
                None => return Err(beyond(format!("{} MiB", LARGEST >> 20)).into()),
            };
            self.loaded.private |= file.private;
            if let Kind::Other(guess) = file.kind {
                let problem = nothing_of_ours(file.source.name(), guess);
                let is_json = path.extension() == Some(OsStr::new("json"));
                // What was not read is in no report, so a damaged input must not be skipped.
                if is_json && (is_written || guess.is_damaged(file.source.text())) {
                    return Err(problem.into());
                }
                self.loaded.remarks.push(problem.into_warning());
                return Ok(None);
            }
            file.item(self.disk).map(Some)
        };
        match read() {
            Ok(item) => self.loaded.items.extend(item),
            Err(error) => self.errors.extend(error),
        }
        Ok(())
    }

    /// Adds the profile that `split` laid out in a folder.
    pub(super) fn split(&mut self, folder: &Path) -> Result<(), Vec<Diagnostic>> {
        let split = split_profile(self.disk, folder)?;
        self.loaded.private |= split.private;
        let names = yaml::to_json(&split.source, Limits::VALUES)?;
        let file = split.source.name().to_owned();
        let profile = from_value(&split.source, split.profile.clone())?;
        let whole = Whole(Kept::Split(file, split.profile, split.warnings));
        let mut loaded = LoadedProfile::of_file(profile, Form::Export, whole);
        let name = |pointer: String, otherwise: &mut String| {
            let name = names.pointer(&pointer).and_then(Value::as_str);
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                *otherwise = folder.join(name).display().to_string();
            }
        };
        for (texts, layer) in loaded.texts.iter_mut().zip(0..) {
            let layer = format!("/spec/template/packs/{layer}");
            name(format!("{layer}/values"), &mut texts.values);
            for (manifest, number) in texts.manifests.iter_mut().zip(0..) {
                name(format!("{layer}/manifests/{number}/content"), manifest);
            }
        }
        self.loaded.items.push(Item::Profile(Box::new(loaded)));
        Ok(())
    }
}

/// What is in a folder and not hidden, in the order of the names.
fn list(disk: &dyn Disk, folder: &Path) -> Result<Vec<(PathBuf, Entry)>, Vec<Diagnostic>> {
    let mut entries = disk
        .list(folder)
        .map_err(|error| Diagnostic::unreadable(folder.display(), &error))?;
    entries.retain(|(name, _)| !name.to_string_lossy().starts_with('.'));
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    let paths = entries
        .into_iter()
        .map(|(name, entry)| (folder.join(name), entry));
    Ok(paths.collect())
}

/// Names the texts of a rendered profile by the files that `render` wrote them to as well.
fn name_texts(disk: &dyn Disk, folder: &Path, profile: &mut LoadedProfile) {
    let layers = &profile.profile.spec.template.packs;
    let is_file = |path: &Path| matches!(disk.entry(path, false), Ok(Entry::File));
    let files: Vec<String> = (layers.iter().zip(1..))
        .map(|(layer, number)| format!("{number:02}-{}.yaml", layer.name))
        .collect();
    // The folder of its values has the role's name, which no export tells.
    let folders = list(disk, &folder.join("values")).unwrap_or_default();
    let values = folders
        .into_iter()
        .map(|(values, _)| values)
        .find(|values| {
            list(disk, values).is_ok_and(|found| found.len() == files.len())
                && files.iter().all(|file| is_file(&values.join(file)))
        });
    for ((texts, layer), file) in profile.texts.iter_mut().zip(layers).zip(files) {
        if let Some(values) = &values {
            texts.values = values.join(file).display().to_string();
        }
        for (name, manifest) in texts.manifests.iter_mut().zip(&layer.manifests) {
            let path = folder.join(format!("manifests/{}/{}.yaml", layer.name, manifest.name));
            if is_file(&path) {
                *name = path.display().to_string();
            }
        }
    }
}

/// A profile that was put together from a folder.
#[derive(Debug)]
pub struct SplitProfile {
    /// Its `profile.yaml`.
    pub source: Source,
    /// All of it, the texts in their places.
    pub profile: Value,
    /// What is to be said of its texts.
    pub warnings: Vec<Diagnostic>,
    /// Whether one of its files has restricted permissions.
    pub private: bool,
}

/// The `profile.yaml` of a folder, if there is one, and whether it has restricted permissions.
///
/// # Errors
/// It is a link or no file, or cannot be read.
pub fn profile_file(
    disk: &dyn Disk,
    folder: &Path,
) -> Result<Option<(Source, bool)>, Vec<Diagnostic>> {
    let path = folder.join(PROFILE);
    match disk.entry(&path, false) {
        Ok(Entry::File) => source(disk, &path, LARGEST).map(Some).map_err(Vec::from),
        Ok(_) => Err(
            Diagnostic::error(format!("`{}` is a link, or not a file", path.display()))
                .code(Code::NotFollowed)
                .help("put the file itself there")
                .into(),
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Diagnostic::unreadable(path.display(), &error).into()),
    }
}

/// Puts the profile together that `vmo-ra split` laid out in a folder. No link in it is followed.
///
/// # Errors
/// The folder is not one of these, cannot be read, or [`join`] says what is wrong with it.
pub fn split_profile(disk: &dyn Disk, folder: &Path) -> Result<SplitProfile, Vec<Diagnostic>> {
    let shown = folder.display();
    let no_profile = |message: String| {
        Diagnostic::error(message)
            .code(Code::WrongKind)
            .help("name a folder that `vmo-ra split` wrote")
    };
    match disk.entry(folder, true) {
        Ok(Entry::Folder) => {}
        Ok(_) => return Err(no_profile(format!("`{shown}` is not a folder")).into()),
        Err(error) => return Err(Diagnostic::unreadable(folder.display(), &error).into()),
    }
    let Some((source, mut private)) = profile_file(disk, folder)? else {
        return Err(no_profile(format!("`{shown}` holds no `{PROFILE}`")).into());
    };
    let mut entries = BTreeMap::new();
    below(disk, folder, "", 0, &mut entries)?;
    let mut warnings = Vec::new();
    let mut left = LARGEST;
    let joined = join(&source, &entries, |path| {
        let file = folder.join(path);
        match disk.read(&file, left) {
            Ok(read) => {
                left -= read.text.len() as u64;
                private |= read.private;
                warnings.extend(yaml_problem(&file.display().to_string(), &read.text));
                Ok(read.text)
            }
            Err(error) => Err(Diagnostic::unreadable(file.display(), &error)),
        }
    });
    Ok(SplitProfile {
        profile: joined?,
        source,
        warnings,
        private,
    })
}

/// Everything below a folder but what is hidden, with `/` between the parts of a path.
fn below(
    disk: &dyn Disk,
    folder: &Path,
    within: &str,
    depth: usize,
    entries: &mut BTreeMap<String, Entry>,
) -> Result<(), Vec<Diagnostic>> {
    for (path, entry) in list(disk, folder)? {
        if depth > DEEPEST || entries.len() >= MOST_ENTRIES {
            return Err(Diagnostic::error(format!(
                "`{}` holds more files, or deeper folders, than a split profile",
                folder.display()
            ))
            .code(Code::Limit)
            .help("name a folder that `vmo-ra split` wrote")
            .into());
        }
        let name = path.file_name().unwrap_or_default();
        let name = format!("{within}{}", name.to_string_lossy());
        if is_aside(&name) {
            continue;
        }
        if entry == Entry::Folder {
            below(disk, &path, &format!("{name}/"), depth + 1, entries)?;
        }
        entries.insert(name, entry);
    }
    Ok(())
}
