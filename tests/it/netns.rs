//! The netns stage with the real tools: addresses that are there, silence, and what is the learner's own stays so.
//!
//! These tests need a system that allows user namespaces, and fail where it does not.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rustix::process::{Pid, Signal};

use crate::desk::{program, until};
use crate::learner::{Learner, code, everything_in};
use crate::terminal::Terminal;

const TIMED_OUT: &str = "port 22: Connection timed out";
const REFUSED: &str = "port 22: Connection refused";

/// A learner with an open lab that has a network of its own.
struct Inside {
    learner: Learner,
    terminal: Terminal,
}

impl Inside {
    fn open() -> Self {
        Self::at_pace("instant")
    }

    fn at_pace(pace: &'static str) -> Self {
        let mut learner = Learner::new();
        learner.stage = "netns";
        learner.pace = pace;
        let terminal = learner.open();
        let mut inside = Self { learner, terminal };
        // Without the coach's words between the tools'.
        inside.run("ssh_key='ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i k.pem'");
        inside
    }

    /// What the line prints, without the line itself and the coach's words.
    #[track_caller]
    fn run(&mut self, line: &str) -> String {
        let shown = self.terminal.line(line);
        shown
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with('|'))
            .collect::<Vec<_>>()
            .join("\n")
            .trim()
            .to_owned()
    }

    /// A key pair, a group that lets `source` in, and an instance, in the shell's variables `group`, `instance`, `address`.
    fn launch(&mut self, source: &str) {
        for line in [
            "aws ec2 create-key-pair --key-name k --query KeyMaterial --output text > k.pem; chmod 400 k.pem",
            "group=$(aws ec2 create-security-group --group-name g --description d --query GroupId --output text)",
            &format!(
                "rule() {{ aws ec2 $1-security-group-ingress --group-id $group --protocol ${{4:-tcp}} --port ${{3:-22}} --cidr $2; }}; rule authorize {source}"
            ),
            "instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name k --security-group-ids $group --query 'Instances[0].InstanceId' --output text)",
        ] {
            self.run(line);
        }
        self.find_address();
    }

    fn find_address(&mut self) -> String {
        let ask = "aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text";
        self.run(&format!("address=$({ask})"));
        self.run("echo $address")
    }

    fn pid(&self) -> u32 {
        self.terminal.child.id()
    }

    /// The process that keeps the network.
    fn keeper(&self) -> u32 {
        let open: serde_json::Value =
            serde_json::from_slice(&std::fs::read(self.learner.private("run/open.json")).unwrap())
                .unwrap();
        open["keeper"].as_u64().unwrap().try_into().unwrap()
    }
}

/// Every process in a network namespace.
fn processes_in(namespace: &Path) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            std::fs::read_link(format!("/proc/{pid}/ns/net")).is_ok_and(|link| link == namespace)
        })
        .collect()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_exact_command_works_by_address_and_by_name_and_the_machine_sees_my_address() {
    let mut lab = Inside::open();
    let before = everything_in(&lab.learner.home());
    lab.launch("198.51.100.7/32");
    assert_eq!(lab.run("command -v ssh"), "/usr/bin/ssh");
    let said = lab.run("$ssh_key ec2-user@$address whoami");
    assert!(said.ends_with("ec2-user"), "{said}");
    let ask = "aws ec2 describe-instances --query 'Reservations[0].Instances[0].PublicDnsName' --output text";
    lab.run(&format!("name=$({ask})"));
    let said = lab.run("echo exit | $ssh_key -tt ec2-user@$name");
    assert!(
        said.contains("Warning: Permanently added 'ec2-203-0-113-"),
        "{said}"
    );
    let said = lab.run("echo exit | $ssh_key -tt ec2-user@$name");
    assert!(said.contains("from 198.51.100.7"), "{said}");
    let said = lab.run("scp -q -o BatchMode=yes -i k.pem k.pem ec2-user@$address:/none/; ssh-keygen -F $name; ssh-keyscan $address 2>&1");
    assert!(said.contains("found: line"), "{said}");
    assert!(said.contains("SSH-2.0-OpenSSH"), "{said}");
    // The host keys that were accepted are the lab's, and what is the learner's own is as it was.
    let known = std::fs::read_to_string(lab.learner.private("ssh/known_hosts")).unwrap();
    assert!(known.lines().count() >= 2, "{known}");
    assert_eq!(everything_in(&lab.learner.home()), before);
    let said = lab.run("env -i /bin/cat ~/.aws/credentials ~/.ssh/config");
    assert!(
        said.contains("GROUNDSCHOOL") && !said.contains("AKIAMINE"),
        "{said}"
    );
    assert!(!said.contains("ProxyCommand"), "{said}");
}

