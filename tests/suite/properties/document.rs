//! YAML maps in every style: comments, anchors, flow and block, texts over several lines, odd indentation and line ends.

use std::fmt::Write as _;
use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::select;

/// Keys as they are written, and the names they stand for. Few, so that texts have them in common.
pub const KEYS: &[(&str, &str)] = &[
    ("a", "a"),
    ("'a'", "a"),
    ("b", "b"),
    ("b", "b"),
    ("\"b\"", "b"),
    ("c", "c"),
    ("name", "name"),
    ("d", "d"),
    ("key", "key"),
    ("spectrocloud.com/x", "spectrocloud.com/x"),
    ("\"k: #\"", "k: #"),
    ("x[0]", "x[0]"),
    ("e f", "e f"),
    ("é", "é"),
    ("'it''s'", "it's"),
    ("-g", "-g"),
    ("8080", "8080"),
];

/// So many of them are in most texts.
const COMMON: usize = 8;

/// Single values on one line.
const SCALARS: &[&str] = &[
    "1",
    "2",
    "-3",
    "0644",
    "1.10",
    "1e3",
    "yes",
    "off",
    "true",
    "null",
    "~",
    "x",
    "y",
    "a b",
    "a:b",
    "a#b",
    "http://h:1/p?q=1&r=2",
    "22:22",
    "2024-01-01",
    "é😀",
    "x\u{a0}",
    "-x",
    "'it''s'",
    "'# no'",
    "''",
    "\"a\\tb\\n\"",
    "\"{{ .spectro.var.X }}\"",
    "\"a: b\"",
    "\"x \"",
    "!!str 12",
    "!custom x",
    "!!int 7",
];

/// Single values that may stand between `{ }` and `[ ]`.
const FLOW_SCALARS: &[&str] = &[
    "1", "x", "y", "null", "~", "yes", "a b", "a:b", "'a, b'", "\"]\"", "0644", "é", "{}", "[]",
    "!!str 1",
];

/// Lines of `|` and `>` blocks.
const BLOCK_LINES: &[&str] = &[
    "x",
    "y",
    "a: b",
    "- c",
    "# no comment",
    "x # no comment",
    "  deeper",
    "    much deeper",
    "\ttab",
    "x  ",
    "x\t",
    "\u{a0}",
    "x\u{a0}",
    "",
    "",
    "   ",
    "'",
    "\"",
    "{{ .spectro.var.X }}",
    "---",
    "é",
];

/// Ends of comments that could be taken for something else.
const COMMENTS: &[&str] = &[
    "", "", ": x", " - y", " 'z", " \"", " | >", " {", "\ttab", " # #", "  ", " é",
];

#[derive(Clone, Debug)]
pub(super) struct Entry {
    above: Vec<Line>,
    pub(super) key: usize,
    colon: &'static str,
    comment: Option<&'static str>,
    pub(super) value: Shape,
    below: Vec<Line>,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    above: Vec<Line>,
    /// Whether the dash stands alone on its line.
    alone: bool,
    comment: Option<&'static str>,
    pub(super) value: Shape,
    below: Vec<Line>,
}

/// A line without a value.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Blank(usize),
    /// A comment, and how much deeper than the key it stands.
    Comment(usize, &'static str),
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Empty,
    /// What stands before it, the value, and what stands behind it.
    Scalar(&'static str, &'static str, &'static str),
    /// On the line below its key.
    Below(&'static str),
    /// In quotes (or none) over several lines.
    Lines(&'static str, Vec<&'static str>, usize),
    Block(Block),
    FlowMap(Vec<(usize, Shape)>, Flow),
    FlowList(Vec<Shape>, Flow),
    Map(Vec<Entry>, usize),
    List(Vec<Item>, usize),
    Anchored(Box<Shape>),
    Alias(usize),
    /// A map with a merge key for an alias.
    Merged(usize, Vec<Entry>, usize),
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    header: &'static str,
    indicator: bool,
    /// How much deeper than the key the text stands.
    step: usize,
    comment: Option<&'static str>,
    lines: Vec<&'static str>,
}

/// How a flow collection is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flow {
    OneLine,
    ManyLines,
    Commented,
}

/// A map at the top of a text.
#[derive(Clone, Debug)]
pub struct Document {
    head: &'static str,
    indent: usize,
    pub(super) entries: Vec<Entry>,
    tail: &'static str,
    pub crlf: bool,
    final_newline: bool,
}

/// What a document becomes.
pub struct Written {
    pub text: String,
    pub entries: Vec<WrittenEntry>,
    /// What stands where, in the text before its line ends are changed: each entry and item of block collections, the
    /// outer before the inner.
    pub pieces: Vec<Piece>,
    /// The text before its line ends are changed.
    pub plain: String,
}

/// An entry or item with its comments.
pub struct Piece {
    pub path: Vec<Place>,
    pub bytes: Range<usize>,
}

/// A step of the way to an entry or an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Key(&'static str),
    Item(usize),
}

