//! `groundschool learn`: opens the lab where the learner left off, in their own shell.

#![expect(
    clippy::disallowed_methods,
    reason = "asks which shell is the learner's"
)]

use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use crate::classroom::class::Class;
use crate::cli::arguments::{Course, Learn, WorldChoice};
use crate::cli::class_file;
use crate::cli::error::{CliError, Exit};
use crate::cli::lab_options::{self, AwsCli};
use crate::cli::on_aws;
use crate::console::{self, Console};
use crate::course::lesson::Lesson;
use crate::course::progress::Progress;
use crate::course::words::shell_word;
use crate::lab::coach::{Ear, Named, first_open};
use crate::lab::engine::{Engine, MY_ADDRESS, Options, REGION};
use crate::lab::files::write_atomically;
use crate::lab::journal::now;
use crate::lab::key_pool::KeyPool;
use crate::lab::records;
use crate::lab::shell::{LabShell, spawn};
use crate::lab::workspace::{Layout, Workspace};

/// Keys kept ready: more than a learner makes in a minute.
const READY_KEYS: usize = 4;

/// Opens the lab, runs the shell, says goodbye.
pub fn run(options: &Learn) -> Result<ExitCode, CliError> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return without_a_terminal(&options.course);
    }
    match options.on {
        WorldChoice::Aws => return on_aws::run(options),
        WorldChoice::Simulator => {}
    }
    lab_options::require_ssh()?;
    let class = options
        .class
        .as_deref()
        .map(class_file::class)
        .transpose()?;
    let root = match (&class, &options.place.lab) {
        (Some(class), None) => Layout::of_class(&class.id)
            .map_err(lab_options::workspace_error)?
            .root()
            .to_owned(),
        (Some(_), Some(_)) | (None, _) => lab_options::root(&options.place)?,
    };
    let layout = Layout::new(std::path::absolute(&root).unwrap_or_else(|_| root.clone()));
    crate::lab::quiet::quiet_panics(Some(layout.panics()));
    let wanted = options.lesson.as_deref();
    let (lesson, note) = match class {
        Some(_) if options.course.course.is_some() => {
            let text = "a class has its own lessons: leave out --course";
            return Err(CliError::usage(text).hint("--course is for learning without a class"));
        }
        Some(class) => {
            let lesson = lesson_of(wanted, class, &layout)?;
            let note = lesson.slug.clone();
            (lab_options::in_language(lesson, &options.course), note)
        }
        None => lab_options::lesson_of(&options.course, wanted, Some(&layout))?,
    };
    let voice = lab_options::voice(options.plain);
    let aws = AwsCli::find();
    let engine = Engine::open(Options {
        root,
        home: lab_options::home(),
        lesson,
        pace: options.running.pace.into(),
        voice,
        keys: Arc::new(KeyPool::new(READY_KEYS, 1)),
        stand_in: aws.needs_stand_in(),
        stage: options.running.stage.into(),
        seed: None,
    })
    .map_err(lab_options::engine_error)?;
    engine.coach().was_named(named(options));
    // Which lesson this was is a convenience: the next start falls back to the first.
    let _ = write_atomically(&layout.lesson(), note.as_bytes());

    // Held until the shell has ended. Without it the lesson goes on as well.
    let console = console(&engine);
    let link = match &console {
        Ok(console) => {
            engine.front().set_console(console.links());
            Ok(console.link())
        }
        Err(error) => Err(error.to_string()),
    };

    let variables = engine.environment();
    let shell = LabShell::detect(std::env::var_os("SHELL").as_deref());
    let failed = |error: std::io::Error| {
        CliError::surroundings("your shell cannot be started").because(error)
    };
    let program = std::env::current_exe().map_err(failed)?;
    let start = shell
        .install(engine.workspace().layout(), &program, &variables)
        .map_err(failed)?;
    let watch = match &options.place.lab {
        Some(root) => {
            let root = shell_word(&root.display().to_string());
            format!("groundschool watch --lab {root}")
        }
        None => "groundschool watch".to_owned(),
    };
    let mut out = std::io::stdout();
    let _ = out
        .write_all(welcome(&engine, &shell, &aws, &watch, &link).as_bytes())
        .and_then(|()| out.flush());
    let status = spawn::run(
        engine.workspace().layout(),
        &start,
        &variables,
        engine.keeper(),
        engine.runtime(),
    )
    .map_err(failed)?;
    let _ = status;
    engine.coach().save();
    let _ = out.write_all(
        engine
            .coach()
            .say(Ear::SHELL, &goodbye(&engine, options))
            .as_bytes(),
    );
    let passed = engine
        .coach()
        .progress()
        .is_complete(engine.coach().lesson());
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        Exit::NotYet.into()
    })
}

