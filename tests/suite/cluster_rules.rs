//! Rules over profiles and manifests: each on both sides, and none against what we render.

mod matrix;
mod monitoring;
mod nads;
mod networks;
mod portworx;
mod sites;
mod sizing;
mod speed;
mod storage;
mod vm_clones;
mod vm_devices;
mod vms;

use std::sync::LazyLock;

use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile;
use vmo_ra::rules::{Finding, Inspected, check_cluster};

/// The packs behind the rules about presets.
static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::built_in().expect("the built-in packs are whole"));

/// A profile of layers, each a pack, its version and its values, with variables by name and default.
struct Given {
    layers: Vec<(String, String, String)>,
    variables: Vec<(String, String)>,
    manifests: String,
}

impl Given {
    fn new() -> Self {
        Given {
            layers: Vec::new(),
            variables: Vec::new(),
            manifests: String::new(),
        }
    }

    fn layer(mut self, pack: &str, version: &str, values: &str) -> Self {
        self.layers
            .push((pack.to_owned(), version.to_owned(), values.to_owned()));
        self
    }

    fn variable(mut self, name: &str, default: &str) -> Self {
        self.variables.push((name.to_owned(), default.to_owned()));
        self
    }

    fn manifest(mut self, text: &str) -> Self {
        self.manifests.push_str("---\n");
        self.manifests.push_str(text);
        self.manifests.push('\n');
        self
    }

    fn cluster(&self) -> Inspected {
        let packs: Vec<_> = self
            .layers
            .iter()
            .map(|(name, version, values)| {
                let layer = match name.as_str() {
                    name if name.contains("portworx") || name.contains("csi") || name.contains("longhorn") => "csi",
                    _ => "addon",
                };
                serde_json::json!({"name": name, "type": "oci", "layer": layer, "version": version, "values": values})
            })
            .collect();
        let variables: Vec<_> = self
            .variables
            .iter()
            .map(|(name, default)| serde_json::json!({"name": name, "format": "string", "defaultValue": default}))
            .collect();
        let json = serde_json::json!({
            "metadata": {"name": "x"},
            "spec": {"version": "1.0.0", "template": {"type": "add-on", "packs": packs}, "variables": variables}
        });
        let mut cluster = Inspected::default();
        if !packs.is_empty() {
            let read = profile::read(&Source::new("x.json", json.to_string())).expect("a profile");
            let names: Vec<String> = self.layers.iter().map(|(name, ..)| name.clone()).collect();
            cluster.add_profile("x.json", read, |layer, _| names[layer].clone());
        }
        cluster.add_manifests(&Source::new("manifests.yaml", self.manifests.as_str()));
        cluster
    }

    fn findings(&self) -> Vec<Finding> {
        check_cluster(&self.cluster(), &LIBRARY)
    }

    /// What the rule of an id finds, each as severity, path and message.
    #[track_caller]
    fn finds(&self, id: &str, expected: &[(&str, &str)]) {
        let all = self.findings();
        assert!(
            all.iter().all(|finding| finding.rule.id != "not-yaml"),
            "{all:#?}"
        );
        let found: Vec<(String, String)> = all
            .iter()
            .filter(|finding| finding.rule.id == id)
            .map(|finding| {
                let message = format!("{}: {}", finding.severity, finding.message);
                (finding.path.clone(), message)
            })
            .collect();
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(path, message)| (path.as_str(), message.as_str()))
            .collect();
        assert_eq!(found, expected, "{id}");
    }

    /// The rule of an id finds nothing.
    #[track_caller]
    fn is_fine(&self, id: &str) {
        self.finds(id, &[]);
    }
}

/// A VM of the namespace `default`, with more in its `spec` and in its guest.
fn vm(name: &str, spec: &str, guest: &str) -> String {
    format!(
        "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {{name: {name}}}\nspec: {{{spec}template: {{metadata: {{annotations: {{descheduler.alpha.kubernetes.io/evict: 'true'}}}}, spec: {{{guest}}}}}}}"
    )
}

fn template(name: &str, spec: &str, guest: &str) -> String {
    vm(name, spec, guest)
        .replace("kubevirt.io/v1", "spectrocloud.com/v1")
        .replace("kind: VirtualMachine", "kind: VmTemplate")
}

fn preference(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachineClusterPreference\nmetadata: {{name: {name}}}\nspec: {{{spec}}}"
    )
}

fn given(manifest: &str) -> Given {
    Given::new().manifest(manifest)
}
