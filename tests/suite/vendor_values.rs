//! The values of real packs, with the RA's presets and changes: only what these explain differs from the vendor's text.

use std::collections::BTreeSet;

use crate::common::{Shared, built_in};
use similar::{ChangeTag, TextDiff};
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::{Library, Pack};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::Role;
use vmo_ra::site::Site;
use vmo_ra::yaml::{Limits, Node, parse};

/// A pack with the values that RA 1.7.0 makes of it.
struct Made {
    pack: Pack,
    text: String,
}

fn made(shared: &Shared, name: &str, version: &str) -> Made {
    let library = Library::with_folders(&vmo_ra::disk::local(), &[shared.path("packs")])
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let pack = library
        .find(name, version)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let revision = built_in::revision("1.7.0");
    let rendered = render(&Request {
        site: &Site::example(),
        revision,
        library: &library,
        profiles: &[Role::Infra],
        published: false,
    })
    .unwrap_or_else(|problems| panic!("{problems:?}"));
    let layers = &rendered.profiles[0].profile.spec.template.packs;
    let layer = layers
        .iter()
        .find(|layer| layer.name == name)
        .expect("the layer");
    Made {
        pack,
        text: layer.values.clone(),
    }
}

/// The path of every line that holds part of a value; comments and blank lines have none.
fn paths(text: &str) -> Vec<Option<String>> {
    let source = Source::new("values.yaml", text);
    let root = parse(&source, Limits::VALUES)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .expect("values");
    let mut paths = vec![None; text.lines().count()];
    let line_of = |byte: usize| text[..byte].matches('\n').count();
    fill(&root, "", &line_of, &mut paths);
    for (line, path) in text.lines().zip(&mut paths) {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            *path = None;
        }
    }
    paths
}

fn fill(node: &Node, path: &str, line_of: &dyn Fn(usize) -> usize, paths: &mut [Option<String>]) {
    // A list is one value: its items have no names.
    for entry in node.entries().unwrap_or_default() {
        let path = format!("{path}.{}", entry.name());
        let last = line_of(entry.value.span().end.max(entry.key.span().end).max(1) - 1);
        paths[line_of(entry.key.span().start)..=last].fill(Some(path.clone()));
        fill(&entry.value, &path, line_of, paths);
    }
}

