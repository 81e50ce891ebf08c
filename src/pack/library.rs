//! All packs: first those in the user's folders, then the built-in ones.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::built_in::{self, BuiltIn, DESCRIPTION};
use super::search::{pack_folders, read};
use super::{Description, Origin, Pack, Texts};
use crate::diagnostic::{Code, Diagnostic, Source, unless};
use crate::disk::Disk;
use crate::revision::Revisions;
use crate::version::{Version, Wanted};

/// A pack that was found, with its values, presets and schema still unread.
#[derive(Clone, Debug)]
pub struct Found {
    /// What pack.json says of it.
    pub description: Description,
    place: Place,
    /// Which of the user's folders it was found below, counted from 0; the built-in packs come after them.
    rank: usize,
    /// Everything, once it was read for a layer.
    pack: OnceLock<Result<Arc<Pack>, Vec<Diagnostic>>>,
    /// What the files that count here hash to, once it was asked for, or none if they cannot be read.
    files: OnceLock<Option<[u8; 32]>>,
    /// What is wrong with its pack.json.
    odd: Option<Diagnostic>,
}

#[derive(Clone, Debug)]
enum Place {
    BuiltIn(BuiltIn),
    /// Its folder, and the folder that the user named.
    Folder(Arc<dyn Disk>, PathBuf, PathBuf),
}

/// Why a pack is not used: another one has the same name and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rival {
    /// The other one is found first, or is a copy of it.
    UsedInstead,
    /// Both lie in one of the user's folders and differ, so that neither can be meant.
    Equal,
}

/// All packs that can be used, the user's before the built-in ones.
#[derive(Debug, Default)]
pub struct Library {
    found: BTreeMap<String, Vec<Found>>,
    remarks: Vec<Diagnostic>,
}

