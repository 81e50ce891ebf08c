//! The command line of `vmo-ra`.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
