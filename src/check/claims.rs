//! Tests the RA's claims on a profile.

mod values;
mod xml;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::cluster::commands::plain::same_condition;
use crate::cluster::node_text;
use crate::cluster::node_text::udev;
use crate::cluster::nodes::Nodes;
use crate::diagnostic::Diagnostic;
use crate::pack::{PresetName, enabled_presets};
use crate::profile::{Layer, Profile, Variable, with_macros_replaced};
use crate::revision::{Claim, Expectation, Language, Statement, Target};
use crate::secret::{self, Way};
use crate::version::Wanted;
use crate::yaml::{self, Limits, Path, Step};

use values::text_of;

/// A profile with its texts parsed once.
pub struct Subject<'p> {
    profile: &'p Profile,
    layers: Vec<ParsedLayer<'p>>,
    nodes: OnceLock<Nodes>,
    /// What its files say, by their paths, once that was asked for.
    said: RefCell<BTreeMap<String, Result<Option<Value>, String>>>,
}

struct ParsedLayer<'p> {
    layer: &'p Layer,
    values: Value,
    manifests: Vec<(&'p str, Vec<Value>)>,
    /// What the commands before and after kubeadm run.
    commands: [OnceLock<Value>; 2],
}

/// Which form of a claim a profile has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What the RA prints.
    Printed,
    /// What an erratum says instead.
    Corrected,
}

/// What a claim expects, and what is there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// What is expected; the printed form and the corrected one where there are two.
    pub expected: String,
    /// What was found, without secrets.
    pub found: String,
}

impl<'p> Subject<'p> {
    /// Parses the values and manifests of a profile.
    ///
    /// # Errors
    /// A text that is not YAML.
    pub fn new(profile: &'p Profile) -> Result<Self, Vec<Diagnostic>> {
        let mut layers = Vec::new();
        for layer in &profile.spec.template.packs {
            // How a macro is spaced is nothing to Palette.
            let said = |text: &str| with_macros_replaced(text, |whole, _| spaced(whole));
            let values = secret::source(format!("values of {}", layer.name), said(&layer.values));
            let mut manifests = Vec::new();
            for manifest in &layer.manifests {
                let source = secret::source(
                    format!("manifest {}", manifest.name),
                    said(&manifest.content),
                );
                let mut documents = yaml::to_json_all(&source, Limits::VALUES)?;
                documents.iter_mut().for_each(decode_secret);
                manifests.push((manifest.name.as_str(), documents));
            }
            let values = yaml::to_json(&values, Limits::VALUES)?;
            layers.push(ParsedLayer {
                layer,
                values,
                manifests,
                commands: [OnceLock::new(), OnceLock::new()],
            });
        }
        Ok(Subject {
            profile,
            layers,
            nodes: OnceLock::new(),
            said: RefCell::default(),
        })
    }

    /// Whether the claim is about this profile at all.
    pub fn concerns(&self, claim: &Claim) -> bool {
        let holds = |condition: Statement<'_>| self.stands(claim, &condition).is_ok();
        let (given, unless) = (claim.given().ok().flatten(), claim.unless().ok().flatten());
        given.is_none_or(holds) && !unless.is_some_and(holds)
    }

    /// Which form of the claim the profile has.
    ///
    /// # Errors
    /// It has neither.
    pub fn form(&self, claim: &Claim) -> Result<Form, Miss> {
        let broken = |found: String| Miss {
            expected: "a claim that can be read".to_owned(),
            found,
        };
        let printed = claim.printed().map_err(broken)?;
        let is_left_out = || {
            let found = self.look_up(claim, &printed);
            found.is_ok_and(|found| found.is_none())
        };
        // Left out, as in the default output.
        if claim.optional && claim.erratum.is_some() && is_left_out() {
            return Ok(Form::Corrected);
        }
        let miss = match self.hold(claim, &printed) {
            Ok(()) => return Ok(Form::Printed),
            Err(miss) => miss,
        };
        let Some(corrected) = claim.corrected().map_err(broken)? else {
            return Err(miss);
        };
        // Shows the expected text of the printed form, and the found text at the place of the corrected form.
        self.hold(claim, &corrected)
            .map(|()| Form::Corrected)
            .map_err(|other| Miss {
                expected: format!("{}, or {} instead", miss.expected, other.expected),
                found: other.found,
            })
    }