impl Library {
    /// The built-in packs alone.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn built_in() -> Result<Self, Diagnostic> {
        Self::of(Revisions::built_in())
    }

    /// The packs that come with revisions.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn of(revisions: &Revisions) -> Result<Self, Diagnostic> {
        let mut library = Library::default();
        library.add_built_in(revisions, 0)?;
        library.sort();
        Ok(library)
    }

    /// The packs of the user's folders, and the built-in ones after them. A pack whose pack.json is wrong is a remark, and
    /// an error where it is chosen.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no pack.
    pub fn with_folders(
        disk: &Arc<dyn Disk>,
        folders: &[PathBuf],
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Library::default();
        let mut errors = Vec::new();
        for (root, rank) in folders.iter().zip(0..) {
            library
                .add_folder(disk, root, rank)
                .unwrap_or_else(|problems| errors.extend(problems));
        }
        library
            .add_built_in(Revisions::built_in(), folders.len())
            .unwrap_or_else(|problem| errors.push(problem));
        library.sort();
        if errors.is_empty() {
            return Ok(library);
        }
        Err([library.remarks(), errors].concat())
    }

    fn add_folder(
        &mut self,
        disk: &Arc<dyn Disk>,
        root: &Path,
        rank: usize,
    ) -> Result<(), Vec<Diagnostic>> {
        let (packs, remarks) = pack_folders(disk.as_ref(), root)?;
        self.remarks.extend(remarks);
        let mut errors = Vec::new();
        let mut is_empty = true;
        for folder in packs {
            let source = match read(disk.as_ref(), root, &folder.join(DESCRIPTION)) {
                Ok(Some(source)) => source,
                Ok(None) => continue,
                Err(problem) if problem.is_of_the_system() => {
                    errors.push(problem);
                    continue;
                }
                Err(problem) => {
                    self.remarks.push(left_out(problem));
                    continue;
                }
            };
            let described = Description::parse(&source).and_then(|description| {
                let name = folder.file_name().unwrap_or_default();
                description.check_folder(&source, &name.to_string_lossy())?;
                Ok(description)
            });
            let (description, odd) = match described {
                Ok(description) => (description, None),
                Err(problem) => match Description::salvage(&source) {
                    Some(description) => (description, Some(problem)),
                    None => {
                        self.remarks.push(left_out(problem));
                        continue;
                    }
                },
            };
            is_empty = false;
            self.add(Found {
                description,
                place: Place::Folder(Arc::clone(disk), folder, root.to_path_buf()),
                rank,
                pack: OnceLock::new(),
                files: OnceLock::new(),
                odd,
            });
        }
        if is_empty && errors.is_empty() {
            errors.push(
                Diagnostic::error(format!("`{}` holds no pack", root.display()))
                    .code(Code::WrongKind)
                    .help("a pack is a folder with a pack.json and a values.yaml"),
            );
        }
        unless(errors, ())
    }

    /// What is to be said of the folders and of packs that were left out, none of which was asked for.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        let odd = self.packs().filter(|pack| pack.pack.get().is_none());
        let odd = odd.filter_map(|pack| Some(left_out(pack.odd.clone()?)));
        self.remarks.iter().cloned().chain(odd).collect()
    }

    fn add_built_in(&mut self, revisions: &Revisions, rank: usize) -> Result<(), Diagnostic> {
        for folder in built_in::folders(revisions) {
            let (pack, description) = BuiltIn::read(revisions, folder)?;
            let text = Value::Object(description).to_string();
            let source = Source::new(format!("{folder}/{DESCRIPTION}"), text);
            self.add(Found {
                description: Description::parse(&source)?,
                place: Place::BuiltIn(pack),
                rank,
                pack: OnceLock::new(),
                files: OnceLock::new(),
                odd: None,
            });
        }
        Ok(())
    }

    fn add(&mut self, found: Found) {
        let name = found.description.name.clone();
        self.found.entry(name).or_default().push(found);
    }

    /// Puts the packs of each name in order, once all are there.
    fn sort(&mut self) {
        for packs in self.found.values_mut() {
            // What was found first stays before its equals, and is used first.
            packs.sort_by_cached_key(Found::version);
        }
    }

    /// The same, where of these packs the built-in ones are used.
    pub(crate) fn with_built_in(&self, names: &[String]) -> Library {
        let mut found = self.found.clone();
        for (_, packs) in found.iter_mut().filter(|(name, _)| names.contains(name)) {
            let is_built_in = |pack: &Found| matches!(pack.place, Place::BuiltIn(..));
            if packs.iter().any(is_built_in) {
                packs.retain(is_built_in);
            }
        }
        Library {
            found,
            remarks: Vec::new(),
        }
    }

    /// Every pack, by name and version, those that are used before those they hide.
    pub fn packs(&self) -> impl Iterator<Item = &Found> {
        self.found.values().flatten()
    }

    /// Every pack as in [`Library::packs`], with how another of its name and version keeps it from being used.
    pub fn rivals(&self) -> Vec<(&Found, Option<Rival>)> {
        let mut first: HashMap<_, usize> = HashMap::new();
        let mut equals: HashMap<_, usize> = HashMap::new();
        for found in self.packs() {
            let rank = first.entry(found.key()).or_insert(found.rank);
            *rank = (*rank).min(found.rank);
            *equals.entry((found.key(), found.rank)).or_default() += 1;
        }
        let is_alone = |found: &Found| equals[&(found.key(), found.rank)] == 1;
        let mut copies: HashMap<_, usize> = HashMap::new();
        for found in self.packs().filter(|found| !is_alone(found)) {
            *copies
                .entry((found.key(), found.rank, found.files()))
                .or_default() += 1;
        }
        let rival = |found: &Found| {
            if first[&found.key()] < found.rank {
                return Some(Rival::UsedInstead);
            }
            if is_alone(found) {
                return None;
            }
            let files = found.files();
            let is_copy = files.is_some() && copies[&(found.key(), found.rank, files)] > 1;
            Some(if is_copy {
                Rival::UsedInstead
            } else {
                Rival::Equal
            })
        };
        self.packs().map(|found| (found, rival(found))).collect()
    }

    /// Whether a pack of that name fits what is wanted, perhaps more than one.
    pub fn has(&self, name: &str, wanted: &Wanted) -> bool {
        self.found.get(name).is_some_and(|packs| {
            packs
                .iter()
                .any(|pack| wanted.fits(&pack.description.version))
        })
    }

    /// The pack of that name, in the version that is wanted; the newest where several are.
    ///
    /// # Errors
    /// There is no such pack, or two different ones fit.
    pub fn choose(&self, name: &str, wanted: &Wanted) -> Result<&Found, Diagnostic> {
        let Some(packs) = self.found.get(name) else {
            return Err(Diagnostic::error(format!("there is no pack `{name}`"))
                .code(Code::PackMissing)
                .did_you_mean(name, self.found.keys().map(String::as_str))
                .help("name a folder that holds it with `--packs DIR`"));
        };
        // A group is looked for in the user's folders first too, even if ours has a newer one.
        let is_users = |pack: &&Found| !matches!(pack.place, Place::BuiltIn(..));
        let fits = |pack: &&Found| wanted.fits(&pack.description.version);
        let has_users = packs.iter().filter(is_users).any(|pack| fits(&pack));
        let fitting = || {
            packs
                .iter()
                .filter(fits)
                .filter(|pack| !has_users || is_users(pack))
        };
        // Of equal versions the first stays.
        let newest = fitting().rev().max_by_key(|found| found.version());
        let Some(newest) = newest else {
            let mut versions: Vec<String> = packs
                .iter()
                .map(|pack| format!("`{}`", pack.description.version))
                .collect();
            versions.dedup();
            return Err(Diagnostic::error(format!(
                "there is no version {wanted} of the pack `{name}`"
            ))
            .code(Code::PackMissing)
            .label(format!("versions found: {}", versions.join(", ")))
            .help("name a folder that holds it with `--packs DIR`"));
        };
        let mut equal: Vec<&Found> = fitting()
            .filter(|pack| {
                pack.rank == newest.rank && pack.description.version == newest.description.version
            })
            .collect();
        // One pack is often published once for each cloud.
        if equal.iter().any(|pack| pack.description.is_for_maas()) {
            equal.retain(|pack| pack.description.is_for_maas());
        }
        match equal.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| first.is_copy_of(other)) => Ok(first),
            [first, others @ ..] => {
                let mut problem = Diagnostic::error(format!(
                    "two packs are named `{name}` {}",
                    first.description.version
                ))
                .code(Code::BrokenPack);
                for pack in std::iter::once(first).chain(others) {
                    problem = problem.because(format!("in `{}`", pack.origin()));
                }
                Err(problem
                    .help("remove one, or name the folder of the right one with `--packs DIR`"))
            }
            [] => Ok(newest),
        }
    }

    /// Reads the pack of that name and version; `1.34.x` is the newest of its group.
    ///
    /// # Errors
    /// There is no such pack, two different ones fit, or its files cannot be read.
    pub fn find(&self, name: &str, version: &str) -> Result<Pack, Vec<Diagnostic>> {
        self.choose(name, &Wanted::of_tag(version))?.load()
    }
}

