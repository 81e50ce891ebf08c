//! What things are, without a disk.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::*;
use crate::disk::{Text, read_text};
use crate::site::NoInputs;

const SITE: &str = "cluster: {name: a}\n";
const PROFILE_JSON: &str = r#"{"metadata":{"name":"p"},"spec":{"template":{"type":"add-on","packs":[{"name":"l","type":"oci","values":"a: 1\n"}]}}}"#;
const FLAT: &str = "name: p\ntype: add-on\npacks:\n- {name: l, tag: 1.0.0}\n";
const ANSWER: &str = r#"{"kind":"ClusterProfile","apiVersion":"v1","metadata":{"name":"p"},"spec":{"published":{"type":"add-on","packs":[{"name":"l","type":"oci","registryUid":"u","manifests":[{"kind":"manifest","name":"m","uid":"x"}]}]}}}"#;
const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// What is at a path.
#[derive(Debug)]
enum Stub {
    File(Vec<u8>),
    /// A file that not everybody may read.
    Private(&'static str),
    Pipe,
    /// Where it leads to, from the top.
    Link(&'static str),
}

/// A disk in memory; folders are where files are.
#[derive(Debug)]
struct Memory(BTreeMap<PathBuf, Stub>);

impl Memory {
    fn of<const N: usize>(files: [(&str, Stub); N]) -> Self {
        Memory(files.map(|(path, stub)| (PathBuf::from(path), stub)).into())
    }

    fn is_folder(&self, path: &Path) -> bool {
        let below = |one: &&PathBuf| *one != path && one.starts_with(path);
        path == Path::new(".") || self.0.keys().any(|one| below(&one))
    }
}

impl Disk for Memory {
    fn entry(&self, path: &Path, follow: bool) -> io::Result<Entry> {
        let path = if follow {
            self.resolve(path)?
        } else {
            path.to_path_buf()
        };
        match self.0.get(&path) {
            Some(Stub::File(_) | Stub::Private(_)) => Ok(Entry::File),
            Some(Stub::Pipe) => Ok(Entry::Other),
            Some(Stub::Link(_)) => Ok(Entry::Link),
            None if self.is_folder(&path) => Ok(Entry::Folder),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<(OsString, Entry)>> {
        let below = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(folder).ok());
        let mut names: Vec<OsString> = below
            .filter_map(|path| path.iter().next().map(OsString::from))
            .collect();
        names.dedup();
        names
            .into_iter()
            .map(|name| Ok((name.clone(), self.entry(&folder.join(name), false)?)))
            .collect()
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        match self.0.get(path) {
            Some(Stub::Link(target)) => self.resolve(Path::new(target)),
            _ => Ok(path.to_path_buf()),
        }
    }

    fn read(&self, path: &Path, largest: u64) -> io::Result<Text> {
        let (bytes, private) = match self.0.get(&self.resolve(path)?) {
            Some(Stub::File(bytes)) => (bytes.as_slice(), false),
            Some(Stub::Private(text)) => (text.as_bytes(), true),
            Some(Stub::Pipe | Stub::Link(_)) => panic!("{} is waited for", path.display()),
            None => return Err(io::ErrorKind::NotFound.into()),
        };
        let text = read_text(bytes, largest)?;
        Ok(Text { text, private })
    }
}

impl Machine for Memory {
    fn inputs(&self, _: &Path) -> Box<dyn Inputs + '_> {
        Box::new(NoInputs)
    }
}

fn file(text: &str) -> Stub {
    Stub::File(text.as_bytes().to_vec())
}

/// What is loaded, in one word each; or all that is wrong.
fn kinds(disk: &Memory, name: &str) -> Result<Vec<String>, String> {
    let loaded = load(disk, name).map_err(|error| {
        let is_unread = error.iter().any(Diagnostic::is_of_the_system);
        let code = if is_unread { 3 } else { 2 };
        let messages = error.iter().map(Diagnostic::message);
        format!("{code}: {}", messages.collect::<Vec<_>>().join("; "))
    })?;
    let items = loaded.items.iter().map(|item| match item {
        Item::Site(_, problems) if problems.is_empty() => "site".to_owned(),
        Item::Site(..) => "site with mistakes".to_owned(),
        Item::Profile(profile) => format!("{:?} {}", profile.form, profile.texts[0].values),
        Item::Manifests(source) => format!("manifests {}", source.name()),
    });
    Ok(items.collect())
}

#[test]
fn texts_are_told_apart_by_their_keys() {
    let export = Kind::Profile(Form::Export);
    let helm = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
    for (text, kind) in [
        (SITE, Kind::Site),
        ("{cluster: {name: a}}\n", Kind::Site),
        ("{\"cluster\": {\"name\": \"a\"}}", Kind::Site),
        ("# about\r\n---\r\ncluster:\r\n  name: a\r\n", Kind::Site),
        ("\u{feff}cluster: {name: a}\n", Kind::Site),
        ("clutser: {workers: 3}\n", Kind::Site),
        ("  cluster:\n    name: a\n", Kind::Site),
        ("cluster: [\n", Kind::Site),
        (PROFILE_JSON, export),
        ("metadata: {name: p}\nspec:\n  template: {}\n", export),
        ("{\"metadata\": {\"name\": \"a", export),
        (FLAT, Kind::Profile(Form::Flat)),
        (ANSWER, Kind::Profile(Form::Answer)),
        (
            "kind: ClusterProfile\nmetadata: {}\nspec:\n  published: {}\n",
            Kind::Profile(Form::Answer),
        ),
        (
            "metadata: {}\nspec:\n  draft:\n    packs: []\n",
            Kind::Profile(Form::Answer),
        ),
        (MANIFEST, Kind::Manifests),
        (
            "{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": []}",
            Kind::Manifests,
        ),
        ("{apiVersion: v1, kind: ConfigMap}\n", Kind::Manifests),
        ("\"apiVersion\": v1\n'kind': ConfigMap\n", Kind::Manifests),
        (
            "{{- if .x }}\napiVersion: v1\nkind: Secret\n{{- end }}\n",
            Kind::Manifests,
        ),
        (
            "a: 1\n---\napiVersion: v1\nkind: ConfigMap\n",
            Kind::Manifests,
        ),
        ("--- {apiVersion: v1, kind: ConfigMap}\n", Kind::Manifests),
        // Others have profiles and sites too.
        (
            "apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ClusterProfile\nspec: {}\n",
            Kind::Manifests,
        ),
        (
            "apiVersion: skupper.io/v2alpha1\nkind: Site\nspec: {linkAccess: default}\n",
            Kind::Manifests,
        ),
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template: {}\n",
            Kind::Manifests,
        ),
    ] {
        assert_eq!(Kind::of(text, Path::new("x.yaml")), kind, "{text}");
    }
    for (text, is) in [
        ("", "is empty"),
        (" \n\t\r\n", "is empty"),
        ("\u{feff}", "is empty"),
        ("# about\n", "has only comments"),
        ("---\n# about\n...\n", "has only comments"),
        ("[]", "is a list"),
        (
            "- metadata: {}\n  spec: {}\n- metadata: {}\n  spec: {}\n",
            "is a list",
        ),
        ("[{\"metadata\": {}, \"spec\": {}}]", "is a list"),
        ("hello world\n", "has no top-level keys"),
        ("{}", "has no top-level keys"),
        (
            "apiVersion: vmo/v1\nkind: Site\nspec:\n  cluster: {}\n",
            "looks like a site in the form of a Kubernetes object",
        ),
        (
            "apiVersion: vmo.example.com/v1\nkind: Site\nspec:\n  cluster: {}\n",
            "looks like a site in the form of a Kubernetes object",
        ),
        (
            "kind: Site\ncluster: {}\n",
            "looks like a site in the form of a Kubernetes object",
        ),
        (
            "kind: ConfigMap\ndata: {}\n",
            "has a `kind` but no `apiVersion`, which Kubernetes requires",
        ),
        (helm, "looks like the Chart.yaml of a Helm chart"),
        ("pack:\n  namespace: x\n", "looks like the values of a pack"),
        (
            "{\"findings\": []}",
            "looks like a report of `vmo-ra check`",
        ),
        (
            "services: {}\nnetworks: {}\nvolumes: {}\nsecrets: {}\n",
            "has no top-level key of a site, a profile or a manifest",
        ),
        (
            "spec:\n  cluster:\n    name: a\n",
            "looks like a site in the form of a Kubernetes object",
        ),
        (
            "name: a\nworkers: 5\n",
            "has settings of a site at its top level, outside their sections",
        ),
        (
            "BridgeInterface: br0\nVMVlans: 21-100\n",
            "has settings of a site at its top level, outside their sections",
        ),
        (
            "cluster: {}\nfullnameOverride: x\npodAnnotations: {}\ntolerations: []\nlivenessProbe: {}\n",
            "has top-level keys of a site, and unknown ones",
        ),
    ] {
        match Kind::of(text, Path::new("x.yaml")) {
            Kind::Other(guess) => assert_eq!(guess.is, is, "{text}"),
            kind => panic!("{text}: {kind:?}"),
        }
    }
    let mixed =
        "K8sPodCIDR: a\nVMVlans: a\nBridgeInterface: br0\nVlansOnBridge: 1\ncluster: {name: a}\n";
    assert_eq!(Kind::of(mixed, Path::new("x.yaml")), Kind::Site);
    for text in ["# about\n", "services: {}\n", "hello\n"] {
        assert_eq!(
            Kind::of(text, Path::new("a/site.yaml")),
            Kind::Site,
            "{text}"
        );
    }
}

