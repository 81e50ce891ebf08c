//! `vmo-ra fmt`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use vmo_ra::diagnostic::{Diagnostic, Source};
use vmo_ra::load;
use vmo_ra::output::StagedFile;
use vmo_ra::profile::{Notation, to_palette_json, to_readable_json};

use super::inputs::Files;
use super::lines::Lines;
use super::{Failure, terminal};

/// Rewrite profiles in a form for people, or in Palette's bytes
#[derive(Debug, Args)]
pub(super) struct Fmt {
    /// The profiles, or `-` for standard input to standard output
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// Two blanks per level, one value per line; the default
    #[arg(long, conflicts_with = "palette")]
    pretty: bool,
    /// One line, like Palette's export
    #[arg(long)]
    palette: bool,
    /// Write nothing; name the files that differ and end with 1 if there are any
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if self.files.len() > 1 && self.files.iter().any(|file| file == "-") {
            return Err(Diagnostic::error(
                "`-` cannot be combined with files: standard output takes only one profile",
            )
            .into());
        }
        let mut errors = Vec::new();
        let mut formatted = Vec::new();
        for file in &self.files {
            match self.formatted(file) {
                Ok(found) => formatted.push(found),
                Err(problems) => errors.extend(problems),
            }
        }
        // Nothing is written as long as one of them is wrong.
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let mut said = Lines::default();
        let mut staged = Vec::new();
        for (file, (source, bytes)) in self.files.iter().zip(&formatted) {
            let differs = !is_the_same(file, source, bytes);
            if self.check {
                if differs {
                    said.add(source.name());
                }
            } else if file == "-" {
                terminal::write(bytes)?;
            } else if differs {
                staged.push((file, StagedFile::new(Path::new(file), bytes, false)?));
            }
        }
        for (file, one) in staged {
            if let Err(error) = one.settle() {
                // The files that were replaced before it are listed.
                terminal::done(&said)?;
                return Err(error.into());
            }
            said.add(&format!("wrote {file}"));
        }
        match self.check {
            true => terminal::tell(&said)?,
            false => terminal::done(&said)?,
        }
        Ok(if self.check && !said.is_empty() {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }

    /// A file's text, and the bytes it should have.
    fn formatted(&self, file: &str) -> Result<(Source, Vec<u8>), Vec<Diagnostic>> {
        let (source, document, _) = load::document(&Files, file)?;
        if document.notation() == Notation::Yaml {
            return Err(Diagnostic::error(format!(
                "`{}` is YAML, but `fmt` writes JSON",
                source.name()
            ))
            .help("turn it into JSON with `vmo-ra split` and `vmo-ra join`")
            .into());
        }
        let bytes = if self.palette {
            to_palette_json(document.value())
        } else {
            to_readable_json(document.value())
        };
        let bytes = bytes
            .map_err(|error| Diagnostic::error(format!("`{file}` has no JSON form: {error}")))?;
        Ok((source, bytes))
    }
}

/// Whether a file has these bytes; a byte order mark is not part of its text.
fn is_the_same(file: &str, source: &Source, bytes: &[u8]) -> bool {
    source.text().as_bytes() == bytes
        && (file == "-"
            || fs::metadata(file).is_ok_and(|metadata| metadata.len() == bytes.len() as u64))
}
