//! Instances that boot, met from outside: host keys and console output, user data, stop and start, shutdown inside.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use groundschool::keys::{KeyType, PrivateKey};

use crate::aws::folder_of_aws;
use crate::desk::{program, until};
use crate::served::{Answer, Served};
use crate::terminal::Terminal;

/// A simulated cloud with an imported key pair, and a folder for the real ssh.
struct Cloud {
    served: Served,
    folder: tempfile::TempDir,
    key: PrivateKey,
}

impl Cloud {
    fn open(pace: &str) -> Self {
        let mut serve = Command::new(program());
        serve.args(["serve", "--ec2", "127.0.0.1:0", "--pace", pace]);
        let cloud = Self {
            served: Served::from(&mut serve),
            folder: tempfile::tempdir().unwrap(),
            key: PrivateKey::generate(KeyType::Ed25519, &mut rand::rng()).unwrap(),
        };
        cloud.keep("key.pem", &cloud.key);
        let material = STANDARD.encode(cloud.key.public().openssh("mine"));
        cloud.ec2(
            "ImportKeyPair",
            &[("KeyName", "mine"), ("PublicKeyMaterial", &material)],
        );
        cloud.ec2(
            "AuthorizeSecurityGroupIngress",
            &[
                ("GroupName", "default"),
                ("IpPermissions.1.IpProtocol", "tcp"),
                ("IpPermissions.1.FromPort", "22"),
                ("IpPermissions.1.ToPort", "22"),
                ("IpPermissions.1.IpRanges.1.CidrIp", "127.0.0.1/32"),
            ],
        );
        cloud
    }

    fn keep(&self, name: &str, key: &PrivateKey) {
        let path = self.folder.path().join(name);
        fs::write(&path, key.pem()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    }

    fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        self.served.connect().ec2(action, &form).unwrap()
    }

    fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Answer {
        let answer = self.ask(action, parameters);
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        answer
    }

    /// Launches one instance and answers its id.
    fn launch(&self, more: &[(&str, &str)]) -> String {
        let image =
            "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let mut all = vec![
            ("ImageId", image),
            ("InstanceType", "t3.micro"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
            ("KeyName", "mine"),
        ];
        all.extend(more);
        self.ec2("RunInstances", &all)
            .first("instanceId")
            .to_owned()
    }

    fn with_user_data(&self, text: &str) -> String {
        self.launch(&[("UserData", &STANDARD.encode(text))])
    }

    fn state(&self, id: &str) -> String {
        let answer = self.ec2("DescribeInstances", &[("InstanceId.1", id)]);
        answer
            .first("instanceState")
            .split("<name>")
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .unwrap_or_default()
            .to_owned()
    }

    fn until_state(&self, id: &str, state: &str) {
        until(state, || (self.state(id) == state).then_some(()));
    }

    fn address(&self, id: &str) -> String {
        until("a public address", || {
            let answer = self.ec2("DescribeInstances", &[("InstanceId.1", id)]);
            let address = answer.first("ipAddress").to_owned();
            (!address.is_empty()).then_some(address)
        })
    }

    /// The console output, once it is posted.
    fn console(&self, id: &str) -> String {
        until("console output", || {
            let answer = self.ec2("GetConsoleOutput", &[("InstanceId", id)]);
            let packed = answer.first("output").to_owned();
            (!packed.is_empty())
                .then(|| String::from_utf8(STANDARD.decode(packed).unwrap()).unwrap())
        })
    }

