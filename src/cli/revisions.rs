//! `vmo-ra revisions`

use clap::{Args, ValueEnum};
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::revision::{Origin, Revision, Software};
use vmo_ra::yaml;

use super::lines::Lines;
use super::{Failure, terminal};

/// List the RA revisions, show one, or set what two say side by side
#[derive(Debug, Args)]
pub(super) struct Revisions {
    /// The revision to show
    #[arg(conflicts_with = "compare")]
    revision: Option<String>,
    /// Two revisions whose tables and notices are set side by side
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"])]
    compare: Option<Vec<String>>,
    /// How it is shown
    #[arg(long, value_enum, requires = "revision", default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For the terminal
    Text,
    /// All of its data, with what it inherits and with its claims
    Yaml,
}

impl Revisions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let lines = match (&self.revision, self.compare.as_deref()) {
            (_, Some([old, new])) => {
                let (old, new) = (Revision::load(old)?, Revision::load(new)?);
                let mut lines = compare(&old, &new);
                announced(&mut lines, &old, &new);
                lines
            }
            (Some(name), _) => {
                let revision = Revision::load(name)?;
                match self.format {
                    Format::Text => show(&revision)?,
                    Format::Yaml => {
                        let text = yaml::from_json(&revision.tree()?);
                        return terminal::write(text.as_bytes());
                    }
                }
            }
            _ => list()?,
        };
        terminal::tell(&lines)
    }
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn add_table(lines: &mut Lines, title: &str, rows: impl Iterator<Item = Vec<String>>) {
    lines.add("");
    lines.add(title);
    lines.add_table(&rows.collect::<Vec<_>>(), 2);
}

fn table(rows: &[Vec<String>]) -> Lines {
    let mut lines = Lines::default();
    lines.add_table(rows, 0);
    lines
}

fn list() -> Result<Lines, Failure> {
    let mut rows = Vec::new();
    for name in Revision::names() {
        let revision = Revision::load(name)?;
        let contents = if revision.is_rendered() {
            let layers: usize = revision
                .profiles
                .iter()
                .map(|profile| profile.layers.len())
                .sum();
            let errata = revision.errata()?;
            let of = |kind: &str| {
                let kinds = errata.iter().map(|erratum| erratum.origin.as_str());
                kinds.filter(|known| *known == kind).count()
            };
            format!(
                "{} profiles, {layers} layers, {} claims, {} errata, {} choices, {} from the export",
                revision.profiles.len(),
                revision.claims()?.len(),
                of("erratum"),
                of("choice"),
                of("export"),
            )
        } else {
            "tables only".to_owned()
        };
        rows.push(vec![
            revision.name,
            revision.date,
            contents,
            revision.summary,
        ]);
    }
    Ok(table(&rows))
}

fn show(revision: &Revision) -> Result<Lines, Diagnostic> {
    let mut lines = Lines::one(&format!("{}, {}", revision.name, revision.date));
    lines.add(&revision.summary);
    for profile in &revision.profiles {
        lines.add("");
        lines.add(&format!(
            "{} ({}, {})",
            profile.name, profile.kind, profile.cloud_type
        ));
        let mut rows = Vec::new();
        for layer in &profile.layers {
            let order = layer
                .install_order
                .map_or(String::new(), |order| format!("order {order}"));
            rows.push(row(&[
                &layer.display_name,
                &layer.pack,
                &layer.version,
                &order,
            ]));
            for preset in &layer.presets {
                rows.push(row(&["", &format!("preset {preset}")]));
            }
            for other in &layer.alternatives {
                if let (Some(pack), Some(version)) = (&other.pack, &other.version) {
                    rows.push(row(&["", &format!("or {pack} {version}")]));
                }
            }
        }
        // Presets are longer than names and versions; they must not widen their column.
        let width = |column: usize| {
            let layers = rows.iter().filter(|row| row.len() > 2);
            layers.map(|row| row[column].len()).max().unwrap_or(0)
        };
        let (name_width, pack_width, version_width) = (width(0), width(1), width(2));
        for row in rows {
            let line = match row.as_slice() {
                [name, pack, version, order] => {
                    format!(
                        "  {name:name_width$}  {pack:pack_width$}  {version:version_width$}  {order}"
                    )
                }
                [_, remark] => format!("  {:name_width$}  {remark}", ""),
                _ => continue,
            };
            lines.add(&line);
        }
    }
    if revision.is_rendered() {
        let variables = revision.variables()?;
        let rows = variables.iter().map(|variable| {
            let mut marks = vec![variable.format.as_str()];
            marks.extend(variable.required.then_some("required"));
            marks.extend(variable.immutable.then_some("read-only"));
            marks.extend(variable.sensitive.then_some("masked"));
            let (profile, marks) = (variable.profile.as_str(), marks.join(", "));
            row(&[profile, &variable.name, &variable.display_name, &marks])
        });
        add_table(&mut lines, "variables", rows);
    }
    let rows = revision
        .software
        .iter()
        .map(|software| row(&[&software.component, &software.product, &software.version]));
    add_table(&mut lines, "software", rows);
    let rows = revision.hardware.iter().map(|hardware| {
        let (minimum, recommended) = (&hardware.minimum, &hardware.recommended);
        row(&[&hardware.component, minimum, recommended, &hardware.remarks])
    });
    let title = "hardware of a worker: minimum, recommended";
    add_table(&mut lines, title, rows);
    let rows = revision.control_plane.iter().map(|size| {
        let numbers = [size.workers, size.namespaces, size.cores];
        let memory = format!("{} GB", size.memory_gb);
        let numbers = numbers.iter().map(ToString::to_string);
        numbers.chain([memory]).collect()
    });
    let title = "control-plane nodes: workers, namespaces, cores, memory";
    add_table(&mut lines, title, rows);
    let rows = revision
        .storage_providers
        .iter()
        .map(|storage| row(&[&storage.provider, &storage.version, &storage.mode]));
    add_table(&mut lines, "storage with volumes that VMs can share", rows);
    let rows = revision
        .notices
        .iter()
        .map(|notice| row(&[&notice.says, &notice.section]));
    if !revision.notices.is_empty() {
        add_table(&mut lines, "notices: what it says of its products", rows);
    }
    let errata = revision.errata()?;
    for (kind, title) in [
        (
            "erratum",
            "errata: where the text contradicts itself or cannot work as printed",
        ),
        (
            "choice",
            "choices: where the text is silent, leaves it open or prints an example",
        ),
        (
            "export",
            "from the export: what the published profile has and the text does not print",
        ),
    ] {
        let mut of_kind = errata
            .iter()
            .filter(|erratum| erratum.origin.as_str() == kind)
            .peekable();
        if of_kind.peek().is_some() {
            lines.add("");
            lines.add(title);
        }
        for erratum in of_kind {
            lines.add(&format!(
                "  {} ({}; {})",
                erratum.id, erratum.place, erratum.section
            ));
            lines.add(&match &erratum.origin {
                Origin::Erratum(words) => format!("    printed: {}", quoted(words)),
                Origin::Choice(open) => format!("    open:    {open}"),
                Origin::Export(words) => format!("    export:  {}", quoted(words)),
            });
            lines.add(&format!("    instead: {}", erratum.instead));
            lines.add(&format!("    why:     {}", erratum.why));
        }
    }
    Ok(lines)
}

