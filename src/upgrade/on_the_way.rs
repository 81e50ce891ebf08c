//! Versions of a profile on the way to the result: yours, with the layers in a later version that a vendor wants a cluster to
//! go through. Everything else waits for the result.

use std::sync::Arc;

use super::Request;
use super::ground::{Made, known, made, missing, old_pack, vendors};
use super::merging::Merging;
use super::report::{OnTheWay, Step};
use super::resolutions::Resolutions;
use crate::pack::{Layout, Pack, enabled_presets};
use crate::profile::{BuiltInLayers, Layer, Profile, variables_used};
use crate::render::RenderedProfile;
use crate::version::{Version, Wanted};

/// What a profile is made from.
pub(super) struct Way<'w> {
    pub(super) request: &'w Request<'w>,
    pub(super) base: &'w RenderedProfile,
    pub(super) yours: &'w Profile,
}

impl Way<'_> {
    /// What there is to say of each version on the way, and those that can be made.
    pub(super) fn versions(&self, steps: &[Step]) -> Vec<(OnTheWay, Option<Profile>)> {
        let count = steps.iter().map(|step| step.between().len()).max();
        (0..count.unwrap_or_default())
            .map(|number| self.version(steps, number))
            .collect()
    }

    fn version(&self, steps: &[Step], number: usize) -> (OnTheWay, Option<Profile>) {
        let mut profile = self.yours.clone();
        profile.spec.version = version(&self.yours.spec.version, number + 1);
        let (mut layers, mut missing) = (Vec::new(), Vec::new());
        for step in steps {
            let between = step.between();
            // A layer with fewer versions waits in its last.
            let Some(wanted) = between.get(number).or(between.last()) else {
                continue;
            };
            let mut all = profile.spec.template.packs.iter_mut();
            let Some(layer) = all.find(|layer| layer.name == step.layer) else {
                continue;
            };
            match self.layer(layer, wanted) {
                Ok(made) => {
                    layers.push(format!("{} {}", made.layer.name, made.layer.version));
                    *layer = made.layer;
                    if made.is_vendors {
                        no_longer_built_in(&mut profile.metadata.description, &step.layer);
                    }
                }
                Err(why) => missing.push(why),
            }
        }
        let told = OnTheWay {
            step: number + 1,
            profile: profile.metadata.name.clone(),
            version: profile.spec.version.clone(),
            layers,
            missing,
        };
        let is_made = told.missing.is_empty();
        (told, is_made.then_some(profile))
    }

    /// A layer of yours in a version on the way.
    fn layer(&self, yours: &Layer, wanted: &str) -> Result<LayerOnTheWay, String> {
        let description = &self.yours.metadata.description;
        let is_built_in = BuiltInLayers::of_description(description)
            .is_some_and(|known| known.packs.contains(&yours.name));
        let version = Wanted::of_tag(wanted);
        if let Some(pack) = vendors(self.request.library, &yours.name, &version)? {
            return self.merged(yours, is_built_in, &pack);
        }
        if let Wanted::Exactly(version) = &version
            && can_be_carried(yours, is_built_in, version)
        {
            let layer = Layer {
                version: version.clone(),
                tag: version.clone(),
                ..yours.clone()
            };
            return Ok(LayerOnTheWay {
                layer,
                is_vendors: false,
            });
        }
        Err(missing(&yours.name, wanted))
    }

    /// Yours over what the old revision makes of the pack of its version, towards what it makes of that of another.
    fn merged(
        &self,
        yours: &Layer,
        is_built_in: bool,
        pack: &Arc<Pack>,
    ) -> Result<LayerOnTheWay, String> {
        let (name, version) = (&yours.name, &pack.description.version);
        let mut layers = (self.base.profile.spec.template.packs.iter())
            .zip(&self.base.made_from)
            .zip(0..);
        let Some(((layer, from), at)) = layers.find(|((layer, _), _)| layer.name == *name) else {
            return Err(format!(
                "RA {} has no layer `{name}`",
                self.request.from.name
            ));
        };
        let base = Made {
            layer,
            from,
            at: Some(at),
        };
        if base.layer.values != yours.values {
            old_pack(self.request.library, yours, is_built_in, base)?;
        }
        let presets = known(pack, enabled_presets(&layer.values));
        let composed = made(pack, &presets, from)?;
        let next = Layer {
            version: version.clone(),
            tag: version.clone(),
            values: composed,
            ..layer.clone()
        };
        let mut next_from = from.clone();
        next_from.pack = Some(Arc::clone(pack));
        let next = Made {
            layer: &next,
            from: &next_from,
            at: Some(at),
        };
        // Answers apply only to the result.
        let unanswered = Resolutions::default();
        let request = Request {
            resolutions: &unanswered,
            ..*self.request
        };
        let mut merging = Merging::new(&request);
        let values = merging.values(base, yours, next, is_built_in, version);
        let mut problems = merging.limited.into_iter().map(|one| one.why);
        if let Some(why) = problems.next() {
            return Err(why);
        }
        let values = values.unwrap_or_else(|| yours.values.clone());
        let open = merging.items.iter().filter(|item| item.is_open());
        let open: Vec<String> = open.map(|item| format!("`{}`", item.path)).collect();
        if !open.is_empty() {
            return Err(format!(
                "you and the vendor both changed {} up to `{name}` {version}",
                open.join(", ")
            ));
        }
        let mut used = variables_used(&values).into_iter();
        let is_declared =
            |name: &str| (self.yours.spec.variables.iter()).any(|variable| variable.name == name);
        if let Some(variable) = used.find(|name| !is_declared(name)) {
            return Err(format!(
                "`{name}` {version} uses the variable `{variable}`, which the profile does not declare"
            ));
        }
        let layer = Layer {
            version: version.clone(),
            tag: version.clone(),
            values,
            ..yours.clone()
        };
        Ok(LayerOnTheWay {
            layer,
            is_vendors: true,
        })
    }
}

