//! Finds packs: in the folders the user names first, in this program last.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::Dir;

use super::{Description, Origin, Pack, preset};
use crate::diagnostic::{Diagnostic, Source, nearest};
use crate::revision::PROFILES;

/// How deep pack folders may lie below a folder the user names.
const DEEPEST: usize = 8;
/// The largest file of a pack that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// A pack that was found, with its files still unread.
#[derive(Clone, Debug)]
struct Found {
    description: Description,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    BuiltIn(&'static Dir<'static>),
    Folder(PathBuf),
}

/// All packs that can be used, the user's before the built-in ones.
#[derive(Debug)]
pub struct Library {
    found: BTreeMap<String, Vec<Found>>,
}

impl Library {
    /// The built-in packs alone.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn built_in() -> Result<Self, Diagnostic> {
        let mut library = Library {
            found: BTreeMap::new(),
        };
        let Some(packs) = PROFILES.get_dir("packs") else {
            return Err(Diagnostic::error("the built-in packs are missing"));
        };
        for versions in packs.dirs() {
            for folder in versions.dirs() {
                let text = folder
                    .get_file(folder.path().join("pack.json"))
                    .and_then(|file| file.contents_utf8())
                    .unwrap_or_default();
                let source = Source::new(format!("{}/pack.json", folder.path().display()), text);
                library.add(describe(&source)?, Place::BuiltIn(folder));
            }
        }
        Ok(library)
    }

    /// The packs of the user's folders, and the built-in ones behind them.
    ///
    /// # Errors
    /// A folder that cannot be read or holds no pack, and packs that cannot be read.
    pub fn with_folders(folders: &[PathBuf]) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Library {
            found: BTreeMap::new(),
        };
        let mut problems = Vec::new();
        for folder in folders {
            let mut packs = Vec::new();
            if let Err(error) = search(folder, 0, &mut packs) {
                problems.push(
                    Diagnostic::error(format!("cannot read `{}`: {error}", folder.display())).help(
                        "name a folder that holds packs, each with its pack.json and values.yaml",
                    ),
                );
                continue;
            }
            if packs.is_empty() {
                problems.push(
                    Diagnostic::error(format!("`{}` holds no pack", folder.display()))
                        .help("a pack is a folder with a pack.json and a values.yaml"),
                );
            }
            for pack in packs {
                match read(&pack.join("pack.json")).and_then(|source| describe(&source)) {
                    Ok(description) => library.add(description, Place::Folder(pack)),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        for (name, packs) in Library::built_in().map_err(|problem| vec![problem])?.found {
            library.found.entry(name).or_default().extend(packs);
        }
        Ok(library)
    }

    fn add(&mut self, description: Description, place: Place) {
        self.found
            .entry(description.name.clone())
            .or_default()
            .push(Found { description, place });
    }

    /// The pack of that name and version.
    ///
    /// # Errors
    /// There is none, or its files cannot be read.
    pub fn find(&self, name: &str, version: &str) -> Result<Pack, Vec<Diagnostic>> {
        let Some(packs) = self.found.get(name) else {
            let mut problem = Diagnostic::error(format!("there is no pack `{name}`"))
                .help("name a folder that holds it with `--packs DIR`");
            if let Some(nearest) = nearest(name, self.found.keys().map(String::as_str)) {
                problem = problem.label(format!("did you mean `{nearest}`?"));
            }
            return Err(vec![problem]);
        };
        let Some(found) = packs
            .iter()
            .find(|pack| pack.description.version == version)
        else {
            let versions: Vec<String> = packs
                .iter()
                .map(|pack| format!("`{}`", pack.description.version))
                .collect();
            return Err(vec![
                Diagnostic::error(format!(
                    "there is no version {version} of the pack `{name}`"
                ))
                .label(format!("versions at hand: {}", versions.join(", ")))
                .help("name a folder that holds it with `--packs DIR`"),
            ]);
        };
        found.load()
    }
}

impl Found {
    fn load(&self) -> Result<Pack, Vec<Diagnostic>> {
        let one = |problem: Diagnostic| vec![problem];
        let (origin, values, presets) = match &self.place {
            Place::BuiltIn(folder) => {
                let file = |name: &str| {
                    let path = folder.path().join(name);
                    let text = folder.get_file(&path)?.contents_utf8()?;
                    Some(Source::new(format!("built-in {}", path.display()), text))
                };
                (Origin::BuiltIn, file("values.yaml"), file("presets.yaml"))
            }
            Place::Folder(folder) => {
                let presets = folder.join("presets.yaml");
                let presets = if presets.is_file() {
                    Some(read(&presets).map_err(one)?)
                } else {
                    None
                };
                (
                    Origin::Folder(folder.clone()),
                    Some(read(&folder.join("values.yaml")).map_err(one)?),
                    presets,
                )
            }
        };
        let values = values.ok_or_else(|| {
            one(Diagnostic::error(format!(
                "the pack `{}` has no values.yaml",
                self.description.name
            )))
        })?;
        let presets = match presets {
            Some(source) => preset::parse(&source).map_err(one)?,
            None => Vec::new(),
        };
        Ok(Pack {
            description: self.description.clone(),
            values,
            presets,
            origin,
        })
    }
}

/// All folders with a pack.json at or below a folder, in the order of their names; links are not followed.
fn search(folder: &Path, depth: usize, packs: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == "pack.json" {
            packs.push(folder.to_path_buf());
        } else if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    if depth < DEEPEST {
        for folder in folders {
            search(&folder, depth + 1, packs)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Source, Diagnostic> {
    let problem =
        |reason: String| Diagnostic::error(format!("cannot read `{}`: {reason}", path.display()));
    let size = fs::metadata(path)
        .map_err(|error| problem(error.to_string()))?
        .len();
    if size > LARGEST {
        return Err(problem(format!(
            "it has {size} bytes, more than the {LARGEST} that are read"
        )));
    }
    let text = fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn describe(source: &Source) -> Result<Description, Diagnostic> {
    serde_json::from_str(source.text()).map_err(|error| {
        let at = source.byte_of(error.line(), error.column());
        Diagnostic::error("this pack.json cannot be read")
            .at(source, at..at)
            .help(error.to_string())
    })
}
