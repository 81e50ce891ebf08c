//! NetworkAttachmentDefinitions, and the bridge they are on.

use super::Given;

pub(super) const TESTS: &[fn()] = &[
    a_configuration_is_json,
    a_configuration_names_its_plugin_and_version,
    vlans_are_numbers_that_exist,
    options_go_together_and_exist,
    networks_are_told_apart,
    a_network_is_on_the_bridge_and_in_a_vlan_of_vmo,
    no_device_is_asked_for_that_nodes_lack,
];

const VMO: &str = "virtual-machine-orchestrator";

pub fn vmo(filtering: &str) -> Given {
    Given::new().layer(
        VMO,
        "4.9.0",
        &format!("charts:\n  virtual-machine-orchestrator:\n    vlanFiltering: {filtering}\n"),
    )
}

fn nad(config: &str) -> Given {
    Given::new().manifest(&manifest("vlan-30", config))
}

fn manifest(name: &str, config: &str) -> String {
    format!(
        "apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {{name: {name}, namespace: default}}\nspec:\n  config: '{config}'\n"
    )
}

/// A right configuration with more in it.
fn bridge(more: &str) -> String {
    format!(
        r#"{{"cniVersion": "0.3.1", "name": "vlan-30", "type": "bridge", "bridge": "br0", "ipam": {{}}{more}}}"#
    )
}

