//! A boot inside the machine: what cloud-init does with user data, and what the console shows of it.
//!
//! Stages and their order are cloud-init's: hooks, `bootcmd`, files, users and keys before the login prompt; `runcmd` and
//! scripts after it. Scripts run in the machine's own shell as root, once per instance; hooks and `bootcmd` run at every
//! boot. Sleeping puts the machine's clock on, so a boot takes no real time. What is not simulated says so in a line that
//! begins with "Ground School".
//!
//! The texts of cloud-init's warnings are from public logs of versions 20 to 22 and from its source; those that a comment
//! calls unverified are only near it.

mod config;
mod people;
mod script;
mod user_data;

use jiff::Timestamp;

use super::disk::{Disk, Fault, Who};
use super::node::Node;
use super::people::{authorize, authorized, make_dirs, write};
use super::{Family, Identity, Machine, gate, moment, users};
use crate::cloud::resources::boot::{Authorized, Said, last_of};
use crate::cloud::resources::console::finished;

use config::{Config, Often, Writing, yaml};
use user_data::{Part, parts};

/// Where cloud-init keeps what belongs to this instance.
const OWN: &str = "/var/lib/cloud/instance";
/// Its log of what was printed.
const OUTPUT: &str = "/var/log/cloud-init-output.log";
/// How it went, for `cloud-init status`.
pub(crate) const RESULT: &str = "/run/cloud-init/result.json";

impl Machine {
    /// Starts the operating system. `first` is the instance's first boot, in which users, keys and scripts are looked at.
    /// Calling it again for the same boot does no harm where the machine is new.
    pub fn boot(&mut self, id: &Identity, first: bool) -> Said {
        let parts = id.user_data.as_deref().map(parts).unwrap_or_default();
        let mut boot = Boot {
            machine: self,
            id,
            first,
            clock: id.booted_at,
            said: Said::default(),
            errors: Vec::new(),
            names: Vec::new(),
        };
        boot.run(&parts);
        boot.said
    }
}

/// A boot that goes on.
struct Boot<'a> {
    machine: &'a mut Machine,
    id: &'a Identity,
    first: bool,
    /// Unix milliseconds.
    clock: i64,
    said: Said,
    errors: Vec<String>,
    /// Users whose keys are shown.
    names: Vec<String>,
}

