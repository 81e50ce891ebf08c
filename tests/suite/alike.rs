//! All commands take the same things in the same way: the site, standard input and output, colours, how much is said.

use std::fs;

use crate::common::harness::{Run, Scratch, names, read, vmo_ra, write};

const SITE: &str = "cluster: {name: berlin}\nnads: [{vlan: 30}]\n";

/// A site with secrets that nobody has set.
const SECRETS: &str = "\
monitoring: {grafanaAdminPassword: {file: no-such-file}}
storage:
  flashArrays: [{endpoint: array.example.com, apiToken: {env: NO_SUCH_TOKEN}}]
";

/// The commands that are about a site, each with its other arguments.
const ABOUT_A_SITE: [(&str, &str); 5] = [
    ("render", " --profile core --out -"),
    ("plan", ""),
    ("network", " --format netplan"),
    ("nad", ""),
    ("check", ""),
];

#[test]
fn a_site_is_named_in_the_same_way() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", SITE);
    for (command, more) in ABOUT_A_SITE {
        let run = |site: &str| folder.run(&format!("{command}{more}{site}"));
        let named = run(" site.yaml");
        named.ends(0);
        assert!(!named.stdout.is_empty(), "{command}");
        assert!(run(" --site site.yaml").stdout == named.stdout, "{command}");
        let fed = |site: &str| {
            let line = format!("{command}{more}{site}");
            let run = vmo_ra(&line).within(&folder).fed(SITE).run();
            run.ends(0).told().replace("<standard input>", "site.yaml")
        };
        for site in [" -", " --site -"] {
            assert!(fed(site) == named.told(), "{command}{site}");
        }
        if command != "check" {
            let both = run(" site.yaml --site site.yaml");
            assert!(both.ends(2).said().contains("cannot be used with"));
        }
    }
}

#[test]
fn secrets_are_asked_for_where_they_are_written_only() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", SECRETS);
    for arguments in [
        "plan site.yaml",
        "network site.yaml --format maas-cli",
        "nad site.yaml",
        "check site.yaml",
        "packs list --site site.yaml",
        "diff 1.9.0 1.9.0 --site site.yaml",
        "diff site.yaml site.yaml",
    ] {
        let run = folder.run(arguments);
        let said = run.ends(0).said();
        assert!(!said.contains("NO_SUCH_TOKEN"), "{arguments}: {said}");
    }
    let render = folder.run("render site.yaml");
    let told = render.ends(3).said();
    assert!(
        told.contains("the environment variable `NO_SUCH_TOKEN` is not set"),
        "{told}"
    );
    assert!(told.contains("cannot read `no-such-file`"), "{told}");
    assert!(!folder.join("out").exists());
}

/// A check says what a render would ask for, and a comparison what it could not compare.
#[test]
fn a_secret_that_is_not_there_is_noted() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", SECRETS);
    let check = folder.run("check site.yaml --deny warnings --format json");
    let found = check.json()["findings"].to_string();
    for text in ["NO_SUCH_TOKEN", "no-such-file", "\"severity\":\"note\""] {
        assert!(found.contains(text), "{text}: {found}");
    }
    let diff = folder.run("diff 1.9.0 site.yaml");
    diff.ends(1).mentions(
        "note: the environment variable `NO_SUCH_TOKEN` is not set\n --> site.yaml:3:57\n  |\n3 |   \
         flashArrays: [{endpoint: array.example.com, apiToken: {env: NO_SUCH_TOKEN}}]\n",
    );
    diff.mentions("  = note: it is compared as if its value had changed\n");
}

/// `nad` of a site says what `check` says of its networks, and writes none where the site is wrong.
#[test]
fn networks_of_a_wrong_site_are_not_written() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "network: {vmVlans: 30-40}\nnads: [{vlan: 50}]\n",
    );
    let check = folder.run("check site.yaml").told();
    let nad = folder.run("nad site.yaml").said();
    let first = nad.lines().next().unwrap_or_default();
    assert!(first.contains("50") && check.contains(first), "{nad}");
    write(
        &folder,
        "wrong.yaml",
        "network: {layout: one-bond, vmVlans: 1-400}\n",
    );
    let nad = folder.run("nad wrong.yaml --out nads");
    assert!(nad.ends(2).said().contains("[captured-vlan]"));
    assert!(!folder.join("nads").exists());
    // Those of the command line stand in for the site's own.
    folder.run("nad site.yaml --vlans 35").well();
    let nad = folder.run("nad site.yaml --vlans 60").ends(2).said();
    assert!(nad.contains("the network `vlan-60`"), "{nad}");
    folder.run("nad --vlans 4000").well();
}

