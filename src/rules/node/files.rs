//! Files and commands that layers put on the nodes: `kubeadmconfig` of the operating system and of Kubernetes.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::cluster::places::Places;
use crate::cluster::shell::{Construct, traps};
use crate::cluster::{CheckedLayer, CheckedProfile, Cluster, Document};
use crate::rules::{ClusterRule, Finding, rule};
use crate::user_data::jinja;
use crate::yaml::{Kind, Node};

pub(super) const RULES: &[ClusterRule] = &[jinja_in_texts, shells, places, twice, permissions];

/// A file of a layer.
pub(crate) struct NodeFile<'c> {
    pub(crate) profile: &'c CheckedProfile,
    pub(crate) document: &'c Document,
    /// The whole entry.
    pub(crate) node: &'c Node,
    /// Its path in the values.
    pub(crate) place: String,
    /// Where it lands on the nodes, or empty if that is not said.
    pub(crate) path: &'c str,
    /// What is in it.
    pub(crate) content: Option<&'c Node>,
    /// Where its text stands.
    places: Option<Places<'c>>,
}

impl<'c> NodeFile<'c> {
    /// Its text, or empty if it comes from a file of the pack.
    pub(crate) fn text(&self) -> &'c str {
        self.content.and_then(Node::text).unwrap_or_default()
    }

    /// A finding about bytes of its text.
    pub(crate) fn mark(&self, mut finding: Finding, span: Range<usize>) -> Finding {
        finding.path = format!("{}.content", self.place);
        let span = match &self.places {
            Some(places) => places.find(span),
            None => self.node.span(),
        };
        self.document.mark_bytes(finding, span)
    }

    /// A finding about one of its fields, or about the whole entry where it has no such field.
    fn mark_field(&self, mut finding: Finding, field: &str) -> Finding {
        let node = self.node.get(field).unwrap_or(self.node);
        finding.path = format!("{}.{field}", self.place);
        self.document.mark_bytes(finding, node.span())
    }
}

/// Every file of all layers.
pub(crate) fn files(cluster: &Cluster) -> impl Iterator<Item = NodeFile<'_>> {
    cluster.layers().flat_map(|(profile, layer, _)| {
        entries(layer, "files").map(move |(place, node)| NodeFile {
            profile,
            document: &layer.values,
            node,
            place,
            path: node
                .get("targetPath")
                .and_then(Node::text)
                .unwrap_or_default(),
            content: node.get("content"),
            places: node
                .get("content")
                .map(|content| Places::new(&layer.values, content)),
        })
    })
}

/// Every command of all layers, with its place.
pub(super) fn commands(cluster: &Cluster) -> impl Iterator<Item = (&Document, String, &Node)> {
    cluster.layers().flat_map(|(_, layer, _)| {
        ["preKubeadmCommands", "postKubeadmCommands"]
            .into_iter()
            .flat_map(|key| entries(layer, key))
            .map(|(place, node)| (&layer.values, place, node))
    })
}

fn entries<'c>(
    layer: &'c CheckedLayer,
    key: &'static str,
) -> impl Iterator<Item = (String, &'c Node)> {
    layer
        .values
        .value
        .get("kubeadmconfig")
        .and_then(|_| layer.values.root())
        .and_then(|root| root.get("kubeadmconfig")?.get(key)?.items())
        .unwrap_or_default()
        .iter()
        .zip(0..)
        .map(move |(node, number)| (format!("kubeadmconfig.{key}[{number}]"), node))
}

/// cloud-init takes the whole of user-data for a template; one that does not parse leaves the node unconfigured.
fn jinja_in_texts(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let finding = || {
        rule::JINJA.error(
            "",
            "cloud-init reads this as a template, and the node is not set up",
        )
    };
    for file in files(cluster) {
        if let Some(at) = jinja(file.text()) {
            findings.push(file.mark(finding(), at..at + 2));
        }
    }
    for (document, place, node) in commands(cluster) {
        if let Some(at) = node.text().and_then(jinja) {
            let mut finding = finding();
            finding.path = place;
            let span = Places::new(document, node).find(at..at + 2);
            findings.push(document.mark_bytes(finding, span));
        }
    }
}

