//! Commands that a real machine has and this one only names: each says what to do instead.

use super::{Call, TABLE};

fn say(call: &mut Call<'_>, text: &str) -> u32 {
    let line = format!("{}: {text}\n", call.name());
    call.err(line);
    1
}

pub(super) fn editor(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "editors are not simulated on this machine. To write a file:\n  echo 'some text' > FILE     one line\n  cat > FILE                  many lines, then Ctrl-D",
    )
}

pub(super) fn packages(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "packages are not simulated: this machine has no internet and what\nit has is already there (`help' lists it). On a real instance this would work.",
    )
}

pub(super) fn service(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "services are not simulated: on this machine only the SSH server\nthat you came in through is running. On a real instance this would work.",
    )
}

pub(super) fn ssh(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "you are already on the instance. This machine has no way out; type\n`exit' to go back to your own computer and run it there.",
    )
}

/// The far side of `rsync -e ssh`. 127 is what a shell says where there is no rsync, and what rsync's own last line names.
pub(super) fn rsync(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "not simulated on this machine. To copy files, use `scp -r' or `sftp'\nfrom your own computer.",
    );
    127
}

pub(super) fn network(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "this machine has no network besides the instance metadata service\nat http://169.254.169.254/ (use curl).",
    )
}

pub(super) fn pager(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "pagers are not simulated on this machine: use `cat' or `head'.",
    )
}

pub(super) fn screen(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "full-screen programs are not simulated on this machine: use `ps aux',\n`free -h' and `uptime'.",
    )
}

pub(super) fn manual(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "there are no manual pages on this simulated machine; `help' lists its\ncommands.",
    )
}

pub(super) fn script(call: &mut Call<'_>) -> u32 {
    say(
        call,
        "not simulated on this machine: use grep, cut, tr, head and tail.",
    )
}

pub(super) fn help(call: &mut Call<'_>) -> u32 {
    let mut text = String::from("This is a simulated machine. Its commands:\n");
    let mut line = String::new();
    for command in TABLE.iter().filter(|command| command.name.len() > 1) {
        if line.len() + command.name.len() + 3 > 76 {
            text.push_str(&format!("{line}\n"));
            line.clear();
        }
        line.push_str(&format!("  {}", command.name));
    }
    call.out(format!("{text}{line}\n"));
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn what_is_not_simulated_says_so_within_the_width_of_a_terminal() {
        for line in [
            "vim x",
            "sudo dnf install -y httpd",
            "hostnamectl",
            "ssh -i k.pem ec2-user@203.0.113.25",
            "wget x",
            "less f",
            "top",
            "man ls",
            "sed x",
            "rsync --server -logDtpre.iLsfxCIvu . .",
            "help",
        ] {
            let screen = run(line);
            assert!(
                screen.contains("simulated")
                    || screen.contains("already on the instance")
                    || screen.contains("no network"),
                "{line}: {screen}"
            );
            assert!(screen.lines().all(|line| line.len() <= 78), "{screen}");
        }
    }
}
