//! A session as text: what was typed, and what came of it on the other side. Without secrets.

use std::fmt::Write;
use std::sync::LazyLock;

use regex::Regex;

use crate::course::evidence::{Event, Refusal, Silence, What};

/// What may hold a secret in a typed line: the name before it stays.
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?s)(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
        r"(?i)\b(\w*(?:secret|token|password|passwd|passphrase)\w*\s*=\s*)(?:'[^']*'|\x22[^\x22]*\x22|\S+)",
        r"(?i)(--?(?:secret-access-key|session-token|password|passin|passout|pw)[= ]+)(?:'[^']*'|\x22[^\x22]*\x22|\S+)",
        r"(\bssh-keygen\b.*?\s-N\s*)(?:'[^']*'|\x22[^\x22]*\x22|\S+)",
        r"(\bssh-keygen\b.*?\s-P\s*)(?:'[^']*'|\x22[^\x22]*\x22|\S+)",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The line with what may be a secret in it covered.
pub fn covered(line: &str) -> String {
    SECRETS.iter().fold(line.to_owned(), |line, secret| {
        secret.replace_all(&line, "${1}[covered]").into_owned()
    })
}

/// The events as text, oldest first: a command of the learner's, and under it what it led to. `time` writes a time of day from
/// Unix milliseconds.
pub fn replay(events: &[Event], time: impl Fn(i64) -> String) -> String {
    let mut text = String::new();
    // A command is reported when it has ended, after what it led to.
    let mut waiting: Vec<&Event> = Vec::new();
    for event in events {
        if let What::ShellCommand { line, status, .. } = &event.what {
            let line = line.as_deref().unwrap_or("(a command)");
            let typed = covered(line.trim_end()).replace('\n', "\n            ");
            let _ = writeln!(text, "{}  $ {typed}", time(event.at));
            tell(&mut text, &waiting);
            waiting.clear();
            if *status != 0 {
                let _ = writeln!(text, "            exit status {status}");
            }
        } else {
            waiting.push(event);
        }
    }
    if let Some(first) = waiting.first() {
        let _ = writeln!(text, "{}  (no command was told)", time(first.at));
        tell(&mut text, &waiting);
    }
    text
}

fn tell(text: &mut String, events: &[&Event]) {
    for event in events {
        if let Some(line) = told(&event.what) {
            let _ = writeln!(text, "            {line}");
        }
    }
}

fn told(what: &What) -> Option<String> {
    Some(match what {
        What::Api {
            action,
            parameters,
            error,
            ..
        } => {
            let mut line = format!("EC2: {action}");
            for (name, value) in parameters {
                let _ = write!(line, " {name}={}", covered(value));
            }
            match error {
                Some((code, _)) => format!("{line}: refused, {code}"),
                None => line,
            }
        }
        What::Unreachable {
            address, port, why, ..
        } => format!("network: {address} port {port}: {}", silence(*why)),
        What::Connected {
            session,
            instance,
            client,
            ..
        } => format!(
            "{instance}: connection {session}{}",
            client
                .as_deref()
                .map(|client| format!(" from {client}"))
                .unwrap_or_default()
        ),
        What::UserNamed { session, user } => format!("connection {session}: user {user}"),
        What::KeyOffered {
            session,
            key_sha256,
            accepted,
            ..
        } => {
            let taken = if *accepted { "would do" } else { "not taken" };
            format!("connection {session}: key {key_sha256} {taken}")
        }
        What::LoggedIn { session, user, .. } => {
            format!("connection {session}: signed in as {user}")
        }
        What::Refused { session, why } => format!("connection {session}: {}", refusal(why)),
        What::RootTurnedAway { session, .. } => {
            format!("connection {session}: root is sent to the image's own user")
        }
        What::RemoteCommand { line, status, .. } => {
            format!("on the instance: {} (exit status {status})", covered(line))
        }
        What::Copied { path, there, .. } => {
            let way = if *there { "to" } else { "from" };
            format!("copied {way} the instance: {path}")
        }
        What::Answered {
            step,
            question,
            choice,
        } => format!("answer to question {} of {step}: {choice}", question + 1),
        What::Disconnected { .. } | What::ShellCommand { .. } => return None,
    })
}

fn silence(why: Silence) -> &'static str {
    match why {
        Silence::GroupClosed => "no answer, no security group admits it",
        Silence::GroupForOthers => "no answer, the security group admits others only",
        Silence::Pending => "no answer, the instance is pending",
        Silence::Stopped => "no answer, the instance is stopped",
        Silence::Terminated => "no answer, the instance is terminated",
        Silence::OldAddress => "no answer, the address from before a stop",
        Silence::PrivateAddress => "no answer, a private address",
        Silence::NobodyThere => "no answer, nobody has this address",
        Silence::Refused => "refused, nothing listens there yet",
    }
}

fn refusal(why: &Refusal) -> String {
    match why {
        Refusal::BadModes { path } => format!("sshd refuses: bad ownership or modes for {path}"),
        Refusal::Signature { algorithm } => format!("sshd refuses signatures of {algorithm}"),
        Refusal::NoCommonHostKey { client_takes } => {
            format!(
                "no common host key: the client takes {}",
                client_takes.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::fixture::{ADDRESS, ID, Lab, SHA};

    #[test]
    fn a_command_stands_above_what_it_led_to() {
        let mut lab = Lab::ready();
        lab.unanswered(ADDRESS, 22, Silence::GroupClosed)
            .typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
        lab.tried(1, Some("ec2-user"), &[(SHA, false)]);
        let text = replay(&lab.events, |_| "10:00:00".to_owned());
        assert_eq!(
            text,
            format!(
                "10:00:00  $ ssh -i mykey.pem ec2-user@203.0.113.25
            network: {ADDRESS} port 22: no answer, no security group admits it
            exit status 255
10:00:00  (no command was told)
            {ID}: connection 1 from SSH-2.0-OpenSSH_9.2p1
            connection 1: user ec2-user
            connection 1: key {SHA} not taken
"
            )
        );
    }

    #[test]
    fn secrets_are_covered_and_the_rest_stays() {
        for (typed, shown) in [
            (
                "export AWS_SECRET_ACCESS_KEY='a b' X=1",
                "export AWS_SECRET_ACCESS_KEY=[covered] X=1",
            ),
            (
                "ssh-keygen -p -P old -N \"new one\" -f key",
                "ssh-keygen -p -P [covered] -N [covered] -f key",
            ),
            (
                "echo '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----' > f",
                "echo '-----BEGIN RSA PRIVATE KEY-----[covered]' > f",
            ),
            ("ssh -N -L 1:a:2 host", "ssh -N -L 1:a:2 host"),
            ("aws configure", "aws configure"),
        ] {
            assert_eq!(covered(typed), shown);
        }
    }
}
