//! `vmo-ra palette` before a tenant that takes nothing it does not know.

mod tenant;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::pack::{Library, Preset};
use vmo_ra::palette::{Client, Event, Import, Registries, Verdict, Web, WebSettings, list};
use vmo_ra::secret::Secret;
use vmo_ra::version::Wanted;

use crate::common::Shared;
use crate::common::harness::{Run, Scratch, files, is_golden, read, root, vmo_ra, write};
use tenant::{Fault, KEY, Pack, Profile, State, Tenant};

const PUBLIC: &str = "5eecc89d0b150045ae661cef";
const COMMUNITY: &str = "64eaff5630402973c4e1856a";
const PROFILES: [&str; 3] = [
    "VMO-RA-Infra-MaaS-PureFlashArray",
    "VMO-RA-Core-PXKE",
    "VMO-RA-Templates",
];

/// The newest revision's profiles, as the golden files have them.
fn golden(name: &str) -> Value {
    let text = fs::read_to_string(root(&format!("golden/1.9.0/{name}.json")));
    serde_json::from_str(&text.expect("it is there")).expect("it is JSON")
}

/// A tenant with two projects, the registries of Palette, and every pack of those profiles.
fn with_packs() -> State {
    let mut packs = Vec::new();
    for profile in PROFILES {
        let profile = golden(profile);
        let layers = profile["spec"]["template"]["packs"]
            .as_array()
            .expect("layers")
            .clone();
        let layers = layers.iter().filter(|layer| layer["type"] != "manifest");
        packs.extend(layers.map(|layer| {
            let word = |key: &str| layer[key].as_str().expect("a text").to_owned();
            pack(&word("name"), &word("version"), PUBLIC)
        }));
    }
    State {
        projects: vec![("p1", "Default"), ("p2", "Virtual machines")],
        registries: vec![
            (PUBLIC, "Public Repo", "pack", false),
            (COMMUNITY, "Palette Community Registry", "oci", true),
        ],
        packs,
        ..State::default()
    }
}

fn pack(name: &str, version: &str, registry: &str) -> Pack {
    Pack {
        name: name.to_owned(),
        registry: registry.to_owned(),
        version: version.to_owned(),
        state: "",
        values: "pack: {}\n".to_owned(),
        presets: json!([]),
    }
}

/// Runs a command before a tenant, in a folder where `out` holds those profiles.
fn palette(tenant: &Tenant, folder: &Scratch, command: &str) -> Run {
    // As if some time had passed: a command does not know what the last one asked.
    tenant.state().buckets.clear();
    let run = vmo_ra(&format!("palette {command}")[..])
        .within(folder)
        .env("SPECTROCLOUD_HOST", &tenant.host())
        .env("SPECTROCLOUD_APIKEY", KEY)
        .run();
    let all = format!("{}{}", run.told(), run.said());
    assert!(!all.contains(KEY), "the key was shown: {all}");
    run
}

fn with_profiles() -> Scratch {
    let folder = Scratch::new();
    for profile in PROFILES {
        write(
            &folder,
            &format!("out/{profile}.json"),
            golden(profile).to_string(),
        );
    }
    folder
}

/// Writes `changed.json`, the templates with another description.
fn write_changed(folder: &Scratch) {
    let mut changed = golden("VMO-RA-Templates");
    changed["metadata"]["description"] = json!("Another");
    write(folder, "changed.json", changed.to_string());
}

/// What came in the wrong form, or too often.
fn no_breach(tenant: &Tenant) {
    assert_eq!(tenant.state().breaches, Vec::<String>::new());
}

