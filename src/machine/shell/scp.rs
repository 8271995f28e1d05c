//! `scp -t` and `scp -f`: the far side of `scp -O` and of `pscp -scp`, the protocol that scp had before SFTP.
//!
//! A line of one letter says what comes (`C` a file, `D` a folder, `E` its end, `T` times), a zero byte says "go on", and a
//! byte 1 with a line is something that went wrong. After `scp.c` of OpenSSH; which of its two sides speaks is in each
//! function's name. The lines come from a shell, so its expansions (`host:'*.txt'`, `~`) and its start-up files count, as on
//! a real machine.

use super::Status;
use super::run::say;
use crate::machine::disk::{Disk, Fault, Who, join};
use crate::machine::host::{Cell, Host};
use crate::machine::io::Io;
use crate::machine::node::Kind;

/// Bytes of a file that are sent before the client gets its turn.
const PIECE: usize = 128 * 1024;
/// Longest line of the protocol: a path and its numbers.
const LINE: usize = 8192;
/// Folders within folders that are taken or sent.
const DEEPEST: usize = 256;

/// What was asked for.
#[derive(Debug, Default, Clone, Copy)]
struct Options {
    recursive: bool,
    times: bool,
    folder: bool,
}

/// The client has gone, or said something that ends it all.
struct Over;

/// One run of it.
struct Copy<'a> {
    cell: &'a Cell,
    options: Options,
    /// Input that was read and not used yet.
    rest: Vec<u8>,
    used: usize,
    status: u32,
}

/// Runs it; `None` when it is scp as a person calls it.
pub(super) async fn run(cell: &Cell, io: &Io, arguments: &[String]) -> Status {
    let (mut options, mut paths) = (Options::default(), Vec::new());
    let (mut sink, mut source) = (false, false);
    for word in arguments.get(1..).unwrap_or_default() {
        let letters = word.strip_prefix('-').filter(|_| paths.is_empty());
        match letters {
            Some("-") => (),
            Some(letters) => {
                for letter in letters.chars() {
                    match letter {
                        't' => sink = true,
                        'f' => source = true,
                        'r' => options.recursive = true,
                        'p' => options.times = true,
                        'd' => options.folder = true,
                        _ => (),
                    }
                }
            }
            None => paths.push(word.clone()),
        }
    }
    if sink == source {
        let text = "scp: you are already on the instance. This machine has no way out; type\n`exit' to go back to your own computer and run it there.\n";
        say(cell, io, text)?;
        return Ok(1);
    }
    let mut copy = Copy {
        cell,
        options,
        rest: Vec::new(),
        used: 0,
        status: 0,
    };
    let done = if sink {
        match paths.as_slice() {
            [path] => copy.sink_all(path).await,
            _ => {
                say(cell, io, "usage: scp -t [-dpr] file\n")?;
                return Ok(1);
            }
        }
    } else {
        copy.source_all(&paths).await
    };
    Ok(match done {
        Ok(()) => copy.status,
        Err(Over) => 1,
    })
}

