//! Rules over profiles and manifests: each on both sides, and none against what we render.

mod matrix;
mod monitoring;
mod nads;
mod networks;
mod portworx;
mod sizing;
mod speed;
mod storage;
mod vm_clones;
mod vm_devices;
mod vms;

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::common::built_in;
use serde_json::{Value, json};
use vmo_ra::diagnostic::Source;
use vmo_ra::rules::{Finding, Inspected, check_cluster};

use crate::rules::add_profile;

thread_local! {
    /// The rules that were looked for on this thread, and whether they found nothing.
    static SHOWN: RefCell<BTreeSet<(String, bool)>> = const { RefCell::new(BTreeSet::new()) };
}

fn note(id: &str, is_fine: bool) {
    SHOWN.with_borrow_mut(|shown| shown.insert((id.to_owned(), is_fine)));
}

/// The rules that one test both finds and misses.
pub(super) fn shown_on_both_sides() -> BTreeSet<String> {
    let mut both = BTreeSet::new();
    for test in [
        monitoring::TESTS,
        nads::TESTS,
        networks::TESTS,
        portworx::TESTS,
        sizing::TESTS,
        storage::TESTS,
        vm_clones::TESTS,
        vm_devices::TESTS,
        vms::TESTS,
    ]
    .concat()
    {
        test();
        let shown = SHOWN.take();
        let found = shown.iter().filter(|(_, is_fine)| !is_fine);
        both.extend(
            found
                .filter(|(id, _)| shown.contains(&(id.clone(), true)))
                .map(|(id, _)| id.clone()),
        );
    }
    both
}

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
        let packs = self.layers.iter().map(|(name, version, values)| {
            let is_storage = ["portworx", "csi", "longhorn"]
                .iter()
                .any(|word| name.contains(word));
            let layer = if is_storage { "csi" } else { "addon" };
            json!({"name": name, "layer": layer, "version": version, "values": values})
        });
        let packs: Vec<Value> = packs.collect();
        let variables = self.variables.iter().map(
            |(name, default)| json!({"name": name, "format": "string", "defaultValue": default}),
        );
        let variables: Vec<Value> = variables.collect();
        let mut cluster = Inspected::default();
        if !packs.is_empty() {
            add_profile(
                &mut cluster,
                "x.json",
                json!({"packs": packs, "variables": variables}),
            );
        }
        cluster.add_manifests(&Source::new("manifests.yaml", self.manifests.as_str()));
        cluster
    }

    fn findings(&self) -> Vec<Finding> {
        check_cluster(&self.cluster(), built_in::library())
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
        note(id, expected.is_empty());
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
