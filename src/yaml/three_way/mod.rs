//! Merges three versions of a YAML text: a base, and the changes of two sides.
//!
//! Values decide, and texts follow: each entry keeps the text of the side whose value is taken, with its comments. If no side
//! changed the meaning, it has the text of the side that changed the notation, or yours if both did.

mod children;
mod decision;
mod documents;
mod lines;
mod pieces;

use serde_json::{Map, Value, json};

use super::json::{node_to_json, to_json};
use super::merge::Merge;
use super::node::{Limits, Node, parse};
use super::path::{Path, Step};
use super::write;
use crate::diagnostic::{Diagnostic, Source};
use children::children;
pub use decision::{Answer, Clash, Decision, Verdict};
use decision::{Answers, Judge, Outcome, Side, Three};
use documents::Stream;
use pieces::{Block, Document, Entry, moved, same};

/// What a person answered to a conflict at a path, where base, yours and theirs have these values.
pub type Ask<'a> = dyn Fn(&Path, [Option<&Value>; 3]) -> Option<Answer> + 'a;

/// A merged text.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The text; what conflicts without an answer stands as yours has it.
    pub text: String,
    /// What was decided, in the order of the result.
    pub decisions: Vec<Decision>,
}

/// Merges three versions of a text of any number of documents; `answers` is asked about each conflict.
///
/// # Errors
/// One of the texts is not YAML.
pub fn merge_three(
    base: &Source,
    yours: &Source,
    theirs: &Source,
    answers: &Ask<'_>,
) -> Result<Merged, Vec<Diagnostic>> {
    let ask = |path: &Path, values: Three<&Value>| {
        answers(path, [values.base, values.yours, values.theirs])
    };
    let newline = match yours.text().contains("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let alike = |source: &Source| {
        let text = source.text().replace("\r\n", "\n").replace('\n', newline);
        Source::new(source.name(), text)
    };
    let (base, theirs) = match base.text() == yours.text() {
        true => (base.clone(), theirs.clone()),
        false => (alike(base), alike(theirs)),
    };
    let streams = Three {
        base: Some(Stream::new(&base)),
        yours: Some(Stream::new(yours)),
        theirs: Some(Stream::new(&theirs)),
    };
    documents::merge(streams, &ask)
}

/// Merges three versions of a value, as [`merge_three`] does those of a text, or none if nothing is left.
pub fn merge_values(
    values: [Option<&Value>; 3],
    answers: &Ask<'_>,
) -> (Option<Value>, Vec<Decision>) {
    let ask = |path: &Path, values: Three<&Value>| {
        answers(path, [values.base, values.yours, values.theirs])
    };
    let [base, yours, theirs] = values;
    let mut merger = Merger::new(&[], &ask);
    let value = merger.value(Three {
        base,
        yours,
        theirs,
    });
    (value, merger.judge.decisions)
}

/// One document of a text.
struct Text {
    source: Source,
    /// As it is, with a line break at its end.
    padded: String,
    root: Option<Node>,
    value: Value,
}

impl Text {
    fn new(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let mut padded = source.text().to_owned();
        if !padded.is_empty() && !padded.ends_with('\n') {
            padded.push('\n');
        }
        // Palette's editor takes the line break at the end away, which is not an edit of a block that is there.
        let read = Source::new(source.name(), padded.as_str());
        let root = parse(&read, Limits::VALUES)?;
        let value = match &root {
            Some(root) => node_to_json(&read, root)?,
            None => Value::Null,
        };
        Ok(Text {
            source: source.clone(),
            padded,
            root,
            value,
        })
    }

    fn document(&self) -> Option<Document<'_>> {
        Document::new(&self.padded, self.root.as_ref()?, &self.value)
    }

    fn text(&self) -> &str {
        self.source.text()
    }
}

