//! A learner on AWS whose `aws` is a script: it answers as the file `mode` says.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::desk::program;
use crate::terminal::Terminal;

/// How long a look may take on a busy computer.
pub(super) const LONG: Duration = Duration::from_secs(90);

/// An empty account, and what goes wrong with it.
const AWS: &str = r#"#!/bin/sh
echo "$*" >>"$FAKE/calls"
case $(cat "$FAKE/mode") in
  expired) echo "An error occurred (ExpiredToken) when calling the X operation: The security token included in the request is expired" >&2; exit 254 ;;
  sso) echo "Error loading SSO Token: Token for my-sso does not exist" >&2; exit 255 ;;
  denied) echo "An error occurred (UnauthorizedOperation) when calling the X operation: You are not authorized to perform this operation." >&2; exit 254 ;;
  throttled) echo "An error occurred (RequestLimitExceeded) when calling the X operation: Request limit exceeded." >&2; exit 254 ;;
  offline) echo 'Could not connect to the endpoint URL: "https://ec2.us-east-1.amazonaws.com/"' >&2; exit 255 ;;
  noregion) case "$*" in *ec2*) echo "You must specify a region. You can also configure your region by running \"aws configure\"." >&2; exit 253 ;; esac ;;
  wrongregion) case "$*" in *ec2*) echo "An error occurred (OptInRequired) when calling the X operation: You are not subscribed to this service." >&2; exit 254 ;; esac ;;
  hang) echo $$ >>"$FAKE/hung"; sleep 1000 & echo $! >>"$FAKE/hung"; wait ;;
  old) case "$*" in --version) echo "aws-cli/2.9.19 Python/3.11.2 Linux/6"; exit 0 ;; esac ;;
esac
case "$*" in
  --version) echo "aws-cli/2.30.0 Python/3.13.7 Linux/6 exe/x86_64" ;;
  *--dry-run*)
    if [ "$(cat "$FAKE/mode")" = nodry ] && [ "$2" = run-instances ]; then
      echo "An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized" >&2
    else
      echo "An error occurred (DryRunOperation) when calling the X operation: Request would have succeeded, but DryRun flag is set." >&2
    fi
    exit 254 ;;
  sts*)
    who=user/learner
    [ "$(cat "$FAKE/mode")" = root ] && who=root
    echo "{\"UserId\": \"x\", \"Account\": \"111122223333\", \"Arn\": \"arn:aws:iam::111122223333:$who\"}" ;;
  *describe-availability-zones*) echo '{"AvailabilityZones": [{"RegionName": "us-east-1", "ZoneName": "us-east-1a"}]}' ;;
  *describe-key-pairs*) echo '{"KeyPairs": []}' ;;
  *describe-instances*) echo '{"Reservations": []}' ;;
  *describe-security-groups*) echo '{"SecurityGroups": [{"GroupId": "sg-0default", "GroupName": "default", "IpPermissions": []}]}' ;;
  *describe-addresses*)
    case $(cat "$FAKE/mode") in
      leftover) echo '{"Addresses": [{"AllocationId": "eipalloc-0a", "PublicIp": "203.0.113.9"}]}' ;;
      *) echo '{"Addresses": []}' ;;
    esac ;;
  *describe-volumes*) echo '{"Volumes": []}' ;;
  *get-parameter*) echo '{"Parameter": {"Name": "x", "Value": "ami-0123456789abcdef0"}}' ;;
  *) echo "fake aws: $*" >&2; exit 2 ;;
esac
"#;

pub(super) struct Fake {
    dir: tempfile::TempDir,
}

impl Fake {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let fake = Self { dir };
        let (home, bin) = (fake.folder().join("home"), fake.folder().join("bin"));
        std::fs::create_dir(&home).unwrap();
        std::fs::create_dir(&bin).unwrap();
        std::fs::write(
            home.join(".bashrc"),
            "PS1='READY> '\nbind 'set enable-bracketed-paste off'\n",
        )
        .unwrap();
        let aws = bin.join("aws");
        std::fs::write(&aws, AWS).unwrap();
        std::fs::set_permissions(&aws, std::fs::Permissions::from_mode(0o755)).unwrap();
        fake.mode("ok");
        fake
    }

    pub(super) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// How `aws` behaves from now on.
    pub(super) fn mode(&self, mode: &str) {
        // Renamed into its place: a script that reads it sees the old or the new one.
        let new = self.folder().join("mode.new");
        std::fs::write(&new, mode).unwrap();
        std::fs::rename(new, self.folder().join("mode")).unwrap();
    }

    /// Every call of `aws` so far, the learner's own too.
    pub(super) fn calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string(self.folder().join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder().join("lab")
    }

    pub(super) fn variables(&self) -> Vec<(OsString, OsString)> {
        let path = format!("{}:/usr/bin:/bin", self.folder().join("bin").display());
        vec![
            ("PATH".into(), path.into()),
            ("HOME".into(), self.folder().join("home").into()),
            ("FAKE".into(), self.folder().into()),
            ("SHELL".into(), "/bin/bash".into()),
            ("TERM".into(), "xterm".into()),
            ("LANG".into(), "C.UTF-8".into()),
        ]
    }

    /// `groundschool learn --on aws` in a terminal.
    pub(super) fn learn(&self, more: &[&str]) -> Terminal {
        let root = self.root();
        let mut words = vec![
            "learn",
            "--on",
            "aws",
            "--plain",
            "--my-address",
            "198.51.100.7",
            "--lab",
            root.to_str().unwrap(),
        ];
        words.extend(more);
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        Terminal::start(program(), &words, &self.variables(), self.folder())
    }

    /// The lab's shell, after the list and the four digits.
    pub(super) fn open(&self, more: &[&str]) -> Terminal {
        let mut terminal = self.learn(&[&["--unlock"], more].concat());
        terminal.wait_up_to(LONG, "last four digits");
        terminal.press("3333\r");
        terminal.wait_up_to(LONG, "READY> ");
        terminal
    }

    /// A command without a terminal.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(program())
            .args(arguments)
            .env_clear()
            .envs(self.variables())
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Types a line again until what it shows holds the text.
#[track_caller]
pub(super) fn again_until(terminal: &mut Terminal, line: &str, text: &str) -> String {
    let deadline = Instant::now() + LONG;
    loop {
        terminal.press(&format!("{line}\r"));
        let shown = terminal.wait_up_to(LONG, "READY> ");
        // What is wrapped is one sentence all the same.
        let flat = shown.replace("\r\n| ", " ");
        if flat.contains(text) {
            return flat;
        }
        assert!(Instant::now() < deadline, "no {text:?} in {flat}");
    }
}