/// Commands run in dash, all in one script; so do files that say so in their first line.
fn shells(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for (document, place, node) in commands(cluster) {
        let places = Places::new(document, node);
        for trap in traps(node.text().unwrap_or_default()) {
            let mut finding = construct(trap.what);
            finding.path.clone_from(&place);
            findings.push(document.mark_bytes(finding, places.find(trap.at..trap.at + 1)));
        }
    }
    for file in files(cluster) {
        let text = file.text();
        let first = text.lines().next().unwrap_or_default();
        let is_dash = first.starts_with("#!")
            && ["/sh", "/dash", " sh", " dash"].iter().any(|shell| {
                first
                    .split(" -")
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .ends_with(shell)
            });
        if !is_dash {
            continue;
        }
        for trap in traps(text) {
            // A script of its own may end.
            if matches!(trap.what, Construct::Bash(..)) {
                findings.push(file.mark(construct(trap.what), trap.at..trap.at + 1));
            }
        }
    }
}

fn construct(what: Construct) -> Finding {
    match what {
        Construct::Bash(what @ "echo -e", instead) => rule::BASH_ONLY
            .warning("", format!("/bin/sh prints the flag of `{what}`"))
            .help(instead),
        Construct::Bash(what, instead) => rule::BASH_ONLY
            .error("", format!("/bin/sh does not know `{what}`"))
            .help(instead),
        Construct::Ends(what) => rule::COMMAND_ENDS.error(
            "",
            format!("`{what}` skips everything after it, including kubeadm"),
        ),
    }
}

fn places(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        let path = file.path;
        let (message, help) = if path.is_empty() {
            (
                "a file has no `targetPath`".to_owned(),
                "write its path on the nodes",
            )
        } else if !path.starts_with('/')
            || path.ends_with('/')
            || path.split('/').any(|part| part == "..")
        {
            (
                format!("`{path}` is not a valid path of a file"),
                "begin it with a slash, and end it with the file's name",
            )
        } else if file
            .content
            .is_none_or(|content| content.text().is_some_and(str::is_empty))
            && file.node.get("path").is_none()
        {
            (
                format!("the file `{path}` has no content"),
                "write it below `content: |`",
            )
        } else if path.starts_with("/usr/local/share/ca-certificates/") && !path.ends_with(".crt") {
            (
                format!("update-ca-certificates does not read `{path}`"),
                "give it a name that ends in `.crt`",
            )
        } else {
            continue;
        };
        findings.push(file.mark_field(rule::NODE_FILE.error("", message).help(help), "targetPath"));
    }
}

/// Of two files with one path, the second replaces the first.
fn twice(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<(&str, &str), &Document> = BTreeMap::new();
    for file in files(cluster) {
        if file.path.is_empty() {
            continue;
        }
        let key = (file.profile.file.as_str(), file.path);
        if let Some(first) = seen.insert(key, file.document) {
            findings.push(file.mark_field(
                rule::NODE_FILE_TWICE.warning(
                    "",
                    format!(
                        "`{}` is written twice, first in {}",
                        file.path,
                        first.name_of_text()
                    ),
                ),
                "targetPath",
            ));
        }
    }
}

fn permissions(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        if let Some(node) = file.node.get("targetPermissions")
            && let Kind::Scalar(scalar) = &node.kind
        {
            let read = scalar.value();
            let text = read.as_str().unwrap_or_default();
            let is_octal =
                (3..=4).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'7'));
            let message = if read.is_number() {
                Some(format!("the permissions are read as the number {read}"))
            } else if is_octal || text.contains("{{") {
                None
            } else {
                Some(format!("`{text}` are not valid permissions"))
            };
            findings.extend(message.map(|message| {
                file.mark_field(
                    rule::NODE_FILE_MODE
                        .error("", message)
                        .help("write an octal number in quotes, such as \"0644\""),
                    "targetPermissions",
                )
            }));
        }
        if let Some(owner) = file.node.get("targetOwner") {
            let text = owner.text().unwrap_or_default();
            let is_pair = text
                .split_once(':')
                .is_some_and(|(user, group)| !user.is_empty() && !group.is_empty());
            if !is_pair && !text.contains("{{") {
                findings.push(
                    file.mark_field(
                        rule::NODE_FILE_MODE
                            .warning("", format!("`{text}` is not a user with a group"))
                            .help("write `root:root`"),
                        "targetOwner",
                    ),
                );
            }
        }
    }
}