#[test]
fn a_folder_is_all_that_is_in_it() {
    let disk = Memory::of([
        ("both/.hidden.yaml", file("not: ours\n")),
        ("both/.git/config.yaml", Stub::Pipe),
        ("both/core.json", file(PROFILE_JSON)),
        ("both/deep/er/cm.yml", file(MANIFEST)),
        ("both/site.yaml", file(SITE)),
        ("both/split/l/values.yaml", file("a: 1\n")),
        (
            "both/split/profile.yaml",
            file(
                "metadata: {name: p}\nspec:\n  template:\n    type: add-on\n    packs:\n    - {name: l, type: oci, values: l/values.yaml}\n",
            ),
        ),
        ("both/values.yaml", file("pack: {}\n")),
        ("out/SHA256SUMS", file("")),
        ("out/manifests/l/m.yaml", Stub::Pipe),
        ("out/p.json", file(PROFILE_JSON)),
        ("out/values/core/01-l.yaml", file("a: 1\n")),
    ]);
    assert_eq!(
        kinds(&disk, "both").unwrap(),
        [
            "Export both/core.json: values of l",
            "site",
            "manifests both/deep/er/cm.yml",
            "Export both/split/l/values.yaml",
        ]
    );
    let loaded = load(&disk, "both").unwrap();
    let said: Vec<&str> = loaded.remarks.iter().map(Diagnostic::message).collect();
    assert_eq!(
        said,
        [
            "`both/values.yaml` is not a site, a profile or manifests: it looks like the values of a pack"
        ]
    );
    // The texts of a rendered profile are in files of their own, which are not looked at again.
    assert_eq!(
        kinds(&disk, "out").unwrap(),
        ["Export out/values/core/01-l.yaml"]
    );
    // The first file of a split profile stands for its folder.
    assert_eq!(
        kinds(&disk, "both/split/profile.yaml").unwrap(),
        ["Export both/split/l/values.yaml"]
    );
}

