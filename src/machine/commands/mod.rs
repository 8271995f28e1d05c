//! The commands of a machine: one file each, one sorted table.

mod alias;
mod base64;
mod basename;
mod cd;
mod chmod;
mod chown;
mod clear;
mod cloud_init;
mod cp;
mod curl;
mod cut;
mod date;
mod df;
mod dirname;
mod du;
mod ec2_metadata;
mod echo;
mod exit;
mod export;
mod file;
mod find;
mod free;
mod grep;
mod groups;
mod head;
mod history;
mod hostname;
mod id;
mod ip;
mod jumps;
mod kill;
mod last;
mod ln;
mod ls;
mod mkdir;
mod mv;
mod not_simulated;
mod nproc;
mod options;
mod power;
mod printf;
mod ps;
mod pwd;
mod rm;
mod rmdir;
mod seq;
mod set;
mod sha256sum;
mod sort;
pub(crate) mod ssh_keygen;
mod stat;
pub(crate) mod sudo;
mod systemctl;
mod tail;
mod tee;
pub(crate) mod test;
mod touch;
mod tr;
mod truth;
mod tty;
mod type_;
mod umask;
mod uname;
mod uniq;
mod unset;
mod uptime;
mod w;
mod wc;
mod which;
mod whoami;

pub(crate) use df::root_disk;
use options::{Options, reads_without_files};

use super::disk::{Disk, Who};
use super::host::Host;
use super::shell::{Flow, Woven};

/// Which stream something was said on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// How a command runs.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// All its input is there before it starts.
    Plain(fn(&mut Call<'_>) -> u32),
    /// Part of the shell's own running.
    Woven(Woven),
}

/// One command.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// The shell has it built in.
    pub(crate) builtin: bool,
    /// There is a program of that name in `/usr/bin`.
    pub(crate) on_disk: bool,
    /// Does it read its input, called like this?
    pub(crate) reads: fn(&[String]) -> bool,
    pub(crate) run: Run,
}

const fn program(name: &'static str, run: fn(&mut Call<'_>) -> u32) -> Command {
    Command {
        name,
        builtin: false,
        on_disk: true,
        reads: never,
        run: Run::Plain(run),
    }
}

const fn filter(
    name: &'static str,
    run: fn(&mut Call<'_>) -> u32,
    reads: fn(&[String]) -> bool,
) -> Command {
    Command {
        name,
        builtin: false,
        on_disk: true,
        reads,
        run: Run::Plain(run),
    }
}

const fn builtin(name: &'static str, run: fn(&mut Call<'_>) -> u32) -> Command {
    Command {
        name,
        builtin: true,
        on_disk: false,
        reads: never,
        run: Run::Plain(run),
    }
}

const fn both(name: &'static str, run: fn(&mut Call<'_>) -> u32) -> Command {
    Command {
        name,
        builtin: true,
        on_disk: true,
        reads: never,
        run: Run::Plain(run),
    }
}

const fn woven(name: &'static str, builtin: bool, woven: Woven) -> Command {
    Command {
        name,
        builtin,
        on_disk: !builtin,
        reads: never,
        run: Run::Woven(woven),
    }
}

fn never(_: &[String]) -> bool {
    false
}

fn always(_: &[String]) -> bool {
    true
}

