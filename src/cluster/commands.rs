//! The commands that a script runs, and their conditions: each simple command, as far as the text shows it.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;

use serde_json::{Value, json};

use super::shell::{Piece, Token, tokens};

/// How much of a condition is kept, in bytes.
const ROOM: usize = 500;
/// How deep a script may nest to be read to its end.
const DEPTH: usize = 100;

/// A command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Command {
    /// Its words.
    words: Vec<Range<usize>>,
    /// The conditions that it stands under, from the outermost.
    when: Vec<String>,
}

/// The commands of a script, each with its words (`run`) and the conditions it stands under (`when`). Quotes are gone, and
/// names of variables that have one value are that value. What comes behind an unconditional `exit` is left out.
pub(crate) fn tree(script: &str) -> Value {
    let commands = Reader::read(script);
    let constants = constants(script, &commands);
    let list = commands.iter().map(|command| {
        let when = command.when.iter().map(|text| filled_in(text, &constants));
        json!({
            "run": command.said(script, &constants).join(" "),
            "when": when.collect::<Vec<_>>(),
        })
    });
    Value::Array(list.collect())
}

/// The words of each command of a script, as [`tree`] has them.
pub(crate) fn words(script: &str) -> Vec<Vec<String>> {
    let commands = Reader::read(script);
    let constants = constants(script, &commands);
    let said = |command: &Command| command.said(script, &constants);
    commands.iter().map(said).collect()
}

impl Command {
    fn said(&self, script: &str, constants: &BTreeMap<&str, String>) -> Vec<String> {
        let words = self.words.iter();
        words
            .map(|word| unquoted(&script[word.clone()], constants))
            .collect()
    }
}

/// Variables that the script sets once, and to a text.
fn constants<'s>(script: &'s str, commands: &[Command]) -> BTreeMap<&'s str, String> {
    let none = BTreeMap::new();
    let mut found: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let assigned = |word: &Range<usize>| {
        let (name, value) = script[word.clone()].split_once('=')?;
        (!name.is_empty() && name.chars().all(is_name)).then_some((name, value))
    };
    for command in commands {
        let assignments: Vec<_> = command.words.iter().map_while(assigned).collect();
        // In front of a command they are for that alone, and under a condition they may not be made.
        let is_for_all = assignments.len() == command.words.len() && command.when.is_empty();
        for (name, value) in assignments {
            let is_constant = is_for_all && !value.contains(['$', '`']);
            let value = is_constant.then(|| unquoted(value, &none));
            found
                .entry(name)
                .and_modify(|known| *known = None)
                .or_insert(value);
        }
    }
    let constant = |(name, value): (&'s str, Option<String>)| Some((name, value?));
    found.into_iter().filter_map(constant).collect()
}

/// A word as the shell hands it on.
fn unquoted(word: &str, constants: &BTreeMap<&str, String>) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '\\') => {
                let next = rest.chars().next();
                // A line break behind it is no part of the word.
                text.extend(next.filter(|next| *next != '\n'));
                rest = &rest[next.map_or(0, char::len_utf8)..];
            }
            (None | Some('"'), '$') => {
                let (value, length) = expansion(rest, constants);
                match value {
                    Some(value) => {
                        text.push_str(value);
                        rest = &rest[length..];
                    }
                    None => text.push('$'),
                }
            }
            (_, c) => text.push(c),
        }
    }
    text
}

/// A condition with the values of its constants, quotes and all.
fn filled_in(text: &str, constants: &BTreeMap<&str, String>) -> String {
    let mut pieces = text.split('$');
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match expansion(piece, constants) {
            (Some(value), length) => {
                filled.push_str(value);
                filled.push_str(&piece[length..]);
            }
            (None, _) => {
                filled.push('$');
                filled.push_str(piece);
            }
        }
    }
    filled
}

/// The value of the variable whose name comes next, and how much of the text names it.
fn expansion<'c>(rest: &str, constants: &'c BTreeMap<&str, String>) -> (Option<&'c str>, usize) {
    let (name, around) = match rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((name, _)) => (name, 2),
        None => {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            (&rest[..end.unwrap_or(rest.len())], 0)
        }
    };
    let value = constants.get(name).map(String::as_str);
    (value, name.len() + around)
}