/// What is not read is in no report, so a gate would skip it.
#[test]
fn damaged_profiles_of_a_folder_are_refused() {
    let folder = |text: &str, sums: &str| {
        let files = [
            ("d/SHA256SUMS", file(sums)),
            ("d/a.json", file(PROFILE_JSON)),
            ("d/b.json", file(text)),
        ];
        kinds(&Memory::of(files), "d").map(|found| found.len())
    };
    for text in [
        "",
        " \n",
        "null",
        "<html>",
        "{\"metadata\": {\"name\": \"a",
        "{\"metadata\": {\"name\": \"a\"}}",
        "[{\"metadata\": {}, \"spec\": {}}]",
        "{\"code\": \"X\", \"message\": \"not found\"}",
    ] {
        assert!(folder(text, "").is_err(), "{text}");
    }
    for text in ["{}", "[]", "{\"compilerOptions\": {}}"] {
        assert_eq!(folder(text, "").expect(text), 1);
        assert!(folder(text, "0123  b.json\n").is_err(), "{text}");
    }
}

#[test]
fn a_folder_with_nothing_in_it_is_said_to_be_so() {
    let disk = Memory::of([
        ("hidden/.site.yaml", file(SITE)),
        ("readme/README.md", file("about\n")),
        (
            "other/chart.yaml",
            file("apiVersion: v2\nname: c\nversion: 1.0.0\n"),
        ),
    ]);
    for name in ["hidden", "readme", "other"] {
        let message = format!("2: `{name}` holds no site, no profile and no manifests");
        assert_eq!(kinds(&disk, name), Err(message));
    }
    let problem = load(&disk, "other").unwrap_err()[0].to_string();
    assert!(
        problem.contains("it looks like the Chart.yaml of a Helm chart"),
        "{problem}"
    );
    assert!(
        kinds(&disk, "missing")
            .unwrap_err()
            .starts_with("3: cannot read `missing`: ")
    );
}

