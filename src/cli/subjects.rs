//! Reads what `check` looks at: sites, profiles, folders and manifests, told apart by what is in them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use serde_json::Value;
use vmo_ra::check::Input;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::limits;
use vmo_ra::profile::{Profile, folder::PROFILE, from_value, read};
use vmo_ra::yaml::{self, Limits};

use super::{Failure, folder, inputs};

/// How deep a folder of manifests may be.
const DEEPEST: usize = 32;

/// Adds what a path names.
pub(super) fn add(input: &mut Input, name: &str) -> Result<(), Failure> {
    let path = Path::new(name);
    if path.file_name().is_some_and(|file| file == PROFILE) {
        // The first file of a split profile stands for its folder.
        return match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => add_split(input, folder),
            _ => add_split(input, Path::new(".")),
        };
    }
    if !path.is_dir() {
        return add_text(input, inputs::text(name)?, path);
    }
    if folder::is_split(path) {
        return add_split(input, path);
    }
    let profiles = files(path, &["json"], 0)?;
    if !profiles.is_empty() {
        for file in within_limits(name, &profiles)? {
            add_rendered(input, path, file)?;
        }
        return Ok(());
    }
    let manifests = files(path, &["yaml", "yml"], DEEPEST)?;
    if manifests.is_empty() {
        return Err(Diagnostic::error(format!("`{name}` holds nothing that can be checked"))
            .help("name a site, a profile, a folder that `vmo-ra render` or `vmo-ra split` wrote, or one with manifests")
            .into());
    }
    for file in within_limits(name, &manifests)? {
        add_text(input, inputs::file_of_folder(file)?, file)?;
    }
    Ok(())
}

/// The files of a folder, where they are neither too many nor too large together.
fn within_limits<'f>(folder: &str, files: &'f [PathBuf]) -> Result<&'f [PathBuf], Failure> {
    let beyond = |found: String, limit: String| {
        Diagnostic::error(format!(
            "`{folder}` holds {found}, more than the {limit} that are read"
        ))
        .help("name the files or folders in it one by one, each in a run of its own")
    };
    if files.len() > limits::FILES {
        let found = format!("{} files", files.len());
        return Err(beyond(found, limits::FILES.to_string()).into());
    }
    let sizes = files.iter().filter_map(|file| fs::metadata(file).ok());
    let mib = sizes.map(|metadata| metadata.len()).sum::<u64>() >> 20;
    let limit = inputs::LARGEST_PROFILE >> 20;
    if mib > limit {
        return Err(beyond(format!("{mib} MiB"), format!("{limit} MiB")).into());
    }
    Ok(files)
}

fn add_text(input: &mut Input, source: Source, path: &Path) -> Result<(), Failure> {
    match kind_of(source.text()) {
        Kind::Site => input.sites.push(inputs::read_site(&source, path)?),
        Kind::Manifests => input.cluster.add_manifests(source),
        Kind::Profile => {
            let profile = read(&source)?;
            let file = source.name().to_owned();
            add_profile(input, &file, profile);
        }
    }
    Ok(())
}

/// The names in a profile, apart from its texts, which are many times as long.
struct Names(Vec<(String, Vec<String>)>);

impl Names {
    fn of(profile: &Profile) -> Self {
        let layers = profile.spec.template.packs.iter();
        Names(
            layers
                .map(|layer| {
                    let manifests = layer.manifests.iter().map(|one| one.name.clone());
                    (layer.name.clone(), manifests.collect())
                })
                .collect(),
        )
    }

    /// What a text is called that has no file of its own.
    fn within(&self, file: &str, layer: usize, manifest: Option<usize>) -> String {
        let (name, manifests) = &self.0[layer];
        match manifest {
            None => format!("{file}: values of {name}"),
            Some(number) => format!("{file}: manifest {} of {name}", manifests[number]),
        }
    }

    /// Where `render` writes a layer's values, below the folder of its profile.
    fn values_file(&self, layer: usize) -> String {
        format!("{:02}-{}.yaml", layer + 1, self.0[layer].0)
    }
}

/// A profile whose texts have no files of their own.
fn add_profile(input: &mut Input, file: &str, profile: Profile) {
    let names = Names::of(&profile);
    input.cluster.add_profile(file, profile, |layer, manifest| {
        names.within(file, layer, manifest)
    });
}

/// A profile of a folder that `render` wrote, whose texts also lie in files of their own.
fn add_rendered(input: &mut Input, folder: &Path, file: &Path) -> Result<(), Failure> {
    let source = inputs::file_of_folder(file)?;
    let profile = read(&source)?;
    let names = Names::of(&profile);
    let values = fs::read_dir(folder.join("values"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|values| {
            let written = files(values, &["yaml"], 0).unwrap_or_default();
            let layers = names.0.len();
            written.len() == layers
                && (0..layers).all(|layer| values.join(names.values_file(layer)).is_file())
        });
    let file = source.name();
    input.cluster.add_profile(file, profile, |layer, manifest| {
        let path = match manifest {
            None => values
                .as_ref()
                .map(|values| values.join(names.values_file(layer))),
            Some(number) => {
                let (name, manifests) = &names.0[layer];
                let path = format!("manifests/{name}/{}.yaml", manifests[number]);
                Some(folder.join(path)).filter(|path| path.is_file())
            }
        };
        path.map_or_else(
            || names.within(file, layer, manifest),
            |path| path.display().to_string(),
        )
    });
    Ok(())
}

/// A profile that `split` laid out, whose texts are files.
fn add_split(input: &mut Input, path: &Path) -> Result<(), Failure> {
    let read = folder::read(path)?;
    let names = yaml::to_json(&read.source, Limits::VALUES)?;
    let file = read.source.name().to_owned();
    let profile = from_value(&read.source, read.profile)?;
    let named = |pointer: String, otherwise: String| match names
        .pointer(&pointer)
        .and_then(Value::as_str)
    {
        Some(name) if !name.is_empty() => path.join(name).display().to_string(),
        _ => otherwise,
    };
    input
        .cluster
        .add_profile(file.as_str(), profile, |layer, manifest| {
            let layer = format!("/spec/template/packs/{layer}");
            match manifest {
                None => named(format!("{layer}/values"), format!("{file}: values")),
                Some(number) => named(
                    format!("{layer}/manifests/{number}/content"),
                    format!("{file}: manifest"),
                ),
            }
        });
    Ok(())
}

/// What a text is.
enum Kind {
    Site,
    Profile,
    Manifests,
}

fn kind_of(text: &str) -> Kind {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        // A profile has no `kind` at its top, a manifest has; the rest is passed over, not kept.
        let is_manifest = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text)
            .is_ok_and(|top| top.contains_key("kind") && top.contains_key("apiVersion"));
        return if is_manifest {
            Kind::Manifests
        } else {
            Kind::Profile
        };
    }
    let has = |key: &str| {
        text.lines().any(|line| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(':'))
        })
    };
    if has("kind") && has("apiVersion") {
        Kind::Manifests
    } else if has("spec") || has("packs") {
        Kind::Profile
    } else {
        Kind::Site
    }
}

/// The files of a folder with one of these endings, in the order of their names; `depth` says how far down.
fn files(folder: &Path, endings: &[&str], depth: usize) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: io::Error| {
        Failure::System(Diagnostic::error(format!(
            "cannot read `{}`: {error}",
            folder.display()
        )))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden {
            continue;
        }
        if entry.file_type().map_err(failed)?.is_dir() {
            if depth > 0 {
                found.extend(files(&path, endings, depth - 1)?);
            }
        } else if path
            .extension()
            .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
