//! The networks that VMs attach to (RA, VMO-Networking layer).

use std::collections::BTreeSet;

use serde::Serialize;

use super::names::{Label, Subdomain};
use super::reader::{Fields, Reader, fixed};
use super::vlan::{VlanId, VlanSelection};
use crate::diagnostic::Diagnostic;
use crate::limits;
use crate::yaml::Node;

/// A network that VMs attach to: one NetworkAttachmentDefinition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nad {
    /// The name of the manifest that holds it.
    pub manifest: String,
    /// The name users see.
    pub name: Subdomain,
    /// The namespace; those in `default` can be used from every namespace.
    pub namespace: Label,
    /// The VLAN; none for the untagged network.
    pub vlan: Option<VlanId>,
    /// What the CNI plugin's `preserveDefaultVlan` is set to; none leaves it to the plugin's version.
    pub preserve_default_vlan: Option<bool>,
}

impl Nad {
    /// A NAD under the name that `prefix` and the VLAN make.
    ///
    /// # Errors
    /// Prefix and VLAN make no valid name.
    pub fn with_prefix(
        prefix: &str,
        namespace: &Label,
        vlan: Option<VlanId>,
        preserve_default_vlan: Option<bool>,
    ) -> Result<Nad, String> {
        let name = match vlan {
            Some(id) => format!("{prefix}{id}"),
            None => format!("{prefix}untagged"),
        };
        Ok(Nad::named(
            name.parse()?,
            namespace,
            vlan,
            preserve_default_vlan,
        ))
    }

    fn named(
        name: Subdomain,
        namespace: &Label,
        vlan: Option<VlanId>,
        preserve_default_vlan: Option<bool>,
    ) -> Nad {
        let manifest = match namespace.as_str() {
            "default" => format!("nad-{name}"),
            other => format!("nad-{other}-{name}"),
        };
        Nad {
            manifest,
            name,
            namespace: namespace.clone(),
            vlan,
            preserve_default_vlan,
        }
    }
}

/// All NADs of the site.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Nads {
    /// In the order of the site.
    pub list: Vec<Nad>,
}

impl Nads {
    pub(super) fn read(reader: &mut Reader<'_>, site: &mut Fields<'_>) -> Self {
        let mut seen = BTreeSet::new();
        let mut asked = 0;
        let mut beyond = None;
        let groups = reader.list(site, "nads", |reader, node, path| {
            let group = Group::read(reader, node, path);
            asked += group.ids.len();
            // Not even made: a short line can ask for thousands.
            if asked > limits::NETWORKS {
                beyond.get_or_insert_with(|| node.clone());
                return None;
            }
            let nads = group.nads(reader, node);
            for nad in &nads {
                if !seen.insert((nad.namespace.clone(), nad.name.clone())) {
                    let problem = Diagnostic::error(format!(
                        "a second network named `{}` in namespace `{}`",
                        nad.name, nad.namespace
                    ))
                    .help("give one of them another `name` or `namespace`");
                    reader.problem_at(node, problem);
                }
            }
            Some(nads)
        });
        if let Some(node) = beyond {
            let problem = Diagnostic::error(format!(
                "`nads` asks for {asked} networks, more than the {} that are made",
                limits::NETWORKS
            ))
            .help("name the VLANs that VMs attach to; each becomes a manifest");
            reader.problem_at(&node, problem);
        }
        let list = match groups {
            Some(groups) => groups.into_iter().flatten().collect(),
            None => Self::example(),
        };
        Nads { list }
    }

    fn example() -> Vec<Nad> {
        [Some(fixed::<VlanId>("30")), None]
            .into_iter()
            .flat_map(|vlan| Nad::with_prefix("vlan-", &fixed("default"), vlan, Some(false)))
            .collect()
    }
}

/// Networks that one item of the list asks for.
struct Group {
    name: Option<Subdomain>,
    prefix: String,
    namespace: Label,
    preserve: Option<bool>,
    ids: Vec<Option<VlanId>>,
}

impl Group {
    fn read(reader: &mut Reader<'_>, node: &Node, path: String) -> Self {
        let mut fields = reader.item(node, path);
        let vlans: Option<VlanSelection> = reader.required(&mut fields, "vlan", node);
        let name = reader.optional(&mut fields, "name");
        let prefix = reader.free_text(&mut fields, "prefix", "vlan-");
        let namespace = reader.or(&mut fields, "namespace", "default");
        let preserve = Some(reader.flag(&mut fields, "preserveDefaultVlan", false));
        reader.close(fields);
        let vlans = vlans.unwrap_or_default();
        let tagged = vlans.tagged.iter().map(Some);
        Group {
            name,
            prefix,
            namespace,
            preserve,
            ids: tagged.chain(vlans.untagged.then_some(None)).collect(),
        }
    }

    fn nads(self, reader: &mut Reader<'_>, node: &Node) -> Vec<Nad> {
        let Group {
            name,
            prefix,
            namespace,
            preserve,
            ids,
        } = self;
        match name {
            Some(_) if ids.len() > 1 => {
                let problem = Diagnostic::error(format!("one `name` for {} networks", ids.len()))
                    .help("write `prefix` instead; each VLAN's id is appended to it");
                reader.problem_at(node, problem);
                Vec::new()
            }
            Some(name) => ids
                .into_iter()
                .map(|vlan| Nad::named(name.clone(), &namespace, vlan, preserve))
                .collect(),
            None => {
                let nads: Result<Vec<Nad>, String> = ids
                    .into_iter()
                    .map(|vlan| Nad::with_prefix(&prefix, &namespace, vlan, preserve))
                    .collect();
                nads.unwrap_or_else(|error| {
                    reader.problem_at(node, Diagnostic::error(error));
                    Vec::new()
                })
            }
        }
    }
}
