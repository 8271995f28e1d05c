//! Keys that EC2 Instance Connect pushes: why one did not open its instance, and who needs one.

use crate::course::bindings::{Bindings, BoundKeyPair};
use crate::course::evidence::{Event, Evidence, Instance, KeyContent, KeyFile, What};
use crate::course::explain::recognised;
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::session::Session;
use crate::course::words::shell_word;

/// How long a pushed key opens the instance, in milliseconds (EC2 User Guide).
pub(crate) const GOOD_FOR: i64 = 60_000;

/// One key, pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Push<'e> {
    /// When.
    pub(crate) at: i64,
    /// For which user.
    pub(crate) user: &'e str,
    /// Which key, where the journal tells.
    pub(crate) sha256: Option<&'e str>,
}

/// The pushes to this instance that AWS has taken, oldest first.
pub(crate) fn pushes<'e>(events: &'e [Event], instance: &str) -> Vec<Push<'e>> {
    let mut pushes = Vec::new();
    for event in events {
        if let What::Api {
            action,
            parameters,
            error: None,
            ..
        } = &event.what
            && action == "SendSSHPublicKey"
            && parameters.get("InstanceId").is_none_or(|id| id == instance)
        {
            pushes.push(Push {
                at: event.at,
                user: parameters.get("InstanceOSUser").map_or("", String::as_str),
                sha256: parameters.get("SSHPublicKey").map(String::as_str),
            });
        }
    }
    pushes
}

/// The file with the private half of this key.
pub(crate) fn file_of<'e>(sha256: Option<&str>, evidence: &'e Evidence) -> Option<&'e KeyFile> {
    let mut files = scene::known_files(evidence).iter();
    files.find(|file| {
        file.content == KeyContent::PrivateKey
            && sha256.is_some()
            && file.public_sha256.as_deref() == sha256
    })
}

/// Why a login failed at an instance to which a key was pushed before; nothing where the push does not explain it.
pub(crate) fn explain(
    mistake: Mistake,
    session: &Session<'_>,
    instance: &Instance,
    evidence: &Evidence,
) -> Option<Recognised> {
    let mut pushes = pushes(scene::known_events(evidence), &instance.id);
    pushes.retain(|push| push.at <= session.at);
    let last = *pushes.last()?;
    let offered = |sha: &str| session.offers.iter().any(|offer| offer.sha256 == sha);
    let came = session.user.unwrap_or_default();
    let of_offer = pushes
        .iter()
        .filter(|push| push.sha256.is_some_and(offered));
    // The newest push of that key, for this user if there is one.
    let best = of_offer.max_by_key(|push| (push.user == came, push.at));
    let Some(push) = best else {
        let has_own = is_held(instance, evidence);
        return (!has_own && last.sha256.is_some())
            .then(|| another(mistake, session, last, instance, evidence));
    };
    if push.user != came {
        let right = scene::login_user(Some(instance));
        let cure = if push.user == right {
            ssh(push.sha256, instance, evidence)
        } else {
            Some(command(push.sha256, instance, evidence))
        };
        let mistake = if came == right {
            mistake
        } else {
            Mistake::WrongUser
        };
        return Some(recognised(
            mistake,
            format!(
                "You pushed the key for {} and came as {came}. A pushed key opens one user only, and here {right} is the \
                 one to be.",
                push.user
            ),
            cure,
        ));
    }
    (session.at - push.at >= GOOD_FOR).then(|| {
        recognised(
            mistake,
            "The key that you pushed was good for 60 seconds, and they are over: push it again, then sign in at once.",
            command(push.sha256, instance, evidence),
        )
    })
}

/// A key was pushed, and ssh has not offered that one.
fn another(
    mistake: Mistake,
    session: &Session<'_>,
    last: Push<'_>,
    instance: &Instance,
    evidence: &Evidence,
) -> Recognised {
    let which = file_of(last.sha256, evidence).map_or_else(String::new, |file| {
        format!(" Its private half is {}", shell_word(&file.path))
    });
    let over = if session.at - last.at >= GOOD_FOR {
        " Its 60 seconds are over as well: push it again first."
    } else {
        ""
    };
    let says = if session.offers.is_empty() {
        format!(
            "You pushed a key, and ssh offered none: name the private half of that one with -i.{over}{which}"
        )
    } else {
        format!("This is not the key that you pushed: name that one with -i.{over}{which}")
    };
    let cure = if over.is_empty() {
        ssh(last.sha256, instance, evidence)
    } else {
        Some(command(last.sha256, instance, evidence))
    };
    recognised(mistake, says, cure)
}

/// Whether a file here holds the private half that the instance was launched with.
pub(crate) fn is_held(instance: &Instance, evidence: &Evidence) -> bool {
    let account = scene::known_account(evidence);
    let pairs = account.map_or(&[][..], |account| &account.key_pairs);
    let files = scene::known_files(evidence);
    pairs
        .iter()
        .filter(|pair| Some(&pair.name) == instance.key_name.as_ref())
        .map(BoundKeyPair::from)
        .any(|pair| files.iter().any(|file| scene::holds(file, &pair)))
}

/// Whether nobody here ever had the private half that the instance was launched with.
pub(crate) fn is_nobodys(instance: &Instance, evidence: &Evidence, bindings: &Bindings) -> bool {
    let name = instance.key_name.as_deref();
    let bound = bindings.key_pair.as_ref();
    let saved =
        bound.is_some_and(|pair| Some(pair.name.as_str()) == name) && bindings.key_file.is_some();
    name.is_some() && !saved && !is_held(instance, evidence)
}

/// The sentence for one who stands before an instance whose own key nobody has.
pub(crate) fn nobodys(mistake: Mistake, instance: &Instance, evidence: &Evidence) -> Recognised {
    let name = instance.key_name.as_deref().unwrap_or_default();
    recognised(
        mistake,
        format!(
            "Nobody has the private half of {name}: no file here holds it, so none opens this instance. Push a key of your \
             own with EC2 Instance Connect."
        ),
        command(None, instance, evidence),
    )
}

fn ssh(sha256: Option<&str>, instance: &Instance, evidence: &Evidence) -> Option<String> {
    let file = file_of(sha256, evidence)?;
    Some(scene::ssh_with(&file.path, Some(instance)))
}

/// The command that pushes this key, or one of the learner's own.
pub(crate) fn command(sha256: Option<&str>, instance: &Instance, evidence: &Evidence) -> String {
    let mut files = scene::known_files(evidence).iter();
    let any = || {
        files.find(|file| file.content == KeyContent::PrivateKey && file.public_sha256.is_some())
    };
    let file = file_of(sha256, evidence).or_else(any);
    let path = file.map_or("mine", |file| &file.path);
    format!(
        "aws ec2-instance-connect send-ssh-public-key \\\n  --instance-id {} --instance-os-user {} \\\n  \
         --ssh-public-key file://{}",
        instance.id,
        scene::login_user(Some(instance)),
        shell_word(&format!("{path}.pub"))
    )
}
