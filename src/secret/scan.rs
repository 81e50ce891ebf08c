//! Secrets in a text of any language, or of none: by the names beside them, by the commands they are given to, by their
//! own form. All of it takes time that grows with the text, whatever its shape.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::names::{self, Named, named};
use super::reference::{is_name, is_reference};

/// A password that the RA prints: no word, and meant wherever it stands.
pub(crate) const PRINTED: &str = "P@ssw0rd!";

/// How texts within texts are followed; what is deeper is hidden.
pub(super) const DEEPEST: usize = 4;

/// The longest name that is looked at.
const LONGEST_NAME: usize = 80;

/// What tokens of known makers begin with.
const PREFIXES: [&str; 38] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "gldt-",
    "glrt-",
    "glsa_",
    "glc_",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "pk_live_",
    "hvs.",
    "hvb.",
    "dop_v1_",
    "SG.",
    "npm_",
    "pypi-",
    "dckr_pat_",
    "AGE-SECRET-KEY-",
    "shpat_",
    "ya29.",
    "lin_api_",
    "PMAK-",
    "NRAK-",
    "hf_",
    "whsec_",
    "dapi",
];

/// Commands that read a secret from their standard input.
const READERS: [&str; 9] = [
    "chpasswd",
    "passwd",
    "-stdin",
    "sudo -S",
    "cryptsetup",
    "kinit",
    "smbpasswd",
    "docker login",
    "htpasswd",
];

/// Where secrets stand in a text, by everything that is known of texts; in no order.
pub(super) fn scan(text: &str, depth: usize, is_broken: bool) -> Vec<Range<usize>> {
    let mut found = forms(text, depth);
    elements(text, &mut found);
    let mut lines = Lines {
        found,
        below: None,
        quote: None,
        heredoc: None,
        is_broken,
        in_saas: false,
        command: String::new(),
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        lines.line(line.trim_end(), start);
        start += line.len();
    }
    lines.found
}

/// Where secrets stand that are known by their form, wherever they are.
pub(super) fn forms(text: &str, depth: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() < 8 {
        return found;
    }
    found.extend(
        text.match_indices(PRINTED)
            .map(|(at, word)| at..at + word.len()),
    );
    private_keys(text, &mut found);
    addresses(text, &mut found);
    hashes(text, &mut found);
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    for word in runs(text, is_letter).filter(|word| word.len() >= 16) {
        if is_token(&text[word.clone()]) {
            found.push(word);
        } else {
            uuids(text, word, &mut found);
        }
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-');
    for word in runs(text, is_base64).filter(|word| word.len() >= 16) {
        let Some(decoded) = decoded(&text[word.clone()]) else {
            continue;
        };
        if depth >= DEEPEST || !super::find(&decoded, depth + 1).is_empty() {
            found.push(word);
        }
    }
    found
}

/// What is encoded in base64, where that is a text.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let standard = GeneralPurpose::new(&alphabet::STANDARD, config).decode(text);
    let bytes = standard
        .or_else(|_| GeneralPurpose::new(&alphabet::URL_SAFE, config).decode(text))
        .ok()?;
    // Windows writes two bytes a letter.
    let is_wide = bytes.len() >= 4
        && bytes.len() % 2 == 0
        && bytes.iter().skip(1).step_by(2).all(|b| *b == 0);
    let bytes = if is_wide {
        bytes.into_iter().step_by(2).collect()
    } else {
        bytes
    };
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    is_text.then_some(text)
}

/// The longest stretches of some letters.
fn runs(text: &str, is_letter: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].find(&is_letter)?;
        let start = at;
        at += text[at..]
            .find(|c| !is_letter(c))
            .unwrap_or(text.len() - at);
        Some(start..at)
    })
}

