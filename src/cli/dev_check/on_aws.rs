//! The same proofs as a lesson on AWS is graded: with the simulated cloud in AWS's place, and nothing known but what the learner's
//! own `aws` and `ssh` show.
//!
//! Beside each verdict the account itself is compared: what the world `aws` sees must be what the simulator knows. Where only the
//! instance's own log could tell, *could not tell* is as good as the mistake's name; that list is here.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::proof::{Claim, Unproved, instead, played, unsolved};
use crate::course::evidence::{Account, Known, Need};
use crate::course::lesson::Lesson;
use crate::course::mistake::Mistake;
use crate::course::verdict::{Verdict, Word};
use crate::lab::aws_lab::{AwsLab, Options};
use crate::lab::engine::{Engine, MY_ADDRESS, REGION};
use crate::lab::play::{Place, mistake, solution};
use crate::lab::voice::Voice;
use crate::lab::world::World;
use crate::lab::world::aws::Settings;
use crate::lab::world::aws::before::Before;
use crate::lab::world::aws::cli::{Cli, PATIENCE};
use crate::lab::world::aws::record::Record;

/// What nobody can tell from the client's side: the right key as the right user, turned away.
const HIDDEN: [Mistake; 2] = [Mistake::AuthorizedKeysOpen, Mistake::AuthorizedKeysWithout];
/// Calls of one kind in one look.
const ONE: usize = 1;

/// Proves one claim; the words are those of a fault.
pub(super) fn prove(
    lesson: &Lesson,
    claim: &Claim,
    engine: &Engine,
    folder: &Path,
) -> Result<(), Unproved> {
    let lab = open(lesson, engine, folder)?;
    let place = Place {
        layout: lab.workspace().layout(),
        environment: lab.environment().to_vec(),
        keeper: engine.keeper(),
    };
    let file = |name: &str| format!("{}/{name}:1: on aws:", lesson.folder);
    match claim {
        Claim::AsShipped => {
            let report = lab.coach().grade();
            let passed = report
                .steps
                .iter()
                .filter(|step| step.verdict != Word::NotYet);
            let passed: Vec<&str> = passed.map(|step| step.id.as_str()).collect();
            if !passed.is_empty() {
                let says = format!(
                    "{} not [not yet] as shipped: {}",
                    file("lesson.toml"),
                    passed.join(", ")
                );
                return Err(says.into());
            }
        }
        Claim::Solution(_) => {
            let mut told = played(&place, &solution(&place, lesson, None, false))?;
            // The rest is what the learner is told to type.
            let left = lab.aws().leftovers().map_err(|failure| failure.words())?;
            let cures: String = left.iter().fold(String::new(), |mut all, one| {
                let _ = writeln!(all, "{}", one.cure);
                all
            });
            told.text += &played(&place, &cures)?.text;
            lab.aws().forget();
            let report = lab.coach().grade();
            if !report.is_passed() {
                return Err(unsolved(" on aws:", lesson, &report, &told));
            }
        }
        Claim::Mistake(script) => {
            let text = played(&place, &mistake(&place, lesson, script))?.text;
            let judgement = lab.coach().look();
            let name = script.mistake.name();
            let fault = |met: String| {
                let file = file(&format!("mistakes/{name}.sh"));
                Err(format!("{file} {met}\n{text}").into())
            };
            let Some(current) = judgement.current() else {
                return fault("every step is passed after it".to_owned());
            };
            let is_met = match &current.verdict {
                Verdict::CouldNotTell { .. } => HIDDEN.contains(&script.mistake),
                verdict @ (Verdict::NotYet { .. } | Verdict::Passed { .. }) => {
                    verdict.mistake().map(|met| met.mistake) == Some(script.mistake)
                }
            };
            if !is_met {
                let instead = instead(&current.verdict);
                return fault(format!("at step `{}` {instead}", current.id));
            }
        }
    }
    same_account(&lab, engine).map_err(|why| format!("{} {why}", file("lesson.toml")))?;
    few_calls(&lab).map_err(|why| format!("{} {why}", file("lesson.toml")))?;
    Ok(())
}

