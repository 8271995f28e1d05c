//! The real AWS CLI against `serve`: AWS's own tutorial as far as it is simulated, and the sentences of refusals.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::desk::program;
use crate::served::Served;

/// The folder with the real AWS CLI.
pub(crate) fn folder_of_aws() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/venv/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(installed)
        .chain(std::env::split_paths(&path))
        .find(|folder| folder.join("aws").is_file())
        .expect("the AWS CLI is missing here: run tests/run")
}

/// `PATH` with the AWS CLI first.
fn path() -> std::ffi::OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(folder_of_aws()).chain(std::env::split_paths(&rest));
    std::env::join_paths(all).unwrap()
}

/// A terminal with `serve` behind its `aws`, and a home and a working folder of its own.
struct Terminal {
    served: Served,
    folder: tempfile::TempDir,
}

impl Terminal {
    fn open() -> Self {
        let mut serve = Command::new(program());
        serve.args(["serve", "--ec2", "127.0.0.1:0", "--pace", "instant"]);
        Self {
            served: Served::from(&mut serve),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .env_clear()
            .env("PATH", path())
            .env("HOME", self.folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIAGROUNDSCHOOL0001")
            .env(
                "AWS_SECRET_ACCESS_KEY",
                "not-a-secret-not-a-secret-not-a-secret-0",
            )
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env(
                "AWS_ENDPOINT_URL",
                format!("http://{}", self.served.address),
            )
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    fn aws(&self, line: &str) -> Output {
        let words = line.split_whitespace();
        self.command("aws").args(words).output().unwrap()
    }

    /// What a command prints that succeeds.
    fn text(&self, line: &str) -> String {
        let output = self.aws(line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {line}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.text(line)).unwrap()
    }

    /// Refused: the CLI's line for it, which would also say so if it had tried again, and its status.
    fn refused(&self, line: &str, expected: &str) {
        let output = self.aws(line);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            error.trim(),
            format!("An error occurred {expected}"),
            "{line}"
        );
        // 254 by version 2 of the CLI, 255 by version 1.
        let status = output.status.code();
        assert!(matches!(status, Some(254 | 255)), "aws {line}: {status:?}");
    }

    /// Makes the key pair `mykey` and keeps its private key in `mykey.pem`.
    fn key_pair(&self) {
        let key =
            self.text("ec2 create-key-pair --key-name mykey --query KeyMaterial --output text");
        let file = self.folder.path().join("mykey.pem");
        std::fs::write(&file, key + "\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
        std::fs::set_permissions(&file, mode).unwrap();
    }

    /// Makes a group that lets SSH in from this computer, and gives its id.
    fn open_group(&self) -> String {
        let group = self.text(
            "ec2 create-security-group --group-name open --description d --query GroupId --output text",
        );
        self.text(&format!(
            "ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port 22 --cidr 127.0.0.1/32"
        ));
        group
    }

    fn ssh(&self, user: &str, address: &str) -> Output {
        self.client("ssh", "-p", &[&format!("{user}@{address}"), "whoami"])
    }

    /// `ssh` or `scp` with the key pair's file and nothing of the user's.
    fn client(&self, name: &str, port: &str, args: &[&str]) -> Output {
        let options = "-F none -i mykey.pem -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=2 \
                       -o StrictHostKeyChecking=no -o UserKnownHostsFile=known";
        self.command(name)
            .args(options.split_whitespace())
            .args([port, &self.served.ssh_port.to_string()])
            .args(args)
            .output()
            .unwrap()
    }
}

#[test]
fn the_tutorial_of_aws_runs_from_key_pair_to_clean_up() {
    let terminal = Terminal::open();
    terminal.key_pair();

    let tags = "Tags=[{Key=project,Value=tutorial}]";
    let group = terminal.text(&format!(
        "ec2 create-security-group --group-name ssh --description tutorial \
         --tag-specifications ResourceType=security-group,{tags} --query GroupId --output text"
    ));
    let rules = terminal.json(&format!(
        "ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port 22 --cidr 127.0.0.1/32"
    ));
    assert_eq!(rules["SecurityGroupRules"][0]["CidrIpv4"], "127.0.0.1/32");
    let image = terminal.text(
        "ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest --output text \
         --query Parameters[?contains(Name,'al2023-ami-kernel-default-x86_64')].Value",
    );

    let launched = terminal.json(&format!(
        "ec2 run-instances --image-id {image} --instance-type t2.micro --key-name mykey --count 1 \
         --security-group-ids {group} --metadata-options HttpTokens=required,HttpEndpoint=enabled \
         --block-device-mappings DeviceName=/dev/xvda,Ebs={{Encrypted=true}} \
         --tag-specifications ResourceType=instance,{tags} ResourceType=volume,{tags}"
    ));
    let pending = &launched["Instances"][0];
    assert_eq!(pending["State"]["Name"], "pending");
    assert_eq!(pending.get("PublicIpAddress"), None);
    assert_eq!(pending["PublicDnsName"], "");
    let id = pending["InstanceId"].as_str().unwrap().to_owned();

    let address = |state: &str| {
        terminal.text(&format!("ec2 wait instance-{state} --instance-ids {id}"));
        terminal.text(&format!(
            "ec2 describe-instances --instance-ids {id} --output text \
             --query Reservations[0].Instances[0].PublicIpAddress"
        ))
    };
    let first = address("running");
    assert!(first.starts_with("127."), "{first}");
    let login = terminal.ssh("ec2-user", &first);
    assert_eq!(String::from_utf8_lossy(&login.stdout), "ec2-user\n");
    assert_eq!(login.status.code(), Some(0));
    let notes = terminal.folder.path().join("notes.bin");
    std::fs::write(&notes, [0, 159, 146, 150, 255].repeat(40_000)).unwrap();
    let there = |address: &str| format!("ec2-user@{address}:");
    let copied = terminal.client("scp", "-P", &["notes.bin", &there(&first)]);
    assert_eq!(copied.status.code(), Some(0));

    terminal.text(&format!("ec2 stop-instances --instance-ids {id}"));
    terminal.text(&format!("ec2 wait instance-stopped --instance-ids {id}"));
    terminal.text(&format!("ec2 start-instances --instance-ids {id}"));
    let second = address("running");
    assert_ne!(first, second);
    let nobody = terminal.ssh("ec2-user", &first);
    assert_eq!(
        String::from_utf8_lossy(&nobody.stderr),
        format!(
            "ssh: connect to host {first} port {}: Connection timed out\r\n",
            terminal.served.ssh_port
        )
    );
    let listed = terminal.client("ssh", "-p", &[&format!("ec2-user@{second}"), "ls", "-l"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        listed.contains(" ec2-user ec2-user 200000 ") && listed.ends_with(" notes.bin\n"),
        "a stop keeps the disk: {listed}"
    );
    let from = format!("{}notes.bin", there(&second));
    let copied = terminal.client("scp", "-P", &[&from, "back.bin"]);
    assert_eq!(copied.status.code(), Some(0));
    let back = std::fs::read(terminal.folder.path().join("back.bin")).unwrap();
    assert!(back == std::fs::read(&notes).unwrap());

    terminal.refused(
        &format!("ec2 delete-security-group --group-id {group}"),
        &format!(
            "(DependencyViolation) when calling the DeleteSecurityGroup operation: \
             resource {group} has a dependent object"
        ),
    );
    terminal.text(&format!("ec2 terminate-instances --instance-ids {id}"));
    assert_eq!(address("terminated"), "None");
    terminal.text(&format!("ec2 delete-security-group --group-id {group}"));
    terminal.text("ec2 delete-key-pair --key-name mykey");
}

#[test]
fn an_elastic_ip_that_moves_to_another_instance_leads_to_another_machine() {
    let terminal = Terminal::open();
    terminal.key_pair();
    let group = terminal.open_group();
    let launch = || {
        let id = terminal.text(&format!(
            "ec2 run-instances --instance-type t3.micro --key-name mykey --security-group-ids {group} \
             --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 \
             --query Instances[0].InstanceId --output text"
        ));
        terminal.text(&format!("ec2 wait instance-running --instance-ids {id}"));
        id
    };
    let (first, second) = (launch(), launch());
    let address = terminal.json("ec2 allocate-address --domain vpc");
    let (allocation, ip) = (
        address["AllocationId"].as_str().unwrap().to_owned(),
        address["PublicIp"].as_str().unwrap().to_owned(),
    );
    let names = |id: &str| {
        let answer = terminal.json(&format!("ec2 describe-instances --instance-ids {id}"));
        answer["Reservations"][0]["Instances"][0]["PublicDnsName"].clone()
    };
    let before = names(&first);
    let host_keys = |id: &str| {
        let line = format!("ec2 associate-address --instance-id {id} --allocation-id {allocation}");
        assert!(
            terminal.json(&line)["AssociationId"]
                .as_str()
                .unwrap()
                .starts_with("eipassoc-0")
        );
        let known = terminal.folder.path().join("known");
        let _ = std::fs::remove_file(&known);
        let login = terminal.ssh("ec2-user", &ip);
        let error = String::from_utf8_lossy(&login.stderr);
        assert_eq!(login.status.code(), Some(0), "{error}");
        std::fs::read_to_string(&known).unwrap()
    };
    let of_first = host_keys(&first);
    assert_ne!(names(&first), before);
    let of_second = host_keys(&second);
    assert_ne!(of_first, of_second);
    assert_eq!(of_first.split(' ').next(), of_second.split(' ').next());

    // Gone from the instance when it ends, and still the account's.
    terminal.text(&format!("ec2 terminate-instances --instance-ids {second}"));
    terminal.text(&format!(
        "ec2 wait instance-terminated --instance-ids {second}"
    ));
    let left = terminal.json("ec2 describe-addresses");
    assert_eq!(left["Addresses"][0]["PublicIp"], ip.as_str());
    assert_eq!(left["Addresses"][0].get("AssociationId"), None);
    terminal.text(&format!("ec2 release-address --allocation-id {allocation}"));
    terminal.refused(
        &format!("ec2 release-address --allocation-id {allocation}"),
        &format!(
            "(InvalidAllocationID.NotFound) when calling the ReleaseAddress operation: \
             The allocation ID '{allocation}' does not exist"
        ),
    );
}

#[test]
fn a_key_pushed_by_instance_connect_opens_the_machine_for_its_user_only() {
    let terminal = Terminal::open();
    let group = terminal.open_group();
    let id = terminal.text(&format!(
        "ec2 run-instances --instance-type t3.micro --security-group-ids {group} \
         --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 \
         --query Instances[0].InstanceId --output text"
    ));
    terminal.text(&format!("ec2 wait instance-running --instance-ids {id}"));
    let ip = terminal.text(&format!(
        "ec2 describe-instances --instance-ids {id} --output text \
         --query Reservations[0].Instances[0].PublicIpAddress"
    ));
    let made = terminal
        .command("ssh-keygen")
        .args("-q -t ed25519 -N  -C me -f mykey.pem".split(' '))
        .status()
        .unwrap();
    assert!(made.success());
    let before = terminal.ssh("ec2-user", &ip);
    let denied = "Permission denied (publickey";
    assert!(String::from_utf8_lossy(&before.stderr).contains(denied));
    let push = format!(
        "ec2-instance-connect send-ssh-public-key --instance-id {id} --instance-os-user ec2-user \
         --ssh-public-key file://mykey.pem.pub"
    );
    let answer = terminal.json(&format!("{push} --availability-zone us-east-1a"));
    assert_eq!(answer["Success"], true);
    assert_eq!(answer["RequestId"].as_str().unwrap().len(), 36);
    let login = terminal.ssh("ec2-user", &ip);
    let error = String::from_utf8_lossy(&login.stderr);
    assert_eq!(login.status.code(), Some(0), "{error}");
    assert_eq!(login.stdout, b"ec2-user\n");
    let root = terminal.ssh("root", &ip);
    assert!(String::from_utf8_lossy(&root.stderr).contains(denied));

    terminal.text(&format!("ec2 stop-instances --instance-ids {id}"));
    terminal.text(&format!("ec2 wait instance-stopped --instance-ids {id}"));
    terminal.refused(
        &push,
        "(EC2InstanceStateInvalidException) when calling the SendSSHPublicKey operation: Unable to connect because \
         the instance is not in a valid state. Connecting to a stopped or terminated instance is not supported. \
         If the instance is stopped, start your instance, and try to connect again.",
    );
}

#[test]
fn refusals_are_the_lines_that_the_cli_prints_for_aws() {
    let terminal = Terminal::open();
    for (line, expected) in [
        (
            "ec2 describe-key-pairs --key-names nobody",
            "(InvalidKeyPair.NotFound) when calling the DescribeKeyPairs operation: \
             The key pair 'nobody' does not exist",
        ),
        (
            "ec2 run-instances --image-id ami-0123456789abcdef1 --instance-type t3.micro",
            "(InvalidAMIID.NotFound) when calling the RunInstances operation: \
             The image id '[ami-0123456789abcdef1]' does not exist",
        ),
        (
            "ec2 run-instances --key-name k.pem --instance-type t3.micro --image-id \
             resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "(InvalidKeyPair.NotFound) when calling the RunInstances operation: \
             The key pair 'k.pem' does not exist",
        ),
        (
            "ec2 describe-instances --filters Name=state,Values=running",
            "(InvalidParameterValue) when calling the DescribeInstances operation: \
             The filter 'state' is invalid",
        ),
        (
            "ssm get-parameter --name /aws/service/nothing",
            "(ParameterNotFound) when calling the GetParameter operation:",
        ),
        (
            "ec2 describe-volumes --volume-ids vol-0123456789abcdef0",
            "(InvalidVolume.NotFound) when calling the DescribeVolumes operation: \
             The volume 'vol-0123456789abcdef0' does not exist.",
        ),
        (
            "ec2 stop-instances --dry-run --instance-ids i-0123456789abcdef0",
            "(InvalidInstanceID.NotFound) when calling the StopInstances operation: \
             The instance ID 'i-0123456789abcdef0' does not exist",
        ),
        (
            "ec2 allocate-address --dry-run",
            "(DryRunOperation) when calling the AllocateAddress operation: \
             Request would have succeeded, but DryRun flag is set.",
        ),
        // Not simulated: refused at once, and not tried again.
        (
            "ec2 create-vpc --cidr-block 10.0.0.0/16",
            "(InvalidAction) when calling the CreateVpc operation: \
             The action CreateVpc is not valid for this web service.",
        ),
    ] {
        terminal.refused(line, expected);
    }
}

#[test]
fn the_demo_passes_every_step_with_the_real_cli() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(program())
        .args(["demo", "--pace", "instant"])
        .env_clear()
        .env("PATH", path())
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        printed.ends_with("\nEvery step passed.\n"),
        "{printed}\n{error}"
    );
    assert_eq!(output.status.code(), Some(0), "{error}");
}
