//! Portworx, its Secret, and what nodes must have for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Given;

pub(super) const TESTS: &[fn()] = &[
    the_number_of_storage_nodes_is_a_number,
    px_storev2_has_a_metadata_device,
    storage_keeps_off_the_network_of_services,
    the_transport_is_one_that_is_known,
    nodes_are_prepared_for_the_transport,
    the_secret_is_beside_the_storage_cluster,
    the_secret_can_be_read_and_is_not_shown,
];

pub const PX: &str = "charts.portworx-generic";

pub fn portworx(values: &str) -> Given {
    portworx_of("3.6.0", values)
}

pub fn portworx_of(version: &str, values: &str) -> Given {
    Given::new().layer(
        "csi-portworx-generic",
        version,
        &format!("charts:\n  portworx-generic: {values}\n"),
    )
}

fn cluster(spec: &str) -> Given {
    portworx(&format!("{{storageCluster: {{spec: {spec}}}}}"))
}

#[test]
fn the_number_of_storage_nodes_is_a_number() {
    let path = format!("{PX}.storageCluster.spec.cloudStorage.maxStorageNodes");
    for given in ["5", "{{ .spectro.var.N }}"] {
        let spec = format!(
            "charts:\n  portworx-generic:\n    storageCluster:\n      spec:\n        cloudStorage:\n          maxStorageNodes: {given}\n"
        );
        for id in ["storage-nodes-number", "storage-nodes-variable"] {
            Given::new()
                .layer("csi-portworx-generic", "3.6.0", &spec)
                .variable("N", "5")
                .is_fine(id);
        }
    }
    for (given, shown) in [("'5'", "\"5\""), ("0", "0"), ("five", "\"five\"")] {
        cluster(&format!("{{cloudStorage: {{maxStorageNodes: {given}}}}}")).finds(
            "storage-nodes-number",
            &[(&path, &format!("error: `maxStorageNodes` is {shown}, but the StorageCluster needs a whole number above 0"))],
        );
    }
    cluster("{cloudStorage: {maxStorageNodes: '{{ .spectro.var.N }}'}}").variable("N", "5").finds(
        "storage-nodes-variable",
        &[(
            &path,
            "warning: the number of storage nodes is a macro in quotes, which stays a text, but the StorageCluster needs a whole number",
        )],
    );
}

#[test]
fn px_storev2_has_a_metadata_device() {
    let with = |arguments: &str, spec: &str| {
        portworx(&format!(
            "{{storageCluster: {{annotations: {{portworx.io/misc-args: '{arguments}'}}, spec: {{cloudStorage: {{{spec}}}}}}}}}"
        ))
    };
    with("-T px-storev2", "systemMetadataDeviceSpec: size=64").is_fine("metadata-device");
    with(
        "-T px-storev2",
        "systemMetadataDeviceSpec: 'type=x,size=128'",
    )
    .is_fine("metadata-device");
    with("", "a: b").is_fine("metadata-device");
    let path = format!("{PX}.storageCluster.spec.cloudStorage.systemMetadataDeviceSpec");
    with("-T PX-StoreV2", "a: b").finds(
        "metadata-device",
        &[(
            &path,
            "warning: PX-StoreV2 is on, but nodes have no metadata device",
        )],
    );
    with("-T px-storev2", "systemMetadataDeviceSpec: size=32").finds(
        "metadata-device",
        &[(
            &path,
            "warning: the metadata device has 32 GiB, but PX-StoreV2 needs 64",
        )],
    );
}

const FC: &str = "{cloudStorage: {provider: pure}, env: [{name: A, value: b}, {name: PURE_FLASHARRAY_SAN_TYPE, value: FC}]}";

#[test]
fn storage_keeps_off_the_network_of_services() {
    let id = "storage-on-data-network";
    let given = |management: &str, data: &str, announced: &str| {
        cluster(&format!(
            "{{network: {{mgmtInterface: {management}, dataInterface: '{{{{ .spectro.var.Data }}}}'}}}}"
        ))
        .variable("Data", data)
        .layer(
            "lb-metallb-helm",
            "0.15.3",
            &format!("charts: {{metallb-full: {{configuration: {{l2advertisements: {{default: {{spec: {{interfaces: [{announced}]}}}}}}}}}}}}"),
        )
    };
    given("bond_mgmt.10", "bond_mgmt.10", "bond_data.20").is_fine(id);
    given("bond_mgmt.10", "bond_storage", "bond_data.20").is_fine(id);
    // There is one network for all.
    given("bond0.10", "bond0.10", "bond0.10").is_fine(id);
    given("bond_mgmt.10", "bond_data.20", "br0, bond_data.20").finds(
        id,
        &[(
            &format!("{PX}.storageCluster.spec.network.dataInterface"),
            "warning: Portworx uses `bond_data.20`, where MetalLB announces services",
        )],
    );
}