/// Every command, by name.
pub(crate) const TABLE: &[Command] = &[
    woven(".", true, Woven::Source),
    builtin(":", truth::yes),
    both("[", test::run),
    builtin("alias", alias::set),
    program("apt", not_simulated::packages),
    program("apt-get", not_simulated::packages),
    filter("base64", base64::run, reads_without_files),
    program("basename", basename::run),
    woven("bash", false, Woven::Bash),
    builtin("break", jumps::leave),
    woven("cat", false, Woven::Cat),
    builtin("cd", cd::run),
    program("chgrp", chown::group),
    program("chmod", chmod::run),
    program("chown", chown::run),
    program("clear", clear::run),
    program("cloud-init", cloud_init::run),
    woven("command", true, Woven::Command),
    builtin("continue", jumps::again),
    program("cp", cp::run),
    program("curl", curl::run),
    filter("cut", cut::run, cut::reads),
    program("date", date::run),
    builtin("declare", export::declare),
    program("df", df::run),
    program("dirname", dirname::run),
    program("dnf", not_simulated::packages),
    program("docker", not_simulated::service),
    program("du", du::run),
    program("ec2-metadata", ec2_metadata::run),
    both("echo", echo::run),
    woven("env", false, Woven::Env),
    woven("eval", true, Woven::Eval),
    woven("exec", true, Woven::Exec),
    builtin("exit", exit::exit),
    builtin("export", export::run),
    both("false", truth::no),
    program("file", file::run),
    program("find", find::run),
    program("free", free::run),
    filter("grep", grep::run, grep::reads),
    program("groups", groups::run),
    program("halt", power::run),
    filter("head", head::run, head::reads),
    builtin("help", not_simulated::help),
    builtin("history", history::run),
    program("hostname", hostname::run),
    program("hostnamectl", not_simulated::service),
    program("htop", not_simulated::screen),
    program("id", id::run),
    program("ifconfig", ip::ifconfig),
    program("ip", ip::run),
    program("journalctl", systemctl::journal),
    builtin("kill", kill::run),
    program("last", last::run),
    program("less", not_simulated::pager),
    builtin("let", export::calculate),
    program("ln", ln::run),
    builtin("local", export::local),
    builtin("logout", exit::logout),
    program("ls", ls::run),
    program("man", not_simulated::manual),
    filter("md5sum", sha256sum::md5, reads_without_files),
    program("mkdir", mkdir::run),
    program("more", not_simulated::pager),
    program("mv", mv::run),
    program("nano", not_simulated::editor),
    woven("nohup", false, Woven::Nohup),
    program("nproc", nproc::run),
    program("ping", not_simulated::network),
    program("poweroff", power::run),
    program("printenv", export::printenv),
    both("printf", printf::run),
    program("ps", ps::run),
    both("pwd", pwd::run),
    woven("python3", false, Woven::Python),
    woven("read", true, Woven::Read),
    builtin("readonly", export::readonly),
    program("reboot", power::run),
    builtin("return", jumps::give_back),
    program("rm", rm::run),
    program("rmdir", rmdir::run),
    program("rsync", not_simulated::rsync),
    woven("scp", false, Woven::Scp),
    program("sed", not_simulated::script),
    program("seq", seq::run),
    program("service", systemctl::service),
    builtin("set", set::run),
    woven("sh", false, Woven::Bash),
    filter("sha256sum", sha256sum::sha256, reads_without_files),
    builtin("shift", set::shift),
    builtin("shopt", set::shopt),
    program("shutdown", power::run),
    woven("sleep", false, Woven::Sleep),
    filter("sort", sort::run, reads_without_files),
    woven("source", true, Woven::Source),
    program("ssh", not_simulated::ssh),
    woven("ssh-keygen", false, Woven::Keygen),
    program("stat", stat::run),
    woven("su", false, Woven::Su),
    woven("sudo", false, Woven::Sudo),
    program("sync", truth::yes),
    program("systemctl", systemctl::run),
    filter("tail", tail::run, head::reads),
    filter("tee", tee::run, always),
    both("test", test::run),
    woven("time", false, Woven::Time),
    program("top", not_simulated::screen),
    program("touch", touch::run),
    filter("tr", tr::run, always),
    builtin("trap", truth::yes),
    both("true", truth::yes),
    program("tty", tty::run),
    builtin("type", type_::run),
    builtin("umask", umask::run),
    builtin("unalias", alias::unset),
    program("uname", uname::run),
    filter("uniq", uniq::run, reads_without_files),
    builtin("unset", unset::run),
    program("uptime", uptime::run),
    program("vi", not_simulated::editor),
    program("vim", not_simulated::editor),
    program("w", w::run),
    builtin("wait", truth::yes),
    filter("wc", wc::run, reads_without_files),
    program("wget", not_simulated::network),
    program("which", which::run),
    program("who", w::who),
    program("whoami", whoami::run),
    woven("xargs", false, Woven::Xargs),
    program("yum", not_simulated::packages),
];

/// The command of that name.
pub(crate) fn find(name: &str) -> Option<&'static Command> {
    let at = TABLE
        .binary_search_by(|command| command.name.cmp(name))
        .ok()?;
    TABLE.get(at)
}

