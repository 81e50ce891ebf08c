//! Each setting of a site does what it says.

use std::io;
use std::path::{Path, PathBuf};

use crate::common::built_in;
use crate::common::harness::Scratch;
use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::profile::{Layer, Profile, to_palette_json};
use vmo_ra::render::{Rendered, Request, render};
use vmo_ra::revision::Role;
use vmo_ra::site::{Inputs, Site};
use vmo_ra::yaml::{self, Limits};

/// Environment variables that name their own value, and the files of tests/data.
struct TestInputs;

impl Inputs for TestInputs {
    fn env(&self, name: &str) -> Option<String> {
        Some(match name {
            "TOKEN" => "11111111-2222-3333-4444-555555555555".to_owned(),
            other => format!("secret <{other}> & 'more'"),
        })
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tests/data")
                .join(path),
        )
    }
}

fn rendered(site: &str) -> Rendered {
    let site = Site::parse(&Source::new("site.yaml", site), &TestInputs)
        .unwrap_or_else(|problems| panic!("{problems:?}"));
    let result = render(&Request {
        site: &site,
        revision: built_in::revision("1.9.0"),
        library: built_in::library(),
        profiles: &Role::ALL,
        published: false,
    });
    result.unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn profile(rendered: &Rendered, role: Role) -> &Profile {
    let found = rendered
        .profiles
        .iter()
        .find(|profile| profile.role == role);
    &found.expect("all were rendered").profile
}

/// The layers of a profile in order, by name.
fn layers(rendered: &Rendered, role: Role) -> Vec<&str> {
    let packs = &profile(rendered, role).spec.template.packs;
    packs.iter().map(|layer| layer.name.as_str()).collect()
}

fn layer<'r>(rendered: &'r Rendered, name: &str) -> &'r Layer {
    rendered
        .profiles
        .iter()
        .flat_map(|profile| &profile.profile.spec.template.packs)
        .find(|layer| layer.name == name)
        .unwrap_or_else(|| panic!("there is no layer {name}"))
}

fn values(rendered: &Rendered, name: &str) -> Value {
    let text = layer(rendered, name).values.as_str();
    yaml::to_json(&Source::new(name, text), Limits::VALUES).expect("values are YAML")
}

fn manifest(rendered: &Rendered, name: &str, manifest: &str) -> Value {
    let found = layer(rendered, name)
        .manifests
        .iter()
        .find(|found| found.name == manifest);
    let text = found
        .unwrap_or_else(|| panic!("there is no manifest {manifest}"))
        .content
        .as_str();
    yaml::to_json(&Source::new(manifest, text), Limits::VALUES).expect("manifests are YAML")
}

fn node_file(rendered: &Rendered, path: &str) -> Option<String> {
    let values = values(rendered, "ubuntu-maas");
    let files = values["kubeadmconfig"]["files"]
        .as_array()
        .expect("there are files");
    let file = files.iter().find(|file| file["targetPath"] == path)?;
    Some(file["content"].as_str().expect("a file is text").to_owned())
}

fn variable(rendered: &Rendered, role: Role, name: &str) -> Option<Value> {
    let variables = &profile(rendered, role).spec.variables;
    let found = variables.iter().find(|variable| variable.name == name)?;
    Some(serde_json::to_value(found).expect("a variable is JSON"))
}

#[test]
fn one_bond_moves_networks_to_it_and_the_host_to_the_bridge() {
    let rendered = rendered(
        "network: {layout: one-bond, management: {vlan: 11}, data: {vlan: 12, cidr: 10.9.0.0/24, gateway: 10.9.0.1}, \
         metallb: {addresses: [10.9.0.100-10.9.0.110]}}",
    );
    let network = &values(&rendered, "csi-portworx-generic")["charts"]["portworx-generic"]["storageCluster"]
        ["spec"]["network"];
    assert_eq!(network["mgmtInterface"], "bond0.11");
    let default = |name: &str| {
        variable(&rendered, Role::Core, name).expect("it is declared")["defaultValue"].clone()
    };
    assert_eq!(default("MetalLBInterface"), "bond0.12");
    assert_eq!(default("MetalLBAddresses"), "10.9.0.100-10.9.0.110");
    assert_eq!(default("ClusterOnBridge"), "true");
    assert_eq!(default("VlansOnBridge"), "1");
}

