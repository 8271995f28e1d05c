//! The judge: walks a lesson's steps from where the learner stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::course::bindings::Bindings;
use crate::course::checks::Expect;
use crate::course::diagnose::{diagnose, met_awss_end};
use crate::course::evidence::{Evidence, Known, Need};
use crate::course::lesson::{Lesson, Step};
use crate::course::mistake::Mistake;
use crate::course::progress::Progress;
use crate::course::question;
use crate::course::verdict::{Verdict, Word};

/// What one look at the evidence came to.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The steps newly passed, in order, then the current one unless every step is behind the learner.
    pub steps: Vec<StepVerdict>,
    /// The learner's own names, as far as they are known now.
    pub bindings: Bindings,
    /// What must be gathered besides before the next step can be judged; empty when nothing is missing.
    pub wants: BTreeSet<Need>,
}

/// A step's verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepVerdict {
    /// The step's id.
    pub id: String,
    /// What it came to.
    pub verdict: Verdict,
}

impl Judgement {
    /// The steps newly passed.
    pub fn newly_passed(&self) -> impl Iterator<Item = &StepVerdict> {
        self.steps
            .iter()
            .filter(|judged| judged.verdict.is_passed())
    }

    /// The current step's verdict, which is not [`Verdict::Passed`]; none when no step is left.
    pub fn current(&self) -> Option<&StepVerdict> {
        self.steps.iter().find(|judged| !judged.verdict.is_passed())
    }
}

/// What to gather before [`judge`]: for the current step, and for those that were skipped. [`Judgement::wants`] says what the
/// next one needs besides, when the current one passes: at AWS each look is a call.
pub fn needs(lesson: &Lesson, progress: &Progress) -> BTreeSet<Need> {
    let mut needs = BTreeSet::new();
    let mut any = false;
    for step in lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id))
    {
        any = true;
        needs.extend(step_needs(step));
        if !progress.steps.contains_key(&step.id) {
            break;
        }
    }
    if any {
        // To name a mistake; a check that does not need them is judged without them too.
        needs.extend([Need::KeyFiles, Need::Events]);
    }
    needs
}

fn step_needs(step: &Step) -> impl Iterator<Item = Need> {
    step.checks.iter().flat_map(Expect::needs).copied()
}

/// Judges the current step, and the following ones for as long as they pass. A skipped step that passes after all is
/// listed first. Nothing is judged twice: a passed step stays passed. It stops before a step that needs more than was gathered.
pub fn judge(lesson: &Lesson, progress: &Progress, evidence: &Evidence) -> Judgement {
    let mut bindings = progress.bindings.clone();
    let mut steps = Vec::new();
    let mut since = progress
        .steps
        .values()
        .map(|done| done.at)
        .max()
        .unwrap_or(0);
    let mut wants = BTreeSet::new();
    for step in lesson
        .steps
        .iter()
        .filter(|step| !progress.has_passed(&step.id))
    {
        let skipped = progress.steps.contains_key(&step.id);
        if let Some(gathered) = &evidence.gathered {
            wants = step_needs(step)
                .filter(|need| !need.is_met_by(gathered))
                .collect();
            if !wants.is_empty() {
                break;
            }
        }
        bindings.since = since;
        let verdict = judge_step(step, evidence, &mut bindings);
        let passed = verdict.is_passed();
        if passed || !skipped {
            steps.push(StepVerdict {
                id: step.id.clone(),
                verdict,
            });
        }
        if passed {
            since = evidence.now;
        }
        if !passed && !skipped {
            break;
        }
    }
    bindings.since = 0;
    Judgement {
        steps,
        bindings,
        wants,
    }
}

/// The step that the learner is at, and the places of its checks that are not met, each judged by itself. For
/// `dev check`, which wants to have seen each of them so.
pub fn unmet(
    lesson: &Lesson,
    progress: &Progress,
    evidence: &Evidence,
) -> Option<(String, Vec<usize>)> {
    let step = lesson.steps.get(progress.current(lesson)?)?;
    let since = progress.steps.values().map(|done| done.at).max();
    let mut bindings = progress.bindings.clone();
    bindings.since = since.unwrap_or(0);
    let unmet = |check: &Expect| {
        matches!(
            check.judge(evidence, &mut bindings.clone()),
            Verdict::NotYet { .. }
        )
    };
    let checks = (0..).zip(&step.checks);
    let places = checks.filter_map(|(place, check)| unmet(check).then_some(place));
    Some((step.id.clone(), places.collect()))
}

