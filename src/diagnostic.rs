//! Messages: the problem, its place in a file, and a fix.

mod alike;
mod code;

use std::fmt::{self, Display};
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

pub use alike::gathered;
pub use code::Code;

use crate::limits;
use crate::visible::{visible, visible_lines};

/// A text that was read, under the name its reader knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    text: String,
    /// Hides its secrets in messages.
    guard: Option<&'static Guard>,
    /// The text as it may be shown, of the same length, worked out when a line of it is.
    shown: OnceLock<String>,
    /// Where its lines begin, worked out when a place is asked for.
    lines: OnceLock<Vec<usize>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text")
            .field("name", &self.name)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Inner {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.text) == (&other.name, &other.text)
    }
}

impl Eq for Inner {}

/// What keeps secrets out of messages.
#[derive(Debug)]
pub struct Guard {
    /// A text as it may be shown, of the same length.
    pub text: fn(&str) -> String,
    /// A message that may quote some of it, as it may be shown.
    pub message: fn(&str) -> String,
}

impl Source {
    /// A text and the path, or `<standard input>`, it came from. Messages show its lines as they are.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::make(name.into(), text.into(), None, OnceLock::new())
    }

    /// A text that messages show as a guard lets them.
    pub fn guarded(
        name: impl Into<String>,
        text: impl Into<String>,
        guard: &'static Guard,
    ) -> Self {
        Self::make(name.into(), text.into(), Some(guard), OnceLock::new())
    }

    /// The same, shown in messages with other characters in place of some.
    ///
    /// The shown text must be as long as the text itself, byte for byte; if it is not, nothing is shown.
    #[must_use]
    pub fn with_shown(self, shown: String) -> Self {
        let shown = OnceLock::from(self.checked(shown));
        Self::make(
            self.name().to_owned(),
            self.text().to_owned(),
            self.inner.guard,
            shown,
        )
    }

    fn make(
        name: String,
        text: String,
        guard: Option<&'static Guard>,
        shown: OnceLock<String>,
    ) -> Self {
        Source {
            inner: Arc::new(Inner {
                name,
                text,
                guard,
                shown,
                lines: OnceLock::new(),
            }),
        }
    }

    fn checked(&self, shown: String) -> String {
        if shown.len() == self.text().len() {
            shown
        } else {
            String::new()
        }
    }

    /// The text as it may be shown.
    fn shown(&self) -> &str {
        match (self.inner.shown.get(), self.inner.guard) {
            (Some(shown), _) => shown,
            (None, None) => &self.inner.text,
            (None, Some(guard)) => self
                .inner
                .shown
                .get_or_init(|| self.checked((guard.text)(self.text()))),
        }
    }

    /// Whether a word is in the text, and nowhere in what is shown of it.
    pub(crate) fn hides(&self, word: &str) -> bool {
        self.text().contains(word) && !self.shown().contains(word)
    }

    /// A message about some bytes without what is not shown of them.
    fn without_secrets(&self, span: &Range<usize>, message: &str) -> String {
        const LONGEST: usize = 4096;
        let Some(guard) = self.inner.guard else {
            return message.to_owned();
        };
        let message = (guard.message)(message);
        let given = self.text().get(span.clone()).unwrap_or_default().trim();
        let shown = self.shown().get(span.clone()).unwrap_or_default().trim();
        if given.is_empty() || given == shown || given.len() > LONGEST {
            return message;
        }
        let value = given.trim_matches(['"', '\'']);
        let message = message.replace(&format!("`{value}`"), &format!("`{MASK}`"));
        if value.len() < 4 {
            return message;
        }
        message.replace(given, MASK).replace(value, MASK)
    }

    /// Where it came from.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// The byte at a line and a column, both from 1, as JSON parsers count them: in bytes, so that a column may lie within
    /// a character, which is then given.
    pub fn byte_of(&self, line: usize, column: usize) -> usize {
        let before: usize = self
            .text()
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let byte = before.saturating_add(column.saturating_sub(1));
        self.text().floor_char_boundary(byte)
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let text = self.text();
        let byte = text.floor_char_boundary(byte);
        let lines = self.inner.lines.get_or_init(|| {
            let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(breaks).collect()
        });
        let line = lines.partition_point(|start| *start <= byte);
        let start = line.checked_sub(1).and_then(|line| lines.get(line));
        let column = text[start.copied().unwrap_or(0)..byte].chars().count() + 1;
        (line, column)
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; nothing to do.
    Note,
    /// Works, but probably not as meant.
    Warning,
    /// Cannot be used as it is.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// One message to the person at the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    // Boxed, since it is the error of many results and errors are rare.
    content: Box<Content>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    severity: Severity,
    code: Code,
    message: String,
    place: Option<Place>,
    label: String,
    notes: Vec<String>,
    help: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    source: Source,
    span: Range<usize>,
}

