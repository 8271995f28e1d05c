//! Lessons: a folder's texts, read into steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::course::checks::Expect;
use crate::course::evidence::Need;
use crate::course::locale::Locale;
use crate::course::mistake::Mistake;
use crate::course::question::Question;
use crate::course::shape::Fault;
use crate::course::start::Start;
use crate::course::translation::Translation;

/// A lesson's folder as texts, by path inside it: `lesson.toml`, `create-key-pair.md`, `mistakes/wrong_user.sh`.
pub type Files = BTreeMap<String, String>;

/// Where a lesson's steps can happen.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum World {
    /// The simulated account.
    Simulator,
    /// The learner's own AWS account.
    Aws,
}

impl World {
    /// What evidence it can supply. On AWS nobody sees the learner's calls; commands inside an instance are seen where the
    /// ssh line itself names them, or by a code that is made there.
    pub fn supplies(self) -> &'static [Need] {
        match self {
            Self::Simulator => &[
                Need::Account,
                Need::KeyPairs,
                Need::Leftovers,
                Need::KeyFiles,
                Need::Events,
                Need::Aliases,
                Need::ApiCalls,
                Need::RemoteCommands,
            ],
            Self::Aws => &[
                Need::Account,
                Need::KeyPairs,
                Need::Leftovers,
                Need::KeyFiles,
                Need::Events,
                Need::Aliases,
                Need::RemoteCommands,
            ],
        }
    }

    /// Its name, as `--on` wants it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Aws => "aws",
        }
    }
}

/// A lesson, complete and without faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Its folder's name, `01-key-pair-and-ssh`.
    pub slug: String,
    /// Where it lies, as faults name it: `lessons/01-key-pair-and-ssh`, or the path that somebody gave.
    pub folder: String,
    /// Its title.
    pub title: String,
    /// Where it can be done.
    pub worlds: Vec<World>,
    /// How long nobody sees what was just made (eventual consistency); zero in most lessons.
    pub eventually: Duration,
    /// How long somebody is at a step before a hint is offered unasked.
    pub patience: Duration,
    /// How its machines differ from the usual.
    pub machines: Machines,
    /// What is there before the first step.
    pub start: Start,
    /// Programs that it needs besides ssh.
    pub programs: Vec<String>,
    /// `done.md`, Markdown: what the learner can do now, shown when the lesson is passed.
    pub done: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What stands in `solution.sh` before the first step.
    pub solution_preamble: String,
    /// `solution.sh`, one part a step, in order. The parts share one bash.
    pub solution: Vec<Section>,
    /// `mistakes/*.sh`, by name.
    pub mistakes: Vec<MistakeScript>,
    /// Its texts in other languages.
    pub translations: Vec<Translation>,
    /// The language that its texts are in; none for that of the originals.
    pub language: Option<Locale>,
    /// What is not right yet and keeps nobody from taking it: about its translations.
    pub remarks: Vec<Fault>,
}

/// `[machines]`: how the instances of a lesson differ from the usual ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Machines {
    /// Whether the SSH server offers a post-quantum key exchange. Without one OpenSSH from 10.1 on warns, as it does on real
    /// Amazon Linux 2023 (ssh-failures.md 1.17).
    pub post_quantum: bool,
}

impl Default for Machines {
    fn default() -> Self {
        Self { post_quantum: true }
    }
}

/// One graded unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its id, unique in the lesson.
    pub id: String,
    /// Its line in `lesson.toml`, from 1.
    pub line: usize,
    /// What is to be reached, one sentence.
    pub goal: String,
    /// What it is worth.
    pub points: u32,
    /// All must pass. A step has checks or questions.
    pub checks: Vec<Expect>,
    /// The places of those among them that an earlier step has reached, and that must hold here too: `still = true`.
    pub still: BTreeSet<usize>,
    /// Asked one after the other; all must be answered.
    pub questions: Vec<Question>,
    /// The coach names no mistake here: to find it is the task.
    pub quiet: bool,
    /// One to three, from a nudge to the exact command.
    pub hints: Vec<String>,
    /// Sentences that replace a mistake's own in this step.
    pub mistakes: BTreeMap<Mistake, String>,
    /// What goes wrong at AWS's end while it lasts.
    pub faults: Vec<ScriptedFault>,
    /// `<id>.md`, Markdown.
    pub text: String,
}

