//! The shim stage: links named ssh, scp, sftp, ssh-keygen, plink, pscp and psftp, first on the PATH, that lead to the lab's machines.
//!
//! ssh itself does everything that a learner sees, with the lab's configuration before theirs: for the lab's addresses a
//! ProxyCommand fetches a connection from the engine. Only what no ProxyCommand can show is answered here, before ssh starts: a
//! connection that meets silence or a closed port, in OpenSSH's own words and with its status. Every other host goes where
//! it always goes, without the learner's agent, keys and known hosts.
//!
//! The learner's `~/.ssh` is neither read nor written. `-V -Q -G -O` calls pass untouched.

#![expect(
    clippy::disallowed_methods,
    reason = "stands between the shell and the real programs"
)]

mod carry;
mod config;
mod known_hosts;
mod options;
mod putty;
mod target;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

pub(crate) use self::options::Options;
use self::target::Target;
use super::{Place, Stage, StageError};
use crate::lab::multicall;
use crate::lab::server::control::Reach;
use crate::lab::server::control::client::{Client, NoEngine};
use crate::lab::workspace::Layout;

pub use self::carry::connect;

/// The programs that are shimmed.
pub const NAMES: [&str; 7] = ["ssh", "scp", "sftp", "ssh-keygen", "plink", "pscp", "psftp"];

/// `real`, `fast` or `instant`: how long silence lasts.
pub const PACE: &str = "GROUNDSCHOOL_PACE";

/// ssh's status when it could not connect.
const SSH_FAILED: u8 = 255;
/// How long a connection to a silent address lasts: Linux with `tcp_syn_retries=2`.
const SILENCE: Duration = Duration::from_millis(7_100);
/// The same at instant pace.
const SHORT_SILENCE: Duration = Duration::from_secs(1);

/// The stage itself.
#[derive(Debug)]
pub struct Shim {
    pace: String,
}

impl Shim {
    /// Makes the links to `program` (this program's own file), for the programs that `path` (the value of `PATH`) really has, and the lab's ssh configuration.
    /// `pace` is `real`, `fast` or `instant`.
    pub fn install(
        layout: &Layout,
        program: &Path,
        path: Option<&OsStr>,
        pace: &str,
    ) -> io::Result<Self> {
        multicall::link(layout, program)?;
        for name in NAMES {
            if find_real(layout, path, name).is_some() {
                multicall::link_as(program, &layout.bin().join(name))?;
            }
        }
        config::write(layout, None)?;
        Ok(Self {
            pace: pace.to_owned(),
        })
    }
}