impl Diagnostic {
    /// What a system's error means that came up while something was read: a text that is wrong, or one that is out of
    /// reach.
    pub fn unreadable(what: impl Display, error: &io::Error) -> Self {
        Self::of_system(format!("cannot read `{what}`"), error).code(Code::of_reading(error))
    }

    /// The problem with a value, in the words of its type. The text from the first `write` or `use` after a colon or
    /// semicolon is the help.
    pub(crate) fn of_wrong(text: &str) -> Self {
        let mut is_quoted = false;
        let way_out = text.char_indices().find(|(at, letter)| {
            is_quoted ^= *letter == '`';
            let behind = text[*at..].strip_prefix([':', ';']).unwrap_or_default();
            !is_quoted
                && [" write ", " use "]
                    .iter()
                    .any(|word| behind.starts_with(word))
        });
        match way_out {
            Some((at, _)) => Self::error(&text[..at]).help(&text[at + 2..]),
            None => Self::error(text),
        }
    }

    /// What could not be written.
    pub fn unwritable(what: impl Display, error: &io::Error) -> Self {
        Self::of_system(format!("cannot write `{what}`"), error).code(Code::Unwritable)
    }

    /// An error of ours may say the way out behind a semicolon.
    fn of_system(what: String, error: &io::Error) -> Self {
        let error = error.to_string();
        match error.rsplit_once("; ") {
            Some((error, way_out)) => Self::error(format!("{what}: {error}")).help(way_out),
            None => Self::error(format!("{what}: {error}")),
        }
    }

    /// Whether the system refused, as opposed to a problem with the input.
    pub fn is_of_the_system(&self) -> bool {
        matches!(
            self.content.code,
            Code::Unreadable | Code::Unreachable | Code::Unwritable
        )
    }

