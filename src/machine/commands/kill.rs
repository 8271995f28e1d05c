//! `kill`: ends a server that runs on the machine, or the shell itself.

use super::Call;
use crate::machine::session::SIGNALS;
use crate::machine::shell::Flow;

const USAGE: &str = "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n";

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let mut signal = "TERM";
    let mut only_ask = false;
    let mut words = call.given().iter().peekable();
    while let Some(word) = words.next_if(|word| word.starts_with('-')) {
        let name = match word.as_str() {
            "--" => break,
            "-l" | "-L" => {
                let names: Vec<&str> = SIGNALS.iter().map(|(_, name)| *name).collect();
                call.out(format!("{}\n", names.join(" ")));
                return 0;
            }
            "-s" | "-n" => words.next().map(String::as_str).unwrap_or_default(),
            other => other.trim_start_matches('-'),
        };
        if name == "0" {
            only_ask = true;
            continue;
        }
        let plain = name.to_uppercase();
        let plain = plain.trim_start_matches("SIG");
        let known = SIGNALS
            .iter()
            .find(|(number, known)| *known == plain || number.to_string() == plain);
        let Some((_, known)) = known else {
            return call.complain(format!("{name}: invalid signal specification"));
        };
        signal = known;
    }
    if words.peek().is_none() {
        call.err(USAGE);
        return 2;
    }
    let mut status = 0;
    for word in words {
        if let Err(message) = one(call, word, signal, only_ask) {
            status = call.complain(message);
        }
    }
    status
}

/// Sends to one process.
fn one(
    call: &mut Call<'_>,
    word: &str,
    signal: &'static str,
    only_ask: bool,
) -> Result<(), String> {
    let booted_at = call.host.id.booted_at;
    let pid = match word.strip_prefix('%') {
        // There is one row of jobs in this shell: its servers.
        Some(_) => call
            .host
            .machine
            .ports
            .all(booted_at)
            .filter(|(_, listener)| listener.process.is_none())
            .map(|(_, listener)| listener.pid)
            .max()
            .ok_or_else(|| format!("{word}: no such job"))?,
        None => word
            .parse()
            .map_err(|_| format!("{word}: arguments must be process or job IDs"))?,
    };
    let who = call.who();
    if pid == call.host.shell().pid {
        if !only_ask {
            // An interactive shell does not mind these.
            let minds =
                !matches!(signal, "TERM" | "QUIT" | "INT") || !call.host.shell().interactive;
            if minds {
                call.host.killed = Some(signal);
                call.flow = Some(Flow::Exit(128));
            }
        }
        return Ok(());
    }
    let Some(listener) = call.host.machine.ports.process(pid, booted_at) else {
        return Err(format!("({pid}) - No such process"));
    };
    if who.uid != 0 && listener.who.uid != who.uid {
        return Err(format!("({pid}) - Operation not permitted"));
    }
    if !only_ask {
        call.host.machine.ports.end(pid);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn a_server_ends_and_another_persons_does_not() {
        assert_eq!(
            run("python3 -m http.server 8000 & kill %1; curl localhost:8000"),
            "Serving HTTP on 0.0.0.0 port 8000 (http://0.0.0.0:8000/) ...\ncurl: (7) Failed to connect to localhost port 8000 after 0 ms: Could not connect to server\n7"
        );
        assert_eq!(
            run("sudo python3 -m http.server 80 & kill %1"),
            "Serving HTTP on 0.0.0.0 port 80 (http://0.0.0.0:80/) ...\nbash: line 1: kill: (1501) - Operation not permitted\n1"
        );
    }

    #[test]
    fn nobody_is_not_a_process() {
        assert_eq!(
            run("kill 99999"),
            "bash: line 1: kill: (99999) - No such process\n1"
        );
        assert_eq!(
            run("kill -FROB 1"),
            "bash: line 1: kill: FROB: invalid signal specification\n1"
        );
        assert!(run("kill").starts_with("kill: usage: "));
    }
}
