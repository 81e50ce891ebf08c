//! `vmo-ra palette packs`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::disk::{Disk, Local};
use vmo_ra::palette::{Catalog, Client, Missing, Preferred, TenantPack, fetch};
use vmo_ra::render::choices;
use vmo_ra::revision::Revision;

use super::super::format::FormatOption;
use super::super::lines::Lines;
use super::super::pack_folders::PackFolders;
use super::super::{Failure, folders, inputs, terminal};
use super::progress::Progress;

/// The largest file that says where a pack is from, in bytes.
const LARGEST_SOURCE: u64 = 1 << 20;

/// Download the pack of each layer from the tenant, into folders for `--packs`
#[derive(Debug, Args)]
pub(super) struct Packs {
    /// The RA revision whose layers are used
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// The site file, or `-` for standard input, whose choices and registries count; the RA's example without it
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,
    /// The folder to write; an existing pack from the same source stays
    #[arg(long, value_name = "DIR", default_value = "packs")]
    out: PathBuf,
    #[command(flatten)]
    format: FormatOption,
}

/// What was found in the tenant.
#[derive(Serialize)]
struct Found {
    revision: String,
    packs: Vec<Pack>,
    missing: Vec<Missing>,
}

#[derive(Serialize)]
struct Pack {
    /// The profile that has it in a layer.
    profile: &'static str,
    #[serde(flatten)]
    pack: TenantPack,
    folder: String,
    /// Whether it was taken now, and was not there already.
    taken: bool,
}

impl Packs {
    pub(super) fn run(self, client: &Client<'_>, progress: &Progress) -> Result<ExitCode, Failure> {
        folders::named(&self.out, "--out")?;
        let site = inputs::site(self.site.as_deref())?;
        let revision = Revision::load(&self.revision)?;
        let catalog = Catalog::of(client).map_err(Diagnostic::from)?;
        let mut ready = PackFolders::default();
        let mut found = Found {
            revision: revision.name.clone(),
            packs: Vec::new(),
            missing: Vec::new(),
        };
        let mut remarks = Vec::new();
        for choice in progress.over(&choices(&site, &revision)) {
            let registry = choice.registry(&site);
            let prefer = Preferred {
                uid: &registry.uid,
                name: &registry.name,
                only: false,
            };
            let looked = catalog.find(choice.pack, &choice.wanted, prefer);
            let pack = match looked.map_err(Diagnostic::from)? {
                Ok(pack) => pack,
                Err(missing) => {
                    found.missing.push(missing);
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
            let folder = self.out.join(pack.folder());
            let taken = !is_there(&folder, &pack);
            if taken && let Some(problem) = ready.add(fetch(&catalog, &pack)?, false) {
                return Err(problem.into());
            }
            found.packs.push(Pack {
                profile: choice.role.as_str(),
                pack,
                folder: folder.display().to_string(),
                taken,
            });
        }
        let written = ready.write(&self.out, true)?;
        self.format.done(&found, || {
            let mut lines = found.table();
            lines.append(written);
            lines
        })?;
        terminal::explain(&remarks);
        let is_whole = found.missing.is_empty();
        let missing = found.missing.into_iter().map(Diagnostic::from);
        terminal::explain(&missing.collect::<Vec<_>>());
        Ok(ExitCode::from(u8::from(!is_whole)))
    }
}

impl Found {
    fn table(&self) -> Lines {
        let row = |one: &Pack| {
            let pack = &one.pack;
            let state = if one.taken { "taken" } else { "is there" };
            vec![
                format!("RA {} {}", self.revision, one.profile),
                pack.name.clone(),
                pack.version.clone(),
                pack.registry.clone(),
                state.to_owned(),
            ]
        };
        let rows: Vec<Vec<String>> = self.packs.iter().map(row).collect();
        let mut lines = Lines::default();
        lines.add_table(&rows, 0);
        lines
    }
}

/// Whether the folder of a pack says that it was taken from there already.
fn is_there(folder: &Path, pack: &TenantPack) -> bool {
    let read = Local.read(&folder.join(TenantPack::SOURCE), LARGEST_SOURCE);
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
