//! An open lab on the learner's own AWS account: their folder, the coach, and the desk that their shell talks to.
//!
//! Nothing is simulated here and nothing listens but the lab's own control socket. The shell has the learner's environment
//! as it is, with the lab's `lab` and, unless they decline it, the lab's `ssh` in front of their PATH.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt;
use tokio::io::AsyncWriteExt;
use tokio::runtime::Runtime;

use crate::course::evidence::{Places, What};
use crate::course::lesson::Lesson;
use crate::course::progress::Progress;
use crate::lab::coach::{Coach, Ear};
use crate::lab::engine::{EngineError, read_progress};
use crate::lab::front::ends_with_lab;
use crate::lab::journal::Journal;
use crate::lab::multicall;
use crate::lab::server::control::{
    self, Answer, Control, Desk, Line, News, PromptReport, Reach, WordReport,
};
use crate::lab::shell::environment;
use crate::lab::voice::Voice;
use crate::lab::workspace::Workspace;
use crate::lab::world::aws::attempt::Attempt;
use crate::lab::world::aws::{Aws, Settings, code, wrapper};

/// How long a prompt may wait for a look at the account.
const PATIENCE: Duration = Duration::from_secs(6);

/// What the learner can say to the lab.
const USAGE: &str = "\
`lab`           shows the task again
`lab hint`      helps, three times, each time more plainly
`lab check`     looks at your account now and says everything
`lab why`       shows how far your newest ssh came, and what stopped it
`lab answer`    answers a question, for example `lab answer b`
`lab skip`      goes on without this step
`lab steps`     shows where you stand
`lab leftovers` shows what the lesson left in your account, and how to remove it
`lab code`      proves a login that the lab could not see
`lab reset`     starts the lesson again; your account stays as it is
`lab about`     says what is looked at here
Type `exit` to leave.";

/// How to open such a lab.
pub struct Options {
    /// Its folder.
    pub root: PathBuf,
    /// The learner's home.
    pub home: Option<PathBuf>,
    /// The lesson.
    pub lesson: Lesson,
    /// How the lesson speaks.
    pub voice: Voice,
    /// The account's id, twelve digits.
    pub account: String,
    /// The world.
    pub world: Settings,
    /// Whether the lab's `ssh` stands before theirs.
    pub watch_ssh: bool,
}

/// An open lab.
pub struct AwsLab {
    workspace: Arc<Workspace>,
    aws: Arc<Aws>,
    coach: Arc<Coach>,
    front: Arc<Front>,
    environment: Vec<(OsString, OsString)>,
    _control: Control,
    // Last: the control socket runs on it.
    runtime: Runtime,
}

