//! Packs that cannot be used, and profiles that packs object to, are explained in full, and nothing is written.
//!
//! tests/bad_packs/NAME.stderr holds all of standard error. After a wanted change:
//! `VMO_RA_ACCEPT=1 cargo test --test suite bad_packs::`.

use std::fs;

use crate::common::harness::{Arguments, Run, Scratch, is_golden, write};

/// A folder of packs, made file by file.
struct Folder(Scratch);

impl Folder {
    fn new() -> Self {
        Folder(Scratch::new())
    }

    fn file(&self, path: &str, text: &str) -> &Self {
        write(&self.0, path, text);
        self
    }

    /// A pack of Portworx with these values and presets, and more of pack.json behind its version.
    fn portworx(&self, path: &str, version: &str, more: &str) -> &Self {
        self.file(
            &format!("{path}/pack.json"),
            &format!(
                "{{\n  \"name\": \"csi-portworx-generic\",\n  \"layer\": \"csi\",\n  \"version\": \"{version}\"{more}\n}}\n"
            ),
        )
        .file(&format!("{path}/values.yaml"), VALUES)
        .file(&format!("{path}/presets.yaml"), PRESETS)
    }

    fn render(&self, more: &[&str]) -> Run {
        self.run(&[&["render", "--packs", "packs", "--profile", "infra"], more].concat())
    }

    fn run(&self, arguments: impl Arguments) -> Run {
        self.0.run(arguments)
    }
}

const VALUES: &str = "# spectrocloud.com/enabled-presets: License Models:px-enterprise
charts:
  portworx-generic:
    license: {}
";

/// The presets that RA 1.9.0 selects, without anything in them.
const PRESETS: &str = "presets:
- {name: px-enterprise, group: License Models}
- {name: px-deploy-worker-only, group: Node selection}
- {name: px-normal-mode, group: Palette Mode}
- {name: px-spec-flasharray, group: Storagecluster Specs}
- {name: px-internal-kvdb, group: Kvdb and Etcd}
";

/// The run ends with exit code 2, writes nothing and says what the golden file holds.
fn is_refused(name: &str, folder: &Folder, output: &Run) {
    let stderr = output.said();
    assert_eq!(output.code, Some(2), "{name}: {stderr}");
    assert!(output.stdout.is_empty(), "{name} writes to standard output");
    assert!(
        !folder.0.join("out").exists(),
        "{name}: something was written"
    );
    is_golden(&format!("tests/bad_packs/{name}.stderr"), &output.stderr);
}

#[test]
fn a_pack_json_that_is_none_is_refused() {
    let folder = Folder::new();
    folder
        .file("packs/cut/pack.json", "{\n  \"name\": \"x\",\n")
        .file("packs/nameless/pack.json", "{\"name\": \" \", \"version\": \"1.0.0\", \"layer\": \"csi\"}\n")
        .file("packs/layer/pack.json", "{\"name\": \"x\", \"version\": \"1.0.0\", \"layer\": \"adon\"}\n")
        .file("packs/limit/pack.json", "{\"name\": \"x\", \"version\": \"1.0.0\", \"layer\": \"csi\", \"constraints\": {\"dependencies\": [\n  {\"packName\": \"kubernetes\", \"maxVersion\": \"newest\"}\n]}}\n")
        .file("packs/kind/pack.json", "{\"name\": \"x\", \"version\": \"1.0.0\", \"layer\": \"csi\", \"constraints\": {\"dependencies\": [\n  {\"packName\": \"kubernetes\", \"type\": \"needed\"}\n]}}\n")
        .portworx("packs/portworx-generic-v3.4.1", "3.6.0", "");
    is_refused("pack_json", &folder, &folder.render(&[]));
}

