//! Interfaces, disks and first-boot data of VMs.

use super::{Given, given, template, vm};

pub(super) const TESTS: &[fn()] = &[
    mac_addresses_are_single_and_their_own,
    interfaces_fit_their_networks,
    networks_are_among_the_manifests,
    disks_have_volumes_and_places,
    windows_finds_its_answers,
    cloud_init_can_read_its_data,
    memory_is_what_is_meant,
    disks_that_are_plugged_in_are_counted,
];

const VMO: &str = "virtual-machine-orchestrator";

fn with_mac(name: &str, mac: &str) -> String {
    vm(
        name,
        "",
        &format!(
            "domain: {{devices: {{interfaces: [{{name: a, masquerade: {{}}, macAddress: '{mac}'}}]}}}}, networks: [{{name: a, pod: {{}}}}]"
        ),
    )
}

#[test]
fn mac_addresses_are_single_and_their_own() {
    let at = "spec.template.spec.domain.devices.interfaces[0].macAddress";
    for id in ["mac-form", "mac-twice", "mac-in-template", "mac-of-palette"] {
        given(&with_mac("v", "52:54:00:00:00:01"))
            .manifest(&with_mac("w", "52-54-00-00-00-02"))
            .is_fine(id);
    }
    given(&with_mac("v", "52:54:00:00:01")).finds(
        "mac-form",
        &[(at, "error: `52:54:00:00:01` is not a MAC address")],
    );
    given(&with_mac("v", "53:54:00:00:00:01")).finds(
        "mac-form",
        &[(
            at,
            "error: `53:54:00:00:00:01` is not the address of a single card",
        )],
    );
    given(&with_mac("v", "00:00:00:00:00:00")).finds(
        "mac-form",
        &[(
            at,
            "error: `00:00:00:00:00:00` is not the address of a single card",
        )],
    );
    given(&with_mac("v", "52:54:00:00:00:0a"))
        .manifest(&with_mac("w", "52-54-00-00-00-0A"))
        .finds(
            "mac-twice",
            &[(
                at,
                "error: the VM `w` and the VM `v` have the MAC address 52-54-00-00-00-0A",
            )],
        );
    given(&with_mac("v", "0A:00:00:00:00:01")).finds(
        "mac-of-palette",
        &[(
            at,
            "note: 0A:00:00:00:00:01 is in the range that Palette assigns at random",
        )],
    );
    let of_template =
        with_mac("t", "52:54:00:00:00:01").replace("kind: VirtualMachine", "kind: VmTemplate");
    given(&of_template).finds(
        "mac-in-template",
        &[(
            at,
            "warning: all VMs made from the template `t` get the MAC address 52:54:00:00:00:01",
        )],
    );
}

fn attached(interface: &str, network: &str) -> String {
    vm(
        "v",
        "",
        &format!(
            "domain: {{devices: {{interfaces: [{{{interface}}}]}}}}, networks: [{{{network}}}]"
        ),
    )
}

#[test]
fn interfaces_fit_their_networks() {
    for id in ["interface-unmatched", "interface-binding"] {
        given(&attached(
            "name: a, bridge: {}",
            "name: a, multus: {networkName: default/x}",
        ))
        .is_fine(id);
        given(&attached("name: a, masquerade: {}", "name: a, pod: {}")).is_fine(id);
    }
    given(&attached("name: a, bridge: {}", "name: b, pod: {}")).finds(
        "interface-unmatched",
        &[
            (
                "spec.template.spec.networks[0]",
                "error: the VM `v` has a network `b` and no interface of that name",
            ),
            (
                "spec.template.spec.domain.devices.interfaces[0]",
                "error: the VM `v` has an interface `a` and no network of that name",
            ),
        ],
    );
    let at = "spec.template.spec.domain.devices.interfaces[0]";
    given(&attached("name: a, masquerade: {}", "name: a, multus: {networkName: default/x}")).finds(
        "interface-binding",
        &[(at, "error: the interface `a` of the VM `v` is bound by masquerade, which only the pod network supports")],
    );
    given(&attached("name: a, bridge: {}", "name: a, pod: {}")).finds(
        "interface-binding",
        &[(at, "warning: the interface `a` puts the VM `v` on the pod network by a bridge, so it cannot migrate")],
    );
}