#[test]
fn a_closed_group_is_silence_and_a_session_that_is_there_lives_on() {
    let mut lab = Inside::open();
    lab.launch("0.0.0.0/0");
    let said = lab.run("$ssh_key -fNM -S ./ctl ec2-user@$address; echo =$?=");
    assert!(said.contains("=0="), "{said}");
    lab.run("rule revoke 0.0.0.0/0");
    let said = lab.run("$ssh_key ec2-user@$address whoami; echo =$?=");
    assert!(said.contains(TIMED_OUT) && said.contains("=255="), "{said}");
    assert_eq!(lab.run("ssh -S ./ctl ec2-user@$address whoami"), "ec2-user");
    // A rule for another source is no rule for this one.
    lab.run("rule authorize 203.0.113.0/24");
    let said = lab.run("$ssh_key ec2-user@$address whoami");
    assert!(said.contains(TIMED_OUT), "{said}");
    assert_eq!(lab.run("ssh -S ./ctl ec2-user@$address whoami"), "ec2-user");
    lab.run("rule authorize 198.51.100.0/24");
    assert_eq!(lab.run("$ssh_key ec2-user@$address whoami"), "ec2-user");
    assert_eq!(lab.run("ssh -S ./ctl ec2-user@$address whoami"), "ec2-user");
    // What nobody answered is evidence all the same, once for each attempt.
    let journal = std::fs::read_to_string(lab.learner.private("journal.jsonl")).unwrap();
    let closed = journal.matches("group_closed").count();
    let others = journal.matches("group_for_others").count();
    assert_eq!((closed, others), (1, 1), "{journal}");
}

#[test]
fn a_port_that_no_rule_admits_is_silent_and_an_admitted_one_is_refused() {
    let mut lab = Inside::open();
    lab.launch("0.0.0.0/0");
    let knock = |port: u16| format!("ssh -p {port} -o BatchMode=yes ec2-user@$address");
    let said = lab.run(&knock(2222));
    assert!(said.contains("port 2222: Connection timed out"), "{said}");
    lab.run("rule authorize 0.0.0.0/0 2000-3000");
    let said = lab.run(&knock(2222));
    assert!(said.contains("port 2222: Connection refused"), "{said}");
    lab.run("rule revoke 0.0.0.0/0 2000-3000");
    let said = lab.run(&knock(2222));
    assert!(said.contains("port 2222: Connection timed out"), "{said}");
    // As on AWS, a ping is answered when a rule says so.
    let ping = "python3 -c 'import socket,sys,os; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM,1); s.settimeout(1); s.sendto(b\"\\x08\\0\\0\\0\\0\\1\\0\\1abcd\",(sys.argv[1],0)); print(\"answer\" if s.recv(99) else 0)' $address 2>&1 | tail -1";
    let said = lab.run(ping);
    assert!(said.contains("timed out"), "{said}");
    lab.run("rule authorize 0.0.0.0/0 -1 icmp");
    assert_eq!(lab.run(ping), "answer");
}

#[test]
fn a_stopped_instance_is_silent_and_a_started_one_has_another_address() {
    let mut lab = Inside::open();
    lab.launch("0.0.0.0/0");
    let old = lab.run("echo $address");
    lab.run("$ssh_key ec2-user@$address true");
    lab.run("aws ec2 stop-instances --instance-ids $instance");
    let said = lab.run("$ssh_key ec2-user@$address whoami");
    assert!(said.contains(TIMED_OUT), "{said}");
    lab.run("aws ec2 start-instances --instance-ids $instance");
    let new = lab.find_address();
    assert_ne!(old, new);
    let said = lab.run("$ssh_key ec2-user@$address whoami");
    assert!(said.ends_with("ec2-user"), "{said}");
    let said = lab.run(&format!("$ssh_key ec2-user@{old} whoami"));
    assert!(said.contains(TIMED_OUT), "{said}");
    let ask = "aws ec2 describe-instances --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text";
    let said = lab.run(&format!("$ssh_key ec2-user@$({ask}) whoami"));
    assert!(
        said.contains("host 172.31.") && said.contains(TIMED_OUT),
        "{said}"
    );
    let said = lab.run("$ssh_key ec2-user@ec2-203-0-113-1x.compute-1.amazonaws.com");
    assert!(
        said.contains("Could not resolve hostname") && said.contains("Name or service not known"),
        "{said}"
    );
    let journal = std::fs::read_to_string(lab.learner.private("journal.jsonl")).unwrap();
    for why in ["stopped", "old_address", "private_address"] {
        assert!(journal.contains(&format!("\"{why}\"")), "{why}: {journal}");
    }
}

