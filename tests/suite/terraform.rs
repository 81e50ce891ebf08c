//! `render --format terraform` writes a module that the provider takes, over the texts of the profiles.

use std::fs;

use hcl::{Body, Expression};
use serde_json::{Value, json};
use vmo_ra::pack::Library;
use vmo_ra::profile::{Profile, RegistryMetadata, Variable};
use vmo_ra::render::{Rendered, Renderer, terraform};
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::Site;

use crate::common::harness::{Scratch, files, is_golden, read, root};
use crate::common::nothing_wrong;

/// What the provider's documentation (0.29.9) says a block may hold.
fn schema() -> Value {
    serde_json::from_str(&read(&root("tests/terraform"), "provider.json")).expect("it is JSON")
}

fn parsed(module: &str) -> Body {
    hcl::from_str(module).unwrap_or_else(|error| panic!("{error}\n{module}"))
}

/// What a block has that the provider does not take, and what it lacks.
fn complaints(place: &str, known: &Value, body: &Body) -> Vec<String> {
    let mut wrong = Vec::new();
    let has: Vec<&str> = body.attributes().map(|attribute| attribute.key()).collect();
    let attributes = known["attributes"].as_object().expect("it is a map");
    wrong.extend(
        has.iter()
            .filter(|name| !attributes.contains_key(**name))
            .map(|name| format!("{place} has no {name}")),
    );
    let lacking = attributes
        .iter()
        .filter(|(name, need)| *need == "required" && !has.contains(&name.as_str()));
    wrong.extend(lacking.map(|(name, _)| format!("{place} needs {name}")));
    for block in body.blocks() {
        let name = block.identifier();
        match &known["blocks"][name] {
            Value::Null => wrong.push(format!("{place} has no block {name}")),
            inner => wrong.extend(complaints(&format!("{place}.{name}"), inner, block.body())),
        }
    }
    wrong
}

fn provider_takes(module: &str) {
    let schema = schema();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for block in parsed(module).blocks() {
        let kind = block.identifier();
        if kind == "resource" || kind == "data" {
            let name = block.labels()[0].as_str();
            wrong.extend(complaints(name, &schema[kind][name], block.body()));
            seen += 1;
        }
    }
    assert!(seen > 0, "{module}");
    nothing_wrong(&wrong);
}

/// Equals signs of neighbours stand below each other, as `terraform fmt` puts them.
fn is_aligned(module: &str) {
    let column = |line: &str| {
        let (name, _) = line.split_once(" = ")?;
        name.trim_start()
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == ' ')
            .then_some(name.len())
    };
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = module.lines().collect();
    for pair in lines.windows(2) {
        if indent(pair[0]) != indent(pair[1]) || pair.iter().any(|line| line.ends_with('{')) {
            continue;
        }
        if let (Some(one), Some(two)) = (column(pair[0]), column(pair[1])) {
            assert_eq!(one, two, "{}\n{}", pair[0], pair[1]);
        }
    }
}

