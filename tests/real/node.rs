//! Nodes as the rendered profiles make them: their files and commands, with the profile variables filled in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile::Profile;
use vmo_ra::render::{Request, render};
use vmo_ra::revision::Role;
use vmo_ra::site::{Inputs, NoInputs, Site};

use crate::common::programs::NAMESPACES;
use crate::common::{self, built_in, matrix};

pub const REVISIONS: [&str; 2] = ["1.7.0", "1.9.0"];

/// A file that cloud-init writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    pub path: String,
    pub owner: String,
    pub permissions: String,
    pub content: String,
}

/// What one layer brings to a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    pub files: Vec<File>,
    /// Commands before kubeadm, in order.
    pub pre: Vec<String>,
    /// Commands after kubeadm, in order.
    pub post: Vec<String>,
}

/// What one infra profile brings to a node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Revision and site, for messages.
    pub name: String,
    pub revision: &'static str,
    /// A part for each layer that has one, in the profile's order.
    pub parts: Vec<Part>,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Node {
    /// The node of a site's text. The site may name no files and no secrets.
    pub fn of(site: &str, revision: &'static str) -> Node {
        Node::with(site, revision, &NoInputs)
    }

    /// The node of a site's text and of what the site names.
    pub fn with(site: &str, revision: &'static str, inputs: &dyn Inputs) -> Node {
        let input = Site::parse(&Source::new("site.yaml", site), inputs)
            .unwrap_or_else(|problems| panic!("{site}: {problems:?}"));
        let request = Request {
            site: &input,
            revision: built_in::revision(revision),
            library: library(),
            profiles: &[Role::Infra],
            published: false,
        };
        let rendered = render(&request).unwrap_or_else(|problems| panic!("{site}: {problems:?}"));
        let name = format!("RA {revision}, {}", site.trim());
        Node::from_profile(name, revision, &rendered.profiles[0].profile)
    }

    fn from_profile(name: String, revision: &'static str, profile: &Profile) -> Node {
        let layers = &profile.spec.template.packs;
        let parts = layers
            .iter()
            .map(|layer| {
                let place = format!("{name}: {}", layer.name);
                let values = common::yaml(&place, &layer.values);
                part(&place, &values["kubeadmconfig"], profile)
            })
            .filter(|part| *part != Part::default())
            .collect();
        Node {
            name,
            revision,
            parts,
        }
    }

    pub fn files(&self) -> impl Iterator<Item = &File> {
        self.parts.iter().flat_map(|part| &part.files)
    }

    /// The content of a file.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files()
            .find(|file| file.path == path)
            .map(|file| file.content.as_str())
    }

    pub fn pre(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| &part.pre)
            .map(String::as_str)
    }

    pub fn post(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| &part.post)
            .map(String::as_str)
    }

    /// The command before kubeadm that has these words.
    #[track_caller]
    pub fn command(&self, words: &str) -> &str {
        self.pre()
            .find(|command| command.contains(words))
            .unwrap_or_else(|| panic!("{self}: no command with `{words}`"))
    }
}

fn part(place: &str, kubeadm: &Value, profile: &Profile) -> Part {
    let items = |key: &str| kubeadm[key].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| {
        let text = value.as_str().unwrap_or_else(|| panic!("{place}: {value}"));
        filled_in(text, profile)
    };
    Part {
        files: items("files")
            .iter()
            // The others are files of the pack itself.
            .filter(|file| !file["content"].is_null())
            .map(|file| File {
                path: text(&file["targetPath"]),
                owner: text(&file["targetOwner"]),
                permissions: text(&file["targetPermissions"]),
                content: text(&file["content"]),
            })
            .collect(),
        pre: items("preKubeadmCommands").iter().map(text).collect(),
        post: items("postKubeadmCommands").iter().map(text).collect(),
    }
}

/// A text as Palette leaves it: with the variables' defaults, or words of ours where there are none.
pub fn filled_in(text: &str, profile: &Profile) -> String {
    let mut text = text.to_owned();
    for variable in &profile.spec.variables {
        let value = variable.default_value.as_deref().unwrap_or("filled-in");
        let name = &variable.name;
        text = text.replace(&format!("{{{{ .spectro.var.{name} }}}}"), value);
    }
    assert!(
        !text.contains(".spectro."),
        "a macro without a variable: {text}"
    );
    text
}

/// The built-in packs, and those of the storage providers.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        Library::with_folders(&vmo_ra::disk::local(), &[matrix::storage_packs()])
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    })
}

/// Sites that switch what the common ones do not.
fn sites() -> Vec<(String, String)> {
    let folder = data("sites");
    let mut sites: Vec<(String, String)> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| {
            let path = entry.expect("it can be read").path();
            let text = fs::read_to_string(&path).expect("it can be read");
            (path.display().to_string(), text)
        })
        .collect();
    sites.sort();
    sites
}

/// The nodes of all sites and revisions that differ.
pub fn nodes() -> &'static [Node] {
    static NODES: OnceLock<Vec<Node>> = OnceLock::new();
    NODES.get_or_init(|| {
        let mut nodes: Vec<Node> = matrix::cases()
            .iter()
            .map(|case| {
                let infra = case
                    .rendered
                    .profiles
                    .iter()
                    .find(|profile| profile.role == Role::Infra)
                    .expect("all are rendered");
                Node::from_profile(case.to_string(), case.revision, &infra.profile)
            })
            .collect();
        for revision in REVISIONS {
            nodes.extend(sites().iter().map(|(name, text)| Node {
                name: format!("RA {revision}, {name}"),
                ..Node::of(text, revision)
            }));
        }
        let mut seen = BTreeSet::new();
        nodes.retain(|node| seen.insert((node.revision, node.parts.clone())));
        nodes
    })
}

/// A file or folder of the test's own data.
pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real")
        .join(path)
}

/// Writes a file and the folders above it.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it has a folder")).expect("it can be made");
    fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    for (name, text) in files(from) {
        let file = to.join(&name);
        write(&file, &text);
        let mode = fs::metadata(from.join(&name))
            .expect("it is there")
            .permissions()
            .mode();
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it can be set");
    }
}

/// All files below a folder. What is a link to nowhere here is empty.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("text");
        if path.is_dir() {
            for (below, text) in files(&path) {
                found.insert(format!("{name}/{below}"), text);
            }
        } else {
            found.insert(
                name.to_owned(),
                fs::read_to_string(&path).unwrap_or_default(),
            );
        }
    }
    found
}

/// Runs a program with a text on its standard input.
pub fn run(program: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut stdin = child.stdin.take().expect("it is piped");
    // Whoever ends before reading everything says so by its exit code.
    match stdin.write_all(input.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => panic!("{error}"),
        _ => {}
    }
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// What a program wrote on standard output and standard error.
pub fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Runs one of our shell scripts in mount and network namespaces of its own, so that the machine's files stay as they are.
pub fn privately(unshare: &Path, script: &str, arguments: &[&Path]) -> Output {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new(unshare)
        .args(NAMESPACES)
        .arg("sh")
        .arg(data(script))
        .args(arguments)
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .output()
        .expect("it starts")
}