/// An entry at the top of a document; its lines end in line feeds, whatever those of the text do.
pub struct WrittenEntry {
    pub name: &'static str,
    /// From its key to the end of its value.
    pub own_lines: String,
    /// Those and the comments and blank lines around them.
    pub all_lines: String,
}

struct Writer {
    out: String,
    comments: usize,
    /// Prefix of the comments' numbers, to tell those of one document from another's.
    mark: String,
    /// Whether each anchor names a map; none while it is open.
    anchors: Vec<Option<bool>>,
    /// Whether the text ends in a block scalar.
    block: bool,
    /// Whether the value that is about to come stands behind a dash.
    behind_dash: bool,
    path: Vec<Place>,
    pieces: Vec<Piece>,
}

pub(super) fn distinct(entries: &[Entry]) -> Vec<&Entry> {
    let mut distinct: Vec<&Entry> = Vec::new();
    for entry in entries {
        if distinct
            .iter()
            .all(|other| KEYS[other.key].1 != KEYS[entry.key].1)
        {
            distinct.push(entry);
        }
    }
    distinct
}

impl Writer {
    fn comment(&mut self, end: &str) {
        self.comments += 1;
        let _ = write!(self.out, "# {}.{};{end}", self.mark, self.comments);
    }

    fn pad(&mut self, column: usize) {
        self.out.push_str(&" ".repeat(column));
    }

    fn end_line(&mut self, comment: Option<&str>) {
        if let Some(end) = comment {
            self.out.push(' ');
            self.comment(end);
        }
        self.out.push('\n');
    }

    /// Lines above a key: comments as deep as it. Behind a block scalar blank lines would be its text.
    fn above(&mut self, lines: &[Line], column: usize) {
        for line in lines {
            match line {
                Line::Blank(_) if self.block => continue,
                Line::Blank(blanks) => self.pad(*blanks),
                Line::Comment(_, end) => {
                    self.pad(column);
                    self.comment(end);
                    self.block = false;
                }
            }
            self.out.push('\n');
        }
    }

    /// Lines below a value: comments deeper than its key. Behind a block scalar they would be its text.
    fn below(&mut self, lines: &[Line], column: usize) {
        for line in lines {
            match line {
                Line::Comment(..) if self.block => continue,
                Line::Blank(blanks) => self.pad(*blanks),
                Line::Comment(deeper, end) => {
                    self.pad(column + 1 + deeper);
                    self.comment(end);
                }
            }
            self.out.push('\n');
        }
    }

    /// Where its own lines stand.
    fn entry(&mut self, entry: &Entry, column: usize) -> Range<usize> {
        let piece = self.begin(Place::Key(KEYS[entry.key].1));
        self.above(&entry.above, column);
        self.block = false;
        let start = self.out.len();
        self.pad(column);
        self.out.push_str(KEYS[entry.key].0);
        self.out.push_str(entry.colon);
        self.value(&entry.value, column, entry.comment);
        let end = self.out.len();
        self.below(&entry.below, column);
        self.end(piece);
        start..end
    }