/// Merges one document that all three have. The step to it is in front of every path.
fn merge_document(
    texts: Three<&Text>,
    above: &[Step],
    answers: Answers<'_>,
) -> Result<Merged, Vec<Diagnostic>> {
    let (Some(base), Some(yours), Some(theirs)) = (texts.base, texts.yours, texts.theirs) else {
        return Ok(Merged {
            text: String::new(),
            decisions: Vec::new(),
        });
    };
    let values = texts.and_then(|text| Some(&text.value));
    let mut plain = Merger::new(above, answers);
    let expected = plain.value(values).unwrap_or_default();
    let by_value = |text: String| Merged {
        text,
        decisions: plain.judge.decisions,
    };
    if yours.text() == base.text() || yours.text() == theirs.text() {
        return Ok(by_value(theirs.text().to_owned()));
    }
    if theirs.text() == base.text() {
        return Ok(by_value(yours.text().to_owned()));
    }
    let documents = (base.document(), yours.document(), theirs.document());
    if let (Some(base), Some(yours), Some(theirs)) = &documents {
        let mut merger = Merger::new(above, answers);
        let text = merger.document(base, yours, theirs);
        for text in [ending_as(&text, texts), text] {
            let source = Source::new(texts.yours.map_or("", |text| text.source.name()), text);
            if to_json(&source, Limits::VALUES).is_ok_and(|value| is_alike(&value, &expected)) {
                return Ok(Merged {
                    text: source.text().to_owned(),
                    decisions: merger.judge.decisions,
                });
            }
        }
    }
    // Aliases, brackets and tabs stand in the way of pieces; then yours is changed where its value does.
    let text = Merge::new(yours.source.clone())
        .and_then(|merge| merge.reach(&expected, &theirs.source))
        .unwrap_or_else(|_| write::from_json(&expected));
    Ok(by_value(text))
}

/// Whether two values are the same; an empty text is an empty map.
fn is_alike(one: &Value, other: &Value) -> bool {
    let is_empty = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
    one == other || (is_empty(one) && is_empty(other))
}

/// The text with or without a line break at its end, as the side has it that changed this.
fn ending_as(text: &str, texts: Three<&Text>) -> String {
    let ends = texts.and_then(|text| Some(text.text().ends_with('\n')));
    let body = text.strip_suffix('\n').unwrap_or(text);
    match ends.of(ends.choose()) {
        Some(false) => body.strip_suffix('\r').unwrap_or(body).to_owned(),
        _ => text.to_owned(),
    }
}

struct Merger<'a> {
    judge: Judge<'a>,
    path: Vec<Step>,
}

/// An entry of the result.
struct Piece {
    /// Whole lines above it.
    lead: String,
    /// From its key or dash on, which stands without its indentation.
    text: String,
}

impl<'a> Merger<'a> {
    fn new(above: &[Step], answers: Answers<'a>) -> Self {
        Merger {
            judge: Judge::new(answers),
            path: above.to_vec(),
        }
    }

    /// What is in the result, or none if nothing does.
    fn value(&mut self, values: Three<&Value>) -> Option<Value> {
        match self.judge.decide(&self.path, values) {
            Outcome::Of(side) => values.of(side).cloned(),
            Outcome::Inside => Some(self.inside(values)),
            Outcome::New(value) => Some(value),
            Outcome::Nothing => None,
        }
    }

    /// A map or list of the result, entry by entry.
    fn inside(&mut self, values: Three<&Value>) -> Value {
        let entries = values.and_then(|value| Some(entries_of(value)));
        let entries = [&entries.base, &entries.yours, &entries.theirs];
        let (mut map, mut list) = (Map::new(), Vec::new());
        for child in children(values) {
            let at = [child.at.base, child.at.yours, child.at.theirs];
            let entry = |side: usize| Some(entries[side].as_ref()?[at[side]?]);
            let values = Three {
                base: entry(0).map(|(_, value)| value),
                yours: entry(1).map(|(_, value)| value),
                theirs: entry(2).map(|(_, value)| value),
            };
            let key = (0..3).find_map(|side| entry(side)?.0);
            self.path.push(child.step);
            let value = self.value(values);
            self.path.pop();
            match (value, key) {
                (Some(value), Some(key)) => {
                    map.insert(key.to_owned(), value);
                }
                (Some(value), None) => list.push(value),
                (None, _) => {}
            }
        }
        match values.yours {
            Some(Value::Array(_)) => Value::Array(list),
            _ => Value::Object(map),
        }
    }

    fn document(
        &mut self,
        base: &Document<'_>,
        yours: &Document<'_>,
        theirs: &Document<'_>,
    ) -> String {
        let documents = Three {
            base: Some(base),
            yours: Some(yours),
            theirs: Some(theirs),
        };
        let heads = documents.and_then(|document| Some(document.head));
        let mut text = heads.of(heads.choose()).unwrap_or_default().to_owned();
        let column = yours.block.column;
        let blocks = documents.and_then(|document| Some(&document.block));
        let values = blocks.and_then(|block| Some(block.value));
        let (pieces, tail) = self.block(blocks, values, column);
        if pieces.is_empty() {
            text.push_str(empty(values));
            text.push('\n');
        }
        for piece in &pieces {
            text.push_str(&piece.lead);
            text.push_str(&" ".repeat(column));
            text.push_str(&piece.text);
        }
        text + &tail
    }