/// The lesson of a class that is meant: the one that is named, or the first that is not passed. Joins the class.
fn lesson_of(wanted: Option<&str>, class: Class, layout: &Layout) -> Result<Lesson, CliError> {
    let open = first_open(&class, layout);
    let open = open.or_else(|| class.lessons.last().cloned());
    let meant = wanted.or(open.as_deref());
    let lesson = lab_options::lesson(meant, None)?;
    if !class.lessons.contains(&lesson.slug) {
        let text = format!("the class {} has no lesson {}", class.title, lesson.slug);
        return Err(
            CliError::usage(text).hint(format!("its lessons are: {}", class.lessons.join(", ")))
        );
    }
    // Holds the lab while the class is written down.
    let workspace = Workspace::open(layout.root(), None).map_err(lab_options::workspace_error)?;
    records::join(workspace.layout(), class, now()).map_err(|error| {
        CliError::surroundings("the class cannot be joined in this lab")
            .because(error)
            .hint("use another folder with --lab DIR")
    })?;
    Ok(lesson)
}

/// The console page of the lab: in this computer's own network, where the learner's browser is.
fn console(engine: &Engine) -> std::io::Result<Console> {
    let key = engine.workspace().access_key();
    let key = key.map_err(|error| std::io::Error::other(error.to_string()))?;
    let settings = console::Settings {
        simulation: Arc::clone(engine.simulation()),
        script: Arc::clone(engine.script()),
        whose: console::Whose::Learners(key.id),
        region: REGION.to_owned(),
        my_address: MY_ADDRESS,
        ssh_port: 22,
        lab: Some(Arc::clone(engine.front())),
    };
    let _here = engine.runtime().enter();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Console::start(anywhere, settings, console::Limits::default())
}

/// Says what a terminal is needed for, shows the course and names `demo`.
fn without_a_terminal(course: &Course) -> Result<ExitCode, CliError> {
    anstream::eprintln!("groundschool: a lab needs a terminal to type in, and this is none.");
    anstream::eprintln!("The course:");
    for lesson in lab_options::lessons(course)? {
        anstream::eprintln!("  {}  {}", lesson.slug, lesson.title);
    }
    anstream::eprintln!("To watch a lesson being solved and graded here: groundschool demo");
    Ok(Exit::Usage.into())
}

