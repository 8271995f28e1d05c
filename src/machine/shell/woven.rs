//! Commands that are part of the shell's own running: they wait, start other commands, or change the shell.

use super::dispatch::{Found, dispatch, find, run_command, start};
use super::run::{run_text, say, settle, within};
use super::{Boxed, Flow, Shell, Status, scp, serve};
use crate::machine::commands::sudo;
use crate::machine::disk::Fault;
use crate::machine::host::{Cell, Host};
use crate::machine::io::{Io, Source};
use crate::machine::users::{self, User};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woven {
    Bash,
    Cat,
    Command,
    Env,
    Eval,
    Exec,
    Keygen,
    Nohup,
    Python,
    Read,
    Scp,
    Sleep,
    Source,
    Su,
    Sudo,
    Time,
    Xargs,
}

/// Runs one of them.
pub(super) fn run<'a>(
    cell: &'a Cell,
    io: &'a Io,
    kind: Woven,
    arguments: &'a [String],
) -> Boxed<'a, Status> {
    Box::pin(async move {
        let rest = arguments.get(1..).unwrap_or_default();
        match kind {
            Woven::Bash => bash(cell, io, arguments).await,
            Woven::Cat => cat(cell, io, rest).await,
            Woven::Command => command(cell, io, rest).await,
            Woven::Env => env(cell, io, rest).await,
            Woven::Eval => {
                let prefix = cell.host().shell().prefix.clone();
                run_text(cell, io, &rest.join(" "), &format!("{prefix}eval: ")).await
            }
            Woven::Exec => exec(cell, io, rest).await,
            Woven::Keygen => super::keygen::run(cell, io, rest).await,
            Woven::Nohup if rest.is_empty() => {
                say(
                    cell,
                    io,
                    "nohup: missing operand\nTry 'nohup --help' for more information.\n",
                )?;
                Ok(125)
            }
            Woven::Nohup | Woven::Time => outside(cell, io, rest, arguments).await,
            Woven::Python => serve::python(cell, io, rest).await,
            Woven::Read => read(cell, io, rest).await,
            Woven::Scp => scp::run(cell, io, arguments).await,
            Woven::Sleep => sleep(cell, io, rest).await,
            Woven::Source => source(cell, io, arguments).await,
            Woven::Su => su(cell, io, rest).await,
            Woven::Sudo => sudo(cell, io, rest).await,
            Woven::Xargs => xargs(cell, io, rest).await,
        }
    })
}

/// Runs a program, not a builtin or function, in the name of another (`nohup`, `env`).
async fn outside(cell: &Cell, io: &Io, command: &[String], whole: &[String]) -> Status {
    let Some(name) = command.first() else {
        return Ok(0);
    };
    let found = find(&mut cell.host(), name, false);
    if let Found::Not(why, status) = found {
        let front = whole.first().map(String::as_str).unwrap_or_default();
        let why = if why == "command not found" {
            "No such file or directory"
        } else {
            why
        };
        say(cell, io, &format!("{front}: '{name}': {why}\n"))?;
        return Ok(status);
    }
    start(cell, io, command, found, "").await
}

