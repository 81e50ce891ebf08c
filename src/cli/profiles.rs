//! Profiles that the command line names, in any form they come in.

use vmo_ra::command;
use vmo_ra::diagnostic::{Code, Diagnostic};
use vmo_ra::load::{Item, Whole, load};
use vmo_ra::profile::{Form, Profile};

use super::inputs::Files;
use super::{Failure, terminal};

/// Profiles that were read.
pub(super) struct Given {
    pub(super) profiles: Vec<Profile>,
    /// All of each, in their order.
    pub(super) wholes: Vec<Whole>,
    /// Whether Palette's API answered one of them.
    pub(super) is_answer: bool,
    /// Whether one of their files has restricted permissions.
    pub(super) private: bool,
}

/// Reads all profiles that names stand for, and tells what is to be said of them.
pub(super) fn given(names: &[String]) -> Result<Given, Failure> {
    let mut given = Given {
        profiles: Vec::new(),
        wholes: Vec::new(),
        is_answer: false,
        private: false,
    };
    let mut problems = Vec::new();
    for name in names {
        let loaded = match load(&Files, name) {
            Ok(loaded) => loaded,
            Err(mut found) => {
                problems.append(&mut found);
                continue;
            }
        };
        terminal::explain(&loaded.remarks);
        given.private |= loaded.private;
        let before = given.profiles.len();
        let help = match loaded.items.first() {
            Some(Item::Site(..)) => format!(
                "{} makes profiles of it",
                command::on("vmo-ra render --site", name)
            ),
            _ => "name a profile as Palette exports it, or a folder that `vmo-ra render` or `vmo-ra split` wrote".to_owned(),
        };
        for item in loaded.items {
            if let Item::Profile(one) = item {
                given.is_answer |= one.form == Form::Answer;
                terminal::explain(one.whole.warnings());
                given.wholes.push(one.whole);
                given.profiles.push(one.profile);
            }
        }
        if given.profiles.len() == before {
            problems.push(
                Diagnostic::error(format!("`{}` holds no profile", loaded.name))
                    .code(Code::WrongKind)
                    .help(help),
            );
        }
    }
    if given.is_answer {
        let profiles = given.profiles.iter_mut();
        profiles.for_each(Profile::leave_out_what_no_answer_has);
    }
    if problems.is_empty() {
        Ok(given)
    } else {
        Err(problems.into())
    }
}
