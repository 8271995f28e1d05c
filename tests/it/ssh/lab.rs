//! One machine on a loopback address of its own, and an OpenSSH client that touches nothing of the user's.

use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use groundschool::course::evidence::What;
use groundschool::keys::{HostKey, HostKeyType, KeyType, PrivateKey};
use groundschool::lab::server::ssh::{Host, Server, Settings, Target};
use groundschool::lab::stage::{Admits, Listening, LoopbackStage, Place, Stage};
use groundschool::machine::{Family, Identity, Machine};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Longest wait for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// The name of the threads that serve.
pub(super) const SERVER_THREAD: &str = "ssh-server";

/// A simulation of one instance.
pub(super) struct OneMachine {
    machine: Mutex<Machine>,
    identity: Identity,
    host_keys: Vec<HostKey>,
    gone: AtomicBool,
    sessions: AtomicU64,
    events: Mutex<Vec<What>>,
    happened: Condvar,
}

impl OneMachine {
    /// `SHA256:…` of the host key that clients prefer.
    pub(super) fn fingerprint(&self) -> String {
        self.host_keys[0].sha256()
    }
}

impl Host for OneMachine {
    fn host_keys(&self, _: &Target) -> Vec<HostKey> {
        self.host_keys.clone()
    }

    fn with_machine(&self, _: &Target, work: &mut dyn FnMut(&mut Machine, &Identity, i64)) -> bool {
        if self.gone.load(Ordering::Relaxed) {
            return false;
        }
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_millis();
        let mut machine = self.machine.lock().unwrap();
        machine.stir(rand::random());
        work(&mut machine, &self.identity, i64::try_from(now).unwrap());
        true
    }

    fn record(&self, what: What) {
        self.events.lock().unwrap().push(what);
        self.happened.notify_all();
    }

