//! The projects and registries of a tenant.

use serde_json::{Map, Value};

use super::answers::{Page, ProjectMetadata, RegistryMetadata};
use super::client::Client;
use super::transport::Request;
use super::trouble::Trouble;
use crate::diagnostic::{Code, Diagnostic};
use crate::profile::Layer;

/// A project of the tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its uid.
    pub uid: String,
    /// Its name.
    pub name: String,
}

/// The project of this name or uid.
///
/// # Errors
/// There is no such registry, several have the name, or the request failed.
pub fn project(client: &Client<'_>, wanted: &str) -> Result<Project, Diagnostic> {
    let request = Request::get(["dashboard", "projects", "metadata"]);
    let projects: Page<ProjectMetadata> = client.read(&request)?;
    let projects: Vec<Project> = projects
        .items
        .into_iter()
        .map(|project| Project {
            uid: project.metadata.uid,
            name: project.metadata.name,
        })
        .collect();
    if let Some(project) = projects.iter().find(|project| project.uid == wanted) {
        return Ok(project.clone());
    }
    let mut named = projects.iter().filter(|project| project.name == wanted);
    match (named.next(), named.next()) {
        (Some(project), None) => Ok(project.clone()),
        (Some(_), Some(_)) => Err(Diagnostic::error(format!(
            "several projects have the name `{wanted}`"
        ))
        .code(Code::UnknownName)
        .help("give the project's uid instead")),
        (None, _) => Err(
            Diagnostic::error(format!("the key has access to no project `{wanted}`"))
                .code(Code::UnknownName)
                .did_you_mean(wanted, projects.iter().map(|project| project.name.as_str()))
                .help("leave the project out to use the whole tenant"),
        ),
    }
}

/// The registries of a tenant.
pub struct Registries(Vec<RegistryMetadata>);

impl Registries {
    /// Asks for them.
    ///
    /// # Errors
    /// They could not be asked for.
    pub fn of(client: &Client<'_>) -> Result<Self, Trouble> {
        let request = Request::get(["registries", "metadata"]).with("scope", "all");
        let registries: Page<RegistryMetadata> = client.read(&request)?;
        Ok(Registries(registries.items))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether each has what a layer refers to it by.
    pub(super) fn are_named(&self) -> bool {
        let is_named = |one: &RegistryMetadata| {
            ![&one.uid, &one.name, &one.kind]
                .iter()
                .any(|text| text.is_empty())
        };
        self.0.iter().all(is_named)
    }

    /// The registry that a layer means: that of its uid, else the one of its name and kind. Layers of manifests only name
    /// none.
    fn meant(&self, layer: &Layer) -> Result<Option<&RegistryMetadata>, Diagnostic> {
        let named = &layer.registry.metadata;
        if layer.kind == "manifest" || (named.uid.is_empty() && named.name.is_empty()) {
            return Ok(None);
        }
        let is_named = |one: &&RegistryMetadata| {
            one.name == named.name && (named.kind.is_empty() || one.kind == named.kind)
        };
        let by_uid = self
            .0
            .iter()
            .find(|one| !one.uid.is_empty() && one.uid == named.uid);
        if let Some(registry) = by_uid.or_else(|| self.0.iter().find(is_named)) {
            return Ok(Some(registry));
        }
        let what = if named.name.is_empty() {
            format!("with the uid {}", named.uid)
        } else {
            format!("`{}` of the kind `{}`", named.name, named.kind)
        };
        Err(Diagnostic::error(format!(
            "layer `{}`: the tenant has no registry {what}",
            layer.name
        ))
        .code(Code::UnknownName)
        .did_you_mean(&named.name, self.0.iter().map(|one| one.name.as_str()))
        .help("name a registry of the tenant in the site, under `registries`"))
    }

    /// Writes the tenant's own uids of registries into a profile, by name and kind.
    ///
    /// # Errors
    /// A layer names a registry that the tenant lacks.
    pub(super) fn resolve(
        &self,
        layers: &[Layer],
        profile: &mut Value,
    ) -> Result<(), Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let packs = profile
            .pointer_mut("/spec/template/packs")
            .and_then(Value::as_array_mut);
        for (layer, written) in layers.iter().zip(packs.into_iter().flatten()) {
            match self.meant(layer) {
                Ok(None) => {}
                Ok(Some(registry)) => {
                    if let Some(Value::Object(metadata)) = written.pointer_mut("/registry/metadata")
                    {
                        write(registry, metadata);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}

/// What the tenant says of a registry; what it does not say (`isSyncSupported`, `providerType`) stays.
fn write(registry: &RegistryMetadata, metadata: &mut Map<String, Value>) {
    metadata.insert("uid".to_owned(), registry.uid.clone().into());
    metadata.insert("name".to_owned(), registry.name.clone().into());
    metadata.insert("kind".to_owned(), registry.kind.clone().into());
    metadata.insert("isPrivate".to_owned(), registry.is_private.into());
}
