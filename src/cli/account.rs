//! `groundschool aws`: what a lesson left in the learner's account, and the printed page on what is looked at there.

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::arguments::Account;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::cli::on_aws;
use crate::lab::journal::Journal;
use crate::lab::workspace::Layout;
use crate::lab::world::aws::before::Before;
use crate::lab::world::aws::preflight;
use crate::lab::world::aws::{Aws, Settings, leftovers, page};

/// Runs one of the commands.
pub fn run(command: &Account) -> Result<ExitCode, CliError> {
    match command {
        Account::Leftovers {
            place,
            endpoint_url,
        } => {
            let root = lab_options::root(place)?;
            let root = std::path::absolute(&root).unwrap_or(root);
            left(&Layout::new(root).aws_lab(), endpoint_url.clone())
        }
        Account::Permissions { policy: true } => {
            anstream::println!("{}", page::policy());
            Ok(ExitCode::SUCCESS)
        }
        Account::Permissions { policy: false } => {
            anstream::println!("{}", page::page());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Looks, and lists. 0 when nothing is left, 1 when something is, 3 when it cannot be told.
fn left(layout: &Layout, endpoint: Option<String>) -> Result<ExitCode, CliError> {
    if !layout.private().is_dir() {
        return Err(CliError::usage("no lesson was opened on AWS from here")
            .hint("--lab DIR names another lab"));
    }
    let cli = on_aws::cli(layout, endpoint)?;
    let cannot = || CliError::surroundings("what is left in your account cannot be told");
    let mut why = None;
    let whose = preflight::whose(&cli, &mut |line| {
        if line.word == preflight::Word::Stop {
            why = Some(line.text.clone());
        }
    });
    let Some(whose) = whose else {
        return Err(cannot().because(why.unwrap_or_default()));
    };
    let path = layout.aws_before(&whose.caller.account, &whose.region);
    let before = Before::read(&path).map_err(|error| cannot().because(error))?;
    let Some(before) = before else {
        return Err(cannot().because(format!(
            "no lesson was opened in account {}, region {}",
            whose.caller.account, whose.region
        )));
    };
    let region = whose.region.clone();
    let settings = Settings {
        cli,
        region: whose.region,
        my_address: None,
        before: Some(before),
        memory: None,
    };
    let aws = Aws::new(settings, Arc::new(Journal::in_memory()));
    let left = aws
        .leftovers()
        .map_err(|failure| cannot().because(failure.words()))?;
    anstream::println!("{}", leftovers::words(&left, &region));
    Ok(if left.is_empty() {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}
