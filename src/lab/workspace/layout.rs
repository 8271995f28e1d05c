//! Where everything of a lab lies. Names only: nothing is touched.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use super::WorkspaceError;

/// The places in a lab's folder.
///
/// ```text
/// LAB/work/                  what the learner sees; the shell starts here
/// LAB/.groundschool/         ours, mode 0700
///     run/                   control socket and port, `open.json` for a second shell; also TMUX_TMPDIR
///     bin/                   shims and the `lab` word, first on PATH
///     shell/                 hook files and the lab's own shell histories
///     aws/ ssh/ putty/ ansible/   the first three are `~/.aws`, `~/.ssh` and `~/.putty` in the netns stage
///     netns/                 what lies over `/etc/hosts` and so on there
///     kept/<lesson>/         accounts of lessons that are not open: what is in the first five of these
///     accounts.json accounts.log machines/ journal.jsonl begun.json access-key.json places.json account-of lesson
///     progress-<lesson>.json
///     access-key.json accounts.json accounts.log machines/ journal.jsonl lesson progress-<lesson>.json
///     ledger-<lesson>.json lab-id class.json      what a hand-in is made of
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The places of the lab in `root`, which should be absolute.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The usual lab: `$XDG_DATA_HOME/groundschool/lab`.
    pub fn usual() -> Result<Self, WorkspaceError> {
        let strategy =
            etcetera::choose_base_strategy().map_err(|_no_home| WorkspaceError::NoHome)?;
        Ok(Self::new(
            strategy.data_dir().join("groundschool").join("lab"),
        ))
    }

    /// The lab's folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The learner's working folder.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Our own part.
    pub fn private(&self) -> PathBuf {
        self.root.join(".groundschool")
    }

    /// Control socket and port file.
    pub fn run(&self) -> PathBuf {
        self.private().join("run")
    }

    /// Shims, and the `lab` word.
    pub fn bin(&self) -> PathBuf {
        self.private().join("bin")
    }

    /// Hook files of the shells.
    pub fn shell(&self) -> PathBuf {
        self.private().join("shell")
    }

    /// `AWS_CONFIG_FILE`.
    pub fn aws_config(&self) -> PathBuf {
        self.private().join("aws/config")
    }

    /// `AWS_SHARED_CREDENTIALS_FILE`.
    pub fn aws_credentials(&self) -> PathBuf {
        self.private().join("aws/credentials")
    }

    /// The key that signs in this lab, whatever the learner has done to `aws_credentials`.
    pub fn access_key(&self) -> PathBuf {
        self.private().join("access-key.json")
    }

    /// What is `~/.ssh` in the netns stage.
    pub(super) fn ssh(&self) -> PathBuf {
        self.private().join("ssh")
    }

    /// What a lab's learner may use as their `~/.ssh/config`; theirs to edit.
    pub fn ssh_config(&self) -> PathBuf {
        self.private().join("ssh/config")
    }

    /// The lab's known hosts.
    pub fn known_hosts(&self) -> PathBuf {
        self.private().join("ssh/known_hosts")
    }

    /// What lies over `/etc/hosts` and its like in the netns stage.
    pub fn netns(&self) -> PathBuf {
        self.private().join("netns")
    }

    /// The folders beside the lab's that the learner's commands have led to.
    pub(super) fn places(&self) -> PathBuf {
        self.private().join("places.json")
    }

    /// What a second shell in the open lab must know.
    pub fn open_file(&self) -> PathBuf {
        self.run().join("open.json")
    }

    /// `PUTTYDIR`.
    pub fn putty(&self) -> PathBuf {
        self.private().join("putty")
    }

    /// `ANSIBLE_HOME`.
    pub fn ansible(&self) -> PathBuf {
        self.private().join("ansible")
    }

    /// The journal of events, saved.
    pub fn journal(&self) -> PathBuf {
        self.private().join("journal.jsonl")
    }

    /// What was made when the lesson that is open began.
    pub fn begun(&self) -> PathBuf {
        self.private().join("begun.json")
    }

    /// Says whose account lies here.
    pub fn account_of(&self) -> PathBuf {
        self.private().join("account-of")
    }

    /// The account of a lesson that is not open.
    pub fn kept(&self, lesson: &str) -> PathBuf {
        self.private().join("kept").join(lesson)
    }

    /// The learner's progress in one lesson, named by its folder.
    pub fn progress(&self, lesson: &str) -> PathBuf {
        self.private().join(format!("progress-{lesson}.json"))
    }

    /// What a hand-in needs of one lesson, named by its folder.
    pub fn ledger(&self, lesson: &str) -> PathBuf {
        self.private().join(format!("ledger-{lesson}.json"))
    }

    /// The lab's own id.
    pub fn id(&self) -> PathBuf {
        self.private().join("lab-id")
    }

    /// The class that the lab has joined.
    pub fn class(&self) -> PathBuf {
        self.private().join("class.json")
    }

    /// The usual lab of a class, named by its id: beside the usual lab.
    pub fn of_class(id: &str) -> Result<Self, WorkspaceError> {
        let usual = Self::usual()?;
        Ok(Self::new(usual.root.with_file_name(format!("class-{id}"))))
    }

    /// Holds the name of the lesson that was open last.
    pub fn lesson(&self) -> PathBuf {
        self.private().join("lesson")
    }

    /// What went wrong in this program, for a report.
    pub fn panics(&self) -> PathBuf {
        self.private().join("panics.log")
    }

    /// Says that this lab is one on the learner's own AWS account.
    pub fn on_aws(&self) -> PathBuf {
        self.private().join("on-aws.json")
    }

    /// Whether it is.
    pub fn is_on_aws(&self) -> bool {
        self.on_aws().exists()
    }

    /// The lab on AWS that belongs to this one.
    #[must_use]
    pub fn aws_lab(&self) -> Self {
        Self::new(self.root.join("aws"))
    }

    /// Every call that this program made to AWS.
    pub fn aws_calls(&self) -> PathBuf {
        self.private().join("aws-calls.jsonl")
    }

    /// What was in the account and region before the lesson.
    pub fn aws_before(&self, account: &str, region: &str) -> PathBuf {
        self.private()
            .join(format!("before-{account}-{region}.json"))
    }

    /// Addresses and host keys that instances were seen with.
    pub fn aws_memory(&self) -> PathBuf {
        self.private().join("aws-memory.json")
    }

    /// Who opened which lesson on AWS, and by which right.
    pub fn aws_readiness(&self) -> PathBuf {
        self.private().join("aws-readiness.jsonl")
    }

    /// Held locked while the lab is open; holds the number of the process that has it.
    pub fn lock(&self) -> PathBuf {
        self.private().join("lock")
    }

    pub(super) fn began(&self) -> PathBuf {
        self.private().join("began")
    }

    pub(super) fn private_folders(&self) -> [PathBuf; 7] {
        let in_private = |name: &str| self.private().join(name);
        [
            self.run(),
            self.bin(),
            self.shell(),
            in_private("aws"),
            in_private("ssh"),
            self.putty(),
            self.ansible(),
        ]
    }
}
