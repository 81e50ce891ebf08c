//! What a person answers to conflicts decides, and no answer is lost.

use std::fs;

use serde_json::{Value, json};

use super::{customised, json_of, layer, rendered, upgrade};
use crate::common::harness::{Scratch, read, write};

#[test]
fn answers_that_do_not_fit_are_refused() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let site = "--site site.yaml";
    upgrade(&folder, site).ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let resolve = format!("{site} --resolve resolutions.yaml");
    let open = "warning: 4 conflicts wait for an answer, so no profile was written
  = help: answer them in `resolutions.yaml`, and run this again with `--resolve resolutions.yaml`

";
    upgrade(&folder, &resolve).says(1, open);
    assert_eq!(read(&folder, "resolutions.yaml"), asked);
    for (find, put, told) in [
        (
            "  answer:\n",
            "  answer: mine\n",
            "error: this is no answer\n",
        ),
        (
            "  answer:\n",
            "  answer: {value: 1, more: 2}\n",
            "error: this is no answer\n",
        ),
        (
            "  base: \"02c66ea91503834f\"",
            "  base: \"0000000000000000\"",
            "error: the answer to `VMO-RA-Infra-MaaS-PureFlashArray/kubernetes/values/kubeadmconfig.kubeletExtraArgs.tls-cipher-suites` is out of date: one of the three sides has changed since this was answered\n",
        ),
        (
            "  path: charts.cilium.nodePort",
            "  path: charts.cilium.other",
            "error: the answer to `VMO-RA-Infra-MaaS-PureFlashArray/cni-cilium-oss/values/charts.cilium.other` is out of date: there is no such conflict\n",
        ),
        (
            "format: vmo-ra/resolutions/1",
            "format: x",
            "error: `resolutions.yaml` holds no answers of `vmo-ra upgrade`: its `format` is not `vmo-ra/resolutions/1`\n",
        ),
        (
            "  part: values\n",
            "",
            "error: this entry is not as `upgrade` writes it: missing field `part`\n",
        ),
    ] {
        assert!(asked.contains(find), "{find}");
        let given = match find {
            find if find.contains("answer") => asked.clone(),
            _ => asked.replace("  answer:\n", "  answer: yours\n"),
        };
        write(&folder, "resolutions.yaml", given.replacen(find, put, 1));
        upgrade(&folder, &resolve)
            .ends(2)
            .begins(told)
            .mentions(" --> resolutions.yaml")
            .mentions("= help: ");
    }
}

/// A version that was answered has its own tag, and no answer leaves a layer without one.
#[test]
fn an_answered_version_is_one() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "core" {
            layer(&mut profile, "lb-metallb-helm")["version"] = json!("0.15.9");
            layer(&mut profile, "lb-metallb-helm")["tag"] = json!("0.15.9");
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    upgrade(&folder, "--site site.yaml --out new").ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let answered = |answer: &str| {
        let text = asked.replace("answer:", &format!("answer: {answer}"));
        assert_ne!(text, asked);
        write(&folder, "answers.yaml", text);
        upgrade(
            &folder,
            "--site site.yaml --resolve answers.yaml --out new --force",
        )
    };
    for (answer, version) in [
        ("base", "0.15.2"),
        ("theirs", "0.15.3"),
        ("{value: 0.15.7}", "0.15.7"),
        ("yours", "0.15.9"),
    ] {
        answered(answer).ends(0);
        let text = read(&folder, "new/VMO-RA-Core-PXKE.json");
        let mut core: Value = serde_json::from_str(&text).expect("it is JSON");
        let made = layer(&mut core, "lb-metallb-helm");
        assert_eq!(
            (&made["version"], &made["tag"]),
            (&json!(version), &json!(version))
        );
    }
    for answer in ["drop", "{value: null}", "{value: [1]}"] {
        answered(answer)
            .ends(2)
            .begins("error: the answer to `VMO-RA-Core-PXKE/lb-metallb-helm/layer/version` leaves nothing there that a profile can have\n")
            .mentions("--> answers.yaml:")
            .mentions("= help: write `yours`, `theirs`, `base`, or `{value: ...}` with a text");
    }
}

