//! The site: the typed input that describes one cluster. Every field has a default, the reference architecture's value.
//!
//! ```
//! use vmo_ra::diagnostic::Source;
//! use vmo_ra::site::{NoInputs, Site};
//!
//! let source = Source::new("site.yaml", "cluster: {name: berlin}\nnads: [{vlan: 100}, {vlan: 101}]\n");
//! let site = Site::parse(&source, &NoInputs)?;
//! assert_eq!(site.cluster.name.as_str(), "berlin");
//! # Ok::<(), Vec<vmo_ra::diagnostic::Diagnostic>>(())
//! ```

mod array;
mod bonding;
mod cidr;
mod cluster;
mod cpus;
mod format;
mod kinds;
mod machines;
mod mend;
mod metallb;
mod nads;
mod names;
mod network;
mod node_network;
mod nodes;
mod profiles;
mod provider;
mod quantity;
mod reader;
mod setting;
mod shown;
mod storage;
mod vlan;
mod vmo;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use serde::Serialize;

pub use array::{FlashArray, SanType};
pub use bonding::{BondMode, Bonding, HashPolicy, LacpRate, Mtu, Mtus};
pub use cidr::{AddressRange, AddressRanges, Cidr};
pub use cluster::{Cluster, Ingress, IngressController, Monitoring};
pub use cpus::CpuSet;
pub(crate) use format::variable;
pub use format::{json_schema, starter};
pub use machines::{Addresses, MacAddress, Machine, NodeRole};
pub use metallb::{Bgp, MetalLb, MetalLbMode};
pub use nads::{Nad, Nads};
pub use names::{
    ImageReference, InterfaceName, Label, PackVersion, ProfileName, ProfileVersion, Subdomain,
};
pub use network::{Layout, Network};
pub use node_network::{Nics, NodeNetwork, StaticRoute, VlanTag};
pub use nodes::{CaCertificate, Containerd, Nodes, ReservedMemory, Ubuntu};
pub use profiles::{ProfileSettings, Profiles, Registries, Registry, RegistryKind};
pub use provider::{
    CloneStrategy, Initiator, PackHome, ProviderClass, ProviderFacts, ProviderNode, ProviderPack,
    ProviderSnapshots, StorageProvider, VolumeMode,
};
pub use quantity::Quantity;
pub use setting::{Form, Kind, Preset, Setting};
pub use storage::{Licence, LicenceType, NodeStorage, Storage, StorageClass};
pub use vlan::{VlanId, VlanSelection, VlanSet};
pub use vmo::{Access, GoldenImage, GuestOs, Preference, VmTemplate, Vmo, Windows};

use crate::diagnostic::{Diagnostic, Severity, Source, unless};
use crate::yaml::{self, Limits, Node};
use reader::Reader;
use setting::settings;

/// What a site may refer to outside its own text.
pub trait Inputs {
    /// The value of an environment variable, where it is set.
    fn env(&self, name: &str) -> Option<String>;

    /// The text of a file; a relative path is meant from the site file's directory.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or is not text.
    fn file(&self, path: &Path) -> std::io::Result<String>;
}

/// No environment and no files, for sites without secrets and certificates.
pub struct NoInputs;

impl Inputs for NoInputs {
    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no files can be read here",
        ))
    }
}

settings! {
    /// One cluster: its networks, nodes, storage and virtual machines.
    #[derive(Clone, Debug, Serialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Site with Registries {
        /// Name and size.
        pub cluster: Cluster,
        /// Host networks, VLANs and address ranges.
        pub network: Network,
        /// The networks that VMs attach to: one NetworkAttachmentDefinition for each VLAN.
        pub nads: Nads,
        /// Operating system and tuning of the nodes.
        pub nodes: Nodes,
        /// The storage of VM disks.
        pub storage: Storage,
        /// The ingress controller.
        pub ingress: Ingress,
        /// Prometheus and Grafana.
        pub monitoring: Monitoring,
        /// The Virtual Machine Orchestrator and what it offers to users.
        pub vmo: Vmo,
        /// Where packs come from.
        #[serde(skip)]
        pub registries: Registries,
        /// Names, versions and labels of the three profiles. The defaults are those of the revision.
        #[serde(skip)]
        pub profiles: Profiles,
        /// Where each value is in the site file.
        #[serde(skip)]
        pub places: Places,
        /// Whether secrets were read for it; what is rendered is for its owner only then.
        #[serde(skip)]
        pub holds_secrets: bool,
        /// Why some of its secrets could not be read. Placeholders replace them, which must not be deployed.
        #[serde(skip)]
        pub unread_secrets: Vec<Diagnostic>,
    }
}

impl Site {
    /// Reads a site.
    ///
    /// # Errors
    /// Every mistake that one pass finds, with its place, and every secret that cannot be read; the rules between fields
    /// are checked by [`crate::rules`].
    pub fn parse(source: &Source, inputs: &dyn Inputs) -> Result<Site, Vec<Diagnostic>> {
        let (site, mut problems) = Site::read(source, inputs)?;
        problems.extend(site.unread_secrets.iter().cloned());
        problems.sort_by_key(|one| one.offset().unwrap_or(usize::MAX));
        unless(problems, site)
    }

