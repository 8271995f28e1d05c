//! The arguments of every command. The help texts are these doc comments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::cloud::Pace;
use crate::cloud::api::fault::Fault;
use crate::course::lesson::World;
use crate::course::locale::Locale;
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
    Lessons(Lessons),
    /// Play a lesson's solution in a lab of its own, step by step, and grade it
    Demo(Demo),
    /// Open another shell in a lab that is open
    Enter(Place),
    /// Show what was done in the lab as text, without secrets (times are UTC)
    Replay(Place),
    /// Write what you have done into a file for your teacher
    HandIn(HandIn),
    /// Grade the lab as it is now, or the files that learners handed in
    Grade(Grade),
    /// For teachers: make a class
    #[command(subcommand)]
    Class(ClassCommand),
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

/// Which lessons are meant, and how they are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Course {
    /// A folder of lessons, each a folder or a .zip, in place of the course that is shipped
    #[arg(long, value_name = "DIR")]
    pub course: Option<PathBuf>,
    /// The language of the lesson's texts, where it is translated (default: your environment's)
    #[arg(long, value_name = "LOCALE")]
    pub locale: Option<Locale>,
}

/// Options of `lessons`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Lessons {
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// Which lessons
    #[command(flatten)]
    pub course: Course,
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
    /// The lesson: its number or name, or the folder or .zip of one of your own such as ./mine (default: where you left off)
    pub lesson: Option<String>,
    /// The class file that your teacher gave you
    #[arg(long, value_name = "FILE")]
    pub class: Option<PathBuf>,
    /// Which lessons
    #[command(flatten)]
    pub course: Course,
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

/// A text with something in it.
fn filled(typed: &str) -> Result<String, &'static str> {
    if typed.trim().is_empty() {
        return Err("it is empty: write something, or leave the option out");
    }
    Ok(typed.to_owned())
}

/// The same without the spaces around it.
fn trimmed(typed: &str) -> Result<String, &'static str> {
    filled(typed.trim())
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
    /// Which lessons
    #[command(flatten)]
    pub course: Course,
    /// How it runs
    #[command(flatten)]
    pub running: Running,
}

/// Options of `hand-in`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct HandIn {
    /// The lessons: numbers or names (default: the class's, or all that you began)
    pub lessons: Vec<String>,
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// The class file that you opened the lab with
    #[arg(long, value_name = "FILE")]
    pub class: Option<PathBuf>,
    /// Where to write (default: hand-in-….json in this folder, named for the lab)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Your name, if the class asks for it
    #[arg(long)]
    pub name: Option<String>,
    /// Your student number or login, if the class asks for it
    #[arg(long)]
    pub id: Option<String>,
    /// Your e-mail address, if the class asks for it
    #[arg(long)]
    pub email: Option<String>,
}

/// Options of `grade`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Grade {
    /// Files that learners handed in, or folders of them (default: grade the lab)
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the lab is
    #[command(flatten)]
    pub place: Place,
    /// The report's form
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The class file: its lessons count, handed in or not
    #[arg(long, value_name = "FILE", requires = "files")]
    pub class: Option<PathBuf>,
    /// The people of the class: CSV as your learning management system exports it
    #[arg(long, value_name = "FILE", requires = "files")]
    pub roster: Option<PathBuf>,
    /// The name of the grade in your learning management system
    #[arg(long, value_name = "NAME", requires = "files", value_parser = filled)]
    pub column: Option<String>,
    /// Write the points into that column of this file, and touch nothing else of it
    #[arg(
        long,
        value_name = "FILE",
        requires = "column",
        conflicts_with = "format"
    )]
    pub fill: Option<PathBuf>,
    /// Write there (default: print; --fill changes its file)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Begin CSV with a byte order mark, for Excel
    #[arg(long)]
    pub bom: bool,
    /// Print the JSON schema of `grade FILE --format json`, and nothing else
    #[arg(long)]
    pub schema: bool,
}

/// Commands for teachers.
#[derive(Debug, Clone, Subcommand)]
pub enum ClassCommand {
    /// Write a class file, for learners to open the lab with
    New(ClassNew),
}

