//! `groundschool learn LESSON --on aws`: the same lesson on the learner's own account, after a list that is gone through first.

#![expect(
    clippy::disallowed_methods,
    reason = "reads the environment, and makes the lab's folder"
)]

use std::io::{BufRead, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use crate::cli::arguments::Learn;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options;
use crate::course::evidence::Need;
use crate::course::lesson::{Lesson, World as Kind};
use crate::lab::aws_lab::{self, AwsLab, Options};
use crate::lab::coach::Ear;
use crate::lab::files::write_atomically;
use crate::lab::journal::{Journal, now};
use crate::lab::shell::{LabShell, environment, spawn};
use crate::lab::voice::Voice;
use crate::lab::workspace::Layout;
use crate::lab::world::World;
use crate::lab::world::aws::before::Before;
use crate::lab::world::aws::cli::{Cli, PATIENCE};
use crate::lab::world::aws::preflight::{self, Line, Word};
use crate::lab::world::aws::record::Record;
use crate::lab::world::aws::{Aws, Settings};

/// What somebody types who has not done the lesson here.
const SENTENCE: &str = "I have done this before";

/// Goes through the list, opens the lab, runs the shell, and says what is left.
pub fn run(options: &Learn) -> Result<ExitCode, CliError> {
    if std::env::var_os(environment::LAB).is_some() {
        return Err(CliError::usage("this is a lab's shell already")
            .hint("type `exit`, and start groundschool again from your own shell"));
    }
    lab_options::require_ssh()?;
    let root = lab_options::root(&options.place)?;
    let simulated = Layout::new(std::path::absolute(&root).unwrap_or(root));
    let layout = simulated.aws_lab();
    let wanted = options.lesson.as_deref();
    let (lesson, _) = lab_options::lesson_of(&options.course, wanted, Some(&simulated))?;
    if !lesson.worlds.contains(&Kind::Aws) {
        return Err(CliError::usage(format!(
            "{} is for the simulator only",
            lesson.slug
        )));
    }
    let voice = lab_options::voice(options.plain);
    make_private(&layout)?;
    crate::lab::quiet::quiet_panics(Some(layout.panics()));
    if !is_ready(&lesson, &simulated, &layout, options.aws.unlock, voice)? {
        return Ok(Exit::NotYet.into());
    }

    let patience = Duration::from_secs(options.aws.aws_timeout.max(1));
    let cli = Cli {
        patience,
        ..cli(&layout, options.aws.endpoint_url.clone())?
    };
    let mut say = |line: &Line| show(voice, line);
    out(&voice.say("Before anything: a look at your surroundings. Nothing is changed by it."));
    let surroundings = || {
        CliError::surroundings("the lesson cannot begin on your account now").hint(
            "mend what is marked [stop] above and start again; the simulator needs none of it",
        )
    };
    let whose = preflight::whose(&cli, &mut say).ok_or_else(surroundings)?;
    let my_address = options.aws.my_address.map(|address| address.to_string());
    let my_address = my_address.or_else(|| {
        // A rehearsal is not on the internet.
        let rehearses = cli.endpoint.is_some() || std::env::var_os("AWS_ENDPOINT_URL").is_some();
        (!rehearses)
            .then(preflight::public_address)
            .flatten()
            .map(|address| address.to_string())
    });
    let settings = |before: Option<Before>| Settings {
        cli: cli.clone(),
        region: whose.region.clone(),
        my_address: my_address.clone(),
        before,
        memory: Some(layout.aws_memory()),
    };
    let first_look = Aws::new(settings(None), Arc::new(Journal::in_memory()));
    let before = before(
        &first_look,
        &layout.aws_before(&whose.caller.account, &whose.region),
    )
    .map_err(|why| surroundings().because(why))?;
    say(&preflight::what_is_there(&before));
    let account = match first_look.account(&[Need::Account].into()) {
        crate::course::evidence::Known::Seen(account) => account,
        crate::course::evidence::Known::Unknown(why) => return Err(surroundings().because(why)),
        crate::course::evidence::Known::NotGathered => return Err(surroundings()),
    };
    if !preflight::permissions(&cli, &account, &mut say) {
        return Err(surroundings());
    }
    match &my_address {
        Some(me) => say(&Line {
            word: Word::Good,
            text: format!("Your public address is {me}"),
        }),
        None => say(&Line {
            word: Word::Note,
            text: "Your public address is not known: whether a security group lets you in is told only when it lets \
                   everybody in. --my-address gives it."
                .to_owned(),
        }),
    }
    preflight::costs().iter().for_each(&mut say);
    let digits = whose.caller.account.get(8..).unwrap_or_default().to_owned();
    out(&voice.say(&format!(
        "What you do from here on is real, in account {}, region {}.\nType the last four digits of the account's id to go on, or \
         press Enter to leave:",
        whose.caller.account, whose.region
    )));
    if ask()?.trim() != digits {
        out(&voice.say("Nothing was started. The simulator is there for you at any time."));
        return Ok(Exit::NotYet.into());
    }

    let lab = AwsLab::open(Options {
        root: layout.root().to_owned(),
        home: lab_options::home(),
        lesson,
        voice,
        account: whose.caller.account.clone(),
        world: settings(Some(before)),
        watch_ssh: !options.aws.no_ssh_wrapper,
    })
    .map_err(lab_options::engine_error)?;
    let kept = layout.aws_before(&whose.caller.account, &whose.region);
    shell(&lab, voice, &digits, &kept)
}

/// Runs the learner's shell in the lab, and says what is left when it ends.
fn shell(lab: &AwsLab, voice: Voice, digits: &str, kept: &Path) -> Result<ExitCode, CliError> {
    let failed = |error: std::io::Error| {
        CliError::surroundings("your shell cannot be started").because(error)
    };
    let shell = LabShell::detect(std::env::var_os("SHELL").as_deref());
    let layout = lab.workspace().layout();
    let start = shell
        .install(layout, &lab.aws().cli().launcher, lab.environment())
        .map_err(failed)?;
    out(&voice.say(&format!(
        "Ground School ON AWS: your own {} with your own AWS account (it ends in {digits}).\nWhat you start is real, and costs \
         money until it is removed.\nType `lab` for the task, `lab hint` for help, `lab leftovers`, `exit` to leave.\n ",
        shell.kind.name()
    )));
    out(&lab.coach().task(Ear::SHELL));
    spawn::run(layout, &start, lab.environment(), None, lab.runtime()).map_err(failed)?;
    lab.coach().save();
    out(&voice.say(&lab.farewell()));
    if lab.aws().leftovers().is_ok_and(|left| left.is_empty()) {
        // If it cannot be noted, the old list stays: it shows more, not less.
        drop(Before::close(kept));
    }
    out(&voice.say("`groundschool aws leftovers` looks again at any time."));
    let passed = lab.coach().progress().is_complete(lab.coach().lesson());
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}

/// Whether the lesson may be opened; by which right is written down.
fn is_ready(
    lesson: &Lesson,
    simulated: &Layout,
    layout: &Layout,
    unlock: bool,
    voice: Voice,
) -> Result<bool, CliError> {
    let passed = aws_lab::progress(simulated, &lesson.slug)
        .map_err(lab_options::engine_error)?
        .is_complete(lesson);
    let record = |by: &str| {
        let line = serde_json::json!({"lesson": lesson.slug, "at": now(), "by": by});
        append(&layout.aws_readiness(), &line.to_string())
    };
    if passed {
        return record("passed in the simulator").map(|()| true);
    }
    if unlock {
        return record("--unlock").map(|()| true);
    }
    out(&voice.say(&format!(
        "You have not passed \"{}\" in the simulator yet, where nothing costs anything. If you know these steps already, type \
         this sentence in full; it is recorded. Else press Enter.\n    {SENTENCE}",
        lesson.title
    )));
    if ask()?.trim() == SENTENCE {
        return record("said: I have done this before").map(|()| true);
    }
    out(&voice.say("Then the simulator first: `groundschool learn`"));
    Ok(false)
}

fn append(path: &Path, line: &str) -> Result<(), CliError> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    file.and_then(|mut file| writeln!(file, "{line}"))
        .map_err(|error| {
            CliError::surroundings(format!("{} cannot be written", path.display())).because(error)
        })
}

