//! `lesson.toml`, as written, with the places of what may be wrong. Its doc comments are what an editor shows to an author.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::course::checks::Expect;
use crate::course::lesson::{Machines, ScriptedFault, World};
use crate::course::mistake::Mistake;
use crate::course::start::Start;

/// A lesson of Ground School.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "lesson.toml")]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The format of this file: 1.
    #[schemars(range(min = 1, max = 1))]
    pub(super) format: u32,
    /// What the lesson is called.
    #[schemars(with = "String", length(min = 1))]
    pub(super) title: Spanned<String>,
    /// Where it can be taken.
    #[schemars(with = "Vec<World>", length(min = 1))]
    pub(super) worlds: Spanned<Vec<World>>,
    /// Milliseconds for which nobody sees what was just made, as it can happen on AWS.
    #[serde(default)]
    pub(super) eventually_ms: u64,
    /// Minutes at one step after which a hint is offered, once, to somebody who goes on trying: 5 without it.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 120))]
    pub(super) offer_hint_after_minutes: u32,
    /// How its instances differ from the usual ones.
    #[serde(default)]
    pub(super) machines: Machines,
    /// What is there before the first step.
    #[serde(default)]
    pub(super) start: Start,
    /// Programs that it needs besides ssh, such as plink.
    #[serde(default)]
    pub(super) programs: Vec<String>,
    /// Its steps, in order.
    #[schemars(with = "Vec<WrittenStep>", length(min = 1))]
    pub(super) steps: Vec<Spanned<WrittenStep>>,
}

/// One thing to do, graded by itself. Its text is the file `<id>.md`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Step")]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    /// Its id, unique in the lesson: it names the text's file.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9-]+$"))]
    pub(super) id: Spanned<String>,
    /// What is to be reached, one short sentence.
    #[schemars(with = "String", length(min = 1))]
    pub(super) goal: Spanned<String>,
    /// What it is worth.
    #[schemars(with = "u32", range(min = 1))]
    pub(super) points: Spanned<u32>,
    /// What must be true, by evidence. All must pass.
    #[serde(default)]
    pub(super) checks: Vec<WrittenCheck>,
    /// In place of checks, in a step of its own: asked one after the other.
    #[serde(default)]
    #[schemars(with = "Vec<WrittenQuestion>")]
    pub(super) questions: Vec<Spanned<WrittenQuestion>>,
    /// The coach names no mistake here: to find it is the task.
    #[serde(default)]
    pub(super) quiet: bool,
    /// One to three, from a nudge to the exact command. A command stands four spaces in.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>", extend("propertyNames" = {"enum": ["1", "2", "3"]}))]
    pub(super) hints: BTreeMap<Spanned<String>, String>,
    /// Sentences that replace a mistake's own in this step, by the mistake's name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>", extend("propertyNames" = {"enum": mistakes()}))]
    pub(super) mistakes: BTreeMap<Spanned<String>, String>,
    /// What goes wrong at AWS's end while the step lasts, in the simulator.
    #[serde(default)]
    #[schemars(with = "Vec<ScriptedFault>")]
    pub(super) faults: Vec<Spanned<ScriptedFault>>,
}

/// One thing that must be true.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Check")]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCheck {
    /// What is expected, such as `expect.key_pair_exists = {}`
    pub(super) expect: Expect,
    /// An earlier step has reached it, and it must hold here too. `dev check` else asks for a wrong case that it is not met in.
    #[serde(default)]
    pub(super) still: bool,
}

/// A question, answered with `lab answer b`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Question")]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenQuestion {
    /// The question, one or two sentences.
    #[schemars(length(min = 1))]
    pub(super) ask: String,
    /// Two choices or more, lettered a, b and so on.
    #[schemars(extend("minProperties" = 2, "propertyNames" = {"pattern": "^[a-z]$"}))]
    pub(super) choices: BTreeMap<String, String>,
    /// The letter of the right choice.
    #[schemars(regex(pattern = r"^[a-z]$"))]
    pub(super) answer: String,
    /// Why it is right.
    #[schemars(length(min = 1))]
    pub(super) why: String,
    /// What is said to a wrong choice, by its letter.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z]$"}))]
    pub(super) replies: BTreeMap<String, String>,
}

fn five() -> u32 {
    5
}

fn mistakes() -> Vec<&'static str> {
    Mistake::ALL.iter().map(|mistake| mistake.name()).collect()
}
