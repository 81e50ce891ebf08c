//! VLAN filtering, Cilium, the networks of the cluster, and MetalLB.

use super::Given;
use super::nads::{FILTERING, vmo};

pub(super) const TESTS: &[fn()] = &[
    vlan_filtering_is_texts_in_their_place,
    the_nodes_own_vlans_are_complete,
    cilium_leaves_room_for_vms,
    networks_of_the_cluster_do_not_meet,
    cilium_has_the_networks_of_the_cluster,
    pools_are_ranges_of_their_own,
    pools_are_announced_once,
    services_have_addresses_of_their_own,
];

const ENV: &str = "charts.virtual-machine-orchestrator.vlanFiltering.env";

#[test]
fn vlan_filtering_is_texts_in_their_place() {
    for id in [
        "vlan-text",
        "vlan-filtering-place",
        "vlans-on-bridge",
        "vlans-on-self",
    ] {
        vmo(FILTERING).is_fine(id);
    }
    for (env, field, message) in [
        (
            "allowedVlans: 100",
            "allowedVlans",
            "error: `allowedVlans` is not a string: 100; environment variables must be strings",
        ),
        (
            "allowVlansOnSelf: true",
            "allowVlansOnSelf",
            "error: `allowVlansOnSelf` is not a string: true; environment variables must be strings",
        ),
        (
            "allowVlansOnSelf: 'yes'",
            "allowVlansOnSelf",
            "error: `allowVlansOnSelf` is `yes`",
        ),
        (
            "allowedVlans: 21–100",
            "allowedVlans",
            "error: `allowedVlans`: `21–100` is not a range: write `21-100`",
        ),
        (
            "allowedVlansOnSelf: 4095",
            "allowedVlansOnSelf",
            "error: `allowedVlansOnSelf` is not a string: 4095; environment variables must be strings",
        ),
        (
            "allowedVlansOnSelf: '1,,2'",
            "allowedVlansOnSelf",
            "error: `allowedVlansOnSelf`: `1,,2` has an empty part: write VLANs such as `21-100,200`",
        ),
    ] {
        vmo(&format!("{{enabled: true, env: {{{env}}}}}"))
            .finds("vlan-text", &[(&format!("{ENV}.{field}"), message)]);
    }
    vmo("{enabled: true, allowVlansOnSelf: 'true'}").finds(
        "vlan-filtering-place",
        &[(
            "charts.virtual-machine-orchestrator.vlanFiltering.allowVlansOnSelf",
            "error: `allowVlansOnSelf` has no effect outside of `vlanFiltering.env`",
        )],
    );
}

fn cilium(values: &str) -> String {
    format!("charts:\n  cilium: {values}\n")
}

#[test]
fn the_nodes_own_vlans_are_complete() {
    let own = |on_self: &str, list: &str| {
        format!(
            "{{enabled: true, env: {{bridgeIF: br0, allowedVlans: '21-30', allowVlansOnSelf: '{on_self}', allowedVlansOnSelf: '{list}'}}}}"
        )
    };
    vmo(&own("true", "1,21-30")).is_fine("vlans-on-self");
    vmo(&own("false", "1")).is_fine("vlans-on-self");
    vmo(&own("true", "1,20,25-30")).finds(
        "vlans-on-self",
        &[(
            &format!("{ENV}.allowedVlansOnSelf"),
            "warning: the list lacks VLANs of VMs: 21-24",
        )],
    );
    let on_bridge = |filtering: &str| {
        vmo(filtering).layer("cni-cilium-oss", "1.19.2", &cilium("{devices: br0}"))
    };
    on_bridge(&own("true", "1,21-30")).is_fine("vlans-on-bridge");
    vmo(&own("true", "21-30")).is_fine("vlans-on-bridge");
    on_bridge(&own("true", "21-30")).finds(
        "vlans-on-bridge",
        &[(
            &format!("{ENV}.allowedVlansOnSelf"),
            "error: the node itself would be cut off: `br0` has an address, and the list (21-30) lacks VLAN 1",
        )],
    );
    on_bridge(&own("false", "1")).finds(
        "vlans-on-bridge",
        &[(
            &format!("{ENV}.allowVlansOnSelf"),
            "error: the cluster runs on `br0`, and the bridge drops the node's own frames",
        )],
    );
}

