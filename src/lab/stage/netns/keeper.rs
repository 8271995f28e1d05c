//! The keeper: a small process that is inside a lab's namespaces for as long as the lab is open, and does there what the
//! engine asks.
//!
//! It is this program under another name, started afresh because a process that has threads cannot make a user namespace. It ends when
//! the engine does, however that ends, for its socket closes then; what is still running inside is hung up on, and with the
//! last process the namespaces are gone.

#![expect(
    clippy::disallowed_methods,
    reason = "writes the files of the kernel by which namespaces are set up, and makes mount points"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use nix::sched::CloneFlags;
use rustix::process::{Pid, Signal};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::message::{self, Door, Failed, Plan, Reply, Request};
use super::mounts::Mounts;
use super::names;
use super::ping;
use super::routing::Routing;
use super::tap;

/// The queue of a listener.
const BACKLOG: i32 = 128;
/// How long what still runs inside may take after it was hung up on.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether it has gone.
const LOOK: Duration = Duration::from_millis(5);

/// Keeps, until the engine ends. Its socket is standard input.
pub fn run() -> ExitCode {
    let stdin = io::stdin();
    let socket = stdin.as_fd();
    // Ctrl-C and a closed terminal are not for it.
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir("/");
    let Ok(Some((Request::SetUp(plan), _))) = message::receive(socket) else {
        return ExitCode::from(2);
    };
    let (mut keeper, notes) = match Keeper::set_up(plan) {
        Ok(ready) => ready,
        Err(failed) => {
            drop(message::send(socket, &Reply::Failed(failed), None));
            return ExitCode::from(3);
        }
    };
    if message::send(socket, &Reply::Done(notes), None).is_ok() {
        keeper.serve(socket);
    }
    hang_up_on_everybody();
    keeper.mounts.remove_what_was_made();
    ExitCode::SUCCESS
}

/// What the keeper keeps.
struct Keeper {
    plan: Plan,
    routing: Routing,
    mounts: Mounts,
    /// Whether there are rules before the local addresses.
    rules: bool,
    placed: BTreeMap<Ipv4Addr, BTreeSet<Door>>,
}

