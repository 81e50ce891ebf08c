//! A plan as one page for a browser or a printer, with drawings and nothing to load.

use serde::Serialize;
use tera::Context;

use super::super::{Drawing, Plan, Section, profile_layers, sections};
use crate::template;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");

/// Writes a plan as one self-contained HTML page; `network` is the drawing of a worker's network.
pub fn html(plan: &Plan, network: &Drawing) -> String {
    render(plan, network).unwrap_or_else(|error| {
        // Only a mistake in the template gets here, which the tests would have met: it is told, not hidden.
        debug_assert!(false, "the page cannot be rendered: {error}");
        format!("the page cannot be rendered: {error}\n")
    })
}

#[derive(Serialize)]
struct Page<'p> {
    cluster: &'p str,
    revision: &'p str,
    sections: Vec<PageSection>,
}

#[derive(Serialize)]
struct PageSection {
    id: String,
    #[serde(flatten)]
    section: Section,
    drawing: Option<Drawing>,
}

fn render(plan: &Plan, network: &Drawing) -> tera::TeraResult<String> {
    let sections = sections(plan)
        .into_iter()
        .map(|section| page_section(plan, network, section))
        .collect();
    let page = Page {
        cluster: &plan.cluster,
        revision: &plan.revision,
        sections,
    };
    template::page(
        PAGE,
        &[("style", "style_hash", STYLE)],
        Context::from_serialize(&page)?,
    )
}

fn page_section(plan: &Plan, network: &Drawing, section: Section) -> PageSection {
    let drawing = match section.title.as_str() {
        "Interfaces of a node" => Some(network.clone()),
        "Profiles" => Some(profile_layers(plan)),
        _ => None,
    };
    PageSection {
        id: section.title.to_lowercase().replace(' ', "-"),
        section,
        drawing,
    }
}
