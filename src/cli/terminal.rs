//! Standard output and standard error.

use std::borrow::Cow;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock};

use annotate_snippets::Renderer;
use indicatif::ProgressBar;
use vmo_ra::diagnostic::{Code, Diagnostic, Severity};
use vmo_ra::output::Tree;
use vmo_ra::visible::{visible_beside_colours, visible_lines};
use vmo_ra::wrap;

use super::Failure;
use super::lines::Lines;
use super::options::{Color, Loudness};

/// The width of lines that are not for a terminal.
const USUAL_WIDTH: usize = 100;

static SETTINGS: OnceLock<(Color, Loudness)> = OnceLock::new();

/// Sets when to use colours, and how much to say.
pub(super) fn set_up(color: Color, loudness: Loudness) {
    // It is parsed once.
    let _ = SETTINGS.set((color, loudness));
}

fn settings() -> (Color, Loudness) {
    *SETTINGS.get().unwrap_or(&(Color::Auto, Loudness::Normal))
}

pub(super) fn is_quiet() -> bool {
    settings().1 == Loudness::Quiet
}

/// Whether a run shows its progress. A verbose run prints lines instead, which would break the progress line.
pub(super) fn shows_progress() -> bool {
    settings().1 == Loudness::Normal
}

/// The progress line. Everything else is written above it.
static PROGRESS: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Sets the progress line; everything else is written above it from now on.
pub(super) fn write_above(progress: Option<ProgressBar>) {
    if let Ok(mut place) = PROGRESS.lock() {
        *place = progress;
    }
}

/// Hides the progress line while something is written.
fn aside<T>(write: impl FnOnce() -> T) -> T {
    match PROGRESS.lock().as_deref() {
        Ok(Some(progress)) => progress.suspend(write),
        _ => write(),
    }
}

/// Whether a stream has colours.
pub(super) fn has_colours(stream: &impl IsTerminal) -> bool {
    match settings().0 {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            stream.is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}

/// How wide the lines of a plan on standard output are: as wide as the terminal, or 100 characters.
pub(super) fn width() -> usize {
    width_of(&io::stdout()).unwrap_or(USUAL_WIDTH)
}

/// How wide the terminal is that a stream writes to; None for a file or a pipe, where lines stay whole.
fn width_of(stream: &impl IsTerminal) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let told = env::var("COLUMNS").ok();
    let told = told.and_then(|columns| columns.parse().ok());
    let width = told.or_else(columns).filter(|width| *width > 0);
    Some(width.unwrap_or(USUAL_WIDTH))
}

/// The columns that the terminal says it has.
#[cfg(target_os = "linux")]
fn columns() -> Option<usize> {
    use rustix::termios::tcgetwinsize;
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr()));
    Some(usize::from(size.ok()?.ws_col))
}

#[cfg(not(target_os = "linux"))]
fn columns() -> Option<usize> {
    None
}

/// How messages are written to a stream.
pub(super) fn renderer(stream: &impl IsTerminal) -> Renderer {
    let renderer = if has_colours(stream) {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    match width_of(stream) {
        Some(width) => renderer.term_width(width),
        None => renderer,
    }
}

/// A text as a stream may show it. Callers have already escaped input; this is a second check.
fn shown<'t>(stream: &impl IsTerminal, text: &'t str) -> Cow<'t, str> {
    if has_colours(stream) {
        visible_beside_colours(text).into()
    } else {
        visible_lines(text)
    }
}

/// A text as a stream may show it, in lines as wide as its terminal.
fn folded<'t>(stream: &impl IsTerminal, text: &'t str) -> Cow<'t, str> {
    let text = shown(stream, text);
    match width_of(stream) {
        Some(width) => wrap::report(&text, width).into(),
        None => text,
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

/// Writes messages to standard error. A quiet run writes errors only.
pub(super) fn explain(diagnostics: &[Diagnostic]) {
    let renderer = renderer(&io::stderr());
    let mut text = String::new();
    let is_told = |one: &&Diagnostic| !is_quiet() || one.severity() == Severity::Error;
    for diagnostic in diagnostics.iter().filter(is_told) {
        text.push_str(&diagnostic.render(&renderer));
        text.push('\n');
    }
    to_standard_error(&text);
}

/// Prints what is wrong with the command line, or the help, and gives the exit code.
pub(super) fn refuse(error: &clap::Error) -> ExitCode {
    let told = error.render();
    let colours = if error.use_stderr() {
        has_colours(&io::stderr())
    } else {
        has_colours(&io::stdout())
    };
    let text = if colours {
        told.ansi().to_string()
    } else {
        told.to_string()
    };
    if error.use_stderr() {
        to_standard_error(&text);
    } else if print(&text).is_err() {
        return ExitCode::from(3);
    }
    ExitCode::from(error.exit_code() as u8)
}

fn to_standard_error(text: &str) {
    let mut stream = io::stderr();
    let text = folded(&stream, text);
    // If standard error is closed, the message is lost.
    let _ = aside(|| stream.write_all(text.as_bytes()));
}

/// Writes lines to standard error, beside the result.
pub(super) fn whisper(lines: &Lines) {
    to_standard_error(&lines.text(width_of(&io::stderr())));
}

/// Writes a line to standard error in a verbose run.
pub(super) fn mention(line: impl FnOnce() -> String) {
    if settings().1 == Loudness::Verbose {
        whisper(&Lines::one(&line()));
    }
}

/// Mentions the files of a folder that was written.
pub(super) fn mention_files(folder: &Path, tree: &Tree) {
    for (path, _) in tree.files() {
        mention(|| format!("wrote {}", folder.join(path).display()));
    }
}

/// Writes to standard output what was done, unless the run is quiet.
pub(super) fn done(lines: &Lines) -> Result<(), Failure> {
    match is_quiet() {
        true => Ok(()),
        false => tell(lines),
    }
}

/// Says that a file was written. Nothing is said of a device, since a program reads what it gets.
pub(super) fn wrote(file: &Path, more: &str) -> Result<(), Failure> {
    match file.is_file() {
        true => done(&Lines::one(&format!("wrote {}{more}", file.display()))),
        false => Ok(()),
    }
}

/// Writes lines to standard output.
pub(super) fn tell(lines: &Lines) -> Result<(), Failure> {
    print(&lines.text(width_of(&io::stdout())))
}

/// Writes a report for people to standard output.
pub(super) fn report(text: &str) -> Result<(), Failure> {
    write(folded(&io::stdout(), text).as_bytes())
}

/// Writes a text that has its lines to standard output.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write(shown(&io::stdout(), text).as_bytes())
}

/// Writes bytes to standard output as they are. If the reader has gone, that is no error, and the exit code stays the same.
pub(super) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match aside(|| out.write_all(bytes).and_then(|()| out.flush())) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let message = format!("cannot write to standard output: {error}");
            Err(Diagnostic::error(message).code(Code::Unwritable).into())
        }
        _ => Ok(()),
    }
}