/// The first screen: where the learner is, in one line each, then the task.
fn welcome(
    engine: &Engine,
    shell: &LabShell,
    aws: &AwsCli,
    watch: &str,
    link: &Result<String, String>,
) -> String {
    let kind = shell.kind.name();
    let (whose, other) = match &shell.instead_of {
        None => (format!("your own {kind}"), String::new()),
        Some(other) => {
            let name = other.file_name().unwrap_or_default().display();
            let other = format!(
                "\nYour {name} cannot ask the coach. To use it all the same, type `{name}` here, and\n    {watch}\n\
                 in a second terminal."
            );
            (kind.to_owned(), other)
        }
    };
    let aws = match aws {
        AwsCli::Good(..) => "",
        AwsCli::Missing => "\nYou have no AWS CLI: the lab lends you a stand-in named aws.",
        AwsCli::Unfit(_) => {
            "\nYour aws is too old to be pointed at the lab: the lab lends you a stand-in\nnamed aws. Yours is untouched."
        }
    };
    let class = engine.coach().class_words();
    let class = class.map_or_else(String::new, |class| format!("{class}\n"));
    let help = if engine.coach().is_exam() {
        ""
    } else {
        " `lab hint` for help,"
    };
    let page = match link {
        Ok(link) => format!("The account in your browser, as in AWS's console:\n    {link}"),
        Err(why) => format!("There is no console page this time: {why}."),
    };
    let text = format!(
        "Ground School: {whose} in a lab folder. Nothing here reaches AWS.{other}{aws}\n{}\n{page}\n{class}\
         Type `lab` for the task,{help} `exit` to leave.\n ",
        stage(engine),
    );
    engine.coach().say(Ear::SHELL, &text) + &engine.coach().task(Ear::SHELL)
}

/// Which stage this is, and why.
fn stage(engine: &Engine) -> String {
    let text = match (engine.keeper(), engine.why_not_netns()) {
        (Some(_), _) => {
            "Stage: netns. This shell has its own network: the lab, and nothing else.".to_owned()
        }
        (None, None) => format!("Stage: {}.", engine.stage()),
        (None, Some(why)) => format!(
            "Stage: {}, because {why}. `groundschool doctor` says more.",
            engine.stage()
        ),
    };
    let notes = engine.stage_notes();
    notes
        .iter()
        .fold(text, |text, note| text + "\nNote: " + note + ".")
}

fn goodbye(engine: &Engine, options: &Learn) -> String {
    if engine.coach().class_words().is_none() {
        return where_you_are(engine);
    }
    let named = named(options);
    let lesson = engine.coach().lesson();
    let progress = engine.coach().progress();
    let go_on = if progress.is_complete(lesson) {
        let passed = where_you_are(engine);
        match engine.coach().next_in_class() {
            Some(next) => format!(
                "{passed}\nNext in this class, \"{}\":\n    {}",
                next.title,
                named.learn(&next)
            ),
            None => format!("{passed}\nEvery lesson of this class is passed."),
        }
    } else {
        format!(
            "You left the lab. It is kept. To go on with \"{}\":\n    {}",
            next_step(&progress, lesson),
            named.learn(lesson)
        )
    };
    let place = engine.coach().hand_in_to();
    let place = place.map_or_else(String::new, |place| {
        format!("\nand hand the file in to: {place}")
    });
    format!(
        "{go_on}\nTo hand in what you have done:\n    {}{place}",
        named.hand_in()
    )
}

/// How the lab was named in the command that opened it.
fn named(options: &Learn) -> Named {
    let lab = options.place.lab.as_ref().map(|lab| ("--lab", lab));
    let class = options.class.as_ref().map(|class| ("--class", class));
    let words: Vec<String> = [lab, class]
        .into_iter()
        .flatten()
        .map(|(option, path)| format!("{option} {}", shell_word(&path.display().to_string())))
        .collect();
    Named {
        options: words.join(" "),
        by_class: options.class.is_some(),
    }
}

fn next_step<'a>(progress: &Progress, lesson: &'a Lesson) -> &'a str {
    let step = progress
        .current(lesson)
        .and_then(|number| lesson.steps.get(number));
    step.map_or("the last step", |step| step.goal.as_str())
}

fn where_you_are(engine: &Engine) -> String {
    let progress = engine.coach().progress();
    let lesson = engine.coach().lesson();
    if progress.is_complete(lesson) {
        return format!(
            "You have passed: {}. {} of {} points.",
            lesson.title,
            progress.points(),
            lesson.points()
        );
    }
    let next = next_step(&progress, lesson);
    format!("You left the lab. It is kept: start groundschool again to go on with \"{next}\"")
}
