//! A YAML tree that remembers where every value is in its text.

use std::collections::HashMap;
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Options, Parser, StructureStyle};

use super::path::{Path, Step};
use super::scalar::{self, Scalar};
use super::text::Text;
use crate::diagnostic::{Code, Diagnostic, Problems, Source};

/// Limits against hostile or mistaken input.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest text in bytes.
    pub bytes: usize,
    /// Most nodes (scalars, maps, lists, aliases) in one text.
    pub nodes: usize,
    /// Deepest nesting of maps and lists.
    pub depth: usize,
    /// Most documents in one text.
    pub documents: usize,
}

impl Limits {
    /// For files people write by hand: a site, presets.
    pub const INPUT: Limits = Limits {
        bytes: 4 << 20,
        nodes: 200_000,
        depth: 64,
        documents: 1_000,
    };
    /// For values and manifests, which vendors write.
    pub const VALUES: Limits = Limits {
        bytes: 16 << 20,
        nodes: 1_000_000,
        depth: 100,
        documents: 50_000,
    };
}

/// How a map or a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One entry a line, by indentation.
    Block,
    /// `{a: 1}` and `[1, 2]`.
    Flow,
}

/// One value of a YAML text.
#[derive(Clone, Debug)]
pub struct Node {
    span: Span,
    properties: Span,
    anchor: u32,
    /// What it holds.
    pub kind: Kind,
}

/// A range of bytes, in half its room: there may be a million of them, and no text that is read has 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const fn new(start: usize, end: usize) -> Self {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Span::new(range.start, range.end)
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        span.start as usize..span.end as usize
    }
}

/// What a [`Node`] holds.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A scalar, with its text after unescaping and its type.
    Scalar(Scalar),
    /// A list.
    Sequence {
        /// The items in order.
        items: Vec<Node>,
        /// How it is written.
        style: Style,
    },
    /// A map.
    Mapping {
        /// The entries in order; keys are unique.
        entries: Vec<Entry>,
        /// How it is written.
        style: Style,
    },
    /// `*name`: the number of the anchor it repeats.
    Alias(usize),
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key; a scalar in everything that Kubernetes reads.
    pub key: Node,
    /// The value; an empty one is right after its colon.
    pub value: Node,
}

impl Entry {
    /// The key's text, empty where the key is a collection.
    pub fn name(&self) -> &str {
        self.key.text().unwrap_or_default()
    }

    /// Whether this merges other maps into its own; a quoted `"<<"` is a key like any other.
    pub fn is_merge(&self) -> bool {
        self.key.is_merge_key()
    }
}

impl Node {
    /// A value that is written there, without anchor and tag.
    pub(crate) const fn new(span: Range<usize>, kind: Kind) -> Self {
        Node {
            properties: Span::new(span.start, span.start),
            span: Span::new(span.start, span.end),
            anchor: 0,
            kind,
        }
    }

    /// Bytes of the value, without its key; for block collections from the first key or dash.
    pub fn span(&self) -> Range<usize> {
        self.span.into()
    }

    /// Bytes of anchor and tag in front of the value, empty at the value's start where there are none.
    pub fn properties(&self) -> Range<usize> {
        self.properties.into()
    }

    /// Number of the anchor on this node, 0 for none.
    pub fn anchor(&self) -> usize {
        self.anchor as usize
    }