#[test]
fn profiles_are_imported_once_and_come_back_as_they_were() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    let planned = palette(&tenant, &folder, "import out --dry-run").well();
    assert_eq!(
        planned,
        PROFILES
            .map(|profile| format!("{profile} 1.9.0: would be imported\n"))
            .concat()
    );
    assert!(tenant.state().profiles.is_empty());
    let valid = palette(&tenant, &folder, "validate out").well();
    is_golden("golden/palette/validate.txt", valid);
    let imported = palette(&tenant, &folder, "import out --yes").well();
    is_golden("golden/palette/import.txt", imported);
    assert_eq!(
        palette(&tenant, &folder, "import out --yes").well(),
        PROFILES
            .map(|profile| format!("{profile} 1.9.0: is there with the same content\n"))
            .concat()
    );
    assert_eq!(tenant.state().profiles.len(), 3);
    assert!(tenant.state().profiles.iter().all(|profile| !profile.draft));
    palette(&tenant, &folder, "export --all --out back").well();
    let back = folder.join("back");
    let exported = "VMO-RA-Templates-1.9.0.json";
    is_golden(&format!("golden/palette/{exported}"), read(&back, exported));
    assert_eq!(
        files(&back).keys().collect::<Vec<_>>(),
        [
            "SHA256SUMS",
            "VMO-RA-Core-PXKE-1.9.0.json",
            "VMO-RA-Infra-MaaS-PureFlashArray-1.9.0.json",
            "VMO-RA-Templates-1.9.0.json"
        ]
    );
    folder.run("diff out back").ends(0);
    let mode = |path: &str| {
        fs::metadata(back.join(path))
            .expect("it is there")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode(""), mode("SHA256SUMS")), (0o700, 0o600));
    no_breach(&tenant);
}

#[test]
fn the_publishers_own_export_is_imported_and_comes_back() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let Some(shared) = Shared::find() else { return };
    let folder = Scratch::new();
    write(
        &folder,
        "a.json",
        shared.text("exports/VMO-RA-Templates-1.9.6-longhorn.json"),
    );
    palette(&tenant, &folder, "import a.json --yes --draft").ends(0);
    assert!(tenant.state().profiles[0].draft);
    palette(&tenant, &folder, "export VMO-RA-Templates --out back").ends(0);
    folder
        .run("diff a.json back/VMO-RA-Templates-1.9.6-longhorn.json")
        .ends(0);
    no_breach(&tenant);
}

#[test]
fn other_content_under_the_same_name_and_version_is_not_touched() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out --yes").ends(0);
    write_changed(&folder);
    let run = palette(&tenant, &folder, "import changed.json --yes");
    run.says(
        1,
        "error: VMO-RA-Templates 1.9.0 is in Palette already, with other content\n  = help: give it another version; 1.9.1 is the next one that is free for VMO-RA-Templates\n\nnothing was imported\n",
    );
    assert!(run.told().contains("Another"), "{}", run.told());
    let status = palette(&tenant, &folder, "status changed.json out");
    status.says(2, "error: `changed.json` and `out/VMO-RA-Templates.json` both hold VMO-RA-Templates 1.9.0\n  = help: give one of them\n\n");
    no_breach(&tenant);
}

#[test]
fn packs_that_the_tenant_lacks_are_told_before_anything_is_sent() {
    let mut state = with_packs();
    for pack in &mut state.packs {
        match pack.name.as_str() {
            "nginx" => pack.name = "ngnix".to_owned(),
            "lb-metallb-helm" => pack.version = "0.15.4".to_owned(),
            "prometheus-operator" => pack.state = "disabled",
            "virtual-machine-orchestrator" => pack.registry = COMMUNITY.to_owned(),
            _ => {}
        }
    }
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = with_profiles();
    let expected = "\
error: VMO-RA-Core-PXKE 1.9.0: the tenant has no version 0.15.3 of pack `lb-metallb-helm` in `Public Repo`
  = help: it has 0.15.4

error: VMO-RA-Core-PXKE 1.9.0: the tenant has no pack `nginx`
  = help: did you mean `ngnix`?

error: VMO-RA-Core-PXKE 1.9.0: pack `prometheus-operator` 83.5.1 is disabled in `Public Repo`
  = help: choose a newer version, with `registries.packVersions` in the site

error: VMO-RA-Core-PXKE 1.9.0: the tenant has no pack `virtual-machine-orchestrator` in `Public Repo`
  = help: name another registry in the site, under `registries`

4 errors
";
    palette(&tenant, &folder, "validate out").says(1, expected);
    palette(&tenant, &folder, "import out --yes").says(2, expected);
    assert!(tenant.state().profiles.is_empty());
    no_breach(&tenant);
}