/// What was there before the lesson in this account and region: looked at once, and kept until a lesson ended with nothing left.
fn before(aws: &Aws, path: &Path) -> Result<Before, String> {
    let kept = Before::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    if let Some(kept) = kept.filter(|kept| !kept.closed) {
        return Ok(kept);
    }
    let before = aws.as_it_is().map_err(|failure| failure.words())?;
    before
        .write(path)
        .map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(before)
}

/// The learner's `aws` in their environment.
pub fn cli(layout: &Layout, endpoint: Option<String>) -> Result<Cli, CliError> {
    let launcher = std::env::current_exe().map_err(|error| {
        CliError::surroundings("this program cannot find itself").because(error)
    })?;
    Ok(Cli {
        launcher,
        aws: lab_options::program("aws"),
        environment: std::env::vars_os().collect(),
        keeper: None,
        endpoint,
        patience: PATIENCE,
        record: Arc::new(Record::in_file(&layout.aws_calls())),
    })
}

/// The lab's own folder, which nobody else may look into.
pub fn make_private(layout: &Layout) -> Result<(), CliError> {
    let folder = layout.private();
    std::fs::create_dir_all(layout.root())
        .and_then(|()| {
            if folder.is_dir() {
                Ok(())
            } else {
                std::fs::DirBuilder::new().mode(0o700).create(&folder)
            }
        })
        .and_then(|()| write_atomically(&layout.on_aws(), b"{\"format\": 1}\n"))
        .map_err(|error| {
            CliError::surroundings(format!("{} cannot be made", folder.display())).because(error)
        })
}

fn show(voice: Voice, line: &Line) {
    out(&voice.say(&format!("[{}] {}", line.word.text(), line.text)));
}

fn out(text: &str) {
    let mut out = std::io::stdout();
    // Nobody is left to tell when the terminal is gone.
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

fn ask() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| CliError::surroundings("nothing can be read here").because(error))?;
    Ok(line)
}
