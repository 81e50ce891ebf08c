//! Input that is hostile or far too large ends in a message that says what there was too much of, in little memory.

#[cfg(unix)]
mod hostile {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use crate::common::harness::{Run, Scratch, vmo_ra_by, write};
    use vmo_ra::limits;

    /// A run that may take so many MiB of memory in all, stacks and the program itself among them.
    fn run(folder: &Path, memory: u64, arguments: &str) -> Run {
        // One heap: each more would reserve addresses that nothing uses, and how many there are depends on timing.
        let limited = format!(
            "ulimit -v {} && MALLOC_ARENA_MAX=1 exec \"$0\" \"$@\"",
            memory << 10
        );
        vmo_ra_by("sh", &["-c", &limited], arguments)
            .within(folder)
            .run()
    }

    /// Runs commands over one file, which each must refuse with these words first.
    fn refused(file: &str, content: &str, commands: &[&str], memory: u64, words: &str) {
        let folder = Scratch::new();
        write(&folder, file, content);
        for command in commands {
            let output = run(&folder, memory, command);
            let said = output.said();
            assert_eq!(output.code, Some(2), "{command:?}: {said:.2000}");
            assert!(said.starts_with(words), "{command:?}: {said:.2000}");
            assert!(said.contains("= help: "), "no help: {said:.2000}");
        }
    }

    /// Every command that reads an export.
    const OF_EXPORTS: &[&str] = &[
        "check p.json",
        "diff p.json p.json",
        "split p.json --out d",
        "fmt p.json",
    ];

    fn export(layers: &str, more: &str) -> String {
        format!(
            r#"{{"metadata":{{"name":"a"}},"spec":{{"template":{{"type":"add-on","packs":[{layers}]}}{more}}}}}"#
        )
    }

