//! The report for a terminal.

use crate::upgrade::report::{changed_lines, words};
use crate::upgrade::resolutions::part_words;
use crate::upgrade::{Clashed, Item, Report, What};
use crate::visible::visible;

/// The longest list of one kind in one layer that is told item by item.
const MOST: usize = 12;
/// The longest value on a line.
const WIDEST: usize = 100;
/// The most changed lines that are shown of a text.
const LINES: usize = 8;

/// Titles, then what was decided, layer by layer; with `full` all of long lists and values.
pub fn text(report: &Report, full: bool) -> String {
    let mut page = Page {
        text: String::new(),
        full,
    };
    page.line(
        0,
        &format!("Upgrade from RA {} to RA {}", report.from, report.to),
    );
    page.profiles(report);
    page.conflicts(report);
    for (title, what) in &super::LISTS {
        let items = report.items.iter().filter(|item| item.what == *what);
        page.list(title, &items.collect::<Vec<_>>());
        if *what == What::Kept {
            page.settings(report);
        }
    }
    page.rest(report);
    page.text
}

struct Page {
    text: String,
    full: bool,
}

impl Page {
    fn line(&mut self, indent: usize, text: &str) {
        let line = format!("{}{}", " ".repeat(indent), visible(text));
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn title(&mut self, title: &str) {
        self.text.push('\n');
        self.line(0, title);
    }

    fn profiles(&mut self, report: &Report) {
        for profile in &report.profiles {
            self.line(
                2,
                &format!(
                    "{} ({}): {} -> {}",
                    profile.name, profile.role, profile.was, profile.becomes
                ),
            );
        }
        for note in &report.notes {
            self.line(2, &format!("note: {note}"));
        }
        for count in &report.impacts {
            let changes = count.changes;
            self.line(
                4,
                &format!("{changes:>4} {}", count.impact.meaning(changes)),
            );
        }
    }

    fn conflicts(&mut self, report: &Report) {
        let is_gone = |item: &&Item| {
            let clash = Clashed::Gone;
            matches!(&item.what, What::Conflict { clash: found, .. } if *found == clash)
        };
        let conflicts = || {
            let items = report.items.iter();
            items.filter(|item| matches!(item.what, What::Conflict { .. }))
        };
        let both: Vec<&Item> = conflicts().filter(|item| !is_gone(item)).collect();
        let gone: Vec<&Item> = conflicts().filter(is_gone).collect();
        for (title, items) in [("Conflicts", both), ("Edits that lost their place", gone)] {
            if items.is_empty() {
                continue;
            }
            self.title(title);
            for item in items {
                let What::Conflict { clash, answer } = &item.what else {
                    continue;
                };
                self.line(2, &format!("{}: {}", place(item), clash.words()));
                for (side, lines) in item.sides_in_brief() {
                    self.side(side, lines);
                }
                for (what, said) in item.why_it_matters() {
                    self.line(4, &format!("{what:<7} {said}"));
                }
                let answer = answer.as_deref().unwrap_or("none yet");
                self.line(4, &format!("answer  {answer}"));
            }
        }
    }

    fn side(&mut self, side: &str, mut lines: Vec<String>) {
        self.cut(&mut lines);
        for (number, line) in lines.iter().enumerate() {
            let side = if number == 0 { side } else { "" };
            self.line(4, &format!("{side:<7} {}", self.shown(line)));
        }
    }

    /// Leaves out the rest of many lines.
    fn cut(&self, lines: &mut Vec<String>) {
        let more = lines.len().saturating_sub(LINES);
        if !self.full && more > 0 {
            lines.truncate(LINES);
            lines.push(format!("and {more} more lines"));
        }
    }

    fn list(&mut self, title: &str, items: &[&Item]) {
        if items.is_empty() {
            return;
        }
        self.title(title);
        for items in items.chunk_by(|a, b| (&a.profile, &a.layer) == (&b.profile, &b.layer)) {
            let Some(first) = items.first() else { continue };
            let layer = first.layer.as_deref().unwrap_or("the profile itself");
            self.line(2, &format!("{} / {layer}", first.profile));
            let most = if self.full { items.len() } else { MOST };
            for item in items.iter().take(most) {
                self.item(item);
            }
            if items.len() > most {
                self.line(4, &format!("and {} more", items.len() - most));
            }
        }
    }

    fn settings(&mut self, report: &Report) {
        if report.settings.is_empty() {
            return;
        }
        self.title(super::SETTINGS);
        self.line(2, super::OF_SETTINGS);
        for setting in &report.settings {
            let value = self.shown(&words(Some(&setting.value)));
            self.line(2, &format!("{}: {value}", setting.path));
            if let Some(default) = &setting.default {
                let [was, becomes] =
                    [&default.was, &default.becomes].map(|side| self.shown(&words(Some(side))));
                let changes = format!("RA {} changes its own value: {was} -> {becomes}", report.to);
                self.line(4, &changes);
            }
        }
    }

    fn item(&mut self, item: &Item) {
        let [was, is] = item.change();
        let impact = item
            .impact
            .map_or(String::new(), |impact| format!(" ({})", impact.as_str()));
        let [old, new] = [words(was), words(is)];
        if !old.contains('\n') && !new.contains('\n') {
            let [old, new] = [self.shown(&old), self.shown(&new)];
            let change = match (was, is) {
                (None, _) => format!("{new} is new"),
                (_, None) => format!("{old} is gone"),
                _ => format!("{old} -> {new}"),
            };
            return self.line(4, &format!("{}: {change}{impact}", within(item)));
        }
        self.line(4, &format!("{}:{impact}", within(item)));
        let mut lines = changed_lines(&old, &new);
        self.cut(&mut lines);
        for line in lines {
            self.line(6, &line);
        }
    }

    fn rest(&mut self, report: &Report) {
        if !report.limited.is_empty() {
            self.title("Layers that could not be merged completely");
            for one in &report.limited {
                self.line(2, &format!("{} / {}: {}", one.profile, one.layer, one.why));
            }
            self.line(2, super::WHERE_PACKS_COME_FROM);
        }
        if !report.moved.is_empty() {
            self.title("Settings that moved");
            for moved in &report.moved {
                self.line(2, &moved.words());
            }
        }
        if !report.steps.is_empty() {
            self.title("Versions on the way");
            self.line(2, super::STEPS);
            for step in &report.steps {
                self.line(
                    2,
                    &format!(
                        "{} / {}: {}",
                        step.profile,
                        step.layer,
                        step.versions.join(" -> ")
                    ),
                );
                self.line(4, &format!("wait until {}", step.wait));
                self.line(4, &step.because);
            }
            for way in &report.on_the_way {
                self.line(2, &way.words());
            }
        }
        if !report.findings.is_empty() {
            self.title(super::FINDINGS);
            self.line(2, super::OF_FINDINGS);
            for found in &report.findings {
                self.line(2, &format!("{}: {}", found.severity, found.words()));
                self.line(4, &found.help);
            }
        }
        self.title("Left to you");
        for sentence in &report.by_hand {
            self.line(2, sentence);
        }
        self.line(2, super::BY_HAND);
    }

    /// A value on one line, and not too long.
    fn shown(&self, value: &str) -> String {
        let mut lines = value.lines();
        let first = lines.next().unwrap_or_default();
        let more = lines.count();
        let mut shown: String = match self.full {
            true => first.to_owned(),
            false => first.chars().take(WIDEST).collect(),
        };
        if shown.len() < first.len() {
            shown.push('…');
        }
        if more > 0 {
            shown.push_str(&format!(" (and {more} more lines)"));
        }
        shown
    }
}

fn place(item: &Item) -> String {
    match &item.layer {
        Some(layer) => format!("{} / {layer} / {}", item.profile, within(item)),
        None => format!("{} / {}", item.profile, within(item)),
    }
}

/// Part and path within the layer.
fn within(item: &Item) -> String {
    let part = part_words(&item.part);
    match item.path.as_str() {
        "" => part,
        path => format!("{part} {path}"),
    }
}
