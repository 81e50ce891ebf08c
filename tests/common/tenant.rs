//! A Palette of the tests' own: a tenant with projects, registries, packs and profiles on a loopback address. It takes
//! nothing that the API's description does not have, and says nothing that it does not have.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use jsonschema::Validator;
use serde_json::{Value, json};
use vmo_ra::pack::{Library, Preset};
use vmo_ra::profile::to_palette_json;
use vmo_ra::version::Wanted;

use crate::common::Shared;
use crate::common::harness::root;
use crate::common::schema::{compile, complaints, from_swagger};

pub const KEY: &str = "K3yThatN0bodyMaySee";

pub const PUBLIC: &str = "5eecc89d0b150045ae661cef";
pub const COMMUNITY: &str = "64eaff5630402973c4e1856a";
pub const PROFILES: [&str; 3] = [
    "VMO-RA-Infra-MaaS-PureFlashArray",
    "VMO-RA-Core-PXKE",
    "VMO-RA-Templates",
];

/// The newest revision's profiles, as the golden files have them.
pub fn golden(name: &str) -> Value {
    golden_of("1.9.0", name)
}

fn golden_of(revision: &str, name: &str) -> Value {
    let text = fs::read_to_string(root(&format!("golden/{revision}/{name}.json")));
    serde_json::from_str(&text.expect("it is there")).expect("it is JSON")
}

/// A tenant with two projects, the registries of Palette, and every pack of those profiles.
pub fn with_packs() -> State {
    State {
        projects: vec![("p1", "Default"), ("p2", "Virtual machines")],
        registries: vec![
            (PUBLIC, "Public Repo", "pack", false),
            (COMMUNITY, "Palette Community Registry", "oci", true),
        ],
        packs: packs_of("1.9.0"),
        ..State::default()
    }
}

/// Every pack of a revision, without values.
fn packs_of(revision: &str) -> Vec<Pack> {
    let mut packs = Vec::new();
    for profile in PROFILES {
        let profile = golden_of(revision, profile);
        let layers = profile["spec"]["template"]["packs"]
            .as_array()
            .expect("layers")
            .clone();
        let layers = layers.iter().filter(|layer| layer["type"] != "manifest");
        packs.extend(layers.map(|layer| {
            let word = |key: &str| layer[key].as_str().expect("a text").to_owned();
            pack(&word("name"), &word("version"), PUBLIC)
        }));
    }
    packs
}

pub fn pack(name: &str, version: &str, registry: &str) -> Pack {
    Pack {
        name: name.to_owned(),
        registry: registry.to_owned(),
        version: version.to_owned(),
        state: "",
        values: "pack: {}\n".to_owned(),
        presets: json!([]),
    }
}

/// The same tenant, whose packs have the values and presets of ours.
pub fn with_values() -> State {
    let mut state = with_packs();
    give_values(&mut state.packs);
    state
}

/// A tenant that also has the packs of 1.7.0, and those that stand in for the vendors' packs of other storage.
pub fn with_all_packs() -> State {
    let mut state = with_packs();
    for older in packs_of("1.7.0") {
        let is_known = |pack: &Pack| (&pack.name, &pack.version) == (&older.name, &older.version);
        if !state.packs.iter().any(is_known) {
            state.packs.push(older);
        }
    }
    give_values(&mut state.packs);
    for entry in fs::read_dir(root("tests/storage_packs")).expect("it is there") {
        let folder = entry.expect("an entry").path();
        let text = |file: &str| fs::read_to_string(folder.join(file)).expect("it is there");
        let about: Value = serde_json::from_str(&text("pack.json")).expect("it is JSON");
        let word = |key: &str| about[key].as_str().expect("a text");
        state.packs.push(Pack {
            values: text("values.yaml"),
            ..pack(word("name"), word("version"), PUBLIC)
        });
    }
    state
}

