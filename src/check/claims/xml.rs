//! XML as a tree that paths can address.

use serde_json::{Map, Value};

/// How deep elements may be nested.
const DEPTH: usize = 100;

/// The root element below its name. An element with only text is that text. Others have their attributes and, by name, their
/// elements; elements that have attributes or occur several times are lists.
pub(super) fn tree(text: &str) -> Result<Value, String> {
    let document = roxmltree::Document::parse(text.trim_start())
        .map_err(|error| format!("no XML: {error}"))?;
    let root = document.root_element();
    let mut tree = Map::new();
    tree.insert(root.tag_name().name().to_owned(), element(root, 0)?);
    Ok(Value::Object(tree))
}

fn element(node: roxmltree::Node<'_, '_>, depth: usize) -> Result<Value, String> {
    if depth > DEPTH {
        return Err(format!("elements nested deeper than {DEPTH}"));
    }
    let attributes = node.attributes();
    let mut map: Map<String, Value> = attributes
        .map(|attribute| (attribute.name().to_owned(), attribute.value().into()))
        .collect();
    for child in node.children().filter(roxmltree::Node::is_element) {
        let name = child.tag_name().name();
        let value = element(child, depth + 1)?;
        let is_listed = child.attributes().len() > 0;
        match map.get_mut(name) {
            Some(Value::Array(items)) => items.push(value),
            Some(known) => *known = Value::Array(vec![known.take(), value]),
            None if is_listed => {
                map.insert(name.to_owned(), Value::Array(vec![value]));
            }
            None => {
                map.insert(name.to_owned(), value);
            }
        }
    }
    if map.is_empty() {
        return Ok(node.text().unwrap_or_default().trim().into());
    }
    Ok(Value::Object(map))
}