async fn cat(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let mut status = 0;
    let mut files: Vec<&str> = rest
        .iter()
        .map(String::as_str)
        .filter(|word| *word == "-" || !word.starts_with('-'))
        .collect();
    let mut numbered = false;
    for option in rest
        .iter()
        .filter(|word| word.len() > 1 && word.starts_with('-'))
    {
        match option.as_str() {
            "-n" => numbered = true,
            "-u" | "--" => (),
            other => {
                let text = match other.strip_prefix("--") {
                    Some(_) => format!("cat: unrecognized option '{other}'\n"),
                    None => format!(
                        "cat: invalid option -- '{}'\n",
                        other.chars().nth(1).unwrap_or('?')
                    ),
                };
                say(
                    cell,
                    io,
                    &format!("{text}Try 'cat --help' for more information.\n"),
                )?;
                return Ok(1);
            }
        }
    }
    if files.is_empty() {
        files.push("-");
    }
    let mut line_number = 0;
    for name in files {
        if name == "-" {
            // Line by line: on a terminal each is answered as it is typed.
            while let Some(line) = cell.line(&io.stdin).await {
                cell.host().tick()?;
                status = status.max(put(cell, io, &line, numbered, &mut line_number)?);
            }
            continue;
        }
        let content = {
            let mut host = cell.host();
            let shell = host.shell();
            let (path, who) = (shell.path(name), shell.who.clone());
            host.machine.disk.read(&who, &path)
        };
        match content {
            Ok(content) => {
                status = status.max(put(cell, io, &content, numbered, &mut line_number)?);
            }
            Err(fault) => {
                say(cell, io, &format!("cat: {name}: {fault}\n"))?;
                status = 1;
            }
        }
    }
    Ok(status)
}

fn put(cell: &Cell, io: &Io, bytes: &[u8], numbered: bool, number: &mut usize) -> Status {
    let mut out = Vec::new();
    if numbered {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            *number += 1;
            out.extend(format!("{number:6}\t").into_bytes());
            out.extend(line);
        }
    } else {
        out.extend(bytes);
    }
    match cell.write(&io.out, &out)? {
        Ok(()) => Ok(0),
        Err(fault) => {
            say(cell, io, &format!("cat: write error: {fault}\n"))?;
            Ok(1)
        }
    }
}

async fn sleep(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let mut total = 0.0_f64;
    if rest.is_empty() {
        say(
            cell,
            io,
            "sleep: missing operand\nTry 'sleep --help' for more information.\n",
        )?;
        return Ok(1);
    }
    for word in rest {
        let (number, unit) = match word.char_indices().next_back() {
            Some((at, 's')) => (word.get(..at), 1.0),
            Some((at, 'm')) => (word.get(..at), 60.0),
            Some((at, 'h')) => (word.get(..at), 3600.0),
            Some((at, 'd')) => (word.get(..at), 86400.0),
            Some(_) | None => (Some(word.as_str()), 1.0),
        };
        match number
            .and_then(|number| number.parse::<f64>().ok())
            .filter(|number| *number >= 0.0)
        {
            Some(number) => total += number * unit,
            None => {
                let text = format!(
                    "sleep: invalid time interval '{word}'\nTry 'sleep --help' for more information.\n"
                );
                say(cell, io, &text)?;
                return Ok(1);
            }
        }
    }
    if !io.background {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "at most thirty days in milliseconds"
        )]
        let milliseconds = (total.min(30.0 * 86400.0) * 1000.0) as i64;
        let until = cell.host().now.saturating_add(milliseconds);
        cell.until(until).await;
    }
    Ok(0)
}

async fn read(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let mut names = Vec::new();
    let mut raw = false;
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-r" => raw = true,
            "-p" => {
                let prompt = words.next().cloned().unwrap_or_default();
                if matches!(io.stdin, Source::Terminal) && cell.host().size.is_some() {
                    say(cell, io, &prompt)?;
                }
            }
            "-s" | "-rs" | "-sr" => raw |= word.contains('r'),
            option if option.starts_with('-') => {
                say(
                    cell,
                    io,
                    &format!("bash: read: {option}: not simulated on this machine\n"),
                )?;
                return Ok(2);
            }
            name => names.push(name.to_owned()),
        }
    }
    let Some(line) = cell.line(&io.stdin).await else {
        return Ok(1);
    };
    let complete = line.ends_with(b"\n");
    let mut text = String::from_utf8_lossy(&line)
        .trim_end_matches('\n')
        .to_owned();
    if !raw {
        text = super::pattern::unescape(&text);
    }
    let mut host = cell.host();
    let shell = host.shell();
    let dividers = shell.get("IFS").unwrap_or(" \t\n").to_owned();
    let divides = |c: char| dividers.contains(c);
    if names.is_empty() {
        shell.set("REPLY", text);
        return Ok(u32::from(!complete));
    }
    let mut left = text.trim_start_matches(divides);
    let last = names.len() - 1;
    for (number, name) in names.iter().enumerate() {
        let value = if number == last {
            left.trim_end_matches(divides)
        } else {
            let (word, after) = left.split_once(divides).unwrap_or((left, ""));
            left = after.trim_start_matches(divides);
            word
        };
        shell.set(name, value.to_owned());
    }
    Ok(u32::from(!complete))
}