#[test]
fn a_dash_is_standard_output() {
    let folder = Scratch::new();
    for arguments in [
        "diff 1.7.0 1.9.0",
        "diff 1.7.0 1.9.0 --format markdown",
        "plan",
        "nad",
    ] {
        let plain = folder.run(arguments);
        let dash = folder.run(&format!("{arguments} -o -"));
        assert!(
            plain.stdout == dash.stdout && plain.code == dash.code,
            "{arguments}"
        );
    }
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn colours_are_where_they_are_wanted() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", "cluster: {nam: a}\n");
    let has_colours = |run: &Run| (run.told() + &run.said()).contains('\u{1b}');
    for arguments in [
        "check site.yaml",
        "diff 1.7.0 1.9.0 --stat",
        "plan site.yaml",
        "plan --wrong",
        "--help",
    ] {
        for (option, wanted) in [
            ("--color always", true),
            ("--color=always", true),
            ("--color auto", false),
            ("--color never", false),
            ("--no-color", false),
            ("--no-color --color always", false),
        ] {
            for line in [
                format!("{option} {arguments}"),
                format!("{arguments} {option}"),
            ] {
                if arguments == "--help" && line.starts_with(arguments) {
                    continue;
                }
                let run = vmo_ra(&line).within(&folder).env("NO_COLOR", "1").run();
                assert_eq!(has_colours(&run), wanted, "{line}");
            }
        }
    }
}

#[test]
fn a_quiet_run_says_errors_and_a_verbose_one_its_files() {
    let folder = Scratch::new();
    write(&folder, "site.yaml", SITE);
    for arguments in [
        "render site.yaml -o out",
        "nad site.yaml -o nads",
        "init new.yaml",
        "split out/VMO-RA-Core-PXKE.json -o core",
        "join core -o import.json",
        "network site.yaml -f netplan -o 60-vmo.yaml",
        "fmt import.json",
        "man pages",
    ] {
        assert_eq!(
            folder.run(&format!("-q {arguments}")).well(),
            "",
            "{arguments}"
        );
    }
    // What was asked for is still said.
    assert!(!folder.run("plan site.yaml -q").well().is_empty());
    assert!(!folder.run("-q revisions").well().is_empty());
    write(&folder, "wrong.yaml", "cluster: {nam: a}\n");
    let wrong = folder.run("render wrong.yaml --quiet");
    assert!(wrong.ends(2).said().starts_with("error: unknown key `nam`"));

    let loud = folder.run("render site.yaml --profile core --out other --verbose");
    let told = loud.ends(0).said();
    for line in [
        "reads site.yaml\n",
        "wrote other/VMO-RA-Core-PXKE.json\n",
        "wrote other/SHA256SUMS\n",
    ] {
        assert!(told.contains(line), "{line}{told}");
    }
    folder.run("plan -q -v").ends(2);
}

/// Every command has a page, and every page an example.
#[test]
fn man_pages_and_completions_know_all_commands() {
    let folder = Scratch::new();
    folder.run("man pages").well();
    let commands = crate::golden::commands(&[]);
    for command in &commands {
        let page = format!("pages/vmo-ra-{}.1", command.join("-"));
        let text = read(&folder, &page);
        assert!(text.contains("Example:"), "{page}");
        assert!(text.contains("vmo\\-ra "), "{page}");
    }
    let pages = fs::read_dir(folder.join("pages"))
        .expect("it is there")
        .count();
    // Beside them `vmo-ra` itself and the groups of commands.
    assert_eq!(pages, commands.len() + 3);
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = folder.run(&format!("completions {shell}")).well();
        for word in ["selftest", "as-published"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

/// Words of kubectl, helm and terraform lead to ours, and an option that is a setting to the site.
#[test]
fn other_tools_words_lead_to_ours() {
    let folder = Scratch::new();
    for (arguments, tip) in [
        ("apply", "`vmo-ra palette import` sends them to Palette"),
        ("lint site.yaml", "`vmo-ra check` looks at"),
        (
            "render --set cluster.name=x",
            "settings stand in the site file",
        ),
        (
            "render --bond-mode 4",
            "write `network.bondMode` in the site file",
        ),
        ("check -f site.yaml", "name the file without an option"),
        ("render -f json", "leave `--format` out"),
        ("packs list -o json", "`--format` chooses the form"),
        ("plan -o json", "the form is chosen by `--format`"),
        ("plan --nodes many", "`many` is not a whole number"),
        ("version", "`vmo-ra --version`"),
        ("check --strict", "`vmo-ra check --deny warnings`"),
    ] {
        let run = folder.run(arguments);
        let said = run.ends(2).said();
        assert!(said.contains(tip) && !said.contains("to pass"), "{said}");
        assert!(said.matches("tip:").count() < 2, "{said}");
    }
    assert_eq!(names(&folder), [""; 0]);
}

/// A finding about an option names it, and no line of the site.
#[test]
fn a_finding_about_an_option_names_it() {
    let folder = Scratch::new();
    write(
        &folder,
        "site.yaml",
        "network: {vmVlans: 21-100}\nnads: [{vlan: 25}]\n",
    );
    let run = folder.run("nad site.yaml --vlans 20");
    let said = run.ends(2).said();
    assert!(
        said.contains("it comes from `--vlans`") && !said.contains("-->"),
        "{said}"
    );
    let twice = folder.run("check site.yaml --site ./site.yaml");
    assert_eq!(twice.told(), folder.run("check site.yaml").told());
}
