//! `vmo-ra recover` writes the site that gives profiles: rendered again, it gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use vmo_ra::check::{Input, check};
use vmo_ra::diagnostic::{Severity, Source};
use vmo_ra::profile::{Profile, read, to_palette_json};
use vmo_ra::recover::{Recovered, Request, nearest, recover};
use vmo_ra::render::Renderer;
use vmo_ra::revision::{Revision, Role};
use vmo_ra::site::Site;

use crate::common::harness::{
    Scratch, files, is_golden, names, read as read_file, root, vmo_ra, write,
};
use crate::common::matrix::{Known, cases};
use crate::common::sites::{Item, LEAVES, fill, library, put, tried};
use crate::common::{Shared, add_profile, built_in, nothing_wrong, yaml};

fn recovered(profiles: &[Profile], revision: &Revision) -> Recovered {
    recover(&Request {
        profiles,
        trees: &[],
        revision,
        library: library(true),
        is_answer: false,
    })
    .unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn bytes(profiles: &[Profile]) -> Vec<String> {
    let json = profiles
        .iter()
        .map(|one| to_palette_json(one).expect("it has a JSON form"));
    json.map(|json| String::from_utf8(json).expect("JSON is UTF-8"))
        .collect()
}

/// The renderer of a revision, for all tests.
fn renderer(revision: &Revision) -> &'static Renderer<'static> {
    static ALL: LazyLock<BTreeMap<&str, Renderer<'static>>> = LazyLock::new(|| {
        let all = Revision::names().into_iter().filter_map(|name| {
            let revision = built_in::revision(name);
            Some((name, Renderer::new(revision, library(true)).ok()?))
        });
        all.collect()
    });
    &ALL[revision.name.as_str()]
}

