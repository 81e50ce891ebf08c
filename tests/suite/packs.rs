//! Packs are found, chosen and read as Palette does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::harness::{Scratch, is_golden, read, root, vmo_ra, write};
use crate::common::{Shared, built_in, nothing_wrong};
use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::{Description, Library, Origin, Pack, PresetName, compose};
use vmo_ra::render::{Rendered, Request, choices, render};
use vmo_ra::revision::Role;
use vmo_ra::site::{Inputs, Site};
use vmo_ra::version::Wanted;

/// Writes a pack into a folder of this test run.
fn pack(folder: &Path, name: &str, version: &str, values: &str, presets: &str) {
    let folder = folder.join(format!("{name}-{version}"));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let json =
        format!("{{\"name\": \"{name}\", \"version\": \"{version}\", \"layer\": \"addon\"}}");
    for (file, text) in [
        ("pack.json", json.as_str()),
        ("values.yaml", values),
        ("presets.yaml", presets),
    ] {
        write(&folder, file, text);
    }
}

fn library(folders: &[&Path]) -> Library {
    let folders: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
    Library::with_folders(&vmo_ra::disk::local(), &folders)
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn a_group_takes_its_newest_and_the_users_folders_come_first() {
    let (one, two) = (Scratch::new(), Scratch::new());
    for (folder, version, values) in [
        (&one, "1.34.2", "a: one\n"),
        (&one, "1.34.10-rc.1", "a: candidate\n"),
        (&one, "1.33.9", "a: old\n"),
        (&two, "1.34.2", "a: two\n"),
        (&two, "1.34.4", "a: four\n"),
    ] {
        pack(folder, "kubernetes", version, values, "");
    }
    let library = library(&[&one, &two]);
    for (wanted, values) in [
        ("1.34.2", "a: one\n"),
        ("1.34.4", "a: four\n"),
        ("1.34.x", "a: candidate\n"),
        ("1.33.x", "a: old\n"),
        ("1.x", "a: candidate\n"),
        ("LTS__1.33.9", "a: old\n"),
    ] {
        let found = library
            .find("kubernetes", wanted)
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(found.values.text(), values, "{wanted}");
    }
    let newest = library
        .choose("kubernetes", &Wanted::Newest)
        .expect("there is one");
    assert_eq!(newest.description.version, "1.34.10-rc.1");
    // What no folder has comes from the program.
    let built_in = library.find("kubernetes", "1.32.x").expect("there is one");
    assert_eq!(built_in.origin, Origin::BuiltIn);
    let error = library
        .find("kubernetes", "1.35.x")
        .expect_err("there is none");
    assert_eq!(
        error[0].to_string(),
        "error: there is no version 1.35.x of the pack `kubernetes`
  = note: versions found: `1.32.4`, `1.33.9`, `1.34.2`, `1.34.4`, `1.34.5`, `1.34.10-rc.1`
  = help: name a folder that holds it with `--packs DIR`
"
    );
}

struct NoInputs;

impl Inputs for NoInputs {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn render_site(text: &str, library: &Library) -> Rendered {
    let source = Source::new("site.yaml", text);
    let site = Site::parse(&source, &NoInputs).unwrap_or_else(|problems| panic!("{problems:?}"));
    let revision = built_in::newest();
    render(&Request {
        site: &site,
        revision,
        library,
        profiles: &Role::ALL,
        published: false,
    })
    .unwrap_or_else(|problems| panic!("{problems:?}"))
}

#[test]
fn a_site_may_name_a_group() {
    let rendered = render_site(
        "packVersions: {kubernetes: 1.34.x, ubuntu-maas: LTS__22.04}",
        built_in::library(),
    );
    let layers = &rendered.profiles[0].profile.spec.template.packs;
    let tags: Vec<(&str, &str)> = layers[..2]
        .iter()
        .map(|layer| (layer.version.as_str(), layer.tag.as_str()))
        .collect();
    assert_eq!(tags, [("22.04", "LTS__22.04"), ("1.34.5", "1.34.x")]);
}

/// The values that a pack makes with these presets.
fn values(pack: &Pack, presets: &[&str]) -> String {
    let presets: Vec<PresetName> = presets
        .iter()
        .map(|name| name.parse().expect("the name of a preset"))
        .collect();
    compose(pack, &presets, [Source::new("overlay", "")])
        .unwrap_or_else(|problems| panic!("{problems:?}"))
        .text
}

#[test]
fn the_line_of_presets_is_read_kept_and_rewritten() {
    const PRESETS: &str = "presets:
- {name: a-one, group: Group A, add: 'x: 1'}
- {name: a-two, group: Group A, add: 'x: 2'}
- {name: b-one, group: B, add: 'y: 1'}
- {name: c-one, group: C, remove: [z]}
";
    let folder = Scratch::new();
    for (version, first, presets, wanted) in [
        // Of groups that are not chosen, what the pack says stays, also what we do not know.
        (
            "1.0.0",
            "# spectrocloud.com/enabled-presets: Group A:a-one, B:b-one,New:n\n",
            &["Group A:a-two"][..],
            "# spectrocloud.com/enabled-presets: Group A:a-two,B:b-one,New:n\nz: 1\nx: 2",
        ),
        // Groups are the same in other capitals; new ones come behind.
        (
            "1.0.1",
            "# spectrocloud.com/enabled-presets: Group A:a-one\n",
            &["group a:a-two", "C:c-one"],
            "# spectrocloud.com/enabled-presets: Group A:a-two,C:c-one\nx: 2",
        ),
        (
            "1.0.2",
            "",
            &["B:b-one"],
            "# spectrocloud.com/enabled-presets: B:b-one\nz: 1\ny: 1",
        ),
        ("1.0.3", "", &[], "z: 1"),
        (
            "1.0.4",
            "# spectrocloud.com/enabled-presets:\n",
            &[],
            "# spectrocloud.com/enabled-presets:\nz: 1",
        ),
        (
            "1.0.5",
            "# about the pack\n",
            &["B:b-one"],
            "# spectrocloud.com/enabled-presets: B:b-one\n# about the pack\nz: 1\ny: 1",
        ),
    ] {
        pack(
            &folder,
            "lined",
            version,
            &format!("{first}z: 1\n"),
            PRESETS,
        );
        let library = library(&[&folder]);
        let pack = library.find("lined", version).expect("the pack is whole");
        let text = values(&pack, presets);
        assert_eq!(text, wanted, "{version}");
    }
}

/// The text was made with the presets that its first line names, and its owner may have changed what they set.
#[test]
fn a_preset_that_the_text_already_has_is_not_applied_again() {
    let folder = Scratch::new();
    let values = "# spectrocloud.com/enabled-presets: Array:demo
charts:
  array:
    # Ours.
    endpoint: array.example.internal
    pools: [gold]
";
    let presets = "presets:
- {name: demo, group: Array, remove: [charts.array.pools], add: 'charts: {array: {endpoint: 192.0.2.1}}'}
- {name: other, group: Array, add: 'charts: {array: {endpoint: 192.0.2.2}}'}
- {name: on, group: Metrics, add: 'charts: {array: {metrics: true}}'}
";
    pack(&folder, "array", "1.0.0", values, presets);
    let pack = library(&[&folder])
        .find("array", "1.0.0")
        .expect("it is there");
    let text = self::values(&pack, &["Array:demo", "Metrics:on"]);
    let kept = values.replace("Array:demo", "Array:demo,Metrics:on");
    assert_eq!(text, format!("{kept}    metrics: true"));
    let other = self::values(&pack, &["Array:other"]);
    assert!(other.contains("endpoint: 192.0.2.2\n"), "{other}");
    // What was made once stays as it is when it is made again.
    fs::write(folder.join("array-1.0.0/values.yaml"), &text).expect("it can be written");
    let again = library(&[&folder])
        .find("array", "1.0.0")
        .expect("it is there");
    assert_eq!(self::values(&again, &["Array:demo", "Metrics:on"]), text);
}

#[test]
fn vlan_filtering_goes_where_the_pack_has_it() {
    let overlay = "charts:
  virtual-machine-orchestrator:
    vlanFiltering:
      enabled: true
      env:
        # The VMs' own.
        allowedVlans: \"21-100\"
        allowVlansOnSelf: \"true\"
";
    let folder = Scratch::new();
    for (version, values, wanted) in [
        (
            "4.9.0",
            "charts:
  virtual-machine-orchestrator:
    vlanFiltering:
      enabled: false
      env:
        allowedVlans: \"1\" # VLANs
",
            "charts:
  virtual-machine-orchestrator:
    vlanFiltering:
      enabled: true
      env:
        allowedVlans: \"21-100\" # VLANs
        allowVlansOnSelf: \"true\"",
        ),
        (
            "4.0.0",
            "charts:
  virtual-machine-orchestrator:
    vlanFiltering:
      enabled: false
      allowedVlans: \"1\" # VLANs
",
            "charts:
  virtual-machine-orchestrator:
    vlanFiltering:
      enabled: true
      allowedVlans: \"21-100\" # VLANs
      allowVlansOnSelf: \"true\"",
        ),
    ] {
        pack(&folder, "virtual-machine-orchestrator", version, values, "");
        let library = library(&[&folder]);
        let pack = library
            .find("virtual-machine-orchestrator", version)
            .expect("the pack is whole");
        let values = compose(&pack, &[], [Source::new("overlay", overlay)])
            .unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(values.text, wanted);
        assert_eq!(values.moved.len(), usize::from(version == "4.0.0"));
    }
}

/// The settings of VMO 4.10 lie elsewhere: what the RA sets goes there.
#[test]
fn vmo_4_10_gets_its_settings_where_it_has_them() {
    let folder = Scratch::new();
    let values = "# spectrocloud.com/enabled-presets: Alternative Authentication:local-auth
pack:
  namespace: vm-dashboard
charts:
  virtual-machine-orchestrator:
    vmo-manager:
      service:
        type: ClusterIP # of the manager
      goldenImagesNamespace: vmo-golden-images
      features:
        localAuth:
          enabled: true
          adminPassword: \"{{ .spectro.var.LOCAL_ADMIN_PASSWORD }}\"
    vlanFiltering:
      enabled: false
      env:
        bridgeIF: br1
    snapshot-controller:
      enabled: true
";
    pack(
        &folder.join("packs"),
        "virtual-machine-orchestrator",
        "4.10.2",
        values,
        "",
    );
    let site = "packVersions: {virtual-machine-orchestrator: 4.10.x}
vmo: {access: Direct, goldenImagesNamespace: images}
";
    write(&folder, "site.yaml", site);
    let run = folder.run("render site.yaml --packs packs --profile core --out out");
    let said = run.ends(0).said();
    for remark in [
        "`virtual-machine-orchestrator` 4.10.2 has `charts.virtual-machine-orchestrator.vmo-manager.service.type` in place of `charts.virtual-machine-orchestrator.service.type`; the RA's settings go there",
        "has `charts.virtual-machine-orchestrator.vmo-manager.goldenImagesNamespace` in place of",
        "note: a cluster with `virtual-machine-orchestrator` before 4.9.9 must be upgraded to that version before 4.10.2\n  = note: Spectro Cloud, Upgrade the VMO Pack\n",
    ] {
        assert!(said.contains(remark), "{remark}: {said}");
    }
    let text = read(
        &folder,
        "out/values/core/04-virtual-machine-orchestrator.yaml",
    );
    let made = crate::common::yaml("values.yaml", &text);
    let vmo = &made["charts"]["virtual-machine-orchestrator"];
    assert_eq!(vmo["vmo-manager"]["service"]["type"], "LoadBalancer");
    assert_eq!(vmo["vmo-manager"]["goldenImagesNamespace"], "images");
    assert_eq!(vmo["vlanFiltering"]["enabled"], true);
    for gone in ["service", "goldenImagesNamespace"] {
        assert!(vmo.get(gone).is_none(), "{gone}: {text}");
    }
    assert!(
        text.contains("type: LoadBalancer # of the manager\n"),
        "{text}"
    );
    // A profile that uses a variable has to declare it.
    let core: Value =
        serde_json::from_str(&read(&folder, "out/VMO-RA-Core-PXKE.json")).expect("JSON");
    let variables = core["spec"]["variables"].as_array().expect("a list");
    let declared = variables
        .iter()
        .find(|one| one["name"] == "LOCAL_ADMIN_PASSWORD");
    let declared = declared.expect("it is declared");
    assert_eq!(declared["isSensitive"], true);
    assert!(declared.get("defaultValue").is_none());
    assert!(!variables.iter().any(|one| one["name"] == "PLATFORM_IP"));
    let layer = core["spec"]["template"]["packs"][3].clone();
    assert_eq!(
        (layer["version"].as_str(), layer["tag"].as_str()),
        (Some("4.10.2"), Some("4.10.x"))
    );
}

/// What a vendor's text names nowhere may do nothing.
#[test]
fn settings_that_a_pack_names_nowhere_are_a_note() {
    let folder = Scratch::new();
    let known = "charts:
  virtual-machine-orchestrator:
    service: {}
    # sampleTemplates: {fedora37: false}
    kubevirt:
      kubevirtResource:
        additionalFeatureGates: []
    snapshot-controller:
      volumeSnapshotClass:
        create: false
        params: {}
";
    let presets = "presets:\n- {name: v, group: VLANs, add: 'charts: {virtual-machine-orchestrator: {vlanFiltering: {enabled: true}}}'}\n";
    pack(
        &folder.join("packs"),
        "virtual-machine-orchestrator",
        "4.9.0",
        known,
        presets,
    );
    let said = folder
        .run("render --packs packs --profile core --out out")
        .ends(0)
        .said();
    let note = "note: `virtual-machine-orchestrator` 4.9.0 does not mention settings of the RA: \
        `charts.virtual-machine-orchestrator.goldenImagesNamespace`, \
        `charts.virtual-machine-orchestrator.vmEnabledNamespaces`, \
        `charts.virtual-machine-orchestrator.snapshot-controller.volumeSnapshotClass.name`, \
        `charts.virtual-machine-orchestrator.snapshot-controller.volumeSnapshotClass.driver`, \
        `charts.virtual-machine-orchestrator.snapshot-controller.volumeSnapshotClass.deletionPolicy`, \
        `charts.virtual-machine-orchestrator.snapshot-controller.volumeSnapshotClass.extraLabels`, \
        `charts.virtual-machine-orchestrator.kubevirt.kubevirtResource.config`
  = note: values.yaml of packs/virtual-machine-orchestrator-4.9.0
";
    assert!(said.contains(note), "{said}");
}

#[test]
fn no_built_in_values_stand_in_for_another_layout() {
    let folder = Scratch::new();
    for version in ["4.10.0", "4.10.x", "4.11.3"] {
        write(
            &folder,
            "site.yaml",
            format!("packVersions: {{virtual-machine-orchestrator: {version}}}\n"),
        );
        folder.run("render site.yaml --profile core --out out").ends(2).mentions(&format!(
            "error: `virtual-machine-orchestrator` moved its settings in 4.10.0, so the built-in values of 4.9.0 cannot replace {version}
  = note: Spectro Cloud, Upgrade the VMO Pack
  = help: name a folder with that version of the pack with `--packs DIR`, or choose an older version under `packVersions`
  = help: upgrade a cluster with a version before 4.9.9 to that version first
"
        ));
    }
    write(
        &folder,
        "site.yaml",
        "packVersions: {virtual-machine-orchestrator: 4.9.46}\n",
    );
    folder
        .run("render site.yaml --profile core --out out")
        .ends(0);
}

/// Every setting that the RA changes in VMO is known to be where it was in 4.10, or moved.
#[test]
fn the_mappings_of_a_layout_are_whole() {
    let layouts = vmo_ra::pack::layouts().expect("they can be read");
    let of_vmo = |layout: &&vmo_ra::pack::Layout| layout.pack == "virtual-machine-orchestrator";
    let layout = layouts.iter().find(of_vmo).expect("there is one");
    // Seven rows of the vendor's table: five that moved, a map that moved, and one that is gone.
    assert_eq!(
        (
            layout.moved.len(),
            layout.gone.len(),
            layout.variables.len()
        ),
        (8, 3, 5)
    );
    for moved in layouts.iter().flat_map(|layout| &layout.moved) {
        assert_ne!(moved.from.to_string(), moved.to.to_string());
    }
    assert!(layout.has("4.10.0") && layout.has("4.11.0") && !layout.has("4.9.46"));
}

#[test]
fn two_presets_of_one_group_are_refused() {
    let folder = Scratch::new();
    pack(
        &folder,
        "grouped",
        "1.0.0",
        "a: 1\n",
        "presets:\n- {name: one, group: Group A}\n- {name: two, group: Group A}\n",
    );
    let library = library(&[&folder]);
    let pack = library.find("grouped", "1.0.0").expect("the pack is whole");
    let presets = ["Group A:one", "group a:two", "Group A:too"]
        .map(|name| name.parse().expect("the name of a preset"));
    let problems = compose(&pack, &presets, [Source::new("overlay", "")]).expect_err("refused");
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "error: the presets `one` and `two` of `grouped` are in the same group\n  = help: choose one preset of `Group A`\n",
            "error: `grouped` has no preset `Group A:too`\n  = note: did you mean `Group A:two`?\n  = help: its presets: Group A:one, Group A:two\n",
        ]
    );
}

