//! `python3 -m http.server`: a web server of the machine's disk, so that a forwarded port has something behind it.

use std::sync::Arc;

use super::Status;
use super::run::say;
use crate::machine::host::{Cell, Host};
use crate::machine::io::Io;
use crate::machine::network;
use crate::machine::ports::{Listener, Log, PortFault};

/// How often a server in front of a person looks for lines of its log, in milliseconds.
const LOOK: i64 = 200;
/// Exit status of a process that SIGTERM ended.
const TERMINATED: u32 = 143;
const USAGE: &str =
    "usage: server.py [-h] [--cgi] [-b ADDRESS] [-d DIRECTORY] [-p VERSION] [port]\n";

/// What was asked for.
struct Wish {
    port: u16,
    address: String,
    folder: String,
}

pub(super) async fn python(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let rest = match rest.first().map(String::as_str) {
        // Its output is never held back here.
        Some("-u") => rest.get(1..).unwrap_or_default(),
        _ => rest,
    };
    match rest {
        [word] if word == "--version" || word == "-V" => {
            let text = format!("Python {}\n", network::python(cell.host().id.family));
            cell.write(&io.out, text.as_bytes())?.ok();
            Ok(0)
        }
        [flag, module, rest @ ..] if flag == "-m" && module == "http.server" => match wish(rest) {
            Ok(wish) => serve(cell, io, rest, wish).await,
            Err(message) => {
                say(cell, io, &format!("{USAGE}server.py: error: {message}\n"))?;
                Ok(2)
            }
        },
        [file, ..] if is_ansibles(cell, file) => ansible(cell, io, file),
        _ => {
            say(
                cell,
                io,
                "python3: on this simulated machine it can do one thing, serve a folder:\n  python3 -m http.server [PORT]\n",
            )?;
            Ok(1)
        }
    }
}

/// Whether this is a module that Ansible has brought along: `…/AnsiballZ_ping.py`.
fn is_ansibles(cell: &Cell, file: &str) -> bool {
    let mut host = cell.host();
    let (path, who) = (host.shell().path(file), host.shell().who.clone());
    let name = path.rsplit('/').next().unwrap_or_default();
    name.starts_with("AnsiballZ_") && host.machine.disk.read(&who, &path).is_ok()
}

/// Answers for `ping`, which asks only whether it could be run. There is no Python here to run the others.
fn ansible(cell: &Cell, io: &Io, file: &str) -> Status {
    let answer = if file.ends_with("/AnsiballZ_ping.py") {
        "{\"ping\": \"pong\", \"invocation\": {\"module_args\": {\"data\": \"pong\"}}}\n"
    } else {
        "{\"failed\": true, \"msg\": \"this simulated machine has no Python: of Ansible's modules only ping and raw work\"}\n"
    };
    cell.write(&io.out, answer.as_bytes())?.ok();
    Ok(u32::from(!answer.contains("pong")))
}

fn wish(words: &[String]) -> Result<Wish, String> {
    let mut wish = Wish {
        port: 8000,
        address: "0.0.0.0".into(),
        folder: String::new(),
    };
    let mut words = words.iter();
    let mut named = false;
    while let Some(word) = words.next() {
        let mut value = |name: &str| {
            words
                .next()
                .cloned()
                .ok_or_else(|| format!("argument {name}: expected one argument"))
        };
        match word.as_str() {
            "-b" | "--bind" => wish.address = value("-b/--bind")?,
            "-d" | "--directory" => wish.folder = value("-d/--directory")?,
            option if option.starts_with('-') => {
                return Err(format!("unrecognized arguments: {option}"));
            }
            extra if named => return Err(format!("unrecognized arguments: {extra}")),
            number => {
                named = true;
                // Python hands a port that is too large on, and the kernel takes its lower half.
                let port = number
                    .parse::<u32>()
                    .map_err(|_| format!("argument port: invalid int value: '{number}'"))?;
                wish.port = u16::try_from(port & 0xffff).unwrap_or(0);
            }
        }
    }
    Ok(wish)
}

async fn serve(cell: &Cell, io: &Io, words: &[String], wish: Wish) -> Status {
    let process = Arc::new(());
    let log = Log::default();
    let command = ["python3 -m http.server", &words.join(" ")].join(" ");
    let (pid, port) = {
        let mut host = cell.host();
        // One that was started with `&` has the number that the shell has just shown.
        if !io.background {
            host.pid = next_pid(&host);
        }
        let pid = if io.background { host.job } else { host.pid };
        let listener = listener(&mut host, pid, command.trim_end(), &wish.folder, &log);
        let listener = Listener {
            process: (!io.background).then(|| Arc::downgrade(&process)),
            ..listener
        };
        match host.machine.ports.listen(wish.port, listener) {
            Ok(port) => (pid, port),
            Err(fault) => {
                let words = match fault {
                    PortFault::InUse => "OSError: [Errno 98] Address already in use",
                    PortFault::NotRoot => "PermissionError: [Errno 13] Permission denied",
                };
                drop(host);
                say(
                    cell,
                    io,
                    &format!("Traceback (most recent call last):\n  ...\n{words}\n"),
                )?;
                return Ok(1);
            }
        }
    };
    let address = &wish.address;
    let shown = format!("Serving HTTP on {address} port {port} (http://{address}:{port}/) ...\n");
    cell.write(&io.out, shown.as_bytes())?.ok();
    if io.background {
        return Ok(0);
    }
    cell.host().at_interrupt = "\nKeyboard interrupt received, exiting.\n";
    loop {
        let until = cell.host().now.saturating_add(LOOK);
        cell.until(until).await;
        let lines = std::mem::take(&mut *crate::machine::io::lock(&log));
        // A server may run for ever: each look has the limits of a line.
        cell.host().refill();
        say(cell, io, &lines.concat())?;
        let host = cell.host();
        let lives = host.machine.ports.process(pid, host.id.booted_at).is_some();
        drop(host);
        if !lives {
            say(cell, io, "Terminated\n")?;
            return Ok(TERMINATED);
        }
    }
}