    /// The scalar's text after unescaping.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The value under `key`, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries()?
            .iter()
            .find(|entry| entry.name() == key)
            .map(|entry| &entry.value)
    }

    /// The value at the end of a path.
    pub(crate) fn find(&self, path: &Path) -> Option<&Node> {
        path.steps()
            .iter()
            .try_fold(self, |node, step| node.within(step))
    }

    /// The value that one step leads to, the first of several.
    pub(crate) fn within(&self, step: &Step) -> Option<&Node> {
        match step {
            Step::Key(key) => self.get(key),
            Step::Index(index) => self.items()?.get(*index),
            Step::Item(key, wanted) => {
                let is_wanted = |item: &&Node| item.get(key).and_then(Node::text) == Some(wanted);
                self.items()?.iter().find(is_wanted)
            }
            Step::Each => self.items()?.first(),
        }
    }

    /// The entries, where this is a map.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The items, where this is a list.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence { items, .. } => Some(items),
            _ => None,
        }
    }

    /// Whether this is an explicit or empty null.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.is_null())
    }

    fn is_merge_key(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.plain && &*scalar.text == "<<")
    }

    /// Bytes from the first property (anchor, tag) to the end of the value.
    pub fn whole(&self) -> Range<usize> {
        let span = self.span();
        self.properties().start.min(span.start)..span.end
    }

    /// What a reader would call this value in an error message.
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar(scalar) if scalar.is_null() => "nothing",
            Kind::Scalar(_) => "a single value",
            Kind::Sequence { .. } => "a list",
            Kind::Mapping { .. } => "a map",
            Kind::Alias(_) => "an alias",
        }
    }
}

/// Parses a text of exactly one document; `None` for a text without any content.
///
/// # Errors
/// Broken YAML, duplicate keys and texts beyond `limits`, each with its place.
pub fn parse(source: &Source, limits: Limits) -> Result<Option<Node>, Vec<Diagnostic>> {
    let mut documents = parse_all(source, limits)?;
    if documents.len() > 1 {
        let start = documents[1].span().start;
        return Err(
            Diagnostic::error("more than one YAML document in this file")
                .code(Code::Yaml)
                .at(source, start..start)
                .label("a second document starts here")
                .help("keep one document, without a `---` line between two parts")
                .into(),
        );
    }
    Ok(documents.pop())
}

/// Parses every document of a text; documents without content are left out.
///
/// # Errors
/// As [`parse`].
pub fn parse_all(source: &Source, limits: Limits) -> Result<Vec<Node>, Vec<Diagnostic>> {
    parse_with(source, limits, None)
}

/// A key that stands more than once in a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repeated {
    /// The key.
    pub key: String,
    /// The lines, from 1, of the first and of this one.
    pub lines: [usize; 2],
}

/// As [`parse_all`], with the keys that stand more than once written to `repeated`, where that is given, rather than
/// refused.
pub(super) fn parse_with(
    source: &Source,
    limits: Limits,
    repeated: Option<&mut Vec<Repeated>>,
) -> Result<Vec<Node>, Vec<Diagnostic>> {
    let text = source.text();
    if text.len() > limits.bytes {
        return Err(Diagnostic::error(format!(
            "`{}` has {} bytes, more than the limit of {}",
            source.name(),
            text.len(),
            limits.bytes
        ))
        .code(Code::Limit)
        .help("split it, or remove what is not configuration")
        .into());
    }
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    // The parser's own limits say less. They come behind ours, and so do the 1024 characters that it reads ahead.
    options.flow_nesting_limit = limits.depth + 2048;
    options.block_nesting_limit = limits.depth + 2048;
    let mut builder = Builder {
        source,
        limits,
        nodes: 0,
        stack: Vec::new(),
        documents: Vec::new(),
        problems: Problems::default(),
        repeated,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => {
                let range = span.byte_range().unwrap_or(0..0);
                let tag = span.tag_span().and_then(|tag| tag.byte_range());
                builder.event(event, range, tag);
                if builder.is_beyond_limits() {
                    break;
                }
            }
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or(0).min(text.len());
                builder.problems.push(|| {
                    Diagnostic::error("this is not YAML")
                        .code(Code::Yaml)
                        .at(source, at..at)
                        .label(error.info())
                });
                break;
            }
        }
    }
    builder.problems.unless(source, builder.documents)
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    /// The key that waits for its value, in maps.
    key: Option<Node>,
    keys: Keys,
    /// End of the last child, which is where a block collection really ends.
    last_end: usize,
}