    /// An error: the input cannot be used.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// A warning: the input works, but probably not as meant.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// A note.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    /// A message of the given severity.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            content: Box::new(Content {
                severity,
                code: Code::default(),
                message: message.into(),
                place: None,
                label: String::new(),
                notes: Vec::new(),
                help: Vec::new(),
            }),
        }
    }

    /// Says what kind of mistake it is.
    #[must_use]
    pub fn code(mut self, code: Code) -> Self {
        self.content.code = code;
        self
    }

    /// Says what kind of mistake it is, where nothing closer is known.
    #[must_use]
    pub(crate) fn or_code(self, code: Code) -> Self {
        match self.content.code {
            Code::Input => self.code(code),
            _ => self,
        }
    }

    /// The same as a warning.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.content.severity = Severity::Warning;
        self
    }

    /// The same as a note.
    #[must_use]
    pub fn into_note(mut self) -> Self {
        self.content.severity = Severity::Note;
        self
    }

    /// Points at bytes of a text.
    #[must_use]
    pub fn at(mut self, source: &Source, span: Range<usize>) -> Self {
        let content = &mut self.content;
        let told = [&mut content.message, &mut content.label];
        for text in told
            .into_iter()
            .chain(&mut content.notes)
            .chain(&mut content.help)
        {
            *text = source.without_secrets(&span, text);
        }
        content.place = Some(Place {
            source: source.clone(),
            span,
        });
        self
    }

    /// A text that says more about its place, as it may be shown.
    pub fn without_secrets(&self, text: impl Into<String>) -> String {
        let text = text.into();
        match &self.content.place {
            Some(place) => place.source.without_secrets(&place.span, &text),
            None => text,
        }
    }

    /// What to write under the marked bytes.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.content.label = self.without_secrets(label);
        self
    }

    /// Asks under the marked bytes whether a known name was meant, where one is near.
    #[must_use]
    pub fn did_you_mean<'n>(self, given: &str, known: impl IntoIterator<Item = &'n str>) -> Self {
        match suggestion(given, known) {
            Some(suggestion) => self.label(suggestion),
            None => self,
        }
    }

    /// Something that explains the message, such as its source.
    #[must_use]
    pub fn because(mut self, note: impl Into<String>) -> Self {
        let note = self.without_secrets(note);
        self.content.notes.push(note);
        self
    }

    /// A way out; more than one may be given.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        let help = self.without_secrets(help);
        self.content.help.push(help);
        self
    }

    /// Whether it knows a way out of its own.
    pub(crate) fn has_help(&self) -> bool {
        !self.content.help.is_empty()
    }

    /// The ways out: its own, or that of all mistakes of its kind.
    pub fn ways_out(&self) -> Vec<&str> {
        let content = &self.content;
        let of_kind = match (content.severity, content.code) {
            (Severity::Error, code) if code != Code::Input => Some(code.way_out()),
            _ => None,
        };
        match content.help.as_slice() {
            [] => of_kind.into_iter().collect(),
            own => own.iter().map(String::as_str).collect(),
        }
    }

    /// The kind of mistake.
    pub fn kind(&self) -> Code {
        self.content.code
    }

    /// How much it matters.
    pub fn severity(&self) -> Severity {
        self.content.severity
    }

    /// The message without its place.
    pub fn message(&self) -> &str {
        &self.content.message
    }

    /// The bytes it points at.
    pub fn span(&self) -> Option<Range<usize>> {
        self.content.place.as_ref().map(|place| place.span.clone())
    }

    /// The text it points into.
    pub fn source(&self) -> Option<&Source> {
        self.content.place.as_ref().map(|place| &place.source)
    }

    /// The byte it points at, to order several messages.
    pub fn offset(&self) -> Option<usize> {
        self.content.place.as_ref().map(|place| place.span.start)
    }

    /// The message with file, line, column and the line itself, ending in a line break. Control characters and invisible
    /// characters are escaped.
    pub fn render(&self, renderer: &Renderer) -> String {
        let level = match self.content.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_title(level.primary_title(visible(&self.content.message)));
        if let Some(place) = &self.content.place {
            let shown = Shown::of(place);
            let name = visible(place.source.name());
            let mark = AnnotationKind::Primary.span(shown.mark.clone());
            let mark = if self.content.label.is_empty() {
                mark
            } else {
                mark.label(visible(&self.content.label))
            };
            group = group.element(
                // The line alone: the library looks at all of a text for each message.
                Snippet::source(shown.text.as_str())
                    .line_start(shown.line)
                    .path(&*name)
                    .fold(true)
                    .annotation(mark),
            );
            for note in &self.content.notes {
                group = group.element(Level::NOTE.message(visible(note)));
            }
            for help in self.ways_out() {
                group = group.element(Level::HELP.message(visible(help)));
            }
            let rendered = renderer.render(&[group]) + "\n";
            // The library counts columns in what it is given. The title is one line.
            let (title, rest) = rendered.split_once('\n').unwrap_or((&rendered, ""));
            let place_of = |column| format!("{name}:{}:{column}", shown.line);
            let counted = shown.text[..shown.mark.start].chars().count() + 1;
            let rest = rest.replacen(&place_of(counted), &place_of(shown.column), 1);
            return format!("{title}\n{rest}");
        }
        // Without a line to show there is no margin for the notes.
        let mut text = renderer.render(&[group]) + "\n";
        for note in Some(&self.content.label)
            .filter(|label| !label.is_empty())
            .into_iter()
            .chain(&self.content.notes)
        {
            text.push_str(&format!("  = note: {}\n", visible(note)));
        }
        for help in self.ways_out() {
            text.push_str(&format!("  = help: {}\n", visible(help)));
        }
        text
    }
}

/// How far around a mark a line is shown, in bytes: a profile's export is one line of any length, and the time to lay a
/// line out grows with it.
const AROUND: usize = 4096;

/// The part of a text that a message shows: the line of its mark, or what is around the mark where the line is long.
struct Shown {
    text: String,
    line: usize,
    /// Of the mark in the source, from 1, in characters.
    column: usize,
    /// Within the part.
    mark: Range<usize>,
}