fn give_values(packs: &mut [Pack]) {
    let library = Library::built_in().expect("it is whole");
    for pack in packs {
        let wanted = Wanted::Exactly(pack.version.clone());
        let found = library.choose(&pack.name, &wanted).expect("it is built in");
        let ours = found.pack().expect("it can be read");
        let preset = |preset: &Preset| {
            json!({
                "name": preset.name, "displayName": preset.display_name, "group": preset.group,
                "add": preset.add.text(), "remove": preset.remove.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        };
        pack.values = ours.values.text().to_owned();
        pack.presets = ours.presets.iter().map(preset).collect();
    }
}

/// What goes wrong with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The answer comes too late.
    Slow,
    /// The connection breaks in the middle of the answer, after the request was carried out.
    CutOff,
    /// The connection breaks before anything is done.
    Dropped,
    /// This status and body, and nothing is done.
    Status(u16, &'static str),
    /// The request is carried out, and a gateway answers with 504.
    LostAnswer,
    /// The answer is a login page.
    NoJson,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub project: Option<String>,
}

/// A version of a pack: its name, its registry's uid, its version, its state, and whether Palette answers its values.
#[derive(Clone)]
pub struct Pack {
    pub name: String,
    pub registry: String,
    pub version: String,
    pub state: &'static str,
    pub values: String,
    pub presets: Value,
}

/// A profile: its uid, its project, what was imported, and who uses it.
#[derive(Clone)]
pub struct Profile {
    pub uid: String,
    pub project: Option<String>,
    pub body: Value,
    pub draft: bool,
    pub clusters: Vec<(&'static str, &'static str)>,
}

#[derive(Default)]
pub struct State {
    pub projects: Vec<(&'static str, &'static str)>,
    /// uid, name, kind, whether it is private
    pub registries: Vec<(&'static str, &'static str, &'static str, bool)>,
    pub packs: Vec<Pack>,
    pub profiles: Vec<Profile>,
    pub seen: Vec<Seen>,
    /// The fault of the request with that number, from 0.
    pub faults: BTreeMap<usize, Fault>,
    /// What every profile is refused with.
    pub refuses_profiles: Option<&'static str>,
    /// Whether variables are lost on import.
    pub drops_variables: bool,
    /// What was refused for being no request of the API's description.
    pub breaches: Vec<String>,
    /// When requests came, for the limits.
    pub buckets: BTreeMap<&'static str, (f64, Option<Instant>)>,
    /// How many profiles were imported.
    pub made: usize,
}

/// The API's description.
struct Api {
    document: Value,
    schemas: Mutex<BTreeMap<String, Arc<Validator>>>,
}

impl Api {
    fn schema(&self, reference: &str) -> Arc<Validator> {
        let name = reference.trim_start_matches("#/definitions/");
        let mut schemas = self.schemas.lock().expect("no thread died");
        let schema = schemas.entry(name.to_owned()).or_insert_with(|| {
            let mut document = self.document.clone();
            // Exports have it, the description has not.
            document["definitions"]["v1Variable"]["properties"]["order"] =
                json!({"type": "string"});
            Arc::new(compile(name, from_swagger(&document, name)))
        });
        Arc::clone(schema)
    }

    /// The operation of a request, with the parameters of its path.
    fn operation(&self, method: &str, path: &str) -> Option<Value> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &str| {
            let wanted: Vec<&str> = template.split('/').collect();
            wanted.len() == parts.len()
                && wanted
                    .iter()
                    .zip(&parts)
                    .all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
        };
        let paths = self.document["paths"].as_object()?;
        // A path without a parameter goes before one that has it.
        let mut found: Vec<&String> = paths.keys().filter(|template| fits(template)).collect();
        found.sort_by_key(|template| template.matches('{').count());
        let path = &paths[found.first()?.as_str()];
        let mut operation = path[method.to_lowercase()].clone();
        let shared = path["parameters"].as_array().cloned().unwrap_or_default();
        let own = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        operation
            .as_object_mut()?
            .insert("parameters".to_owned(), [own, shared].concat().into());
        Some(operation)
    }
}

/// A running tenant.
pub struct Tenant {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

struct Request {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, String>,
    body: String,
}

/// The status and the body of an answer.
type Answer = (u16, String);

impl Tenant {
    /// Starts it. Without the API's description at hand there is none.
    pub fn start(state: State) -> Option<Self> {
        static API: OnceLock<Option<Api>> = OnceLock::new();
        let api = API.get_or_init(|| {
            Some(Api {
                document: Shared::find()?.json("schemas/palette-api.json"),
                schemas: Mutex::default(),
            })
        });
        let api = api.as_ref()?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let state = Arc::new(Mutex::new(state));
        let served = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&served);
                thread::spawn(move || serve(stream, api, &state));
            }
        });
        Some(Tenant { state, address })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no thread died")
    }

    pub fn host(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut stream: TcpStream, api: &Api, state: &Mutex<State>) {
    let Some(request) = read(&stream) else { return };
    let mut state = state.lock().expect("no thread died");
    let number = state.seen.len();
    state.seen.push(Seen {
        method: request.method.clone(),
        path: request.path.clone(),
        project: request.headers.get("projectuid").cloned(),
    });
    let fault = state.faults.get(&number).cloned();
    let answer = match &fault {
        Some(Fault::Dropped) => return,
        Some(Fault::Status(status, body)) => (*status, (*body).to_owned()),
        Some(Fault::NoJson) => (200, "<html>log in</html>".to_owned()),
        _ => state.answer(api, &request),
    };
    drop(state);
    let (status, body) = match fault {
        Some(Fault::LostAnswer) => (504, String::new()),
        _ => answer,
    };
    if fault == Some(Fault::Slow) {
        thread::sleep(Duration::from_secs(5));
    }
    let kind = match api.operation(&request.method, &request.path) {
        Some(operation) if status < 300 => produced(&operation),
        _ => JSON.to_owned(),
    };
    let mut text = format!(
        "HTTP/1.1 {status} X\r\nDate: {DATE}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    if fault == Some(Fault::CutOff) {
        // One byte less than was promised, for an empty answer a part of its head.
        text.pop();
        if body.is_empty() {
            text.truncate(20);
        }
    }
    // Whoever has hung up wants no answer.
    let _ = stream.write_all(text.as_bytes());
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().expect("a number"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
    Some(Request {
        method,
        query: query.collect(),
        path: path.to_owned(),
        headers,
        body: String::from_utf8(body).expect("requests are text"),
    })
}

/// When all answers are given.
pub const DATE: &str = "Mon, 30 Nov 2026 08:00:00 GMT";
const JSON: &str = "application/json";

/// What kind of answer an operation gives.
fn produced(operation: &Value) -> String {
    operation["produces"][0].as_str().unwrap_or(JSON).to_owned()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().expect("a digit"), rest.next().expect("a digit")];
                u8::from_str_radix(std::str::from_utf8(&digits).expect("digits"), 16)
                    .expect("digits")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("text")
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"code": code, "message": message, "details": {}, "ref": "b7c0"});
    (status, body.to_string())
}