#[test]
fn the_transport_is_one_that_is_known() {
    cluster(FC).is_fine("san-type");
    cluster(FC).is_fine("san-provider");
    cluster("{cloudStorage: {provider: aws}, env: []}").is_fine("san-type");
    let env = format!("{PX}.storageCluster.spec.env");
    cluster(&FC.replace("FC", "fibre")).finds(
        "san-type",
        &[(
            &format!("{env}[1].value"),
            "error: `fibre` is not a transport that Portworx knows",
        )],
    );
    cluster("{cloudStorage: {provider: pure}, env: [{name: PX_HTTP_PROXY, value: x}]}").finds(
        "san-type",
        &[(
            &env,
            "warning: nothing sets `PURE_FLASHARRAY_SAN_TYPE`, so Portworx uses iSCSI",
        )],
    );
    cluster(&FC.replace("provider: pure", "a: b")).finds(
        "san-provider",
        &[(
            &format!("{env}[1].value"),
            "warning: `PURE_FLASHARRAY_SAN_TYPE` is set, but the provider of the drives is not `pure`",
        )],
    );
}

#[test]
fn nodes_are_prepared_for_the_transport() {
    let with = |transport: &str, ubuntu: &str| {
        cluster(&FC.replace("FC", transport)).layer(
            "ubuntu-maas",
            "22.04",
            &format!("kubeadmconfig:\n{ubuntu}"),
        )
    };
    let iscsi = "  preKubeadmCommands:\n  - echo a\n  - |\n    # no iscsid here\n    systemctl enable --now iscsid\n";
    let multipath = |vendor: &str| {
        format!(
            "  files:\n  - targetPath: /etc/multipath.conf\n    content: |\n      devices {{\n        device {{\n          vendor \"{vendor}\"\n        }}\n      }}\n"
        )
    };
    with("ISCSI", iscsi).is_fine("san-mixed");
    with("FC", "  preKubeadmCommands: ['# no iscsid here']\n").is_fine("san-mixed");
    with("FC", &multipath("PURE")).is_fine("san-mixed");
    with("NVMEOF-TCP", &multipath("NVME")).is_fine("san-mixed");
    with("FC", iscsi).finds(
        "san-mixed",
        &[(
            "kubeadmconfig.preKubeadmCommands[1]",
            "warning: the nodes are prepared for iSCSI, but Portworx is set to FC",
        )],
    );
    with("NVMEOF-TCP", &multipath("PURE")).finds(
        "san-mixed",
        &[(
            "kubeadmconfig.files[0]",
            "warning: multipath.conf has no device section for `NVME`, the vendor name of the array over NVMEOF-TCP",
        )],
    );
}

fn secret(namespace: &str, data: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: px-pure-secret, namespace: {namespace}}}\n{data}\n"
    )
}

const TOKEN: &str = "347eba54-4ab6-96cd-e123-f694ab394a3b";

