//! The words of a script, and syntax that bash accepts but dash, which is `/bin/sh` on Ubuntu, does not.

use std::ops::Range;

/// Something in a script, at its bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trap {
    /// Where it begins.
    pub(crate) at: usize,
    /// What is there.
    pub(crate) what: Construct,
}

/// What dash reads otherwise than bash, and what ends a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Construct {
    /// What is written, and what to write instead.
    Bash(&'static str, &'static str),
    /// `exit` or `set -e`, where nothing holds it back from what comes after the script.
    Ends(&'static str),
}

const DOUBLE_BRACKET: Construct = Construct::Bash("[[", "use `[`, or `case` for patterns");
const EQUALS: Construct = Construct::Bash("==", "write `=` between `[` and `]`");
const SOURCE: Construct = Construct::Bash("source", "write `.` and a path with a slash");
const FUNCTION: Construct = Construct::Bash("function", "write `name() {`");
const ECHO: Construct = Construct::Bash("echo -e", "use `printf`");
const BOTH: Construct = Construct::Bash("&>", "write `>FILE 2>&1`");
const PIPE_BOTH: Construct = Construct::Bash("|&", "write `2>&1 |`");
const SUBSTITUTION: Construct = Construct::Bash("<(", "use a pipe or a temporary file");
const HERE_STRING: Construct = Construct::Bash("<<<", "use a pipe or a here-document");
const ARRAY: Construct = Construct::Bash(
    "=(",
    "use words separated by blanks, or the positional parameters",
);
const ARITHMETIC: Construct = Construct::Bash("((", "write `[ ... ]` with `$((...))`");
const BRACES: Construct = Construct::Bash("{..}", "use `seq`");
const ANSI: Construct = Construct::Bash("$'", "use `printf`");
const EXPANSION: Construct = Construct::Bash("${}", "use `sed`, `tr` or `cut`");
const PIPEFAIL: Construct = Construct::Bash("set -o pipefail", "check each command by itself");
const BUILTINS: [(&str, Construct); 8] = [
    ("let", Construct::Bash("let", "write `x=$((...))`")),
    (
        "declare",
        Construct::Bash("declare", "write the assignment alone"),
    ),
    (
        "typeset",
        Construct::Bash("typeset", "write the assignment alone"),
    ),
    ("shopt", Construct::Bash("shopt", "leave it out")),
    ("pushd", Construct::Bash("pushd", "use `cd` in a subshell")),
    ("popd", Construct::Bash("popd", "use `cd` in a subshell")),
    ("mapfile", Construct::Bash("mapfile", "use `while read`")),
    (
        "readarray",
        Construct::Bash("readarray", "use `while read`"),
    ),
];

/// A piece of a script, at its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) span: Range<usize>,
    pub(super) what: Piece,
}

/// What pieces a script has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A word, or what of it is before or after a substitution.
    Word,
    /// A line ends, or `;`.
    End,
    /// `|`, or half of `||`.
    Pipe,
    /// `&`, or half of `&&`.
    And,
    /// `<` or `>`, whose file is the next word.
    Redirection,
    /// A subshell begins.
    Open,
    /// A subshell, or a pattern of `case`, ends.
    Close,
    /// What a here-document says.
    Here,
}

/// What a reader of a script is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// `( ... )`, which has an exit of its own.
    Subshell,
    /// `case ... esac`, whose patterns end in a parenthesis that opens nowhere.
    Case,
}

/// What is in double quotes.
enum Quoted {
    /// Text, up to the next quote.
    Text,
    /// `$( ... )`, with how many parentheses are open.
    Substitution(usize),
}

/// Reads a script far enough to tell words from quotes and comments.
pub(crate) fn traps(script: &str) -> Vec<Trap> {
    read(script).traps
}

/// The words of a script, and what is between them; comments and here-documents are left out.
pub(super) fn tokens(script: &str) -> Vec<Token> {
    read(script).tokens
}

