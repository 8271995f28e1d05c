//! What the tests of this room share: a known machine, and sessions that read like a terminal.

use std::net::{IpAddr, Ipv4Addr};

use super::{Family, Identity, Machine, Output, Session, Size, Then};

/// The launch key, without its comment.
pub(crate) const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0Xy1v6N0xUoQ0k3S9sF1c0Yk0u4d6kq1Jb3WvXw2Lk";
/// 2026-11-24 10:00:00 UTC, in Unix milliseconds.
pub(crate) const NOON: i64 = 1_795_514_400_000;
/// Where the learner's connections come from.
pub(crate) const HOME: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));

/// A running instance of this family.
pub(crate) fn identity(family: Family) -> Identity {
    Identity {
        instance_id: "i-0123456789abcdef0".into(),
        family,
        region: "us-east-1".into(),
        availability_zone: "us-east-1a".into(),
        instance_type: "t3.micro".into(),
        image_id: "ami-0abcdef0123456789".into(),
        private_address: Ipv4Addr::new(172, 31, 5, 9),
        public_address: Some(Ipv4Addr::new(203, 0, 113, 25)),
        private_name: "ip-172-31-5-9.ec2.internal".into(),
        host_name: "ip-172-31-5-9.ec2.internal".into(),
        public_name: Some("ec2-203-0-113-25.compute-1.amazonaws.com".into()),
        key_name: Some("testkeypair".into()),
        public_key: Some(format!("{KEY} testkeypair")),
        host_keys: vec!["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILhost".into()],
        user_data: None,
        metadata_enabled: true,
        metadata_needs_token: true,
        security_groups: vec!["ssh-from-home".into()],
        booted_at: NOON - 600_000,
        account_id: "123456789012".into(),
        mac: "0a:ff:c0:00:05:09".into(),
        reservation_id: "r-0123456789abcdef0".into(),
        ami_launch_index: 0,
        pushed_keys: Vec::new(),
    }
}

/// A machine and one session on it; time moves only when told.
pub(crate) struct Bench {
    pub(crate) machine: Machine,
    pub(crate) id: Identity,
    pub(crate) now: i64,
    pub(crate) session: Session,
    pub(crate) then: Then,
    pub(crate) ran: Vec<(String, u32)>,
    /// What the terminal has shown since the last call, without carriage returns.
    pub(crate) screen: String,
    pub(crate) errors: String,
}

impl Bench {
    /// A session of the family's user on a new machine, with a terminal or without.
    pub(crate) fn new(family: Family, terminal: bool) -> Self {
        let id = identity(family);
        Self::on(Machine::first_boot(&id), id, terminal)
    }

    /// A session on this machine.
    pub(crate) fn on(mut machine: Machine, id: Identity, terminal: bool) -> Self {
        let size = terminal.then_some(Size {
            columns: 80,
            rows: 24,
        });
        let session = Session::login(&mut machine, &id, id.family.login_user(), HOME, NOON, size);
        Self {
            machine,
            id,
            now: NOON,
            session,
            then: Then::ReadMore,
            ran: Vec::new(),
            screen: String::new(),
            errors: String::new(),
        }
    }

    pub(crate) fn take(&mut self, output: Output) {
        self.screen
            .push_str(&String::from_utf8_lossy(&output.stdout).replace('\r', ""));
        self.errors
            .push_str(&String::from_utf8_lossy(&output.stderr));
        self.then = output.then;
        self.ran
            .extend(output.ran.into_iter().map(|ran| (ran.line, ran.status)));
    }

    pub(crate) fn start(&mut self) -> String {
        let output = self
            .session
            .start_shell(&mut self.machine, &self.id, self.now);
        self.take(output);
        std::mem::take(&mut self.screen)
    }

    /// Types these bytes; answers what the screen shows for them.
    pub(crate) fn keys(&mut self, bytes: &[u8]) -> String {
        let output = self
            .session
            .input(&mut self.machine, &self.id, self.now, bytes);
        self.take(output);
        std::mem::take(&mut self.screen)
    }

    /// Lets time pass until the session wants to wake, and wakes it.
    pub(crate) fn wake(&mut self) -> String {
        if let Then::WakeAt(at) = self.then {
            self.now = at;
        }
        let output = self.session.wake(&mut self.machine, &self.id, self.now);
        self.take(output);
        std::mem::take(&mut self.screen)
    }
}

/// A whole terminal session: what the screen shows after these lines were typed (banner and first prompt left out).
pub(crate) fn terminal(family: Family, lines: &str) -> String {
    let mut bench = Bench::new(family, true);
    let greeting = bench.start();
    let prompt = greeting.lines().last().unwrap_or_default().to_owned();
    let mut screen = prompt;
    for line in lines.lines() {
        screen.push_str(&bench.keys(line.as_bytes()));
        screen.push_str(&bench.keys(b"\r"));
    }
    screen
}

/// One `ssh host command`: standard output, standard error and exit status (`None` when it still waits).
pub(crate) fn exec(family: Family, line: &str) -> (String, String, Option<u32>) {
    let mut bench = Bench::new(family, false);
    let output = bench
        .session
        .exec(&mut bench.machine, &bench.id, bench.now, line);
    bench.take(output);
    let status = match bench.then {
        Then::Exit(status) => Some(status),
        Then::ReadMore | Then::WakeAt(_) | Then::Killed(_) => None,
    };
    (bench.screen, bench.errors, status)
}

/// What `ssh host command` prints on AL2023, both streams after one another, and a last line with its status.
pub(crate) fn run(line: &str) -> String {
    let (out, err, status) = exec(Family::Al2023, line);
    format!(
        "{out}{err}{}",
        status.map_or_else(|| "waits".into(), |status| status.to_string())
    )
}