/// What calls of the learner's meet while a step lasts, instead of or before their answer: `[[steps.faults]]`.
///
/// Only in the simulated world, and never the learner's mistake: it is what AWS does on a bad day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptedFault {
    /// The action that meets it, such as `RunInstances`.
    pub action: String,
    /// What it meets.
    pub meets: Trouble,
    /// How many calls meet it; all of them, for as long as the step lasts, without a number. Where the fault is the server's a
    /// client tries again by itself and says nothing until its last try: the AWS CLI 2 three times, the AWS CLI 1 and boto3 five.
    #[schemars(range(min = 1))]
    pub times: Option<u32>,
}

/// What a call can meet. The names are AWS's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Trouble {
    /// Throttling.
    RequestLimitExceeded,
    /// No room for the instance.
    InsufficientInstanceCapacity,
    /// The server's own fault.
    InternalError,
    /// The same by another name.
    InternalFailure,
    /// And by another.
    ServerInternal,
    /// The server cannot answer now.
    Unavailable,
    /// No policy allows it.
    UnauthorizedOperation,
    /// The usual answer, so many seconds later.
    #[serde(rename = "slow")]
    Slow {
        /// 1 to 60.
        #[schemars(range(min = 1, max = 60))]
        seconds: u32,
    },
}

impl Trouble {
    /// How many calls must meet it so that somebody sees it: clients try again by themselves when the fault is the server's.
    pub fn is_seen_after(self) -> u32 {
        match self {
            Self::RequestLimitExceeded
            | Self::InsufficientInstanceCapacity
            | Self::InternalError
            | Self::InternalFailure
            | Self::ServerInternal
            | Self::Unavailable => 5,
            Self::UnauthorizedOperation | Self::Slow { .. } => 1,
        }
    }

    /// AWS's code; none for an answer that is only slow.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::RequestLimitExceeded => Some("RequestLimitExceeded"),
            Self::InsufficientInstanceCapacity => Some("InsufficientInstanceCapacity"),
            Self::InternalError => Some("InternalError"),
            Self::InternalFailure => Some("InternalFailure"),
            Self::ServerInternal => Some("ServerInternal"),
            Self::Unavailable => Some("Unavailable"),
            Self::UnauthorizedOperation => Some("UnauthorizedOperation"),
            Self::Slow { .. } => None,
        }
    }
}

/// A step's part of `solution.sh`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The step's id.
    pub step: String,
    /// The line of its `# step: ID`, from 1.
    pub line: usize,
    /// Bash.
    pub script: String,
}

/// `mistakes/<name>.sh`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MistakeScript {
    /// The mistake that it makes.
    pub mistake: Mistake,
    /// The step before whose solution it runs (`# at: <id>`).
    pub at: String,
    /// It needs things to take their time (`# pace: real`).
    pub real_pace: bool,
    /// Bash.
    pub script: String,
}

impl Lesson {
    /// What its steps need and one of its worlds does not supply: the step, the world, the need.
    pub fn unmet_needs(&self) -> Vec<(&Step, World, Need)> {
        let mut unmet = Vec::new();
        for world in &self.worlds {
            for step in &self.steps {
                let needs = step.checks.iter().flat_map(Expect::needs);
                let missing = needs.filter(|need| !world.supplies().contains(need));
                unmet.extend(missing.map(|need| (step, *world, *need)));
            }
        }
        unmet
    }

    /// The step of that id and its place.
    pub fn step(&self, id: &str) -> Option<(usize, &Step)> {
        self.steps
            .iter()
            .enumerate()
            .find(|(_, step)| step.id == id)
    }

    /// The solution's sections before those of `step`, in order; all of them without one.
    pub fn solution_before<'a>(
        &'a self,
        step: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Section> {
        self.solution
            .iter()
            .take_while(move |section| Some(section.step.as_str()) != step)
    }

    /// What all steps together are worth.
    pub fn points(&self) -> u32 {
        self.steps.iter().map(|step| step.points).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;

    #[test]
    fn every_shipped_lesson_can_be_graded_in_each_of_its_worlds() {
        for lesson in lessons().unwrap() {
            assert_eq!(lesson.unmet_needs(), [], "{}", lesson.slug);
        }
    }

    #[test]
    fn what_aws_cannot_tell_the_simulator_can() {
        let aws = World::Aws.supplies();
        let missing = World::Simulator
            .supplies()
            .iter()
            .filter(|need| !aws.contains(need));
        assert_eq!(missing.collect::<Vec<_>>(), [&Need::ApiCalls]);
    }
}