    /// Tests whether the profile meets a check, and nothing overrides it.
    ///
    /// # Errors
    /// It does not, or its place is missing.
    pub fn hold(&self, claim: &Claim, statement: &Statement<'_>) -> Result<(), Miss> {
        self.stands(claim, statement)?;
        let miss = |found: String| Miss {
            expected: statement.expectation.to_string(),
            found,
        };
        let Some(parsed) = self.layer(claim) else {
            return Ok(());
        };
        let Layer { tag, version, .. } = parsed.layer;
        let is_version = statement.target == Target::Pack("version");
        if is_version && !tag.is_empty() && !Wanted::of_tag(tag).fits(version) {
            return Err(miss(format!("the tag `{tag}`, which is another version")));
        }
        for place in &claim.overridden_by {
            for found in values::over(&parsed.values, place).map_err(miss)? {
                if !is_the_same(&statement.expectation, &found).map_err(miss)? {
                    let shown = self.shown(statement, &found);
                    return Err(miss(format!("{shown} at `{place}`, which overrides it")));
                }
            }
        }
        Ok(())
    }

    /// Tests whether the profile has something.
    fn stands(&self, claim: &Claim, statement: &Statement<'_>) -> Result<(), Miss> {
        let expectation = &statement.expectation;
        let miss = |found: String| Miss {
            expected: expectation.to_string(),
            found,
        };
        let found = self.look_up(claim, statement).map_err(miss)?;
        let is_left_out = found.as_deref().is_none_or(Value::is_null);
        if claim.optional && is_left_out {
            return Ok(());
        }
        match (expectation, found) {
            (Expectation::Absent, None) => Ok(()),
            (_, None) => Err(miss("nothing".to_owned())),
            (expectation, Some(found)) => {
                let holds = |one: &&Value| test(expectation, one);
                let wrong = match (&statement.target, found.as_array().map(Vec::as_slice)) {
                    // The list may hold more than what runs.
                    (Target::Image(_), Some([Value::Array(named), Value::Array(listed)])) => {
                        let is_listed = listed.iter().any(|one| holds(&one) == Ok(true));
                        let unlisted = listed.iter().take_while(|_| !is_listed);
                        named
                            .iter()
                            .chain(unlisted)
                            .find(|one| holds(one) != Ok(true))
                    }
                    _ => match holds(&&*found).map_err(miss)? {
                        true => None,
                        false => Some(&*found),
                    },
                };
                let Some(wrong) = wrong else {
                    return match self.undone_later(statement) {
                        Some(what) => Err(miss(what)),
                        None => Ok(()),
                    };
                };
                Err(miss(match expectation {
                    Expectation::Runs { command, .. } => {
                        self.shown(statement, &nearest(command, wrong))
                    }
                    _ => self.shown(statement, wrong),
                }))
            }
        }
    }

    /// What later undoes the effect of a claim's command.
    fn undone_later(&self, statement: &Statement<'_>) -> Option<String> {
        let Expectation::Runs { command, .. } = statement.expectation else {
            return None;
        };
        let pattern = pattern(command).ok()?;
        if command.contains("/etc/default/kubelet")
            && let Some(what) = self.nodes().without_extra_flags()
        {
            return Some(what);
        }
        self.nodes()
            .undone_later(|run| run.forms().iter().any(|words| pattern.is_match(words)))
    }

