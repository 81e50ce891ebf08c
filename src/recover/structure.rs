//! Settings of a site that are written to several places at once, or into texts with a format of their own.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::picture::{about_layer, trees};
use super::search::Search;
use crate::certificate;
use crate::profile::{BuiltInLayers, Layer, RegistryMetadata, has_macro};
use crate::render::{PureArray, PureJson};
use crate::revision::Role;
use crate::site::{VlanId, VlanSet, variable};

impl Search<'_> {
    /// The given layers that have a pack and are not said to be what is given.
    fn packs_apart(&self) -> impl Iterator<Item = &Layer> {
        let all = self.packs().into_iter();
        let apart = all.filter(|(role, layer)| {
            let part = about_layer(*role, layer);
            self.target.differs(&self.current, &part)
        });
        apart.map(|(_, layer)| layer)
    }

    /// The given layers that have a pack.
    fn packs(&self) -> Vec<(Role, &Layer)> {
        let profiles = self.roles.iter().zip(self.request.profiles);
        let layers = profiles.flat_map(|(role, profile)| {
            let layers = profile.spec.template.packs.iter();
            layers.map(move |layer| (*role, layer))
        });
        layers
            .filter(|(_, layer)| layer.kind != "manifest")
            .collect()
    }

    /// Descriptions, without what they say of built-in values.
    pub(super) fn descriptions(&mut self) {
        for (role, profile) in self.roles.clone().into_iter().zip(self.request.profiles) {
            let whole = profile.metadata.description.as_str();
            let own = match BuiltInLayers::of_description(whole) {
                None => whole,
                Some(layers) => {
                    let own = whole.strip_suffix(&layers.to_string()).unwrap_or(whole);
                    own.strip_suffix('\n').unwrap_or(own)
                }
            };
            if !own.is_empty() {
                let path = format!("profiles.{role}.description");
                self.accept(self.draft.with(&path, json!(own)), self.given.clone());
            }
        }
    }

    /// Registries: the one that most packs come from, and those of single packs.
    pub(super) fn registries(&mut self) {
        let packs: Vec<(String, RegistryMetadata)> = (self.packs().into_iter())
            .map(|(_, layer)| (layer.name.clone(), layer.registry.metadata.clone()))
            .filter(|(_, registry)| !registry.name.is_empty())
            .collect();
        let mut counts: BTreeMap<String, (usize, Value)> = BTreeMap::new();
        for (_, registry) in &packs {
            let site = of_registry(registry);
            counts.entry(site.to_string()).or_insert((0, site)).0 += 1;
        }
        if self.packs_apart().next().is_some()
            && let Some((_, most)) = counts.into_values().max_by_key(|(count, _)| *count)
        {
            self.accept(
                self.draft.with("registries.default", most),
                self.given.clone(),
            );
        }
        let apart: Vec<String> = self.packs_apart().map(|layer| layer.name.clone()).collect();
        for (pack, registry) in packs.into_iter().filter(|(pack, _)| apart.contains(pack)) {
            let draft = self
                .draft
                .with_key("registries.packs", &pack, of_registry(&registry));
            self.accept(draft, self.given.clone());
        }
    }

    /// Versions of packs: groups as they are named, and the versions themselves.
    pub(super) fn pack_versions(&mut self) {
        let versions: Vec<(String, [String; 2])> = self
            .packs_apart()
            .map(|layer| {
                (
                    layer.name.clone(),
                    [layer.version.clone(), layer.tag.clone()],
                )
            })
            .collect();
        for (pack, versions) in versions {
            for version in versions.into_iter().filter(|version| !version.is_empty()) {
                let draft = self.draft.with_key("packVersions", &pack, json!(version));
                self.accept(draft, self.given.clone());
            }
        }
    }

    /// The arrays, from the file that Portworx reads.
    pub(super) fn flash_arrays(&mut self, path: &str) {
        let mut arrays = Vec::new();
        for (_, layer) in self.packs() {
            for manifest in &layer.manifests {
                let secrets = trees(&manifest.content).into_iter().flatten();
                arrays.extend(secrets.filter_map(|tree| of_secret(&tree)).flatten());
            }
        }
        if arrays.is_empty() {
            return;
        }
        let mut given = self.given.clone();
        let items: Vec<Value> = (arrays.iter().enumerate())
            .map(|(number, array)| {
                let mut item = json!({"endpoint": array.endpoint});
                if !has_macro(&array.token) {
                    let name = variable(&format!("{path}[].apiToken"));
                    let name = match number {
                        0 => name,
                        _ => format!("{name}_{}", number + 1),
                    };
                    given = given.with_secret(&name, &array.token);
                    item["apiToken"] = json!({"env": name});
                }
                item
            })
            .collect();
        self.accept(self.draft.with(path, json!(items)), given);
    }

    /// The authorities that nodes trust: each file that is a certificate.
    pub(super) fn certificates(&mut self, path: &str) {
        let mut files: Vec<(String, String)> = Vec::new();
        for (_, layer) in self.packs() {
            let trees = trees(&layer.values).into_iter().flatten();
            trees.for_each(|tree| certificates_of(&tree, &mut files));
        }
        if files.is_empty() {
            return;
        }
        let mut given = self.given.clone();
        let items: Vec<Value> = (files.into_iter())
            .map(|(name, pem)| {
                let file = format!("{name}.pem");
                given.files.insert(file.clone(), pem);
                json!({"name": name, "file": file})
            })
            .collect();
        self.accept(self.draft.with(path, json!(items)), given);
    }
}

