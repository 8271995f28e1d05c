//! What listens on a machine's ports while it runs. Nothing of it is kept: a machine that starts again has none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use super::disk::Who;
use super::io::lock;

/// Listeners that one machine may have.
const MOST: usize = 64;
/// Lines of a log that wait to be shown.
const LOG: usize = 200;
/// Where Linux begins to hand out ports by itself.
const FREE: u16 = 32_768;

/// Why a port cannot be listened on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortFault {
    InUse,
    /// Below 1024, and not root.
    NotRoot,
}

/// The lines that a server has to say, until its process says them.
pub(crate) type Log = Arc<Mutex<Vec<String>>>;

/// One `python3 -m http.server`.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) pid: u32,
    pub(crate) who: Who,
    pub(crate) user: String,
    /// The command line, as `ps` shows it.
    pub(crate) command: String,
    /// The folder that it serves.
    pub(crate) folder: String,
    pub(crate) log: Log,
    /// The boot in which it was started: the next one knows nothing of it.
    pub(crate) booted_at: i64,
    /// The process in front of a person; it ends with its session. `None`: started with `&`, it stays.
    pub(crate) process: Option<Weak<()>>,
}

impl Listener {
    /// Keeps a line for the process that shows it; one that nobody fetches is lost.
    pub(crate) fn say(&self, line: String) {
        let mut log = lock(&self.log);
        if self.process.is_some() && log.len() < LOG {
            log.push(line);
        }
    }

    fn lives(&self, booted_at: i64) -> bool {
        let held = self
            .process
            .as_ref()
            .is_none_or(|process| process.strong_count() > 0);
        held && self.booted_at == booted_at
    }
}

/// The listeners by port.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ports(BTreeMap<u16, Listener>);

/// What runs is no part of what a machine is: two machines with the same disk are equal.
impl PartialEq for Ports {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Ports {}

impl Ports {
    /// Listens; answers the port, which the machine chooses when 0 was asked for.
    pub(crate) fn listen(&mut self, port: u16, listener: Listener) -> Result<u16, PortFault> {
        let booted_at = listener.booted_at;
        self.0.retain(|_, other| other.lives(booted_at));
        let port = match port {
            0 => (FREE..u16::MAX).find(|port| !self.0.contains_key(port)),
            port => Some(port),
        };
        let Some(port) = port.filter(|port| *port != super::network::SSH) else {
            return Err(PortFault::InUse);
        };
        if port < 1024 && listener.who.uid != 0 {
            return Err(PortFault::NotRoot);
        }
        if self.0.contains_key(&port) || self.0.len() >= MOST {
            return Err(PortFault::InUse);
        }
        self.0.insert(port, listener);
        Ok(port)
    }

    /// Who listens there.
    pub(crate) fn at(&self, port: u16, booted_at: i64) -> Option<&Listener> {
        self.0
            .get(&port)
            .filter(|listener| listener.lives(booted_at))
    }

    /// All that listen, by port.
    pub(crate) fn all(&self, booted_at: i64) -> impl Iterator<Item = (u16, &Listener)> {
        self.0
            .iter()
            .filter(move |(_, listener)| listener.lives(booted_at))
            .map(|(port, listener)| (*port, listener))
    }

    /// The process of that number.
    pub(crate) fn process(&self, pid: u32, booted_at: i64) -> Option<&Listener> {
        self.all(booted_at)
            .map(|(_, listener)| listener)
            .find(|listener| listener.pid == pid)
    }

    /// Ends the process of that number.
    pub(crate) fn end(&mut self, pid: u32) {
        self.0.retain(|_, listener| listener.pid != pid);
    }

    /// The highest process number among them.
    pub(crate) fn last_pid(&self) -> u32 {
        self.0
            .values()
            .map(|listener| listener.pid)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(uid: u32, process: Option<&Arc<()>>) -> Listener {
        Listener {
            pid: 1501,
            who: Who {
                uid,
                gid: uid,
                groups: vec![uid],
            },
            user: "u".into(),
            command: "python3".into(),
            folder: "/".into(),
            log: Log::default(),
            booted_at: 1,
            process: process.map(Arc::downgrade),
        }
    }

    #[test]
    fn a_port_is_taken_until_its_process_ends() {
        let mut ports = Ports::default();
        let process = Arc::new(());
        assert_eq!(ports.listen(8000, listener(1000, Some(&process))), Ok(8000));
        assert_eq!(
            ports.listen(8000, listener(1000, None)),
            Err(PortFault::InUse)
        );
        drop(process);
        assert!(ports.at(8000, 1).is_none());
        assert_eq!(ports.listen(8000, listener(1000, None)), Ok(8000));
    }

    #[test]
    fn low_ports_are_roots_and_22_is_sshds() {
        let mut ports = Ports::default();
        assert_eq!(
            ports.listen(80, listener(1000, None)),
            Err(PortFault::NotRoot)
        );
        assert_eq!(ports.listen(80, listener(0, None)), Ok(80));
        assert_eq!(ports.listen(22, listener(0, None)), Err(PortFault::InUse));
        assert_eq!(ports.listen(0, listener(1000, None)), Ok(FREE));
    }

    #[test]
    fn another_boot_knows_nothing_of_it() {
        let mut ports = Ports::default();
        assert_eq!(ports.listen(8000, listener(1000, None)), Ok(8000));
        assert!(ports.at(8000, 1).is_some() && ports.at(8000, 2).is_none());
        ports.end(1501);
        assert!(ports.at(8000, 1).is_none());
    }
}
