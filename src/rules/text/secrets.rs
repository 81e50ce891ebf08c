//! Secrets that stand where many can read them, those that everybody knows, and doors left open. No message shows a
//! secret.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::certificate;
use crate::cluster::places::Places;
use crate::cluster::secrets::{DEMO, DEMO_ANYWHERE, EXAMPLE_TOKEN, Reason, each, is_literal};
use crate::cluster::walk::walk;
use crate::cluster::{Cluster, Document, Role};
use crate::pack::enabled_presets;
use crate::profile::Variable;
use crate::rules::node::files::files;
use crate::rules::{ClusterRule, DocumentRule, Finding, rule};
use crate::secret::names_a_secret;
use crate::yaml::{Kind, Node};

const VMO: &str = "virtual-machine-orchestrator";

pub(super) const RULES: &[ClusterRule] = &[variables, identity_provider, certificates];

pub(super) const DOCUMENT_RULES: &[DocumentRule] =
    &[printed_secrets, plain_secrets, guests, images];

fn demo_password() -> Finding {
    rule::DEMO_PASSWORD.error(
        "",
        "this is a password that the RA prints, and everybody knows",
    )
}

fn example_token(what: &str) -> Finding {
    rule::EXAMPLE_TOKEN.error(
        "",
        format!("{what} is the example of the RA, and no FlashArray knows it"),
    )
}

/// What cannot stand in a text by accident.
fn printed_secrets(document: &Document, findings: &mut Vec<Finding>) {
    if !document.is_first() {
        return;
    }
    let text = document.text();
    for (at, found) in text.match_indices(EXAMPLE_TOKEN) {
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
        if text.contains(DEMO_ANYWHERE) || text.contains(EXAMPLE_TOKEN) {
            return;
        }
        let mut finding = match reason {
            Reason::Key if DEMO.contains(&text) => demo_password(),
            Reason::Key => rule::PLAIN_SECRET.warning(
                "",
                format!("the value of `{name}` stands here for everyone who reads the profile"),
            ),
            Reason::PrivateKey => rule::PRIVATE_KEY.error(
                "",
                "a private key stands here for everyone who reads the profile",
            ),
            Reason::Data => {
                let decoded = STANDARD.decode(text.as_bytes()).unwrap_or_default();
                let holds = |word: &str| {
                    decoded
                        .windows(word.len())
                        .any(|part| part == word.as_bytes())
                };
                if holds(EXAMPLE_TOKEN) {
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
                            "the Secret `{}` stands here with its data; base64 hides nothing",
                            document.name()
                        ),
                    )
                }
            }
        };
        finding.path = trail.path();
        findings.push(document.mark_bytes(finding, node.span.clone()));
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
                add(finding.0, trail.path(), node.span.clone());
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
        "the password of virtual machines stands here for everyone who may use the template",
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

/// Defaults of variables that nobody should see.
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
            } else if default == EXAMPLE_TOKEN {
                example_token(&format!("the default of the variable `{name}`"))
            } else {
                rule::PLAIN_SECRET.warning("", format!("the default of the variable `{name}` stands here for everyone who reads the profile"))
                .help("leave the default out and mask the variable, so that it is asked for")
            };
            finding.path = format!("spec.variables[name={name}]");
            findings.push(finding.in_file(&checked.file));
        }
    }
}