#[test]
fn data_on_the_bridge_lets_its_vlan_through_to_the_host() {
    let rendered = rendered("network: {layout: one-bond-br0-vlan, vmVlans: 20-100}");
    let default = |name: &str| {
        variable(&rendered, Role::Core, name).expect("it is declared")["defaultValue"].clone()
    };
    assert_eq!(default("VlansOnBridge"), "1,20");
    assert_eq!(default("MetalLBInterface"), "br0.20");
}

#[test]
fn a_cluster_on_the_bridge_gets_its_cilium_preset() {
    let rendered = rendered("network: {clusterOnBridge: true, bridge: br7}");
    let text = &layer(&rendered, "cni-cilium-oss").values;
    assert!(
        text.lines()
            .next()
            .expect("a line")
            .contains("VMO - Bridge interface:vmo-br0")
    );
    let cilium = &values(&rendered, "cni-cilium-oss")["charts"]["cilium"];
    assert_eq!(cilium["devices"], "br7");
    assert_eq!(cilium["bpf"]["hostLegacyRouting"], true);
}

#[test]
fn bgp_replaces_layer_2() {
    let rendered = rendered(
        "network: {metallb: {mode: bgp, addresses: [10.50.0.0/24, 10.51.0.0/24], \
         bgp: {localAsn: 64600, peerAsn: 64601, peerAddress: 10.20.30.1}}}",
    );
    let configuration =
        &values(&rendered, "lb-metallb-helm")["charts"]["metallb-full"]["configuration"];
    assert_eq!(configuration["l2advertisements"], json!({}));
    assert_eq!(
        configuration["bgppeers"]["router"]["spec"]["peerASN"],
        64601
    );
    let addresses = &configuration["ipaddresspools"]["first-pool"]["spec"]["addresses"];
    assert_eq!(
        *addresses,
        json!(["{{ .spectro.var.MetalLBAddresses }}", "10.51.0.0/24"])
    );
    assert_eq!(variable(&rendered, Role::Core, "MetalLBInterface"), None);
}

#[test]
fn containerd_2_gets_its_own_form() {
    let of = |site: &str| {
        node_file(&rendered(site), "/etc/containerd/config.toml").expect("it is there")
    };
    assert!(of("").starts_with("version = 2\n"));
    let two = of("nodes: {containerd: 2, pauseImage: registry.example.internal/pause:3.10}");
    assert!(two.starts_with("version = 3\n"));
    assert!(two.contains("sandbox = \"registry.example.internal/pause:3.10\""));
}

#[test]
fn ubuntu_24_04_takes_its_pack() {
    let rendered = rendered("nodes: {ubuntu: '24.04'}");
    let ubuntu = layer(&rendered, "ubuntu-maas");
    assert_eq!(
        (ubuntu.version.as_str(), ubuntu.tag.as_str()),
        ("24.04", "24.04")
    );
}

#[test]
fn tuning_follows_the_site() {
    let rendered = rendered(
        "nodes: {maxPods: 200, reservedCpus: '0-3,64-67', reservedMemory: {system: 4Gi, kube: 1Gi, evictionHard: 100Mi}, \
         sysctl: {vm.swappiness: 1, net.core.somaxconn: 4096}}",
    );
    let kubelet = node_file(
        &rendered,
        "/etc/vmo/tuning/etc/kubernetes/kubelet.conf.d/20-vmo-tuning.conf",
    )
    .expect("it is there");
    let kubelet =
        yaml::to_json(&Source::new("kubelet", kubelet), Limits::VALUES).expect("it is YAML");
    assert_eq!(kubelet["maxPods"], 200);
    assert_eq!(kubelet["reservedMemory"][0]["limits"]["memory"], "5220Mi");
    assert_eq!(kubelet["evictionHard"]["memory.available"], "100Mi");
    let sysctl = node_file(&rendered, "/etc/vmo/tuning/etc/sysctl.d/95-vmo-tuning.conf")
        .expect("it is there");
    assert!(sysctl.contains("vm.swappiness = 1\n") && !sysctl.contains("vm.swappiness = 10"));
    assert!(sysctl.contains("net.core.somaxconn = 4096\n"));
    let cpus = variable(&rendered, Role::Infra, "systemReservedCPU").expect("it is declared");
    assert_eq!(cpus["defaultValue"], "0-3,64-67");
}

#[test]
fn certificates_land_where_ubuntu_looks_for_them() {
    let rendered =
        rendered("nodes: {caCertificates: [{name: corporate-root, file: corporate-root.pem}]}");
    let file = node_file(
        &rendered,
        "/usr/local/share/ca-certificates/corporate-root.crt",
    )
    .expect("it is there");
    assert!(
        file.starts_with("-----BEGIN CERTIFICATE-----\nMII"),
        "{file}"
    );
    assert!(file.ends_with("-----END CERTIFICATE-----\n"));
    assert!(
        !file.contains("Bag Attributes"),
        "only the certificate goes to the nodes"
    );
}

