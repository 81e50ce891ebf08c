//! Why a request to Palette failed.

use crate::diagnostic::{Code, Diagnostic};

/// What stands for a secret.
pub(super) const HIDDEN: &str = "********";

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It never arrived, or no answer came to something that changes nothing.
    Unreachable {
        /// The method and path.
        request: String,
        /// What the system or the service says.
        reason: String,
    },
    /// No answer came to something that changes the tenant: it may have happened.
    Unanswered {
        /// The method and path.
        request: String,
        /// What the system or the service says.
        reason: String,
    },
    /// Palette says no.
    Refused {
        /// The method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// Palette's own code, such as `DuplicateClusterPacksForbidden`.
        code: String,
        /// What it says, without secrets that were sent.
        message: String,
        /// What its support finds the request by.
        reference: String,
    },
    /// The answer is not what the API's description says.
    Odd {
        /// The method and path.
        request: String,
        /// What is odd.
        reason: String,
    },
}

impl Trouble {
    /// Whether Palette does not know what was asked for.
    pub fn is_absence(&self) -> bool {
        match self {
            Trouble::Refused { status, code, .. } => *status == 404 || code.ends_with("NotFound"),
            _ => false,
        }
    }

    /// The same, after a look at the tenant has told that nothing was done.
    pub(super) fn without_effect(self) -> Self {
        match self {
            Trouble::Unanswered { request, reason } => Trouble::Unreachable { request, reason },
            other => other,
        }
    }
}

impl From<Trouble> for Diagnostic {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unreachable { request, reason } => {
                Diagnostic::error(format!("Palette did not answer `{request}`: {reason}"))
                    .code(Code::Unreachable)
                    .help("check the address, and that it can be reached from here; this request changed nothing")
            }
            Trouble::Unanswered { request, reason } => Diagnostic::error(format!(
                "Palette did not answer `{request}`, which may have taken effect: {reason}"
            ))
            .code(Code::Unreachable)
            .help("check with `vmo-ra palette list` before you try again"),
            Trouble::Refused {
                request,
                status,
                code,
                message,
                reference,
            } => {
                let mut said = format!("Palette refuses `{request}` with status {status}");
                if !code.is_empty() {
                    said.push_str(&format!(", {code}"));
                }
                if !message.is_empty() {
                    said.push_str(&format!(": {message}"));
                }
                let mut problem = Diagnostic::error(said).code(Code::Refused);
                if !reference.is_empty() {
                    problem = problem.because(format!("Palette's reference for it is {reference}"));
                }
                problem.help(match status {
                    401 => "check that the API key is right and has not expired",
                    403 => "the key's user needs a role that allows this in the project",
                    404 => "check the address, the project and the name",
                    429 => "other clients share this address; try again later",
                    300..=399 => "the address redirects; give the address of Palette's API",
                    _ => "correct what Palette names, and try again",
                })
            }
            Trouble::Odd { request, reason } => {
                Diagnostic::error(format!("the answer to `{request}` is not an answer of Palette: {reason}"))
                    .code(Code::WrongKind)
                    .help("check that the address is that of Palette's API, not of a proxy's login page")
            }
        }
    }
}
