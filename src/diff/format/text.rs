//! A report for a terminal.

use super::alike::{Alike, Entry, folded};
use super::glance::{
    LayerRow, first_step, ignored_words, layer_counts, layer_rows, layers_of, notable_place,
};
use super::order::{Group, LayerChanges, Section, sections};
use super::values::{Lines, WHOLE_VALUE, chars, cut, line_blocks, short_values};
use super::{content_counts, content_name, count, label, move_words, remarks};
use crate::diff::{Change, ChangeKind, Impact, ProfilePair, Report, Side};
use crate::visible::visible;

/// How a text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// The width of the terminal in characters; 0 does not fold lines.
    pub width: usize,
    /// Whether to colour.
    pub colour: bool,
    /// Only the headline and the counts.
    pub stat: bool,
    /// Everything: whole values, the texts of layers that came and went, and each of many alike changes.
    pub full: bool,
}

/// The text form: a headline, the layers, then the changes, the worst first.
///
/// Control characters from a profile are written out, so that a terminal does not obey them.
pub fn text(report: &Report, options: &TextOptions) -> String {
    let mut page = Page {
        width: match options.width {
            0 => usize::MAX,
            width => width.max(NARROWEST),
        },
        colour: options.colour,
        full: options.full,
        text: String::new(),
    };
    page.headline(report);
    if options.stat {
        page.impacts(report);
    } else {
        page.glance(report);
        page.notes(report);
    }
    page.notable(report);
    if report.summary.changes > 0 {
        page.layers(report);
    }
    if !options.stat {
        for section in sections(report) {
            page.section(&section);
        }
    }
    page.text
}

/// Narrower terminals are treated as if they were so wide.
const NARROWEST: usize = 50;
/// Characters of a value where lines are not folded.
const UNFOLDED_VALUE: usize = 400;
/// Labels up to so many characters are aligned where lines are not folded, else up to a third of the width.
const ALIGNED: usize = 40;
/// Lines of a text that is new or gone.
const FIRST_LINES: usize = 5;
/// The most layers that are named at a glance.
const MOST_LAYERS: usize = 6;
/// The most things to look at that are named.
const MOST_NOTABLE: usize = 12;

/// An escape code that switches a style on.
type Style = &'static str;

const PLAIN: Style = "";
const BOLD: Style = "\u{1b}[1m";
const DIM: Style = "\u{1b}[2m";
const RED: Style = "\u{1b}[31m";
const GREEN: Style = "\u{1b}[32m";
const YELLOW: Style = "\u{1b}[33m";
const CYAN: Style = "\u{1b}[36m";
const BOLD_MAGENTA: Style = "\u{1b}[1;35m";
const BOLD_RED: Style = "\u{1b}[1;31m";
const BOLD_YELLOW: Style = "\u{1b}[1;33m";
const BOLD_BLUE: Style = "\u{1b}[1;34m";
const BOLD_GREEN: Style = "\u{1b}[1;32m";
/// Switches every style off.
const RESET: &str = "\u{1b}[0m";

fn impact_style(impact: Impact) -> Style {
    match impact {
        Impact::Breaks => BOLD_MAGENTA,
        Impact::Repave | Impact::RepaveControlPlanes => BOLD_RED,
        Impact::Restart => BOLD_YELLOW,
        Impact::Live => BOLD_GREEN,
        Impact::NewObjects => BOLD_BLUE,
        Impact::Review => BOLD,
    }
}

/// The sign of a change and its colour.
fn sign(kind: ChangeKind) -> (char, Style) {
    match kind {
        ChangeKind::Added => ('+', GREEN),
        ChangeKind::Removed => ('-', RED),
        ChangeKind::Changed | ChangeKind::Retyped | ChangeKind::Text => ('~', YELLOW),
        ChangeKind::Moved => ('=', CYAN),
    }
}

/// A part of a line, which stands whole on a line if it can.
type Chunk = (Style, String);

struct Page {
    width: usize,
    colour: bool,
    full: bool,
    text: String,
}

impl Page {
    fn headline(&mut self, report: &Report) {
        let sides = format!("{} -> {}:", report.old, report.new);
        let mut chunks = vec![(BOLD, sides)];
        let all = report.summary.changes;
        if all == 0 {
            chunks.push((BOLD, "no differences".to_owned()));
        } else {
            chunks.push((BOLD, format!("{};", count(all, "change"))));
        }
        let last = report.summary.impacts.len().saturating_sub(1);
        for (index, part) in report.summary.impacts.iter().enumerate() {
            let comma = if index == last { "" } else { "," };
            let meaning = part.impact.meaning(part.changes);
            let words = format!("{} {meaning}{comma}", part.changes);
            chunks.push((impact_style(part.impact), words));
        }
        self.row(0, 2, &chunks);
    }

