//! Standard output and standard error.

use std::env;
use std::io::{self, IsTerminal, Write};

use annotate_snippets::Renderer;
use vmo_ra::diagnostic::{Diagnostic, Severity};

use super::Failure;

/// How messages are written to a stream: with colours on a terminal, unless `NO_COLOR` says otherwise.
pub(super) fn renderer(on_terminal: bool) -> Renderer {
    if on_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}

/// Counts the errors on standard error where there are several.
pub(super) fn count_errors(diagnostics: &[Diagnostic], nothing_written: bool) {
    let is_error = |one: &&Diagnostic| one.severity() == Severity::Error;
    let errors = diagnostics.iter().filter(is_error).count();
    if errors > 1 {
        let written = if nothing_written {
            "; nothing was written"
        } else {
            ""
        };
        to_standard_error(&format!("{errors} errors{written}\n"));
    }
}

/// Writes messages to standard error.
pub(super) fn explain(diagnostics: &[Diagnostic]) {
    let renderer = renderer(io::stderr().is_terminal());
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&diagnostic.render(&renderer));
        text.push('\n');
    }
    to_standard_error(&text);
}

fn to_standard_error(text: &str) {
    // There is nobody left to tell when standard error is closed.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes to standard output. A reader that has gone is not an error, and changes no verdict.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::System(
            Diagnostic::error(format!("cannot write to standard output: {error}")),
        )),
        _ => Ok(()),
    }
}