/// Takes the links away, where another stage had them before.
pub fn remove(layout: &Layout) -> io::Result<()> {
    for name in NAMES {
        match std::fs::remove_file(layout.bin().join(name)) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

impl Stage for Shim {
    fn name(&self) -> &'static str {
        "shim"
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        vec![(PACE.into(), self.pace.clone().into())]
    }

    fn port(&self) -> u16 {
        22
    }

    /// Nothing to bring in line: each connection asks the lab.
    fn apply(&mut self, _wanted: &[Place]) -> Result<(), StageError> {
        Ok(())
    }
}

/// Runs the shim of this name; returns only when the real program was not started.
pub fn run(layout: &Layout, name: &str, words: &[OsString]) -> ExitCode {
    let Some(real) = find_real(layout, std::env::var_os("PATH").as_deref(), name) else {
        say(&format!("{name}: command not found\n"));
        return ExitCode::from(127);
    };
    let mut command = Command::new(&real);
    command.arg0(name);
    match name {
        "ssh" => return ssh(layout, &real, words),
        "scp" | "sftp" => command.arg("-S").arg(layout.bin().join("ssh")).args(words),
        "ssh-keygen" => command.args(known_hosts::words(layout, words)),
        _ => match putty::words(layout, words) {
            Ok(words) => command.args(words),
            Err(status) => return status,
        },
    };
    become_program(command)
}

fn ssh(layout: &Layout, real: &Path, words: &[OsString]) -> ExitCode {
    let options = Options::read(words);
    let mut command = Command::new(real);
    // The name as typed: ssh puts it into its messages, and calls it again for a jump.
    command.arg0("ssh");
    let Some(destination) = options
        .destination
        .as_deref()
        .filter(|_| !options.is_a_query)
    else {
        command.args(words);
        return become_program(command);
    };
    let theirs = match options.config.as_deref().map(std::path::absolute) {
        // ssh says best what is wrong with it.
        Some(Ok(file))
            if file != Path::new("none")
                && std::fs::File::open(&file).is_err()
                && !options.config_is_none() =>
        {
            command.args(words);
            return become_program(command);
        }
        Some(Ok(file)) => Some(file),
        Some(Err(_)) | None => None,
    };
    let merged = if options.config_is_none() {
        config::write_without_theirs(layout)
    } else {
        config::write(layout, theirs.as_deref())
    };
    let merged = match merged {
        Ok(merged) => merged,
        Err(why) => {
            say(&format!(
                "lab: the ssh settings of the lab could not be written: {why}\n"
            ));
            return ExitCode::from(SSH_FAILED);
        }
    };
    let target = if options.may_be_redirected || config::learner_has_one(layout) {
        Target::ask(real, &merged, &options.others)
    } else {
        Some(Target::plain(destination, &options))
    };
    if let Some(target) = target.filter(Target::is_in_the_lab) {
        // A slip in a name must neither lead to the machine nor leave the lab.
        if target::is_no_name(&target.host) {
            return failed(
                &target,
                &options,
                &format!(
                    "ssh: Could not resolve hostname {}: Name or service not known\r\n",
                    target.host
                ),
            );
        }
        if let Some(status) = unreachable(layout, &target, &options) {
            return status;
        }
    }
    command.arg("-F").arg(merged).args(&options.others);
    become_program(command)
}

/// What ssh would say and return if nobody answers there; `None` if somebody does.
fn unreachable(layout: &Layout, target: &Target, options: &Options) -> Option<ExitCode> {
    let words = match ask(layout, &target.host, target.port) {
        Ok(Reach::Open) => return None,
        Ok(Reach::Refused) => "Connection refused",
        Ok(Reach::Silent) => {
            keep_silent(target.patience);
            "Connection timed out"
        }
        Err(why) => {
            say(&no_engine(&why));
            return Some(ExitCode::from(SSH_FAILED));
        }
    };
    let line = format!(
        "ssh: connect to host {} port {}: {words}\r\n",
        target.host, target.port
    );
    Some(failed(target, options, &line))
}

/// Says it where ssh would, and returns ssh's status.
fn failed(target: &Target, options: &Options, line: &str) -> ExitCode {
    if let Some(log) = &options.log {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(log);
        // ssh too goes on when its log cannot be written.
        drop(log.and_then(|mut log| io::Write::write_all(&mut log, line.as_bytes())));
    } else if !target.quiet {
        say(line);
    }
    ExitCode::from(SSH_FAILED)
}

fn ask(layout: &Layout, host: &str, port: u16) -> Result<Reach, NoEngine> {
    Client::dial(&layout.run(), Some(Duration::from_secs(10)))?.reach(host, port)
}

fn no_engine(why: &NoEngine) -> String {
    format!(
        "lab: {why}\nhint: this is the lab's own trouble, not yours; leave this shell and start groundschool again\n"
    )
}

/// Waits as a connection to a silent address would.
fn keep_silent(connect_timeout: Option<Duration>) {
    let instant = std::env::var_os(PACE).is_some_and(|pace| pace == "instant");
    let longest = if instant { SHORT_SILENCE } else { SILENCE };
    let silence = match connect_timeout {
        Some(patience) if instant => patience.min(longest),
        Some(patience) => patience,
        None => longest,
    };
    std::thread::sleep(silence);
}

/// The real program: the first of that name on the PATH that is not a link of ours.
pub(crate) fn find_real(layout: &Layout, path: Option<&OsStr>, name: &str) -> Option<PathBuf> {
    let bin = layout.bin();
    let me = std::env::current_exe().and_then(std::fs::canonicalize).ok();
    let path = path.map_or_else(|| "/usr/local/bin:/usr/bin:/bin".into(), OsStr::to_owned);
    std::env::split_paths(&path)
        .filter(|folder| *folder != bin)
        .map(|folder| folder.join(name))
        .find(|program| {
            let runs = std::fs::metadata(program)
                .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0);
            runs && (me.is_none() || std::fs::canonicalize(program).ok() != me)
        })
}

fn become_program(mut command: Command) -> ExitCode {
    let why = command.exec();
    say(&format!(
        "lab: {} could not be started: {why}\n",
        Path::new(command.get_program()).display()
    ));
    ExitCode::from(126)
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    drop(io::Write::write_all(&mut io::stderr(), text.as_bytes()));
}