    fn begin(&mut self, place: Place) -> usize {
        self.path.push(place);
        let start = self.out.len();
        self.pieces.push(Piece {
            path: self.path.clone(),
            bytes: start..start,
        });
        self.pieces.len() - 1
    }

    fn end(&mut self, piece: usize) {
        self.path.pop();
        self.pieces[piece].bytes.end = self.out.len();
    }

    /// The rest of a key's or dash's line, and the lines below it. `column` is that of the key or dash.
    fn value(&mut self, shape: &Shape, column: usize, comment: Option<&str>) {
        let behind_dash = std::mem::take(&mut self.behind_dash);
        match shape {
            Shape::Empty => self.end_line(comment),
            Shape::Scalar(before, text, behind) => {
                let _ = write!(self.out, "{before}{text}{behind}");
                self.end_line(comment);
            }
            Shape::Below(text) => {
                self.end_line(comment);
                self.pad(column + 1);
                self.out.push_str(text);
                self.out.push('\n');
            }
            Shape::Lines(quote, lines, step) => {
                let _ = write!(self.out, " {quote}");
                for (index, line) in lines.iter().enumerate() {
                    if index > 0 {
                        self.out.push('\n');
                        if !line.is_empty() {
                            self.pad(column + step);
                        }
                    }
                    self.out.push_str(line);
                }
                self.out.push_str(quote);
                self.end_line(comment);
            }
            Shape::Block(block) => self.block(block, column),
            Shape::FlowMap(..) | Shape::FlowList(..) => {
                self.out.push(' ');
                self.flow(shape, column);
                self.end_line(comment);
            }
            Shape::Map(entries, step) => {
                self.end_line(comment);
                for entry in distinct(entries) {
                    self.entry(entry, column + step);
                }
            }
            Shape::List(items, step) => {
                self.end_line(comment);
                // As deep as a key it may stand, but not as a dash.
                let column = column + step + usize::from(behind_dash);
                for (number, item) in items.iter().enumerate() {
                    let piece = self.begin(Place::Item(number));
                    self.above(&item.above, column);
                    self.pad(column);
                    self.item(item, column);
                    self.end(piece);
                }
            }
            Shape::Anchored(inner) => {
                let number = self.anchors.len();
                let is_map = matches!(**inner, Shape::Map(..) | Shape::FlowMap(..));
                let _ = write!(self.out, " &n{number}-x");
                self.anchors.push(None);
                self.behind_dash = behind_dash;
                self.value(inner, column, comment);
                self.anchors[number] = Some(is_map);
            }
            Shape::Alias(number) => match self.anchor(*number, false) {
                None => self.value(&Shape::Scalar(" ", "x", ""), column, comment),
                Some(anchor) => {
                    let _ = write!(self.out, " *n{anchor}-x");
                    self.end_line(comment);
                }
            },
            Shape::Merged(number, entries, step) => {
                self.end_line(comment);
                if let Some(anchor) = self.anchor(*number, true) {
                    self.pad(column + step);
                    let _ = writeln!(self.out, "<<: *n{anchor}-x");
                }
                for entry in distinct(entries) {
                    self.entry(entry, column + step);
                }
            }
        }
    }

    /// An anchor that an alias can stand for here.
    fn anchor(&self, number: usize, of_a_map: bool) -> Option<usize> {
        let closed: Vec<usize> = (0..self.anchors.len())
            .filter(|anchor| self.anchors[*anchor].is_some_and(|is_map| is_map || !of_a_map))
            .collect();
        closed.get(number % closed.len().max(1)).copied()
    }

