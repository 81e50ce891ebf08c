//! Packs are found, chosen and read as Palette does.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::harness::{Scratch, is_golden, vmo_ra, write};
use crate::common::{Shared, built_in, nothing_wrong};
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::{Library, Origin, Pack, PresetName, compose};
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
  = note: versions at hand: `1.32.4`, `1.33.9`, `1.34.2`, `1.34.4`, `1.34.5`, `1.34.10-rc.1`
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
            "error: the presets `one` and `two` of `grouped` are of one group\n  = help: choose one preset of `Group A`\n",
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
