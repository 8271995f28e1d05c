//! `lesson.toml`, as written, with the places of what may be wrong.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::course::checks::Expect;
use crate::course::lesson::{Machines, ScriptedFault, World};

/// `lesson.toml`, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) format: u32,
    pub(super) title: Spanned<String>,
    pub(super) worlds: Spanned<Vec<World>>,
    #[serde(default)]
    pub(super) machines: Machines,
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