/// What the two texts say otherwise beside versions: of hardware, of storage, and of how their products are used.
fn announced(lines: &mut Lines, old: &Revision, new: &Revision) {
    type Rows = Vec<(String, Vec<(&'static str, String)>)>;
    let hardware = |revision: &Revision| -> Rows {
        let rows = revision.hardware.iter().map(|row| {
            let cells = vec![
                ("minimum", row.minimum.clone()),
                ("recommended", row.recommended.clone()),
                ("remarks", row.remarks.clone()),
            ];
            (row.component.clone(), cells)
        });
        rows.collect()
    };
    let storage = |revision: &Revision| -> Rows {
        let rows = revision.storage_providers.iter().map(|row| {
            let cells = vec![("version", row.version.clone()), ("mode", row.mode.clone())];
            (row.provider.clone(), cells)
        });
        rows.collect()
    };
    for (title, old_rows, new_rows) in [
        ("hardware", hardware(old), hardware(new)),
        ("storage", storage(old), storage(new)),
    ] {
        let rows = new_rows.iter().flat_map(|(name, cells)| {
            let before = old_rows.iter().find(|(known, _)| known == name);
            let pairs = before
                .map(|(_, cells)| cells.as_slice())
                .unwrap_or_default();
            let changed = pairs.iter().zip(cells).filter(|(was, is)| was != is);
            changed.map(|((what, was), (_, is))| row(&[name, what, was, is]))
        });
        let rows: Vec<_> = rows.collect();
        if !rows.is_empty() {
            add_table(lines, title, rows.into_iter());
        }
    }
    let changed: Vec<_> = new
        .notices
        .iter()
        .filter_map(|is| {
            let was = old.notices.iter().find(|was| was.id == is.id)?;
            (was.says != is.says).then_some((was, is))
        })
        .collect();
    if !changed.is_empty() {
        lines.add("");
        lines.add("what the texts say of their products and their use");
    }
    for (was, is) in changed {
        lines.add(&format!("  {}", is.section));
        lines.add(&format!("    {}: {}", old.name, was.says));
        lines.add(&format!("    {}: {}", new.name, is.says));
    }
}

fn quoted(words: &[String]) -> String {
    let words = words.iter().map(|words| format!("“{words}”"));
    words.collect::<Vec<_>>().join(", ")
}

/// The software of both, in the order of the newer one; what only the older has comes last.
fn compare(old: &Revision, new: &Revision) -> Lines {
    let mut rows = vec![row(&["component", "product", &old.name, &new.name, ""])];
    let key = |software: &Software| (software.component.clone(), software.product.clone());
    let mut matched = Vec::new();
    for software in &new.software {
        let of_product = |table: &'_ [Software], product: &str| {
            table.iter().position(|one| one.product == product)
        };
        // A product may have been renamed while its place in the table stayed its own.
        let is_renamed = |other: &Software| {
            other.component == software.component
                && of_product(&new.software, &other.product).is_none()
        };
        let before = of_product(&old.software, &software.product)
            .or_else(|| old.software.iter().position(is_renamed))
            .map(|at| &old.software[at]);
        matched.extend(before.map(key));
        let old_version = before.map_or("-", |before| before.version.as_str());
        let mark = if old_version == software.version {
            ""
        } else {
            "changed"
        };
        rows.push(row(&[
            &software.component,
            &software.product,
            old_version,
            &software.version,
            mark,
        ]));
    }
    for software in &old.software {
        if !matched.contains(&key(software)) {
            rows.push(row(&[
                &software.component,
                &software.product,
                &software.version,
                "-",
                "gone",
            ]));
        }
    }
    table(&rows)
}
