//! Drawings of a plan as boxes and lines, for the page's inline SVG: the host network from the card to the VM, and the
//! layers of the profiles.

use serde::Serialize;

use super::Plan;
use crate::network::{Host, Interface, Kind, Port};
use crate::site::Site;

/// Sizes in units of the SVG.
const BOX: (i32, i32) = (150, 46);
const GAP: (i32, i32) = (24, 40);
const MARGIN: i32 = 12;
const LAYER: (i32, i32) = (320, 30);
/// How wide a character is, at the most on average.
const CHARACTER: i32 = 7;
/// The most characters of a line in a box.
const LONGEST: usize = 34;

/// A drawing.
#[derive(Clone, Debug, Serialize)]
pub struct Drawing {
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// Its lines, drawn below the boxes.
    pub lines: Vec<Line>,
    /// Its boxes.
    pub boxes: Vec<Shape>,
}

/// A line between two points.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// Where it begins, from the left.
    pub x1: i32,
    /// Where it begins, from the top.
    pub y1: i32,
    /// Where it ends, from the left.
    pub x2: i32,
    /// Where it ends, from the top.
    pub y2: i32,
}

/// A box with two lines of text.
#[derive(Clone, Debug, Serialize)]
pub struct Shape {
    /// Its left edge.
    pub x: i32,
    /// Its upper edge.
    pub y: i32,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
    /// What it is: `card`, `bond`, `vlan`, `bridge`, `vm`, `port`, `profile`, `layer`.
    pub class: &'static str,
    /// Its name.
    pub name: String,
    /// What else there is to say; may be empty.
    pub detail: String,
}

/// Something that is on a level of the host's drawing.
struct Standing {
    name: String,
    detail: String,
    class: &'static str,
    /// What it is on, by name.
    on: Vec<String>,
}

/// A worker's network, from the switch ports at the bottom to the VMs at the top.
pub fn host_network(host: &Host, site: &Site) -> Drawing {
    let ports = host.ports.iter().map(|port| Standing {
        name: format!("switch port {}", port.card),
        detail: format!("VLANs {}", trunk_in_words(port)),
        class: "port",
        on: Vec::new(),
    });
    let mut levels: Vec<Vec<Standing>> = vec![ports.collect()];
    for interface in &host.interfaces {
        let on: Vec<String> = match &interface.kind {
            Kind::Card { .. } => vec![format!("switch port {}", interface.name)],
            _ => interface.parts().iter().map(ToString::to_string).collect(),
        };
        let is_below = |level: &Vec<Standing>| level.iter().any(|known| on.contains(&known.name));
        let level = levels
            .iter()
            .rposition(is_below)
            .map_or(0, |below| below + 1);
        if level == levels.len() {
            levels.push(Vec::new());
        }
        levels[level].push(Standing {
            name: interface.name.to_string(),
            detail: detail(interface),
            class: class(interface),
            on,
        });
    }
    if let Some(bridge) = host.bridge()
        && host.runs_vms
    {
        let vms = vms(site).into_iter().map(|(name, detail)| Standing {
            name,
            detail,
            class: "vm",
            on: vec![bridge.name.to_string()],
        });
        levels.push(vms.collect());
    }
    let layout = site.network.layout.as_str();
    place(
        &levels,
        format!("The network of a node in the layout {layout}"),
    )
}

/// What passes through a switch port, by the numbers that are known.
fn trunk_in_words(port: &Port) -> String {
    match (port.trunk(), port.is_native_unknown()) {
        (trunk, true) if trunk.is_empty() => "native".to_owned(),
        (trunk, true) => format!("native, {trunk}"),
        (trunk, false) => trunk.to_string(),
    }
}

/// The VMs' networks: the VLANs as one box, and what is untagged as another.
fn vms(site: &Site) -> Vec<(String, String)> {
    let mut boxes = vec![("VMs".to_owned(), format!("VLANs {}", site.network.vm_vlans))];
    if site.nads.list.iter().any(|nad| nad.vlan.is_none()) {
        boxes.push(("VMs, untagged".to_owned(), "native VLAN".to_owned()));
    }
    boxes
}

fn class(interface: &Interface) -> &'static str {
    match interface.kind {
        Kind::Card { .. } => "card",
        Kind::Bond { .. } => "bond",
        Kind::Vlan { .. } => "vlan",
        Kind::Bridge { .. } => "bridge",
    }
}