/// The file is written again where conflicts are left, and holds the answers as they were given.
#[test]
fn answers_stay_while_others_are_missing() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    upgrade(&folder, "--site site.yaml").ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let value = "  answer: {value: {\"password\":\"hunter2-planted\",\"text\":\"a\\nb: {\"}}\n";
    let answered = asked.replacen("  answer:\n", value, 1);
    let answered = answered.replacen("  answer:\n", "  answer: drop\n", 1);
    write(&folder, "resolutions.yaml", &answered);
    let run = upgrade(&folder, "--site site.yaml --resolve resolutions.yaml");
    run.ends(1);
    assert_eq!(read(&folder, "resolutions.yaml"), answered);
    assert!(!format!("{:?}", run.all()).contains("hunter2-planted"));
}

/// A second run takes up what the first one wrote, and writes over nothing else.
#[test]
fn a_second_run_uses_the_answers_of_the_first() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let site = "--site site.yaml";
    let used = "note: using the answers of an earlier run in `resolutions.yaml`
  = help: if they belong to another upgrade, name another file with `--resolve FILE`

";
    let open = |count: &str| {
        format!(
            "warning: {count}, so no profile was written
  = help: answer them in `resolutions.yaml`, and run this again

"
        )
    };
    let four = open("4 conflicts wait for an answer");
    upgrade(&folder, site).says(1, &four);
    let asked = read(&folder, "resolutions.yaml");
    // A name with a mistake is told before anything is asked anew.
    upgrade(&folder, &format!("{site} --resolve resolution.yaml"))
        .ends(1)
        .begins(
            "note: `resolution.yaml` does not exist, so no conflict has an answer yet
  = help: open conflicts are written to it

",
        );
    assert_eq!(read(&folder, "resolution.yaml"), asked);
    // Nothing was answered yet, and what was asked by an older run is no matter.
    let old = asked.replacen(
        "base: \"02c66ea91503834f\"",
        "base: \"0000000000000000\"",
        1,
    );
    let old = old.replacen(
        "path: charts.cilium.nodePort",
        "path: charts.cilium.other",
        1,
    );
    assert_ne!(old, asked);
    write(&folder, "resolutions.yaml", old);
    upgrade(&folder, site).says(1, format!("{used}{four}"));
    assert_eq!(read(&folder, "resolutions.yaml"), asked);
    let answered = asked.replacen("  answer:\n", "  answer: theirs\n", 1);
    write(&folder, "resolutions.yaml", &answered);
    let three = open("3 conflicts wait for an answer");
    upgrade(&folder, site).says(1, format!("{used}{three}"));
    assert_eq!(read(&folder, "resolutions.yaml"), answered);
    // An answer to what is no conflict any more is kept, and said to be so.
    let stale = answered.replacen(
        "base: \"02c66ea91503834f\"",
        "base: \"0000000000000000\"",
        1,
    );
    write(&folder, "resolutions.yaml", &stale);
    upgrade(&folder, site)
        .ends(2)
        .begins(&format!("{used}error: the answer to `VMO-RA-Infra-MaaS-PureFlashArray/kubernetes/values/kubeadmconfig.kubeletExtraArgs.tls-cipher-suites` is out of date: "));
    assert_eq!(read(&folder, "resolutions.yaml"), stale);
    let all = answered.replace("  answer:\n", "  answer: yours\n");
    write(&folder, "resolutions.yaml", &all);
    upgrade(&folder, &format!("{site} --out new")).says(0, used);
    // A file of somebody else's stays as it is, and is in the way only where something is asked.
    for other in ["", "a: 1\n", "format: x\n"] {
        write(&folder, "resolutions.yaml", other);
        upgrade(&folder, site).says(
            2,
            "error: `resolutions.yaml` exists, but holds no answers of `vmo-ra upgrade`
  = help: name another file for the conflicts with `--resolve FILE`

",
        );
        assert_eq!(read(&folder, "resolutions.yaml"), other);
    }
    fs::remove_dir_all(folder.join("1.7.0")).expect("it is there");
    for (role, profile) in rendered(&folder, "1.7.0") {
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    upgrade(&folder, site).says(0, "");
}

