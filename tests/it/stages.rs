//! One harness for all stages: a test's body runs on each, as each kind of user that can be had, and every one is reported.
//!
//! Nothing is left out silently: where the kernel refuses what a stage needs, its variant fails and says so.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

/// A stage, and who the learner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    stage: &'static str,
    who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Whoever runs the tests.
    Me,
    /// Somebody without any privilege, whom only root can become.
    Nobody,
}

/// The stage that works everywhere, as whoever runs the tests.
pub(crate) const SHIM: Variant = Variant {
    stage: "shim",
    who: Who::Me,
};

/// A user and group number that this computer has given to nobody.
const NOBODY: u32 = 23_571;

impl Variant {
    /// As `--stage` wants it.
    pub(crate) fn stage(self) -> &'static str {
        self.stage
    }

    /// As the report says it.
    pub(crate) fn name(self) -> String {
        let who = match self.who {
            Who::Me if is_root() => "root",
            Who::Me | Who::Nobody => "a user without privileges",
        };
        format!("{} as {who}", self.stage)
    }

    /// All that can be had here. Only root can become somebody else.
    pub(crate) fn all() -> Vec<Self> {
        let whos: &[Who] = if is_root() {
            &[Who::Me, Who::Nobody]
        } else {
            println!("as root: not run, since whoever runs these tests is not root");
            &[Who::Me]
        };
        let both = ["shim"];
        both.iter()
            .flat_map(|stage| whos.iter().map(move |who| Self { stage, who: *who }))
            .collect()
    }

    /// Gives the learner's folders to the learner, and the learner a line in a list of users, since ssh takes the home
    /// folder from there.
    pub(crate) fn settle(self, folder: &Path, home: &Path) {
        if self.who == Who::Me {
            return;
        }
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = format!(
            "learner:x:{NOBODY}:{NOBODY}::{}:/bin/bash\n",
            home.display()
        );
        std::fs::write(folder.join("passwd"), users + &line).unwrap();
        chown(folder);
    }

    /// The words before a command that make this learner run it, in one process with it.
    pub(crate) fn words(self, folder: &Path) -> Vec<OsString> {
        if self.who == Who::Me {
            return Vec::new();
        }
        let become_learner = format!(
            "mount --bind \"$0\" /etc/passwd && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \
             --inh-caps=-all -- \"$@\""
        );
        // A mount namespace of its own: the computer's list of users stays as it is.
        ["unshare", "--mount", "--", "/bin/sh", "-c", &become_learner]
            .iter()
            .map(OsString::from)
            .chain([folder.join("passwd").into()])
            .collect()
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn chown(path: &Path) {
    std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
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
