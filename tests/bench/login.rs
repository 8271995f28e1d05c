//! A whole `ssh host true` with the real client, against `serve` and against OpenSSH's own server, in turns.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::crowd;
use crate::numbers::{Times, print_aim, print_ratio};
use crate::served::{Client, Served};
use crate::start::wait_until_idle;

const TURNS: usize = 40;
/// Where Debian has it, and where `tests/run` unpacks it.
const SSHD: &[&str] = &[
    "/usr/sbin/sshd",
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/target/test-tools/sshd/usr/sbin/sshd"
    ),
];

pub fn run() {
    let folder = tempfile::tempdir().expect("a folder for keys");
    let key = folder.path().join("key.pem");
    let port = free_port();
    let server = Served::from(Command::new(env!("CARGO_BIN_EXE_groundschool")).args([
        "serve",
        "--ec2",
        "127.0.0.1:0",
        "--pace",
        "instant",
        "--ssh-port",
        &port.to_string(),
    ]));
    let address = instance_with_key(&server, &key, "rsa");
    wait_until_idle(&server);
    let sshd = Sshd::start(folder.path(), &key);
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for _ in 0..TURNS {
        login(&mut ours, &key, "ec2-user", &address, port);
        if let Some(sshd) = &sshd {
            login(&mut theirs, &key, &whoami(), "127.0.0.1", sshd.port);
        }
    }
    ours.print("ssh host true, groundschool serve");
    if sshd.is_some() {
        theirs.print("ssh host true, OpenSSH's sshd");
        print_ratio("  ratio of medians", &ours, &theirs);
    } else {
        println!(
            "NOT MEASURED: sshd, because it is not installed (Debian: apt-get install openssh-server; `tests/run` unpacks one)"
        );
    }
    print_aim("13 ms", ours.median() <= Duration::from_millis(13));
    // A light client's RSA signatures would cost more than all that the server does.
    let key = folder.path().join("ed25519.pem");
    let address = instance_with_key(&server, &key, "ed25519");
    crowd::run(&server, &key, &address, port);
}

fn login(times: &mut Times, key: &Path, user: &str, host: &str, port: u16) {
    let mut command = Command::new("ssh");
    command.args([
        "-F",
        "/dev/null",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
        "-o",
        "StrictHostKeyChecking=no",
    ]);
    command.args([
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "GlobalKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
        "-i",
    ]);
    command
        .arg(key)
        .args(["-p", &port.to_string(), &format!("{user}@{host}"), "true"])
        .env_remove("SSH_AUTH_SOCK");
    let output = times
        .time(|| command.stdin(Stdio::null()).output())
        .expect("ssh is installed");
    assert!(
        output.status.success(),
        "{user}@{host}:{port}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Launches an instance that lets everybody's SSH in; its public address. Its private key is written to `key`.
fn instance_with_key(server: &Served, key: &Path, kind: &str) -> String {
    let mut client = server.connect();
    let mut call = |action: &str, form: &str| {
        let answer = client.ec2(action, form).expect("an answer");
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        answer
    };
    let pem = call("CreateKeyPair", &format!("KeyName={kind}&KeyType={kind}"))
        .first("keyMaterial")
        .to_owned();
    std::fs::write(key, pem + "\n").expect("the key can be written");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o400))
        .expect("its mode can be set");
    call(
        "RunInstances",
        &format!("ImageId={IMAGE}&MinCount=1&MaxCount=1&InstanceType=t3.micro&KeyName={kind}"),
    );
    // The second instance finds the port open already.
    let rule = "GroupName=default&IpProtocol=tcp&FromPort=22&ToPort=22&CidrIp=0.0.0.0/0";
    let answer = client.ec2("AuthorizeSecurityGroupIngress", rule);
    let answer = answer.expect("an answer").body;
    assert!(
        answer.contains("<return>true") || answer.contains("InvalidPermission.Duplicate"),
        "{answer}"
    );
    running_address(&mut client, kind)
}

/// The image of the guide.
pub const IMAGE: &str =
    "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";

fn running_address(client: &mut Client, key: &str) -> String {
    let filter = format!("Filter.1.Name=key-name&Filter.1.Value.1={key}");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = client.ec2("DescribeInstances", &filter).expect("an answer");
        let address = answer.first("ipAddress");
        if !address.is_empty() && answer.body.contains("<name>running</name>") {
            return address.to_owned();
        }
        assert!(
            Instant::now() < deadline,
            "the instance never runs: {}",
            answer.body
        );
    }
}

/// OpenSSH's own server on loopback, as the current user, with the same kind of host key and the same client key.
struct Sshd {
    child: Child,
    port: u16,
}

impl Sshd {
    fn start(folder: &Path, key: &Path) -> Option<Self> {
        let program = SSHD.iter().find(|path| Path::new(path).exists())?;
        let host_key = folder.join("host_key");
        ssh_keygen(&[
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-f",
            &host_key.to_string_lossy(),
        ]);
        let public = ssh_keygen(&["-y", "-f", &key.to_string_lossy()]);
        let authorized = folder.join("authorized_keys");
        std::fs::write(&authorized, public).expect("a file can be written");
        // As root it wants its folder for unprivileged children.
        let _ = std::fs::create_dir_all("/run/sshd");
        let port = free_port();
        let config = folder.join("sshd_config");
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n\
             PermitRootLogin prohibit-password\nMaxStartups 100\n",
            host_key.display(),
            authorized.display()
        );
        std::fs::write(&config, text).expect("a file can be written");
        // The one that was unpacked has its library beside it.
        let libraries = program.replace("/sbin/sshd", "/lib/x86_64-linux-gnu");
        let child = Command::new(program)
            .env("LD_LIBRARY_PATH", libraries)
            .args(["-D", "-f"])
            .arg(&config)
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd starts");
        let deadline = Instant::now() + Duration::from_secs(10);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "sshd does not listen");
        }
        Some(Self { child, port })
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ssh_keygen(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("ssh-keygen is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn whoami() -> String {
    let output = Command::new("id")
        .arg("-un")
        .output()
        .expect("id is installed");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .port()
}