/// The bodies of private keys, up to their end or the end of the text.
fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(at) = text[from..].find("PRIVATE KEY").map(|at| from + at) {
        from = at + "PRIVATE KEY".len();
        let before = &text[text.floor_char_boundary(at.saturating_sub(30))..at];
        let start = from
            + if text[from..].starts_with(" BLOCK") {
                " BLOCK".len()
            } else {
                0
            };
        if before.contains("BEGIN ") && text[start..].starts_with("-----") {
            let start = start + "-----".len();
            from = text[start..]
                .find("-----END")
                .map_or(text.len(), |at| start + at);
            found.push(start..from);
        }
    }
}

/// What stands in addresses: passwords before hosts, and the paths of webhooks.
fn addresses(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(start) = text[from..].find("://").map(|at| from + at + 3) {
        let rest = &text[start..];
        let is_end = |at: usize, c: char| {
            c.is_whitespace()
                || matches!(c, '"' | '\'' | '<' | '>' | '`')
                || (c == ':' && rest[at..].starts_with("://"))
        };
        let end = rest
            .char_indices()
            .find(|(at, c)| is_end(*at, *c))
            .map_or(rest.len(), |(at, _)| at);
        let address = &rest[..end];
        from = start + end;
        let path = address.find('/').unwrap_or(address.len());
        let credentials = match address[..path].rfind('@') {
            Some(at) => Some(&address[..at]),
            // A slash in a password is no path, a port is no password.
            None => address.rfind('@').map(|at| &address[..at]).filter(|user| {
                user.split_once(':').is_some_and(|(name, word)| {
                    !name.contains('/')
                        && !word.split('/').next().is_some_and(|port| {
                            !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit())
                        })
                })
            }),
        };
        if let Some(credentials) = credentials {
            let (before, secret) = credentials
                .split_once(':')
                .map_or((0, credentials), |(name, word)| (name.len() + 1, word));
            let is_user = before == 0
                && secret.len() <= 20
                && secret.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
            if !is_user && !is_reference(secret) {
                found.push(start + before..start + before + secret.len());
            }
        }
        let lower = address.to_ascii_lowercase();
        let is_hook = ["hooks.", "webhook", "/hooks/", "api.telegram.org/bot"]
            .iter()
            .any(|word| lower.contains(word));
        if is_hook
            && path + 1 < address.len()
            && address[path + 1..].bytes().any(|b| b.is_ascii_digit())
        {
            found.push(start + path + 1..start + address.len());
        }
    }
}

/// Hashes of passwords: `$6$salt$...`, `{SSHA}...`.
fn hashes(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(start) = text[from..].find(['$', '{']).map(|at| from + at) {
        from = start + 1;
        let close = if text.as_bytes()[start] == b'$' {
            '$'
        } else {
            '}'
        };
        let id = text[start + 1..]
            .bytes()
            .take(12)
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'-')
            .count();
        let behind = start + 1 + id;
        if id == 0 || !text[behind..].starts_with(close) {
            continue;
        }
        let name = &text[start + 1..behind];
        let is_known = match close {
            '$' => {
                matches!(
                    name,
                    "1" | "5"
                        | "6"
                        | "7"
                        | "y"
                        | "gy"
                        | "2"
                        | "2a"
                        | "2b"
                        | "2x"
                        | "2y"
                        | "apr1"
                        | "md5"
                        | "sha1"
                ) || name.starts_with("argon2")
                    || name.starts_with("pbkdf2")
                    || name.starts_with("scrypt")
            }
            _ => matches!(
                name,
                "SSHA"
                    | "SHA"
                    | "MD5"
                    | "SMD5"
                    | "CRYPT"
                    | "crypt"
                    | "SSHA512"
                    | "SSHA256"
                    | "ARGON2"
            ),
        };
        if !is_known {
            continue;
        }
        let body = &text[behind + 1..];
        let length = body
            .find(|c: char| {
                !(c.is_ascii_alphanumeric()
                    || matches!(c, '.' | '/' | '$' | '=' | '+' | ',' | '-' | '_'))
            })
            .unwrap_or(body.len());
        if length >= 8 {
            found.push(start..behind + 1 + length);
            from = behind + 1 + length;
        }
    }
}