#[test]
fn cilium_leaves_room_for_vms() {
    let with = |values: &str| Given::new().layer("cni-cilium-oss", "1.19.2", &cilium(values));
    let good = "{cni: {exclusive: false}, socketLB: {hostNamespaceOnly: true}, kubeProxyReplacement: 'true', k8sServiceHost: auto, tunnelprotocol: '', bpf: {hostLegacyRouting: false}}";
    for id in [
        "cilium-exclusive",
        "cilium-socket-lb",
        "cilium-on-bridge",
        "cilium-detection",
        "cilium-api-server",
        "cilium-misspelt",
    ] {
        with(good).is_fine(id);
        with("{cni: {exclusive: false}, devices: br0, forceDeviceDetection: true, bpf: {hostLegacyRouting: true}}").is_fine(id);
    }
    with("{cni: {exclusive: true}}").finds(
        "cilium-exclusive",
        &[("charts.cilium.cni.exclusive", "error: Cilium disables other CNI configurations of the node, so Multus gives VMs no network")],
    );
    with("{kubeProxyReplacement: true, socketLB: {hostNamespaceOnly: false}}").finds(
        "cilium-socket-lb",
        &[("charts.cilium.socketLB", "error: Cilium balances services at the sockets of pods, and guests on the pod network do not use those")],
    );
    with("{devices: [br0], bpf: {hostLegacyRouting: false}}").finds(
        "cilium-on-bridge",
        &[(
            "charts.cilium.bpf.hostLegacyRouting",
            "error: Cilium runs on `br0` and routes past the bridge",
        )],
    );
    with("{bpf: {hostLegacyRouting: true}}").finds(
        "cilium-on-bridge",
        &[(
            "charts.cilium.bpf.hostLegacyRouting",
            "note: the host's own routing is on, and Cilium finds its interface itself",
        )],
    );
    with("{devices: br0, bpf: {hostLegacyRouting: true}}").finds(
        "cilium-detection",
        &[("charts.cilium.devices", "warning: Cilium would have no interface on nodes without the bridge, such as control planes")],
    );
    with("{kubeProxyReplacement: 'true', k8sServiceHost: ''}").finds(
        "cilium-api-server",
        &[(
            "charts.cilium.k8sServiceHost",
            "warning: Cilium replaces kube-proxy, but does not know the address of the API server",
        )],
    );
    with("{tunnelprotocol: geneve}").finds(
        "cilium-misspelt",
        &[(
            "charts.cilium.tunnelprotocol",
            "warning: Cilium has no setting `tunnelprotocol`, so it has no effect",
        )],
    );
}

fn kubernetes(pods: &str, services: &str) -> Given {
    Given::new().layer(
        "kubernetes",
        "1.34.5",
        &format!("pack: {{podCIDR: '{pods}', serviceClusterIpRange: '{services}'}}\n"),
    )
}

#[test]
fn networks_of_the_cluster_do_not_meet() {
    for id in [
        "cluster-network",
        "overlapping-networks",
        "service-cidr-too-small",
        "service-cidr-too-large",
    ] {
        kubernetes("100.64.0.0/18", "100.64.64.0/18").is_fine(id);
        kubernetes("{{ .spectro.var.P }}", "100.64.64.0/18").is_fine(id);
    }
    kubernetes("{{ .spectro.var.P }}", "100.64.64.0/18")
        .variable("P", "100.64.0.0/17")
        .finds(
            "overlapping-networks",
            &[(
                "pack.serviceClusterIpRange",
                "error: the service CIDR 100.64.64.0/18 overlaps the pod CIDR 100.64.0.0/17",
            )],
        );
    kubernetes("100.64.0.0", "100.64.64.0/18").finds(
        "cluster-network",
        &[("pack.podCIDR", "error: `100.64.0.0` is not an IPv4 network: the prefix length is missing; write it like `172.16.0.0/22`")],
    );
    kubernetes("100.64.0.0/18", "100.64.64.0/25").finds(
        "service-cidr-too-small",
        &[(
            "pack.serviceClusterIpRange",
            "error: the service CIDR 100.64.64.0/25 is smaller than a /24",
        )],
    );
    kubernetes("100.64.0.0/18", "10.0.0.0/11").finds(
        "service-cidr-too-large",
        &[(
            "pack.serviceClusterIpRange",
            "error: kube-apiserver accepts no service CIDR larger than a /12, and 10.0.0.0/11 is larger",
        )],
    );
}