/// Finds the entries of one map by their keys.
#[derive(Default)]
struct Keys {
    /// How many entries `numbers` has.
    counted: usize,
    numbers: HashMap<Text, u32>,
}

impl Keys {
    /// The first entry with this key.
    fn find<'e>(&mut self, entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
        // Most maps are small, and searched more quickly than hashed.
        const FEW: usize = 16;
        let named = |entry: &&Entry| !entry.is_merge();
        if entries.len() <= FEW {
            return entries
                .iter()
                .filter(named)
                .find(|entry| entry.key.text() == Some(name));
        }
        for (number, entry) in entries.iter().enumerate().skip(self.counted) {
            if let Kind::Scalar(key) = &entry.key.kind
                && named(&entry)
            {
                let key = key.text.clone();
                self.numbers.entry(key).or_insert(number as u32);
            }
        }
        self.counted = entries.len();
        let number = self.numbers.get(name)?;
        entries.get(*number as usize)
    }
}

struct Builder<'a> {
    source: &'a Source,
    limits: Limits,
    nodes: usize,
    stack: Vec<Open>,
    documents: Vec<Node>,
    problems: Problems,
    /// Where repeated keys are collected, unless they are problems.
    repeated: Option<&'a mut Vec<Repeated>>,
}

impl Builder<'_> {
    /// Whether there is too much of something to go on, which is then said.
    fn is_beyond_limits(&mut self) -> bool {
        let Limits {
            nodes,
            depth,
            documents,
            ..
        } = self.limits;
        let name = self.source.name();
        let problem = if self.stack.len() > depth {
            let start = self.stack[depth].node.span().start;
            Diagnostic::error(format!("nested deeper than {depth} levels"))
                .code(Code::Limit)
                .at(self.source, start..start)
                .help("remove levels; nothing that Kubernetes or Palette reads is so deep")
        } else if self.nodes > nodes {
            Diagnostic::error(format!("`{name}` holds more than {nodes} values"))
                .code(Code::Limit)
                .help("split it, or remove what is not configuration")
        } else if self.documents.len() > documents {
            Diagnostic::error(format!("`{name}` holds more than {documents} documents"))
                .code(Code::Limit)
                .help("split it into several files")
        } else {
            return false;
        };
        self.problems.push(|| problem);
        true
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>, tag: Option<Range<usize>>) {
        match event {
            Event::Scalar(text, style, anchor, resolved_tag) => {
                let tag_name = resolved_tag.map(|tag| tag.suffix().to_owned());
                let mut scalar = scalar::Scalar::new(text.into(), style, tag_name.as_deref());
                let span = self.scalar_span(&scalar, range);
                if scalar.block
                    && is_open(self.source.text(), &span)
                    && let Some(text) = scalar.text.strip_suffix('\n').map(Text::from)
                {
                    // The parser adds a line break that is not there.
                    scalar.text = text;
                }
                self.add(node(span, tag, anchor, Kind::Scalar(scalar)));
            }
            Event::SequenceStart(style, anchor, _) => {
                let (items, style) = (Vec::new(), own_style(style));
                self.open(range, tag, anchor, Kind::Sequence { items, style });
            }
            Event::MappingStart(style, anchor, _) => {
                let (entries, style) = (Vec::new(), own_style(style));
                self.open(range, tag, anchor, Kind::Mapping { entries, style });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range),
            Event::Alias(id) => self.add(Node::new(range, Kind::Alias(id))),
            // The anchor's token is before the node that was just added or opened.
            Event::Anchor(..) => {
                if let Some(node) = self.newest() {
                    let properties = node.properties();
                    let start = properties.start.min(range.start);
                    node.properties = Span::from(start..properties.end.max(range.end));
                }
            }
            _ => {}
        }
    }

    /// The parser's span of a block scalar leaves out its header and takes in the line breaks behind it.
    fn scalar_span(&self, scalar: &Scalar, range: Range<usize>) -> Range<usize> {
        if !scalar.block {
            return range;
        }
        let text = self.source.text();
        let start = block_header(text, self.last_token()).unwrap_or(range.start);
        let mut written = &text[start..range.end.max(start)];
        // The parser's span ends where the next line's text begins.
        if range.end < text.len() {
            written = written.trim_end_matches(' ');
        }
        let end = if scalar.keeps_trailing_lines(written) {
            let last_line = written.strip_suffix('\n').unwrap_or(written);
            last_line.strip_suffix('\r').unwrap_or(last_line).len()
        } else {
            without_trailing_lines(written).len()
        };
        start..start + end
    }

    /// The end of what came before the node that is about to be added: its key, the item or entry above.
    fn last_token(&self) -> usize {
        match self.stack.last() {
            Some(Open { key: Some(key), .. }) => key.span().end,
            Some(open) => match &open.node.kind {
                Kind::Sequence { items, .. } if items.is_empty() => open.node.span().start,
                _ => open.last_end,
            },
            None => 0,
        }
    }

    /// The node that was added or opened last.
    fn newest(&mut self) -> Option<&mut Node> {
        let Some(open) = self.stack.last_mut() else {
            return self.documents.last_mut();
        };
        if open.key.is_some() {
            return open.key.as_mut();
        }
        let is_empty = match &open.node.kind {
            Kind::Sequence { items, .. } => items.is_empty(),
            Kind::Mapping { entries, .. } => entries.is_empty(),
            _ => true,
        };
        if is_empty {
            return Some(&mut open.node);
        }
        match &mut open.node.kind {
            Kind::Sequence { items, .. } => items.last_mut(),
            Kind::Mapping { entries, .. } => entries.last_mut().map(|entry| &mut entry.value),
            _ => None,
        }
    }

    fn open(&mut self, range: Range<usize>, tag: Option<Range<usize>>, anchor: usize, kind: Kind) {
        self.nodes += 1;
        let last_end = range.end;
        self.stack.push(Open {
            node: node(range, tag, anchor, kind),
            key: None,
            keys: Keys::default(),
            last_end,
        });
    }

    fn close(&mut self, range: Range<usize>) {
        let Some(mut open) = self.stack.pop() else {
            return;
        };
        open.keys = Keys::default();
        let style = match &mut open.node.kind {
            Kind::Sequence { items, style } => {
                shrink(items);
                *style
            }
            Kind::Mapping { entries, style } => {
                shrink(entries);
                *style
            }
            Kind::Scalar(_) | Kind::Alias(_) => return,
        };
        let mut span = open.node.span();
        span.end = match style {
            Style::Flow => range.end,
            Style::Block => open.last_end,
        };
        if style == Style::Block
            && let Some(first) = open.node.items().and_then(<[Node]>::first)
        {
            span.start = dash_before(self.source.text(), first.whole().start);
        }
        open.node.span = span.into();
        self.nodes -= 1;
        self.add(open.node);
    }

    fn add(&mut self, mut node: Node) {
        self.nodes += 1;
        // The parser puts an empty value in front of its colon, which would leave that out of the map around it.
        if let Some(Open { key: Some(key), .. }) = self.stack.last()
            && node.whole().is_empty()
        {
            let key_end = key.span().end;
            let rest = &self.source.text()[key_end..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            if rest[blanks..].starts_with(':') && node.span().start <= key_end + blanks {
                let behind = key_end + blanks + 1;
                node.span = Span::from(behind..behind);
                node.properties = node.span;
            }
        }
        let Some(open) = self.stack.last_mut() else {
            if !(node.is_null() && node.span().is_empty()) {
                self.documents.push(node);
            }
            return;
        };
        open.last_end = open.last_end.max(node.span().end);
        match &mut open.node.kind {
            Kind::Sequence { items, .. } => items.push(node),
            Kind::Mapping { entries, .. } => match open.key.take() {
                None => {
                    if let Some(name) = node.text()
                        && !node.is_merge_key()
                        && let Some(first) = open.keys.find(entries, name)
                    {
                        let line_of = |key: &Node| self.source.position(key.span().start).0;
                        let line = line_of(&first.key);
                        if let Some(repeated) = &mut self.repeated {
                            repeated.push(Repeated {
                                key: name.to_owned(),
                                lines: [line, line_of(&node)],
                            });
                        } else {
                            self.problems.push(|| {
                                Diagnostic::error(format!("the key `{name}` is used here twice"))
                                    .code(Code::KeyTwice)
                                    .at(self.source, node.span())
                                    .label(format!("first used on line {line}"))
                                    .help("keep one of the two; the other would be lost silently")
                            });
                        }
                    }
                    open.key = Some(node);
                }
                Some(key) => entries.push(Entry { key, value: node }),
            },
            _ => {}
        }
    }
}

