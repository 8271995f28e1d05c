//! One harness for all stages: a test's body runs on each, as each kind of user that can be had, and every one is reported.
//!
//! Nothing is left out silently: where the kernel refuses what a stage needs, its variant fails and says so.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

/// A stage, and who the learner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    /// As `--stage` wants it.
    pub(crate) stage: &'static str,
    pub(crate) who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// Whoever runs the tests, with their own line in the computer's list of users.
    Tester,
    /// Whoever runs the tests; root has a home folder of the test's.
    TesterAtHome,
    /// Somebody without any privilege, whom only root can become.
    Plain,
}

/// A user and group number that this computer has given to nobody.
const PLAIN: u32 = 23_571;

/// What makes a process that has every right over its own mounts the learner, in one process with it: `$0` lies over the
/// list of users, `$1` is their number.
const BECOME: &str = r#"mount --bind "$0" /etc/passwd || exit 99
if [ "$1" = 0 ]; then shift; exec "$@"; fi
number=$1; shift
exec setpriv --reuid "$number" --regid "$number" --clear-groups --inh-caps=-all -- "$@""#;

impl Variant {
    /// As the report says it.
    pub(crate) fn name(self) -> String {
        let who = match self.who {
            Who::Tester | Who::TesterAtHome if is_root() => "root",
            Who::Tester | Who::TesterAtHome | Who::Plain => "a plain user",
        };
        format!("{} as {who}", self.stage)
    }

    /// All that can be had here. Only root can become somebody else; where root may not even mount, no user can have the
    /// netns stage either.
    pub(crate) fn all() -> Vec<Self> {
        let of = |stage, who| Self { stage, who };
        if is_root() {
            vec![
                of("netns", Who::TesterAtHome),
                of("netns", Who::Plain),
                of("shim", Who::Tester),
                of("shim", Who::Plain),
            ]
        } else {
            println!("as root: not run, since whoever runs these tests is not root");
            vec![of("netns", Who::Tester), of("shim", Who::Tester)]
        }
    }
}

impl Who {
    /// The number of a learner who gets a line of their own in a list of users, with this learner's home folder: ssh looks
    /// there, not at `HOME`.
    fn listed(self) -> Option<u32> {
        match self {
            Self::Tester => None,
            Self::TesterAtHome => is_root().then_some(0),
            Self::Plain => Some(PLAIN),
        }
    }

    /// Writes the list of users, and gives the learner's folders to the learner.
    pub(crate) fn settle(self, folder: &Path, home: &Path) {
        let Some(number) = self.listed() else { return };
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let others = users
            .lines()
            .filter(|line| line.split(':').nth(2) != Some(&number.to_string()));
        let mut list: String = others.flat_map(|line| [line, "\n"]).collect();
        let home = home.display();
        let _ = writeln!(list, "learner:x:{number}:{number}::{home}:/bin/bash");
        std::fs::write(folder.join("passwd"), list).unwrap();
        if self == Self::Plain {
            chown(folder);
        }
    }

    /// The words before a command that make this learner run it, in one process with it.
    pub(crate) fn words(self, folder: &Path) -> Vec<OsString> {
        let Some(number) = self.listed() else {
            return Vec::new();
        };
        // A mount namespace of its own: the computer's list of users stays as it is.
        let mut words: Vec<OsString> = ["unshare", "--mount", "--", "/bin/sh", "-c", BECOME]
            .map(Into::into)
            .into();
        words.push(folder.join("passwd").into());
        words.push(number.to_string().into());
        words
    }
}

/// What is said where the netns stage cannot be tested.
const HOW_TO_ALLOW: &str = "this system refuses user namespaces, and the netns stage must be tested: run the tests where \
    they are allowed (Docker: --privileged; Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0)";

/// Why this system refuses a namespace of each kind that the netns stage needs, if it does. Asked once.
fn refusal() -> Option<&'static str> {
    static REFUSAL: OnceLock<Option<String>> = OnceLock::new();
    let asked = REFUSAL.get_or_init(|| {
        let mut try_one = Command::new("unshare");
        try_one.args([
            "--user",
            "--map-root-user",
            "--net",
            "--mount",
            "--",
            "true",
        ]);
        let output = try_one.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        (!output.status.success()).then_some(said)
    });
    asked.as_deref()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn chown(path: &Path) {
    std::os::unix::fs::lchown(path, Some(PLAIN), Some(PLAIN)).unwrap();
    if path.is_dir() && !path.is_symlink() {
        for entry in std::fs::read_dir(path).unwrap() {
            chown(&entry.unwrap().path());
        }
    }
}

/// Runs the body on every stage as every user, side by side, and fails with the list of those that failed.
#[track_caller]
pub(crate) fn on_each(body: fn(Variant)) {
    let test = std::thread::current().name().unwrap_or("?").to_owned();
    let running: Vec<_> = Variant::all()
        .into_iter()
        .map(|variant| {
            let builder = std::thread::Builder::new().name(format!("{test} ({})", variant.name()));
            let began = Instant::now();
            let work = move || {
                let refusal = refusal().filter(|_| variant.stage == "netns");
                assert!(
                    refusal.is_none(),
                    "{HOW_TO_ALLOW} ({})",
                    refusal.unwrap_or("")
                );
                body(variant);
                began.elapsed()
            };
            (variant, builder.spawn(work).unwrap())
        })
        .collect();
    assert!(!running.is_empty());
    let mut report = String::new();
    let mut failed = false;
    for (variant, thread) in running {
        let name = variant.name();
        let took = thread.join().map_err(drop);
        failed |= took.is_err();
        let word = took.map_or("failed, see above".to_owned(), |took| {
            format!("passed in {took:.1?}")
        });
        let _ = writeln!(report, "{name}: {word}");
    }
    println!("{report}");
    assert!(!failed, "{report}");
}