impl Copy<'_> {
    fn host<R>(&self, work: impl FnOnce(&mut Host) -> R) -> R {
        work(&mut self.cell.host())
    }

    fn disk<R>(&self, work: impl FnOnce(&mut Disk, &Who, i64) -> R) -> R {
        self.host(|host| {
            let (who, now) = (host.shell().who.clone(), host.now);
            work(&mut host.machine.disk, &who, now)
        })
    }

    fn path(&self, text: &str) -> String {
        self.host(|host| host.shell().path(text))
    }

    fn send(&self, bytes: &[u8]) {
        self.host(|host| host.out.extend_from_slice(bytes));
    }

    /// Says what went wrong; the client prints it.
    fn fail(&mut self, words: &str) {
        self.status = 1;
        self.send(format!("\u{1}scp: {words}\n").as_bytes());
    }

    fn fail_at(&mut self, name: &str, fault: Fault) {
        self.fail(&format!("{name}: {fault}"));
    }

    /// At most so many bytes of input.
    async fn some(&mut self, most: usize) -> Result<Vec<u8>, Over> {
        if self.used >= self.rest.len() {
            self.rest = self.cell.bytes().await.ok_or(Over)?;
            self.used = 0;
        }
        let end = self.rest.len().min(self.used + most);
        let part = self.rest.get(self.used..end).unwrap_or_default().to_vec();
        self.used = end;
        Ok(part)
    }

    async fn byte(&mut self) -> Result<u8, Over> {
        self.some(1).await?.first().copied().ok_or(Over)
    }

    /// The rest of a line, without its end.
    async fn line(&mut self) -> Result<String, Over> {
        let mut line = Vec::new();
        loop {
            match self.byte().await? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() >= LINE => return Err(Over),
                byte => line.push(byte),
            }
        }
    }

    /// Waits for the client's "go on"; false when it says that something went wrong.
    async fn go_on(&mut self) -> Result<bool, Over> {
        match self.byte().await? {
            0 => Ok(true),
            1 => {
                self.line().await?;
                self.status = 1;
                Ok(false)
            }
            _ => Err(Over),
        }
    }

    // What the client sends comes onto the disk.

    async fn sink_all(&mut self, target: &str) -> Result<(), Over> {
        let path = self.path(target);
        let into =
            self.disk(|disk, who, _| disk.resolve(who, &path, true).map(|found| found.1.is_dir()));
        if self.options.folder && into != Ok(true) {
            self.fail_at(target, into.err().unwrap_or(Fault::NotDirectory));
            return Err(Over);
        }
        self.send(b"\0");
        // The folders that are being filled: name, and what to do when they are done.
        let mut folders: Vec<Folder> = Vec::new();
        let mut times = None;
        let mut into = into == Ok(true);
        let mut here = target.to_owned();
        loop {
            let letter = match self.byte().await {
                Ok(letter) => letter,
                Err(Over) if folders.is_empty() => return Ok(()),
                Err(Over) => return Err(Over),
            };
            let line = self.line().await?;
            match letter {
                b'T' => {
                    let seconds = line
                        .split(' ')
                        .next()
                        .and_then(|word| word.parse::<u32>().ok());
                    let Some(seconds) = seconds else {
                        self.fail("protocol error: mtime.sec not delimited");
                        return Err(Over);
                    };
                    times = Some(i64::from(seconds) * 1000);
                    self.send(b"\0");
                }
                b'E' => {
                    let Some(folder) = folders.pop() else {
                        return Err(Over);
                    };
                    self.leave(&folder);
                    (here, into) = (folder.above, folder.into);
                    self.send(b"\0");
                }
                b'C' | b'D' => {
                    let Some((mode, size, name)) = record(&line) else {
                        self.fail("protocol error: bad mode");
                        return Err(Over);
                    };
                    if name.is_empty() || name.contains(['/', '\0']) || name == "." || name == ".."
                    {
                        self.fail(&format!("error: unexpected filename: {name}"));
                        return Err(Over);
                    }
                    let at = if into {
                        join(&here, name)
                    } else {
                        here.clone()
                    };
                    let stamp = times.take();
                    if letter == b'C' {
                        self.sink_file(&at, mode, size, stamp).await?;
                        continue;
                    }
                    if !self.options.recursive || folders.len() >= DEEPEST {
                        self.fail("received directory without -r");
                        return Err(Over);
                    }
                    match self.enter(&at, mode) {
                        Ok(made) => {
                            let above = std::mem::replace(&mut here, at.clone());
                            folders.push(Folder {
                                at,
                                above,
                                into,
                                mode,
                                made,
                                stamp,
                            });
                            into = true;
                            self.send(b"\0");
                        }
                        Err(fault) => self.fail_at(&at, fault),
                    }
                }
                1 => self.status = 1,
                2 => return Err(Over),
                _ => {
                    self.fail("protocol error: expected control record");
                    return Err(Over);
                }
            }
        }
    }

    /// Makes the folder where it is missing, writable until it is filled.
    fn enter(&self, at: &str, mode: u16) -> Result<bool, Fault> {
        let path = self.path(at);
        let umask = self.host(|host| host.shell().umask);
        self.disk(|disk, who, now| match disk.resolve(who, &path, true) {
            Ok((_, node)) if node.is_dir() => Ok(false),
            Ok(_) => Err(Fault::NotDirectory),
            Err(_) => disk
                .make_dir(who, &path, (mode | 0o700) & !umask, now)
                .map(|()| true),
        })
    }

    fn leave(&mut self, folder: &Folder) {
        let path = self.path(&folder.at);
        let umask = if self.options.times {
            0
        } else {
            self.host(|host| host.shell().umask)
        };
        let sets_mode = folder.made || self.options.times;
        let done = self.disk(|disk, who, _| {
            disk.change(who, &path, true, |node| {
                if sets_mode {
                    node.mode = folder.mode & !umask;
                }
                node.mtime = folder.stamp.unwrap_or(node.mtime);
            })
        });
        if let Err(fault) = done
            && sets_mode
        {
            self.fail_at(&folder.at, fault);
        }
    }

    async fn sink_file(
        &mut self,
        at: &str,
        mode: u16,
        size: u64,
        stamp: Option<i64>,
    ) -> Result<(), Over> {
        let path = self.path(at);
        let (umask, times) = self.host(|host| (host.shell().umask, self.options.times));
        let opened = self.disk(|disk, who, now| {
            let fresh = disk.resolve(who, &path, true).is_err();
            let place = disk.open(who, &path, false, umask, now)?;
            Ok((place, fresh))
        });
        let (place, fresh) = match opened {
            Ok(opened) => opened,
            Err(fault) => {
                // The client does not send the content then.
                self.fail_at(at, fault);
                return Ok(());
            }
        };
        self.send(b"\0");
        let mut left = size;
        let mut refused = None;
        while left > 0 {
            let part = self
                .some(usize::try_from(left).unwrap_or(usize::MAX))
                .await?;
            left -= u64::try_from(part.len()).unwrap_or(left);
            if refused.is_none() {
                refused = self
                    .disk(|disk, _, now| disk.append(&place, &part, now))
                    .err();
            }
        }
        let went_well = self.go_on().await?;
        let done = self.disk(|disk, who, _| {
            if !fresh && !times && stamp.is_none() {
                return Ok(());
            }
            disk.change(who, &place, false, |node| {
                if times {
                    node.mode = mode;
                } else if fresh {
                    node.mode = mode & !umask;
                }
                node.mtime = stamp.unwrap_or(node.mtime);
            })
        });
        match refused.or(done.err()) {
            Some(fault) => self.fail_at(at, fault),
            None if went_well => self.send(b"\0"),
            None => (),
        }
        Ok(())
    }

    // What is on the disk goes to the client.

    async fn source_all(&mut self, names: &[String]) -> Result<(), Over> {
        self.go_on().await?;
        for name in names {
            // What is still to be sent, last first; `None` ends a folder.
            let mut todo = vec![Some(name.clone())];
            let mut depth = 0;
            while let Some(next) = todo.pop() {
                let Some(name) = next else {
                    depth -= 1;
                    self.send(b"E\n");
                    self.go_on().await?;
                    continue;
                };
                let Some(within) = self.source(&name, depth).await? else {
                    continue;
                };
                depth += 1;
                todo.push(None);
                todo.extend(within.into_iter().rev().map(Some));
            }
        }
        Ok(())
    }

    /// Sends one file, or the beginning of a folder: its content is the answer then.
    async fn source(&mut self, name: &str, depth: usize) -> Result<Option<Vec<String>>, Over> {
        let path = self.path(name);
        let found =
            self.disk(|disk, who, _| disk.resolve(who, &path, true).map(|(_, node)| node.clone()));
        let node = match found {
            Ok(node) => node,
            Err(fault) => {
                self.fail_at(name, fault);
                return Ok(None);
            }
        };
        let who = self.host(|host| host.shell().who.clone());
        let last = name
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let last = if last.is_empty() { name } else { last };
        let within = match &node.kind {
            Kind::Dir if self.options.recursive && depth < DEEPEST => {
                match self.disk(|disk, who, _| disk.list(who, &path).map(names_of)) {
                    Ok(names) => Some(names.into_iter().map(|below| join(name, &below)).collect()),
                    Err(fault) => {
                        self.fail_at(name, fault);
                        return Ok(None);
                    }
                }
            }
            Kind::File(_) if !who.may(&node, 4) => {
                self.fail_at(name, Fault::Denied);
                return Ok(None);
            }
            Kind::File(_) => None,
            Kind::Dir | Kind::Link(_) | Kind::Device => {
                self.fail(&format!("{name}: not a regular file"));
                return Ok(None);
            }
        };
        if self.options.times {
            let seconds = node.mtime.div_euclid(1000).max(0);
            self.send(format!("T{seconds} 0 {seconds} 0\n").as_bytes());
            if !self.go_on().await? {
                return Ok(None);
            }
        }
        let content = match &node.kind {
            Kind::File(content) => Some(content),
            Kind::Dir | Kind::Link(_) | Kind::Device => None,
        };
        let (letter, size) = content.map_or(('D', 0), |content| ('C', content.len()));
        self.send(format!("{letter}{:04o} {size} {last}\n", node.mode).as_bytes());
        if !self.go_on().await? {
            return Ok(None);
        }
        if let Some(content) = content {
            for part in content.chunks(PIECE) {
                self.send(part);
                self.cell.pause().await;
            }
            self.send(b"\0");
            self.go_on().await?;
        }
        Ok(within)
    }
}

/// A folder that is being filled.
struct Folder {
    at: String,
    above: String,
    into: bool,
    mode: u16,
    made: bool,
    stamp: Option<i64>,
}

fn names_of<T>(list: Vec<(String, T)>) -> Vec<String> {
    list.into_iter().map(|(name, _)| name).collect()
}

/// Mode, size and name of a line such as `0644 12 f`.
fn record(line: &str) -> Option<(u16, u64, &str)> {
    let (mode, rest) = line.split_once(' ')?;
    let (size, name) = rest.split_once(' ')?;
    let mode = u16::from_str_radix(mode, 8).ok()? & 0o7777;
    Some((mode, size.parse().ok()?, name))
}