/// Options of `class new`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ClassNew {
    /// The lessons, by number or name, with commas between them
    #[arg(long, value_delimiter = ',', required = true, value_parser = trimmed)]
    pub lessons: Vec<String>,
    /// What the class is called
    #[arg(long, default_value = "Ground School", value_parser = filled)]
    pub title: String,
    /// The people of the class: CSV as your learning management system exports it
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
    /// What lessons that draw from a pool draw by (default: random)
    #[arg(long, value_parser = filled)]
    pub seed: Option<String>,
    /// Without hints
    #[arg(long)]
    pub exam: bool,
    /// How long it may take, from the first opening on
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub time_limit: Option<u32>,
    /// Where to hand in, in words
    #[arg(long, value_name = "TEXT", value_parser = filled)]
    pub hand_in_to: Option<String>,
    /// What a hand-in says of the learner (default: name; with a roster name,id)
    #[arg(long, value_enum, value_delimiter = ',')]
    pub ask: Vec<Ask>,
    /// Ask for nothing
    #[arg(long, conflicts_with = "ask")]
    pub anonymous: bool,
    /// Where to write
    #[arg(long, value_name = "FILE", default_value = "class.toml")]
    pub out: PathBuf,
}

/// One thing that a hand-in says of the learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Ask {
    /// Their name
    Name,
    /// Their student number or login
    Id,
    /// Their e-mail address
    Email,
}

/// Options of `serve`.
#[derive(Debug, Clone, clap::Args)]
pub struct Serve {
    /// Where the EC2 endpoint listens (loopback only; port 0 takes a free one)
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub ec2: SocketAddr,
    /// Where the console page listens (loopback only; port 0 takes a free one); without it there is none
    #[arg(long, value_name = "ADDR")]
    pub console: Option<SocketAddr>,
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
    /// Make something new
    #[command(subcommand)]
    New(New),
    /// Prove every lesson: unsolved as shipped, solved by its solution, each mistake recognised
    Check {
        /// Only lessons whose name contains this, or the lesson in this folder or .zip (./my-lesson)
        lesson: Option<String>,
        /// A folder of lessons, in place of the course that is shipped
        #[arg(long, value_name = "DIR")]
        course: Option<PathBuf>,
        /// Only on this stage; without it on every one that works here
        #[arg(long, value_enum)]
        stage: Option<StageChoice>,
        /// Prove it as a lesson on AWS is graded: from the client's side, with the simulated cloud in AWS's place (needs netns)
        #[arg(long, value_enum, default_value_t, value_name = "WORLD")]
        on: WorldChoice,
    },
    /// Print the words of lesson.toml: every check, every mistake that the coach knows, every fault of AWS's
    Reference,
    /// Print the JSON schema of lesson.toml, for editors
    Schema,
}

/// What an author can begin.
#[derive(Debug, Clone, Subcommand)]
pub enum New {
    /// A lesson's folder that says what is still to be written
    Lesson {
        /// The folder: its last part is the lesson's name
        folder: PathBuf,
    },
    /// A lesson's texts once more, to be translated: STEP.LOCALE.md beside each STEP.md, and lesson.LOCALE.toml
    Translation {
        /// The lesson's folder
        folder: PathBuf,
        /// The language, such as de or pt-br
        locale: Locale,
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

impl From<WorldChoice> for World {
    fn from(choice: WorldChoice) -> Self {
        match choice {
            WorldChoice::Simulator => Self::Simulator,
            WorldChoice::Aws => Self::Aws,
        }
    }
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
    /// JUnit XML, for continuous integration
    Junit,
    /// A row for each learner, a column for each step
    Csv,
    /// Canvas's gradebook
    Canvas,
    /// Moodle's grade import
    Moodle,
    /// Brightspace's grade import
    Brightspace,
    /// Gradescope's results.json, of one file
    Gradescope,
    /// Classroom 50's result.json, of one file
    Classroom50,
    /// check50's JSON, of one file
    Check50,
}
