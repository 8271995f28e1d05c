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
    let key =
        terminal.text("ec2 create-key-pair --key-name mykey --query KeyMaterial --output text");
    let file = terminal.folder.path().join("mykey.pem");
    std::fs::write(&file, key + "\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
    std::fs::set_permissions(&file, mode).unwrap();

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
