//! The whole program in a terminal: a lesson taken, a lab killed and opened again, and everything that can be in the way.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use crate::desk::until;
use crate::learner::{Learner, code, everything_in, steps, text, without_the_coach};
use crate::stages::{Variant, on_each};

#[test]
fn a_lesson_goes_on_after_kill_9_and_the_learners_own_files_stay_as_they_were() {
    on_each(take_a_lesson);
}

fn take_a_lesson(variant: Variant) {
    let learner = Learner::on(variant);
    // ssh takes the home folder from the system's list of users, not from HOME.
    let theirs = || {
        let mut all = everything_in(&learner.home());
        let real = std::env::var_os("HOME").map(PathBuf::from).unwrap();
        all.extend(everything_in(&real.join(".ssh")));
        all.extend(everything_in(&real.join(".aws")));
        all
    };
    let before = theirs();
    let mut terminal = learner.open();
    let work = learner.root().join("work");
    let mut shown = Vec::new();
    for (number, (step, script)) in steps().into_iter().enumerate() {
        std::fs::write(work.join(format!("{number}.sh")), script).unwrap();
        shown.push((step, terminal.line(&format!(". ./{number}.sh"))));
        if step != "sign-in" {
            continue;
        }
        // Something of one's own on the machine, then the end of the engine with no warning.
        let ssh = "ssh -i testkeypair.pem ec2-user@$address";
        let wrote = terminal.line(&format!("{ssh} 'echo kept > note'; echo =$?="));
        assert!(wrote.contains("=0="), "{wrote}");
        let variables = terminal.line("echo \"address=$address instance=$instance\"");
        let variables = variables
            .lines()
            .find(|line| line.starts_with("address="))
            .unwrap()
            .to_owned();
        let keys = without_the_coach(&terminal.line("aws ec2 describe-key-pairs"));
        let (exit, report) = learner.grade();
        assert_eq!(exit, Some(1), "{report}");
        terminal.child.kill().unwrap();
        terminal.child.wait().unwrap();

        terminal = learner.open();
        terminal.line(&variables);
        let same = without_the_coach(&terminal.line("aws ec2 describe-key-pairs"));
        assert_eq!(same, keys, "the same key pair, id and date");
        let (exit, again) = learner.grade();
        assert_eq!((exit, again), (Some(1), report), "progress");
        let read = terminal.line(&format!("{ssh} -o StrictHostKeyChecking=yes cat note"));
        assert!(read.contains("\nkept\r\n"), "{read}");
        assert!(
            !read.contains("Warning") && !read.contains("known hosts"),
            "{read}"
        );
        let machines = std::fs::read_dir(learner.private("machines")).unwrap();
        assert_eq!(machines.count(), 1);
        // What ssh itself says it looks at; with a network of its own, the lab's files have the usual names.
        if variant.stage == "netns" {
            continue;
        }
        let said = terminal.line(&format!("{ssh} -v true 2>&1 | grep -v ' Next auth'"));
        let root = learner.root().display().to_string();
        for line in said
            .lines()
            .filter(|line| line.contains("/.ssh/") || line.contains("Reading conf"))
        {
            assert!(
                line.contains(&root) || line.contains(" /etc/ssh/"),
                "{line}"
            );
        }
        assert!(said.contains(&root), "{said}");
    }
    let last = terminal.line("lab check");
    let (exit, report) = learner.grade();
    assert_eq!(exit, Some(0), "{report:#}\n{last}\n{shown:#?}");
    // The instance is terminated: what was on its disk is forgotten.
    until("the machine's file to go", || {
        let mut machines = std::fs::read_dir(learner.private("machines")).unwrap();
        machines.next().is_none().then_some(())
    });
    terminal.press("exit\r");
    terminal.wait("You have passed");
    assert_eq!(code(&mut terminal), Some(0));
    assert!(!learner.private("panics.log").exists());
    assert_eq!(theirs(), before);
}

