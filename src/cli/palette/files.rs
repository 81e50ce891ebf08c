//! Profiles that are on their way into a tenant.

use std::path::Path;

use serde_json::Value;
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
    if !path.is_dir() && path.file_name().is_none_or(|file| file != PROFILE) {
        let (source, _, _) = load::document(&Files, name)?;
        return Ok(vec![source]);
    }
    let loaded = load::load(&Files, name)?;
    terminal::explain(&loaded.remarks);
    let mut found = Vec::new();
    for item in &loaded.items {
        let Item::Profile(profile) = item else {
            continue;
        };
        let file = Path::new(&profile.file);
        if file.file_name().is_some_and(|name| name == PROFILE) {
            // The first file of a split profile stands for its folder.
            found.push(joined(file.parent().unwrap_or(path))?);
        } else if profile.form == Form::Export {
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

/// The profile that `split` laid out in a folder, in one text.
fn joined(folder: &Path) -> Result<Source, Vec<Diagnostic>> {
    let read = load::split_profile(&Files, folder)?;
    terminal::explain(&read.warnings);
    let text = String::from_utf8_lossy(&palette_json(&read.profile)?).into_owned();
    Ok(Source::new(folder.display().to_string(), text))
}

/// A profile's bytes as Palette writes them.
pub(super) fn palette_json(profile: &Value) -> Result<Vec<u8>, Diagnostic> {
    to_palette_json(profile).map_err(|error| {
        Diagnostic::error(format!("the profile has no JSON form: {error}")).code(Code::Internal)
    })
}
