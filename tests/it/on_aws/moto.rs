//! The whole lesson on a stand-in for AWS that is not ours: moto plays EC2, Debian's OpenSSH server is the instance.
//!
//! Everything runs in namespaces of its own: the instances' addresses are added to the loopback device there as the network of AWS
//! would, and nothing is left when the terminal is closed. Only root can have a second user to sign in as: others do not run it.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::fake::{LONG, again_until};
use crate::aws::folder_of_aws;
use crate::desk::program;
use crate::learner::steps;
use crate::terminal::Terminal;

/// What becomes the learner's terminal: `$1` is the folder, the rest the command.
const STAGE: &str = r#"set -e
dir=$1; shift
mount --bind "$dir/passwd" /etc/passwd
mount -t tmpfs tmpfs /run
mkdir /run/sshd
ip link set lo up
ip route add default dev lo
echo 2 >/proc/sys/net/ipv4/tcp_syn_retries
moto_server -H 127.0.0.1 -p 5000 >"$dir/moto.log" 2>&1 &
LD_LIBRARY_PATH=$SSHD_LIBRARIES "$SSHD" -f "$dir/sshd_config" -E "$dir/sshd.log"
until curl -s -o /dev/null http://127.0.0.1:5000/moto-api/; do sleep 0.2; done
exec setsid --ctty "$@""#;

/// What AWS's own network does: the instance gets its address, and the key pair's public half.
const NETWORK: &str = r#"address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
ip addr add $address/32 dev lo
aws ec2 describe-key-pairs --key-names testkeypair --include-public-key --query 'KeyPairs[0].PublicKey' --output text > "$INSTANCE_KEYS"
"#;

struct Moto {
    dir: tempfile::TempDir,
    terminal: Terminal,
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// OpenSSH's server: the computer's own program (never its service), or the one that `tests/run` unpacked.
fn sshd() -> PathBuf {
    let unpacked =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/sshd/usr/sbin/sshd");
    let found = [PathBuf::from("/usr/sbin/sshd"), unpacked]
        .into_iter()
        .find(|program| program.is_file());
    found.expect("OpenSSH's server is missing here: run tests/run")
}

/// The folder with `moto_server`.
fn tools() -> PathBuf {
    let tools = folder_of_aws();
    // A venv's scripts name the venv that they were made in.
    let script = std::fs::read_to_string(tools.join("aws")).unwrap_or_default();
    let made_in = script
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("#!"));
    let made_in = made_in.and_then(|python| Path::new(python).parent());
    let folders = [Some(tools.as_path()), made_in];
    let found = folders
        .into_iter()
        .flatten()
        .find(|folder| folder.join("moto_server").is_file());
    found
        .expect("moto is missing here: run tests/run")
        .to_owned()
}

/// The folder of libraries that were unpacked with the server.
fn libraries(sshd: &Path) -> OsString {
    let usr = sshd.ancestors().nth(2).unwrap_or(Path::new("/usr"));
    let kinds = std::fs::read_dir(usr.join("lib"))
        .into_iter()
        .flatten()
        .flatten();
    let found = kinds
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with("-linux-gnu"));
    found.map(Into::into).unwrap_or_default()
}