#[test]
fn a_machine_that_did_not_change_is_not_written_again() {
    let learner = Learner::new();
    let mut terminal = learner.open();
    for (number, (_, script)) in steps().into_iter().take(5).enumerate() {
        let script = script.replace("|| true", "");
        std::fs::write(learner.root().join(format!("work/{number}.sh")), script).unwrap();
        terminal.line(&format!(". ./{number}.sh"));
    }
    let ssh = "ssh -o StrictHostKeyChecking=accept-new -i testkeypair.pem ec2-user@$address";
    terminal.line(&format!("{ssh} 'echo 1 > note'"));
    let written = || {
        let mut files = std::fs::read_dir(learner.private("machines")).unwrap();
        let path = files.next().unwrap().unwrap().path();
        assert!(files.next().is_none());
        // Each time it is written the file is another one.
        (
            std::fs::metadata(&path).unwrap().ino(),
            text(&std::fs::read(&path).unwrap()),
        )
    };
    let before = written();
    let said = terminal.line(&format!("{ssh} 'cat note; ls / | head -3; whoami'"));
    assert!(said.contains("ec2-user"), "{said}");
    assert_eq!(written(), before);
    terminal.line(&format!("{ssh} 'echo 22 > note'"));
    assert_ne!(written().1, before.1);
}

/// Opens, and expects an exit with code 3 and these words.
#[track_caller]
fn refused(learner: &Learner, root: &Path, words: &[&str]) {
    let mut terminal = learner.start_in(root, &["learn"]);
    terminal.wait("groundschool: ");
    let said = terminal.wait("hint: ") + &terminal.wait("\n");
    let status = code(&mut terminal);
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
    assert_eq!(status, Some(3), "{said}");
}

