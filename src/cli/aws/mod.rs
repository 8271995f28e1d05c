//! The stand-in `aws` for learners without an AWS CLI: the same commands, options, output, errors and exit codes, for
//! the actions that are simulated, over the same wire protocol, to the lab's endpoint and no other.
//!
//! Everything follows from the shapes in [`ACTIONS`]; there is no second table. A command line goes through
//! `arguments` (options), `shorthand` and `values` (their values), `shortcuts` (the CLI's own conveniences), `request`
//! (signed and sent), `answer` (read by shape) and `output` (`--query`, JSON, text, table). Texts and forms are those of
//! aws-cli 1.45.11, run beside it; exit codes and the form of times are version 2's.

mod answer;
mod arguments;
mod failure;
mod help;
mod output;
mod request;
mod settings;
mod shortcuts;
mod shorthand;
mod table;
#[cfg(test)]
mod tests;
mod values;
mod waiters;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::cli::aws::arguments::{Argument, Givens, Kind};
use crate::cli::aws::failure::Failure;
use crate::cli::aws::request::{Computer, Destination, Outgoing, Outside};
use crate::cli::aws::waiters::{Step, WAITERS, Waiter};
use crate::cloud::api::actions::{ACTIONS, Action};
use crate::cloud::api::caller::Service;

/// What `aws --version` says.
const VERSION: &str = concat!(
    "groundschool-aws/",
    env!("CARGO_PKG_VERSION"),
    " (stand-in for the AWS CLI)"
);

/// The AWS CLI's options that the stand-in refuses by name.
const REFUSED: [&str; 13] = [
    "ca-bundle",
    "cli-auto-prompt",
    "cli-binary-format",
    "cli-connect-timeout",
    "cli-input-json",
    "cli-input-yaml",
    "cli-read-timeout",
    "generate-cli-skeleton",
    "max-items",
    "no-sign-request",
    "no-verify-ssl",
    "starting-token",
    "v2-debug",
];

