//! NetworkAttachmentDefinitions: the CNI configuration is typed and written as JSON, the manifest around it a template.
//!
//! ```
//! use vmo_ra::nad::manifest;
//! use vmo_ra::revision::Revision;
//! use vmo_ra::site::Site;
//! use vmo_ra::template::Engine;
//!
//! let engine = Engine::new(&Revision::load(Revision::newest())?);
//! let site = Site::example();
//! for nad in &site.nads.list {
//!     let yaml = manifest(&engine, &site.network.bridge, nad)?;
//!     assert!(yaml.contains("kind: NetworkAttachmentDefinition"));
//! }
//! # Ok::<(), vmo_ra::diagnostic::Diagnostic>(())
//! ```

use serde::Serialize;
use tera::Context;

use crate::diagnostic::{Code, Diagnostic};
use crate::site::{InterfaceName, Nad};
use crate::template::Engine;

/// The template of the manifest around the configuration.
const TEMPLATE: &str = "templates/vmo-networking/nad-vlan.yaml";

/// The configuration of the CNI bridge plugin. The order of the fields is that of the RA's text, whose readers are told
/// to edit lines 4, 10, 12 and 13 of the manifest.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BridgeConfig<'n> {
    cni_version: &'static str,
    name: &'n str,
    #[serde(rename = "type")]
    plugin: &'static str,
    bridge: &'n str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vlan: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preserve_default_vlan: Option<bool>,
    ipam: Ipam,
}

/// No address management: the VM or its network's DHCP server sees to that.
#[derive(Debug, Serialize)]
struct Ipam {}

/// The manifest of a NAD.
///
/// # Errors
/// The template is broken: a mistake in this crate.
pub fn manifest(engine: &Engine, bridge: &InterfaceName, nad: &Nad) -> Result<String, Diagnostic> {
    let config = BridgeConfig {
        cni_version: "0.3.1",
        name: nad.name.as_str(),
        plugin: "bridge",
        bridge: bridge.as_str(),
        vlan: nad.vlan.map(|id| id.get()),
        // Without a VLAN the plugin does not look at it.
        preserve_default_vlan: nad.vlan.and(nad.preserve_default_vlan),
        ipam: Ipam {},
    };
    let config = serde_json::to_string_pretty(&config).map_err(|error| {
        Diagnostic::error(format!(
            "the network `{}` has no JSON form: {error}",
            nad.name
        ))
        .code(Code::Internal)
    })?;
    let mut context = Context::new();
    context.insert("item", nad);
    context.insert("config", &config);
    engine.render(TEMPLATE, &context)
}