#[test]
fn two_packs_of_one_name_and_version_are_refused_if_they_differ() {
    let folder = Folder::new();
    folder
        .portworx("packs/one", "3.6.0", "")
        .portworx("packs/two", "3.6.0", "");
    let output = folder.render(&[]);
    output.ends(0);
    fs::remove_dir_all(folder.0.join("out")).expect("the folder can go");
    folder.file("packs/two/values.yaml", "a: 1\n");
    is_refused("twice", &folder, &folder.render(&[]));
    // A pack for another cloud is not meant.
    folder.portworx("packs/two", "3.6.0", ",\n  \"cloudTypes\": [\"azure\"]");
    folder.file("packs/two/values.yaml", "a: 1\n");
    folder.render(&[]).ends(0);
}

#[test]
fn files_of_a_pack_that_cannot_be_read_are_named() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "");
    fs::remove_file(folder.0.join("packs/px/values.yaml")).expect("the file can go");
    folder
        .file(
            "packs/px/presets.yaml",
            "presets:\n- {name: a, group: G, remove: [a..b]}\n- {name: a, group: G}\n",
        )
        .file(
            "packs/px/schema.yaml",
            "charts.x:\n  schema: '{{ required }}'\ncharts.y:\n  required: true\n",
        );
    is_refused("files", &folder, &folder.render(&[]));
}

#[test]
fn presets_that_are_no_yaml_are_refused() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "").file(
        "packs/px/presets.yaml",
        "presets:\n- name: a\n  group: G\n  ad: x\n",
    );
    is_refused("presets", &folder, &folder.render(&[]));
}

#[test]
fn unknown_presets_come_with_the_near_ones() {
    let folder = Folder::new();
    let presets = PRESETS.replace("px-spec-flasharray", "px-spec-flash-array");
    folder
        .portworx("packs/px", "3.6.0", "")
        .file("packs/px/presets.yaml", &presets);
    is_refused("unknown_presets", &folder, &folder.render(&[]));
}

#[test]
fn values_that_are_no_map_are_refused() {
    for (name, values) in [
        ("values_list", "- a\n- b\n"),
        ("values_text", "only words\n"),
        ("values_broken", "charts:\n  a: [1,\n  b: 2\n"),
        ("values_twice", "charts:\n  a: 1\ncharts:\n  b: 2\n"),
    ] {
        let folder = Folder::new();
        folder
            .portworx("packs/px", "3.6.0", "")
            .file("packs/px/values.yaml", values);
        is_refused(name, &folder, &folder.render(&[]));
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_folder_only() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "");
    folder.portworx("elsewhere/px", "3.7.0", "");
    for (link, target) in [("round", "."), ("up", ".."), ("away", "../elsewhere")] {
        symlink(target, folder.0.join("packs").join(link)).expect("the link can be made");
    }
    symlink(
        "../../elsewhere/px/values.yaml",
        folder.0.join("packs/px/schema.yaml"),
    )
    .expect("the link can be made");
    is_refused("links", &folder, &folder.render(&[]));
    fs::remove_file(folder.0.join("packs/px/schema.yaml")).expect("the link can go");
    let list = folder.run(&["packs", "list", "--packs", "packs", "--revision", "1.9.0"]);
    assert_eq!(list.code, Some(0), "{}", list.said());
    assert_eq!(list.said().matches("leads out of the folder").count(), 2);
    assert!(!String::from_utf8_lossy(&list.stdout).contains("3.7.0"));
}

/// Pipes are never waited for, wherever one stands for a file of a pack.
#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_of_a_pack() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "");
    folder.file("packs/other/values.yaml", "a: 1\n");
    for path in ["packs/px/schema.yaml", "packs/other/pack.json"] {
        let made = std::process::Command::new("mkfifo")
            .arg(folder.0.join(path))
            .status();
        assert!(made.expect("mkfifo starts").success());
    }
    is_refused("pipe", &folder, &folder.render(&[]));
}

