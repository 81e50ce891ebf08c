//! Where a pack keeps settings of an overlay: data from `profiles/shapes.yaml`, and the names of charts.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Pack, layouts};
use crate::diagnostic::Diagnostic;
use crate::revision::data;
use crate::yaml::{Merge, Move, Node, Path};

/// A setting that some versions of a pack keep elsewhere.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Shape {
    pack: String,
    path: Path,
    sign: Path,
    elsewhere: Path,
    #[serde(default)]
    first: bool,
}

/// Settings of an overlay for a chart that the pack does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced(
    /// The chart's path: `charts.NAME`.
    pub String,
);

/// How an overlay must change for a pack.
#[derive(Debug, Default)]
pub(super) struct Fit {
    pub(super) moves: Vec<Move>,
    /// Moves to maps that the overlay need not have.
    pub(super) relocated: Vec<Move>,
    pub(super) unplaced: Vec<Unplaced>,
}

/// Fits an overlay to a pack's values.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn fit(pack: &Pack, merge: &Merge, overlay: &Node) -> Result<Fit, Diagnostic> {
    let mut fit = Fit::default();
    for shape in shapes()? {
        let is_meant = shape.pack == pack.description.name
            && !merge.has(&shape.path)
            && merge.has(&shape.sign)
            && overlay.find(&shape.path).is_some();
        if is_meant {
            fit.moves.push(Move {
                from: shape.path.clone(),
                to: shape.elsewhere.clone(),
                first: shape.first,
            });
        }
    }
    for layout in layouts()? {
        fit.relocated.extend(layout.moves_in(pack, merge, overlay));
    }
    charts(merge, overlay, &mut fit);
    Ok(fit)
}

/// If there is only one chart, it is used whatever its name.
fn charts(merge: &Merge, root: &Node, fit: &mut Fit) {
    let names = |node: Option<&Node>| -> Vec<String> {
        node.and_then(Node::entries)
            .unwrap_or_default()
            .iter()
            .map(|entry| entry.name().to_owned())
            .collect()
    };
    let (ours, theirs) = (names(root.get("charts")), names(merge.base_value("charts")));
    let free: Vec<&String> = theirs.iter().filter(|name| !ours.contains(name)).collect();
    let astray: Vec<&String> = ours.iter().filter(|name| !theirs.contains(name)).collect();
    match (astray.as_slice(), free.as_slice()) {
        ([from], [to]) => fit.moves.push(Move {
            from: chart(from),
            to: chart(to),
            first: false,
        }),
        (astray, _) => fit
            .unplaced
            .extend(astray.iter().map(|name| Unplaced(chart(name).to_string()))),
    }
}

fn chart(name: &str) -> Path {
    Path::of_keys(["charts", name])
}

/// All of them, read once.
fn shapes() -> Result<&'static [Shape], Diagnostic> {
    #[derive(Deserialize)]
    struct File {
        shapes: Vec<Shape>,
    }
    static SHAPES: LazyLock<Result<Vec<Shape>, Diagnostic>> =
        LazyLock::new(|| data("shapes.yaml").map(|file: File| file.shapes));
    SHAPES.as_deref().map_err(Diagnostic::clone)
}
