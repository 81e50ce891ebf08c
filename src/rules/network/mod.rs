//! Rules over a cluster's networks: CNI, VLANs, networks of VMs, addresses of services.

mod addresses;
mod cilium;
pub(in crate::rules) mod metallb;
mod nad_bridges;
mod nads;
mod services;
mod vlan_filtering;

use super::ClusterRule;

pub(super) const RULES: &[&[ClusterRule]] = &[
    addresses::RULES,
    cilium::RULES,
    vlan_filtering::RULES,
    nads::RULES,
    nad_bridges::RULES,
    metallb::RULES,
    services::RULES,
];