impl Keeper {
    /// Makes the namespaces, and what is in them. Returns what could not be had and is not needed.
    fn set_up(plan: Plan) -> Result<(Self, Vec<String>), Failed> {
        let mut notes = Vec::new();
        let (uid, gid) = (rustix::process::getuid(), rustix::process::getgid());
        let kinds = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
        nix::sched::unshare(kinds)
            .map_err(io::Error::from)
            .map_err(step("a user namespace"))?;
        // One's own number stays one's own, so that the home folder, the prompt and the owners of files are right.
        write("/proc/self/setgroups", "deny").map_err(step("the groups of a user namespace"))?;
        write("/proc/self/uid_map", &format!("{uid} {uid} 1"))
            .map_err(step("the user of a user namespace"))?;
        write("/proc/self/gid_map", &format!("{gid} {gid} 1"))
            .map_err(step("the group of a user namespace"))?;

        let mut routing = Routing::open().map_err(step("the kernel's routing"))?;
        let network = step("a network of its own");
        routing.bring_up_the_loopback().map_err(&network)?;
        routing.add_address(plan.my_address).map_err(&network)?;
        let everything = Ipv4Net::default();
        let private = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, 0, 0), 16);
        for net in [plan.instances, private, everything] {
            routing
                .add_silence(net, plan.my_address)
                .map_err(&network)?;
        }
        let rules = routing.add_rules(plan.instances);
        if let Err(why) = &rules {
            notes.push(format!(
                "a port that no security group admits is refused here instead of silent ({why})"
            ));
        }
        let retries = plan.syn_retries.to_string();
        let range = format!("{gid} {gid}");
        for (name, value, without) in [
            ("ip_unprivileged_port_start", "0", ""),
            ("ping_group_range", &range, "ping does not work here"),
            (
                "tcp_syn_retries",
                &retries,
                "a connection that nobody answers takes two minutes to time out here",
            ),
            // Kernels from 6.5 try some more times first.
            ("tcp_syn_linear_timeouts", "0", ""),
        ] {
            let written = write(&format!("/proc/sys/net/ipv4/{name}"), value);
            if let Err(why) = written
                && !without.is_empty()
            {
                notes.push(format!("{without} ({why})"));
            }
        }
        let mut mounts = Mounts::default();
        if let Err(failed) = mounts.bind(&plan.binds, &mut notes) {
            mounts.remove_what_was_made();
            return Err(failed);
        }
        let keeper = Self {
            plan,
            routing,
            mounts,
            rules: rules.is_ok(),
            placed: BTreeMap::new(),
        };
        Ok((keeper, notes))
    }

    /// Answers until the engine has ended.
    fn serve(&mut self, socket: impl AsFd) {
        while let Ok(Some((request, _))) = message::receive::<Request>(&socket) {
            let done = match request {
                Request::SetUp(_) => Err(Failed::at("a second start", &io::Error::other("no"))),
                Request::Place(address, doors) => self
                    .place(address, doors.into_iter().collect())
                    .map(|()| None)
                    .map_err(step(format!("the address {address}"))),
                Request::Remove(address) => self
                    .remove(address)
                    .map(|()| None)
                    .map_err(step(format!("the address {address}"))),
                Request::Listen(at) => listen(at).map(Some).map_err(step(at.to_string())),
                Request::Connect(at) => connect(at).map(Some).map_err(step(at.to_string())),
                Request::Names => names::open().map(Some).map_err(step("names")),
                Request::Ping => ping().map(Some).map_err(step("pings")),
                Request::Tap => tap::open().map(Some).map_err(step("attempts to connect")),
            };
            let sent = match done {
                Ok(descriptor) => {
                    let descriptor = descriptor.as_ref().map(AsFd::as_fd);
                    message::send(&socket, &Reply::Done(Vec::new()), descriptor)
                }
                Err(failed) => message::send(&socket, &Reply::Failed(failed), None),
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn place(&mut self, address: Ipv4Addr, doors: BTreeSet<Door>) -> io::Result<()> {
        if !self.placed.contains_key(&address) {
            self.routing.add_instance(address, self.plan.my_address)?;
        }
        let now = self.placed.entry(address).or_default();
        if !self.rules {
            return Ok(());
        }
        // New ones first: a door that only changes its range is never shut.
        for door in doors.difference(now) {
            self.routing.open_door(address, *door)?;
        }
        for door in now.difference(&doors) {
            self.routing.close_door(address, *door)?;
        }
        *now = doors;
        Ok(())
    }

    fn remove(&mut self, address: Ipv4Addr) -> io::Result<()> {
        let Some(doors) = self.placed.remove(&address) else {
            return Ok(());
        };
        for door in doors {
            self.routing.close_door(address, door)?;
        }
        self.routing.remove_instance(address, self.plan.my_address)
    }
}

fn step(name: impl Into<String>) -> impl Fn(io::Error) -> Failed {
    let name = name.into();
    move |why| Failed::at(name.clone(), &why)
}

/// The kernel wants each of its files written in one piece.
fn write(path: &str, text: &str) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    io::Write::write_all(&mut file, text.as_bytes())
}

fn listen(at: SocketAddr) -> io::Result<OwnedFd> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(at))?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn connect(at: SocketAddr) -> io::Result<OwnedFd> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.connect(&SockAddr::from(at))?;
    Ok(socket.into())
}

/// The kernel would answer for every address there is.
fn ping() -> io::Result<OwnedFd> {
    let socket = ping::open()?;
    write("/proc/sys/net/ipv4/icmp_echo_ignore_all", "1")?;
    Ok(socket)
}

/// The lab is closed: whatever still runs inside has no network any more, and must not go on among the learner's own
/// `~/.ssh` and `~/.aws` once the lab's are taken away.
fn hang_up_on_everybody() {
    let Ok(mine) = std::fs::read_link("/proc/self/ns/net") else {
        return;
    };
    let me = rustix::process::getpid();
    let others = || -> Vec<Pid> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
            .filter(|pid| *pid != me)
            .filter(|pid| {
                let link = format!("/proc/{}/ns/net", pid.as_raw_nonzero());
                std::fs::read_link(link).is_ok_and(|theirs| theirs == mine)
            })
            .collect()
    };
    let deadline = Instant::now() + PATIENCE;
    let mut told = BTreeSet::new();
    loop {
        let left = others();
        if left.is_empty() {
            return;
        }
        let is_late = Instant::now() > deadline;
        for pid in left {
            let signals: &[Signal] = if is_late {
                &[Signal::KILL]
            } else if told.insert(pid.as_raw_nonzero()) {
                &[Signal::HUP, Signal::CONT]
            } else {
                &[]
            };
            for signal in signals {
                // It may have gone by itself.
                let _ = rustix::process::kill_process(pid, *signal);
            }
        }
        std::thread::park_timeout(LOOK);
    }
}

/// The words under which a keeper is started.
pub(super) fn name() -> OsString {
    crate::lab::multicall::KEEPER.into()
}
