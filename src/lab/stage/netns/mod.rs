//! The netns stage: a network that is really there, for one lab, without privileges.
//!
//! The lab's shell runs in a user, a network and a mount namespace of its own. An instance's address is an address there, port 22 is
//! port 22, and every tool works as it is: nothing stands on the PATH before the real `ssh`. Whoever is not there does
//! not answer, and nothing outside can be reached. The lab's own files lie over `~/.ssh` and `~/.aws`.
//!
//! The engine is not in there. It has threads, may have several labs, and will serve a browser; a socket, on the other hand, belongs
//! to the network in which it was made, wherever it is used. So a small process, the `keeper`, makes the namespaces,
//! keeps them, and hands the sockets out: listeners to the engine's servers. Programs of the learner's [`join()`] by
//! themselves. What may reach which port of an instance is decided by the kernel (see `routing`); whoever is inside
//! when a group closes stays inside, because then the listener alone drops what is new. Attempts that nobody answers are
//! seen by a `tap`.
//!
//! Starting the keeper is the probe: where it fails, it says at which step, and the shim stage takes over. Filters are
//! attached to the listeners by the engine itself: the namespace is its own child's, so that the kernel lets it.

#![expect(
    clippy::disallowed_methods,
    reason = "writes the files of the namespace, and looks what there is to cover"
)]

mod client;
mod files;
mod join;
pub(in crate::lab) mod keeper;
mod message;
mod mounts;
mod names;
mod ping;
mod routing;
mod tap;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::Ipv4Net;
use socket2::SockRef;
use tokio::runtime::Handle;

use self::client::Keeper;
use self::message::{Bind, Door, Plan, Request};
use self::tap::Tap;
use super::listener::{From, Listener};
use super::{CatchUp, Listening, Place, Refused, Stage, StageError};
use crate::lab::server::network::Network;
use crate::lab::server::ssh::Server;
use crate::lab::workspace::Layout;

pub use self::join::join;

/// SSH's port.
const SSH: u16 = 22;
/// `tcp_syn_retries`: a connection that nobody answers ends after 7 seconds.
const SYN_RETRIES: u8 = 2;
/// The same at instant pace: 3 seconds, the least that Linux has.
const FEW_SYN_RETRIES: u8 = 1;

/// What the stage is set up from.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    /// This program's own file.
    pub program: &'a Path,
    /// The lab.
    pub layout: &'a Layout,
    /// The learner's home folders: the one of the list of users, and `$HOME`.
    pub homes: Vec<PathBuf>,
    /// What an instance sees of the learner.
    pub my_address: Ipv4Addr,
    /// Where instances' addresses are from.
    pub instances: Ipv4Net,
    /// Whether silence is to be short.
    pub instant: bool,
}

/// A network that was made for a try.
#[derive(Debug)]
pub struct Trial(Keeper);

impl Trial {
    /// What could not be had and is not needed, in words.
    pub fn notes(&self) -> &[String] {
        self.0.notes()
    }
}

/// A lab's network.
pub struct Netns {
    // First: the listeners are gone before the network is.
    places: BTreeMap<Ipv4Addr, Option<Listener>>,
    pinged: ping::Answering,
    tap: Option<Arc<Tap>>,
    keeper: Arc<Keeper>,
    hosts: PathBuf,
    computer: String,
    names: Vec<(Ipv4Addr, String)>,
    server: Arc<Server>,
    runtime: Handle,
}