impl State {
    /// Checks a request against the description, carries it out, and checks the answer.
    fn answer(&mut self, api: &Api, request: &Request) -> Answer {
        if request.headers.get("apikey").map(String::as_str) != Some(KEY) {
            return refusal(401, "InvalidApiKey", "the API key is not valid");
        }
        if let Some(project) = request.headers.get("projectuid")
            && !self.projects.iter().any(|(uid, _)| uid == project)
        {
            return refusal(500, "ProjectNotFound", "the project is not found");
        }
        if self.is_too_often(&request.path) {
            self.breaches
                .push(format!("{} came too often", request.path));
            return refusal(429, "TooManyRequests", "");
        }
        let Some(operation) = api.operation(&request.method, &request.path) else {
            return self.breach(request, "there is no such path");
        };
        let accepted = request.headers.get("accept").map_or("", String::as_str);
        let produced = produced(&operation);
        if accepted.split(", ").all(|kind| kind != produced) {
            return self.breach(request, &format!("it does not take {produced}"));
        }
        if operation["responses"].is_null() {
            return self.breach(request, "the path has no such method");
        }
        let parameters = operation["parameters"].as_array().expect("a list");
        for (name, value) in &request.query {
            let parameter = parameters
                .iter()
                .find(|one| one["in"] == "query" && one["name"] == name.as_str());
            let fits = parameter.is_some_and(|one| match one["type"].as_str() {
                Some("integer") => value.parse::<u64>().is_ok(),
                Some("boolean") => matches!(value.as_str(), "true" | "false"),
                _ => true,
            });
            if !fits || (name == "limit" && value.parse::<u64>().is_ok_and(|limit| limit > 50)) {
                return self.breach(request, &format!("it has no query {name}={value}"));
            }
        }
        let body = parameters.iter().find(|one| one["in"] == "body");
        let given: Value = serde_json::from_str(&request.body).unwrap_or(Value::Null);
        if let Some(body) = body {
            if request.headers.get("content-type").map(String::as_str) != Some(JSON) {
                return self.breach(request, "its body is not JSON");
            }
            let schema = api.schema(body["schema"]["$ref"].as_str().expect("a reference"));
            let wrong = complaints("body", &schema, &given);
            if !wrong.is_empty() {
                return self.breach(request, &wrong.join("; "));
            }
        } else if !request.body.is_empty() {
            return self.breach(request, "it takes no body");
        }
        let (status, answer) = self.carried_out(request, &given);
        let described = &operation["responses"][status.to_string()];
        if let Some(reference) = described["schema"]["$ref"].as_str() {
            let answer: Value = serde_json::from_str(&answer).expect("answers are JSON");
            let wrong = complaints("answer", &api.schema(reference), &answer);
            assert!(wrong.is_empty(), "{}: {}", request.path, wrong.join("; "));
        }
        (status, answer)
    }

