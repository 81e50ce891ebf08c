//! The pages of the guide that are written from what the program says of itself: commands, rules and errata.
//!
//! After a wanted change: `VMO_RA_ACCEPT=1 cargo test --test suite reference::`.

use std::fmt::Write;

use serde_json::Value;
use vmo_ra::revision::Revision;

use crate::common::harness::{is_golden, read, root, vmo_ra};
use crate::golden::commands;

/// What stands above it in a page is written by people.
const WRITTEN: &str =
    "<!-- What follows is written by `VMO_RA_ACCEPT=1 cargo test --test suite reference::`. -->\n";
/// What every command's help ends with.
const COMMON: &str = "\nOptions of every command:\n";

fn is_page(page: &str, body: &str) {
    let text = read(&root(""), page);
    let (head, _) = text.split_once(WRITTEN).expect("the page has its mark");
    is_golden(page, format!("{head}{WRITTEN}{body}"));
}

fn help(words: &[&str]) -> String {
    vmo_ra(&[words, &["--help"]].concat()).run().well()
}

/// A help without what stands in all of them.
fn own(help: &str) -> String {
    let (before, after) = help.split_once(COMMON).expect("it has common options");
    let mut after = after
        .lines()
        .skip_while(|line| line.is_empty() || line.starts_with(' '));
    let after: String = after.by_ref().map(|line| format!("\n{line}")).collect();
    format!("{before}{after}").trim_end().to_owned()
}

#[test]
fn the_page_of_commands_is_their_help() {
    let mut page = format!("\n```text\n{}\n```\n", help(&[]).trim_end());
    for words in commands(&[]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let own = own(&help(&words));
        write!(
            page,
            "\n## vmo-ra {}\n\n```text\n{own}\n```\n",
            words.join(" ")
        )
        .expect("it grows");
    }
    is_page("docs/commands.md", &page);
}

#[test]
fn the_page_of_rules_is_what_explain_says() {
    let all = vmo_ra("explain --format json").run().json();
    let all = all.as_array().expect("a list");
    let (rules, kinds): (Vec<_>, Vec<_>) = all.iter().partition(|one| one["source"].is_string());
    assert!(
        rules.len() > 100 && kinds.len() > 5,
        "{} and {}",
        rules.len(),
        kinds.len()
    );
    let mut page = String::new();
    for (heading, list) in [("Rules", rules), ("Kinds of mistakes", kinds)] {
        write!(page, "\n## {heading}\n").expect("it grows");
        for one in list {
            let word = |key: &str| one[key].as_str();
            let sentence = |text: &str| {
                format!(
                    "{}{}.",
                    text[..1].to_uppercase(),
                    text[1..].trim_end_matches('.')
                )
            };
            let lines = [
                word("title").map(sentence),
                word("why").map(str::to_owned),
                word("wayOut").map(|text| format!("*Way out:* {text}")),
                word("source").map(|text| format!("*Source:* {text}")),
            ];
            let lines: Vec<String> = lines.into_iter().flatten().collect();
            let id = word("id").expect("it has a name");
            write!(page, "\n### {id}\n\n{}\n", lines.join("\\\n")).expect("it grows");
        }
    }
    is_page("docs/rules.md", &page);
}

#[test]
fn the_page_of_errata_is_what_the_revisions_say() {
    let mut page = String::new();
    for revision in Revision::names().into_iter().rev() {
        let all = vmo_ra(&["revisions", revision, "--format", "json"])
            .run()
            .json();
        if all["errata"]
            .as_object()
            .is_none_or(|kinds| kinds.is_empty())
        {
            continue;
        }
        write!(page, "\n## RA {revision}\n").expect("it grows");
        for (kind, heading) in [
            ("erratum", "Errata"),
            ("choice", "Choices"),
            ("export", "From the export"),
        ] {
            write!(page, "\n### {heading} of {revision}\n\n").expect("it grows");
            for (id, entry) in all["errata"][kind].as_object().into_iter().flatten() {
                let said = match &entry["printed"] {
                    Value::Array(quotes) => {
                        let quotes: Vec<String> = quotes
                            .iter()
                            .filter_map(Value::as_str)
                            .map(|quote| format!("“{quote}”"))
                            .collect();
                        // The RA does not print what its export has.
                        let by = if kind == "export" { kind } else { "printed" };
                        format!("{by} {}", quotes.join(", "))
                    }
                    _ => format!("open {}", entry["open"].as_str().unwrap_or_default()),
                };
                let word = |key: &str| entry[key].as_str().unwrap_or_default();
                writeln!(
                    page,
                    "- **{id}** (`{}`; {}): {said}\\\n  here: {}\\\n  why: {}",
                    word("where"),
                    word("section"),
                    word("instead"),
                    word("why")
                )
                .expect("it grows");
            }
        }
    }
    is_page("docs/errata.md", &page);
}
