//! Imports profiles into a tenant, and verifies that they arrived.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::answers::Made;
use super::catalog::{Catalog, Preferred};
use super::client::{Client, parsed};
use super::profiles::{self, TenantProfile, next_free};
use super::registries::Registries;
use super::transport::{Method, Request};
use super::trouble::Trouble;
use crate::diagnostic::{Diagnostic, Source};
use crate::diff::{self, Input, Options, Report};
use crate::pack::Library;
use crate::profile::{self, Document, Profile};
use crate::version::Wanted;

/// A profile on its way into a tenant.
pub struct Import {
    /// What messages call it.
    pub file: String,
    /// What it says, with the tenant's own registries once [`Import::resolve`] has written them in.
    pub profile: Profile,
    /// All of its text, with unknown keys.
    body: Value,
}

/// What the tenant has of a profile.
pub enum Verdict {
    /// Nothing of its name and version.
    New,
    /// The same content, under this uid.
    Same(String),
    /// Other content under its name and version.
    Other {
        /// The uid of that.
        uid: String,
        /// What importing it would change.
        report: Box<Report>,
        /// The next version that is free.
        next: Option<String>,
    },
}

/// What became of a profile that was imported.
pub struct Arrived {
    /// Variables that Palette left out and that were written afterwards.
    pub variables_written: usize,
    /// What is different in the tenant nevertheless.
    pub report: Report,
}

impl Import {
    /// Takes a profile, with all of its text.
    pub fn new(file: &str, profile: Profile, body: Value) -> Self {
        Import {
            file: file.to_owned(),
            profile,
            body,
        }
    }

    /// Takes a profile in Palette's own form.
    ///
    /// # Errors
    /// The text is not such a profile.
    pub fn of(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let document = Document::read(source)?;
        let profile = profile::from_value(source, document.value().clone())?;
        Ok(Import::new(source.name(), profile, document.into_value()))
    }

    /// `NAME VERSION`, for messages.
    pub fn title(&self) -> String {
        format!(
            "{} {}",
            self.profile.metadata.name, self.profile.spec.version
        )
    }

    /// Writes the tenant's registries into it, by name and kind.
    ///
    /// # Errors
    /// The tenant lacks one.
    pub fn resolve(&mut self, registries: &Registries) -> Result<(), Vec<Diagnostic>> {
        registries.resolve(&self.profile.spec.template.packs, &mut self.body)?;
        let source = Source::new(self.file.clone(), String::new());
        self.profile = profile::from_value(&source, self.body.clone())?;
        Ok(())
    }

    /// The layers whose packs the tenant lacks.
    ///
    /// # Errors
    /// They could not be asked for.
    pub fn missing(&self, catalog: &Catalog<'_>) -> Result<Vec<Diagnostic>, Trouble> {
        let mut problems = Vec::new();
        for layer in &self.profile.spec.template.packs {
            if layer.kind == "manifest" {
                continue;
            }
            let registry = &layer.registry.metadata;
            let prefer = Preferred {
                uid: &registry.uid,
                name: &registry.name,
                only: !registry.uid.is_empty() || !registry.name.is_empty(),
            };
            // A duplicate of a pack has a name of its own in front.
            let name = layer
                .name
                .rsplit_once("--")
                .map_or(layer.name.as_str(), |(_, pack)| pack);
            let wanted = Wanted::of_tag(&layer.version);
            if let Err(missing) = catalog.find(name, &wanted, prefer)? {
                problems.push(self.is_about(missing.into()));
            }
        }
        Ok(problems)
    }

    /// The same problem, where it is not said yet which profile it is about.
    pub fn is_about(&self, problem: Diagnostic) -> Diagnostic {
        problem.because(format!("this is about {}", self.title()))
    }

    /// What the tenant has of it.
    ///
    /// # Errors
    /// It could not be asked for or compared.
    pub fn verdict(
        &self,
        client: &Client<'_>,
        there: &[TenantProfile],
    ) -> Result<Verdict, Vec<Diagnostic>> {
        let Some(same) = self.find(there) else {
            return Ok(Verdict::New);
        };
        let report = self.compare(client, &same.uid)?;
        if report.changes.is_empty() {
            return Ok(Verdict::Same(same.uid.clone()));
        }
        Ok(Verdict::Other {
            uid: same.uid.clone(),
            report: Box::new(report),
            next: next_free(
                there,
                &self.profile.metadata.name,
                &self.profile.spec.version,
            ),
        })
    }

