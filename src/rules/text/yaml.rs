//! What Kubernetes makes of plain YAML and people do not expect: it reads YAML 1.1.

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
                    add(finding, entry.key.span.clone());
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
                add(finding, node.span.clone());
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
    let written = &scalar.text;
    (read != *written).then(|| {
        rule::KEY_CHANGED
            .error(
                trail.path(),
                format!("the key `{written}` is read as `{read}`"),
            )
            .help(format!("write \"{written}\""))
    })
}

/// What a plain scalar is, where it is no text.
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
    let message = format!("{place} are texts, and this is {what}");
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
    let message = format!("environment variables are texts, and this is {what}");
    let finding = match role {
        Role::Manifest => rule::TEXT_EXPECTED.error(path, message),
        Role::Values => rule::TEXT_EXPECTED.warning(path, message),
    };
    Some((finding.help("put quotes around it"), value.span.clone()))
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
    // Roles may have any name that can stand in a path.
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
        findings.push(document.mark(rule::OBJECT_NAME.error(path, format!("the name {problem}"))));
    }
    let labels = document
        .root()
        .and_then(|root| root.get("metadata")?.get("labels")?.entries())
        .unwrap_or_default();
    for entry in labels {
        let key = entry.name();
        let value = entry.value.text().unwrap_or_default();
        let problem = if !key.contains("{{") && !is_label_key(key) {
            format!("`{key}` is no key of a label")
        } else if !value.contains("{{") && !is_label(value) {
            format!("the value of the label `{key}` is none that Kubernetes takes")
        } else {
            continue;
        };
        findings.push(document.mark_bytes(
            rule::LABEL_FORM.error(
                format!("metadata.labels.{}", key.replace('.', "\\.")),
                problem,
            ),
            entry.value.span.clone(),
        ));
    }
}

