//! A plan as one page for a browser or a printer, with drawings and nothing to load.

use serde::Serialize;
use tera::Context;

use super::super::{Drawing, Plan, Section, profile_layers, sections};
use crate::template;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");

/// Writes a plan as one self-contained HTML page; `network` is the drawing of a worker's network.
pub fn html(plan: &Plan, network: &Drawing) -> String {
    render(plan, network).unwrap_or_else(told)
}

#[derive(Serialize)]
struct Page<'p> {
    title: &'p str,
    about: &'p str,
    kind: &'p str,
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
    page(&Page {
        title: &format!("Plan of {}", plan.cluster),
        about: &format!("Reference architecture {}", plan.revision),
        kind: "plan",
        sections,
    })
}

fn page(page: &Page<'_>) -> tera::TeraResult<String> {
    let context = Context::from_serialize(page)?;
    template::page(PAGE, &[("style", "style_hash", STYLE)], context)
}

/// Writes sections of another report as such a page.
pub(crate) fn html_of(title: &str, about: &str, sections: Vec<Section>) -> String {
    let sections = sections.into_iter().map(|section| PageSection {
        id: id(&section),
        section,
        drawing: None,
    });
    let written = page(&Page {
        title,
        about,
        kind: "report",
        sections: sections.collect(),
    });
    written.unwrap_or_else(told)
}

/// Only a mistake in the template gets here. The tests would find it, so it is shown rather than hidden.
fn told(error: tera::Error) -> String {
    debug_assert!(false, "the page cannot be rendered: {error}");
    format!("the page cannot be rendered: {error}\n")
}

fn id(section: &Section) -> String {
    section
        .title
        .to_lowercase()
        .replace(' ', "-")
        .replace(',', "")
}

fn page_section(plan: &Plan, network: &Drawing, section: Section) -> PageSection {
    let drawing = match section.title.as_str() {
        "Interfaces of a node" => Some(network.clone()),
        "Profiles" => Some(profile_layers(plan)),
        _ => None,
    };
    PageSection {
        id: id(&section),
        section,
        drawing,
    }
}