/// Whether a word is a token of a known maker.
fn is_token(word: &str) -> bool {
    let bytes = word.as_bytes();
    let is_capital = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    let begins = |prefix: &str| {
        word.starts_with(prefix)
            && word.len() >= prefix.len() + 12
            && word
                .bytes()
                .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
    };
    PREFIXES.iter().any(|prefix| begins(prefix))
        // A JSON Web Token, and what else begins with `{"` in base64.
        || (word.starts_with("eyJ") && word.len() >= 20)
        || (word.len() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA")) && bytes.iter().all(is_capital))
        || (word.starts_with("AIza") && word.len() >= 35)
        || is_join_token(bytes)
}

/// Whether this is a token that nodes join a cluster with.
fn is_join_token(word: &[u8]) -> bool {
    word.len() == 23
        && word.iter().enumerate().all(|(at, b)| {
            if at == 6 {
                *b == b'.'
            } else {
                b.is_ascii_lowercase() || b.is_ascii_digit()
            }
        })
        && word.iter().any(u8::is_ascii_digit)
}

/// Tokens such as 01234567-89ab-cdef-0123-456789abcdef, which arrays make.
fn uuids(text: &str, word: Range<usize>, found: &mut Vec<Range<usize>>) {
    let bytes = &text.as_bytes()[word.clone()];
    let mut at = 0;
    while at + 36 <= bytes.len() {
        let is_uuid = bytes[at..at + 36]
            .iter()
            .enumerate()
            .all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_uuid {
            found.push(word.start + at..word.start + at + 36);
            at += 36;
        } else {
            at += 1;
        }
    }
}

/// The contents of XML elements whose names say so, and of `Value`, which answer files use.
fn elements(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(start) = text[from..].find('<').map(|at| from + at + 1) {
        from = start;
        let length = text[start..]
            .bytes()
            .take(LONGEST_NAME)
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_' | b'-' | b'.'))
            .count();
        let name = &text[start..start + length];
        let name = name.rsplit(':').next().unwrap_or_default();
        if name.is_empty() || !text[start + length..].starts_with(['>', ' ']) {
            continue;
        }
        if !name.eq_ignore_ascii_case("value") && named(name) == Named::Nothing {
            continue;
        }
        let end = text[start..].find(['>', '<', '\n']).map(|at| start + at);
        let Some(open) = end
            .filter(|end| text[*end..].starts_with('>'))
            .map(|end| end + 1)
        else {
            continue;
        };
        let close = text[open..].find('<').map_or(text.len(), |at| open + at);
        let value = text[open..close].trim();
        if !is_reference(value) {
            let begin = open + (text[open..close].len() - text[open..close].trim_start().len());
            found.push(begin..begin + value.len());
        }
        from = close;
    }
}

/// What is known while lines are read one after the other.
struct Lines {
    found: Vec<Range<usize>>,
    /// Lines that lie deeper than this column belong to the secret of a key.
    below: Option<Below>,
    /// A secret in quotes that is still open.
    quote: Option<char>,
    /// The line that ends a text which a command reads.
    heredoc: Option<String>,
    /// Whether this may be YAML that cannot be read, where what a `value` is may stand anywhere.
    is_broken: bool,
    /// Whether the last key was the licence of Portworx, whose own key is a secret.
    in_saas: bool,
    /// The command of a list that has each argument on a line.
    command: String,
}

#[derive(Clone, Copy)]
struct Below {
    column: usize,
    named: Named,
}

impl Lines {
    fn hide(&mut self, start: usize, line: &str, range: Range<usize>) {
        let text = &line[range.clone()];
        let begin = range.start + text.len() - text.trim_start().len();
        let end = begin + text.trim().len();
        if begin < end {
            self.found.push(start + begin..start + end);
        }
    }

    fn line(&mut self, line: &str, start: usize) {
        let content = line.trim();
        if let Some(end) = &self.heredoc {
            if content == end {
                self.heredoc = None;
            } else {
                self.hide(start, line, 0..line.len());
            }
            return;
        }
        if let Some(quote) = self.quote {
            let end = line.find(quote).unwrap_or(line.len());
            self.hide(start, line, 0..end);
            if end == line.len() {
                return;
            }
            self.quote = None;
        }
        if let Some(below) = self.below
            && !content.is_empty()
        {
            let column = line.len() - line.trim_start().len();
            let belongs =
                column > below.column || (column == below.column && content.starts_with("- "));
            let key = key_of(content);
            if !belongs {
                self.below = None;
            } else if key.is_some_and(|(name, value)| {
                below.named == Named::Scalar
                    || names::is_about(name)
                        && (value.is_empty() || is_name(value) || is_reference(value))
            }) {
                if below.named == Named::Scalar {
                    self.below = None;
                }
            } else {
                let from = match key {
                    Some((_, value)) => {
                        line.len() - line.trim_start().len() + (content.len() - value.len())
                    }
                    None => 0,
                };
                let value = &line[from..];
                if !is_reference(value.trim_start_matches(['-', ' '])) {
                    self.hide(start, line, from..line.len());
                }
                return;
            }
        }
        if let Some(item) = content.strip_prefix("- ") {
            self.item(item.trim().trim_matches(['"', '\'']), line, start);
        }
        self.pairs(line, start);
        self.words(line, start);
        self.pipes(line, start);
    }

    /// An item of a list that may be an argument of a command, or the option before one.
    fn item(&mut self, item: &str, line: &str, start: usize) {
        if item.contains(char::is_whitespace) {
            return;
        }
        if self.command == "-" {
            self.command.clear();
            let from = line.find("- ").map_or(0, |at| at + 2);
            if !is_reference(item) {
                self.hide(start, line, from..line.len());
            }
        } else if let Some(option) = item.strip_prefix('-') {
            let name = option.trim_start_matches('-');
            let is_named = !item.contains('=') && name.len() > 1 && named(name) != Named::Nothing;
            if is_named || takes_secret(&self.command, item, true) {
                "-".clone_into(&mut self.command);
            }
        } else if is_command(item) {
            item.clone_into(&mut self.command);
        }
    }

    /// What a name in front of a separator says.
    fn named(&mut self, name: &str, line: &str) -> Named {
        let in_saas = std::mem::take(&mut self.in_saas);
        match name {
            "saas" => self.in_saas = true,
            "key" if in_saas => return Named::All,
            // A comment stands between.
            _ if line.trim_start().starts_with('#') => self.in_saas = in_saas,
            "value" | "defaultValue" if self.is_broken => return Named::Scalar,
            _ => {}
        }
        named(name)
    }

    /// What stands behind a name with a colon or an equals sign.
    fn pairs(&mut self, line: &str, start: usize) {
        let first = line
            .find(|c| {
                !matches!(
                    c,
                    '"' | '\'' | '\\' | '-' | ' ' | '\t' | '{' | '#' | ',' | '?'
                )
            })
            .unwrap_or(line.len());
        let bytes = line.as_bytes();
        let mut open: Option<u8> = None;
        let mut flow = 0_usize;
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match byte {
                b'"' | b'\'' => {
                    open = match open {
                        None => Some(byte),
                        Some(quote) if quote == byte => None,
                        other => other,
                    };
                }
                b'{' | b'[' => flow += 1,
                b'}' | b']' => flow = flow.saturating_sub(1),
                b':' | b'=' => {
                    if let Some((name, is_escaped)) = name_before(line, at)
                        && let found = self.named(&line[name.clone()], line)
                        && let found = if is_escaped && self.is_broken {
                            Named::All
                        } else {
                            found
                        }
                        && found != Named::Nothing
                    {
                        let is_first = name.start <= first
                            || matches!(line[first..name.start].trim(), "export" | "set" | "env");
                        at = self.value(line, start, at, (name, found), open, flow, is_first);
                        continue;
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Hides what stands behind the separator at `at`; from where to go on.
    #[expect(
        clippy::too_many_arguments,
        reason = "all of them say where on the line this is"
    )]
    fn value(
        &mut self,
        line: &str,
        start: usize,
        at: usize,
        (name, named): (Range<usize>, Named),
        open: Option<u8>,
        flow: usize,
        is_first: bool,
    ) -> usize {
        let is_colon = line.as_bytes()[at] == b':';
        let behind = &line[at + 1..];
        let value = behind.trim_start_matches([':', '=', '>', '~', ' ', '\t']);
        let from = line.len() - value.len();
        let column = line[..name.start].trim_end_matches(['"', '\'', '\\']).len();
        let continues = (is_colon && is_first && flow == 0).then_some(Below { column, named });
        if value.is_empty() || is_remark(value) {
            self.below = continues.or(self.below);
            return line.len().max(at + 1);
        }
        let end = end_of_value(line, from, is_colon, is_first, open, flow);
        let given = &line[from..end];
        if is_reference(given) || is_pointer(value) {
            return if value.starts_with('{') && !given.starts_with("{{") {
                from
            } else {
                end.max(at + 1)
            };
        }
        self.hide(start, line, from..end);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote
            && end == line.len()
            && !(given.len() > 1 && given.ends_with(quote))
        {
            self.quote = is_first.then_some(quote);
        }
        if !is_colon && given.starts_with("\"\"\"") && !given[3..].contains("\"\"\"") {
            self.heredoc = Some("\"\"\"".to_owned());
        }
        self.below = continues.or(self.below);
        end.max(at + 1)
    }

    /// What stands behind a word: the options of commands, and files such as netrc.
    fn words(&mut self, line: &str, start: usize) {
        if !line.contains([' ', ',', '\t']) {
            return;
        }
        let is_word = |c: char| {
            !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '[' | ']' | '`' | '(' | ')')
        };
        let words: Vec<Range<usize>> = runs(line, is_word)
            .filter(|word| !line[word.clone()].chars().all(|c| c == '-'))
            .collect();
        let text = |at: usize| words.get(at).map_or("", |word| &line[word.clone()]);
        let (is_login, is_flow) = (line.contains("login"), line.contains(['[', '{']));
        let mut command = "";
        let mut names_before = false;
        let mut is_netrc = false;
        for (at, word) in words.iter().enumerate() {
            let this = &line[word.clone()];
            let base = this.rsplit('/').next().unwrap_or_default();
            match this {
                "|" | "||" | "&&" | ";" => {
                    (command, names_before) = ("", false);
                    continue;
                }
                "machine" | "login" => is_netrc = true,
                "default" if at == 0 => is_netrc = true,
                _ => {}
            }
            if command.is_empty() && is_command(base) {
                command = base;
            }
            let option = this
                .strip_prefix('-')
                .map(|rest| rest.trim_start_matches('-'));
            let next = text(at + 1);
            let name = option.unwrap_or(this);
            let has_value = this.contains(['=', ':']);
            let is_named = !has_value
                && name.len() > 1
                && name.len() <= LONGEST_NAME
                && named(name) != Named::Nothing;
            let mut hidden = match option {
                Some(option) => {
                    (is_named
                        || takes_secret(command, this, is_login)
                        || matches!(option, "passin" | "passout"))
                        && !next.starts_with("--")
                        && !(is_name(next) && next.contains('/'))
                }
                None => {
                    let is_compound = this.contains(['_', '.']) && !this.starts_with(['/', '.']);
                    is_named && (is_netrc || is_compound || words.len() == 2 && at == 0)
                }
            };
            names_before |= named(name.split('=').next().unwrap_or(name)) != Named::Nothing;
            hidden |= command == "iscsiadm" && names_before && matches!(this, "-v" | "--value");
            hidden |= matches!(command, "vault") && this == "login";
            hidden |= base.eq_ignore_ascii_case("ConvertTo-SecureString")
                || this.eq_ignore_ascii_case("-String")
                || this.ends_with("secret-set-value");
            hidden |= this.eq_ignore_ascii_case("bearer")
                && !matches!(
                    next.to_ascii_lowercase().as_str(),
                    "token" | "tokens" | "auth" | "authentication" | "authorization"
                );
            hidden |= this.eq_ignore_ascii_case("basic")
                && next.len() >= 8
                && (next.len() >= 20
                    || next.ends_with('=')
                    || next
                        .bytes()
                        .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase()));
            if let Some(next) = words.get(at + 1).filter(|_| hidden) {
                // A value in quotes may have blanks.
                let quote = line[..next.start]
                    .chars()
                    .next_back()
                    .filter(|c| matches!(c, '"' | '\''));
                let end = quote
                    .and_then(|quote| line[next.start..].find(quote))
                    .map_or(next.end, |end| next.start + end);
                let end = if quote.is_none() && !is_flow {
                    line[next.start..]
                        .find(char::is_whitespace)
                        .map_or(line.len(), |end| next.start + end)
                } else {
                    end
                };
                if !is_reference(&line[next.start..end]) {
                    self.hide(start, line, next.start..end);
                }
            }
            // `-u name:password`, `-U name%password`, `-ppassword`.
            let attached = option.filter(|option| option.len() > 1 && !this.starts_with("--"));
            if matches!(this, "-u" | "-U" | "--user" | "--proxy-user" | "--login")
                || this.starts_with("--user=")
                || this.starts_with("--proxy-user=")
            {
                let (given, shift) = match this.split_once('=') {
                    Some((option, value)) => (value, word.start + option.len() + 1),
                    None => (next, words.get(at + 1).map_or(0, |next| next.start)),
                };
                let separator = if command == "smbclient" { '%' } else { ':' };
                if let Some((user, secret)) = given.split_once(separator)
                    && !secret.starts_with("//")
                    && !(secret.bytes().all(|b| b.is_ascii_digit())
                        && user.bytes().all(|b| b.is_ascii_digit()))
                    && !is_reference(secret)
                {
                    let begin = shift + user.len() + 1;
                    let end = line[begin..]
                        .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''))
                        .map_or(line.len(), |end| begin + end);
                    self.hide(start, line, begin..end);
                }
            } else if let Some(attached) = attached.filter(|_| is_attached(command)) {
                let flag = attached.chars().next().unwrap_or_default();
                if matches!(flag, 'p' | 'P') && !is_reference(&attached[1..]) {
                    self.hide(start, line, word.start + 2..word.end);
                }
            }
            let is_last = at + 1 == words.len() && at > 1;
            let is_argument = is_last
                && (command == "htpasswd" && line.contains("-b")
                    || command == "openssl" && line.contains(" passwd")
                    || command == "wpa_passphrase"
                    || command == "net" && line.contains(" user "));
            if is_argument && !this.starts_with('-') && !is_reference(this) {
                self.hide(start, line, word.clone());
            }
            if this.starts_with("--from-literal") || text(at.saturating_sub(1)) == "--from-literal"
            {
                let value = this.rfind('=').map_or(word.start, |at| word.start + at + 1);
                if value > word.start && !is_reference(&line[value..word.end]) {
                    self.hide(start, line, value..word.end);
                }
            }
        }
    }

    /// What a command is given on its standard input.
    fn pipes(&mut self, line: &str, start: usize) {
        if !line.contains(['|', '<']) {
            return;
        }
        let Some(reader) = READERS.iter().filter_map(|word| line.rfind(word)).max() else {
            return;
        };
        if let Some(pipe) = line[..reader].rfind('|') {
            let echo = ["echo ", "printf "]
                .iter()
                .filter_map(|word| line[..pipe].find(word).map(|at| at + word.len()))
                .min();
            if let Some(from) = echo {
                let given = line[from..pipe].trim().trim_matches(['"', '\'', ' ']);
                let secret = given.split_once(':').map_or(given, |(_, secret)| secret);
                if !is_reference(secret) {
                    self.hide(start, line, from..pipe);
                }
            }
        }
        if let Some(at) = line.find("<<<") {
            self.hide(start, line, at + 3..line.len());
        } else if let Some(at) = line.find("<<") {
            let word = line[at + 2..].trim_start_matches(['-', ' ', '"', '\'', '\\']);
            let end = word
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(word.len());
            self.heredoc = (end > 0).then(|| word[..end].to_owned());
        }
    }
}