#[test]
fn registries_go_by_name_and_kind_where_their_uids_are_anothers() {
    let mut state = with_packs();
    state.registries = vec![
        ("ours", "Public Repo", "oci", true),
        ("theirs", "Public Repo", "pack", false),
    ];
    state
        .packs
        .iter_mut()
        .for_each(|pack| pack.registry = "theirs".to_owned());
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out --yes").ends(0);
    let layer = &tenant.state().profiles[0].body["spec"]["template"]["packs"][0].clone();
    assert_eq!(layer["registry"]["metadata"]["uid"], "theirs");
    palette(&tenant, &folder, "status out").ends(0);
    tenant.state().registries.pop();
    palette(&tenant, &folder, "validate out/VMO-RA-Core-PXKE.json").begins(
        "error: layer `lb-metallb-helm`: the tenant has no registry `Public Repo` of the kind `pack`\n",
    );
    no_breach(&tenant);
}

#[test]
fn variables_that_do_not_arrive_are_written() {
    let Some(tenant) = Tenant::start(State {
        drops_variables: true,
        ..with_packs()
    }) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out/VMO-RA-Core-PXKE.json --yes").says(
        0,
        "note: Palette left out 7 of the variables; they were written afterwards\n\n",
    );
    palette(&tenant, &folder, "status out/VMO-RA-Core-PXKE.json").ends(0);
    no_breach(&tenant);
}

#[test]
fn profiles_are_listed_with_the_clusters_that_use_them() {
    let mut state = with_packs();
    let profile = |uid: &str,
                   project: Option<&str>,
                   version: &str,
                   draft: bool,
                   clusters: &[(&'static str, &'static str)]| {
        let mut body = golden("VMO-RA-Templates");
        body["spec"]["version"] = json!(version);
        Profile {
            uid: uid.to_owned(),
            project: project.map(str::to_owned),
            body,
            draft,
            clusters: clusters.to_vec(),
        }
    };
    state.profiles = vec![
        profile("a", None, "1.9.0", false, &[("c1", "lab"), ("c2", "prod")]),
        profile("b", None, "1.10.0", true, &[]),
        profile("c", Some("p2"), "1.9.1", false, &[("c3", "edge")]),
    ];
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = with_profiles();
    is_golden(
        "golden/palette/list.txt",
        palette(&tenant, &folder, "list").well(),
    );
    let within = vmo_ra(&["palette", "list", "--project", "Virtual machines"])
        .within(&folder)
        .env("PALETTE_HOST", &tenant.host())
        .env("PALETTE_API_KEY", KEY)
        .run();
    assert!(
        within.well().contains("1.9.1    add-on           edge"),
        "{}",
        within.told()
    );
    assert_eq!(
        tenant
            .state()
            .seen
            .last()
            .and_then(|seen| seen.project.clone())
            .as_deref(),
        Some("p2")
    );
    let status = palette(&tenant, &folder, "status out");
    is_golden("golden/palette/status.txt", status.ends(1).told());
    palette(&tenant, &folder, "export VMO-RA-Templates@1.9.2 --out back").says(
        2,
        "error: Palette has no version 1.9.2 of `VMO-RA-Templates`\n  = note: did you mean `1.9.0`?\n  = help: it has 1.9.0, 1.10.0\n\n",
    );
    no_breach(&tenant);
}

#[test]
fn a_thousand_packs_are_read_in_twenty_pages() {
    let mut state = with_packs();
    let more = 1_000 - state.packs.len();
    state
        .packs
        .extend((0..more).map(|number| pack(&format!("pack-{number}"), "1.0.0", PUBLIC)));
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    palette(&tenant, &with_profiles(), "validate out").ends(0);
    let searches = tenant
        .state()
        .seen
        .iter()
        .filter(|seen| seen.path == "/v1/packs/search")
        .count();
    assert_eq!(searches, 20);
    no_breach(&tenant);
}

