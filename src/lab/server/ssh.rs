//! The SSH server of every instance: translates russh's callbacks, and does nothing else.
//!
//! Who may come in is [`machine::gate`](crate::machine::gate), what happens inside is
//! [`machine::Session`](crate::machine::Session), and where connections come from is `lab::stage`. One [`Server`] serves
//! all instances, because the limits are shared; each connection brings its own [`Target`].
//!
//! What russh 0.65 leaves to its user is here: the time allowed for a login and the end of a connection from outside
//! (`guard.rs`), the number of connections that have not logged in (`door.rs`), attempts and what counts as proof
//! (`visitor.rs`), sessions and bounded output (`terminal.rs`, `budget.rs`), the `sftp` subsystem (`sftp.rs`), algorithms
//! (`config.rs`). Forwarded connections come out inside the machine (`forward.rs`).

mod budget;
mod config;
mod door;
mod forward;
mod guard;
mod quick_ack;
mod sftp;
mod terminal;
mod visitor;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use russh::server::{Handle, run_stream};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::cloud::Pace;
use crate::course::evidence::{Refusal, What};
use crate::keys::HostKey;
use crate::machine::{Identity, Machine};

use budget::Budget;
use door::{Door, Pass};
use guard::{Guarded, Watch};
use visitor::Visitor;

pub use quick_ack::QuickAck;

/// What the SSH server asks of the simulation.
pub trait Host: Send + Sync + 'static {
    /// The instance's host keys, the preferred one first; none when the instance is gone.
    fn host_keys(&self, target: &Target) -> Vec<HostKey>;

    /// Runs `work` with the machine, its identity and the time (Unix ms). False, and nothing run, when the instance is
    /// gone. What `work` changed is kept by the implementation.
    fn with_machine(
        &self,
        target: &Target,
        work: &mut dyn FnMut(&mut Machine, &Identity, i64),
    ) -> bool;

    /// As [`Host::with_machine`], but what changed may be written later: [`Host::keep`] will be called for it, not at once
    /// after each of many changes. None when the instance is gone, else whether something is to be written.
    fn with_machine_for_now(
        &self,
        target: &Target,
        work: &mut dyn FnMut(&mut Machine, &Identity, i64),
    ) -> Option<bool> {
        self.with_machine(target, work).then_some(false)
    }

    /// Writes what is to be written of a machine, to its end. It may take a while.
    fn keep(&self, _target: &Target) {}

    /// Writes an event down.
    fn record(&self, what: What);

    /// A number for a new connection, never given before.
    fn next_session(&self) -> u64;
}

/// The instance that a connection is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// The account's key in the simulation.
    pub account: String,
    /// Its region.
    pub region: String,
    /// `i-0…`.
    pub instance: String,
    /// The address as connected to.
    pub address: String,
}

/// Limits and waits. The defaults are sshd's, but for `half_open`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Time for a login, sshd's `LoginGraceTime`.
    pub login_grace: Duration,
    /// Failed attempts after which the connection is ended, sshd's `MaxAuthTries`.
    pub attempts: u32,
    /// Connections that have not logged in, over all instances. One more, and the oldest of them is closed: a flood of
    /// silent ones (sshd's `MaxStartups` drops newcomers) does not keep the learner out.
    pub half_open: usize,
    /// Sessions of one connection, sshd's `MaxSessions`.
    pub sessions: usize,
    /// How long root's sentence stays, cloud-init's `sleep 10`.
    pub root_wait: Duration,
    /// Connections in all; one more is closed at once.
    pub connections: usize,
    /// Sessions of one machine, over all connections.
    pub machine_sessions: usize,
    /// Forwarded connections of one connection.
    pub forwards: usize,
    /// Bytes that wait for clients and for commands, over all channels. A channel that would need more is closed.
    pub memory: usize,
    /// How often a silent client is asked whether it is still there, sshd's `ClientAliveInterval`; the family's own without.
    pub client_alive: Option<Duration>,
    /// Whether a post-quantum key exchange is offered. Current clients warn without one, as they do on real Amazon Linux
    /// 2023 (ssh-failures.md 1.17).
    pub post_quantum: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            login_grace: Duration::from_secs(120),
            attempts: 6,
            half_open: 256,
            sessions: 10,
            root_wait: Duration::from_secs(10),
            connections: 4096,
            machine_sessions: 1024,
            forwards: 64,
            memory: 256 * 1024 * 1024,
            client_alive: None,
            post_quantum: true,
        }
    }
}

impl Settings {
    /// The defaults, with waits that fit the pace.
    pub fn at(pace: Pace) -> Self {
        let root_wait = match pace {
            Pace::Real => Duration::from_secs(10),
            Pace::Fast => Duration::from_secs(1),
            Pace::Instant => Duration::ZERO,
        };
        Self {
            root_wait,
            ..Self::default()
        }
    }
}

/// How a connection went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Ended {
    /// The instance was gone before it began.
    NobodyThere,
    /// The client was no SSH client, or went before it said so.
    NoSsh,
    /// It spoke SSH and never logged in.
    BeforeLogin,
    /// It had logged in.
    AfterLogin,
}

/// The SSH server of all instances.
pub struct Server {
    host: Arc<dyn Host>,
    settings: Settings,
    door: Arc<Door>,
    budget: Arc<Budget>,
}

