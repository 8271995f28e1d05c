//! The list that is gone through before a lesson touches the learner's account: each line is checked, and nothing is changed.

#![expect(
    clippy::disallowed_methods,
    reason = "asks curl for the learner's public address"
)]

use std::net::IpAddr;
use std::process::{Command, Stdio};

use crate::course::evidence::Account;
use crate::lab::workspace::aws_version::AwsVersion;
use crate::lab::world::aws::answer::{self, Caller};
use crate::lab::world::aws::call::{Call, Trial};
use crate::lab::world::aws::cli::Cli;
use crate::lab::world::aws::failure::Failure;

/// How a line came out, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// As it should be.
    Good,
    /// The lesson can go on; the learner should know.
    Note,
    /// The lesson cannot go on.
    Stop,
}

impl Word {
    /// The word.
    pub fn text(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Stop => "stop",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it came out.
    pub word: Word,
    /// What was looked at, and what was seen.
    pub text: String,
}

fn line(word: Word, text: impl Into<String>) -> Line {
    Line {
        word,
        text: text.into(),
    }
}

/// Whose account it is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The caller.
    pub caller: Caller,
    /// The region.
    pub region: String,
}

/// The program, the account and the region. Without them nothing else can be looked at.
pub fn whose(cli: &Cli, say: &mut dyn FnMut(&Line)) -> Option<Whose> {
    let stop = |failure: &Failure, say: &mut dyn FnMut(&Line)| {
        say(&line(Word::Stop, failure.words()));
    };
    match cli.text(&Call::Version, 0) {
        Err(failure) => {
            stop(&failure, say);
            return None;
        }
        Ok(text) => match AwsVersion::parse(&text) {
            Some(version) if version.heeds_endpoint_url() => say(&line(
                Word::Good,
                format!(
                    "Your AWS CLI is version {}.{}.{}",
                    version.major, version.minor, version.patch
                ),
            )),
            Some(_) | None => {
                say(&line(
                    Word::Stop,
                    "Your AWS CLI is too old: 2.13 or 1.29 is needed, or later. https://aws.amazon.com/cli/ has a new one.",
                ));
                return None;
            }
        },
    }
    let caller = match cli
        .ask(&Call::GetCallerIdentity, 0)
        .and_then(|it| answer::caller(&it))
    {
        Ok(caller) => caller,
        Err(failure) => {
            stop(&failure, say);
            return None;
        }
    };
    say(&line(
        Word::Good,
        format!("Account {} as {}", caller.account, caller.arn),
    ));
    if caller.is_root() {
        say(&line(
            Word::Note,
            "You are the root user: it may do everything, also what nobody can undo, and no policy holds it back. A slip costs \
             more than it should. Better make a user of your own in IAM Identity Center, and keep root for emergencies.",
        ));
    }
    let zones = cli.ask(&Call::DescribeAvailabilityZones, 0);
    match zones.and_then(|zones| answer::region(&zones)) {
        Ok(region) => {
            say(&line(
                Word::Good,
                format!(
                    "Region {region}: your commands act there, and the lesson looks there only."
                ),
            ));
            Some(Whose { caller, region })
        }
        Err(failure) => {
            stop(&failure, say);
            None
        }
    }
}