/// The profiles of a site, or what is said against it.
fn rendered(site: &Site, revision: &Revision) -> Result<Vec<Profile>, String> {
    match renderer(revision).render(site, &Role::ALL) {
        Ok(rendered) => Ok(rendered
            .profiles
            .into_iter()
            .map(|one| one.profile)
            .collect()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

fn of_text(text: &str, revision: &Revision) -> Result<Vec<Profile>, String> {
    let site = Site::parse(&Source::new("site.yaml", text), &Known);
    let shown = |problems: Vec<vmo_ra::diagnostic::Diagnostic>| -> String {
        problems.iter().map(ToString::to_string).collect()
    };
    rendered(&site.map_err(shown)?, revision)
}

/// Something for each, on all cores.
fn of_each<T: Sync, R: Send>(all: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(2, usize::from);
    let work = || {
        let mut done = Vec::new();
        while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(run(one));
        }
        done
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no panic"))
            .collect()
    })
}

/// The site that is recovered from profiles, or what is wrong with it.
fn checked(name: &str, profiles: &[Profile], revision: &Revision) -> Result<Recovered, String> {
    let found = recovered(profiles, revision);
    let places: Vec<String> = (found.unexpressed.changes.iter())
        .map(|change| format!("  {}\n", change.place()))
        .collect();
    let told = |what: &str| Err(format!("{name}: {what}\n{}{}", places.concat(), found.text));
    match rendered(&found.site, revision) {
        Err(problem) => told(&problem),
        Ok(again) if bytes(&again) != bytes(profiles) => told("other bytes"),
        Ok(_) if !places.is_empty() => told("the same bytes, and differences"),
        Ok(_) => match against(&found.site, profiles, revision) {
            problems if problems.is_empty() => Ok(found),
            problems => told(&problems),
        },
    }
}

/// The errors that `check` finds in a site, beside those in the profiles that it comes from.
fn against(site: &Site, profiles: &[Profile], revision: &Revision) -> String {
    let mut of_profiles = Input::default();
    for (number, profile) in profiles.iter().enumerate() {
        let file = format!("profile {number}");
        add_profile(&mut of_profiles.cluster, &file, profile.clone());
    }
    let of_site = Input {
        sites: vec![(site.clone(), Vec::new())],
        ..Input::default()
    };
    let [known, found] = [of_profiles, of_site].map(|input| {
        let findings = check(&input, revision, library(true))
            .expect("it has layers")
            .findings
            .into_iter();
        let errors = findings.filter(|one| one.severity == Severity::Error);
        errors.collect::<Vec<_>>()
    });
    let found = found
        .into_iter()
        .filter(|one| !known.iter().any(|known| known.id == one.id));
    found.map(|one| one.diagnostic.to_string()).collect()
}

/// The settings that a site says, as the list of settings names them.
fn said(tree: &Value, path: &str, settings: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    match tree {
        Value::Object(map) => {
            for (key, value) in map {
                let below = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                let below = match settings.contains(&below) {
                    true => below,
                    false => format!("{path}.*"),
                };
                said(value, &below, settings, found);
            }
        }
        Value::Array(items) => {
            let items = items.iter();
            items.for_each(|item| said(item, &format!("{path}[]"), settings, found));
        }
        _ => {}
    }
}

/// Sites that say what those of the matrix do not.
const MORE: [(&str, &str); 8] = [
    (
        "data-vlan",
        "network: {data: {vlan: 120}}\nregistries: {packs: {nginx: {name: Own, syncSupported: false}}}",
    ),
    ("more", include_str!("../recover/more.yaml")),
    (
        "data-elsewhere",
        "network: {data: {cidr: 192.168.7.0/24, gateway: 192.168.7.1}, metallb: {addresses: [192.168.7.200/29, 192.168.7.100-192.168.7.120]}}",
    ),
    (
        "pods-in-the-usual-networks",
        "network: {podCidr: 10.0.0.0/9, pxe: {cidr: 192.168.1.0/24}, data: {cidr: 192.168.7.0/24}, metallb: {addresses: [192.168.7.9]}}",
    ),
    (
        "many-cpus",
        "nodes: {cpus: 256, reservedCpus: '0-3,128-131'}",
    ),
    (
        "much-memory",
        "nodes: {memoryPerNumaNode: 1Ti, reservedMemory: {system: 600Gi}}",
    ),
    (
        "saas-key",
        "storage: {licence: {type: saas, saasKey: {env: TOKEN}}}",
    ),
    (
        "driver",
        "storage: {provider: trident, provisioner: csi.example.com, storageClass: {name: fast}}",
    ),
];

/// Settings that show only where another does, which is recovered in their stead: profiles do not tell them apart.
const SHOWN_BY_OTHERS: [(&str, &str); 2] = [
    ("network.metallb.interface", "network.data.interface"),
    ("storage.dataInterface", "network.management.interface"),
];

/// Each example, in one revision and the next by turns; every setting that leaves a trace in profiles is recovered from some of
/// them.
#[test]
fn the_recovered_site_of_every_example_gives_the_same_bytes() {
    let revisions = ["1.7.0", "1.9.0"];
    let mut by_site: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases().iter().filter(|case| !case.published) {
        by_site.entry(case.site).or_default().push(case);
    }
    let by_turns = (by_site.into_values().zip(0..)).map(|(cases, turn)| cases[turn % cases.len()]);
    let mut all: Vec<(String, Vec<Profile>, &str)> = by_turns
        .map(|case| {
            let profiles = case.rendered.profiles.iter().map(|one| one.profile.clone());
            (case.to_string(), profiles.collect(), case.revision)
        })
        .collect();
    for ((name, text), revision) in MORE.into_iter().zip(revisions.into_iter().cycle()) {
        let profiles = of_text(text, built_in::revision(revision));
        let profiles = profiles.unwrap_or_else(|problem| panic!("{name}: {problem}"));
        all.push((format!("RA {revision}, site {name}"), profiles, revision));
    }
    let sites = of_each(&all, |(name, profiles, revision)| {
        checked(name, profiles, built_in::revision(revision))
    });
    let (sites, wrong): (Vec<_>, Vec<_>) = sites.into_iter().partition(Result::is_ok);
    nothing_wrong(
        &wrong
            .into_iter()
            .filter_map(Result::err)
            .collect::<Vec<_>>(),
    );

    let settings: BTreeSet<String> = Site::settings()
        .iter()
        .map(|one| one.path.clone())
        .collect();
    let mut found = BTreeSet::new();
    for site in sites.into_iter().flatten() {
        let mut of_site = BTreeSet::new();
        said(&yaml("a site", &site.text), "", &settings, &mut of_site);
        // What was chosen was not recovered.
        found.extend(
            of_site
                .into_iter()
                .filter(|path| !site.chosen.contains(path)),
        );
    }
    let list = without_trace();
    let mut wrong = Vec::new();
    for (setting, _) in LEAVES.iter() {
        let path = &setting.path;
        let by_another = SHOWN_BY_OTHERS.iter().find(|(one, _)| one == path);
        let in_its_stead = by_another.is_some_and(|(_, other)| found.contains(*other));
        let is_found = found.contains(path) || in_its_stead;
        match (is_found, list.contains_key(path)) {
            (false, false) => wrong.push(format!("no example has `{path}` recovered")),
            (true, true) => wrong.push(format!("`{path}` leaves a trace")),
            _ => {}
        }
    }
    nothing_wrong(&wrong);
}

/// Settings that no profile has a trace of, with the reasons.
fn without_trace() -> BTreeMap<String, String> {
    let list = yaml(
        "no-trace.yaml",
        &read_file(&root("tests/recover"), "no-trace.yaml"),
    );
    let mut paths = BTreeMap::new();
    for (reason, of_reason) in list.as_object().expect("a map") {
        for path in of_reason.as_array().expect("a list") {
            let path = path.as_str().expect("a path").to_owned();
            paths.insert(path, reason.clone());
        }
    }
    paths
}

#[test]
fn settings_without_a_trace_have_none() {
    let revision = built_in::newest();
    let list: Vec<String> = without_trace().into_keys().collect();
    // An untagged network has no MTU of its own, and a tagged one is known to the switch by its number.
    let untagged = json!({"vlan": "native"});
    let bases = [
        json!({}),
        json!({"network": {"pxe": {"vlan": 5}}}),
        json!({"network": {"pxe": {"vlan": 5}, "management": untagged, "data": untagged}}),
    ];
    let of_tree = |tree: &Value| of_text(&tree.to_string(), revision).ok();
    let of_bases = bases
        .each_ref()
        .map(|base| bytes(&of_tree(base).expect("it is rendered")));
    let wrong = of_each(&list, |path| {
        let Some((_, values)) = LEAVES.iter().find(|(setting, _)| setting.path == *path) else {
            return Some(format!("no setting `{path}`"));
        };
        let mut rendered = 0;
        for (base, of_base) in bases.iter().zip(&of_bases) {
            for value in values {
                let mut tree = base.clone();
                put(&mut tree, path, "enp1s0", Item::Last, value);
                fill(&mut tree, "");
                match of_tree(&tree) {
                    Some(profiles) if bytes(&profiles) != *of_base => {
                        return Some(format!("`{path}` leaves a trace: {value}"));
                    }
                    Some(_) if rendered == 4 => return None,
                    other => rendered += usize::from(other.is_some()),
                }
            }
        }
        (rendered == 0).then(|| format!("`{path}` is not tried"))
    });
    nothing_wrong(&wrong.into_iter().flatten().collect::<Vec<_>>());
}

/// `VMO_RA_SITES=500` tries more.
#[test]
fn so_does_that_of_any_site() {
    let sites = std::env::var("VMO_RA_SITES")
        .ok()
        .and_then(|text| text.parse().ok());
    let sites: usize = sites.unwrap_or(20);
    let mut runner = TestRunner::deterministic();
    let all: Vec<_> = (0..sites)
        .map(|_| tried().new_tree(&mut runner).expect("a site").current())
        .collect();
    let outcomes = of_each(&all, |tried| {
        let revision = built_in::revision(tried.revision);
        let profiles = of_text(&tried.text, revision).ok()?;
        Some(checked(&format!("{tried:?}"), &profiles, revision).err())
    });
    let outcomes: Vec<Option<String>> = outcomes.into_iter().flatten().collect();
    println!("{sites} sites, {} of them rendered", outcomes.len());
    assert!(outcomes.len() * 5 > sites, "{} of {sites}", outcomes.len());
    nothing_wrong(&outcomes.into_iter().flatten().collect::<Vec<_>>());
}

/// Whether its pack is at hand or not, and whatever else was edited.
#[test]
fn the_storage_provider_is_that_of_the_pack() {
    let revision = built_in::newest();
    let infra = |provider: &str| {
        let site = format!("storage: {{provider: {provider}}}");
        let mut profiles = of_text(&site, revision).expect("it is rendered");
        let mut infra = profiles.swap_remove(0);
        for layer in &mut infra.spec.template.packs {
            if layer.name != "ubuntu-maas" {
                layer.values = "a: 1\n".to_owned();
            }
        }
        infra
    };
    let own = |mut profile: Profile| {
        let storage = profile
            .spec
            .template
            .packs
            .last_mut()
            .expect("it has layers");
        storage.name = "csi-own".to_owned();
        profile
    };
    for (profile, found) in [
        (infra("longhorn"), Some("longhorn")),
        (infra("rook-ceph"), Some("rook-ceph")),
        (own(infra("portworx")), None),
    ] {
        let recovered = recover(&Request {
            profiles: &[profile],
            trees: &[],
            revision,
            library: library(false),
            is_answer: false,
        });
        let text = recovered.expect("it is of the reference architecture").text;
        let provider = text.split("  provider: ").nth(1);
        let provider = provider.and_then(|rest| rest.lines().next());
        assert_eq!(provider, found, "{text}");
    }
}

#[test]
fn the_publishers_export_is_recovered_with_what_no_site_says() {
    const EXPORT: &str = "exports/VMO-RA-Templates-1.9.6-longhorn.json";
    let Some(shared) = Shared::find() else {
        return;
    };
    let text = shared.text(EXPORT);
    let profile = read(&Source::new("export.json", text)).expect("it is a profile");
    let profiles = [profile];
    let near = nearest(&profiles).expect("it is of the reference architecture");
    assert_eq!((near.revision.name.as_str(), near.distance), ("1.9.0", 1));
    let found = recovered(&profiles, &near.revision);
    let places: Vec<String> = (found.unexpressed.changes.iter())
        .map(|change| format!("{}\n", change.place()))
        .collect();
    is_golden("tests/recover/export.yaml", &found.text);
    is_golden("tests/recover/export.txt", places.concat());
}

const SECRETS: &str = "
storage: {flashArrays: [{endpoint: 10.0.0.1, apiToken: {env: A}}, {endpoint: 10.0.0.2, apiToken: {env: B}}]}
vmo: {linux: {password: {env: C}}}
nodes: {caCertificates: [{name: company, file: root.pem}]}
";

#[test]
fn secrets_and_certificates_are_referred_to() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", SECRETS);
    write(
        &folder,
        "root.pem",
        read_file(&root("tests/data"), "corporate-root.pem"),
    );
    let values = [
        "11111111-2222-3333-4444-555555555555",
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "pass word",
    ];
    let render = |arguments: &str, names: [&str; 3]| {
        let run = vmo_ra(arguments).within(&folder);
        let run = names
            .iter()
            .zip(values)
            .fold(run, |run, (name, value)| run.env(name, value));
        run.run().ends(0);
    };
    render("render --site site.yaml --out out", ["A", "B", "C"]);
    let run = folder.run("recover out --out new/site.yaml");
    run.ends(0);
    for value in values {
        assert!(
            !run.told().contains(value) && !run.said().contains(value),
            "{value}"
        );
    }
    run.says(
        0,
        "the profiles hold secrets, which the site takes from the environment:
  FLASH_ARRAYS_API_TOKEN
  FLASH_ARRAYS_API_TOKEN_2
  LINUX_PASSWORD
the site refers to certificates, written beside it:
  company.pem
",
    );
    assert_eq!(
        run.told(),
        "wrote new/site.yaml, readable only by you; render it with `vmo-ra render --revision 1.9.0 --site new/site.yaml`\n"
            .replace("1.9.0", Revision::newest())
    );
    let mode = fs::metadata(folder.join("new/site.yaml"))
        .expect("it is there")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    is_golden(
        "tests/recover/secrets.yaml",
        read_file(&folder, "new/site.yaml"),
    );
    render(
        "render --site new/site.yaml --out again",
        [
            "FLASH_ARRAYS_API_TOKEN",
            "FLASH_ARRAYS_API_TOKEN_2",
            "LINUX_PASSWORD",
        ],
    );
    assert_eq!(files(&folder.join("again")), files(&folder.join("out")));

    folder
        .run("recover out --out new/site.yaml")
        .begins("error: `new/company.pem` already exists\n")
        .ends(2);
    folder
        .run("recover out --out new/site.yaml --force")
        .ends(0);
}

