//! Drawings of a plan as boxes and lines, for the page's inline SVG: the host network from the card to the VM, and the
//! layers of the profiles.

use serde::Serialize;

use super::Plan;
use crate::network::{Host, Interface, Kind};
use crate::site::Site;

/// Sizes in units of the SVG.
const BOX: (i32, i32) = (150, 46);
const GAP: (i32, i32) = (24, 40);
const MARGIN: i32 = 12;
const LAYER: (i32, i32) = (320, 30);

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

/// Something that stands on a level of the host's drawing.
struct Standing {
    name: String,
    detail: String,
    class: &'static str,
    /// What it stands on, by name.
    on: Vec<String>,
    level: usize,
}

/// A worker's network, from the switch ports at the bottom to the VMs at the top.
pub fn host_network(host: &Host, site: &Site) -> Drawing {
    let mut standing: Vec<Standing> = Vec::new();
    for port in &host.ports {
        standing.push(Standing {
            name: format!("switch port {}", port.card),
            detail: format!("VLANs {}", port.allowed()),
            class: "port",
            on: Vec::new(),
            level: 0,
        });
    }
    for interface in &host.interfaces {
        let on = match &interface.kind {
            Kind::Card { .. } => vec![format!("switch port {}", interface.name)],
            _ => interface.parts().iter().map(ToString::to_string).collect(),
        };
        let below = on
            .iter()
            .filter_map(|name| standing.iter().find(|known| known.name == *name))
            .map(|known| known.level)
            .max();
        standing.push(Standing {
            name: interface.name.to_string(),
            detail: detail(interface),
            class: class(interface),
            on,
            level: below.map_or(0, |level| level + 1),
        });
    }
    if let Some(bridge) = host.bridge()
        && host.runs_vms
    {
        let level = standing.iter().map(|known| known.level).max().unwrap_or(0) + 1;
        for vlan in vms(site) {
            standing.push(Standing {
                name: vlan.0,
                detail: vlan.1,
                class: "vm",
                on: vec![bridge.name.to_string()],
                level,
            });
        }
    }
    place(
        standing,
        format!(
            "The network of a node in the layout {}",
            site.network.layout.as_str()
        ),
    )
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

/// Gives everything its place: levels from the bottom up, and on each level the order of what it stands on.
fn place(standing: Vec<Standing>, description: String) -> Drawing {
    let levels = standing.iter().map(|one| one.level).max().unwrap_or(0) + 1;
    let widest = (0..levels)
        .map(|level| standing.iter().filter(|one| one.level == level).count())
        .max()
        .unwrap_or(0);
    let span = |count: usize| -> i32 {
        let count = i32::try_from(count).unwrap_or(0);
        count * BOX.0 + (count - 1).max(0) * GAP.0
    };
    let width = span(widest) + 2 * MARGIN;
    let rows = i32::try_from(levels).unwrap_or(0);
    let height = rows * BOX.1 + (rows - 1).max(0) * GAP.1 + 2 * MARGIN;
    let mut boxes: Vec<Shape> = Vec::new();
    let mut lines = Vec::new();
    for level in 0..levels {
        let row: Vec<&Standing> = standing.iter().filter(|one| one.level == level).collect();
        let y = height - MARGIN - BOX.1 - i32::try_from(level).unwrap_or(0) * (BOX.1 + GAP.1);
        // Even, and centred: the RA's own order already keeps what belongs together side by side.
        let left = (width - span(row.len())) / 2;
        for (one, index) in row.into_iter().zip(0..) {
            let x = left + index * (BOX.0 + GAP.0);
            for below in &one.on {
                if let Some(base) = boxes.iter().find(|shape| shape.name == *below) {
                    lines.push(Line {
                        x1: x + BOX.0 / 2,
                        y1: y + BOX.1,
                        x2: base.x + BOX.0 / 2,
                        y2: base.y,
                    });
                }
            }
            boxes.push(Shape {
                x,
                y,
                width: BOX.0,
                height: BOX.1,
                class: one.class,
                name: one.name.clone(),
                detail: one.detail.clone(),
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
        let x = MARGIN + column * (LAYER.0 + GAP.0);
        boxes.push(Shape {
            x,
            y: height - MARGIN - LAYER.1,
            width: LAYER.0,
            height: LAYER.1,
            class: "profile",
            name: profile.name.clone(),
            detail: String::new(),
        });
        for (layer, index) in profile.layers.iter().zip(1..) {
            boxes.push(Shape {
                x,
                y: height - MARGIN - LAYER.1 - index * row,
                width: LAYER.0,
                height: LAYER.1,
                class: "layer",
                name: layer.name.clone(),
                detail: layer.version.clone(),
            });
        }
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
