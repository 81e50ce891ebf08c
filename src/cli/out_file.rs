//! The file that a command writes its result to.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::output;

use super::{Failure, inputs, terminal};

/// Words for forms, which nobody means as a file.
const FORMATS: [&str; 11] = [
    "html",
    "json",
    "maas-cli",
    "markdown",
    "md",
    "netplan",
    "table",
    "terraform",
    "text",
    "wide",
    "yaml",
];

/// The options of a command that writes one file.
#[derive(Debug, Args)]
pub(super) struct OutFile {
    /// The file to write, or `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

impl OutFile {
    /// Whether the result goes to standard output.
    pub(super) fn is_printed(&self) -> bool {
        self.out == Path::new("-")
    }

    /// Where the result goes.
    pub(super) fn path(&self) -> &Path {
        &self.out
    }

    /// Refuses the word of a form, which kubectl takes behind `-o`.
    fn is_no_format(&self) -> Result<(), Diagnostic> {
        let Some(word) = FORMATS.iter().find(|word| self.out == Path::new(word)) else {
            return Ok(());
        };
        Err(
            Diagnostic::error(format!("`-o {word}` would write a file of this name"))
                .code(Code::NotReplaced)
                .help(format!(
                    "the form is chosen by `--format`; if the file is meant, write `-o ./{word}`"
                )),
        )
    }

    /// Writes the file and says so, with `more` behind its name. A file that holds the same already is in nobody's way.
    pub(super) fn write(&self, bytes: &[u8], private: bool, more: &str) -> Result<(), Failure> {
        self.is_no_format()?;
        may_be_written(&self.out, self.force || holds(&self.out, bytes))?;
        output::replace_file(&self.out, bytes, private)?;
        terminal::wrote(&self.out, more)
    }
}

/// Whether a file holds these bytes.
pub(super) fn holds(file: &Path, bytes: &[u8]) -> bool {
    let length = fs::metadata(file).map_or(0, |there| there.len());
    output::is_replaced(file)
        && length == bytes.len() as u64
        && fs::read(file).is_ok_and(|old| old == bytes)
}

/// Keeps a copy of a file that is about to be replaced by other bytes, and says where.
pub(super) fn keep_edited(file: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    if output::is_replaced(file) && !holds(file, bytes) {
        let copy = output::keep_copy(file)?;
        let message = format!("`{}` is replaced by another text", file.display());
        let help = format!("the old file is kept as `{}`", copy.display());
        terminal::explain(&[Diagnostic::warning(message).help(help)]);
    }
    Ok(())
}

/// Refuses a folder, a file that this run has read, and any other file that is there unless it may be replaced.
pub(super) fn may_be_written(file: &Path, force: bool) -> Result<(), Diagnostic> {
    let shown = file.display();
    let problem = if file.is_dir() {
        Diagnostic::error(format!("`{shown}` is a folder, and one file is written"))
            .help("name a file in it")
    } else if !output::is_replaced(file) {
        return Ok(());
    } else if inputs::is_read(file) {
        Diagnostic::error(format!("`{shown}` is the input of this run")).help("choose another name")
    } else if !force {
        Diagnostic::error(format!("`{shown}` already exists"))
            .help("choose another name, or replace it with `--force`")
    } else {
        return Ok(());
    };
    Err(problem.code(Code::NotReplaced))
}