impl AwsLab {
    /// Opens it.
    pub fn open(options: Options) -> Result<Self, EngineError> {
        let system = |what: &str| {
            let what = what.to_owned();
            move |source| EngineError::System { what, source }
        };
        let workspace = Workspace::open_on_aws(&options.root, options.home.as_deref())?;
        let workspace = Arc::new(workspace);
        let layout = workspace.layout();
        let program = options.world.cli.launcher.clone();
        multicall::link(layout, &program).map_err(system("the lab's links cannot be made"))?;
        if options.watch_ssh {
            wrapper::link(layout, &program).map_err(system("the lab's ssh cannot be linked"))?;
        } else {
            // One of an earlier time, which may not be there.
            let _ = std::fs::remove_file(layout.bin().join("ssh"));
        }
        let path = options
            .world
            .cli
            .environment
            .iter()
            .find(|(name, _)| name == "PATH");
        let path = environment::path_with(
            layout.bin().as_os_str(),
            path.map(|(_, path)| path.as_os_str()),
        );
        let mut variables = options.world.cli.environment.clone();
        variables.retain(|(name, _)| name != "PATH" && name != environment::LAB);
        variables.push(("PATH".into(), path));
        variables.push((environment::LAB.into(), layout.root().into()));
        if let Some(endpoint) = &options.world.cli.endpoint {
            variables.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
            variables.push(("AWS_ENDPOINT_URL".into(), endpoint.into()));
        }
        let journal = Arc::new(Journal::open(&layout.journal())?);
        let aws = Arc::new(Aws::new(options.world, journal));
        let slug = options.lesson.slug.clone();
        let keep = layout.progress(&slug);
        let progress = read_progress(&keep, &slug)?;
        let home = options.home.unwrap_or_default();
        let coach = Arc::new(Coach::new(
            options.lesson,
            progress,
            Arc::clone(&aws) as _,
            Arc::clone(&workspace),
            options.voice,
            &home,
            Some(keep),
        ));
        let front = Arc::new(Front {
            aws: Arc::clone(&aws),
            coach: Arc::clone(&coach),
            workspace: Arc::clone(&workspace),
            home,
            account: options.account,
            watch_ssh: options.watch_ssh,
            code: Mutex::new(None),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(system("the lab's threads cannot be started"))?;
        let desk = Arc::clone(&front) as Arc<dyn Desk>;
        let control = runtime.block_on(control::serve(&layout.run(), desk))?;
        Ok(Self {
            workspace,
            aws,
            coach,
            front,
            environment: variables,
            _control: control,
            runtime,
        })
    }

    /// The coach.
    pub fn coach(&self) -> &Coach {
        &self.coach
    }

    /// The account.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The folder.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// What the control socket runs on.
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// The environment of the lab's shell.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }

    /// What is left in the account, in words that cannot be missed; nothing when nothing is.
    pub fn farewell(&self) -> String {
        self.aws.forget();
        self.front.leftovers()
    }
}

/// The desk.
struct Front {
    aws: Arc<Aws>,
    coach: Arc<Coach>,
    workspace: Arc<Workspace>,
    home: PathBuf,
    account: String,
    watch_ssh: bool,
    /// The code that was given out for a login.
    code: Mutex<Option<String>>,
}

impl Front {
    fn places(&self) -> Places {
        Places {
            lab: self.workspace.layout().work().display().to_string(),
            home: self.home.display().to_string(),
        }
    }

    fn heard(&self, line: Option<&str>, status: i32, directory: &Path) -> News {
        let typed = line.is_some_and(|line| !line.trim().is_empty());
        let is_lab = line.is_some_and(|line| line.split_whitespace().next() == Some("lab"));
        if typed && !is_lab {
            self.aws.heard(line, status);
            self.aws.journal_of_lab().add(What::ShellCommand {
                line: line.map(str::to_owned),
                status,
                directory: directory.display().to_string(),
            });
        }
        if line.is_some_and(ends_with_lab) {
            return News::default();
        }
        let news = self.coach.after_command(typed);
        self.coach.save();
        news
    }

    fn leftovers(&self) -> String {
        match self.aws.leftovers() {
            Ok(left) => crate::lab::world::aws::leftovers::words(&left, self.aws.region()),
            Err(failure) => format!(
                "[could not tell] What is left in your account is not known. {}",
                failure.words()
            ),
        }
    }

    fn about(&self) -> String {
        let last = self.account.get(8..).unwrap_or_default();
        let me = match self.aws.my_address() {
            Some(me) => format!("Your public address is {me}: that is \"my IP\" in a security group."),
            None => "Your public address is not known here; `curl https://checkip.amazonaws.com` shows it.".to_owned(),
        };
        let endpoint = match &self.aws.cli().endpoint {
            Some(endpoint) => format!(" by way of {endpoint}"),
            None => String::new(),
        };
        let calls = self.aws.cli().record.calls();
        let ssh = if self.watch_ssh {
            "Your ssh is started with one option more, LocalCommand, so that a login is seen."
        } else {
            "Your ssh is not watched: `lab code` proves a login."
        };
        format!(
            "This is your own AWS account (it ends in {last}), region {}{endpoint}. What you start here is real and costs money \
             until you remove it.\n\
             The lesson only looks, with your own `aws`: {} calls so far, none that changes anything. They are listed in {}\n\
             {ssh} Your config, keys, agent and known hosts are used as they are.\n{me}",
            self.aws.region(),
            calls.len(),
            self.workspace.layout().aws_calls().display(),
        )
    }

    fn prove(&self, words: &[&str]) -> String {
        let mut code = self.code.lock().unwrap_or_else(PoisonError::into_inner);
        let [typed] = words else {
            let new: String = format!("{:06x}", rand::rng().random_range(0..0x0100_0000_u32));
            let text = format!(
                "Paste this on your instance:\n    {}\nIt prints a word of eight letters. Back here, type `lab code` and that word.",
                code::command(&new)
            );
            *code = Some(new);
            return text;
        };
        let Some(given) = code.clone() else {
            return "Type `lab code` first: it shows what to paste on your instance.".to_owned();
        };
        let files = self.workspace.key_files();
        self.aws.forget();
        match self.aws.proven(&given, typed, &files) {
            Ok(true) => {
                *code = None;
                drop(code);
                self.coach.check(Ear::SHELL)
            }
            Ok(false) => format!(
                "{typed} is not what the command prints on an instance of yours. Paste the whole line there, signed in as its \
                 own user, and copy what it prints."
            ),
            Err(failure) => format!("[could not tell] {}", failure.words()),
        }
    }

    fn answer(&self, words: &[&str]) -> Answer {
        let coach = &self.coach;
        let ear = Ear::SHELL;
        let text = match words {
            [] | ["task"] => coach.task(ear),
            ["hint"] => coach.hint(ear),
            ["check"] => {
                self.aws.forget();
                coach.check(ear)
            }
            ["skip"] => coach.skip(ear),
            ["steps"] => coach.standing(ear),
            ["leftovers"] => {
                self.aws.forget();
                coach.say(ear, &self.leftovers())
            }
            ["answer", rest @ ..] => match coach.answer(ear, rest, self.aws.journal_of_lab()) {
                Ok(text) => text,
                Err(text) => return Answer { status: 2, text },
            },
            ["why"] => coach.why(ear),
            ["code", rest @ ..] => {
                let text = self.prove(rest);
                // The coach's own words have their voice already.
                if text.starts_with('|') || text.starts_with('\u{1b}') {
                    text
                } else {
                    coach.say(ear, &text)
                }
            }
            ["about"] => coach.say(ear, &self.about()),
            ["help" | "-h" | "--help"] => coach.say(ear, USAGE),
            ["reset"] => coach.say(
                ear,
                "This forgets the lesson's progress. Your account and your files stay as they are.\nType `lab reset yes` to do it.",
            ),
            ["reset", "yes"] => {
                self.aws.journal_of_lab().clear();
                self.aws.forget();
                coach.forget_progress();
                coach.task(ear)
            }
            _ => {
                let text = format!("There is no `lab {}`.\n{USAGE}", words.join(" "));
                let text = coach.say(ear, &text);
                return Answer { status: 2, text };
            }
        };
        coach.save();
        Answer { status: 0, text }
    }
}

impl Desk for Front {
    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn prompt(&self, report: PromptReport) -> News {
        self.heard(report.command.as_deref(), report.status, &report.directory)
    }

    fn word(&self, report: WordReport) -> Answer {
        let words: Vec<&str> = report.words.iter().map(String::as_str).collect();
        match words[..] {
            // A script that is played tells of its commands so.
            ["--heard", status, line] => {
                let news = self.heard(Some(line), status.parse().unwrap_or(0), &report.directory);
                Answer {
                    status: 0,
                    text: news.text(),
                }
            }
            // The lab's `ssh` tells how it went.
            ["--ssh", json] => {
                let Ok(attempt) = serde_json::from_str::<Attempt>(json) else {
                    return Answer {
                        status: 2,
                        text: String::new(),
                    };
                };
                let files = self.workspace.key_files();
                self.aws.met(&attempt, &files, &self.places());
                Answer::default()
            }
            // The grade, to be processed.
            ["--report"] => Answer {
                status: 0,
                text: serde_json::to_string(&self.coach.grade()).unwrap_or_default() + "\n",
            },
            // They have not heard that the step was passed: they mean that one, and not the next.
            ["skip"] if report.has_untold => self.answer(&["task"]),
            _ => self.answer(&words),
        }
    }

    fn watch(self: Arc<Self>, colour: bool, mut line: Line) {
        let text = Voice::new(colour).say(
            "This lab is on your AWS account: its coach speaks in the lab's own shell only, so that each look is made once.",
        );
        tokio::spawn(async move {
            let _ = line.write_all(text.as_bytes()).await;
        });
    }

    /// Whether a connection may be tried there: only to a running instance of the learner's.
    fn reach(&self, address: &str, _port: u16) -> Reach {
        if self.aws.may_be_tried(address) {
            Reach::Open
        } else {
            Reach::Silent
        }
    }

    fn connect(&self, _address: &str, _port: u16, _line: Line) {}
}

/// The progress of a lesson in a lab that may be open; an error when it cannot be read.
pub fn progress(
    layout: &crate::lab::workspace::Layout,
    lesson: &str,
) -> Result<Progress, EngineError> {
    read_progress(&layout.progress(lesson), lesson)
}