fn listener(host: &mut Host, pid: u32, command: &str, folder: &str, log: &Log) -> Listener {
    let booted_at = host.id.booted_at;
    let shell = host.shell();
    Listener {
        pid,
        who: shell.who.clone(),
        user: shell.user.clone(),
        command: command.to_owned(),
        folder: shell.path(if folder.is_empty() { "." } else { folder }),
        log: Arc::clone(log),
        booted_at,
        process: None,
    }
}

/// A process number that nobody on the machine has.
pub(crate) fn next_pid(host: &Host) -> u32 {
    host.pid
        .max(host.machine.ports.last_pid())
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::{Bench, run};

    #[test]
    fn a_folder_is_served_to_the_machine_itself() {
        let page = run(
            "mkdir w w/sub; echo hi > w/a; ln -s a w/l; python3 -m http.server -d w 8080 & curl -s localhost:8080/",
        );
        let list = "<ul>\n<li><a href=\"a\">a</a></li>\n<li><a href=\"l\">l@</a></li>\n<li><a href=\"sub/\">sub/</a></li>\n</ul>\n";
        assert!(page.contains(list), "{page}");
        let get = |path: &str| {
            run(&format!(
                "echo hi > 'a b.txt'; python3 -m http.server 2>&1 > /dev/null & curl -si localhost:8000{path}"
            ))
        };
        let text = get("/a%20b.txt");
        assert!(
            text.starts_with("HTTP/1.0 200 OK\nServer: SimpleHTTP/0.6 Python/3.9.16\n"),
            "{text}"
        );
        assert!(text.ends_with("\n\nhi\n0"), "{text}");
        for path in ["/nothing", "/.ssh/authorized_keys/x", "/%00", "/%ff"] {
            assert!(
                get(path).starts_with("HTTP/1.0 404 File not found\n"),
                "{path}"
            );
        }
        // What climbs out of the folder stays in it.
        let out = run(
            "mkdir w; echo secret > s; python3 -m http.server -d w & curl -s localhost:8000/../s; curl -s localhost:8000/%2e%2e/s",
        );
        assert!(!out.contains("secret"), "{out}");
    }

    #[test]
    fn a_file_that_its_user_may_not_read_is_not_found() {
        let page = run(
            "sudo cp /etc/passwd x; sudo chmod 600 x; python3 -m http.server & curl -s localhost:8000/x; curl -s localhost:8000/",
        );
        assert!(
            page.contains("Error code: 404") && page.contains("<a href=\"x\">"),
            "{page}"
        );
    }

    #[test]
    fn what_python_refuses_it_refuses_in_its_words() {
        let taken = run("python3 -m http.server & python3 -m http.server");
        assert!(
            taken.ends_with("\nOSError: [Errno 98] Address already in use\n1"),
            "{taken}"
        );
        assert!(
            run("python3 -m http.server 80")
                .ends_with("\nPermissionError: [Errno 13] Permission denied\n1")
        );
        assert!(
            run("python3 -m http.server x")
                .ends_with("server.py: error: argument port: invalid int value: 'x'\n2")
        );
        assert_eq!(run("python3 --version"), "Python 3.9.16\n0");
        assert!(run("python3 x.py").starts_with("python3: on this simulated machine "));
    }

    #[test]
    fn ctrl_c_ends_the_server_and_frees_its_port() {
        let mut bench = Bench::new(Family::Al2023, true);
        bench.start();
        bench.keys(b"python3 -m http.server\r");
        let screen = bench.keys(&[3]);
        assert!(
            screen.starts_with("^C\n\nKeyboard interrupt received, exiting.\n["),
            "{screen}"
        );
        let screen = bench.keys(b"curl localhost:8000\r");
        assert!(screen.contains("Could not connect to server"), "{screen}");
    }

    #[test]
    fn a_server_in_the_background_is_a_job_that_goes_on() {
        let mut bench = Bench::new(Family::Al2023, true);
        bench.start();
        let screen = bench.keys(b"python3 -m http.server &\r");
        assert!(
            screen.contains("[1] 1501\n") && !screen.contains("Done"),
            "{screen}"
        );
        let screen = bench.keys(b"ps aux | grep http; kill 1501; curl localhost:8000\r");
        assert!(
            screen.contains("1501  0.0  0.5") && screen.contains("Could not connect"),
            "{screen}"
        );
    }
}
