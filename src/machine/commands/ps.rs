//! `ps`: the processes that a quiet machine has.

use super::Call;
use crate::machine::moment;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let given: String = call
        .given()
        .iter()
        .flat_map(|word| word.chars())
        .filter(|c| *c != '-')
        .collect();
    let shell = call.host.shell();
    let (pid, name, user) = (shell.pid, shell.name.clone(), shell.user.clone());
    let terminal = if call.host.size.is_some() {
        "pts/0"
    } else {
        "?"
    };
    let own = pid + 40;
    if !given.contains(['a', 'e', 'A', 'x']) {
        call.out("    PID TTY          TIME CMD\n");
        call.out(format!(
            "{pid:>7} {terminal:<8} 00:00:00 {}\n",
            name.trim_start_matches('-')
        ));
        call.out(format!("{own:>7} {terminal:<8} 00:00:00 ps\n"));
        return 0;
    }
    let boot = moment::format(call.host.id.booted_at, "%H:%M").unwrap_or_default();
    let now = moment::format(call.host.now, "%H:%M").unwrap_or_default();
    let command = call.arguments.join(" ");
    let servers: Vec<(String, u32, String)> = call
        .host
        .machine
        .ports
        .all(call.host.id.booted_at)
        .map(|(_, server)| (server.user.clone(), server.pid, server.command.clone()))
        .collect();
    let (private, own_daemon) = (
        format!("sshd: {user} [priv]"),
        format!("sshd: {user}@{terminal}"),
    );
    let mut rows = vec![
        (
            "root",
            1,
            "?",
            "Ss",
            &boot,
            "/usr/lib/systemd/systemd --switched-root --system",
        ),
        ("root", 2, "?", "S", &boot, "[kthreadd]"),
        (
            "root",
            1180,
            "?",
            "Ss",
            &boot,
            "/usr/lib/systemd/systemd-journald",
        ),
        (
            "root",
            1410,
            "?",
            "Ss",
            &boot,
            "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
        ),
        ("root", pid - 2, "?", "Ss", &now, &private),
        (&user, pid - 1, "?", "S", &now, &own_daemon),
        (&user, pid, terminal, "Ss", &now, &name),
    ];
    for (user, pid, command) in &servers {
        rows.push((user, *pid, terminal, "S", &now, command));
    }
    rows.push((&user, own, terminal, "R+", &now, &command));
    if given.contains('u') {
        call.out("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
        for (user, pid, terminal, state, start, command) in rows {
            call.out(format!("{user:<8} {pid:>7}  0.0  0.5  10240  5120 {terminal:<8} {state:<4} {start}   0:00 {command}\n"));
        }
    } else {
        call.out("UID          PID    PPID  C STIME TTY          TIME CMD\n");
        for (user, pid, terminal, _, start, command) in rows {
            call.out(format!(
                "{user:<8} {pid:>7}       1  0 {start} {terminal:<8} 00:00:00 {command}\n"
            ));
        }
    }
    0
}
