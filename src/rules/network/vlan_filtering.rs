//! VLAN filtering of the VMO layer: texts that become environment variables of a script on each node.

use super::cilium::runs_on;
use crate::cluster::Cluster;
use crate::cluster::machines::{VMO_PACK, VMO_ROOT};
use crate::cluster::values::Values;
use crate::rules::{ClusterRule, Finding, rule};
use crate::site::{VlanId, VlanSet};

const PLACE: &str = "vlanFiltering";
const LISTS: [&str; 2] = ["allowedVlans", "allowedVlansOnSelf"];

pub(super) const RULES: &[ClusterRule] = &[places, texts, on_self];

fn vmo(cluster: &Cluster) -> Option<Values<'_>> {
    Values::of(cluster, VMO_PACK, VMO_ROOT)
}

/// The RA's network chapter names two settings without the `env` they are in.
fn places(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = vmo(cluster) else { return };
    for field in ["bridgeIF", "allowVlansOnSelf", LISTS[0], LISTS[1]] {
        let path = format!("{PLACE}.{field}");
        if vmo.find(&path).is_some() {
            findings.push(
                vmo.mark(
                    rule::VLAN_FILTERING_PLACE
                        .error(
                            path,
                            format!("`{field}` has no effect outside of `{PLACE}.env`"),
                        )
                        .help(format!("move it to `{PLACE}.env.{field}`")),
                ),
            );
        }
    }
}

fn texts(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = vmo(cluster) else { return };
    let mut wrong = |path: String, message: String, help: &'static str| {
        findings.push(vmo.mark(rule::VLAN_TEXT.error(path, message).help(help)));
    };
    for field in ["allowVlansOnSelf", "bridgeIF", LISTS[0], LISTS[1]] {
        let path = format!("{PLACE}.env.{field}");
        let Some(value) = vmo.find(&path) else {
            continue;
        };
        if !value.is_string() {
            wrong(
                path,
                format!(
                    "`{field}` is not a string: {value}; environment variables must be strings"
                ),
                "put it in quotes",
            );
            continue;
        }
        let Some(text) = vmo.text(&path) else {
            continue;
        };
        if field == "allowVlansOnSelf" && !["true", "false"].contains(&text.as_str()) {
            wrong(
                path,
                format!("`{field}` is `{text}`"),
                "write \"true\" or \"false\"",
            );
        } else if LISTS.contains(&field)
            && let Err(reason) = text.parse::<VlanSet>()
        {
            wrong(
                path,
                format!("`{field}`: {reason}"),
                "write VLANs such as \"21-100,200\"",
            );
        }
    }
}

/// Once the bridge looks at the node's own VLANs, it drops what the list lacks.
fn on_self(cluster: &Cluster, findings: &mut Vec<Finding>) {
    let Some(vmo) = vmo(cluster) else { return };
    if vmo.flag(&format!("{PLACE}.enabled")) != Some(true) {
        return;
    }
    let env = |field: &str| vmo.text(&format!("{PLACE}.env.{field}"));
    let bridge = env("bridgeIF").unwrap_or_default();
    let on_bridge = runs_on(cluster, &bridge);
    let own_path = format!("{PLACE}.env.{}", LISTS[1]);
    if env("allowVlansOnSelf").as_deref() != Some("true") {
        if on_bridge && env("allowVlansOnSelf").is_some() {
            findings.push(
                vmo.mark(
                    rule::VLANS_ON_BRIDGE.error(format!("{PLACE}.env.allowVlansOnSelf"), format!("the cluster runs on `{bridge}`, and the bridge drops the node's own frames"))
                    .help("write \"true\", and name VLAN 1 in `allowedVlansOnSelf`"),
                ),
            );
        }
        return;
    }
    let Some(own) = env(LISTS[1]).and_then(|text| text.parse::<VlanSet>().ok()) else {
        return;
    };
    let untagged = VlanId::try_from(1).ok();
    if on_bridge && untagged.is_some_and(|id| !own.contains(id)) {
        findings.push(
            vmo.mark(
                rule::VLANS_ON_BRIDGE.error(own_path.as_str(), format!("the node itself would be cut off: `{bridge}` has an address, and the list ({own}) lacks VLAN 1"))
                .help("add 1"),
            ),
        );
    }
    let Some(allowed) = env(LISTS[0]).and_then(|text| text.parse::<VlanSet>().ok()) else {
        return;
    };
    let missing: VlanSet = allowed.iter().filter(|id| !own.contains(*id)).collect();
    if !missing.is_empty() {
        findings.push(
            vmo.mark(
                rule::VLANS_ON_SELF
                    .warning(own_path, format!("the list lacks VLANs of VMs: {missing}")),
            ),
        );
    }
}