/// What no layer uses is a warning, and stops nothing.
#[test]
fn an_odd_pack_is_a_warning_until_it_is_chosen() {
    let folder = Folder::new();
    folder
        .portworx("packs/px", "3.6.0", "")
        .file("packs/cut/pack.json", "{\n  \"name\": \"x\",\n")
        .file(
            "packs/bare/pack.json",
            "{\"name\": \"metallb\", \"version\": \"1.0.0\", \"layer\": \"adon\"}\n",
        );
    let render = folder.render(&["--out", "out"]);
    assert_eq!(render.code, Some(0), "{}", render.said());
    is_golden("tests/bad_packs/odd.stderr", &render.stderr);
    let list = folder.run(&["packs", "list", "--packs", "packs", "--revision", "1.9.0"]);
    assert_eq!(list.code, Some(0), "{}", list.said());
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(
        list.lines()
            .any(|line| line.contains("metallb") && line.contains("cannot be used")),
        "{list}"
    );
    let show = folder.run(&["packs", "show", "metallb", "--packs", "packs"]);
    show.ends(2);
    assert_eq!(
        show.said().matches("there is no layer `adon`").count(),
        1,
        "{}",
        show.said()
    );
}

#[cfg(unix)]
#[test]
fn linked_packs_are_found_once() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    folder.portworx("packs/elsewhere/a/b/c/d/e/f/g/h/i/j/px", "3.6.0", "");
    symlink("elsewhere", folder.0.join("packs/one")).expect("the link can be made");
    symlink("elsewhere", folder.0.join("packs/two")).expect("the link can be made");
    let output = folder.run("packs list --packs packs --revision 1.9.0");
    let list = output.told();
    let found: Vec<&str> = list
        .lines()
        .filter(|line| line.contains("packs/"))
        .collect();
    assert_eq!(
        found,
        [
            "csi-portworx-generic          3.6.0   5 presets   packs/elsewhere/a/b/c/d/e/f/g/h/i/j/px  RA 1.9.0 infra"
        ],
        "{list}"
    );
}

#[test]
fn values_without_measure_are_refused() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "");
    let file =
        fs::File::create(folder.0.join("packs/px/values.yaml")).expect("the file can be made");
    file.set_len(200_000_000).expect("the file can grow");
    is_refused("huge", &folder, &folder.render(&[]));
}

#[test]
fn what_packs_ask_of_each_other_is_checked() {
    const MAX: &str = ",\n  \"constraints\": {\"dependencies\": [
    {\"packName\": \"kubernetes\", \"layer\": \"k8s\", \"maxVersion\": \"1.33.99\", \"type\": \"optional\"},
    {\"packName\": \"vault\", \"layer\": \"addon\", \"minVersion\": \"0.6.0\", \"type\": \"required\"},
    {\"packName\": \"nginx\", \"layer\": \"addon\", \"minVersion\": \"1.0.0\", \"type\": \"notSupported\"},
    {\"packName\": \"ubuntu-maas\", \"layer\": \"os\", \"minVersion\": \"20.04\", \"type\": \"required\"}
  ]}";
    let folder = Folder::new();
    folder.portworx("packs/px", "3.4.1", MAX);
    folder.file(
        "site.yaml",
        "packVersions:\n  csi-portworx-generic: 3.4.1\n",
    );
    is_refused(
        "constraints",
        &folder,
        &folder.render(&["--site", "site.yaml"]),
    );
    // With a version that fits, only the rest is left.
    folder.file(
        "site.yaml",
        "packVersions:\n  csi-portworx-generic: 3.4.x\n  kubernetes: 1.33.9\n",
    );
    is_refused(
        "constraints_left",
        &folder,
        &folder.render(&["--site", "site.yaml"]),
    );
}

#[test]
fn what_a_pack_asks_of_its_values_is_checked() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "").file(
        "packs/px/schema.yaml",
        "charts.portworx-generic.vsphereSecret.password:
  schema: '{{ format \"${password}\" }}'
charts.portworx-generic.license.enterprise.activationId:
  schema: '{{ required | format \"${string:/^[0-9]+$/}\" }}'
charts.portworx-generic.license.type:
  schema: '{{ required | hints \"enterprise, saas or csi\" \"see the licence\" }}'
charts.portworx-generic.storageCluster.spec.cloudStorage.provider:
  schema: '{{ readonly }}'
charts.portworx-generic.storageClasses.$[].reclaimPolicy:
  schema: '{{ required | format \"${list:[Retain]}\" }}'
charts.portworx-generic.storageCluster.spec.image:
  schema: '{{ format \"${input}\" }}'
",
    );
    is_refused("schema", &folder, &folder.render(&[]));
    // What cannot be read is said to be unchecked.
    folder.file(
        "packs/px/schema.yaml",
        "charts.portworx-generic.storageCluster.spec.image:
  schema: '{{ format \"${input}\" }}'
",
    );
    let output = folder.render(&[]);
    output.ends(0);
    is_golden("tests/bad_packs/schema_unread.stderr", &output.stderr);
}

