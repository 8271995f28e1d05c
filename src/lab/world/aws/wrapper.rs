//! The `ssh` of a lab on AWS: the learner's own ssh with one option more, LocalCommand, and a look at how it went.
//!
//! Their config, agent, keys and known hosts are used as they are; nothing of them is changed or copied. ssh runs LocalCommand
//! after authentication only, so that is firm proof of a login; where the learner has one of their own it stays, and the exit
//! status has to do. What ssh was told is asked of ssh (`ssh -G`); keys and hosts are asked of ssh-keygen, ssh-add and
//! ssh-keyscan. scp, sftp, and ssh by its full path are not watched.

#![expect(
    clippy::disallowed_methods,
    reason = "stands between the shell and the real ssh"
)]

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

use crate::lab::multicall;
use crate::lab::server::control::Reach;
use crate::lab::server::control::client::Client;
use crate::lab::shell::quote::posix;
use crate::lab::stage::shim::{Options, find_real};
use crate::lab::workspace::{Layout, known_host_fingerprint};
use crate::lab::world::aws::attempt::{Attempt, Identity, Met, SSH_FAILED};

/// How long a connection may take that only looks whether somebody is there.
const GLANCE: Duration = Duration::from_secs(4);
/// How long the engine may take to look at the account.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the learner's ssh, and tells the engine how it went.
pub fn run(layout: &Layout, words: &[OsString]) -> ExitCode {
    let Some(real) = find_real(layout, std::env::var_os("PATH").as_deref(), "ssh") else {
        say("ssh: command not found\n");
        return ExitCode::from(127);
    };
    let options = Options::read(words);
    let settings = (!options.is_a_query && options.destination.is_some())
        .then(|| Settings::ask(&real, words))
        .flatten();
    let Some(settings) = settings else {
        return become_ssh(&real, words);
    };
    let seen = layout.run().join(format!("saw-{}", std::process::id()));
    let mut command = Command::new(&real);
    command.arg0("ssh");
    if !settings.has_a_local_command() {
        let saw = layout.shell().join(multicall::SAW);
        let line = format!("{} {}", posix(&saw), posix(&seen)).replace('%', "%%");
        command.args(["-o", "PermitLocalCommand=yes", "-o"]);
        command.arg(format!("LocalCommand={line}"));
    }
    let status = match command.args(words).spawn().and_then(|child| wait(&child)) {
        Ok(status) => status,
        Err(why) => {
            say(&format!(
                "ssh: {} could not be started: {why}\n",
                real.display()
            ));
            return ExitCode::from(126);
        }
    };
    let local_command_ran = std::fs::remove_file(&seen).is_ok();
    let attempt = settings.attempt(
        layout,
        &real,
        &options,
        i32::from(status),
        local_command_ran,
    );
    tell(layout, &attempt);
    ExitCode::from(status)
}

/// Waits for ssh's end, and returns its status as a shell would put it. When ssh stops (`~^Z`) so does this program, and both go on.
fn wait(child: &std::process::Child) -> io::Result<u8> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidData)?;
    loop {
        let ended = match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) => status,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(why) => return Err(why.into()),
        };
        if ended.stopped() {
            kill_process(getpid(), Signal::STOP)?;
            kill_process(pid, Signal::CONT)?;
            continue;
        }
        let number = ended
            .exit_status()
            .or(ended.terminating_signal().map(|signal| 128 + signal))
            .unwrap_or(1);
        return Ok(u8::try_from(number & 0xff).unwrap_or(1));
    }
}

/// What ssh runs once it is signed in: leaves the mark that the wrapper looks for.
pub fn saw(words: &[String]) -> ExitCode {
    match words.first().map(std::fs::File::create) {
        Some(Ok(_)) => ExitCode::SUCCESS,
        Some(Err(_)) | None => ExitCode::from(3),
    }
}

fn become_ssh(real: &Path, words: &[OsString]) -> ExitCode {
    let why = Command::new(real).arg0("ssh").args(words).exec();
    say(&format!(
        "ssh: {} could not be started: {why}\n",
        real.display()
    ));
    ExitCode::from(126)
}

