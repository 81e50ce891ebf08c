//! The variables of templates: the site, the revision, and the macros of profile variables.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Request;
use crate::diagnostic::{Code, Diagnostic};
use crate::revision::{Role, Settings, Variable};
use crate::site::Site;
use crate::template::Engine;
use crate::yaml::Path;

/// The name of the variable for an array's token; further arrays count from 2.
const ARRAY_TOKEN: &str = "FlashArrayApiToken";

/// Everything that is the same for all templates of a run.
pub(super) struct Scope {
    site: Value,
    variables: Vec<Variable>,
    published: bool,
    settings: Value,
    kubernetes: Value,
}

impl Scope {
    pub(super) fn new(
        request: &Request<'_>,
        settings: &Settings,
        mut variables: Vec<Variable>,
    ) -> Result<Self, Diagnostic> {
        let site = request.site;
        add_array_variables(&mut variables, site);
        let mut value = serde_json::to_value(site).map_err(|error| {
            Diagnostic::error(format!("the site has no JSON form: {error}")).code(Code::Internal)
        })?;
        let mut set = |pointer: &str, new: Value| {
            let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
            if let Some(Value::Object(map)) = value.pointer_mut(parent) {
                map.insert(key.to_owned(), new);
            }
        };
        if site.nodes.pause_image.is_none() {
            set("/nodes/pauseImage", json!(settings.pause_image));
        }
        let mut gates = settings.feature_gates.clone();
        gates.extend(
            site.vmo
                .feature_gates
                .iter()
                .filter(|gate| !settings.feature_gates.contains(gate))
                .cloned(),
        );
        set("/vmo/featureGates", json!(gates));
        let storage_nodes = site
            .storage
            .max_storage_nodes
            .unwrap_or(site.cluster.workers);
        set("/storage/storageNodes", json!(storage_nodes));
        let printed = request.published.then(|| settings.others.get("printed"));
        let secret = array_secret(site, printed.flatten())?;
        set("/storage/secret", secret);
        if request.published {
            // The RA leaves the setting to the plugin's version.
            if let Some(Value::Array(nads)) = value.pointer_mut("/nads/list") {
                for nad in nads {
                    nad["preserveDefaultVlan"] = Value::Null;
                }
            }
        }
        Ok(Scope {
            site: value,
            variables,
            published: request.published,
            settings: json!(settings.others),
            kubernetes: json!({
                "version": settings.kubernetes,
                "minor": settings.kubernetes_minor(),
            }),
        })
    }

    /// The site as templates see it.
    pub(super) fn into_site(self) -> Value {
        self.site
    }

    pub(super) fn apply(&self, engine: &mut Engine) {
        let references: Map<String, Value> = self
            .variables
            .iter()
            .map(|variable| {
                (
                    variable.name.clone(),
                    Value::String(Variable::reference(&variable.name)),
                )
            })
            .collect();
        engine.set("site", &self.site);
        engine.set("var", &Value::Object(references));
        engine.set("published", &Value::Bool(self.published));
        engine.set("settings", &self.settings);
        engine.set("kubernetes", &self.kubernetes);
    }

    /// The variables that a profile may declare, in order.
    pub(super) fn variables(&self, role: Role) -> impl Iterator<Item = &Variable> {
        self.variables
            .iter()
            .filter(move |variable| variable.profile == role)
    }

    /// A value of the site as a text, for a variable's default.
    pub(super) fn site_text(&self, path: &str) -> Option<String> {
        let path: Path = path.parse().ok()?;
        match path.find(&self.site)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

/// One variable for the token of each array beyond the first.
fn add_array_variables(variables: &mut Vec<Variable>, site: &Site) {
    let Some(at) = variables
        .iter()
        .position(|variable| variable.name == ARRAY_TOKEN)
    else {
        return;
    };
    for number in 2..=site.storage.flash_arrays.len() {
        let mut variable = variables[at].clone();
        variable.name = array_variable(number);
        variable.display_name = format!("{} {number}", variable.display_name);
        variables.insert(at + number - 1, variable);
    }
}

fn array_variable(number: usize) -> String {
    match number {
        1 => ARRAY_TOKEN.to_owned(),
        _ => format!("{ARRAY_TOKEN}{number}"),
    }
}

/// pure.json, as Portworx reads it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PureJson {
    pub(crate) flash_arrays: Vec<PureArray>,
}

impl PureJson {
    /// The key that the Secret has it under.
    pub(crate) const FILE: &str = "pure.json";
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PureArray {
    #[serde(rename = "MgmtEndPoint")]
    pub(crate) endpoint: String,
    #[serde(rename = "APIToken")]
    pub(crate) token: String,
}

/// What the template of the Secret needs. Base64 hides a macro from Palette, so it is only made of known tokens; what the
/// RA prints (`printed`) stands in for the token that a site does not have.
fn array_secret(site: &Site, printed: Option<&Value>) -> Result<Value, Diagnostic> {
    let printed = |key: &str| printed.and_then(|printed| printed[key].as_str());
    let arrays = &site.storage.flash_arrays;
    let pure = PureJson {
        flash_arrays: arrays
            .iter()
            .zip(1..)
            .map(|(array, number)| PureArray {
                endpoint: array.endpoint.to_string(),
                token: match (&array.api_token, printed("flashArrayToken")) {
                    (Some(token), _) => token.reveal().to_owned(),
                    (None, Some(token)) => token.to_owned(),
                    (None, None) => Variable::reference(&array_variable(number)),
                },
            })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&pure).map_err(|error| {
        Diagnostic::error(format!("pure.json cannot be written: {error}")).code(Code::Internal)
    })?;
    text.push('\n');
    let all_known = printed("flashArrayToken").is_some()
        || arrays.iter().all(|array| array.api_token.is_some());
    let base64 = all_known.then(|| STANDARD.encode(&text));
    let namespace = printed("secretNamespace").unwrap_or(site.storage.namespace.as_str());
    Ok(json!({
        "name": "px-pure-secret",
        "namespace": namespace,
        "pureJson": text,
        "base64": base64,
    }))
}
