//! Packs are made from what people have: profiles, archives, answers of Palette's API.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};
use vmo_ra::diagnostic::Source;
use vmo_ra::limits;
use vmo_ra::pack::import::{Imported, of_bytes};
use vmo_ra::pack::{Library, PresetName, compose};

use crate::common::harness::{Scratch, files, read, root, vmo_ra, write};
use crate::common::{Shared, nothing_wrong};

/// An archive of these files.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    for (path, bytes) in files {
        add(&mut archive, path, EntryType::Regular, bytes);
    }
    archive.into_inner().expect("it ends")
}

/// Adds an entry, whatever its path is.
fn add(archive: &mut Builder<Vec<u8>>, path: &str, kind: EntryType, bytes: &[u8]) {
    let mut header = Header::new_ustar();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("values.yaml").expect("it fits");
    }
    header.set_cksum();
    archive.append(&header, bytes).expect("it is added");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("it is packed");
    packed.finish().expect("it ends")
}

const DESCRIPTION: &[u8] =
    br#"{"name": "nginx", "version": "1.15.4", "layer": "addon", "charts": ["charts/a.tgz"]}"#;
const FILES: [(&str, &[u8]); 5] = [
    ("nginx/pack.json", DESCRIPTION),
    (
        "nginx/values.yaml",
        b"charts: {ingress-nginx: {a: 1}} # theirs\n",
    ),
    (
        "nginx/presets.yaml",
        b"presets:\n- {name: p, group: G, add: 'b: 1'}\n",
    ),
    (
        "nginx/schema.yaml",
        b"charts.ingress-nginx.a: {schema: '{{ required }}'}\n",
    ),
    ("nginx/charts/a.tgz", b"\x1f\x8b and so on"),
];

/// The layout of an OCI image with an archive as its layer.
fn oci(layer: &[u8], name: Option<&str>) -> Vec<u8> {
    let sum: String = Sha256::digest(layer)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let path = format!("blobs/sha256/{}", name.unwrap_or(&sum));
    tar(&[
        ("oci-layout", b"{\"imageLayoutVersion\":\"1.0.0\"}"),
        ("index.json", b"{\"manifests\":[]}"),
        ("blobs/sha256/c0", b"{\"config\":{}}"),
        (&path, layer),
    ])
}

