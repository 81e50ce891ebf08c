//! Scripts that answer the prompts of a program, such as those of expect.

use super::lines::Lines;
use crate::secret::reference::is_reference;

/// The most lines between a prompt and the answer to it.
const NEAR: usize = 3;

impl Lines {
    /// The answer to a prompt for a password: `expect "assword:"`, `send "x\r"`.
    pub(super) fn answers(&mut self, line: &str, start: usize) {
        let mut from = 0;
        if self.asked > 0 || asks(line) {
            while let Some(at) = line[from..].find("send").map(|at| from + at) {
                let behind = at + "send".len();
                if asks(&line[from..at]) {
                    self.asked = NEAR;
                }
                from = behind;
                let word = line[..at].chars().next_back();
                let is_word = word.is_some_and(|c| c.is_alphanumeric() || c == '-');
                if !is_word
                    && self.asked > 0
                    && let Some((given, end)) = given(&line[behind..])
                {
                    let given = behind + given..behind + end;
                    let sent = line[given.clone()]
                        .trim_end_matches(r"\r")
                        .trim_end_matches(r"\n");
                    if !is_reference(sent) && !is_variable(sent) {
                        let end = given.start + sent.len();
                        self.hide(start, line, given.start..end);
                    }
                    (self.asked, from) = (0, given.end);
                }
            }
        }
        self.asked = match asks(&line[from..]) {
            true => NEAR,
            false => self.asked.saturating_sub(1),
        };
    }
}

/// Whether a prompt asks for a secret.
fn asks(text: &str) -> bool {
    text.match_indices("ass").any(|(at, word)| {
        ["word", "phrase", "code"]
            .iter()
            .any(|end| text[at + word.len()..].starts_with(end))
    })
}

/// The quoted text that a command sends, after the command's name and options.
fn given(text: &str) -> Option<(usize, usize)> {
    let name = text.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let mut at = name;
    loop {
        let rest = &text[at..];
        let skipped = rest.trim_start_matches([' ', '\t', '(', '{']);
        at += rest.len() - skipped.len();
        if !skipped.starts_with('-') {
            break;
        }
        at += skipped.find(' ')?;
    }
    let quote = text[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    let inside = at + 1;
    let end = inside + text[inside..].find(quote)?;
    (at > name && inside < end).then_some((inside, end))
}

/// Whether a text is a single Tcl variable, whose name is in small letters.
fn is_variable(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        let name = name
            .strip_prefix("env(")
            .map_or(name, |name| name.trim_end_matches(')'));
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
    })
}

#[cfg(test)]
mod tests {
    use crate::secret::masked;

    #[test]
    fn what_a_password_prompt_is_answered_is_hidden() {
        for text in [
            "expect \"*assword:\"\nsend \"HUNTER\\r\"\n",
            "expect {\n  \"yes/no\" { send \"yes\\r\"; exp_continue }\n  \"assword:\" { send \"HUNTER\\r\" }\n}\n",
            "expect -re \"passphrase\"\n\n# Now.\nexp_send -- 'HUNTER\\n'\n",
            "child.expect('Password:')\nchild.sendline('HUNTER')\n",
            "expect \"Passcode\" {send -s -- \"HUNTER\\r\"}\nsend \"ls\\r\"\n",
            "chat -v ogin: me assword: HUNTER\n",
        ] {
            assert!(!masked(text).contains("HUNTER"), "{}", masked(text));
            for shown in ["yes\\r", "ls\\r"] {
                assert_eq!(masked(text).contains(shown), text.contains(shown), "{text}");
            }
        }
        for text in [
            "spawn ssh me\nexpect \"# \"\nsend \"ls -l\\r\"\n",
            "expect \"assword:\"\nsend \"$password\\r\"\n",
            "expect \"assword:\"\nsend -- \"$env(PW)\\r\"\n",
            "The password is one that we send \"by hand\n",
            "# no password\n\n\n\nsend \"ls\\r\"\n",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