/// Whether the lesson's commands would be allowed. Nothing is done: each is a dry run. False when one is denied.
pub fn permissions(cli: &Cli, account: &Account, say: &mut dyn FnMut(&Line)) -> bool {
    let image = cli
        .ask(&Call::GetParameter, 0)
        .and_then(|it| answer::parameter(&it));
    let mut trials = vec![
        Trial::CreateKeyPair,
        Trial::CreateSecurityGroup,
        Trial::DeleteKeyPair,
    ];
    if let Ok(image) = &image {
        trials.push(Trial::RunInstances(image.clone()));
    }
    // The default group is there in every region; a dry run changes nothing in it.
    let default = account
        .security_groups
        .iter()
        .find(|group| group.name == "default");
    if let Some(group) = default {
        trials.push(Trial::AuthorizeSecurityGroupIngress(group.id.clone()));
    }
    let mut allowed: Vec<String> = Vec::new();
    let mut fine = true;
    match image {
        Ok(_) => allowed.push("GetParameter".to_owned()),
        Err(failure) => {
            fine = false;
            say(&line(
                Word::Stop,
                of_permission(&Call::GetParameter, &failure),
            ));
        }
    }
    let answers: Vec<(Call, Result<(), Failure>)> = std::thread::scope(|threads| {
        let running: Vec<_> = trials
            .into_iter()
            .map(|trial| {
                threads.spawn(|| {
                    let call = Call::Try(trial);
                    let answer = cli.is_allowed(&call, 0);
                    (call, answer)
                })
            })
            .collect();
        running
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect()
    });
    for (call, answer) in answers {
        match answer {
            Ok(()) => allowed.push(call.kind().to_owned()),
            Err(failure @ Failure::Denied { .. }) => {
                fine = false;
                say(&line(Word::Stop, of_permission(&call, &failure)));
            }
            Err(failure) => say(&line(Word::Note, of_permission(&call, &failure))),
        }
    }
    if !allowed.is_empty() {
        say(&line(
            Word::Good,
            format!(
                "You may use {}. Tried with --dry-run: nothing was done.",
                allowed.join(", ")
            ),
        ));
    }
    say(&line(
        Word::Note,
        "Whether you may terminate an instance can only be tried on one. If you may not, ask the account's owner first.",
    ));
    fine
}

fn of_permission(call: &Call, failure: &Failure) -> String {
    match failure {
        Failure::Denied { permission } => format!(
            "You have no permission for {permission} and the lesson needs it. `groundschool aws permissions` prints the policy \
             for the account's owner."
        ),
        Failure::Other(said) => format!("Whether you may use {} is not known: {said}", call.kind()),
        Failure::Missing
        | Failure::NotStarted(_)
        | Failure::Hung { .. }
        | Failure::TooOld
        | Failure::NoCredentials
        | Failure::Expired { .. }
        | Failure::BadKey
        | Failure::WantsCode
        | Failure::NoRegion
        | Failure::WrongRegion { .. }
        | Failure::NoAnswer { .. }
        | Failure::Throttled
        | Failure::AwssOwn(_)
        | Failure::Unreadable(_) => failure.words(),
    }
}

/// What is there already, so that what the lesson leaves can be told apart.
pub fn what_is_there(before: &super::before::Before) -> Line {
    let count = |many: usize, one: &str, more: &str| match many {
        1 => format!("1 {one}"),
        many => format!("{many} {more}"),
    };
    line(
        Word::Good,
        format!(
            "Before the lesson: {}, {}, {}, {}, {}. They are left alone, and told apart from the lesson's.",
            count(before.key_pairs.len(), "key pair", "key pairs"),
            count(before.instances.len(), "instance", "instances"),
            count(before.addresses.len(), "Elastic IP", "Elastic IPs"),
            count(before.volumes.len(), "volume", "volumes"),
            count(
                before.security_groups.len(),
                "security group",
                "security groups"
            ),
        ),
    )
}

/// What the lesson costs, and where to be warned. Prices change: AWS's own pages have them.
pub fn costs() -> Vec<Line> {
    vec![
        line(
            Word::Note,
            "This costs money unless your free plan covers it: the instance by the second while it runs, its public IPv4 address \
             by the hour, its volume until the instance is terminated. An hour of this lesson is a small amount; a forgotten \
             instance is not. AWS's own pages have the prices:\n\
             \x20   https://aws.amazon.com/ec2/pricing/on-demand/\n\
             \x20   https://aws.amazon.com/vpc/pricing/\n\
             \x20   https://aws.amazon.com/ebs/pricing/",
        ),
        line(
            Word::Note,
            "Set a budget first: it warns you by mail (and stops nothing). A free plan cannot be charged.\n\
             \x20   https://console.aws.amazon.com/billing/home#/budgets\n\
             \x20   https://aws.amazon.com/free/",
        ),
    ]
}

/// The learner's public address, as AWS's own page tells it; none without curl or network.
pub fn public_address() -> Option<IpAddr> {
    let output = Command::new("curl")
        .args(["-s", "--max-time", "5", "https://checkip.amazonaws.com"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
