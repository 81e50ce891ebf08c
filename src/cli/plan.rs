//! `vmo-ra plan`

use clap::{Args, ValueEnum};
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::plan::{format, host_network, plan};
use vmo_ra::revision::Revision;

use super::inputs::SiteOption;
use super::out_file::OutFile;
use super::{Failure, terminal};

/// Write a plan to hand over: sizes, networks, ports, MAAS, storage, versions, the order of work
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    site: SiteOption,
    /// The RA revision
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// Show pod and service networks for a cluster of this many nodes, including the spare one
    #[arg(long, value_name = "NODES", value_parser = number)]
    nodes: Option<u32>,
    /// The form of the plan
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    out: OutFile,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// For programs
    Json,
    /// For a repository or a ticket
    Markdown,
    /// One page with drawings, for a browser or a printer
    Html,
}

fn number(text: &str) -> Result<u32, String> {
    let number = text.parse();
    number.map_err(|_| format!("`{text}` is not a whole number"))
}

impl Plan {
    pub(super) fn run(self) -> Result<(), Failure> {
        let revision = Revision::load(&self.revision)?;
        let site = self.site.load()?;
        let plan = plan(&site, &revision, self.nodes)?;
        let text = match self.format {
            Format::Text => format::text(&plan, terminal::width()),
            Format::Json => format::json(&plan),
            Format::Markdown => format::markdown(&plan),
            Format::Html => {
                let worker = plan
                    .hosts
                    .first()
                    .ok_or_else(|| Diagnostic::error("a plan has a worker"))?;
                format::html(&plan, &host_network(worker, &site))
            }
        };
        if self.out.is_printed() {
            return terminal::print(&text);
        }
        self.out.write(text.as_bytes(), false, "")
    }
}