#[test]
fn networks_are_among_the_manifests() {
    let nad = |namespace: &str| {
        format!(
            "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {{name: vlan-30, namespace: {namespace}}}\nspec: {{config: '{{\"cniVersion\": \"0.3.1\", \"type\": \"bridge\", \"bridge\": \"br0\"}}'}}"
        )
    };
    let names = |network: &str| {
        attached(
            "name: a, bridge: {}",
            &format!("name: a, multus: {{networkName: {network}}}"),
        )
    };
    let at = "spec.template.spec.networks[0].multus.networkName";
    for id in ["unknown-network", "network-without-namespace"] {
        given(&names("default/vlan-30"))
            .manifest(&nad("default"))
            .is_fine(id);
        given(&names("vlan-30"))
            .manifest(&nad("default"))
            .is_fine(id);
        // Nobody knows which there are.
        given(&names("default/vlan-31")).is_fine(id);
    }
    given(&names("default/vlan-31")).manifest(&nad("default")).finds(
        "unknown-network",
        &[(at, "warning: the VM `v` should be in the network `default/vlan-31`, which is not among the manifests")],
    );
    given(&names("vlan-30")).manifest(&nad("team-a")).finds(
        "unknown-network",
        &[(at, "warning: the VM `v` should be in the network `vlan-30`, which is not among the manifests")],
    );
    let of_template =
        |network: &str| names(network).replace("kind: VirtualMachine", "kind: VmTemplate");
    given(&of_template("vlan-30")).manifest(&nad("default")).finds(
        "network-without-namespace",
        &[(at, "warning: `vlan-30` is looked up in the namespace of each VM that is made from the template `v`")],
    );
    given(&of_template("vlan-31")).manifest(&nad("default")).finds(
        "unknown-network",
        &[(at, "warning: the template `v` should be in the network `vlan-31`, which is not among the manifests")],
    );
}

#[test]
fn disks_have_volumes_and_places() {
    let guest = |disks: &str, volumes: &str| {
        vm(
            "v",
            "",
            &format!("domain: {{devices: {{disks: [{disks}]}}}}, volumes: [{volumes}]"),
        )
    };
    let good = guest(
        "{name: a, bootOrder: 1, dedicatedIOThread: true, disk: {bus: virtio}}, {name: b, bootOrder: 2, cdrom: {bus: sata}}",
        "{name: a}, {name: b}",
    );
    for id in [
        "disk-without-volume",
        "cdrom-bus",
        "io-thread-bus",
        "boot-order-twice",
    ] {
        given(&good).is_fine(id);
    }
    let at = "spec.template.spec.domain.devices.disks";
    given(&guest("{name: a}", "{name: b}")).finds(
        "disk-without-volume",
        &[(
            &format!("{at}[0]"),
            "error: the VM `v` has a disk `a` and no volume of that name",
        )],
    );
    given(&good.replace("sata", "virtio")).finds(
        "cdrom-bus",
        &[(
            &format!("{at}[1].cdrom.bus"),
            "error: a CD-ROM cannot be on virtio",
        )],
    );
    given(&good.replace("virtio", "scsi")).finds(
        "io-thread-bus",
        &[(
            &format!("{at}[0].dedicatedIOThread"),
            "error: the disk `a` asks for an I/O thread, which only disks on virtio can have",
        )],
    );
    given(&good.replace("bootOrder: 2", "bootOrder: 1")).finds(
        "boot-order-twice",
        &[(
            &format!("{at}[1].bootOrder"),
            "error: the disks `a` and `b` both have boot order 1",
        )],
    );
    let of_template = |name: &str| {
        template(
            "t",
            "dataVolumeTemplates: [{metadata: {name: os}}], ",
            &format!("volumes: [{{name: a, dataVolume: {{name: {name}}}}}]"),
        )
    };
    given(&of_template("os")).is_fine("data-volume-missing");
    given(&of_template("data")).finds(
        "data-volume-missing",
        &[(
            "spec.template.spec.volumes[0].dataVolume.name",
            "warning: the template `t` needs a DataVolume `data`, which its `dataVolumeTemplates` do not create",
        )],
    );
}

#[test]
fn windows_finds_its_answers() {
    let config_map = |name: &str, namespace: &str, key: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\ndata: {{{key}: '<Password>hidden</Password>'}}"
        )
    };
    let guest = "domain: {devices: {disks: [{name: s, cdrom: {bus: sata}}]}}, volumes: [{name: s, sysprep: {configMap: {name: answers}}}]";
    let at = "spec.template.spec.volumes[0].sysprep.configMap";
    for id in ["sysprep-disk", "sysprep-missing", "sysprep-key"] {
        given(&vm("v", "", guest))
            .manifest(&config_map("answers", "default", "Autounattend.xml"))
            .is_fine(id);
        given(&vm("v", "", guest)).is_fine(id);
    }
    given(&vm("v", "", &guest.replace("cdrom", "disk"))).finds(
        "sysprep-disk",
        &[(
            "spec.template.spec.domain.devices.disks[0]",
            "error: the answer file of the VM `v` is on a disk, but Windows looks for it on a CD-ROM",
        )],
    );
    given(&vm("v", "", guest)).manifest(&config_map("other", "default", "unattend.xml")).finds(
        "sysprep-missing",
        &[(at, "warning: the VM `v` takes its answers from the ConfigMap `answers`, which is not among the manifests")],
    );
    given(&vm("v", "", guest))
        .manifest(&config_map("answers", "team-a", "unattend.xml"))
        .finds(
            "sysprep-missing",
            &[(
                at,
                "warning: the ConfigMap `answers` of the VM `v` is not in the namespace default",
            )],
        );
    let with_namespaces = Given::new()
        .layer(
            VMO,
            "4.9.0",
            "charts: {virtual-machine-orchestrator: {vmEnabledNamespaces: [default, team-a]}}",
        )
        .manifest(&template("t", "", guest))
        .manifest(&config_map("answers", "default", "unattend.xml"));
    with_namespaces.finds(
        "sysprep-missing",
        &[(
            at,
            "warning: the ConfigMap `answers` of the template `t` is not in the namespace team-a",
        )],
    );
    let wrong =
        given(&vm("v", "", guest)).manifest(&config_map("answers", "default", "answers.xml"));
    wrong.finds(
        "sysprep-key",
        &[("data", "error: the ConfigMap `answers` has neither `unattend.xml` nor `autounattend.xml`, so VMs with it do not start")],
    );
    for finding in wrong.findings() {
        let shown = finding.diagnostic(None).to_string();
        assert!(!shown.contains("hidden"), "{shown}");
    }
}

