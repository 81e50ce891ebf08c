//! `vmo-ra completions` and `vmo-ra man`

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use vmo_ra::diagnostic::Diagnostic;
use vmo_ra::output;

use super::lines::Lines;
use super::options::command;
use super::{Failure, folders, terminal};

/// Print the script that completes commands and options in a shell
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command(), "vmo-ra", &mut text);
        let text = String::from_utf8_lossy(&text);
        // Its bash completions use two different names for a program whose name has a dash.
        let text = text.replace("vmo__subcmd__ra", "vmo__ra");
        terminal::write(text.as_bytes())
    }
}

/// Write a man page for each command
#[derive(Debug, Args)]
pub(super) struct Pages {
    /// The folder to write them to, such as `man1` in a man directory
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Pages {
    pub(super) fn run(self) -> Result<(), Failure> {
        folders::named(&self.folder, "vmo-ra man")?;
        let mut root = without_help(command());
        root.build();
        let mut pages = Vec::new();
        add_pages(&root, &mut pages)?;
        for (name, text) in &pages {
            output::replace_file(&self.folder.join(name), text, false)?;
        }
        terminal::done(&Lines::one(&format!(
            "wrote {} pages to {}",
            pages.len(),
            self.folder.display()
        )))
    }
}

/// Without the command `help`, which has no page.
fn without_help(command: Command) -> Command {
    let command = command.disable_help_subcommand(true);
    command.mut_subcommands(without_help)
}

/// The page of a command, and those of the commands below it.
fn add_pages(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Diagnostic> {
    let page = Man::new(command.clone()).manual("vmo-ra");
    let mut text = Vec::new();
    page.render(&mut text)
        .map_err(|error| Diagnostic::error(format!("a page cannot be made: {error}")))?;
    pages.push((page.get_filename(), text));
    for one in command.get_subcommands() {
        add_pages(one, pages)?;
    }
    Ok(())
}
