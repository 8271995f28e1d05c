//! What a learner meets on every stage alike: the client's exact words, and nothing that leaves the lab or stays behind.

use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::desk::until;
use crate::learner::{Learner, everything_in};
use crate::open_lab::OpenLab;
use crate::recorder::Recorder;
use crate::stages::on_each;

/// What ssh says of a connection that came to nothing, and its exit status.
fn no_way(lab: &mut OpenLab, options: &str, address: &str, port: u16, why: &str) {
    let line = format!("key {options} ec2-user@{address} whoami");
    let wanted = format!("ssh: connect to host {address} port {port}: {why}");
    assert_eq!(lab.runs(&line), (wanted, 255), "{line}");
}

const SILENCE: &str = "Connection timed out";

#[test]
fn a_group_opens_and_closes_while_the_lab_runs() {
    on_each(|variant| {
        let mut lab = OpenLab::on(variant);
        lab.launch("198.51.100.7/32");
        let address = lab.says("echo $address");
        let me = ("ec2-user".to_owned(), 0);
        let first = format!(
            "Warning: Permanently added '{address}' (ED25519) to the list of known hosts.\nec2-user"
        );
        assert_eq!(lab.runs("key ec2-user@$address whoami"), (first, 0));
        lab.says("rule revoke 198.51.100.7/32");
        no_way(&mut lab, "", &address, 22, SILENCE);
        // A rule for somebody else is none for the learner.
        lab.says("rule authorize 192.0.2.0/24");
        no_way(&mut lab, "", &address, 22, SILENCE);
        lab.says("rule authorize 198.51.100.0/24");
        assert_eq!(lab.runs("key ec2-user@$address whoami"), me);
        // Another port: silent until a rule admits it, then nobody listens there.
        no_way(&mut lab, "-p 2222", &address, 2222, SILENCE);
        lab.says("rule authorize 0.0.0.0/0 2222");
        no_way(&mut lab, "-p 2222", &address, 2222, "Connection refused");
    });
}

#[test]
fn stopped_old_private_and_unknown_addresses_are_silent() {
    on_each(|variant| {
        let mut lab = OpenLab::on(variant);
        lab.launch("0.0.0.0/0");
        let old = lab.says("echo $address");
        let private = lab.says("ask PrivateIpAddress");
        assert!(private.starts_with("172.31."), "{private}");
        no_way(&mut lab, "", &private, 22, SILENCE);
        let nobody = if old == "203.0.113.99" {
            "203.0.113.98"
        } else {
            "203.0.113.99"
        };
        no_way(&mut lab, "", nobody, 22, SILENCE);
        lab.says("aws ec2 stop-instances --instance-ids $instance");
        no_way(&mut lab, "", &old, 22, SILENCE);
        lab.says(
            "aws ec2 start-instances --instance-ids $instance; address=$(ask PublicIpAddress)",
        );
        let new = lab.says("echo $address");
        assert_ne!(new, old);
        no_way(&mut lab, "", &old, 22, SILENCE);
        let (said, status) = lab.runs("key ec2-user@$address whoami");
        assert!(said.ends_with("ec2-user"), "{said}");
        assert_eq!(status, 0);
        lab.says("aws ec2 terminate-instances --instance-ids $instance");
        no_way(&mut lab, "", &new, 22, SILENCE);
    });
}

#[test]
fn a_key_that_others_can_read_is_opensshs_own_warning_and_a_wrong_user_is_denied() {
    on_each(|variant| {
        let mut lab = OpenLab::on(variant);
        lab.launch("0.0.0.0/0");
        let address = lab.says("echo $address");
        lab.says("key ec2-user@$address true; chmod 644 k.pem");
        let (said, status) = lab.runs("key ec2-user@$address whoami");
        let wanted = format!(
            "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
             @         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n\
             @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
             Permissions 0644 for 'k.pem' are too open.\n\
             It is required that your private key files are NOT accessible by others.\n\
             This private key will be ignored.\n\
             Load key \"k.pem\": bad permissions\n\
             ec2-user@{address}: Permission denied (publickey,gssapi-with-mic)."
        );
        assert_eq!((said, status), (wanted, 255));
        lab.says("chmod 400 k.pem");
        let denied = format!("ubuntu@{address}: Permission denied (publickey,gssapi-with-mic).");
        assert_eq!(lab.runs("key ubuntu@$address whoami"), (denied, 255));
    });
}

