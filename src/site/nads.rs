//! The networks that VMs attach to (RA, VMO-Networking layer).

use std::collections::BTreeSet;

use serde::Serialize;

use super::names::{Label, Subdomain};
use super::reader::{Fields, Reader, fixed};
use super::setting::{Preset, settings};
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
        let groups = reader.list(
            site,
            "nads",
            || Preset::fixed(&Group::examples()),
            |reader, node, path| {
                let group = Group::read(reader, node, path);
                asked += group.len();
                // Not even made: a short line can ask for thousands.
                if asked > limits::NETWORKS {
                    beyond.get_or_insert_with(|| node.clone());
                    return None;
                }
                let nads = group.nads().unwrap_or_else(|problem| {
                    reader.problem_at(node, problem);
                    Vec::new()
                });
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
            },
        );
        if let Some(node) = beyond {
            let problem = Diagnostic::error(format!(
                "`nads` asks for {asked} networks, more than the limit of {}",
                limits::NETWORKS
            ))
            .help("name the VLANs that VMs attach to; each becomes a manifest");
            reader.problem_at(&node, problem);
        }
        let list = match groups {
            Some(groups) => groups.into_iter().flatten().collect(),
            None => Group::examples()
                .into_iter()
                .filter_map(|group| group.nads().ok())
                .flatten()
                .collect(),
        };
        Nads { list }
    }
}

settings! {
    /// Networks that one item of the list asks for.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Group of "VMO-Networking layer" {
        /// The VLANs, each of which becomes a network; `untagged` is the network without a VLAN.
        ///
        /// Not: `id`, `vlans`, `vlanId`
        vlan: VlanSelection,
        /// The name of the network, if there is only one VLAN.
        ///
        /// Example: `dmz`
        name: Option<Subdomain>,
        /// The prefix of the name, before the VLAN's id, if there is no `name`.
        prefix: String,
        /// The namespace; networks in `default` can be used from every namespace.
        namespace: Label,
        /// Whether VMs also receive the untagged network in addition to their VLAN.
        preserve_default_vlan: bool,
    }
}

impl Group {
    fn new(vlan: VlanSelection) -> Self {
        Group {
            vlan,
            name: None,
            prefix: "vlan-".to_owned(),
            namespace: fixed("default"),
            preserve_default_vlan: false,
        }
    }

    fn examples() -> [Group; 2] {
        ["30", "untagged"].map(|vlan| Group::new(fixed(vlan)))
    }

    fn read(reader: &mut Reader<'_>, node: &Node, path: String) -> Self {
        let mut fields = reader.item::<Self>(node, path);
        let vlan = reader.required(&mut fields, "vlan", node);
        let usual = Group::new(vlan.unwrap_or_default());
        let group = Group {
            name: reader.optional(&mut fields, "name"),
            prefix: reader.value(&mut fields, "prefix", usual.prefix),
            namespace: reader.value(&mut fields, "namespace", usual.namespace),
            preserve_default_vlan: reader.flag(
                &mut fields,
                "preserveDefaultVlan",
                usual.preserve_default_vlan,
            ),
            vlan: usual.vlan,
        };
        reader.close(fields);
        group
    }

    /// How many networks it asks for.
    fn len(&self) -> usize {
        self.vlan.tagged.len() + usize::from(self.vlan.untagged)
    }

    fn nads(&self) -> Result<Vec<Nad>, Diagnostic> {
        if self.name.is_some() && self.len() > 1 {
            return Err(
                Diagnostic::error(format!("one `name` for {} networks", self.len()))
                    .help("write `prefix` instead; each VLAN's id is appended to it"),
            );
        }
        let tagged = self.vlan.tagged.iter().map(Some);
        let all = tagged.chain(self.vlan.untagged.then_some(None));
        let preserve = Some(self.preserve_default_vlan);
        all.map(|vlan| match &self.name {
            Some(name) => Ok(Nad::named(name.clone(), &self.namespace, vlan, preserve)),
            None => Nad::with_prefix(&self.prefix, &self.namespace, vlan, preserve),
        })
        .collect::<Result<_, String>>()
        .map_err(Diagnostic::error)
    }
}