/// Without an identity provider, the dashboard of VMO knows nobody and lets everybody in.
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
            "Kubernetes has no identity provider, so that VMO's dashboard cannot tell people apart",
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
            rule::EXAMPLE_CERTIFICATE.error("", "this is no certificate")
        } else if names_example {
            rule::EXAMPLE_CERTIFICATE.warning(
                "",
                "this certificate calls itself an example, and the nodes would trust it",
            )
        } else {
            continue;
        };
        let end = text.find('\n').unwrap_or(text.len());
        findings.push(
            file.mark(
                finding.help(
                    "put in the certificate of your own authority, as PEM, or take the file out",
                ),
                0..end,
            ),
        );
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
        findings.push(document.mark_bytes(
            rule::UNPINNED_IMAGE.note(
                trail.path(),
                format!("the image `{image}` can change under its name"),
            ),
            node.span.clone(),
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::certificate::tests::made_of;
    use crate::rules::test_support::{
        found, found_in, found_on_reading, lines, manifests, profile, values,
    };

    fn all(cluster: &Cluster) -> Vec<String> {
        [found_in(DOCUMENT_RULES, cluster), found(RULES, cluster)].concat()
    }

    fn manifest(text: &str) -> Vec<String> {
        all(&manifests(text))
    }

    fn of_values(text: &str) -> Vec<String> {
        all(&values("a", "addon", text))
    }

    const DEMO_MESSAGE: &str = "this is a password that the RA prints, and everybody knows";

    #[test]
    fn what_the_ra_prints_is_found() {
        assert_eq!(
            of_values("grafana: {adminPassword: '{{ .spectro.var.p }}', greeting: welcome}\n"),
            [""; 0]
        );
        assert_eq!(
            of_values("grafana: {adminPassword: welcome}\n"),
            [format!(
                "error demo-password a:1:26: grafana.adminPassword: {DEMO_MESSAGE}"
            )]
        );
        assert_eq!(
            manifest("description: 'first P@ssw0rd!'\n"),
            [format!("error demo-password m.yaml:1:21: {DEMO_MESSAGE}")]
        );
        assert_eq!(
            manifest(
                "kind: Secret\nmetadata: {name: px}\nstringData:\n  pure.json: |\n    {\"APIToken\": \"347eba54-4ab6-96cd-e123-f694ab394a3b\"}\n"
            ),
            [
                "error example-token m.yaml:5:19: the API token is the example of the RA, and no FlashArray knows it"
            ]
        );
        let encoded = STANDARD.encode(format!("{{\"APIToken\": \"{EXAMPLE_TOKEN}\"}}"));
        assert_eq!(
            manifest(&format!(
                "kind: Secret\nmetadata: {{name: px}}\ndata:\n  pure.json: {encoded}\n"
            )),
            [
                "error example-token m.yaml:4:14: data.pure\\.json: the API token in this data is the example of the RA, and no FlashArray knows it"
            ]
        );
    }

    #[test]
    fn secrets_in_plain_text_are_found() {
        assert_eq!(
            of_values("a: {password: '{{ .spectro.var.p }}', secretName: x, token: ''}\n"),
            [""; 0]
        );
        assert_eq!(
            of_values("a:\n  apiToken: hunter2\n  env:\n  - {name: DB_PASSWORD, value: hunter2}\n"),
            [
                "warning plain-secret a:2:13: a.apiToken: the value of `apiToken` stands here for everyone who reads the profile",
                "warning plain-secret a:4:32: a.env[0].value: the value of `DB_PASSWORD` stands here for everyone who reads the profile",
            ]
        );
        assert_eq!(
            manifest(
                "kind: Secret\nmetadata: {name: s}\ndata: {a: aHVudGVyMg==}\n---\nkind: Secret\nstringData: {a: '{{ .spectro.var.p }}'}\n"
            ),
            [
                "warning secret-manifest m.yaml:3:11: data.a: the Secret `s` stands here with its data; base64 hides nothing"
            ]
        );
        assert_eq!(
            of_values("tls: |\n  -----BEGIN PRIVATE KEY-----\n  abc\n"),
            [
                "error private-key a:1:6: tls: a private key stands here for everyone who reads the profile"
            ]
        );
    }

    #[test]
    fn no_message_shows_a_secret() {
        for text in [
            "a: {apiToken: hunter2}\n",
            "env:\n- {name: DB_PASSWORD, value: hunter2}\n",
            "kind: Secret\nstringData:\n  a: |\n    hunter2\n",
            "description: it is P@ssw0rd!\n",
            "userData: |\n  #cloud-config\n  chpasswd: {expire: false}\n  password: hunter2\n",
            "xml: |\n  <unattend>\n    <AdministratorPassword><Value>hunter2</Value></AdministratorPassword>\n  </unattend>\n",
            "pem: |\n  -----BEGIN PRIVATE KEY-----\n  hunter2\n",
        ] {
            let findings = found_on_reading(text);
            assert_eq!(findings.len(), 1, "{text}");
            let shown = findings[0].diagnostic(None).to_string();
            assert!(
                shown.contains("m.yaml:") && !shown.contains("hunter2"),
                "{shown}"
            );
            assert!(!lines(&findings)[0].contains("hunter2"));
        }
    }

    #[test]
    fn guests_do_not_show_their_passwords() {
        let user_data = |lines: &str| {
            let text = lines.replace('\n', "\n  ");
            manifest(&format!("userData: |\n  #cloud-config\n  {text}\n"))
        };
        assert_eq!(
            user_data(
                "password: \"{{ .spectro.var.p }}\"\nssh_pwauth: true\nusers:\n- name: a\n  hashed_passwd: $6$x\nchpasswd:\n  expire: false"
            ),
            [""; 0]
        );
        assert_eq!(
            user_data("password: hunter2"),
            [
                "warning vm-password m.yaml:3:13: userData: the password of virtual machines stands here for everyone who may use the template"
            ]
        );
        assert_eq!(
            user_data("chpasswd:\n  list: |\n    ubuntu:spectro"),
            [format!(
                "error demo-password m.yaml:5:14: userData: {DEMO_MESSAGE}"
            )]
        );
        let encoded = STANDARD.encode("#cloud-config\npassword: spectro\n");
        assert_eq!(
            manifest(&format!("userDataBase64: {encoded}\n")),
            [format!(
                "error demo-password m.yaml:1:17: userDataBase64: {DEMO_MESSAGE}"
            )]
        );
        let answers = |password: &str| {
            manifest(&format!(
                "data:\n  unattend.xml: |\n    <unattend>\n      <AdministratorPassword>\n        <Value>{password}</Value>\n      </AdministratorPassword>\n      <Other><Value>x</Value></Other>\n    </unattend>\n"
            ))
        };
        assert_eq!(answers("{{ .spectro.var.p }}"), [""; 0]);
        assert_eq!(
            answers("hunter2"),
            [
                r"warning vm-password m.yaml:5:16: data.unattend\.xml: the password of virtual machines stands here for everyone who may use the template"
            ]
        );
        assert_eq!(
            answers("P@ssw0rd!"),
            [format!("error demo-password m.yaml:5:16: {DEMO_MESSAGE}")]
        );
    }

    #[test]
    fn defaults_of_secret_variables_are_found() {
        let with = |fields: &str| {
            all(&profile(
                "add-on",
                "[]",
                &format!(r#"[{{"format": "string", {fields}}}]"#),
            ))
        };
        assert_eq!(with(r#""name": "x", "isSensitive": true"#), [""; 0]);
        assert_eq!(with(r#""name": "x", "defaultValue": "welcome""#), [""; 0]);
        assert_eq!(
            with(r#""name": "x", "isSensitive": true, "defaultValue": "hunter2""#),
            [
                "warning plain-secret p.json: spec.variables[name=x]: the default of the variable `x` stands here for everyone who reads the profile"
            ]
        );
        assert_eq!(
            with(r#""name": "adminPassword", "defaultValue": "welcome""#),
            [format!(
                "error demo-password p.json: spec.variables[name=adminPassword]: {DEMO_MESSAGE}"
            )]
        );
    }

    #[test]
    fn the_dashboard_knows_people() {
        let with = |values: &str| {
            let layers = json!([
                {"name": "kubernetes", "type": "oci", "layer": "k8s", "values": values},
                {"name": VMO, "type": "oci", "layer": "addon", "values": "a: 1"}
            ]);
            all(&profile("infra", &layers.to_string(), "[]"))
        };
        for values in [
            "pack: {palette: {config: {dashboard: {identityProvider: palette}}}}",
            "kubeadmconfig: {apiServer: {extraArgs: {oidc-issuer-url: https://x}}}",
            "# spectrocloud.com/enabled-presets: OIDC Identity Provider:oidc-palette\na: 1",
        ] {
            assert_eq!(with(values), [""; 0], "{values}");
        }
        for values in [
            "pack: {}",
            "pack: {palette: {config: {oidc: {identityProvider: noauth}}}}",
        ] {
            let found = with(values);
            assert_eq!(found.len(), 1, "{values}");
            assert!(found[0].ends_with("pack.palette.config: Kubernetes has no identity provider, so that VMO's dashboard cannot tell people apart"), "{found:?}");
        }
        assert_eq!(all(&values("kubernetes", "k8s", "pack: {}")), [""; 0]);
    }

    #[test]
    fn certificates_are_real_ones() {
        let with = |content: &str| {
            let content = content.replace('\n', "\n      ");
            all(&values(
                "a",
                "os",
                &format!(
                    "kubeadmconfig:\n  files:\n  - targetPath: /usr/local/share/ca-certificates/a.crt\n    content: |\n      {content}\n"
                ),
            ))
        };
        let pem = |name: &str| made_of(name.as_bytes()).trim_end().to_owned();
        assert_eq!(with(&pem("Company CA")), [""; 0]);
        assert_eq!(
            with(&pem("Example CA")),
            [
                "warning example-certificate a:5:7: kubeadmconfig.files[0].content: this certificate calls itself an example, and the nodes would trust it"
            ]
        );
        assert_eq!(
            with("put yours here"),
            [
                "error example-certificate a:5:7: kubeadmconfig.files[0].content: this is no certificate"
            ]
        );
    }

    #[test]
    fn images_are_pinned() {
        assert_eq!(
            manifest(
                "a: {image: 'r/x:1.2'}\nb: {image: 'r:5000/x@sha256:0'}\nc: {url: 'https://x/y'}\nd: {image: '{{ .spectro.var.x }}'}\n"
            ),
            [""; 0]
        );
        assert_eq!(
            manifest("a: {image: 'r:5000/x'}\nb: {url: 'docker://r/x:latest'}\n"),
            [
                "note unpinned-image m.yaml:1:12: a.image: the image `r:5000/x` can change under its name",
                "note unpinned-image m.yaml:2:10: b.url: the image `r/x:latest` can change under its name",
            ]
        );
    }

    #[test]
    fn vmo_wants_an_identity_provider() {
        let of = |kubernetes: &str| {
            let layers = json!([
                {"name": "kubernetes", "type": "oci", "layer": "k8s", "values": kubernetes},
                {"name": VMO, "type": "oci", "layer": "addon", "values": "a: 1"},
            ]);
            found(RULES, &profile("infra", &layers.to_string(), "[]"))
        };
        assert_eq!(
            of("pack: {palette: {config: {oidc: {identityProvider: palette}}}}\n"),
            [""; 0]
        );
        for none in [
            "a: 1\n",
            "pack: {palette: {config: {oidc: {identityProvider: noauth}}}}\n",
        ] {
            let found = of(none);
            assert!(
                found.len() == 1
                    && found[0].starts_with("warning no-identity-provider kubernetes:1:"),
                "{found:?}"
            );
        }
    }
}
