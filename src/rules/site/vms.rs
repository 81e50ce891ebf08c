//! Golden images, preferences and templates (RA, VMO-* layers).

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::suggestion;
use crate::rules::{Finding, Rule, SiteRule, rule};
use crate::site::Site;

pub(super) const RULES: &[SiteRule] = &[clones, networks, images];

/// The most names that are suggested.
const NAMED: usize = 100;

/// A clone must be of an image that exists and at least as large; CDI refuses smaller ones.
fn clones(site: &Site, findings: &mut Vec<Finding>) {
    // From behind, so that of two with one name the first stays.
    let images = site.vmo.golden_images.iter().rev();
    let images: BTreeMap<_, _> = images.map(|image| (&image.name, image)).collect();
    let preferences: BTreeSet<_> = site
        .vmo
        .preferences
        .iter()
        .map(|preference| &preference.name)
        .collect();
    for (index, template) in site.vmo.templates.iter().enumerate() {
        let path = |field: &str| format!("vmo.templates[{index}].{field}");
        match images.get(&template.golden_image) {
            None => findings.push(unknown(
                rule::UNKNOWN_GOLDEN_IMAGE,
                path("goldenImage"),
                "golden image",
                template.golden_image.as_str(),
                site.vmo
                    .golden_images
                    .iter()
                    .map(|image| image.name.as_str()),
            )),
            Some(image) if template.disk_size.bytes() < image.size.bytes() => findings.push(
                rule::CLONE_TOO_SMALL
                    .error(
                        path("diskSize"),
                        format!(
                            "the disk of `{}` ({}) is smaller than its golden image ({})",
                            template.name, template.disk_size, image.size
                        ),
                    )
                    .help(format!(
                        "use at least {}; G counts thousands, Gi counts 1024",
                        image.size
                    )),
            ),
            Some(_) => {}
        }
        // KubeVirt brings preferences of its own, so another name need not be wrong.
        if !preferences.contains(&template.preference) {
            findings.push(rule::UNKNOWN_PREFERENCE.warning(
                path("preference"),
                format!(
                    "the preference `{}` is not among `vmo.preferences`",
                    template.preference
                ),
            ));
        }
    }
}

fn networks(site: &Site, findings: &mut Vec<Finding>) {
    let nads = site.nads.list.iter();
    let known: BTreeSet<_> = nads.map(|nad| (&nad.namespace, &nad.name)).collect();
    for (index, template) in site.vmo.templates.iter().enumerate() {
        let Some(network) = &template.network else {
            continue;
        };
        if !known.contains(&(&network.namespace, &network.name)) {
            let nads = site.nads.list.iter().take(NAMED);
            let names: Vec<String> = nads
                .map(|nad| format!("{}/{}", nad.namespace, nad.name))
                .collect();
            findings.push(unknown(
                rule::UNKNOWN_NETWORK,
                format!("vmo.templates[{index}].network"),
                "network",
                &network.to_string(),
                names.iter().map(String::as_str),
            ));
        }
    }
}

fn images(site: &Site, findings: &mut Vec<Finding>) {
    for (index, image) in site.vmo.golden_images.iter().enumerate() {
        let source = image.source.to_string();
        let Some(reference) = source.strip_prefix("docker://") else {
            continue;
        };
        let last = reference.rsplit('/').next().unwrap_or(reference);
        let pinned =
            last.contains('@') || last.split_once(':').is_some_and(|(_, tag)| tag != "latest");
        if !pinned {
            // What is in front of a host's `@` is a user with a password.
            let reference = reference.rsplit('@').next().unwrap_or(reference);
            findings.push(
                rule::UNPINNED_IMAGE.note(format!("vmo.goldenImages[{index}].source"), format!("the golden image `{}` comes from `{reference}`, which can change under its name", image.name)),
            );
        }
    }
}

fn unknown<'n>(
    rule: &'static Rule,
    path: String,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str> + Clone,
) -> Finding {
    let hint = match suggestion(name, known.clone()) {
        Some(meant) => format!("; {meant}"),
        None => String::new(),
    };
    let mut listed: Vec<String> = known.take(NAMED).map(|name| format!("`{name}`")).collect();
    if listed.len() == NAMED {
        listed[NAMED - 1] = "and others".to_owned();
    }
    let finding = rule.error(path, format!("there is no {what} `{name}`{hint}"));
    match listed.is_empty() {
        true => finding,
        false => finding.help(format!("known: {}", listed.join(", "))),
    }
}