#[test]
fn profiles_come_in_every_form() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "monitoring: {grafanaHost: a.example}\nnads: [{vlan: 40-42}]\n",
    );
    folder.run("render --site site.yaml --out out").ends(0);
    let names: Vec<String> = names(&folder.join("out"))
        .into_iter()
        .filter(|name| name.starts_with("VMO-RA-"))
        .map(|name| format!("out/{name}"))
        .collect();
    let [core, infra, templates] = names.as_slice() else {
        panic!("{names:?}");
    };
    folder.run(&format!("split {core} --out core")).ends(0);
    // The form of Palette's export for Terraform, and that of its API.
    let profile: Value = serde_json::from_str(&read_file(&folder, infra)).expect("it is JSON");
    let flat = json!({
        "name": profile["metadata"]["name"],
        "version": profile["spec"]["version"],
        "type": profile["spec"]["template"]["type"],
        "cloud": profile["spec"]["template"]["cloudType"],
        "description": profile["metadata"]["description"],
        "packs": profile["spec"]["template"]["packs"],
        "profile_variables": profile["spec"]["variables"],
    });
    write(&folder, "flat.json", flat.to_string());
    let wanted = folder.run("recover out").well();
    for given in [names.join(" "), format!("core {templates} flat.json")] {
        let run = folder.run(&format!("recover {given}"));
        assert_eq!(run.told(), wanted, "{given}: {}", run.said());
    }
    let given = fs::read(folder.join(templates)).expect("it is there");
    let run = vmo_ra(&format!("recover - core {infra}")[..])
        .within(&folder)
        .fed(given)
        .run();
    assert_eq!(run.well(), wanted);
    is_golden("tests/recover/forms.yaml", wanted);
}

