//! How far a command has come, on a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use vmo_ra::palette::Event;

use super::super::terminal;

/// A progress line on standard error, if that is a terminal. It is overwritten, and removed at the end.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        let bar = match terminal::shows_progress() {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::hidden(),
        };
        terminal::write_above(Some(bar.clone()));
        Progress(bar.with_style(style("{spinner} {wide_msg}")))
    }

    /// Shows the request, or why the run is waiting.
    pub(super) fn show(&self, event: &Event) {
        match event {
            Event::Asks(request) => self.0.set_message(request.clone()),
            Event::Again(_, reason, wait) => {
                let seconds = wait.as_secs_f32();
                self.0
                    .set_message(format!("{reason}; retrying in {seconds:.1} s"));
            }
            Event::Answered(..) => {}
        }
        self.0.tick();
    }

    /// Goes through a list, and shows how far.
    pub(super) fn over<'p, T>(&'p self, items: &'p [T]) -> impl Iterator<Item = &'p T> {
        self.0.reset();
        self.0.set_length(items.len() as u64);
        self.0
            .set_style(style("{bar:20} {pos} of {len} {wide_msg}"));
        items.iter().inspect(|_| self.0.inc(1))
    }

    /// Takes the line away, until there is more to show.
    pub(super) fn rest(&self) {
        self.0.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.rest();
        terminal::write_above(None);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
