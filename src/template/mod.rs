//! The Tera engine: templates of many languages, each with its own escaping of inserted values.

mod language;
mod outline;
mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use tera::{Context, Delimiters, ErrorKind, Kwargs, State, Tera, Value};

pub use language::Language;
pub(crate) use outline::outline;
pub(crate) use page::page;

use crate::diagnostic::{Code, Diagnostic};
use crate::revision::Revision;
use crate::yaml::scalar;

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The built-in templates of one revision, ready to render. A clone has the same templates, parsed once for all, and can be
/// told other values.
#[derive(Clone)]
pub struct Engine {
    templates: Arc<Templates>,
    /// What every template sees.
    known: Context,
}

struct Templates {
    /// Parsed when one of them is rendered, since a command uses few of them.
    groups: BTreeMap<Group, OnceLock<Result<Tera, Diagnostic>>>,
    /// Names in order, for listings such as the files of the Ubuntu layer.
    names: BTreeMap<String, &'static str>,
}

/// Templates in one Tera: those of a folder, which may include each other, and of one language, since a Tera has one way
/// to escape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    folder: String,
    language: Language,
}

impl Group {
    fn of(name: &str) -> Self {
        let folder = name.split_once('/').map_or("", |(folder, _)| folder);
        Group {
            folder: folder.to_owned(),
            language: Language::of(name),
        }
    }
}

impl Engine {
    /// The templates of a revision; one below `REVISION/` stands in for that of the same name without it, in this revision
    /// and in those based on it.
    pub fn new(revision: &Revision) -> Self {
        let mut names = BTreeMap::new();
        collect(&TEMPLATES, &mut names);
        stand_in(&mut names, revision.lineage());
        let groups = names.keys().map(|name| (Group::of(name), OnceLock::new()));
        Engine {
            templates: Arc::new(Templates {
                groups: groups.collect(),
                names,
            }),
            known: Context::new(),
        }
    }

    /// Makes a value known to every template.
    pub fn set(&mut self, name: &'static str, value: &serde_json::Value) {
        self.known.insert(name, value);
    }

    /// Whether there is a template of that name.
    pub fn has(&self, name: &str) -> bool {
        self.templates.names.contains_key(name)
    }

    /// The text of a template, not rendered, for data that lies among the templates.
    pub fn source(&self, name: &str) -> Option<&'static str> {
        self.templates.names.get(name).copied()
    }

    /// The names of all templates below a folder, in order.
    pub fn below<'e>(&'e self, folder: &'e str) -> impl Iterator<Item = &'e str> {
        self.templates
            .names
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with(folder))
    }

    /// Renders a template with what [`Engine::set`] made known and what `context` adds.
    ///
    /// # Errors
    /// An unknown name, a value its language cannot hold, or a template that does not parse: a mistake in this crate.
    pub fn render(&self, name: &str, context: &Context) -> Result<String, Diagnostic> {
        let mut known = self.known.clone();
        known.extend(context.clone());
        let group = Group::of(name);
        self.templates
            .groups
            .get(&group)
            .ok_or_else(|| {
                Diagnostic::error(format!("there is no template `{name}`")).code(Code::Internal)
            })?
            .get_or_init(|| self.templates.parse(&group))
            .as_ref()
            .map_err(Diagnostic::clone)?
            .render(name, &known)
            .map_err(|error| explain(name, &error))
    }
}

impl Templates {
    fn parse(&self, group: &Group) -> Result<Tera, Diagnostic> {
        let mut tera = new_tera(group.language);
        let templates = self
            .names
            .iter()
            .filter(|(name, _)| Group::of(name) == *group);
        // All at once, since each call looks at what was there before again.
        tera.add_raw_templates(templates)
            .map_err(|error| explain(&group.folder, &error))?;
        Ok(tera)
    }
}

/// Puts the templates of revisions in place of those of the same names; the last revision's win.
fn stand_in(names: &mut BTreeMap<String, &'static str>, lineage: &[String]) {
    for revision in lineage {
        let own = format!("{revision}/");
        let overrides: Vec<(String, &'static str)> = names
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix(&own)?.to_owned(), *text)))
            .collect();
        names.extend(overrides);
    }
}

fn collect(dir: &Dir<'static>, names: &mut BTreeMap<String, &'static str>) {
    for file in dir.files() {
        if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
            names.insert(path.replace('\\', "/"), text);
        }
    }
    for dir in dir.dirs() {
        collect(dir, names);
    }
}

/// The marks of every template in this crate; they leave the macros of Palette and Go alone.
pub(crate) fn delimiters() -> Delimiters {
    Delimiters {
        block_start: "<%".into(),
        block_end: "%>".into(),
        variable_start: "<{".into(),
        variable_end: "}>".into(),
        comment_start: "<#".into(),
        comment_end: "#>".into(),
    }
}

fn new_tera(language: Language) -> Tera {
    let mut tera = Tera::new();
    let set = tera.set_delimiters(delimiters());
    debug_assert!(
        set.is_ok(),
        "delimiters are constants, set before any template is added"
    );
    // Every name ends in the empty suffix: nothing is inserted without escaping.
    tera.autoescape_on([""]);
    tera.set_escape_fn(language.escape());
    if language == Language::Yaml {
        tera.register_filter("block", block);
    }
    tera
}

/// `text | block(indent=N)`: a literal block scalar with its lines indented by N.
fn block(text: &str, arguments: Kwargs, _: &State) -> tera::TeraResult<Value> {
    let indent: usize = arguments.must_get("indent")?;
    Ok(Value::safe_string(&scalar::write_block(text, indent)))
}

fn explain(name: &str, error: &tera::Error) -> Diagnostic {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            Diagnostic::error(format!(
                "the template `{name}` cannot be used: {}",
                report.message()
            )).code(Code::Internal)
            .label(format!(
                "at {}:{}:{}",
                report.filename(),
                span.start_line,
                span.start_col + 1
            ))
        }
        ErrorKind::Io(_) => Diagnostic::error(format!(
            "a value cannot be written into `{name}`: its language holds no control characters or line breaks there"
        )).code(Code::WrongValue),
        _ => Diagnostic::error(format!("the template `{name}` cannot be used: {error}")).code(Code::Internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses() {
        for name in Revision::names() {
            let templates = Engine::new(&Revision::load(name).unwrap()).templates;
            for group in templates.groups.keys() {
                templates.parse(group).unwrap();
            }
        }
    }

    #[test]
    fn a_revision_takes_the_templates_of_those_it_is_based_on() {
        let mut names = BTreeMap::from(
            [
                ("a.yaml", "common"),
                ("b.yaml", "common"),
                ("c.yaml", "common"),
                ("1.9.0/a.yaml", "1.9.0"),
                ("1.9.0/b.yaml", "1.9.0"),
                ("1.10.0/a.yaml", "1.10.0"),
                ("2.0.0/c.yaml", "2.0.0"),
            ]
            .map(|(name, text)| (name.to_owned(), text)),
        );
        stand_in(&mut names, &["1.9.0", "1.10.0"].map(str::to_owned));
        let text = |name: &str| names[name];
        assert_eq!(text("a.yaml"), "1.10.0");
        assert_eq!(text("b.yaml"), "1.9.0");
        assert_eq!(text("c.yaml"), "common");
    }
}