    fn ssh(&self, key: &str, target: &str, line: &str) -> Output {
        let options = "-F none -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o ConnectTimeout=2 \
                       -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=known -o GlobalKnownHostsFile=/dev/null \
                       -o LogLevel=ERROR";
        Command::new("ssh")
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .args(options.split_whitespace())
            .args([
                "-i",
                key,
                "-p",
                &self.served.ssh_port.to_string(),
                target,
                line,
            ])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// What a command on the machine prints; it has to succeed.
    #[track_caller]
    fn on(&self, address: &str, line: &str) -> String {
        let output = self.ssh("key.pem", &format!("ec2-user@{address}"), line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a program of OpenSSH's in the folder.
    fn tool(&self, name: &str, arguments: &[&str]) -> String {
        let output = Command::new(name)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The lines between two others.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.lines()
        .skip_while(|line| !line.contains(from))
        .skip(1)
        .take_while(|line| !line.contains(to))
        .collect()
}

#[test]
fn the_fingerprint_in_the_console_output_is_the_one_that_ssh_asks_about_and_may_be_pasted() {
    let cloud = Cloud::open("instant");
    let id = cloud.launch(&[]);
    let address = cloud.address(&id);
    let console = cloud.console(&id);
    let shown = between(
        &console,
        "-----BEGIN SSH HOST KEY FINGERPRINTS-----",
        "-----END SSH HOST KEY FINGERPRINTS-----",
    );
    // `<14>Jan 19 03:51:00 cloud-init: 256 SHA256:… root@ip-… (ED25519)`
    let line = shown
        .iter()
        .find(|line| line.ends_with("(ED25519)"))
        .unwrap();
    let fingerprint = line
        .split(' ')
        .find(|word| word.starts_with("SHA256:"))
        .unwrap();

    let port = cloud.served.ssh_port.to_string();
    let words: Vec<OsString> = [
        "-F",
        "none",
        "-i",
        "key.pem",
        "-p",
        &port,
        "-o",
        "UserKnownHostsFile=asked",
        "-o",
        "GlobalKnownHostsFile=/dev/null",
        "-o",
        "IdentityAgent=none",
        &format!("ec2-user@{address}"),
        "whoami",
    ]
    .map(Into::into)
    .into();
    let variables = [("TERM".into(), "xterm".into())];
    let mut ssh = Terminal::start(
        Path::new("/usr/bin/ssh"),
        &words,
        &variables,
        cloud.folder.path(),
    );
    let asked = ssh.wait("(yes/no/[fingerprint])? ");
    assert!(
        asked.contains(&format!("ED25519 key fingerprint is {fingerprint}."))
            || asked.contains(&format!("ED25519 key fingerprint is: {fingerprint}")),
        "{asked}"
    );
    ssh.press(&format!("{fingerprint}\r"));
    ssh.wait("ec2-user");
    assert!(ssh.child.wait().unwrap().success());

    // The keys themselves are those that ssh-keyscan gets, and only ED25519 and ECDSA.
    let scanned = cloud.tool("ssh-keyscan", &["-T", "5", "-p", &port, &address]);
    let mut scanned: Vec<String> = scanned
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" "))
        .collect();
    scanned.sort();
    let keys = between(
        &console,
        "-----BEGIN SSH HOST KEY KEYS-----",
        "-----END SSH HOST KEY KEYS-----",
    );
    let mut keys: Vec<String> = keys
        .iter()
        .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    keys.sort();
    assert_eq!(scanned, keys);
    let kinds: Vec<&str> = keys
        .iter()
        .filter_map(|key| key.split(' ').next())
        .collect();
    assert_eq!(kinds, ["ecdsa-sha2-nistp256", "ssh-ed25519"]);
}

#[test]
fn the_real_aws_and_the_stand_in_print_the_same_console_output() {
    let cloud = Cloud::open("instant");
    let id = cloud.with_user_data("#!/bin/sh\necho grüße\n");
    let console = cloud.console(&id);
    assert!(console.contains("grüße"), "{console}");
    let stand_in = cloud.folder.path().join("bin");
    fs::create_dir(&stand_in).unwrap();
    std::os::unix::fs::symlink(program(), stand_in.join("aws")).unwrap();
    let line = [
        "ec2",
        "get-console-output",
        "--output",
        "text",
        "--instance-id",
        &id,
    ];
    let by = |aws: &Path, words: &[&str]| {
        let output = Command::new(aws)
            .args(line)
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", cloud.folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "not-a-secret-not-a-secret-not-a-secret-0",
            )
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://{}", cloud.served.address),
            )
            .env("AWS_PAGER", "")
            .env("PYTHONIOENCODING", "utf-8")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((error.as_str(), output.status.code()), ("", Some(0)));
        String::from_utf8(output.stdout).unwrap()
    };
    let real = folder_of_aws().join("aws");
    let stand_in = stand_in.join("aws");
    for words in [
        &["--query", "Output"][..],
        &["--latest", "--query", "Output"],
    ] {
        let shown = by(&real, words);
        assert_eq!(shown, format!("{console}\n"), "{words:?}");
        assert_eq!(by(&stand_in, words), shown, "{words:?}");
    }
    // How the time at the end of the line is written differs between the versions of the CLI.
    let line = |aws: &Path| {
        let text = by(aws, &[]);
        let (rest, time) = text.rsplit_once('\t').unwrap();
        assert!(time.starts_with("20"), "{time}");
        rest.to_owned()
    };
    assert_eq!(line(&stand_in), line(&real));
}

#[test]
fn host_keys_stay_over_stop_start_and_reboot_and_are_new_on_a_new_instance() {
    let cloud = Cloud::open("instant");
    let id = cloud.launch(&[]);
    let known = |address: &str| {
        assert_eq!(cloud.on(address, "whoami"), "ec2-user\n");
        let host = format!("[{address}]:{}", cloud.served.ssh_port);
        let found = cloud.tool("ssh-keygen", &["-F", &host, "-f", "known"]);
        let mut keys: Vec<String> = found
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(_, key)| key.to_owned())
            .filter(|key| key.starts_with("ssh-ed25519"))
            .collect();
        keys.dedup();
        keys
    };
    let first = cloud.address(&id);
    let keys = known(&first);
    assert_eq!(keys.len(), 1);
    assert_eq!(cloud.on(&first, "echo kept > note; ls"), "note\n");

    cloud.ec2("RebootInstances", &[("InstanceId.1", &id)]);
    assert_eq!(cloud.on(&first, "cat note"), "kept\n");
    cloud.ec2("StopInstances", &[("InstanceId.1", &id)]);
    cloud.until_state(&id, "stopped");
    cloud.ec2("StartInstances", &[("InstanceId.1", &id)]);
    let second = cloud.address(&id);
    assert_ne!(first, second);
    assert_eq!(known(&second), keys);
    assert_eq!(cloud.on(&second, "cat note"), "kept\n");

    let other = cloud.launch(&[]);
    let third = cloud.address(&other);
    assert_ne!(known(&third), keys);
    assert_eq!(cloud.on(&third, "ls"), "");
}

