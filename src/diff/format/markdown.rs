//! A report as a comment on a pull request.

use super::alike::{Alike, Entry, folded};
use super::glance::{LayerRow, first_step, ignored_words, layer_counts, layer_rows, notable_place};
use super::order::{Group, LayerChanges, Section, sections};
use super::values::{chars, cut, line_blocks, short_values};
use super::{content_counts, count, label, move_words, remarks, sentence};
use crate::diff::{Change, ChangeKind, ImpactCount, Notable, ProfilePair, Report, Side};
use crate::visible::visible;

/// Characters of a name or a value.
const LONGEST: usize = 160;
/// Characters of what was compared, in the headline, which must fit in any limit.
const LONGEST_SIDE: usize = 30;
/// Characters of a sentence.
const LONGEST_SENTENCE: usize = 640;
/// Lines of one change.
const MOST_LINES: usize = 40;
/// Lines of a text that is new or gone.
const FIRST_LINES: usize = 5;
/// Characters of one line of a text.
const LONGEST_LINE: usize = 200;

/// The markdown form, of at most `limit` bytes, of which there should be 1,000 or more.
///
/// Changes that do not fit are counted at the end. Names and values from profiles are in code, where they cannot be
/// markup, links or mentions; so do the words of a sentence that could be.
pub fn markdown(report: &Report, limit: usize) -> String {
    let sections = sections(report);
    let mut page = Page {
        text: headline(report),
        limit,
        kept_free: tail(&sections, &[]).len() + DETAILS_END.len(),
    };
    page.impacts(&report.summary.impacts);
    page.glance(report);
    let ignored = ignored_words(report);
    page.notes(&[report.notes.clone(), ignored.into_iter().collect()].concat());
    page.notable(&report.summary.notable);
    if report.summary.changes > 0 {
        page.layers(report);
    }
    let mut shown = Vec::new();
    for section in &sections {
        let count = page.section(section, shown.is_empty());
        shown.push(count);
        if count < section.changes {
            break;
        }
    }
    page.text.push_str(&tail(&sections, &shown));
    page.text
}

const DETAILS_END: &str = "\n</details>\n";