impl Boot<'_> {
    fn run(&mut self, parts: &[Part]) {
        let config = self.read(parts);
        let numbered = || (1..).zip(parts);
        for (number, part) in numbered() {
            if let Part::Hook(text) = part {
                self.hook(number, text);
            }
        }
        if !config.bootcmd.is_empty() {
            self.bootcmd(&config.bootcmd);
        }
        if self.first {
            self.set_up(&config);
        }
        self.again(&config);
        if self.first || config.scripts != Often::PerInstance {
            self.scripts(&config, numbered());
        }
        self.end();
    }

    /// Reads the configuration of all parts; the first part that has a key decides it.
    fn read(&mut self, parts: &[Part]) -> Config {
        let mut whole = serde_json::Map::new();
        for part in parts {
            match part {
                Part::Config(text) => match yaml(text) {
                    Ok(map) => {
                        for (key, value) in map {
                            whole.entry(key).or_insert(value);
                        }
                    }
                    // What stands after the first words is unverified.
                    Err(why) => self.warn("util.py", &format!("Failed loading yaml blob{why}")),
                },
                Part::NotSimulated(what) => {
                    self.own(&format!("{what} is not simulated, nothing of it was done."));
                }
                Part::Unknown(shown) => self.warn(
                    "__init__.py",
                    &format!(
                        "Unhandled non-multipart (text/x-not-multipart) userdata: '{shown}...'"
                    ),
                ),
                Part::Script(_) | Part::Hook(_) => (),
            }
        }
        let config = Config::of(whole);
        if self.first {
            for what in &config.wrong {
                self.own(&format!("not done, because its value is wrong: {what}"));
                self.errors.push(what.clone());
            }
            for key in &config.not_simulated {
                self.own(&format!("'{key}' is not simulated, it has no effect."));
            }
            if !config.packages.is_empty() {
                let names = config.packages.join(", ");
                self.own(&format!(
                    "packages are not simulated, not installed: {names}"
                ));
            }
        }
        config
    }

    /// A line of cloud-init's own log.
    fn warn(&mut self, file: &str, text: &str) {
        let now = moment::format(self.clock, "%Y-%m-%d %H:%M:%S").unwrap_or_default();
        let rest = self.clock.rem_euclid(1000);
        self.errors.push(text.to_owned());
        self.tell(&format!("{now},{rest:03} - {file}[WARNING]: {text}\n"));
    }

    /// A line of this project's own.
    fn own(&mut self, text: &str) {
        self.tell(&format!("Ground School: {text}\n"));
    }

    fn tell(&mut self, text: &str) {
        self.said.early.push_str(text);
    }

    fn disk(&mut self) -> &mut Disk {
        &mut self.machine.disk
    }

    fn hook(&mut self, number: u32, text: &str) {
        let path = format!("{OWN}/boothooks/part-{number:03}");
        self.keep(&path, text);
        let status = self.run_script(&path, text, Stage::Early);
        if status != 0 {
            self.warn(
                "boot_hook.py",
                &format!("Boothooks script {path} execution error"),
            );
        }
    }

    fn bootcmd(&mut self, lines: &[String]) {
        let path = "/run/cloud-init/bootcmd.sh";
        let text = shell_of(lines);
        self.keep(path, &text);
        if self.run_script(path, &text, Stage::Early) != 0 {
            self.warn("util.py", "Failed to run bootcmd module bootcmd");
        }
    }

    /// The first boot's settings.
    fn set_up(&mut self, config: &Config) {
        let now = self.clock;
        let early: Vec<&Writing> = config.files.iter().filter(|file| !file.late).collect();
        self.write_files(&early);
        if let Some(name) = &config.hostname {
            let done = write(
                self.disk(),
                "/etc/hostname",
                format!("{name}\n").into(),
                0o644,
                now,
            );
            self.check("hostname", done);
        }
        self.make_groups(&config.groups);
        self.people(config.users.as_deref());
        self.launch_key(config);
        let late: Vec<&Writing> = config.files.iter().filter(|file| file.late).collect();
        self.write_files(&late);
    }

    /// Modules that a later boot was told to run again.
    fn again(&mut self, config: &Config) {
        if self.first {
            return;
        }
        let semaphore = "/var/lib/cloud/sem/config_users_groups.once";
        match config.people {
            Often::PerInstance => return,
            Often::Once if self.disk().at(semaphore).is_some() => return,
            Often::Once => self.keep(semaphore, ""),
            Often::Always => (),
        }
        self.make_groups(&config.groups);
        self.people(config.users.as_deref());
    }

    /// The keys of the account's own and of the configuration, for the image's user and (with a forced command) for root.
    fn launch_key(&mut self, config: &Config) {
        let (family, now) = (self.machine.family(), self.clock);
        let mut keys: Vec<String> = self.id.public_key.iter().cloned().collect();
        keys.extend(config.keys.iter().cloned());
        keys.retain(|key| !key.trim().is_empty());
        if keys.is_empty() {
            return;
        }
        let default = users::by_name(self.disk(), family.login_user());
        let mut done = Ok(());
        if let Some(user) = &default {
            done = authorize(self.disk(), user, &keys, "", now);
        }
        let options = match (config.disable_root, &default) {
            (false, _) => String::new(),
            (true, Some(_)) => gate::root_options(family),
            // cloud-init then calls the user NONE.
            (true, None) => gate::root_options(family).replace(family.login_user(), "NONE"),
        };
        if let Some(root) = users::by_name(self.disk(), "root") {
            done = done.and(authorize(self.disk(), &root, &keys, &options, now));
        }
        self.check("ssh_authorized_keys", done);
    }

    fn write_files(&mut self, files: &[&Writing]) {
        let now = self.clock;
        for file in files {
            let done = self.write_file(file, now);
            if let Err(why) = done {
                self.own(&format!("write_files: {}: {why}", file.path));
                self.errors.push(format!("write_files: {why}"));
            }
        }
    }

    fn write_file(&mut self, file: &Writing, now: i64) -> Result<(), String> {
        let disk = self.disk();
        let (user, group) = file.owner.split_once(':').unwrap_or((&file.owner, "root"));
        let owner = users::user_id(disk, user).ok_or(format!("there is no user '{user}' yet"))?;
        let group =
            users::group_id(disk, group).ok_or(format!("there is no group '{group}' yet"))?;
        let mut content = Vec::new();
        if file.append
            && let Ok(before) = disk.read(&Who::root(), &file.path)
        {
            content.extend_from_slice(&before);
        }
        content.extend_from_slice(&file.content);
        write(disk, &file.path, content, file.mode, now)
            .and_then(|()| {
                disk.change(&Who::root(), &file.path, true, |node| {
                    (node.owner, node.group) = (owner, group);
                })
            })
            .map_err(|fault| fault.to_string())
    }

    /// Names what could not be done.
    fn check(&mut self, what: &str, done: Result<(), Fault>) {
        if let Err(fault) = done {
            self.own(&format!("{what}: {fault}"));
            self.errors.push(format!("{what}: {fault}"));
        }
    }

    /// `runcmd` and the scripts, in the order of their files' names.
    fn scripts<'p>(&mut self, config: &Config, parts: impl Iterator<Item = (u32, &'p Part)>) {
        let folder = format!("{OWN}/scripts");
        let mut all: Vec<(String, String)> = parts
            .filter_map(|(number, part)| match part {
                Part::Script(text) => Some((format!("{folder}/part-{number:03}"), text.clone())),
                Part::Config(_) | Part::Hook(_) | Part::NotSimulated(_) | Part::Unknown(_) => None,
            })
            .collect();
        if !config.runcmd.is_empty() {
            all.push((format!("{folder}/runcmd"), shell_of(&config.runcmd)));
        }
        let mut failed = false;
        for (path, text) in &all {
            self.keep(path, text);
            failed |= self.run_script(path, text, Stage::Late) != 0;
        }
        if failed {
            let now = moment::format(self.clock, "%Y-%m-%d %H:%M:%S").unwrap_or_default();
            let rest = self.clock.rem_euclid(1000);
            let module = module_path(self.machine.family());
            let text = format!(
                "{now},{rest:03} - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in {folder})\n\
                 {now},{rest:03} - util.py[WARNING]: Running module scripts-user (<module 'cloudinit.config.cc_scripts_user' \
                 from '{module}/cloudinit/config/cc_scripts_user.py'>) failed\n"
            );
            self.said.late.push_str(&text);
            self.errors.push("scripts-user".into());
        }
    }

    /// Puts a file of cloud-init's own on the disk; one that does not fit is missing, as on a full disk.
    fn keep(&mut self, path: &str, text: &str) {
        let now = self.clock;
        if path.starts_with(OWN) && self.disk().at(OWN).is_none() {
            let folder = format!("/var/lib/cloud/instances/{}", self.id.instance_id);
            make_dirs(self.disk(), &folder, now).ok();
            self.disk().put(OWN.into(), Node::link(&folder, now)).ok();
            let data = self.id.user_data.as_deref().map(user_data::text);
            let file = format!("{OWN}/user-data.txt");
            write(self.disk(), &file, data.unwrap_or_default(), 0o600, now).ok();
        }
        write(self.disk(), path, text.as_bytes().to_vec(), 0o700, now).ok();
    }

    /// Runs a script that is on the disk; answers its status.
    fn run_script(&mut self, path: &str, text: &str, stage: Stage) -> u32 {
        let line = match interpreter(text) {
            Ok(options) if options.contains('e') => format!("bash -e {path}"),
            Ok(_) => path.to_owned(),
            Err(program) => {
                let words = format!("{path} wants '{program}', which is not simulated.");
                match stage {
                    Stage::Early => self.own(&words),
                    Stage::Late => self
                        .said
                        .late
                        .push_str(&format!("Ground School: {words}\n")),
                }
                return 127;
            }
        };
        let environment = [("INSTANCE_ID", self.id.instance_id.as_str())];
        let ran = script::run(self.machine, self.id, self.clock, &line, &environment);
        self.clock = ran.ended;
        let mut output = String::from_utf8_lossy(&ran.output).into_owned();
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        match stage {
            Stage::Early => self.said.early.push_str(&output),
            Stage::Late => self.said.late.push_str(&output),
        }
        ran.status
    }

    /// Writes the logs and collects what the console shows.
    fn end(&mut self) {
        let began = self.id.booted_at;
        self.said.took = self.clock - began;
        for text in [&mut self.said.early, &mut self.said.late] {
            *text = last_of(text).to_owned();
        }
        let at = Timestamp::from_millisecond(began).unwrap_or_default();
        let last = finished(self.machine.family(), at, self.said.took);
        let log = format!("{}{}{last}\n", self.said.early, self.said.late);
        let now = self.clock;
        let disk = &mut self.machine.disk;
        // The log is root's and everybody may read it; on a full disk it is cut.
        if let Ok(place) = disk.open(&Who::root(), OUTPUT, true, 0o022, now) {
            disk.append(&place, log.as_bytes(), now).ok();
        }
        let errors = std::mem::take(&mut self.errors);
        let result =
            serde_json::json!({ "v1": { "datasource": "DataSourceEc2", "errors": errors } });
        write(disk, RESULT, format!("{result}\n").into_bytes(), 0o644, now).ok();
        if !self.first {
            return;
        }
        if self.names.is_empty() {
            self.names
                .push(self.machine.family().login_user().to_owned());
        }
        for name in std::mem::take(&mut self.names) {
            let Some(user) = users::by_name(&self.machine.disk, &name) else {
                continue;
            };
            let file = format!("{}/.ssh/authorized_keys", user.home.trim_end_matches('/'));
            let keys = authorized(&self.machine.disk, &file)
                .into_iter()
                .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
                .collect();
            self.said.authorized.push(Authorized {
                user: user.name,
                file,
                keys,
            });
        }
    }
}