    #[test]
    fn an_export_has_no_more_values_than_are_read() {
        let numbers = "0,".repeat(500_000);
        refused(
            "p.json",
            &export("", &format!(r#","x":[{numbers}0]"#)),
            OF_EXPORTS,
            96,
            "error: `p.json` holds 500011 values, more than the limit of 500000\n",
        );
    }

    #[test]
    fn an_export_is_no_deeper_than_is_read() {
        let deep = format!("{}{}", "[".repeat(1 << 18), "]".repeat(1 << 18));
        refused(
            "p.json",
            &export("", &format!(r#","x":{deep}"#)),
            OF_EXPORTS,
            96,
            "error: nested 262146 levels deep, more than the limit of 100\n",
        );
        refused(
            "site.yaml",
            &format!("cluster: {deep}"),
            &["check site.yaml", "render --site site.yaml --out o"],
            96,
            "error: nested deeper than 64 levels\n",
        );
    }

    #[test]
    fn a_profile_has_no_more_layers_and_manifests_than_are_read() {
        let layer = r#"{"name":"a","type":"oci"}"#;
        let layers = vec![layer; limits::LAYERS + 1].join(",");
        let commands = &OF_EXPORTS[..2];
        refused(
            "p.json",
            &export(&layers, ""),
            commands,
            96,
            "error: `p.json` has 1001 layers, more than the limit of 1000\n",
        );
        let manifests = vec![r#"{"name":"m"}"#; limits::MANIFESTS + 1].join(",");
        refused(
            "p.json",
            &export(
                &format!(r#"{{"name":"a","type":"oci","manifests":[{manifests}]}}"#),
                "",
            ),
            commands,
            96,
            "error: `p.json` has 20001 manifests, more than the limit of 20000\n",
        );
    }

    /// Of many changes the first are told, whatever the format, and all are counted.
    #[test]
    fn a_comparison_of_many_changes_takes_little_memory() {
        const CHANGES: usize = 60_000;
        let folder = Scratch::new();
        for (file, more) in [("old.json", 0), ("new.json", 1)] {
            let values: String = (0..CHANGES)
                .map(|number| format!("k{number}: {}\\n", number + more))
                .collect();
            let layer = format!(r#"{{"name":"a","type":"oci","values":"{values}"}}"#);
            write(&folder, file, export(&layer, ""));
        }
        let note = format!(
            "{CHANGES} changes only need a review; the first {} of them are shown",
            limits::CHANGES
        );
        for format in ["text", "json", "markdown", "html"] {
            let arguments = format!("diff old.json new.json --format {format}");
            let output = run(&folder, 160, &arguments);
            assert_eq!(output.code, Some(1), "{format}: {:.2000}", output.said());
            let told = output.told();
            assert!(told.contains(&note), "{format}: {told:.2000}");
            if format == "json" {
                let report: serde_json::Value = serde_json::from_str(&told).expect("JSON");
                assert_eq!(report["summary"]["changes"], CHANGES);
                assert_eq!(report["summary"]["impacts"][0]["changes"], CHANGES);
                assert_eq!(report["profiles"][0]["layers"][0]["changes"], CHANGES);
                let changes = report["changes"].as_array().expect("a list");
                assert_eq!(changes.len(), limits::CHANGES);
            }
        }
        // The gate counts what is not told; `--only` reaches it.
        let last = format!("--only a/values/k{}", CHANGES - 1);
        let output = run(&folder, 160, &format!("diff old.json new.json {last}"));
        assert!(
            output.told().contains("1 change; 1 only needs a review"),
            "{:.2000}",
            output.told()
        );
    }

    /// Values of so many bytes, line by line.
    fn values(bytes: usize, line: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        for number in 0.. {
            if text.len() >= bytes {
                break;
            }
            text.push_str(&line(number));
        }
        text
    }

    /// How many times the input a comparison and a check may take: twelve where it is written as vendors do, more where
    /// each line is a value or two.
    #[test]
    fn memory_grows_with_the_input() {
        const BYTES: usize = 4 << 20;
        type Line = fn(usize, usize) -> String;
        let kinds: [(&str, [u64; 2], Line); 4] = [
            ("settings with comments", [6, 12], |number, changed| {
                format!(
                    "# What the setting of the number {number} is for, as vendors say it\\ns{number}:\\n  enabled: true\\n  image: registry.example.com/name/of/{changed}\\n"
                )
            }),
            ("settings", [6, 20], |number, changed| {
                format!("setting{number}: {changed}\\n")
            }),
            ("a list of maps", [24, 40], |number, changed| {
                let list = if number == 0 { "l:\\n" } else { "" };
                format!("{list}- name: n{number}\\n  value: v{changed}\\n")
            }),
            ("a text", [10, 12], |number, changed| {
                let text = if number == 0 { "t: |\\n" } else { "" };
                format!("{text}  The line of the number {number} holds {changed}.\\n")
            }),
        ];
        for (kind, times, line) in kinds {
            let folder = Scratch::new();
            for (file, step) in [("old.json", 0), ("new.json", 1)] {
                let changed = |number: usize| number + step * usize::from(number % 500 == 7);
                let values = values(BYTES, |number| line(number, changed(number)));
                let layer = format!(r#"{{"name":"a","type":"oci","values":"{values}"}}"#);
                write(&folder, file, export(&layer, ""));
            }
            // What the program takes of addresses before it reads.
            const OWN: u64 = 48;
            let commands = [("diff old.json new.json", 2), ("check new.json", 1)];
            for ((command, files), times) in commands.into_iter().zip(times) {
                let memory = OWN + times * files * (BYTES as u64 >> 20);
                let output = run(&folder, memory, command);
                assert!(
                    matches!(output.code, Some(0 | 1)),
                    "{kind}: {command} takes more than {memory} MiB: {:?} {:.500}",
                    output.code,
                    output.said()
                );
            }
        }
    }

    /// Messages of one text: a thousand, and how many more there are.
    #[test]
    fn of_many_problems_the_first_are_told() {
        let folder = Scratch::new();
        let keys = r#""a":0,"#.repeat(30_000);
        write(
            &folder,
            "p.json",
            export("", &format!(r#","x":{{{keys}"a":0}}"#)),
        );
        let unknown: String = (0..20_000)
            .map(|number| format!("k{number}: 1\n"))
            .collect();
        write(&folder, "site.yaml", unknown);
        let twice = "a: 1\n".repeat(20_000);
        write(&folder, "twice.yaml", &twice);
        for (command, more) in [
            ("split p.json --out d", "`p.json` has 29000 more problems"),
            (
                "render --site site.yaml --out=o",
                "`site.yaml` has 19000 more problems",
            ),
            (
                "render --site twice.yaml --out=o",
                "`twice.yaml` has 18999 more problems",
            ),
        ] {
            let output = run(&folder, 128, command);
            let said = output.said();
            assert_eq!(output.code, Some(2), "{command:?}: {said:.2000}");
            assert!(
                said.contains(&format!("error: {more}; the first 1000 are shown\n")),
                "{command:?}"
            );
            assert_eq!(
                said.matches("error: ").count(),
                limits::PROBLEMS + 1,
                "{command:?}"
            );
            // A line of many bytes is not shown a thousand times.
            assert!(said.len() < 2 << 20, "{} bytes", said.len());
        }
    }

    /// The findings of a rule: a thousand, and how many more there are.
    #[test]
    fn of_many_findings_the_first_are_told() {
        let folder = Scratch::new();
        let passwords = "- {password: hunter2}\n".repeat(20_000);
        write(
            &folder,
            "m.yaml",
            format!("kind: A\napiVersion: b\na:\n{passwords}"),
        );
        let machines: String = (0..5_000)
            .map(|number| {
                format!(
                    "  - {{name: m{number}, addresses: {{management: 10.9.0.{}}}}}\n",
                    number % 256
                )
            })
            .collect();
        write(
            &folder,
            "s.yaml",
            format!("nodes:\n  machines:\n{machines}"),
        );
        for file in ["m.yaml", "s.yaml"] {
            let output = run(&folder, 192, &format!("check {file}"));
            let said = output.told();
            // Secrets are a warning, addresses that are taken an error.
            let code = i32::from(file == "s.yaml");
            assert_eq!(output.code, Some(code), "{said:.2000}");
            assert!(
                said.contains(" more findings like this are not shown"),
                "{file}: {said:.2000}"
            );
            assert!(said.len() < 2 << 20, "{file}: {} bytes", said.len());
        }
    }

    #[test]
    fn a_few_lines_ask_for_no_million_networks() {
        let groups: String = (0..5_000)
            .map(|number| format!("- {{vlan: 1-4094, prefix: a{number}-}}\n"))
            .collect();
        refused(
            "site.yaml",
            &format!("nads:\n{groups}"),
            &["render --site site.yaml --out o", "nad --site site.yaml"],
            96,
            "error: `nads` asks for 20470000 networks, more than the limit of 20000\n",
        );
    }

    #[test]
    fn documents_and_aliases_have_limits() {
        let documents = "--- {kind: A, apiVersion: b}\n".repeat(50_001);
        let folder = Scratch::new();
        write(
            &folder,
            "m.yaml",
            format!("kind: A\napiVersion: b\n{documents}"),
        );
        let output = run(&folder, 256, "check m.yaml");
        let said = output.told();
        assert!(
            said.contains("`m.yaml` holds more than 50000 documents"),
            "{said:.2000}"
        );
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for number in 1..12 {
            let before = format!("*a{}, ", number - 1).repeat(9);
            bomb.push_str(&format!("a{number}: &a{number} [{before}]\n"));
        }
        write(&folder, "b.yaml", format!("kind: A\napiVersion: b\n{bomb}"));
        let output = run(&folder, 192, "check b.yaml");
        let said = output.told();
        assert!(
            said.contains(
                "the aliases of this text expand to more than the limit of 500000 values"
            ),
            "{said:.2000} {:.2000}",
            output.said()
        );
    }

    /// What never ends, or never comes, is not waited for.
    #[test]
    fn devices_and_pipes_end_in_a_message() {
        let folder = Scratch::new();
        for command in ["check /dev/zero", "split /dev/zero --out d"] {
            let output = run(&folder, 512, command);
            let said = output.said();
            assert_eq!(output.code, Some(2), "{command:?}: {said:.2000}");
            assert!(
                said.starts_with(
                    "error: cannot read `/dev/zero`: it is a pipe, a socket or a device, not a file\n"
                ),
                "{said:.2000}"
            );
        }
        let output = run(&folder, 96, "render --site /dev/zero --out o");
        assert!(output.said().contains("it is a pipe, a socket or a device"));
        // A pipe that nobody writes to, where only files belong, named or found.
        for (within, file) in [
            ("m", "pipe.yaml"),
            ("p", "pipe.json"),
            ("k", "pack.json"),
            ("s", "profile.yaml"),
            ("fleet/a", "site.yaml"),
        ] {
            fs::create_dir_all(folder.join(within)).expect("a folder");
            let made = Command::new("mkfifo")
                .arg(folder.join(within).join(file))
                .status();
            assert!(made.expect("mkfifo runs").success());
        }
        for command in [
            "check m",
            "check p",
            "check s",
            "diff m 1.9.0",
            "diff p 1.9.0",
            "diff s 1.9.0",
            "join s",
            "render --sites fleet --out o",
            "packs list --packs k",
            "check p/pipe.json",
            "diff 1.9.0 p/pipe.json",
            "split p/pipe.json --out d",
            "fmt p/pipe.json",
            "render --site m/pipe.yaml --out o",
        ] {
            let output = run(&folder, 96, command);
            let said = output.said();
            assert_eq!(output.code, Some(2), "{command:?}: {said:.2000}");
            assert!(said.contains("file"), "{command:?}: {said:.2000}");
        }
    }

    /// A link in a folder would show what its reader may see and its writer may not.
    #[test]
    fn links_are_not_followed_out_of_a_folder() {
        let folder = Scratch::new();
        fs::create_dir_all(folder.join("d")).expect("a folder");
        fs::create_dir_all(folder.join("fleet/a")).expect("a folder");
        fs::create_dir_all(folder.join("elsewhere")).expect("a folder");
        write(&folder, "elsewhere/site.yaml", "root:x:0:0\n");
        let link = |target: &str, at: &str| {
            std::os::unix::fs::symlink(target, folder.join(at)).expect("a link");
        };
        link("../elsewhere/site.yaml", "d/p.json");
        link("../../elsewhere/site.yaml", "fleet/a/site.yaml");
        link("../elsewhere", "fleet/b");
        for (command, times) in [
            ("check d", 1),
            ("diff d 1.9.0", 1),
            ("render --sites fleet --out o", 2),
        ] {
            let output = run(&folder, 256, command);
            let said = output.said();
            assert_eq!(output.code, Some(2), "{command:?}: {said}");
            let told = said.matches("is a link that leads out of the folder, and is not followed");
            assert_eq!(told.count(), times, "{command:?}: {said}");
            assert!(!said.contains("root:x"), "{command:?}: {said}");
        }
    }

    #[test]
    fn a_split_profile_has_no_deeper_folders_than_are_read() {
        let folder = Scratch::new();
        let profile = r#"{"metadata":{"name":"a"},"spec":{"version":"1.0.0","template":{"type":"add-on","cloudType":"all","packs":[]}}}"#;
        write(&folder, "p.json", profile);
        folder.run("split p.json --out s").ends(0);
        for (depth, words) in [
            (32, "nothing in `profile.yaml` names `"),
            (
                33,
                "holds more files, or deeper folders, than a split profile",
            ),
        ] {
            let below = "d/".repeat(depth);
            write(&folder, &format!("s/{below}x"), "");
            let said = folder.run("join s").ends(2).said();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn a_folder_has_no_more_files_than_are_read() {
        let folder = Scratch::new();
        for number in 0..=limits::FILES {
            fs::write(folder.join(format!("{number}.yaml")), "").expect("a file");
        }
        let output = run(&folder, 96, "check .");
        let said = output.said();
        assert_eq!(output.code, Some(2), "{said:.2000}");
        assert!(
            said.starts_with("error: `.` holds more than the limit of 10000 files\n  = help: "),
            "{said:.2000}"
        );
        fs::remove_file(folder.join("0.yaml")).expect("it is there");
        let said = run(&folder, 96, "check .").said();
        assert!(!said.contains("holds more"), "{said:.2000}");
        fs::remove_dir_all(&folder).expect("the folder goes");
    }
}