#[test]
fn san_boot_can_be_left_out() {
    let path = "/usr/local/sbin/vmo-san-boot.sh";
    assert!(node_file(&rendered(""), path).is_some());
    let without = rendered("nodes: {sanBoot: false}");
    assert!(node_file(&without, path).is_none());
    assert!(
        !layer(&without, "ubuntu-maas")
            .values
            .contains("vmo-san-boot")
    );
}

#[test]
fn control_planes_with_vms_are_tuned_too() {
    let commands = |site: &str| {
        values(&rendered(site), "ubuntu-maas")["kubeadmconfig"]["preKubeadmCommands"].to_string()
    };
    assert!(commands("").contains("controlPlane:"));
    assert!(!commands("cluster: {controlPlaneRunsVms: true}").contains("controlPlane:"));
}

#[test]
fn every_array_has_its_token_or_its_variable() {
    let two = "storage: {flashArrays: [{endpoint: a.example.internal}, {endpoint: 10.0.0.9, apiToken: {env: TOKEN}}, {endpoint: '[fd00::1]'}]}";
    let two = rendered(two);
    let secret = manifest(&two, "csi-portworx-generic", "px-pure-secret");
    assert_eq!(secret["metadata"]["namespace"], "portworx");
    let pure: Value =
        serde_json::from_str(secret["stringData"]["pure.json"].as_str().expect("a text"))
            .expect("it is JSON");
    assert_eq!(
        pure,
        json!({"FlashArrays": [
            {"MgmtEndPoint": "a.example.internal", "APIToken": "{{ .spectro.var.FlashArrayApiToken }}"},
            {"MgmtEndPoint": "10.0.0.9", "APIToken": "11111111-2222-3333-4444-555555555555"},
            {"MgmtEndPoint": "[fd00::1]", "APIToken": "{{ .spectro.var.FlashArrayApiToken3 }}"},
        ]})
    );
    assert!(variable(&two, Role::Infra, "FlashArrayApiToken").is_some());
    assert_eq!(variable(&two, Role::Infra, "FlashArrayApiToken2"), None);
    let third = variable(&two, Role::Infra, "FlashArrayApiToken3").expect("it is declared");
    assert_eq!(third["displayName"], "FlashArray API token 3");
    assert_eq!(third["isSensitive"], true);
    assert_eq!(third.get("defaultValue"), None);
    assert!(two.holds_secrets);

    let known = rendered("storage: {flashArrays: [{endpoint: 10.0.0.9, apiToken: {env: TOKEN}}]}");
    let secret = manifest(&known, "csi-portworx-generic", "px-pure-secret");
    assert!(
        secret["data"]["pure.json"].is_string(),
        "what is known can be base64"
    );
    assert_eq!(variable(&known, Role::Infra, "FlashArrayApiToken"), None);
}

#[test]
fn storage_follows_the_site() {
    let rendered = rendered(
        "storage: {sanType: iscsi, maxStorageNodes: variable, deviceSizes: [2048, 512], licence: {type: saas}, \
         storageClass: {name: vm-disks, replicas: 3, nodiscard: false}}",
    );
    let portworx = &values(&rendered, "csi-portworx-generic")["charts"]["portworx-generic"];
    assert_eq!(
        portworx["license"],
        json!({"type": "saas", "saas": {"key": "{{ .spectro.var.PortworxSaasKey }}"}})
    );
    let spec = &portworx["storageCluster"]["spec"];
    assert_eq!(
        spec["env"][0],
        json!({"name": "PURE_FLASHARRAY_SAN_TYPE", "value": "ISCSI"})
    );
    assert_eq!(
        spec["cloudStorage"]["maxStorageNodes"],
        "{{ .spectro.var.PortworxMaxStorageNodes }}"
    );
    assert_eq!(
        spec["cloudStorage"]["deviceSpecs"],
        json!(["size=2048", "size=512"])
    );
    assert_eq!(portworx["storageClasses"][0]["name"], "vm-disks");
    assert_eq!(portworx["storageClasses"][0]["parameters"]["repl"], "3");
    assert_eq!(
        portworx["storageClasses"][0]["parameters"].get("nodiscard"),
        None
    );
    let storage_profile = manifest(&rendered, "vmo-storage", "storageprofile-cdi");
    assert_eq!(storage_profile["metadata"]["name"], "vm-disks");
    let image = manifest(&rendered, "vmo-goldenimages", "dv-ubuntu-2204");
    assert_eq!(image["spec"]["storage"]["storageClassName"], "vm-disks");
}

