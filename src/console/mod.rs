//! The console page: a local web page that stands in for the EC2 console.
//!
//! It acts on the account as the AWS CLI does, through [`Simulation::ask`](crate::lab::simulation::Simulation::ask): the same
//! actions, rules and error texts, the same faults, journal and disk. There is no second rule book here, so that what is done in
//! one shows in the other.
//!
//! # A click
//!
//! ```text
//! connection  server.rs   loopback only, limits for slow, huge and many clients
//!  -> door    door.rs     Host, Origin, fetch metadata; the headers of every answer
//!  -> session session.rs  the one-use link, the cookie, form tokens, what is kept between a POST and its GET
//!  -> desk    desk.rs     finds the page's function, calls it on a thread that may wait, turns what it gives into a response
//!  -> page    pages/      one file a page (or a folder): asks the account, writes HTML out of parts/
//! ```
//! `layout.rs` is what stands around every page, `events.rs` tells an open page that something has changed, `assets/` has the one
//! style sheet and the one script, `lesson.rs` is the coach beside the pages. Without JavaScript everything works; a reload shows
//! what is new.
//!
//! # To add a page
//!
//! 1. Write `pages/<name>.rs` after `pages/key_pairs/`, the pattern. Its functions are
//!    `fn(&Visit, &Form) -> Result<Outcome, Refusal>`: one shows (its form is empty), one takes what is posted. Both may
//!    wait. They ask with `visit.ask(&Ask::new("DescribeKeyPairs"))?`, and read the answer into a small
//!    `Deserialize` structure with just the members that they need, named as the AWS CLI prints them.
//! 2. List its paths in `pages::ROUTES`, and its entry in `pages::NAVIGATION`.
//! 3. A form is posted to the path that shows it. After a change: `Go::to(path).saying(Notice::done(...))`, never a page. A
//!    refusal goes out with `?`: the desk keeps what was typed, goes back to the form, and the parts show the API's
//!    sentence at the field whose `name` it speaks of. So name the fields as the API's parameters are named on the wire
//!    (`KeyName`, `IpPermissions.1.FromPort`); where a sentence names none, a line in `form::FIELDS_OF_CODES` says where it belongs.
//! 4. Put what may change by itself into an element with an `id` and `data-live` (`parts::table` has both): the script replaces
//!    it when something changed, and reads aloud what is new in an element with `data-says`. What somebody types into stands outside,
//!    or has an `id`, by which focus and value are kept.
//! 5. Every control has a label and an `id`; whatever colour says, a word says too; nothing inline (`style=`, `onclick=`):
//!    the policy forbids it. `maud` escapes what it is given; never use `PreEscaped` on what came from anywhere.

mod account;
mod assets;
mod desk;
mod door;
mod events;
mod form;
mod layout;
mod lesson;
mod pages;
mod parts;
mod server;
mod session;
mod visit;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};

use tokio::task::JoinHandle;

use crate::console::lesson::Lesson;
use crate::console::session::Sessions;
use crate::lab::console_link::Links;
use crate::lab::front::Front;
use crate::lab::server::script::Script;
use crate::lab::simulation::Simulation;

pub use server::Limits;

/// What the page shows, and to whom it belongs.
pub struct Settings {
    /// The accounts.
    pub simulation: Arc<Simulation>,
    /// The faults that calls meet.
    pub script: Arc<Script>,
    /// Whose account is shown.
    pub whose: Whose,
    /// The region that is shown first.
    pub region: String,
    /// The learner's address, as an instance sees it.
    pub my_address: IpAddr,
    /// The port on which instances answer SSH.
    pub ssh_port: u16,
    /// The lab whose lesson is shown beside the account.
    pub lab: Option<Arc<Front>>,
}

/// Whose account is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// The lab's one account, by its access key id.
    Learners(String),
    /// Each access key id has one, and the page can show any: `serve`.
    Anybodys,
}

/// What every request shares.
struct House {
    settings: Settings,
    sessions: Sessions,
    lesson: Option<Lesson>,
    address: SocketAddr,
}

impl House {
    /// A link that opens the page once.
    fn link(&self) -> String {
        let token = self.sessions.mint();
        format!("http://{}{}?token={token}", self.address, desk::OPEN)
    }

    /// Other numbers than before when something has changed: in an account, in the lesson.
    fn stamp(&self) -> String {
        let changes = self.settings.simulation.changes();
        let said = self.lesson.as_ref().map_or(0, Lesson::stamp);
        format!("{changes}-{said}")
    }

    /// The account of a session that has not chosen one.
    fn usual_account(&self) -> String {
        match &self.settings.whose {
            Whose::Learners(key) => key.clone(),
            Whose::Anybodys => {
                let known = self.settings.simulation.account_keys();
                let first = known.into_iter().next();
                first.unwrap_or_else(|| NOBODYS.to_owned())
            }
        }
    }
}

/// The access key id whose account is shown where nobody has one yet.
const NOBODYS: &str = "console";

/// The running page. It ends when this is dropped.
pub struct Console {
    house: Arc<House>,
    task: JoinHandle<()>,
}

impl Console {
    /// Starts it on the runtime that this is called in; port 0 takes a free one. The address is a loopback one.
    pub fn start(address: SocketAddr, settings: Settings, limits: Limits) -> std::io::Result<Self> {
        let listener = server::listen(address)?;
        let house = Arc::new(House {
            lesson: settings.lab.clone().and_then(Lesson::new),
            settings,
            sessions: Sessions::default(),
            address: listener.local_addr()?,
        });
        let task = tokio::spawn(server::serve(listener, desk::router(&house), limits));
        Ok(Self { house, task })
    }

    /// A link that opens it in one browser, once.
    pub fn link(&self) -> String {
        self.house.link()
    }

    /// Gives links to it, for as long as it runs.
    pub fn links(&self) -> Arc<dyn Links> {
        Arc::new(Porter(Arc::downgrade(&self.house)))
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The lab keeps it, and the house keeps the lab: it does not keep the house.
struct Porter(Weak<House>);

impl Links for Porter {
    fn link(&self) -> Option<String> {
        self.0.upgrade().map(|house| house.link())
    }
}
