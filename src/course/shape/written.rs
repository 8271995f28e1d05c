//! `lesson.toml`, as written, with the places of what may be wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::course::checks::Expect;
use crate::course::lesson::{Machines, ScriptedFault, World};
use crate::course::start::Start;

/// `lesson.toml`, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) format: u32,
    pub(super) title: Spanned<String>,
    pub(super) worlds: Spanned<Vec<World>>,
    /// Milliseconds for which nobody sees what was just made.
    #[serde(default)]
    pub(super) eventually_ms: u64,
    #[serde(default)]
    pub(super) machines: Machines,
    #[serde(default)]
    pub(super) start: Start,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    pub(super) steps: Vec<Spanned<WrittenStep>>,
}

/// One `[[steps]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStep {
    pub(super) id: Spanned<String>,
    pub(super) goal: Spanned<String>,
    pub(super) points: Spanned<u32>,
    #[serde(default)]
    pub(super) checks: Vec<WrittenCheck>,
    #[serde(default)]
    pub(super) questions: Vec<Spanned<WrittenQuestion>>,
    #[serde(default)]
    pub(super) quiet: bool,
    #[serde(default)]
    pub(super) hints: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    pub(super) mistakes: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<ScriptedFault>>,
}

/// One `[[steps.checks]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCheck {
    pub(super) expect: Expect,
}

/// One `[[steps.questions]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenQuestion {
    pub(super) ask: String,
    pub(super) choices: BTreeMap<String, String>,
    pub(super) answer: String,
    pub(super) why: String,
    #[serde(default)]
    pub(super) replies: BTreeMap<String, String>,
}
