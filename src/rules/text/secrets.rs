//! Secrets in readable places, well-known passwords, and disabled protection. No message shows a secret.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::certificate;
use crate::cluster::places::Places;
use crate::cluster::secrets::{DEMO, DEMO_ANYWHERE, Reason, each, is_literal};
use crate::cluster::walk::walk;
use crate::cluster::{Cluster, Document, Role};
use crate::pack::enabled_presets;
use crate::profile::Variable;
use crate::revision::Revision;
use crate::rules::node::files::files;
use crate::rules::{ClusterRule, DocumentRule, Finding, rule};
use crate::secret::names_a_secret;
use crate::yaml::{Kind, Node};

const VMO: &str = "virtual-machine-orchestrator";

pub(super) const RULES: &[ClusterRule] = &[variables, identity_provider, certificates];

pub(super) const DOCUMENT_RULES: &[DocumentRule] =
    &[printed_secrets, plain_secrets, guests, images];

fn demo_password() -> Finding {
    rule::DEMO_PASSWORD.error("", "this password is public: it is published with the RA")
}

/// The token that the RA prints.
fn printed_token() -> &'static str {
    static TOKEN: LazyLock<String> = LazyLock::new(|| {
        let newest = Revision::load(Revision::newest());
        newest
            .ok()
            .and_then(|newest| Some(newest.printed("flashArrayToken")?.to_owned()))
            // The data is ours, and a test reads it; in no text is this.
            .unwrap_or_else(|| "\0".to_owned())
    });
    &TOKEN
}

fn example_token(what: &str) -> Finding {
    rule::EXAMPLE_TOKEN.error(
        "",
        format!("{what} is the example of the RA, and no FlashArray accepts it"),
    )
}

/// Texts that are unlikely by accident.
fn printed_secrets(document: &Document, findings: &mut Vec<Finding>) {
    if !document.is_first() {
        return;
    }
    let text = document.text();
    for (at, found) in text.match_indices(printed_token()) {
        findings.push(document.mark_bytes(example_token("the API token"), at..at + found.len()));
    }
    for (at, found) in text.match_indices(DEMO_ANYWHERE) {
        findings.push(document.mark_bytes(demo_password(), at..at + found.len()));
    }
}

/// Secrets by the names of their keys and by their kind.
fn plain_secrets(document: &Document, findings: &mut Vec<Finding>) {
    let Some(root) = document.root() else {
        return;
    };
    each(root, &mut |trail, node, name, reason| {
        let text = node.text().unwrap_or_default().trim();
        // Those are found wherever they stand.
        if text.contains(DEMO_ANYWHERE) || text.contains(printed_token()) {
            return;
        }
        let mut finding = match reason {
            Reason::Key if DEMO.contains(&text) => demo_password(),
            Reason::Key => rule::PLAIN_SECRET.warning(
                "",
                format!("the value of `{name}` can be read by everyone who can read the profile"),
            ),
            Reason::PrivateKey => rule::PRIVATE_KEY.error(
                "",
                "a private key can be read by everyone who can read the profile",
            ),
            Reason::Data => {
                let decoded = STANDARD.decode(text.as_bytes()).unwrap_or_default();
                let holds = |word: &str| {
                    decoded
                        .windows(word.len())
                        .any(|part| part == word.as_bytes())
                };
                if holds(printed_token()) {
                    example_token("the API token in this data")
                } else if DEMO
                    .iter()
                    .any(|word| decoded == word.as_bytes() || text == *word)
                {
                    demo_password()
                } else {
                    rule::SECRET_MANIFEST.warning(
                        "",
                        format!(
                            "the Secret `{}` is here with its data; base64 is no protection",
                            document.name()
                        ),
                    )
                }
            }
        };
        finding.path = trail.path();
        findings.push(document.mark_bytes(finding, node.span()));
    });
}