/// What encloses a command.
struct Frame {
    kind: Kind,
    /// Where its condition begins.
    condition: usize,
    /// The conditions that all of it stands under.
    outer: Vec<String>,
    /// The conditions of the part that is read now.
    when: Vec<String>,
    /// Whether nothing more in it is run.
    is_over: bool,
    /// What was read of the list around it.
    around: (Vec<Range<usize>>, usize, Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Script,
    Subshell,
    Braces,
    If,
    Loop,
    Case,
}

struct Reader<'s> {
    script: &'s str,
    /// What is open, the script itself first.
    frames: Vec<Frame>,
    /// The words of the command at hand.
    words: Vec<Range<usize>>,
    /// Where the list of commands with `&&` and `||` between them begins.
    list: usize,
    /// What the commands of that list stand under.
    left: Option<String>,
    /// What the next frame of braces is the body of.
    function: Option<String>,
    commands: Vec<Command>,
}

impl<'s> Reader<'s> {
    fn read(script: &'s str) -> Vec<Command> {
        let mut reader = Reader {
            script,
            frames: Vec::new(),
            words: Vec::new(),
            list: 0,
            left: None,
            function: None,
            commands: Vec::new(),
        };
        reader.open(Kind::Script, 0);
        let tokens = tokens(script);
        let mut at = 0;
        while let Some(token) = tokens.get(at)
            && reader.frames.len() < DEPTH
        {
            let next = tokens.get(at + 1);
            let is_double = next
                .is_some_and(|next| next.what == token.what && next.span.start == token.span.end);
            at += 1;
            let (start, end) = (token.span.start, token.span.end);
            match token.what {
                Piece::Word => reader.word(token),
                Piece::End => {
                    reader.finish();
                    reader.new_list(end);
                    if is_double && script[start..].starts_with(";;") {
                        at += 1;
                        reader.new_list(end + 1);
                        reader.end_of_case();
                    }
                }
                Piece::Pipe | Piece::And if is_double => {
                    at += 1;
                    reader.finish();
                    let left = reader.text(reader.list..start);
                    reader.left = Some(match token.what {
                        Piece::And => left,
                        _ => format!("not ({left})"),
                    });
                }
                Piece::Pipe => reader.finish(),
                Piece::And => {
                    reader.finish();
                    reader.new_list(end);
                }
                Piece::Redirection => at = reader.redirection(&tokens, at - 1),
                Piece::Open => {
                    let is_function = reader.words.len() == 1
                        && next.is_some_and(|next| next.what == Piece::Close)
                        && reader.words.last().is_some_and(|word| word.end == start);
                    if is_function {
                        at += 1;
                        let name = mem::take(&mut reader.words);
                        let name = name.into_iter().map(|word| reader.text(word));
                        reader.function = Some(name.collect());
                    } else {
                        reader.open(Kind::Subshell, start);
                        reader.new_list(end);
                    }
                }
                Piece::Close => reader.close_parenthesis(end),
            }
        }
        reader.finish();
        reader.commands
    }

    /// A piece of the script in one line, and not all of a long one.
    fn text(&self, mut span: Range<usize>) -> String {
        span.end = self
            .script
            .floor_char_boundary(span.end.min(span.start + ROOM));
        let words = self.script[span].split_whitespace();
        let text = words.collect::<Vec<_>>().join(" ");
        text.trim_end_matches([';', ' ']).to_owned()
    }

    fn open(&mut self, kind: Kind, start: usize) {
        let around = (mem::take(&mut self.words), self.list, self.left.clone());
        let mut outer: Vec<String> = self.left.take().into_iter().collect();
        let called = self.function.take();
        outer.extend(called.map(|name| format!("{name}() is called")));
        self.frames.push(Frame {
            kind,
            condition: start,
            outer,
            when: Vec::new(),
            is_over: false,
            around,
        });
    }