#[test]
fn a_group_that_no_pack_is_of_is_refused() {
    let folder = Folder::new();
    folder
        .portworx("packs/px", "3.6.0", "")
        .file("site.yaml", "packVersions:\n  kubernetes: 1.35.x\n");
    is_refused("group", &folder, &folder.render(&["--site", "site.yaml"]));
}

/// Of packs that one layer has one of, any will do: no cluster has two.
#[test]
fn packs_of_one_core_layer_are_alternatives() {
    let folder = Folder::new();
    let asks = |minimum: &str, names: &[&str]| {
        let asked = |name: &&str| {
            format!(
                "{{\"packName\": \"{name}\", \"layer\": \"k8s\", \"minVersion\": \"{minimum}\", \"type\": \"required\"}}"
            )
        };
        let asked: Vec<String> = names.iter().map(asked).collect();
        let pack = format!(
            "{{\"name\": \"ubuntu-maas\", \"version\": \"22.04\", \"layer\": \"os\", \"constraints\": {{\"dependencies\": [{}]}}}}",
            asked.join(", ")
        );
        folder.file("packs/ubuntu/pack.json", &pack);
        folder.file("packs/ubuntu/values.yaml", "kubeadmconfig: {}\n");
        folder.render(&["--out", "out", "--force"])
    };
    let three = ["kubernetes-rke2", "kubernetes", "kubernetes-microk8s"];
    asks("1.27", &three).ends(0);
    let refused = asks("1.35", &three).ends(2).said();
    assert!(
        refused.contains(
            "works with `kubernetes` 1.35 or later, and the cluster has 1.34.5 [pack-constraint]\n"
        ),
        "{refused}"
    );
    assert_eq!(refused.matches("[pack-constraint]").count(), 1, "{refused}");
    let none = asks("1.27", &three[..1]).ends(2).said();
    assert!(
        none.contains(
            "`ubuntu-maas` 22.04 needs `kubernetes-rke2` (1.27 or later), and no profile has it"
        ),
        "{none}"
    );
    let neither = asks("1.27", &["kubernetes-rke2", "kubernetes-microk8s"])
        .ends(2)
        .said();
    assert!(neither.contains("needs `kubernetes-rke2` (1.27 or later) or `kubernetes-microk8s` (1.27 or later), and no profile has it"), "{neither}");
    assert_eq!(neither.matches("[pack-constraint]").count(), 1, "{neither}");
}

/// What vendors left to be filled in, where the pack is the user's; and what is wrong with a preset that nobody chose.
#[test]
fn what_a_vendor_left_is_found() {
    let folder = Folder::new();
    let presets =
        format!("{PRESETS}- {{name: odd, group: Odd, add: 'a: 1\n\n  a: 2', since: 2020}}\n");
    let values = format!("{VALUES}    auth: {{password: Password123, endpoint: \"https://192.0.2.10:443\"}}\n    site: <YOUR SITE>\n")
        .replace("charts:\n", "pack:\n  content:\n    images:\n    - image: 'docker.io/portworx/a:1.0\"'\n    - image: docker.io/portworx/b:1.0\n    - image: 'c d'\ncharts:\n");
    folder.portworx(
        "packs/px",
        "3.6.0",
        ", \"charts\": null, \"cloudTypes\": null",
    );
    folder.file("packs/px/presets.yaml", &presets);
    folder.file("packs/px/values.yaml", &values);
    let output = folder.render(&[]);
    is_golden("tests/bad_packs/left_open.stderr", output.ends(0).said());
}

