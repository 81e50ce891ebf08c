//! Pod and service networks of the Kubernetes layer (RA, Kubernetes layer and Solution Sizing).

use crate::cluster::Cluster;
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::Cidr;

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
                findings.push(pack.mark(rule::CLUSTER_NETWORK.error(path, reason)));
                None
            }
        }
    };
    let (pods, services) = (parsed(PODS), parsed(SERVICES));
    if let Some(services) = services {
        if services.prefix() > 24 {
            findings.push(pack.mark(rule::SERVICE_CIDR_TOO_SMALL.error(
                SERVICES,
                format!("the service CIDR {services} is smaller than a /24"),
            )));
        } else if services.prefix() < 12 {
            findings.push(pack.mark(rule::SERVICE_CIDR_TOO_LARGE.error(
                SERVICES,
                format!(
                    "kube-apiserver accepts no service CIDR larger than a /12, and {services} is larger"
                ),
            )));
        }
    }
    if let (Some(pods), Some(services)) = (pods, services)
        && pods.overlaps(&services)
    {
        findings.push(
            pack.mark(
                rule::OVERLAPPING_NETWORKS
                    .error(
                        SERVICES,
                        format!("the service CIDR {services} overlaps the pod CIDR {pods}"),
                    )
                    .help("give every network its own addresses"),
            ),
        );
    }
}