/// Passwords in what virtual machines read at their first start.
fn guests(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() != Role::Manifest {
        return;
    }
    let Some(root) = document.root() else {
        return;
    };
    let mut add = |mut finding: Finding, path: String, span: Range<usize>| {
        finding.path = path;
        findings.push(document.mark_bytes(finding, span));
    };
    walk(root, &mut |trail, node| {
        let Kind::Scalar(scalar) = &node.kind else {
            return;
        };
        let text = scalar.text.as_str();
        let places = Places::new(document, node);
        if matches!(trail.key(), "userDataBase64" | "userdataBase64") {
            let decoded = STANDARD.decode(text.trim()).unwrap_or_default();
            if let Some(finding) = passwords(&String::from_utf8_lossy(&decoded)).next() {
                add(finding.0, trail.path(), node.span());
            }
        } else if text.starts_with("#cloud-config") || trail.key() == "userData" {
            for (finding, span) in passwords(text) {
                add(finding, trail.path(), places.find(span));
            }
        } else if text.contains("<unattend") {
            for (finding, span) in answers(text) {
                add(finding, trail.path(), places.find(span));
            }
        }
    });
}

fn guest_password() -> Finding {
    rule::VM_PASSWORD.warning(
        "",
        "the password of virtual machines can be read by everyone who can use the template",
    )
}

/// The passwords of cloud-init's user-data.
fn passwords(text: &str) -> impl Iterator<Item = (Finding, Range<usize>)> {
    let has_list = text.contains("chpasswd");
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let content = line.split(" #").next().unwrap_or_default().trim();
        let (key, value) = content.split_once([':', '='])?;
        let key = key
            .trim_start_matches(['-', ' ', '{'])
            .trim_matches(['"', '\'', ' ']);
        let value = value.trim().trim_matches(['"', '\'']);
        let is_other = key.starts_with('#')
            || key == "chpasswd"
            || key.contains("hashed")
            || value.starts_with("$6$");
        if is_other {
            return None;
        }
        let is_named = names_a_secret(key) || matches!(key, "passwd" | "plain_text_passwd");
        // `- name:password` in the list of chpasswd.
        let is_pair = has_list && DEMO.contains(&value) && !key.contains(' ');
        if !(is_named || is_pair) || !is_literal(value) || value.contains(DEMO_ANYWHERE) {
            return None;
        }
        let finding = if DEMO.contains(&value) {
            demo_password()
        } else {
            guest_password()
        };
        let begin = start + line.find(value)?;
        Some((finding, begin..begin + value.len()))
    })
}

/// The passwords of Windows' answer files.
fn answers(text: &str) -> impl Iterator<Item = (Finding, Range<usize>)> {
    ["<AdministratorPassword>", "<Password>"]
        .into_iter()
        .flat_map(move |element| text.match_indices(element))
        .filter_map(move |(at, element)| {
            let rest = &text[at + element.len()..];
            let rest = &rest[..rest.find("Password>").unwrap_or(rest.len())];
            let open = rest.find("<Value>")? + "<Value>".len();
            let value = &rest[open..];
            let value = &value[..value.find('<')?];
            if !is_literal(value) || value == DEMO_ANYWHERE {
                return None;
            }
            let finding = if DEMO.contains(&value) {
                demo_password()
            } else {
                guest_password()
            };
            let begin = at + element.len() + open;
            Some((finding, begin..begin + value.len()))
        })
}

/// Defaults of variables that should be masked.
fn variables(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for checked in &cluster.profiles {
        for variable in &checked.profile.spec.variables {
            let Variable { name, .. } = variable;
            let default = variable.default_value.as_deref().unwrap_or_default();
            if !(variable.is_sensitive || names_a_secret(name)) || !is_literal(default) {
                continue;
            }
            let mut finding = if DEMO.contains(&default) {
                demo_password()
            } else if default == printed_token() {
                example_token(&format!("the default of the variable `{name}`"))
            } else {
                rule::PLAIN_SECRET.warning("", format!("the default of the variable `{name}` can be read by everyone who can read the profile"))
                .help("leave the default out and mask the variable, so that Palette asks for it")
            };
            finding.path = format!("spec.variables[name={name}]");
            findings.push(finding.in_file(&checked.file));
        }
    }
}