async fn source(cell: &Cell, io: &Io, arguments: &[String]) -> Status {
    let front = arguments.first().map_or(".", String::as_str);
    let prefix = cell.host().shell().prefix.clone();
    let Some(name) = arguments.get(1) else {
        let usage = format!(
            "{prefix}{front}: filename argument required\n{front}: usage: {front} filename [arguments]\n"
        );
        say(cell, io, &usage)?;
        return Ok(2);
    };
    let content = {
        let mut host = cell.host();
        let shell = host.shell();
        let (path, who) = (shell.path(name), shell.who.clone());
        host.machine.disk.read(&who, &path)
    };
    match content {
        Ok(content) => {
            let text = String::from_utf8_lossy(&content).into_owned();
            match run_text(cell, io, &text, &format!("{prefix}{name}: ")).await {
                Err(Flow::Return(status)) => Ok(status),
                other => other,
            }
        }
        Err(Fault::IsDirectory) => {
            say(
                cell,
                io,
                &format!("{prefix}{front}: {name}: is a directory\n"),
            )?;
            Ok(1)
        }
        Err(fault) => {
            say(cell, io, &format!("{prefix}{name}: {fault}\n"))?;
            Ok(1)
        }
    }
}

async fn command(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    if let Some("-v" | "-V") = rest.first().map(String::as_str) {
        let mut status = 1;
        for name in rest.get(1..).unwrap_or_default() {
            let text = match find(&mut cell.host(), name, true) {
                Found::Builtin(command) => command.name.to_owned(),
                Found::Program(_, path) | Found::Script(path, _) => path,
                Found::Not(..) => continue,
            };
            cell.write(&io.out, format!("{text}\n").as_bytes())?.ok();
            status = 0;
        }
        return Ok(status);
    }
    let Some(name) = rest.first() else {
        return Ok(0);
    };
    let found = find(&mut cell.host(), name, true);
    let prefix = cell.host().shell().prefix.clone();
    start(cell, io, rest, found, &prefix).await
}

async fn env(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let mut copy = cell.host().shell().clone();
    let mut left = rest;
    while let Some(word) = left.first() {
        if word == "-i" || word == "-" {
            copy.variables.retain(|_, variable| !variable.exported);
        } else if let Some((name, value)) = word.split_once('=') {
            copy.export(name, value);
        } else {
            break;
        }
        left = left.get(1..).unwrap_or_default();
    }
    if left.is_empty() {
        let text: String = copy
            .environment()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        cell.write(&io.out, text.as_bytes())?.ok();
        return Ok(0);
    }
    let whole = ["env".to_owned()];
    settle(within(cell, copy, outside(cell, io, left, &whole)).await)
}

async fn exec(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    if rest.is_empty() {
        return Ok(0);
    }
    let status = outside(cell, io, rest, &["exec".to_owned()]).await?;
    Err(Flow::Exit(status))
}

async fn xargs(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    if rest.first().is_some_and(|word| word.starts_with('-')) {
        say(
            cell,
            io,
            "xargs: options are not simulated on this machine\n",
        )?;
        return Ok(1);
    }
    let input = cell.all(&io.stdin).await?;
    let mut arguments = if rest.is_empty() {
        vec!["echo".to_owned()]
    } else {
        rest.to_vec()
    };
    arguments.extend(
        String::from_utf8_lossy(&input)
            .split_whitespace()
            .take(5000)
            .map(str::to_owned),
    );
    let inner = Io {
        stdin: Source::bytes(Vec::new()),
        ..io.clone()
    };
    outside(cell, &inner, &arguments, &["xargs".to_owned()]).await
}