#[test]
fn cilium_has_the_networks_of_the_cluster() {
    let with = |values: &str| {
        kubernetes("100.64.0.0/18", "100.65.0.0/18").layer(
            "cni-cilium-oss",
            "1.19.2",
            &cilium(values),
        )
    };
    with("{routingMode: native, ipv4NativeRoutingCIDR: 100.64.0.0/17}").is_fine("cilium-networks");
    with("{ipam: {mode: kubernetes, operator: {clusterPoolIPv4PodCIDRList: [10.1.0.0/16]}}}")
        .is_fine("cilium-networks");
    with("{routingMode: native, ipv4NativeRoutingCIDR: 10.0.0.0/8}").finds(
        "cilium-networks",
        &[(
            "charts.cilium.ipv4NativeRoutingCIDR",
            "error: pods of 100.64.0.0/18 are outside of 10.0.0.0/8, so their addresses are hidden from each other",
        )],
    );
    with("{ipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.1.0.0/16]}}}").finds(
        "cilium-networks",
        &[(
            "charts.cilium.ipam.operator.clusterPoolIPv4PodCIDRList",
            "warning: Cilium gives pods other addresses than the cluster's pod CIDR 100.64.0.0/18",
        )],
    );
}

fn metallb(configuration: &str) -> Given {
    Given::new().layer(
        "lb-metallb-helm",
        "0.15.3",
        &format!("charts:\n  metallb-full:\n    configuration: {configuration}\n"),
    )
}

const AT: &str = "charts.metallb-full.configuration";

#[test]
fn services_have_addresses_of_their_own() {
    const ID: &str = "metallb-one-address";
    let nginx = |service: &str| {
        let values = format!("charts: {{ingress-nginx: {{controller: {{service: {service}}}}}}}");
        Given::new().layer("nginx", "1.12.2", &values)
    };
    let traefik = |service: &str| format!("charts: {{traefik: {{service: {service}}}}}");
    let by_annotation = "{annotations: {metallb.io/loadBalancerIPs: 10.0.0.9}}";
    let (shared, other) = (
        "{annotations: {metallb.io/allow-shared-ip: a}, spec: {loadBalancerIP: 10.0.0.9}}",
        "{annotations: {metallb.io/allow-shared-ip: b}, loadBalancerIP: 10.0.0.9}",
    );
    for (one, two) in [
        (by_annotation, "{spec: {loadBalancerIP: 10.0.0.8}}"),
        (
            "{enabled: false, loadBalancerIP: 10.0.0.9}",
            "{spec: {loadBalancerIP: 10.0.0.9}}",
        ),
        (shared, shared),
        ("{loadBalancerIP: ''}", "{spec: {loadBalancerIP: ''}}"),
    ] {
        nginx(one)
            .layer("traefik", "40.0.0", &traefik(two))
            .is_fine(ID);
    }
    for (one, two) in [
        (by_annotation, "spec.loadBalancerIP"),
        (by_annotation, "annotations.metallb\\.io/loadBalancerIPs"),
        (other, "spec.loadBalancerIP"),
    ] {
        let service = match two {
            "spec.loadBalancerIP" => shared,
            _ => "{annotations: {metallb.io/loadBalancerIPs: '10.0.0.7, 10.0.0.9'}}",
        };
        nginx(one)
            .layer("traefik", "40.0.0", &traefik(service))
            .finds(
                ID,
                &[(
                    &format!("charts.traefik.service.{two}"),
                    "error: `traefik` asks for the address 10.0.0.9, which `nginx` asks for too",
                )],
            );
    }
}

