//! `ssh-keygen` as it is typed: it asks for what was not given.

use super::Status;
use super::run::say;
use crate::machine::commands::ssh_keygen::{Answer, Request, look, make, read};
use crate::machine::disk::join;
use crate::machine::host::Cell;
use crate::machine::io::Io;

pub(super) async fn run(cell: &Cell, io: &Io, rest: &[String]) -> Status {
    let request = match read(rest) {
        Ok(request) => request,
        Err(text) => return tell(cell, io, &Answer::refused(text)),
    };
    if request.fingerprint || request.public {
        let file = match &request.file {
            Some(file) => file.clone(),
            None => ask_file(cell, io, "Enter file in which the key is").await?,
        };
        let answer = look(&mut cell.host(), &request, &file);
        return tell(cell, io, &answer);
    }
    match request.kind.as_deref() {
        Some("ed25519") => (),
        Some("rsa" | "ecdsa" | "dsa" | "ecdsa-sk" | "ed25519-sk") | None => {
            let text = "ssh-keygen: of the key types only one is simulated on this machine: add\n-t ed25519\n";
            return tell(cell, io, &Answer::refused(text));
        }
        Some(other) => {
            let text = format!("unknown key type {other}\n");
            return tell(cell, io, &Answer::refused(text));
        }
    }
    generate(cell, io, &request).await
}

async fn generate(cell: &Cell, io: &Io, request: &Request) -> Status {
    if !request.quiet {
        put(cell, io, "Generating public/private ed25519 key pair.\n")?;
    }
    let file = match &request.file {
        Some(file) => file.clone(),
        None => ask_file(cell, io, "Enter file in which to save the key").await?,
    };
    let there = {
        let mut host = cell.host();
        let shell = host.shell();
        let (who, path) = (shell.who.clone(), shell.path(&file));
        host.machine.disk.resolve(&who, &path, true).is_ok()
    };
    if there {
        put(cell, io, &format!("{file} already exists.\n"))?;
        let answer = ask(cell, io, "Overwrite (y/n)? ").await?;
        if !answer.starts_with(['y', 'Y']) {
            return Ok(1);
        }
    }
    let passphrase = match &request.passphrase {
        Some(given) => given.clone(),
        None => {
            let first = ask(cell, io, "Enter passphrase (empty for no passphrase): ").await?;
            let again = ask(cell, io, "Enter same passphrase again: ").await?;
            first + &again
        }
    };
    if !passphrase.is_empty() {
        let text = "ssh-keygen: passphrases are not simulated on this machine: leave it empty.\n";
        return tell(cell, io, &Answer::refused(text));
    }
    let answer = make(&mut cell.host(), request, &file);
    tell(cell, io, &answer)
}

/// Asks for a file's name; an empty answer is the usual place.
async fn ask_file(cell: &Cell, io: &Io, question: &str) -> Result<String, super::Flow> {
    let usual = join(cell.host().shell().home(), ".ssh/id_ed25519");
    let answer = ask(cell, io, &format!("{question} ({usual}): ")).await?;
    Ok(if answer.is_empty() { usual } else { answer })
}

async fn ask(cell: &Cell, io: &Io, question: &str) -> Result<String, super::Flow> {
    put(cell, io, question)?;
    let line = cell.line(&io.stdin).await.unwrap_or_default();
    Ok(String::from_utf8_lossy(&line).trim().to_owned())
}

fn put(cell: &Cell, io: &Io, text: &str) -> Result<(), super::Flow> {
    // What does not fit on a full disk is lost, as it is in bash.
    cell.write(&io.out, text.as_bytes()).map(drop)
}

fn tell(cell: &Cell, io: &Io, answer: &Answer) -> Status {
    put(cell, io, &answer.out)?;
    say(cell, io, &answer.err)?;
    Ok(answer.status)
}

#[cfg(test)]
mod tests {
    use crate::machine::Family;
    use crate::machine::testing::Bench;

    #[test]
    fn it_asks_for_the_file_and_the_passphrase_and_before_it_overwrites() {
        let mut bench = Bench::new(Family::Al2023, true);
        bench.machine.stir([7; 32]);
        bench.start();
        let shown = bench.keys(b"ssh-keygen -t ed25519\r");
        assert!(
            shown.ends_with(
                "Enter file in which to save the key (/home/ec2-user/.ssh/id_ed25519): "
            ),
            "{shown}"
        );
        assert!(
            bench
                .keys(b"\r")
                .ends_with("Enter passphrase (empty for no passphrase): ")
        );
        bench.keys(b"\r");
        let shown = bench.keys(b"\r");
        assert!(
            shown.contains("Your public key has been saved in /home/ec2-user/.ssh/id_ed25519.pub"),
            "{shown}"
        );
        assert!(shown.contains("+--[ED25519 256]--+"), "{shown}");
        let shown = bench.keys(b"ssh-keygen -t ed25519 -N '' -f .ssh/id_ed25519\r");
        assert!(
            shown.ends_with(".ssh/id_ed25519 already exists.\nOverwrite (y/n)? "),
            "{shown}"
        );
        bench.keys(b"n\r");
        assert_eq!(
            bench
                .keys(b"echo $?; ls -l .ssh | cut -c1-10\r")
                .lines()
                .skip(1)
                .take(4)
                .collect::<Vec<_>>(),
            ["1", "total 12", "-rw-------", "-rw-------"]
        );
    }
}
