//! Why a machine that answered did not let the learner in.

use crate::course::bindings::Bindings;
use crate::course::evidence::{
    Event, Evidence, Instance, KeyContent, KeyFile, KeyPair, KnownHost, Refusal, What,
};
use crate::course::explain::{file, launch, pushed, recognised};
use crate::course::hint::{self, Identity};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::session::{Session, sessions};
use crate::course::words::shell_word;

/// sshd's `MaxAuthTries`: the refusal after which it hangs up.
const ATTEMPTS: usize = 6;

/// The mistake behind an ended session, if it is one.
pub(crate) fn explain(
    session: &Session<'_>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    if session.logged_in || !session.ended || !session.is_client() {
        return None;
    }
    let instance = scene::instance(evidence, session.instance);
    let Some(user) = session.user else {
        if let Some(Refusal::NoCommonHostKey { client_takes }) = session.refusal {
            return Some(old_host_key(client_takes, instance, bindings));
        }
        return Some(if knows_another_key(session, instance, evidence) {
            host_key_changed(session)
        } else {
            host_key_refused(session, instance, bindings)
        });
    };
    if session.root_turned_away {
        return Some(root(instance, bindings));
    }
    if session.offers.is_empty() {
        return without_offer(session, instance, evidence, bindings);
    }
    if let Some(instance) = instance.filter(|one| one.key_name.is_none()) {
        return Some(launch::wrong_key_pair(instance, bindings));
    }
    if session.offers.iter().any(|offer| offer.accepted) {
        return without_proof(session, evidence, bindings);
    }
    if user == "root" {
        return Some(root(instance, bindings));
    }
    match session.refusal {
        Some(Refusal::BadModes { path }) => return Some(authorized_keys_open(path, instance)),
        Some(Refusal::Signature { algorithm }) => {
            return Some(old_signature(Some(algorithm), instance, bindings));
        }
        Some(Refusal::NoCommonHostKey { .. }) | None => {}
    }
    if is_right_key(session, instance, evidence, bindings) {
        Some(if user == scene::login_user(instance) {
            authorized_keys_without(session, instance, evidence)
        } else {
            wrong_user(user, instance, bindings)
        })
    } else if session.offers.len() >= ATTEMPTS {
        Some(too_many_keys(session, instance, bindings))
    } else {
        Some(wrong_key(session, instance, evidence, bindings))
    }
}

/// The right user with the right key, and then no proof: of an ED25519 file and of a public half ssh reads what to offer,
/// and then cannot, or will not, open the private half.
fn without_proof(
    session: &Session<'_>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let files = scene::known_files(evidence);
    if let Identity::Path(path) = session.line.map_or(Identity::Unknown, hint::identity)
        && let Ok(Some(named)) = hint::find_file(
            &path,
            session.directory.unwrap_or_default(),
            evidence.places.as_ref(),
            files,
        )
    {
        let explained = file::explain(named, evidence, bindings);
        return explained.or_else(|| file::is_locked(named).then(|| file::locked(named)));
    }
    let ours = scene::files_of_key(evidence, bindings);
    let suspect = ours.into_iter().find(|one| file::is_open(one));
    suspect
        .or_else(|| file::failed_attempt(evidence, bindings))
        .and_then(|one| file::explain(one, evidence, bindings))
        .or_else(|| {
            let files = scene::files_of_key(evidence, bindings);
            files
                .into_iter()
                .find(|one| file::is_locked(one))
                .map(file::locked)
        })
}