/// Gives room back that a list got by doubling: a deep tree has many small ones. A large one would be there twice meanwhile.
fn shrink<T>(list: &mut Vec<T>) {
    const LARGE: usize = 1_000;
    if list.len() < LARGE {
        list.shrink_to_fit();
    }
}

fn own_style(style: StructureStyle) -> Style {
    match style {
        StructureStyle::Block => Style::Block,
        StructureStyle::Flow => Style::Flow,
    }
}

fn node(span: Range<usize>, tag: Option<Range<usize>>, anchor: usize, kind: Kind) -> Node {
    let tag = tag.filter(|tag| tag.end <= span.start);
    let mut node = Node::new(span, kind);
    // Anchors are numbered, and each takes a byte of the text.
    node.anchor = u32::try_from(anchor).unwrap_or(u32::MAX);
    if let Some(tag) = tag {
        node.properties = tag.into();
    }
    node
}

/// Whether a block scalar ends a text without a line break, which its last line then lacks too.
pub(super) fn is_open(text: &str, span: &Range<usize>) -> bool {
    let last_line = text[span.clone()].rsplit_once('\n');
    span.end == text.len() && last_line.is_some_and(|(_, line)| !line.trim_matches(' ').is_empty())
}

/// Where the `|` or `>` stands that comes behind `from`, with nothing but a dash or colon, properties and comments between.
fn block_header(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = &text[at..];
        at += match rest.chars().next()? {
            '|' | '>' => return Some(at),
            ' ' | '\t' | '\r' | '\n' | ':' | '-' | '?' => 1,
            '#' => rest.find('\n')?,
            '&' | '!' => rest.find([' ', '\t', '\r', '\n'])?,
            _ => return None,
        };
    }
}