#[test]
fn a_machine_that_boots_refuses_first_and_then_lets_in() {
    let mut lab = Inside::at_pace("real");
    lab.launch("0.0.0.0/0");
    // The address is shown when the instance runs; then its sshd is still on its way.
    let said = until("the address to be shown", || {
        (lab.find_address() != "None").then(|| lab.run("$ssh_key ec2-user@$address whoami"))
    });
    assert!(said.contains(REFUSED), "{said}");
    until("the machine to be up", || {
        lab.run("$ssh_key ec2-user@$address whoami")
            .ends_with("ec2-user")
            .then_some(())
    });
}

#[test]
fn nothing_outside_the_lab_can_be_reached() {
    let outside = TcpListener::bind("0.0.0.0:0").unwrap();
    outside.set_nonblocking(true).unwrap();
    let port = outside.local_addr().unwrap().port();
    // The address that this computer has for the outside, if it has one: nothing is sent.
    let probe = UdpSocket::bind("0.0.0.0:0").unwrap();
    let own = probe
        .connect("192.0.2.1:9")
        .and_then(|()| probe.local_addr())
        .map_or("127.0.0.1".to_owned(), |own| own.ip().to_string());
    let mut lab = Inside::open();
    for to in [own.as_str(), "127.0.0.1"] {
        let said = lab.run(&format!(
            "curl -sS --max-time 1 http://{to}:{port}/; echo =$?="
        ));
        assert!(
            said.contains("timed out") || said.contains("onnect to"),
            "{to}: {said}"
        );
        assert!(!said.contains("=0="), "{said}");
    }
    let said = lab.run("curl -sS --max-time 2 https://ec2.us-east-1.amazonaws.com/");
    assert!(said.contains("Could not resolve host"), "{said}");
    assert!(outside.accept().is_err());
}

/// Opens a lab as somebody else, and asks what the shell may do.
#[track_caller]
fn nothing_is_allowed(terminal: &mut Terminal) {
    let shown = terminal.line("grep Cap /proc/self/status; id -u; echo $PWD");
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert!(
            shown.contains(&format!("{set}:\t0000000000000000")),
            "{shown}"
        );
    }
    assert!(shown.contains("/work"), "{shown}");
    // Neither the network nor the mounts can be changed from there.
    let shown = terminal.line("python3 -c 'import socket; socket.socket(17, 3, 3)' 2>&1 | tail -1");
    assert!(shown.contains("Operation not permitted"), "{shown}");
}

#[test]
fn the_shell_has_no_capability_even_as_root() {
    let mut lab = Inside::open();
    nothing_is_allowed(&mut lab.terminal);
}

#[test]
fn another_user_has_the_same_without_any_privilege() {
    assert!(
        rustix::process::getuid().is_root(),
        "this test becomes another user, so that it must run as root"
    );
    let learner = Learner::new();
    let user = 65_534;
    let own = |path: &Path| std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
    own(learner.dir.path());
    own(&learner.home());
    for path in everything_in(&learner.home()).keys() {
        own(path);
    }
    // A program that another user may start.
    let copy = learner.dir.path().join("groundschool");
    std::fs::copy(program(), &copy).unwrap();
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
    let words = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
        copy.to_str().unwrap(),
        "learn",
        "--stage",
        "netns",
        "--pace",
        "instant",
        "--plain",
        "--lab",
        learner.root().to_str().unwrap(),
    ]
    .map(Into::into);
    let mut terminal = Terminal::start(
        Path::new("/usr/bin/setpriv"),
        &words,
        &learner.variables(),
        learner.dir.path(),
    );
    terminal.wait("READY> ");
    nothing_is_allowed(&mut terminal);
    let mut lab = Inside { learner, terminal };
    let said = lab.run("cat ~/.aws/credentials; aws ec2 describe-key-pairs; echo =$?=");
    assert!(
        said.contains("GROUNDSCHOOL") && said.contains("=0="),
        "{said}"
    );
    lab.launch("198.51.100.7/32");
    let said = lab.run(
        "ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o UserKnownHostsFile=./known -i k.pem ec2-user@$address whoami",
    );
    assert!(said.ends_with("ec2-user"), "{said}");
    lab.terminal.press("exit\r");
    lab.terminal.wait("You left the lab");
    assert_eq!(code(&mut lab.terminal), Some(1));
}