    /// The entries of a block of the result, and the lines after its last one.
    fn block(
        &mut self,
        blocks: Three<&Block<'_>>,
        values: Three<&Value>,
        column: usize,
    ) -> (Vec<Piece>, String) {
        let mut pieces = Vec::new();
        for child in children(values) {
            let entry = |side: Side| blocks.of(side)?.entries.get(child.at.of(side)?);
            let entries = Three {
                base: entry(Side::Base),
                yours: entry(Side::Yours),
                theirs: entry(Side::Theirs),
            };
            self.path.push(child.step);
            pieces.extend(self.entry(entries, column));
            self.path.pop();
        }
        let tails = blocks.and_then(|block| Some((block.tail, block.column)));
        let plain = tails.and_then(|(tail, from)| Some(moved(tail, from, column, false)));
        let tail = match plain.choose() {
            Side::Theirs if plain.theirs.is_some() => plain.theirs,
            _ => plain.yours.or(plain.theirs),
        };
        (pieces, tail.unwrap_or_default())
    }

    fn entry(&mut self, entries: Three<&Entry<'_>>, column: usize) -> Option<Piece> {
        let values = entries.and_then(|entry| Some(entry.value));
        let untouched = untouched(entries);
        if can_go_inside(entries) && untouched.is_none() {
            return Some(self.nested(entries, values, column));
        }
        let (value, side) = match self.judge.decide(&self.path, values) {
            Outcome::Nothing => return None,
            Outcome::Of(side) => (None, untouched.unwrap_or(side)),
            Outcome::New(value) => (Some(value), Side::Yours),
            Outcome::Inside => {
                let value = self.inside(values);
                let of = |side: &Side| values.of(*side) == Some(&value);
                match [Side::Yours, Side::Theirs].into_iter().find(of) {
                    Some(side) => (None, side),
                    None => (Some(value), Side::Yours),
                }
            }
        };
        let model = entries.of(side).or(entries.yours).or(entries.theirs)?;
        let lead = around(entries, model, column, |entry| entry.lead);
        let text = match value {
            Some(value) => self.written(model, &value, column),
            None => one_line(entries, values, model, column),
        };
        Some(Piece { lead, text })
    }

    /// An entry that holds a block in all that have it.
    fn nested(
        &mut self,
        entries: Three<&Entry<'_>>,
        values: Three<&Value>,
        column: usize,
    ) -> Piece {
        let with_block = |entry: Option<&'_ Entry<'_>>| entry.is_some_and(|it| it.block.is_some());
        let model = match with_block(entries.yours) {
            true => entries.yours,
            false => entries.theirs,
        };
        let (Some(model), blocks) = (model, entries.and_then(|entry| entry.block.as_ref())) else {
            return Piece {
                lead: String::new(),
                text: String::new(),
            };
        };
        let own = model.block.as_ref().map_or(0, |block| block.column);
        let inner = (column + own).saturating_sub(model.column);
        let (pieces, tail) = self.block(blocks, values, inner);
        let lead = around(entries, model, column, |entry| entry.lead);
        let head = moved(model.head, model.column, column, true);
        let comment = match model.is_inline {
            true => String::new(),
            false => beside(entries, model),
        };
        if pieces.is_empty() {
            let line = match model.is_inline {
                true => "\n",
                false => comment.as_str(),
            };
            let text = format!("{} {}{line}", head.trim_end(), empty(values));
            return Piece { lead, text };
        }
        let mut lead = lead;
        let mut text = head + &comment;
        for (number, piece) in pieces.iter().enumerate() {
            if model.is_inline && number == 0 {
                // Comments cannot be between a dash and what it opens.
                lead.push_str(&piece.lead);
            } else {
                text.push_str(&piece.lead);
                text.push_str(&" ".repeat(inner));
            }
            text.push_str(&piece.text);
        }
        Piece {
            lead,
            text: text + &tail,
        }
    }

    /// An entry with a value that none of the three has.
    fn written(&self, model: &Entry<'_>, value: &Value, column: usize) -> String {
        let tree = match self.path.last() {
            Some(Step::Key(key)) => json!({ key: value }),
            _ => json!([value]),
        };
        moved(&write::from_json(&tree), 0, column, true)
            + &moved(model.rest, model.column, column, false)
    }
}

