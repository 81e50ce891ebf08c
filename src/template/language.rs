//! The language of a template, and how a text is escaped in it.

use std::io::{Error, ErrorKind, Result, Write};

use tera::EscapeFn;

use crate::command;
use crate::yaml::scalar;

/// What a template's result is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// Values, manifests, cloud-config, kubelet configuration.
    Yaml,
    /// POSIX shell.
    Shell,
    /// The Windows answer file.
    Xml,
    /// containerd's configuration.
    Toml,
    /// Terraform's language.
    Hcl,
    /// Units, rules and other files of one setting a line.
    Lines,
}

impl Language {
    /// The language of a template, by its path.
    pub fn of(path: &str) -> Language {
        let file = path.rsplit('/').next().unwrap_or(path);
        let suffix = file.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        match suffix {
            "yaml" | "yml" => Language::Yaml,
            "sh" => Language::Shell,
            "xml" => Language::Xml,
            "toml" => Language::Toml,
            "tf" => Language::Hcl,
            // kubelet insists on this suffix for what is YAML inside.
            "conf" if path.contains("/kubelet.conf.d/") => Language::Yaml,
            _ => Language::Lines,
        }
    }

    /// How a text is inserted.
    pub(super) fn escape(self) -> EscapeFn {
        match self {
            Language::Yaml => yaml,
            Language::Shell => shell,
            Language::Xml => xml,
            Language::Toml => toml,
            Language::Hcl => hcl,
            Language::Lines => line,
        }
    }
}

fn yaml(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(scalar::write(text).as_bytes())
}

/// One word.
fn shell(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(command::quoted(text).as_bytes())
}

fn xml(text: &str, out: &mut dyn Write) -> Result<()> {
    for c in text.chars() {
        match c {
            '<' => out.write_all(b"&lt;")?,
            '>' => out.write_all(b"&gt;")?,
            '&' => out.write_all(b"&amp;")?,
            '"' => out.write_all(b"&quot;")?,
            '\'' => out.write_all(b"&apos;")?,
            '\t' | '\n' => write!(out, "&#{};", c as u32)?,
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => {
                return Err(refused("XML cannot hold a control character"));
            }
            c => write!(out, "{c}")?,
        }
    }
    Ok(())
}

fn toml(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\"")?;
    for c in text.chars() {
        match c {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            c if c.is_control() => write!(out, "\\u{:04X}", c as u32)?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_all(b"\"")
}

/// A quoted template: `${` and `%{` would begin an expression, and are written twice over.
fn hcl(text: &str, out: &mut dyn Write) -> Result<()> {
    out.write_all(b"\"")?;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.write_all(b"\\\"")?,
            '\\' => out.write_all(b"\\\\")?,
            '\n' => out.write_all(b"\\n")?,
            '\r' => out.write_all(b"\\r")?,
            '\t' => out.write_all(b"\\t")?,
            '$' | '%' if rest.peek() == Some(&'{') => write!(out, "{c}{c}")?,
            c if c.is_control() => write!(out, "\\u{:04x}", c as u32)?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_all(b"\"")
}

fn line(text: &str, out: &mut dyn Write) -> Result<()> {
    if text.chars().any(char::is_control) {
        return Err(refused(
            "a line of this file cannot hold a line break or control character",
        ));
    }
    out.write_all(text.as_bytes())
}

fn refused(why: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(language: Language, text: &str) -> Result<String> {
        let mut out = Vec::new();
        language.escape()(text, &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    #[test]
    fn the_path_decides() {
        assert_eq!(Language::of("a/values.yaml"), Language::Yaml);
        assert_eq!(
            Language::of("f/etc/kubernetes/kubelet.conf.d/20.conf"),
            Language::Yaml
        );
        assert_eq!(Language::of("f/etc/multipath.conf"), Language::Lines);
        assert_eq!(Language::of("f/etc/kube.slice"), Language::Lines);
        assert_eq!(Language::of("c/10-a.sh"), Language::Shell);
    }

    #[test]
    fn every_language_quotes_its_own_way() {
        assert_eq!(escaped(Language::Shell, "a'b c").unwrap(), r"'a'\''b c'");
        assert_eq!(escaped(Language::Shell, "").unwrap(), "''");
        assert_eq!(
            escaped(Language::Shell, "172.16.0.0/22").unwrap(),
            "172.16.0.0/22"
        );
        assert_eq!(
            escaped(Language::Xml, "<a & 'b'>").unwrap(),
            "&lt;a &amp; &apos;b&apos;&gt;"
        );
        assert!(escaped(Language::Xml, "\u{1}").is_err());
        assert_eq!(
            escaped(Language::Toml, "a\"\\\n").unwrap(),
            r#""a\"\\\u000A""#
        );
        assert_eq!(
            escaped(Language::Hcl, "\"${a} %{b} $c\\\n\u{1}").unwrap(),
            r#""\"$${a} %%{b} $c\\\n\u0001""#
        );
        assert!(escaped(Language::Lines, "a\nb").is_err());
    }
}
