//! Arguments in, exit code out. Only this module prints, and only it reads arguments and the environment.

mod check;
mod completions;
mod diff;
mod examples;
mod explain;
mod fleet;
mod fmt;
mod folders;
mod format;
mod import;
mod init;
mod inputs;
mod join;
mod lines;
mod mistaken;
mod nad;
mod network;
mod options;
mod out_file;
mod pack_folders;
mod packs;
mod palette;
mod plan;
mod profiles;
mod recover;
mod render;
mod revisions;
mod schema;
mod split;
mod terminal;
mod upgrade;
mod verify;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Once;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::visible::visible;

/// Renders the Palette VMO reference architecture (RA) from one typed site file.
#[derive(Debug, Parser)]
#[command(
    name = "vmo-ra",
    version,
    after_help = "Exit codes: 0 success, 1 findings (check, recover) or differences (diff, fmt --check, recover, verify), 2 the input or command line is wrong, 3 could not read or write."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: options::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Render(render::Render),
    Nad(nad::Nad),
    Network(network::Network),
    Packs(packs::Packs),
    Palette(palette::Palette),
    Plan(plan::Plan),
    Revisions(revisions::Revisions),
    Check(check::Check),
    Diff(diff::Diff),
    Explain(explain::Explain),
    Recover(recover::Recover),
    Split(split::Split),
    Join(join::Join),
    Fmt(fmt::Fmt),
    Schema(schema::Schema),
    Upgrade(upgrade::Upgrade),
    Verify(verify::Verify),
    Completions(completions::Completions),
    Man(completions::Pages),
}

impl Command {
    /// Whether it writes files or a text made from its input, apart from a report.
    fn writes(&self) -> bool {
        if let Command::Palette(command) = self {
            return command.writes();
        }
        matches!(
            self,
            Command::Init(_)
                | Command::Render(_)
                | Command::Nad(_)
                | Command::Network(_)
                | Command::Recover(_)
                | Command::Split(_)
                | Command::Join(_)
                | Command::Fmt(_)
                | Command::Man(_)
                | Command::Upgrade(_)
        )
    }
}

/// Why a command ends without its result.
enum Failure {
    /// The input or the command line is wrong, or something could not be read or written.
    Problems(Vec<Diagnostic>),
    /// The problems were reported; only the exit code is left.
    Told(u8),
}

impl Failure {
    /// Both, where they are problems to tell.
    fn and(self, other: Failure) -> Failure {
        match (self, other) {
            (Failure::Problems(one), Failure::Problems(two)) => {
                Failure::Problems([one, two].concat())
            }
            (told @ Failure::Told(_), _) | (_, told) => told,
        }
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Failure::Problems(problems)
    }
}

impl From<Diagnostic> for Failure {
    fn from(problem: Diagnostic) -> Self {
        Failure::Problems(vec![problem])
    }
}

/// The exit code of problems that end a command.
fn code_of(problems: &[Diagnostic]) -> u8 {
    if problems.iter().any(Diagnostic::is_of_the_system) {
        3
    } else {
        2
    }
}

pub(crate) fn main() -> ExitCode {
    leave_no_core();
    let Cli { command, options } = match arguments() {
        Ok(cli) => cli,
        Err(error) => return terminal::refuse(&error),
    };
    terminal::set_up(options.color(), options.loudness());
    let writes = command.writes();
    vmo_ra::output::before_staging(|| {
        static WATCHING: Once = Once::new();
        WATCHING.call_once(leave_nothing_behind);
    });
    let done = |()| ExitCode::SUCCESS;
    let result = match command {
        Command::Init(command) => command.run().map(done),
        Command::Render(command) => command.run().map(done),
        Command::Nad(command) => command.run().map(done),
        Command::Network(command) => command.run().map(done),
        Command::Packs(command) => command.run().map(done),
        Command::Plan(command) => command.run().map(done),
        Command::Revisions(command) => command.run().map(done),
        Command::Schema(command) => command.run().map(done),
        Command::Explain(command) => command.run().map(done),
        Command::Split(command) => command.run().map(done),
        Command::Join(command) => command.run().map(done),
        Command::Palette(command) => command.run(),
        Command::Diff(command) => command.run(),
        Command::Recover(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Upgrade(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Completions(command) => command.run().map(done),
        Command::Man(command) => command.run().map(done),
    };
    result.unwrap_or_else(|failure| ended(failure, writes))
}

/// Keeps secrets off the disk if the program is killed.
#[cfg(target_os = "linux")]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Any process may lower its limits.
    let _ = setrlimit(Resource::Core, none);
}

#[cfg(not(target_os = "linux"))]
fn leave_no_core() {}

/// Removes staged files if the run is interrupted.
#[cfg(target_os = "linux")]
fn leave_nothing_behind() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            vmo_ra::output::abandon();
            std::process::exit(128 + signal);
        }
    });
}

#[cfg(not(target_os = "linux"))]
fn leave_nothing_behind() {}

/// Parses the command line. Errors quote a copy without invisible characters.
fn arguments() -> Result<Cli, clap::Error> {
    let given: Vec<OsString> = env::args_os().collect();
    let error = match options::parse(&given) {
        Ok(cli) => return Ok(cli),
        Err(error) => error,
    };
    terminal::set_up(options::color_of_wrong(&given), options::Loudness::Normal);
    let seen = given.iter().map(|argument| match argument.to_str() {
        Some(text) => visible(text).into_owned().into(),
        None => argument.clone(),
    });
    let seen: Vec<OsString> = seen.collect();
    if seen == given {
        return Err(error);
    }
    Err(options::parse(&seen).err().unwrap_or_else(|| {
        options::command().error(
            ErrorKind::InvalidValue,
            "an argument has invisible characters",
        )
    }))
}

/// Explains a failure and gives its exit code; `writes` says whether something would have been written.
fn ended(failure: Failure, writes: bool) -> ExitCode {
    let problems = match failure {
        Failure::Problems(problems) => problems,
        Failure::Told(code) => return ExitCode::from(code),
    };
    terminal::explain(&problems);
    terminal::count_errors(&problems, writes);
    ExitCode::from(code_of(&problems))
}