/// One step: the first check that does not pass speaks for it.
fn judge_step(step: &Step, evidence: &Evidence, bindings: &mut Bindings) -> Verdict {
    let mut saw = Vec::new();
    for check in &step.checks {
        match check.judge(evidence, bindings) {
            Verdict::Passed { saw: sentence } => saw.push(sentence),
            Verdict::NotYet {
                wanted,
                mut found,
                mistake,
            } => {
                // What was just tried explains more than the state does.
                let mut mistake = diagnose(evidence, bindings).or(mistake);
                let awss_end = met_awss_end(evidence);
                if step.quiet || awss_end.is_some() {
                    mistake = None;
                }
                if let Some(says) = awss_end {
                    found = says;
                }
                if mistake.is_none()
                    && let Known::Unknown(why) = &evidence.events
                {
                    // What was just tried cannot be told, whatever the state says.
                    return Verdict::CouldNotTell { why: why.clone() };
                }
                if let Some(recognised) = &mut mistake
                    && let Some(own) = step.mistakes.get(&recognised.mistake)
                {
                    recognised.says.clone_from(own);
                }
                return Verdict::NotYet {
                    wanted,
                    found,
                    mistake,
                };
            }
            could_not_tell @ Verdict::CouldNotTell { .. } => return could_not_tell,
        }
    }
    if !step.questions.is_empty() {
        match question::judge(step, evidence) {
            Ok(Verdict::Passed { saw: sentence }) => saw.push(sentence),
            Ok(other @ (Verdict::NotYet { .. } | Verdict::CouldNotTell { .. })) | Err(other) => {
                return other;
            }
        }
    }
    Verdict::passed(saw.join(" "))
}

/// The grade of a lesson: what `grade --format json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The lesson's folder.
    pub lesson: String,
    /// Every step, in order.
    pub steps: Vec<ReportedStep>,
}

/// One step of a [`Report`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedStep {
    /// The step's id.
    pub id: String,
    /// `passed`, `not_yet` or `could_not_tell`.
    pub verdict: Word,
    /// What is awaited: the step's goal unless a check said it better.
    pub wanted: String,
    /// What was seen, or why it could not be told.
    pub found: String,
    /// The name of the mistake recognised.
    pub mistake: Option<Mistake>,
    /// What the step is worth.
    pub points: u32,
}

/// The report of a lesson, after `judgement` (which need not be recorded yet).
pub fn report(lesson: &Lesson, progress: &Progress, judgement: &Judgement) -> Report {
    let steps = lesson.steps.iter().map(|step| {
        let judged = judgement
            .steps
            .iter()
            .find(|judged| judged.id == step.id)
            .map(|judged| &judged.verdict);
        let (verdict, wanted, found, mistake) = match (judged, progress.steps.get(&step.id)) {
            (_, Some(done)) if !done.skipped => {
                (Word::Passed, step.goal.clone(), done.saw.clone(), None)
            }
            (Some(Verdict::Passed { saw }), _) => {
                (Word::Passed, step.goal.clone(), saw.clone(), None)
            }
            (
                Some(Verdict::NotYet {
                    wanted,
                    found,
                    mistake,
                }),
                _,
            ) => (
                Word::NotYet,
                wanted.clone(),
                found.clone(),
                mistake.as_ref().map(|recognised| recognised.mistake),
            ),
            (Some(Verdict::CouldNotTell { why }), _) => {
                (Word::CouldNotTell, step.goal.clone(), why.clone(), None)
            }
            (None, Some(_)) => (
                Word::NotYet,
                step.goal.clone(),
                "You skipped this step.".to_owned(),
                None,
            ),
            (None, None) => (
                Word::NotYet,
                step.goal.clone(),
                "A step before this one is not done yet.".to_owned(),
                None,
            ),
        };
        ReportedStep {
            id: step.id.clone(),
            verdict,
            wanted,
            found,
            mistake,
            points: step.points,
        }
    });
    Report {
        lesson: lesson.slug.clone(),
        steps: steps.collect(),
    }
}