#[test]
fn pools_are_ranges_of_their_own() {
    let pools = |addresses: &str| {
        metallb(&format!(
            "{{ipaddresspools: {{first-pool: {{spec: {{addresses: [{addresses}]}}}}}}, l2advertisements: {{default: {{spec: {{interfaces: [bond_data.20]}}}}}}}}"
        ))
    };
    for id in [
        "metallb-pool",
        "metallb-example",
        "metallb-empty",
        "metallb-overlap",
        "metallb-silent",
        "metallb-all-interfaces",
        "overlapping-networks",
    ] {
        pools("10.20.30.64/26, 10.20.30.10-10.20.30.20").is_fine(id);
        pools("'{{ .spectro.var.A }}'")
            .variable("A", "10.20.30.10-10.20.30.20,10.20.30.64/26")
            .is_fine(id);
    }
    let at = |index: usize| format!("{AT}.ipaddresspools.first-pool.spec.addresses[{index}]");
    pools("10.20.30.64").is_fine("metallb-pool");
    pools("10.20.30.9-10.20.30.1").finds(
        "metallb-pool",
        &[(
            &at(0),
            "error: `10.20.30.9-10.20.30.1` runs backwards: write `10.20.30.1-10.20.30.9`",
        )],
    );
    pools("192.168.10.0/24").finds(
        "metallb-example",
        &[(
            &at(0),
            "warning: the pool `first-pool` has the pack's example addresses, 192.168.10.0/24",
        )],
    );
    pools("").finds(
        "metallb-empty",
        &[(
            &format!("{AT}.ipaddresspools"),
            "error: MetalLB has no addresses to assign",
        )],
    );
    pools("10.0.0.0/24, 10.0.0.1-10.0.0.2, 10.0.0.200-10.0.1.1").finds(
        "metallb-overlap",
        &[
            (&at(1), "error: the addresses 10.0.0.1-10.0.0.2 and 10.0.0.0/24 overlap, which MetalLB refuses"),
            (&at(2), "error: the addresses 10.0.0.200-10.0.1.1 and 10.0.0.0/24 overlap, which MetalLB refuses"),
        ],
    );
    pools("100.64.1.0/24").layer("kubernetes", "1.34.5", "pack: {podCIDR: 100.64.0.0/18}").finds(
        "overlapping-networks",
        &[(&at(0), "error: the addresses 100.64.1.0/24 of the pool `first-pool` are in the pod CIDR 100.64.0.0/18")],
    );
}

#[test]
fn pools_are_announced_once() {
    let with = |advertisements: &str| {
        metallb(&format!(
            "{{ipaddresspools: {{one: {{spec: {{addresses: [10.0.0.0/24]}}}}}}, {advertisements}}}"
        ))
    };
    let l2 = "l2advertisements: {default: {spec: {ipAddressPools: [one], interfaces: [eth0]}}}";
    let bgp = "bgpadvertisements: {default: {spec: {ipAddressPools: [one]}}}, bgppeers: {router: {spec: {myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}}}";
    for id in [
        "metallb-silent",
        "metallb-unknown-pool",
        "metallb-both",
        "metallb-bgp",
        "metallb-all-interfaces",
    ] {
        with(l2).is_fine(id);
        with(bgp).is_fine(id);
        with(&format!("{bgp}, l2advertisements: {{default: ~}}")).is_fine(id);
    }
    with("l2advertisements: {}").finds(
        "metallb-silent",
        &[(
            &format!("{AT}.ipaddresspools.one"),
            "error: nothing announces the pool `one`, so its addresses cannot be reached",
        )],
    );
    with("l2advertisements: {default: {spec: {ipAddressPools: [first-pool], interfaces: [eth0]}}}")
        .finds(
            "metallb-unknown-pool",
            &[(
                &format!("{AT}.l2advertisements.default.spec.ipAddressPools[0]"),
                "error: there is no pool `first-pool`",
            )],
        );
    with(&format!("{l2}, {bgp}")).finds(
        "metallb-both",
        &[(
            &format!("{AT}.ipaddresspools.one"),
            "warning: the pool `one` is announced both by ARP and by BGP",
        )],
    );
    with("l2advertisements: {default: {spec: {ipAddressPools: [one]}}}").finds(
        "metallb-all-interfaces",
        &[(
            &format!("{AT}.l2advertisements.default.spec"),
            "warning: the L2 advertisement `default` names no interface, so addresses show up in every network of a node",
        )],
    );
    with("bgpadvertisements: {default: {spec: {}}}").finds(
        "metallb-bgp",
        &[(
            &format!("{AT}.bgpadvertisements"),
            "error: addresses should be announced by BGP, but there is no peer",
        )],
    );
    with("bgpadvertisements: {default: {spec: {}}}, bgppeers: {router: {spec: {myASN: 64512}}}")
        .finds(
            "metallb-bgp",
            &[(
                &format!("{AT}.bgppeers.router.spec"),
                "error: the BGP peer `router` has no `peerASN` and no `peerAddress`",
            )],
        );
}
