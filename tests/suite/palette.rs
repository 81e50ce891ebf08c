//! `vmo-ra palette` before a tenant that takes nothing it does not know.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::palette::{Client, Event, Import, Registries, Verdict, Web, WebSettings, list};
use vmo_ra::secret::Secret;

use crate::common::Shared;
use crate::common::harness::{Run, Scratch, files, is_golden, names, read, vmo_ra, write};
use crate::common::nothing_wrong;
use crate::common::tenant::{
    COMMUNITY, DATE, Fault, KEY, PROFILES, PUBLIC, Profile, State, Tenant, golden, pack,
    with_packs, with_values,
};

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

/// Holds what a command prints as JSON to a file, and to its definition in the schema.
fn is_described(command: &str, run: &Run) {
    is_golden(&format!("golden/palette/{command}.json"), run.told());
    let mut schema: Value = vmo_ra("schema palette").run().json();
    schema["anyOf"] = json!([{"$ref": format!("#/$defs/{command}")}]);
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    let wrong: Vec<String> = validator
        .iter_errors(&run.json())
        .map(|error| error.to_string())
        .collect();
    nothing_wrong(&wrong);
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
            .map(|profile| format!("{profile} 1.9.0: exists with the same content\n"))
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
        "error: VMO-RA-Templates 1.9.0 is already in Palette with other content\n  = help: give it another version; 1.9.1 is the next free one for VMO-RA-Templates\n\nnothing was imported\n",
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
error: the tenant has no version 0.15.3 of `lb-metallb-helm` in `Public Repo`
  = note: this is about VMO-RA-Core-PXKE 1.9.0
  = help: the nearest is 0.15.4 in `Public Repo`; name it with `registries.packVersions` in the site

error: the tenant has no pack `nginx`
  = note: this is about VMO-RA-Core-PXKE 1.9.0
  = help: did you mean `ngnix`?

error: `prometheus-operator` 83.5.1 is disabled in `Public Repo`
  = note: this is about VMO-RA-Core-PXKE 1.9.0
  = help: name another version with `registries.packVersions` in the site

error: the tenant has no pack `virtual-machine-orchestrator` in `Public Repo`
  = note: this is about VMO-RA-Core-PXKE 1.9.0
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
    is_described("list", &palette(&tenant, &folder, "list --format json"));
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
    write_changed(&folder);
    let different = "status changed.json out/VMO-RA-Core-PXKE.json --format json";
    is_described("status", palette(&tenant, &folder, different).ends(1));
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
        .begins("error: the API key has blanks or invalid characters\n")
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
    both.says(
        2,
        "error: SPECTROCLOUD_HOST and PALETTE_HOST differ\n  = help: unset one of them\n\n",
    );
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
        .begins("error: there is no terminal to confirm the import\n")
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

/// Everything that can go wrong with a request.
fn faults() -> [Fault; 9] {
    [
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
    ]
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
    let faults = faults();
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
    is_described(
        "selftest",
        &palette(&tenant, &folder, "selftest --format json"),
    );
    assert_eq!(tenant.state().profiles.len(), 1);
    no_breach(&tenant);
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
    let sum = source["sha256"].as_str().expect("a text").to_owned();
    assert!(sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let uid = "nginx-1.15.4-5eecc89d0b150045ae661cef";
    let wanted = json!({
        "registry": "Public Repo", "registryUid": PUBLIC, "packUid": uid, "answered": DATE, "sha256": sum,
        "notServed": ["constraints", "isSyncSupported", "providerType"],
    });
    assert_eq!(source, wanted);
    let rendered = folder.run("render --packs packs --out out");
    assert!(
        !rendered.ends(0).told().contains("built-in"),
        "{}",
        rendered.told()
    );
    rendered.mentions("constraints");
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
    let mut more = Vec::new();
    for pack in &mut state.packs {
        match pack.name.as_str() {
            "nginx" => pack.registry = COMMUNITY.to_owned(),
            "kubernetes" => pack.version = "1.34.9".to_owned(),
            "lb-metallb-helm" => pack.state = "deprecated",
            "prometheus-operator" => {
                pack.state = "disabled";
                more.extend(["84.0.0", "83.5.2"].map(|version| {
                    let mut other = pack.clone();
                    (other.version, other.state) = (version.to_owned(), "");
                    other
                }));
            }
            "ubuntu-maas" => pack.name = "ubuntu-mas".to_owned(),
            _ => {}
        }
    }
    state.packs.extend(more);
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
  = help: the nearest is 1.34.9 in `Public Repo`; name it with `registries.packVersions` in the site

error: `prometheus-operator` 83.5.1 is disabled in `Public Repo`
  = help: the nearest is 83.5.2 in `Public Repo`; name it with `registries.packVersions` in the site

",
    );
    is_described(
        "packs",
        palette(&tenant, &folder, "packs --format json").ends(1),
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
    let other = palette(&tenant, &folder, "diff VMO-RA-Core-PXKE@1.9.0 1.7.0");
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

#[test]
fn exports_are_laid_out_as_split_lays_them_out_and_taken_from_there() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    let folder = with_profiles();
    palette(&tenant, &folder, "import out --yes").ends(0);
    palette(&tenant, &folder, "export --all --out back").ends(0);
    assert_eq!(
        palette(&tenant, &folder, "export --all --split --out git").well(),
        "wrote 3 profiles to git, readable only by you\n"
    );
    assert_eq!(
        palette(&tenant, &folder, "export --all --out quiet --quiet").well(),
        ""
    );
    let titles = PROFILES.map(|profile| format!("{profile}-1.9.0"));
    for title in &titles {
        folder
            .run(&format!("split back/{title}.json --out split/{title}"))
            .ends(0);
    }
    assert_eq!(files(&folder.join("git")), files(&folder.join("split")));
    for title in &titles {
        let mode = |path: &str| {
            let path = folder.join("git").join(title).join(path);
            fs::metadata(path)
                .expect("it is there")
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!((mode(""), mode("profile.yaml")), (0o700, 0o600));
    }
    palette(&tenant, &folder, "status git").ends(0);
    palette(&tenant, &folder, "import git --yes").ends(0);
    palette(
        &tenant,
        &folder,
        &format!("status git/{}/profile.yaml", titles[2]),
    )
    .ends(0);
    // Nothing is replaced unasked, and what people keep there stays.
    palette(&tenant, &folder, "export --all --split --out git")
        .ends(2)
        .begins("error: `git/VMO-RA-Core-PXKE-1.9.0` is not empty\n")
        .mentions("\n3 errors; nothing was written\n");
    let readme = format!("git/{}/README.md", titles[2]);
    write(&folder, &readme, "Ours");
    let profile = format!("git/{}/profile.yaml", titles[2]);
    let text = read(&folder, &profile).replace("1.9.0", "1.9.1");
    write(&folder, &profile, text);
    let missing = palette(&tenant, &folder, "status git");
    assert!(
        missing.ends(1).told().contains("missing; there is 1.9.0"),
        "{}",
        missing.told()
    );
    palette(&tenant, &folder, "export --all --split --force --out git")
        .ends(0)
        .begins("warning: files were edited since they were written: `profile.yaml`\n");
    assert_eq!(read(&folder, &readme), "Ours");
    fs::remove_file(folder.join(&readme)).expect("it is ours");
    assert!(read(&folder, &profile).contains("1.9.0"));
    write(&folder, "empty/notes.json", "{}");
    palette(&tenant, &folder, "status empty").ends(2);
    no_breach(&tenant);
}

/// Requests of the kind in the order in which they came.
fn numbers(tenant: &Tenant, method: &str, path: &str) -> Vec<usize> {
    let state = tenant.state();
    let seen = state.seen.iter().enumerate();
    seen.filter(|(_, seen)| seen.method == method && seen.path == path)
        .map(|(number, _)| number)
        .collect()
}

#[test]
fn where_the_second_of_three_imports_fails_what_is_said_is_what_is_there() {
    let Some(tenant) = Tenant::start(with_packs()) else {
        return;
    };
    palette(&tenant, &with_profiles(), "import out --yes").ends(0);
    let second = numbers(&tenant, "POST", "/v1/clusterprofiles/import")[1];
    let read_back = numbers(&tenant, "GET", "/v1/clusterprofiles/profile2/export")[0];
    let refused = Fault::Status(
        500,
        r#"{"code":"OperationFailed","message":"no such thing","ref":"b7"}"#,
    );
    let expired = Fault::Status(401, r#"{"code":"InvalidApiKey","message":"expired"}"#);
    let cases: [&[(usize, Fault)]; 10] = [
        &[(second, refused.clone())],
        &[(second, Fault::LostAnswer)],
        &[(second, Fault::CutOff)],
        &[(second, Fault::Dropped)],
        &[(second, Fault::Dropped), (second + 2, Fault::Dropped)],
        &[(second, Fault::NoJson)],
        &[(second, Fault::LostAnswer), (second + 1, expired.clone())],
        &[
            (second, Fault::LostAnswer),
            (second + 1, expired.clone()),
            (second + 2, expired.clone()),
        ],
        &[(read_back, expired)],
        &[(read_back, Fault::NoJson)],
    ];
    let mut all = String::new();
    for faults in cases {
        let tenant = Tenant::start(State {
            faults: faults.iter().cloned().collect(),
            ..with_packs()
        })
        .expect("the description is at hand");
        let run = palette(&tenant, &with_profiles(), "import out --yes");
        let said = format!("{}{}", run.told(), run.said());
        for profile in PROFILES {
            let is_there = tenant
                .state()
                .profiles
                .iter()
                .filter(|one| one.body["metadata"]["name"] == profile)
                .count();
            let title = format!("{profile} 1.9.0: ");
            let states: Vec<&str> = said
                .lines()
                .filter_map(|line| line.strip_prefix(&title))
                .collect();
            let last = states.last().copied().unwrap_or_default();
            let expected = match last {
                "was not sent" | "is not in Palette" => 0,
                "may be in Palette" => is_there,
                _ => 1,
            };
            assert_eq!(is_there, expected, "{faults:?}: {title}{last}");
        }
        all.push_str(&format!("{faults:?}: {:?}\n{said}\n", run.code));
        no_breach(&tenant);
    }
    is_golden("tests/suite/palette/second.txt", all);
}

#[test]
fn a_lost_answer_to_variables_is_looked_after() {
    let state = || State {
        drops_variables: true,
        ..with_packs()
    };
    let Some(tenant) = Tenant::start(state()) else {
        return;
    };
    let command = "import out/VMO-RA-Core-PXKE.json --yes";
    palette(&tenant, &with_profiles(), command).ends(0);
    let put = numbers(&tenant, "PUT", "/v1/clusterprofiles/profile1/variables")[0];
    for (fault, code) in [(Fault::LostAnswer, 0), (Fault::Dropped, 3)] {
        let mut state = state();
        state.faults.insert(put, fault);
        let tenant = Tenant::start(state).expect("the description is at hand");
        palette(&tenant, &with_profiles(), command).ends(code);
        let puts = numbers(&tenant, "PUT", "/v1/clusterprofiles/profile1/variables");
        assert_eq!(puts, [put], "it is sent once");
    }
}

/// The same tenant later: other packs under the same versions.
fn with_newer_packs() -> State {
    let mut state = with_values();
    state.registries[0].0 = "newer";
    for pack in &mut state.packs {
        pack.registry = "newer".to_owned();
        pack.values.push_str("# newer\n");
    }
    state
}

/// The files of a folder by their paths.
type Files = BTreeMap<String, Vec<u8>>;

/// A command that replaces a folder with what the tenant has, and two states of the tenant.
struct Replacing {
    command: &'static str,
    folder: &'static str,
    before: fn() -> State,
    later: fn() -> State,
}

impl Replacing {
    /// The folder that comes of a state, and the requests that are sent.
    fn made(&self, state: State) -> Option<(Files, Vec<String>)> {
        let tenant = Tenant::start(state)?;
        let folder = Scratch::new();
        palette(&tenant, &folder, self.command).ends(0);
        let state = tenant.state();
        let seen = state.seen.iter();
        let requests = seen.map(|seen| format!("{} {}", seen.method, seen.path));
        Some((files(&folder.join(self.folder)), requests.collect()))
    }

    /// What is on the disk and what is said where each request meets faults: those with these numbers all of them, the others
    /// one each.
    fn whatever_goes_wrong(&self, thorough: usize) -> Option<String> {
        let (old, _) = self.made((self.before)())?;
        let (new, usual) = self.made((self.later)())?;
        assert_ne!(old, new);
        let faults = faults();
        let all = (0..thorough).flat_map(|number| faults.iter().map(move |fault| (number, fault)));
        let others = (thorough..usual.len()).map(|number| (number, &faults[number % faults.len()]));
        let cases: Vec<(usize, &Fault)> = all.chain(others).collect();
        let mut told = String::new();
        // Few at once, so that only the faults are slow.
        for some in cases.chunks(6) {
            thread::scope(|scope| {
                let start = |&(number, fault): &(usize, &Fault)| {
                    let (old, new, request) = (&old, &new, &usual[number]);
                    let case = format!("{request} {fault:?}");
                    let fault = fault.clone();
                    scope.spawn(move || self.after(&case, number, fault, old, new))
                };
                let running: Vec<_> = some.iter().map(start).collect();
                for case in running {
                    told.push_str(&case.join().expect("the case holds"));
                }
            });
        }
        Some(told)
    }

    fn after(&self, case: &str, number: usize, fault: Fault, old: &Files, new: &Files) -> String {
        let mut state = (self.later)();
        state.faults.insert(number, fault);
        let tenant = Tenant::start(state).expect("the description is at hand");
        let folder = Scratch::new();
        for (name, bytes) in old {
            write(&folder, &format!("{}/{name}", self.folder), bytes);
        }
        let run = palette(&tenant, &folder, &format!("{} --timeout 4", self.command));
        no_breach(&tenant);
        let is = files(&folder.join(self.folder));
        let there = match (is == *old, is == *new) {
            (true, _) => "old",
            (_, true) => "new",
            _ => "neither",
        };
        let code = run.code.expect("it ends by itself");
        assert_eq!(there, if code == 0 { "new" } else { "old" }, "{case}");
        assert_eq!(names(&folder), [self.folder], "{case}");
        let said = run.said();
        let said = said.lines().next().unwrap_or("nothing");
        format!("{case}: {there}, {code}: {said}\n")
    }
}

#[test]
fn whatever_goes_wrong_while_packs_are_taken_all_folders_are_old_or_all_are_new() {
    let packs = Replacing {
        command: "packs",
        folder: "packs",
        before: with_values,
        later: with_newer_packs,
    };
    // The list, and of the first pack its versions, the deprecated ones, and what is in it.
    if let Some(told) = packs.whatever_goes_wrong(4) {
        is_golden("tests/suite/palette/pack_faults.txt", told);
    }
}

#[test]
fn whatever_goes_wrong_with_an_export_the_folder_is_old_or_new() {
    for command in [
        "export --all --force --out back",
        "export --all --force --split --out back",
    ] {
        let export = Replacing {
            command,
            folder: "back",
            before: || with_versions(2),
            later: || {
                let mut state = with_versions(2);
                for profile in &mut state.profiles {
                    profile.body["metadata"]["description"] = json!("Another");
                }
                state
            },
        };
        // The list, and the first profile.
        if let Some(told) = export.whatever_goes_wrong(2) {
            is_golden("tests/suite/palette/export_faults.txt", told);
        }
    }
}

#[test]
fn an_interrupted_run_leaves_no_half_folder() {
    let Some(tenant) = Tenant::start(with_values()) else {
        return;
    };
    let folder = Scratch::new();
    palette(&tenant, &folder, "packs").ends(0);
    let last = tenant.state().seen.len() - 1;
    for before in [false, true] {
        let mut state = with_newer_packs();
        state.faults.insert(last, Fault::Slow);
        let newer = Tenant::start(state).expect("the description is at hand");
        let folder = Scratch::new();
        if before {
            palette(&tenant, &folder, "packs").ends(0);
        }
        let old = files(&folder);
        let running = vmo_ra("palette packs")
            .within(&folder)
            .env("SPECTROCLOUD_HOST", &newer.host())
            .env("SPECTROCLOUD_APIKEY", KEY)
            .start();
        while newer.state().seen.len() <= last {
            thread::sleep(Duration::from_millis(20));
        }
        let process = running.process();
        let id = process.file_name().expect("it has a number");
        let sent = Command::new("kill").arg("-INT").arg(id).status();
        assert!(sent.expect("kill starts").success());
        assert_ne!(running.end().code, Some(0));
        assert_eq!(files(&folder), old);
        assert_eq!(names(&folder).len(), usize::from(before));
    }
}

#[test]
fn what_a_refusal_quotes_shows_no_secret() {
    let Some(_) = Shared::find() else { return };
    let mut profile = golden("VMO-RA-Core-PXKE");
    profile["spec"]["variables"][0]["isSensitive"] = json!(true);
    profile["spec"]["variables"][0]["defaultValue"] = json!("planted-2f6c");
    let layer = &mut profile["spec"]["template"]["packs"][0];
    layer["values"] = json!("manifests:\n  a: {adminPassword: planted-91be}\n  b: plain-7d3a\n");
    let answer = format!(
        r#"{{"code":"Bad","message":"line 2: planted-91be or planted-2f6c by {KEY}, not plain-7d3a","ref":"b7"}}"#
    );
    let answer: &'static str = answer.leak();
    let state = State {
        refuses_profiles: Some(answer),
        ..with_packs()
    };
    let tenant = Tenant::start(state).expect("the description is at hand");
    let folder = Scratch::new();
    write(&folder, "a.json", profile.to_string());
    palette(&tenant, &folder, "validate a.json --verbose")
        .ends(1)
        .mentions("Bad: line 2: ******** or ******** by ********, not plain-7d3a\n");
}

#[test]
fn a_project_goes_by_its_name_or_its_uid() {
    let mut state = with_packs();
    state.projects.push(("p3", "Twice"));
    state.projects.push(("p4", "Twice"));
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let run = |arguments: &[&str], env: &[(&str, &str)]| {
        let mut run = vmo_ra(&[&["palette", "list"], arguments].concat())
            .env("PALETTE_HOST", &tenant.host())
            .env("PALETTE_API_KEY", KEY);
        for (name, value) in env {
            run = run.env(name, value);
        }
        run.run()
    };
    let project = || {
        let state = tenant.state();
        state.seen.last().and_then(|seen| seen.project.clone())
    };
    for (arguments, env, uid) in [
        (&[][..], &[][..], None),
        (&["--project", "Virtual machines"], &[], Some("p2")),
        (&["--project", "p2"], &[], Some("p2")),
        (&[], &[("PALETTE_PROJECT_UID", "p2")], Some("p2")),
        (
            &["--project", "Default"],
            &[("SPECTROCLOUD_DEFAULT_PROJECT_ID", "p2")],
            Some("p1"),
        ),
    ] {
        assert_eq!(run(arguments, env).well(), "no profiles\n");
        assert_eq!(project().as_deref(), uid, "{arguments:?} {env:?}");
    }
    run(&["--project", "Defalt"], &[]).says(
        2,
        "error: the key has access to no project `Defalt`\n  = note: did you mean `Default`?\n  = help: leave the project out to use the whole tenant\n\n",
    );
    run(&["--project", "Twice"], &[]).says(
        2,
        "error: several projects have the name `Twice`\n  = help: give the project's uid instead\n\n",
    );
    no_breach(&tenant);
}

/// A tenant with so many versions of a profile that has no layers.
fn with_versions(count: usize) -> State {
    let profiles = (0..count).map(|number| Profile {
        uid: format!("u{number}"),
        project: None,
        body: json!({
            "metadata": {"name": "many", "description": "", "labels": {}},
            "spec": {
                "version": format!("1.0.{number}"),
                "template": {"type": "add-on", "cloudType": "all", "packs": []},
                "variables": [],
            },
        }),
        draft: false,
        clusters: Vec::new(),
    });
    State {
        profiles: profiles.collect(),
        ..State::default()
    }
}

#[test]
fn however_much_there_is_to_ask_both_limits_are_kept() {
    for (command, count) in [("list", 60), ("export --all --out many", 400)] {
        let Some(tenant) = Tenant::start(with_versions(count)) else {
            return;
        };
        let folder = Scratch::new();
        palette(&tenant, &folder, command).well();
        assert!(tenant.state().seen.len() >= count, "{command}");
        no_breach(&tenant);
    }
}

#[test]
fn a_tenant_that_does_something_else_fails_the_selftest_and_keeps_nothing() {
    let Some(tenant) = Tenant::start(State {
        drops_variables: true,
        ..with_packs()
    }) else {
        return;
    };
    let run = palette(&tenant, &Scratch::new(), "selftest --write");
    let told = run.ends(1).told();
    let failed: Vec<&str> = told
        .lines()
        .filter(|line| line.contains("  no   "))
        .collect();
    assert_eq!(
        failed,
        [
            "it is exported with the same content                   no         it comes back with differences"
        ]
    );
    assert_eq!(tenant.state().profiles.len(), 0);
    assert_eq!(tenant.state().made, 1);
    no_breach(&tenant);
}

#[test]
fn names_of_a_tenant_are_written_out_and_stay_in_the_folder() {
    let mut state = with_versions(2);
    let odd = ["../../up\u{1b}[31m", "a/b"];
    for (profile, name) in state.profiles.iter_mut().zip(odd) {
        profile.body["metadata"]["name"] = json!(name);
        profile.body["spec"]["version"] = json!("1.0.0/../..");
        profile.clusters = vec![("c1", "x\u{202e}y")];
    }
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    let folder = Scratch::new();
    let listed = palette(&tenant, &folder, "list").well();
    assert!(
        listed.contains("../../up\\x1B[31m") && listed.contains("x\\u202Ey"),
        "{listed}"
    );
    assert!(!listed.contains(['\u{1b}', '\u{202e}']), "{listed:?}");
    palette(&tenant, &folder, "export --all --out below/back").ends(0);
    palette(&tenant, &folder, "export --all --split --out below/git").ends(0);
    assert_eq!(names(&folder), ["below"]);
    assert_eq!(names(&folder.join("below")), ["back", "git"]);
    assert_eq!(names(&folder.join("below/back")).len(), 3);
    assert_eq!(names(&folder.join("below/git")).len(), 2);
    no_breach(&tenant);
}

#[test]
fn a_redirect_is_not_followed() {
    let mut state = with_packs();
    state.faults.insert(0, Fault::Status(302, ""));
    let Some(tenant) = Tenant::start(state) else {
        return;
    };
    palette(&tenant, &Scratch::new(), "list").says(
        2,
        "error: Palette refuses `POST /v1/dashboard/clusterprofiles` with status 302\n  = help: the address redirects; give the address of Palette's API\n\n",
    );
    assert_eq!(tenant.state().seen.len(), 1);
}
