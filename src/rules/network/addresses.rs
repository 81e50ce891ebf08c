//! Pod and service networks of the Kubernetes layer (RA, Kubernetes layer and Solution Sizing).

use crate::cluster::Cluster;
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding};
use crate::site::Cidr;

const SECTION: &str = "Solution Sizing";
const PODS: &str = "podCIDR";
const SERVICES: &str = "serviceClusterIpRange";

pub(super) const RULES: &[ClusterRule] = &[networks];

fn networks(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(pack) = Values::of(cluster, "kubernetes", "pack") else {
        return;
    };
    let mut parsed = |path: &str| {
        let text = pack.text(path)?;
        match text.parse::<Cidr>() {
            Ok(cidr) => Some(cidr),
            // Two networks with a comma between are of two families.
            Err(_) if text.contains(',') => None,
            Err(reason) => {
                findings.push(
                    pack.mark(Finding::error("cluster-network", path, reason).section(SECTION)),
                );
                None
            }
        }
    };
    let (pods, services) = (parsed(PODS), parsed(SERVICES));
    if let Some(services) = services {
        if services.prefix() > 24 {
            findings.push(
                pack.mark(
                    Finding::error("service-cidr-too-small", SERVICES, format!("the service CIDR {services} is smaller than a /24"))
                        .help("every service takes an address of it: use at least a /24; the RA takes a /18")
                        .section(SECTION),
                ),
            );
        } else if services.prefix() < 12 {
            findings.push(
                pack.mark(
                    Finding::error(
                        "service-cidr-too-large",
                        SERVICES,
                        format!("kube-apiserver takes no service CIDR larger than a /12, and {services} is"),
                    )
                    .section(SECTION),
                ),
            );
        }
    }
    if let (Some(pods), Some(services)) = (pods, services)
        && pods.overlaps(&services)
    {
        findings.push(
            pack.mark(
                Finding::error(
                    "overlapping-networks",
                    SERVICES,
                    format!("the service CIDR {services} overlaps the pod CIDR {pods}"),
                )
                .help("give every network addresses of its own")
                .section(SECTION),
            ),
        );
    }
}