#[test]
fn traefik_takes_the_place_of_nginx() {
    let rendered = rendered("ingress: {controller: traefik}");
    assert_eq!(
        layers(&rendered, Role::Core),
        [
            "lb-metallb-helm",
            "traefik",
            "prometheus-operator",
            "virtual-machine-orchestrator"
        ]
    );
    let ingress = &values(&rendered, "prometheus-operator")["charts"]["kube-prometheus-stack"]["grafana"]
        ["ingress"];
    assert_eq!(ingress["ingressClassName"], "traefik");
}

#[test]
fn direct_access_is_a_load_balancer() {
    let values = values(
        &rendered("vmo: {access: Direct}"),
        "virtual-machine-orchestrator",
    );
    assert_eq!(
        values["pack"]["palette"]["config"]["dashboard"]["access"],
        "public"
    );
    assert_eq!(
        values["charts"]["virtual-machine-orchestrator"]["service"]["type"],
        "LoadBalancer"
    );
}

#[test]
fn machines_follow_the_site() {
    let rendered = rendered(
        "nads: [{vlan: 40, name: shop}]\n\
         vmo:\n\
         \x20 namespaces: [shop]\n\
         \x20 featureGates: [Sidecar, LiveMigration]\n\
         \x20 goldenImages: [{name: debian, source: 'https://images.example.internal/debian.qcow2', size: 20Gi}]\n\
         \x20 templates: [{name: debian, os: linux, goldenImage: debian, diskSize: 30Gi, cpuCores: 4, memory: 8Gi, network: default/shop}]\n",
    );
    let image = manifest(&rendered, "vmo-goldenimages", "dv-debian");
    assert_eq!(
        image["spec"]["source"],
        json!({"http": {"url": "https://images.example.internal/debian.qcow2"}})
    );
    let template = manifest(&rendered, "vmo-vmtemplates", "vmtemplate-debian");
    let machine = &template["spec"]["template"]["spec"];
    assert_eq!(machine["domain"]["cpu"]["cores"], 4);
    assert_eq!(
        machine["networks"],
        json!([{"name": "default", "multus": {"networkName": "default/shop"}}])
    );
    assert_eq!(
        machine["domain"]["devices"]["interfaces"][0]["bridge"],
        json!({})
    );
    let answer_file = manifest(&rendered, "vmo-vmtemplates", "cm-unattend-xml");
    assert_eq!(answer_file["metadata"]["namespace"], "shop");
    let vmo = &values(&rendered, "virtual-machine-orchestrator")["charts"]["virtual-machine-orchestrator"];
    assert_eq!(vmo["vmEnabledNamespaces"], json!(["shop"]));
    let gates = vmo["kubevirt"]["kubevirtResource"]["additionalFeatureGates"]
        .as_array()
        .expect("a list");
    assert_eq!(
        gates.iter().filter(|gate| *gate == "LiveMigration").count(),
        1
    );
    assert_eq!(gates.last(), Some(&json!("Sidecar")));
}

#[test]
fn networks_follow_the_site() {
    let rendered = rendered(
        "network: {bridge: br9}\nnads: [{vlan: '21-22', prefix: prod-, namespace: prod, preserveDefaultVlan: true}]",
    );
    let names: Vec<&str> = layer(&rendered, "vmo-networking")
        .manifests
        .iter()
        .map(|manifest| manifest.name.as_str())
        .collect();
    assert_eq!(names, ["nad-prod-prod-21", "nad-prod-prod-22"]);
    let nad = manifest(&rendered, "vmo-networking", "nad-prod-prod-21");
    let config: Value =
        serde_json::from_str(nad["spec"]["config"].as_str().expect("a text")).expect("it is JSON");
    assert_eq!(
        config,
        json!({"cniVersion": "0.3.1", "name": "prod-21", "type": "bridge", "bridge": "br9", "vlan": 21,
               "preserveDefaultVlan": true, "ipam": {}})
    );
}

#[test]
fn a_layer_without_anything_to_hold_is_left_out() {
    let rendered = rendered("nads: []");
    assert_eq!(
        layers(&rendered, Role::Templates),
        [
            "vmo-storage",
            "vmo-goldenimages",
            "vmo-vmpreferences",
            "vmo-vmtemplates"
        ]
    );
}

