//! Packs that are imported from rendered profiles bring nothing of one site into another: what a site makes of them is what
//! it makes of the packs that the profiles were rendered with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::Value;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::disk::local;
use vmo_ra::pack::Library;
use vmo_ra::pack::import::of_profile;
use vmo_ra::render::{RenderedProfile, Renderer};
use vmo_ra::revision::Role;

use crate::common::harness::{Scratch, read, write};
use crate::common::matrix::{self, Case};
use crate::common::{built_in, nothing_wrong, yaml};

/// The sites that differ in what they switch on in layers with built-in packs.
const SITES: [&str; 9] = [
    "example",
    "one-bond",
    "one-bond-br0-vlan",
    "traefik",
    "traefik-plain",
    "bgp",
    "saas",
    "storage-nodes-open",
    "everything-else",
];

/// The packs of a rendered cluster, in a folder.
fn imported(case: &Case, folder: &Scratch) -> Library {
    for each in &case.rendered.profiles {
        let imported = of_profile("rendered.json", &each.profile).expect("its packs have names");
        for pack in imported.packs {
            let path = folder.join(pack.folder());
            fs::create_dir_all(&path).expect("it is ours");
            for (name, bytes) in pack.files {
                fs::write(path.join(name), bytes).expect("it is ours");
            }
        }
    }
    Library::with_folders(&local(), &[folder.join(".")])
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The values of all layers, by their profile and name.
fn values(profiles: &[RenderedProfile]) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for each in profiles {
        for layer in &each.profile.spec.template.packs {
            let place = format!("{} / {}", each.role, layer.name);
            let values = yaml(&place, &layer.values);
            all.insert(place, values);
        }
    }
    all
}

/// The paths of what two trees do not share.
fn differences(one: &Value, other: &Value, way: &str, found: &mut String) {
    if let (Value::Object(one), Value::Object(other)) = (one, other) {
        for key in one
            .keys()
            .chain(other.keys().filter(|key| !one.contains_key(*key)))
        {
            let (one, other) = (one.get(key), other.get(key));
            let null = &Value::Null;
            differences(
                one.unwrap_or(null),
                other.unwrap_or(null),
                &format!("{way}.{key}"),
                found,
            );
        }
    } else if one != other {
        let _ = writeln!(found, "  {way}: {one} and not {other}");
    }
}

#[test]
fn what_one_site_switches_on_stays_off_in_another() {
    let cases = || {
        let all = matrix::cases().iter();
        all.filter(|case| SITES.contains(&case.site))
    };
    let (mut wrong, mut pairs, mut without_infra) = (Vec::new(), 0, 0);
    for source in cases() {
        let folder = Scratch::new();
        let library = imported(source, &folder);
        let revision = built_in::revision(source.revision);
        let renderer = Renderer::new(revision, &library).expect("it has layers");
        for target in cases().filter(|case| !case.published && case.revision == source.revision) {
            pairs += 1;
            let mut rendered = renderer.render(&target.input, &Role::ALL);
            if let Err(problems) = &rendered {
                // Only the profile's own presets are known of an imported pack.
                let is_preset =
                    |one: &Diagnostic| one.message().contains("was imported without its presets");
                assert!(problems.iter().all(is_preset), "{source}: {problems:?}");
                without_infra += 1;
                rendered = renderer.render(&target.input, &[Role::Core, Role::Templates]);
            }
            let rendered = rendered.unwrap_or_else(|problems| panic!("{source}: {problems:?}"));
            let expected = values(&target.rendered.profiles);
            for (place, found) in values(&rendered.profiles) {
                let mut differs = String::new();
                let wanted = expected.get(&place).unwrap_or(&Value::Null);
                differences(&found, wanted, "", &mut differs);
                if !differs.is_empty() {
                    wrong.push(format!(
                        "{place} of {target}, from packs of {source}:\n{differs}"
                    ));
                }
            }
        }
    }
    println!(
        "{pairs} pairs of sites, {without_infra} of them without the infra profile, whose presets differ"
    );
    nothing_wrong(&wrong);
    assert!(without_infra < pairs);
}

/// What the vendor has is not known where nobody has our pack of it, and what the authors of a profile added is theirs.
#[test]
fn what_authors_added_to_a_profile_stays() {
    let folder = Scratch::new();
    write(
        &folder,
        "bgp.yaml",
        "network: {metallb: {mode: bgp, bgp: {localAsn: 64512, peerAsn: 64513, peerAddress: 10.20.30.1}}}\n",
    );
    folder
        .run("render --site bgp.yaml --profile core --out bgp")
        .ends(0);
    let file = "bgp/VMO-RA-Core-PXKE.json";
    let edited = read(&folder, file).replace(
        "bgppeers:\\n        router:",
        "myOwn: 1\\n      bgppeers:\\n        router:",
    );
    write(&folder, "edited.json", edited);
    folder.run("packs import edited.json --out packs").ends(0);
    let run = folder.run("render --profile core --packs packs --out out");
    run.ends(0).mentions(
        "note: `lb-metallb-helm` 0.15.3 was imported from a profile, and settings of the RA that this site does not make are removed: `charts.metallb-full.configuration.bgpadvertisements.default`, `charts.metallb-full.configuration.bgppeers.router`\n",
    );
    let values = read(&folder, "out/values/core/01-lb-metallb-helm.yaml");
    assert!(values.contains("myOwn: 1"), "{values}");
    assert!(!values.contains("peerASN"), "{values}");
}

/// Edits of the profile that a pack was imported from are no vendor's, and an upgrade does not lose them.
#[test]
fn an_upgrade_does_not_take_edits_for_the_vendors() {
    let folder = Scratch::new();
    let vendors = |name: &str, version: &str, values: &str| {
        let description =
            format!(r#"{{"name": "nginx", "version": "{version}", "layer": "addon"}}"#);
        write(&folder, &format!("{name}/nginx/pack.json"), description);
        write(&folder, &format!("{name}/nginx/values.yaml"), values);
    };
    let chart = "charts:\n  ingress-nginx:\n    controller:\n";
    vendors("old", "1.12.2", &format!("{chart}      theirs: 1\n"));
    vendors("new", "1.15.4", &format!("{chart}      theirs: 2\n"));
    let profile = "VMO-RA-Core-PXKE.json";
    folder
        .run("render --revision 1.7.0 --profile core --packs old --out mine")
        .ends(0);
    let edited = read(&folder, &format!("mine/{profile}"))
        .replace("theirs: 1\\n", "theirs: 1\\n      myEdit: 7\\n");
    write(&folder, "mine.json", edited);
    folder.run("packs import mine.json --out imported").ends(0);
    let why = "nginx: only the RA's own settings are merged, and the rest stays yours: the pack `nginx` 1.12.2 was imported from a profile, and its edits would count as the vendor's";
    for (old, vendors_value, why) in [("old", "2", None), ("imported", "1", Some(why))] {
        let line =
            format!("upgrade mine.json --from 1.7.0 --packs {old} --packs new --out up-{old}");
        let told = folder.run(line.as_str()).told();
        let values = read(&folder, &format!("up-{old}/{profile}"));
        assert!(values.contains("myEdit: 7"), "{old}: {told}");
        assert!(
            values.contains(&format!("theirs: {vendors_value}")),
            "{old}: {told}"
        );
        assert_eq!(
            told.contains("imported from a profile"),
            why.is_some(),
            "{told}"
        );
        if let Some(why) = why {
            assert!(told.contains(why), "{told}");
        }
    }
}
