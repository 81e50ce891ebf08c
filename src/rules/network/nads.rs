//! NetworkAttachmentDefinitions: their CNI configuration, which no API server validates.

use serde_json::{Map, Value};

use crate::cluster::machines::{is_true, list};
use crate::cluster::{Cluster, Document};
use crate::diagnostic::suggestion;
use crate::rules::{ClusterRule, Finding, rule};

const CONFIG: &str = "spec.config";

pub(super) const RULES: &[ClusterRule] = &[configurations];

/// The options of the bridge plugin, and the version that brought each; the oldest that matters is 1.0.
const OPTIONS: [(&str, &str); 25] = [
    ("cniVersion", ""),
    ("name", ""),
    ("type", ""),
    ("ipam", ""),
    ("dns", ""),
    ("capabilities", ""),
    ("runtimeConfig", ""),
    ("args", ""),
    ("prevResult", ""),
    ("bridge", ""),
    ("isGateway", ""),
    ("isDefaultGateway", ""),
    ("forceAddress", ""),
    ("ipMasq", ""),
    ("mtu", ""),
    ("hairpinMode", ""),
    ("promiscMode", ""),
    ("vlan", ""),
    ("macspoofchk", "1.1.0"),
    ("enabledad", "1.1.0"),
    ("vlanTrunk", "1.3.0"),
    ("preserveDefaultVlan", "1.3.0"),
    ("disableContainerInterface", "1.4.1"),
    ("ipMasqBackend", "1.6.0"),
    ("portIsolation", "1.7.0"),
];

/// What node images are built with unless told otherwise.
const USUAL_PLUGIN: &str = "1.2.0";

/// A NAD with its bridge configuration.
pub(super) struct Nad<'c> {
    /// Its manifest.
    pub document: &'c Document,
    /// What the plugin is told.
    pub config: Map<String, Value>,
}

impl Nad<'_> {
    /// A finding at its configuration.
    pub fn mark(&self, finding: Finding) -> Finding {
        self.document.mark(finding.on(CONFIG))
    }

    /// What to call it in a message.
    pub fn title(&self) -> String {
        format!("the network `{}`", self.document.name())
    }

    /// The text at a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.config.get(key)?.as_str()
    }

    /// Whether it is of the bridge plugin.
    pub fn is_bridge(&self) -> bool {
        self.text("type") == Some("bridge")
    }

    /// The VLANs it uses: first and last of each range.
    pub fn vlans(&self) -> Vec<(u64, u64)> {
        let mut ranges = Vec::new();
        if let Some(id @ 1..) = self.config.get("vlan").and_then(Value::as_u64) {
            ranges.push((id, id));
        }
        for trunk in list(self.config.get("vlanTrunk")) {
            let number = |key: &str| trunk.get(key).and_then(Value::as_u64);
            match (number("id"), number("minID"), number("maxID")) {
                (_, Some(first), Some(last)) => ranges.push((first, last)),
                (Some(id), _, _) => ranges.push((id, id)),
                _ => {}
            }
        }
        ranges
    }
}

/// The configuration of a NAD: the plugin's own, or the first of a list of plugins.
fn configuration(document: &Document) -> Option<Result<Map<String, Value>, String>> {
    let text = document.text_at(CONFIG).unwrap_or_default();
    if text.contains("{{") {
        // Palette fills it in; until then nothing can be said.
        return None;
    }
    if text.trim().is_empty() {
        return Some(Err("has no CNI configuration".to_owned()));
    }
    Some(match serde_json::from_str::<Value>(text) {
        Err(error) => Err(format!("has a configuration that is not JSON: {error}")),
        Ok(Value::Object(mut config)) => match config.remove("plugins") {
            None => Ok(config),
            Some(Value::Array(plugins)) => match plugins.into_iter().next() {
                Some(Value::Object(first)) => {
                    for (key, value) in first {
                        config.insert(key, value);
                    }
                    Ok(config)
                }
                _ => Err("has an empty list of plugins".to_owned()),
            },
            Some(_) => Err("has `plugins` that are not a list".to_owned()),
        },
        Ok(_) => Err("has a configuration that is not an object".to_owned()),
    })
}

/// Every NAD whose configuration can be read.
pub(super) fn nads(cluster: &Cluster) -> impl Iterator<Item = Nad<'_>> {
    cluster
        .of_kind("NetworkAttachmentDefinition")
        .filter_map(|document| {
            let config = configuration(document)?.ok()?;
            Some(Nad { document, config })
        })
}

fn configurations(cluster: &Cluster, findings: &mut Vec<Finding>) {
    for document in cluster.of_kind("NetworkAttachmentDefinition") {
        match configuration(document) {
            None => {}
            Some(Err(problem)) => findings.push(document.mark(rule::NAD_CONFIG.error(
                CONFIG,
                format!("the network `{}` {problem}", document.name()),
            ))),
            Some(Ok(config)) => {
                let nad = Nad { document, config };
                kind(&nad, findings);
                if nad.is_bridge() {
                    vlans(&nad, findings);
                    options(&nad, findings);
                }
            }
        }
    }
}