/// What a source did not tell is said where the pack is used.
#[test]
fn what_is_not_known_of_an_imported_pack_is_a_note() {
    let folder = Folder::new();
    let more = ",\n  \"annotations\": {\"vmo-ra/unknown\": \"constraints\"}";
    folder.portworx("packs/px", "3.6.0", more);
    let output = folder.render(&[]);
    is_golden("tests/bad_packs/imported.stderr", output.ends(0).said());
}

#[test]
fn a_removal_of_nothing_is_a_note() {
    let folder = Folder::new();
    folder.portworx("packs/px", "3.6.0", "").file(
        "packs/px/presets.yaml",
        &PRESETS
            .replace(
                "group: Node selection",
                "group: Node selection, remove: [charts.px.old, charts.px.added]",
            )
            .replace(
                "group: Palette Mode",
                "group: Palette Mode, add: 'charts: {px: {added: 1}}'",
            ),
    );
    let output = folder.render(&[]);
    output.ends(0);
    is_golden("tests/bad_packs/stale.stderr", &output.stderr);
}

#[test]
fn an_overlay_follows_the_pack_at_hand_and_says_so() {
    let folder = Folder::new();
    // Before 3.3.0 there was one storage class, and here the chart has another name as well.
    folder
        .portworx("packs/px", "3.6.0", ",\n  \"cloudTypes\": [\"all\"]")
        .file(
            "packs/px/values.yaml",
            "charts:
  px-operator: {}
  portworx-generic:
    license: {}
    storageClass:
      name: spectro-storage-class # keep
      reclaimPolicy: Retain # Delete or Retain
      parameters: {}
",
        )
        .file(
            "packs/cilium/pack.json",
            "{\"name\": \"cni-cilium-oss\", \"layer\": \"cni\", \"version\": \"1.19.2\"}",
        )
        .file(
            "packs/cilium/values.yaml",
            "charts:\n  cilium-oss:\n    envoy: {enabled: true}\n",
        )
        .file("packs/cilium/presets.yaml", CILIUM_PRESETS);
    let output = folder.render(&[]);
    output.ends(0);
    is_golden("tests/bad_packs/shape.stderr", &output.stderr);
    let values = |name: &str| {
        fs::read_to_string(folder.0.join("out/values/infra").join(name)).expect("the values")
    };
    let portworx = values("04-csi-portworx-generic.yaml");
    assert!(
        portworx.contains("    storageClass:\n      name: spectro-storage-class # keep\n      reclaimPolicy: Delete # Delete or Retain\n"),
        "{portworx}"
    );
    assert!(!portworx.contains("storageClasses"), "{portworx}");
    let cilium = values("03-cni-cilium-oss.yaml");
    assert!(
        cilium.contains("  cilium-oss:\n    envoy: {enabled: false}\n"),
        "{cilium}"
    );
    assert!(!cilium.contains("  cilium:\n"), "{cilium}");
}

#[test]
fn settings_for_a_chart_that_is_not_there_are_a_warning() {
    let folder = Folder::new();
    folder
        .portworx("packs/px", "3.6.0", "")
        .file("packs/px/values.yaml", "pack: {}\n");
    let output = folder.render(&[]);
    output.ends(0);
    is_golden("tests/bad_packs/unplaced.stderr", &output.stderr);
}

const CILIUM_PRESETS: &str = "presets:
- {name: ipam-kubernetes, group: IPAM mode}
- {name: op-multi-node, group: Cilium Operator}
- {name: ebpf-kubeproxy-free, group: Kube-proxy replacement}
- {name: podnw-vxlan, group: Pod networking}
- {name: vmo-enable, group: VMO Compatibility}
- {name: vmo-auto, group: VMO - Bridge interface}
- {name: lb-no-xdp, group: Loadbalancer mode}
- {name: microk8s-disable, group: MicroK8s}
";
