//! What happens to every request, whichever server it came in by: the door, the scripted faults, the answer, and a panic's end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::cloud::api::fault::{Fault, Kind};
use crate::cloud::api::{self, Reply, Request};
use crate::lab::server::script::Script;
use crate::lab::server::visitor;

/// The longest body that is looked at, in bytes: user data is at most 16 KiB on AWS.
pub const LONGEST_BODY: usize = 1024 * 1024;

/// What answers the parsed requests.
pub trait Backend: Send + Sync + 'static {
    /// Answers one request. With a fault, that is what it meets.
    fn handle(&self, request: &Request<'_>, fault: Option<&Fault>) -> Reply;

    /// Whether the answer may have to wait for something that takes long, so that it is better asked for on a thread of its own.
    fn may_wait(&self, _request: &Request<'_>) -> bool {
        false
    }

    /// Answers what is no AWS call but a path of this program's own; none when it has none there.
    fn aside(&self, _request: &Request<'_>) -> Option<Reply> {
        None
    }

    /// Told of the answer to a request over which [`handle`](Self::handle) panicked.
    fn failed(&self, _reply: &mut Reply) {}
}

/// A backend with its script.
#[derive(Clone)]
pub struct Reception {
    backend: Arc<dyn Backend>,
    script: Arc<Script>,
}

/// An answer, and how long it is to be held back.
pub struct Answer {
    /// The answer.
    pub reply: Reply,
    /// A scripted fault's wait.
    pub delay: Option<Duration>,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, delay: None }
    }
}

impl Reception {
    /// A reception for a backend, without faults.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self::with_script(backend, Arc::default())
    }

    /// A reception whose faults are those of the script, which may change.
    pub fn with_script(backend: Arc<dyn Backend>, script: Arc<Script>) -> Self {
        Self { backend, script }
    }

    /// Answers a request whose body is complete.
    pub fn answer(&self, request: &Request<'_>) -> Answer {
        if let Some(turned_away) = self.turn_away(request) {
            return turned_away.into();
        }
        if request.body.len() > LONGEST_BODY {
            return api::too_large(request).into();
        }
        // One request's panic ends that request; the locks behind it are taken again whatever happened.
        let answered = catch_unwind(AssertUnwindSafe(|| self.attend(request)));
        answered.unwrap_or_else(|_| {
            let mut reply = api::broken(request);
            self.backend.failed(&mut reply);
            reply.into()
        })
    }

    /// The refusal of a request by its head alone, before anybody waits for its body.
    pub fn turn_away(&self, request: &Request<'_>) -> Option<Reply> {
        visitor::turned_away(request).map(|why| api::forbidden(request, &why))
    }

    /// Whether [`answer`](Self::answer) may take long.
    pub fn may_wait(&self, request: &Request<'_>) -> bool {
        self.backend.may_wait(request)
    }

    fn attend(&self, request: &Request<'_>) -> Answer {
        if let Some(reply) = self.backend.aside(request) {
            return reply.into();
        }
        let fault = self.script.meet(request);
        let delay = match fault.as_ref().map(|fault| fault.kind) {
            Some(Kind::Slow(by)) => Some(by),
            Some(_) | None => None,
        };
        Answer {
            reply: self.backend.handle(request, fault.as_ref()),
            delay,
        }
    }
}
