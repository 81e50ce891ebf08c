//! What is read from folders and what is written into them: locks, unknown keys, names, and who may read it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{json_of, layer, packs, rendered, upgrade};
use crate::common::harness::{Scratch, files, read, write};

/// Names in an export are of others: none of them leads out of the folder.
#[test]
fn names_lead_out_of_no_folder() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "templates" {
            profile["metadata"]["name"] = json!("../../outside/prod");
            let images = layer(&mut profile, "vmo-goldenimages");
            images["name"] = json!("../../layer");
            images["manifests"][0]["name"] = json!("../../../manifest");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let run = folder.run(
        "upgrade yours --from 1.7.0 --to 1.9.0 --site site.yaml --out a/b/new --diff3 a/b/sides",
    );
    run.ends(0);
    let known = ["a", "site.yaml", ".vmo-ra.schema.json", "yours"];
    let strange = |name: &String| {
        let first = name.split('/').next().unwrap_or_default();
        !known.contains(&first) && !first.starts_with("1.")
    };
    let all: Vec<String> = files(&folder).into_keys().collect();
    assert!(
        all.contains(&"a/b/new/outside-prod.json".to_owned()),
        "{all:?}"
    );
    assert!(
        all.contains(&"a/b/new/manifests/layer/manifest.yaml".to_owned()),
        "{all:?}"
    );
    assert!(
        all.contains(&"a/b/sides/yours/outside-prod/profile.yaml".to_owned()),
        "{all:?}"
    );
    let below = |name: &String| {
        !name.starts_with("a/") || name.starts_with("a/b/new/") || name.starts_with("a/b/sides/")
    };
    assert!(all.iter().all(below), "{all:?}");
    let strange: Vec<&String> = all.iter().filter(|name| strange(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    folder.run("verify a/b/new").ends(0);
}

/// Of an export as of a folder that `split` wrote.
#[test]
fn unknown_keys_of_a_file_stay() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        profile["spec"]["someday"] = json!({"a": [1]});
        packs(&mut profile)[0]["also"] = json!("ours");
        let manifests = packs(&mut profile)[0]["manifests"].as_array_mut();
        if let Some(manifest) = manifests.and_then(|all| all.first_mut()) {
            manifest["uid"] = json!("0123");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
        let split = format!("split yours/{role}.json --out parts/{role}");
        folder.run(split.as_str()).ends(0);
    }
    upgrade(&folder, "--site site.yaml --out new --diff3 sides").ends(0);
    let of_parts = "upgrade parts --from 1.7.0 --to 1.9.0 --site site.yaml --out of-parts";
    folder.run(of_parts).ends(0);
    for (name, bytes) in files(&folder.join("new")) {
        if name.ends_with(".json") && !name.starts_with('.') {
            let mut profile: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            assert_eq!(profile["spec"]["someday"], json!({"a": [1]}), "{name}");
            assert_eq!(profile["spec"]["version"], "1.9.0", "{name}");
            let first = &packs(&mut profile)[0];
            assert_eq!(first["also"], "ours", "{name}");
            let uid = &first["manifests"][0]["uid"];
            assert_eq!(uid.is_string(), name.contains("Templates"), "{name}");
            assert_eq!(json_of(&folder, &format!("of-parts/{name}")), profile);
            let name = name.trim_end_matches(".json");
            for side in ["yours", "result"] {
                let join = format!("join sides/{side}/{name} --out {side}-{name}.json");
                folder.run(join.as_str()).ends(0);
            }
            assert_eq!(json_of(&folder, &format!("result-{name}.json")), profile);
            let yours = json_of(&folder, &format!("yours-{name}.json"));
            assert_eq!(yours["spec"]["someday"], json!({"a": [1]}), "{name}");
        }
    }
}

#[test]
fn a_lock_that_does_not_fit_is_said_to_be_so() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    folder
        .run("render --revision 1.7.0 --site site.yaml --out yours")
        .ends(0);
    let well = folder.run("upgrade yours --to 1.9.0 --site site.yaml");
    assert!(!well.ends(0).told().contains("note:"), "{}", well.told());
    assert!(
        well.told()
            .starts_with("Upgrade from RA 1.7.0 to RA 1.9.0\n")
    );
    let lock = read(&folder, "yours/.vmo-ra.lock");
    let other = lock.replacen("\"site\": \"", "\"site\": \"0", 1);
    let other = other.replacen("\"version\": \"0.15.2\"", "\"version\": \"0.15.1\"", 1);
    let other = other.replacen("\"program\": \"", "\"program\": \"0", 1);
    write(&folder, "yours/.vmo-ra.lock", other);
    let told = folder
        .run("upgrade yours --to 1.9.0 --site site.yaml")
        .well();
    assert!(
        told.contains(&format!("\n  note: the profiles were rendered with another site\n  note: vmo-ra 0{0} rendered the profiles; this is {0}, whose built-in values may differ\n  note: the profiles were made from `lb-metallb-helm` 0.15.1, but 0.15.2 was found\n", env!("CARGO_PKG_VERSION"))),
        "{told}"
    );
    write(&folder, "yours/.vmo-ra.lock", "{}");
    folder
        .run("upgrade yours --to 1.9.0")
        .ends(2)
        .begins("error: `yours/.vmo-ra.lock` is not a lock of `vmo-ra`: ");
}

#[test]
fn a_folder_with_a_lock_can_be_written_again() {
    let folder = Scratch::new();
    for _ in 0..2 {
        folder
            .run("render --revision 1.7.0 --out out --force")
            .ends(0);
    }
    assert!(folder.join("out/.vmo-ra.lock").is_file());
    folder.run("init site.yaml").ends(0);
    for _ in 0..2 {
        folder
            .run("upgrade out --to 1.9.0 --site site.yaml --out new --diff3 sides --force")
            .ends(0);
    }
    folder.run("verify new").ends(0);
}

#[test]
fn a_folder_is_not_written_to_standard_output() {
    let folder = Scratch::new();
    for option in ["--out", "--diff3"] {
        folder
            .run(format!("upgrade yours {option} -").as_str())
            .ends(2)
            .mentions(&format!("= help: name a folder with `{option} DIR`"));
    }
}

/// What the export lets everybody read, everybody may read of the result; no report shows it. So does `split`.
#[test]
fn a_sensitive_default_is_as_readable_as_the_export() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        let variables = profile["spec"]["variables"].as_array_mut().expect("a list");
        for variable in variables
            .iter_mut()
            .filter(|one| one["isSensitive"] == true)
        {
            variable["defaultValue"] = json!("hunter2-planted");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    for (mode, is_open) in [(0o644, true), (0o600, false)] {
        for name in ["infra", "core", "templates"] {
            let file = folder.join(format!("yours/{name}.json"));
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
        folder
            .run("split yours/templates.json --out parts --force")
            .ends(0);
        // Without a site it is the same whoever may read the export, and takes long.
        let sites: &[&str] = if is_open {
            &["--site site.yaml"]
        } else {
            &["--site site.yaml", ""]
        };
        for site in sites {
            let run = upgrade(&folder, &format!("{site} --full --out new --force"));
            run.ends(0);
            assert!(!format!("{:?}", run.all()).contains("hunter2-planted"));
            for file in ["new/VMO-RA-Templates.json", "parts/profile.yaml"] {
                assert!(read(&folder, file).contains("hunter2-planted"), "{file}");
                let found = fs::metadata(folder.join(file))
                    .expect("it is there")
                    .permissions()
                    .mode();
                assert_eq!(found & 0o044 != 0, is_open, "{site} {file} {found:o}");
            }
        }
    }
}