/// The values of a layer are those of the version that was answered, with what the RA sets.
#[test]
fn an_answer_for_a_version_is_one_for_the_values() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    let mut yours = String::new();
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "core" {
            let metallb = layer(&mut profile, "lb-metallb-helm");
            metallb["version"] = json!("0.15.9");
            metallb["tag"] = json!("0.15.9");
            let values = metallb["values"].as_str().expect("a text");
            let with = "controller:v0.15.2-ours";
            yours = values.replacen("controller:v0.15.2", with, 1);
            assert!(yours.contains(with), "{values}");
            metallb["values"] = json!(yours);
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let site = "--site site.yaml";
    upgrade(&folder, site).ends(1);
    let asked = read(&folder, "resolutions.yaml");
    // The version, and the image that both changed.
    assert_eq!(asked.matches("  answer:\n").count(), 2, "{asked}");
    let made = |answers: [&str; 2]| {
        let mut text = asked.clone();
        for answer in answers {
            text = text.replacen("  answer:\n", &format!("  answer: {answer}\n"), 1);
        }
        write(&folder, "answers.yaml", &text);
        let run = upgrade(
            &folder,
            &format!("{site} --resolve answers.yaml --out new --force --format json"),
        );
        let report = run.ends(0).json();
        let mut core = json_of(&folder, "new/VMO-RA-Core-PXKE.json");
        let metallb = layer(&mut core, "lb-metallb-helm");
        let values = metallb["values"].as_str().expect("a text").to_owned();
        (
            metallb["version"].clone(),
            values,
            report["limited"].clone(),
        )
    };
    let none = json!([]);
    for answer in ["yours", "theirs"] {
        // What was answered for the other version is no matter.
        assert_eq!(
            made(["yours", answer]),
            (json!("0.15.9"), yours.clone(), none.clone())
        );
    }
    let (version, values, _) = made(["theirs", "yours"]);
    assert_eq!(version, "0.15.3");
    assert!(
        values.contains("controller:v0.15.2-ours") && values.contains("speaker:v0.15.3"),
        "{values}"
    );
    let (version, values, limited) = made(["base", "yours"]);
    assert_eq!(
        (version, values, limited),
        (json!("0.15.2"), yours.clone(), none)
    );
    let (version, values, limited) = made(["{value: 0.15.7}", "yours"]);
    assert_eq!((version, values), (json!("0.15.7"), yours));
    assert_eq!(
        limited[0]["why"],
        "only the RA's own settings are merged, and the rest stays yours: there are no built-in values of `lb-metallb-helm` 0.15.7"
    );
}

/// What was answered about the values of a version stays in the file while another version is wanted.
#[test]
fn answers_for_another_version_are_not_lost() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let core = read(&folder, "yours/core.json");
    let edited = core.replacen("controller:v0.15.2", "controller:v0.15.2-ours", 1);
    assert_ne!(core, edited);
    write(&folder, "yours/core.json", edited);
    let site = "--site site.yaml";
    upgrade(&folder, site).ends(1);
    let asked = read(&folder, "resolutions.yaml");
    let mut with = String::new();
    for entry in asked.split_inclusive("  answer:\n") {
        let answer = match entry {
            entry if !entry.contains("layer: lb-metallb-helm") => "",
            entry if entry.contains("path: version") => " yours",
            _ => " theirs",
        };
        with += &entry.replace("  answer:\n", &format!("  answer:{answer}\n"));
    }
    write(&folder, "resolutions.yaml", &with);
    upgrade(&folder, site).ends(1);
    let again = read(&folder, "resolutions.yaml");
    assert_eq!(again.matches("  answer: theirs\n").count(), 1, "{again}");
    assert!(
        again.contains("# asked where the layer has the version of theirs\n"),
        "{again}"
    );
    // With the version of theirs it counts again.
    write(
        &folder,
        "resolutions.yaml",
        again.replacen("answer: yours", "answer: theirs", 1),
    );
    upgrade(&folder, site).ends(1);
    let last = read(&folder, "resolutions.yaml");
    assert_eq!(last.matches("  answer: theirs\n").count(), 2, "{last}");
    assert!(!last.contains("# asked where"), "{last}");
}

