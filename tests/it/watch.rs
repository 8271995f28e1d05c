//! `groundschool watch`: two terminals, one in the lab and one beside it.

use rustix::process::{Pid, Signal, kill_process};

use crate::desk::until;
use crate::learner::{Learner, code, text};
use crate::stages::on_each;

#[test]
fn a_watch_tells_the_task_then_every_verdict_as_the_prompt_does() {
    on_each(|variant| {
        let learner = Learner::on(variant);
        let mut lab = learner.open();
        let mut watch = learner.watch(&[]);
        watch.wait("Key pair & SSH connection - step 1 of 9");
        // The prompt is not silent because somebody watches.
        let said = lab.line_until("aws ec2 create-key-pair --key-name k > k.pem", "[not yet]");
        assert!(
            said.contains("[done] Key pair k") && said.contains("[not yet]"),
            "{said}"
        );
        watch.wait("[done] Key pair k");
        watch.wait("[not yet]");
        watch.wait("k.pem");
        let said = lab.line_until(
            "aws ec2 delete-key-pair --key-name k; rm k.pem; \
             aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem",
            "[done]",
        );
        assert!(said.contains("[done]"), "{said}");
        watch.wait("[done] ");
        watch.wait("Next, step 3 of 9");
        lab.press("exit\r");
        let before = watch.wait("The lab has closed.");
        assert!(!before.contains("[done]"), "said twice: {before}");
        assert_eq!(code(&mut watch), Some(0));
    });
}

#[test]
fn while_ssh_is_open_the_watch_tells_at_once_what_is_passed_and_the_prompt_tells_it_afterwards() {
    on_each(|variant| {
        let learner = Learner::on(variant);
        let mut lab = learner.open();
        let steps = [
            "create-key-pair",
            "keep-it-private",
            "launch",
            "meet-the-error",
            "chmod-400",
        ];
        learner.solve(&mut lab, &steps);
        let mut watch = learner.watch(&[]);
        watch.wait("step 7 of 9");
        lab.press("ssh -i testkeypair.pem ec2-user@$address\r");
        lab.wait("ec2-user@ip-");
        watch.wait("[done]");
        watch.wait("Next, step 8 of 9");
        lab.press("whoami\r");
        watch.wait("[done]");
        watch.wait("Next, step 9 of 9");
        lab.press("exit\r");
        lab.wait("closed.");
        lab.wait("READY> ");
        let said = lab.line_until("", "Next, step 9 of 9");
        assert!(!said.contains("step 8"), "{said}");
        assert_eq!(learner.grade().0, Some(1));
    });
}

#[test]
fn in_a_shell_without_a_hook_the_watch_alone_tells_progress_and_mistakes() {
    let learner = Learner::new();
    let mut lab = learner.open();
    let mut watch = learner.watch(&[]);
    watch.wait("step 1 of 9");
    // A shell that tells nothing; it stands for tcsh, nushell and the like.
    lab.press("exec env PS1='BA''RE> ' ENV= /bin/dash\r");
    lab.wait("BARE> ");
    let mut line = |line: &str| {
        lab.press(line);
        lab.press("\r");
        let said = lab.wait("BARE> ");
        assert!(
            !said.contains("[done]") && !said.contains("[not yet]"),
            "{said}"
        );
    };
    line("aws ec2 create-key-pair --key-name k > k.pem");
    watch.wait("[done] Key pair k");
    watch.wait("Next, step 2 of 9");
    watch.wait("[not yet]");
    line("aws ec2 delete-key-pair --key-name k");
    line("aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem");
    watch.wait("[done]");
    watch.wait("Next, step 3 of 9");
    for _ in 0..2 {
        line("aws ec2 create-key-pair --key-name k");
        watch.wait("[not yet]");
    }
}

