//! `authorized_keys` on the machine's disk is what the door reads: keys are rotated there, and lock their owner out.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use groundschool::keys::{KeyType, PrivateKey};
use groundschool::lab::stage::Stage as _;

use super::lab::Lab;

const DENIED: &str = "Permission denied (publickey,gssapi-with-mic).\n";

/// A second key of the learner's, as a private file and a `.pub` beside it.
fn second(lab: &Lab) -> String {
    let key = PrivateKey::generate(KeyType::Ed25519, &mut rand::rng()).unwrap();
    lab.file("new.pem", key.pem(), 0o400);
    let line = key.public().openssh("new");
    lab.file("new.pem.pub", &format!("{line}\n"), 0o644);
    line
}

/// Whether this key opens the machine; anything but an open or a closed door fails.
#[track_caller]
fn opens(lab: &Lab, key: &str) -> bool {
    let user = lab.as_user("ec2-user");
    let said = lab.ssh(&["-i", key, "-o", "IdentitiesOnly=yes", &user, "true"]);
    match said.status {
        Some(0) => true,
        Some(255) => {
            assert_eq!(said.stderr, format!("{user}: {DENIED}"));
            false
        }
        other => panic!("{other:?}: {}", said.stderr),
    }
}

#[track_caller]
fn on(lab: &Lab, key: &str, line: &str, input: &[u8]) -> String {
    let user = lab.as_user("ec2-user");
    let said = lab.ssh_with(&["-i", key, "-o", "IdentitiesOnly=yes", &user, line], input);
    assert_eq!((said.stderr.as_str(), said.status), ("", Some(0)), "{line}");
    said.stdout
}

#[test]
fn a_key_is_rotated_by_appending_the_new_one_and_taking_the_old_one_away() {
    let lab = Lab::open();
    let line = second(&lab);
    assert!(!opens(&lab, "new.pem"));
    on(
        &lab,
        "key.pem",
        "cat >> .ssh/authorized_keys",
        format!("{line}\n").as_bytes(),
    );
    assert!(opens(&lab, "new.pem") && opens(&lab, "key.pem"));
    on(
        &lab,
        "new.pem",
        "grep -v ' key$' .ssh/authorized_keys > left && cat left > .ssh/authorized_keys",
        b"",
    );
    assert!(opens(&lab, "new.pem") && !opens(&lab, "key.pem"));
    assert_eq!(
        on(
            &lab,
            "new.pem",
            "cat ~/.ssh/authorized_keys; stat -c %a .ssh/authorized_keys",
            b""
        ),
        format!("{line}\n600\n")
    );
}

#[test]
fn whoever_takes_the_only_line_away_is_locked_out() {
    let lab = Lab::open();
    on(&lab, "key.pem", "> ~/.ssh/authorized_keys", b"");
    assert!(!opens(&lab, "key.pem"));

    let lab = Lab::open();
    on(
        &lab,
        "key.pem",
        "mv .ssh/authorized_keys .ssh/authorised_keys",
        b"",
    );
    assert!(!opens(&lab, "key.pem"));
}

#[test]
fn whoever_lets_others_write_is_locked_out() {
    for line in [
        "chmod 777 ~",
        "chmod g+w ~",
        "chmod 770 .ssh",
        "chmod 666 .ssh/authorized_keys",
        "chmod -R 777 .ssh",
        "sudo chown nobody .ssh/authorized_keys",
    ] {
        let lab = Lab::open();
        on(&lab, "key.pem", line, b"");
        assert!(!opens(&lab, "key.pem"), "{line}");
    }
    // What others may only read is no danger: sshd looks at writing alone.
    let lab = Lab::open();
    on(
        &lab,
        "key.pem",
        "chmod 755 ~ .ssh; chmod 644 .ssh/authorized_keys",
        b"",
    );
    assert!(opens(&lab, "key.pem"));
}

#[test]
fn ssh_copy_id_installs_a_key_and_leaves_the_file_closed() {
    let lab = Lab::open();
    second(&lab);
    let home = lab.folder.path().join("home");
    std::fs::create_dir_all(home.join(".ssh")).unwrap();
    std::fs::set_permissions(home.join(".ssh"), PermissionsExt::from_mode(0o700)).unwrap();
    // The key that opens the machine is a file, so ssh-copy-id would log in with it and believe that the new one is there:
    // that is why `-f` is given, as it has to be with a real machine.
    let copy = |force: &[&str]| {
        let mut command = Command::new("ssh-copy-id");
        command
            .current_dir(lab.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", &home)
            .stdin(Stdio::null())
            .args(force)
            .args(["-i", "new.pem.pub", "-p", &lab.stage.port().to_string()]);
        for option in [
            "IdentityFile=key.pem",
            "UserKnownHostsFile=known_hosts",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=accept-new",
            "IdentityAgent=none",
        ] {
            command.args(["-o", option]);
        }
        let output = command.arg(lab.as_user("ec2-user")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    };
    let said = copy(&["-f"]);
    assert!(said.contains("Number of key(s) added: 1"), "{said}");
    assert!(opens(&lab, "new.pem") && opens(&lab, "key.pem"));
    assert_eq!(
        on(
            &lab,
            "key.pem",
            "stat -c %a .ssh .ssh/authorized_keys; wc -l < .ssh/authorized_keys",
            b""
        ),
        "700\n600\n2\n"
    );
    let said = copy(&[]);
    assert!(
        said.contains("already exist on the remote system"),
        "{said}"
    );
}

#[test]
fn a_key_made_on_the_machine_is_one_that_the_real_ssh_keygen_reads() {
    let lab = Lab::open();
    let made = on(
        &lab,
        "key.pem",
        "ssh-keygen -t ed25519 -N '' -C there -f inner",
        b"",
    );
    assert!(
        made.starts_with(
            "Generating public/private ed25519 key pair.\nYour identification has been saved in inner\n\
             Your public key has been saved in inner.pub\nThe key fingerprint is:\nSHA256:"
        ),
        "{made}"
    );
    let private = on(&lab, "key.pem", "cat inner", b"");
    lab.file("inner", &private, 0o600);
    let real = |arguments: &[&str]| {
        let output = Command::new("ssh-keygen")
            .args(arguments)
            .current_dir(lab.folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for line in ["-y -f inner", "-l -f inner", "-lv -f inner"] {
        let arguments: Vec<&str> = line.split(' ').collect();
        assert_eq!(
            on(&lab, "key.pem", &format!("ssh-keygen {line}"), b""),
            real(&arguments),
            "{line}"
        );
    }
    assert!(made.contains(real(&["-l", "-f", "inner"]).split(' ').nth(1).unwrap()));
    // Two keys are never the same.
    let other = on(
        &lab,
        "key.pem",
        "ssh-keygen -q -t ed25519 -N '' -f other; cat other.pub",
        b"",
    );
    assert_ne!(
        other.split(' ').nth(1),
        on(&lab, "key.pem", "cat inner.pub", b"").split(' ').nth(1)
    );
}
