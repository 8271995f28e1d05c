//! `ssh-keygen`: fresh ED25519 keys, fingerprints and public halves. What it asks for is in `shell/keygen.rs`.

use crate::keys::keygen::{Seen, fresh};
use crate::machine::disk::{Fault, Who, join, parent};
use crate::machine::host::Host;
use crate::machine::node::Node;

/// What was asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is one option")]
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) passphrase: Option<String>,
    pub(crate) comment: Option<String>,
    pub(crate) quiet: bool,
    /// `-l`, with `-v` for the picture.
    pub(crate) fingerprint: bool,
    pub(crate) picture: bool,
    /// `-y`
    pub(crate) public: bool,
}

/// Reads the arguments; the error is the text to print.
pub(crate) fn read(given: &[String]) -> Result<Request, String> {
    let mut request = Request::default();
    let mut words = given.iter();
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else {
            return Err("Too many arguments.\n".into());
        };
        for (at, letter) in letters.char_indices() {
            let rest = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            let mut value = || {
                if rest.is_empty() {
                    words.next().cloned()
                } else {
                    Some(rest.to_owned())
                }
                .ok_or(format!(
                    "ssh-keygen: option requires an argument -- '{letter}'\n"
                ))
            };
            match letter {
                't' => request.kind = Some(value()?),
                'f' => request.file = Some(value()?),
                'N' => request.passphrase = Some(value()?),
                'C' => request.comment = Some(value()?),
                // The bits of an ED25519 key and the hash of a fingerprint have one value each.
                'b' | 'E' | 'a' => drop(value()?),
                'l' => request.fingerprint = true,
                'v' => request.picture = true,
                'y' => request.public = true,
                'q' => request.quiet = true,
                other => {
                    return Err(format!(
                        "ssh-keygen: -{other} is not simulated on this machine. Simulated: -t ed25519, -f, -N,\n-C, -l, -v, -y, -q\n"
                    ));
                }
            }
            if ["t", "f", "N", "C", "b", "E", "a"].contains(&letter.to_string().as_str()) {
                break;
            }
        }
    }
    Ok(request)
}

/// What is printed, on which stream, and the status.
pub(crate) struct Answer {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) status: u32,
}

impl Answer {
    fn told(out: String) -> Self {
        Self {
            out,
            err: String::new(),
            status: 0,
        }
    }

    pub(crate) fn refused(err: impl Into<String>) -> Self {
        Self {
            out: String::new(),
            err: err.into(),
            status: 255,
        }
    }
}

/// `-l` and `-y`.
pub(crate) fn look(host: &mut Host, request: &Request, file: &str) -> Answer {
    let shell = host.shell();
    let (who, path) = (shell.who.clone(), shell.path(file));
    let disk = &host.machine.disk;
    let text = match disk.read(&who, &path) {
        Ok(text) => text,
        Err(fault) if request.public => return Answer::refused(format!("{file}: {fault}\n")),
        Err(fault) => return Answer::refused(format!("ssh-keygen: {file}: {fault}\n")),
    };
    let words = String::from_utf8_lossy(&text).into_owned();
    if request.public {
        let open = disk
            .at(&path)
            .filter(|node| node.owner == who.uid && node.mode & 0o077 != 0);
        if let Some(node) = open {
            let line = "@".repeat(59);
            let mode = node.mode & 0o777;
            return Answer::refused(format!(
                "{line}\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n{line}\nPermissions 0{mode:o} for '{file}' are too open.\nIt is required that your private key files are NOT accessible by others.\nThis private key will be ignored.\nLoad key \"{file}\": bad permissions\n"
            ));
        }
        return match Seen::private(&text) {
            Some(seen) => Answer::told(format!("{}\n", seen.line())),
            // OpenSSL's words for it differ by version.
            None => Answer::refused(format!("Load key \"{file}\": error in libcrypto\n")),
        };
    }
    // The public half beside a private key has the comment.
    let beside = disk.read(&who, &format!("{path}.pub")).unwrap_or_default();
    let seen = Seen::public(&words)
        .or_else(|| Seen::public(&String::from_utf8_lossy(&beside)))
        .or_else(|| Seen::private(&text));
    match seen {
        Some(seen) if request.picture => {
            Answer::told(format!("{}\n{}\n", seen.summary(), seen.randomart()))
        }
        Some(seen) => Answer::told(format!("{}\n", seen.summary())),
        None => Answer::refused(format!("{file} is not a public key file.\n")),
    }
}