fn pure_json() -> String {
    format!(r#"{{"FlashArrays": [{{"MgmtEndPoint": "172.16.200.50", "APIToken": "{TOKEN}"}}]}}"#)
}

#[test]
fn the_secret_is_beside_the_storage_cluster() {
    let good = format!("stringData: {{pure.json: '{}'}}", pure_json());
    let with =
        |namespace: &str| portworx(&format!("{{storageCluster: {{{namespace}spec: {FC}}}}}"));
    for id in ["pure-secret-namespace", "pure-secret-missing"] {
        with("").manifest(&secret("portworx", &good)).is_fine(id);
        with("namespace: kube-system, ")
            .manifest(&secret("kube-system", &good))
            .is_fine(id);
        cluster("{cloudStorage: {provider: aws}}").is_fine(id);
    }
    with("").manifest(&secret("kube-system", &good)).finds(
        "pure-secret-namespace",
        &[(
            "metadata.namespace",
            "error: `px-pure-secret` is in the namespace `kube-system`, and the StorageCluster in `portworx`",
        )],
    );
    with("").finds(
        "pure-secret-missing",
        &[(
            &format!("{PX}.storageCluster"),
            "warning: no manifest holds the Secret `px-pure-secret`, and Portworx finds no array without it",
        )],
    );
}

#[test]
fn the_secret_can_be_read_and_is_not_shown() {
    let data = |text: &str| format!("data: {{pure.json: {}}}", STANDARD.encode(text));
    let plain = |text: &str| format!("stringData:\n  pure.json: |-\n    {text}");
    let check = |data: &str| Given::new().manifest(&secret("portworx", data));
    let folded = STANDARD.encode(pure_json());
    let (one, other) = folded.split_at(40);
    for good in [
        data(&pure_json()),
        data(&format!("{}\n", pure_json())),
        plain(&pure_json()),
        plain(&pure_json().replace(TOKEN, "{{ .spectro.var.FlashArrayApiToken }}")),
        plain(&pure_json().replace("172.16.200.50", "[fd00::1]")),
        plain(&format!(
            r#"{{"FlashBlades": [{{"MgmtEndPoint": "fb.example.com", "APIToken": "T-{TOKEN}", "NFSEndPoint": "10.0.0.1"}}]}}"#
        )),
        format!("data:\n  pure.json: |\n    {one}\n    {other}\n"),
        "data: {pure.json: '{{ .spectro.var.PureJson }}'}".to_owned(),
    ] {
        check(&good).is_fine("pure-secret");
    }
    let at_data = "data.pure\\.json";
    let at_plain = "stringData.pure\\.json";
    for (bad, path, message) in [
        (
            "data: {pure.yaml: eA==}".to_owned(),
            "",
            "there is no key `pure.json`",
        ),
        (
            "data: {pure.json: '???'}".to_owned(),
            at_data,
            "`pure.json` is not base64",
        ),
        (
            format!("data:\n  pure.json: {one}\n    {other}\n"),
            at_data,
            "the base64 of `pure.json` has blanks, as in folded lines",
        ),
        (
            "data: {pure.json: /////w==}".to_owned(),
            at_data,
            "`pure.json` is not a string",
        ),
        (
            data("{\"a\": \"{{ .spectro.var.T }}\"}"),
            at_data,
            "`pure.json` holds a macro inside base64, which Palette cannot fill in",
        ),
        (data("{"), at_data, "`pure.json` is not JSON"),
        (
            plain("{}"),
            at_plain,
            "`pure.json` names no array: it has neither `FlashArrays` nor `FlashBlades`",
        ),
        (
            plain(&pure_json().replace("\"MgmtEndPoint\": \"172.16.200.50\", ", "")),
            at_plain,
            "`FlashArrays[0]` of `pure.json` has no `MgmtEndPoint`",
        ),
        (
            plain(&pure_json().replace("172.16", "https://172.16")),
            at_plain,
            "the `MgmtEndPoint` of `FlashArrays[0]` in `pure.json` is a URL; it has to be an address or a name alone",
        ),
        (
            plain(&pure_json().replace("172.16.200.50", "fd00::1")),
            at_plain,
            "the `MgmtEndPoint` of `FlashArrays[0]` in `pure.json` is an IPv6 address without brackets",
        ),
        (
            plain(&pure_json().replace(TOKEN, "")),
            at_plain,
            "`FlashArrays[0]` of `pure.json` has no `APIToken`",
        ),
        (
            plain(&pure_json().replace(TOKEN, "very-secret")),
            at_plain,
            "the `APIToken` of `FlashArrays[0]` in `pure.json` does not have the form 8-4-4-4-12 hexadecimal digits",
        ),
        (
            plain(&pure_json().replace("FlashArrays", "FlashBlades")),
            at_plain,
            "the `APIToken` of `FlashBlades[0]` in `pure.json` does not have the form T- and 8-4-4-4-12 hexadecimal digits",
        ),
    ] {
        let given = check(&bad);
        given.finds("pure-secret", &[(path, &format!("error: {message}"))]);
        for finding in given.findings() {
            let shown = finding.diagnostic(None).to_string();
            for hidden in ["very-secret", TOKEN, one] {
                assert!(!shown.contains(hidden), "{shown}");
            }
        }
    }
}
