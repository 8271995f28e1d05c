//! Whole terminal sessions, as a learner sees them.

use super::testing::{Bench, NOON, exec, run, terminal};
use super::{Family, Machine, Then};

#[test]
fn the_first_minutes_on_amazon_linux() {
    assert_eq!(
        terminal(
            Family::Al2023,
            "whoami\npwd\nhostname\n203.0.113.25\necho $?\nmkdir lab\ncd lab\necho hi > a.txt\ncat a.txt\nexit"
        ),
        "[ec2-user@ip-172-31-5-9 ~]$ whoami
ec2-user
[ec2-user@ip-172-31-5-9 ~]$ pwd
/home/ec2-user
[ec2-user@ip-172-31-5-9 ~]$ hostname
ip-172-31-5-9.ec2.internal
[ec2-user@ip-172-31-5-9 ~]$ 203.0.113.25
-bash: 203.0.113.25: command not found
[ec2-user@ip-172-31-5-9 ~]$ echo $?
127
[ec2-user@ip-172-31-5-9 ~]$ mkdir lab
[ec2-user@ip-172-31-5-9 ~]$ cd lab
[ec2-user@ip-172-31-5-9 lab]$ echo hi > a.txt
[ec2-user@ip-172-31-5-9 lab]$ cat a.txt
hi
[ec2-user@ip-172-31-5-9 lab]$ exit
logout
"
    );
}

#[test]
fn a_debian_prompt_shows_the_path_and_root_has_a_hash() {
    assert_eq!(
        terminal(Family::Ubuntu2404, "cd /etc\nsudo -i\nwhoami\nexit\nwhoami"),
        "ubuntu@ip-172-31-5-9:~$ cd /etc
ubuntu@ip-172-31-5-9:/etc$ sudo -i
root@ip-172-31-5-9:~# whoami
root
root@ip-172-31-5-9:~# exit
logout
ubuntu@ip-172-31-5-9:/etc$ whoami
ubuntu
ubuntu@ip-172-31-5-9:/etc$ "
    );
}