struct LayerOnTheWay {
    layer: Layer,
    /// Whether its values follow the vendor's text of its version.
    is_vendors: bool,
}

/// Whether the values of a layer hold for another version as they are: settings stay where they are within a minor
/// version, and a vendor's text may name its own.
fn can_be_carried(yours: &Layer, is_built_in: bool, version: &str) -> bool {
    let minor = |text: &str| {
        let numbers = Version::parse(text)?.numbers().to_vec();
        Some([*numbers.first()?, *numbers.get(1)?])
    };
    let is_near = minor(&yours.version).is_some() && minor(&yours.version) == minor(version);
    let moves = Layout::passed(&yours.name, &yours.version, version).next();
    is_near && moves.is_none() && (is_built_in || !yours.values.contains(&yours.version))
}

fn no_longer_built_in(description: &mut String, pack: &str) {
    let Some(mut known) = BuiltInLayers::of_description(description) else {
        return;
    };
    known.packs.retain(|name| name != pack);
    let rest = BuiltInLayers::taken_from(description);
    *description = match known.packs.is_empty() {
        true => rest,
        false => known.add_to(&rest),
    };
}

/// The version of a profile on the way, in three numbers as Palette takes them: yours, gone up by one for each.
pub(super) fn version(yours: &str, step: usize) -> String {
    let parts = yours.split(['.', '-', '+']);
    let numbers: Vec<u64> = parts.map_while(|part| part.parse().ok()).collect();
    let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
    let [major, minor, patch] = [0, 1, 2].map(number);
    format!("{major}.{minor}.{}", patch + step as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_on_the_way_are_three_numbers() {
        for (yours, step, becomes) in [
            ("1.7.0", 1, "1.7.1"),
            ("1.7.0-acme.2", 2, "1.7.2"),
            ("3.2.9", 1, "3.2.10"),
            ("4", 1, "4.0.1"),
            ("", 1, "0.0.1"),
        ] {
            assert_eq!(version(yours, step), becomes, "{yours}");
        }
    }

    #[test]
    fn values_are_carried_within_a_minor_version_that_they_do_not_name() {
        let layer = |version: &str, values: &str| Layer {
            name: "virtual-machine-orchestrator".to_owned(),
            version: version.to_owned(),
            values: values.to_owned(),
            ..Layer::default()
        };
        for (version, values, is_built_in, next, carried) in [
            ("4.9.0", "a: 1", false, "4.9.9", true),
            ("4.9.0", "image: a:4.9.0", false, "4.9.9", false),
            ("4.9.0", "image: a:4.9.0", true, "4.9.9", true),
            ("4.8.0", "a: 1", true, "4.9.9", false),
            ("4.9.9", "a: 1", true, "4.10.0", false),
            ("x", "a: 1", true, "y", false),
        ] {
            let yours = layer(version, values);
            assert_eq!(
                can_be_carried(&yours, is_built_in, next),
                carried,
                "{version} {next}"
            );
        }
    }
}
