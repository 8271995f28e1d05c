//! Redirections: `<`, `>`, `>>`, `2>&1`, here-documents and here-strings.

use brush_parser::ast::{IoFileRedirectKind, IoFileRedirectTarget, IoRedirect};

use super::{Flow, expand};
use crate::machine::disk::Fault;
use crate::machine::host::Cell;
use crate::machine::io::{Io, Sink, Source};

/// Applies one redirection to `io`. The inner error is the text to print; the command then does not run.
pub(super) async fn apply(
    cell: &Cell,
    io: &mut Io,
    redirect: &IoRedirect,
) -> Result<Result<(), String>, Flow> {
    let outer = io.clone();
    match redirect {
        IoRedirect::HereString(fd, word) => {
            let text = expand::text(cell, &outer, &word.value).await?;
            Ok(set_input(
                io,
                *fd,
                Source::bytes(format!("{text}\n").into_bytes()),
            ))
        }
        IoRedirect::HereDocument(fd, document) => {
            let text = if document.requires_expansion {
                expand::quoted(cell, &outer, &document.doc.value).await?
            } else {
                document.doc.value.clone()
            };
            let text = if document.remove_tabs {
                text.split_inclusive('\n')
                    .map(|line| line.trim_start_matches('\t'))
                    .collect()
            } else {
                text
            };
            Ok(set_input(io, *fd, Source::bytes(text.into_bytes())))
        }
        IoRedirect::OutputAndError(word, append) => {
            let name = expand::text(cell, &outer, &word.value).await?;
            Ok(open(cell, &name, *append).map(|sink| {
                io.out = sink.clone();
                io.err = sink;
            }))
        }
        IoRedirect::File(fd, kind, target) => file(cell, io, *fd, kind, target).await,
    }
}

async fn file(
    cell: &Cell,
    io: &mut Io,
    fd: Option<i32>,
    kind: &IoFileRedirectKind,
    target: &IoFileRedirectTarget,
) -> Result<Result<(), String>, Flow> {
    let outer = io.clone();
    let name = match target {
        IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => {
            expand::text(cell, &outer, &word.value).await?
        }
        IoFileRedirectTarget::Fd(fd) => fd.to_string(),
        IoFileRedirectTarget::ProcessSubstitution(..) => {
            return Ok(Err(
                "process substitution is not simulated on this machine".into()
            ));
        }
    };
    Ok(match kind {
        IoFileRedirectKind::Read | IoFileRedirectKind::ReadAndWrite => {
            read(cell, &name).and_then(|source| set_input(io, fd, source))
        }
        IoFileRedirectKind::Write | IoFileRedirectKind::Clobber => {
            open(cell, &name, false).and_then(|sink| set_output(io, fd, sink))
        }
        IoFileRedirectKind::Append => {
            open(cell, &name, true).and_then(|sink| set_output(io, fd, sink))
        }
        IoFileRedirectKind::DuplicateInput if name == "-" => {
            set_input(io, fd, Source::bytes(Vec::new()))
        }
        IoFileRedirectKind::DuplicateInput if name == "0" => Ok(()),
        IoFileRedirectKind::DuplicateInput => Err(format!("{name}: Bad file descriptor")),
        IoFileRedirectKind::DuplicateOutput => match name.as_str() {
            "1" => set_output(io, fd, outer.out),
            "2" => set_output(io, fd, outer.err),
            "-" => set_output(io, fd, Sink::Closed),
            number if number.parse::<u32>().is_ok() => {
                Err(format!("{number}: Bad file descriptor"))
            }
            // `>& file` is an old form of `&> file`.
            name => open(cell, name, false).map(|sink| {
                io.out = sink.clone();
                io.err = sink;
            }),
        },
    })
}

fn set_input(io: &mut Io, fd: Option<i32>, source: Source) -> Result<(), String> {
    match fd {
        None | Some(0) => {
            io.stdin = source;
            Ok(())
        }
        Some(other) => Err(format!("{other}: Bad file descriptor")),
    }
}

fn set_output(io: &mut Io, fd: Option<i32>, sink: Sink) -> Result<(), String> {
    match fd {
        None | Some(1) => io.out = sink,
        Some(2) => io.err = sink,
        Some(other) => return Err(format!("{other}: Bad file descriptor")),
    }
    Ok(())
}

fn read(cell: &Cell, name: &str) -> Result<Source, String> {
    let mut host = cell.host();
    if name == "/dev/stdin" || name == "/dev/tty" {
        return Ok(Source::Terminal);
    }
    let shell = host.shell();
    let (path, who) = (shell.path(name), shell.who.clone());
    match host.machine.disk.read(&who, &path) {
        Ok(content) => Ok(Source::bytes(content.to_vec())),
        // Opening a folder works; reading it is what fails, and nothing comes.
        Err(Fault::IsDirectory) => Ok(Source::bytes(Vec::new())),
        Err(fault) => Err(format!("{name}: {fault}")),
    }
}

/// Opens a file for writing by the rights of the shell.
pub(super) fn open(cell: &Cell, name: &str, append: bool) -> Result<Sink, String> {
    match name {
        "/dev/null" | "/dev/zero" => return Ok(Sink::Nowhere),
        "/dev/stdout" | "/dev/tty" => return Ok(Sink::Out),
        "/dev/stderr" => return Ok(Sink::Err),
        _ => (),
    }
    let mut host = cell.host();
    let now = host.now;
    let shell = host.shell();
    let (path, who, umask) = (shell.path(name), shell.who.clone(), shell.umask);
    host.machine
        .disk
        .open(&who, &path, append, umask, now)
        .map(Sink::File)
        .map_err(|fault| format!("{name}: {fault}"))
}
