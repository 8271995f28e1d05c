//! The learner signed in since the step before was passed: what came in between did not lock them out.

use crate::course::bindings::Bindings;
use crate::course::checks::asked;
use crate::course::evidence::{Evidence, Instance, What};
use crate::course::scene;
use crate::course::session::sessions;
use crate::course::verdict::Verdict;

/// With the lesson's own key, and after the newest call of these actions.
pub(super) fn judge(
    after: &[String],
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::events(evidence)?;
    let instance = scene::bound_instance(evidence, bindings);
    let name = scene::key_name(bindings);
    let key = bindings
        .key_pair
        .as_ref()
        .and_then(|key| key.public_sha256.as_deref());
    let login = login(after, evidence, bindings, |sha| {
        key.is_none_or(|key| key == sha)
    });
    Ok(match login {
        Some(user) => Verdict::passed(format!(
            "You signed in as {user} with the key of {name}, now."
        )),
        None => not_yet(after, instance, &format!("the key of {name}"), evidence),
    })
}

/// With another key than the one that the instance was launched with.
pub(super) fn with_another_key(
    after: &[String],
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::events(evidence)?;
    let instance = scene::bound_instance(evidence, bindings);
    let key = bindings
        .key_pair
        .as_ref()
        .and_then(|key| key.public_sha256.as_deref());
    let login = login(after, evidence, bindings, |sha| {
        key.is_some_and(|key| key != sha)
    });
    Ok(match login {
        Some(user) => Verdict::passed(format!(
            "You signed in as {user} with another key than the one chosen at launch."
        )),
        None => not_yet(after, instance, "the other key", evidence),
    })
}

/// With PuTTY's plink or one of its kin.
pub(super) fn with_putty(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let instance = scene::bound_instance(evidence, bindings);
    let came = sessions(events).into_iter().any(|session| {
        session.logged_in
            && session.is_putty()
            && Some(session.instance) == bindings.instance.as_deref()
    });
    Ok(if came {
        Verdict::passed(
            "You signed in with PuTTY's own client: same key, same instance, another form of the file.",
        )
    } else {
        not_yet(&[], instance, "plink and your .ppk file", evidence)
    })
}

/// The newest answered call of one of these actions: its event's number, and its action.
fn newest_call<'e>(after: &[String], evidence: &'e Evidence) -> Option<(u64, &'e str)> {
    let mut events = scene::known_events(evidence).iter().rev();
    events.find_map(|event| {
        if let What::Api {
            action,
            error: None,
            ..
        } = &event.what
        {
            after
                .contains(action)
                .then_some((event.number, action.as_str()))
        } else {
            None
        }
    })
}

/// The user of the newest login to the bound instance, since the step before, with a key that will do.
fn login<'e>(
    after: &[String],
    evidence: &'e Evidence,
    bindings: &Bindings,
    will_do: impl Fn(&str) -> bool,
) -> Option<&'e str> {
    let call = newest_call(after, evidence).map_or(0, |(number, _)| number);
    scene::known_events(evidence)
        .iter()
        .rev()
        .find_map(|event| {
            if let What::LoggedIn {
                instance,
                user,
                key_sha256,
                ..
            } = &event.what
            {
                let counts = event.at >= bindings.since
                    && event.number > call
                    && Some(instance) == bindings.instance.as_ref()
                    && will_do(key_sha256);
                counts.then_some(user.as_str())
            } else {
                None
            }
        })
}

fn not_yet(
    after: &[String],
    instance: Option<&Instance>,
    with: &str,
    evidence: &Evidence,
) -> Verdict {
    let since = newest_call(after, evidence).map_or_else(
        || "this step began".to_owned(),
        |(_, action)| format!("your {}", asked::command(action)),
    );
    Verdict::not_yet(
        format!(
            "You sign in to your instance as {} with {with}.",
            scene::login_user(instance)
        ),
        format!("Nobody has signed in with {with} since {since}."),
    )
}
