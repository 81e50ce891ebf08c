//! `vmo-ra palette`

mod connection;
mod diff;
mod export;
mod files;
mod import;
mod list;
mod packs;
mod progress;
mod selftest;
mod status;
mod validate;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::Failure;
use connection::Connection;

/// Work with a tenant through Palette's API: download packs, list, export, validate, import and compare profiles
#[derive(Debug, Args)]
#[command(
    after_help = "The address comes from `--host`, SPECTROCLOUD_HOST or PALETTE_HOST, the API key from `--api-key-file`, \
                  SPECTROCLOUD_APIKEY or PALETTE_API_KEY, the project from `--project`, SPECTROCLOUD_DEFAULT_PROJECT_ID or \
                  PALETTE_PROJECT_UID. HTTPS_PROXY, ALL_PROXY and NO_PROXY are used like in curl.\n\nExit codes: 0 success, 1 something differs, is missing or does not hold, 2 the input or command line is wrong, or Palette \
                  refuses it, 3 Palette cannot be reached, or a file cannot be read or written."
)]
pub(super) struct Palette {
    #[command(subcommand)]
    command: PaletteCommand,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum PaletteCommand {
    List(list::List),
    Packs(packs::Packs),
    Export(export::Export),
    Validate(validate::Validate),
    Import(import::Import),
    Diff(diff::TenantDiff),
    Status(status::Status),
    Selftest(selftest::Selftest),
}

impl Palette {
    /// Whether it leaves files.
    pub(super) fn writes(&self) -> bool {
        matches!(
            self.command,
            PaletteCommand::Export(_) | PaletteCommand::Packs(_)
        )
    }

    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        self.connection
            .with_client(|client, progress| match self.command {
                PaletteCommand::List(command) => command.run(client, progress),
                PaletteCommand::Packs(command) => command.run(client, progress),
                PaletteCommand::Export(command) => command.run(client, progress),
                PaletteCommand::Validate(command) => command.run(client),
                PaletteCommand::Import(command) => command.run(client, progress),
                PaletteCommand::Diff(command) => command.run(client),
                PaletteCommand::Status(command) => command.run(client, progress),
                PaletteCommand::Selftest(command) => command.run(client),
            })
    }
}
