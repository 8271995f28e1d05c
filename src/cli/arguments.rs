//! The arguments of every command. The help texts are these doc comments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cloud::Pace;
use crate::cloud::api::fault::Fault;
use crate::lab::stage::Choice;

/// Practise AWS EC2 key pairs and SSH before touching a real account.
#[derive(Debug, Parser)]
#[command(
    name = "groundschool",
    version,
    after_help = "Without a command, groundschool opens the lab where you left off (the same as `groundschool learn`).\n\
                  Exit codes: 0 done or passed, 1 not yet, 2 wrong usage, 3 the surroundings, 70 our bug."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `learn`, for when no command is named.
    #[command(flatten)]
    pub learn: Learn,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the lab where you left off
    Learn(Learn),
    /// Follow an open lab from a second terminal: the coach speaks there too
    Watch(Watch),
    /// Show the course, and where you stand
    Lessons(Place),
    /// Play a lesson's solution in a lab of its own, step by step, and grade it
    Demo(Demo),
    /// Open another shell in a lab that is open
    Enter(Place),
    /// Grade the lab as it is now
    Grade(Grade),
    /// Run the simulated cloud alone, for other tools and CI
    Serve(Serve),
    /// Say what is on this computer and what will be done with it
    Doctor(Place),
    /// Start again: forget the lab's account, its machines and the progress
    Reset(Reset),
    /// For lessons on your own AWS account
    #[command(subcommand)]
    Aws(Account),
    /// For authors of lessons
    #[command(subcommand)]
    Dev(Dev),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Where the lab is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// The lab's folder (default: groundschool/lab in your data folder)
    #[arg(long, value_name = "DIR")]
    pub lab: Option<PathBuf>,
}

/// How a lab runs.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Running {
    /// How the instances' addresses are made real
    #[arg(long, value_enum, default_value_t)]
    pub stage: StageChoice,
    /// How long AWS's changes of state take
    #[arg(long, value_enum, default_value_t)]
    pub pace: PaceChoice,
}

/// Options of `learn`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Learn {
    /// The lesson: its number or name (default: where you left off)
    pub lesson: Option<String>,
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// How it runs
    #[command(flatten)]
    pub running: Running,
    /// Where the lesson happens: in the simulator, or on your own AWS account
    #[arg(long, value_enum, default_value_t, value_name = "WORLD")]
    pub on: WorldChoice,
    /// With --on aws
    #[command(flatten)]
    pub aws: OnAws,
    /// Words only: no colour
    #[arg(long)]
    pub plain: bool,
}

/// Options for a lesson on the learner's own account.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "With --on aws")]
pub struct OnAws {
    /// Open a lesson that was not passed in the simulator (for teachers; it is recorded)
    #[arg(long)]
    pub unlock: bool,
    /// Leave ssh as it is: `lab code` proves a login instead
    #[arg(long)]
    pub no_ssh_wrapper: bool,
    /// Your public address, if it cannot be learned from checkip.amazonaws.com
    #[arg(long, value_name = "ADDRESS")]
    pub my_address: Option<std::net::IpAddr>,
    /// Rehearse with another EC2 endpoint than AWS's
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// How many seconds one call of aws may take before it is stopped
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub aws_timeout: u64,
}

/// Where a lesson happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum WorldChoice {
    /// The simulated account: nothing reaches AWS
    #[default]
    Simulator,
    /// Your own AWS account, by way of your own `aws`
    Aws,
}

/// Commands about the learner's own account.
#[derive(Debug, Clone, Subcommand)]
pub enum Account {
    /// Show what a lesson left in your account, and the command that removes each
    Leftovers {
        /// Where the lab is
        #[command(flatten)]
        place: Place,
        /// Another EC2 endpoint than AWS's
        #[arg(long, value_name = "URL")]
        endpoint_url: Option<String>,
    },
    /// Print which calls are made, what is read, what is never done, and an IAM policy for a lesson
    Permissions {
        /// Only the policy, as JSON
        #[arg(long)]
        policy: bool,
    },
}

/// Options of `watch`.
#[derive(Debug, Clone, clap::Args)]
pub struct Watch {
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// Wait until a lab is open there
    #[arg(long)]
    pub wait: bool,
    /// Words only: no colour
    #[arg(long)]
    pub plain: bool,
}

/// Options of `demo`.
#[derive(Debug, Clone, clap::Args)]
pub struct Demo {
    /// The lesson: its number or name (default: the first)
    pub lesson: Option<String>,
    /// How it runs
    #[command(flatten)]
    pub running: Running,
}

/// Options of `grade`.
#[derive(Debug, Clone, clap::Args)]
pub struct Grade {
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// The report's form
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Options of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Where the EC2 endpoint listens (loopback only; port 0 takes a free one)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub ec2: SocketAddr,
    /// The port on which every instance's address answers SSH (0 takes a free one)
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub ssh_port: u16,
    /// How long AWS's changes of state take
    #[arg(long, value_enum, default_value_t)]
    pub pace: PaceChoice,
    /// A file (TOML, or JSON if it ends in .json) with the accounts to start from
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// What calls meet: RequestLimitExceeded:RunInstances:5, slow:2s:DescribeInstances; may be given again
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<Fault>,
    /// For so many milliseconds nobody sees what was just made, as it can happen on AWS
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub eventually: u64,
    /// An action that no policy allows, such as RunInstances; may be given again
    #[arg(long, value_name = "ACTION")]
    pub deny: Vec<String>,
}

/// Options of `reset`.
#[derive(Debug, Clone, clap::Args)]
pub struct Reset {
    /// The lesson: its number or name (default: the one you are at)
    pub lesson: Option<String>,
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Commands for authors.
#[derive(Debug, Clone, Subcommand)]
pub enum Dev {
    /// Prove every lesson: unsolved as shipped, solved by its solution, each mistake recognised
    Check {
        /// Only lessons whose name contains this
        lesson: Option<String>,
        /// How the instances' addresses are made real
        #[arg(long, value_enum, default_value = "shim")]
        stage: StageChoice,
        /// Prove it as a lesson on AWS is graded: from the client's side, with the simulated cloud in AWS's place (needs netns)
        #[arg(long, value_enum, default_value_t, value_name = "WORLD")]
        on: WorldChoice,
    },
}

/// How the instances' addresses are made real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum StageChoice {
    /// The best one that works here
    #[default]
    Auto,
    /// A network of the lab's own (Linux)
    Netns,
    /// Links named ssh, scp and so on, first on the lab's PATH
    Shim,
}

/// How long AWS's changes of state take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PaceChoice {
    /// About as long as on AWS
    Real,
    /// A second or so
    #[default]
    Fast,
    /// Done when the next call looks
    Instant,
}

impl From<StageChoice> for Choice {
    fn from(choice: StageChoice) -> Self {
        match choice {
            StageChoice::Auto => Self::Auto,
            StageChoice::Netns => Self::Netns,
            StageChoice::Shim => Self::Shim,
        }
    }
}

impl From<PaceChoice> for Pace {
    fn from(choice: PaceChoice) -> Self {
        match choice {
            PaceChoice::Real => Self::Real,
            PaceChoice::Fast => Self::Fast,
            PaceChoice::Instant => Self::Instant,
        }
    }
}

/// The form of a grade report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// To read
    #[default]
    Text,
    /// To process
    Json,
}
