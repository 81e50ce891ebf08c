//! Plain YAML that Kubernetes reads in another way than people expect: it reads YAML 1.1.

use std::ops::Range;

use serde_json::{Number, Value};

use crate::cluster::walk::{Trail, walk};
use crate::cluster::{Document, Role};
use crate::rules::{DocumentRule, Finding, rule};
use crate::yaml::scalar::Scalar;
use crate::yaml::{Entry, Kind, Node};

pub(super) const DOCUMENT_RULES: &[DocumentRule] = &[trees, names];

/// Everything about single values, in one walk over each tree.
fn trees(document: &Document, findings: &mut Vec<Finding>) {
    let Some(root) = document.root() else {
        return;
    };
    let role = document.role();
    let mut add = |finding: Finding, span: Range<usize>| {
        findings.push(document.mark_bytes(finding, span));
    };
    walk(root, &mut |trail, node| match &node.kind {
        Kind::Mapping { entries, .. } => {
            for entry in entries {
                if let Some(finding) = changed_key(trail, entry) {
                    add(finding, entry.key.span());
                }
            }
            if let Some((finding, span)) = variable_of_environment(role, trail, node) {
                add(finding, span);
            }
        }
        Kind::Scalar(scalar) if scalar.plain => {
            let finding = text_expected(role, document, trail, scalar)
                .or_else(|| mode(trail, scalar))
                .or_else(|| changed_number(trail, scalar))
                .or_else(|| colons(trail, scalar));
            if let Some(finding) = finding {
                add(finding, node.span());
            }
        }
        _ => {}
    });
}

/// A key that is read as a boolean, as nothing or as another number, and becomes the text of that.
fn changed_key(trail: &Trail<'_>, entry: &Entry) -> Option<Finding> {
    let Kind::Scalar(scalar) = &entry.key.kind else {
        return None;
    };
    if !scalar.plain || entry.is_merge() {
        return None;
    }
    let read = match scalar.value() {
        Value::String(_) => return None,
        Value::Number(number) => as_go(&number),
        other => other.to_string(),
    };
    let written = scalar.text.as_str();
    (read != written).then(|| {
        rule::KEY_CHANGED
            .error(
                trail.path(),
                format!("the key `{written}` is read as `{read}`"),
            )
            .help(format!("write \"{written}\""))
    })
}

/// What a plain scalar is, where it is not a text.
fn no_text(scalar: &Scalar) -> Option<&'static str> {
    match scalar.value() {
        Value::Bool(_) => Some("a boolean"),
        Value::Number(_) => Some("a number"),
        Value::Null => Some("nothing"),
        _ => None,
    }
}

fn text_expected(
    role: Role,
    document: &Document,
    trail: &Trail<'_>,
    scalar: &Scalar,
) -> Option<Finding> {
    let place = match (trail.map_key(), trail.is_item()) {
        (Some(map), _) => map_of_texts(role, document, trail, map)?,
        (None, true) if role == Role::Manifest => match trail.key() {
            "args" | "command" => "the words of a command",
            _ => return None,
        },
        _ => return None,
    };
    let what = no_text(scalar)?;
    let nothing = what == "nothing";
    // Charts often write what is empty as an empty text.
    if nothing && role == Role::Values {
        return None;
    }
    let message = format!("{place} are strings, but this is {what}");
    let finding = match role {
        Role::Manifest if !nothing => rule::TEXT_EXPECTED.error(trail.path(), message),
        _ => rule::TEXT_EXPECTED.warning(trail.path(), message),
    };
    Some(finding.help("put quotes around it"))
}

