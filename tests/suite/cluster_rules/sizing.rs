//! Numbers of nodes, pods, CPUs and bytes: of a site, and of the nodes' files.

use crate::common::{built_in, site};
use vmo_ra::rules::check;

use super::{Given, note};

pub(super) const TESTS: &[fn()] = &[
    a_pod_cidr_grows_where_nothing_is_in_the_way,
    large_clusters_are_told_what_they_hold,
    control_planes_are_sized_by_workers,
    cores_are_reserved_whole,
    a_node_has_addresses_for_its_pods,
    the_memory_manager_has_the_sum_to_the_byte,
];

/// What the rule of an id says of a site.
#[track_caller]
fn says(text: &str, id: &str, expected: &[&str]) {
    let site = site(text);
    let revision = built_in::revision("1.9.0");
    let found: Vec<String> = check(&site, revision)
        .into_iter()
        .filter(|finding| finding.rule.id == id)
        .map(|finding| {
            format!(
                "{}: {}: {}",
                finding.path, finding.severity, finding.message
            )
        })
        .collect();
    assert_eq!(found, expected, "{id}");
    note(id, expected.is_empty());
}

#[test]
fn a_pod_cidr_grows_where_nothing_is_in_the_way() {
    let id = "pod-cidr-cannot-grow";
    says("", id, &[]);
    says("cluster: {workers: 44}", id, &[]);
    says(
        "cluster: {workers: 45}",
        id,
        &[
            "network.serviceCidr: note: the pod CIDR 100.64.0.0/18 has room for 64 nodes, the site has 48, and the service CIDR 100.64.64.0/18 blocks a larger one",
        ],
    );
    says(
        "{cluster: {workers: 45}, network: {serviceCidr: 100.65.0.0/18}}",
        id,
        &[],
    );
}

#[test]
fn large_clusters_are_told_what_they_hold() {
    let site = |workers: u32| {
        format!(
            "{{cluster: {{workers: {workers}}}, network: {{podCidr: 100.64.0.0/17, serviceCidr: 100.65.0.0/18}}}}"
        )
    };
    says(&site(60), "large-cluster", &[]);
    says(
        &site(66),
        "large-cluster",
        &[
            "cluster.workers: note: 69 nodes and one for repaves are more than the 64 that the RA is sized for; it advises at most 12500 VMs in a cluster",
        ],
    );
}

#[test]
fn control_planes_are_sized_by_workers() {
    let id = "control-plane-size";
    says("cluster: {workers: 10}", id, &[]);
    // Control planes with VMs count with the workers, and are as large.
    for (workers, memory) in [(7, 8), (8, 16)] {
        says(
            &format!("cluster: {{workers: {workers}, controlPlaneRunsVms: true}}"),
            id,
            &[&format!(
                "cluster.workers: note: {} nodes for VMs and 2 namespaces of these need control-plane nodes of 4 cores and {memory} GB, plus the resources of a worker, since they run VMs",
                workers + 3
            )],
        );
    }
    says(
        "cluster: {workers: 11}",
        id,
        &[
            "cluster.workers: note: 11 workers and 2 namespaces for VMs need control-plane nodes of 4 cores and 16 GB",
        ],
    );
    says(
        "{cluster: {workers: 101}, network: {podCidr: 100.64.0.0/16, serviceCidr: 100.65.0.0/18}}",
        id,
        &[
            "cluster.workers: note: 101 workers and 2 namespaces for VMs need control-plane nodes of 16 cores and 64 GB",
        ],
    );
    says(
        "{cluster: {workers: 501}, network: {podCidr: 100.64.0.0/14, serviceCidr: 100.68.0.0/18}}",
        id,
        &[
            "cluster.workers: warning: 501 workers and 2 namespaces for VMs are more than the 500 and 4000 that the RA sizes control-plane nodes for",
        ],
    );
}

