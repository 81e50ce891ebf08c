//! Changes of the lines of a file or script that a claim is about.

use vmo_ra::revision::{Expectation, Statement};

/// Whether a line of a file or script is where a statement looks.
pub(super) fn is_about(line: &str, statement: &Statement<'_>) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', ';']) && !line.starts_with("#!") {
        return false;
    }
    match &statement.expectation {
        Expectation::Runs { .. } => false,
        Expectation::Some => true,
        _ => {
            let last = statement.at.rsplit(['.', ']']).next().unwrap_or_default();
            let (_, udev) = statement.at.split_once('.').unwrap_or_default();
            match statement.at.split('.').next() {
                Some("path") => line.contains(&format!("{{{udev}}}")) && line.contains("ID_VENDOR"),
                Some("map") => line.contains(&format!("{{{udev}}}")) && line.contains("DM_NAME"),
                Some("other") => true,
                _ if statement.at.is_empty() => true,
                _ => !last.is_empty() && line.starts_with(last) || line == format!("[{last}]"),
            }
        }
    }
}

/// The piece of a pattern that is in the fewest lines of a script, the longest of several.
pub(super) fn hint<'c>(pattern: &'c str, script: &str) -> Option<&'c str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '=' | '_');
    let pieces = pattern
        .split(|c| !is_plain(c))
        .filter(|piece| piece.len() > 3);
    let lines = |piece: &str| {
        let said = script.lines().filter(|line| !line.trim().starts_with('#'));
        said.filter(|line| line.contains(piece)).count()
    };
    pieces
        .filter(|piece| lines(piece) > 0)
        .min_by_key(|piece| (lines(piece), usize::MAX - piece.len()))
}

/// A file or script with the lines that a statement looks at changed, all of them in one way.
pub(super) fn texts(path: &str, text: &str, statement: &Statement<'_>) -> Vec<(String, String)> {
    let is_script = path.ends_with(".sh");
    let word = match &statement.expectation {
        Expectation::Runs { command, .. } => hint(command, text).unwrap_or("nothing"),
        _ => "",
    };
    // In a file of sections only those of the right section count.
    let section = section_of(path, text, statement);
    let is_about = |number: usize, line: &str| {
        let is_comment = line.trim().starts_with('#');
        let is_command = !word.is_empty() && line.contains(word) && !is_comment;
        is_command || section.contains(&number) && is_about(line, statement)
    };
    let mut made = Vec::new();
    let mut put = |what: &str, change: &dyn Fn(&str) -> Option<String>| {
        let lines =
            text.lines()
                .enumerate()
                .filter_map(|(number, line)| match is_about(number, line) {
                    true => change(line),
                    false => Some(line.to_owned()),
                });
        let changed: String = lines.map(|line| line + "\n").collect();
        if changed.trim_end() != text.trim_end() {
            made.push((what.to_owned(), changed));
        }
    };
    put("commented out", &|line| Some(format!("# {line}")));
    put("removed", &|_| None);
    if is_script {
        for (what, before) in [
            ("not run", "false && "),
            ("printed only", "echo "),
            ("nothing done", ": "),
        ] {
            put(what, &|line| {
                let at = line.len() - line.trim_start().len();
                Some(format!("{}{before}{}", &line[..at], &line[at..]))
            });
        }
        put("another word", &|line| Some(line.replace(word, "other")));
        for end in [
            "exit 0",
            "{ exit 0; }",
            "if true; then exit; fi",
            "true && exit 0",
            "set -n",
            "set -o noexec",
            "poweroff",
            "systemctl reboot",
            "set -e; false",
            "exec true",
            "sleep infinity",
        ] {
            made.push((format!("behind {end}"), format!("{end}\n{text}")));
        }
        let guarded = text.trim_end();
        made.push((
            "under a condition".to_owned(),
            format!("if false; then\n{guarded}\nfi\n"),
        ));
        return made;
    }
    if statement.expectation == Expectation::Count(0) {
        put("turned round", &|line| {
            Some(line.replace("{ID_VENDOR}==", "{ID_VENDOR}!="))
        });
        // It is about what nothing does.
        made.retain(|(what, _)| what == "turned round");
        return made;
    }
    if statement.expectation != Expectation::Some {
        put("another value", &|line| Some(other_setting(line)));
    }
    if path.ends_with(".rules") {
        put("turned round", &|line| {
            Some(line.replacen("SUBSYSTEM==", "SUBSYSTEM!=", 1))
        });
        put("for other disks", &|line| {
            Some(line.replace("PURE", "IBM").replace("3624a937", "3600"))
        });
        put("for new disks only", &|line| {
            Some(line.replace("add|change", "add"))
        });
    }
    if path.ends_with("/multipath.conf") || path.contains("/systemd/") || path.ends_with(".toml") {
        let lines: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(number, line)| is_about(*number, line))
            .map(|(_, line)| line)
            .collect();
        let kept = text.lines().enumerate();
        let kept = kept.filter(|(number, line)| !is_about(*number, line));
        let kept: String = kept.map(|(_, line)| format!("{line}\n")).collect();
        let lines = lines.join("\n");
        let moved = match path.ends_with("/multipath.conf") {
            true => format!("{kept}other {{\n{lines}\n}}\n"),
            false => format!("{kept}[other]\n{lines}\n"),
        };
        if !lines.starts_with('[') {
            made.push(("in another section".to_owned(), moved));
        }
    }
    made
}

/// The lines of the section that a statement is about; all of them in a file without sections.
pub(super) fn section_of(
    path: &str,
    text: &str,
    statement: &Statement<'_>,
) -> std::ops::Range<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let whole = 0..lines.len();
    if !path.ends_with("/multipath.conf") {
        return whole;
    }
    let starts = |what: &str| lines.iter().position(|line| line.contains(what));
    let product = statement.at.split("product=").nth(1);
    let start = match product.and_then(|rest| rest.split(']').next()) {
        Some(product) => starts(&format!("\"{product}\"")).map(|at| at.saturating_sub(1)),
        None => starts(statement.at.split('.').next().unwrap_or_default()),
    };
    let start = start.unwrap_or(0);
    let length = lines[start..].iter().position(|line| line.trim() == "}");
    start..start + length.unwrap_or(lines.len() - start)
}

/// A line that sets something else.
pub(super) fn other_setting(line: &str) -> String {
    for (from, to) in [
        ("true", "false"),
        ("false", "true"),
        (" no", " yes"),
        (" yes", " no"),
    ] {
        if let Some(rest) = line.strip_suffix(from) {
            return format!("{rest}{to}");
        }
    }
    match line.strip_suffix('"') {
        Some(rest) => format!("{rest}x\""),
        None => format!("{line}x"),
    }
}