/// Whether a comment where a secret is missing speaks of it, and is not the secret itself.
pub(super) fn is_remark(comment: &str) -> bool {
    comment.starts_with("# ") && comment.split_whitespace().nth(2).is_some()
}

/// The key and the value of a line that begins with a key.
fn key_of(content: &str) -> Option<(&str, &str)> {
    let content = content.trim_start_matches(['-', ' ', '{']);
    let (key, value) = content.split_once(':')?;
    let is_key = (value.is_empty() || value.starts_with([' ', '\t']))
        && !key.is_empty()
        && !key.trim_matches(['"', '\'']).contains(char::is_whitespace);
    is_key.then(|| (key.trim_matches(['"', '\'']), value.trim()))
}

/// The name in front of a separator, and whether it is the end of one with an escape.
fn name_before(line: &str, at: usize) -> Option<(Range<usize>, bool)> {
    let bytes = line.as_bytes();
    let skip = |mut end: usize, letters: &[u8]| {
        let least = end.saturating_sub(8);
        while end > least && letters.contains(&bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    let end = skip(skip(at, b" \t+?"), b"\"'\\]");
    let least = end.saturating_sub(LONGEST_NAME);
    let mut start = end;
    while start > least
        && (bytes[start - 1].is_ascii_alphanumeric()
            || matches!(bytes[start - 1], b'_' | b'.' | b'-'))
    {
        start -= 1;
    }
    let name = line.get(start..end)?;
    let is_escaped = start > 0 && bytes[start - 1] == b'\\' && end < at && bytes[end] == b'"';
    (!name.is_empty()).then_some((start..end, is_escaped))
}

/// Where the value ends that begins at `from`.
fn end_of_value(
    line: &str,
    from: usize,
    is_colon: bool,
    is_first: bool,
    open: Option<u8>,
    flow: usize,
) -> usize {
    let value = &line[from..];
    let whole = line.len();
    let mut characters = value.char_indices().skip(1);
    // The quotes of a text within a text have backslashes.
    let escaped = value.starts_with("\\\"") || value.starts_with("\\'");
    if value.starts_with("{{") {
        let end = value.find("}}").map_or(whole, |end| from + end + 2);
        let behind = &line[end.min(line.len())..];
        if behind.is_empty() || behind.starts_with([',', '}', ' ', '"', '\'', '&', ';', '<', ')']) {
            return end;
        }
    }
    if value.starts_with(['"', '\'']) && open.is_none() {
        let quote = value.as_bytes()[0] as char;
        let mut back = false;
        while let Some((at, c)) = characters.next() {
            if c == quote && !back {
                if value[at + 1..].starts_with(quote) && quote == '\'' {
                    characters.next();
                    continue;
                }
                let end = from + at + 1;
                let behind = &line[end..];
                let is_end = behind.is_empty()
                    || behind.starts_with([
                        ',', '}', ']', ')', ' ', '\t', ';', '&', '|', '<', '>', ':', '\\', '/', '?',
                    ])
                    || (quote == '"' && behind.starts_with('\''));
                return if is_end {
                    end
                } else {
                    end + behind.find(char::is_whitespace).unwrap_or(behind.len())
                };
            }
            back = c == '\\' && !back && quote == '"';
        }
        return whole;
    }
    if escaped {
        let close = value[2..].find(&value[..2]);
        return close.map_or(whole, |at| from + 2 + at + 2);
    }
    if let Some(quote) = open
        && let Some(at) = value.find(quote as char)
    {
        return from + at.max(1);
    }
    if flow > 0 && !value.starts_with(['{', '[']) {
        let end = value.find([',', '}', ']']).unwrap_or(value.len());
        return from + value[..end].trim_end().len().max(1).min(value.len());
    }
    if is_colon || is_first {
        return whole;
    }
    if line[..from].ends_with(' ') {
        return whole;
    }
    // A word of a command or an address; quotes within it belong to it.
    let end = value
        .find(|c: char| c.is_whitespace() || c == '<')
        .unwrap_or(value.len());
    from + end.max(value.chars().next().map_or(0, char::len_utf8))
}

/// Whether a value in braces only says where the secret is: `{env: NAME}`, `{secretKeyRef: ...}`.
fn is_pointer(value: &str) -> bool {
    let Some(inside) = value
        .strip_prefix('{')
        .filter(|inside| !inside.starts_with('{'))
    else {
        return false;
    };
    let inside = &inside[..inside.floor_char_boundary(300)];
    let Some((key, rest)) = inside.split_once(':') else {
        return false;
    };
    let key = key.trim().trim_matches(['"', '\'']);
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    let given = rest[..end].trim().trim_matches(['"', '\'']);
    match key {
        "env" | "file" => is_name(given) && rest[end..].starts_with('}'),
        _ => {
            key.len() <= LONGEST_NAME
                && names::is_about(key)
                && (rest.trim_start().starts_with('{')
                    || (is_name(given) && rest[end..].starts_with('}')))
        }
    }
}

fn is_command(word: &str) -> bool {
    matches!(
        word,
        "sshpass"
            | "ipmitool"
            | "mysql"
            | "mysqldump"
            | "mysqladmin"
            | "mariadb"
            | "docker"
            | "podman"
            | "nerdctl"
            | "buildah"
            | "skopeo"
            | "helm"
            | "oras"
            | "crane"
            | "az"
            | "oc"
            | "mongo"
            | "mongosh"
            | "mongodump"
            | "curl"
            | "wget"
            | "smbclient"
            | "redis-cli"
            | "useradd"
            | "usermod"
            | "htpasswd"
            | "openssl"
            | "zip"
            | "unzip"
            | "7z"
            | "7za"
            | "wpa_passphrase"
            | "vault"
            | "iscsiadm"
            | "net"
            | "regctl"
    ) || word.starts_with("ldap")
        || word.starts_with("snmp")
        || word.starts_with("ipmi")
}

/// Whether the next word is a secret behind this option of this command.
fn takes_secret(command: &str, option: &str, is_login: bool) -> bool {
    match command {
        "sshpass" | "useradd" | "usermod" | "mongo" | "mongosh" | "mongodump" => option == "-p",
        "docker" | "podman" | "nerdctl" | "buildah" | "skopeo" | "helm" | "oras" | "crane"
        | "az" | "oc" | "regctl" => option == "-p" && is_login,
        "redis-cli" => option == "-a",
        "zip" | "unzip" => option == "-P",
        "openssl" => matches!(option, "-k" | "-K" | "-pass" | "-passin" | "-passout"),
        _ if command.starts_with("ldap") => matches!(option, "-w" | "-s" | "-a"),
        _ if command.starts_with("snmp") => matches!(option, "-A" | "-X" | "-c"),
        _ if command.starts_with("ipmi") => matches!(option, "-P" | "-p" | "-K" | "-k"),
        _ => false,
    }
}

/// Whether a command takes its password in one word with the option.
fn is_attached(command: &str) -> bool {
    matches!(
        command,
        "sshpass" | "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "7z" | "7za"
    ) || command.starts_with("ipmi")
}
