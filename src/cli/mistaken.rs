//! Tips for a wrong command line: what other tools call it, and what is a setting of the site.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use vmo_ra::site::Site;

/// Commands of other tools, and what does the same here.
const COMMANDS: [(&[&str], &str); 11] = [
    (
        &["apply", "install", "create", "deploy", "push"],
        "`vmo-ra render` writes the profiles, and `vmo-ra palette import` sends them to Palette",
    ),
    (
        &["template", "generate", "gen", "build", "synth"],
        "`vmo-ra render` writes the profiles",
    ),
    (
        &["validate", "lint", "test", "vet"],
        "`vmo-ra check` looks at sites, profiles and manifests",
    ),
    (
        &["export", "get", "pull"],
        "`vmo-ra palette export` takes profiles out of Palette",
    ),
    (
        &["import"],
        "`vmo-ra palette import` sends profiles to Palette, and `vmo-ra packs import` makes folders of packs",
    ),
    (
        &["list", "ls"],
        "`vmo-ra packs`, `vmo-ra palette` and `vmo-ra revisions` have lists",
    ),
    (
        &["describe", "show"],
        "`vmo-ra plan` describes a site, and `vmo-ra packs show` a pack",
    ),
    (&["format"], "`vmo-ra fmt` formats profiles"),
    (
        &["rules", "errata"],
        "`vmo-ra explain` lists the rules, and `vmo-ra revisions NAME` the errata",
    ),
    (&["version"], "`vmo-ra --version` prints the version"),
    (
        &["new", "start"],
        "`vmo-ra init` writes a site to start from",
    ),
];

/// Options of other tools, and what does the same here.
const OPTIONS: [(&[&str], &str); 13] = [
    (
        &["set", "values", "value", "var", "var-file", "config"],
        "settings stand in the site file: `vmo-ra init` writes one",
    ),
    (
        &["nodes", "replicas", "node-count"],
        "`cluster.workers` in the site file is the number of workers",
    ),
    (
        &["f", "filename", "file", "input"],
        "name the file without an option",
    ),
    (
        &["o", "output", "json", "yaml"],
        "`--format` chooses the form, and `> FILE` the file",
    ),
    (
        &["dry-run", "diff"],
        "`vmo-ra check` writes nothing, and `vmo-ra diff` compares",
    ),
    (
        &["strict", "fail-on-warnings", "werror", "W"],
        "`vmo-ra check --deny warnings` fails on warnings too",
    ),
    (
        &["y", "yes", "auto-approve", "overwrite", "replace"],
        "nothing is asked: `--force` replaces what is there",
    ),
    (
        &["r", "R", "recursive"],
        "a folder is read with all that is below it",
    ),
    (
        &["kubeconfig", "context", "kube-context"],
        "no cluster is asked: files are read and written",
    ),
    (&["debug", "log-level", "trace"], "`--verbose` says more"),
    (&["silent", "s"], "`--quiet` says less"),
    (
        &["api-key", "token"],
        "an API key comes from a file or the environment: see `vmo-ra palette --help`",
    ),
    (
        &["ra", "ra-version", "release"],
        "`--revision` names the revision of the RA",
    ),
];

/// The error with a better tip, where one is known.
pub(super) fn with_tip(mut error: clap::Error) -> clap::Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let tip = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            found(&COMMANDS, &word).map(str::to_owned)
        }
        ErrorKind::UnknownArgument => {
            let given = text(ContextKind::InvalidArg).unwrap_or_default();
            if !given.starts_with('-') {
                return error;
            }
            let word = given.trim_start_matches('-');
            let word = word.split('=').next().unwrap_or(word);
            let suggested = text(ContextKind::SuggestedArg);
            match found(&OPTIONS, word) {
                Some(_) if suggested.as_deref() == Some("--out") => None,
                Some(tip) => Some(tip.to_owned()),
                None if suggested.is_none() => setting(word),
                None => None,
            }
        }
        ErrorKind::InvalidValue => {
            let option = text(ContextKind::InvalidArg).unwrap_or_default();
            let value = text(ContextKind::InvalidValue).unwrap_or_default();
            match option.starts_with("--format") {
                true if value.contains(['.', '/']) => {
                    Some("`-f` is short for `--format`: name the file without an option".to_owned())
                }
                true if value == "json" => {
                    Some("the files have a form of their own: leave `--format` out".to_owned())
                }
                _ => None,
            }
        }
        _ => None,
    };
    match tip {
        Some(tip) => {
            let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
            error.insert(ContextKind::Suggested, tips);
            // The usage names the option that was suggested.
            if error.remove(ContextKind::SuggestedArg).is_some() {
                error.remove(ContextKind::Usage);
            }
            error.remove(ContextKind::SuggestedSubcommand);
        }
        None => without_trailing(&mut error),
    }
    error
}

/// Drops the tip to give an unknown option behind `--`, where it would be taken for a file.
fn without_trailing(error: &mut clap::Error) {
    if let Some(ContextValue::StyledStrs(tips)) = error.get(ContextKind::Suggested) {
        let is_of_use = |tip: &&StyledStr| !tip.to_string().starts_with("to pass ");
        let tips: Vec<StyledStr> = tips.iter().filter(is_of_use).cloned().collect();
        match tips.is_empty() {
            true => error.remove(ContextKind::Suggested),
            false => error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips)),
        };
    }
}

fn found(table: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    let row = table.iter().find(|(words, _)| words.contains(&word));
    row.map(|(_, tip)| *tip)
}

/// An option that is a setting of the site.
fn setting(word: &str) -> Option<String> {
    let plain = |text: &str| text.replace(['-', '_'], "").to_lowercase();
    let is_one = |path: &str| !path.contains(['[', '*']);
    let settings = || Site::settings().iter().filter(|one| is_one(&one.path));
    let word = plain(word);
    let mut same = settings()
        .filter(|one| plain(one.key()) == word || plain(&one.path.replace('.', "")) == word);
    let (first, second) = (same.next(), same.next());
    let theirs = || settings().find(|one| one.elsewhere().any(|name| plain(name) == word));
    let one = first.filter(|_| second.is_none()).or_else(theirs)?;
    Some(format!(
        "it is a setting of the site: write `{}` in the site file",
        one.path
    ))
}