/// What a run over all sections did not show.
fn tail(sections: &[Section<'_>], shown: &[usize]) -> String {
    let mut text = String::new();
    for (index, section) in sections.iter().enumerate() {
        let left = section.changes - shown.get(index).copied().unwrap_or(0);
        if left > 0 {
            let changes = count(left, "more change");
            text.push_str(&format!("- {}: {changes}\n", section.impact.as_str()));
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("\nLeft out, since a comment has its limits:\n\n{text}")
}

fn headline(report: &Report) -> String {
    let side = |name: &str| code(&cut(&visible(name), LONGEST_SIDE));
    let changes = match report.summary.changes {
        0 => "no differences".to_owned(),
        changes => count(changes, "change"),
    };
    let sides = format!("{} -> {}", side(&report.old), side(&report.new));
    format!("### {sides}: {changes}\n")
}

/// A page that does not outgrow its limit.
struct Page {
    text: String,
    limit: usize,
    /// Bytes for what must follow: the end of the details and the counts of what is left out.
    kept_free: usize,
}

impl Page {
    /// Adds a text if it fits, and tells whether it did.
    fn push(&mut self, text: &str) -> bool {
        let fits = self.text.len() + text.len() + self.kept_free <= self.limit;
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Adds lines while they fit into a share of the page, and says how many there are besides.
    fn push_lines(&mut self, start: &str, lines: &[String], share: usize, noun: &str) {
        let more = |left: usize| format!("\n{}\n", count(left, &format!("more {noun}")));
        let end = self.text.len() + self.limit / share;
        let mut text = start.to_owned();
        for (index, line) in lines.iter().enumerate() {
            let left = lines.len() - index;
            let length = self.text.len() + text.len() + line.len() + more(left).len();
            if length > end {
                text.push_str(&more(left));
                break;
            }
            text.push_str(line);
        }
        self.push(&text);
    }

    fn impacts(&mut self, impacts: &[ImpactCount]) {
        if impacts.is_empty() {
            return;
        }
        let mut text = "\n| impact | changes |\n| --- | --- |\n".to_owned();
        for part in impacts {
            let impact = part.impact.as_str();
            let meaning = part.impact.meaning(part.changes);
            text.push_str(&format!("| {impact} | {} {meaning} |\n", part.changes));
        }
        self.push(&text);
    }

    fn glance(&mut self, report: &Report) {
        if let Some(worst) = report.summary.worst {
            let (changed, all) = layer_counts(report);
            let layers = count(all, "layer");
            let first = first_step(worst);
            self.push(&format!(
                "\n{changed} of {layers} changed. First: {first}.\n"
            ));
        }
    }

    fn notable(&mut self, notable: &[Notable]) {
        if notable.is_empty() {
            return;
        }
        let lines: Vec<String> = notable
            .iter()
            .map(|one| format!("- {}: {}\n", name(&notable_place(one)), prose(&one.what)))
            .collect();
        let start = "\nLook at this before you import it:\n\n";
        self.push_lines(start, &lines, 8, "thing");
    }

    fn notes(&mut self, notes: &[String]) {
        if notes.is_empty() {
            return;
        }
        let lines: Vec<String> = notes
            .iter()
            .map(|note| format!("- {}\n", prose(note)))
            .collect();
        self.push_lines("\n", &lines, 8, "note");
    }

    fn layers(&mut self, report: &Report) {
        let mut lines = Vec::new();
        for profile in &report.profiles {
            let rows = layer_rows(report, profile);
            lines.extend(rows.iter().map(|row| layer_line(profile, row)));
        }
        let header = "\n| profile | layer | kind | old | new | step | changes |\n\
                      | --- | --- | --- | --- | --- | --- | ---: |\n";
        if !lines.is_empty() {
            self.push_lines(header, &lines, 4, "row");
        }
    }

    /// Adds the changes of an impact while they fit, and tells how many did.
    fn section(&mut self, section: &Section<'_>, open: bool) -> usize {
        let mut shown = 0;
        let mut pending = summary(section, open);
        let start = self.text.len();
        'all: for place in &section.places {
            pending.push_str(&place_line(place));
            for item in items(place) {
                pending.push_str(&item.text);
                if item.changes > 0 {
                    if !self.push(&pending) {
                        break 'all;
                    }
                    pending.clear();
                    shown += item.changes;
                }
            }
        }
        if self.text.len() > start {
            self.text.push_str(DETAILS_END);
        }
        shown
    }
}

fn summary(section: &Section<'_>, open: bool) -> String {
    let open = if open { " open" } else { "" };
    let impact = section.impact.as_str();
    let changes = count(section.changes, "change");
    let meaning = section.impact.meaning(section.changes);
    format!("\n<details{open}>\n<summary><b>{impact}</b>: {changes} {meaning}</summary>\n\n")
}

/// An item of a list, which is a change or a heading that must not stand alone.
struct Item {
    text: String,
    /// How many changes it tells.
    changes: usize,
}

/// What is below a layer.
fn items(place: &LayerChanges<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut preset = None;
    for group in &place.groups {
        if group.preset != preset {
            preset = group.preset;
            items.extend(preset.map(|preset| preset_item(preset, group)));
        }
        let mut depth = if preset.is_some() { 2 } else { 1 };
        if place.because().is_none() && !group.because.is_empty() {
            let words = prose(group.because);
            items.push(Item {
                text: format!("{:indent$}- {words}\n", "", indent = 2 * depth),
                changes: 0,
            });
            depth += 1;
        }
        items.extend(folded(&group.changes).into_iter().map(|entry| match entry {
            Entry::One(change) => change_item(change, depth),
            Entry::Alike(alike) => alike_item(&alike, depth),
        }));
    }
    items
}

/// The heading of a preset, which is the change of the preset itself if that is here.
fn preset_item(preset: &str, group: &Group<'_>) -> Item {
    match group.switch {
        Some(switch) => change_item(switch, 1),
        None => Item {
            text: format!("  - preset {}\n", name(preset)),
            changes: 0,
        },
    }
}

fn place_line(place: &LayerChanges<'_>) -> String {
    let profile = name(place.profile);
    let layer = place.layer.map_or(" (profile)".to_owned(), |layer| {
        format!(" / {}", name(layer))
    });
    let because = place
        .because()
        .map_or(String::new(), |because| format!(": {}", prose(because)));
    format!("- {profile}{layer}{because}\n")
}

/// Alike changes in one item.
fn alike_item(alike: &Alike<'_>, depth: usize) -> Item {
    let Some(first) = alike.changes.first() else {
        return Item {
            text: String::new(),
            changes: 0,
        };
    };
    let place = Change {
        path: alike.place.clone(),
        ..Change::clone(first)
    };
    let (word, place) = (word(first.kind), name(&label(&place)));
    let words = code(&alike.words(LONGEST));
    let indent = " ".repeat(2 * depth);
    Item {
        text: format!("{indent}- {word}{place}: {words}\n"),
        changes: alike.changes.len(),
    }
}

fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added ",
        ChangeKind::Removed => "removed ",
        ChangeKind::Changed | ChangeKind::Text => "changed ",
        ChangeKind::Retyped => "retyped ",
        ChangeKind::Moved => "",
    }
}

/// A change, its lines in a fence.
fn change_item(change: &Change, depth: usize) -> Item {
    let word = word(change.kind);
    let fence = fenced(change, 2 * depth + 2);
    let values = if fence.is_empty() {
        values(change)
    } else {
        String::new()
    };
    let mut remarks: Vec<String> = remarks(change).iter().map(|words| prose(words)).collect();
    remarks.extend(content_counts(change).map(|counts| prose(&format!("with {counts}"))));
    let remarks = if remarks.is_empty() {
        String::new()
    } else {
        format!(" ({})", remarks.join("; "))
    };
    let label = name(&label(change));
    let indent = " ".repeat(2 * depth);
    Item {
        text: format!("{indent}- {word}{label}{values}{remarks}\n{fence}"),
        changes: 1,
    }
}

fn values(change: &Change) -> String {
    if change.kind == ChangeKind::Moved {
        return format!(" {}", move_words(change));
    }
    let (old, new) = short_values(change, LONGEST);
    let (old, new) = (old.map(|old| code(&old)), new.map(|new| code(&new)));
    match (old, new) {
        (None, None) => String::new(),
        (Some(old), None) if change.kind == ChangeKind::Removed => format!(": {old}"),
        (None, Some(new)) if change.kind == ChangeKind::Added => format!(": {new}"),
        (old, new) => {
            let nothing = || "nothing".to_owned();
            format!(
                ": {} -> {}",
                old.unwrap_or_else(nothing),
                new.unwrap_or_else(nothing)
            )
        }
    }
}

/// The lines of a change between fences, each indented to belong to its item.
fn fenced(change: &Change, indent: usize) -> String {
    let blocks = line_blocks(change, FIRST_LINES);
    let mut lines = Vec::new();
    let mut left = 0;
    for block in &blocks {
        if let (Some((_, number, _)), Some(_)) = (block.lines.first(), change.lines.first())
            && lines.len() < MOST_LINES
        {
            lines.push(format!("@@ line {number} @@"));
        }
        let room = MOST_LINES.saturating_sub(lines.len());
        let shown = block.lines.iter().take(room);
        lines.extend(shown.map(|(side, _, text)| marked(*side, text)));
        left += block.more + block.lines.len().saturating_sub(room);
    }
    if blocks.is_empty() {
        return String::new();
    }
    if left > 0 {
        lines.push(format!("({})", count(left, "more line")));
    }
    let is_list = |line: &String| line[1..].trim_start().starts_with(['-', '+']);
    let language = if lines.iter().any(is_list) {
        "text"
    } else {
        "diff"
    };
    let ticks = lines
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((ticks + 1).max(3));
    let margin = " ".repeat(indent);
    let body: String = lines
        .iter()
        .map(|line| format!("{margin}{line}\n"))
        .collect();
    format!("{margin}{fence}{language}\n{body}{margin}{fence}\n")
}

fn marked(side: Side, text: &str) -> String {
    let mark = match side {
        Side::Both => ' ',
        Side::Old => '-',
        Side::New => '+',
    };
    // A fence shows tabs as they are.
    let parts: Vec<_> = text.split('\t').map(visible).collect();
    format!("{mark}{}", cut(&parts.join("\t"), LONGEST_LINE))
}

fn layer_line(profile: &ProfilePair, row: &LayerRow<'_>) -> String {
    let layer = if row.kind.is_empty() {
        row.name.to_owned()
    } else {
        name(row.name)
    };
    let cells = [
        name(&profile.name),
        layer,
        code_or_nothing(row.kind),
        code_or_nothing(&row.old),
        code_or_nothing(&row.new),
        row.step.to_owned(),
        row.changes.to_string(),
    ];
    format!("| {} |\n", cells.map(|text| cell(&text)).join(" | "))
}

fn code_or_nothing(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        name(text)
    }
}

