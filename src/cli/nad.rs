//! `vmo-ra nad`

use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::nad::manifest;
use vmo_ra::output::{self, Tree};
use vmo_ra::revision::Revision;
use vmo_ra::site::{self, InterfaceName, Label, Site, VlanSelection};
use vmo_ra::template::Engine;

use super::inputs::{self, SiteOption};
use super::lines::Lines;
use super::{Failure, terminal};

/// Write one NetworkAttachmentDefinition for each VLAN
#[derive(Debug, Args)]
pub(super) struct Nad {
    #[command(flatten)]
    site: SiteOption,
    /// The VLANs, such as `21-100,untagged`; those of the site without it
    #[arg(long, value_name = "VLANS")]
    vlans: Option<VlanSelection>,
    /// The bridge [default: br0, or the site's]
    #[arg(long, value_name = "NAME")]
    bridge: Option<InterfaceName>,
    /// The namespace of the networks of `--vlans` [default: default]
    #[arg(long, value_name = "NAMESPACE", requires = "vlans")]
    namespace: Option<Label>,
    /// What the names of the networks of `--vlans` begin with, before the VLAN id [default: vlan-]
    #[arg(long, value_name = "TEXT", requires = "vlans")]
    prefix: Option<String>,
    /// The folder to write, or `-` for one stream on standard output
    #[arg(long, value_name = "DIR", default_value = "-")]
    out: PathBuf,
    /// Replace a folder that an earlier run wrote
    #[arg(long)]
    force: bool,
}

impl Nad {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut site = self.site.load()?;
        site.nads.list = self.nads(&site)?;
        if self.vlans.is_some() {
            site.places.set_by_option("nads", "--vlans");
        }
        if let Some(bridge) = &self.bridge {
            site.network.bridge = bridge.clone();
            site.places.set_by_option("network.bridge", "--bridge");
        }
        // Without a site, the networks and VLANs around are not known.
        if self.site.path().is_some() || self.vlans.is_none() {
            terminal::explain(&inputs::checked(&site, &["nads", "network.vmVlans"])?);
        }
        let (bridge, nads) = (&site.network.bridge, &site.nads.list);
        let engine = Engine::new(&Revision::load(Revision::newest())?);
        let mut manifests = Vec::with_capacity(nads.len());
        for nad in nads {
            manifests.push((nad, manifest(&engine, bridge, nad)?));
        }
        if self.out == Path::new("-") {
            let texts: Vec<&str> = manifests.iter().map(|(_, text)| text.as_str()).collect();
            return terminal::write(texts.join("---\n").as_bytes());
        }
        let files = manifests
            .into_iter()
            .map(|(nad, text)| (format!("{}.yaml", nad.manifest), text.into_bytes()));
        let tree = Tree::of_files(files)?;
        let kept = output::write(&tree, &self.out, self.force)?;
        terminal::explain(kept.map(|copy| copy.warning()).as_slice());
        terminal::mention_files(&self.out, &tree);
        terminal::done(&Lines::one(&format!(
            "wrote {} networks to {}",
            nads.len(),
            self.out.display()
        )))
    }

    fn nads(&self, site: &Site) -> Result<Vec<site::Nad>, Failure> {
        let Some(vlans) = &self.vlans else {
            return Ok(site.nads.list.clone());
        };
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => "default"
                .parse()
                .map_err(|error: String| Diagnostic::error(error))?,
        };
        let prefix = self.prefix.as_deref().unwrap_or("vlan-");
        let ids = vlans
            .tagged
            .iter()
            .map(Some)
            .chain(vlans.untagged.then_some(None));
        ids.map(|id| site::Nad::with_prefix(prefix, &namespace, id, Some(false)))
            .collect::<Result<Vec<_>, String>>()
            .map_err(|error| Diagnostic::error(error).into())
    }
}