/// Whether a key offered in vain is nevertheless the instance's.
fn is_right_key(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> bool {
    let right = instance
        .and_then(|one| one.key_name.as_ref())
        .and_then(|name| {
            let keys = scene::known_account(evidence).map(|account| &account.key_pairs);
            let listed = keys.into_iter().flatten().find(|key| &key.name == name);
            listed.and_then(|key| key.public_sha256.clone())
        });
    let bound = || {
        bindings
            .key_pair
            .as_ref()
            .and_then(|key| key.public_sha256.clone())
    };
    match right.or_else(bound) {
        Some(right) => session.offers.iter().any(|offer| offer.sha256 == right),
        // Without the instance's key to compare with, the user tells: the right one was refused only for its key.
        None => session.user != Some(scene::login_user(instance)),
    }
}

fn without_offer(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let files = scene::known_files(evidence);
    let typed = session.line.map_or(Identity::Unknown, hint::identity);
    let directory = session.directory.unwrap_or_default();
    match &typed {
        Identity::None => return Some(no_identity(session, instance, evidence, bindings)),
        Identity::Path(path) => {
            match hint::find_file(path, directory, evidence.places.as_ref(), files) {
                Ok(Some(named)) if session.is_putty() => {
                    return for_putty(named, evidence, bindings);
                }
                Ok(Some(named)) => {
                    let explained = file::explain(named, evidence, bindings);
                    return explained
                        .or_else(|| Some(of_good_file(named, session, instance, bindings)));
                }
                Ok(None) if is_lost(path, evidence, bindings) => {
                    return Some(file::lost(path, bindings));
                }
                Ok(None) => {
                    return Some(path_not_found(path, session, instance, evidence, bindings));
                }
                Err(()) => {}
            }
        }
        Identity::Unknown => {}
    }
    // Nobody tells which file it was: the state of the files must.
    let ours = scene::files_of_key(evidence, bindings);
    let good = ours
        .iter()
        .find(|one| one.content == KeyContent::PrivateKey && !file::is_open(one));
    let suspect = match good {
        None => ours
            .first()
            .copied()
            .or_else(|| file::failed_attempt(evidence, bindings)),
        // The key is fine; something written after it may have been given instead.
        Some(good) => file::failed_attempt(evidence, bindings)
            .filter(|one: &&KeyFile| one.modified_at > good.modified_at),
    };
    suspect
        .and_then(|one| file::explain(one, evidence, bindings))
        .or_else(|| good.and_then(|_| other_reason(session, instance, evidence, bindings)))
        .or_else(|| Some(no_identity(session, instance, evidence, bindings)))
}

/// PuTTY had no key to offer: it does not look at modes.
fn for_putty(named: &KeyFile, evidence: &Evidence, bindings: &Bindings) -> Option<Recognised> {
    match named.content {
        KeyContent::PrivateKey => Some(file::pem_given_to_putty(named)),
        KeyContent::Ppk => None,
        KeyContent::PublicKey
        | KeyContent::Json
        | KeyContent::WholeAnswer
        | KeyContent::Utf16
        | KeyContent::Truncated
        | KeyContent::Empty
        | KeyContent::Damaged
        | KeyContent::Unreadable
        | KeyContent::Other => file::spoiled(named, evidence, bindings),
    }
}

/// Whether the path is where the key was, and it is nowhere now.
fn is_lost(path: &str, evidence: &Evidence, bindings: &Bindings) -> bool {
    bindings.key_file.as_deref() == Some(path.strip_prefix("./").unwrap_or(path))
        && scene::files_of_key(evidence, bindings).is_empty()
}

/// A good file was named, and no key was offered: root, a passphrase, or a client whose way to prove it is too old.
fn of_good_file(
    named: &KeyFile,
    session: &Session<'_>,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    if session.user == Some("root") {
        return root(instance, bindings);
    }
    if file::is_locked(named) {
        return file::locked(named);
    }
    old_signature(None, instance, bindings)
}

/// No key was offered although a good one is there: root, else no file was named.
fn other_reason(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    match (session.user, session.line.map(hint::identity)) {
        (Some("root"), _) => Some(root(instance, bindings)),
        (_, Some(Identity::Path(_))) => None,
        _ => Some(no_identity(session, instance, evidence, bindings)),
    }
}

/// Whether the learner's ssh has a host key for the address, and it is not the instance's.
fn knows_another_key(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
) -> bool {
    let of_address = |known: &&KnownHost| known.host == session.address;
    let mut known = evidence.known_hosts.iter().filter(of_address).peekable();
    let keys = instance.map_or(&[][..], |one| &one.host_keys);
    known.peek().is_some() && known.all(|known| !keys.contains(&known.key_sha256))
}

/// The image in words.
fn image(instance: Option<&Instance>) -> &str {
    instance
        .and_then(|one| one.image.as_deref())
        .unwrap_or("this image")
}

fn host_key_changed(session: &Session<'_>) -> Recognised {
    let address = session.address;
    recognised(
        Mistake::HostKeyChanged,
        format!(
            "Your ssh knows another host key for {address} and hung up before it named a user. Somebody else had that \
             address before: an earlier instance. On AWS compare the fingerprint with get-console-output first; then \
             forget the old key, and sign in again."
        ),
        format!("ssh-keygen -R {address}"),
    )
}

fn old_host_key(
    client_takes: &[String],
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    let takes = client_takes.first().map_or("other kinds", String::as_str);
    recognised(
        Mistake::OldHostKey,
        format!(
            "You reached the instance, and your client takes only host keys of the kind {takes} which {} does not have \
             any more. Use a newer client, or leave that option out.",
            image(instance)
        ),
        scene::ssh_command(bindings, instance),
    )
}

fn old_signature(
    algorithm: Option<&str>,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    let image = image(instance);
    let says = match algorithm {
        Some(algorithm) => format!(
            "Your key may be right, but your client signs with {algorithm} which {image} does not accept. Use a newer \
             client, or an ED25519 key."
        ),
        None => format!(
            "Your key file is good, and yet ssh offered the instance nothing: your client may sign only in ways that \
             {image} does not accept, such as ssh-rsa with its SHA-1. Use a newer client, or leave such an option out."
        ),
    };
    recognised(
        Mistake::OldSignature,
        says,
        scene::ssh_command(bindings, instance),
    )
}