impl Netns {
    /// Makes the namespaces. `tried` is called for each attempt to open a TCP connection there; `runtime` runs the connections.
    pub fn start(
        ground: &Ground<'_>,
        server: Arc<Server>,
        runtime: Handle,
        tried: impl Fn(Ipv4Addr, u16) + Send + Sync + 'static,
    ) -> Result<Self, Refused> {
        let hosts = ground.layout.netns().join("hosts");
        let computer = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let computer = computer.trim().to_owned();
        let plan = plan(ground, &computer)?;
        let keeper = Keeper::start(ground.program, plan)?;
        try_a_filter(&keeper).map_err(|source| Refused::Step {
            step: "filters on sockets".to_owned(),
            source,
        })?;
        // Without it a lab works, and says less.
        let tap = {
            let _within = runtime.enter();
            keeper.tap().and_then(|socket| Tap::new(socket, tried))
        };
        let tap = tap.ok().map(Arc::new);
        if let Some(tap) = &tap {
            runtime.spawn(Arc::clone(tap).watch());
        }
        // Without it an unknown name is a failure of the resolver, which is nearly the same.
        if let Ok(socket) = keeper.names() {
            runtime.spawn(async move {
                drop(names::answer(socket).await);
            });
        }
        let pinged = ping::Answering::new(ground.my_address);
        if let Ok(socket) = keeper.ping() {
            let pinged = pinged.clone();
            runtime.spawn(async move {
                drop(ping::answer(socket, pinged).await);
            });
        }
        Ok(Self {
            pinged,
            tap,
            places: BTreeMap::new(),
            keeper: Arc::new(keeper),
            hosts,
            computer,
            names: Vec::new(),
            server,
            runtime,
        })
    }

    /// Whether a lab's network could be made here: makes one, which is gone when what is returned is dropped.
    pub fn probe(ground: &Ground<'_>) -> Result<Trial, Refused> {
        let keeper = Keeper::start(ground.program, plan(ground, "localhost")?)?;
        try_a_filter(&keeper).map_err(|source| Refused::Step {
            step: "filters on sockets".to_owned(),
            source,
        })?;
        Ok(Trial(keeper))
    }

    fn put(&mut self, place: &Place) -> io::Result<()> {
        let address = place.address;
        let was_there = self.places.contains_key(&address);
        let known = self.places.remove(&address).flatten();
        // One of another instance goes first: the address is the same.
        let known = known.filter(|listener| *listener.target() == place.target);
        let listener = match (known, place.listening) {
            (Some(listener), Listening::Open) => {
                listener.open()?;
                Some(listener)
            }
            (Some(listener), Listening::Dropped) => {
                // Its connections live on, so its door stays.
                listener.close()?;
                Some(listener)
            }
            (None, Listening::Open) => {
                if !was_there {
                    // The address must be there to listen on, and nobody is to be refused meanwhile.
                    self.keeper.ask(&Request::Place(address, Vec::new()))?;
                }
                let at = SocketAddr::from((address, SSH));
                let socket = self.keeper.listen(at)?;
                let started = Listener::start(
                    socket,
                    false,
                    place.target.clone(),
                    From::Peer,
                    &self.server,
                    (&self.runtime, None),
                );
                Some(started?)
            }
            (_, Listening::Refused) => None,
            (None, Listening::Dropped) => {
                self.keeper.ask(&Request::Remove(address))?;
                return Ok(());
            }
        };
        self.open_doors(place, listener.is_some())?;
        self.places.insert(address, listener);
        Ok(())
    }

    fn open_doors(&self, place: &Place, listens: bool) -> io::Result<()> {
        let ports = &place.admits.tcp;
        let door = |first, last| Door { first, last };
        let mut doors: Vec<Door> = ports
            .iter()
            .map(|range| door(*range.start(), *range.end()))
            .collect();
        if listens && !ports.iter().any(|range| range.contains(&SSH)) {
            doors.push(door(SSH, SSH));
        }
        self.keeper
            .ask(&Request::Place(place.address, doors))
            .map(drop)
    }
}

impl Drop for Netns {
    fn drop(&mut self) {
        // The endpoint's watch has the keeper too, and may be some moments behind.
        self.places.clear();
        self.keeper.end();
    }
}

