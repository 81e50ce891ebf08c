//! Notable new objects: rights, secrets, and privileged pods.

use serde_json::{Map, Value};

/// The notable objects in trees (objects, lists of objects, or a pack's values), one sentence each.
pub(super) fn notable(roots: &[Value]) -> Vec<String> {
    let mut found = Vec::new();
    let mut around = Around::default();
    roots
        .iter()
        .for_each(|root| look(root, &mut around, &mut found));
    // A daemon set with two privileged containers is one.
    let mut told = std::collections::HashSet::new();
    found.retain(|words| told.insert(words.clone()));
    found
}

/// The same of a text that is not YAML, such as one with macros, from its lines.
pub(super) fn notable_in_text(text: &str) -> Vec<String> {
    let kinds = text
        .lines()
        .filter_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix("kind:"));
    let mut found: Vec<String> = kinds
        .filter_map(|kind| {
            let kind = kind.trim().trim_matches(['"', '\'']);
            Some(format!("an object of the kind `{kind}` {}", what(kind)?))
        })
        .collect();
    found.dedup();
    found
}

/// Why objects of a kind are notable.
fn what(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ClusterRoleBinding" | "RoleBinding" => "grants rights",
        "ClusterRole" | "Role" => "names rights",
        "Secret" => "holds a secret",
        "ExternalSecret" | "SealedSecret" | "SecretProviderClass" => "brings a secret",
        "MutatingWebhookConfiguration" => "lets a program change objects",
        "ValidatingWebhookConfiguration" => "lets a program refuse objects",
        "APIService" => "puts a program behind the API",
        _ => return None,
    })
}

/// What is around a value.
#[derive(Default)]
struct Around<'v> {
    /// The innermost object: its kind and name.
    object: Option<String>,
    /// The keys since the root, for values that are not objects.
    keys: Vec<&'v str>,
}

/// Values within so many others are not configuration.
const DEEPEST: usize = 100;

fn look<'v>(value: &'v Value, around: &mut Around<'v>, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| look(item, around, found)),
        Value::Object(map) if around.keys.len() < DEEPEST => {
            let outside = around.object.clone();
            if let Some(object) = object(map) {
                found.extend(of_object(&object, map));
                around.object = Some(object);
            }
            found.extend(of_pod(map).map(|words| format!("{} {words}", around.name())));
            for (key, value) in map {
                around.keys.push(key);
                look(value, around, found);
                around.keys.pop();
            }
            around.object = outside;
        }
        _ => {}
    }
}

impl Around<'_> {
    fn name(&self) -> String {
        match &self.object {
            Some(object) => format!("`{object}`"),
            None => format!("what stands at `{}`", self.keys.join(".")),
        }
    }
}

/// Kind and name of a map that is a Kubernetes object.
fn object(map: &Map<String, Value>) -> Option<String> {
    let kind = map.get("kind")?.as_str()?;
    let metadata = map.get("metadata")?.as_object()?;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    let name = text("name").or(text("generateName")).unwrap_or_default();
    Some(match text("namespace") {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    })
}

fn of_object(object: &str, map: &Map<String, Value>) -> Option<String> {
    let kind = map.get("kind").and_then(Value::as_str)?;
    let what = what(kind)?;
    let role = map.get("roleRef").and_then(|role| role.get("name"));
    Some(match (role.and_then(Value::as_str), map.get("subjects")) {
        (Some(role), subjects) => {
            let subjects = subjects.and_then(Value::as_array).map(Vec::as_slice);
            let names: Vec<&str> = (subjects.unwrap_or_default().iter())
                .filter_map(|subject| subject.get("name")?.as_str())
                .collect();
            format!("`{object}` grants `{role}` to `{}`", names.join(", "))
        }
        _ if names_all_rights(map) => format!("`{object}` names all rights"),
        _ => format!("`{object}` {what}"),
    })
}

fn names_all_rights(map: &Map<String, Value>) -> bool {
    let rules = map.get("rules").and_then(Value::as_array);
    let all = |rule: &Value, key: &str| {
        let items = rule.get(key).and_then(Value::as_array);
        items.is_some_and(|items| items.iter().any(|item| item == "*"))
    };
    rules.is_some_and(|rules| {
        rules
            .iter()
            .any(|rule| all(rule, "verbs") && all(rule, "resources"))
    })
}

/// Privileges that a pod, a container or its security context has on the node.
fn of_pod(map: &Map<String, Value>) -> Option<&'static str> {
    let is_on = |key: &str| map.get(key) == Some(&Value::Bool(true));
    let adds = |capability: &str| {
        let added = map.get("capabilities").and_then(|all| all.get("add"));
        (added.and_then(Value::as_array)).is_some_and(|all| all.iter().any(|one| one == capability))
    };
    if is_on("privileged") || adds("ALL") || adds("SYS_ADMIN") {
        return Some("runs privileged");
    }
    if is_on("hostPID") || is_on("hostIPC") {
        return Some("sees the processes of its node");
    }
    if is_on("hostNetwork") {
        return Some("is in the network of its node");
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_secrets_and_privileged_pods_are_named() {
        let binding = json!({"kind": "ClusterRoleBinding", "metadata": {"name": "a"}, "roleRef": {"name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": "x", "namespace": "y"}]});
        let set = json!({"kind": "DaemonSet", "metadata": {"name": "d", "namespace": "n"}, "spec": {"template": {"spec": {
            "hostNetwork": true, "containers": [{"securityContext": {"privileged": true}}, {"securityContext": {"privileged": true}}]}}}});
        assert_eq!(
            notable(&[
                json!([binding, set]),
                json!({"kind": "ConfigMap", "metadata": {"name": "c"}})
            ]),
            [
                "`ClusterRoleBinding a` grants `cluster-admin` to `x`",
                "`DaemonSet n/d` is in the network of its node",
                "`DaemonSet n/d` runs privileged",
            ]
        );
        assert_eq!(
            notable(&[
                json!({"charts": {"x": {"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}}})
            ]),
            ["what stands at `charts.x.securityContext` runs privileged"]
        );
        let role = json!({"kind": "Role", "metadata": {"name": "r"}, "rules": [{"verbs": ["*"], "resources": ["*"]}]});
        assert_eq!(notable(&[role]), ["`Role r` names all rights"]);
        assert_eq!(
            notable_in_text("kind: Secret\nmetadata: {name: {{ x }}}\n---\nkind: ConfigMap\n"),
            ["an object of the kind `Secret` holds a secret"]
        );
    }
}