/// `groundschool enter` in a terminal.
fn enter(learner: &Learner) -> Terminal {
    let words = ["enter", "--lab", learner.root().to_str().unwrap()].map(Into::into);
    Terminal::start(program(), &words, &learner.variables(), learner.dir.path())
}

#[test]
fn a_second_shell_is_in_the_same_lab_and_ends_with_it() {
    let mut lab = Inside::open();
    lab.launch("0.0.0.0/0");
    let address = lab.run("echo $address");
    let mut second = enter(&lab.learner);
    second.wait("READY> ");
    let said = second.line(&format!("ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i k.pem ec2-user@{address} whoami; lab steps"));
    assert!(
        said.contains("\nec2-user\r") && said.contains("[to do]"),
        "{said}"
    );
    lab.terminal.press("exit\r");
    lab.terminal.wait("You left the lab");
    second.wait("The lab was left");
    assert_eq!(code(&mut second), Some(129));
}

#[test]
fn a_second_shell_beside_the_links_has_the_labs_environment() {
    let mut learner = Learner::new();
    learner.stage = "shim";
    let mut first = learner.open();
    let url = |shown: String| shown.lines().nth(1).unwrap().to_owned();
    let endpoint = url(first.line("echo $AWS_ENDPOINT_URL"));
    let mut second = enter(&learner);
    second.wait("READY> ");
    let same = url(second.line("echo $AWS_ENDPOINT_URL"));
    assert_eq!(same, endpoint);
    assert!(same.starts_with("http://127.0.0.1:"), "{same}");
    let said = second.line("command -v ssh; lab steps; cat /dev/null");
    assert!(
        said.contains(learner.root().to_str().unwrap()) && said.contains("[to do]"),
        "{said}"
    );
    second.press("exit 4\r");
    assert_eq!(code(&mut second), Some(4));
}