impl Moto {
    fn open(more: &[&str]) -> Self {
        let sshd = sshd();
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        for name in ["home", "instance", "keys"] {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
        let home = folder.join("home");
        std::fs::write(
            home.join(".bashrc"),
            "PS1='READY> '\nbind 'set enable-bracketed-paste off'\n",
        )
        .unwrap();
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let mut list = format!("root:x:0:0::{}:/bin/bash\n", home.display());
        for line in users
            .lines()
            .filter(|line| line.split(':').nth(2) != Some("0"))
        {
            let _ = writeln!(list, "{line}");
        }
        if !list.contains("\nsshd:") {
            list.push_str("sshd:x:23573:65534::/run/sshd:/usr/sbin/nologin\n");
        }
        let _ = writeln!(
            list,
            "ec2-user:x:23572:23572::{}:/bin/bash",
            folder.join("instance").display()
        );
        std::fs::write(folder.join("passwd"), list).unwrap();
        let host_key = folder.join("host_key");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&host_key)
            .status()
            .unwrap();
        assert!(made.success());
        let keys = folder.join("keys/authorized_keys");
        std::fs::write(&keys, "").unwrap();
        let config = format!(
            "Port 22\nListenAddress 0.0.0.0\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n",
            host_key.display(),
            keys.display()
        );
        let parts = sshd.ancestors().nth(2).unwrap().join("lib/openssh");
        let parts = [
            ("SshdSessionPath", "sshd-session"),
            ("SshdAuthPath", "sshd-auth"),
        ]
        .map(|(setting, name)| (setting, parts.join(name)));
        // From OpenSSH 9.8 on the server's parts are files of their own.
        let parts = parts.iter().filter(|(_, path)| path.is_file());
        let config = parts.fold(config, |all, (setting, path)| {
            format!("{all}{setting} {}\n", path.display())
        });
        std::fs::write(folder.join("sshd_config"), config).unwrap();
        // The instance's own user must get there.
        for name in ["", "instance", "keys", "keys/authorized_keys"] {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(folder.join(name), mode).unwrap();
        }
        let tools = tools();
        let variables: Vec<(OsString, OsString)> = vec![
            (
                "PATH".into(),
                format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", tools.display()).into(),
            ),
            ("HOME".into(), home.clone().into()),
            ("SHELL".into(), "/bin/bash".into()),
            ("TERM".into(), "xterm".into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("SSHD".into(), sshd.clone().into()),
            ("SSHD_LIBRARIES".into(), libraries(&sshd)),
            ("INSTANCE_KEYS".into(), keys.into()),
            ("AWS_ACCESS_KEY_ID".into(), "rehearsal".into()),
            ("AWS_SECRET_ACCESS_KEY".into(), "rehearsal".into()),
            ("AWS_DEFAULT_REGION".into(), "us-east-1".into()),
            ("AWS_EC2_METADATA_DISABLED".into(), "true".into()),
            ("AWS_PAGER".into(), "".into()),
        ];
        let mut words: Vec<OsString> = [
            "--net",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
            "/bin/sh",
            "-c",
            STAGE,
            "sh",
        ]
        .map(Into::into)
        .into();
        words.push(folder.into());
        words.push(program().into());
        words.extend(
            [
                "learn",
                "1",
                "--on",
                "aws",
                "--unlock",
                "--plain",
                "--my-address",
                "198.51.100.7",
                "--endpoint-url",
                "http://127.0.0.1:5000",
                "--aws-timeout",
                "120",
                "--lab",
            ]
            .map(Into::into),
        );
        words.push(folder.join("lab").into());
        words.extend(more.iter().map(OsString::from));
        let terminal = Terminal::start(Path::new("/usr/bin/unshare"), &words, &variables, folder);
        let mut moto = Self { dir, terminal };
        moto.terminal.wait_up_to(2 * LONG, "Account 123456789012");
        moto.terminal.wait_up_to(2 * LONG, "last four digits");
        moto.terminal.press("9012\r");
        moto.terminal.wait_up_to(LONG, "READY> ");
        moto
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("lab/aws/work")
    }

    /// Runs a script in the learner's shell, as one command.
    fn script(&mut self, name: &str, text: &str) -> String {
        std::fs::write(self.work().join(name), text).unwrap();
        self.terminal.press(&format!(". ./{name}\r"));
        self.terminal
            .wait_up_to(2 * LONG, "READY> ")
            .replace("\r\n| ", " ")
    }

    /// One of the solution's steps. The image is named by its id: moto does not resolve parameters at launch.
    fn step(&mut self, wanted: &str) -> String {
        let steps = steps();
        let (_, script) = steps.iter().find(|(step, _)| *step == wanted).unwrap();
        let name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
        let script = script.replace(
            &format!("resolve:ssm:{name}"),
            &format!(
                "$(aws ssm get-parameter --name {name} --query Parameter.Value --output text)"
            ),
        );
        self.script(&format!("{wanted}.sh"), &script)
    }

    fn types(&mut self, line: &str) {
        self.terminal.press(&format!("{line}\r"));
        self.terminal.wait_up_to(2 * LONG, "READY> ");
    }

    fn awaits(&mut self, text: &str) -> String {
        again_until(&mut self.terminal, "lab check", text)
    }

    /// What the program itself has called.
    fn calls(&self) -> Vec<serde_json::Value> {
        let record = self
            .dir
            .path()
            .join("lab/aws/.groundschool/aws-calls.jsonl");
        let record = std::fs::read_to_string(record).unwrap();
        record
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Only looks and dry runs; each kind once a look; a bounded number.
fn few_and_harmless(calls: &[serde_json::Value], most: usize) {
    assert!(calls.len() <= most, "{} calls: {calls:#?}", calls.len());
    let mut looks = std::collections::BTreeSet::new();
    for call in calls {
        let words: Vec<&str> = call["words"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|word| word.as_str())
            .collect();
        let verb = words.get(1).copied().unwrap_or_default();
        let harmless = verb.starts_with("describe-")
            || verb.starts_with("get-")
            || words.contains(&"--dry-run")
            || words[0] == "--version";
        assert!(harmless, "{words:?}");
        let look = call["look"].as_u64().unwrap();
        assert!(
            look == 0 || looks.insert((look, verb.to_owned())),
            "twice in look {look}: {words:?}"
        );
    }
}

#[test]
fn the_whole_lesson_and_some_of_its_mistakes_on_a_stand_in_for_aws() {
    if !is_root() {
        println!(
            "not run: whoever runs these tests is not root, and cannot have a second user to sign in as"
        );
        return;
    }
    let mut moto = Moto::open(&[]);
    moto.step("create-key-pair");
    moto.awaits("No instance with key pair testkeypair");
    moto.step("launch");
    moto.script("network.sh", NETWORK);
    moto.awaits("No attempt with that file");
    // Nobody sees the learner's calls: what was refused is told from the line and the account.
    moto.types("aws ec2 create-key-pair --key-name testkeypair --query KeyName");
    moto.awaits("Key pair testkeypair is in your account already");
    moto.step("meet-the-error");
    moto.awaits("its mode is 644");
    moto.step("chmod-400");
    moto.awaits("Nobody has signed in");
    let ssh = "ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes";
    let strict =
        "ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes";
    for (line, words) in [
        (
            format!("{ssh} -i testkeypair.pem ubuntu@$address whoami"),
            "knows only ec2-user",
        ),
        (
            format!("{ssh} ec2-user@$address whoami"),
            "no key file was named",
        ),
        (
            format!("{ssh} -i testkeypair.pem -p 2222 ec2-user@$address whoami"),
            "listens for ssh on port 22",
        ),
        (
            format!("{ssh} -o ConnectTimeout=2 -i testkeypair.pem ec2-user@203.0.113.77 whoami"),
            "none of your instances has that address",
        ),
        (
            format!("{strict} -i testkeypair.pem ec2-user@$address"),
            "it did not accept the machine's host key",
        ),
    ] {
        moto.types(&line);
        moto.awaits(words);
    }
    moto.step("sign-in");
    moto.awaits("No command was run there yet");
    moto.step("look-around");
    moto.awaits("Still there: Instance");
    moto.step("clean-up");
    moto.awaits("Security group ssh-practice");
    // What the learner copies from the list.
    moto.script(
        "leftovers.sh",
        "lab leftovers | sed -n 's/^|     aws/aws/p' > cures.sh\ncat cures.sh\n. ./cures.sh\n",
    );
    moto.awaits("[passed]");
    moto.terminal.press("exit\r");
    moto.terminal
        .wait_up_to(LONG, "Nothing is left in region us-east-1");
    few_and_harmless(&moto.calls(), 160);
    // The learner's own list of known hosts has the host, and nothing else of theirs was made.
    let ssh = moto.dir.path().join("home/.ssh");
    let names: Vec<_> = std::fs::read_dir(ssh)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| name.to_string_lossy().starts_with("known_hosts")),
        "{names:?}"
    );
}

#[test]
fn a_login_that_was_not_watched_is_proven_by_a_code() {
    if !is_root() {
        println!(
            "not run: whoever runs these tests is not root, and cannot have a second user to sign in as"
        );
        return;
    }
    let mut moto = Moto::open(&["--no-ssh-wrapper"]);
    for step in ["create-key-pair", "launch"] {
        moto.step(step);
    }
    moto.script(
        "network.sh",
        &format!("{NETWORK}chmod 400 testkeypair.pem\n"),
    );
    // Where the instance's user has the list of keys on AWS.
    let instance = moto.dir.path().join("instance/.ssh");
    std::fs::create_dir(&instance).unwrap();
    std::os::unix::fs::symlink(
        moto.dir.path().join("keys/authorized_keys"),
        instance.join("authorized_keys"),
    )
    .unwrap();
    let shown = again_until(&mut moto.terminal, "lab code", "sha256sum");
    // What was flattened after it belongs to the next sentence.
    let command = &shown[shown.find("echo ").unwrap()..];
    let end = command.find("cut -c1-8").unwrap() + "cut -c1-8".len();
    let command = &command[..end];
    let sign_in = "word=$(ssh -o StrictHostKeyChecking=accept-new -o BatchMode=yes -i testkeypair.pem ec2-user@$address \"$(cat paste.sh)\"); echo word is $word\n";
    std::fs::write(moto.work().join("paste.sh"), command).unwrap();
    let shown = moto.script("sign-in.sh", sign_in);
    let word = shown.split("word is ").nth(1).unwrap_or_default();
    let word: String = word.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(word.len(), 8, "{shown}");
    again_until(
        &mut moto.terminal,
        "lab code nonsense",
        "is not what the command prints",
    );
    again_until(
        &mut moto.terminal,
        &format!("lab code {word}"),
        "Next, step 9 of 9",
    );
}
