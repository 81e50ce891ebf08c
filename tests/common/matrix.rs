//! Sites of many kinds, rendered once for each revision, as the default and as published.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::Value;
use vmo_ra::diagnostic::Source;
use vmo_ra::pack::Library;
use vmo_ra::profile::Layer;
use vmo_ra::render::{Rendered, Request, render};
use vmo_ra::revision::Role;
use vmo_ra::rules::Inspected;
use vmo_ra::site::{Inputs, Site};
use vmo_ra::version::Wanted;

const REVISIONS: [&str; 2] = ["1.7.0", "1.9.0"];

/// Name, the one revision it is for, text.
pub type SiteText = (&'static str, Option<&'static str>, &'static str);

pub const SITES: [SiteText; 21] = [
    ("example", None, ""),
    (
        "one-bond",
        None,
        "
network:
  layout: one-bond
  bridge: _br-vm
  clusterOnBridge: true
ingress: {vclusterPassthrough: false}
storage:
  storageClass: {default: false, defaultForVms: false, nodiscard: false, reclaimPolicy: Retain}
  vmStateStorageClass: spectro-storage-class
",
    ),
    (
        "one-bond-br0-vlan",
        None,
        "
network:
  layout: one-bond-br0-vlan
  clusterOnBridge: true
  vmVlans: 20-30,4094
  management: {vlan: 11}
",
    ),
    ("traefik", Some("1.9.0"), "ingress: {controller: traefik}"),
    (
        "traefik-plain",
        Some("1.9.0"),
        "ingress: {controller: traefik, vclusterPassthrough: false}",
    ),
    (
        "bgp",
        None,
        "
network:
  metallb:
    mode: bgp
    addresses: [10.99.0.0/25, 10.99.0.200-10.99.0.210]
    bgp: {localAsn: 4200000000, peerAsn: 64513, peerAddress: 10.20.30.1}
",
    ),
    ("saas", None, "storage: {licence: {type: saas}}"),
    (
        "two-arrays",
        None,
        "
storage:
  namespace: kube-system
  sanType: NVMEOF-TCP
  deviceSizes: [1024, 2048]
  flashArrays:
  - {endpoint: 172.16.200.50, apiToken: {env: TOKEN}}
  - {endpoint: '[fd00::1]'}
",
    ),
    ("storage-nodes-open", None, "storage: {maxStorageNodes: variable}"),
    (
        "secrets",
        None,
        "
storage:
  licence: {activationId: {env: AWKWARD}}
  flashArrays:
  - {endpoint: array.example.com, apiToken: {env: TOKEN}}
  - {endpoint: array2.example.com, apiToken: {file: token}}
monitoring: {grafanaAdminPassword: {env: AWKWARD}}
vmo:
  linux: {password: {env: AWKWARD}}
  windows: {adminPassword: {env: AWKWARD}}
nodes: {caCertificates: [{name: company, file: company.pem}]}
",
    ),
    (
        "portworx-csi",
        None,
        "storage: {provider: portworx-csi, flashArrays: [{endpoint: 172.16.200.50, apiToken: {env: TOKEN}}]}",
    ),
    ("piraeus", None, "storage: {provider: piraeus}"),
    ("rook-ceph", None, "storage: {provider: rook-ceph}"),
    ("longhorn", None, "storage: {provider: longhorn}"),
    (
        "longhorn-files",
        None,
        "storage: {provider: longhorn, volumeMode: Filesystem, vmStateStorageClass: longhorn}",
    ),
    (
        "trident",
        None,
        "storage: {provider: trident, storageClass: {name: ontap-iscsi}, vmStateStorageClass: ontap-nas}",
    ),
    ("powerflex", None, "storage: {provider: powerflex}"),
    (
        "powermax",
        None,
        "storage: {provider: powermax, sanType: NVMEOF-TCP, storageClass: {parameters: {SRP: SRP_1}}}",
    ),
    ("powerstore", None, "storage: {provider: powerstore, sanType: ISCSI}"),
    (
        "hitachi-hspc",
        None,
        "storage: {provider: hitachi-hspc, snapshotParameters: {poolID: '1'}, storageClass: {default: false}}",
    ),
    (
        "everything-else",
        None,
        "
cluster: {workers: 40, controlPlanes: 5, controlPlaneRunsVms: true}
network: {podCidr: 100.64.0.0/17, serviceCidr: 100.65.0.0/18}
nads:
- {vlan: '21-23,untagged', prefix: net-, namespace: virtual-machines, preserveDefaultVlan: true}
- {vlan: 24, name: dmz}
nodes: {ubuntu: '24.04', containerd: 2, reservedCpus: '0-3,32-35', sanBoot: false}
monitoring: {grafanaHost: grafana.example.com}
vmo:
  access: Direct
  namespaces: [team-a]
  featureGates: [NUMA]
  goldenImages:
  - {name: 'debian.12', source: 'https://images.example.com/debian-12.qcow2', size: 20Gi}
  - {name: windows, source: 'docker://registry.example.com/windows@sha256:0000', size: 64Gi}
  preferences:
  - {name: quick, os: linux}
  templates:
  - {name: web, os: linux, goldenImage: 'debian.12', diskSize: 40Gi, preference: quick, network: default/dmz,
     displayName: 'yes: \"no\" # on', description: '<b>& ''1e3''', cpuCores: 512, memory: 1536Mi}
  - {name: desk, os: windows, goldenImage: windows, diskSize: 64Gi, network: virtual-machines/net-21}
registries:
  default: {name: Palette Registry, kind: oci, uid: 64eaff453040297344bcad5d}
  packs:
    nginx: {name: Public Repo}
    prometheus-operator: {name: Charts, kind: helm, private: true}
packVersions: {virtual-machine-orchestrator: 4.9.46}
profiles:
  infra: {name: Infra 2, version: 2.0.0-rc.1, description: \"two\\nlines\", labels: {AI: spectro__tag}}
  core: {version: 10.20.30}
",
    ),
];

/// A secret that every kind of text has to quote in its own way.
pub const AWKWARD: &str = r#"a: "b" 'c' #d & <e> \f %g"#;

/// Secrets and files that the sites name.
pub struct Known;

impl Inputs for Known {
    fn env(&self, name: &str) -> Option<String> {
        match name {
            "TOKEN" => Some("12345678-90ab-cdef-1234-567890abcdef".to_owned()),
            "AWKWARD" => Some(AWKWARD.to_owned()),
            _ => None,
        }
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("token") => Ok("0a0a0a0a-0b0b-0c0c-0d0d-0e0e0e0e0e0e\n".to_owned()),
            Some("company.pem") => Ok(include_str!("../data/corporate-root.pem").to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// One rendering.
pub struct Case {
    pub revision: &'static str,
    pub site: &'static str,
    pub published: bool,
    /// What was read from the site.
    pub input: Site,
    pub rendered: Rendered,
}

impl Case {
    /// Every layer with its place, for messages.
    pub fn layers(&self) -> impl Iterator<Item = (String, Role, &Layer)> {
        self.rendered.profiles.iter().flat_map(move |profile| {
            profile
                .profile
                .spec
                .template
                .packs
                .iter()
                .map(move |layer| {
                    (
                        format!("{self}: {} / {}", profile.role, layer.name),
                        profile.role,
                        layer,
                    )
                })
        })
    }

    /// Its profiles, as rules see them.
    pub fn inspected(&self) -> Inspected {
        let mut cluster = Inspected::default();
        for each in &self.rendered.profiles {
            super::add_profile(&mut cluster, each.role.as_str(), each.profile.clone());
        }
        cluster
    }

    /// The values of a layer and its place; none where the profile has another layer instead. Many cases have the same text,
    /// which is parsed once.
    pub fn values(&self, pack: &str) -> Option<(String, Value)> {
        static PARSED: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
        let (place, _, layer) = self.layers().find(|(_, _, layer)| layer.name == pack)?;
        let parsed = || PARSED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(values) = parsed().get(&layer.values) {
            return Some((place, values.clone()));
        }
        let values = super::yaml(&place, &layer.values);
        parsed().insert(layer.values.clone(), values.clone());
        Some((place, values))
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let form = if self.published { ", published" } else { "" };
        write!(f, "RA {}, site {}{form}", self.revision, self.site)
    }
}

/// The packs of storage providers that tests know: the vendors' shapes in our words.
pub fn storage_packs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/storage_packs")
}

/// All renderings with the built-in packs, and those of storage providers.
pub fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let library = Library::with_folders(&vmo_ra::disk::local(), &[storage_packs()])
            .unwrap_or_else(|problems| panic!("{}", shown(&problems)));
        all(&library, &REVISIONS)
    })
}

/// All renderings of some revisions with the packs of a library; sites whose storage has no pack there are left out.
pub fn all(library: &Library, revisions: &[&'static str]) -> Vec<Case> {
    let mut cases = Vec::new();
    for name in revisions {
        let revision = super::built_in::revision(name);
        for (site, only, text) in SITES {
            if only.is_some_and(|only| only != *name) {
                continue;
            }
            let input = Site::parse(&Source::new(site, text), &Known)
                .unwrap_or_else(|problems| panic!("site {site}: {}", shown(&problems)));
            let pack = &input.storage.provider.facts().pack.name;
            if !library.has(pack, &Wanted::Newest) {
                continue;
            }
            for published in [false, true] {
                let request = Request {
                    site: &input,
                    revision,
                    library,
                    profiles: &Role::ALL,
                    published,
                };
                let rendered = render(&request).unwrap_or_else(|problems| {
                    panic!("RA {name}, site {site}: {}", shown(&problems))
                });
                cases.push(Case {
                    revision: name,
                    site,
                    published,
                    input: input.clone(),
                    rendered,
                });
            }
        }
    }
    cases
}

fn shown(problems: &[vmo_ra::diagnostic::Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect()
}