    /// Ends the innermost frame, if it is of this kind; what stood before it in its list counts again.
    fn close(&mut self, kind: Kind) {
        self.finish();
        let is_open = self.frames.len() > 1;
        if let Some(frame) = self.frames.pop_if(|frame| is_open && frame.kind == kind) {
            (self.words, self.list, self.left) = frame.around;
        }
    }

    /// Takes a redirection with its file for a word of the command, unless it only leads elsewhere what is said.
    fn redirection(&mut self, tokens: &[Token], first: usize) -> usize {
        let is_part = |token: &&Token| token.what == Piece::Redirection;
        let count = tokens[first..].iter().take_while(is_part).count();
        let file = first + count;
        let Some(word) = tokens.get(file).filter(|word| word.what == Piece::Word) else {
            return file;
        };
        let span = tokens[first].span.start..word.span.end;
        let text = &self.script[span.clone()];
        let is_known = !self.words.is_empty() || text.starts_with('>');
        if !text.contains('&') && !text.ends_with("/dev/null") && is_known {
            self.words.push(span);
        }
        file + 1
    }

    fn new_list(&mut self, at: usize) {
        self.list = at;
        self.left = None;
    }

    /// Behind `;;` comes the next pattern.
    fn end_of_case(&mut self) {
        if let Some(frame) = self.frames.last_mut()
            && frame.kind == Kind::Case
        {
            frame.when.truncate(1);
        }
    }

    fn close_parenthesis(&mut self, end: usize) {
        if self
            .frames
            .last()
            .is_some_and(|frame| frame.kind == Kind::Case)
        {
            self.words.clear();
            let pattern = self.text(self.list..end);
            self.set_when(|when| when.push(pattern));
            self.new_list(end);
        } else {
            self.close(Kind::Subshell);
            // A substitution is a part of its word.
            let begun = self.words.last_mut();
            if let Some(word) = begun.filter(|word| self.script[(*word).clone()].ends_with('$')) {
                word.end = end;
            }
        }
    }

    fn word(&mut self, token: &Token) {
        let Range { start, end } = token.span;
        let text = &self.script[token.span.clone()];
        if !self.words.is_empty() {
            // The words of `for` and `case` end at `do` and `in`.
            self.words.push(token.span.clone());
            let first = self.words.first().map(|word| &self.script[word.clone()]);
            if first == Some("case") && text == "in" {
                let subject = self.text(self.words[0].start..end);
                self.words.clear();
                self.open(Kind::Case, start);
                self.set_when(|when| when.push(subject));
                self.new_list(end);
            }
            return;
        }
        match text {
            "!" | "time" => {}
            "if" | "while" | "until" => {
                let kind = if text == "if" { Kind::If } else { Kind::Loop };
                self.open(kind, start);
                self.set_condition(end);
            }
            "for" => {
                self.open(Kind::Loop, start);
                self.set_condition(start);
                self.words.push(token.span.clone());
            }
            "then" | "do" => {
                self.finish();
                if let Some(frame) = self.frames.last() {
                    let condition = self.text(frame.condition.min(start)..start);
                    self.set_when(|when| when.push(condition));
                }
                self.new_list(end);
            }
            "elif" | "else" => {
                self.finish();
                self.set_when(|when| {
                    let past = when.pop();
                    when.extend(past.map(|past| format!("not ({past})")));
                });
                self.set_condition(end);
            }
            "fi" => self.close(Kind::If),
            "done" => self.close(Kind::Loop),
            "esac" => self.close(Kind::Case),
            "{" => {
                self.open(Kind::Braces, start);
                self.new_list(end);
            }
            "}" => self.close(Kind::Braces),
            _ => self.words.push(token.span.clone()),
        }
    }