/// A name as code, cut to a sensible length.
fn name(text: &str) -> String {
    code(&cut(&visible(text), LONGEST))
}

/// Inline code, between more backticks than it holds in a row.
fn code(text: &str) -> String {
    let text = visible(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let needs_blanks =
        text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let blank = if needs_blanks { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// How many backticks are in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A cell of a table: a pipe ends a cell even in code, unless an odd number of backslashes is before it.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '|' {
            out.push_str(if backslashes % 2 == 0 { "\\" } else { "\\\\" });
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    out
}

/// A sentence: words that could be markup, a link or a mention are in code, as does what is between backticks.
fn prose(text: &str) -> String {
    let text = visible(text);
    let text = cut(&text, LONGEST_SENTENCE);
    let mut out = String::new();
    for (is_code, part) in sentence(&text) {
        let part = if is_code { code(part) } else { words(part) };
        // Two codes side by side would be read as another one.
        if out.ends_with('`') && part.starts_with('`') {
            out.push(' ');
        }
        out.push_str(&part);
    }
    out
}

/// The words of a sentence, or what is left of one beside code.
fn words(text: &str) -> String {
    if text
        .chars()
        .all(|c| matches!(c, ',' | '.' | ';' | ':' | ')' | '(' | ' '))
    {
        return text.to_owned();
    }
    // What follows on code may begin with the sign behind it.
    let sign = text.len() - text.trim_start_matches([',', ';', ')', ':']).len();
    let (sign, text) = match text[sign..].starts_with(' ') {
        true => text.split_at(sign),
        false => ("", text),
    };
    let is_open = text.ends_with(" (");
    let text = text.strip_suffix('(').filter(|_| is_open).unwrap_or(text);
    let mut out: Vec<String> = Vec::new();
    let mut run = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if is_plain(word) {
            if !run.is_empty() {
                out.push(code(&std::mem::take(&mut run)));
            }
            out.push(word.to_owned());
            continue;
        }
        if !run.is_empty() {
            run.push(' ');
        }
        let end = word.trim_end_matches([',', '.', ';', ':']).len();
        if end == 0 || end == word.len() {
            run.push_str(word);
        } else {
            run.push_str(&word[..end]);
            out.push(code(&std::mem::take(&mut run)) + &word[end..]);
        }
    }
    if !run.is_empty() {
        out.push(code(&run));
    }
    let blank = |is: bool| if is { " " } else { "" };
    let (before, behind) = (blank(text.starts_with(' ')), blank(text.ends_with(' ')));
    let open = if is_open { "(" } else { "" };
    format!("{sign}{before}{}{behind}{open}", out.join(" "))
}

/// Whether a word means nothing but itself: letters and digits, hyphens inside, and the signs of a sentence around it.
fn is_plain(word: &str) -> bool {
    if word == "->" {
        return true;
    }
    let core = word.strip_prefix('(').unwrap_or(word);
    let core = core.trim_end_matches([',', '.', ';', ':', ')', '?', '…']);
    let is_number = core.chars().all(|c| c.is_ascii_digit());
    // `1.` starts a list.
    let starts_list = is_number && core.len() != word.len();
    // Forges make links of what looks like a commit.
    let commit = chars(core) > 6 && core.chars().all(|c| c.is_ascii_hexdigit());
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'');
    !core.is_empty()
        && core.chars().all(inner)
        && core.starts_with(char::is_alphanumeric)
        && !starts_list
        && !commit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_any_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code(" a"), "`  a `");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("a\nb"), "`a\\nb`");
    }

    #[test]
    fn a_pipe_does_not_end_a_cell() {
        assert_eq!(cell("a|b"), r"a\|b");
        assert_eq!(cell(r"a\|b"), r"a\\\|b");
        assert_eq!(cell(r"a\\|b"), r"a\\\|b");
    }

    #[test]
    fn only_plain_words_stand_as_they_are() {
        assert_eq!(
            prose("values of infra/os are not YAML, ask @all <b>now</b> (see 3) 1. deadbeef #12"),
            "values of `infra/os` are not YAML, ask `@all <b>now</b>` (see `3) 1`. `deadbeef #12`"
        );
        assert_eq!(
            prose("the key `a.b c`, then (`d`): <b> `*x*` and `more"),
            "the key `a.b c`, then (`d`): `<b>` `*x*` and `` `more ``"
        );
        assert_eq!(prose("@`a` `b`<i>"), "`@` `a` `b` `<i>`");
        assert_eq!(
            prose("a text-like number's end."),
            "a text-like number's end."
        );
        assert_eq!(
            prose("www.example.com _x_ *y* &amp; :tada:"),
            "`www.example.com _x_ *y* &amp`; `:tada`:"
        );
    }
}