    /// The profile of its name and version.
    pub fn find<'p>(&self, there: &'p [TenantProfile]) -> Option<&'p TenantProfile> {
        let (name, version) = (&self.profile.metadata.name, &self.profile.spec.version);
        there
            .iter()
            .find(|one| one.name == *name && one.version == *version)
    }

    /// What is different in the tenant, from there to here.
    fn compare(&self, client: &Client<'_>, uid: &str) -> Result<Report, Vec<Diagnostic>> {
        let text = profiles::export(client, uid).map_err(Diagnostic::from)?;
        let source = Source::new("Palette's export", text);
        let exported = profile::read(&source)?;
        let side = |name: &str, profile: Profile| Input {
            name: name.to_owned(),
            profiles: vec![profile],
            revision: None,
        };
        Ok(diff::compare(
            &side("Palette", exported),
            &side(&self.file, self.profile.clone()),
            &Library::built_in()?,
            &Options::default(),
        )?)
    }

    /// Lets Palette look at it without importing it.
    ///
    /// # Errors
    /// Palette says no.
    pub fn validate(&self, client: &Client<'_>) -> Result<(), Trouble> {
        let mut request = Request::search(["clusterprofiles", "import", "validate"], &Value::Null);
        request.body = Some(self.text());
        client.read::<Map<String, Value>>(&request).map(|_| ())
    }

    fn text(&self) -> String {
        self.body.to_string()
    }

    /// Reads back what was imported, and writes variables that did not arrive.
    ///
    /// # Errors
    /// It could not be read back or completed. It is there all the same.
    pub fn arrived(&self, client: &Client<'_>, uid: &str) -> Result<Arrived, Vec<Diagnostic>> {
        Ok(Arrived {
            variables_written: self
                .complete_variables(client, uid)
                .map_err(Diagnostic::from)?,
            report: self.compare(client, uid)?,
        })
    }

    /// Imports it, as a draft or for use, and gives its uid. Where the answer is lost, the tenant is looked at before it is
    /// sent again.
    ///
    /// # Errors
    /// Palette says no; whether it was imported is not known.
    pub fn send(&self, client: &Client<'_>, publish: bool) -> Result<String, Vec<Diagnostic>> {
        let request = Request::write(
            Method::Post,
            ["clusterprofiles", "import"],
            Some(self.text()),
        )
        .with("publish", publish.to_string());
        let mut was_lost = false;
        loop {
            let trouble = match client
                .ask(&request)
                .and_then(|text| parsed::<Made>(&request, &text))
            {
                Ok(made) => return Ok(made.uid),
                Err(trouble) => trouble,
            };
            if !matches!(trouble, Trouble::Unanswered { .. } | Trouble::Odd { .. }) {
                return Err(Diagnostic::from(trouble).into());
            }
            // It may be there all the same.
            let there = profiles::list(client).map_err(|unlisted| {
                let lost = "the import was sent, but its answer was lost";
                Diagnostic::from(unlisted).because(lost)
            })?;
            match self.verdict(client, &there)? {
                Verdict::Same(uid) => return Ok(uid),
                Verdict::New if !was_lost => was_lost = true,
                Verdict::New => {
                    let problem = Diagnostic::from(trouble.without_effect());
                    return Err(problem
                        .because("it was sent twice, but the profile is not there")
                        .into());
                }
                // Differences are reported about what arrived.
                Verdict::Other { uid, .. } => return Ok(uid),
            }
        }
    }

    /// Writes the variables that the tenant lacks after an import, and says how many those were. Where the answer is lost,
    /// the tenant is looked at.
    fn complete_variables(&self, client: &Client<'_>, uid: &str) -> Result<usize, Trouble> {
        let name = |variable: &Value| variable["name"].as_str().map(str::to_owned);
        let Some(Value::Array(wanted)) = self.body.pointer("/spec/variables") else {
            return Ok(0);
        };
        if wanted.is_empty() {
            return Ok(0);
        }
        let path = ["clusterprofiles", uid, "variables"];
        let lacking = || -> Result<usize, Trouble> {
            let there: Value = client.read(&Request::get(path))?;
            let there = there["variables"].as_array().into_iter().flatten();
            let there: BTreeSet<String> = there.filter_map(name).collect();
            let wanted = wanted.iter().filter_map(name);
            Ok(wanted.filter(|name| !there.contains(name)).count())
        };
        let lacked = lacking()?;
        if lacked > 0 {
            let body = json!({ "variables": wanted });
            let request = Request::write(Method::Put, path, Some(body.to_string()));
            match client.ask(&request) {
                Ok(_) => {}
                Err(Trouble::Unanswered { .. }) if lacking()? == 0 => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(lacked)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::super::transport::{Lost, Reply, Transport};
    use super::*;

    /// Takes everything, has no variables, and keeps the bodies that were sent.
    #[derive(Default)]
    struct Willing(RefCell<Vec<Value>>);

    impl Transport for Willing {
        fn send(&self, request: &Request, _: Option<&str>) -> Result<Reply, Lost> {
            let sent = request.body.as_deref().map(serde_json::from_str);
            self.0
                .borrow_mut()
                .extend(sent.map(|body| body.expect("it is JSON")));
            Ok(Reply {
                status: 200,
                retry_after: None,
                date: None,
                body: r#"{"uid": "u", "variables": []}"#.to_owned(),
            })
        }
    }

    #[test]
    fn keys_that_nobody_knows_go_along() {
        let registry = json!({"uid": "", "name": "", "kind": "", "isPrivate": false, "providerType": "", "novel": 1});
        let profile = json!({
            "metadata": {"name": "p", "description": "", "labels": {}, "novel": 2},
            "spec": {
                "version": "1.0.0",
                "template": {"type": "add-on", "cloudType": "all", "novel": 3, "packs": [{
                    "name": "l", "type": "manifest", "layer": "addon", "version": "1.0.0", "tag": "1.0.0", "values": "",
                    "registry": {"metadata": registry}, "manifests": [], "novel": 4,
                }]},
                "variables": [{"name": "v", "displayName": "v", "format": "string", "novel": [5]}],
            },
            "novel": {"deep": 6},
        });
        let import = Import::of(&Source::new("p.json", profile.to_string()));
        let import = import.unwrap_or_else(|problems| panic!("{problems:?}"));
        let willing = Willing::default();
        let client = Client::new(&willing, Duration::ZERO, &|_| {});
        assert_eq!(import.send(&client, true).ok().as_deref(), Some("u"));
        assert_eq!(import.complete_variables(&client, "u"), Ok(1));
        let variables = json!({"variables": profile["spec"]["variables"]});
        assert_eq!(willing.0.into_inner(), [profile, variables]);
    }
}