    fn next_session(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Waits for something, as long as patience lasts.
#[track_caller]
pub(super) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// A client that is talked with.
pub(super) struct Talk {
    pub(super) child: Child,
    input: Option<ChildStdin>,
    output: Receiver<u8>,
}

impl Talk {
    /// `ssh -i key.pem MORE… ec2-user@ADDRESS`
    pub(super) fn new(lab: &Lab, more: &[&str]) -> Self {
        let user = lab.as_user("ec2-user");
        Self::with(lab.client(&[&["-i", "key.pem"], more, &[&user]].concat()))
    }

    pub(super) fn with(mut ssh: Command) -> Self {
        let mut child = ssh
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (input, mut stdout) = (child.stdin.take(), child.stdout.take().unwrap());
        // Without room: what nobody has asked for stays with the client.
        let (bytes, output) = sync_channel(0);
        std::thread::spawn(move || {
            let mut byte = [0];
            while matches!(stdout.read(&mut byte), Ok(1)) && bytes.send(byte[0]).is_ok() {}
        });
        Self {
            child,
            input,
            output,
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(text.as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Reads until these words have come; all that came.
    #[track_caller]
    pub(super) fn read_up_to(&mut self, end: &str) -> String {
        let mut seen = Vec::new();
        while !seen.ends_with(end.as_bytes()) {
            match self.output.recv_timeout(PATIENCE) {
                Ok(byte) => seen.push(byte),
                Err(why) => panic!("{why} before {end:?}: {}", String::from_utf8_lossy(&seen)),
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    }

    /// Ends its input and waits for its end; its status.
    pub(super) fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        while self.output.recv_timeout(PATIENCE).is_ok() {}
        self.child.wait().unwrap().code()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the client said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) stdout: String,
    /// Carriage returns left out: ssh ends its own lines with them.
    pub(super) stderr: String,
    pub(super) status: Option<i32>,
    pub(super) took: Duration,
}

/// The machine, its server and its stage.
pub(super) struct Lab {
    pub(super) address: String,
    pub(super) host: Arc<OneMachine>,
    pub(super) server: Arc<Server>,
    pub(super) target: Target,
    pub(super) folder: TempDir,
    pub(super) key: PrivateKey,
    pub(super) stage: LoopbackStage,
    // Last, so that it goes last.
    pub(super) runtime: Runtime,
}

static NEXT: AtomicU8 = AtomicU8::new(1);

/// As a launch makes them.
fn host_keys(family: Family) -> Vec<HostKey> {
    let mut keys: Vec<HostKey> = [HostKeyType::Ed25519, HostKeyType::EcdsaP256]
        .map(|kind| HostKey::generate(kind, &mut rand::rng()).unwrap())
        .into();
    if family != Family::Al2023 {
        let rsa = PrivateKey::generate(KeyType::Rsa, &mut rand::rng()).unwrap();
        keys.push(HostKey::from_rsa(&rsa).unwrap());
    }
    keys
}

impl Lab {
    /// An open Amazon Linux 2023 machine whose key `key.pem` is in the folder.
    pub(super) fn open() -> Self {
        Self::new(Family::Al2023, KeyType::Ed25519, Settings::default())
    }

    pub(super) fn new(family: Family, key_type: KeyType, settings: Settings) -> Self {
        let address = Ipv4Addr::new(127, 90, 0, NEXT.fetch_add(1, Ordering::Relaxed));
        let key = PrivateKey::generate(key_type, &mut rand::rng()).unwrap();
        let identity = Identity {
            instance_id: "i-0123456789abcdef0".into(),
            family,
            region: "us-east-1".into(),
            availability_zone: "us-east-1a".into(),
            instance_type: "t3.micro".into(),
            image_id: "ami-0123456789abcdef0".into(),
            private_address: Ipv4Addr::new(172, 31, 5, 9),
            public_address: Some(address),
            private_name: "ip-172-31-5-9.ec2.internal".into(),
            host_name: "ip-172-31-5-9.ec2.internal".into(),
            public_name: None,
            key_name: Some("key".into()),
            public_key: Some(key.public().openssh("key")),
            host_keys: Vec::new(),
            user_data: None,
            metadata_enabled: true,
            metadata_needs_token: true,
            security_groups: vec!["default".into()],
            booted_at: 1_700_000_000_000,
            account_id: "111122223333".into(),
            mac: "0a:00:00:00:00:01".into(),
            reservation_id: "r-0123456789abcdef0".into(),
            ami_launch_index: 0,
            pushed_keys: Vec::new(),
        };
        let host = Arc::new(OneMachine {
            machine: Mutex::new(Machine::first_boot(&identity)),
            identity,
            host_keys: host_keys(family),
            gone: AtomicBool::new(false),
            sessions: AtomicU64::new(0),
            events: Mutex::default(),
            happened: Condvar::new(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(SERVER_THREAD)
            .enable_all()
            .build()
            .unwrap();
        let server = Arc::new(Server::new(Arc::clone(&host) as Arc<dyn Host>, settings));
        let learner: IpAddr = "198.51.100.7".parse().unwrap();
        let stage =
            LoopbackStage::new(Arc::clone(&server), 0, learner, runtime.handle().clone()).unwrap();
        let target = Target {
            account: "a".into(),
            region: "us-east-1".into(),
            instance: host.identity.instance_id.clone(),
            address: address.to_string(),
        };
        let folder = TempDir::new().unwrap();
        let mut lab = Self {
            address: address.to_string(),
            host,
            server,
            target,
            folder,
            key,
            stage,
            runtime,
        };
        let pem = lab.key.pem().to_owned();
        lab.file("key.pem", &pem, 0o400);
        lab.listen(Listening::Open);
        lab
    }

    pub(super) fn listen(&mut self, listening: Listening) {
        let address = self.address.parse().unwrap();
        self.stage
            .apply(&[Place {
                address,
                target: self.target.clone(),
                listening,
                admits: Admits::default(),
            }])
            .unwrap();
    }

    pub(super) fn at(&self) -> SocketAddr {
        SocketAddr::new(self.address.parse().unwrap(), self.stage.port())
    }

    /// A raw connection.
    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect_timeout(&self.at(), PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub(super) fn file(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.folder.path().join(name);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    /// A private key that opens nothing, in a file.
    pub(super) fn stranger(&self, name: &str) -> String {
        let key = PrivateKey::generate(KeyType::Ed25519, &mut rand::rng()).unwrap();
        self.file(name, key.pem(), 0o600);
        key.public().sha256()
    }

    /// An instance that is terminated.
    pub(super) fn terminate(&self) {
        self.host.gone.store(true, Ordering::Relaxed);
    }

    /// `ssh` without the user's configuration, agent and known hosts.
    pub(super) fn client(&self, args: &[&str]) -> Command {
        self.tool("ssh", "-p", args)
    }

    /// `scp` or `sftp`, without the user's configuration too; `key.pem` is its key.
    pub(super) fn copying(&self, tool: &str, args: &[&str]) -> Command {
        self.tool(tool, "-P", &[&["-i", "key.pem"], args].concat())
    }

    fn tool(&self, name: &str, port: &str, args: &[&str]) -> Command {
        let mut ssh = Command::new(name);
        ssh.current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        ssh.env("TERM", "xterm")
            .args(["-F", "none", port, &self.stage.port().to_string()]);
        for option in [
            "UserKnownHostsFile=known_hosts",
            "GlobalKnownHostsFile=/dev/null",
            "IdentityAgent=none",
            "StrictHostKeyChecking=accept-new",
            "LogLevel=ERROR",
        ] {
            // Given last they lose to a test's own: ssh takes the first value.
            if !args.iter().any(|arg| {
                option
                    .split('=')
                    .next()
                    .is_some_and(|name| arg.starts_with(name))
            }) {
                ssh.args(["-o", option]);
            }
        }
        ssh.args(args);
        ssh
    }

    /// Runs `ssh` with this on its standard input.
    pub(super) fn ssh_with(&self, args: &[&str], input: &[u8]) -> Said {
        Self::run(self.client(args), input)
    }

    /// Runs a client with this on its standard input.
    pub(super) fn run(mut client: Command, input: &[u8]) -> Said {
        let began = Instant::now();
        let mut child = client
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A client that ends early leaves a broken pipe.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Said {
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap().replace('\r', ""),
            status: status.code(),
            took: began.elapsed(),
        }
    }

    pub(super) fn ssh(&self, args: &[&str]) -> Said {
        self.ssh_with(args, b"")
    }

    /// `ssh -i key.pem ec2-user@ADDRESS …`
    pub(super) fn login(&self, more: &[&str]) -> Said {
        self.ssh(&[&["-i", "key.pem", self.as_user("ec2-user").as_str()], more].concat())
    }

    pub(super) fn as_user(&self, user: &str) -> String {
        format!("{user}@{}", self.address)
    }

    /// All events up to the end of this many connections.
    pub(super) fn events_until_ended(&self, connections: usize) -> Vec<What> {
        let ended = |events: &mut Vec<What>| {
            events
                .iter()
                .filter(|what| matches!(what, What::Disconnected { .. }))
                .count()
                < connections
        };
        let events = self.host.events.lock().unwrap();
        let (events, late) = self
            .host
            .happened
            .wait_timeout_while(events, PATIENCE, ended)
            .unwrap();
        assert!(
            !late.timed_out(),
            "{connections} connections did not end: {events:#?}"
        );
        events.clone()
    }
}
