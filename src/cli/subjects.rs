//! Reads what `check` looks at: sites, profiles, folders and manifests, told apart by what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vmo_ra::check::Input;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::profile::{Profile, folder::PROFILE, from_value, read};
use vmo_ra::yaml::{self, Limits};

use super::{Failure, folder, inputs};

/// How deep a folder of manifests may be.
const DEEPEST: usize = 32;

/// Adds what a path names.
pub(super) fn add(input: &mut Input, name: &str) -> Result<(), Failure> {
    let path = Path::new(name);
    if !path.is_dir() {
        return add_text(input, inputs::text(name)?, path);
    }
    if folder::is_split(path) {
        return add_split(input, path);
    }
    let profiles = files(path, &["json"], 0)?;
    if !profiles.is_empty() {
        for file in profiles {
            add_rendered(input, path, &file)?;
        }
        return Ok(());
    }
    let manifests = files(path, &["yaml", "yml"], DEEPEST)?;
    if manifests.is_empty() {
        return Err(Diagnostic::error(format!("`{name}` holds nothing that can be checked"))
            .help("name a site, a profile, a folder that `vmo-ra render` or `vmo-ra split` wrote, or one with manifests")
            .into());
    }
    for file in manifests {
        add_text(input, inputs::text(&file.display().to_string())?, &file)?;
    }
    Ok(())
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

/// A profile whose texts have no files of their own.
fn add_profile(input: &mut Input, file: &str, profile: Profile) {
    let packs = profile.spec.template.packs.clone();
    input.cluster.add_profile(file, profile, |layer, manifest| {
        let layer = &packs[layer];
        match manifest {
            None => format!("{file}: values of {}", layer.name),
            Some(number) => {
                let manifest = &layer.manifests[number].name;
                format!("{file}: manifest {manifest} of {}", layer.name)
            }
        }
    });
}

/// A profile of a folder that `render` wrote, whose values also lie in files of their own.
fn add_rendered(input: &mut Input, folder: &Path, file: &Path) -> Result<(), Failure> {
    let source = inputs::text(&file.display().to_string())?;
    let profile = read(&source)?;
    let role = fs::read_dir(folder.join("values"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .find(|values| {
            let names = files(values, &["yaml"], 0).unwrap_or_default();
            let packs = &profile.spec.template.packs;
            names.len() == packs.len()
                && packs.iter().zip(1..).all(|(layer, number)| {
                    values
                        .join(format!("{number:02}-{}.yaml", layer.name))
                        .is_file()
                })
        });
    let file = source.name().to_owned();
    let packs = profile.spec.template.packs.clone();
    input
        .cluster
        .add_profile(file.as_str(), profile, |number, manifest| {
            let layer = &packs[number];
            match (manifest, &role) {
                (None, Some(values)) => values
                    .join(format!("{:02}-{}.yaml", number + 1, layer.name))
                    .display()
                    .to_string(),
                (None, None) => format!("{file}: values of {}", layer.name),
                (Some(index), _) => {
                    let manifest = &layer.manifests[index].name;
                    let path = folder.join(format!("manifests/{}/{manifest}.yaml", layer.name));
                    if path.is_file() {
                        path.display().to_string()
                    } else {
                        format!("{file}: manifest {manifest} of {}", layer.name)
                    }
                }
            }
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
        // A profile has no `kind` at its top, a manifest has.
        let is_manifest = serde_json::from_str::<Value>(text)
            .is_ok_and(|value| value.get("kind").is_some() && value.get("apiVersion").is_some());
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

/// Whether a file is a split profile's `profile.yaml`, whose folder is meant.
pub(super) fn is_profile_of_a_folder(name: &str) -> bool {
    Path::new(name)
        .file_name()
        .is_some_and(|file| file == PROFILE)
}