impl Stage for Netns {
    fn name(&self) -> &'static str {
        "netns"
    }

    fn port(&self) -> u16 {
        SSH
    }

    fn network(&self) -> Option<Arc<dyn Network>> {
        Some(Arc::clone(&self.keeper) as _)
    }

    fn keeper(&self) -> Option<u32> {
        Some(self.keeper.pid())
    }

    fn attempts(&self) -> Option<CatchUp> {
        let tap = Arc::clone(self.tap.as_ref()?);
        Some(Arc::new(move || tap.catch_up()))
    }

    fn notes(&self) -> Vec<String> {
        self.keeper.notes().to_vec()
    }

    fn apply(&mut self, wanted: &[Place]) -> Result<(), StageError> {
        let mut first = Ok(());
        let mut note = |address: Ipv4Addr, done: io::Result<()>| {
            if let (Ok(()), Err(why)) = (&first, done) {
                first = Err(StageError::new(SocketAddrV4::new(address, SSH), why));
            }
        };
        let gone: Vec<Ipv4Addr> = self
            .places
            .keys()
            .filter(|known| wanted.iter().all(|place| place.address != **known))
            .copied()
            .collect();
        for address in gone {
            self.places.remove(&address);
            note(
                address,
                self.keeper.ask(&Request::Remove(address)).map(drop),
            );
        }
        self.pinged.set(
            wanted
                .iter()
                .filter(|place| place.admits.ping)
                .map(|place| place.address),
        );
        for place in wanted {
            let done = self.put(place);
            note(place.address, done);
        }
        first
    }

    fn set_names(&mut self, names: Vec<(Ipv4Addr, String)>) -> io::Result<()> {
        if names == self.names {
            return Ok(());
        }
        // In place: what lies over /etc/hosts is this file, not its name.
        let text = files::hosts(&self.computer, &names);
        let mut file = std::fs::OpenOptions::new().write(true).open(&self.hosts)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        self.names = names;
        Ok(())
    }
}

/// Dropping by anything but a filter would reach into the computer's own network.
fn try_a_filter(keeper: &Keeper) -> io::Result<()> {
    let listener = keeper.listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    SockRef::from(&listener).attach_filter(&[socket2::SockFilter::new(0x06, 0, 0, 0)])
}

/// Writes the files of the namespace and says what goes where.
fn plan(ground: &Ground<'_>, computer: &str) -> Result<Plan, Refused> {
    let layout = ground.layout;
    let folder = layout.netns();
    let empty = folder.join("empty");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Refused::File { path, source }
    };
    std::fs::create_dir_all(&empty).map_err(failed(&empty))?;
    let mut binds = Vec::new();
    let mut cover = |from: PathBuf, onto: &str| {
        if let Ok(onto) = std::fs::canonicalize(onto) {
            binds.push(Bind {
                from,
                onto,
                make: false,
            });
        }
    };
    let nsswitch = std::fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
    for (name, text) in [
        ("hosts", files::hosts(computer, &[])),
        ("resolv.conf", files::RESOLV_CONF.to_owned()),
        ("nsswitch.conf", files::nsswitch(&nsswitch)),
    ] {
        let from = folder.join(name);
        std::fs::write(&from, text).map_err(failed(&from))?;
        cover(from, &format!("/etc/{name}"));
    }
    // ssh refuses included files that belong to nobody, as root's files seem to in here.
    cover(empty.clone(), "/etc/ssh/ssh_config.d");
    // It would answer for the computer's own resolver.
    cover(empty, "/run/nscd");
    let ssh = layout.ssh_config();
    let aws = layout.aws_config();
    for home in &ground.homes {
        for (from, name, make) in [
            (ssh.parent(), ".ssh", true),
            (aws.parent(), ".aws", true),
            (Some(layout.putty().as_path()), ".putty", false),
        ] {
            let (Some(from), Ok(home)) = (from, std::fs::canonicalize(home)) else {
                continue;
            };
            let onto = home.join(name);
            let (onto, make) = match std::fs::canonicalize(&onto) {
                Ok(real) => (real, make),
                Err(_) if make => (onto, make),
                Err(_) => continue,
            };
            binds.push(Bind {
                from: from.to_owned(),
                onto,
                make,
            });
        }
    }
    Ok(Plan {
        my_address: ground.my_address,
        instances: ground.instances,
        syn_retries: if ground.instant {
            FEW_SYN_RETRIES
        } else {
            SYN_RETRIES
        },
        binds,
    })
}
