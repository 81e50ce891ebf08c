//! Commands that take secrets: by options, arguments or standard input.

use std::ops::Range;

use super::lines::Lines;
use super::{LONGEST_NAME, runs};
use crate::secret::names::{Named, named};
use crate::secret::reference::{is_name, is_reference};
use crate::secret::words::{WORDS, has};

/// What is between a colon and a secret in ipsec.secrets.
const IPSEC: [&str; 4] = ["PSK", "EAP", "XAUTH", "NTLM"];

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

impl Lines {
    /// An item of a list that may be an argument of a command, or the option before one.
    pub(super) fn item(&mut self, item: &str, line: &str, start: usize) {
        if item.contains(char::is_whitespace) {
            return;
        }
        if self.command == "-" {
            self.command.clear();
            let from = line.find("- ").map_or(0, |at| at + 2);
            if !is_reference(item) && !is_plain(item) {
                self.hide(start, line, from..line.len());
            }
        } else if let Some(option) = item.strip_prefix('-') {
            let name = option.trim_start_matches('-');
            let is_named = !item.contains('=') && name.len() > 1 && named(name) != Named::Nothing;
            let is_alone = self.command.is_empty() && item == "-p";
            if is_named || is_alone || takes_secret(&self.command, item, true) {
                "-".clone_into(&mut self.command);
            }
        } else if is_command(item) {
            item.clone_into(&mut self.command);
        }
    }

    /// What is after a word: the options of commands, and files such as netrc.
    pub(super) fn words(&mut self, line: &str, start: usize) {
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
        let first = text(0);
        let mut is_setting = has(&WORDS.setting, first);
        for (at, word) in words.iter().enumerate() {
            let this = &line[word.clone()];
            let base = this.rsplit('/').next().unwrap_or_default();
            match this {
                "|" | "||" | "&&" | ";" => {
                    (command, names_before) = ("", false);
                    continue;
                }
                "machine" | "login" => is_setting = true,
                "default" if at == 0 => is_setting = true,
                _ => {}
            }
            if command.is_empty() && is_command(base) {
                command = base;
            }
            let option = this
                .strip_prefix('-')
                .map(|rest| rest.trim_start_matches('-'));
            let name = option.unwrap_or(this);
            let has_value = this.contains(['=', ':']);
            let is_named = !has_value
                && name.len() > 1
                && name.len() <= LONGEST_NAME
                && named(name) != Named::Nothing;
            // `password 7 x`, `md5 x`.
            let is_between = |word: &str| has(&WORDS.between, &word.to_ascii_lowercase());
            let behind = match is_named && is_between(text(at + 1)) && at + 2 < words.len() {
                true => at + 2,
                false => at + 1,
            };
            let next = text(behind);
            // The command is elsewhere.
            let before = line[..word.start].trim_end_matches(['"', '\'']).trim_end();
            let is_item = before.ends_with(['[', ',']);
            let is_alone = command.is_empty() && (is_item || first.starts_with('-'));
            let mut hidden = match option {
                Some(option) => {
                    (is_named
                        || takes_secret(command, this, is_login)
                        || (is_alone && is_password(this, next))
                        || matches!(option, "passin" | "passout"))
                        && !next.starts_with("--")
                        && !(is_name(next) && next.contains('/'))
                }
                None => {
                    let is_compound = this.contains(['_', '.']) && !this.starts_with(['/', '.']);
                    let is_pair = words.len() == 2 && at == 0;
                    // Of Tcl and of routers: `set password x`.
                    let is_set = first == "set" && at > 0 && at + 2 == words.len();
                    let is_told = is_setting || is_compound || is_pair || is_set;
                    (is_named && (is_told || is_no_word(next)))
                        || (is_setting
                            && is_between(this)
                            && !this.bytes().all(|b| b.is_ascii_digit()))
                        || (IPSEC.contains(&this) && (is_pair || (at > 0 && text(at - 1) == ":")))
                }
            };
            names_before |= named(name.split('=').next().unwrap_or(name)) != Named::Nothing;
            hidden |= command == "iscsiadm" && names_before && matches!(this, "-v" | "--value");
            hidden |= command == "vault" && matches!(this, "login" | "unseal");
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
            if let Some(next) = words.get(behind).filter(|_| hidden) {
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
                let separator = match command {
                    "smbclient" | "rpcclient" | "net" => '%',
                    _ => ':',
                };
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
            } else if let Some(user) = attached
                .filter(|option| option.starts_with(['u', 'U']) && takes_user(command))
                .and_then(|option| option.find([':', '%']))
            {
                let secret = word.start + 1 + user + 1..word.end;
                if !is_reference(&line[secret.clone()]) {
                    self.hide(start, line, secret);
                }
            } else if let Some(attached) = attached.filter(|_| is_attached(command)) {
                let flag = attached.chars().next().unwrap_or_default();
                if matches!(flag, 'p' | 'P') && !is_reference(&attached[1..]) {
                    self.hide(start, line, word.start + 2..word.end);
                }
            }
            let is_last = at + 1 == words.len() && at > 1;
            let has = |words: &str| line.contains(words);
            let is_argument = is_last
                && (command == "htpasswd" && has("-b")
                    || command == "openssl" && has(" passwd")
                    || command == "wpa_passphrase"
                    || command == "net" && has(" user ")
                    || command == "mc" && (has(" alias set ") || has(" host add "))
                    || command == "consul" && has(" kv put ")
                    || command == "rabbitmqctl" && (has(" add_user ") || has(" change_password "))
                    || first == "com2sec");
            if is_argument && !this.starts_with('-') && !is_reference(this) {
                self.hide(start, line, word.clone());
            }
            // `sqlplus me/password@host`.
            if command == "sqlplus"
                && !this.starts_with(['-', '/', '@'])
                && let Some((user, secret)) = this.split_once('/')
            {
                let secret = secret.rsplit_once('@').map_or(secret, |(secret, _)| secret);
                let begin = word.start + user.len() + 1;
                if !is_reference(secret) {
                    self.hide(start, line, begin..begin + secret.len());
                }
            }
            // `user me on >password`.
            let is_rule = first == "user" && at > 1 && this.starts_with(['>', '#']);
            if is_rule && !is_reference(&this[1..]) {
                self.hide(start, line, word.start + 1..word.end);
            }
            let is_field = command == "vault"
                && !this.starts_with('-')
                && [" put ", " write ", " patch "].into_iter().any(has);
            if is_field
                || this.starts_with("--from-literal")
                || text(at.saturating_sub(1)) == "--from-literal"
            {
                let value = this.rfind('=').map_or(word.start, |at| word.start + at + 1);
                if value > word.start && !is_reference(&line[value..word.end]) {
                    self.hide(start, line, value..word.end);
                }
            }
        }
    }