/// Whether a path is one of these, lies below one, or is the map around one, whose own line may go from `a: {}` to `a:`.
fn is_touched(path: &str, touched: &BTreeSet<String>) -> bool {
    let is_within = |one: &str, other: &str| {
        one.strip_prefix(other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    touched
        .iter()
        .any(|known| is_within(path, known) || is_within(known, path))
}

fn leaves(node: &Node, path: &str, found: &mut BTreeSet<String>) {
    match node.entries() {
        Some(entries) if !entries.is_empty() => {
            for entry in entries {
                leaves(&entry.value, &format!("{path}.{}", entry.name()), found);
            }
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// Every path that the selected presets and the RA's own changes speak of, and the comments they bring.
fn touched(made: &Made) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut paths = BTreeSet::new();
    let mut comments = BTreeSet::new();
    let selected = made.text.lines().next().expect("the line of presets");
    let (own, template) = overlay(&made.pack.description.name);
    paths.extend(own.iter().map(|path| (*path).to_owned()));
    let mut additions = Vec::new();
    for preset in &made.pack.presets {
        if selected.contains(&format!("{}:{}", preset.group, preset.name)) {
            additions.push(preset.add.clone());
            for path in &preset.remove {
                paths.insert(format!(".{}", path.to_string().replace('\\', "")));
            }
        }
    }
    for addition in additions {
        if let Some(root) = parse(&addition, Limits::VALUES).expect("an addition") {
            leaves(&root, "", &mut paths);
        }
        comments.extend(addition.text().lines().map(|line| line.trim().to_owned()));
    }
    comments.extend(template.lines().map(|line| line.trim().to_owned()));
    (paths, comments)
}

/// What the RA's own changes set, and the comments of their template.
fn overlay(pack: &str) -> (&'static [&'static str], String) {
    let (paths, folder): (&[&str], &str) = match pack {
        "cni-cilium-oss" => (
            &[
                ".charts.cilium.podAnnotations",
                ".charts.cilium.forceDeviceDetection",
                ".charts.cilium.envoy.enabled",
            ],
            "cilium",
        ),
        _ => (
            &[
                ".charts.portworx-generic.license.enterprise.activationId",
                ".charts.portworx-generic.storageCluster.annotations",
                ".charts.portworx-generic.storageCluster.spec.env",
                ".charts.portworx-generic.storageCluster.spec.network",
                ".charts.portworx-generic.storageCluster.spec.cloudStorage",
                ".charts.portworx-generic.storageClasses",
            ],
            "portworx",
        ),
    };
    let template = std::fs::read_to_string(format!(
        "{}/templates/infra/{folder}/values.yaml",
        env!("CARGO_MANIFEST_DIR")
    ));
    (paths, template.expect("the template"))
}

/// Checks each line of the difference, and returns how many lines went and came.
fn explained(made: &Made) -> (usize, usize) {
    let vendor = made.pack.values.text();
    let (touched, comments) = touched(made);
    let (old_paths, new_paths) = (paths(vendor), paths(&made.text));
    let diff = TextDiff::from_lines(vendor, &made.text);
    let (mut gone, mut come) = (0, 0);
    let mut unexplained = Vec::new();
    let changes: Vec<_> = diff.iter_all_changes().collect();
    for (at, change) in changes.iter().enumerate() {
        let line = change.value().trim();
        let (paths, index) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => {
                gone += 1;
                (&old_paths, change.old_index())
            }
            ChangeTag::Insert => {
                come += 1;
                (&new_paths, change.new_index())
            }
        };
        let index = index.expect("a line");
        let fine = if line.starts_with("# spectrocloud.com/enabled-presets:") {
            true
        } else if line.is_empty() || line.starts_with('#') {
            // Part of a block that goes with a key, or brought along.
            comments.contains(line)
                || (change.tag() == ChangeTag::Delete
                    && goes_with_a_key(&changes, at, &old_paths, &touched))
        } else {
            paths[index]
                .as_deref()
                .is_some_and(|path| is_touched(path, &touched))
        };
        if !fine {
            unexplained.push(format!("{} {line} ({:?})", change.tag(), paths[index]));
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    (gone, come)
}

/// Whether a comment that went stands in one block of lines that went with a key that presets remove.
fn goes_with_a_key(
    changes: &[similar::Change<&str>],
    at: usize,
    paths: &[Option<String>],
    touched: &BTreeSet<String>,
) -> bool {
    let is_gone = |change: &&similar::Change<&str>| change.tag() == ChangeTag::Delete;
    let is_key = |change: &similar::Change<&str>| {
        change
            .old_index()
            .and_then(|index| paths[index].as_deref())
            .is_some_and(|path| is_touched(path, touched))
    };
    let below = changes[at..].iter().take_while(is_gone);
    let above = changes[..at].iter().rev().take_while(is_gone);
    below.chain(above).any(is_key)
}

/// The comments of a text, each with how often it stands there.
fn comments(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| line.trim_start().starts_with('#'))
        .collect()
}

#[test]
fn cilium_keeps_every_line_that_nothing_touches() {
    let Some(shared) = Shared::find() else { return };
    let made = made(&shared, "cni-cilium-oss", "1.17.4");
    assert_eq!(made.pack.values.text().lines().count(), 3840);
    assert_eq!(explained(&made), (6, 12));
    // The line of presets alone.
    let (before, after) = (comments(made.pack.values.text()), comments(&made.text));
    let kept = after
        .iter()
        .filter(|comment| before.contains(comment))
        .count();
    assert_eq!((before.len(), kept), (2383, 2383 - 1));
}

#[test]
fn portworx_keeps_every_line_that_nothing_touches() {
    let Some(shared) = Shared::find() else { return };
    let made = made(&shared, "csi-portworx-generic", "3.3.1");
    assert_eq!(made.pack.values.text().lines().count(), 162);
    assert_eq!(explained(&made), (23, 75));
    let (before, after) = (comments(made.pack.values.text()), comments(&made.text));
    let kept = after
        .iter()
        .filter(|comment| before.contains(comment))
        .count();
    // The line of presets, one about the licence that is not chosen, and 13 about the other key-value store.
    assert_eq!((before.len(), kept), (91, 91 - 1 - 1 - 13));
}