    /// The layers with the worst changes, the number of changed layers, and what to do first.
    fn glance(&mut self, report: &Report) {
        let Some(worst) = report.summary.worst else {
            return;
        };
        self.text.push('\n');
        let impacts = report.summary.impacts.iter().map(|count| count.impact);
        let grave: Vec<Impact> = impacts.filter(|one| *one >= Impact::Restart).collect();
        let words = grave.iter().map(|one| chars(one.as_str())).max();
        let words = words.unwrap_or(0);
        for impact in grave {
            let mut chunks = vec![(
                impact_style(impact),
                format!("{:<words$} ", impact.as_str()),
            )];
            let layers = layers_of(report, impact);
            let more = layers.len().saturating_sub(MOST_LAYERS);
            let last = layers.len().min(MOST_LAYERS) - 1;
            for (at, (layer, changes)) in layers.iter().take(MOST_LAYERS).enumerate() {
                let comma = if at == last && more == 0 { "" } else { "," };
                chunks.push((PLAIN, format!("{layer} ({changes}){comma}")));
            }
            if more > 0 {
                chunks.push((PLAIN, format!("{more} more")));
            }
            self.row(2, words + 4, &chunks);
        }
        let (changed, all) = layer_counts(report);
        let layers = format!("{changed} of {} changed.", count(all, "layer"));
        let first = format!("First: {}.", first_step(worst));
        self.row(2, 4, &[(PLAIN, layers), (BOLD, first)]);
    }

    fn notable(&mut self, report: &Report) {
        let notable = &report.summary.notable;
        if notable.is_empty() {
            return;
        }
        self.text.push('\n');
        self.row(
            0,
            2,
            &[(BOLD, "Look at this before you import it:".to_owned())],
        );
        let most = if self.full { usize::MAX } else { MOST_NOTABLE };
        for one in notable.iter().take(most) {
            let place = format!("{}:", notable_place(one));
            self.row(2, 4, &[(PLAIN, place), (YELLOW, one.what.clone())]);
        }
        if let Some(more @ 1..) = notable.len().checked_sub(most) {
            self.row(
                2,
                4,
                &[(DIM, format!("({more} more; `--full` names them)"))],
            );
        }
    }

    fn notes(&mut self, report: &Report) {
        let ignored = ignored_words(report);
        if !report.notes.is_empty() || ignored.is_some() {
            self.text.push('\n');
        }
        for note in &report.notes {
            self.row(0, 2, &[(YELLOW, format!("note: {note}"))]);
        }
        if let Some(ignored) = ignored {
            self.row(0, 2, &[(DIM, format!("note: {ignored}"))]);
        }
    }

    fn impacts(&mut self, report: &Report) {
        let counts = &report.summary.impacts;
        if counts.is_empty() {
            return;
        }
        self.text.push('\n');
        let words = counts.iter().map(|part| chars(part.impact.as_str())).max();
        let words = words.unwrap_or(0);
        let digits = counts.iter().map(|part| decimal_digits(part.changes)).max();
        let digits = digits.unwrap_or(0);
        for part in counts {
            let impact = format!("{:<words$}", part.impact.as_str());
            let meaning = part.impact.meaning(part.changes);
            let meaning = format!("{:>digits$} {meaning}", part.changes);
            let style = impact_style(part.impact);
            self.row(2, 4, &[(style, impact), (PLAIN, format!(" {meaning}"))]);
        }
    }

    fn layers(&mut self, report: &Report) {
        self.text.push('\n');
        let tables: Vec<_> = report
            .profiles
            .iter()
            .map(|profile| (profile, layer_rows(report, profile)))
            .collect();
        let cells: Vec<_> = tables
            .iter()
            .map(|(_, rows)| rows.iter().map(layer_cells).collect::<Vec<_>>())
            .collect();
        let widths = column_widths(cells.iter().flatten(), self.width - 2);
        let header = COLUMNS.map(str::to_owned);
        self.columns(DIM, &header, &widths);
        for ((profile, rows), cells) in tables.iter().zip(&cells) {
            self.profile(profile, rows, cells, &widths);
        }
    }

