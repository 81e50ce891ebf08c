//! Puts a profile together from its folder.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{PROFILE, each_text, is_aside};
use crate::diagnostic::{Code, Diagnostic, Problems, Source, meant as suggested, nearest, unless};
use crate::disk::Entry;
use crate::profile::document::{self, Placed};
use crate::secret;
use crate::yaml::Step;

/// The most files without a use that are named one by one.
const MOST_NAMED: usize = 10;

/// The most paths that a similar one is looked for.
const MOST_LIKENED: usize = 20;

/// Puts a profile together from its `profile.yaml` and the files that it names.
///
/// `entries` is everything below the folder, hidden files left out; `read` gives the text of a file.
///
/// # Errors
/// `profile.yaml` is broken or holds no profile, names what is not a file below the folder, or leaves a file out; each with
/// its place. What `read` says.
pub fn join(
    profile: &Source,
    entries: &BTreeMap<String, Entry>,
    mut read: impl FnMut(&str) -> Result<String, Diagnostic>,
) -> Result<Value, Vec<Diagnostic>> {
    let mut placed = document::read_yaml(profile)?;
    let mut problems = Problems::default();
    for problem in placed.check().err().into_iter().flatten() {
        problems.push(|| problem);
    }
    if placed.value.get("spec").is_none() {
        return Err(problems.into_vec(profile));
    }
    let mut references = Vec::new();
    each_text(&mut placed.value, |at, path| {
        references.push((at.to_vec(), path.clone()));
    });
    let named: BTreeSet<&str> = references.iter().map(|(_, path)| path.as_str()).collect();
    let unnamed: Vec<&str> = entries
        .iter()
        .filter(|(_, entry)| **entry != Entry::Folder)
        .map(|(path, _)| path.as_str())
        .filter(|path| *path != PROFILE && !is_aside(path) && !named.contains(path))
        .collect();
    let shown = LazyCell::new(|| shown(&placed, &references));
    let mut meant = BTreeSet::new();
    let mut likened = 0;
    for (at, path) in &references {
        let Err((message, help)) = file_at(path, entries) else {
            continue;
        };
        problems.push(|| {
            let mut problem = Diagnostic::error(message)
                .code(Code::FolderContent)
                .at(&shown, placed.outline.find(at));
            likened += 1;
            if likened <= MOST_LIKENED
                && let Some(nearest) = similar(path, &unnamed, entries)
            {
                meant.insert(nearest);
                problem = problem.label(suggested(nearest));
            }
            problem.help(help)
        });
    }
    let mut problems = problems.into_vec(profile);
    let folder = profile.name().strip_suffix(PROFILE).unwrap_or_default();
    // A link that the path of a file goes through has been told of.
    let leads_on = |link: &str| {
        let below = format!("{link}/");
        let mut behind = named.range(below.as_str()..);
        behind.next().is_some_and(|path| path.starts_with(&below))
    };
    let useless: Vec<&str> = unnamed
        .into_iter()
        .filter(|path| !meant.contains(path) && !leads_on(path))
        .collect();
    problems.extend(without_use(folder, &useless, entries));
    if !problems.is_empty() {
        return Err(problems);
    }
    each_text(&mut placed.value, |_, text| match read(text) {
        Ok(content) => *text = content,
        Err(problem) => problems.push(problem),
    });
    unless(problems, placed.value)
}

/// Whether this is YAML rather than the path of a file.
fn is_text(path: &str) -> bool {
    path.contains(['\n', '\r']) || path.contains(": ")
}

/// `profile.yaml` as messages may show it, without the texts that stand where paths belong.
fn shown(placed: &Placed, references: &[(Vec<Step>, String)]) -> Source {
    let text = placed.source.text();
    let mut shown = secret::masked_profile(text).into_bytes();
    let texts = references.iter().filter(|(_, path)| is_text(path));
    for span in texts.map(|(at, _)| placed.outline.find(at)) {
        for byte in shown.get_mut(span).into_iter().flatten() {
            if *byte != b'\n' {
                *byte = b'*';
            }
        }
    }
    let shown = String::from_utf8(shown).unwrap_or_default();
    secret::source_shown(placed.source.name(), text, shown)
}