    /// A dash and what stands behind it.
    fn item(&mut self, item: &Item, column: usize) {
        self.block = false;
        self.out.push('-');
        match &item.value {
            Shape::Map(..) | Shape::List(..) if item.alone => {
                self.behind_dash = true;
                self.value(&item.value, column, item.comment);
            }
            // Its first key stands behind the dash.
            Shape::Map(entries, step) => {
                self.pad(*step);
                for (index, entry) in distinct(entries).into_iter().enumerate() {
                    let column = column + 1 + step;
                    if index > 0 {
                        self.entry(entry, column);
                        continue;
                    }
                    let piece = self.begin(Place::Key(KEYS[entry.key].1));
                    self.out.push_str(KEYS[entry.key].0);
                    self.out.push_str(entry.colon);
                    self.value(&entry.value, column, entry.comment);
                    self.below(&entry.below, column);
                    self.end(piece);
                }
            }
            // Its first dash stands behind this one.
            Shape::List(items, step) => {
                self.pad(step + 1);
                for (number, item) in items.iter().enumerate() {
                    let column = column + 2 + step;
                    let piece = self.begin(Place::Item(number));
                    if number > 0 {
                        self.above(&item.above, column);
                        self.pad(column);
                    }
                    self.item(item, column);
                    self.end(piece);
                }
            }
            value => {
                self.behind_dash = true;
                self.value(value, column, item.comment);
            }
        }
        self.below(&item.below, column);
    }

    fn block(&mut self, block: &Block, column: usize) {
        self.block = true;
        let _ = write!(self.out, " {}", block.header);
        let starts_blank = block
            .lines
            .iter()
            .find(|line| !line.trim_matches(' ').is_empty())
            .is_none_or(|line| line.starts_with(' '));
        let has_indicator = block.indicator || starts_blank;
        if has_indicator {
            let _ = write!(self.out, "{}", block.step);
        }
        self.end_line(block.comment);
        let mut leading = true;
        for line in &block.lines {
            leading &= line.trim_matches(' ').is_empty();
            // Blank lines before the first text must not be deeper than it.
            if !line.is_empty() && (!leading || has_indicator) {
                self.pad(column + block.step);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn flow(&mut self, shape: &Shape, column: usize) {
        match shape {
            Shape::FlowMap(entries, layout) => {
                let mut seen = Vec::new();
                let mut entries = entries.clone();
                entries.retain(|(key, _)| {
                    let name = KEYS[*key].1;
                    let is_new = !seen.contains(&name);
                    seen.push(name);
                    is_new
                });
                let values: Vec<(Option<usize>, Shape)> = entries
                    .into_iter()
                    .map(|(key, value)| (Some(key), value))
                    .collect();
                self.flow_items('{', '}', &values, *layout, column);
            }
            Shape::FlowList(items, layout) => {
                let values: Vec<(Option<usize>, Shape)> =
                    items.iter().map(|item| (None, item.clone())).collect();
                self.flow_items('[', ']', &values, *layout, column);
            }
            Shape::Scalar(_, text, _) => self.out.push_str(text),
            _ => self.out.push('x'),
        }
    }

    fn flow_items(
        &mut self,
        open: char,
        close: char,
        items: &[(Option<usize>, Shape)],
        layout: Flow,
        column: usize,
    ) {
        self.out.push(open);
        for (index, (key, value)) in items.iter().enumerate() {
            match layout {
                Flow::OneLine if index > 0 => self.out.push(' '),
                Flow::OneLine => {}
                Flow::ManyLines => {
                    self.out.push('\n');
                    self.pad(column + 2);
                }
                Flow::Commented => {
                    self.out.push(' ');
                    self.comment(" in flow");
                    self.out.push('\n');
                    self.pad(column + 1);
                }
            }
            if let Some(key) = key {
                // Brackets in plain keys would be taken for those of the collection.
                let (written, name) = KEYS[*key];
                if written.contains(['[', ']']) {
                    let _ = write!(self.out, "'{name}'");
                } else {
                    self.out.push_str(written);
                }
                if !matches!(value, Shape::Empty) {
                    self.out.push_str(": ");
                }
            }
            if !matches!(value, Shape::Empty) || key.is_none() {
                self.flow(value, column + 2);
            }
            if index + 1 < items.len() || matches!(layout, Flow::ManyLines) {
                self.out.push(',');
            }
        }
        if !matches!(layout, Flow::OneLine) && !items.is_empty() {
            self.out.push('\n');
            self.pad(column + 1);
        }
        self.out.push(close);
    }
}

impl Document {
    /// Its text; `mark` stands in its comments, each of which is written once, as `# MARK.NUMBER;`.
    pub fn write(&self, mark: &str) -> Written {
        let mut writer = Writer {
            out: self.head.to_owned(),
            comments: 0,
            mark: mark.to_owned(),
            anchors: Vec::new(),
            block: false,
            behind_dash: false,
            path: Vec::new(),
            pieces: Vec::new(),
        };
        let mut entries = Vec::new();
        for entry in distinct(&self.entries) {
            let start = writer.out.len();
            let own = writer.entry(entry, self.indent);
            entries.push(WrittenEntry {
                name: KEYS[entry.key].1,
                own_lines: writer.out[own].to_owned(),
                all_lines: writer.out[start..].to_owned(),
            });
        }
        writer.out.push_str(self.tail);
        let mut text = writer.out.clone();
        if !self.final_newline && text.ends_with('\n') {
            text.pop();
        }
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        Written {
            text,
            entries,
            pieces: writer.pieces,
            plain: writer.out,
        }
    }
}

fn comment() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![4 => Just(None), 1 => select(COMMENTS).prop_map(Some)]
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = prop_oneof![
        (0..3_usize).prop_map(|blanks| Line::Blank(blanks * 2)),
        (0..4_usize, select(COMMENTS)).prop_map(|(deeper, end)| Line::Comment(deeper, end)),
    ];
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(line, 1..3)]
}

/// The number of a key in [`KEYS`].
pub fn key() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0..COMMON, 1 => 0..KEYS.len()]
}