    /// Reads a site that may have mistakes, and returns them; such values are those of the example. Unreadable secrets are
    /// not mistakes here.
    ///
    /// # Errors
    /// The text is not YAML, so that nothing can be said about its settings.
    pub fn read(
        source: &Source,
        inputs: &dyn Inputs,
    ) -> Result<(Site, Vec<Diagnostic>), Vec<Diagnostic>> {
        let source = &Source::guarded(source.name(), source.text(), &shown::GUARD);
        let root = yaml::parse(source, Limits::INPUT)?;
        let mut reader = Reader::new(source, inputs);
        let mut site = Site::read_from(&mut reader, root.as_ref());
        site.holds_secrets = reader.holds_secrets();
        let (places, problems, unread) = reader.finish();
        site.places = places;
        site.unread_secrets = unread;
        Ok((site, problems))
    }

    fn read_from(reader: &mut Reader<'_>, root: Option<&Node>) -> Site {
        let mut fields = reader.root::<Site>(root);
        let cluster = reader.map(&mut fields, "cluster");
        let network = Network::read(reader, &mut fields);
        let nads = Nads::read(reader, &mut fields);
        let nodes = Nodes::read(reader, &mut fields, &network);
        let storage = Storage::read(reader, &mut fields, &cluster, &network);
        let site = Site {
            cluster,
            network,
            nads,
            nodes,
            storage,
            ingress: reader.map(&mut fields, "ingress"),
            monitoring: reader.map(&mut fields, "monitoring"),
            vmo: Vmo::read(reader, &mut fields),
            registries: Registries::read(reader, &mut fields),
            profiles: reader.map(&mut fields, "profiles"),
            places: Places::nowhere(),
            holds_secrets: false,
            unread_secrets: Vec::new(),
        };
        reader.close(fields);
        site
    }

    /// Every setting that a site may have, in the order they are read.
    pub fn settings() -> &'static [Setting] {
        static SETTINGS: LazyLock<Vec<Setting>> = LazyLock::new(|| {
            let nothing = Source::new("nothing", "");
            let mut reader = Reader::recording(&nothing, &NoInputs);
            Site::read_from(&mut reader, None);
            reader.into_settings()
        });
        &SETTINGS
    }

    /// The reference architecture's own example.
    pub fn example() -> Site {
        match Site::parse(&Source::new("the built-in example", ""), &NoInputs) {
            Ok(site) => site,
            Err(problems) => panic!("the defaults of a site are wrong: {problems:?}"),
        }
    }
}

/// Where the values of a site are in its text, by dotted path.
#[derive(Clone, Debug)]
pub struct Places {
    source: Source,
    spans: BTreeMap<String, Range<usize>>,
    /// Settings that an option of the command line takes the place of.
    options: Vec<(&'static str, &'static str)>,
}

impl Places {
    pub(crate) fn new(source: Source, spans: BTreeMap<String, Range<usize>>) -> Self {
        Places {
            source,
            spans,
            options: Vec::new(),
        }
    }

    /// Notes that a setting has the value of an option of the command line, so that no line of the site is to blame.
    pub fn set_by_option(&mut self, path: &'static str, option: &'static str) {
        self.options.push((path, option));
    }

    fn nowhere() -> Self {
        Places::new(Source::new("", ""), BTreeMap::new())
    }

    /// Points a diagnostic at a value, or at the item of a list that lacks it. Any other default is on no line of the
    /// file; the key that sets it is named.
    #[must_use]
    pub fn locate(&self, diagnostic: Diagnostic, path: &str) -> Diagnostic {
        let is_of = |(set, _): &&(&str, &str)| path.starts_with(*set);
        if let Some((_, option)) = self.options.iter().find(is_of) {
            return diagnostic.because(format!("it comes from `{option}`"));
        }
        if let Some(span) = self.spans.get(path) {
            return diagnostic.at(&self.source, span.clone());
        }
        let items = path.match_indices(']').rev();
        let mut items = items.filter_map(|(end, _)| self.spans.get(&path[..=end]));
        if let Some(span) = items.next() {
            return diagnostic.at(&self.source, span.clone());
        }
        let is_to_mend = diagnostic.severity() != Severity::Note && self.file().is_some();
        if !is_to_mend {
            return diagnostic;
        }
        // Of a list that is not there, the list is what can be set.
        let path = path.split('[').next().unwrap_or(path);
        let key = path.rsplit('.').next().unwrap_or(path);
        // Only what stands between backticks names a key.
        let names = |help: &str| {
            help.split('`')
                .skip(1)
                .step_by(2)
                .any(|name| name.contains(key))
        };
        let is_told = diagnostic.ways_out().iter().any(|help| names(help));
        if is_told || mend::setting(path).is_none() {
            return diagnostic;
        }
        diagnostic.because(format!(
            "the site does not set `{path}`, so its default applies"
        ))
    }

    /// The file of the site; none for the example.
    pub fn file(&self) -> Option<&str> {
        Some(self.source.name()).filter(|name| !name.is_empty())
    }

    /// The places of values that hold no others, in the order of the text.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&Source, Range<usize>)> {
        let mut spans: Vec<&Range<usize>> = self.spans.values().collect();
        spans.sort_unstable_by_key(|span| (span.start, Reverse(span.end)));
        let is_leaf = |at: usize| {
            let next = spans.get(at + 1);
            next.is_none_or(|next| next.start >= spans[at].end)
        };
        let leaves: Vec<Range<usize>> = (0..spans.len())
            .filter(|at| is_leaf(*at))
            .map(|at| spans[at].clone())
            .collect();
        leaves.into_iter().map(|span| (&self.source, span))
    }

    /// Whether the file gives this value itself.
    pub fn given(&self, path: &str) -> bool {
        self.spans.contains_key(path)
    }
}
