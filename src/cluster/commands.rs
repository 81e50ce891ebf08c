//! The commands that a script runs, and their conditions: each simple command, as far as the text shows it.

pub(crate) mod plain;
mod same;
mod values;

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;

use serde_json::Value;

use super::shell::{Piece, Token, tokens};
use same::Said;
use values::{Choices, constants, filled_in, unquoted};

/// How much of a condition is kept, in bytes.
const ROOM: usize = 500;
/// How deep a script may nest to be read to its end.
const DEPTH: usize = 100;

/// A command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Command {
    /// Its words.
    words: Vec<Range<usize>>,
    /// The conditions that it is under, from the outermost.
    when: Vec<String>,
    /// The function that it is a part of.
    function: Option<String>,
    /// The here-document that it reads.
    here: Option<Range<usize>>,
    /// The words of the commands whose output it reads, from the first.
    upstream: Vec<Vec<Range<usize>>>,
}

/// A command with one possible value for each of its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Its words, without quotes.
    pub(crate) words: Vec<String>,
    /// The conditions that it is under, from the outermost.
    pub(crate) when: Vec<String>,
    /// The here-document that it reads.
    pub(crate) here: String,
    /// The commands whose output it reads, from the first.
    pub(crate) upstream: Vec<Vec<String>>,
}

/// The commands of a script, each with its words (`run`) and the conditions it is under (`when`). Quotes are removed,
/// and variables with only one value are replaced by it. Commands after an unconditional `exit` are left out. Under `same`
/// stands what else a command may be taken for, since that does the same.
pub(crate) fn tree(script: &str) -> Value {
    let commands = Reader::read(script).commands;
    let constants = constants(script, &commands);
    let said: Vec<Said> = commands
        .iter()
        .map(|command| {
            let when = command.when.iter().map(|text| filled_in(text, &constants));
            Said {
                words: command.said(script, &constants),
                when: when.collect(),
            }
        })
        .collect();
    let calls = same::calls(&said);
    let list = said.iter().map(|one| {
        let mut entry = one.shown();
        let same: Vec<Value> = one.same(&calls).iter().map(Said::shown).collect();
        if let (Value::Object(entry), false) = (&mut entry, same.is_empty()) {
            entry.insert("same".to_owned(), same.into());
        }
        entry
    });
    Value::Array(list.collect())
}

/// The commands of a script, each as often as its variables, loops and arguments have different values.
pub(crate) fn runs(script: &str) -> Vec<Run> {
    let Reader {
        commands, loops, ..
    } = Reader::read(script);
    let constants = constants(script, &commands);
    let choices = Choices::of(script, &commands, &loops);
    let mut runs = Vec::new();
    for command in &commands {
        let when = command.when.iter().map(|text| filled_in(text, &constants));
        let when: Vec<String> = when.collect();
        let here = command.here.clone().map_or("", |here| &script[here]);
        for mut words in choices.of_command(command) {
            // What a function does is in its body.
            if words.first().is_some_and(|name| choices.is_function(name)) {
                words.retain(|word| word.starts_with(['<', '>']));
            }
            runs.push(Run {
                words,
                when: when.clone(),
                here: here.to_owned(),
                upstream: command
                    .upstream
                    .iter()
                    .map(|words| said(words, script, &constants))
                    .collect(),
            });
        }
    }
    runs
}

impl Run {
    /// Its words as they are written, and without what only says how it runs.
    pub(crate) fn forms(&self) -> [String; 2] {
        [&self.words, &plain::plain(&self.words)].map(|words| words.join(" "))
    }
}

impl Command {
    fn said(&self, script: &str, constants: &BTreeMap<&str, String>) -> Vec<String> {
        said(&self.words, script, constants)
    }
}

fn said(words: &[Range<usize>], script: &str, constants: &BTreeMap<&str, String>) -> Vec<String> {
    let words = words.iter();
    words
        .map(|word| unquoted(&script[word.clone()], constants))
        .collect()
}

/// What encloses a command.
struct Frame {
    kind: Kind,
    /// Where its condition begins.
    condition: usize,
    /// The conditions that all of it is under.
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
    /// The words of the current command.
    words: Vec<Range<usize>>,
    /// Where the list of commands with `&&` and `||` between them begins.
    list: usize,
    /// What the commands of that list are under.
    left: Option<String>,
    /// What the next frame of braces is the body of.
    function: Option<String>,
    /// The words of the commands whose output the next one reads.
    upstream: Vec<Vec<Range<usize>>>,
    commands: Vec<Command>,
    /// The heads of loops over words, `for` and all.
    loops: Vec<Command>,
    /// Whether a command that fails ends the script.
    is_strict: bool,
}

