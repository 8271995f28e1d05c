//! What user data does to a machine, and what the console shows of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::machine::gate::{Gate, gate};
use crate::machine::testing::{Bench, KEY, identity};

const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJother";

fn with(user_data: &str) -> Identity {
    Identity {
        user_data: Some(STANDARD.encode(user_data)),
        ..identity(Family::Al2023)
    }
}

fn launched(user_data: &str) -> (Machine, Said, Identity) {
    let id = with(user_data);
    let (machine, said) = Machine::launch(&id);
    (machine, said, id)
}

fn read(machine: &Machine, path: &str) -> String {
    let text = machine.disk.read(&Who::root(), path).unwrap();
    String::from_utf8_lossy(&text).into_owned()
}

/// What the login user sees of this line on that machine.
fn line(machine: &Machine, id: &Identity, line: &str) -> String {
    let mut bench = Bench::on(machine.clone(), id.clone(), false);
    let output = bench
        .session
        .exec(&mut bench.machine, &bench.id, bench.now, line);
    bench.take(output);
    bench.screen + &bench.errors
}

#[test]
fn a_script_runs_as_root_and_speaks_to_the_log_and_the_console() {
    let (machine, said, id) =
        launched("#!/bin/bash\nwhoami\necho made > /root/made\nsleep 10\necho trouble >&2\n");
    assert_eq!(said.late, "root\ntrouble\n");
    assert_eq!(said.took, 10_000);
    assert_eq!(read(&machine, "/root/made"), "made\n");
    let log = read(&machine, OUTPUT);
    assert!(
        log.starts_with("root\ntrouble\nCloud-init v. 22.2.2 finished at "),
        "{log}"
    );
    assert!(log.ends_with("Up 36.63 seconds\n"), "{log}");
    assert_eq!(
        line(
            &machine,
            &id,
            "sudo cat /var/lib/cloud/instance/user-data.txt | head -1"
        ),
        "#!/bin/bash\n"
    );
}

#[test]
fn a_script_runs_at_the_first_boot_only_and_a_hook_at_each() {
    let (mut machine, _, id) = launched("#!/bin/sh\necho x >> /root/count\n");
    let said = machine.boot(&id, false);
    assert_eq!(said.late, "");
    assert_eq!(read(&machine, "/root/count"), "x\n");

    let (mut machine, said, id) =
        launched("#cloud-boothook\n#!/bin/sh\necho $INSTANCE_ID | tee -a /root/count\n");
    assert_eq!(said.early, "i-0123456789abcdef0\n");
    assert_eq!(machine.boot(&id, false).early, "i-0123456789abcdef0\n");
    assert_eq!(read(&machine, "/root/count").lines().count(), 2);
}

#[test]
fn a_script_that_fails_is_warned_of_as_cloud_init_does() {
    let (machine, said, id) = launched("#!/bin/bash -e\nls /nowhere\necho not reached\n");
    let lines: Vec<&str> = said.late.lines().collect();
    assert_eq!(
        lines[0],
        "ls: cannot access '/nowhere': No such file or directory"
    );
    assert!(
        lines[1].ends_with(
            " - cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud/instance/scripts)"
        ),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(read(&machine, RESULT).contains("scripts-user"));
    assert_eq!(line(&machine, &id, "cloud-init status"), "status: error\n");
}

#[test]
fn a_script_of_another_language_is_named() {
    let (_, said, _) = launched("#!/usr/bin/env python3\nprint(1)\n");
    assert!(said.late.starts_with("Ground School: "), "{}", said.late);
    assert!(said.late.contains("'python3', which is not simulated"));
    let (_, said, _) = launched("#!/bin/bash\r\necho x\r\n");
    assert!(said.late.contains("'/bin/bash\\r'"), "{}", said.late);
}

#[test]
fn a_script_without_an_end_leaves_a_machine_that_works() {
    let (machine, said, id) = launched("#!/bin/sh\nwhile :; do echo y; done\n");
    assert!(
        said.late.contains("Ground School: stopped"),
        "{}",
        said.late
    );
    assert!(said.late.len() <= crate::cloud::resources::boot::CONSOLE_BYTES + 500);
    assert_eq!(line(&machine, &id, "whoami"), "ec2-user\n");
}

#[test]
fn a_users_key_opens_and_its_table_is_shown() {
    let (machine, said, id) = launched(&format!(
        "#cloud-config\nusers:\n- default\n- name: ada\n  groups: [wheel, builders]\n  sudo: ALL=(ALL) NOPASSWD:ALL\n  \
         shell: /bin/bash\n  ssh_authorized_keys:\n  - {OTHER} ada\n"
    ));
    assert_eq!(said.early, "");
    assert_eq!(gate(&machine, &id, "ada", OTHER), Gate::Welcome);
    assert_eq!(gate(&machine, &id, "ada", KEY), Gate::Refused);
    assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Welcome);
    assert_eq!(gate(&machine, &id, "ec2-user", OTHER), Gate::Refused);
    let names: Vec<&str> = said
        .authorized
        .iter()
        .map(|one| one.user.as_str())
        .collect();
    assert_eq!(names, ["ec2-user", "ada"]);
    assert_eq!(said.authorized[1].keys, [format!("{OTHER} ada")]);
    assert_eq!(
        line(&machine, &id, "sudo -u ada id; sudo ls -a /home/ada"),
        "uid=1001(ada) gid=1001(ada) groups=1001(ada),10(wheel),1002(builders)\n.\n..\n.bash_logout\n.bash_profile\n.bashrc\n.ssh\n"
    );
    assert_eq!(line(&machine, &id, "sudo -u ada sudo whoami"), "root\n");
}