    fn profile(
        &mut self,
        profile: &ProfilePair,
        rows: &[LayerRow<'_>],
        cells: &[Cells],
        widths: &[usize; 6],
    ) {
        let mut heading = vec![(BOLD, profile_words(profile))];
        if rows.is_empty() && profile.old.is_some() && profile.new.is_some() {
            heading.push((DIM, "(no differences)".to_owned()));
        }
        self.row(0, 2, &heading);
        for row in cells {
            self.columns(PLAIN, row, widths);
        }
        let same = profile.layers.iter().filter(|layer| layer.changes == 0);
        let same = same.count();
        if same > 0 && !rows.is_empty() {
            let others = format!("({} without a change)", count(same, "layer"));
            self.row(2, 4, &[(DIM, others)]);
        }
    }

    /// A row of the table of layers; the last column, a number, is flush right.
    fn columns(&mut self, style: Style, cells: &Cells, widths: &[usize; 6]) {
        let mut line = String::new();
        for (index, (cell, &width)) in cells.iter().zip(widths).enumerate() {
            let cell = cut(cell, width);
            let blanks = " ".repeat(width - chars(&cell));
            if index + 1 == cells.len() {
                line.push_str(&blanks);
                line.push_str(&cell);
            } else {
                line.push_str(&cell);
                line.push_str(&blanks);
                line.push_str("  ");
            }
        }
        self.flush(2, vec![(style, line)]);
    }

    fn section(&mut self, section: &Section<'_>) {
        let meaning = section.impact.meaning(section.changes);
        let meaning = format!("{} {meaning}", count(section.changes, "change"));
        let style = impact_style(section.impact);
        self.text.push('\n');
        let word = format!("{}:", section.impact.as_str());
        self.row(0, 2, &[(style, word), (style, meaning)]);
        for place in &section.places {
            self.place(place);
        }
    }

    fn place(&mut self, place: &LayerChanges<'_>) {
        let name = match place.layer {
            Some(layer) => format!("{} / {layer}", place.profile),
            None => format!("{} (profile)", place.profile),
        };
        self.text.push('\n');
        self.row(2, 4, &[(BOLD, name)]);
        let shared = place.because();
        self.because(4, shared.unwrap_or_default());
        let mut preset = None;
        for group in &place.groups {
            let starts = group.preset != preset;
            preset = group.preset;
            let indent = if preset.is_some() { 6 } else { 4 };
            if starts {
                self.preset(group);
            }
            if shared.is_none() {
                self.because(indent, group.because);
            }
            self.group(indent, group);
        }
    }

    /// The heading of a preset, which is the change of the preset itself if that is here.
    fn preset(&mut self, group: &Group<'_>) {
        match (group.switch, group.preset) {
            (Some(switch), _) => self.change(4, switch, &label(switch), 0),
            (None, Some(preset)) => {
                let words = format!("preset {preset}");
                self.row(4, 6, &[(BOLD, words)]);
            }
            (None, None) => {}
        }
    }

    fn because(&mut self, indent: usize, because: &str) {
        if !because.is_empty() {
            let words = format!("# {because}");
            self.row(indent, indent + 2, &[(DIM, words)]);
        }
    }

    fn group(&mut self, indent: usize, group: &Group<'_>) {
        let most = match self.width {
            usize::MAX => ALIGNED,
            width => width / 3,
        };
        let entries = match self.full {
            true => group.changes.iter().copied().map(Entry::One).collect(),
            false => folded(&group.changes),
        };
        let lengths = entries.iter().filter_map(|entry| match entry {
            Entry::One(change) => Some(chars(&label(change))),
            Entry::Alike(_) => None,
        });
        let aligned = lengths.filter(|length| *length <= most).max().unwrap_or(0);
        for entry in entries {
            match entry {
                Entry::One(change) => self.change(indent, change, &label(change), aligned),
                Entry::Alike(alike) => self.alike(indent, &alike),
            }
        }
    }

    /// Alike changes in one line.
    fn alike(&mut self, indent: usize, alike: &Alike<'_>) {
        let Some(first) = alike.changes.first() else {
            return;
        };
        let (sign, style) = sign(first.kind);
        let place = Change {
            path: alike.place.clone(),
            ..Change::clone(first)
        };
        let room = match self.width {
            usize::MAX => UNFOLDED_VALUE,
            width => width,
        };
        let name = format!("{sign} {}:", label(&place));
        let chunks = [(style, name), (PLAIN, alike.words(room))];
        self.row(indent, indent + 4, &chunks);
    }

    fn change(&mut self, indent: usize, change: &Change, label: &str, aligned: usize) {
        let (sign, style) = sign(change.kind);
        let most = if self.full { usize::MAX } else { FIRST_LINES };
        let blocks = line_blocks(change, most);
        let values = if blocks.is_empty() {
            self.values(change, indent + 4)
        } else {
            Vec::new()
        };
        let colon = match (change.kind, values.is_empty(), blocks.is_empty()) {
            (ChangeKind::Moved, _, _) | (_, true, true) => "",
            _ => ":",
        };
        let mut name = format!("{sign} {label}{colon}");
        if !values.is_empty() {
            let width = aligned + 3;
            name = format!("{name:<width$}");
        }
        let mut chunks = vec![(style, name)];
        chunks.extend(values);
        let remarks = remarks(change);
        if !remarks.is_empty() {
            chunks.push((DIM, format!(" # {}", remarks.join("; "))));
        }
        if !self.full
            && let Some(counts) = content_counts(change)
        {
            let words = format!(" # with {counts}; `--full` shows them");
            chunks.push((DIM, words));
        }
        self.row(indent, indent + 4, &chunks);
        if self.full {
            self.content(indent + 4, change);
        }
        let separator = if change.lines.is_empty() { "" } else { "…" };
        self.blocks(indent + 4, &blocks, separator);
    }

    /// The texts of what came or went, line by line.
    fn content(&mut self, indent: usize, change: &Change) {
        for content in &change.content {
            self.row(indent, indent + 2, &[(DIM, content_name(content))]);
            let lines = (1..).zip(content.text.lines());
            let lines = lines
                .map(|(number, line)| (content.side, number, line))
                .collect();
            self.blocks(indent + 2, &[Lines { lines, more: 0 }], "");
        }
    }

    fn values(&self, change: &Change, indent: usize) -> Vec<Chunk> {
        if change.kind == ChangeKind::Moved {
            return vec![(PLAIN, move_words(change))];
        }
        let room = match self.width {
            _ if self.full => WHOLE_VALUE,
            usize::MAX => UNFOLDED_VALUE,
            width => width - indent - "-> ".len(),
        };
        match short_values(change, room) {
            (None, None) => Vec::new(),
            (Some(old), None) if change.kind == ChangeKind::Removed => vec![(RED, old)],
            (None, Some(new)) if change.kind == ChangeKind::Added => vec![(GREEN, new)],
            (old, new) => {
                let nothing = || "(nothing)".to_owned();
                let new = new.unwrap_or_else(nothing);
                vec![
                    (RED, old.unwrap_or_else(nothing)),
                    (GREEN, format!("-> {new}")),
                ]
            }
        }
    }

    fn blocks(&mut self, indent: usize, blocks: &[Lines<'_>], separator: &str) {
        let numbers = blocks.iter().flat_map(|block| &block.lines);
        let widest = numbers.map(|(_, number, _)| *number).max().unwrap_or(0);
        let digits = decimal_digits(widest);
        for (index, block) in blocks.iter().enumerate() {
            if index > 0 && !separator.is_empty() {
                self.row(indent, indent, &[(DIM, separator.to_owned())]);
            }
            for (side, number, text) in &block.lines {
                self.line(indent, *side, &format!("{number:>digits$}"), text);
            }
            if block.more > 0 {
                let words = format!("({})", count(block.more, "more line"));
                self.row(indent, indent, &[(DIM, words)]);
            }
        }
    }

    /// A numbered line of a text, which keeps all its characters when it is folded.
    fn line(&mut self, indent: usize, side: Side, number: &str, text: &str) {
        let (marker, style) = match side {
            Side::Both => (" ", PLAIN),
            Side::Old => ("-", RED),
            Side::New => ("+", GREEN),
        };
        let text = line_text(text, side);
        let inner = indent + chars(number) + 3;
        let room = self.width.saturating_sub(inner).max(8);
        let first = break_at(&text, room);
        let start = vec![
            (DIM, number.to_owned()),
            (style, format!(" {marker} {}", &text[..first])),
        ];
        self.flush(indent, start);
        let mut rest = &text[first..];
        while !rest.is_empty() {
            let end = break_at(rest, room);
            self.flush(inner, vec![(style, rest[..end].to_owned())]);
            rest = &rest[end..];
        }
    }

    /// A line of chunks, folded between them where possible; later lines have another indent.
    fn row(&mut self, indent: usize, hanging: usize, chunks: &[Chunk]) {
        let mut line: Vec<Chunk> = Vec::new();
        let (mut column, mut margin) = (indent, indent);
        for (style, text) in chunks {
            let text = visible(text);
            let mut text = &*text;
            let length = chars(text.trim_end());
            if !line.is_empty() && column.saturating_add(length + 1) > self.width {
                self.flush(margin, std::mem::take(&mut line));
                (column, margin) = (hanging, hanging);
                text = text.trim_start();
            } else if !line.is_empty() {
                line.push((PLAIN, " ".to_owned()));
                column += 1;
            }
            while column.saturating_add(chars(text.trim_end())) > self.width {
                let end = break_at(text, self.width.saturating_sub(column).max(8));
                line.push((style, text[..end].to_owned()));
                self.flush(margin, std::mem::take(&mut line));
                (column, margin) = (hanging, hanging);
                text = text[end..].trim_start_matches(' ');
            }
            line.push((style, text.to_owned()));
            column += chars(text);
        }
        self.flush(margin, line);
    }

    /// Writes one line without blanks at its end.
    fn flush(&mut self, indent: usize, mut line: Vec<Chunk>) {
        while let Some((_, last)) = line.last_mut() {
            last.truncate(last.trim_end_matches(' ').len());
            if !last.is_empty() {
                break;
            }
            line.pop();
        }
        if !line.is_empty() {
            self.text.push_str(&" ".repeat(indent));
        }
        for (style, text) in line {
            let painted = self.colour && style != PLAIN;
            if painted {
                self.text.push_str(style);
            }
            self.text.push_str(&text);
            if painted {
                self.text.push_str(RESET);
            }
        }
        self.text.push('\n');
    }
}

/// The columns of the table of layers.
const COLUMNS: [&str; 6] = ["layer", "kind", "old", "new", "step", "changes"];
/// Columns are not made narrower than so many characters.
const NARROWEST_COLUMN: usize = 4;

type Cells = [String; 6];

fn layer_cells(row: &LayerRow<'_>) -> Cells {
    [
        visible(row.name).into_owned(),
        visible(row.kind).into_owned(),
        visible(&row.old).into_owned(),
        visible(&row.new).into_owned(),
        row.step.to_owned(),
        row.changes.to_string(),
    ]
}

/// As wide as the widest cells; where that is too wide, the widest columns give way.
fn column_widths<'c>(rows: impl Iterator<Item = &'c Cells>, room: usize) -> [usize; 6] {
    let mut widths = COLUMNS.map(str::len);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = chars(cell).max(*width);
        }
    }
    let between = 2 * (COLUMNS.len() - 1);
    while widths.iter().sum::<usize>() + between > room {
        // The last two are short words and numbers, which would be useless if they were cut.
        let widest = widths[..4].iter_mut().max();
        match widest {
            Some(width) if *width > NARROWEST_COLUMN => *width -= 1,
            _ => break,
        }
    }
    widths
}

