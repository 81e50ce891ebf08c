//! Secrets in URLs: passwords before hosts, and the paths of webhooks.

use std::ops::Range;

use crate::secret::reference::is_reference;

/// Adds the secrets of every address.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
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
            // A slash in a password is not a path, a port is no password.
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