/// A registry as a site has it.
fn of_registry(registry: &RegistryMetadata) -> Value {
    json!({
        "name": registry.name,
        "kind": registry.kind,
        "uid": registry.uid,
        "private": registry.is_private,
        "providerType": registry.provider_type,
        "syncSupported": registry.is_sync_supported,
    })
}

/// The arrays of a Secret for Portworx.
fn of_secret(tree: &Value) -> Option<Vec<PureArray>> {
    let file = PureJson::FILE;
    let text = match (
        tree["stringData"][file].as_str(),
        tree["data"][file].as_str(),
    ) {
        (Some(text), _) => text.to_owned(),
        (None, data) => String::from_utf8(STANDARD.decode(data?).ok()?).ok()?,
    };
    let pure: PureJson = serde_json::from_str(&text).ok()?;
    Some(pure.flash_arrays)
}

/// Files of nodes that are certificates, by their names without an ending.
fn certificates_of(tree: &Value, files: &mut Vec<(String, String)>) {
    match tree {
        Value::Object(map) => {
            let texts = || map.values().filter_map(Value::as_str);
            let pem = texts().find(|text| text.contains('\n') && certificate::read(text).is_ok());
            let path = texts().find_map(|text| text.rsplit_once('/')?.1.strip_suffix(".crt"));
            match (path, pem) {
                (Some(name), Some(pem)) => files.push((name.to_owned(), pem.to_owned())),
                _ => map.values().for_each(|value| certificates_of(value, files)),
            }
        }
        Value::Array(items) => items.iter().for_each(|item| certificates_of(item, files)),
        _ => {}
    }
}

/// Networks that differ in nothing but their VLANs, as one item.
pub(super) fn together(items: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let mut groups: Vec<(Map<String, Value>, Vlans)> = Vec::new();
    for mut item in items {
        let Some(vlan) = item.shift_remove("vlan") else {
            continue;
        };
        let vlan = Vlans::of(&vlan);
        // A name that ends with the VLAN is a prefix for others like it.
        if let Some(Value::String(name)) = item.get("name")
            && let Some(prefix) = name.strip_suffix(&vlan.to_string())
            && !prefix.is_empty()
        {
            let prefix = json!(prefix);
            item.shift_remove("name");
            item.insert("prefix".to_owned(), prefix);
        }
        match groups.last_mut() {
            Some((last, vlans))
                if *last == item && !item.contains_key("name") && vlans.goes_on_with(&vlan) =>
            {
                vlans.ids.extend(vlan.ids);
                vlans.untagged = vlan.untagged;
            }
            _ => groups.push((item, vlan)),
        }
    }
    let items = groups.into_iter().map(|(rest, vlans)| {
        let mut item = Map::new();
        let text = vlans.to_string();
        let value = text
            .parse::<u16>()
            .map_or_else(|_| json!(text), |id| json!(id));
        item.insert("vlan".to_owned(), value);
        item.extend(rest);
        item
    });
    items.collect()
}

/// The VLANs of an item, in the order in which they become manifests.
struct Vlans {
    ids: Vec<VlanId>,
    untagged: bool,
}

impl Vlans {
    fn of(value: &Value) -> Vlans {
        let id = match value {
            Value::Number(number) => number.to_string().parse().ok(),
            other => other.as_str().and_then(|text| text.parse().ok()),
        };
        Vlans {
            untagged: id.is_none(),
            ids: id.into_iter().collect(),
        }
    }

    fn goes_on_with(&self, next: &Vlans) -> bool {
        !self.untagged && (next.untagged || self.ids.last() < next.ids.first())
    }
}

impl fmt::Display for Vlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set: VlanSet = self.ids.iter().copied().collect();
        match (set.is_empty(), self.untagged) {
            (true, _) => f.write_str("untagged"),
            (false, false) => set.fmt(f),
            (false, true) => write!(f, "{set},untagged"),
        }
    }
}
