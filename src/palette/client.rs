//! Sends requests to Palette: within its limits, repeated where that is safe, and page by page.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, Instant};
use std::{cmp, thread};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answers::{Page, Refusal};
use super::pace::Pace;
use super::transport::{Lost, Reply, Request, Transport};
use super::trouble::{HIDDEN, Trouble};
use crate::secret::{self, Way};

/// How often something is tried in all.
const TRIES: u32 = 5;
/// The longest time that a service may ask us to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The most items of a page that Palette gives.
const PAGE: &str = "50";
/// The most pages that are read, a hundred times what a large tenant has.
const PAGES: usize = 2_000;

/// What happens while Palette is asked, for those who want to see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A request is about to be sent.
    Asks(String),
    /// A request was answered: the request, the status, how many bytes.
    Answered(String, u16, usize),
    /// A request is tried again: the request, why, after how long.
    Again(String, String, Duration),
}

/// Asks one Palette instance, in one project or for the whole tenant.
pub struct Client<'a> {
    transport: &'a dyn Transport,
    project: Option<String>,
    pace: RefCell<Pace>,
    /// How long to wait before something is tried for the second time; then twice as long each time.
    patience: Duration,
    told: &'a dyn Fn(&Event),
}

impl<'a> Client<'a> {
    /// A client for the whole tenant. `told` is called with each event.
    pub fn new(transport: &'a dyn Transport, patience: Duration, told: &'a dyn Fn(&Event)) -> Self {
        Client {
            transport,
            project: None,
            pace: RefCell::new(Pace::new(Instant::now())),
            patience,
            told,
        }
    }

    /// The same in a project.
    #[must_use]
    pub fn within(mut self, project: Option<String>) -> Self {
        self.project = project;
        self
    }

    /// Asks, and gives the answer's text.
    ///
    /// # Errors
    /// No answer came, or Palette says no.
    pub fn ask(&self, request: &Request) -> Result<String, Trouble> {
        self.reply(request).map(|reply| reply.body)
    }

    /// As [`Client::ask`], with what stands around the text.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub(super) fn reply(&self, request: &Request) -> Result<Reply, Trouble> {
        let mut tried = 1;
        loop {
            let wait = self.pace.borrow_mut().count(&request.path, Instant::now());
            thread::sleep(wait);
            (self.told)(&Event::Asks(request.shown()));
            let reply = self.transport.send(request, self.project.as_deref());
            if let Ok(reply) = &reply {
                (self.told)(&Event::Answered(
                    request.shown(),
                    reply.status,
                    reply.body.len(),
                ));
            }
            let (reason, asked) = match outcome(request, reply) {
                Outcome::Done(done) => return done,
                Outcome::Later(reason, asked) => (reason, asked),
            };
            if tried == TRIES || asked.is_some_and(|asked| asked > LONGEST_WAIT) {
                return Err(Trouble::Unreachable {
                    request: request.shown(),
                    reason,
                });
            }
            let wait = cmp::max(
                self.patience * 2_u32.pow(tried - 1),
                asked.unwrap_or_default(),
            );
            (self.told)(&Event::Again(request.shown(), reason, wait));
            thread::sleep(wait);
            tried += 1;
        }
    }

    /// Asks, and reads the answer.
    ///
    /// # Errors
    /// As [`Client::ask`]; the answer has another shape.
    pub(super) fn read<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Trouble> {
        parsed(request, &self.ask(request)?)
    }

    /// Asks for all pages of a list.
    ///
    /// # Errors
    /// As [`Client::read`]; the list does not end.
    pub(super) fn pages<T: DeserializeOwned>(&self, request: &Request) -> Result<Vec<T>, Trouble> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut next = String::new();
        loop {
            let mut asked = request.clone().with("limit", PAGE);
            if !next.is_empty() {
                asked = asked.with("continue", next.clone());
            }
            let page: Page<T> = self.read(&asked)?;
            items.extend(page.items);
            next = page.listmeta.next;
            if next.is_empty() {
                return Ok(items);
            }
            if !seen.insert(next.clone()) || seen.len() > PAGES {
                return Err(Trouble::Odd {
                    request: request.shown(),
                    reason: "its list has no end".to_owned(),
                });
            }
        }
    }
}

