//! `vmo-ra render`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use vmo_ra::diagnostic::{Diagnostic, gathered};
use vmo_ra::load;
use vmo_ra::output::{self, Tree};
use vmo_ra::pack::Library;
use vmo_ra::profile::to_palette_json;
use vmo_ra::render::{Rendered, Renderer, terraform};
use vmo_ra::revision::{Revision, Role};

use super::fleet::Fleet;
use super::inputs::{self, Files, SiteOption};
use super::lines::Lines;
use super::{Failure, terminal};

/// Render the three profiles of a site as JSON that Palette imports, and as manifests
#[derive(Debug, Args)]
pub(super) struct Render {
    #[command(flatten)]
    site: SiteOption,
    /// A folder with one folder for each site, which holds its `site.yaml`; each is written to a folder of its name
    #[arg(long, value_name = "DIR", conflicts_with_all = ["site", "file"])]
    sites: Option<PathBuf>,
    /// The RA revision
    #[arg(long, value_name = "REVISION", default_value = Revision::newest())]
    revision: String,
    /// A profile to render: infra, core or templates; all three without it
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    profile: Vec<Role>,
    /// A folder with packs in Palette's own layout, searched before the built-in ones
    #[arg(long, value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// The form to write the profiles in
    #[arg(long, value_enum, default_value_t = Format::Palette)]
    format: Format,
    /// The folder to write, or `-` for the JSON of one profile on standard output
    #[arg(long, value_name = "DIR", default_value = "out")]
    out: PathBuf,
    /// Render what the RA prints, even if it cannot work (see `vmo-ra revisions REVISION`)
    #[arg(long)]
    as_published: bool,
    /// Replace a folder that an earlier run wrote
    #[arg(long)]
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// JSON that Palette imports, and manifests for kubectl.
    Palette,
    /// A Terraform module for the provider `spectrocloud/spectrocloud`.
    Terraform,
}

impl Format {
    fn tree(self, rendered: &Rendered, revision: &Revision) -> Result<Tree, Diagnostic> {
        match self {
            Format::Palette => Tree::of_render(rendered),
            Format::Terraform => Tree::of_module(rendered, terraform(rendered, revision)?),
        }
    }
}

impl Render {
    pub(super) fn run(mut self) -> Result<(), Failure> {
        self.profile.sort();
        self.profile.dedup();
        let to_stdout = self.out == Path::new("-");
        if to_stdout && self.profile.len() != 1 {
            return Err(Diagnostic::error("standard output takes only one profile")
                .help("name it, such as `--profile infra --out -`")
                .into());
        }
        if to_stdout && self.format == Format::Terraform {
            return Err(Diagnostic::error("a Terraform module is a folder")
                .help("name it with `--out DIR`")
                .into());
        }
        if to_stdout && self.sites.is_some() {
            return Err(Diagnostic::error("standard output takes only one site")
                .help("name a folder with `--out DIR`, or the site with `--site FILE`")
                .into());
        }
        let revision = Revision::load(&self.revision)?;
        inputs::with_packs(&self.packs, |library| {
            self.render(&revision, library, to_stdout)
        })
    }

    fn render(
        &self,
        revision: &Revision,
        library: &Library,
        to_stdout: bool,
    ) -> Result<(), Failure> {
        let renderer = Renderer::new(revision, library)?.as_published(self.as_published);
        let profiles = if self.profile.is_empty() {
            &Role::ALL[..]
        } else {
            &self.profile
        };
        if let Some(sites) = &self.sites {
            let format = self.format;
            return Fleet::of(sites)?.render(&self.out, self.force, move |path| {
                let site = load::site_below(&Files, sites, path)?;
                let rendered = renderer.render(&site, profiles)?;
                Ok((format.tree(&rendered, revision)?, rendered.remarks))
            });
        }
        let site = self.site.load_with_secrets()?;
        let rendered = renderer.render(&site, profiles)?;
        if to_stdout {
            terminal::explain(&gathered(&rendered.remarks));
            for profile in &rendered.profiles {
                let json = to_palette_json(&profile.profile).map_err(|error| {
                    Diagnostic::error(format!("the profile has no JSON form: {error}"))
                })?;
                terminal::write(&json)?;
            }
            return Ok(());
        }
        let tree = self.format.tree(&rendered, revision)?;
        let kept = output::write(&tree, &self.out, self.force)?;
        terminal::mention_files(&self.out, &tree);
        let summary = self.summary(&rendered, &tree);
        terminal::explain(&gathered(&rendered.remarks));
        terminal::explain(kept.map(|copy| copy.warning()).as_slice());
        // They are freed before waiting for a slow reader of standard output.
        drop((site, rendered, tree, renderer));
        terminal::done(&summary)
    }

    fn summary(&self, rendered: &Rendered, tree: &Tree) -> Lines {
        let mut lines = Lines::default();
        for (profile, index) in rendered.profiles.iter().zip(0..) {
            if index > 0 {
                lines.add("");
            }
            let spec = &profile.profile.spec;
            lines.add(&format!(
                "{} {}",
                profile.profile.metadata.name, spec.version
            ));
            let rows: Vec<Vec<String>> = spec
                .template
                .packs
                .iter()
                .zip(&profile.made_from)
                .map(|(layer, from)| {
                    vec![layer.name.clone(), layer.version.clone(), from.to_string()]
                })
                .collect();
            lines.add_table(&rows, 2);
            if !spec.variables.is_empty() {
                lines.add("  variables at deployment:");
                let rows: Vec<Vec<String>> = spec
                    .variables
                    .iter()
                    .map(|variable| {
                        let default = match &variable.default_value {
                            Some(default) => default.clone(),
                            None => "to be filled in".to_owned(),
                        };
                        vec![
                            variable.name.clone(),
                            default,
                            variable.display_name.clone(),
                        ]
                    })
                    .collect();
                lines.add_table(&rows, 4);
            }
        }
        if !tree.left_out().is_empty() {
            lines.add("");
            lines
                .add("not for kubectl, since they hold Palette macros (they are in the profiles):");
            for path in tree.left_out() {
                lines.add(&format!("  {path}"));
            }
        }
        let private = if tree.is_private() {
            ", readable only by you since they hold secrets"
        } else {
            ""
        };
        lines.add("");
        lines.add(&format!(
            "wrote {} files to {}{private}",
            tree.len(),
            self.out.display()
        ));
        lines
    }
}