/// Before the login prompt or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Early,
    Late,
}

/// A shell script of these lines, as cloud-init makes it.
fn shell_of(lines: &[String]) -> String {
    lines
        .iter()
        .fold("#!/bin/sh\n".to_owned(), |text, line| text + line + "\n")
}

/// The options of the shell that a script names in its first line; the error is another program.
fn interpreter(text: &str) -> Result<String, String> {
    let line = text.split('\n').next().unwrap_or_default();
    let Some(line) = line.strip_prefix("#!") else {
        return Ok(String::new());
    };
    // A carriage return would be part of the program's name.
    let shown = line.replace('\r', "\\r");
    let mut words = shown.split([' ', '\t']).filter(|word| !word.is_empty());
    let mut program = words.next().unwrap_or_default();
    if program.ends_with("/env") {
        program = words.next().unwrap_or_default();
    }
    let name = program.rsplit('/').next().unwrap_or_default();
    let options = words.next().unwrap_or_default();
    if ["sh", "bash", "dash"].contains(&name) && !options.contains("\\r") {
        Ok(options.to_owned())
    } else {
        Err(program.to_owned())
    }
}

/// Where Python's modules are. Amazon Linux 2023's and Ubuntu's are from public logs, the others unverified.
fn module_path(family: Family) -> &'static str {
    match family {
        Family::Al2023 | Family::Rhel9 => "/usr/lib/python3.9/site-packages",
        Family::Al2 => "/usr/lib/python2.7/site-packages",
        Family::Ubuntu2404 | Family::Debian12 => "/usr/lib/python3/dist-packages",
    }
}

#[cfg(test)]
mod tests;