/// What is wrong with the name of an object; one with a macro is complete only later.
fn name_problem(name: &str, limit: usize) -> Option<String> {
    if name.contains("{{") {
        return None;
    }
    if name.len() > limit {
        return Some(format!("has {} characters, more than {limit}", name.len()));
    }
    let fits = name.split('.').all(|part| {
        let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        edge(part.bytes().next())
            && edge(part.bytes().next_back())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }) && (limit > 63 || !name.contains('.'));
    (!fits).then(|| format!("`{name}` is none that Kubernetes takes"))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::test_support::{found_in, found_on_reading, manifests, values};

    fn manifest(text: &str) -> Vec<String> {
        found_in(DOCUMENT_RULES, &manifests(text))
    }

    fn of_values(text: &str) -> Vec<String> {
        found_in(DOCUMENT_RULES, &values("a", "addon", text))
    }

    #[test]
    fn keys_stay_what_they_are() {
        assert_eq!(
            manifest("a: {\"y\": 1, x: 1, 6443: a, 1.5: b, yes-no: c, <<: {}}\n"),
            [""; 0]
        );
        assert_eq!(
            manifest("a:\n  on: 1\n  0644: 2\n  1.10: 3\n  1e3: 3\n  ~: 4\n"),
            [
                "error key-changed m.yaml:2:3: a: the key `on` is read as `true`",
                "error key-changed m.yaml:3:3: a: the key `0644` is read as `420`",
                "error key-changed m.yaml:4:3: a: the key `1.10` is read as `1.1`",
                "error key-changed m.yaml:5:3: a: the key `1e3` is read as `1000`",
                "error key-changed m.yaml:6:3: a: the key `~` is read as `null`",
            ]
        );
    }

    #[test]
    fn texts_are_texts_in_manifests() {
        assert_eq!(
            manifest(
                "kind: ConfigMap\nmetadata:\n  annotations: {a: \"true\"}\n  labels: {b: x}\ndata: {c: '1', d: x}\n"
            ),
            [""; 0]
        );
        assert_eq!(
            manifest(
                "kind: ConfigMap\nmetadata:\n  annotations: {a: true}\n  labels: {b: 1}\ndata: {c: no, d: }\n"
            ),
            [
                "error text-expected m.yaml:3:20: metadata.annotations.a: annotations are texts, and this is a boolean",
                "error text-expected m.yaml:4:15: metadata.labels.b: labels are texts, and this is a number",
                "error text-expected m.yaml:5:11: data.c: the data of a ConfigMap or a Secret are texts, and this is a boolean",
                "warning text-expected m.yaml:5:17: data.d: the data of a ConfigMap or a Secret are texts, and this is nothing",
            ]
        );
        assert_eq!(
            manifest("kind: StorageClass\nparameters: {nodiscard: true, repl: \"2\"}\n"),
            [
                "error text-expected m.yaml:2:25: parameters.nodiscard: the parameters of a class are texts, and this is a boolean"
            ]
        );
        assert_eq!(
            manifest(
                "kind: Pod\nspec:\n  containers:\n  - args: [a, 1]\n    env:\n    - {name: A, value: 1}\n    - {name: B, value: 'x'}\n"
            ),
            [
                "error text-expected m.yaml:4:15: spec.containers[0].args[1]: the words of a command are texts, and this is a number",
                "error text-expected m.yaml:6:24: spec.containers[0].env[0].value: environment variables are texts, and this is a number",
            ]
        );
        // A schema describes fields that only have these names.
        assert_eq!(
            manifest(
                "kind: CustomResourceDefinition\nproperties:\n  nodeSelector: {nullable: true}\n  labels: {nullable: true}\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn texts_are_texts_in_values() {
        assert_eq!(
            of_values(
                "charts:\n  a:\n    podAnnotations: {x: }\n    extraArgs: {flag: true}\n    env: {A: \"1\"}\n"
            ),
            [""; 0]
        );
        assert_eq!(
            of_values(
                "charts:\n  a:\n    podAnnotations: {x: true}\n    env: {allowVlansOnSelf: true}\n    storageClasses:\n    - parameters: {repl: 2}\nkubeadmconfig:\n  kubeletExtraArgs: {read-only-port: 0}\n"
            ),
            [
                "warning text-expected a:3:25: charts.a.podAnnotations.x: annotations are texts, and this is a boolean",
                "warning text-expected a:4:29: charts.a.env.allowVlansOnSelf: environment variables are texts, and this is a boolean",
                "warning text-expected a:6:26: charts.a.storageClasses[0].parameters.repl: the parameters of a class are texts, and this is a number",
                "warning text-expected a:8:38: kubeadmconfig.kubeletExtraArgs.read-only-port: arguments are texts, and this is a number",
            ]
        );
    }

    #[test]
    fn modes_are_octal() {
        assert_eq!(
            manifest("a: {defaultMode: 0644}\nb: {mode: 420}\nc: {mode: 0o600}\n"),
            [""; 0]
        );
        assert_eq!(
            manifest("a: {defaultMode: 644}\n"),
            [
                "error decimal-mode m.yaml:1:18: a.defaultMode: the mode 644 is a decimal number, octal 1204"
            ]
        );
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(
            of_values(
                "vlan: 10\nimage: {tag: \"1.10\"}\nversion: 1.34\nport: 0\nwait: 10.0\numask: 022\n"
            ),
            [""; 0]
        );
        assert_eq!(
            of_values("vlan: 010\nimage: {tag: 1.10}\nversion: 1e3\n"),
            [
                "warning number-changed a:1:7: vlan: `010` is read as the number 8",
                "warning number-changed a:2:14: image.tag: `1.10` is read as the number 1.1",
                "warning number-changed a:3:10: version: `1e3` is read as the number 1000",
            ]
        );
    }

    #[test]
    fn colons_are_quoted() {
        assert_eq!(
            manifest(
                "a: \"02:00:00:00:00:01\"\nb: a:b\nc: fd00::1\nd: docker.io/a:1\ne: 127.0.0.1:80\nf: 10:quay\n"
            ),
            [""; 0]
        );
        assert_eq!(
            manifest("a: 02:FF:FF:FF:FF:FF\nb: 22:22\n"),
            [
                "warning colon-number m.yaml:1:4: a: a hardware address without quotes is a number to some readers of YAML 1.1",
                "note colon-number m.yaml:2:4: b: digits and colons without quotes is a number to some readers of YAML 1.1",
            ]
        );
    }

    #[test]
    fn names_and_labels_are_taken() {
        assert_eq!(
            manifest(
                "kind: ClusterRole\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: 'system:a'}\n---\nkind: A\nmetadata: {name: debian.12, namespace: default, labels: {a.b/c: '', d: X_y.z}}\n---\nkind: A\nmetadata: {name: 'px-{{ .spectro.system.cluster.name }}'}\n"
            ),
            [""; 0]
        );
        let long = "a".repeat(254);
        assert_eq!(
            manifest(&format!(
                "kind: A\nmetadata: {{name: Web_1, namespace: a.b}}\n---\nkind: A\nmetadata: {{name: {long}}}\n"
            )),
            [
                "error object-name m.yaml:2:18: metadata.name: the name `Web_1` is none that Kubernetes takes",
                "error object-name m.yaml:2:36: metadata.namespace: the name `a.b` is none that Kubernetes takes",
                "error object-name m.yaml:5:18: metadata.name: the name has 254 characters, more than 253",
            ]
        );
        assert_eq!(
            manifest("kind: A\nmetadata:\n  labels:\n    a b: x\n    c: two words\n"),
            [
                "error label-form m.yaml:4:10: metadata.labels.a b: `a b` is no key of a label",
                "error label-form m.yaml:5:8: metadata.labels.c: the value of the label `c` is none that Kubernetes takes",
            ]
        );
    }

    #[test]
    fn what_the_parser_refuses_is_said() {
        for (text, message) in [
            ("a: 1\na: 2\n", "the key `a` stands here twice"),
            ("a:\n\tb: 1\n", "this is not YAML"),
        ] {
            assert_eq!(found_on_reading(text)[0].message, message);
        }
    }
}