#[test]
fn a_hundred_thousand_lines_change_where_they_are_meant_to() {
    let mut values = String::new();
    for block in 0..20_000 {
        values.push_str(&format!(
            "# About {block}.\nblock{block}:\n  enabled: true # or not\n  list: [1, 2]\n  name: b{block}\n"
        ));
    }
    let folder = Scratch::new();
    pack(&folder, "long", "1.0.0", &values, "");
    let library = library(&[&folder]);
    let pack = library.find("long", "1.0.0").expect("the pack is whole");
    let overlay = Source::new(
        "overlay",
        "block7: {enabled: false}\nblock19999: {more: 1}\n",
    );
    let made = compose(&pack, &[], [overlay]).unwrap_or_else(|problems| panic!("{problems:?}"));
    let expected = values
        .replace("block7:\n  enabled: true", "block7:\n  enabled: false")
        .replace("  name: b19999\n", "  name: b19999\n  more: 1");
    assert!(made.text == expected, "something else has changed");
    assert_eq!(made.text.lines().count(), 100_001);
}

/// What stands in for a vendor's text says how it differs, for each version anew.
#[test]
fn every_built_in_pack_says_how_it_differs() {
    let folder = root("profiles/packs");
    let mut silent = Vec::new();
    let mut known = 0;
    let made = ["1.7.0", "1.9.0"].map(|revision| {
        crate::claims::profiles(built_in::revision(revision), built_in::library(), false)
    });
    let made = made.iter().flatten();
    let layers: Vec<_> = made
        .flat_map(|(_, profile)| &profile.spec.template.packs)
        .collect();
    for found in built_in::library().packs() {
        let Description { name, version, .. } = &found.description;
        let text = read(&folder, &format!("{name}/{version}/pack.json"));
        let own: Value = serde_json::from_str(&text).expect("JSON");
        let said = own["differsFromVendor"].as_array();
        if said.is_none_or(|said| said.len() != found.description.differs.len()) {
            silent.push(format!("{name} {version}"));
        }
        known += found.description.differs.len();
        // What is said to be missing is neither in the pack nor in what the RA makes of it.
        let of_pack = layers
            .iter()
            .filter(|layer| layer.name == *name && layer.version == *version);
        let rendered: Vec<Value> = of_pack
            .map(|layer| crate::common::yaml(name, &layer.values))
            .collect();
        for what in &found.description.differs {
            let path = what
                .split('`')
                .nth(1)
                .filter(|_| what.contains("` is missing"));
            let path: Option<vmo_ra::yaml::Path> = path.map(|path| path.parse().expect("a path"));
            if path.is_some_and(|path| rendered.iter().any(|tree| path.find(tree).is_some())) {
                silent.push(format!("{name} {version}: {what}"));
            }
        }
    }
    nothing_wrong(&silent);
    assert!(known >= 15, "{known}");
}

