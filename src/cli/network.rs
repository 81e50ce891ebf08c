//! `vmo-ra network`

use clap::{Args, ValueEnum};
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::network::{self, Nodes};
use vmo_ra::revision::Revision;
use vmo_ra::site::{NodeRole, Site};
use vmo_ra::template::Engine;

use super::inputs::{self, SiteOption};
use super::out_file::OutFile;
use super::{Failure, terminal};

/// Write the host network of nodes for netplan, MAAS or Terraform
#[derive(Debug, Args)]
pub(super) struct Network {
    #[command(flatten)]
    site: SiteOption,
    /// The program to write it for
    #[arg(long, value_enum)]
    format: Format,
    /// One machine of the site's `nodes.machines`; without it, all of the role
    #[arg(long, value_name = "NAME")]
    node: Option<String>,
    /// Which nodes
    #[arg(long, value_enum, default_value_t = Role::Worker, conflicts_with = "node")]
    role: Role,
    #[command(flatten)]
    out: OutFile,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// The netplan file of one node; an example without --node
    Netplan,
    /// A shell script of maas commands
    MaasCli,
    /// A Terraform module for the provider canonical/maas
    Terraform,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// Nodes that run VMs
    Worker,
    /// Nodes of the control plane
    ControlPlane,
}

impl Network {
    pub(super) fn run(self) -> Result<(), Failure> {
        let site = self.site.load()?;
        let remarks = inputs::checked(&site, &["network", "nodes.machines"])?;
        let nodes = match &self.node {
            Some(name) => Nodes::Machine(machine(&site, name)?),
            None => Nodes::Role(match self.role {
                Role::Worker => NodeRole::Worker,
                Role::ControlPlane => NodeRole::ControlPlane,
            }),
        };
        let format = match self.format {
            Format::Netplan => network::Format::Netplan,
            Format::MaasCli => network::Format::MaasCli,
            Format::Terraform => network::Format::Terraform,
        };
        let revision = Revision::load(Revision::newest())?;
        let text = network::write(&Engine::new(&revision), &site, nodes, format)?;
        terminal::explain(&remarks);
        if self.out.is_printed() {
            return terminal::write(text.as_bytes());
        }
        self.out.write(text.as_bytes(), false, "")
    }
}

fn machine<'s>(site: &'s Site, name: &str) -> Result<&'s vmo_ra::site::Machine, Failure> {
    let machines = &site.nodes.machines;
    if let Some(machine) = machines
        .iter()
        .find(|machine| machine.name.as_str() == name)
    {
        return Ok(machine);
    }
    let names = machines.iter().map(|machine| machine.name.as_str());
    Err(
        Diagnostic::error(format!("the site has no machine `{name}`"))
            .did_you_mean(name, names)
            .help("name it in `nodes.machines`, with its addresses")
            .into(),
    )
}