fn detail(interface: &Interface) -> String {
    let networks: Vec<String> = interface
        .attachments
        .iter()
        .map(|attachment| attachment.cidr.to_string())
        .collect();
    match &interface.kind {
        Kind::Card { .. } => "card".to_owned(),
        Kind::Bond { bonding, .. } if networks.is_empty() => bonding.mode().as_str().to_owned(),
        Kind::Bridge { .. } if networks.is_empty() => "bridge".to_owned(),
        _ => networks.join(", "),
    }
}

/// A text that a box has room for; the tables have all of it.
fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept = text.chars().take(LONGEST - 1);
    kept.chain(['…']).collect()
}

/// Gives everything its place: levels from the bottom up, and on each level the order of what it is on.
fn place(levels: &[Vec<Standing>], description: String) -> Drawing {
    let texts = levels
        .iter()
        .flatten()
        .flat_map(|one| [&one.name, &one.detail]);
    let longest = texts.map(|text| text.chars().count().min(LONGEST)).max();
    let longest = longest.and_then(|longest| i32::try_from(longest).ok());
    let wide = BOX.0.max(longest.unwrap_or(0) * CHARACTER + MARGIN);
    let length = |count: usize, of: i32, gap: i32| -> i32 {
        let count = i32::try_from(count).unwrap_or(0);
        count * of + (count - 1).max(0) * gap
    };
    let span = |level: &Vec<Standing>| length(level.len(), wide, GAP.0);
    let width = levels.iter().map(span).max().unwrap_or(0) + 2 * MARGIN;
    let height = length(levels.len(), BOX.1, GAP.1) + 2 * MARGIN;
    let mut boxes: Vec<Shape> = Vec::new();
    let mut lines = Vec::new();
    for (level, number) in levels.iter().zip(1..) {
        let y = height - MARGIN - number * BOX.1 - (number - 1) * GAP.1;
        // Even, and centred: the RA's own order already keeps what belongs together side by side.
        let left = (width - span(level)) / 2;
        for (one, index) in level.iter().zip(0..) {
            let x = left + index * (wide + GAP.0);
            for below in &one.on {
                if let Some(base) = boxes.iter().find(|shape| shape.name == *below) {
                    lines.push(Line {
                        x1: x + wide / 2,
                        y1: y + BOX.1,
                        x2: base.x + wide / 2,
                        y2: base.y,
                    });
                }
            }
            boxes.push(Shape {
                x,
                y,
                width: wide,
                height: BOX.1,
                class: one.class,
                name: one.name.clone(),
                detail: shortened(&one.detail),
            });
        }
    }
    Drawing {
        description,
        width,
        height,
        lines,
        boxes,
    }
}

/// The profiles side by side, each with its layers from the bottom up.
pub fn profile_layers(plan: &Plan) -> Drawing {
    let most = plan
        .profiles
        .iter()
        .map(|profile| profile.layers.len())
        .max()
        .unwrap_or(0);
    let row = LAYER.1 + 6;
    let rows = i32::try_from(most + 1).unwrap_or(0);
    let height = rows * row + 2 * MARGIN;
    let columns = i32::try_from(plan.profiles.len()).unwrap_or(0);
    let width = columns * LAYER.0 + (columns - 1).max(0) * GAP.0 + 2 * MARGIN;
    let mut boxes = Vec::new();
    for (profile, column) in plan.profiles.iter().zip(0..) {
        let layers = profile.layers.iter();
        let layers = layers.map(|layer| ("layer", &layer.name, layer.version.clone()));
        let stack = [("profile", &profile.name, String::new())]
            .into_iter()
            .chain(layers);
        boxes.extend(stack.zip(0..).map(|((class, name, detail), index)| Shape {
            x: MARGIN + column * (LAYER.0 + GAP.0),
            y: height - MARGIN - LAYER.1 - index * row,
            width: LAYER.0,
            height: LAYER.1,
            class,
            name: name.clone(),
            detail,
        }));
    }
    Drawing {
        description:
            "The layers of the three profiles, in the order they are installed from the bottom up"
                .to_owned(),
        width,
        height,
        lines: Vec::new(),
        boxes,
    }
}
