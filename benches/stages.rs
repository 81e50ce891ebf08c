//! Each stage of the library by itself, without a process around it: `cargo bench --bench stages`.
//!
//! Inputs are the example, golden files and texts of real sizes made here. What has a size also says how much of it goes
//! through in a second.

#[allow(dead_code, reason = "the other benchmark uses the rest")]
#[path = "compare/inputs.rs"]
mod inputs;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use vmo_ra::check::{Input, check};
use vmo_ra::diagnostic::Source;
use vmo_ra::diff::{self, Options, compare};
use vmo_ra::disk::Entry;
use vmo_ra::nad::manifest;
use vmo_ra::output::Tree;
use vmo_ra::pack::{Library, Pack, PresetName, compose};
use vmo_ra::profile::folder::{PROFILE, join, split};
use vmo_ra::profile::{Document, Profile, read, to_palette_json};
use vmo_ra::render::{Request, render};
use vmo_ra::revision::{LayerDefinition, Revision, Role};
use vmo_ra::rules;
use vmo_ra::site::{Nad, NoInputs, Site, VlanId};
use vmo_ra::template::Engine;
use vmo_ra::yaml::{Limits, parse};

/// About the size of Cilium's values.
const VALUES: usize = 200_000;
/// About the size of an export with many layers of a vendor's.
const EXPORT: usize = 1_000_000;

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 1000])]
fn parse_site(bencher: Bencher, networks: usize) {
    let list = (0..networks).map(|number| format!("  - {{vlan: {}}}\n", number + 100));
    let text = format!(
        "network: {{vmVlans: 21-1100}}\nnads:\n{}",
        list.collect::<String>()
    );
    let text = if networks == 0 { String::new() } else { text };
    let source = Source::new("site.yaml", text);
    bencher
        .counter(ItemsCount::new(networks))
        .bench(|| Site::parse(black_box(&source), &NoInputs).expect("it has no mistakes"));
}

#[divan::bench]
fn load_revision_and_packs() -> (Revision, Library) {
    (newest(), built_in())
}

/// A layer alone: its templates, and its pack's values where it has a pack; and the rules over the site.
#[divan::bench(args = ["ubuntu-maas", "kubernetes", "vmo-vmtemplates"])]
fn render_layer(bencher: Bencher, layer: &str) {
    let mut revision = newest();
    let profile = revision
        .profiles
        .iter_mut()
        .find(|profile| profile.layers.iter().any(|one| one.pack == layer))
        .expect("the RA has the layer");
    let role = profile.role;
    let (alone, others) = profile
        .layers
        .drain(..)
        .partition(|one: &LayerDefinition| one.pack == layer);
    profile.layers = alone;
    // Its pack may ask for those of other layers, which are in the cluster but are not rendered.
    let beside = revision.profiles.iter_mut().find(|one| one.role != role);
    let beside = beside.expect("the RA has three profiles");
    beside.layers.extend::<Vec<_>>(others);
    bench_render(bencher, &revision, &[role]);
}

#[divan::bench]
fn render_example(bencher: Bencher) {
    bench_render(bencher, &newest(), &Role::ALL);
}

fn bench_render(bencher: Bencher, revision: &Revision, profiles: &[Role]) {
    let (site, library) = (Site::example(), built_in());
    let request = Request {
        site: &site,
        revision,
        library: &library,
        profiles,
        published: false,
    };
    bencher.bench(|| render(black_box(&request)).expect("the example has no mistakes"));
}

/// Cilium's presets, and an overlay of the size of what the RA changes, on values of real size.
#[divan::bench]
fn compose_values(bencher: Bencher) {
    let (revision, library) = (newest(), built_in());
    let definition = revision
        .profiles
        .iter()
        .flat_map(|profile| &profile.layers)
        .find(|layer| layer.pack == "cni-cilium-oss")
        .expect("the RA has Cilium");
    let built_in = library
        .find(&definition.pack, &definition.version)
        .expect("it is built in");
    let more = inputs::values(0, VALUES, false);
    let more = more.replacen("pack:\n  namespace: x\ncharts:", "others:", 1);
    let text = format!("{}\n{more}", built_in.values.text().trim_end());
    let size = text.len();
    let pack = Pack {
        values: Source::new("values.yaml", text),
        ..built_in
    };
    let presets: Vec<PresetName> = definition
        .presets
        .iter()
        .map(|preset| preset.parse().expect("it is a preset's name"))
        .collect();
    let overlay = golden("1.9.0/values/infra/03-cni-cilium-oss.yaml");
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| overlay.clone())
        .bench_values(|overlay| {
            compose(black_box(&pack), &presets, [overlay]).expect("they fit each other")
        });
}

#[divan::bench]
fn parse_yaml_with_places(bencher: Bencher) {
    let source = Source::new("values.yaml", inputs::values(0, VALUES, false));
    bencher
        .counter(BytesCount::of_str(source.text()))
        .bench(|| parse(black_box(&source), Limits::VALUES).expect("it is YAML"));
}

#[divan::bench]
fn write_palette_json(bencher: Bencher) {
    let profile = export(false);
    let size = to_palette_json(&profile).expect("it has a JSON form").len();
    bencher
        .counter(BytesCount::new(size))
        .bench(|| to_palette_json(black_box(&profile)));
}

