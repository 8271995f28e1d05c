//! Why a machine that answered did not let the learner in.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Instance, KeyContent, KeyFile};
use crate::course::explain::{file, launch, recognised};
use crate::course::hint::{self, Identity};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::session::Session;
use crate::course::words::shell_word;

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
        return Some(host_key_refused(session, instance, bindings));
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
    if is_right_key(session, instance, evidence, bindings) {
        Some(wrong_user(user, instance, bindings))
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
        return file::explain(named, evidence, bindings);
    }
    let ours = scene::files_of_key(evidence, bindings);
    let suspect = ours.into_iter().find(|one| file::is_open(one));
    suspect
        .or_else(|| file::failed_attempt(evidence, bindings))
        .and_then(|one| file::explain(one, evidence, bindings))
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
        Identity::None => return Some(no_identity(instance, bindings)),
        Identity::Path(path) => {
            match hint::find_file(path, directory, evidence.places.as_ref(), files) {
                Ok(Some(named)) => {
                    let explained = file::explain(named, evidence, bindings);
                    return explained.or_else(|| other_reason(session, instance, bindings));
                }
                Ok(None) => return Some(path_not_found(path, instance, bindings)),
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
        .or_else(|| good.and_then(|_| other_reason(session, instance, bindings)))
        .or_else(|| Some(no_identity(instance, bindings)))
}

/// No key was offered although the file is fine: root, else no file was named.
fn other_reason(
    session: &Session<'_>,
    instance: Option<&Instance>,
    bindings: &Bindings,
) -> Option<Recognised> {
    match (session.user, session.line.map(hint::identity)) {
        (Some("root"), _) => Some(root(instance, bindings)),
        // A good file was named and yet not offered: a passphrase, or a client that does not know the algorithm.
        (_, Some(Identity::Path(_))) => None,
        _ => Some(no_identity(instance, bindings)),
    }
}

fn no_identity(instance: Option<&Instance>, bindings: &Bindings) -> Recognised {
    recognised(
        Mistake::NoIdentity,
        "You reached the instance, but ssh offered it no key: no key file was named. Name yours with -i in front of \
         the user and the address.",
        scene::ssh_command(bindings, instance),
    )
}

fn path_not_found(path: &str, instance: Option<&Instance>, bindings: &Bindings) -> Recognised {
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
        format!(
            "You reached {} and your own ssh hung up before it named a user: it did not accept the machine's host \
             key. At the question, type yes in full. After \"HAS CHANGED\", first run ssh-keygen -R {}",
            session.address, session.address
        ),
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
    let image = instance
        .and_then(|one| one.image.as_deref())
        .unwrap_or("this image");
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
    let which = match owner {
        Some(key) => format!("the key of pair {}", key.name),
        None => "a key that is none of your key pairs'".to_owned(),
    };
    let wanted = instance
        .and_then(|one| one.key_name.as_deref())
        .unwrap_or_else(|| scene::key_name(bindings));
    recognised(
        Mistake::WrongKey,
        format!(
            "You offered {which} and the instance was launched with key pair {wanted} so it did not let you in. Use \
             the file with that pair's private half."
        ),
        scene::ssh_command(bindings, instance),
    )
}
