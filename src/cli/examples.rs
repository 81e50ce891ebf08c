//! One example of each command, as its help and its man page show it. A test holds each against the command line.

const EXAMPLES: &[(&str, &str)] = &[
    ("check", "vmo-ra check site.yaml --deny warnings"),
    (
        "completions",
        "vmo-ra completions bash > vmo-ra.bash && source vmo-ra.bash",
    ),
    ("diff", "vmo-ra diff 1.9.0 export.json --fail-on restart"),
    ("explain", "vmo-ra explain captured-vlan"),
    ("fmt", "vmo-ra fmt --check export.json"),
    ("init", "vmo-ra init berlin.yaml"),
    ("join", "vmo-ra join core --out import.json"),
    ("man", "vmo-ra man ~/.local/share/man/man1"),
    ("nad", "vmo-ra nad --vlans 21-100,untagged --out nads"),
    (
        "network",
        "vmo-ra network site.yaml --format maas-cli --out maas.sh",
    ),
    (
        "packs apply",
        "vmo-ra packs apply cni-cilium-oss --preset MicroK8s:microk8s-enable",
    ),
    (
        "packs import",
        "vmo-ra packs import export.json --out packs",
    ),
    (
        "packs list",
        "vmo-ra packs list --packs packs --revision 1.9.0",
    ),
    ("packs show", "vmo-ra packs show cni-cilium-oss@1.19.x"),
    (
        "palette diff",
        "vmo-ra palette diff VMO-RA-Core-PXKE 1.9.0 --project Default",
    ),
    (
        "palette export",
        "vmo-ra palette export VMO-RA-Core-PXKE@1.9.0 --out exports",
    ),
    (
        "palette import",
        "vmo-ra palette import out --project Default --dry-run",
    ),
    ("palette list", "vmo-ra palette list --project Default"),
    (
        "palette packs",
        "vmo-ra palette packs --site site.yaml --out packs",
    ),
    (
        "palette selftest",
        "vmo-ra palette selftest --project Sandbox",
    ),
    (
        "palette status",
        "vmo-ra palette status out --project Default",
    ),
    (
        "palette validate",
        "vmo-ra palette validate out --project Default",
    ),
    (
        "plan",
        "vmo-ra plan site.yaml --format html --out plan.html",
    ),
    ("recover", "vmo-ra recover exports/ --out site.yaml"),
    ("render", "vmo-ra render site.yaml --packs packs --out out"),
    ("revisions", "vmo-ra revisions --compare 1.7.0 1.9.0"),
    ("schema", "vmo-ra schema site"),
    ("split", "vmo-ra split export.json --out core"),
    (
        "upgrade",
        "vmo-ra upgrade exports/ --from 1.7.0 --packs packs --out new",
    ),
    ("verify", "vmo-ra verify out"),
];

/// The example of a command, which is named without the program.
pub(super) fn of(command: &str) -> Option<&'static str> {
    let found = EXAMPLES.iter().find(|(name, _)| *name == command);
    found.map(|(_, example)| *example)
}

#[cfg(test)]
mod tests {
    use super::super::options::{command, parse};
    use super::EXAMPLES;

    /// The commands that do something, by their names.
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<String>) {
        if !command.has_subcommands() {
            found.push(path.to_owned());
        }
        for below in command.get_subcommands() {
            leaves(below, format!("{path} {}", below.get_name()).trim(), found);
        }
    }

    #[test]
    fn every_command_has_an_example_that_it_takes() {
        let mut all = Vec::new();
        leaves(&command(), "", &mut all);
        all.sort();
        let shown: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
        assert_eq!(shown, all);
        for (name, example) in EXAMPLES {
            let line = example.split(" > ").next().unwrap_or_default();
            let words: Vec<_> = line.split(' ').map(Into::into).collect();
            assert!(line.starts_with(&format!("vmo-ra {name}")), "{example}");
            parse(&words).unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }

    #[test]
    fn clap_has_nothing_to_object_to() {
        command().debug_assert();
    }

    #[test]
    fn help_is_no_wider_than_80_columns() {
        fn look(mut command: clap::Command, wide: &mut Vec<String>) {
            let name = command.get_name().to_owned();
            for text in [command.render_help(), command.render_long_help()] {
                let lines = text.to_string();
                let too_wide = lines.lines().filter(|line| line.chars().count() > 80);
                wide.extend(too_wide.map(|line| format!("{name}: {line}")));
            }
            let below: Vec<_> = command.get_subcommands().cloned().collect();
            below.into_iter().for_each(|one| look(one, wide));
        }
        let mut built = command();
        built.build();
        let mut wide = Vec::new();
        look(built, &mut wide);
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