/// What is wrong with a path, and the way out.
type PathProblem = (String, &'static str);

/// The way out if a file is missing.
const WRITE_IT: &str = "write the file, or leave the key out; an empty text is written as \"\"";

/// Whether a text is a path to something below the folder, whatever is there.
pub(super) fn check_path(path: &str) -> Result<(), PathProblem> {
    const HELP: &str =
        "name a file below this folder by its path from here, such as `kubernetes/values.yaml`";
    if is_text(path) {
        return Err((
            "this is a text, but the path of a file is expected".to_owned(),
            "put the text into a file below this folder and write the file's path here",
        ));
    }
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with(['/', '\\']) || drive {
        return Err((format!("`{path}` is an absolute path"), HELP));
    }
    for part in path.split('/') {
        match part {
            ".." => return Err((format!("`{path}` leads out of the folder"), HELP)),
            "" | "." => return Err((format!("`{path}` is not a plain path"), HELP)),
            _ => {}
        }
    }
    if is_aside(path) {
        return Err((
            format!("`{path}` cannot be part of a profile: hidden files and README.md are not"),
            HELP,
        ));
    }
    if path == PROFILE {
        return Err((format!("`{path}` is this file itself"), HELP));
    }
    Ok(())
}

/// Whether there is a file at this path, behind no link.
fn file_at(path: &str, entries: &BTreeMap<String, Entry>) -> Result<(), PathProblem> {
    check_path(path)?;
    for (end, _) in path.match_indices('/') {
        let folder = &path[..end];
        match entries.get(folder) {
            Some(Entry::Link) => {
                return Err((
                    format!("`{path}` goes through the link `{folder}`, which is not followed"),
                    "put the folder itself here",
                ));
            }
            Some(Entry::File | Entry::Other) => {
                return Err((
                    format!("there is no file `{path}`: `{folder}` is not a folder"),
                    WRITE_IT,
                ));
            }
            Some(Entry::Folder) | None => {}
        }
    }
    match entries.get(path) {
        Some(Entry::File) => Ok(()),
        Some(Entry::Folder) => Err((format!("`{path}` is a folder"), "name a file in it")),
        Some(Entry::Link) => Err((
            format!("`{path}` is a link, which is not followed"),
            "put the file itself here",
        )),
        Some(Entry::Other) => Err((format!("`{path}` is not a file"), "put a file here")),
        None => Err((format!("there is no file `{path}`"), WRITE_IT)),
    }
}

/// The file that a path was probably meant to name: best one that nothing else names.
fn similar<'e>(
    path: &str,
    unnamed: &[&'e str],
    entries: &'e BTreeMap<String, Entry>,
) -> Option<&'e str> {
    let files = entries
        .iter()
        .filter(|(other, entry)| **entry == Entry::File && *other != PROFILE && !is_aside(other))
        .map(|(path, _)| path.as_str());
    nearest(path, unnamed.iter().copied()).or_else(|| nearest(path, files))
}

/// Files that no layer has.
fn without_use(folder: &str, paths: &[&str], entries: &BTreeMap<String, Entry>) -> Vec<Diagnostic> {
    let mut problems: Vec<Diagnostic> = paths
        .iter()
        .take(MOST_NAMED)
        .map(|path| {
            let shown = format!("{folder}{path}");
            match entries.get(*path) {
                Some(Entry::Link) => Diagnostic::error(format!("`{shown}` is a link, which is not followed")).code(Code::NotFollowed)
                    .help("put the file itself there, or remove it"),
                _ => Diagnostic::error(format!("nothing in `profile.yaml` names `{shown}`")).code(Code::FolderContent).help(
                    "name it as the `values` of a layer or the `content` of a manifest, or remove it",
                ),
            }
        })
        .collect();
    if paths.len() > MOST_NAMED {
        problems.push(
            Diagnostic::error(format!(
                "nothing in `profile.yaml` names {} more files",
                paths.len() - MOST_NAMED
            ))
            .code(Code::FolderContent),
        );
    }
    problems
}