/// What an answer is read as.
pub(super) fn parsed<T: DeserializeOwned>(request: &Request, text: &str) -> Result<T, Trouble> {
    serde_json::from_str(text).map_err(|error| Trouble::Odd {
        request: request.shown(),
        // The words of the parser may quote what it read.
        reason: format!(
            "it is not the expected JSON, at line {} column {}",
            error.line(),
            error.column()
        ),
    })
}

/// The words of a refusal, which may quote what was sent, without the secrets in it.
fn without_secrets(message: &str, sent: Option<&str>) -> String {
    let mut shown = secret::replaced(message, &|_| HIDDEN.to_owned()).into_owned();
    let sent: Value = sent.map_or(Value::Null, |text| {
        serde_json::from_str(text).unwrap_or_default()
    });
    let known = RefCell::new(BTreeSet::new());
    let note = |text: &str| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines = lines.map(|line| (Reverse(line.len()), line.to_owned()));
        known.borrow_mut().extend(lines);
        String::new()
    };
    let _ = secret::hidden(&sent, &Way::default(), &note);
    // A longer one may hold a shorter one.
    for (_, line) in known.into_inner() {
        shown = shown.replace(&line, HIDDEN);
    }
    shown
}

enum Outcome {
    Done(Result<Reply, Trouble>),
    /// To be tried again: why, and how long the service asks to wait.
    Later(String, Option<Duration>),
}

