//! Files and commands that a layer puts on the nodes, each a template of its own.

use serde::{Deserialize, Serialize};
use tera::Context;

use crate::diagnostic::{Code, Diagnostic, Source};
use crate::site::Site;
use crate::template::Engine;
use crate::user_data::jinja;
use crate::yaml::{self, Limits};

/// An entry of a layer's `files.yaml`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    /// A template and where it lands.
    File(FileEntry),
    /// One file for each of the site's certificates.
    #[serde(rename_all = "camelCase")]
    Certificates {
        #[serde(rename = "caCertificates")]
        _ca_certificates: bool,
        directory: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileEntry {
    path: String,
    template: String,
    owner: String,
    permissions: String,
    when: When,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum When {
    Always,
    Multipath,
    FlashArray,
    SanBoot,
}

impl When {
    /// Whether the site has use for the file.
    fn holds(&self, site: &Site) -> bool {
        let storage = &site.storage.node.needs;
        match self {
            When::Always => true,
            When::Multipath => storage.multipath,
            When::FlashArray => storage.devices == "pure",
            // The names of maps change only where multipath.conf does.
            When::SanBoot => storage.multipath && site.nodes.san_boot,
        }
    }
}

/// A file on a node, as the overlay's template sees it.
#[derive(Serialize)]
struct NodeFile {
    path: String,
    owner: String,
    permissions: String,
    content: String,
}

/// Adds `files`, `preCommands` and `postCommands` to the context of a layer that has a `files.yaml`.
pub(super) fn add(
    engine: &Engine,
    site: &Site,
    folder: &str,
    context: &mut Context,
) -> Result<(), Vec<Diagnostic>> {
    let listing = format!("{folder}/files.yaml");
    let Some(text) = engine.source(&listing) else {
        return Ok(());
    };
    let source = Source::new(format!("templates/{listing}"), text);
    let entries: Vec<Entry> = serde_json::from_value(yaml::to_json(&source, Limits::INPUT)?)
        .map_err(|error| {
            vec![
                Diagnostic::error(format!("`templates/{listing}` is broken: {error}"))
                    .code(Code::Internal),
            ]
        })?;
    let mut texts = Texts {
        engine,
        problems: Vec::new(),
    };
    let mut files = Vec::new();
    for entry in entries {
        match entry {
            Entry::File(file) if !file.when.holds(site) => {}
            Entry::File(file) => files.extend(
                texts
                    .render(&format!("{folder}/files/{}", file.template))
                    .map(|content| NodeFile {
                        path: file.path,
                        owner: file.owner,
                        permissions: file.permissions,
                        content,
                    }),
            ),
            Entry::Certificates { directory, .. } => files.extend(
                site.nodes
                    .ca_certificates
                    .iter()
                    .map(|certificate| NodeFile {
                        path: format!("{directory}/{}.crt", certificate.name),
                        owner: "root:root".to_owned(),
                        permissions: "0644".to_owned(),
                        content: certificate.pem.clone(),
                    }),
            ),
        }
    }
    let pre = texts.commands(&format!("{folder}/commands/pre/"));
    let post = texts.commands(&format!("{folder}/commands/post/"));
    if !texts.problems.is_empty() {
        return Err(texts.problems);
    }
    context.insert("files", &files);
    context.insert("preCommands", &pre);
    context.insert("postCommands", &post);
    Ok(())
}

struct Texts<'e> {
    engine: &'e Engine,
    problems: Vec<Diagnostic>,
}

impl Texts<'_> {
    fn commands(&mut self, folder: &str) -> Vec<String> {
        let engine = self.engine;
        engine
            .below(folder)
            .filter_map(|name| self.render(name))
            // What a site has no use for renders to nothing.
            .filter(|text| !text.trim().is_empty())
            .collect()
    }

    fn render(&mut self, name: &str) -> Option<String> {
        let text = match self.engine.render(name, &Context::new()) {
            Ok(text) => text,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        if let Some(at) = jinja(&text) {
            let source = Source::new(format!("templates/{name}, rendered"), text.as_str());
            self.problems.push(
                Diagnostic::error("node user-data is a Jinja template, which this text would break").code(Code::WrongValue)
                    .at(&source, at..at + 2)
                    .help("cloud-init reads `{{`, `{%` and `{#` as template syntax, in the shell's `${#name}` too; only Palette's macros are allowed there"),
            );
            return None;
        }
        Some(text)
    }
}
