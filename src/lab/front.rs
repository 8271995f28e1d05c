//! The lab's desk: what the control socket's callers get from the coach and the simulation.

use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use crate::course::evidence::What;
use crate::lab::beginning::Beginning;
use crate::lab::coach::{Coach, EXAM, Ear};
use crate::lab::console_link::Links;
use crate::lab::machines;
use crate::lab::server::control::{Answer, Desk, Line, News, PromptReport, Reach, WordReport};
use crate::lab::server::ssh;
use crate::lab::simulation::Simulation;
use crate::lab::step_faults::StepFaults;
use crate::lab::voice::Voice;
use crate::lab::watch;

/// What the learner can say to the lab.
const USAGE: &str = "\
`lab`         shows the task again
`lab hint`    helps, three times, each time more plainly
`lab check`   looks now and says everything
`lab why`     shows how far your newest ssh came, and what stopped it
`lab answer`  answers a question, for example `lab answer b`
`lab skip`    goes on without this step
`lab steps`   shows where you stand
`lab console` opens the account in your browser, as AWS's console does
`lab reset`   starts the lesson again
`lab about`   says what is real here
Type `exit` to leave: the lab remembers where you are.";

/// The desk of one lab.
pub struct Front {
    simulation: Arc<Simulation>,
    coach: Arc<Coach>,
    ssh: Arc<ssh::Server>,
    my_address: IpAddr,
    stage: &'static str,
    faults: StepFaults,
    /// Where links to the console page come from, once there is one.
    console: OnceLock<Arc<dyn Links>>,
    beginning: Beginning,
}

impl Front {
    /// A desk. `my_address` is what an instance sees of the learner; `stage` is the stage's name.
    pub fn new(
        simulation: Arc<Simulation>,
        coach: Arc<Coach>,
        ssh: Arc<ssh::Server>,
        my_address: IpAddr,
        stage: &'static str,
        faults: StepFaults,
        beginning: Beginning,
    ) -> Self {
        faults.follow(coach.current_step());
        Self {
            simulation,
            coach,
            ssh,
            my_address,
            stage,
            faults,
            console: OnceLock::new(),
            beginning,
        }
    }

    /// Says where `lab console` gets its links from.
    pub fn set_console(&self, links: Arc<dyn Links>) {
        // There is one page; a second one is not asked.
        let _ = self.console.set(links);
    }

    fn usage(&self) -> String {
        let exam = if self.coach.is_exam() {
            format!("\n{EXAM}")
        } else {
            String::new()
        };
        if self.stage == "netns" {
            format!(
                "{USAGE}{exam}\nThis shell reaches the lab and nothing else: use another terminal for the internet and sudo."
            )
        } else {
            format!("{USAGE}{exam}")
        }
    }

    fn about(&self) -> String {
        let account = self.simulation.account_id();
        format!(
            "You are in a lab: a simulated AWS account ({account}, region {}) on this computer. Nothing you type \
             reaches AWS or costs anything, and your own ~/.ssh and ~/.aws are not touched.\n\
             Real here: your shell, ssh, chmod, the key files and their modes. Simulated: the account and the \
             instances.\n\
             An instance sees you as {}: that is \"my IP\" in a security group.\n\
             How: {}",
            crate::lab::engine::REGION,
            self.my_address,
            how(self.stage),
        )
    }
}

/// A link that opens the console page, on a line of its own.
pub fn console(link: &str) -> String {
    format!(
        "Open this link in your browser, on this computer: it shows the lab's account as AWS's console would. It opens the page \
         once; `lab console` gives another.\n    {link}"
    )
}

/// How the stage makes the instances' addresses real, for somebody who wonders.
fn how(stage: &str) -> &'static str {
    if stage == "netns" {
        "this shell has a network of its own, with the lab and nothing else in it (stage: netns). Every tool works there \
         as it is; what needs the internet, sudo or su does not. Use another terminal for those."
    } else {
        "ssh, scp, sftp and ssh-keygen are links here that lead the real ones to the lab (stage: shim)."
    }
}

impl Front {
    /// A command of the learner's has ended: writes it down, and answers as the coach.
    fn heard(&self, line: Option<&str>, status: i32, directory: &Path) -> News {
        let typed = line.is_some_and(|line| !line.trim().is_empty());
        let is_lab = line.is_some_and(|line| line.split_whitespace().next() == Some("lab"));
        if typed {
            self.coach.heard(directory, line.unwrap_or_default());
        }
        if typed && !is_lab {
            self.simulation.journal().add(What::ShellCommand {
                line: line.map(str::to_owned),
                status,
                directory: directory.display().to_string(),
            });
        }
        if line.is_some_and(ends_with_lab) {
            // `lab` has just spoken for itself.
            return News::default();
        }
        let trouble = self.simulation.take_trouble();
        let trouble = trouble.map(|trouble| {
            self.coach
                .say(Ear::SHELL, &format!("[our trouble] {trouble}"))
        });
        let mut news = self.coach.after_command(typed);
        news.lasting.insert_str(0, &trouble.unwrap_or_default());
        self.faults.follow(self.coach.current_step());
        // The prompt does not wait for the disk.
        let coach = Arc::clone(&self.coach);
        tokio::task::spawn_blocking(move || coach.save());
        news
    }
}