#[test]
fn built_in_values_are_a_warning_until_the_site_accepts_them() {
    let folder = Scratch::new();
    // Other findings of the example are notes.
    for (name, site, code) in [
        ("refused", "cluster: {name: berlin}\n", 1),
        (
            "accepted",
            "cluster: {name: berlin}\nregistries: {acceptBuiltInValues: true}\n",
            0,
        ),
    ] {
        write(&folder, "site.yaml", site);
        let run = folder
            .run("check site.yaml --deny warnings")
            .ends(code)
            .told();
        is_golden(&format!("tests/packs/built_in_{name}.stdout"), &run);
        folder.run("render site.yaml --out out --force").ends(0);
        folder.run("check out --deny warnings").ends(code);
        let json: Value = folder.run("check site.yaml --format json").json();
        let findings = json["findings"].as_array().expect("findings");
        let finding = findings.iter().find(|one| one["id"] == "built-in-values");
        let notes = finding.expect("it is there")["notes"].as_array();
        assert!(notes.expect("notes").len() > 3, "{json}");
    }
    // One profile is about its own packs; manifests have none.
    let one = |profile: &str| {
        let line = format!("render --profile {profile} --out {profile}");
        folder.run(&line).ends(0).said()
    };
    assert!(one("core").contains("own: lb-metallb-helm, nginx, prometheus-operator, virtual-"));
    assert!(!one("templates").contains("[built-in-values]"));
}

