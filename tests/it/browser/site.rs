//! The console of a `serve` of one test's own, and who else acts on its account.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::chromium::{Chromium, Scripts};
use crate::aws::folder_of_aws;
use crate::desk::program;
use crate::served::{Answer, Served};

/// The account that the API's calls and the page act on.
const SEED: &str = r#"{"format": 1, "accounts": [{"access_key_id": "AKIAIOSFODNN7EXAMPLE"}]}"#;

/// An account with a key pair, an instance, and a group that lets SSH in.
pub(crate) const FURNITURE: &str = r#"{"format": 1, "accounts": [{
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "key_pairs": [{"name": "testkeypair", "public_key":
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKVnS5sGkI6Z8kUNobdCcORzoK/zFDj9Y5YAOvc8z6Cv"}],
    "security_groups": [{"name": "ssh", "ingress": [{"protocol": "tcp", "from_port": 22, "cidr": "0.0.0.0/0"}]}],
    "instances": [{"name": "web", "key_pair": "testkeypair", "security_groups": ["ssh"]}]
}]}"#;

/// A console.
pub(crate) struct Site {
    pub(crate) served: Served,
    folder: tempfile::TempDir,
}

impl Site {
    /// Starts it, with an empty account.
    pub(crate) fn open() -> Self {
        Self::with(SEED)
    }

    /// Starts it, with what a seed has.
    pub(crate) fn with(text: &str) -> Self {
        Self::meeting(text, &[])
    }

    /// The same, and calls meet faults, as `--fault` takes them.
    pub(crate) fn meeting(text: &str, faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let seed = folder.path().join("seed.json");
        std::fs::write(&seed, text).unwrap();
        let mut command = Command::new(program());
        command.args(["serve", "--ec2", "127.0.0.1:0", "--pace", "instant"]);
        command
            .args(["--console", "127.0.0.1:0"])
            .arg("--seed")
            .arg(seed);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let served = Served::from(&mut command);
        Self { served, folder }
    }

    /// The link of the ready line.
    pub(crate) fn first_link(&self) -> String {
        self.served.ready["console"].as_str().unwrap().to_owned()
    }

    /// Where the console is: `http://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        let link = self.first_link();
        link.split("/open").next().unwrap().to_owned()
    }

    /// Another link.
    pub(crate) fn link(&self) -> String {
        let request =
            "POST /_groundschool/console HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
        let answer = self.served.connect().send(request.as_bytes()).unwrap();
        let answer: Value = serde_json::from_str(&answer.body).unwrap();
        answer["console"].as_str().unwrap().to_owned()
    }

    /// A browser with the console open.
    pub(crate) fn browser(&self, scripts: Scripts) -> Chromium {
        let browser = Chromium::open(scripts);
        browser.go(&self.link());
        browser.see("h1", "EC2 dashboard");
        browser
    }

    /// A call of the API, by another client.
    pub(crate) fn ask(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let form: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.served.connect().ec2(action, &form).unwrap()
    }

    /// The same, taken.
    #[track_caller]
    pub(crate) fn done(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.ask(action, fields);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// The names of the key pairs, as the API has them.
    pub(crate) fn key_pairs(&self) -> Vec<String> {
        let answer = self.done("DescribeKeyPairs", &[]);
        answer.all("keyName").map(unescaped).collect()
    }

    /// What the real AWS CLI prints for a command.
    #[track_caller]
    pub(crate) fn aws(&self, line: &str) -> String {
        let output = Command::new(folder_of_aws().join("aws"))
            .args(line.split_whitespace())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.folder.path())
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
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
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {line}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// The text of an XML element.
pub(crate) fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).unwrap().into_owned()
}