#[test]
fn cloud_init_can_read_its_data() {
    let with = |field: &str, text: &str| {
        let lines = text.replace('\n', "\n            ");
        given(&format!(
            "kind: VirtualMachine\nmetadata: {{name: v}}\nspec:\n  template:\n    spec:\n      volumes:\n      - name: c\n        cloudInitNoCloud:\n          {field}: |-\n            {lines}\n"
        ))
    };
    for text in [
        "#cloud-config\npassword: {{ .spectro.var.P }}\n",
        "#!/bin/sh\necho: [",
        "#cloud-config\n",
        "{{ .spectro.var.All }}",
    ] {
        with("userData", text).is_fine("cloud-init");
    }
    with("networkData", "version: 1\nconfig: []\n").is_fine("cloud-init");
    with("userDataBase64", "I2Nsb3VkLWNvbmZpZwphOiBiCg==").is_fine("cloud-init");
    let at = "spec.template.spec.volumes[0].cloudInitNoCloud";
    with("userData", "password: x\n").finds(
        "cloud-init",
        &[(
            &format!("{at}.userData"),
            "error: the `userData` of the VM `v` does not begin with `#cloud-config`, `#!` or another mark that cloud-init knows",
        )],
    );
    let broken = with("userData", "#cloud-config\npassword: hidden\nusers: [\n");
    broken.finds(
        "cloud-init",
        &[(
            &format!("{at}.userData"),
            "error: the `userData` of the VM `v` is not YAML, starting at line 3",
        )],
    );
    for finding in broken.findings() {
        let shown = finding.diagnostic(None).to_string();
        assert!(!shown.contains("hidden"), "{shown}");
    }
    with("networkData", "a: [").finds(
        "cloud-init",
        &[(
            &format!("{at}.networkData"),
            "error: the `networkData` of the VM `v` is not YAML, starting at line 1",
        )],
    );
    with("userDataBase64", "???").finds(
        "cloud-init",
        &[(
            &format!("{at}.userDataBase64"),
            "error: the `userData` of the VM `v` is not the base64 of a text",
        )],
    );
}

#[test]
fn memory_is_what_is_meant() {
    let with = |resources: &str| {
        vm(
            "v",
            "",
            &format!("domain: {{memory: {{guest: 2Gi}}, resources: {{{resources}}}}}"),
        )
    };
    given(&with("limits: {memory: 3Gi}")).is_fine("memory-limit");
    given(&with("limits: {memory: ~}")).is_fine("memory-limit");
    given(&with("limits: {memory: 1Gi}")).finds(
        "memory-limit",
        &[(
            "spec.template.spec.domain.resources.limits.memory",
            "error: the VM `v` has a memory limit of 1Gi and a guest of 2Gi",
        )],
    );
    let overcommit = |percent: u32, vm: &str| {
        Given::new()
            .layer(VMO, "4.9.0", &format!("charts: {{virtual-machine-orchestrator: {{kubevirt: {{kubevirtResource: {{config: {{additionalDevConfig: {{memoryOvercommit: {percent}}}}}}}}}}}}}"))
            .manifest(vm)
    };
    let full = with("requests: {memory: 2Gi}");
    overcommit(100, &full).is_fine("overcommit-unused");
    overcommit(150, &with("")).is_fine("overcommit-unused");
    overcommit(150, &full).finds(
        "overcommit-unused",
        &[(
            "spec.template.spec.domain.resources.requests.memory",
            "note: the VM `v` asks for all of its memory, so the overcommit of 150 % does not apply",
        )],
    );
}

#[test]
fn disks_that_are_plugged_in_are_counted() {
    let with = |more: &str| {
        vm(
            "v",
            "",
            &format!("volumes: [{{name: a, dataVolume: {{name: b{more}}}}}]"),
        )
    };
    given(&with("")).is_fine("hot-plug-pods");
    given(&with(", hotpluggable: true")).finds(
        "hot-plug-pods",
        &[(
            "spec.template.spec.volumes",
            "note: the VM `v` has hot-plugged disks (1), which need a second pod",
        )],
    );
}
