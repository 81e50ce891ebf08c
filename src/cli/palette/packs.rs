//! `vmo-ra palette packs`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::disk::{Disk, Local};
use vmo_ra::palette::{Catalog, Client, Missing, Preferred, TenantPack, fetch};
use vmo_ra::render::{Choice, choices};
use vmo_ra::revision::Revision;

use super::super::lines::Lines;
use super::super::pack_folders::PackFolders;
use super::super::{Failure, inputs, terminal};

/// The largest file that says where a pack is from, in bytes.
const LARGEST_SOURCE: u64 = 1 << 20;

/// Take the pack of each layer out of the tenant, into folders that `--packs` reads
#[derive(Debug, Args)]
pub(super) struct Packs {
    /// The RA revision whose layers are looked at
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// The site file, or `-` for standard input, whose choices and registries count; the RA's example without it
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// The folder to write; a pack that is there from the same source stays
    #[arg(long, value_name = "DIR", default_value = "packs")]
    out: PathBuf,
}

impl Packs {
    pub(super) fn run(self, client: &Client<'_>) -> Result<ExitCode, Failure> {
        let site = inputs::site(self.site.as_deref())?;
        let revision = Revision::load(&self.revision)?;
        let catalog = Catalog::of(client).map_err(Diagnostic::from)?;
        let mut rows = Vec::new();
        let mut folders = PackFolders::default();
        let mut missing = Vec::new();
        let mut remarks = Vec::new();
        for choice in choices(&site, &revision) {
            let registry = choice.registry(&site);
            let prefer = Preferred {
                uid: &registry.uid,
                name: &registry.name,
                only: false,
            };
            let found = catalog.find(choice.pack, &choice.wanted, prefer);
            let pack = match found.map_err(Diagnostic::from)? {
                Ok(pack) => pack,
                Err(why) => {
                    missing.push(is_missing(&choice, &why));
                    continue;
                }
            };
            if pack.registry_uid != registry.uid && pack.registry != registry.name {
                remarks.push(in_another(&pack, &registry.name));
            }
            if pack.deprecated {
                remarks.push(
                    Diagnostic::warning(format!(
                        "`{}` {} is deprecated in `{}`",
                        pack.name, pack.version, pack.registry
                    ))
                    .help("plan the move to a newer version"),
                );
            }
            let state = if is_there(&self.out, &pack) {
                "is there"
            } else {
                if let Some(problem) = folders.add(fetch(&catalog, &pack)?, false) {
                    return Err(problem.into());
                }
                "taken"
            };
            let layer = format!("RA {} {}", revision.name, choice.role);
            rows.push(vec![
                layer,
                pack.name,
                pack.version,
                pack.registry,
                state.to_owned(),
            ]);
        }
        let written = folders.write(&self.out, true)?;
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        terminal::tell(&lines)?;
        terminal::tell(&written)?;
        terminal::explain(&remarks);
        terminal::explain(&missing);
        Ok(if missing.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}

/// Whether the folder of a pack says that it was taken from there already.
fn is_there(out: &Path, pack: &TenantPack) -> bool {
    let file = out.join(pack.folder()).join(TenantPack::SOURCE);
    let read = Local.read(&file, LARGEST_SOURCE);
    read.is_ok_and(|read| pack.is_source_of(&read.text))
}

fn in_another(pack: &TenantPack, wanted: &str) -> Diagnostic {
    Diagnostic::warning(format!(
        "`{}` {} is in `{}`, and the site names `{wanted}`",
        pack.name, pack.version, pack.registry
    ))
    .help(format!(
        "name that registry in the site, under `registries.packs.{}`, or the import is refused",
        pack.name
    ))
}

fn is_missing(choice: &Choice<'_>, why: &Missing) -> Diagnostic {
    let (name, wanted) = (choice.pack, &choice.wanted);
    match why {
        Missing::Pack(near) => {
            let problem = Diagnostic::error(format!("the tenant has no pack `{name}`"));
            match near {
                Some(near) => problem.help(format!("did you mean `{near}`?")),
                None => {
                    problem.help("add a registry that has it, under Tenant Settings in Palette")
                }
            }
        }
        Missing::Disabled(registry) => {
            Diagnostic::error(format!("`{name}` {wanted} is disabled in `{registry}`"))
                .help("choose another version, with `registries.packVersions` in the site")
        }
        Missing::Version(others) => {
            let shown = others
                .iter()
                .take(5)
                .map(|(version, registry)| format!("{version} in `{registry}`"));
            let shown: Vec<String> = shown.collect();
            Diagnostic::error(format!("the tenant has no version {wanted} of `{name}`")).help(
                match shown.as_slice() {
                    [] => "it has none at all".to_owned(),
                    shown => format!(
                        "it has {}; name one with `registries.packVersions` in the site",
                        shown.join(", ")
                    ),
                },
            )
        }
    }
}