/// A block scalar without the empty lines after its last line; blanks on that line, and lines of more blanks than the
/// others are indented by, are text.
fn without_trailing_lines(written: &str) -> &str {
    let header = written.lines().next().unwrap_or_default();
    let has_indicator = header
        .trim_start_matches(['|', '>', '+', '-'])
        .starts_with(|c: char| c.is_ascii_digit());
    let indent = written
        .lines()
        .skip(1)
        .filter(|line| !line.trim_matches(' ').is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min();
    let mut kept = written.trim_end_matches(['\n', '\r']);
    while let Some((before, last)) = kept.rsplit_once('\n') {
        let is_text = !last.trim_matches(' ').is_empty()
            || has_indicator
            || indent.is_some_and(|indent| last.len() > indent);
        if is_text {
            break;
        }
        kept = before.trim_end_matches(['\n', '\r']);
    }
    kept
}

/// Where the dash stands that opens the list item whose content starts at `content`.
pub(super) fn dash_before(text: &str, content: usize) -> usize {
    let mut end = content;
    loop {
        let line_start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        let line = &text[line_start..end];
        let line = match line.find('#') {
            Some(comment) => &line[..comment],
            None => line,
        };
        if let Some(dash) = line.rfind('-') {
            return line_start + dash;
        }
        if line_start == 0 {
            return content;
        }
        end = line_start - 1;
    }
}