#[test]
fn host_keys_that_were_accepted_are_the_labs_and_the_learners_own_files_stay() {
    on_each(|variant| {
        let learner = Learner::on(variant);
        let before = everything_in(&learner.home());
        let mut lab = OpenLab::of(learner);
        lab.launch("0.0.0.0/0");
        let address = lab.says("echo $address");
        lab.says("key ec2-user@$address true");
        // Some systems' own settings hash the names.
        let file = lab.learner.private("ssh/known_hosts");
        let known = || std::fs::read_to_string(&file).unwrap();
        assert_eq!(known().lines().count(), 1, "{}", known());
        let (said, status) = lab.runs(&format!("ssh-keygen -F {address} -l"));
        assert!(
            said.contains("found: line 1") && said.contains("ED25519"),
            "{said}"
        );
        assert_eq!(status, 0);
        lab.runs(&format!("ssh-keygen -R {address}"));
        assert_eq!(known(), "");
        lab.says("aws configure set default.region eu-north-1");
        lab.terminal.press("exit\r");
        lab.terminal.wait("You left the lab");
        lab.terminal.child.wait().unwrap();
        assert_eq!(everything_in(&lab.learner.home()), before);
    });
}

#[test]
fn nothing_leaves_the_lab() {
    on_each(|variant| {
        let mut learner = Learner::on(variant);
        let recorder = Recorder::start(learner.dir.path());
        learner.where_it_runs = recorder.words();
        let mut lab = OpenLab::of(learner);
        lab.launch("0.0.0.0/0");
        // What the lesson has, and the ways in which people leave by accident.
        for line in [
            "key ec2-user@$address whoami",
            "ssh -o BatchMode=yes -o ConnectTimeout=1 ec2-user@203.0.113.250",
            "aws --profile prod ec2 describe-instances",
            "AWS_PROFILE=prod aws ec2 describe-instances",
            "aws --region eu-west-1 ec2 describe-instances",
            "aws sts get-caller-identity",
            "scp -o BatchMode=yes -o ConnectTimeout=1 k.pem ec2-user@203.0.113.251:",
        ] {
            lab.says(line);
            assert_eq!(recorder.left(), 0, "{line}");
        }
        if variant.stage == "netns" {
            for line in [
                "aws --endpoint-url https://ec2.us-east-1.amazonaws.com ec2 describe-instances",
                "env -u AWS_ENDPOINT_URL aws ec2 describe-instances",
                "curl -sS --max-time 2 https://ec2.us-east-1.amazonaws.com",
                "curl -sS --max-time 2 http://52.94.0.1",
                "getent hosts ec2.us-east-1.amazonaws.com",
                "/usr/bin/ssh -o BatchMode=yes -o ConnectTimeout=1 ec2-user@203.0.113.250",
                "/usr/bin/ssh -F none -o BatchMode=yes -o ConnectTimeout=1 ec2-user@52.94.0.1",
            ] {
                let (said, status) = lab.runs(line);
                assert_ne!(status, 0, "{line}: {said}");
                assert_eq!(recorder.left(), 0, "{line}: {said}");
            }
        }
        // The recorder does record: the same network, outside the lab.
        let mut words = recorder.words();
        words.extend(["bash", "-c", "echo x > /dev/udp/52.94.0.1/53"].map(Into::into));
        Command::new(&words[0]).args(&words[1..]).status().unwrap();
        until("a packet to be recorded", || {
            (recorder.left() > 0).then_some(())
        });
    });
}

#[test]
fn kill_9_leaves_no_process_no_lock_and_no_folder() {
    on_each(|variant| {
        let learner = Learner::on(variant);
        for folder in [".ssh", ".aws"] {
            std::fs::remove_dir_all(learner.home().join(folder)).unwrap();
        }
        let before = everything_in(&learner.home());
        let mut lab = OpenLab::of(learner);
        lab.launch("0.0.0.0/0");
        // A session that is open, and something of the learner's in the background.
        lab.says("key -fN ec2-user@$address; (sleep 600 &)");
        let root = lab.learner.root();
        assert!(processes_of(&root).len() >= 4, "engine, shell, ssh, sleep");
        kill_process(Pid::from_child(&lab.terminal.child), Signal::KILL).unwrap();
        lab.terminal.child.wait().unwrap();
        until("everything of the lab's to go", || {
            let mut left = processes_of(&root);
            // What the learner left running is theirs where no network of the lab's ends with it.
            left.retain(|(_, name)| variant.stage == "netns" || name != "sleep");
            left.is_empty().then_some(())
        });
        until("the home folder to be as it was", || {
            (everything_in(&lab.learner.home()) == before).then_some(())
        });
        for (pid, _) in processes_of(&root) {
            let _ = kill_process(pid, Signal::KILL);
        }
        let mut again = lab.learner.open();
        assert!(again.line("aws ec2 describe-key-pairs").contains("\"k\""));
    });
}

/// Processes whose environment or words name this lab, and their programs.
fn processes_of(root: &Path) -> Vec<(Pid, String)> {
    let name = root.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter_map(|pid| {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).ok();
        let all = [read("environ").unwrap_or_default(), read("cmdline")?].concat();
        let names_it = String::from_utf8_lossy(&all).contains(name);
        let program = String::from_utf8(read("comm")?).ok()?.trim().to_owned();
        names_it.then_some((Pid::from_raw(pid)?, program))
    })
    .collect()
}