/// Runs the stand-in with the arguments after `argv[0]`.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<String> = args
        .into_iter()
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let mut computer = Computer::new();
    match run(&args, &mut computer) {
        Ok(text) => {
            let mut stdout = std::io::stdout().lock();
            // A reader that has gone away is no error, as for the AWS CLI.
            let _ = stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            computer.say(&format!("\n{failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// What is printed on standard output.
fn run(args: &[String], outside: &mut dyn Outside) -> Result<String, Failure> {
    if let Some(option) = args.iter().find_map(|arg| {
        let word = arg.strip_prefix("--")?.split('=').next()?;
        REFUSED.into_iter().find(|refused| *refused == word)
    }) {
        return Err(Failure::Parameter(format!(
            "Ground School's stand-in for the AWS CLI does not have the option --{option}"
        )));
    }
    let (globals, rest) = arguments::take(&globals(), args, false)?;
    if globals.has("version") {
        return Ok(format!("{VERSION}\n"));
    }
    if let Some(format) = globals
        .one("output")
        .filter(|one| !output::FORMATS.contains(one))
    {
        let formats = output::FORMATS.map(str::to_owned);
        return Err(Failure::invalid_choice("--output", format, &formats));
    }
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let (service, name, rest) = match rest[..] {
        [] => return Err(missing("command")),
        ["help", ..] => {
            let services =
                ["ec2", "ec2-instance-connect", "ssm", "sts", "configure"].map(str::to_owned);
            return Ok(help::list("", &services));
        }
        ["configure", "list"] => return Ok(outside.settings().list()),
        ["configure", ..] => {
            let text = "There is nothing to configure: the lab has set region, keys and endpoint.\n\
                        See them with: aws configure list";
            return Err(Failure::Parameter(text.into()));
        }
        ["ec2", ref rest @ ..] => (Service::Ec2, "ec2", rest.to_vec()),
        ["sts", ref rest @ ..] => (Service::Sts, "sts", rest.to_vec()),
        ["ssm", ref rest @ ..] => (Service::Ssm, "ssm", rest.to_vec()),
        ["ec2-instance-connect", ref rest @ ..] => (
            Service::InstanceConnect,
            "ec2-instance-connect",
            rest.to_vec(),
        ),
        [other, ..] => {
            let services =
                ["configure", "ec2", "ec2-instance-connect", "ssm", "sts"].map(str::to_owned);
            return Err(Failure::invalid_choice("command", other, &services));
        }
    };
    let words = |rest: &[&str]| rest.iter().map(ToString::to_string).collect::<Vec<_>>();
    let call = |outside, path: String, action, waiter, rest: &[&str]| {
        Command {
            path,
            action,
            waiter,
            globals: &globals,
        }
        .run(&words(rest), outside)
    };
    match rest[..] {
        [] => Err(missing("operation")),
        ["help", ..] => Ok(help::list(&format!("{name} "), &commands(service))),
        ["wait"] if service == Service::Ec2 => Err(missing("subcommand")),
        ["wait", "help", ..] if service == Service::Ec2 => Ok(help::list(
            "ec2 wait ",
            &WAITERS.each_ref().map(|one| one.name.to_owned()),
        )),
        ["wait", wanted, ref rest @ ..] if service == Service::Ec2 => {
            let found = WAITERS
                .iter()
                .find(|one| one.name == wanted)
                .and_then(|waiter| {
                    Some((
                        waiter,
                        crate::cloud::api::actions::find(service, waiter.action)?,
                    ))
                });
            let Some((waiter, action)) = found else {
                let names = WAITERS.each_ref().map(|one| one.name.to_owned());
                return Err(Failure::invalid_choice("subcommand", wanted, &names));
            };
            call(
                outside,
                format!("ec2 wait {wanted}"),
                action,
                Some(waiter),
                rest,
            )
        }
        [wanted, ref rest @ ..] => {
            let found = ACTIONS
                .iter()
                .find(|one| one.service == service && kebab(one.name) == wanted);
            let Some(action) = found else {
                return Err(Failure::invalid_choice(
                    "operation",
                    wanted,
                    &commands(service),
                ));
            };
            call(outside, format!("{name} {wanted}"), action, None, rest)
        }
    }
}

fn missing(what: &str) -> Failure {
    Failure::Usage(format!("the following arguments are required: {what}"))
}

/// The options of the whole program.
fn globals() -> Vec<Argument> {
    let one = [
        "region",
        "profile",
        "endpoint-url",
        "output",
        "query",
        "color",
    ];
    let flags = [
        "debug",
        "no-paginate",
        "no-cli-pager",
        "no-cli-auto-prompt",
        "version",
    ];
    let one = one.map(|name| Argument::own(name, Kind::One, ""));
    let flags = flags.map(|name| Argument::own(name, Kind::Flag(true), ""));
    one.into_iter().chain(flags).collect()
}

/// A service's commands, sorted.
fn commands(service: Service) -> Vec<String> {
    let actions = ACTIONS.iter().filter(|one| one.service == service);
    let mut names: Vec<String> = actions.map(|one| kebab(one.name)).collect();
    if service == Service::Ec2 {
        names.push("wait".to_owned());
    }
    names.sort();
    names
}

/// The command of an action: `run-instances` for `RunInstances`, `send-ssh-public-key` for `SendSSHPublicKey`.
fn kebab(action: &str) -> String {
    let mut name = String::new();
    let mut before = None;
    let mut letters = action.chars().peekable();
    while let Some(c) = letters.next() {
        // Capitals in a row are one word, and the last of them begins the next when a small letter follows.
        let begins = before.is_some_and(|before: char| {
            before.is_ascii_lowercase() || letters.peek().is_some_and(char::is_ascii_lowercase)
        });
        if c.is_ascii_uppercase() && begins {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    name
}

/// A command that was recognised.
struct Command<'a> {
    path: String,
    action: &'static Action,
    waiter: Option<&'static Waiter>,
    globals: &'a Givens,
}

impl Command<'_> {
    fn run(&self, args: &[String], outside: &mut dyn Outside) -> Result<String, Failure> {
        let mut table = arguments::of(self.action);
        shortcuts::shape(self.action, &mut table);
        if args == ["help"] {
            return Ok(help::command(&self.path, self.action, &table));
        }
        let (givens, mut rest) = arguments::take(&table, args, true)?;
        arguments::check_required(&table, &givens)?;
        if !rest.is_empty() {
            // The AWS CLI names the first word that is no option last: it had kept it for `help`.
            let first_word = rest.iter().position(|one| !one.starts_with("--"));
            if let Some(word) = first_word.map(|at| rest.remove(at)) {
                rest.push(word);
            }
            return Err(Failure::UnknownOptions(rest.join(", "), self.path.clone()));
        }
        let query = self.globals.one("query").map(output::query).transpose()?;
        let mut parameters = arguments::parameters(&table, &givens, &|path| outside.read(path))?;
        let token = outside.token();
        shortcuts::apply(self.action, &givens, &mut parameters, || token)?;
        let to = self.destination(outside.settings())?;
        if self.globals.has("debug") {
            outside.say("(The stand-in has no debug output: --debug does nothing here.)");
        }
        introduce(outside);
        let dry_run = givens.flag("dry-run");
        if let Some(waiter) = self.waiter {
            let request = Outgoing::new(self.action, parameters, dry_run)?;
            return self.wait(waiter, &to, &request, outside);
        }
        let answer = self.pages(parameters, dry_run, &givens, &to, outside)?;
        let settings = outside.settings();
        let format = settings.output(self.globals.one("output")).to_owned();
        output::print(
            answer,
            query.as_ref(),
            &format,
            self.action.name,
            outside.width(),
        )
    }

    fn destination(&self, settings: &settings::Settings) -> Result<Destination, Failure> {
        settings.check_profile(self.globals.one("profile"))?;
        Ok(Destination {
            endpoint: settings.endpoint(self.globals.one("endpoint-url"))?,
            region: settings.region(self.globals.one("region"))?,
            credentials: settings.credentials()?,
        })
    }

    /// The answer; all its pages in one, unless the learner pages.
    fn pages(
        &self,
        mut parameters: Map<String, Value>,
        dry_run: Option<bool>,
        givens: &Givens,
        to: &Destination,
        outside: &mut dyn Outside,
    ) -> Result<Value, Failure> {
        let alone = self.globals.has("paginate")
            || givens.has("max-results")
            || givens.has("next-token")
            || !shortcuts::is_paged(self.action);
        let mut whole = Map::new();
        loop {
            let request = Outgoing::new(self.action, parameters.clone(), dry_run)?;
            let answer = self.ask(&request, to, outside)?;
            if alone {
                return Ok(answer);
            }
            let Value::Object(mut page) = answer else {
                return Ok(answer);
            };
            let next = page.remove("NextToken");
            for (name, value) in page {
                match (whole.get_mut(&name), value) {
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                    (_, value) => {
                        whole.insert(name, value);
                    }
                }
            }
            match next {
                Some(Value::String(token)) if !token.is_empty() => {
                    parameters.insert("NextToken".into(), token.into());
                }
                _ => return Ok(whole.into()),
            }
        }
    }

    /// One answer, with the AWS CLI's retries of what may pass.
    fn ask(
        &self,
        request: &Outgoing,
        to: &Destination,
        outside: &mut dyn Outside,
    ) -> Result<Value, Failure> {
        const RETRIES: u32 = 2;
        let action = self.action;
        let unreadable = |body: &str| {
            Failure::Other(format!(
                "Unable to parse response, invalid XML or JSON received:\n{body}"
            ))
        };
        let mut tried = 0;
        loop {
            let (status, body) = outside.send(to, request)?;
            if status == 200 {
                return answer::success(action.service, action.name, &action.answer, &body)
                    .ok_or_else(|| unreadable(&body));
            }
            let (code, message) =
                answer::refusal(action.service, &body).ok_or_else(|| unreadable(&body))?;
            let passing =
                status >= 500 || matches!(code.as_str(), "RequestLimitExceeded" | "Throttling");
            if passing && tried < RETRIES {
                outside.pause(Duration::from_millis(250 << tried));
                tried += 1;
                continue;
            }
            let retries = match tried {
                0 => String::new(),
                tried => format!(" (reached max retries: {tried})"),
            };
            return Err(Failure::Service {
                code,
                action: action.name.to_owned(),
                retries,
                message,
            });
        }
    }

    fn wait(
        &self,
        waiter: &Waiter,
        to: &Destination,
        request: &Outgoing,
        outside: &mut dyn Outside,
    ) -> Result<String, Failure> {
        let mut last = None;
        for tried in 1..=waiter.tries {
            let answer = self.ask(request, to, outside);
            match waiter.judge(answer.as_ref())? {
                Step::Done => return Ok(String::new()),
                Step::Never(why) => return Err(waiter.failed(&why)),
                Step::Again(why) => last = why.or(last),
            }
            if tried < waiter.tries {
                outside.pause(waiter.every);
            }
        }
        Err(waiter.failed(&match last {
            None => "Max attempts exceeded".to_owned(),
            Some(why) => format!("Max attempts exceeded. Previously accepted state: {why}"),
        }))
    }
}

/// Says once in a lab that this is not the real thing.
fn introduce(outside: &mut dyn Outside) {
    let first = outside.settings().marker().is_some_and(|marker| {
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(marker)
            .is_ok()
    });
    if first {
        outside.say(
            "(This aws is a stand-in that the lab brings: it takes the same commands as\n \
             the AWS CLI, for what this lab simulates. This is said only once. See\n \
             also: aws help)",
        );
    }
}