fn imported(name: &str, bytes: &[u8]) -> Result<Imported, String> {
    match of_bytes(name, bytes) {
        Ok(imported) => Ok(imported.expect("it is a source")),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn an_archive_holds_all_of_a_pack() {
    let plain = tar(&FILES);
    let flat: Vec<(&str, &[u8])> = FILES
        .iter()
        .map(|(path, bytes)| (path.trim_start_matches("nginx/"), *bytes))
        .collect();
    let dotted = FILES.map(|(path, bytes)| (format!("./{path}"), bytes));
    let dotted: Vec<(&str, &[u8])> = dotted
        .iter()
        .map(|(path, bytes)| (path.as_str(), *bytes))
        .collect();
    for (name, bytes) in [
        ("a.tar", plain.clone()),
        ("a.tar.gz", gzip(&plain)),
        ("flat", gzip(&tar(&flat))),
        ("dotted", tar(&dotted)),
        ("oci", oci(&gzip(&plain), None)),
        ("oci.gz", gzip(&oci(&plain, None))),
    ] {
        let imported = imported(name, &bytes).unwrap_or_else(|told| panic!("{name}: {told}"));
        let [pack] = imported.packs.as_slice() else {
            panic!("{name}: {imported:?}");
        };
        assert_eq!(pack.folder(), "nginx-1.15.4", "{name}");
        assert!(pack.description.unknown().is_empty(), "{name}");
        // The bytes are theirs; charts stay where they are.
        let wanted: Vec<(&str, &[u8])> = FILES[..4]
            .iter()
            .map(|(path, bytes)| (path.trim_start_matches("nginx/"), *bytes))
            .collect();
        let mut found: Vec<(&str, &[u8])> = pack
            .files
            .iter()
            .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
            .collect();
        found.sort_by_key(|(path, _)| wanted.iter().position(|(other, _)| other == path));
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn an_archive_that_is_none_is_refused_in_words() {
    let with = |path: &str, kind: EntryType, bytes: &[u8]| {
        let mut archive = Builder::new(Vec::new());
        add(
            &mut archive,
            "nginx/pack.json",
            EntryType::Regular,
            DESCRIPTION,
        );
        add(
            &mut archive,
            "nginx/values.yaml",
            EntryType::Regular,
            b"a: 1\n",
        );
        add(&mut archive, path, kind, bytes);
        archive.into_inner().expect("it ends")
    };
    let plain = tar(&FILES);
    let packed = gzip(&plain);
    let sum = "0".repeat(64);
    let large = vec![b' '; usize::try_from(limits::PACK_FILE).expect("it fits") + 1];
    let named = |name: &str| {
        let json =
            format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"layer\": \"addon\"}}");
        tar(&[("pack.json", json.as_bytes()), ("values.yaml", b"a: 1\n")])
    };
    let again = "help: pull it again, or import the pack from an answer of Palette's API";
    let sources = "help: give a pack's archive as `oras pull` leaves it, what `GET /v1/packs/UID` of Palette's API answers, or a profile as Palette exports it";
    let limit = "help: a pack's own files are small; use its archive, not an image";
    let names = "help: names and versions may have letters, digits, dots, dashes, underscores and plus signs";
    let mut wrong = Vec::new();
    for (bytes, message, help) in [
        (
            with("nginx/link", EntryType::Symlink, b""),
            "cannot be unpacked: `nginx/link` in it is a link",
            again,
        ),
        (
            with("nginx/link", EntryType::Link, b""),
            "cannot be unpacked: `nginx/link` in it is a link",
            again,
        ),
        (
            with("nginx/pipe", EntryType::Fifo, b""),
            "cannot be unpacked: `nginx/pipe` in it is not a file",
            again,
        ),
        (
            with("../values.yaml", EntryType::Regular, b"a: 1\n"),
            "cannot be unpacked: `../values.yaml` in it would leave the folder",
            again,
        ),
        (
            with("nginx/../../x", EntryType::Regular, b""),
            "cannot be unpacked: `nginx/../../x` in it would leave the folder",
            again,
        ),
        (
            with("/etc/values.yaml", EntryType::Regular, b"a: 1\n"),
            "cannot be unpacked: `/etc/values.yaml` in it would leave the folder",
            again,
        ),
        (
            with("nginx/a\\..\\x", EntryType::Regular, b""),
            "cannot be unpacked: `nginx/a\\..\\x` in it would leave the folder",
            again,
        ),
        (
            with("nginx/values.yaml", EntryType::Regular, b"a: 2\n"),
            "cannot be unpacked: `nginx/values.yaml` is in it twice",
            again,
        ),
        (
            with("nginx/presets.yaml", EntryType::Regular, &large),
            "exceeds a limit: `nginx/presets.yaml` has more than 16 MiB",
            limit,
        ),
        (
            with("nginx/presets.yaml", EntryType::Regular, b"\xff"),
            "cannot be unpacked: `nginx/presets.yaml` is not UTF-8 text",
            again,
        ),
        (
            tar(&FILES[..1]),
            "cannot be unpacked: `nginx/` has a pack.json and no values.yaml",
            again,
        ),
        (
            tar(&FILES[1..]),
            "holds no pack: there is no pack.json in it",
            sources,
        ),
        (
            packed[..packed.len() / 2].to_vec(),
            "cannot be unpacked: ",
            again,
        ),
        (plain[..700].to_vec(), "cannot be unpacked: ", again),
        (
            oci(&packed, Some(&sum)),
            &*format!(
                "cannot be unpacked: the hash of `blobs/sha256/{sum}` does not match its name"
            ),
            again,
        ),
        (
            named("a b"),
            "a pack's folder cannot be named after `a b`",
            names,
        ),
        (
            named("../b"),
            "a pack's folder cannot be named after `../b`",
            names,
        ),
        (
            named(".b"),
            "a pack's folder cannot be named after `.b`",
            names,
        ),
        (
            b"\x00\xff\x00".to_vec(),
            "is neither an archive (tar, or tar.gz) nor a text",
            sources,
        ),
    ] {
        match imported("a.tar", &bytes) {
            Ok(_) => wrong.push(format!("{message}: taken")),
            Err(told) if told.contains(message) && told.contains(help) => {}
            Err(told) => wrong.push(format!("{message}: {told}")),
        }
    }
    nothing_wrong(&wrong);
}

/// What is small and unpacks to much, or to many, is left before it takes the memory.
#[test]
fn an_archive_that_unpacks_to_too_much_is_left() {
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let mut header = Header::new_ustar();
    header.set_path("charts/zeros").expect("it fits");
    header.set_size(limits::UNPACKED_BYTES + 1);
    header.set_cksum();
    bomb.write_all(header.as_bytes()).expect("it is packed");
    let zeros = vec![0; 1 << 20];
    for _ in 0..=(limits::UNPACKED_BYTES >> 20) {
        bomb.write_all(&zeros).expect("it is packed");
    }
    let bomb = bomb.finish().expect("it ends");
    assert!(bomb.len() < 2 << 20, "{}", bomb.len());
    let told = imported("bomb.tar.gz", &bomb).expect_err("refused");
    assert!(
        told.starts_with(
            "error: `bomb.tar.gz` exceeds a limit: unpacked it has more than 512 MiB\n"
        ),
        "{told}"
    );
    let mut many = Builder::new(Vec::new());
    for _ in 0..=limits::ARCHIVE_ENTRIES {
        add(&mut many, "x", EntryType::Regular, b"");
    }
    let told = imported("many.tar", &many.into_inner().expect("it ends")).expect_err("refused");
    assert!(
        told.starts_with(
            "error: `many.tar` exceeds a limit: it holds more than the limit of 20000 files\n"
        ),
        "{told}"
    );
}

/// What a profile was made from can be made again from it.
#[test]
fn packs_of_a_profile_make_the_same_profile() {
    let folder = Scratch::new();
    folder.run("render --out first").ends(0);
    let run = folder.run("packs import first --out packs");
    run.ends(0).mentions(
        "warning: the values of these layers are built-in ones of vmo-ra, not the vendors': lb-metallb-helm, nginx, prometheus-operator, virtual-machine-orchestrator\n",
    );
    let told = run.told();
    assert!(
        told.starts_with(
            "wrote packs/cni-cilium-oss-1.19.2\n  not known: constraints, presets, schema, vendor's values\n"
        ),
        "{told}"
    );
    assert_eq!(told.lines().count(), 16, "{told}");
    let run = folder.run("render --packs packs --out second");
    let said = run.ends(0).said();
    assert!(!said.contains("[built-in-values]"), "{said}");
    assert!(said.contains("note: `ubuntu-maas` 22.04, `kubernetes` 1.34.5, `cni-cilium-oss` 1.19.2 and `csi-portworx-generic` 3.6.0 were imported without their constraints, presets and schema, so these are not checked [pack-imported]\n"), "{said}");
    let (first, second) = (files(&folder.join("first")), files(&folder.join("second")));
    let is_text = |path: &&String| path.starts_with("values/");
    assert_eq!(first.keys().filter(is_text).count(), 13);
    for path in first.keys().filter(is_text) {
        assert!(first[path] == second[path], "{path} differs");
    }
    let list = folder
        .run("packs list --packs packs --revision 1.9.0")
        .well();
    assert!(
        list.lines()
            .any(|line| line.starts_with("nginx") && line.contains("presets unknown")),
        "{list}"
    );
    let show = folder.run("packs show nginx --packs packs").well();
    assert!(
        show.contains("not known  constraints, presets, schema, vendor's values\n"),
        "{show}"
    );
}

#[test]
fn a_preset_that_nobody_knows_is_asked_for_in_words() {
    let folder = Scratch::new();
    folder.run("render --profile infra --out first").ends(0);
    folder.run("packs import first --out packs").ends(0);
    write(&folder, "site.yaml", "network: {clusterOnBridge: true}\n");
    let run = folder.run("render site.yaml --profile infra --packs packs --out second");
    run.ends(2).begins(
        "error: `cni-cilium-oss` was imported without its presets, and its values were not made with `VMO - Bridge interface:vmo-br0`
  = help: import the pack from its archive, or from an answer of Palette's API: these have the presets
  = help: or choose the preset in Palette, export the profile again, and import that
",
    );
}

/// An answer in the shape of v1PackTagEntity, made of a pack.
fn answer(name: &str, version: &str, values: &str, presets: &Value, schema: &Value) -> Value {
    json!({
        "name": name,
        "displayName": "Its name",
        "layer": "cni",
        "addonType": "",
        "cloudTypes": ["all"],
        "registryUid": "64eaff5630402973c4e1856a",
        "tags": [
            {"packUid": "u1", "version": "0.9.0", "tag": "0.9.0", "group": "", "parentTags": []},
            {"packUid": "u2", "version": version, "tag": version, "group": "", "parentTags": []},
        ],
        "packValues": [{"packUid": "u2", "values": values, "presets": presets, "schema": schema, "annotations": {"source": "spectrocloud"}, "readme": "# It", "dependencies": null}],
    })
}

#[test]
fn an_answer_makes_what_the_archive_makes() {
    let Some(shared) = Shared::find() else { return };
    let folder = "packs/cilium_oss_1.17.4";
    let (values, presets) = (
        shared.text(&format!("{folder}/values.yaml")),
        shared.text(&format!("{folder}/presets.yaml")),
    );
    let written = crate::common::yaml("presets.yaml", &presets);
    let answer = answer(
        "cni-cilium-oss",
        "1.17.4",
        &values,
        &written["presets"],
        &json!([]),
    );
    // It is what the API says that it is.
    let mut schema: Value =
        serde_json::from_str(&shared.text("schemas/palette-api.json")).expect("JSON");
    let entity = schema["definitions"]["v1PackTagEntity"].clone();
    schema = json!({"definitions": schema["definitions"].take(), "allOf": [entity]});
    let mut checked = answer.clone();
    checked["packValues"][0]
        .as_object_mut()
        .expect("a map")
        .remove("dependencies");
    let errors: Vec<String> = jsonschema::draft4::new(&schema)
        .expect("a schema")
        .iter_errors(&checked)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");

    let scratch = Scratch::new();
    let mut spec = answer;
    let name = spec.as_object_mut().expect("a map").remove("name");
    // Other answers of the API have both parts, and some tools put them around this one.
    let wrapped = json!({"metadata": {"name": name, "uid": "u"}, "spec": spec});
    write(&scratch, "answer.json", wrapped.to_string());
    assert_eq!(
        scratch.run("packs import answer.json --out packs").well(),
        "wrote packs/cni-cilium-oss-1.17.4\n  not known: constraints\n"
    );
    let library = |path: std::path::PathBuf| {
        Library::with_folders(&vmo_ra::disk::local(), &[path])
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    let find = |library: &Library| {
        library
            .find("cni-cilium-oss", "1.17.4")
            .unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    let (ours, theirs) = (
        find(&library(scratch.join("packs"))),
        find(&library(shared.path("packs"))),
    );
    assert_eq!(ours.presets.len(), theirs.presets.len());
    for preset in &theirs.presets {
        let wanted = PresetName {
            group: preset.group.clone(),
            name: preset.name.clone(),
        };
        let made = |pack| {
            compose(
                pack,
                std::slice::from_ref(&wanted),
                [Source::new("overlay", "")],
            )
            .unwrap_or_else(|problems| panic!("{problems:?}"))
            .text
        };
        assert!(made(&ours) == made(&theirs), "{wanted}");
    }
}

#[test]
fn what_an_answer_says_of_values_is_their_schema() {
    let folder = Scratch::new();
    let rule = |name: &str, more: Value| {
        let mut rule = json!({"name": name, "type": "", "format": "", "regex": "", "listOptions": [], "hints": [], "required": false, "readonly": false});
        for (key, value) in more.as_object().expect("a map") {
            rule[key] = value.clone();
        }
        rule
    };
    let schema = json!([
        rule(
            "a.name",
            json!({"required": true, "type": "string", "hints": ["a \"name\"", "or not"]})
        ),
        rule("a.mode", json!({"listOptions": ["x", "y"]})),
        rule("a.code", json!({"regex": "^[a-z]{2}$"})),
        rule("a.fixed", json!({"readonly": true})),
        rule("a.port", json!({"type": "number"})),
        rule("a.any", json!({"type": "object"})),
    ]);
    write(
        &folder,
        "answer.json",
        answer("p", "1.0.0", "a: {name: n}\n", &json!(null), &schema).to_string(),
    );
    folder.run("packs import answer.json --out packs").ends(0);
    assert_eq!(
        read(&folder, "packs/p-1.0.0/schema.yaml"),
        r#"a.name:
  schema: "{{ required | format \"${string}\" | hints \"a 'name'\", \"or not\" }}"
a.mode:
  schema: "{{ format \"${list:[x,y]}\" }}"
a.code:
  schema: "{{ format \"${string:/^[a-z]{2}$/}\" }}"
a.fixed:
  schema: "{{ readonly }}"
a.port:
  schema: "{{ format \"${number}\" }}"
a.any:
  schema: "{{  }}"
"#
    );
    let show = folder.run("packs show p --packs packs").well();
    assert!(!show.contains("not checked"), "{show}");
    assert!(!folder.join("packs/p-1.0.0/presets.yaml").exists());
    let pack: Value =
        serde_json::from_str(&read(&folder, "packs/p-1.0.0/pack.json")).expect("JSON");
    assert_eq!(
        pack["annotations"],
        json!({"source": "spectrocloud", "vmo-ra/unknown": "constraints"})
    );
}

#[test]
fn an_answer_without_values_says_which_has_them() {
    let folder = Scratch::new();
    let mut list = answer("p", "1.0.0", "a: 1\n", &json!([]), &json!([]));
    list["packValues"] = json!([]);
    write(&folder, "list.json", list.to_string());
    folder.run("packs import list.json --out packs").says(
        2,
        "error: `list.json` has no values of the pack `p`
  = help: save the answer of `GET /v1/packs/u1` for 0.9.0, `GET /v1/packs/u2` for 1.0.0

",
    );
    let mut stray = answer("p", "1.0.0", "a: 1\n", &json!([]), &json!([]));
    stray["tags"] = json!(null);
    write(&folder, "stray.json", stray.to_string());
    folder.run("packs import stray.json --out packs").says(
        2,
        "error: `stray.json` does not say to which version of `p` the values with the uid `u2` belong
  = help: save the whole answer, with its `tags`

",
    );
    write(&folder, "odd.json", "{\"packValues\": 5}");
    folder
        .run("packs import odd.json --out packs")
        .ends(2)
        .begins("error: `odd.json` is not an answer of Palette's API about a pack: ");
    assert!(!folder.join("packs").exists());
}

#[test]
fn packs_are_written_together_or_not_at_all() {
    let folder = Scratch::new();
    let answered = |version: &str, values: &str| {
        answer("p", version, values, &json!([]), &json!([])).to_string()
    };
    write(&folder, "one.json", answered("1.0.0", "a: 1\n"));
    write(&folder, "two.json", answered("2.0.0", "a: 2\n"));
    write(&folder, "other.json", answered("1.0.0", "a: 3\n"));
    write(&folder, "packs/mine/values.yaml", "mine: 1\n");
    folder
        .run("packs import one.json two.json one.json --out packs")
        .ends(0);
    // Others' folders stay; so does a pack that is there.
    assert_eq!(read(&folder, "packs/mine/values.yaml"), "mine: 1\n");
    fs::remove_dir_all(folder.join("packs/p-2.0.0")).expect("it is there");
    folder
        .run("packs import two.json other.json --out packs")
        .ends(2)
        .begins("error: `packs/p-1.0.0` is not empty\n");
    assert!(!folder.join("packs/p-2.0.0").exists());
    assert_eq!(read(&folder, "packs/p-1.0.0/values.yaml"), "a: 1\n");
    folder
        .run("packs import two.json other.json --out packs --force")
        .ends(0);
    assert_eq!(read(&folder, "packs/p-1.0.0/values.yaml"), "a: 3\n");
    folder
        .run("packs import one.json other.json --out new")
        .says(
            2,
            "error: two packs would be written to `p-1.0.0`, and their files differ
  = help: import only one of them, or import them into separate folders
  = help: if both are layers of one profile, remove one first

",
        );
    folder.run("verify packs/p-2.0.0").ends(0);
}

/// What people have at hand instead, and what each is told: no way out that is none here.
#[test]
fn what_is_no_source_is_refused_with_the_way_to_one() {
    let folder = Scratch::new();
    write(&folder, "pack/pack.json", DESCRIPTION);
    write(
        &folder,
        "pack/values.yaml",
        "charts: {ingress-nginx: {a: 1}}\n",
    );
    write(&folder, "empty.json", "{}");
    write(&folder, "none", "");
    write(
        &folder,
        "list.json",
        r#"{"items": [{"spec": {"name": "p"}}]}"#,
    );
    write(
        &folder,
        "refused.json",
        r#"{"code": "PackNotFound", "message": "no", "details": null}"#,
    );
    write(&folder, "x.zip", "PK\u{3}\u{4}and so on");
    write(
        &folder,
        "inner.tar.gz",
        tar(&[("a/nginx.tar.gz", &gzip(&tar(&FILES)))]),
    );
    write(
        &folder,
        "chart.tgz",
        gzip(&tar(&[
            ("nginx/Chart.yaml", b"a: 1"),
            ("nginx/values.yaml", b"a: 1"),
            ("nginx/charts/x.tgz", b""),
        ])),
    );
    fs::create_dir(folder.join("nothing")).expect("it is ours");
    let sources = "give a pack's archive as `oras pull` leaves it, what `GET /v1/packs/UID` of Palette's API answers, or a profile as Palette exports it";
    let is_pack = "use it as it is, with `--packs DIR`";
    let of_pack = "use the folder of its pack as it is, with `--packs DIR`";
    for (source, message, help) in [
        ("pack", "`pack` is already a folder of packs", is_pack),
        (".", "`.` is already a folder of packs", is_pack),
        (
            "pack/pack.json",
            "`pack/pack.json` holds no packs: it looks like the pack.json of a pack",
            of_pack,
        ),
        (
            "pack/values.yaml",
            "`pack/values.yaml` holds no packs: it looks like the values of a pack",
            of_pack,
        ),
        (
            "empty.json",
            "`empty.json` holds no packs: it has no top-level keys",
            sources,
        ),
        ("none", "`none` holds no packs: it is empty", sources),
        (
            "list.json",
            "`list.json` holds no packs: it looks like a list from an API",
            sources,
        ),
        (
            "refused.json",
            "`refused.json` is a refusal of Palette's API, with the code PackNotFound",
            "check the uid of the pack and the API key, and try again",
        ),
        (
            "x.zip",
            "`x.zip` is a zip file",
            "unpack it: a folder with a pack.json is named with `--packs DIR`, and a tar is imported",
        ),
        (
            "inner.tar.gz",
            "`inner.tar.gz` holds no pack: there is no pack.json in it",
            "it holds another archive, `a/nginx.tar.gz`: unpack it, and import that one",
        ),
        (
            "chart.tgz",
            "`chart.tgz` holds no pack: there is no pack.json in it",
            "it is a Helm chart: take the archive of the pack, which holds charts beside its pack.json",
        ),
        ("nothing", "`nothing` holds no profile", sources),
    ] {
        folder
            .run(&["packs", "import", source, "--out", "packs"])
            .says(2, format!("error: {message}\n  = help: {help}\n\n"));
    }
}

#[test]
fn a_source_may_come_through_a_pipe_and_begin_with_a_byte_order_mark() {
    let folder = Scratch::new();
    let answer = answer("p", "1.0.0", "a: 1\n", &json!([]), &json!([])).to_string();
    let listed = format!("\u{feff}{{\"items\": [{answer}], \"listmeta\": {{}}}}");
    for (number, bytes) in [
        gzip(&tar(&FILES)),
        answer.into_bytes(),
        listed.into_bytes(),
        fs::read(root("golden/1.9.0/VMO-RA-Core-PXKE.json")).expect("it is there"),
    ]
    .into_iter()
    .enumerate()
    {
        let line = format!("packs import - --out packs{number}");
        vmo_ra(line.as_str())
            .within(&folder)
            .fed(bytes)
            .run()
            .ends(0);
    }
    write(
        &folder,
        "marked.json",
        fs::read(root("golden/1.9.0/VMO-RA-Core-PXKE.json"))
            .map(|bytes| [b"\xef\xbb\xbf", bytes.as_slice()].concat())
            .expect("it is there"),
    );
    folder.run("packs import marked.json --out marked").ends(0);
}

/// What is taken as it is, and no use as it is, is said.
#[test]
fn texts_that_are_broken_and_versions_that_are_groups_are_told() {
    let folder = Scratch::new();
    let core = read(&root(""), "golden/1.9.0/VMO-RA-Core-PXKE.json");
    let broken = core.replacen(
        "charts:\\n  ingress-nginx:",
        "charts:\\n  ingress-nginx: {{{\\n",
        1,
    );
    assert_ne!(core, broken);
    write(&folder, "broken.json", broken);
    let run = folder.run("packs import broken.json --out packs");
    let said = run.ends(0).said();
    assert!(
        said.contains("`nginx` 1.15.4 is imported as it is, but no layer can use it\n"),
        "{said}"
    );
    assert!(
        said.contains(" --> broken.json: values.yaml of nginx:"),
        "{said}"
    );
    let mut macros: Value = serde_json::from_str(&core).expect("JSON");
    macros["spec"]["template"]["packs"][1]["values"] = "a: {{.spectro.var.x}}\n".into();
    write(&folder, "macros.json", macros.to_string());
    folder
        .run("packs import macros.json --out macros")
        .ends(0)
        .mentions("warning: a key must be a single value: this is a macro without quotes\n");
    write(
        &folder,
        "group.json",
        core.replace(r#""version":"1.15.4""#, r#""version":"1.15.x""#),
    );
    let run = folder.run("packs import group.json --out group");
    run.ends(2)
        .begins("error: `1.15.x` means several versions, but a pack has one\n");
    run.mentions(
        "  = help: write the version that the registry lists the pack with, such as 1.17.4\n",
    );
    let presets = tar(&[
        ("pack.json", DESCRIPTION),
        ("values.yaml", b"a: 1\n"),
        ("presets.yaml", b"presets: [{}]\n"),
    ]);
    write(&folder, "presets.tar", presets);
    folder
        .run("packs import presets.tar --out odd")
        .ends(0)
        .mentions("`nginx` 1.15.4 is imported as it is");
}

/// An answer may lack the presets that its values were made with.
#[test]
fn presets_that_an_answer_does_not_tell_are_unknown() {
    let folder = Scratch::new();
    let values = "# spectrocloud.com/enabled-presets: G:one\na: 1\nb: 2\n";
    let one = json!([{"name": "one", "displayName": "", "group": "g", "add": "a: 1\nb: 1\n", "remove": []}]);
    for (name, presets, unknown) in [
        ("none", json!(null), "constraints, presets"),
        (
            "other",
            json!([{"name": "two", "group": "G", "add": "a: 2"}]),
            "constraints, presets",
        ),
        ("all", one.clone(), "constraints"),
    ] {
        let answer = answer("p", "1.0.0", values, &presets, &json!([]));
        write(&folder, "answer.json", answer.to_string());
        let run = folder.run(format!("packs import answer.json --out {name}").as_str());
        assert_eq!(
            run.well(),
            format!("wrote {name}/p-1.0.0\n  not known: {unknown}\n")
        );
    }
    folder
        .run("packs apply p --packs none")
        .ends(0)
        .mentions("note: `p` 1.0.0 was imported without its constraints and presets\n");
    folder
        .run("packs apply p --preset G:one --packs all")
        .ends(0)
        .begins("note: the values already contain `g:one`, and edits since then stay: `b`\n");
}

/// A profile may have a pack twice; its folder would be one.
#[test]
fn a_pack_that_a_profile_has_twice_is_one_where_both_are_equal() {
    let folder = Scratch::new();
    let core = read(&root(""), "golden/1.9.0/VMO-RA-Core-PXKE.json");
    let mut core: Value = serde_json::from_str(&core).expect("JSON");
    let packs = core["spec"]["template"]["packs"]
        .as_array_mut()
        .expect("layers");
    packs.push(packs[1].clone());
    write(&folder, "equal.json", core.to_string());
    folder.run("packs import equal.json --out equal").ends(0);
    core["spec"]["template"]["packs"][4]["values"] = "a: 1".into();
    write(&folder, "other.json", core.to_string());
    folder
        .run("packs import other.json --out other")
        .ends(2)
        .mentions(
            "error: two packs would be written to `nginx-1.15.4`, and their files differ
  = help: import only one of them, or import them into separate folders
  = help: if both are layers of one profile, remove one first
",
        );
}

#[test]
fn a_pack_without_values_is_told() {
    let folder = Scratch::new();
    write(&folder, "packs/nginx/pack.json", DESCRIPTION);
    write(&folder, "packs/nginx/values.yaml", "# nothing\n\n");
    folder
        .run("packs apply nginx@1.15.4 --packs packs")
        .ends(0)
        .begins(
            "warning: the values.yaml of `nginx` 1.15.4 is empty
  = note: values.yaml of packs/nginx
  = help: copy it from the pack's registry: Palette uses only complete values
",
        );
    write(
        &folder,
        "packs/nginx/values.yaml",
        "# spectrocloud.com/enabled-presets: A:b,C:d\na: 1\n",
    );
    folder
        .run("packs apply nginx@1.15.4 --packs packs")
        .ends(0)
        .begins(
            "note: the values were made with presets that the pack does not have: `A:b`, `C:d`
  = note: the first line of values.yaml of packs/nginx
",
        );
    folder.run("packs apply nginx@ --packs packs").says(
        2,
        "error: `nginx@` names no version
  = help: write `nginx` for its newest version

",
    );
    let only = tar(&[("pack.json", DESCRIPTION)]);
    write(&folder, "only.tar", only);
    folder
        .run("packs import only.tar --out only")
        .ends(2)
        .begins("error: `only.tar` cannot be unpacked: it has a pack.json and no values.yaml\n");
}

#[test]
fn what_holds_no_pack_is_refused() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {name: a}\n");
    let sources = "  = help: give a pack's archive as `oras pull` leaves it, what `GET /v1/packs/UID` of Palette's API answers, or a profile as Palette exports it\n";
    folder
        .run("packs import site.yaml --out packs")
        .ends(2)
        .begins(&format!("error: `site.yaml` holds no packs\n{sources}"));
    let templates = fs::read(root("golden/1.9.0/VMO-RA-Templates.json")).expect("it is there");
    write(&folder, "templates.json", templates);
    folder.run("packs import templates.json --out packs").says(
        2,
        "error: `templates.json` holds no pack
  = help: a layer of manifests has no pack: use a profile with layers from a registry

",
    );
}

/// A profile that is not for everybody makes packs that are not.
#[cfg(unix)]
#[test]
fn an_imported_pack_is_as_private_as_its_source() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Scratch::new();
    let core = fs::read(root("golden/1.9.0/VMO-RA-Core-PXKE.json")).expect("it is there");
    write(&folder, "core.json", core);
    fs::set_permissions(folder.join("core.json"), fs::Permissions::from_mode(0o600))
        .expect("it is ours");
    let run = folder.run("packs import core.json --out packs");
    let told = run.ends(0).told();
    assert!(
        told.starts_with(
            "wrote packs/lb-metallb-helm-0.15.3, readable only by you, like its source\n"
        ),
        "{told}"
    );
    let mode = |path: &Path| {
        fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&folder.join("packs/nginx-1.15.4/values.yaml")), 0o600);
}

#[test]
fn any_pack_takes_any_presets() {
    let folder = Scratch::new();
    let told = folder
        .run(&[
            "packs",
            "apply",
            "cni-cilium-oss@1.17.4",
            "--preset",
            "VMO Compatibility:vmo-enable",
            "--preset",
            "IPAM mode:ipam-clusterpool",
        ])
        .well();
    assert!(
        told.starts_with("# spectrocloud.com/enabled-presets: IPAM mode:ipam-clusterpool,"),
        "{told}"
    );
    let run = folder.run(&[
        "packs",
        "apply",
        "cni-cilium-oss@1.17.4",
        "--preset",
        "vmo compatibility:vmo-enable",
        "--out",
        "values.yaml",
    ]);
    assert_eq!(run.well(), "wrote values.yaml\n");
    assert!(read(&folder, "values.yaml").contains("VMO Compatibility:vmo-enable"));
    let refused = folder.run(&[
        "packs",
        "apply",
        "cni-cilium-oss@1.17.4",
        "--preset",
        "VMO Compatibility:vmo-enabled",
    ]);
    refused.ends(2).begins("error: `cni-cilium-oss` has no preset `VMO Compatibility:vmo-enabled`\n  = note: did you mean `VMO Compatibility:vmo-enable`?\n");
    let refused = folder.run(&["packs", "apply", "cni-cilium-oss", "--preset", "vmo-enable"]);
    refused
        .ends(2)
        .mentions("`vmo-enable` is not a preset: write it as `Group:name`");
}
