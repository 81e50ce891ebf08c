//! The site that profiles come from, where none is named, and what of it is in the report.

use serde_json::Value;

use super::Request;
use super::report::{Setting, Usual};
use crate::diagnostic::Diagnostic;
use crate::diff::Secrets;
use crate::pack::Library;
use crate::profile::{BuiltInLayers, Profile};
use crate::recover::{self, Given, recover};
use crate::revision::Revision;
use crate::secret::Way;
use crate::site::Site;
use crate::version::Wanted;
use crate::yaml::Path;

/// A site that was read from profiles.
#[derive(Debug)]
pub struct OfProfiles {
    /// The site. Versions of packs are edits, not settings.
    pub site: Site,
    /// What the profiles say of it, beside the defaults: each setting by its path.
    pub settings: Vec<(String, Value)>,
    /// The secrets that it refers to.
    given: Given,
}

impl OfProfiles {
    /// Reads the site that both revisions are rendered with.
    ///
    /// # Errors
    /// As [`recover()`].
    pub fn read(
        profiles: &[Profile],
        from: &Revision,
        library: &Library,
    ) -> Result<OfProfiles, Vec<Diagnostic>> {
        // Beside the vendor's values, built-in ones would differ in hundreds of places that no site can say.
        let descriptions = profiles.iter().map(|one| one.metadata.description.as_str());
        let built_in = descriptions.filter_map(BuiltInLayers::of_description);
        let built_in: Vec<String> = built_in.flat_map(|layers| layers.packs).collect();
        let recovered = recover(&recover::Request {
            profiles,
            trees: &[],
            revision: from,
            library: &library.with_built_in(&built_in),
            is_answer: false,
        })?;
        let recover::Recovered {
            mut site,
            mut settings,
            given,
            ..
        } = recovered;
        let mut forget =
            |key: &str| settings.retain(|(path, _)| path.split('.').next() != Some(key));
        site.registries.forget_versions();
        forget("packVersions");
        // Your storage layer may need a missing pack. It then counts as an edit of the RA's layer.
        let pack = &site.storage.provider.facts().pack.name;
        if !library.has(pack, &Wanted::Newest) {
            site.storage = Site::example().storage;
            forget("storage");
        }
        Ok(OfProfiles {
            site,
            settings,
            given,
        })
    }
}

/// What the report says of the settings; `defaults` is what the old and the new revision have where a site says nothing.
pub(super) fn told(
    request: &Request<'_>,
    secrets: &Secrets,
    defaults: [&Value; 2],
) -> Vec<Setting> {
    let Some(OfProfiles {
        settings, given, ..
    }) = request.recovered
    else {
        return Vec::new();
    };
    let told = settings.iter().map(|(path, value)| {
        let secret = path.strip_suffix(".env").zip(value.as_str());
        if let Some((path, name)) = secret
            && let Some(secret) = given.secrets.get(name)
        {
            return Setting {
                path: path.to_owned(),
                value: secrets.of_secret(secret.reveal()),
                default: None,
            };
        }
        let key = path.rsplit('.').next().unwrap_or_default();
        let shown = |value: &Value| secrets.shown(value, &Way::named(key));
        let place: Option<Path> = path.parse().ok();
        let [was, becomes] = defaults.map(|all| place.as_ref()?.find(all));
        let changes = was.zip(becomes).filter(|(was, becomes)| was != becomes);
        Setting {
            path: path.clone(),
            value: shown(value),
            default: changes.map(|(was, becomes)| Usual {
                was: shown(was),
                becomes: shown(becomes),
            }),
        }
    });
    told.collect()
}
