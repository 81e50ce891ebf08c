//! The report as titles, sentences and tables.

use crate::diff::Shown;
use crate::plan::{Section, Table};
use crate::upgrade::report::{changed_lines, words};
use crate::upgrade::resolutions::part_words;
use crate::upgrade::{Clashed, Item, Report, What};

/// The longest list of one kind in one layer that is told item by item.
const MOST: usize = 12;
/// The longest value in a cell.
const WIDEST: usize = 60;

pub(super) fn sections(report: &Report, full: bool) -> Vec<Section> {
    let is_gone = |item: &&Item| {
        matches!(
            item.what,
            What::Conflict {
                clash: Clashed::Gone,
                ..
            }
        )
    };
    let is_conflict = |item: &&Item| matches!(item.what, What::Conflict { .. }) && !is_gone(item);
    let all = |wanted: &dyn Fn(&&Item) -> bool| -> Vec<&Item> {
        report.items.iter().filter(wanted).collect()
    };
    let mut sections = vec![summary(report)];
    let conflicts = all(&is_conflict);
    if !conflicts.is_empty() {
        sections.push(questions(
            "Conflicts",
            "Both sides changed these. Nothing is written until each has an answer.",
            &conflicts,
        ));
    }
    let gone = all(&is_gone);
    if !gone.is_empty() {
        sections.push(questions(
            "Edits that lost their place",
            "You changed settings that no longer exist. Each needs an answer too: `yours` keeps it, `drop` removes it.",
            &gone,
        ));
    }
    for (title, what) in &super::LISTS {
        sections.push(list(title, &all(&|item| item.what == *what), full));
        if *what == What::Kept {
            sections.push(settings(report));
        }
    }
    sections.extend([
        limited(report),
        moved(report),
        steps(report),
        findings(report),
        by_hand(report),
    ]);
    sections.retain(|section| !section.sentences.is_empty() || !section.tables.is_empty());
    sections
}

fn section(title: &str) -> Section {
    Section {
        title: title.to_owned(),
        sentences: Vec::new(),
        tables: Vec::new(),
    }
}

fn table(title: &str, columns: &[&'static str], rows: Vec<Vec<String>>) -> Table {
    Table {
        title: title.to_owned(),
        columns: columns.to_vec(),
        rows,
    }
}

fn summary(report: &Report) -> Section {
    let mut section = section("Profiles");
    let rows = report.profiles.iter().map(|profile| {
        vec![
            profile.name.clone(),
            profile.role.to_owned(),
            profile.was.clone(),
            profile.becomes.clone(),
        ]
    });
    section.tables.push(table(
        "",
        &["Profile", "Role", "Version", "Becomes"],
        rows.collect(),
    ));
    section.sentences.extend(report.notes.iter().cloned());
    let impacts: Vec<String> = report
        .impacts
        .iter()
        .map(|count| {
            let changes = count.changes;
            format!("{changes} {}", count.impact.meaning(changes))
        })
        .collect();
    if !impacts.is_empty() {
        section.sentences.push(format!(
            "Of the changes to your profiles, {}. `vmo-ra diff` shows each.",
            impacts.join(", ")
        ));
    }
    section
}

fn questions(title: &str, sentence: &str, items: &[&Item]) -> Section {
    let mut section = section(title);
    section.sentences.push(sentence.to_owned());
    let rows = items.iter().map(|item| {
        let answer = match &item.what {
            What::Conflict {
                answer: Some(answer),
                ..
            } => answer.clone(),
            _ => "open".to_owned(),
        };
        let impact = item.impact.map_or("", |impact| impact.as_str());
        let sides = item.sides_in_brief();
        let [base, yours, theirs] = sides.map(|(_, lines)| in_cell(&lines));
        let of_clash = std::iter::once(clash(item));
        let said = item.because.iter().chain(&item.reasons);
        let why: Vec<String> = of_clash
            .chain(said.map(String::as_str))
            .map(as_sentence)
            .collect();
        vec![
            place(item),
            base,
            yours,
            theirs,
            impact.to_owned(),
            why.join(" "),
            answer,
        ]
    });
    let columns = [
        "Where",
        "Base",
        "Yours",
        "Theirs",
        "Impact",
        "Why it matters",
        "Answer",
    ];
    section.tables.push(table("", &columns, rows.collect()));
    section
}

fn clash(item: &Item) -> &'static str {
    match item.what {
        What::Conflict { clash, .. } => clash.words(),
        _ => "",
    }
}

/// Words as a sentence among others.
fn as_sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let sentence: String = first.chain(letters).collect();
    match sentence.ends_with(['.', ')']) {
        true => sentence,
        false => sentence + ".",
    }
}

/// What was read from the profiles as settings of the site.
fn settings(report: &Report) -> Section {
    let mut section = section(super::SETTINGS);
    if report.settings.is_empty() {
        return section;
    }
    section.sentences.push(super::OF_SETTINGS.to_owned());
    let rows = report.settings.iter().map(|setting| {
        let default = setting.default.as_ref();
        let [was, becomes] = [
            default.map(|default| &default.was),
            default.map(|default| &default.becomes),
        ];
        let of_ra = default.map_or(String::new(), |_| {
            format!("{} -> {}", cell(was), cell(becomes))
        });
        vec![setting.path.clone(), cell(Some(&setting.value)), of_ra]
    });
    let columns = ["Setting", "Yours", "The RA's own, where it changes"];
    section.tables.push(table("", &columns, rows.collect()));
    section
}

