//! What all commands share: options, short letters, the width of help, examples.

use std::ffi::OsString;

use clap::{Args, Command, CommandFactory, FromArgMatches, ValueEnum};

use super::{Cli, examples, mistaken};

/// The width of help. It does not depend on the terminal, so that all readers see the same lines.
const WIDTH: usize = 80;

/// The short letter of an option, whichever command has it.
const SHORT: [(&str, char); 2] = [("out", 'o'), ("format", 'f')];

/// The options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Options {
    /// When to use colours; `auto` follows the terminal and NO_COLOR
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t = Color::Auto
    )]
    color: Color,
    /// The same as `--color never`
    #[arg(long, global = true)]
    no_color: bool,
    /// Print only errors and the requested output
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "verbose",
        overrides_with = "quiet"
    )]
    quiet: bool,
    /// Also print which files are read and written, and the requests to Palette
    #[arg(long, short, global = true, overrides_with = "verbose")]
    verbose: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also in a file or a pipe
    Always,
    /// Nowhere
    Never,
}

/// How much is said beside the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

impl Options {
    pub(super) fn color(&self) -> Color {
        match self.no_color {
            true => Color::Never,
            false => self.color,
        }
    }

    pub(super) fn loudness(&self) -> Loudness {
        match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (_, true) => Loudness::Verbose,
            _ => Loudness::Normal,
        }
    }
}

/// The command line as all of this program sees it: parsing, help, completions and man pages.
pub(super) fn command() -> Command {
    alike(Cli::command().term_width(WIDTH), &mut Vec::new())
}

fn alike(mut command: Command, path: &mut Vec<String>) -> Command {
    command = command.mut_args(|argument| {
        let letter = SHORT
            .iter()
            .find(|(long, _)| argument.get_long() == Some(long));
        match letter {
            Some((_, letter)) => argument.short(*letter),
            None => argument,
        }
    });
    if let Some(example) = examples::of(&path.join(" ")) {
        let before = command.get_after_help().map(ToString::to_string);
        let mut text = format!("Example:\n  {example}");
        if let Some(before) = before {
            text = format!("{text}\n\n{before}");
        }
        command = command.after_help(text);
    }
    command.mut_subcommands(|below| {
        path.push(below.get_name().to_owned());
        let below = alike(below, path);
        path.pop();
        below
    })
}

/// What the arguments say.
pub(super) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = command();
    let found = command.try_get_matches_from_mut(arguments);
    let mut found = found.map_err(mistaken::with_tip)?;
    Cli::from_arg_matches_mut(&mut found).map_err(|error| error.format(&mut command))
}

/// When to use colours in a message about wrong arguments, which could not be parsed.
pub(super) fn color_of_wrong(arguments: &[OsString]) -> Color {
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let mut words = words.take_while(|word| *word != "--");
    let mut color = Color::Auto;
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            _ if word == "--no-color" => return Color::Never,
            _ if word == "--color" => words.next(),
            Some(("--color", value)) => Some(value),
            _ => None,
        };
        if let Some(given) = value.and_then(|value| Color::from_str(value, false).ok()) {
            color = given;
        }
    }
    color
}