/// What the values of a map are called, where Kubernetes wants texts.
fn map_of_texts(
    role: Role,
    document: &Document,
    trail: &Trail<'_>,
    map: &str,
) -> Option<&'static str> {
    let mut above = trail.keys_upwards().skip(2);
    let parent = above.next().unwrap_or_default();
    // In a schema, these are fields that are being described.
    if parent == "properties" {
        return None;
    }
    let ends = |word: &str| {
        map.len() >= word.len()
            && map.is_char_boundary(map.len() - word.len())
            && map[map.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    match role {
        Role::Manifest => {
            let kind = document.kind();
            match map {
                "annotations" if parent == "metadata" => Some("annotations"),
                "labels" if parent == "metadata" => Some("labels"),
                "matchLabels" | "nodeSelector" => Some("labels"),
                "data" if parent.is_empty() && matches!(kind, "ConfigMap" | "Secret") => {
                    Some("the data of a ConfigMap or a Secret")
                }
                "stringData" if parent.is_empty() && kind == "Secret" => {
                    Some("the data of a ConfigMap or a Secret")
                }
                "parameters"
                    if parent.is_empty()
                        && matches!(kind, "StorageClass" | "VolumeSnapshotClass") =>
                {
                    Some("the parameters of a class")
                }
                _ => None,
            }
        }
        Role::Values => match map {
            _ if ends("annotations") => Some("annotations"),
            _ if ends("labels") => Some("labels"),
            "nodeSelector" => Some("labels"),
            "parameters" | "params"
                if parent.starts_with("storageClass") || parent == "volumeSnapshotClass" =>
            {
                Some("the parameters of a class")
            }
            "env" => Some("environment variables"),
            "extraArgs" | "kubeletExtraArgs"
                if trail.keys_upwards().any(|key| key == "kubeadmconfig") =>
            {
                Some("arguments")
            }
            _ => None,
        },
    }
}

/// `- {name: A, value: 1}` below `env`.
fn variable_of_environment(
    role: Role,
    trail: &Trail<'_>,
    node: &Node,
) -> Option<(Finding, Range<usize>)> {
    if !trail.is_item() || trail.key() != "env" {
        return None;
    }
    node.get("name")?;
    let value = node.get("value")?;
    let Kind::Scalar(scalar) = &value.kind else {
        return None;
    };
    let what = no_text(scalar).filter(|what| *what != "nothing")?;
    let path = format!("{}.value", trail.path());
    let message = format!("environment variables are strings, but this is {what}");
    let finding = match role {
        Role::Manifest => rule::TEXT_EXPECTED.error(path, message),
        Role::Values => rule::TEXT_EXPECTED.warning(path, message),
    };
    Some((finding.help("put quotes around it"), value.span()))
}

/// Modes that people mean as octal numbers when they write them without a zero in front.
const DECIMAL: [&str; 18] = [
    "400", "440", "444", "500", "550", "555", "600", "640", "644", "660", "664", "666", "700",
    "750", "755", "770", "775", "777",
];

fn mode(trail: &Trail<'_>, scalar: &Scalar) -> Option<Finding> {
    if trail.is_item() || !matches!(trail.key(), "defaultMode" | "mode") {
        return None;
    }
    let written = scalar.text.as_str();
    let number = written
        .parse::<u32>()
        .ok()
        .filter(|_| DECIMAL.contains(&written))?;
    Some(
        rule::DECIMAL_MODE
            .error(
                trail.path(),
                format!("the mode {written} is a decimal number, octal {number:o}"),
            )
            .help(format!("write 0{written}")),
    )
}

/// Numbers that are read as others than a person reads: octal ones, and versions that lose their last digit.
fn changed_number(trail: &Trail<'_>, scalar: &Scalar) -> Option<Finding> {
    let written = scalar.text.as_str();
    if !written.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+')) {
        return None;
    }
    let key = trail.key();
    let digits = written.trim_start_matches(['-', '+']);
    let is_octal = digits.len() > 1
        && digits.starts_with('0')
        && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let names = |word: &str| {
        let (key, word) = (key.as_bytes(), word.as_bytes());
        key.len() >= word.len() && key[key.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    let is_mode = ["mode", "permissions", "umask"]
        .iter()
        .any(|word| names(word));
    let loses_digits = ["version", "tag"].iter().any(|word| names(word))
        && ((written.contains('.') && written.ends_with('0')) || written.contains(['e', 'E', '_']));
    if !(is_octal && !is_mode || loses_digits) {
        return None;
    }
    let Value::Number(number) = scalar.value() else {
        return None;
    };
    let read = as_go(&number);
    (read != digits).then(|| {
        rule::NUMBER_CHANGED.warning(
            trail.path(),
            format!("`{written}` is read as the number {read}"),
        )
    })
}

/// A number as Go writes it, which has no `.0`.
fn as_go(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Digits between colons: Kubernetes reads a text, other readers on the way a number to the base of 60.
fn colons(trail: &Trail<'_>, scalar: &Scalar) -> Option<Finding> {
    let text = scalar.text.as_bytes();
    if text.get(1..3).is_none_or(|start| !start.contains(&b':')) || text.len() > 24 {
        return None;
    }
    let is_mac = text.len() == 17
        && text.chunks(3).all(|pair| {
            pair[..2].iter().all(u8::is_ascii_hexdigit) && pair.get(2).is_none_or(|b| *b == b':')
        });
    let is_base_60 = scalar
        .text
        .split(':')
        .all(|part| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()));
    let (message, is_mac) = match (is_mac, is_base_60) {
        (true, _) => ("a hardware address without quotes", true),
        (false, true) => ("digits and colons without quotes", false),
        _ => return None,
    };
    let message = format!("{message} is a number to some readers of YAML 1.1");
    let finding = if is_mac {
        rule::COLON_NUMBER.warning(trail.path(), message)
    } else {
        rule::COLON_NUMBER.note(trail.path(), message)
    };
    Some(finding.help("put quotes around it"))
}

/// Names and labels that Kubernetes refuses.
fn names(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() != Role::Manifest || document.kind().is_empty() {
        return;
    }
    let group = document.text_at("apiVersion").unwrap_or_default();
    // Roles may have any name that can be in a path.
    let limit = match document.kind() {
        _ if group.starts_with("rbac.authorization.k8s.io/") => None,
        "Namespace" | "Service" => Some(63),
        _ => Some(253),
    };
    let fields = [("metadata.name", limit), ("metadata.namespace", Some(63))];
    for (path, limit) in fields {
        let (Some(name), Some(limit)) = (document.text_at(path), limit) else {
            continue;
        };
        let problem = match name_problem(name, limit) {
            Some(problem) => problem,
            None => continue,
        };
        findings.push(document.mark(rule::OBJECT_NAME.error(path, problem)));
    }
    let labels = document
        .root()
        .and_then(|root| root.get("metadata")?.get("labels")?.entries())
        .unwrap_or_default();
    for entry in labels {
        let key = entry.name();
        let value = entry.value.text().unwrap_or_default();
        let problem = if !key.contains("{{") && !is_label_key(key) {
            format!("`{key}` is not a valid key of a label")
        } else if !value.contains("{{") && !is_label(value) {
            format!("Kubernetes does not accept the value of the label `{key}`")
        } else {
            continue;
        };
        findings.push(document.mark_bytes(
            rule::LABEL_FORM.error(
                format!("metadata.labels.{}", key.replace('.', "\\.")),
                problem,
            ),
            entry.value.span(),
        ));
    }
}

/// What is wrong with the name of an object; one with a macro is complete only later.
fn name_problem(name: &str, limit: usize) -> Option<String> {
    if name.contains("{{") {
        return None;
    }
    if name.len() > limit {
        return Some(format!(
            "the name has {} characters, more than {limit}",
            name.len()
        ));
    }
    let fits = name.split('.').all(|part| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(part.bytes().next())
            && edge(part.bytes().next_back())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }) && (limit > 63 || !name.contains('.'));
    (!fits).then(|| format!("Kubernetes does not accept the name `{name}`"))
}

fn is_label(value: &str) -> bool {
    let edge = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    value.len() <= 63
        && edge(value.bytes().next())
        && edge(value.bytes().next_back())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').unwrap_or(("x", key));
    !name.is_empty() && is_label(name) && name_problem(prefix, 253).is_none()
}