#[test]
fn who_asks_and_where_is_said_by_the_environment_or_by_options() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    let list = |host: &str, key: &str, command: &str, fed: &str| {
        vmo_ra(&format!("palette list {command}")[..])
            .within(&folder)
            .env("SPECTROCLOUD_HOST", host)
            .env("SPECTROCLOUD_APIKEY", key)
            .fed(fed)
            .run()
    };
    let here = tenant.host();
    list(&here, KEY, "", "").ends(0);
    list("", KEY, "", "")
        .begins("error: Palette's address is not known\n")
        .ends(2);
    list("http://palette.example.com", KEY, "", "").begins(
        "error: `http://palette.example.com` of SPECTROCLOUD_HOST or PALETTE_HOST: plain http would show the API key to the network; use https\n",
    ).ends(2);
    list(&here, "", "", "")
        .begins("error: Palette's API key is not known\n")
        .ends(2);
    list(&here, "wrong", "", "").begins("error: Palette refuses `POST /v1/dashboard/clusterprofiles` with status 401, InvalidApiKey: ").ends(2);
    list(&here, "", "--api-key-file -", &format!("{KEY}\n")).ends(0);
    list(&here, "", "--api-key-file -", "two words\n")
        .begins("error: the API key has blanks or characters that no key has\n")
        .ends(2);
    write(&folder, "key", KEY);
    fs::set_permissions(folder.join("key"), Permissions::from_mode(0o640)).expect("it is ours");
    list(&here, "", "--api-key-file key", "")
        .begins("error: others can read `key`, which holds the API key\n")
        .ends(2);
    fs::set_permissions(folder.join("key"), Permissions::from_mode(0o600)).expect("it is ours");
    list(&here, "", "--api-key-file key", "").ends(0);
    list(&here, "", "--api-key-file none", "")
        .begins("error: cannot read `none`: ")
        .ends(3);
    let both = vmo_ra("palette list")
        .env("SPECTROCLOUD_HOST", &here)
        .env("PALETTE_HOST", "palette.example.com")
        .env("PALETTE_API_KEY", KEY)
        .run();
    both.says(2, "error: SPECTROCLOUD_HOST and PALETTE_HOST say different things\n  = help: unset one of them\n\n");
    let verbose = list(&here, KEY, "--verbose", "");
    assert!(
        verbose
            .ends(0)
            .said()
            .starts_with("POST /v1/dashboard/clusterprofiles: 200, "),
        "{}",
        verbose.said()
    );
    no_breach(&tenant);
}

#[test]
fn a_palette_that_is_not_there_is_said_to_be_out_of_reach() {
    // Its port is free again as soon as it is known.
    let port = TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("a port is free");
    let run = vmo_ra("palette list")
        .env("SPECTROCLOUD_HOST", &format!("http://{port}"))
        .env("SPECTROCLOUD_APIKEY", KEY)
        .run();
    run.begins("error: Palette did not answer `POST /v1/dashboard/clusterprofiles`: ")
        .ends(3);
}

#[test]
fn nothing_is_imported_without_a_word_from_somebody() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    palette(&tenant, &with_profiles(), "import out")
        .begins("error: there is nobody to ask whether to import\n")
        .ends(2);
    assert!(tenant.state().profiles.is_empty());
}

/// All that is done for an import, as the command does it; how often something was tried again.
fn import(tenant: &Tenant, profile: &str) -> (Result<(), Vec<Diagnostic>>, usize) {
    let again = RefCell::new(0);
    let told = |event: &Event| {
        if matches!(event, Event::Again(..)) {
            *again.borrow_mut() += 1;
        }
    };
    let key = Secret::new(KEY.to_owned()).expect("it is not empty");
    let settings = WebSettings {
        timeout: Duration::from_secs(4),
        ..WebSettings::default()
    };
    let address = tenant.host().parse().expect("it is an address");
    let web = Web::new(address, key, &settings).expect("it can be made");
    let client = Client::new(&web, Duration::from_millis(1), &told);
    let done = || -> Result<(), Vec<Diagnostic>> {
        let mut import = Import::of(&Source::new("a.json", golden(profile).to_string()))?;
        import.resolve(&Registries::of(&client).map_err(Diagnostic::from)?)?;
        import.validate(&client).map_err(Diagnostic::from)?;
        let there = list(&client).map_err(Diagnostic::from)?;
        if !matches!(import.verdict(&client, &there)?, Verdict::New) {
            return Ok(());
        }
        let uid = import.send(&client, true)?;
        let arrived = import.arrived(&client, &uid)?;
        assert!(arrived.report.changes.is_empty());
        Ok(())
    };
    let result = done();
    (result, again.into_inner())
}

