//! Which section of a revision's text announces a change.

use std::collections::HashMap;

use super::path::{Place, Step, shared_way};
use super::report::Part;
use crate::diagnostic::Diagnostic;
use crate::revision::{Revision, Statement, Target};
use crate::yaml;

/// A new statement of a revision, and its section.
#[derive(Default)]
pub(super) struct Announcements(Vec<Announcement>);

struct Announcement {
    layer: String,
    part: Part,
    /// Keys from the root of the part.
    keys: Vec<String>,
    /// The name of an image that values list, where it is about one.
    image: Option<String>,
    section: String,
}

impl Announcements {
    /// The statements of the new revision that the old one does not have.
    pub(super) fn between(old: &Revision, new: &Revision) -> Result<Self, Diagnostic> {
        let claims = old.claims()?;
        let mut before: HashMap<Option<&str>, Vec<Statement<'_>>> = HashMap::new();
        for claim in &claims {
            let of_layer = before.entry(claim.layer.as_deref()).or_default();
            of_layer.extend(claim.expected());
        }
        let mut announcements = Vec::new();
        for claim in new.claims()? {
            let Ok(statement) = claim.expected() else {
                continue;
            };
            let said_before = before.get(&claim.layer.as_deref());
            if said_before.is_some_and(|said| said.contains(&statement)) {
                continue;
            }
            let Some((part, path)) = claimed(&statement.target) else {
                continue;
            };
            let path = path.parse::<yaml::Path>().unwrap_or_default();
            announcements.push(Announcement {
                layer: claim.layer.clone().unwrap_or_default(),
                part,
                keys: path.keys(),
                image: match statement.target {
                    Target::Image(name) => Some(name.to_owned()),
                    _ => None,
                },
                section: claim.section.clone(),
            });
        }
        Ok(Announcements(announcements))
    }

    /// The section whose claim is nearest to a place: at it, above it, or below it.
    pub(super) fn section(&self, layer: &str, part: &Part, place: &Place) -> Option<String> {
        let keys = place.keys_from_root();
        let nearness = |announcement: &Announcement| match &announcement.image {
            Some(name) => lists_image(place, name).then_some(keys.len()),
            None => shared_way(&announcement.keys, &keys),
        };
        self.0
            .iter()
            .filter(|announcement| {
                announcement.layer == layer && same_part(&announcement.part, part)
            })
            .filter_map(|announcement| Some((nearness(announcement)?, announcement)))
            // The first of the nearest: chapters about a layer itself come after the tables.
            .max_by_key(|(shared, _)| *shared)
            .map(|(_, announcement)| announcement.section.clone())
    }
}

/// The part of a profile that a claim looks at, and the path in it.
pub(crate) fn claimed<'t>(target: &Target<'t>) -> Option<(Part, &'t str)> {
    Some(match *target {
        Target::Values(path) => (Part::Values, path),
        Target::Manifest { name, path, .. } => (Part::Manifest(name.into()), path),
        Target::Pack(field) => (Part::Layer, field),
        Target::Preset(preset) => {
            let group = preset.rsplit_once(':').map_or(preset, |(group, _)| group);
            (Part::Preset(group.into()), "")
        }
        Target::File(path) => (Part::File(path.into()), ""),
        Target::Command("pre") => (Part::Commands("preKubeadmCommands".into()), ""),
        Target::Command(_) => (Part::Commands("postKubeadmCommands".into()), ""),
        Target::Variable { name, field } => (Part::Variable(name.into()), field),
        Target::Image(_) => (Part::Values, ""),
        Target::Profile("layers") => return None,
        Target::Profile(field) => (Part::Profile, field),
    })
}

/// Whether a place is that of an image in a list, known by the last part of its repository.
fn lists_image(place: &Place, name: &str) -> bool {
    let is_meant = |step: &Step| match step {
        Step::Item("image", repository) => repository.rsplit('/').next() == Some(name),
        _ => false,
    };
    place.steps().iter().any(is_meant)
}

fn same_part(announced: &Part, changed: &Part) -> bool {
    match (announced, changed) {
        (Part::Preset(a), Part::Preset(b)) => a.eq_ignore_ascii_case(b),
        (a, b) => a == b,
    }
}