    fn breach(&mut self, request: &Request, what: &str) -> Answer {
        self.breaches
            .push(format!("{} {}: {what}", request.method, request.path));
        refusal(422, "InvalidRequest", what)
    }

    /// Whether more comes than Palette takes from an address.
    fn is_too_often(&mut self, path: &str) -> bool {
        let (family, rate, burst) = match path.starts_with("/v1/clusterprofiles") {
            true => ("profiles", 50.0, 250.0),
            false => ("others", 10.0, 50.0),
        };
        let now = Instant::now();
        let (left, counted) = self.buckets.entry(family).or_insert((burst, None));
        let passed = counted.map_or(0.0, |counted| (now - counted).as_secs_f64());
        *left = f64::min(*left + passed * rate, burst) - 1.0;
        *counted = Some(now);
        *left < 0.0
    }

    fn carried_out(&mut self, request: &Request, body: &Value) -> Answer {
        let parts: Vec<String> = request.path.split('/').skip(2).map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let query = |name: &str| {
            let found = request.query.iter().find(|(known, _)| known == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let project = request.headers.get("projectuid").cloned();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["dashboard", "projects", "metadata"]) => {
                let items = self
                    .projects
                    .iter()
                    .map(|(uid, name)| json!({"metadata": {"uid": uid, "name": name}}));
                (200, json!({"items": items.collect::<Vec<_>>()}).to_string())
            }
            ("GET", ["registries", "metadata"]) => {
                let items = self.registries.iter().map(|(uid, name, kind, private)| {
                    json!({"uid": uid, "name": name, "kind": kind, "isPrivate": private, "scope": "system"})
                });
                (200, json!({"items": items.collect::<Vec<_>>()}).to_string())
            }
            ("POST", ["packs", "search"]) => {
                let mut names: Vec<&str> =
                    self.packs.iter().map(|pack| pack.name.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                let items = names.iter().map(|name| {
                    let mut uids: Vec<&str> = self
                        .packs
                        .iter()
                        .filter(|pack| pack.name == *name)
                        .map(|pack| pack.registry.as_str())
                        .collect();
                    uids.sort_unstable();
                    uids.dedup();
                    let registries: Vec<Value> = uids
                        .iter()
                        .map(|uid| json!({"uid": uid, "name": self.registry(uid)}))
                        .collect();
                    json!({"kind": "Pack", "spec": {"name": name, "registries": registries}})
                });
                page(items.collect(), query("limit"), query("continue"))
            }
            ("GET", ["packs", name, "registries", registry]) => {
                let states: Vec<&str> = query("states")
                    .split(',')
                    .filter(|state| !state.is_empty())
                    .collect();
                let tags: Vec<Value> = (self.packs.iter())
                    .filter(|pack| pack.name == *name && pack.registry == *registry)
                    .filter(|pack| match states.is_empty() {
                        true => pack.state != "disabled",
                        false => states.contains(&pack.state),
                    })
                    .map(|pack| json!({"packUid": uid_of(pack), "version": pack.version, "tag": pack.version}))
                    .collect();
                (
                    200,
                    json!({"name": name, "registryUid": registry, "tags": tags}).to_string(),
                )
            }
            ("GET", ["packs", uid]) => match self.packs.iter().find(|pack| uid_of(pack) == *uid) {
                Some(pack) => {
                    let answer = json!({
                        "name": pack.name, "layer": "addon", "registryUid": pack.registry,
                        "tags": [{"packUid": uid, "version": pack.version, "tag": pack.version}],
                        "packValues": [{"packUid": uid, "values": pack.values, "presets": pack.presets, "schema": []}],
                    });
                    (200, answer.to_string())
                }
                None => refusal(500, "PackNotFound", "the pack is not found"),
            },
            ("POST", ["dashboard", "clusterprofiles"]) => {
                // One item for each name, of the newest version, with all versions.
                let mut items = Vec::new();
                let mut names: Vec<&str> = self.visible(project.as_deref()).map(name_of).collect();
                names.sort_unstable();
                names.dedup();
                for name in names {
                    let versions: Vec<&Profile> = self
                        .visible(project.as_deref())
                        .filter(|one| name_of(one) == name)
                        .collect();
                    items.extend(versions.last().map(|newest| summary(newest, &versions)));
                }
                page(items, query("limit"), query("continue"))
            }
            ("GET", ["dashboard", "clusterprofiles", uid]) => match self.profile(uid) {
                Some(profile) => (200, summary(profile, &[profile]).to_string()),
                None => no_profile(),
            },
            ("GET", ["clusterprofiles", uid, "export"]) => match self.profile(uid) {
                Some(profile) => (200, exported(&profile.body)),
                None => no_profile(),
            },
            ("POST", ["clusterprofiles", "import", "validate"]) => {
                match self.refused(body, project.as_deref()) {
                    Some(refused) => refused,
                    None => (200, body.to_string()),
                }
            }
            ("POST", ["clusterprofiles", "import"]) => {
                if let Some(refused) = self.refused(body, project.as_deref()) {
                    return refused;
                }
                self.made += 1;
                let uid = format!("profile{}", self.made);
                let mut body = body.clone();
                if self.drops_variables {
                    body["spec"]["variables"] = json!([]);
                }
                self.profiles.push(Profile {
                    uid: uid.clone(),
                    project,
                    body,
                    draft: query("publish") != "true",
                    clusters: Vec::new(),
                });
                (201, json!({"uid": uid}).to_string())
            }
            ("GET", ["clusterprofiles", uid, "variables"]) => match self.profile(uid) {
                Some(profile) => (
                    200,
                    json!({"variables": profile.body["spec"]["variables"]}).to_string(),
                ),
                None => no_profile(),
            },
            ("PUT", ["clusterprofiles", uid, "variables"]) => {
                match self.profiles.iter_mut().find(|profile| profile.uid == *uid) {
                    Some(profile) => {
                        profile.body["spec"]["variables"] = body["variables"].clone();
                        (204, String::new())
                    }
                    None => no_profile(),
                }
            }
            ("DELETE", ["clusterprofiles", uid]) => {
                self.profiles.retain(|profile| profile.uid != *uid);
                (204, String::new())
            }
            _ => self.breach(request, "this tenant does not do that"),
        }
    }

    fn registry(&self, uid: &str) -> &str {
        let found = self.registries.iter().find(|(known, ..)| *known == uid);
        found.map_or("", |(_, name, ..)| name)
    }

    fn profile(&self, uid: &str) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.uid == uid)
    }

    /// What a project sees: its own, and the tenant's.
    fn visible<'s>(&'s self, project: Option<&'s str>) -> impl Iterator<Item = &'s Profile> {
        self.profiles.iter().filter(move |profile| {
            profile.project.is_none() || profile.project.as_deref() == project
        })
    }

    /// Why an import is refused.
    fn refused(&self, body: &Value, project: Option<&str>) -> Option<Answer> {
        if let Some(answer) = self.refuses_profiles {
            return Some((500, answer.to_owned()));
        }
        let (name, version) = (&body["metadata"]["name"], &body["spec"]["version"]);
        let is_there = |one: &Profile| {
            one.body["metadata"]["name"] == *name
                && one.body["spec"]["version"] == *version
                && one.project.as_deref() == project
        };
        if self.profiles.iter().any(is_there) {
            return Some(refusal(
                500,
                "ClusterProfileAlreadyExists",
                "name and version are there",
            ));
        }
        for layer in body["spec"]["template"]["packs"]
            .as_array()
            .into_iter()
            .flatten()
        {
            if layer["type"] == "manifest" {
                continue;
            }
            let registry = &layer["registry"]["metadata"]["uid"];
            let is_it = |pack: &Pack| {
                layer["name"] == pack.name.as_str()
                    && layer["version"] == pack.version.as_str()
                    && *registry == pack.registry.as_str()
            };
            if !self.packs.iter().any(is_it) {
                return Some(refusal(
                    500,
                    "PackNotFound",
                    &format!("no pack {} {registry}", layer["name"]),
                ));
            }
        }
        for variable in body["spec"]["variables"].as_array().into_iter().flatten() {
            let masked = variable["defaultValue"]
                .as_str()
                .is_some_and(|value| value.contains("***"));
            if masked || variable["format"].as_str().unwrap_or_default().is_empty() {
                return Some(refusal(
                    500,
                    "VariableValidationFailed",
                    &format!("variable {}", variable["name"]),
                ));
            }
        }
        None
    }
}