impl Found {
    fn version(&self) -> Option<Version> {
        Version::parse(&self.description.version)
    }

    /// Where it was found.
    pub fn origin(&self) -> Origin {
        match &self.place {
            Place::BuiltIn(..) => Origin::BuiltIn,
            Place::Folder(_, folder, _) => Origin::Folder(folder.clone()),
        }
    }

    /// A file of the pack, or none if it has no such file.
    fn file(&self, name: &str) -> Result<Option<Source>, Diagnostic> {
        match &self.place {
            Place::BuiltIn(pack) => {
                let named = || format!("built-in {}/{name}", pack.folder());
                Ok(pack.text(name).map(|text| Source::new(named(), text)))
            }
            Place::Folder(disk, folder, root) => read(disk.as_ref(), root, &folder.join(name)),
        }
    }

    /// What all packs of its name and version share.
    fn key(&self) -> (&str, &str) {
        (&self.description.name, &self.description.version)
    }

    /// The hash of the files that count here, which copies share, or none if one cannot be read.
    fn files(&self) -> Option<[u8; 32]> {
        *self.files.get_or_init(|| {
            let mut hash = Sha256::new();
            for name in ["values.yaml", "presets.yaml", "schema.yaml"] {
                let file = self.file(name).ok()?;
                let text = file.as_ref().map(Source::text);
                hash.update([u8::from(text.is_some())]);
                let text = text.unwrap_or_default();
                hash.update((text.len() as u64).to_le_bytes());
                hash.update(text);
            }
            Some(hash.finalize().into())
        })
    }

    /// Whether the other one has the same files; what cannot be read is not a copy.
    fn is_copy_of(&self, other: &Self) -> bool {
        self.files().is_some() && self.files() == other.files()
    }

    /// The whole pack, which is read the first time and kept for as many layers as are made from it.
    ///
    /// # Errors
    /// As [`Found::load`].
    pub fn pack(&self) -> Result<Arc<Pack>, Vec<Diagnostic>> {
        self.pack.get_or_init(|| self.load().map(Arc::new)).clone()
    }

    /// Reads the rest of it.
    ///
    /// # Errors
    /// A file that is missing, cannot be read, or is broken; all of them.
    pub fn load(&self) -> Result<Pack, Vec<Diagnostic>> {
        if let Some(problem) = &self.odd {
            return Err(problem.clone().into());
        }
        let mut errors = Vec::new();
        let mut text = |read: Result<Option<Source>, Diagnostic>| {
            read.unwrap_or_else(|problem| {
                errors.push(problem);
                None
            })
        };
        let values = self.file("values.yaml").and_then(|values| {
            values.map(Some).ok_or_else(|| {
                Diagnostic::error(format!(
                    "the pack `{}` in `{}` has no values.yaml",
                    self.description.name,
                    self.origin()
                ))
                .code(Code::BrokenPack)
                .help("copy it from the pack's registry: Palette uses only complete values")
            })
        });
        let texts = Texts {
            values: text(values).unwrap_or_else(|| Source::new("", "")),
            presets: text(self.file("presets.yaml")),
            schema: text(self.file("schema.yaml")),
        };
        match Pack::of_texts(self.description.clone(), texts, self.origin()) {
            Ok(pack) => unless(errors, pack),
            Err(more) => Err([errors, more].concat()),
        }
    }
}

/// What is wrong with a pack that is not used.
fn left_out(problem: Diagnostic) -> Diagnostic {
    problem.because("the pack is ignored").into_warning()
}
