//! A login proven without the wrapper: a command that the learner pastes on the instance, and the word that it prints. Pure.
//!
//! The word is a digest of a code that the coach made, the user there, and the key in that user's list of keys: whoever has it
//! was on the instance, as that user. It guards against slips, not against somebody who means to deceive.

use sha2::{Digest, Sha256};

use crate::course::evidence::{Account, KeyFile, What};

/// Letters of the word that is typed back.
const LETTERS: usize = 8;

/// The command to paste on the instance.
pub fn command(code: &str) -> String {
    format!(
        "echo {code} $(whoami) $(ssh-keygen -lf ~/.ssh/authorized_keys | cut -d' ' -f2) | sha256sum | cut -c1-{LETTERS}"
    )
}

/// What it prints for this user with this one key.
pub fn answer(code: &str, user: &str, key_sha256: &str) -> String {
    let digest = Sha256::digest(format!("{code} {user} {key_sha256}\n"));
    hex::encode(digest).chars().take(LETTERS).collect()
}

/// The events of a login, if the answer proves one to a running instance.
pub fn proven(
    code: &str,
    typed: &str,
    account: &Account,
    files: &[KeyFile],
    session: u64,
) -> Option<Vec<What>> {
    let running = account
        .instances
        .iter()
        .filter(|one| one.state == "running");
    for instance in running {
        let pair = account
            .key_pairs
            .iter()
            .find(|pair| Some(&pair.name) == instance.key_name.as_ref());
        let of_files = files.iter().filter(|file| {
            pair.is_some_and(|pair| file.ec2_fingerprints.contains(&pair.fingerprint))
        });
        let keys = pair
            .and_then(|pair| pair.public_sha256.clone())
            .into_iter()
            .chain(of_files.filter_map(|file| file.public_sha256.clone()));
        let user = instance.login_user.as_deref().unwrap_or("ec2-user");
        for key_sha256 in keys {
            if answer(code, user, &key_sha256) != typed.trim().to_ascii_lowercase() {
                continue;
            }
            let instance = instance.id.clone();
            return Some(vec![
                What::Connected {
                    session,
                    instance: instance.clone(),
                    address: account
                        .instances
                        .iter()
                        .find(|one| one.id == instance)
                        .and_then(|one| one.public_address.clone())
                        .unwrap_or_default(),
                    client: None,
                },
                What::UserNamed {
                    session,
                    user: user.to_owned(),
                },
                What::LoggedIn {
                    session,
                    instance: instance.clone(),
                    user: user.to_owned(),
                    key_sha256,
                    watched: true,
                },
                What::RemoteCommand {
                    session,
                    instance,
                    line: "sha256sum".to_owned(),
                    status: 0,
                },
                What::Disconnected { session },
            ]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_what_the_command_prints() {
        // `echo c0de ec2-user SHA256:x | sha256sum | cut -c1-8` of coreutils 9.1.
        assert_eq!(answer("c0de", "ec2-user", "SHA256:x"), "8e992516");
        assert_ne!(
            answer("c0de", "root", "SHA256:x"),
            answer("c0de", "ec2-user", "SHA256:x")
        );
    }
}