/// The keys and values of a map, or the items of a list.
fn entries_of(value: &Value) -> Vec<(Option<&str>, &Value)> {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (Some(key.as_str()), value))
            .collect(),
        Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
        _ => Vec::new(),
    }
}

fn empty(values: Three<&Value>) -> &'static str {
    match values.yours {
        Some(Value::Array(_)) => "[]",
        _ => "{}",
    }
}

/// Whether an entry of yours and one of theirs can be merged piece by piece: blocks of one kind, or empty.
fn can_go_inside(entries: Three<&Entry<'_>>) -> bool {
    let (Some(yours), Some(theirs)) = (entries.yours, entries.theirs) else {
        return false;
    };
    let fits = |entry: &Entry<'_>| {
        let is_of_kind = match yours.value {
            Value::Object(_) => entry.value.is_object(),
            Value::Array(_) => entry.value.is_array(),
            _ => false,
        };
        is_of_kind && (entry.block.is_some() || entries_of(entry.value).is_empty())
    };
    let has_base = match entries.base {
        Some(base) => fits(base),
        // Two new lists have nothing in common but their place.
        None => yours.value.is_object(),
    };
    let has_block = yours.block.is_some() || theirs.block.is_some();
    has_base && has_block && fits(yours) && fits(theirs)
}

/// Whose text is taken where one side left the base's as it is, or both made the same of it.
fn untouched(entries: Three<&Entry<'_>>) -> Option<Side> {
    let (yours, theirs) = (entries.yours?, entries.theirs?);
    let is_same = |one: &Entry<'_>, other: &Entry<'_>| {
        same((one.whole, one.column), (other.whole, other.column), true)
    };
    match entries.base {
        Some(base) if is_same(yours, base) => Some(Side::Theirs),
        Some(base) if is_same(theirs, base) => Some(Side::Yours),
        _ => is_same(yours, theirs).then_some(Side::Yours),
    }
}

/// Lines around an entry, of the side that changed them, or of both where they changed other ones.
fn around<'e>(
    entries: Three<&'e Entry<'e>>,
    model: &Entry<'_>,
    column: usize,
    lines: impl Fn(&Entry<'e>) -> &'e str,
) -> String {
    let texts = entries.and_then(|entry| Some(moved(lines(entry), entry.column, column, false)));
    if entries.yours.is_none() || entries.theirs.is_none() {
        return moved(model.lead, model.column, column, false);
    }
    let side = texts.choose();
    if let (Some(base), Some(yours), Some(theirs)) = (&texts.base, &texts.yours, &texts.theirs)
        && side == Side::Yours
        && theirs != base
        && let Some(both) = lines::merge(base, yours, theirs)
    {
        return both;
    }
    let chosen = match side {
        Side::Theirs => texts.theirs,
        _ => texts.yours,
    };
    chosen.unwrap_or_default()
}

/// The comment on an entry's line, of the side that changed it.
fn beside(entries: Three<&Entry<'_>>, model: &Entry<'_>) -> String {
    let comments = entries.and_then(|entry| match entry.is_text_block || entry.is_inline {
        true => None,
        false => Some(entry.comment),
    });
    let chosen = match (comments.yours, comments.theirs) {
        (Some(_), Some(_)) => comments.of(comments.choose()),
        _ => None,
    };
    chosen.unwrap_or(model.comment).to_owned()
}

/// An entry whose value one side has, with the comments of the side that changed them.
fn one_line(
    entries: Three<&Entry<'_>>,
    values: Three<&Value>,
    model: &Entry<'_>,
    column: usize,
) -> String {
    let whole = || moved(model.whole, model.column, column, true);
    if entries.yours.is_none() || entries.theirs.is_none() || model.block.is_some() {
        return whole();
    }
    let leaves = entries.and_then(|entry| match entry.block {
        Some(_) => None,
        None => Some(entry),
    });
    let (Some(yours), Some(theirs)) = (leaves.yours, leaves.theirs) else {
        return whole();
    };
    // An unchanged value takes the notation of the side that changed the notation.
    let is_unchanged = values.yours == values.theirs && values.yours == values.base;
    let heads = leaves.and_then(|entry| Some(moved(entry.head, entry.column, column, true)));
    let model = match (is_unchanged, heads.choose()) {
        (true, Side::Theirs) => theirs,
        (true, _) => yours,
        (false, _) => model,
    };
    let head = moved(model.head, model.column, column, true);
    if model.is_text_block {
        return head + model.comment + &moved(model.rest, model.column, column, false);
    }
    head + &beside(leaves, model) + &around(leaves, model, column, |entry| entry.rest)
}