impl Report {
    /// Whether every step was passed.
    pub fn is_passed(&self) -> bool {
        self.steps.iter().all(|step| step.verdict == Word::Passed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;
    use crate::course::evidence::{Silence, What};
    use crate::course::fixture::{ADDRESS, ID, Lab, SHA};

    fn start() -> (Lesson, Progress) {
        let lesson = lessons().unwrap().remove(0);
        let progress = Progress::new(&lesson.slug);
        (lesson, progress)
    }

    fn look(lesson: &Lesson, progress: &mut Progress, lab: &Lab) -> Vec<String> {
        let judgement = judge(lesson, progress, &lab.evidence());
        progress.record(lesson, &judgement, 1);
        judgement
            .newly_passed()
            .map(|judged| judged.id.clone())
            .collect()
    }

    /// The guide's way, one command at a time.
    #[test]
    fn a_learner_who_follows_the_guide_passes_every_step_in_order() {
        let (lesson, mut progress) = start();
        assert!(look(&lesson, &mut progress, &Lab::new()).is_empty());
        assert_eq!(
            look(&lesson, &mut progress, &Lab::with_key()),
            ["create-key-pair", "keep-it-private"]
        );
        let mut lab = Lab::launched();
        assert_eq!(look(&lesson, &mut progress, &lab), ["launch"]);
        lab.called("DescribeInstances", None, None);
        lab.tried(1, Some("ec2-user"), &[])
            .typed("ssh -i mykey.pem ec2-user@203.0.113.25", 255);
        assert_eq!(look(&lesson, &mut progress, &lab), ["meet-the-error"]);
        lab.files[0].mode = 0o400;
        lab.typed("chmod 400 mykey.pem", 0);
        assert_eq!(
            look(&lesson, &mut progress, &lab),
            ["chmod-400", "find-the-address"]
        );
        lab.logged_in(2);
        assert_eq!(look(&lesson, &mut progress, &lab), ["sign-in"]);
        let whoami = What::RemoteCommand {
            session: 2,
            instance: ID.into(),
            line: "whoami".into(),
            status: 0,
        };
        lab.happened(whoami);
        assert_eq!(look(&lesson, &mut progress, &lab), ["look-around"]);
        lab.account.instances[0].state = "shutting-down".into();
        assert!(look(&lesson, &mut progress, &lab).is_empty());
        lab.account.key_pairs.clear();
        assert_eq!(look(&lesson, &mut progress, &lab), ["clean-up"]);
        assert!(progress.is_complete(&lesson) && progress.points() == lesson.points());
        // What is gone now was seen before: the grade stays.
        let judgement = judge(&lesson, &progress, &Lab::new().evidence());
        assert!(
            judgement.current().is_none() && report(&lesson, &progress, &judgement).is_passed()
        );
        assert!(needs(&lesson, &progress).is_empty());
    }

    #[test]
    fn what_was_just_tried_explains_more_than_the_state() {
        let (lesson, mut progress) = start();
        let mut lab = Lab::ready();
        lab.called("DescribeInstances", None, None);
        look(&lesson, &mut progress, &lab);
        lab.unanswered(ADDRESS, 22, Silence::GroupClosed);
        let judgement = judge(&lesson, &progress, &lab.evidence());
        let current = judgement.current().unwrap();
        assert_eq!(current.id, "sign-in");
        assert_eq!(
            current.verdict.mistake().unwrap().mistake,
            Mistake::GroupClosed
        );
    }

    #[test]
    fn a_lessons_own_sentence_replaces_the_mistakes() {
        let (mut lesson, mut progress) = start();
        lesson.steps[6]
            .mistakes
            .insert(Mistake::WrongUser, "Not that one.".into());
        let mut lab = Lab::ready();
        lab.called("DescribeInstances", None, None);
        look(&lesson, &mut progress, &lab);
        lab.tried(1, Some("admin"), &[(SHA, false)]);
        let judgement = judge(&lesson, &progress, &lab.evidence());
        assert_eq!(
            judgement.current().unwrap().verdict.mistake().unwrap().says,
            "Not that one."
        );
    }

    #[test]
    fn a_step_that_needs_more_than_was_gathered_waits_for_it() {
        let (lesson, mut progress) = start();
        let lab = Lab::with_key();
        let mut evidence = lab.evidence();
        let gathered = needs(&lesson, &progress);
        assert!(gathered.contains(&Need::KeyPairs) && !gathered.contains(&Need::Account));
        evidence.gathered = Some(gathered);
        let judgement = judge(&lesson, &progress, &evidence);
        // The second step is about key pairs too; the third is about the account.
        assert_eq!(judgement.newly_passed().count(), 2);
        assert_eq!(judgement.current(), None);
        assert_eq!(judgement.wants, BTreeSet::from([Need::Account]));
        evidence.gathered.as_mut().unwrap().extend(&judgement.wants);
        let judgement = judge(&lesson, &progress, &evidence);
        assert_eq!(judgement.current().unwrap().id, "launch");
        assert!(judgement.wants.is_empty());
        progress.record(&lesson, &judgement, 1);
        assert!(needs(&lesson, &progress).contains(&Need::Account));
    }

    #[test]
    fn an_attempt_that_cannot_be_told_is_said_to_be_so_at_every_step() {
        let (lesson, progress) = start();
        let mut evidence = Lab::new().evidence();
        evidence.events = Known::Unknown("Only its own log tells why.".into());
        let judgement = judge(&lesson, &progress, &evidence);
        assert!(matches!(&judgement.current().unwrap().verdict,
            Verdict::CouldNotTell { why } if why.contains("log")));
    }

    #[test]
    fn a_skipped_step_does_not_block_and_may_pass_later() {
        let (lesson, mut progress) = start();
        progress.skip(&lesson, 1);
        let judgement = judge(&lesson, &progress, &Lab::new().evidence());
        assert_eq!(judgement.current().unwrap().id, "keep-it-private");
        assert_eq!(
            look(&lesson, &mut progress, &Lab::with_key()),
            ["create-key-pair", "keep-it-private"]
        );
    }

    #[test]
    fn trouble_of_ours_is_reported_as_such() {
        let (lesson, progress) = start();
        let mut evidence = Lab::new().evidence();
        evidence.account = Known::Unknown("AWS did not answer.".into());
        let judgement = judge(&lesson, &progress, &evidence);
        let report = report(&lesson, &progress, &judgement);
        assert_eq!(report.steps[0].verdict, Word::CouldNotTell);
        assert_eq!(report.steps[0].found, "AWS did not answer.");
        assert_eq!(report.steps[1].verdict, Word::NotYet);
    }

    #[test]
    fn the_report_is_the_documented_json() {
        let (mut lesson, mut progress) = start();
        lesson.steps.truncate(2);
        let mut lab = Lab::with_key();
        lab.files.clear();
        look(&lesson, &mut progress, &lab);
        let refused = Some(("InvalidKeyPair.Duplicate", "The keypair already exists"));
        lab.called("CreateKeyPair", Some("mykey"), refused);
        let judgement = judge(&lesson, &progress, &lab.evidence());
        let json = serde_json::to_string_pretty(&report(&lesson, &progress, &judgement)).unwrap();
        insta::assert_snapshot!(json, @r#"
        {
          "lesson": "01-key-pair-and-ssh",
          "steps": [
            {
              "id": "create-key-pair",
              "verdict": "passed",
              "wanted": "Create a key pair.",
              "found": "Key pair mykey is in your account: AWS keeps its public half.",
              "mistake": null,
              "points": 2
            },
            {
              "id": "keep-it-private",
              "verdict": "not_yet",
              "wanted": "A file with the private half of key pair mykey in it.",
              "found": "No file here holds it. AWS shows it only once: if it is lost, delete key pair mykey and create it again, with > and a file's name behind the command.",
              "mistake": "key_pair_duplicate",
              "points": 1
            }
          ]
        }
        "#);
    }
}
