//! A process to time, and how it is timed.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use super::report::Measured;

/// Our own program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_vmo-ra");

/// A process to time.
pub struct Case {
    pub name: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// A folder that must not be there when the process starts.
    fresh: Option<PathBuf>,
    /// How it ends where all is well: a crash is quick, and no figure.
    ends: &'static [i32],
    runs: usize,
}

impl Case {
    /// A case of our own program.
    pub fn ours(name: impl Into<String>, arguments: &[&str]) -> Self {
        Case::of(name, PROGRAM, arguments)
    }

    /// A case of any program.
    pub fn of(name: impl Into<String>, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Case {
            name: name.into(),
            program: program.into(),
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            fresh: None,
            ends: &[0],
            runs: 41,
        }
    }

    /// With `--out` and a folder that is not there yet.
    #[must_use]
    pub fn writing(mut self, folder: PathBuf) -> Self {
        self.arguments.push("--out".to_owned());
        self.arguments.push(folder.display().to_string());
        self.fresh = Some(folder);
        self
    }

    /// Ends with 1, as programs that compare do where there are differences.
    #[must_use]
    pub fn differs(mut self) -> Self {
        self.ends = &[1];
        self
    }

    /// Ends with 1 where something is found, which is not the point.
    #[must_use]
    pub fn may_find(mut self) -> Self {
        self.ends = &[0, 1];
        self
    }

    /// Is run so many times.
    #[must_use]
    pub fn runs(mut self, runs: usize) -> Self {
        self.runs = runs;
        self
    }

    fn prepare(&self) {
        if let Some(folder) = &self.fresh {
            let _ = fs::remove_dir_all(folder);
        }
    }

    fn ends_well(&self, status: ExitStatus) -> bool {
        status.code().is_some_and(|code| self.ends.contains(&code))
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null());
        command
    }

    /// Runs it once, untimed, for what it writes; none where it does not end well.
    pub fn output(&self) -> Result<String, String> {
        self.prepare();
        let Output {
            status,
            stdout,
            stderr,
        } = self
            .command()
            .output()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => "it is not installed".to_owned(),
                _ => error.to_string(),
            })?;
        if !self.ends_well(status) {
            let said = String::from_utf8_lossy(&stderr);
            return Err(format!("it ends with {status}: {said}"));
        }
        String::from_utf8(stdout).map_err(|error| error.to_string())
    }

    fn time(&self) -> Duration {
        self.prepare();
        let start = Instant::now();
        let status = self
            .command()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let took = start.elapsed();
        let status = status.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert!(self.ends_well(status), "{} ends with {status}", self.name);
        took
    }

    /// Peak memory by GNU time, where that is installed.
    fn peak_kib(&self) -> Option<u64> {
        self.prepare();
        let output = Command::new("/usr/bin/time")
            .args(["-f", "%M"])
            .arg(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .ok()?;
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .last()?
            .trim()
            .parse()
            .ok()
    }
}

/// Runs all cases in turn, so that whatever else the machine does hits each alike.
pub fn measure(cases: &[Case], quick: bool) -> Vec<Measured> {
    let mut times: Vec<Vec<Duration>> = cases.iter().map(|_| Vec::new()).collect();
    let most = cases.iter().map(|case| case.runs).max().unwrap_or(0);
    for round in 0..if quick { 2 } else { most } {
        for (case, times) in cases.iter().zip(&mut times) {
            if round < case.runs {
                times.push(case.time());
            }
        }
    }
    let measured = cases
        .iter()
        .zip(times)
        .map(|(case, times)| Measured::of(&case.name, times, case.peak_kib()))
        .collect();
    cases.iter().for_each(Case::prepare);
    measured
}