/// Without an identity provider, the dashboard of VMO lets everyone in.
fn identity_provider(cluster: &Cluster, findings: &mut Vec<Finding>) {
    if cluster.layer(VMO).is_none() {
        return;
    }
    for (_, checked, layer) in cluster
        .layers()
        .filter(|(_, _, layer)| layer.layer == "k8s")
    {
        let values = &checked.values;
        let given = ["dashboard", "oidc"].map(|section| {
            values
                .text_at(&format!("pack.palette.config.{section}.identityProvider"))
                .filter(|given| {
                    !matches!(given.to_ascii_lowercase().as_str(), "" | "none" | "noauth")
                })
        });
        let by_flag = values
            .find("kubeadmconfig.apiServer.extraArgs")
            .is_some_and(|arguments| match arguments {
                Value::Object(map) => map.contains_key("oidc-issuer-url"),
                Value::Array(items) => items.iter().any(|item| {
                    item.get("name").and_then(Value::as_str) == Some("oidc-issuer-url")
                }),
                _ => false,
            });
        let by_preset = enabled_presets(&layer.values).iter().any(|preset| {
            preset.group.to_ascii_lowercase().contains("oidc")
                && !preset.name.to_ascii_lowercase().contains("none")
        });
        if given.iter().any(Option::is_some) || by_flag || by_preset {
            continue;
        }
        findings.push(values.mark(rule::NO_IDENTITY_PROVIDER.warning(
            "pack.palette.config",
            "Kubernetes has no identity provider, so VMO's dashboard cannot distinguish users",
        )));
    }
}

/// The RA brings a certificate authority that only shows where yours goes.
fn certificates(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for file in files(cluster) {
        if !file.path.starts_with("/usr/local/share/ca-certificates/") || file.text().is_empty() {
            continue;
        }
        let text = file.text();
        if text.contains("{{") {
            continue;
        }
        let certificates = certificate::read(text).unwrap_or_default();
        let names_example = certificates.iter().any(|certificate| {
            let mut parts = certificate.der().windows(7);
            parts.any(|part| part.eq_ignore_ascii_case(b"example"))
        });
        let finding = if certificates.is_empty() {
            rule::EXAMPLE_CERTIFICATE.error("", "this is not a certificate")
        } else if names_example {
            rule::EXAMPLE_CERTIFICATE.warning(
                "",
                "this certificate calls itself an example, and the nodes would trust it",
            )
        } else {
            continue;
        };
        let end = text.find('\n').unwrap_or(text.len());
        findings.push(file.mark(
            finding.help("use the certificate of your own authority, as PEM, or remove the file"),
            0..end,
        ));
    }
}

/// Images that can change under their names.
fn images(document: &Document, findings: &mut Vec<Finding>) {
    if document.role() != Role::Manifest {
        return;
    }
    let Some(root) = document.root() else {
        return;
    };
    walk(root, &mut |trail, node| {
        let Some(image) = image(trail.key(), trail.is_item(), node) else {
            return;
        };
        let name = image.rsplit('/').next().unwrap_or_default();
        let is_pinned = name.contains('@')
            || name
                .rsplit_once(':')
                .is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest");
        if is_pinned || image.contains("{{") {
            return;
        }
        // What is in front of a host's `@` is a user with a password.
        let image = image.rsplit('@').next().unwrap_or(image);
        findings.push(document.mark_bytes(
            rule::UNPINNED_IMAGE.note(
                trail.path(),
                format!("the image `{image}` can change under its name"),
            ),
            node.span(),
        ));
    });
}

/// The reference of an image, where a value is one.
fn image<'n>(key: &str, is_item: bool, node: &'n Node) -> Option<&'n str> {
    let text = node.text()?;
    match key {
        "image" if !is_item && !text.is_empty() => Some(text),
        "url" => text.strip_prefix("docker://"),
        _ => None,
    }
}