fn too_many_keys(
    session: &Session<'_>,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    let command = scene::ssh_command(bindings, instance);
    let command = command.strip_prefix("ssh ").unwrap_or(&command);
    recognised(
        Mistake::TooManyKeys,
        format!(
            "Your ssh offered {} keys, none of them the instance's, and then was cut off: an agent's keys go first, \
             before the file after -i. Let it offer that one alone.",
            session.offers.len()
        ),
        format!("ssh -o IdentitiesOnly=yes {command}"),
    )
}

fn authorized_keys_open(path: &str, instance: Option<&Instance>) -> Recognised {
    let id = instance.map_or("INSTANCE-ID", |one| &one.id);
    recognised(
        Mistake::AuthorizedKeysOpen,
        format!(
            "Your key and user are right, but on the instance others may write to {path} so its sshd does not trust the \
             list of keys in it. If a session is still open, run chmod go-w there; else terminate {id} and launch anew."
        ),
        format!("chmod go-w {}", shell_word(path)),
    )
}

fn authorized_keys_without(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
) -> Recognised {
    let id = instance.map_or("INSTANCE-ID", |one| &one.id);
    let user = session.user.unwrap_or_default();
    let came = format!(
        "You came as {user} with the key that the instance was launched with, but its ~/.ssh/authorized_keys does not \
         list that key any more."
    );
    if let Some(other) = other_key(session, evidence) {
        return recognised(
            Mistake::AuthorizedKeysWithout,
            format!(
                "{came} Try the other key that you have: {}",
                shell_word(&other.path)
            ),
            scene::ssh_with(&other.path, instance),
        );
    }
    recognised(
        Mistake::AuthorizedKeysWithout,
        format!(
            "{came} If a session is still open, put it back there; else launch a new instance."
        ),
        format!("aws ec2 terminate-instances --instance-ids {id}"),
    )
}

/// Another key of the learner's that may open the instance: one of a key pair, or one that came in before, that was not
/// refused there since anything was done on the instance.
fn other_key<'e>(session: &Session<'_>, evidence: &'e Evidence) -> Option<&'e KeyFile> {
    let events = scene::known_events(evidence);
    let changed = events.iter().rev().find_map(|event| {
        let at = match &event.what {
            What::RemoteCommand { instance, .. } | What::Copied { instance, .. } => instance,
            What::Api { .. }
            | What::Unreachable { .. }
            | What::Connected { .. }
            | What::UserNamed { .. }
            | What::KeyOffered { .. }
            | What::LoggedIn { .. }
            | What::Refused { .. }
            | What::RootTurnedAway { .. }
            | What::Disconnected { .. }
            | What::Answered { .. }
            | What::ShellCommand { .. } => return None,
        };
        (at == session.instance).then_some(event.number)
    });
    let before = sessions(events);
    let is_refused = |sha: &str| {
        before.iter().any(|one| {
            one.instance == session.instance
                && one.newest > changed.unwrap_or(0)
                && one
                    .offers
                    .iter()
                    .any(|offer| offer.sha256 == sha && !offer.accepted)
        })
    };
    let pairs = scene::known_account(evidence).map(|account| &account.key_pairs);
    let is_ours = |sha: &str| {
        let listed = |pair: &KeyPair| pair.public_sha256.as_deref() == Some(sha);
        let came = |event: &Event| {
            matches!(&event.what, What::LoggedIn { key_sha256, instance, .. }
                if key_sha256 == sha && instance == session.instance)
        };
        pairs.into_iter().flatten().any(listed) || events.iter().any(came)
    };
    scene::known_files(evidence).iter().find(|file| {
        file.content == KeyContent::PrivateKey
            && !file::is_open(file)
            && file
                .public_sha256
                .as_deref()
                .is_some_and(|sha| is_ours(sha) && !is_refused(sha))
    })
}

/// What explains a login better than the file that was named, where a key was pushed, or where nobody has the right one.
fn without_own_key(
    mistake: Mistake,
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let instance = instance?;
    pushed::explain(mistake, session, instance, evidence).or_else(|| {
        pushed::is_nobodys(instance, evidence, bindings)
            .then(|| pushed::nobodys(mistake, instance, evidence))
    })
}

