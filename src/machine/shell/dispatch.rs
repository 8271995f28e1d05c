//! From a command's name to what runs: a function, a builtin, a program on the disk, a script.

use super::run::{deeper, redirected, run_text, say, settle, within};
use super::{Boxed, Flow, Status, woven};
use crate::machine::commands::{self, Call, Command, Run, Stream};
use crate::machine::disk::{Who, join};
use crate::machine::host::{Cell, Host};
use crate::machine::io::Io;
use crate::machine::node::{Kind, Node};
use crate::machine::seed::PROGRAM;

/// What a name stands for.
pub(crate) enum Found {
    /// The shell's own.
    Builtin(&'static Command),
    /// A program on the disk, and where it is.
    Program(&'static Command, String),
    /// A text on the disk that may be run, and where it is.
    Script(String, String),
    /// It cannot be run: the text after the name, and the status.
    Not(&'static str, u32),
}

/// Looks a name up as a shell does, without functions.
pub(crate) fn find(host: &mut Host, name: &str, builtins: bool) -> Found {
    let shell = host.shell();
    let who = shell.who.clone();
    if name.contains('/') {
        let path = shell.path(name);
        return at(host, &who, &path);
    }
    if let Some(command) = commands::find(name)
        && builtins
        && command.builtin
    {
        return Found::Builtin(command);
    }
    match which(host, name) {
        Some(path) => at(host, &who, &path),
        None if host.shell().get("PATH").is_none() => Found::Not("No such file or directory", 127),
        None => Found::Not("command not found", 127),
    }
}

/// Where on `PATH` a name is that may be run.
pub(crate) fn which(host: &mut Host, name: &str) -> Option<String> {
    let shell = host.shell();
    let (who, path) = (
        shell.who.clone(),
        shell.get("PATH").unwrap_or_default().to_owned(),
    );
    if name.is_empty() {
        return None;
    }
    path.split(':')
        .map(|dir| join(if dir.is_empty() { "." } else { dir }, name))
        .find(|path| {
            let path = host.shell().path(path);
            let found = host.machine.disk.resolve(&who, &path, true);
            found.is_ok_and(|(_, node)| matches!(node.kind, Kind::File(_)) && who.may(node, 1))
        })
}

fn at(host: &Host, who: &Who, path: &str) -> Found {
    let node: &Node = match host.machine.disk.resolve(who, path, true) {
        Ok((_, node)) => node,
        Err(crate::machine::disk::Fault::NotFound) => {
            return Found::Not("No such file or directory", 127);
        }
        Err(crate::machine::disk::Fault::NotDirectory) => {
            return Found::Not("Not a directory", 126);
        }
        Err(_) => return Found::Not("Permission denied", 126),
    };
    match &node.kind {
        Kind::Dir => Found::Not("Is a directory", 126),
        Kind::File(_) if !who.may(node, 1) => Found::Not("Permission denied", 126),
        Kind::File(content) => {
            let text = String::from_utf8_lossy(content);
            match text
                .strip_prefix(PROGRAM)
                .map(str::trim_end)
                .map(commands::find)
            {
                Some(Some(command)) => Found::Program(command, path.to_owned()),
                Some(None) => Found::Not("cannot execute binary file: Exec format error", 126),
                None if content.contains(&0) => {
                    Found::Not("cannot execute binary file: Exec format error", 126)
                }
                None => Found::Script(path.to_owned(), text.into_owned()),
            }
        }
        Kind::Link(_) | Kind::Device => Found::Not("Permission denied", 126),
    }
}

/// Runs a command by its name and arguments.
pub(super) fn dispatch<'a>(
    cell: &'a Cell,
    io: &'a Io,
    arguments: &'a [String],
) -> Boxed<'a, Status> {
    Box::pin(async move {
        let Some(name) = arguments.first() else {
            return Ok(0);
        };
        let function = cell.host().shell().functions.get(name).cloned();
        if let Some(function) = function {
            let rest = arguments.get(1..).unwrap_or_default().to_vec();
            let before = std::mem::replace(&mut cell.host().shell().arguments, rest);
            let body = redirected(cell, io, &function.body.0, function.body.1.as_ref());
            let result = deeper(cell, io, body).await;
            cell.host().shell().arguments = before;
            return match result {
                Err(Flow::Return(status)) => Ok(status),
                other => other,
            };
        }
        let found = find(&mut cell.host(), name, true);
        let prefix = cell.host().shell().prefix.clone();
        start(cell, io, arguments, found, &prefix).await
    })
}

/// Runs what was found. `prefix` stands before the message when there is nothing to run.
pub(super) fn start<'a>(
    cell: &'a Cell,
    io: &'a Io,
    arguments: &'a [String],
    found: Found,
    prefix: &'a str,
) -> Boxed<'a, Status> {
    Box::pin(async move {
        let name = arguments.first().map(String::as_str).unwrap_or_default();
        match found {
            Found::Builtin(command) | Found::Program(command, _) => {
                run_command(cell, io, command, arguments).await
            }
            Found::Script(path, text) => script(cell, io, &path, &text, arguments).await,
            Found::Not(why, status) => {
                say(cell, io, &format!("{prefix}{name}: {why}\n"))?;
                Ok(status)
            }
        }
    })
}

async fn script(cell: &Cell, io: &Io, path: &str, text: &str, arguments: &[String]) -> Status {
    let rest = arguments.get(1..).unwrap_or_default().to_vec();
    let child = cell
        .host()
        .shell()
        .child(arguments.first().map_or(path, String::as_str), rest);
    let prefix = child.prefix.clone();
    settle(within(cell, child, run_text(cell, io, text, &prefix)).await)
}

/// Runs one of the machine's commands.
pub(super) async fn run_command(
    cell: &Cell,
    io: &Io,
    command: &'static Command,
    arguments: &[String],
) -> Status {
    cell.host().tick()?;
    match command.run {
        Run::Woven(kind) => woven::run(cell, io, kind, arguments).await,
        Run::Plain(run) => {
            let input = if (command.reads)(arguments) {
                cell.all(&io.stdin).await?
            } else {
                Vec::new()
            };
            let mut host = cell.host();
            let to_terminal = host.is_terminal(&io.out);
            let mut call = Call::new(&mut host, arguments, input, to_terminal);
            let mut status = run(&mut call);
            let (said, flow) = (std::mem::take(&mut call.said), call.flow);
            for (stream, bytes) in said {
                let sink = match stream {
                    Stream::Out => &io.out,
                    Stream::Err => &io.err,
                };
                if let Err(fault) = host.write(sink, &bytes)? {
                    let name = arguments.first().map(String::as_str).unwrap_or_default();
                    host.write(
                        &io.err,
                        format!("{name}: write error: {fault}\n").as_bytes(),
                    )?
                    .ok();
                    status = 1;
                    break;
                }
            }
            match flow {
                Some(flow) => Err(flow),
                None => Ok(status),
            }
        }
    }
}
