//! Profiles that are on their way into a tenant.

use serde_json::Value;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::palette::Import;
use vmo_ra::profile::to_palette_json;

use super::super::Failure;
use super::super::profiles;

/// The profiles that names stand for, in the order in which they are imported: infrastructure first.
pub(super) fn imports(names: &[String]) -> Result<Vec<Import>, Failure> {
    let given = profiles::given(names)?;
    let mut imports = Vec::new();
    let mut problems = Vec::new();
    for (profile, whole) in given.profiles.into_iter().zip(&given.wholes) {
        match whole.tree() {
            Ok(tree) => imports.push(Import::new(whole.file(), profile, tree)),
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

/// A profile's bytes as Palette writes them.
pub(super) fn palette_json(profile: &Value) -> Result<Vec<u8>, Diagnostic> {
    to_palette_json(profile).map_err(|error| {
        Diagnostic::error(format!("the profile has no JSON form: {error}")).code(Code::Internal)
    })
}