#[test]
fn ssh_answers_by_itself_once_the_machine_has_booted() {
    // Nothing but time passes between the launch and the login: the stage is told without another request.
    let cloud = Cloud::open("fast");
    let id = cloud.launch(&[]);
    let address = cloud.address(&id);
    let mut met = Vec::new();
    until("an open door", || {
        let output = cloud.ssh("key.pem", &format!("ec2-user@{address}"), "whoami");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let open = output.status.success();
        met.push(said);
        open.then_some(())
    });
    // How long it refuses is a matter of pace; it never drops.
    assert!(
        met.iter()
            .all(|said| said.is_empty() || said.contains("Connection refused")),
        "{met:?}"
    );
}

#[test]
fn a_script_in_user_data_has_run_when_nobody_has_signed_in() {
    let cloud = Cloud::open("instant");
    let id =
        cloud.with_user_data("#!/bin/bash\necho hello from $(whoami)\nid > /home/ec2-user/made\n");
    cloud.until_state(&id, "running");
    let console = cloud.console(&id);
    assert!(
        console.contains("] cloud-init[1618]: hello from root\n"),
        "{console}"
    );
    let address = cloud.address(&id);
    assert_eq!(
        cloud.on(
            &address,
            "cat made; cat /var/log/cloud-init-output.log | head -1; cloud-init status"
        ),
        "uid=0(root) gid=0(root) groups=0(root)\nhello from root\nstatus: done\n"
    );
    // At the first boot only.
    cloud.on(&address, "sudo rm made");
    cloud.ec2("RebootInstances", &[("InstanceId.1", &id)]);
    assert_eq!(cloud.on(&address, "ls"), "");
}

#[test]
fn a_user_of_the_cloud_config_signs_in_with_a_key_of_their_own() {
    let cloud = Cloud::open("instant");
    let ada = PrivateKey::generate(KeyType::Ed25519, &mut rand::rng()).unwrap();
    cloud.keep("ada.pem", &ada);
    let id = cloud.with_user_data(&format!(
        "#cloud-config\nusers:\n- default\n- name: ada\n  sudo: ALL=(ALL) NOPASSWD:ALL\n  ssh_authorized_keys:\n  - {}\n",
        ada.public().openssh("ada's")
    ));
    let address = cloud.address(&id);
    let login = |key: &str, user: &str| {
        let output = cloud.ssh(key, &format!("{user}@{address}"), "sudo whoami");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert_eq!(login("ada.pem", "ada"), "root\n");
    assert_eq!(login("key.pem", "ec2-user"), "root\n");
    assert_eq!(login("key.pem", "ada"), "");
    let console = cloud.console(&id);
    assert!(
        console.contains("Authorized keys from /home/ada/.ssh/authorized_keys for user ada"),
        "{console}"
    );
    assert!(console.contains("ada's"), "{console}");
}

#[test]
fn shutdown_inside_stops_or_terminates_and_reboot_ends_the_connection_only() {
    let cloud = Cloud::open("instant");
    let stops = cloud.launch(&[]);
    let ends = cloud.launch(&[("InstanceInitiatedShutdownBehavior", "terminate")]);
    for (id, state) in [(&stops, "stopped"), (&ends, "terminated")] {
        let address = cloud.address(id);
        cloud.ssh(
            "key.pem",
            &format!("ec2-user@{address}"),
            "sudo shutdown -h now",
        );
        cloud.until_state(id, state);
        let answer = cloud.ec2("DescribeInstances", &[("InstanceId.1", id)]);
        assert!(
            answer.body.contains("Client.InstanceInitiatedShutdown"),
            "{}",
            answer.body
        );
    }

    let id = cloud.launch(&[]);
    let address = cloud.address(&id);
    let output = cloud.ssh(
        "key.pem",
        &format!("ec2-user@{address}"),
        "sudo reboot; sleep 60",
    );
    assert_eq!(output.status.code(), Some(255));
    assert_eq!(cloud.state(&id), "running");
    assert_eq!(cloud.on(&address, "whoami"), "ec2-user\n");
}

#[test]
fn user_data_that_is_too_long_or_no_base64_is_refused() {
    let cloud = Cloud::open("instant");
    let launch = |data: &str| {
        let answer = cloud.ask(
            "RunInstances",
            &[
                ("ImageId", "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
                ("MinCount", "1"),
                ("MaxCount", "1"),
                ("UserData", data),
            ],
        );
        (answer.status, answer.first("Message").to_owned())
    };
    assert_eq!(
        launch(&STANDARD.encode("x".repeat(16_385))),
        (400, "User data is limited to 16384 bytes".to_owned())
    );
    assert_eq!(launch("#!").0, 400);
}