#[test]
fn profiles_and_registries_have_the_sites_names() {
    let rendered = rendered(
        "profiles: {core: {name: Core of ours, version: 2.0.0-rc.1, description: 'x: y', labels: {env: prod, AI: spectro__tag}}}\n\
         registries:\n\
         \x20 default: {name: Mirror, uid: abc, kind: oci}\n\
         \x20 packs: {nginx: {name: Charts, kind: helm}}\n\
         packVersions: {virtual-machine-orchestrator: 4.9.46}",
    );
    let core = profile(&rendered, Role::Core);
    assert_eq!(core.metadata.name, "Core of ours");
    assert_eq!(core.spec.version, "2.0.0-rc.1");
    // What it was made from stands below the site's own words.
    let said = core.metadata.description.strip_prefix("x: y\n");
    assert!(said.is_some_and(|line| line.starts_with("Built-in values of vmo-ra ")));
    assert_eq!(
        Value::Object(core.metadata.labels.clone()),
        json!({"env": "prod", "AI": "spectro__tag"})
    );
    let metallb = layer(&rendered, "lb-metallb-helm");
    assert_eq!(metallb.kind, "oci");
    assert_eq!(
        serde_json::to_value(&metallb.registry).expect("JSON"),
        json!({"metadata": {"uid": "abc", "name": "Mirror", "kind": "oci", "isPrivate": true, "providerType": "pack", "isSyncSupported": true}})
    );
    assert_eq!(layer(&rendered, "nginx").kind, "helm");
    let vmo = layer(&rendered, "virtual-machine-orchestrator");
    assert_eq!(
        (vmo.version.as_str(), vmo.tag.as_str()),
        ("4.9.46", "4.9.46")
    );
    let remarks: Vec<&str> = rendered
        .remarks
        .iter()
        .map(|remark| remark.message())
        .collect();
    assert!(
        remarks.contains(
            &"the values of `virtual-machine-orchestrator` 4.9.46 are made from version 4.9.0"
        ),
        "{remarks:?}"
    );
}

#[test]
fn secrets_of_the_site_take_the_place_of_variables() {
    let rendered = rendered(
        "monitoring: {grafanaAdminPassword: {env: GRAFANA}}\n\
         vmo: {linux: {password: {env: LINUX}}, windows: {adminPassword: {env: WINDOWS}}}\n\
         storage: {licence: {activationId: {env: LICENCE}}}",
    );
    let grafana =
        &values(&rendered, "prometheus-operator")["charts"]["kube-prometheus-stack"]["grafana"];
    assert_eq!(grafana["adminPassword"], "secret <GRAFANA> & 'more'");
    let answer_file = manifest_text(&rendered, "vmo-vmtemplates", "cm-unattend-xml");
    assert!(answer_file.contains("secret &lt;WINDOWS&gt; &amp; &apos;more&apos;"));
    let linux = manifest_text(&rendered, "vmo-vmtemplates", "vmtemplate-ubuntu-2204");
    assert!(linux.contains("secret <LINUX> & 'more'"));
    for profile in &rendered.profiles {
        let sensitive: Vec<&str> = profile
            .profile
            .spec
            .variables
            .iter()
            .filter(|variable| variable.is_sensitive && variable.name != "FlashArrayApiToken")
            .map(|variable| variable.name.as_str())
            .collect();
        assert!(sensitive.is_empty(), "{sensitive:?}");
    }
    let json = to_palette_json(profile(&rendered, Role::Core)).expect("JSON");
    assert!(
        String::from_utf8(json)
            .expect("text")
            .contains("secret \\u003cGRAFANA\\u003e \\u0026 'more'")
    );
}

fn manifest_text<'r>(rendered: &'r Rendered, name: &str, manifest: &str) -> &'r str {
    let found = layer(rendered, name)
        .manifests
        .iter()
        .find(|found| found.name == manifest);
    &found.expect("it is there").content
}

#[cfg(unix)]
#[test]
fn files_with_secrets_are_their_owners_only() {
    use std::os::unix::fs::PermissionsExt;
    use vmo_ra::output::{Tree, write};
    let folder = Scratch::new();
    let mode = |site: &str| {
        let out = folder.join(site.len().to_string());
        write(
            &Tree::of_render(&rendered(site)).expect("a tree"),
            &out,
            false,
        )
        .unwrap_or_else(|error| panic!("{error:?}"));
        let metadata =
            std::fs::metadata(out.join("VMO-RA-Core-PXKE.json")).expect("it was written");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("monitoring: {grafanaAdminPassword: {env: X}}"), 0o600);
}
