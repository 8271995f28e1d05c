//! Other clients than OpenSSH's, and an audit of what the server offers. `tests/run` installs them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use groundschool::keys::KeyType;
use groundschool::lab::server::ssh::Settings;
use groundschool::lab::stage::Stage as _;
use groundschool::machine::Family;

use super::lab::Lab;

/// A program of the Python environment that `tests/run` makes.
pub(super) fn installed(name: &str) -> PathBuf {
    let bin = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/venv/bin");
    let program = bin.join(name);
    assert!(
        program.exists(),
        "{} is missing: tests/run installs it",
        program.display()
    );
    program
}

/// A script beside this file, started with the machine's address, port and key.
pub(super) fn script(lab: &Lab, name: &str, more: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ssh/clients");
    clean(lab, &installed("python"))
        .arg(folder.join(name))
        .args([&lab.address, &lab.stage.port().to_string(), "key.pem"])
        .args(more)
        .output()
        .unwrap()
}

fn clean(lab: &Lab, program: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(lab.folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", lab.folder.path())
        .env("LANG", "C.UTF-8");
    command
}

#[track_caller]
pub(super) fn heard(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn paramiko_runs_commands_moves_files_and_forwards() {
    let lab = Lab::open();
    assert_eq!(
        heard(&script(&lab, "paramiko_tour.py", &[])),
        "exec b'hello\\n' b'oops\\n' 5\n\
         sftp b'abc' 3\n\
         shell 6\n\
         forward b'HTTP/1.0 200 OK' b'abc'\n\
         closed port 2\n\
         remote forward TCP forwarding request denied\n"
    );
}

#[test]
fn asyncssh_sends_signals_and_variables_and_forwards() {
    let lab = Lab::open();
    assert_eq!(
        heard(&script(&lab, "asyncssh_tour.py", &[])),
        "exec 'hi\\n' 4\n\
         signal TERM TERM\n\
         signal INT INT\n\
         signal USR1 USR1\n\
         window True\n\
         env nb_NO.UTF-8-\n\
         sftp True\n\
         forward b'HTTP/1.0 200 OK'\n\
         remote forward refused\n"
    );
}

#[test]
fn dropbears_client_runs_a_command() {
    let lab = Lab::open();
    let converted = clean(&lab, Path::new("dropbearconvert"))
        .args(["openssh", "dropbear", "key.pem", "key.db"])
        .output()
        .unwrap();
    heard(&converted);
    let output = clean(&lab, Path::new("dbclient"))
        .args([
            "-y",
            "-T",
            "-p",
            &lab.stage.port().to_string(),
            "-i",
            "key.db",
        ])
        .args([&lab.as_user("ec2-user"), "whoami; exit 3"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        (said.as_ref(), output.status.code()),
        ("ec2-user\n", Some(3)),
        "{output:?}"
    );
}

#[test]
fn ansible_pings_the_machine() {
    let lab = Lab::open();
    let line = format!(
        "{} ansible_port={} ansible_user=ec2-user ansible_ssh_private_key_file=key.pem ansible_ssh_common_args='-F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ControlPath=none'\n",
        lab.address,
        lab.stage.port()
    );
    lab.file("inventory", &line, 0o600);
    let ansible = |module: &[&str]| {
        let output = clean(&lab, &installed("ansible"))
            .env("ANSIBLE_HOME", lab.folder.path().join("ansible"))
            .args(["-i", "inventory", "all", "-m"])
            .args(module)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let ping = ansible(&["ping"]);
    assert!(
        ping.contains("| SUCCESS =>") && ping.contains("\"ping\": \"pong\""),
        "{ping}"
    );
    let raw = ansible(&["raw", "-a", "whoami"]);
    assert!(raw.contains("| CHANGED | rc=0 >>\nec2-user"), "{raw}");
    // What it cannot do it says.
    let setup = ansible(&["setup"]);
    assert!(
        setup.contains("FAILED") && setup.contains("simulated machine"),
        "{setup}"
    );
}

/// What the auditor finds at fault, without its notes and its recommendations.
fn audit(family: Family) -> Vec<String> {
    let lab = Lab::new(family, KeyType::Ed25519, Settings::default());
    let output = clean(&lab, &installed("ssh-audit"))
        .args([
            "--json",
            "--skip-rate-test",
            "-p",
            &lab.stage.port().to_string(),
            &lab.address,
        ])
        .output()
        .unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut faults = Vec::new();
    for kind in ["kex", "key", "enc", "mac"] {
        for one in found[kind].as_array().unwrap() {
            for level in ["fail", "warn"] {
                for note in one["notes"][level].as_array().into_iter().flatten() {
                    let name = one["algorithm"].as_str().unwrap();
                    faults.push(format!("{level}: {name}: {}", note.as_str().unwrap()));
                }
            }
        }
    }
    assert_eq!(found["cves"].as_array().map_or(0, Vec::len), 0, "{found}");
    faults
}

/// The fallbacks for clients older than OpenSSH 9.9 have no post-quantum part, and the ECDSA host key is the image's own.
#[test]
fn an_audit_finds_nothing_but_what_the_image_has_and_older_clients_need() {
    let fallbacks = [
        "warn: curve25519-sha256: does not provide protection against post-quantum attacks",
        "warn: curve25519-sha256@libssh.org: does not provide protection against post-quantum attacks",
    ];
    let ecdsa = [
        "fail: ecdsa-sha2-nistp256: using elliptic curves that are suspected as being backdoored by the U.S. National Security Agency",
        "warn: ecdsa-sha2-nistp256: using weak random number generator could reveal the key",
    ];
    assert_eq!(audit(Family::Al2023), [&fallbacks[..], &ecdsa].concat());
    let rsa = [
        "warn: rsa-sha2-512: 2048-bit modulus only provides 112-bits of symmetric strength",
        "warn: rsa-sha2-256: 2048-bit modulus only provides 112-bits of symmetric strength",
    ];
    assert_eq!(
        audit(Family::Debian12),
        [&fallbacks[..], &ecdsa, &rsa].concat()
    );
}