impl Front {
    /// Answers one of the lab's words to whoever said it.
    pub(super) fn answer(&self, ear: Ear, words: &[&str], usage: &str) -> Answer {
        let coach = &self.coach;
        let text = match words {
            [] | ["task"] => coach.task(ear),
            ["hint"] => coach.hint(ear),
            ["check"] => coach.check(ear),
            ["why"] => coach.why(ear),
            ["skip"] => coach.skip(ear),
            ["steps"] => coach.standing(ear),
            ["about"] => coach.say(ear, &self.about()),
            ["console"] => {
                let Some(link) = self.console.get().and_then(|links| links.link()) else {
                    let text = coach.say(ear, "This lab has no console page.");
                    return Answer { status: 3, text };
                };
                coach.say(ear, &console(&link))
            }
            ["help" | "-h" | "--help"] => coach.say(ear, usage),
            ["reset"] => coach.say(
                ear,
                "This forgets this lesson's account, its instances and your progress in it. Files in your lab folder \
                 stay, but those that the lesson brings along are made anew.\nType `lab reset yes` to do it.",
            ),
            ["answer", rest @ ..] => match coach.answer(ear, rest, self.simulation.journal()) {
                Ok(text) => text,
                Err(text) => return Answer { status: 2, text },
            },
            ["reset", "yes"] => match self.beginning.make(&self.simulation) {
                Ok(begun) => coach.start_again(ear, begun),
                Err(error) => {
                    let text = format!("[our trouble] The lab could not be reset: {error}");
                    let text = coach.say(ear, &text);
                    return Answer { status: 3, text };
                }
            },
            _ => {
                let text = format!("There is no `lab {}`.\n{usage}", words.join(" "));
                let text = coach.say(ear, &text);
                return Answer { status: 2, text };
            }
        };
        self.faults.follow(coach.current_step());
        coach.save();
        Answer { status: 0, text }
    }

    /// The faults of the step that the learner is at begin, and those of the last one end.
    pub(super) fn follow(&self) {
        self.faults.follow(self.coach.current_step());
    }

    /// The coach.
    pub fn coach(&self) -> &Coach {
        &self.coach
    }

    /// The simulation.
    pub(super) fn simulation(&self) -> &Simulation {
        &self.simulation
    }
}

impl Desk for Front {
    fn prompt(&self, report: PromptReport) -> News {
        self.heard(report.command.as_deref(), report.status, &report.directory)
    }

    fn word(&self, report: WordReport) -> Answer {
        let words: Vec<&str> = report.words.iter().map(String::as_str).collect();
        // A script that is played tells of its commands so, because it can wait for the answer and a prompt cannot.
        if let ["--heard", status, line] = words[..] {
            let news = self.heard(Some(line), status.parse().unwrap_or(0), &report.directory);
            self.coach.save();
            return Answer {
                status: 0,
                text: news.text(),
            };
        }
        // Whoever skips has not heard that the step was passed: they mean that one, and not the next.
        let words = if report.has_untold && words == ["skip"] {
            vec!["task"]
        } else {
            words
        };
        self.answer(Ear::SHELL, &words, &self.usage())
    }

    fn watch(self: Arc<Self>, colour: bool, line: Line) {
        tokio::spawn(watch::attend(self, Voice::new(colour), line));
    }

    fn reach(&self, address: &str, port: u16) -> Reach {
        match self.simulation.attempt(address, port, self.my_address) {
            machines::Reach::Open(_) => Reach::Open,
            machines::Reach::Refused(_) => Reach::Refused,
            machines::Reach::Silent { .. } => Reach::Silent,
        }
    }

    fn connect(&self, address: &str, port: u16, line: Line) {
        let machines::Reach::Open(target) = self.simulation.reach(address, port, self.my_address)
        else {
            return;
        };
        let (server, from) = (Arc::clone(&self.ssh), self.my_address);
        tokio::spawn(async move {
            let _ = server.serve(line, target, from).await;
        });
    }
}

/// Whether the last command of a line is the lab's own word.
pub(super) fn ends_with_lab(line: &str) -> bool {
    let last = line
        .split([';', '&', '|', '\n'])
        .rfind(|command| !command.trim().is_empty());
    last.is_some_and(|command| command.split_whitespace().next() == Some("lab"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_ends_with_the_labs_word_has_been_answered() {
        for line in ["lab", " lab hint", "clear; lab", "cd .. && lab check\n"] {
            assert!(ends_with_lab(line), "{line}");
        }
        for line in ["", "ls", "lab; ls", "labs", "echo lab"] {
            assert!(!ends_with_lab(line), "{line}");
        }
    }
}