    /// What was found, as a report may show it: without secrets, and not at length.
    fn shown(&self, statement: &Statement<'_>, found: &Value) -> String {
        const ROOM: usize = 160;
        let target = &statement.target;
        let path = match target {
            Target::Values(path) | Target::Manifest { path, .. } => path,
            Target::Variable { name, .. } => name,
            _ => "",
        };
        let steps = [path, statement.at].map(str::parse::<Path>);
        let steps: Vec<Step> = steps
            .into_iter()
            .flatten()
            .flat_map(|path| path.steps().to_vec())
            .collect();
        let is_sensitive = match *target {
            Target::Variable { name, .. } => self.variable(name).is_some_and(|it| it.is_sensitive),
            Target::Manifest { path: "", .. } => false,
            Target::Manifest { name, document, .. } => {
                let is_first =
                    |key: &str| matches!(steps.first(), Some(Step::Key(first)) if first == key);
                let documents = self
                    .layers
                    .iter()
                    .flat_map(|layer| &layer.manifests)
                    .filter(|(found, _)| *found == name);
                let mut kinds = documents
                    .filter_map(|(_, documents)| documents.get(document)?.get("kind")?.as_str());
                kinds.any(|kind| kind == "Secret") && (is_first("data") || is_first("stringData"))
            }
            _ => false,
        };
        let start = match *target {
            Target::File(path) => Way::of_file(path),
            _ => Way::default(),
        };
        let way = steps.iter().fold(start, |way, step| match step {
            Step::Key(key) => way.below(key),
            // The name of an item tells what its value is.
            Step::Item(_, name) => Way::named(name.as_str()).or(&way),
            Step::Index(_) | Step::Each => way,
        });
        // An answer file keeps a password one level below the key that names it.
        let above = steps.iter().rev().nth(1);
        let way = match (statement.language, above) {
            (Some(Language::Xml), Some(Step::Key(key))) => Way::named(key.as_str()).or(&way),
            _ => way,
        };
        let hide = |_: &str| "(a secret)".to_owned();
        let found = secret::hidden(found, &way.in_secret(is_sensitive), &hide);
        let text = match statement.expectation {
            Expectation::Runs { .. } => commands_in_words(&found),
            _ => found.to_string(),
        };
        match text.char_indices().nth(ROOM) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Another manifest with the object that a document of one has.
    fn second(&self, name: &str, document: usize) -> Option<&str> {
        let identity = |document: &Value| {
            let keys = ["/kind", "/metadata/name", "/metadata/namespace"];
            keys.map(|key| {
                document
                    .pointer(key)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            })
        };
        let manifests = || self.layers.iter().flat_map(|layer| &layer.manifests);
        let (_, documents) = manifests().find(|(known, _)| *known == name)?;
        let wanted = identity(documents.get(document)?);
        let mut all = manifests()
            .flat_map(|(name, documents)| documents.iter().map(move |document| (*name, document)));
        let first = all.find(|(_, document)| identity(document) == wanted);
        first.filter(|_| wanted[1].is_some())?;
        all.find(|(_, document)| identity(document) == wanted)
            .map(|(name, _)| name)
    }

    fn nodes(&self) -> &Nodes {
        let layers = self.layers.iter().map(|layer| &layer.values);
        self.nodes.get_or_init(|| Nodes::of(layers))
    }

    /// What a file of a node says.
    fn says(&self, path: &str) -> Result<Option<Value>, String> {
        let known = self.said.borrow().get(path).cloned();
        known.unwrap_or_else(|| {
            let says = self.nodes().says(path);
            self.said.borrow_mut().insert(path.to_owned(), says.clone());
            says
        })
    }

    /// The layer that a claim is about, where the profile has it.
    fn layer(&self, claim: &Claim) -> Option<&ParsedLayer<'p>> {
        let name = claim.layer.as_deref()?;
        let mut layers = self.layers.iter();
        layers.find(|parsed| parsed.layer.name == name)
    }