/// `bash`, `bash -c text`, `bash script`, `bash < script`
async fn bash(cell: &Cell, io: &Io, arguments: &[String]) -> Status {
    let name = arguments
        .first()
        .map_or("bash", |name| name.rsplit('/').next().unwrap_or(name))
        .to_owned();
    let mut rest = arguments.get(1..).unwrap_or_default();
    let mut login = false;
    let mut traced = false;
    while let Some(option) = rest.first().filter(|word| word.starts_with('-')) {
        match option.as_str() {
            "-c" => {
                let Some(text) = rest.get(1) else {
                    say(
                        cell,
                        io,
                        &format!("{name}: -c: option requires an argument\n"),
                    )?;
                    return Ok(2);
                };
                let zero = rest.get(2).unwrap_or(&name);
                let mut child = cell
                    .host()
                    .shell()
                    .child(zero, rest.get(3..).unwrap_or_default().to_vec());
                child.exit_on_error = traced;
                return settle(
                    within(
                        cell,
                        child,
                        run_text(cell, io, text, &format!("{name}: -c: line 1: ")),
                    )
                    .await,
                );
            }
            "-l" | "--login" => login = true,
            "-e" => traced = true,
            "-i" | "-s" => (),
            "--version" => {
                let text = "GNU bash, version 5.2.15(1)-release (x86_64-amazon-linux-gnu)\n";
                cell.write(&io.out, text.as_bytes())?.ok();
                return Ok(0);
            }
            other => {
                say(
                    cell,
                    io,
                    &format!("{name}: {other}: not simulated on this machine\n"),
                )?;
                return Ok(2);
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if let Some(script) = rest.first() {
        let content = {
            let mut host = cell.host();
            let shell = host.shell();
            let (path, who) = (shell.path(script), shell.who.clone());
            host.machine.disk.read(&who, &path)
        };
        let text = match content {
            Ok(content) => String::from_utf8_lossy(&content).into_owned(),
            Err(fault) => {
                say(cell, io, &format!("{name}: {script}: {fault}\n"))?;
                return Ok(if fault == Fault::NotFound { 127 } else { 126 });
            }
        };
        let mut child = cell
            .host()
            .shell()
            .child(script, rest.get(1..).unwrap_or_default().to_vec());
        child.exit_on_error = traced;
        let prefix = child.prefix.clone();
        return settle(within(cell, child, run_text(cell, io, &text, &prefix)).await);
    }
    let mut child = cell.host().shell().child(&name, Vec::new());
    child.login = login;
    become_shell(cell, io, child).await
}

/// Starts a shell that a person types into, or lets it read its commands from a pipe.
async fn become_shell(cell: &Cell, io: &Io, mut child: Shell) -> Status {
    let interactive = cell.host().size.is_some() && matches!(io.stdin, Source::Terminal);
    if interactive {
        child.interactive = true;
        child.prefix = if child.login {
            "-bash: ".into()
        } else {
            format!("{}: ", child.name)
        };
        cell.host().nest = Some(child);
        return Ok(0);
    }
    let text = cell.all(&io.stdin).await?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let prefix = child.prefix.clone();
    settle(within(cell, child, run_text(cell, io, &text, &prefix)).await)
}

/// A shell of another user, as `su` and `sudo` make it. A login one starts at home.
fn shell_of(host: &mut Host, user: &User, login: bool) -> Shell {
    let terminal = host.size.is_some();
    let mut shell = Shell::of(&host.machine.disk, &host.id, user, terminal);
    shell.interactive = false;
    shell.login = login;
    shell.pid = host.pid + 1;
    host.pid += 1;
    if !login {
        host.shell().cwd.clone_into(&mut shell.cwd);
        let cwd = shell.cwd.clone();
        shell.export("PWD", &cwd);
    }
    shell
}

async fn su(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let login = rest
        .iter()
        .any(|word| word == "-" || word == "-l" || word == "--login");
    let text = rest
        .iter()
        .position(|word| word == "-c")
        .and_then(|at| rest.get(at + 1))
        .cloned();
    let name = rest
        .iter()
        .find(|word| !word.starts_with('-') && Some(*word) != text.as_ref())
        .map_or("root", String::as_str);
    let (user, root) = {
        let mut host = cell.host();
        (
            users::by_name(&host.machine.disk, name),
            host.shell().who.uid == 0,
        )
    };
    let Some(user) = user else {
        say(
            cell,
            io,
            &format!(
                "su: user {name} does not exist or the user entry does not contain all the required fields\n"
            ),
        )?;
        return Ok(1);
    };
    if !root {
        // No user of an image has a password, so every one that is typed is wrong.
        say(cell, io, "Password: ")?;
        if matches!(io.stdin, Source::Terminal) && cell.host().size.is_some() {
            cell.line(&io.stdin).await;
        }
        say(cell, io, "\nsu: Authentication failure\n")?;
        return Ok(1);
    }
    let shell = shell_of(&mut cell.host(), &user, login);
    match text {
        Some(text) => {
            settle(within(cell, shell, run_text(cell, io, &text, "bash: -c: line 1: ")).await)
        }
        None => become_shell(cell, io, shell).await,
    }
}

async fn sudo(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let request = match sudo::read(rest) {
        Ok(request) => request,
        Err(text) => {
            say(cell, io, &text)?;
            return Ok(1);
        }
    };
    let (user, allowed, name, host_name) = {
        let mut host = cell.host();
        let user = users::by_name(&host.machine.disk, &request.user);
        let (who, name) = (host.shell().who.clone(), host.shell().user.clone());
        let host_name = host.id.short_name().to_owned();
        (
            user,
            who.uid == 0 || sudo::allows(&host.machine.disk, &name),
            name,
            host_name,
        )
    };
    let Some(user) = user else {
        say(cell, io, &format!("sudo: unknown user {}\n", request.user))?;
        return Ok(1);
    };
    if !allowed {
        say(
            cell,
            io,
            "sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n",
        )?;
        return Ok(1);
    }
    if request.list {
        let text = format!(
            "User {name} may run the following commands on {host_name}:\n    (ALL) NOPASSWD: ALL\n"
        );
        cell.write(&io.out, text.as_bytes())?.ok();
        return Ok(0);
    }
    let shell = {
        let mut host = cell.host();
        let mut shell = shell_of(&mut host, &user, request.login);
        let own = host.shell().clone();
        if !request.login {
            shell.export(
                "PATH",
                "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin",
            );
            shell.export("SUDO_USER", &own.user);
            shell.export("SUDO_UID", &own.who.uid.to_string());
        }
        for (name, value) in &request.variables {
            shell.export(name, value);
        }
        shell
    };
    if request.shell && request.command.is_empty() {
        return become_shell(cell, io, shell).await;
    }
    if request.shell {
        let text = request.command.join(" ");
        return settle(within(cell, shell, run_text(cell, io, &text, "bash: -c: line 1: ")).await);
    }
    if request.command.is_empty() {
        return Ok(0);
    }
    let inner = async {
        let Some(name) = request.command.first() else {
            return Ok(0);
        };
        let found = find(&mut cell.host(), name, false);
        match found {
            Found::Not(why, _) => {
                let why = if name.contains('/') && why == "No such file or directory" {
                    "command not found"
                } else {
                    why
                };
                say(cell, io, &format!("sudo: {name}: {why}\n"))?;
                Ok(1)
            }
            Found::Builtin(command) | Found::Program(command, _) => {
                run_command(cell, io, command, &request.command).await
            }
            Found::Script(..) => dispatch(cell, io, &request.command).await,
        }
    };
    settle(within(cell, shell, inner).await)
}
