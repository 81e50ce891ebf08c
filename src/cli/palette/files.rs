//! Profiles that are on their way into a tenant.

use std::path::Path;

use vmo_ra::diagnostic::{Code, Diagnostic, Source};
use vmo_ra::load::{self, Item};
use vmo_ra::palette::Import;
use vmo_ra::profile::folder::PROFILE;
use vmo_ra::profile::{Form, to_palette_json};

use super::super::inputs::Files;
use super::super::{Failure, terminal};

/// The profiles of files, of folders that `render` wrote, and of folders that `split` wrote, in the order in which they are
/// imported: infrastructure first.
pub(super) fn imports(names: &[String]) -> Result<Vec<Import>, Failure> {
    let mut imports = Vec::new();
    let mut problems = Vec::new();
    for name in names {
        match sources(name) {
            Ok(sources) => {
                for source in sources {
                    match Import::of(&source) {
                        Ok(import) => imports.push(import),
                        Err(broken) => problems.extend(broken),
                    }
                }
            }
            Err(broken) => problems.extend(broken),
        }
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }
    imports.sort_by_key(|import| import.profile.spec.template.kind == "add-on");
    for (at, import) in imports.iter().enumerate() {
        let same = imports[..at]
            .iter()
            .find(|other| other.title() == import.title());
        if let Some(same) = same {
            let (one, two) = (&same.file, &import.file);
            problems.push(
                Diagnostic::error(format!("`{one}` and `{two}` both hold {}", import.title()))
                    .code(Code::WrongValue)
                    .help("give one of them"),
            );
        }
    }
    if problems.is_empty() {
        Ok(imports)
    } else {
        Err(problems.into())
    }
}

fn sources(name: &str) -> Result<Vec<Source>, Vec<Diagnostic>> {
    let path = Path::new(name);
    if path.join(PROFILE).is_file() {
        let read = load::split_profile(&Files, path)?;
        terminal::explain(&read.warnings);
        let json = to_palette_json(&read.profile).map_err(|error| {
            vec![
                Diagnostic::error(format!("the profile has no JSON form: {error}"))
                    .code(Code::Internal),
            ]
        })?;
        let text = String::from_utf8_lossy(&json).into_owned();
        return Ok(vec![Source::new(name, text)]);
    }
    if !path.is_dir() {
        let (source, _, _) = load::document(&Files, name)?;
        return Ok(vec![source]);
    }
    let loaded = load::load(&Files, name)?;
    let mut found = Vec::new();
    for item in &loaded.items {
        if let Item::Profile(profile) = item
            && profile.form == Form::Export
        {
            found.push(load::document(&Files, &profile.file)?.0);
        }
    }
    if found.is_empty() {
        return Err(vec![
            Diagnostic::error(format!("`{name}` holds no profile that Palette imports"))
                .code(Code::WrongKind)
                .help("name a folder that `vmo-ra render` or `vmo-ra split` wrote, or a profile's file"),
        ]);
    }
    Ok(found)
}