/// The engine may be gone or slow: ssh's own end must not suffer from it.
fn tell(layout: &Layout, attempt: &Attempt) {
    let Ok(json) = serde_json::to_string(attempt) else {
        return;
    };
    let directory = std::env::current_dir().unwrap_or_default();
    if let Ok(client) = Client::dial(&layout.run(), Some(PATIENCE)) {
        drop(client.word(&directory.to_string_lossy(), 0, false, &["--ssh", &json]));
    }
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(io::Write::write_all(&mut io::stderr(), text.as_bytes()));
}

/// What `ssh -G` prints: every setting that this command line and the learner's config come to.
struct Settings(Vec<(String, String)>);

impl Settings {
    /// None when ssh refuses the line: it says best itself what is wrong.
    fn ask(real: &Path, words: &[OsString]) -> Option<Self> {
        let mut command = Command::new(real);
        command.arg0("ssh").arg("-G").args(words);
        let text = printed(&mut command)?;
        let settings = text.lines().filter_map(|line| {
            let (name, value) = line.split_once(' ')?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        });
        Some(Self(settings.collect()))
    }

    fn all<'a>(&'a self, name: &'static str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    fn one(&self, name: &'static str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    fn list(&self, names: [&'static str; 2]) -> Vec<String> {
        let value = names
            .iter()
            .map(|name| self.one(name))
            .find(|value| !value.is_empty());
        let value = value.unwrap_or_default();
        value.split(',').map(str::to_owned).collect()
    }

    fn has_a_local_command(&self) -> bool {
        !["", "none"].contains(&self.one("localcommand")) && self.one("permitlocalcommand") == "yes"
    }

    /// By way of another host or program: a connection of our own would not go the same way.
    fn is_direct(&self) -> bool {
        let none = |name| ["", "none"].contains(&self.one(name));
        none("proxycommand") && none("proxyjump")
    }

    fn attempt(
        &self,
        layout: &Layout,
        real: &Path,
        options: &Options,
        status: i32,
        local_command_ran: bool,
    ) -> Attempt {
        let host = self.one("hostname").to_owned();
        let port = self.one("port").parse().unwrap_or(22);
        let failed = status == SSH_FAILED && !local_command_ran;
        let met = (failed && self.is_direct() && is_ours(layout, &host, port))
            .then(|| meet(real, &host, port));
        Attempt {
            user: self.one("user").to_owned(),
            identities: self.identities(real),
            only_these: self.one("identitiesonly") == "yes",
            agent: if failed || local_command_ran {
                self.agent(real)
            } else {
                Vec::new()
            },
            known: self.known(real, &host, port),
            takes_unknown_hosts: ["no", "off", "false", "accept-new"]
                .contains(&self.one("stricthostkeychecking")),
            host_key_algorithms: self.list(["hostkeyalgorithms", "hostkeyalgorithms"]),
            signs_with: self.list(["pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes"]),
            client: client(real),
            command: options.command(),
            local_command_ran,
            status,
            met,
            host,
            port,
        }
    }

    fn identities(&self, real: &Path) -> Vec<Identity> {
        let files = self.all("identityfile").filter(|file| *file != "none");
        files.map(|file| identity(real, &absolute(file))).collect()
    }

    fn agent(&self, real: &Path) -> Vec<String> {
        let agent = self.one("identityagent");
        if agent == "none" {
            return Vec::new();
        }
        let mut command = Command::new(beside(real, "ssh-add"));
        command.arg("-l");
        if !["", "SSH_AUTH_SOCK"].contains(&agent) && !agent.starts_with('$') {
            command.env("SSH_AUTH_SOCK", absolute(agent));
        }
        let text = printed(&mut command).unwrap_or_default();
        let keys = text.lines().filter_map(|line| line.split(' ').nth(1));
        keys.filter(|key| key.starts_with("SHA256:"))
            .map(str::to_owned)
            .collect()
    }

    fn known(&self, real: &Path, host: &str, port: u16) -> Vec<String> {
        let alias = self.one("hostkeyalias");
        let name = match (alias, port) {
            ("" | "none", 22) => host.to_owned(),
            ("" | "none", _) => format!("[{host}]:{port}"),
            (alias, _) => alias.to_owned(),
        };
        let lists = ["userknownhostsfile", "globalknownhostsfile"];
        let files = lists.iter().flat_map(|list| self.one(list).split(' '));
        let mut known = Vec::new();
        for file in files.filter(|file| !file.is_empty() && *file != "none") {
            let mut command = Command::new(beside(real, "ssh-keygen"));
            command.args(["-F", &name, "-f"]).arg(absolute(file));
            let text = printed(&mut command).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.starts_with(['#', '@']));
            known.extend(lines.filter_map(|line| known_host_fingerprint(line.split(' ').nth(2)?)));
        }
        known
    }
}