#[test]
fn what_is_no_file_is_refused_and_never_waited_for() {
    let disk = Memory::of([
        ("d/a.yaml", Stub::Pipe),
        ("d/b.yaml", Stub::Link("etc/passwd")),
        ("d/c.yaml", Stub::Link("d/real.txt")),
        ("d/d.yaml", Stub::File(b"a: \xff".to_vec())),
        ("d/e.yaml", file(MANIFEST)),
        ("d/real.txt", file(SITE)),
        ("d/pipe.txt", Stub::Pipe),
        ("etc/passwd", file("root:x:0:0\n")),
        ("fleet/a/site.yaml", Stub::Pipe),
        ("fleet/b/site.yaml", Stub::Link("etc/passwd")),
        ("fleet/c/site.yaml", Stub::Link("fleet/shared.yaml")),
        ("fleet/shared.yaml", file(SITE)),
    ]);
    assert_eq!(
        kinds(&disk, "d"),
        Err("2: `d/a.yaml` is a pipe, a socket or a device, not a file; `d/b.yaml` is a link that leads out of the folder, and is not followed; \
             cannot read `d/d.yaml`: it is not UTF-8 text, starting at byte 3"
            .to_owned())
    );
    let site = |name: &str| {
        let path = format!("fleet/{name}/site.yaml");
        let read = site_below(&disk, Path::new("fleet"), Path::new(&path));
        read.map(|_| ())
            .map_err(|error| error[0].message().to_owned())
    };
    assert!(site("a").unwrap_err().contains("is a pipe"));
    assert!(site("b").unwrap_err().contains("leads out of the folder"));
    assert_eq!(site("c"), Ok(()));
    assert!(site("d").unwrap_err().starts_with("cannot read "));
}

#[test]
fn privacy_comes_along() {
    let disk = Memory::of([
        ("open/p.json", file(PROFILE_JSON)),
        ("shut/a.json", file(PROFILE_JSON)),
        ("shut/b.json", Stub::Private(PROFILE_JSON)),
    ]);
    for (name, private) in [
        ("open", false),
        ("shut", true),
        ("shut/a.json", false),
        ("shut/b.json", true),
    ] {
        assert_eq!(load(&disk, name).unwrap().private, private, "{name}");
    }
    for (name, private) in [("open/p.json", false), ("shut/b.json", true)] {
        assert_eq!(document(&disk, name).unwrap().2, private, "{name}");
    }
}

#[test]
fn an_answer_of_the_api_is_a_profile_without_texts() {
    let disk = Memory::of([("p.json", file(ANSWER))]);
    let loaded = load(&disk, "p.json").unwrap();
    assert_eq!(loaded.remarks.len(), 1);
    let Item::Profile(profile) = &loaded.items[0] else {
        panic!("{loaded:?}");
    };
    let layer = &profile.profile.spec.template.packs[0];
    assert_eq!(layer.registry.metadata.uid, "u");
    assert_eq!(
        (
            layer.manifests[0].name.as_str(),
            layer.manifests[0].content.as_str()
        ),
        ("m", "")
    );
    assert!(document(&disk, "p.json").is_err());
}