fn kind(nad: &Nad<'_>, findings: &mut Vec<Finding>) {
    let title = nad.title();
    match nad.text("type") {
        Some("macvlan" | "ipvlan") => findings.push(nad.mark(rule::NAD_TYPE.warning(
            "",
            format!("{title} is a macvlan or ipvlan, which VMs cannot be bridged to"),
        ))),
        Some(_) => {}
        None => {
            findings.push(nad.mark(rule::NAD_TYPE.error("", format!("{title} names no plugin"))))
        }
    }
    let versions = [
        "0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0",
    ];
    match nad.text("cniVersion") {
        Some(version) if versions.contains(&version) => {}
        given => findings.push(nad.mark(rule::NAD_CNI_VERSION.error(
            "",
            match given {
                Some(version) => {
                    format!("{title} has the CNI version `{version}`, which does not exist")
                }
                None => format!("{title} has no `cniVersion`"),
            },
        ))),
    }
    // Multus fills in a name that is left out.
    if let Some(name) = nad.text("name")
        && name != nad.document.name()
    {
        findings.push(nad.mark(rule::NAD_NAME.note(
            "",
            format!("{title} is called `{name}` in its configuration"),
        )));
    }
}

fn vlans(nad: &Nad<'_>, findings: &mut Vec<Finding>) {
    let title = nad.title();
    let mut wrong = |message: String| {
        findings.push(nad.mark(rule::NAD_VLAN.error("", message)));
    };
    if let Some(vlan) = nad.config.get("vlan")
        && vlan.as_u64().is_none_or(|id| id > 4094)
    {
        wrong(format!("{title} has the VLAN {vlan}"));
    }
    for trunk in list(nad.config.get("vlanTrunk")) {
        let number = |key: &str| trunk.get(key).map(|id| id.as_u64().unwrap_or(u64::MAX));
        let range = 1..=4094;
        let is_right = match (number("id"), number("minID"), number("maxID")) {
            (Some(id), None, None) => range.contains(&id),
            (id, Some(first), Some(last)) => {
                id.is_none_or(|id| range.contains(&id))
                    && range.contains(&first)
                    && range.contains(&last)
                    && first <= last
            }
            _ => false,
        };
        if !is_right {
            wrong(format!(
                "{title} has the trunk {trunk}, which is neither one VLAN nor a range of them"
            ));
        }
    }
}

fn options(nad: &Nad<'_>, findings: &mut Vec<Finding>) {
    let title = nad.title();
    let has = |key: &str| is_true(nad.config.get(key));
    let has_ipam = nad
        .config
        .get("ipam")
        .and_then(|ipam| ipam.get("type"))
        .is_some();
    let conflicts = [
        (
            has("hairpinMode") && has("promiscMode"),
            "both `hairpinMode` and `promiscMode`",
        ),
        (
            has("disableContainerInterface") && has_ipam,
            "both `disableContainerInterface` and address management",
        ),
    ];
    for (_, what) in conflicts.into_iter().filter(|(is_one, _)| *is_one) {
        findings.push(nad.mark(
            rule::NAD_CONFLICT.error("", format!("{title} has {what}, which the plugin refuses")),
        ));
    }
    if (has("isGateway") || has("isDefaultGateway")) && !has_ipam {
        findings.push(nad.mark(rule::NAD_GATEWAY.warning(
            "",
            format!("{title} should be a gateway but has no addresses"),
        )));
    }
    for key in nad.config.keys() {
        let option = OPTIONS.iter().find(|(option, _)| option == key);
        match option {
            None => {
                let help = match suggestion(key, OPTIONS.iter().map(|(option, _)| *option)) {
                    Some(meant) => meant,
                    None => "remove it".to_owned(),
                };
                findings.push(
                    nad.mark(
                        rule::NAD_OPTION
                            .warning(
                                "",
                                format!("{title} has `{key}`, which the bridge plugin ignores"),
                            )
                            .help(help),
                    ),
                );
            }
            Some((_, since @ ("1.3.0" | "1.4.1" | "1.6.0" | "1.7.0"))) => {
                let message = format!(
                    "{title} has `{key}`, which the bridge plugin knows since {since}; older versions ignore it"
                );
                let help = format!(
                    "check the plugin on the nodes; images are usually built with {USUAL_PLUGIN}"
                );
                // Without a trunk that is understood, no tagged frame reaches the VM.
                let finding = if key == "vlanTrunk" {
                    rule::NAD_OPTION_VERSION.warning("", message)
                } else {
                    rule::NAD_OPTION_VERSION.note("", message)
                };
                findings.push(nad.mark(finding.help(help)));
            }
            Some(_) => {}
        }
    }
}