/// One call of a plain command.
pub(crate) struct Call<'a> {
    pub(crate) host: &'a mut Host,
    /// The name, then what was given.
    pub(crate) arguments: &'a [String],
    /// Its input, for a command that reads it.
    pub(crate) input: Vec<u8>,
    /// Its output is shown on a terminal.
    pub(crate) to_terminal: bool,
    /// What it said, in order.
    pub(crate) said: Vec<(Stream, Vec<u8>)>,
    /// A jump that it asks the shell for.
    pub(crate) flow: Option<Flow>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        host: &'a mut Host,
        arguments: &'a [String],
        input: Vec<u8>,
        to_terminal: bool,
    ) -> Self {
        Self {
            host,
            arguments,
            input,
            to_terminal,
            said: Vec::new(),
            flow: None,
        }
    }

    fn name(&self) -> &'a str {
        self.arguments
            .first()
            .map(String::as_str)
            .unwrap_or_default()
    }

    /// What was given after the name.
    fn given(&self) -> &'a [String] {
        self.arguments.get(1..).unwrap_or_default()
    }

    fn say(&mut self, stream: Stream, bytes: &[u8]) {
        match self.said.last_mut() {
            Some((last, said)) if *last == stream => said.extend_from_slice(bytes),
            Some(_) | None => self.said.push((stream, bytes.to_vec())),
        }
    }

    fn out(&mut self, text: impl AsRef<[u8]>) {
        self.say(Stream::Out, text.as_ref());
    }

    fn err(&mut self, text: impl AsRef<[u8]>) {
        self.say(Stream::Err, text.as_ref());
    }

    /// `name: message` on standard error; the status is 1.
    fn fail(&mut self, message: impl std::fmt::Display) -> u32 {
        let text = format!("{}: {message}\n", self.name());
        self.err(text);
        1
    }

    /// As [`Call::fail`], in the words of a builtin: the shell's name stands before.
    fn complain(&mut self, message: impl std::fmt::Display) -> u32 {
        let prefix = self.host.shell().prefix.clone();
        let text = format!("{prefix}{}: {message}\n", self.name());
        self.err(text);
        1
    }

    /// As [`Call::fail`], with GNU's second line.
    fn usage(&mut self, message: impl std::fmt::Display) -> u32 {
        self.fail(message);
        let text = format!("Try '{} --help' for more information.\n", self.name());
        self.err(text);
        1
    }

    fn path(&mut self, text: &str) -> String {
        self.host.shell().path(text)
    }

    fn who(&mut self) -> Who {
        self.host.shell().who.clone()
    }

    fn disk(&mut self) -> &mut Disk {
        &mut self.host.machine.disk
    }

    fn now(&self) -> i64 {
        self.host.now
    }

    /// Reads the options; a wrong one is said and its status is the error.
    fn options(&mut self, known: &str, long: &[(&str, char)]) -> Result<Options, u32> {
        Options::read(self, known, long)
    }

    /// The content of each file in turn, or of the input; what cannot be read is said. Second: did all go well?
    fn contents(&mut self, files: &[String]) -> (Vec<(String, Vec<u8>)>, bool) {
        if files.is_empty() {
            return (vec![("-".into(), std::mem::take(&mut self.input))], true);
        }
        let who = self.who();
        let mut all = Vec::new();
        let mut well = true;
        for name in files {
            if name == "-" {
                all.push((name.clone(), std::mem::take(&mut self.input)));
                continue;
            }
            let path = self.path(name);
            match self.disk().read(&who, &path) {
                Ok(content) => all.push((name.clone(), content.to_vec())),
                Err(fault) => {
                    match self.name() {
                        "head" | "tail" => {
                            self.fail(format!("cannot open '{name}' for reading: {fault}"))
                        }
                        "sort" => self.fail(format!("cannot read: {name}: {fault}")),
                        _ => self.fail(format!("{name}: {fault}")),
                    };
                    well = false;
                }
            }
        }
        (all, well)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::run;

    #[test]
    fn the_table_is_sorted_and_each_name_is_there_once() {
        assert!(TABLE.is_sorted_by(|a, b| a.name < b.name));
        for command in TABLE {
            assert!(find(command.name).is_some(), "{}", command.name);
            assert!(command.builtin || command.on_disk, "{}", command.name);
        }
    }

    #[test]
    fn an_option_that_is_not_known_is_refused_by_name() {
        assert_eq!(
            run("ls -Z9"),
            "ls: invalid option -- 'Z'\nTry 'ls --help' for more information.\n2"
        );
        assert_eq!(
            run("mkdir --colour x"),
            "mkdir: unrecognized option '--colour'\nTry 'mkdir --help' for more information.\n1"
        );
    }
}