/// What an answer, or none, means for the request.
fn outcome(request: &Request, reply: Result<Reply, Lost>) -> Outcome {
    let unanswered = |reason| {
        Outcome::Done(Err(Trouble::Unanswered {
            request: request.shown(),
            reason,
        }))
    };
    let reply = match reply {
        Ok(reply) => reply,
        // What cannot be reached now will not be in a second either.
        Err(Lost::NotSent(reason)) => {
            return Outcome::Done(Err(Trouble::Unreachable {
                request: request.shown(),
                reason,
            }));
        }
        Err(Lost::NoAnswer(reason)) if request.writes => return unanswered(reason),
        Err(Lost::NoAnswer(reason)) => return Outcome::Later(reason, None),
    };
    match reply.status {
        200..=299 => Outcome::Done(Ok(reply)),
        // It was turned away before it was looked at.
        429 => Outcome::Later("too many requests".to_owned(), reply.retry_after),
        status @ 502..=504 => {
            let reason = format!("a gateway answers with status {status}");
            if request.writes {
                unanswered(reason)
            } else {
                Outcome::Later(reason, reply.retry_after)
            }
        }
        // 500 is how Palette refuses things.
        status => {
            let refusal: Refusal = serde_json::from_str(&reply.body).unwrap_or_default();
            Outcome::Done(Err(Trouble::Refused {
                request: request.shown(),
                status,
                code: refusal.code,
                message: without_secrets(&refusal.message, request.body.as_deref()),
                reference: refusal.reference,
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use serde_json::json;

    use super::*;
    use crate::palette::Method;

    /// Answers one after the other, and counts what is asked.
    struct Script(RefCell<VecDeque<Result<Reply, Lost>>>);

    impl Transport for Script {
        fn send(&self, _: &Request, _: Option<&str>) -> Result<Reply, Lost> {
            let next = self.0.borrow_mut().pop_front();
            next.expect("no more requests are sent")
        }
    }

    fn reply(status: u16, retry_after: Option<u64>, body: &str) -> Result<Reply, Lost> {
        Ok(Reply {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            date: None,
            body: body.to_owned(),
        })
    }

    /// What comes of a request, how often it was tried again after how many milliseconds, and how many answers are left.
    fn asked(
        request: &Request,
        answers: impl IntoIterator<Item = Result<Reply, Lost>>,
    ) -> (Result<String, Trouble>, Vec<u128>, usize) {
        let script = Script(RefCell::new(answers.into_iter().collect()));
        let waits = RefCell::new(Vec::new());
        let told = |event: &Event| {
            if let Event::Again(_, _, wait) = event {
                waits.borrow_mut().push(wait.as_millis());
            }
        };
        let client = Client::new(&script, Duration::from_millis(1), &told);
        let result = client.ask(request);
        let left = script.0.borrow().len();
        (result, waits.into_inner(), left)
    }

    #[test]
    fn what_changes_nothing_is_tried_five_times_and_more_and_more_slowly() {
        let get = Request::get(["packs"]);
        let (result, waits, left) = asked(&get, (0..6).map(|_| reply(503, None, "")));
        assert!(matches!(result, Err(Trouble::Unreachable { .. })));
        assert_eq!((waits, left), (vec![1, 2, 4, 8], 1));
        let lost = || Err(Lost::NoAnswer("lost".to_owned()));
        let (result, waits, _) = asked(&get, [lost(), reply(200, None, "x")]);
        assert_eq!((result.as_deref(), waits), (Ok("x"), vec![1]));
        let (result, waits, left) = asked(&get, [Err(Lost::NotSent("no host".to_owned()))]);
        assert!(matches!(result, Err(Trouble::Unreachable { .. })));
        assert_eq!((waits, left), (vec![], 0));
    }

    #[test]
    fn a_service_may_ask_to_wait_but_not_for_long() {
        let get = Request::get(["packs"]);
        let (result, waits, _) = asked(&get, [reply(429, Some(1), ""), reply(200, None, "x")]);
        assert_eq!((result.as_deref(), waits), (Ok("x"), vec![1_000]));
        let (result, waits, _) = asked(&get, [reply(429, Some(61), "")]);
        assert!(matches!(result, Err(Trouble::Unreachable { .. })));
        assert_eq!(waits, vec![]);
    }

    #[test]
    fn what_changes_the_tenant_is_sent_once_unless_it_was_turned_away() {
        let post = Request::write(Method::Post, ["clusterprofiles", "import"], None);
        for answer in [
            reply(502, None, ""),
            reply(504, None, ""),
            Err(Lost::NoAnswer("lost".to_owned())),
        ] {
            let (result, waits, left) = asked(&post, [answer]);
            assert!(matches!(result, Err(Trouble::Unanswered { .. })));
            assert_eq!((waits, left), (vec![], 0));
        }
        let (result, waits, _) = asked(&post, [reply(429, None, ""), reply(201, None, "x")]);
        assert_eq!((result.as_deref(), waits), (Ok("x"), vec![1]));
        for status in [301, 400, 401, 500, 501, 505] {
            let (result, waits, _) = asked(&post, [reply(status, Some(1), "no JSON")]);
            assert!(
                matches!(&result, Err(Trouble::Refused { status: said, .. }) if *said == status),
                "{status}"
            );
            assert_eq!(waits, vec![]);
        }
    }

    #[test]
    fn a_list_that_goes_round_is_left() {
        let page = |next: &str| {
            let page = json!({"items": [1], "listmeta": {"continue": next}});
            reply(200, None, &page.to_string())
        };
        let read = |answers: Vec<Result<Reply, Lost>>| {
            let script = Script(RefCell::new(answers.into()));
            let client = Client::new(&script, Duration::from_millis(1), &|_| {});
            client.pages::<u8>(&Request::get(["packs"]))
        };
        assert_eq!(
            read(vec![page("a"), page("b"), page("")]),
            Ok(vec![1, 1, 1])
        );
        let round = read(vec![page("a"), page("b"), page("a")]);
        assert!(matches!(round, Err(Trouble::Odd { .. })));
    }

    #[test]
    fn secrets_of_what_was_sent_are_not_quoted() {
        let sent = json!({
            "variables": [{"name": "x", "isSensitive": true, "defaultValue": "shorter"}],
            "values": "adminPassword: shorter-longer\nport: 8080\n",
        });
        let quoted = "shorter-longer, shorter and 8080; password=other";
        assert_eq!(
            without_secrets(quoted, Some(&sent.to_string())),
            "********, ******** and 8080; password=********"
        );
        assert_eq!(without_secrets("plain", Some("no JSON")), "plain");
        assert_eq!(without_secrets("plain", None), "plain");
    }
}