impl<'s> Reader<'s> {
    fn read(script: &'s str) -> Self {
        let mut reader = Reader {
            script,
            frames: Vec::new(),
            words: Vec::new(),
            list: 0,
            left: None,
            function: None,
            upstream: Vec::new(),
            commands: Vec::new(),
            loops: Vec::new(),
            is_strict: false,
        };
        reader.open(Kind::Script, 0);
        let tokens = tokens(script);
        let mut at = 0;
        let mut wants_more = false;
        while let Some(token) = tokens.get(at)
            && reader.frames.len() < DEPTH
        {
            // After `&&`, `||` and `|` the list continues on the next line.
            let goes_on = mem::take(&mut wants_more);
            let next = tokens.get(at + 1);
            let is_double = next
                .is_some_and(|next| next.what == token.what && next.span.start == token.span.end);
            at += 1;
            let (start, end) = (token.span.start, token.span.end);
            match token.what {
                Piece::Word => reader.word(token),
                Piece::End if goes_on && script[start..end] == *"\n" => wants_more = true,
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
                    wants_more = true;
                    reader.finish();
                    let left = reader.text(reader.list..start);
                    reader.left = Some(match token.what {
                        Piece::And => left,
                        _ => format!("not ({left})"),
                    });
                }
                Piece::Pipe => {
                    wants_more = true;
                    reader.finish();
                    if let Some(last) = reader.commands.last() {
                        reader.upstream.clone_from(&last.upstream);
                        reader.upstream.push(last.words.clone());
                    }
                }
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
                Piece::Here => {
                    let reads = |command: &&mut Command| {
                        let mut words = command.words.iter();
                        command.here.is_none()
                            && words.any(|word| script[word.clone()].starts_with("<<"))
                    };
                    let mut read = reader.commands.iter_mut().rev();
                    if let Some(command) = read.find(reads) {
                        command.here = Some(token.span.clone());
                    }
                }
            }
        }
        reader.finish();
        reader
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

    /// Ends the innermost frame, if it is of this kind, and restores the list around it.
    fn close(&mut self, kind: Kind) {
        self.finish();
        let is_open = self.frames.len() > 1;
        if let Some(frame) = self.frames.pop_if(|frame| is_open && frame.kind == kind) {
            (self.words, self.list, self.left) = frame.around;
        }
    }

    /// Adds a redirection with its file to the words of the command, unless it only redirects output.
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

    /// Ends the current command.
    fn finish(&mut self) {
        let words = mem::take(&mut self.words);
        let Some(first) = words.first() else { return };
        if self.frames.iter().any(|frame| frame.is_over) {
            return;
        }
        let name = &self.script[first.clone()];
        // The text before `do` and before a parenthesis is not a command.
        let is_pattern = |frame: &Frame| frame.kind == Kind::Case && frame.when.len() < 2;
        if self.frames.last().is_some_and(is_pattern) {
            return;
        }
        let is_loop = name == "for";
        let frames = self.frames.iter();
        let frames = frames.flat_map(|frame| frame.outer.iter().chain(&frame.when));
        let when: Vec<String> = frames.cloned().chain(self.left.clone()).collect();
        let called = |text: &String| text.strip_suffix("() is called").map(str::to_owned);
        let command = Command {
            function: when.iter().rev().find_map(called),
            words,
            when,
            here: None,
            upstream: mem::take(&mut self.upstream),
        };
        if is_loop {
            self.loops.push(command);
            return;
        }
        let texts: Vec<&str> = command
            .words
            .iter()
            .map(|word| &self.script[word.clone()])
            .collect();
        let rest = texts.get(1..).unwrap_or_default();
        self.is_strict |= texts[0] == "set" && has_letter(rest, 'e', "errexit");
        if ends_all(&texts) || self.is_strict && texts[0] == "false" {
            self.end();
        }
        self.commands.push(command);
    }

    /// Nothing more is run in the innermost shell, if what ends it is always run.
    fn end(&mut self) {
        let mut conditions: Vec<&String> = self.left.iter().collect();
        let mut shell = self.frames.len();
        while let Some(frame) = shell.checked_sub(1).and_then(|at| self.frames.get(at)) {
            shell -= 1;
            conditions.extend(&frame.when);
            if matches!(frame.kind, Kind::Script | Kind::Subshell) {
                break;
            }
            conditions.extend(&frame.outer);
        }
        let is_always = conditions
            .iter()
            .all(|text| matches!(text.as_str(), "true" | ":"));
        if let (true, Some(frame)) = (is_always, self.frames.get_mut(shell)) {
            frame.is_over = true;
        }
    }
}

/// Whether a command ends its shell, or the machine.
fn ends_all(words: &[&str]) -> bool {
    let rest = words.get(1..).unwrap_or_default();
    match words.first().copied().unwrap_or_default() {
        "exit" => true,
        // Without a command it only redirects output.
        "exec" => rest.iter().any(|word| !word.starts_with(['<', '>'])),
        "set" => has_letter(rest, 'n', "noexec"),
        "poweroff" | "reboot" | "halt" | "shutdown" => true,
        "systemctl" => rest
            .iter()
            .any(|word| matches!(*word, "poweroff" | "reboot" | "halt" | "kexec" | "rescue")),
        "kill" => rest.iter().any(|word| matches!(*word, "$$" | "0")),
        "sleep" => rest.contains(&"infinity"),
        _ => false,
    }
}

/// Whether an option of `set` is there, by its letter or its name.
fn has_letter(words: &[&str], letter: char, name: &str) -> bool {
    let mut options = words.iter().take_while(|word| **word != "--");
    options.any(|word| *word == name || word.starts_with('-') && word.contains(letter))
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
                "a &&\n# why\n\n b ||\nc\nd | \\\n# why\ne\na && { b; }\nc",
                vec![
                    "a",
                    "b [a]",
                    "c [not (a && # why b)]",
                    "d",
                    "e",
                    "a",
                    "b [a]",
                    "c",
                ],
            ),
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