    fn look_up<'s>(
        &'s self,
        claim: &Claim,
        statement: &Statement<'_>,
    ) -> Result<Option<Cow<'s, Value>>, String> {
        let target = &statement.target;
        let found = match *target {
            Target::Profile(field) => Some(Cow::Owned(self.profile_field(field)?)),
            Target::Variable { name, field } => self.variable_field(name, field).map(Cow::Owned),
            Target::File(path) if self.layer(claim).is_some() => self.says(path)?.map(Cow::Owned),
            _ => {
                let name = claim.layer.as_deref();
                let name =
                    name.ok_or_else(|| format!("the claim `{}` names no layer", claim.id))?;
                let parsed = self.layer(claim);
                let parsed = parsed.ok_or_else(|| format!("no layer `{name}`"))?;
                let is_absent = matches!(
                    statement.expectation,
                    Expectation::Absent | Expectation::Count(0)
                );
                if !is_absent
                    && !claim.even_if_off
                    && let Target::Values(path) = target
                    && let Some(switch) = values::off(&parsed.values, &path.parse()?)
                {
                    return Err(format!("{switch}, which switches it off"));
                }
                if let Target::Manifest { name, document, .. } = *target
                    && let Some(other) = self.second(name, document)
                {
                    return Err(format!("the same object also in the manifest `{other}`"));
                }
                parsed.look_up(target)?
            }
        };
        let Some(found) = found else { return Ok(None) };
        let says = match (target, statement.language, found.as_str()) {
            (Target::File(_), ..) => found.into_owned(),
            (_, Some(Language::Json), Some(text)) => {
                serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?
            }
            (_, Some(Language::Yaml), Some(text)) => node_text::yaml("", text)?,
            (_, Some(Language::Xml), Some(text)) => xml::tree(text)?,
            _ => return Ok(Some(found)),
        };
        if statement.at.is_empty() {
            return Ok(Some(Cow::Owned(says)));
        }
        let path: Path = statement.at.parse()?;
        Ok(values::find(&says, &path)?.cloned().map(Cow::Owned))
    }

    fn profile_field(&self, field: &str) -> Result<Value, String> {
        let template = &self.profile.spec.template;
        Ok(Value::String(match field {
            "name" => self.profile.metadata.name.clone(),
            "type" => template.kind.clone(),
            "cloudType" => template.cloud_type.clone(),
            "version" => self.profile.spec.version.clone(),
            "layers" => {
                let names: Vec<&str> = template
                    .packs
                    .iter()
                    .map(|layer| layer.name.as_str())
                    .collect();
                names.join(",")
            }
            _ => return Err(format!("a profile has no field `{field}`")),
        }))
    }

    fn variable(&self, name: &str) -> Option<&Variable> {
        let mut variables = self.profile.spec.variables.iter();
        variables.find(|variable| variable.name == name)
    }

    fn variable_field(&self, name: &str, field: &str) -> Option<Value> {
        serde_json::to_value(self.variable(name)?)
            .ok()?
            .get(field)
            .cloned()
    }
}

/// A macro with one blank at each end.
fn spaced(whole: &str) -> String {
    let inside = whole.trim_start_matches('{').trim_end_matches('}');
    format!("{{{{ {} }}}}", inside.trim())
}

/// Gives a Secret the readable form of its data, beside it.
fn decode_secret(document: &mut Value) {
    if document.get("kind").and_then(Value::as_str) != Some("Secret") {
        return;
    }
    let Some(Value::Object(data)) = document.get("data") else {
        return;
    };
    let decoded: Map<String, Value> = data
        .iter()
        .filter_map(|(key, value)| {
            let bytes = STANDARD.decode(value.as_str()?).ok()?;
            Some((key.clone(), String::from_utf8(bytes).ok()?.into()))
        })
        .collect();
    if let Value::Object(map) = document {
        let slot = map
            .entry("stringData")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(known) = slot {
            for (key, value) in decoded {
                known.entry(key).or_insert(value);
            }
        }
    }
}

