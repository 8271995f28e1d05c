//! Files in and out of a machine with the real clients: scp, sftp, pscp, psftp, paramiko.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use groundschool::lab::stage::Stage;

use super::lab::{Lab, Said};

/// Bytes that are no text and that no two places share.
fn binary(length: usize) -> Vec<u8> {
    let mut seed = 1_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

impl Lab {
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, content: &[u8], mode: u32) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn there(&self, path: &str) -> String {
        format!("{}:{path}", self.as_user("ec2-user"))
    }

    fn scp(&self, args: &[&str]) -> Said {
        Self::run(self.copying("scp", args), b"")
    }

    /// `sftp -b -` with these lines.
    fn sftp(&self, lines: &str) -> Said {
        let whom = self.as_user("ec2-user");
        Self::run(self.copying("sftp", &["-b", "-", &whom]), lines.as_bytes())
    }
}

#[track_caller]
fn well(said: &Said) {
    assert_eq!(
        (said.status, said.stderr.as_str()),
        (Some(0), ""),
        "{}",
        said.stdout
    );
}

/// `mode size name` and content of all below a folder, sorted.
fn tree(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(at) = todo.pop() {
        let data = at.symlink_metadata().unwrap();
        let shown = at.strip_prefix(folder).unwrap().display().to_string();
        let content = if data.is_file() {
            format!("{:?}", fs::read(&at).unwrap())
        } else {
            String::new()
        };
        all.push(format!("{shown} {:o} {content}", data.mode() & 0o7777));
        if data.is_dir() {
            todo.extend(
                fs::read_dir(&at)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    all.sort();
    all
}

/// Both of scp's protocols: SFTP, and the old one.
const PROTOCOLS: [&str; 2] = ["-s", "-O"];

#[test]
fn scp_brings_a_file_there_and_back_with_its_mode_and_time() {
    let lab = Lab::open();
    let content = binary(300_000);
    lab.put("up", &content, 0o640);
    let file = fs::File::options()
        .write(true)
        .open(lab.path("up"))
        .unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    file.set_modified(time).unwrap();
    for protocol in PROTOCOLS {
        well(&lab.scp(&[protocol, "-p", "up", &lab.there("there")]));
        let said = lab.login(&["stat -c '%a %s %Y %U' there"]);
        assert_eq!(said.stdout, "640 300000 1600000000 ec2-user\n");
        well(&lab.scp(&[protocol, "-p", &lab.there("there"), "back"]));
        assert_eq!(fs::read(lab.path("back")).unwrap(), content, "{protocol}");
        let data = lab.path("back").metadata().unwrap();
        assert_eq!((data.mode() & 0o7777, data.mtime()), (0o640, 1_600_000_000));
        well(&lab.ssh(&["-i", "key.pem", &lab.as_user("ec2-user"), "rm there"]));
        fs::remove_file(lab.path("back")).unwrap();
    }
}

#[test]
fn a_folder_goes_there_and_back() {
    let lab = Lab::open();
    fs::create_dir_all(lab.path("site/css")).unwrap();
    fs::create_dir(lab.path("site/empty")).unwrap();
    lab.put("site/index.html", b"<h1>hello</h1>\n", 0o644);
    lab.put("site/css/a b.css", b"", 0o600);
    lab.put("site/run.sh", b"#!/bin/sh\n", 0o755);
    for (protocol, back) in PROTOCOLS.into_iter().zip(["one", "two"]) {
        well(&lab.scp(&[protocol, "-rp", "site", &lab.there("")]));
        // Once more, over what is there.
        well(&lab.scp(&[protocol, "-rp", "site", &lab.there(".")]));
        well(&lab.scp(&[protocol, "-rp", &lab.there("site"), back]));
        assert_eq!(tree(&lab.path(back)), tree(&lab.path("site")), "{protocol}");
        let said = lab.login(&["ls -R site; ls -ld site/css; rm -r site"]);
        assert_eq!(said.status, Some(0), "{}{}", said.stdout, said.stderr);
    }
}

#[test]
fn what_the_user_may_not_do_is_denied_in_the_clients_words() {
    let lab = Lab::open();
    lab.put("f", b"x", 0o644);
    let said = lab.scp(&["f", &lab.there("/etc/f")]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        (
            "scp: dest open \"/etc/f\": Permission denied\nscp: failed to upload file f to /etc/f\n",
            Some(1)
        )
    );
    let said = lab.scp(&["-O", "f", &lab.there("/etc/f")]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("scp: /etc/f: Permission denied\n", Some(1))
    );
    let said = lab.scp(&[&lab.there("/etc/shadow"), "got"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        (
            "scp: remote open \"/etc/shadow\": Permission denied\n",
            Some(1)
        )
    );
    let said = lab.scp(&["-O", &lab.there("/etc/shadow"), "got"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("scp: /etc/shadow: Permission denied\n", Some(1))
    );
    let said = lab.scp(&[&lab.there("nofile"), "got"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("scp: nofile: No such file or directory\n", Some(1))
    );
    let said = lab.scp(&["-O", &lab.there("nofile"), "got"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("scp: nofile: No such file or directory\n", Some(1))
    );
    let said = lab.scp(&["-O", &lab.there("/etc"), "got"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("scp: /etc: not a regular file\n", Some(1))
    );
    assert!(!lab.path("got").exists());
}

#[test]
fn the_key_itself_can_be_brought_there_although_nobody_may_write_it() {
    let lab = Lab::open();
    well(&lab.scp(&["-p", "key.pem", &lab.there("")]));
    well(&lab.scp(&["-O", "key.pem", &lab.there("second.pem")]));
    let said = lab.login(&["stat -c '%a %n' *.pem; cat second.pem"]);
    let key = fs::read_to_string(lab.path("key.pem")).unwrap();
    assert_eq!(said.stdout, format!("400 key.pem\n400 second.pem\n{key}"));
}

#[test]
fn sftp_in_a_batch_does_all_that_it_can() {
    let lab = Lab::open();
    lab.put("f", b"hello\n", 0o644);
    let said = lab.sftp(
        "pwd\nput f\nls -l\nmkdir d\nrename f d/g\nln -s d/g link\nls\nchmod 600 d/g\ncd d\npwd\nget g back\ncd ..\nrm d/g\nrmdir d\nrm link\nls\ndf -h\n",
    );
    assert_eq!(said.status, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(
        said.stdout
            .contains("Remote working directory: /home/ec2-user\n"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout
            .contains("-rw-r--r--    1 ec2-user ec2-user        6 "),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("\nd     link  \n"), "{}", said.stdout);
    assert!(
        said.stdout.contains("\n   7.9GB    1.6GB "),
        "{}",
        said.stdout
    );
    assert_eq!(fs::read(lab.path("back")).unwrap(), b"hello\n");
    let said = lab.sftp("put f /etc/f\n");
    assert_eq!(said.status, Some(1));
    assert!(
        said.stderr
            .contains("dest open \"/etc/f\": Permission denied"),
        "{}",
        said.stderr
    );
}

#[test]
fn what_broke_off_is_resumed_in_both_directions() {
    let lab = Lab::open();
    let content = binary(200_000);
    lab.put("whole", &content, 0o644);
    lab.put("part", &content[..70_001], 0o644);
    well(&lab.scp(&["part", &lab.there("there")]));
    let said = lab.sftp("reput whole there\nreget there part\n");
    assert_eq!(said.status, Some(0), "{}{}", said.stdout, said.stderr);
    assert_eq!(fs::read(lab.path("part")).unwrap(), content);
    // A shorter file takes the place of a longer one, wholly.
    lab.put("short", b"short\n", 0o644);
    well(&lab.scp(&["short", &lab.there("there")]));
    assert_eq!(lab.login(&["cat there"]).stdout, "short\n");
}

#[test]
fn an_upload_is_there_in_a_later_session() {
    let lab = Lab::open();
    lab.put("hello.txt", b"hello\n", 0o644);
    well(&lab.scp(&["hello.txt", &lab.there("")]));
    let said = lab.login(&["ls -l"]);
    assert!(
        said.stdout.contains("-rw-r--r--. 1 ec2-user ec2-user 6 ")
            && said.stdout.ends_with(" hello.txt\n"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_full_disk_says_so_and_the_machine_goes_on() {
    let lab = Lab::open();
    lab.put("big", &vec![7; 70 * 1024 * 1024], 0o644);
    let said = lab.scp(&["big", &lab.there("")]);
    // The same two lines as from OpenSSH's own server on a full disk.
    assert_eq!(
        (said.stderr.as_str(), said.status),
        (
            "scp: write remote \"./big\": Failure\nscp: failed to upload file big to .\n",
            Some(1)
        )
    );
    let said = lab.scp(&["-O", "big", &lab.there("other")]);
    assert_eq!(said.status, Some(1), "{}", said.stderr);
    assert_eq!(said.stderr, "scp: other: No space left on device\n");
    let said = lab.login(&["cp big copy; rm big other copy; echo x > y; cat y"]);
    assert!(
        said.stderr
            .contains("cp: error writing 'copy': No space left on device\n"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.ends_with("x\n"), "{}", said.stdout);
}

#[test]
fn many_files_come_and_go() {
    let lab = Lab::open();
    fs::create_dir(lab.path("many")).unwrap();
    for number in 0..1500 {
        lab.put(
            &format!("many/{number}"),
            number.to_string().as_bytes(),
            0o644,
        );
    }
    let said = lab.sftp("put -r many\nls -1 many\nget -r many back\n");
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    assert_eq!(tree(&lab.path("back")).len(), 1501);
    assert_eq!(lab.login(&["ls many | wc -l"]).stdout, "1500\n");
}

#[test]
fn putty_copies_too() {
    let lab = Lab::open();
    let content = binary(100_000);
    lab.put("up", &content, 0o644);
    lab.file("key.ppk", &lab.key.ppk("key"), 0o600);
    let print = lab.host.fingerprint();
    let port = lab.stage.port().to_string();
    let run = |tool: &str, more: &[&str]| {
        let mut command = Command::new(tool);
        command
            .current_dir(lab.folder.path())
            .env("HOME", lab.folder.path())
            .env("PUTTYDIR", lab.path("putty"))
            .args(["-batch", "-P", &port, "-i", "key.ppk", "-hostkey", &print])
            .args(more);
        command
    };
    let said = Lab::run(run("pscp", &["-q", "-p", "up", &lab.there("there")]), b"");
    well(&said);
    let said = Lab::run(
        run("pscp", &["-q", "-scp", &lab.there("there"), "back"]),
        b"",
    );
    well(&said);
    assert_eq!(fs::read(lab.path("back")).unwrap(), content);
    lab.put("lines", b"ls\nget there again\nrm there\nls\n", 0o600);
    let said = Lab::run(
        run("psftp", &["-b", "lines", &lab.as_user("ec2-user")]),
        b"",
    );
    assert_eq!(said.status, Some(0), "{}{}", said.stdout, said.stderr);
    assert!(said.stdout.contains("there\n"), "{}", said.stdout);
    assert_eq!(fs::read(lab.path("again")).unwrap(), content);
}

#[test]
fn an_unknown_subsystem_is_refused_in_sshds_way() {
    let lab = Lab::open();
    let said = lab.login(&["-s", "netconf"]);
    assert_eq!(
        (said.stderr.as_str(), said.status),
        ("subsystem request failed on channel 0\n", Some(255))
    );
}

/// Python with paramiko and asyncssh, which tests/run installs.
fn python() -> std::path::PathBuf {
    let installed =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-tools/venv/bin/python3");
    assert!(
        installed.is_file(),
        "{installed:?} is missing: run tests/run"
    );
    installed
}

/// What a script prints; it is given address, port and folder.
fn script(lab: &Lab, text: &str) -> String {
    let mut python = Command::new(python());
    python
        .current_dir(lab.folder.path())
        .env_clear()
        .env("HOME", lab.folder.path())
        .args(["-c", text, &lab.address, &lab.stage.port().to_string()]);
    let said = Lab::run(python, b"");
    assert_eq!(said.status, Some(0), "{}", said.stderr);
    said.stdout
}

#[test]
fn paramiko_does_what_its_sftp_client_can() {
    let lab = Lab::open();
    let content = binary(3_000_000);
    lab.put("up", &content, 0o644);
    let printed = script(
        &lab,
        r#"
import sys, paramiko
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect(sys.argv[1], int(sys.argv[2]), "ec2-user", key_filename="key.pem", allow_agent=False, look_for_keys=False)
sftp = client.open_sftp()
print(sftp.normalize("."), sftp.put("up", "there").st_size)
sftp.mkdir("d", 0o700)
sftp.rename("there", "d/there")
sftp.symlink("d/there", "link")
print(sftp.readlink("link"), oct(sftp.lstat("d").st_mode), sorted(sftp.listdir()))
sftp.posix_rename("d/there", "link")
sftp.chmod("link", 0o600)
sftp.utime("link", (1, 1600000000))
print(oct(sftp.stat("link").st_mode), sftp.stat("link").st_mtime)
with sftp.open("link", "r+") as file:
    file.truncate(2000000)
    file.seek(1999999)
    file.write(b"end")
with sftp.open("link", "a") as file:
    file.write(b"!")
sftp.get("link", "back")
for attempt in (lambda: sftp.open("/etc/shadow"), lambda: sftp.open("no"), lambda: sftp.open("d/x", "x").close() or sftp.open("d/x", "x"), lambda: sftp.rmdir("d")):
    try:
        attempt()
        print("done")
    except OSError as error:
        print(type(error).__name__, error)
sftp.remove("link")
"#,
    );
    assert_eq!(
        printed,
        "/home/ec2-user 3000000\nd/there 0o40700 ['.bash_logout', '.bash_profile', '.bashrc', '.ssh', 'd', 'link']\n\
         0o100600 1600000000\nPermissionError [Errno 13] Permission denied\n\
         FileNotFoundError [Errno 2] No such file\nOSError Failure\nOSError Failure\n"
    );
    let mut expected = content[..1_999_999].to_vec();
    expected.extend(b"end!");
    assert!(fs::read(lab.path("back")).unwrap() == expected);
}

#[test]
fn asyncssh_copies_in_both_protocols() {
    let lab = Lab::open();
    let content = binary(1_000_000);
    lab.put("up", &content, 0o640);
    let printed = script(
        &lab,
        r#"
import sys, asyncio, asyncssh
async def main():
    options = dict(port=int(sys.argv[2]), username="ec2-user", client_keys=["key.pem"], known_hosts=None, config=None, agent_path=None)
    async with asyncssh.connect(sys.argv[1], **options) as connection:
        async with connection.start_sftp_client() as sftp:
            await sftp.put("up", "there", preserve=True)
            await sftp.get("there", "one")
            print(oct((await sftp.stat("there")).permissions), await sftp.exists("no"))
        await asyncssh.scp("up", (connection, "old"))
        await asyncssh.scp((connection, "old"), "two")
asyncio.run(main())
"#,
    );
    assert_eq!(printed, "0o100640 False\n");
    assert!(fs::read(lab.path("one")).unwrap() == content);
    assert!(fs::read(lab.path("two")).unwrap() == content);
}

#[test]
fn rsync_is_told_what_to_use_in_its_place() {
    let lab = Lab::open();
    let said = lab.login(&["rsync --server -vlogDtpre.iLsfxCIvu . ."]);
    assert_eq!(said.status, Some(127));
    assert!(
        said.stderr
            .starts_with("rsync: not simulated on this machine."),
        "{}",
        said.stderr
    );
}