impl Shown {
    fn of(place: &Place) -> Self {
        let text = place.source.shown();
        // After the last line there is nothing to show, so its end is marked.
        let shown_end = text.strip_suffix('\n').map_or(text.len(), str::len);
        let start = text.floor_char_boundary(place.span.start.min(shown_end));
        let (line, _) = place.source.position(start);
        let line_start = text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line_end = text[start..]
            .find('\n')
            .map_or(text.len(), |end| start + end);
        let from = line_start.max(text.floor_char_boundary(start.saturating_sub(AROUND)));
        let to = line_end.min(text.ceil_char_boundary(start.saturating_add(AROUND)));
        // One line shows where; a whole block under carets only hides it.
        let end = text.ceil_char_boundary(place.span.end.clamp(start, to));
        // A carriage return in front of the line break belongs to it.
        let is_break = text[to..].starts_with('\n') && text[end..to].ends_with('\r');
        let to = if is_break { to - 1 } else { to };
        let part = |range: Range<usize>| {
            let given = &place.source.text().as_bytes()[range.clone()];
            visible_lines(&with_short_masks(&text[range], given)).into_owned()
        };
        let mut shown = part(from..start);
        let mark_start = shown.len();
        shown.push_str(&part(start..end));
        let mark_end = shown.len();
        shown.push_str(&part(end..to));
        Shown {
            text: shown,
            line,
            column: text[line_start..start].chars().count() + 1,
            mark: mark_start..mark_end,
        }
    }
}

/// What is shown of some bytes, with a mask for each run of stars that hides some: their number would tell
/// how long a secret is.
fn with_short_masks(shown: &str, given: &[u8]) -> String {
    let mut out = String::with_capacity(shown.len());
    let mut at = 0;
    for run in shown.split_inclusive(|c| c != '*') {
        let stars = run.bytes().take_while(|byte| *byte == b'*').count();
        let hides = given.get(at..at + stars) != Some(&run.as_bytes()[..stars]);
        out.push_str(if hides { MASK } else { &run[..stars] });
        out.push_str(&run[stars..]);
        at += run.len();
    }
    out
}

/// What is shown in the place of a secret.
const MASK: &str = "***";

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(&Renderer::plain()))
    }
}

/// The problems of one text. The first [`limits::PROBLEMS`] are shown one by one.
#[derive(Debug, Default)]
pub struct Problems {
    told: Vec<Diagnostic>,
    untold: usize,
}

impl Problems {
    /// Adds the problem that `make` describes.
    pub fn push(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.told.len() < limits::PROBLEMS {
            self.told.push(make());
        } else {
            self.untold += 1;
        }
    }

    /// Whether there are no problems.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// A value, unless there are problems.
    ///
    /// # Errors
    /// There are, as [`Problems::into_vec`] tells them.
    pub fn unless<T>(self, source: &Source, value: T) -> Result<T, Vec<Diagnostic>> {
        unless(self.into_vec(source), value)
    }

    /// All of them in the order of their places, and a last one that says how many more there are.
    pub fn into_vec(mut self, source: &Source) -> Vec<Diagnostic> {
        self.told.sort_by_key(Diagnostic::offset);
        if self.untold > 0 {
            self.told.push(
                Diagnostic::error(format!(
                    "`{}` has {} more problems; the first {} are shown",
                    source.name(),
                    self.untold,
                    limits::PROBLEMS
                ))
                .code(Code::Limit)
                .help("fix these first: so many usually have one cause"),
            );
        }
        self.told
    }
}

/// Asks whether a name was meant.
pub(crate) fn meant(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// Asks whether the name of `known` was meant that is [`nearest`] to `given`.
pub(crate) fn suggestion<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(given, known).map(meant)
}

impl From<Diagnostic> for Vec<Diagnostic> {
    fn from(problem: Diagnostic) -> Self {
        vec![problem]
    }
}

/// A value, unless there are problems.
///
/// # Errors
/// There are.
pub(crate) fn unless<T>(problems: Vec<Diagnostic>, value: T) -> Result<T, Vec<Diagnostic>> {
    if problems.is_empty() {
        Ok(value)
    } else {
        Err(problems)
    }
}

/// The name of `known` that `given` was probably meant to be: a few letters away, longer by an end, or with `given` as one of
/// its words, as `cilium` is of `cni-cilium-oss`.
///
/// Texts that are not names, by their length, are not compared: that would take long.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const LONGEST: usize = 400;
    if given.len() > LONGEST {
        return None;
    }
    let given = given.to_lowercase();
    let far = |name: &str| {
        let distance = strsim::damerau_levenshtein(&given, name);
        let close = distance <= (name.chars().count().max(given.chars().count()) / 3).max(1);
        let shortened = given.len() >= 3 && name.starts_with(&given);
        let is_word = given.len() >= 3 && name.split('-').any(|word| word == given);
        (close || shortened || is_word).then_some(distance)
    };
    known
        .into_iter()
        .take(limits::SUGGESTIONS)
        .filter(|name| name.len() <= LONGEST)
        .filter_map(|name| Some((far(&name.to_lowercase())?, name)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A number with its noun: `1 node`, `2 nodes`.
pub fn counted<N: Display + PartialEq + From<u8>>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests;
