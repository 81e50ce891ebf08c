//! Lines of files with a secret in an unnamed field: shadow, pgpass, keys of ntp, passwords of mail, of a UPS, of PPP.

use std::ops::Range;

use crate::secret::reference::{is_name, is_reference};

/// Where the secret of a line stands, if it is one of those.
pub(super) fn secret(line: &str) -> Option<Range<usize>> {
    let content = line.trim();
    let start = line.len() - line.trim_start().len();
    let field = account(content)
        .or_else(|| database(content))
        .or_else(|| words(content))
        .or_else(|| columns(content))?;
    let given = &content[field.clone()];
    (!is_reference(given)).then(|| start + field.start..start + field.end)
}

fn is_user(name: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"_.-$".contains(&b);
    name.bytes().all(is_letter) && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// A line of shadow or passwd: `root:HASH:19000:0:99999:7:::`, `root:HASH:0:0:root:/root:/bin/sh`.
fn account(line: &str) -> Option<Range<usize>> {
    const SHADOW: usize = 9;
    const PASSWD: usize = 7;
    let mut fields = line.split(':');
    let (user, hash) = (fields.next()?, fields.next()?);
    let rest: Vec<&str> = fields.take(SHADOW).collect();
    let is_number = |field: &&str| field.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let is_record = match rest.len() + 2 {
        SHADOW => rest.iter().all(is_number),
        PASSWD => rest[..2].iter().all(is_number) && !rest[0].is_empty(),
        _ => false,
    };
    let is_none = matches!(hash, "" | "x" | "*" | "!" | "!!" | "!*" | "*LK*" | "*NP*");
    (is_record && is_user(user) && !is_none).then(|| {
        let start = user.len() + 1;
        start..start + hash.len()
    })
}

/// A line of pgpass: `host:5432:database:user:PASSWORD`.
fn database(line: &str) -> Option<Range<usize>> {
    let mut fields = line.splitn(5, ':');
    let (host, port) = (fields.next()?, fields.next()?);
    let (database, user) = (fields.next()?, fields.next()?);
    let password = fields.next()?;
    let is_word = |field: &str| !field.is_empty() && !field.contains(char::is_whitespace);
    let is_port = port == "*" || (port.len() > 2 && port.bytes().all(|b| b.is_ascii_digit()));
    let is_record = is_port
        && [host, database, user, password].into_iter().all(is_word)
        && !password.contains(':');
    is_record.then(|| line.len() - password.len()..line.len())
}

/// A line of two or three words: `[smtp.example.com]:587 user:PASSWORD`, `1 SHA1 KEY`; and `AKIA...:KEY`.
fn words(line: &str) -> Option<Range<usize>> {
    let last = line.rsplit([' ', '\t']).next()?;
    let start = line.len() - last.len();
    let before: Vec<&str> = line[..start].split_whitespace().take(3).collect();
    let is_digits = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match before.as_slice() {
        [] => {
            let (key, _) = last.split_once(':')?;
            let is_key = key.len() == 20 && (key.starts_with("AKIA") || key.starts_with("ASIA"));
            is_key.then(|| key.len() + 1..line.len())
        }
        [host] if host.starts_with('[') => {
            let (_, port) = host.rsplit_once(']')?;
            let (user, _) = last.split_once(':')?;
            (port.is_empty() || port.strip_prefix(':').is_some_and(is_digits))
                .then(|| start + user.len() + 1..line.len())
        }
        [number, kind] if is_digits(number) => {
            let is_hash = matches!(
                *kind,
                "M" | "MD5" | "SHA" | "SHA1" | "SHA256" | "SHA384" | "SHA512" | "AES128" | "AES256"
            );
            is_hash.then_some(start..line.len())
        }
        _ => None,
    }
}

/// A line whose columns have a meaning: `MONITOR ups@host 1 user PASSWORD primary`, `CERTIDENT "name" PASSWORD` of a UPS,
/// `client * SECRET address` of PPP.
fn columns(line: &str) -> Option<Range<usize>> {
    if !line.starts_with("MONITOR")
        && !line.starts_with("CERTIDENT")
        && !line.contains(" * ")
        && !line.contains("\t*\t")
    {
        return None;
    }
    let mut open = None;
    let is_between = |c: char| {
        match open {
            None if matches!(c, '"' | '\'') => open = Some(c),
            Some(quote) if quote == c => open = None,
            _ => {}
        }
        open.is_none() && c.is_whitespace()
    };
    let columns: Vec<&str> = line
        .split(is_between)
        .filter(|column| !column.is_empty())
        .take(7)
        .collect();
    let bare = |column: &str| column.trim_matches(['"', '\'']).to_owned();
    let secret = match *columns.as_slice() {
        ["MONITOR", _, power, _, secret, kind]
            if power.bytes().all(|b| b.is_ascii_digit())
                && matches!(
                    bare(kind).as_str(),
                    "primary" | "secondary" | "master" | "slave"
                ) =>
        {
            secret
        }
        ["CERTIDENT", _, secret] => secret,
        [client, "*", secret] | [client, "*", secret, _]
            if client != "*" && (secret != bare(secret) || !is_name(secret)) =>
        {
            secret
        }
        _ => return None,
    };
    let start = secret.as_ptr().addr() - line.as_ptr().addr();
    Some(start..start + secret.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_without_a_name_may_be_the_secret() {
        for line in [
            "root:HUNTER:19000::::::",
            "  me:!HUNTER:19000:0:99999:7:::",
            "root:HUNTER:0:0:root:/root:/bin/sh",
            "db.host:5432:x:me:HUNTER",
            "*:*:*:me:HUNTER",
            "[smtp.a.b]:587 me:HUNTER",
            "[smtp.a.b] me:HUNTER",
            "1 SHA1 HUNTER",
            "AKIAIOSFODNN7EXAMPLE:HUNTER",
            "MONITOR ups@localhost 1 upsmon HUNTER primary",
            "MONITOR \"my ups@host\" 1 me HUNTER \"slave\"",
            "CERTIDENT \"my name\" HUNTER",
            "me * HUNTER2024xy",
            "\"my name\"\t*\tHUNTER2024xy\t10.0.0.1",
        ] {
            let found = secret(line).map(|field| &line[field]);
            assert!(
                found.is_some_and(|found| found.contains("HUNTER") && !found.contains(' ')),
                "{line}"
            );
        }
        for line in [
            "root:x:0:0:root:/root:/bin/sh",
            "root:*:19000:0:99999:7:::",
            "me:!!:19000::::::",
            "9a:b:19000:0:99999:7:::",
            "root:a:b:0:99999:7:::",
            "a:b:5:4:3",
            "http://a.b:80:x:y:z",
            "db.host:5432:x:me:${PASSWORD}",
            "[host]:587 word",
            "[host]:x me:word",
            "1 MAC word",
            "one SHA1 word",
            "AKIA:word",
            "MONITOR ups@host 1 me ${PASSWORD} primary",
            "MONITOR the disk one two three",
            "CERTIDENT x",
            "size * count",
            "* * word",
            "a * b * c",
            "0 * * * * root run",
            "",
        ] {
            assert_eq!(secret(line), None, "{line}");
        }
    }
}