#[test]
fn whatever_goes_wrong_with_a_request_there_is_one_profile_or_none_and_the_words_say_which() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let profile = "VMO-RA-Templates";
    import(&tenant, profile).0.expect("nothing goes wrong");
    let usual: Vec<_> = tenant
        .state()
        .seen
        .iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    assert_eq!(
        usual,
        [
            "GET /v1/registries/metadata",
            "POST /v1/clusterprofiles/import/validate",
            "POST /v1/dashboard/clusterprofiles",
            "POST /v1/clusterprofiles/import",
            "GET /v1/clusterprofiles/profile1/variables",
            "GET /v1/clusterprofiles/profile1/export",
        ]
    );
    let faults = [
        Fault::Slow,
        Fault::CutOff,
        Fault::Dropped,
        Fault::LostAnswer,
        Fault::NoJson,
        Fault::Status(429, ""),
        Fault::Status(
            500,
            r#"{"code":"OperationFailed","message":"no such thing","ref":"b7"}"#,
        ),
        Fault::Status(503, ""),
        Fault::Status(401, r#"{"code":"InvalidApiKey","message":"expired"}"#),
    ];
    let cases = usual.iter().enumerate().flat_map(|(number, request)| {
        faults
            .iter()
            .map(move |fault| (number, request, fault.clone()))
    });
    let told: BTreeSet<String> = thread::scope(|scope| {
        let running: Vec<_> = cases
            .map(|(number, request, fault)| {
                scope.spawn(move || after(profile, number, request, fault))
            })
            .collect();
        running
            .into_iter()
            .map(|case| case.join().expect("the case holds"))
            .collect()
    });
    let told: Vec<String> = told.into_iter().collect();
    is_golden("tests/suite/palette/faults.txt", told.join("\n") + "\n");
}

/// What is there and what is said where a request meets a fault.
fn after(profile: &str, number: usize, request: &str, fault: Fault) -> String {
    let mut state = with_packs();
    state.faults.insert(number, fault.clone());
    let tenant = Tenant::start(state).expect("the description is at hand");
    let (result, again) = import(&tenant, profile);
    let there = tenant.state().profiles.len();
    no_breach(&tenant);
    let said = match &result {
        Ok(()) => "imported".to_owned(),
        Err(problems) => {
            let messages: Vec<&str> = problems.iter().map(Diagnostic::message).collect();
            messages.join("; ")
        }
    };
    let case = format!("{request} {fault:?}");
    assert!(there <= 1, "{case}: {said}");
    assert!(result.is_err() || there == 1, "{case}");
    // A refusal is nobody's reason to try again.
    if matches!(fault, Fault::Status(500 | 401, _)) {
        assert!(result.is_err() && again == 0, "{case}: {said}");
    }
    format!("{case}: {there} there, {again} again: {said}")
}

#[test]
fn a_tenant_that_does_what_is_relied_on_passes_the_selftest() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out/VMO-RA-Templates.json --yes").ends(0);
    let seen = tenant.state().seen.len();
    let reading = palette(&tenant, &folder, "selftest").well();
    assert_eq!(
        reading
            .matches("not tried  `--write` was not given")
            .count(),
        5,
        "{reading}"
    );
    assert!(
        tenant.state().seen[seen..]
            .iter()
            .all(|seen| seen.method == "GET"
                || seen.path.ends_with("search")
                || seen.path.contains("dashboard"))
    );
    is_golden(
        "golden/palette/selftest.txt",
        palette(&tenant, &folder, "selftest --write").well(),
    );
    assert_eq!(tenant.state().profiles.len(), 1);
    no_breach(&tenant);
}

/// The same tenant, whose packs have the values and presets of ours.
fn with_values() -> State {
    let library = Library::built_in().expect("it is whole");
    let mut state = with_packs();
    for pack in &mut state.packs {
        let wanted = Wanted::Exactly(pack.version.clone());
        let found = library.choose(&pack.name, &wanted).expect("it is built in");
        let ours = found.pack().expect("it can be read");
        let preset = |preset: &Preset| {
            json!({
                "name": preset.name, "displayName": preset.display_name, "group": preset.group,
                "add": preset.add.text(), "remove": preset.remove.iter().map(ToString::to_string).collect::<Vec<_>>(),
            })
        };
        pack.values = ours.values.text().to_owned();
        pack.presets = ours.presets.iter().map(preset).collect();
    }
    state
}