#[test]
fn cores_are_reserved_whole() {
    let id = "reserved-half-cores";
    says("nodes: {reservedCpus: 0-7}", id, &[]);
    says("nodes: {reservedCpus: '0-7,64-71', cpus: 128}", id, &[]);
    says(
        "nodes: {reservedCpus: 0-7, cpus: 128}",
        id,
        &[
            "nodes.reservedCpus: note: with hyper-threading, 0-7 of 128 CPUs are single threads of cores",
        ],
    );
    // All of them is for another rule.
    says("nodes: {reservedCpus: 0-7, cpus: 8}", id, &[]);
}

fn kubelet(config: &str) -> Given {
    let content = format!(
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreservedSystemCPUs: \"{{{{ .spectro.var.systemReservedCPU }}}}\"\n{config}\n"
    );
    let file = content.replace('\n', "\n      ");
    Given::new().layer(
        "ubuntu-maas",
        "22.04",
        &format!("kubeadmconfig:\n  files:\n  - targetPath: /etc/vmo/20.conf\n    content: |\n      {file}\n"),
    )
}

#[test]
fn a_node_has_addresses_for_its_pods() {
    let at = "kubeadmconfig.files[0].content";
    kubelet("maxPods: 250").is_fine("max-pods");
    kubelet("maxPods: 11").is_fine("no-room-for-vms");
    kubelet("maxPods: 10").finds(
        "no-room-for-vms",
        &[(
            at,
            "warning: a node may have 10 pods, and the layers have about 10 on each",
        )],
    );
    kubelet("maxPods: 251").finds(
        "max-pods",
        &[(
            at,
            "warning: a node may have 251 pods, more than the 250 that the RA is sized for",
        )],
    );
    kubelet("maxPods: 500").finds(
        "max-pods",
        &[(
            at,
            "error: a node may have 500 pods, and its /24 of the pod CIDR has addresses for 253",
        )],
    );
    let mask = |bits: u8| {
        format!(
            "kubeadmconfig: {{controllerManager: {{extraArgs: {{node-cidr-mask-size: '{bits}'}}}}}}"
        )
    };
    kubelet("maxPods: 250").layer("kubernetes", "1.34.5", &mask(25)).finds(
        "max-pods",
        &[(at, "error: a node may have 250 pods, and its /25 of the pod CIDR has addresses for 125")],
    );
    kubelet("maxPods: 400")
        .layer("kubernetes", "1.34.5", &mask(23))
        .finds(
            "max-pods",
            &[(
                at,
                "warning: a node may have 400 pods, more than the 250 that the RA is sized for",
            )],
        );
}

#[test]
fn the_memory_manager_has_the_sum_to_the_byte() {
    let with = |reserved: &str, eviction: &str| {
        kubelet(&format!(
            "memoryManagerPolicy: Static\nreservedMemory: [{reserved}]\nsystemReserved: {{memory: 4Gi}}\nkubeReserved: {{memory: 1Gi}}\n{eviction}"
        ))
    };
    let one = |amount: &str| format!("{{numaNode: 0, limits: {{memory: {amount}}}}}");
    let id = "memory-manager-sum";
    with(&one("5220Mi"), "evictionHard: {memory.available: 100Mi}").is_fine(id);
    with(&one("5220Mi"), "").is_fine(id);
    with(&format!("{}, {}", one("3072Mi"), one("2148Mi")), "").is_fine(id);
    kubelet("memoryManagerPolicy: None\nreservedMemory: []\nsystemReserved: {memory: 4Gi}")
        .is_fine(id);
    // A share is known on the machine only.
    with(&one("5Gi"), "evictionHard: {memory.available: 5%}").is_fine(id);
    with(&one("5Gi"), "").finds(
        id,
        &[(
            "kubeadmconfig.files[0].content",
            "error: `reservedMemory` is 5Gi, but system, kubelet and eviction reserve 5220Mi: the kubelet does not start",
        )],
    );
    with("", "").finds(
        id,
        &[(
            "kubeadmconfig.files[0].content",
            "error: `reservedMemory` is nothing, but system, kubelet and eviction reserve 5220Mi: the kubelet does not start",
        )],
    );
}