fn no_identity(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Recognised {
    let mistake = Mistake::NoIdentity;
    if let Some(better) = without_own_key(mistake, session, instance, evidence, bindings) {
        return better;
    }
    recognised(
        Mistake::NoIdentity,
        if session.is_putty() {
            "You reached the instance, but no key was offered to it: no key file was named. Name your .ppk file with -i in \
             front of the user and the address."
        } else {
            "You reached the instance, but ssh offered it no key: no key file was named. Name yours with -i in front of \
             the user and the address."
        },
        scene::ssh_command(bindings, instance),
    )
}

fn path_not_found(
    path: &str,
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Recognised {
    let mistake = Mistake::KeyPathNotFound;
    if let Some(better) = without_own_key(mistake, session, instance, evidence, bindings) {
        return Recognised {
            says: format!("There is no key file at {path} here. {}", better.says),
            ..better
        };
    }
    recognised(
        Mistake::KeyPathNotFound,
        format!(
            "You reached the instance, but ssh had no key to offer: there is no key file at {path} as seen from where \
             you are. From the lab folder, yours is {}",
            shell_word(&scene::key_path(bindings))
        ),
        scene::ssh_command(bindings, instance),
    )
}

fn host_key_refused(
    session: &Session<'_>,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    recognised(
        Mistake::HostKeyRefused,
        if session.is_putty() {
            format!(
                "You reached {} and your own program hung up before it named a user: it did not accept the machine's \
                 host key. At its question about the key, type y.",
                session.address
            )
        } else {
            format!(
                "You reached {} and your own ssh hung up before it named a user: it did not accept the machine's host \
                 key. At the question, type yes in full, or paste the fingerprint that you expect.",
                session.address
            )
        },
        scene::ssh_command(bindings, instance),
    )
}

fn root(instance: Option<&Instance>, bindings: &Bindings) -> Recognised {
    let user = scene::login_user(instance);
    recognised(
        Mistake::RootLogin,
        format!(
            "You tried to sign in as root. EC2 images turn root away: sign in as {user} and use sudo on the instance \
             where you need root's rights."
        ),
        scene::ssh_command(bindings, instance),
    )
}

fn wrong_user(user: &str, instance: Option<&Instance>, bindings: &Bindings) -> Recognised {
    let right = scene::login_user(instance);
    let image = image(instance);
    recognised(
        Mistake::WrongUser,
        format!(
            "Your key is the right one, but you came as {user} and {image} knows only {right} at first. If you type \
             no user, ssh takes your name on this computer."
        ),
        scene::ssh_command(bindings, instance),
    )
}

fn wrong_key(
    session: &Session<'_>,
    instance: Option<&Instance>,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Recognised {
    let offered: Vec<&str> = session.offers.iter().map(|offer| offer.sha256).collect();
    let keys = scene::known_account(evidence).map(|account| &account.key_pairs);
    let owner = keys.into_iter().flatten().find(|key| {
        key.public_sha256
            .as_deref()
            .is_some_and(|sha| offered.contains(&sha))
    });
    if let Some(instance) = instance
        && let Some(explained) = pushed::explain(Mistake::WrongKey, session, instance, evidence)
    {
        return explained;
    }
    let which = match owner {
        Some(key) => format!("the key of pair {}", key.name),
        None => "a key that is none of your key pairs'".to_owned(),
    };
    let wanted = instance
        .and_then(|one| one.key_name.as_deref())
        .unwrap_or_else(|| scene::key_name(bindings));
    if let Some(instance) = instance
        && pushed::is_nobodys(instance, evidence, bindings)
    {
        return recognised(
            Mistake::WrongKey,
            format!(
                "You offered {which}, and the instance was launched with key pair {wanted}. Nobody has the private half of \
                 {wanted}: push a key of your own with EC2 Instance Connect."
            ),
            pushed::command(offered.first().copied(), instance, evidence),
        );
    }
    if let Some(owner) = owner.filter(|key| key.imported)
        && let Some(file) = pushed::file_of(owner.public_sha256.as_deref(), evidence)
    {
        return not_on_the_list(owner, file, instance, bindings);
    }
    recognised(
        Mistake::WrongKey,
        format!(
            "You offered {which}, and the instance was launched with key pair {wanted}, so it did not let you in. Use \
             the file with that pair's private half."
        ),
        scene::ssh_command(bindings, instance),
    )
}

/// A key that was made here and imported: the instance can still be told of it.
fn not_on_the_list(
    pair: &KeyPair,
    file: &KeyFile,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Recognised {
    let public = format!("{}.pub", file.path);
    recognised(
        Mistake::WrongKey,
        format!(
            "{} is not on the instance's list yet: AWS knows that key, and the instance reads its own list. Append {public} \
             to ~/.ssh/authorized_keys there.",
            pair.name
        ),
        format!(
            "cat {} | {} \\\n  'cat >> .ssh/authorized_keys'",
            shell_word(&public),
            scene::ssh_command(bindings, instance)
        ),
    )
}