impl Server {
    /// A server without connections.
    pub fn new(host: Arc<dyn Host>, settings: Settings) -> Self {
        let door = Arc::new(Door::new(settings.half_open, settings.connections));
        let budget = Arc::new(Budget::new(settings.memory, settings.machine_sessions));
        Self {
            host,
            settings,
            door,
            budget,
        }
    }

    /// Serves one connection to its end. `from` is the client's address as the instance sees it. The connection has its
    /// place among the half-open ones when this returns, not when the future is first polled: under a flood the order in
    /// which connections came is what tells an old one from a learner's.
    pub fn serve<S>(
        self: &Arc<Self>,
        stream: S,
        target: Target,
        from: IpAddr,
    ) -> impl Future<Output = Ended> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.enter(stream, target, from, 0)
    }

    /// As [`Server::serve`], for a connection that came through so many others.
    fn enter<S>(
        self: &Arc<Self>,
        stream: S,
        target: Target,
        from: IpAddr,
        depth: u32,
    ) -> impl Future<Output = Ended> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let watch = Arc::new(Watch::new());
        let pass = self.door.enter(target.clone(), Arc::clone(&watch));
        let server = Arc::clone(self);
        async move {
            server
                .talk(stream, target, from, watch, (pass, depth))
                .await
        }
    }

    async fn talk<S>(
        self: Arc<Self>,
        stream: S,
        target: Target,
        from: IpAddr,
        watch: Arc<Watch>,
        (pass, depth): (Pass, u32),
    ) -> Ended
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let keys = self.host.host_keys(&target);
        let mut family = None;
        let here = self.host.with_machine(&target, &mut |machine, _, _| {
            family = Some(machine.family());
        });
        let (true, Some(family), false) = (here, family, keys.is_empty()) else {
            return Ended::NobodyThere;
        };
        let config = Arc::new(config::config(family, &keys, &self.settings));
        let stream = Guarded::new(stream, Arc::clone(&watch), self.settings.login_grace);
        let connection = Arc::new(Connection {
            host: Arc::clone(&self.host),
            settings: self.settings.clone(),
            session: self.host.next_session(),
            target,
            from,
            watch,
            door: Arc::clone(&self.door),
            budget: Arc::clone(&self.budget),
            server: Arc::clone(&self),
            depth,
            forwards: Arc::new(()),
            pass: pass.number(),
            handle: OnceLock::new(),
            announced: AtomicBool::new(false),
        });
        let visitor = Visitor::new(Arc::clone(&connection));
        let Ok(running) = run_stream(config, stream, visitor).await else {
            return Ended::NoSsh;
        };
        connection.handle.get_or_init(|| running.handle());
        connection.announce();
        // A client that goes away in the middle is an error to russh: of no interest but for what sshd would log.
        if let Err(russh::Error::NoCommonAlgo {
            kind: russh::AlgorithmKind::Key,
            theirs,
            ..
        }) = running.await
        {
            let (session, why) = (
                connection.session,
                Refusal::NoCommonHostKey {
                    client_takes: named(&theirs),
                },
            );
            connection.record(What::Refused { session, why });
        }
        drop(pass);
        connection.record(What::Disconnected {
            session: connection.session,
        });
        if connection.watch.is_let_in() {
            Ended::AfterLogin
        } else {
            Ended::BeforeLogin
        }
    }

    /// Ends the connections whose target is chosen, as a machine that goes down does.
    pub fn hang_up(&self, chosen: impl Fn(&Target) -> bool) {
        self.door.hang_up(chosen);
    }

    /// Connections now: those that have not logged in, and all.
    pub fn connections(&self) -> (usize, usize) {
        self.door.count()
    }
}

/// A few of the names that a client sent, cut short: they are shown and kept.
fn named(names: &[String]) -> Vec<String> {
    const MOST: usize = 8;
    const LONGEST: usize = 64;
    let plain = |name: &String| {
        name.chars()
            .filter(char::is_ascii_graphic)
            .take(LONGEST)
            .collect()
    };
    names.iter().take(MOST).map(plain).collect()
}

/// What all parts of one connection share.
struct Connection {
    host: Arc<dyn Host>,
    settings: Settings,
    session: u64,
    target: Target,
    from: IpAddr,
    watch: Arc<Watch>,
    door: Arc<Door>,
    budget: Arc<Budget>,
    server: Arc<Server>,
    /// So many connections are around this one.
    depth: u32,
    /// Held once more by each forwarded connection.
    forwards: Arc<()>,
    pass: u64,
    handle: OnceLock<Handle>,
    announced: AtomicBool,
}

impl Connection {
    fn record(&self, what: What) {
        self.host.record(what);
    }

    /// Records the connection, once.
    fn announce(&self) {
        if !self.announced.swap(true, Ordering::Relaxed) {
            self.record(What::Connected {
                session: self.session,
                instance: self.target.instance.clone(),
                address: self.target.address.clone(),
                client: self.watch.client(),
            });
        }
    }

    /// A place for a forwarded connection, while there are any.
    fn forward(&self) -> Option<Arc<()>> {
        let more = Arc::strong_count(&self.forwards) <= self.settings.forwards;
        more.then(|| Arc::clone(&self.forwards))
    }

    fn let_in(&self) {
        self.watch.let_in();
        self.door.let_in(self.pass);
    }
}