#[test]
fn a_list_without_default_makes_a_machine_without_the_images_user() {
    let (machine, _, id) = launched(&format!(
        "#cloud-config\nusers:\n- name: ada\n  ssh_authorized_keys: ['{OTHER}']\n"
    ));
    assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Refused);
    assert_eq!(gate(&machine, &id, "ada", OTHER), Gate::Welcome);
    assert!(machine.disk.at("/home/ec2-user").is_none());
}

#[test]
fn more_keys_files_commands_and_a_name_are_honoured() {
    let (machine, said, id) = launched(&format!(
        "#cloud-config\nhostname: web1\nssh_authorized_keys:\n- {OTHER} second\nwrite_files:\n- path: /etc/motd.d/hello\n  \
         content: hello\n  permissions: '0600'\n- {{path: /x, owner: ada:ada}}\nruncmd:\n- [echo, 'a  b']\n- echo $HOME\n\
         bootcmd:\n- echo early\npackages: [httpd, git]\ntimezone: Europe/Berlin\n"
    ));
    assert_eq!(gate(&machine, &id, "ec2-user", OTHER), Gate::Welcome);
    assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Welcome);
    assert_eq!(said.late, "a  b\n/root\n");
    assert!(said.early.contains("early\n"), "{}", said.early);
    assert!(
        said.early
            .contains("Ground School: packages are not simulated, not installed: httpd, git\n")
    );
    assert!(
        said.early
            .contains("Ground School: 'timezone' is not simulated, it has no effect.\n")
    );
    assert!(
        said.early
            .contains("write_files: /x: there is no user 'ada' yet\n")
    );
    assert_eq!(read(&machine, "/etc/motd.d/hello"), "hello");
    assert_eq!(
        line(&machine, &id, "hostname; echo $HOSTNAME"),
        "web1\nweb1\n"
    );
}

#[test]
fn root_may_be_let_in_where_the_images_sshd_lets_it() {
    let data = "#cloud-config\ndisable_root: false\n";
    let id = Identity {
        user_data: Some(STANDARD.encode(data)),
        ..identity(Family::Ubuntu2404)
    };
    let machine = Machine::first_boot(&id);
    assert_eq!(gate(&machine, &id, "root", KEY), Gate::Welcome);
}

#[test]
fn yaml_that_is_wrong_is_warned_of_and_the_machine_still_opens() {
    let (machine, said, id) = launched("#cloud-config\nusers:\n  - name: a: b\n");
    assert!(
        said.early.contains(
            " - util.py[WARNING]: Failed loading yaml blob. Invalid format at line 3 column "
        ),
        "{}",
        said.early
    );
    assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Welcome);
    let (_, said, _) = launched("echo no shebang\n");
    assert!(
        said.early.ends_with(
            " - __init__.py[WARNING]: Unhandled non-multipart (text/x-not-multipart) userdata: 'b'echo no shebang'...'\n"
        ),
        "{}",
        said.early
    );
}

#[test]
fn the_way_back_in_that_aws_describes_works_on_a_machine_that_has_booted_before() {
    let mut id = identity(Family::Al2023);
    let mut machine = Machine::first_boot(&id);
    assert_eq!(gate(&machine, &id, "ec2-user", OTHER), Gate::Refused);
    id.user_data = with(&format!(
        "Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n--//\n\
         Content-Type: text/cloud-config; charset=\"us-ascii\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit\n\n\
         #cloud-config\ncloud_final_modules:\n- [users-groups, once]\nusers:\n  - name: ec2-user\n    \
         ssh-authorized-keys:\n    - {OTHER} new\n\n--//--\n"
    ))
    .user_data;
    let _ = machine.boot(&id, false);
    assert_eq!(gate(&machine, &id, "ec2-user", OTHER), Gate::Welcome);
    assert_eq!(gate(&machine, &id, "ec2-user", KEY), Gate::Welcome);

    let always = "Content-Type: multipart/mixed; boundary=\"//\"\n\n--//\n\n#cloud-config\ncloud_final_modules:\n\
        - [scripts-user, always]\n\n--//\n\n#!/bin/sh\necho again\n--//--\n";
    id.user_data = with(always).user_data;
    assert_eq!(machine.boot(&id, false).late, "again\n");
    assert_eq!(machine.boot(&id, false).late, "again\n");
}

#[test]
fn the_machine_has_its_host_keys_public_halves() {
    let (machine, _, id) = launched("#!/bin/sh\n");
    assert_eq!(
        line(&machine, &id, "cat /etc/ssh/ssh_host_ed25519_key.pub"),
        format!("{} root@ip-172-31-5-9.ec2.internal\n", id.host_keys[0])
    );
}