/// A pack of a folder stands for itself, whatever it says of others.
#[test]
fn a_pack_of_a_folder_is_no_built_in_one() {
    let folder = Scratch::new();
    pack(&folder.join("packs"), "nginx", "1.15.4", "a: 1\n", "");
    let json = r#"{"name": "nginx", "version": "1.15.4", "layer": "addon", "differsFromVendor": ["much"]}"#;
    write(&folder, "packs/nginx-1.15.4/pack.json", json);
    let said = folder.run("render --packs packs --out out").ends(0).said();
    assert!(
        said.contains("csi-portworx-generic, lb-metallb-helm, prometheus-operator, "),
        "{said}"
    );
    assert!(!said.contains("much"), "{said}");
    let core = read(&folder, "out/VMO-RA-Core-PXKE.json");
    assert!(
        core.contains("own: lb-metallb-helm, prometheus-operator, virtual-machine-orchestrator\"")
    );
}

/// What holds for vendor packs holds for ours: nothing stale, everything in its place, nothing to object to.
#[test]
fn the_built_in_packs_are_as_whole_as_a_vendors() {
    let library = built_in::library();
    let mut problems = Vec::new();
    for found in library.packs() {
        let pack = match found.load() {
            Ok(pack) => pack,
            Err(broken) => {
                problems.extend(broken.iter().map(ToString::to_string));
                continue;
            }
        };
        let name = format!("{} {}", pack.description.name, pack.description.version);
        if let Err(broken) = pack.values_as_read() {
            problems.extend(broken.iter().map(|problem| format!("{name}: {problem}")));
        }
        for preset in pack.enabled_presets() {
            if !pack.presets.iter().any(|known| known.is_named(&preset)) {
                problems.push(format!(
                    "{name}: its first line names `{preset}`, which it does not have"
                ));
            }
        }
        for preset in &pack.presets {
            let selected = PresetName {
                group: preset.group.clone(),
                name: preset.name.clone(),
            };
            match compose(&pack, &[selected], [Source::new("overlay", "")]) {
                Ok(values) => problems.extend(
                    values
                        .stale
                        .iter()
                        .map(|path| format!("{name}: {} removes `{path}`", preset.name)),
                ),
                Err(broken) => problems.extend(broken.iter().map(ToString::to_string)),
            }
        }
    }
    for revision in ["1.7.0", "1.9.0"] {
        let revision = built_in::revision(revision);
        for choice in choices(&Site::example(), revision) {
            if library.choose(choice.pack, &choice.wanted).is_err() {
                problems.push(format!(
                    "RA {}: no pack {} {}",
                    revision.name, choice.pack, choice.wanted
                ));
            }
        }
    }
    nothing_wrong(&problems);
}