#[test]
fn packs_of_the_tenant_leave_nothing_to_the_built_in_ones() {
    let mut state = with_values();
    let more = 1_000 - state.packs.len();
    state
        .packs
        .extend((0..more).map(|number| pack(&format!("pack-{number}"), "1.0.0", PUBLIC)));
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = Scratch::new();
    let taken = palette(&tenant, &folder, "packs --out packs");
    is_golden("golden/palette/packs.txt", taken.well());
    let searches = |tenant: &Tenant, path: &str| {
        tenant
            .state()
            .seen
            .iter()
            .filter(|seen| seen.path == path)
            .count()
    };
    assert_eq!(searches(&tenant, "/v1/packs/search"), 20);
    let source: Value =
        serde_json::from_str(&read(&folder, "packs/nginx-1.15.4/source.json")).expect("it is JSON");
    assert_eq!(source["registry"], "Public Repo");
    let rendered = folder.run("render --packs packs --out out");
    assert!(
        !rendered.ends(0).told().contains("built-in"),
        "{}",
        rendered.told()
    );
    // Nothing is taken twice, and what was edited stays.
    let before = files(&folder.join("packs"));
    let asked = tenant.state().seen.len();
    let again = palette(&tenant, &folder, "packs --out packs").well();
    assert_eq!(again.matches("is there").count(), 8, "{again}");
    let asked: Vec<String> = tenant.state().seen[asked..]
        .iter()
        .map(|seen| seen.path.clone())
        .collect();
    assert!(
        asked
            .iter()
            .all(|path| path == "/v1/packs/search" || path.contains("/registries/")),
        "{asked:?}"
    );
    assert_eq!(files(&folder.join("packs")), before);
    no_breach(&tenant);
}

#[test]
fn packs_that_are_elsewhere_or_not_there_are_told() {
    let mut state = with_values();
    for pack in &mut state.packs {
        match pack.name.as_str() {
            "nginx" => pack.registry = COMMUNITY.to_owned(),
            "kubernetes" => pack.version = "1.34.9".to_owned(),
            "lb-metallb-helm" => pack.state = "deprecated",
            "prometheus-operator" => pack.state = "disabled",
            "ubuntu-maas" => pack.name = "ubuntu-mas".to_owned(),
            _ => {}
        }
    }
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = Scratch::new();
    palette(&tenant, &folder, "packs").says(
        1,
        "\
warning: `lb-metallb-helm` 0.15.3 is deprecated in `Public Repo`
  = help: plan the move to a newer version

warning: `nginx` 1.15.4 is in `Palette Community Registry`, and the site names `Public Repo`
  = help: name that registry in the site, under `registries.packs.nginx`, or the import is refused

error: the tenant has no pack `ubuntu-maas`
  = help: did you mean `ubuntu-mas`?

error: the tenant has no version 1.34.5 of `kubernetes`
  = help: it has 1.34.9 in `Public Repo`; name one with `registries.packVersions` in the site

error: `prometheus-operator` 83.5.1 is disabled in `Public Repo`
  = help: choose another version, with `registries.packVersions` in the site

",
    );
    no_breach(&tenant);
}

#[test]
fn a_profile_of_the_tenant_is_compared_in_every_format() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out --yes").ends(0);
    palette(&tenant, &folder, "diff VMO-RA-Templates out").ends(0);
    write_changed(&folder);
    for format in ["text", "json", "markdown", "html"] {
        let run = palette(
            &tenant,
            &folder,
            &format!("diff VMO-RA-Templates@1.9.0 changed.json --format {format}"),
        );
        is_golden(&format!("golden/palette/diff.{format}"), run.ends(1).told());
    }
    palette(
        &tenant,
        &folder,
        "diff VMO-RA-Templates changed.json --fail-on restart",
    )
    .ends(0);
    let other = palette(&tenant, &folder, "diff VMO-RA-Core-PXKE 1.7.0");
    assert!(
        other
            .ends(1)
            .told()
            .contains("VMO-RA-Core-PXKE 1.9.0 in Palette -> 1.7.0"),
        "{}",
        other.told()
    );
    palette(&tenant, &folder, "diff VMO-RA-Cor out")
        .begins("error: Palette has no profile `VMO-RA-Cor` here\n")
        .ends(2);
    no_breach(&tenant);
}
