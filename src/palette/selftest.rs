//! Checks whether a tenant behaves as this program expects.

use serde::Serialize;
use serde_json::{Value, json};

use super::answers::{PackMetadata, Page, ProjectMetadata};
use super::catalog::{Catalog, Preferred};
use super::client::Client;
use super::import::{Import, Verdict};
use super::profiles::{self, TenantProfile};
use super::registries::Registries;
use super::transport::{Method, Request};
use crate::diagnostic::{Diagnostic, Source};
use crate::profile::{self, to_palette_json};
use crate::version::Wanted;

/// The name of the profile that is made and deleted.
const NAME: &str = "vmo-ra-selftest";

/// What became of something that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", content = "seen", rename_all = "kebab-case")]
pub enum Outcome {
    /// It is so; with what was seen.
    Held(String),
    /// It is otherwise.
    Failed(String),
    /// It was not tried, with the reason.
    #[serde(rename = "not-tried")]
    Skipped(String),
}

/// Something that was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is relied on.
    pub claim: &'static str,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

struct Tried<'c> {
    client: &'c Client<'c>,
    steps: Vec<Step>,
}

impl Tried<'_> {
    /// Notes what became of something, and gives what it found.
    fn step<T>(
        &mut self,
        claim: &'static str,
        tried: Result<(T, String), Vec<Diagnostic>>,
    ) -> Option<T> {
        let (found, outcome) = match tried {
            Ok((found, seen)) => (Some(found), Outcome::Held(seen)),
            Err(problems) => {
                let messages: Vec<&str> = problems.iter().map(Diagnostic::message).collect();
                (None, Outcome::Failed(messages.join("; ")))
            }
        };
        self.steps.push(Step { claim, outcome });
        found
    }

    fn skip(&mut self, claim: &'static str, reason: &str) {
        self.steps.push(Step {
            claim,
            outcome: Outcome::Skipped(reason.to_owned()),
        });
    }

    /// Asks, where the answer only has to have its form.
    fn read<T: serde::de::DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<T, Vec<Diagnostic>> {
        self.client.read(request).map_err(told)
    }
}

fn told(problem: impl Into<Diagnostic>) -> Vec<Diagnostic> {
    vec![problem.into()]
}

fn unless_odd<T>(
    holds: bool,
    found: T,
    seen: String,
    odd: &str,
) -> Result<(T, String), Vec<Diagnostic>> {
    match holds {
        true => Ok((found, seen)),
        false => Err(told(Diagnostic::error(odd.to_owned()))),
    }
}

/// Tries everything that changes nothing, and with `write` also makes a draft profile and deletes it again.
pub fn selftest<'c>(client: &'c Client<'c>, write: bool) -> Vec<Step> {
    let mut tried = Tried {
        client,
        steps: Vec::new(),
    };
    tried.lists();
    tried.packs();
    tried.exports();
    tried.draft(write);
    tried.steps
}