#[test]
fn the_lab_words_are_answered_in_the_watch_and_the_shell_hears_of_a_skip() {
    let learner = Learner::new();
    let mut lab = learner.open();
    let mut watch = learner.watch(&["--plain"]);
    watch.wait("step 1 of 9");
    for (typed, answer) in [
        ("hint", "hint 1 of 3"),
        ("lab hint", "hint 2 of 3"),
        ("steps", "[to do] Create a key pair."),
        ("check", "[not yet]"),
        ("help", "`quit`"),
        ("sing", "There is no `lab sing`"),
        ("skip", "[skipped]"),
    ] {
        watch.press(typed);
        watch.press("\r");
        watch.wait(answer);
    }
    let said = lab.line_until("true", "[skipped]");
    assert!(
        said.contains("[skipped]") && said.contains("step 2 of 9"),
        "{said}"
    );
    let said = lab.line("lab skip");
    assert!(said.contains("[skipped]"), "{said}");
    watch.wait("[skipped]");
    watch.wait("Next, step 3 of 9");
    watch.press("quit\r");
    watch.wait("You left the coach.");
    assert_eq!(code(&mut watch), Some(0));
    assert!(lab.line("lab steps").contains("[to do]"), "the lab goes on");
}

#[test]
fn a_watch_ends_with_the_lab_however_that_ends_and_with_ctrl_c() {
    let learner = Learner::new();
    let mut lab = learner.open();
    let mut watch = learner.watch(&[]);
    let mut other = learner.watch(&[]);
    watch.wait("step 1 of 9");
    other.wait("step 1 of 9");
    other.press("\x03");
    until("the watch to end", || other.child.try_wait().unwrap());
    kill_process(Pid::from_child(&lab.child), Signal::KILL).unwrap();
    watch.wait("The lab has closed.");
    assert_eq!(code(&mut watch), Some(0));
    lab.child.wait().unwrap();
}

#[test]
fn without_a_lab_the_watch_says_what_to_type_or_waits() {
    let learner = Learner::new();
    let root = learner.root();
    let root = root.to_str().unwrap();
    let output = learner.run(&["watch", "--lab", root]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(
        said.contains(&format!("no lab is open in {root}")),
        "{said}"
    );
    assert!(
        said.contains(&format!("`groundschool --lab {root}`")),
        "{said}"
    );
    assert!(!learner.root().exists(), "nothing was made");

    let mut watch = learner.watch(&["--wait"]);
    watch.wait("waiting");
    let mut lab = learner.open();
    watch.wait("step 1 of 9");
    lab.press("exit\r");
    watch.wait("The lab has closed.");
    // What a lab that was killed leaves behind is no lab.
    std::fs::write(learner.private("run/control.sock"), "").unwrap();
    assert_eq!(
        learner.run(&["watch", "--lab", root]).status.code(),
        Some(3)
    );
}

#[test]
fn a_watch_whose_output_goes_elsewhere_has_no_colour_and_fits_the_screen() {
    let learner = Learner::new();
    let mut lab = learner.open();
    let root = learner.root();
    let log = learner.dir.path().join("log");
    let mut command = std::process::Command::new(crate::desk::program());
    let mut child = command
        .args(["watch", "--lab", root.to_str().unwrap()])
        .env_clear()
        .envs(learner.variables())
        .stdin(std::process::Stdio::null())
        .stdout(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let read = || std::fs::read_to_string(&log).unwrap();
    until("the task", || read().contains("step 1 of 9").then_some(()));
    lab.line("aws ec2 create-key-pair --key-name k > k.pem");
    until("the verdict", || read().contains("[not yet]").then_some(()));
    lab.press("exit\r");
    let status = until("the watch's end", || child.try_wait().unwrap());
    assert!(status.success());
    let said = read();
    assert!(said.ends_with('\n') && !said.contains('\u{1b}'), "{said}");
    for line in said.lines() {
        assert!(line.starts_with('|') && line.len() <= 78, "{line}");
    }
}

#[test]
fn who_has_a_shell_without_a_hook_reads_how_to_use_it() {
    let mut learner = Learner::new();
    let odd = learner.dir.path().join("oddsh");
    std::fs::copy("/bin/dash", &odd).unwrap();
    learner.shell = odd.to_str().unwrap().to_owned().leak();
    let mut lab = learner.start_in(&learner.root(), &["learn"]);
    let said = lab.wait("in a second terminal.");
    let watch = format!("groundschool watch --lab {}", learner.root().display());
    assert!(
        said.contains("type `oddsh` here") && said.contains(&watch),
        "{said}"
    );
    assert!(!said.contains("your own"), "{said}");
}