#[test]
fn the_example_is_golden_and_its_texts_are_those_of_the_profiles() {
    let folder = Scratch::new();
    folder.run("render --format terraform --out module").ends(0);
    let module = read(&folder, "module/main.tf");
    is_golden("golden/terraform/main.tf", &module);
    provider_takes(&module);
    is_aligned(&module);
    folder.run("verify module").ends(0);
    let there = files(&folder.join("module"));
    let mut named = 0;
    for block in parsed(&module)
        .blocks()
        .filter(|block| block.identifier() == "resource")
    {
        let body = block.body();
        let name = text(body, "name");
        let golden = root(&format!("golden/1.9.0/{name}.json"));
        let golden: Value =
            serde_json::from_slice(&fs::read(golden).expect("it is there")).expect("it is JSON");
        let layers = golden["spec"]["template"]["packs"]
            .as_array()
            .expect("layers");
        let packs: Vec<&Body> = body
            .blocks()
            .filter(|block| block.identifier() == "pack")
            .map(|block| block.body())
            .collect();
        assert_eq!(packs.len(), layers.len());
        for (pack, layer) in packs.iter().zip(layers) {
            assert_eq!(layer["name"], text(pack, "name").as_str());
            let values = &there[&path(pack, "values")];
            // The provider leaves the last line's end out, as Palette's own pages do.
            assert_eq!(
                String::from_utf8_lossy(values).trim_end(),
                layer["values"].as_str().expect("a text").trim_end()
            );
            let manifests = pack.blocks().map(|block| block.body());
            let wanted = layer["manifests"].as_array().cloned().unwrap_or_default();
            for (manifest, wanted) in manifests.zip(&wanted) {
                assert_eq!(wanted["name"], text(manifest, "name").as_str());
                assert_eq!(
                    there[&path(manifest, "content")],
                    wanted["content"].as_str().expect("a text").as_bytes()
                );
                named += 1;
            }
            named += 1;
        }
    }
    assert_eq!(there.len(), named + 2, "beside main.tf and SHA256SUMS");
}

fn text(body: &Body, name: &str) -> String {
    let found = body.attributes().find(|attribute| attribute.key() == name);
    match found.map(|attribute| attribute.expr()) {
        Some(Expression::String(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

/// The file that `file("${path.module}/...")` names.
fn path(body: &Body, name: &str) -> String {
    let found = body
        .attributes()
        .find(|attribute| attribute.key() == name)
        .expect("it is there");
    let shown =
        hcl::to_string(&hcl::Attribute::new("x", found.expr().clone())).expect("it can be written");
    let (_, rest) = shown
        .split_once("${path.module}/")
        .expect("it names a file of the module");
    rest.split('"').next().expect("it ends").to_owned()
}

#[test]
fn what_profiles_may_hold_stays_what_it_is_in_terraform() {
    let revision = Revision::load(Revision::newest()).expect("it is built in");
    let library = Library::built_in().expect("it is whole");
    let renderer = Renderer::new(&revision, &library).expect("it can be made");
    let mut rendered: Rendered = renderer
        .render(&Site::example(), &[Role::Core])
        .expect("it can be rendered");
    let awkward = "${a} %{if} \"q\" \\ \u{e9}\nnext";
    let profile: &mut Profile = &mut rendered.profiles[0].profile;
    profile.metadata.description = awkward.to_owned();
    profile
        .metadata
        .labels
        .insert("team".to_owned(), json!("vm"));
    profile
        .metadata
        .labels
        .insert("lab".to_owned(), json!("spectro__tag"));
    profile.spec.template.packs[0].registry.metadata = RegistryMetadata {
        name: "Public Repo".to_owned(),
        kind: "oci".to_owned(),
        ..RegistryMetadata::default()
    };
    profile.spec.variables = vec![Variable {
        name: "size".to_owned(),
        display_name: awkward.to_owned(),
        format: "string".to_owned(),
        input_type: Some("dropdown".to_owned()),
        options: Some(json!([{"value": "s", "label": "small"}])),
        regex: Some("^${x}$".to_owned()),
        immutable: true,
        ..Variable::default()
    }];
    let module = terraform(&rendered, &revision).expect("it can be written");
    provider_takes(&module);
    is_aligned(&module);
    let body = parsed(&module);
    let registries: Vec<&str> = body
        .blocks()
        .filter(|block| block.identifier() == "data")
        .map(|block| block.labels()[1].as_str())
        .collect();
    assert_eq!(registries, ["public_repo", "public_repo_2"]);
    let profile = body
        .blocks()
        .find(|block| block.identifier() == "resource")
        .expect("the profile");
    assert!(
        module.contains(r#"  tags         = ["team:vm", "lab"]"#),
        "{module}"
    );
    assert!(module.contains("$${a} %%{if}"), "{module}");
    let options = hcl::to_string(profile.body()).expect("it can be written");
    assert!(options.contains("label = \"small\""), "{options}");
}
