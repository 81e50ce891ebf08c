//! Takes packs out of a tenant.

use serde_json::{Value, json};

use super::catalog::{Catalog, TenantPack};
use crate::diagnostic::{Code, Diagnostic};
use crate::output::digest_of;
use crate::pack::import::{ImportedPack, of_bytes};

/// What Palette's API answers of neither a pack nor its registry.
const NOT_SERVED: [&str; 3] = ["constraints", "isSyncSupported", "providerType"];

/// The file of a pack's folder that says where it is from.
const SOURCE: &str = "source.json";

impl TenantPack {
    /// What its folder is called.
    pub fn folder(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// Whether this text, read from [`TenantPack::SOURCE`] in its folder, says that it was taken from here already.
    pub fn is_source_of(&self, text: &str) -> bool {
        let source: Value = serde_json::from_str(text).unwrap_or_default();
        source["packUid"] == self.uid.as_str()
            && source["registryUid"] == self.registry_uid.as_str()
    }

    /// The file of its folder that says where it is from.
    pub const SOURCE: &str = SOURCE;
}

/// Gets a version of a pack as the files of its folder, with one that says where they are from: registry, uid, the date and
/// the SHA-256 of the answer.
///
/// # Errors
/// It could not be asked for, or the answer holds no such pack.
pub fn fetch(catalog: &Catalog<'_>, pack: &TenantPack) -> Result<ImportedPack, Vec<Diagnostic>> {
    let reply = catalog.answer(pack).map_err(Diagnostic::from)?;
    let name = format!("Palette's answer for {} {}", pack.name, pack.version);
    let imported = of_bytes(&name, reply.body.as_bytes())?.unwrap_or_default();
    let wanted = |one: &ImportedPack| {
        one.description.name == pack.name && one.description.version == pack.version
    };
    let Some(mut found) = imported.packs.into_iter().find(wanted) else {
        return Err(Diagnostic::error(format!("{name} holds other packs"))
            .code(Code::WrongShape)
            .help("try again; if that does not help, get the pack from its registry and use `vmo-ra packs import`")
            .into());
    };
    let source = json!({
        "registry": pack.registry,
        "registryUid": pack.registry_uid,
        "packUid": pack.uid,
        "answered": reply.date,
        "sha256": digest_of(reply.body.as_bytes()),
        "notServed": NOT_SERVED,
    });
    // A tree of texts always has a JSON form.
    let text = serde_json::to_string_pretty(&source).unwrap_or_default() + "\n";
    found.files.insert(SOURCE.to_owned(), text.into_bytes());
    Ok(found)
}