fn no_profile() -> Answer {
    refusal(500, "ClusterProfileNotFound", "the profile is not found")
}

fn name_of(profile: &Profile) -> &str {
    profile.body["metadata"]["name"]
        .as_str()
        .expect("profiles have names")
}

pub fn uid_of(pack: &Pack) -> String {
    format!("{}-{}-{}", pack.name, pack.version, pack.registry)
}

fn summary(profile: &Profile, versions: &[&Profile]) -> Value {
    let version = |one: &&Profile| json!({"uid": one.uid, "version": one.body["spec"]["version"]});
    let template = &profile.body["spec"]["template"];
    let template = json!({"type": template["type"], "cloudType": template["cloudType"]});
    let form = if profile.draft { "draft" } else { "published" };
    let clusters: Vec<Value> = profile
        .clusters
        .iter()
        .map(|(uid, name)| json!({"uid": uid, "name": name}))
        .collect();
    json!({
        "metadata": {"uid": profile.uid, "name": profile.body["metadata"]["name"]},
        "specSummary": {
            "version": profile.body["spec"]["version"],
            "versions": versions.iter().map(version).collect::<Vec<_>>(),
            form: template,
        },
        "status": {"isPublished": !profile.draft, "inUseClusters": clusters},
    })
}

/// A page of a list, with what asks for the next.
fn page(items: Vec<Value>, limit: &str, next: &str) -> Answer {
    let limit: usize = limit.parse().unwrap_or(50);
    let from: usize = next
        .strip_prefix("from ")
        .map_or(0, |from| from.parse().expect("a number"));
    let to = items.len().min(from + limit);
    let next = if to < items.len() {
        format!("from {to}")
    } else {
        String::new()
    };
    let listmeta = json!({"continue": next, "limit": limit, "count": items.len()});
    (
        200,
        json!({"items": items[from..to], "listmeta": listmeta}).to_string(),
    )
}

/// A profile as Palette exports it: defaults written out, secrets left out, an order that it makes up.
fn exported(body: &Value) -> String {
    let mut body = body.clone();
    for (number, variable) in body["spec"]["variables"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let variable = variable.as_object_mut().expect("a variable is a map");
        if variable.get("isSensitive") == Some(&json!(true)) {
            variable.remove("defaultValue");
        }
        variable.entry("inputType").or_insert_with(|| json!("text"));
        variable.insert(
            "order".to_owned(),
            json!(format!("1786383172331486041{number:03}")),
        );
    }
    let bytes = to_palette_json(&body).expect("it has a JSON form");
    String::from_utf8(bytes).expect("JSON is text")
}