impl ParsedLayer<'_> {
    fn look_up(&self, target: &Target<'_>) -> Result<Option<Cow<'_, Value>>, String> {
        match *target {
            Target::Values(path) => find(&self.values, path),
            Target::Manifest {
                name,
                document,
                path,
            } => {
                let Some((_, documents)) = self.manifests.iter().find(|(found, _)| *found == name)
                else {
                    return Ok(None);
                };
                match documents.get(document) {
                    Some(document) if path.is_empty() => Ok(Some(Cow::Borrowed(document))),
                    Some(document) => find(document, path),
                    None => Ok(None),
                }
            }
            Target::Pack(field) => Ok(Some(Cow::Owned(Value::String(match field {
                "version" => self.layer.version.clone(),
                "tag" => self.layer.tag.clone(),
                "type" => self.layer.kind.clone(),
                "layer" => self.layer.layer.clone(),
                "name" => self.layer.name.clone(),
                "registry" => self.layer.registry.metadata.name.clone(),
                _ => return Err(format!("a layer has no field `{field}`")),
            })))),
            Target::Preset(preset) => {
                let wanted: PresetName = preset.parse()?;
                let found = enabled_presets(&self.layer.values)
                    .into_iter()
                    .find(|found| {
                        found.name == wanted.name && found.group.eq_ignore_ascii_case(&wanted.group)
                    });
                Ok(found.map(|found| Cow::Owned(Value::String(found.to_string()))))
            }
            Target::Image(repository) => {
                let [named, listed] = values::versions(&self.values, repository);
                let is_known = !named.is_empty() || !listed.is_empty();
                Ok(is_known.then(|| Cow::Owned(serde_json::json!([named, listed]))))
            }
            Target::Command(when) => {
                let (known, key) = match when {
                    "pre" => (&self.commands[0], "/kubeadmconfig/preKubeadmCommands"),
                    "post" => (&self.commands[1], "/kubeadmconfig/postKubeadmCommands"),
                    _ => return Err(format!("`{when}` is neither `pre` nor `post`")),
                };
                Ok(Some(Cow::Borrowed(known.get_or_init(|| {
                    let texts = self.list(key).iter().filter_map(Value::as_str);
                    node_text::script(&texts.collect::<Vec<_>>().join("\n"))
                }))))
            }
            Target::File(_) | Target::Profile(_) | Target::Variable { .. } => Ok(None),
        }
    }

    fn list(&self, pointer: &str) -> &[Value] {
        let list = self.values.pointer(pointer).and_then(Value::as_array);
        list.map(Vec::as_slice).unwrap_or_default()
    }
}

fn find<'v>(root: &'v Value, path: &str) -> Result<Option<Cow<'v, Value>>, String> {
    Ok(values::find(root, &path.parse()?)?.map(Cow::Borrowed))
}