/// A profile with its versions.
fn profile_words(profile: &ProfilePair) -> String {
    let name = &profile.name;
    match (&profile.old, &profile.new) {
        (Some(old), Some(new)) => {
            let renamed = old.name != new.name && !old.name.is_empty();
            let before = if renamed {
                format!("{} {}", old.name, old.version)
            } else {
                old.version.clone()
            };
            if before == new.version {
                format!("{name} {before}")
            } else {
                format!("{name}: {before} -> {}", new.version)
            }
        }
        (Some(old), None) => format!("{name} {} (removed)", old.version),
        (None, Some(new)) => format!("{name} {} (added)", new.version),
        (None, None) => name.clone(),
    }
}

/// A line of a file: tabs are arrows, and blanks at the end of a changed line are dots, since they may be the change.
fn line_text(text: &str, side: Side) -> String {
    let text = visible(&text.replace('\t', "→   ")).into_owned();
    let kept = text.trim_end_matches(' ').len();
    if side == Side::Both {
        return text[..kept].to_owned();
    }
    let dots = "·".repeat(text.len() - kept);
    format!("{}{dots}", &text[..kept])
}

/// Where to break a text that has only `room`: after a blank, else after a sign that separates, else anywhere.
fn break_at(text: &str, room: usize) -> usize {
    let Some((hard, _)) = text.char_indices().nth(room.max(1)) else {
        return text.len();
    };
    let head = &text[..hard];
    // A blank right after the head may be at its end.
    if text[hard..].starts_with(' ') {
        return hard;
    }
    let after = |found: Option<usize>| found.map(|at| at + 1).filter(|at| *at > hard / 3);
    after(head.rfind(' '))
        .or_else(|| after(head.rfind([',', ';', '/', ':', '=', '&', '.', '_', '-'])))
        .unwrap_or(hard)
}

fn decimal_digits(number: usize) -> usize {
    number.to_string().len()
}
