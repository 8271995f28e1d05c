//! The stages that lessons are proved on: every one that works here, or the one that was asked for.

use crate::cli::arguments::StageChoice;
use crate::cli::error::CliError;
use crate::cli::own_network;
use crate::lab::stage::Choice;

/// The stages, the nearest to AWS first; and a line for each that is left out because it cannot be had here.
pub(super) fn asked_for(only: Option<StageChoice>) -> Result<(Vec<Choice>, Vec<String>), CliError> {
    if let Some(only) = only {
        return Ok((vec![Choice::from(only)], Vec::new()));
    }
    Ok(match own_network::probe()? {
        Ok(_) => (vec![Choice::Netns, Choice::Shim], Vec::new()),
        Err(why) => (
            vec![Choice::Shim],
            vec![format!(
                "nothing is proved in a network of the lab's own (--stage netns): {why}"
            )],
        ),
    })
}

/// A fault, and where it was met.
pub(super) fn on(stage: Choice, fault: &str) -> String {
    format!("{fault}\n  (on the stage {})", name(stage))
}

/// The names of the stages, to be read.
pub(super) fn named(stages: &[Choice]) -> String {
    let names: Vec<&str> = stages.iter().map(|stage| name(*stage)).collect();
    match names.as_slice() {
        [one] => format!("on the stage {one}"),
        names => format!("on the stages {}", names.join(" and ")),
    }
}

fn name(stage: Choice) -> &'static str {
    match stage {
        Choice::Auto => "auto",
        Choice::Netns => "netns",
        Choice::Shim => "shim",
    }
}