/// Whether an override has the same value, in the form of its place: a text, or a version after a `v`.
fn is_the_same(expectation: &Expectation<'_>, found: &Value) -> Result<bool, String> {
    let Value::String(text) = found else {
        return test(expectation, found);
    };
    let text = text.strip_prefix('v').unwrap_or(text);
    let typed = serde_json::from_str(text).ok();
    let forms = [Some(found.clone()), Some(text.into()), typed];
    for form in forms.into_iter().flatten() {
        if test(expectation, &form)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The commands that begin like the wanted one.
fn nearest(command: &str, found: &Value) -> Value {
    let begins: String = command
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let commands = found.as_array().map(Vec::as_slice).unwrap_or_default();
    let runs = |entry: &&Value| {
        let mut texts = forms(entry).filter_map(|form| form["run"].as_str());
        texts.any(|text| text.starts_with(&begins))
    };
    Value::Array(commands.iter().filter(runs).cloned().collect())
}

/// Commands with their conditions.
fn commands_in_words(commands: &Value) -> String {
    let quoted = |text: &Value| format!("`{}`", text.as_str().unwrap_or_default());
    let of_one = |entry: &Value| {
        let run = quoted(&entry["run"]);
        let when = entry["when"].as_array().map(Vec::as_slice);
        match when.unwrap_or_default() {
            [] => run,
            when => {
                let when: Vec<String> = when.iter().map(quoted).collect();
                format!("{run} where {}", when.join(", "))
            }
        }
    };
    let commands = commands.as_array().map(Vec::as_slice).unwrap_or_default();
    match commands.iter().map(of_one).collect::<Vec<_>>().as_slice() {
        [] => "no such command".to_owned(),
        all => all.join("; "),
    }
}

fn pattern(pattern: &str) -> Result<regex_lite::Regex, String> {
    regex_lite::Regex::new(&format!("(?s)^(?:{pattern})$"))
        .map_err(|error| format!("`{pattern}`: {error}"))
}

/// Whether one of the commands is what a claim expects.
fn runs_it(expectation: &Expectation<'_>, commands: &[Value]) -> Result<bool, String> {
    let Expectation::Runs {
        command,
        when,
        may_lack,
        before,
        reaches,
    } = expectation
    else {
        return Ok(false);
    };
    let pattern = pattern(command)?;
    let before = before.map(self::pattern).transpose()?;
    let wanted: Vec<String> = when.iter().map(|text| same_condition(text)).collect();
    let meets = |form: &Value| {
        let list = form.get("when").and_then(Value::as_array);
        list.is_some_and(|list| {
            let mut texts = list.iter().filter_map(Value::as_str).map(same_condition);
            match may_lack {
                true => texts.all(|text| wanted.contains(&text)),
                false => texts.eq(wanted.iter().cloned()),
            }
        })
    };
    let is_it = |form: &Value| {
        let run = form.get("run").and_then(Value::as_str);
        run.is_some_and(|run| {
            let reached = |disk: &str| udev::triggers(run, disk);
            pattern.is_match(run) && reaches.is_none_or(reached)
        }) && meets(form)
    };
    let comes_behind = |place: usize| {
        let rest = commands.get(place + 1..).unwrap_or_default();
        before.as_ref().is_none_or(|pattern| {
            let mut runs = rest.iter().flat_map(forms);
            runs.any(|form| {
                form["run"]
                    .as_str()
                    .is_some_and(|run| pattern.is_match(run))
            })
        })
    };
    let mut places = commands.iter().enumerate();
    Ok(places.any(|(place, entry)| forms(entry).any(is_it) && comes_behind(place)))
}

/// A command, and all that does the same.
fn forms(entry: &Value) -> impl Iterator<Item = &Value> {
    let same = entry.get("same").and_then(Value::as_array);
    std::iter::once(entry).chain(same.into_iter().flatten())
}

fn test(expectation: &Expectation<'_>, found: &Value) -> Result<bool, String> {
    Ok(match expectation {
        Expectation::Equals(wanted) => *wanted == found,
        Expectation::Text(wanted) => text_of(found).is_some_and(|text| text == *wanted),
        Expectation::Contains(wanted) => found
            .as_array()
            .is_some_and(|items| items.iter().any(|item| item.as_str() == Some(wanted))),
        Expectation::Lacks(unwanted) => found
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.as_str() != Some(unwanted))),
        Expectation::Matches(wanted) => {
            let pattern = pattern(wanted)?;
            text_of(found).is_some_and(|text| pattern.is_match(&text))
        }
        Expectation::Runs { .. } => {
            let commands = found.as_array().map(Vec::as_slice).unwrap_or_default();
            runs_it(expectation, commands)?
        }
        Expectation::Some => match found {
            Value::Array(items) => !items.is_empty(),
            Value::Object(map) => !map.is_empty(),
            Value::String(text) => !text.is_empty(),
            _ => false,
        },
        Expectation::Count(wanted) => match found {
            Value::Array(items) => items.len() == *wanted,
            Value::Object(map) => map.len() == *wanted,
            _ => false,
        },
        Expectation::Present => !found.is_null(),
        Expectation::Absent => false,
    })
}