#[test]
fn an_open_quote_and_a_loop_go_on_in_the_next_line() {
    assert_eq!(
        terminal(
            Family::Debian12,
            "echo 'a\nb'\nfor i in 1 2\ndo echo $i\ndone\necho )"
        ),
        "admin@ip-172-31-5-9:~$ echo 'a
> b'
a
b
admin@ip-172-31-5-9:~$ for i in 1 2
> do echo $i
> done
1
2
admin@ip-172-31-5-9:~$ echo )
-bash: syntax error near unexpected token `)'
admin@ip-172-31-5-9:~$ "
    );
}

#[test]
fn a_later_login_names_the_one_before() {
    let mut first = Bench::new(Family::Al2023, true);
    assert!(!first.start().contains("Last login"));
    first.keys(b"echo remembered\rexit\r");
    assert_eq!(first.then, Then::Exit(0));
    let written = serde_json::to_string(&first.machine).unwrap();
    let machine: Machine = serde_json::from_str(&written).unwrap();
    let mut second = Bench::on(machine, first.id, true);
    assert!(
        second
            .start()
            .contains("Last login: Tue Nov 24 10:00:00 2026 from 198.51.100.7\n")
    );
    let screen = second.keys(b"\x1b[A\x1b[A\r");
    assert!(screen.contains("echo remembered\nremembered\n"), "{screen}");
}

#[test]
fn ssh_host_command_keeps_its_streams_and_its_status_apart() {
    assert_eq!(
        exec(Family::Al2023, "echo a; echo b >&2; exit 7"),
        ("a\n".into(), "b\n".into(), Some(7))
    );
    assert_eq!(
        run("nosuch"),
        "bash: line 1: nosuch: command not found\n127"
    );
    assert_eq!(
        run("./x; ./.bashrc"),
        "bash: line 1: ./x: No such file or directory\nbash: line 1: ./.bashrc: Permission denied\n126"
    );
    assert_eq!(
        run("echo 'a"),
        "bash: -c: line 1: unexpected EOF while looking for matching `''\nbash: -c: line 1: `echo 'a'\n2"
    );
}

#[test]
fn a_sleep_waits_and_ctrl_c_ends_it() {
    let mut bench = Bench::new(Family::Al2023, true);
    bench.start();
    bench.keys(b"sleep 5; echo done\r");
    assert_eq!(bench.then, Then::WakeAt(NOON + 5000));
    assert_eq!(bench.wake(), "done\n[ec2-user@ip-172-31-5-9 ~]$ ");
    bench.keys(b"sleep 500\r");
    assert_eq!(bench.keys(&[3]), "^C\n[ec2-user@ip-172-31-5-9 ~]$ ");
    assert_eq!(bench.ran.last(), Some(&("sleep 500".to_owned(), 130)));
    assert_eq!(bench.then, Then::ReadMore);
}

#[test]
fn a_file_is_written_with_cat_and_ctrl_d() {
    let mut bench = Bench::new(Family::Al2023, true);
    bench.start();
    bench.keys(b"cat > note\r");
    assert_eq!(bench.keys(b"on\x7fne\rtwo\r"), "on\u{8} \u{8}ne\ntwo\n");
    assert!(bench.keys(&[4]).ends_with("$ "));
    assert_eq!(
        bench.keys(b"cat note\r"),
        "cat note\none\ntwo\n[ec2-user@ip-172-31-5-9 ~]$ "
    );
    assert_eq!(bench.keys(b"read x\r"), "read x\n");
    bench.keys(b"typed\r");
    assert!(bench.keys(b"echo $x\r").contains("\ntyped\n"));
    assert_eq!(bench.keys(&[4]), "logout\n");
    assert_eq!(bench.then, Then::Exit(0));
}

#[test]
fn tab_completes_commands_and_files() {
    let mut bench = Bench::new(Family::Al2023, true);
    bench.start();
    assert_eq!(bench.keys(b"whoa\t"), "whoami ");
    bench.keys(&[3]);
    assert_eq!(
        bench.keys(b"cat .ss\tau\t\r").lines().next(),
        Some("cat .ssh/authorized_keys ")
    );
}

#[test]
fn a_script_on_standard_input_runs_line_by_line() {
    let mut bench = Bench::new(Family::Al2023, false);
    bench.start();
    assert_eq!(
        bench.keys(b"echo one\nread x\nvalue\necho [$x]\nnosuch\n"),
        "one\n[value]\n"
    );
    assert_eq!(bench.then, Then::ReadMore);
    let output = bench.session.eof(&mut bench.machine, &bench.id, bench.now);
    bench.take(output);
    assert_eq!(bench.then, Then::Exit(127));
    assert_eq!(bench.errors, "bash: line 1: nosuch: command not found\n");
}

#[test]
fn the_grammar_of_bash_is_there() {
    for (line, screen) in [
        (
            "for f in a b; do touch $f.txt; done; ls *.txt | wc -l",
            "2\n0",
        ),
        (
            "x=5; y=$((x * 2)); echo $y ${x} \"$x\" '$x'",
            "10 5 5 $x\n0",
        ),
        ("if [ -e x ]; then echo yes; else echo no; fi", "no\n0"),
        (
            "case k.pem in *.pem) echo key;; *) echo other;; esac",
            "key\n0",
        ),
        ("f() { echo $1-$#; return 3; }; f a b; echo $?", "a-2\n3\n0"),
        (
            "i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i",
            "3\n0",
        ),
        (
            "false || echo or; true && echo and; ! false; echo $?",
            "or\nand\n0\n0",
        ),
        (
            "echo a > f; echo b >> f; cat < f; cat nofile 2> e; cat e",
            "a\nb\ncat: nofile: No such file or directory\n0",
        ),
        (
            "cat <<EOF\n$HOME\nEOF\ncat <<<word",
            "/home/ec2-user\nword\n0",
        ),
        (
            "(cd /; pwd); pwd; echo $(cd /etc && pwd)",
            "/\n/home/ec2-user\n/etc\n0",
        ),
        (
            "k=a.pem; echo ${k%.pem} ${k:-x} ${none:-x} ${#k} ${k/a/b}",
            "a a.pem x 5 b.pem\n0",
        ),
        (
            "echo ~ ~root \"~\" {a,b}c",
            "/home/ec2-user /root ~ ac bc\n0",
        ),
        (
            "printf '#!/bin/bash\\necho $1\\n' > s; chmod +x s; ./s hi; bash s ho",
            "hi\nho\n0",
        ),
        (
            "ls nofile > all 2>&1; cat all; echo x &> y; cat y",
            "ls: cannot access 'nofile': No such file or directory\nx\n0",
        ),
        (
            "while read a b; do echo $b; done < <(echo)",
            "bash: line 1: process substitution is not simulated on this machine\n1",
        ),
        ("echo a | while read x; do echo [$x]; done", "[a]\n0"),
        ("set -e; false; echo never", "1"),
        ("echo \"a  b\" $(echo c  d)", "a  b c d\n0"),
        (
            "set -- 1 '2 3'; for x in \"$@\"; do echo $x; done; shift; echo $#",
            "1\n2 3\n1\n0",
        ),
    ] {
        assert_eq!(run(line), screen, "{line}");
    }
}

#[test]
fn the_exit_status_of_the_last_line_is_the_sessions() {
    let mut bench = Bench::new(Family::Al2023, true);
    bench.start();
    bench.keys(b"false\rexit\r");
    assert_eq!(bench.then, Then::Exit(1));
    assert_eq!(bench.ran, [("false".to_owned(), 1), ("exit".to_owned(), 1)]);
}

#[test]
fn a_session_may_move_between_threads() {
    fn moves<T: Send>() {}
    moves::<super::Session>();
    moves::<Machine>();
}