#[test]
fn where_no_lab_is_open_enter_says_so() {
    let learner = Learner::new();
    let root = learner.root();
    let output = learner.run(&["enter", "--lab", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output);
    assert!(
        said.contains("no lab is open in") && said.contains("hint:"),
        "{said}"
    );
    assert!(!root.exists());
}

/// The program where the system allows no more user namespaces.
fn refusing(learner: &Learner, arguments: &[&str]) -> Terminal {
    let mut words: Vec<_> = [
        "-Ur",
        "sh",
        "-c",
        "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"",
        "sh",
        program().to_str().unwrap(),
    ]
    .map(Into::into)
    .into();
    words.extend(arguments.iter().map(Into::into));
    Terminal::start(
        Path::new("/usr/bin/unshare"),
        &words,
        &learner.variables(),
        learner.dir.path(),
    )
}

#[test]
fn where_namespaces_are_refused_the_shim_stage_takes_over_and_says_why() {
    let learner = Learner::new();
    let root = learner.root();
    let root = root.to_str().unwrap();
    let mut terminal = refusing(&learner, &["learn", "--plain", "--lab", root]);
    let said = terminal.wait("READY> ").replace("\r\n| ", " ");
    assert!(
        said.contains("Stage: shim, because this system refuses a user namespace (No space left"),
        "{said}"
    );
    let said = terminal.line("command -v ssh");
    assert!(said.contains(".groundschool/bin/ssh"), "{said}");
    terminal.press("exit\r");
    terminal.wait("You left the lab");

    let forced = ["learn", "--plain", "--stage", "netns", "--lab", root];
    let mut terminal = refusing(&learner, &forced);
    let said = terminal.wait("hint: ");
    assert!(
        said.contains("why:  this system refuses a user namespace"),
        "{said}"
    );
    assert_eq!(code(&mut terminal), Some(3));

    let mut terminal = refusing(&learner, &["doctor"]);
    let said = terminal.wait("[yours]");
    assert!(
        said.contains("[stage] shim") && said.contains("refuses a user namespace"),
        "{said}"
    );
}

#[test]
fn a_killed_engine_leaves_no_process_no_network_and_no_folder() {
    let mut learner = Learner::new();
    learner.stage = "netns";
    for folder in [".ssh", ".aws"] {
        std::fs::remove_dir_all(learner.home().join(folder)).unwrap();
    }
    let mut lab = Inside {
        terminal: learner.open(),
        learner,
    };
    let made = [".ssh", ".aws"].map(|folder| lab.learner.home().join(folder));
    assert!(made.iter().all(|folder| folder.is_dir()), "mount points");
    let pid = lab.run("nohup sleep 1000 >/dev/null 2>&1 & echo =$!=");
    assert!(pid.contains('='), "{pid}");
    let keeper = lab.keeper();
    let namespace: PathBuf = std::fs::read_link(format!("/proc/{keeper}/ns/net")).unwrap();
    let inside = processes_in(&namespace);
    assert!(inside.len() >= 3, "keeper, shell and sleep: {inside:?}");
    assert!(!inside.contains(&lab.pid()));
    rustix::process::kill_process(
        Pid::from_raw(lab.pid().try_into().unwrap()).unwrap(),
        Signal::KILL,
    )
    .unwrap();
    until("everything to go", || {
        (processes_in(&namespace).is_empty() && made.iter().all(|folder| !folder.exists()))
            .then_some(())
    });
    until("the keeper to end", || {
        // Whoever inherited it may be slow to ask how it ended.
        let stat = std::fs::read_to_string(format!("/proc/{keeper}/stat"));
        stat.is_err()
            .then_some(())
            .or_else(|| stat.is_ok_and(|stat| stat.contains(") Z ")).then_some(()))
    });
}

#[test]
fn two_labs_that_are_open_at_once_share_a_folder_that_one_of_them_made() {
    let mut one = Learner::new();
    one.stage = "netns";
    std::fs::remove_dir_all(one.home().join(".ssh")).unwrap();
    let mut first = one.open();
    let other_root = one.dir.path().join("other");
    let mut second = one.start_in(&other_root, &["learn"]);
    second.wait("READY> ");
    first.press("exit\r");
    first.wait("You left the lab");
    assert_eq!(code(&mut first), Some(1));
    // The second's own is still over it.
    let said = second.line("touch ~/.ssh/mine; ls ~/.ssh");
    assert!(said.contains("mine"), "{said}");
    assert!(other_root.join(".groundschool/ssh/mine").exists());
    second.press("exit\r");
    second.wait("You left the lab");
    assert_eq!(code(&mut second), Some(1));
    until("the folder to go", || {
        (!one.home().join(".ssh").exists()).then_some(())
    });
}

#[test]
fn a_lab_that_changes_its_stage_keeps_its_hosts_and_its_path() {
    let mut lab = Inside::open();
    lab.launch("0.0.0.0/0");
    let address = lab.run("echo $address");
    lab.run("$ssh_key ec2-user@$address true");
    lab.terminal.press("exit\r");
    lab.terminal.wait("You left the lab");
    code(&mut lab.terminal);
    for (stage, ssh) in [("shim", ".groundschool/bin/ssh"), ("netns", "/usr/bin/ssh")] {
        lab.learner.stage = stage;
        lab.terminal = lab.learner.open();
        let said = lab.run("command -v ssh");
        assert!(said.ends_with(ssh), "{said}");
        let said = lab.run(&format!(
            "ssh -o StrictHostKeyChecking=yes -o BatchMode=yes -i k.pem ec2-user@{address} whoami"
        ));
        assert_eq!(said, "ec2-user");
        lab.terminal.press("exit\r");
        lab.terminal.wait("You left the lab");
        code(&mut lab.terminal);
    }
}

#[test]
fn demo_and_about_say_which_stage_this_is() {
    let mut lab = Inside::open();
    let said = lab.terminal.line("lab help").replace("\r\n| ", " ");
    assert!(said.contains("reaches the lab and nothing else"), "{said}");
    let said = lab.terminal.line("lab about").replace("\r\n| ", " ");
    assert!(
        said.contains("(stage: netns)") && said.contains("needs the internet, sudo or su"),
        "{said}"
    );
    let mut demo = Command::new(program());
    demo.args(["demo", "--stage", "netns", "--pace", "instant"])
        .env_clear()
        .envs(lab.learner.variables())
        .current_dir(lab.learner.dir.path());
    let output = demo.output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
}