    fn set_condition(&mut self, at: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.condition = at;
        }
        self.new_list(at);
    }

    fn set_when(&mut self, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(frame) = self.frames.last_mut() {
            change(&mut frame.when);
        }
    }

    /// Ends the command at hand.
    fn finish(&mut self) {
        let words = mem::take(&mut self.words);
        let Some(first) = words.first() else { return };
        if self.frames.iter().any(|frame| frame.is_over) {
            return;
        }
        let name = &self.script[first.clone()];
        // What stands in front of `do` and of a parenthesis is no command.
        let is_pattern = |frame: &Frame| frame.kind == Kind::Case && frame.when.len() < 2;
        if name == "for" || self.frames.last().is_some_and(is_pattern) {
            return;
        }
        let frames = self.frames.iter();
        let frames = frames.flat_map(|frame| frame.outer.iter().chain(&frame.when));
        let when = frames.cloned().chain(self.left.clone());
        let when = when.collect();
        if matches!(name, "exit" | "exec")
            && self.left.is_none()
            && let Some(frame) = self.frames.last_mut()
            && matches!(frame.kind, Kind::Script | Kind::Subshell)
        {
            frame.is_over = true;
        }
        self.commands.push(Command { words, when });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_under_their_conditions() {
        for (script, found) in [
            (
                "# a\na b # c\n'd'\\\n  \"e f\"; g",
                vec!["a b", "d e f", "g"],
            ),
            (
                "! a; b 2>&1 >/dev/null <in | c >>\"/x\" &",
                vec!["a", "b <in", "c >>/x"],
            ),
            ("a && b || c", vec!["a", "b [a]", "c [not (a && b)]"]),
            (
                "if a; then b; elif c; then d; else e; fi; f",
                vec![
                    "a",
                    "b [a]",
                    "c [not (a)]",
                    "d [not (a); c]",
                    "e [not (a); not (c)]",
                    "f",
                ],
            ),
            (
                "for x in 1 2; do a \"$x\"; done\nb",
                vec!["a $x [for x in 1 2]", "b"],
            ),
            (
                "while a; do b; done && c",
                vec!["a", "b [a]", "c [while a; do b; done]"],
            ),
            (
                "(a; exit; b) || c; d; exit 1; e",
                vec!["a", "exit", "c [not ((a; exit; b))]", "d", "exit 1"],
            ),
            (
                "[ -f x ] || exit 0; a",
                vec!["[ -f x ]", "exit 0 [not ([ -f x ])]", "a"],
            ),
            ("f() {\n  a\n}\nb", vec!["a [f() is called]", "b"]),
            (
                "{ a; }; x=$(b \"$(c)\") d",
                vec!["a", "b $(c)", "x=$(b $(c)) d"],
            ),
            (
                "case $x in a | b) c ;; *) d;; esac; e",
                vec!["c [case $x in; a | b)]", "d [case $x in; *)]", "e"],
            ),
            (
                "f=/a; y=1; y=2; if [ \"$f\" ]; then a \"${f}/b\" '$f' $y; fi",
                vec!["f=/a", "y=1", "y=2", "[ /a ]", "a /a/b $f $y [[ \"/a\" ]]"],
            ),
            ("cat <<EOF\na\nEOF\nb", vec!["cat <<EOF", "b"]),
            ("echo 'a; b' \"c && d\"", vec!["echo a; b c && d"]),
        ] {
            let Value::Array(commands) = tree(script) else {
                panic!("{script}");
            };
            let shown = commands.iter().map(|command| {
                let when = command["when"].as_array().expect("a list");
                let when: Vec<&str> = when.iter().filter_map(Value::as_str).collect();
                let run = command["run"].as_str().expect("a text");
                match when.is_empty() {
                    true => run.to_owned(),
                    false => format!("{run} [{}]", when.join("; ")),
                }
            });
            assert_eq!(shown.collect::<Vec<_>>(), found, "{script}");
        }
    }

    #[test]
    fn broken_scripts_are_read_to_their_end() {
        for script in [
            "fi",
            "done)",
            "if",
            "then a",
            "case x in",
            ") ) a",
            "$(",
            "'",
            "a $",
            "for",
        ] {
            tree(script);
        }
        for piece in ["(", "if a; then ", "a && ", "$(", "{ ", "case x in a) "] {
            tree(&piece.repeat(2_000));
        }
    }
}