#[test]
fn a_configuration_is_json() {
    nad(&bridge("")).is_fine("nad-config");
    nad(r#"{"a": {{ .spectro.var.x }}}"#).is_fine("nad-config");
    nad(r#"{"cniVersion": "0.3.1",}"#).finds(
        "nad-config",
        &[("spec.config", "error: the network `vlan-30` has a configuration that is not JSON: trailing comma at line 1 column 24")],
    );
    nad("").finds(
        "nad-config",
        &[(
            "spec.config",
            "error: the network `vlan-30` has no CNI configuration",
        )],
    );
    nad("[]").finds(
        "nad-config",
        &[(
            "spec.config",
            "error: the network `vlan-30` has a configuration that is not an object",
        )],
    );
    nad(r#"{"plugins": []}"#).finds(
        "nad-config",
        &[(
            "spec.config",
            "error: the network `vlan-30` has an empty list of plugins",
        )],
    );
}

#[test]
fn a_configuration_names_its_plugin_and_version() {
    for id in [
        "nad-type",
        "nad-cni-version",
        "nad-name",
        "nad-vlan",
        "nad-conflict",
        "nad-gateway",
        "nad-option",
        "nad-option-version",
    ] {
        nad(&bridge(r#", "vlan": 30, "mtu": 9000, "macspoofchk": true"#)).is_fine(id);
    }
    nad(r#"{"cniVersion": "0.3.1", "plugins": [{"type": "bridge", "bridge": "br0"}]}"#)
        .is_fine("nad-type");
    nad(r#"{"cniVersion": "0.3.1", "bridge": "br0"}"#).finds(
        "nad-type",
        &[(
            "spec.config",
            "error: the network `vlan-30` names no plugin",
        )],
    );
    nad(r#"{"cniVersion": "0.3.1", "type": "macvlan"}"#).finds(
        "nad-type",
        &[(
            "spec.config",
            "warning: the network `vlan-30` is a macvlan or ipvlan, which VMs cannot be bridged to",
        )],
    );
    nad(r#"{"type": "bridge", "bridge": "br0"}"#).finds(
        "nad-cni-version",
        &[(
            "spec.config",
            "error: the network `vlan-30` has no `cniVersion`",
        )],
    );
    nad(r#"{"cniVersion": "3.1", "type": "bridge", "bridge": "br0"}"#).finds(
        "nad-cni-version",
        &[(
            "spec.config",
            "error: the network `vlan-30` has the CNI version `3.1`, which does not exist",
        )],
    );
    nad(r#"{"cniVersion": "0.3.1", "name": "vlan-31", "type": "bridge", "bridge": "br0"}"#).finds(
        "nad-name",
        &[(
            "spec.config",
            "note: the network `vlan-30` is called `vlan-31` in its configuration",
        )],
    );
}

#[test]
fn vlans_are_numbers_that_exist() {
    for (more, message) in [
        (
            r#", "vlan": 4095"#,
            "error: the network `vlan-30` has the VLAN 4095",
        ),
        (
            r#", "vlan": "30""#,
            "error: the network `vlan-30` has the VLAN \"30\"",
        ),
        (
            r#", "vlanTrunk": [{"minID": 30}]"#,
            "error: the network `vlan-30` has the trunk {\"minID\":30}, which is neither one VLAN nor a range of them",
        ),
        (
            r#", "vlanTrunk": [{"minID": 40, "maxID": 30}]"#,
            "error: the network `vlan-30` has the trunk {\"minID\":40,\"maxID\":30}, which is neither one VLAN nor a range of them",
        ),
    ] {
        nad(&bridge(more)).finds("nad-vlan", &[("spec.config", message)]);
    }
    for more in [
        r#", "vlan": 4094"#,
        r#", "vlan": 0"#,
        r#", "vlanTrunk": [{"id": 30}, {"minID": 30, "maxID": 40}]"#,
    ] {
        nad(&bridge(more)).is_fine("nad-vlan");
    }
}

#[test]
fn options_go_together_and_exist() {
    for id in [
        "nad-conflict",
        "nad-gateway",
        "nad-option",
        "nad-option-version",
    ] {
        nad(&bridge(r#", "vlan": 30"#)).is_fine(id);
    }
    nad(&bridge(r#", "hairpinMode": true, "promiscMode": true"#)).finds(
        "nad-conflict",
        &[("spec.config", "error: the network `vlan-30` has both `hairpinMode` and `promiscMode`, which the plugin refuses")],
    );
    nad(r#"{"cniVersion": "0.3.1", "type": "bridge", "bridge": "br0", "disableContainerInterface": true, "ipam": {"type": "dhcp"}}"#).finds(
        "nad-conflict",
        &[("spec.config", "error: the network `vlan-30` has both `disableContainerInterface` and address management, which the plugin refuses")],
    );
    nad(&bridge(r#", "isGateway": true"#)).finds(
        "nad-gateway",
        &[(
            "spec.config",
            "warning: the network `vlan-30` should be a gateway but has no addresses",
        )],
    );
    nad(&bridge(r#", "macSpoofChk": true"#)).finds(
        "nad-option",
        &[(
            "spec.config",
            "warning: the network `vlan-30` has `macSpoofChk`, which the bridge plugin ignores",
        )],
    );
    nad(&bridge(r#", "preserveDefaultVlan": false"#)).finds(
        "nad-option-version",
        &[("spec.config", "note: the network `vlan-30` has `preserveDefaultVlan`, which the bridge plugin knows since 1.3.0; older versions ignore it")],
    );
    nad(&bridge(r#", "vlanTrunk": [{"id": 30}]"#)).finds(
        "nad-option-version",
        &[("spec.config", "warning: the network `vlan-30` has `vlanTrunk`, which the bridge plugin knows since 1.3.0; older versions ignore it")],
    );
}

#[test]
fn networks_are_told_apart() {
    let two =
        |one: &str, other: &str| nad(&bridge(r#", "vlan": 30"#)).manifest(&manifest(one, other));
    two("vlan-31", &bridge(r#", "vlan": 31"#)).is_fine("nad-twice");
    two("vlan-31", &bridge(r#", "vlan": 31"#)).is_fine("nad-vlan-twice");
    two("vlan-30", &bridge(r#", "vlan": 31"#)).finds(
        "nad-twice",
        &[(
            "metadata.name",
            "error: there are two networks `vlan-30` in the namespace `default`",
        )],
    );
    two("web", &bridge(r#", "vlan": 30"#)).finds(
        "nad-vlan-twice",
        &[(
            "spec.config",
            "warning: `vlan-30` and `web` are both VLAN 30 of one bridge",
        )],
    );
    let elsewhere = manifest("web", &bridge(r#", "vlan": 30"#))
        .replace("namespace: default", "namespace: team-a");
    nad(&bridge(r#", "vlan": 30"#))
        .manifest(&elsewhere)
        .is_fine("nad-vlan-twice");
}

pub const FILTERING: &str = "{enabled: true, env: {bridgeIF: br0, allowedVlans: '21-100', allowVlansOnSelf: 'false', allowedVlansOnSelf: '1,21-100'}}";

#[test]
fn a_network_is_on_the_bridge_and_in_a_vlan_of_vmo() {
    let with =
        |filtering: &str, config: &str| vmo(filtering).manifest(&manifest("vlan-30", config));
    for id in ["nad-bridge", "nad-not-allowed", "vlan-filtering-off"] {
        with(FILTERING, &bridge(r#", "vlan": 30"#)).is_fine(id);
        with(FILTERING, &bridge("")).is_fine(id);
    }
    with(
        FILTERING,
        r#"{"cniVersion": "0.3.1", "type": "bridge", "bridge": "br1", "vlan": 30}"#,
    )
    .finds(
        "nad-bridge",
        &[(
            "spec.config",
            "error: the network `vlan-30` is on the bridge `br1`, and VMO makes `br0` VLAN-aware",
        )],
    );
    with(FILTERING, r#"{"cniVersion": "0.3.1", "type": "bridge"}"#).finds(
        "nad-bridge",
        &[("spec.config", "error: the network `vlan-30` names no bridge, so the plugin creates one without a connection")],
    );
    with(FILTERING, &bridge(r#", "vlan": 101"#)).finds(
        "nad-not-allowed",
        &[(
            "spec.config",
            "error: the network `vlan-30` uses VLAN 101, but VMO allows 21-100 on the bridge",
        )],
    );
    with(FILTERING, &bridge(r#", "vlanTrunk": [{"minID": 90, "maxID": 110}]"#)).finds(
        "nad-not-allowed",
        &[("spec.config", "error: the network `vlan-30` uses the VLANs 90-110, but VMO allows 21-100 on the bridge")],
    );
    with(
        &FILTERING.replace("enabled: true", "enabled: false"),
        &bridge(r#", "vlan": 30"#),
    )
    .finds(
        "vlan-filtering-off",
        &[(
            "charts.virtual-machine-orchestrator.vlanFiltering.enabled",
            "error: the network `vlan-30` uses a VLAN, but nothing makes the bridge VLAN-aware",
        )],
    );
    // The variable's default counts.
    let variable = FILTERING.replace("'21-100'", "'{{ .spectro.var.VMVlans }}'");
    with(&variable, &bridge(r#", "vlan": 20"#))
        .variable("VMVlans", "21-100")
        .finds(
            "nad-not-allowed",
            &[(
                "spec.config",
                "error: the network `vlan-30` uses VLAN 20, but VMO allows 21-100 on the bridge",
            )],
        );
    with(&variable, &bridge(r#", "vlan": 20"#)).is_fine("nad-not-allowed");
}

#[test]
fn no_device_is_asked_for_that_nodes_lack() {
    let with = |resource: &str| {
        let text = manifest("vlan-30", &bridge("")).replace(
            "namespace: default}",
            &format!(
                "namespace: default, annotations: {{k8s.v1.cni.cncf.io/resourceName: {resource}}}}}"
            ),
        );
        Given::new().manifest(&text)
    };
    with("spectro/intel_sriov_netdevice").is_fine("nad-resource");
    with("bridge.network.kubevirt.io/br0").finds(
        "nad-resource",
        &[(
            "metadata.annotations.k8s\\.v1\\.cni\\.cncf\\.io/resourceName",
            "error: VMs in the network `vlan-30` request the device `bridge.network.kubevirt.io/br0`, which no node has",
        )],
    );
}