#[test]
fn what_cannot_be_recovered_is_refused() {
    let folder = Scratch::new();
    folder.run("render --out out").ends(0);
    let core = "out/VMO-RA-Core-PXKE.json";
    let text = read_file(&folder, core);
    write(
        &folder,
        "second.json",
        text.replace("VMO-RA-Core-PXKE", "Second"),
    );
    let other = r#"{"metadata":{"name":"web"},"spec":{"version":"1.0.0","template":{"type":"add-on","packs":[{"name":"apache","type":"oci"}]}}}"#;
    write(&folder, "other.json", other);
    write(&folder, "site.yaml", "cluster: {name: a}\n");
    let all = [
        "recover second.json out/VMO-RA-Core-PXKE.json",
        "recover other.json",
        "recover site.yaml",
        "recover out --revision docs-2024",
    ];
    let said = all.map(|line| format!("$ vmo-ra {line}\n{}", folder.run(line).ends(2).said()));
    is_golden("tests/recover/refused.txt", said.join("\n"));
}

/// What a diff of profiles takes for the same is no less edited, and no site says it.
#[test]
fn what_is_no_change_of_the_meaning_is_listed() {
    let folder = Scratch::new();
    folder.run("render --profile core --out out").ends(0);
    let name = "out/VMO-RA-Core-PXKE.json";
    let rendered: Value = serde_json::from_str(&read_file(&folder, name)).expect("it is JSON");
    type Edit = fn(&mut Value);
    let cases: [(Edit, &str); 6] = [
        (
            |profile| {
                let variables = profile["spec"]["variables"].as_array_mut();
                variables.expect("it has some").reverse();
            },
            "  moved  VMO-RA-Core-PXKE  variable/",
        ),
        (
            |profile| profile["spec"]["variables"][0]["displayName"] = json!("Ours"),
            "  changed  VMO-RA-Core-PXKE  variable/MetalLBAddresses/displayName\n",
        ),
        (
            |profile| profile["spec"]["template"]["packs"][0]["displayName"] = json!("Ours"),
            "  unknown  VMO-RA-Core-PXKE  spec.template.packs[0].displayName\n",
        ),
        (
            |profile| profile["spec"]["someday"] = json!({"a": [1]}),
            "  unknown  VMO-RA-Core-PXKE  spec.someday\n",
        ),
        (
            |profile| {
                let values = &mut profile["spec"]["template"]["packs"][0]["values"];
                *values = json!(values.as_str().expect("a text").to_owned() + "\n---\n");
            },
            "  text  VMO-RA-Core-PXKE  lb-metallb-helm/values\n",
        ),
        (
            |profile| {
                let values = &mut profile["spec"]["template"]["packs"][0]["values"];
                *values = json!(format!("# Ours.\n{}", values.as_str().expect("a text")));
            },
            "  text  VMO-RA-Core-PXKE  lb-metallb-helm/values\n",
        ),
    ];
    for (edit, told) in cases {
        let mut profile = rendered.clone();
        edit(&mut profile);
        write(&folder, "edited.json", profile.to_string());
        let run = folder.run("recover edited.json");
        let said = run.ends(1).said();
        assert!(said.contains("what a site cannot express:\n"), "{said}");
        assert!(said.contains(told), "{told}\n{said}");
    }
    // What a tenant makes of any profile is said to be left out.
    let mut profile = rendered.clone();
    profile["spec"]["variables"][0]["options"] = json!([]);
    write(&folder, "edited.json", profile.to_string());
    let run = folder.run("recover edited.json");
    run.ends(0).mentions("note: 1 difference that a tenant makes in any profile is left out; `vmo-ra diff --explain-ignored` explains them\n");
}