    /// The standard input of a command.
    pub(super) fn pipes(&mut self, line: &str, start: usize) {
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

/// Whether the next word is a secret after this option of this command.
fn takes_secret(command: &str, option: &str, is_login: bool) -> bool {
    match command {
        "sshpass" | "useradd" | "usermod" | "mongo" | "mongosh" | "mongodump" | "cqlsh" => {
            option == "-p"
        }
        "docker" | "podman" | "nerdctl" | "buildah" | "skopeo" | "helm" | "oras" | "crane"
        | "az" | "oc" | "regctl" => option == "-p" && is_login,
        "redis-cli" => option == "-a",
        "zip" | "unzip" | "sqlcmd" | "bcp" | "osql" | "isql" | "tsql" | "mosquitto_pub"
        | "mosquitto_sub" | "mosquitto_rr" => option == "-P",
        "openssl" => matches!(option, "-k" | "-K" | "-pass" | "-passin" | "-passout"),
        _ if command.starts_with("ldap") => matches!(option, "-w" | "-s" | "-a"),
        _ if command.starts_with("snmp") => matches!(option, "-A" | "-X" | "-c"),
        _ if command.starts_with("ipmi") => matches!(option, "-P" | "-p" | "-K" | "-k"),
        _ => false,
    }
}

/// Whether what is after an option of an unknown command may be a password.
fn is_password(option: &str, given: &str) -> bool {
    option == "-p" && !given.is_empty() && !given.starts_with('-') && !is_plain(given)
}

/// Whether an argument is a path, a port, or another number.
fn is_plain(given: &str) -> bool {
    let is_number = |b: u8| b.is_ascii_digit() || b":.".contains(&b);
    (is_name(given) && given.contains('/')) || given.bytes().all(is_number)
}

/// Whether a word after a name is not a word of a sentence.
fn is_no_word(word: &str) -> bool {
    let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
    !word.is_empty() && !is_name(word)
}

/// Whether a command takes a user with a password in one word with the option.
fn takes_user(command: &str) -> bool {
    matches!(command, "curl" | "wget" | "smbclient" | "rpcclient" | "net")
}

/// Whether a command takes its password in one word with the option.
fn is_attached(command: &str) -> bool {
    matches!(
        command,
        "sshpass"
            | "mysql"
            | "mysqldump"
            | "mysqladmin"
            | "mariadb"
            | "7z"
            | "7za"
            | "sqlcmd"
            | "bcp"
            | "osql"
    ) || command.starts_with("ipmi")
}

/// Whether a word is a command that is given secrets.
fn is_command(word: &str) -> bool {
    has(&WORDS.command, word)
        || ["ldap", "snmp", "ipmi"]
            .iter()
            .any(|start| word.starts_with(start))
}
