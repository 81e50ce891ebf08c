//! Versions of APIs that the software of a revision no longer serves: data from `profiles/api-versions.yaml`.

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::revision::{Revision, data};
use crate::version::Version;

/// Versions of an API, and the one that takes their place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiVersion {
    gone: Vec<String>,
    pub(super) becomes: String,
    software: String,
    since: String,
    pub(super) source: String,
}

/// Those that a revision's software no longer serves.
///
/// # Errors
/// The data is broken: a mistake in this crate.
pub(super) fn gone_in(revision: &Revision) -> Result<Vec<ApiVersion>, Diagnostic> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct File {
        api_versions: Vec<ApiVersion>,
    }
    let File { api_versions } = data("api-versions.yaml")?;
    let is_gone = |one: &ApiVersion| {
        let mut software = revision.software.iter();
        let found = software.find(|software| software.product == one.software);
        // `1.7.0 (from the VMO pack)`
        let version = found.and_then(|software| software.version.split_whitespace().next());
        version.and_then(Version::parse) >= Version::parse(&one.since)
    };
    Ok(api_versions.into_iter().filter(is_gone).collect())
}

impl ApiVersion {
    /// A manifest with the version that is served, and the one that it had, or none if it has no other.
    pub(super) fn raised(&self, manifest: &str) -> Option<(String, &str)> {
        let mut raised = String::with_capacity(manifest.len());
        let mut was = None;
        for line in manifest.split_inclusive('\n') {
            // Only at the start of a line does it say what an object is.
            let value = line.strip_prefix("apiVersion:").unwrap_or_default();
            let value = value.split(" #").next().unwrap_or_default();
            let value = value.trim().trim_matches(['"', '\'']);
            match self.gone.iter().find(|gone| *gone == value) {
                Some(gone) => {
                    raised.push_str(&line.replacen(gone.as_str(), &self.becomes, 1));
                    was = Some(gone.as_str());
                }
                None => raised.push_str(line),
            }
        }
        Some((raised, was?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_version_of_an_object_is_raised() {
        let [old, new] = ["1.7.0", "1.9.0"].map(|name| gone_in(&Revision::load(name).unwrap()));
        assert!(old.unwrap().is_empty());
        let new = new.unwrap();
        let raised = |text: &str| new.iter().find_map(|one| one.raised(text));
        let text = "---\napiVersion: \"instancetype.kubevirt.io/v1alpha2\" # Ours.\nspec:\n  apiVersion: instancetype.kubevirt.io/v1alpha2\n";
        let (made, was) = raised(text).unwrap();
        assert_eq!(made, text.replacen("v1alpha2", "v1beta1", 1));
        assert_eq!(was, "instancetype.kubevirt.io/v1alpha2");
        for text in [
            "apiVersion: instancetype.kubevirt.io/v1beta1\n",
            " apiVersion: instancetype.kubevirt.io/v1alpha1\n",
            "",
        ] {
            assert!(raised(text).is_none(), "{text}");
        }
    }
}