/// A lab on AWS whose AWS is the simulated cloud.
fn open(lesson: &Lesson, engine: &Engine, folder: &Path) -> Result<AwsLab, String> {
    let root = folder.join("aws");
    let layout = engine.workspace().layout();
    let launcher =
        std::env::current_exe().map_err(|why| format!("this program cannot find itself: {why}"))?;
    let cli = Cli {
        launcher,
        aws: Some(layout.bin().join("aws")),
        environment: engine.environment(),
        keeper: engine.keeper(),
        endpoint: None,
        patience: PATIENCE,
        record: Arc::new(Record::in_memory()),
    };
    let settings = |before| Settings {
        cli: cli.clone(),
        region: REGION.to_owned(),
        my_address: Some(MY_ADDRESS.to_string()),
        before,
        memory: Some(root.join(".groundschool/aws-memory.json")),
    };
    let first = crate::lab::world::aws::Aws::new(
        settings(None),
        Arc::new(crate::lab::journal::Journal::in_memory()),
    );
    let before: Before = first.as_it_is().map_err(|failure| failure.words())?;
    AwsLab::open(Options {
        root: root.clone(),
        home: None,
        lesson: lesson.clone(),
        voice: Voice::new(false),
        account: "123456789012".to_owned(),
        world: settings(Some(before)),
        watch_ssh: true,
    })
    .map_err(|error| format!("a lab on AWS cannot be opened: {error}"))
}

/// What AWS tells is what the simulator knows.
fn same_account(lab: &AwsLab, engine: &Engine) -> Result<(), String> {
    let wanted = BTreeSet::from([Need::Account]);
    lab.aws().forget();
    let (Known::Seen(told), Known::Seen(known)) =
        (lab.aws().account(&wanted), engine.world().account(&wanted))
    else {
        return Err("the account cannot be told".to_owned());
    };
    let (told, known) = (comparable(told), comparable(known));
    if told == known {
        Ok(())
    } else {
        Err(format!(
            "AWS tells another account than the simulator knows:\n  {told:?}\n  {known:?}"
        ))
    }
}

/// Without what AWS does not tell, or only with less precision.
fn comparable(mut account: Account) -> Account {
    account.left_behind = None;
    // Elastic addresses are asked for among the leftovers only.
    account.addresses.clear();
    for pair in &mut account.key_pairs {
        pair.created_at = pair.created_at / 1000 * 1000;
        // Of ED25519 pairs nobody can tell.
        pair.imported = false;
    }
    for instance in &mut account.instances {
        instance.launched_at = instance.launched_at / 1000 * 1000;
        // The wrapper learns them, where there was a reason to ask.
        instance.host_keys.clear();
        // Only addresses that somebody looked at are known as earlier ones.
        instance.earlier_addresses.clear();
        instance.security_groups.sort();
    }
    account.instances.sort_by(|a, b| a.id.cmp(&b.id));
    account.security_groups.sort_by(|a, b| a.id.cmp(&b.id));
    for group in &mut account.security_groups {
        group.inbound.sort_by(|a, b| {
            let key = |rule: &crate::course::evidence::InboundRule| {
                (rule.protocol.clone(), rule.ports, rule.source.clone())
            };
            key(a).cmp(&key(b))
        });
    }
    account
}

/// At most one call per kind in one look.
fn few_calls(lab: &AwsLab) -> Result<(), String> {
    let calls = lab.aws().cli().record.calls();
    for call in &calls {
        let same = calls
            .iter()
            .filter(|other| (other.look, other.words.get(1)) == (call.look, call.words.get(1)));
        if same.count() > ONE {
            return Err(format!(
                "look {} asked twice for the same: {:?}",
                call.look, call.words
            ));
        }
    }
    Ok(())
}