/// A conflict says what is at stake, in each format and in the file that asks.
#[test]
fn a_conflict_says_why_it_matters() {
    let folder = Scratch::new();
    customised(&folder);
    folder.run("init site.yaml").ends(0);
    let site = "--site site.yaml";
    let report = upgrade(&folder, &format!("{site} --format json"))
        .ends(1)
        .json();
    let items = report["items"].as_array().expect("a list").iter();
    let conflicts: Vec<&Value> = items.filter(|item| item["what"] == "conflict").collect();
    assert_eq!(conflicts.len(), 4);
    for conflict in &conflicts {
        assert!(conflict["impact"].is_string(), "{conflict:#}");
    }
    let of = |path: &str| {
        let mut conflicts = conflicts.iter();
        conflicts
            .find(|one| one["path"] == path)
            .expect("it is there")
    };
    let version = of("version");
    assert_eq!(version["impact"], "breaks");
    let said = "RA 1.9.0, ";
    let reasons = version["reasons"].as_array().expect("a list");
    assert!(
        reasons
            .iter()
            .any(|one| one.as_str().is_some_and(|one| one.starts_with(said))),
        "{version:#}"
    );
    let gone = of("charts.cilium.nodePort")["reasons"].to_string();
    assert!(
        gone.contains(
            "was removed in `cni-cilium-oss` 1.19.0: remove it; `kubeProxyReplacement` decides ("
        ),
        "{gone}"
    );
    let ciphers = of("kubeadmconfig.kubeletExtraArgs.tls-cipher-suites");
    assert_eq!(ciphers["impact"], "repave");
    let because = ciphers["because"].as_str().expect("a text");
    let asked = read(&folder, "resolutions.yaml");
    assert!(
        asked.contains(&format!("\n# impact  repave: {because}\n")),
        "{asked}"
    );
    for format in ["text", "markdown", "html"] {
        let told = upgrade(&folder, &format!("{site} --full --format {format}"))
            .ends(1)
            .told();
        for text in ["repave", because, "decides"] {
            assert!(told.contains(text), "{format} {text}\n{told}");
        }
    }
}

/// Of a text of many lines a conflict shows what each side changed.
#[test]
fn a_conflict_within_a_text_shows_its_lines() {
    let folder = Scratch::new();
    folder.run("init site.yaml").ends(0);
    for (role, mut profile) in rendered(&folder, "1.7.0") {
        if role == "infra" {
            let values = &mut layer(&mut profile, "ubuntu-maas")["values"];
            let text = values.as_str().expect("a text");
            let with = text.replace(
                "registry.k8s.io/pause:3.10\"",
                "registry.example/pause:3.10\"",
            );
            assert_ne!(text, with);
            *values = json!(with);
        }
        write(&folder, &format!("yours/{role}.json"), profile.to_string());
    }
    let told = upgrade(&folder, "--site site.yaml").ends(1).told();
    let sides = "
    yours   -   sandbox_image = \"registry.k8s.io/pause:3.10\"
            +   sandbox_image = \"registry.example/pause:3.10\"
    theirs  -   sandbox_image = \"registry.k8s.io/pause:3.10\"
            +   sandbox_image = \"registry.k8s.io/pause:3.10.1\"
";
    assert!(told.contains(sides), "{told}");
    let told = upgrade(&folder, "--site site.yaml --format markdown")
        .ends(1)
        .told();
    assert!(told.contains("registry.example/pause:3.10"), "{told}");
}