impl Tried<'_> {
    fn lists(&mut self) {
        let projects = self.read::<Page<ProjectMetadata>>(&Request::get([
            "dashboard",
            "projects",
            "metadata",
        ]));
        let named = projects.and_then(|page| {
            let count = page.items.len();
            let named = page
                .items
                .iter()
                .all(|one| !one.metadata.uid.is_empty() && !one.metadata.name.is_empty());
            unless_odd(
                named,
                (),
                format!("{count} projects"),
                "a project has no name or no uid",
            )
        });
        self.step("projects have names and uids", named);
        let registries = Registries::of(self.client).map_err(told);
        let known = registries.and_then(|registries| {
            let seen = format!("{} registries", registries.len());
            unless_odd(
                registries.are_named(),
                (),
                seen,
                "a registry lacks its uid, name or kind",
            )
        });
        self.step("registries have uids, names and kinds", known);
    }

    fn packs(&mut self) {
        let asked = Request::search(["packs", "search"], &json!({"filter": {}, "sort": []}));
        let page = self.read::<Page<PackMetadata>>(&asked.with("limit", "50"));
        let page = page.and_then(|page| {
            let seen = format!("{} packs on the first page", page.items.len());
            unless_odd(
                !page.items.is_empty(),
                (),
                seen,
                "the list of packs is empty",
            )
        });
        self.step("an empty filter lists packs", page);
        let client = self.client;
        let catalog = Catalog::of(client).map_err(told);
        let Some(catalog) = self.step(
            "pages of packs come to an end",
            catalog.map(|catalog| {
                let seen = format!("{} packs in all", catalog.len());
                (catalog, seen)
            }),
        ) else {
            return;
        };
        const VERSIONS: &str = "versions of a pack are listed, also disabled ones";
        const VALUES: &str = "a version of a pack has values and presets";
        let Some(name) = catalog.first() else {
            self.skip(VERSIONS, "there is no pack");
            return self.skip(VALUES, "there is no pack");
        };
        let prefer = Preferred {
            uid: "",
            name: "",
            only: false,
        };
        let found = catalog.find(name, &Wanted::Newest, prefer).map_err(told);
        let found = found.and_then(|found| {
            let found =
                found.map_err(|_| told(Diagnostic::error(format!("`{name}` has no version"))))?;
            // No version is this one, so that disabled ones are asked for too.
            let none = Wanted::Exactly("no such version".to_owned());
            let _ = catalog.find(name, &none, prefer).map_err(told)?;
            let seen = format!("`{name}` {} in `{}`", found.version, found.registry);
            Ok((found, seen))
        });
        let Some(pack) = self.step(VERSIONS, found) else {
            return self.skip(VALUES, "no version is known");
        };
        let answer = catalog.answer(&pack).map_err(told).and_then(|answer| {
            let answer: Value = serde_json::from_str(&answer.body).unwrap_or_default();
            let values = &answer["packValues"][0];
            let count = values["values"].as_str().map_or(0, str::len);
            let seen = format!(
                "{count} bytes, {} presets",
                values["presets"].as_array().map_or(0, Vec::len)
            );
            unless_odd(
                values["values"].is_string(),
                (),
                seen,
                "`packValues[0].values` is not there",
            )
        });
        self.step(VALUES, answer);
    }

    fn exports(&mut self) {
        const BYTES: &str = "an export has the bytes that this program would write";
        let listed = profiles::list(self.client).map_err(told);
        let Some(profiles) = self.step(
            "profiles have names, versions and uids",
            listed.and_then(|profiles| {
                let named = |one: &TenantProfile| {
                    ![&one.name, &one.version, &one.uid]
                        .iter()
                        .any(|text| text.is_empty())
                };
                let seen = format!("{} versions of profiles", profiles.len());
                unless_odd(
                    profiles.iter().all(named),
                    profiles,
                    seen,
                    "a profile lacks its name, version or uid",
                )
            }),
        ) else {
            return self.skip(BYTES, "no profile is known");
        };
        let Some(profile) = profiles.first() else {
            return self.skip(BYTES, "there is no profile");
        };
        let text = profiles::export(self.client, &profile.uid).map_err(told);
        let same = text.and_then(|text| {
            let source = Source::new("Palette's export", text);
            profile::read(&source)?;
            let tree: Value = serde_json::from_str(source.text()).unwrap_or_default();
            let bytes = to_palette_json(&tree).unwrap_or_default();
            let seen = format!("{} {}", profile.name, profile.version);
            unless_odd(
                bytes == source.text().as_bytes(),
                (),
                seen,
                "it is written in another way",
            )
        });
        self.step(BYTES, same);
    }

    /// Makes a draft profile, looks at it, and deletes it.
    fn draft(&mut self, write: bool) {
        const MADE: &str = "a draft is imported";
        const THERE: &str = "it is found by name and version";
        const SAME: &str = "it is exported with the same content";
        const TWICE: &str = "its name and version are refused a second time";
        const GONE: &str = "it can be deleted";
        if !write {
            for claim in [MADE, THERE, SAME, TWICE, GONE] {
                self.skip(claim, "`--write` was not given");
            }
            return;
        }
        let client = self.client;
        let import = Import::of(&Source::new(NAME, sample().to_string()));
        let sent = import.and_then(|import| {
            let there = profiles::list(client).map_err(told)?;
            if there.iter().any(|one| one.name == NAME) {
                return Err(told(Diagnostic::error(format!(
                    "a profile `{NAME}` already exists; delete it in Palette"
                ))));
            }
            let uid = import.send(client, false)?;
            let seen = format!("uid {uid}");
            Ok(((import, uid), seen))
        });
        let Some((import, uid)) = self.step(MADE, sent) else {
            for claim in [THERE, SAME, TWICE, GONE] {
                self.skip(claim, "there is no draft");
            }
            return;
        };
        let there = profiles::list(client).map_err(told).and_then(|there| {
            let found = there.iter().find(|one| one.uid == uid);
            let seen = match found.and_then(|one| one.draft) {
                Some(false) => "published",
                _ => "a draft",
            };
            let seen = seen.to_owned();
            unless_odd(
                found.is_some(),
                there,
                seen,
                "it is not in the list of profiles",
            )
        });
        match self.step(THERE, there) {
            None => self.skip(SAME, "it was not found"),
            Some(there) => {
                let same = import.verdict(client, &there).and_then(|verdict| {
                    let same = matches!(verdict, Verdict::Same(_));
                    unless_odd(
                        same,
                        (),
                        "no difference".to_owned(),
                        "it comes back with differences",
                    )
                });
                self.step(SAME, same);
            }
        }
        let again = match import.validate(client) {
            Ok(()) => Err(told(Diagnostic::error(
                "Palette's validation takes it again",
            ))),
            Err(trouble) => Ok(((), Diagnostic::from(trouble).message().to_owned())),
        };
        self.step(TWICE, again);
        let gone = client.ask(&Request::write(
            Method::Delete,
            ["clusterprofiles", &uid],
            None,
        ));
        let gone = gone.map_err(told).and_then(|_| {
            let there = profiles::list(client).map_err(told)?;
            let gone = there.iter().all(|one| one.uid != uid);
            unless_odd(
                gone,
                (),
                "it is gone".to_owned(),
                "it is still in the list of profiles",
            )
        });
        self.step(GONE, gone);
    }
}

/// A profile that no cluster is ever given: one manifest, one variable, characters that are escaped.
fn sample() -> Value {
    json!({
        "metadata": {"name": NAME, "description": "made and deleted by a self-test", "labels": {}},
        "spec": {
            "version": "0.0.1",
            "template": {
                "type": "add-on",
                "cloudType": "all",
                "packs": [{
                    "name": NAME,
                    "type": "manifest",
                    "layer": "addon",
                    "version": "1.0.0",
                    "tag": "1.0.0",
                    "values": "pack:\n  spectrocloud.com/install-priority: \"0\"",
                    "registry": {"metadata": {
                        "uid": "", "name": "", "kind": "", "isPrivate": false, "providerType": "", "isSyncSupported": false,
                    }},
                    "manifests": [{
                        "name": NAME,
                        "content": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: vmo-ra-selftest\ndata:\n  text: \"<{{.spectro.var.word}}> & \u{fc}\"\n",
                    }],
                }],
            },
            "variables": [{
                "name": "word", "displayName": "A word", "description": "", "format": "string", "required": false,
                "defaultValue": "word", "immutable": false, "hidden": false, "isSensitive": false,
            }],
        },
    })
}