fn block() -> impl Strategy<Value = Shape> {
    (
        select(&["|", "|", "|-", "|+", ">", ">-", ">+"][..]),
        prop::bool::weighted(0.15),
        1..5_usize,
        comment(),
        prop::collection::vec(select(BLOCK_LINES), 0..5),
    )
        .prop_map(|(header, indicator, step, comment, lines)| {
            Shape::Block(Block {
                header,
                indicator,
                step,
                comment,
                lines,
            })
        })
}

fn many_lines() -> impl Strategy<Value = Shape> {
    (
        select(&["", "'", "\""][..]),
        prop::collection::vec(select(&["x", "y z", "", "1", "a:b", "é"][..]), 0..3),
        1..4_usize,
    )
        .prop_map(|(quote, mut lines, step)| {
            lines.insert(0, "first");
            lines.push("last");
            Shape::Lines(quote, lines, step)
        })
}

fn flow_layout() -> impl Strategy<Value = Flow> {
    prop_oneof![6 => Just(Flow::OneLine), 2 => Just(Flow::ManyLines), 1 => Just(Flow::Commented)]
}

fn flow() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        5 => select(FLOW_SCALARS).prop_map(|text| Shape::Scalar(" ", text, "")),
        1 => Just(Shape::Empty),
    ];
    let nested = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            (
                prop::collection::vec((key(), inner.clone()), 0..3),
                flow_layout()
            )
                .prop_map(|(entries, layout)| Shape::FlowMap(entries, layout)),
            (prop::collection::vec(inner, 0..3), flow_layout())
                .prop_map(|(items, layout)| Shape::FlowList(items, layout)),
        ]
    });
    prop_oneof![
        (
            prop::collection::vec((key(), nested.clone()), 0..4),
            flow_layout()
        )
            .prop_map(|(entries, layout)| Shape::FlowMap(entries, layout)),
        (prop::collection::vec(nested, 0..4), flow_layout())
            .prop_map(|(items, layout)| Shape::FlowList(items, layout)),
    ]
}

fn entry(value: impl Strategy<Value = Shape>) -> impl Strategy<Value = Entry> {
    (
        lines(),
        key(),
        select(&[":", ":", ":", " :"][..]),
        comment(),
        value,
        lines(),
    )
        .prop_map(|(above, key, colon, comment, value, below)| Entry {
            above,
            key,
            colon,
            comment,
            value,
            below,
        })
}