#[test]
fn what_is_damaged_or_newer_is_named_with_exit_code_3_and_left_as_it_is() {
    let learner = Learner::new();
    let mut terminal = learner.open();
    terminal.line("aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem");
    terminal.press("exit\r");
    terminal.wait("You left the lab");
    assert_eq!(code(&mut terminal), Some(1));
    std::fs::create_dir_all(learner.private("machines")).unwrap();
    for (file, spoiled, words) in [
        (
            "accounts.json",
            "{\"format\": 1,",
            "accounts.json is damaged",
        ),
        ("accounts.json", "", "accounts.json is damaged"),
        (
            "accounts.json",
            "{\"format\": 9}",
            "accounts.json has format 9",
        ),
        (
            "progress-01-key-pair-and-ssh.json",
            "{",
            "progress-01-key-pair-and-ssh.json",
        ),
        (
            "progress-01-key-pair-and-ssh.json",
            "{\"format\": 2, \"stars\": 1}",
            "format 2",
        ),
        (
            "journal.jsonl",
            "{\"number\": 1}\n{}\n",
            "line 1 is damaged",
        ),
        ("machines/i-0.json", "{}", "i-0.json is damaged"),
    ] {
        let path = learner.private(file);
        let good = std::fs::read(&path).ok();
        std::fs::write(&path, spoiled).unwrap();
        refused(&learner, &learner.root(), &[words]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), spoiled, "{file}");
        match good {
            Some(good) => std::fs::write(&path, good).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
    }
    let mut terminal = learner.open();
    assert!(
        terminal
            .line("aws ec2 describe-key-pairs")
            .contains("\"k\"")
    );
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_exit_code_3() {
    let learner = Learner::new();
    let file = learner.dir.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    refused(&learner, &file, &[file.to_str().unwrap(), "--lab DIR"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    // Nobody can make a folder there, not even root.
    refused(
        &learner,
        Path::new("/proc/lab"),
        &["/proc/lab", "--lab DIR"],
    );

    let mut first = learner.open();
    let pid = first.child.id().to_string();
    refused(&learner, &learner.root(), &[&pid, "exit"]);
    assert!(first.line("lab steps").contains("[to do]"));
}

#[test]
fn a_full_disk_is_told_and_nothing_is_half_done() {
    let learner = Learner::new();
    let mut terminal = learner.open();
    let engine = Pid::from_child(&terminal.child);
    terminal
        .line("aws ec2 create-key-pair --key-name one --query KeyMaterial --output text > one.pem");
    // The verdict of a command may still be on its way; this one is waited for.
    terminal.line("lab check");
    let full = |full: bool| {
        let current = full.then_some(0);
        prlimit(
            Some(engine),
            Resource::Fsize,
            Rlimit {
                current,
                maximum: None,
            },
        )
        .unwrap();
    };
    let kept = || {
        ["accounts.json", "progress-01-key-pair-and-ssh.json"]
            .map(|name| std::fs::read(learner.private(name)).unwrap())
    };
    let before = kept();
    full(true);
    let said = terminal.line("aws ec2 create-key-pair --key-name two; echo =$?=");
    assert!(
        !said.contains("=0=") && said.contains("File too large"),
        "{said}"
    );
    terminal.line("lab skip");
    let said = terminal.line_until("true", "could not be saved");
    assert!(said.contains("could not be saved"), "{said}");
    assert_eq!(kept(), before);
    assert!(
        !terminal
            .line("aws ec2 describe-key-pairs")
            .contains("\"two\"")
    );
    full(false);
    let said = terminal.line("aws ec2 create-key-pair --key-name two; echo =$?=");
    assert!(said.contains("=0="), "{said}");
    terminal.child.kill().unwrap();
    terminal.child.wait().unwrap();
    let mut terminal = learner.open();
    let pairs = terminal.line("aws ec2 describe-key-pairs");
    assert!(
        pairs.contains("\"one\"") && pairs.contains("\"two\""),
        "{pairs}"
    );
}

#[test]
fn a_panic_of_a_connection_is_written_down_and_not_shown() {
    let learner = Learner::new();
    let mut terminal = learner.open();
    let port = terminal.line("echo =${AWS_ENDPOINT_URL##*:}=");
    let port = port.rsplit('=').nth(1).unwrap().to_owned();
    terminal.line(&format!("printf 'POST / HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10\\r\\n\\r\\nhalf' > /dev/tcp/127.0.0.1/{port}"));
    until("the panic to be written down", || {
        let log = std::fs::read(learner.private("panics.log")).ok()?;
        text(&log).contains("panicked at").then_some(())
    });
    let said = terminal.line("aws ec2 describe-key-pairs");
    assert!(
        said.contains("KeyPairs") && !said.contains("panicked"),
        "{said}"
    );
}

#[test]
fn wrong_usage_is_exit_code_2_with_the_way_out() {
    let learner = Learner::new();
    let root = learner.root();
    let output = learner.run(&["--lab", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("groundschool demo") && said.contains("01-key-pair-and-ssh"),
        "{said}"
    );
    let output = learner.run(&["demo", "juggling"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("there is no lesson juggling") && said.contains("01-key-pair-and-ssh"),
        "{said}"
    );
    let mut terminal = learner.start_in(&root, &["learn", "juggling"]);
    terminal.wait("there is no lesson juggling");
    assert_eq!(code(&mut terminal), Some(2));
    let output = learner.run(&["grade", "--lab", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("there is no lab in"));
    assert!(!root.exists(), "nothing was made");
}

/// Prints the figures; asserts only what no machine should miss.
#[test]
fn a_stopped_engine_holds_no_prompt_up_and_goes_on_when_it_is_woken() {
    for shell in ["/bin/bash", "/usr/bin/zsh", "/usr/bin/fish", "/bin/dash"] {
        let mut learner = Learner::new();
        learner.shell = shell;
        let mut terminal = learner.open();
        terminal.line("true");
        let engine = Pid::from_child(&terminal.child);
        kill_process(engine, Signal::STOP).unwrap();
        let mut held: Vec<Duration> = (0..25)
            .map(|_| {
                let began = Instant::now();
                terminal.line("");
                began.elapsed()
            })
            .collect();
        kill_process(engine, Signal::CONT).unwrap();
        held.sort();
        println!("{shell}: a stopped engine holds a prompt {:?}", held[12]);
        assert!(held[12] < Duration::from_millis(250), "{shell}: {held:?}");
        let said = terminal.line("lab steps");
        assert!(said.contains("[to do]"), "{shell}: {said}");
    }
}