/// Items in a table for each layer; of long lists only the start, unless all is wanted.
fn list(title: &str, items: &[&Item], full: bool) -> Section {
    let mut section = section(title);
    for items in items.chunk_by(|a, b| (&a.profile, &a.layer) == (&b.profile, &b.layer)) {
        let Some(first) = items.first() else { continue };
        let shown = match full {
            true => items.len(),
            false => items.len().min(MOST),
        };
        let mut name = match &first.layer {
            Some(layer) => format!("{} / {layer}", first.profile),
            None => first.profile.clone(),
        };
        if shown < items.len() {
            name = format!("{name}: the first {shown} of {}", items.len());
        }
        let rows = items.iter().take(shown).map(|item| {
            let impact = item.impact.map_or("", |impact| impact.as_str());
            let [was, is] = match item.what {
                What::Combined => changed(item),
                _ => item.change().map(cell),
            };
            vec![within_layer(item), was, is, impact.to_owned()]
        });
        let columns = match first.what {
            What::Combined => ["Where", "Removed lines", "Added lines", "Impact"],
            _ => ["Where", "From", "To", "Impact"],
        };
        section.tables.push(table(&name, &columns, rows.collect()));
    }
    section
}

fn limited(report: &Report) -> Section {
    let mut section = section("Layers that could not be merged completely");
    section.sentences.extend(
        report
            .limited
            .iter()
            .map(|one| format!("{} / {}: {}", one.profile, one.layer, one.why)),
    );
    if !section.sentences.is_empty() {
        section
            .sentences
            .push(super::WHERE_PACKS_COME_FROM.to_owned());
    }
    section
}

fn moved(report: &Report) -> Section {
    let mut section = section("Settings that moved");
    let sentences = report.moved.iter().map(|moved| moved.words());
    section.sentences.extend(sentences);
    section
}

fn steps(report: &Report) -> Section {
    let mut section = section("Versions on the way");
    if report.steps.is_empty() {
        return section;
    }
    section.sentences.push(super::STEPS.to_owned());
    let versions = report.on_the_way.iter().map(|way| way.words());
    section.sentences.extend(versions);
    let rows = report.steps.iter().map(|step| {
        vec![
            format!("{} / {}", step.profile, step.layer),
            step.versions.join(" -> "),
            step.wait.clone(),
            step.because.clone(),
        ]
    });
    let columns = ["Layer", "Versions", "Wait until", "Source"];
    section.tables.push(table("", &columns, rows.collect()));
    section
}

fn findings(report: &Report) -> Section {
    let mut section = section(super::FINDINGS);
    if report.findings.is_empty() {
        return section;
    }
    section.sentences.push(super::OF_FINDINGS.to_owned());
    let rows = report.findings.iter().map(|found| {
        vec![
            found.severity.to_string(),
            found.words(),
            found.help.clone(),
        ]
    });
    let columns = ["Severity", "What", "Way out"];
    section.tables.push(table("", &columns, rows.collect()));
    section
}

fn by_hand(report: &Report) -> Section {
    let mut section = section("Left to you");
    section.sentences.clone_from(&report.by_hand);
    section.sentences.push(super::BY_HAND.to_owned());
    section
}

fn place(item: &Item) -> String {
    let layer = match &item.layer {
        Some(layer) => format!("{} / {layer} / ", item.profile),
        None => format!("{} / ", item.profile),
    };
    layer + &within_layer(item)
}

fn within_layer(item: &Item) -> String {
    let part = part_words(&item.part);
    match item.path.as_str() {
        "" => part,
        path => format!("{part}: {path}"),
    }
}

/// A value in a cell.
fn cell(value: Option<&Shown>) -> String {
    cut(&words(value))
}

/// The lines of a text that change.
fn changed(item: &Item) -> [String; 2] {
    let [old, new] = item.change().map(words);
    let lines = changed_lines(&old, &new);
    ["- ", "+ "].map(|sign| {
        let lines = lines.iter().filter_map(|line| line.strip_prefix(sign));
        in_cell(&lines.map(str::to_owned).collect::<Vec<_>>())
    })
}

/// Lines in a cell.
fn in_cell(lines: &[String]) -> String {
    let mut shown: Vec<String> = lines.iter().take(MOST).map(|line| cut(line)).collect();
    if let Some(more @ 1..) = lines.len().checked_sub(MOST) {
        shown.push(format!("and {more} more lines"));
    }
    shown.join("; ")
}

/// A value on one line, and not too long.
fn cut(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let more = lines.count();
    let mut cut: String = first.chars().take(WIDEST).collect();
    if cut.len() < first.len() {
        cut.push('…');
    }
    if more > 0 {
        cut.push_str(&format!(" (and {more} more lines)"));
    }
    cut
}
