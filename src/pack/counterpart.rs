//! The names of a pack's settings in the pack that replaces it: data from `profiles/counterparts.yaml`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::MovedSetting;
use crate::diagnostic::Diagnostic;
use crate::revision::data;

/// A pack, and its replacement.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Counterpart {
    /// The pack.
    pub pack: String,
    /// The pack that replaces it.
    pub becomes: String,
    /// Who says so.
    pub source: String,
    /// The settings that both have.
    pub settings: Vec<MovedSetting>,
}

impl Counterpart {
    /// The known counterparts of two packs.
    ///
    /// # Errors
    /// The data is broken: a mistake in this crate.
    pub fn of(pack: &str, becomes: &str) -> Result<Option<&'static Self>, Diagnostic> {
        #[derive(Deserialize)]
        struct File {
            counterparts: Vec<Counterpart>,
        }
        static COUNTERPARTS: LazyLock<Result<Vec<Counterpart>, Diagnostic>> =
            LazyLock::new(|| data("counterparts.yaml").map(|file: File| file.counterparts));
        let all = COUNTERPARTS.as_deref().map_err(Diagnostic::clone)?;
        let is_it = |one: &&Counterpart| one.pack == pack && one.becomes == becomes;
        Ok(all.iter().find(is_it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_setting_has_two_counterparts() {
        let known = Counterpart::of("nginx", "traefik").unwrap().unwrap();
        for side in [
            |setting: &MovedSetting| setting.from.to_string(),
            |setting: &MovedSetting| setting.to.to_string(),
        ] {
            let mut paths: Vec<String> = known.settings.iter().map(side).collect();
            paths.sort();
            let all = paths.len();
            paths.dedup();
            assert_eq!(paths.len(), all);
        }
        assert!(Counterpart::of("traefik", "nginx").unwrap().is_none());
    }
}
