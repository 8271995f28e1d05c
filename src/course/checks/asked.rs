//! The learner asked AWS something, and was answered.

use crate::course::evidence::{Account, Event, Evidence, What};
use crate::course::scene;
use crate::course::verdict::Verdict;

/// `elsewhere`: in another region than the lab's own. `saw` is the lesson's own sentence on what the answer means, `also`
/// another command that asks so.
pub(super) fn judge(
    action: &str,
    elsewhere: bool,
    saw: &str,
    also: Option<&str>,
    evidence: &Evidence,
) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let events = scene::events(evidence)?;
    let answered = events.iter().rev().find_map(|event| region(event, action));
    let found = events
        .iter()
        .filter_map(|event| region(event, action))
        .find(|region| is_there(region, account, elsewhere));
    let command = command(action);
    Ok(match (found, answered) {
        (Some(region), _) if elsewhere => Verdict::passed(format!(
            "You asked {region} and it knows nothing of what you have in {}: each region is a world of its own.",
            account.region
        )),
        (Some(_), _) if !saw.is_empty() => Verdict::passed(saw),
        (Some(_), _) => Verdict::passed(format!("AWS has answered your {command}.")),
        (None, Some(region)) if elsewhere => Verdict::not_yet(
            format!("You ask another region with {command} and --region"),
            format!("You have asked {region} so far, which is your own."),
        ),
        (None, Some(_) | None) => Verdict::not_yet(
            match also {
                Some(also) => format!("You ask AWS with {command}, or have `{also}` ask"),
                None => format!("You ask AWS with {command}"),
            },
            scene::done_elsewhere(evidence, &[action])
                .unwrap_or_else(|| "AWS was not asked that yet, or has refused.".to_owned()),
        ),
    })
}

/// The region that answered this call.
fn region<'e>(event: &'e Event, wanted: &str) -> Option<&'e str> {
    match &event.what {
        What::Api {
            action,
            region,
            error: None,
            ..
        } => (action == wanted).then_some(region.as_str()),
        What::Api { .. }
        | What::Unreachable { .. }
        | What::Connected { .. }
        | What::UserNamed { .. }
        | What::KeyOffered { .. }
        | What::LoggedIn { .. }
        | What::Refused { .. }
        | What::RootTurnedAway { .. }
        | What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Disconnected { .. }
        | What::Answered { .. }
        | What::ShellCommand { .. } => None,
    }
}

fn is_there(region: &str, account: &Account, elsewhere: bool) -> bool {
    (region != account.region) == elsewhere
}

/// `DescribeInstances` as the AWS CLI writes it.
pub(super) fn command(action: &str) -> String {
    let mut words = String::new();
    for letter in action.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