fn read(script: &str) -> Reader<'_> {
    let mut reader = Reader {
        script,
        bytes: script.as_bytes(),
        at: 0,
        inside: Vec::new(),
        subshells: 0,
        is_command: true,
        in_test: false,
        heredocs: Vec::new(),
        traps: Vec::new(),
        tokens: Vec::new(),
    };
    reader.read();
    reader
}

struct Reader<'s> {
    script: &'s str,
    bytes: &'s [u8],
    at: usize,
    inside: Vec<Inside>,
    /// How many of them are subshells.
    subshells: usize,
    /// Whether the next word is the name of a command.
    is_command: bool,
    /// Whether we are between `[` and `]`.
    in_test: bool,
    /// Words that end the here-documents which begin on the next line.
    heredocs: Vec<&'s str>,
    traps: Vec<Trap>,
    tokens: Vec<Token>,
}

impl<'s> Reader<'s> {
    fn read(&mut self) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => {
                    self.token(Piece::End);
                    self.at += 1;
                    self.skip_heredocs();
                    self.new_command();
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                // A word that a line break is taken out of has not begun yet.
                b'\\' if self.peek(1) == Some(b'\n') => self.at += 2,
                b'#' => self.skip_line(),
                b';' => {
                    self.token(Piece::End);
                    self.at += 1;
                    self.new_command();
                }
                b'|' => {
                    self.token(Piece::Pipe);
                    if self.peek(1) == Some(b'&') {
                        self.trap(self.at, PIPE_BOTH);
                        self.at += 1;
                    }
                    self.at += 1;
                    self.new_command();
                }
                b'&' => {
                    if self.peek(1) == Some(b'>') {
                        self.trap(self.at, BOTH);
                        self.at += 2;
                    } else {
                        self.token(Piece::And);
                        self.at += 1;
                        self.new_command();
                    }
                }
                b'(' => {
                    self.token(Piece::Open);
                    if self.is_command && self.peek(1) == Some(b'(') {
                        self.trap(self.at, ARITHMETIC);
                    }
                    self.at += 1;
                    self.open_subshell();
                    self.new_command();
                }
                b')' => {
                    self.token(Piece::Close);
                    if self.inside.last() == Some(&Inside::Subshell) {
                        self.inside.pop();
                        self.subshells -= 1;
                    }
                    self.at += 1;
                    self.new_command();
                }
                b'<' | b'>' => self.redirection(byte),
                _ => self.word(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// Adds a piece of one byte, which comes next.
    fn token(&mut self, what: Piece) {
        let span = self.at..self.at + 1;
        self.tokens.push(Token { span, what });
    }

    fn trap(&mut self, at: usize, what: Construct) {
        self.traps.push(Trap { at, what });
    }

    fn open_subshell(&mut self) {
        self.inside.push(Inside::Subshell);
        self.subshells += 1;
    }

    fn new_command(&mut self) {
        self.is_command = true;
        self.in_test = false;
    }

    fn rest(&self) -> &'s str {
        self.script.get(self.at..).unwrap_or_default()
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn skip_heredocs(&mut self) {
        for word in std::mem::take(&mut self.heredocs) {
            let start = self.at;
            while self.at < self.bytes.len() {
                let line = self.rest().lines().next().unwrap_or_default();
                self.skip_line();
                self.at += 1;
                if line.trim_start_matches('\t') == word {
                    break;
                }
            }
            let span = start..self.at.min(self.bytes.len());
            let what = Piece::Here;
            self.tokens.push(Token { span, what });
        }
        self.at = self.at.min(self.bytes.len());
    }

    fn redirection(&mut self, byte: u8) {
        let start = self.at;
        // The number of what is redirected is not a word.
        let number = self.tokens.last().is_some_and(|token| {
            let text = self.script.get(token.span.clone()).unwrap_or_default();
            token.span.end == start && text.bytes().all(|byte| byte.is_ascii_digit())
        });
        if number {
            self.tokens.pop();
        }
        self.token(Piece::Redirection);
        if self.peek(1) == Some(b'(') {
            self.trap(start, SUBSTITUTION);
            self.at += 1;
            return;
        }
        if byte == b'<' && self.rest().starts_with("<<<") {
            self.trap(start, HERE_STRING);
            self.at += 3;
            return;
        }
        if byte == b'<' && self.rest().starts_with("<<") {
            self.at += 2;
            let rest = self.rest().trim_start_matches('-');
            let rest = rest.trim_start_matches([' ', '\t']);
            let word = rest.trim_start_matches(['"', '\'', '\\']);
            let end = word.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
            let word = &word[..end.unwrap_or(word.len())];
            if !word.is_empty() {
                self.heredocs.push(word);
            }
            return;
        }
        self.at += 1;
        // `2>&1` and `>&2`: the ampersand ends no command.
        if self.peek(0) == Some(b'&') {
            self.at += 1;
        }
    }

    /// Reads a word, quotes and substitutions included.
    fn word(&mut self) {
        let start = self.at;
        let mut is_plain = true;
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b'<' | b'>' | b')' => break,
                b'(' => {
                    if self.at > start && self.bytes[self.at - 1] == b'=' {
                        self.trap(start, ARRAY);
                    }
                    break;
                }
                b'\\' => {
                    is_plain = false;
                    self.at += 2;
                }
                b'\'' => {
                    is_plain = false;
                    if self.at > start && self.bytes[self.at - 1] == b'$' {
                        self.trap(self.at - 1, ANSI);
                    }
                    self.at += 1;
                    self.at += self
                        .rest()
                        .find('\'')
                        .map_or(self.rest().len(), |end| end + 1);
                }
                b'"' => {
                    is_plain = false;
                    self.double_quotes();
                }
                b'`' => {
                    is_plain = false;
                    self.at += 1;
                    self.at += self
                        .rest()
                        .find('`')
                        .map_or(self.rest().len(), |end| end + 1);
                }
                b'$' => {
                    is_plain = false;
                    let before = self.at;
                    if self.dollar() {
                        self.add_word(start..before + 1);
                        self.tokens.push(Token {
                            span: before + 1..before + 2,
                            what: Piece::Open,
                        });
                        return;
                    }
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        self.add_word(start..self.at);
        if is_plain {
            self.plain_word(start);
        } else {
            self.is_command = false;
        }
    }

    fn add_word(&mut self, span: Range<usize>) {
        if !span.is_empty() {
            let what = Piece::Word;
            self.tokens.push(Token { span, what });
        }
    }

    /// Reads what a dollar sign begins; true where a command begins inside.
    fn dollar(&mut self) -> bool {
        match self.peek(1) {
            Some(b'{') => self.expansion(),
            Some(b'(') if self.peek(2) == Some(b'(') => {
                self.at += self
                    .rest()
                    .find("))")
                    .map_or(self.rest().len(), |end| end + 2);
            }
            Some(b'(') => {
                self.at += 2;
                self.open_subshell();
                self.new_command();
                return true;
            }
            _ => self.at += 1,
        }
        false
    }

    /// Reads `${...}`; what dash does not know stops the whole script.
    fn expansion(&mut self) {
        let start = self.at;
        self.at += 2;
        let rest = self.rest();
        let name = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let behind = &rest.as_bytes()[name..];
        let is_bash = match behind {
            [b'!', ..] => name == 0,
            [b'/' | b'^' | b',' | b'[', ..] => name > 0,
            [b':', next, ..] => name > 0 && !matches!(next, b'-' | b'=' | b'?' | b'+'),
            _ => false,
        };
        if is_bash {
            self.trap(start, EXPANSION);
        }
        // Braces of expansions inside count, too.
        let mut open = 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'{' => open += 1,
                b'}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
    }

    /// Skips a text in double quotes. Substitutions in it begin anew, with quotes of their own: what is open stands in
    /// a list, since a script may nest it deeper than a thread's stack.
    fn double_quotes(&mut self) {
        let mut open = vec![Quoted::Text];
        self.at += 1;
        while let (Some(byte), Some(innermost)) = (self.peek(0), open.last_mut()) {
            match (innermost, byte) {
                (_, b'\\') => self.at += 2,
                (Quoted::Text, b'"') => {
                    self.at += 1;
                    open.pop();
                }
                (Quoted::Text, b'$') if self.peek(1) == Some(b'{') => self.expansion(),
                (Quoted::Text, b'$') if self.peek(1) == Some(b'(') => {
                    self.at += 2;
                    open.push(Quoted::Substitution(1));
                }
                (Quoted::Substitution(_), b'"') => {
                    self.at += 1;
                    open.push(Quoted::Text);
                }
                (Quoted::Substitution(_), b'\'') => {
                    self.at += 1;
                    let end = self.rest().find('\'');
                    self.at += end.map_or(self.rest().len(), |end| end + 1);
                }
                (Quoted::Substitution(parentheses), b'(') => {
                    *parentheses += 1;
                    self.at += 1;
                }
                (Quoted::Substitution(parentheses), b')') => {
                    *parentheses -= 1;
                    let is_over = *parentheses == 0;
                    self.at += 1;
                    if is_over {
                        open.pop();
                    }
                }
                _ => self.at += 1,
            }
        }
    }

    /// A word without quotes and substitutions.
    fn plain_word(&mut self, start: usize) {
        let word = self.script.get(start..self.at).unwrap_or_default();
        let was_command = std::mem::replace(&mut self.is_command, false);
        let inside = word
            .split('{')
            .nth(1)
            .and_then(|rest| rest.split('}').next());
        if inside.is_some_and(|inside| inside.contains("..") && !inside.contains('/')) {
            self.trap(start, BRACES);
        }
        if !was_command {
            if self.in_test && word == "==" {
                self.trap(start, EQUALS);
            }
            self.in_test &= word != "]";
            return;
        }
        match word {
            // What is followed by another command.
            "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "!" | "{" | "time" => {
                self.is_command = true;
            }
            "case" => self.inside.push(Inside::Case),
            "esac" => {
                if self.inside.last() == Some(&Inside::Case) {
                    self.inside.pop();
                }
            }
            "[" | "test" => self.in_test = true,
            "[[" => self.trap(start, DOUBLE_BRACKET),
            "source" => self.trap(start, SOURCE),
            "function" => self.trap(start, FUNCTION),
            "echo" => {
                let flag = self.next_word();
                if let Some(letters) = flag.strip_prefix('-')
                    && letters.contains('e')
                    && letters.bytes().all(|b| matches!(b, b'e' | b'n' | b'E'))
                {
                    self.trap(start, ECHO);
                }
            }
            "set" => {
                let ends = [';', '&', '|', '#', '\n'];
                let line = self.rest().split(ends).next().unwrap_or_default();
                if line.contains("pipefail") {
                    self.trap(start, PIPEFAIL);
                }
                // Behind two dashes come arguments.
                let mut flags = line.split_whitespace().take_while(|flag| *flag != "--");
                let sets_e = flags
                    .any(|flag| flag == "errexit" || (flag.starts_with('-') && flag.contains('e')));
                if sets_e {
                    self.ends(start, "set -e");
                }
            }
            "exit" => self.ends(start, "exit"),
            _ if word.contains('=') && !word.starts_with('=') => {
                // An assignment, after which the command may still come.
                self.is_command = true;
            }
            _ => {
                if let Some((_, what)) = BUILTINS.iter().find(|(name, _)| *name == word) {
                    self.trap(start, *what);
                }
            }
        }
    }

    fn next_word(&self) -> &'s str {
        let is_blank = |c: char| c.is_whitespace() && c != '\n';
        let rest = self.rest().trim_start_matches(is_blank);
        rest.split(char::is_whitespace).next().unwrap_or_default()
    }

    fn ends(&mut self, at: usize, what: &'static str) {
        if self.subshells == 0 {
            self.trap(at, Construct::Ends(what));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, each as it is written.
    fn found(script: &str) -> Vec<&'static str> {
        traps(script)
            .into_iter()
            .map(|trap| match trap.what {
                Construct::Bash(what, _) => what,
                Construct::Ends(what) => what,
            })
            .collect()
    }

    #[test]
    fn a_script_may_nest_deeper_than_a_stack_and_have_one_line() {
        let deep = "x \"$(".repeat(200_000);
        assert_eq!(found(&format!("{deep}[[ a ]]")), [] as [&str; 0]);
        let closed = format!("{}{}\n[[ a ]]", "\"$(".repeat(50_000), ")\"".repeat(50_000));
        assert_eq!(found(&closed), ["[["]);
        // In time that grows with the length: the square of this would take minutes.
        for word in ["set a;", "echo a;", "case;", "exit;", "<<<<", "\"$('", "${"] {
            traps(&word.repeat(400_000));
        }
        traps(&("case;".repeat(400_000) + &"exit;".repeat(400_000)));
    }

    #[test]
    fn what_dash_does_not_know_is_found() {
        for (script, what) in [
            ("if [[ -f x ]]; then true; fi", "[["),
            ("[ $? == 0 ] && break", "=="),
            ("test a == b", "=="),
            ("source /etc/os-release", "source"),
            ("function f { true; }", "function"),
            ("echo -e 'a\\nb'", "echo -e"),
            ("x &> /dev/null", "&>"),
            ("x |& y", "|&"),
            ("diff <(a) b", "<("),
            ("grep x <<< \"$y\"", "<<<"),
            ("a=(1 2)", "=("),
            ("(( i++ ))", "(("),
            ("for i in {1..5}; do true; done", "{..}"),
            ("printf $'a'", "$'"),
            ("x=${y//a/b}", "${}"),
            ("x=\"${y^^}\"", "${}"),
            ("x=${y:0:2}", "${}"),
            ("x=${!y}", "${}"),
            ("set -o pipefail", "set -o pipefail"),
            ("true; let x=1", "let"),
            ("x=1 declare y", "declare"),
        ] {
            assert_eq!(found(script), [what], "{script}");
        }
        assert_eq!(traps("ä; source x")[0].at, 4);
    }

    #[test]
    fn what_ends_all_commands_is_found() {
        for (script, what) in [
            ("[ -f x ] || exit 0", "exit"),
            ("if true; then exit 1; fi", "exit"),
            ("set -eu", "set -e"),
            ("set -o errexit", "set -e"),
        ] {
            assert_eq!(found(script), [what], "{script}");
        }
        for script in [
            "( exit 1 )",
            "x=$(cd y || exit)",
            "sh -c 'exit 1'",
            "set -u; set -- -e",
        ] {
            assert_eq!(found(script), [""; 0], "{script}");
        }
        assert_eq!(
            found("(\n case $x in\n  a) true ;;\n  b | c) false ;;\n esac\n exit 1\n)"),
            [""; 0]
        );
        assert_eq!(found("case $x in a) exit 1 ;; esac"), ["exit"]);
    }

    #[test]
    fn what_dash_knows_is_left_alone() {
        for script in [
            "# [[ a == b ]]\ntrue # source x",
            "echo \"[[ a ]] == ${x:-y} ${x%/*} ${x##a} ${#x}\" '<(a)'",
            "bash -c '[[ a == b ]]'",
            "cat <<EOF >x\nsource == [[\nEOF\ntrue 2>&1 >&2",
            "x=$((1 + 2)); y=$(a | b)",
            "find . -exec sh -c 'a' sh {} +",
            "awk '{ sub(\"/.*\", \"\", $4); print $4; exit }'",
            "sed -e \"s/x=[^ \\\"']* *//\" file",
            ". /etc/os-release",
            "f() { local x=1; }",
            "[ a = b ] && x == y",
            "echo - -e; printf '\\n'",
            "for f in \"$1\"/*; do [ -e \"$f\" ] || continue; done",
            "grep -q '^a:' \"$x\" || true",
            "udevadm trigger --sysname-match='dm-*'",
        ] {
            assert_eq!(found(script), [""; 0], "{script}");
        }
    }
}