/// Standard output of a run without a word on standard error is what tests/packs/NAME.stdout holds.
fn prints(name: &str, folder: &Path, arguments: &str) {
    let told = vmo_ra(arguments).within(folder).run().well();
    is_golden(&format!("tests/packs/{name}.stdout"), told);
}

#[test]
fn packs_are_listed_and_shown() {
    let Some(shared) = Shared::find() else { return };
    let folder = shared.path("");
    prints("list", &folder, "packs list --packs packs");
    prints("list_1_9_0", &folder, "packs list --revision 1.9.0");
    prints(
        "show_portworx",
        &folder,
        "packs show csi-portworx-generic@3.3.x --packs packs",
    );
    prints(
        "show_cilium",
        &folder,
        "packs show cni-cilium-oss --packs packs",
    );
}

#[test]
fn a_list_says_what_a_site_lacks() {
    let folder = Scratch::new();
    pack(&folder.join("packs"), "nginx", "1.0.0", "a: 1\n", "");
    write(
        &folder,
        "site.yaml",
        "nodes: {ubuntu: '24.04'}\npackVersions: {kubernetes: 1.36.2, nginx: 1.0.x}\n",
    );
    prints(
        "list_of_a_site",
        &folder,
        "packs list --packs packs --revision 1.9.0 --site site.yaml",
    );
}