#[divan::bench]
fn networks(bencher: Bencher) {
    let site = Site::example();
    let namespace = "default".parse().expect("it is a label");
    let nads: Vec<Nad> = (1..=1000)
        .map(|id| {
            let id: VlanId = id.to_string().parse().expect("it is a VLAN");
            Nad::with_prefix("vlan-", &namespace, Some(id), Some(false)).expect("it is a name")
        })
        .collect();
    let engine =
        Engine::new(&Revision::load(Revision::newest()).expect("the newest revision is there"));
    bencher.counter(ItemsCount::of_iter(&nads)).bench(|| {
        let manifests = nads
            .iter()
            .map(|nad| manifest(&engine, &site.network.bridge, nad));
        manifests.collect::<Result<Vec<_>, _>>()
    });
}

/// The infra profiles of both revisions, as exports.
#[divan::bench]
fn diff_revisions(bencher: Bencher) {
    let sides = ["1.7.0", "1.9.0"].map(|revision| profile(&infra(revision)));
    bench_diff(bencher, sides);
}

#[divan::bench]
fn diff_large_exports(bencher: Bencher) {
    bench_diff(bencher, [export(false), export(true)]);
}

fn bench_diff(bencher: Bencher, sides: [Profile; 2]) {
    let [old, new] = sides.map(|profile| diff::Input {
        name: "export".to_owned(),
        profiles: vec![profile],
        revision: None,
    });
    let (library, options) = (built_in(), Options::default());
    bencher.bench(|| compare(black_box(&old), &new, &library, &options).expect("they compare"));
}

#[divan::bench]
fn rules_over_site(bencher: Bencher) {
    let (site, revision) = (Site::example(), newest());
    bencher.bench(|| rules::check(black_box(&site), &revision));
}

/// The three profiles of the example, as exports.
#[divan::bench]
fn rules_over_exports(bencher: Bencher) {
    let names = [
        "VMO-RA-Infra-MaaS-PureFlashArray",
        "VMO-RA-Core-PXKE",
        "VMO-RA-Templates",
    ];
    let profiles = names.map(|name| profile(&golden(&format!("1.9.0/{name}.json"))));
    bench_check(bencher, &profiles);
}

#[divan::bench]
fn rules_over_large_export(bencher: Bencher) {
    bench_check(bencher, &[export(false)]);
}

/// Parses the texts of profiles and looks at them.
fn bench_check(bencher: Bencher, profiles: &[Profile]) {
    let (library, revision) = (built_in(), newest());
    let size: usize = profiles
        .iter()
        .flat_map(|profile| &profile.spec.template.packs)
        .map(|layer| layer.values.len())
        .sum();
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| profiles.to_vec())
        .bench_values(|profiles| {
            let mut input = Input::default();
            for (profile, number) in profiles.into_iter().zip(0..) {
                let file = format!("{number}.json");
                input.cluster.add_profile(file, profile, |layer, manifest| {
                    format!("{number} {layer} {manifest:?}")
                });
            }
            let report = check(&input, &revision, &library).expect("it has layers");
            (input, report)
        });
}

#[divan::bench]
fn split_export(bencher: Bencher) {
    let source = Source::new("export.json", inputs::profile(EXPORT, false));
    bencher
        .counter(BytesCount::of_str(source.text()))
        .with_inputs(|| Document::read(&source).expect("it is a profile"))
        .bench_values(|document| split(document).expect("it can be joined"));
}

#[divan::bench]
fn join_export(bencher: Bencher) {
    let source = Source::new("export.json", inputs::profile(EXPORT, false));
    let document = Document::read(&source).expect("it is a profile");
    let files = split(document).expect("it can be joined").files;
    let texts: BTreeMap<String, String> = files
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).expect("it is text")))
        .collect();
    let entries: BTreeMap<String, Entry> = texts
        .keys()
        .flat_map(|path| {
            let folders = path.match_indices('/');
            let folders = folders.map(|(end, _)| (path[..end].to_owned(), Entry::Folder));
            folders.chain([(path.clone(), Entry::File)])
        })
        .collect();
    let profile = Source::new(PROFILE, texts[PROFILE].as_str());
    bencher
        .counter(BytesCount::of_str(source.text()))
        .bench(|| {
            join(
                black_box(&profile),
                &entries,
                |path| Ok(texts[path].clone()),
            )
        });
}

/// The files of 1,000 networks, put into a tree with their checksums.
#[divan::bench]
fn checksums(bencher: Bencher) {
    let file = golden("1.9.0/manifests/vmo-networking/nad-vlan-30.yaml");
    let files: Vec<(String, Vec<u8>)> = (0..1000)
        .map(|number| (format!("nad-{number}.yaml"), file.text().into()))
        .collect();
    bencher
        .counter(BytesCount::new(file.text().len() * files.len()))
        .with_inputs(|| files.clone())
        .bench_values(|files| Tree::of_files(files).expect("their names differ"));
}

fn newest() -> Revision {
    Revision::load(Revision::newest()).expect("it is there")
}

fn built_in() -> Library {
    Library::built_in().expect("the built-in packs are good")
}

fn golden(path: &str) -> Source {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("golden")
        .join(path);
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{path}: {error}"));
    Source::new(path, text)
}

fn infra(revision: &str) -> Source {
    golden(&format!("{revision}/VMO-RA-Infra-MaaS-PureFlashArray.json"))
}

fn export(changed: bool) -> Profile {
    profile(&Source::new(
        "export.json",
        inputs::profile(EXPORT, changed),
    ))
}

fn profile(source: &Source) -> Profile {
    read(source).expect("it is a profile")
}