/// Only an instance of the learner's is connected to, to see whether somebody is there: the engine knows them.
fn is_ours(layout: &Layout, host: &str, port: u16) -> bool {
    let client = Client::dial(&layout.run(), Some(PATIENCE));
    client.is_ok_and(|client| matches!(client.reach(host, port), Ok(Reach::Open)))
}

/// One connection, and where it is answered the host keys.
fn meet(real: &Path, host: &str, port: u16) -> Met {
    let address = match (host, port).to_socket_addrs().map(|mut all| all.next()) {
        Ok(Some(address)) => address,
        Ok(None) => return Met::NoWay("no address".to_owned()),
        Err(why) => return Met::NoWay(why.to_string()),
    };
    match TcpStream::connect_timeout(&address, GLANCE) {
        Ok(_) => {
            let mut command = Command::new(beside(real, "ssh-keyscan"));
            command.args(["-T", "5", "-p", &port.to_string(), host]);
            let text = printed(&mut command).unwrap_or_default();
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let keys = lines.filter_map(|line| {
                let mut words = line.split(' ').skip(1);
                let kind = words.next()?.to_owned();
                Some((kind, known_host_fingerprint(words.next()?)?))
            });
            Met::Open(keys.collect())
        }
        Err(why) if why.kind() == io::ErrorKind::ConnectionRefused => Met::Refused,
        Err(why) if why.kind() == io::ErrorKind::TimedOut => Met::Silent,
        Err(why) => Met::NoWay(why.to_string()),
    }
}

/// What a program prints to standard output, if it says that it went well.
fn printed(command: &mut Command) -> Option<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    // ssh-keyscan fails when one kind of key is missing, and has printed the others.
    let usable = output.status.success() || !output.stdout.is_empty();
    usable.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Another program of the same OpenSSH; else that of the PATH.
fn beside(real: &Path, name: &str) -> PathBuf {
    let near = real.with_file_name(name);
    if near.exists() {
        near
    } else {
        PathBuf::from(name)
    }
}

fn client(real: &Path) -> String {
    let output = Command::new(real)
        .arg0("ssh")
        .arg("-V")
        .stdin(Stdio::null())
        .output();
    let text = output.map(|output| output.stderr).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let name = text.split([',', ' ']).next().unwrap_or_default();
    format!("SSH-2.0-{name}")
}

fn identity(real: &Path, path: &Path) -> Identity {
    let about = std::fs::metadata(path).ok();
    let me = rustix::process::geteuid().as_raw();
    let public = about.as_ref().and_then(|_| {
        let mut command = Command::new(beside(real, "ssh-keygen"));
        command.arg("-lf").arg(path);
        let text = printed(&mut command)?;
        let line = text.lines().next()?;
        let sha = line
            .split(' ')
            .nth(1)
            .filter(|sha| sha.starts_with("SHA256:"))?;
        let kind = line.rsplit('(').next()?.trim_end_matches(')');
        Some((sha.to_owned(), kind.to_owned()))
    });
    Identity {
        path: path.display().to_string(),
        mode: about.as_ref().map(|about| about.mode() & 0o7777),
        mine: about.as_ref().is_some_and(|about| about.uid() == me),
        public,
    }
}

/// A path as ssh means it: `~` is the home folder.
fn absolute(path: &str) -> PathBuf {
    let home = || {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_default()
    };
    let path = match path.strip_prefix("~/") {
        Some(rest) => home().join(rest),
        None => PathBuf::from(path),
    };
    std::path::absolute(&path).unwrap_or(path)
}

/// A word on what is linked as `ssh`: kept in one place with the other links.
pub fn link(layout: &Layout, program: &Path) -> io::Result<()> {
    multicall::link_as(program, &layout.bin().join(OsStr::new("ssh")))
}