/// Makes a key in `file`, which the caller has asked about if it was there.
pub(crate) fn make(host: &mut Host, request: &Request, file: &str) -> Answer {
    let Some(seed) = host.machine.entropy.take() else {
        return Answer::refused("ssh-keygen: no randomness on this machine now. Try again.\n");
    };
    let (now, name) = (host.now, host.id.short_name().to_owned());
    let shell = host.shell();
    let (who, path, home) = (
        shell.who.clone(),
        shell.path(file),
        join(shell.home(), ".ssh"),
    );
    let comment = request
        .comment
        .clone()
        .unwrap_or_else(|| format!("{}@{name}", shell.user));
    let (private, seen) = match fresh(seed, &comment) {
        Ok(made) => made,
        Err(error) => return Answer::refused(format!("ssh-keygen: {error}\n")),
    };
    let mut created = String::new();
    let disk = &mut host.machine.disk;
    if parent(&path) == home && disk.make_dir(&who, &home, 0o700, now).is_ok() {
        created = format!("Created directory '{home}'.\n");
    }
    let mut write = |path: &str, text: &str, mode: u16| -> Result<(), Fault> {
        let place = disk.open(&who, path, false, 0o077, now)?;
        disk.append(&place, text.as_bytes(), now)?;
        disk.change(&Who::root(), &place, true, |node: &mut Node| {
            node.mode = mode;
        })
    };
    let public = format!("{path}.pub");
    if let Err(fault) = write(&path, &private, 0o600) {
        return Answer {
            status: 1,
            ..Answer::refused(format!("Saving key \"{file}\" failed: {fault}\n"))
        };
    }
    if let Err(fault) = write(&public, &format!("{}\n", seen.line()), 0o644) {
        return Answer {
            status: 1,
            ..Answer::refused(format!(
                "Unable to save public key to {file}.pub: {fault}\n"
            ))
        };
    }
    if request.quiet {
        return Answer::told(String::new());
    }
    Answer::told(format!(
        "{created}Your identification has been saved in {file}\nYour public key has been saved in {file}.pub\nThe key fingerprint is:\n{} {comment}\nThe key's randomart image is:\n{}\n",
        seen.sha256(),
        seen.randomart()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::run;

    #[test]
    fn options_may_stand_together_and_unknown_ones_are_named() {
        let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
        let request = read(&words("-qt ed25519 -fx -N p")).unwrap();
        assert_eq!(request.kind.as_deref(), Some("ed25519"));
        assert_eq!(request.file.as_deref(), Some("x"));
        assert_eq!(request.passphrase.as_deref(), Some("p"));
        assert!(request.quiet);
        assert!(
            read(&words("-R host"))
                .unwrap_err()
                .contains("-R is not simulated")
        );
    }

    #[test]
    fn what_cannot_be_made_is_said() {
        assert!(run("ssh-keygen -t rsa -f x -N ''").contains("-t ed25519"));
        assert!(run("ssh-keygen -t ed25519 -f x -N secret").contains("not simulated"));
        assert_eq!(run("ssh-keygen -t foo"), "unknown key type foo\n255");
        assert_eq!(
            run("ssh-keygen -l -f nowhere"),
            "ssh-keygen: nowhere: No such file or directory\n255"
        );
        assert_eq!(
            run("ssh-keygen -l -f /etc/hostname"),
            "/etc/hostname is not a public key file.\n255"
        );
        let shown = run("ssh-keygen -lf ~/.ssh/authorized_keys");
        assert!(
            shown.starts_with("256 SHA256:") && shown.ends_with(" testkeypair (ED25519)\n0"),
            "{shown}"
        );
    }
}