fn item(value: impl Strategy<Value = Shape>) -> impl Strategy<Value = Item> {
    (
        prop_oneof![2 => Just(Vec::new()), 1 => lines()],
        prop::bool::weighted(0.2),
        comment(),
        value,
        prop_oneof![2 => Just(Vec::new()), 1 => lines()],
    )
        .prop_map(|(above, alone, comment, value, below)| Item {
            above,
            alone,
            comment,
            value,
            below,
        })
}

/// A map that says first what it is about, as most items of lists do.
fn named(value: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    let name = (
        entry(select(&["x", "y", "a b", "1"][..]).prop_map(|name| Shape::Scalar(" ", name, ""))),
        select(&["name", "name", "key"][..]),
    );
    (
        name,
        prop::collection::vec(entry(value), 0..4),
        0..4_usize,
        1..4_usize,
    )
        .prop_map(|((mut first, name), mut entries, at, step)| {
            first.key = KEYS
                .iter()
                .position(|key| key.1 == name)
                .unwrap_or_default();
            entries.insert(at.min(entries.len()), first);
            Shape::Map(entries, step)
        })
}

fn shape(anchors: bool) -> BoxedStrategy<Shape> {
    let leaf = prop_oneof![
        7 => select(SCALARS).prop_map(|text| Shape::Scalar(" ", text, "")),
        1 => (select(&["  ", "\t", " \t "][..]), select(SCALARS), select(&["", " ", "\t"][..]))
            .prop_map(|(before, text, behind)| Shape::Scalar(before, text, behind)),
        2 => Just(Shape::Empty),
        1 => select(FLOW_SCALARS).prop_map(Shape::Below),
        2 => many_lines(),
        3 => block(),
        3 => flow(),
    ];
    let alias = if anchors {
        prop_oneof![3 => leaf, 1 => (0..8_usize).prop_map(Shape::Alias)].boxed()
    } else {
        leaf.boxed()
    };
    alias
        .prop_recursive(3, 24, 5, move |inner| {
            let nested = prop_oneof![
                4 => (prop::collection::vec(entry(inner.clone()), 1..5), 1..5_usize)
                    .prop_map(|(entries, step)| Shape::Map(entries, step)),
                2 => (prop::collection::vec(item(inner.clone()), 1..4), 0..4_usize)
                    .prop_map(|(items, step)| Shape::List(items, step)),
                2 => (prop::collection::vec(item(named(inner.clone())), 1..5), 0..4_usize)
                    .prop_map(|(items, step)| Shape::List(items, step)),
            ];
            if anchors {
                prop_oneof![
                    3 => nested,
                    2 => inner.clone().prop_map(|inner| match inner {
                        Shape::Anchored(_) | Shape::Alias(_) | Shape::Scalar(..) | Shape::Below(_) => inner,
                        inner => Shape::Anchored(Box::new(inner)),
                    }),
                    1 => (0..8_usize, prop::collection::vec(entry(inner), 1..4), 1..4_usize)
                        .prop_map(|(number, entries, step)| Shape::Merged(number, entries, step)),
                ]
                .boxed()
            } else {
                nested.boxed()
            }
        })
        .boxed()
}

/// Any document, with or without anchors and aliases.
pub fn document(anchors: bool) -> impl Strategy<Value = Document> {
    (
        select(
            &[
                "",
                "",
                "",
                "",
                "---\n",
                "# head\n\n",
                "# spectrocloud.com/enabled-presets: A:b\n",
                "--- # head\n",
                "%YAML 1.1\n---\n",
                "\u{feff}",
                "\u{feff}# head\n",
            ][..],
        ),
        prop_oneof![5 => Just(0_usize), 1 => Just(2)],
        prop::collection::vec(entry(shape(anchors)), 0..6),
        select(
            &[
                "",
                "",
                "",
                "",
                "\n",
                "\n\n",
                "# tail\n",
                "\n# tail\n\n",
                "...\n",
            ][..],
        ),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.8),
    )
        .prop_map(
            |(head, indent, entries, tail, crlf, final_newline)| Document {
                head,
                indent,
                entries,
                tail,
                crlf,
                final_newline,
            },
        )
}
