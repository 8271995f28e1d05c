//! The lab's shell in a real terminal: bash, zsh, fish and dash, each with a learner's start-up file of its own.

use std::fmt::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use groundschool::lab::multicall;
use groundschool::lab::shell::{Kind, LabShell, Start};

use crate::desk::{Lab, program, until};
use crate::terminal::Terminal;

const ALL: [Kind; 4] = [Kind::Bash, Kind::Zsh, Kind::Fish, Kind::Sh];

fn path_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Bash => "/bin/bash",
        Kind::Zsh => "/usr/bin/zsh",
        Kind::Fish => "/usr/bin/fish",
        Kind::Sh => "/bin/dash",
    }
}

/// What the learner's own start-up file says: a prompt, an alias, and variables that lead out of the lab.
fn start_up(kind: Kind) -> (&'static str, String) {
    let posix = "PS1='READY> '\nalias mine='echo my-alias'\nalias ssh='echo around-the-lab'\n\
                 export AWS_PROFILE=prod\nexport PATH=/opt/own:/usr/local/bin:/usr/bin:/bin\n";
    match kind {
        Kind::Bash => (".bashrc", posix.to_owned()),
        Kind::Zsh => (".zshrc", posix.replace("PS1=", "PROMPT_EOL_MARK=\nPS1=")),
        Kind::Sh => (".shrc", posix.to_owned()),
        Kind::Fish => (
            ".config/fish/config.fish",
            "function fish_prompt; echo -n 'READY> '; end\nfunction fish_greeting; end\n\
             alias mine='echo my-alias'\nalias ssh='echo around-the-lab'\nset -gx AWS_PROFILE prod\n\
             set -gx PATH /opt/own /usr/local/bin /usr/bin /bin\nbind \\x04 exit\n"
                .to_owned(),
        ),
    }
}

fn lab(kind: Kind) -> (Lab, Start) {
    lab_with(kind, "")
}

fn lab_with(kind: Kind, more: &str) -> (Lab, Start) {
    let (file, text) = start_up(kind);
    let home = tempfile::tempdir().unwrap();
    let env = home.path().join(".shrc");
    let mut lab = Lab::open(&[("ENV", env.to_str().unwrap()), ("SHELL", path_of(kind))]);
    let env = lab.home().join(".shrc");
    for (name, value) in &mut lab.variables {
        if name == "ENV" {
            *value = env.clone().into();
        }
    }
    lab.at_home(file, &(text + more));
    // Without it, fish spends a minute of a processor on reading all manual pages at its first start.
    let completions = ".local/share/fish/generated_completions";
    std::fs::create_dir_all(lab.home().join(completions)).unwrap();
    let shell = LabShell::with(Path::new(path_of(kind))).unwrap();
    let start = shell
        .install(lab.workspace.layout(), program(), &lab.variables)
        .unwrap();
    (lab, start)
}

fn open(lab: &Lab, start: &Start) -> Terminal {
    let variables: Vec<_> = lab
        .variables
        .iter()
        .chain(&start.variables)
        .cloned()
        .collect();
    let mut arguments = vec![
        std::process::id().to_string().into(),
        start.program.clone().into(),
    ];
    arguments.extend(start.arguments.iter().cloned());
    let child = lab.workspace.layout().shell().join(multicall::CHILD);
    let mut terminal = Terminal::start(
        &child,
        &arguments,
        &variables,
        &lab.workspace.layout().work(),
    );
    terminal.wait("READY> ");
    terminal
}

#[test]
fn news_come_before_the_next_prompt_and_the_status_is_still_the_commands() {
    for kind in ALL {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        let status = if kind == Kind::Fish {
            "echo \"=$status=\""
        } else {
            "echo \"=$?=\""
        };
        let shown = terminal.line_until("sh -c 'exit 7'", "| saw 7");
        assert!(shown.contains("| saw 7"), "{kind:?}: {shown:?}");
        let shown = terminal.line(status);
        assert!(shown.contains("=7="), "{kind:?}: {shown:?}");
        // No news, nothing printed. On a busy computer those of the Enter before come a prompt late.
        until("a prompt without news", || {
            (!terminal.line("true").contains("saw")).then_some(())
        });
        // On a busy computer Enter was pressed for the news, which is no command.
        let report = lab.report("a report", |report| {
            report.status == 7 && (report.command.is_some() || kind == Kind::Sh)
        });
        assert_eq!(report.shell, kind.name());
        assert_eq!(report.directory, lab.workspace.layout().work());
        assert!(
            report.columns.is_none_or(|columns| columns == 80),
            "{kind:?}: {report:?}"
        );
        if kind != Kind::Sh {
            assert_eq!(
                report.command.as_deref(),
                Some("sh -c 'exit 7'"),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn the_learners_start_up_file_is_loaded_and_what_leads_out_of_the_lab_is_put_right_after_it() {
    for kind in ALL {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        assert!(terminal.line("mine").contains("my-alias"), "{kind:?}");
        let shown = terminal.line("env | grep AWS_PROFILE || echo none-left; command -v ssh");
        assert!(shown.contains("none-left\r\n"), "{kind:?}: {shown:?}");
        let ssh = lab.workspace.layout().bin().join("ssh");
        assert!(
            shown.contains(&format!("{}\r\n", ssh.display())),
            "{kind:?}: {shown:?}"
        );
        let shown = terminal.line("env | grep ^PATH=");
        assert!(shown.contains("/opt/own"), "{kind:?}: {shown:?}");
        let shown = terminal.line("lab hint 'two words'; echo done");
        assert!(
            shown.contains(r#"| words ["hint", "two words"] in "#),
            "{kind:?}: {shown:?}"
        );
    }
}

#[test]
fn ctrl_c_ctrl_z_and_a_new_width_work_as_ever() {
    for kind in ALL {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        terminal.press("cat\r");
        until("cat to run", || {
            children_of(&terminal)
                .iter()
                .any(|name| name == "cat")
                .then_some(())
        });
        terminal.press("\x03");
        terminal.wait_for_the_prompt_after_ctrl_c("READY> ");
        lab.report("the interrupted command", |report| report.status == 130);
        terminal.press("cat\r");
        until("cat to run", || {
            children_of(&terminal)
                .iter()
                .any(|name| name == "cat")
                .then_some(())
        });
        terminal.press("\x1a");
        terminal.wait("READY> ");
        let shown = terminal.line("jobs");
        assert!(shown.contains("cat"), "{kind:?}: {shown:?}");
        terminal.line("kill %1");
        terminal.resize(60);
        // The shell may draw its prompt anew.
        terminal.press("stty size\r");
        terminal.wait("24 60");
        terminal.wait("READY> ");
        // Half a line thrown away at the prompt.
        terminal.press("echo never");
        terminal.wait("never");
        terminal.press("\x03");
        // readline loses a key that follows too closely; fish may keep the prompt that is there.
        if kind != Kind::Fish {
            terminal.wait_for_the_prompt_after_ctrl_c("READY> ");
        }
        terminal.press("echo st\"\"ill\r");
        terminal.wait("still");
        terminal.wait("READY> ");
    }
}

fn children_of(terminal: &Terminal) -> Vec<String> {
    let pid = terminal.child.id();
    let output = Command::new("ps")
        .args(["-o", "comm=", "--ppid", &pid.to_string()])
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_shell_inside_the_shell_works_and_news_come_on_return() {
    for kind in ALL {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        terminal.press(&format!("{} -i\r", path_of(kind)));
        terminal.wait("READY> ");
        let shown = terminal.line("echo nested; true");
        assert!(
            shown.contains("nested") && !shown.contains("not found"),
            "{kind:?}: {shown:?}"
        );
        let shown = terminal.line_until("exit 9", "| saw 9");
        assert!(shown.contains("| saw 9"), "{kind:?}: {shown:?}");
    }
}

#[test]
fn a_slow_verdict_comes_at_the_next_prompt() {
    for kind in ALL {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        lab.desk.slow.store(true, Ordering::SeqCst);
        let shown = terminal.line("sh -c 'exit 7'");
        assert!(!shown.contains("saw"), "{kind:?}: {shown:?}");
        lab.report("the verdict", |report| report.status == 7);
        lab.desk.slow.store(false, Ordering::SeqCst);
        // The verdict is kept a moment after the report is written down.
        until("the late news", || {
            terminal.line("true").contains("| saw 7").then_some(())
        });

        // Or before the answer to a word that comes first.
        lab.desk.slow.store(true, Ordering::SeqCst);
        terminal.line("sh -c 'exit 8'");
        lab.report("the next verdict", |report| report.status == 8);
        lab.desk.slow.store(false, Ordering::SeqCst);
        let shown = terminal.line_until("lab hint", "| words");
        let (late, answer) = (shown.find("| saw 8"), shown.find("| words"));
        assert!(late.is_some() && late < answer, "{kind:?}: {shown:?}");
    }
}

#[test]
fn bash_with_strict_options_and_a_prompt_command_of_the_learners_goes_on() {
    for theirs in [
        "PROMPT_COMMAND='echo own=$?'",
        "PROMPT_COMMAND=('echo own=$?' true)",
    ] {
        let (lab, start) = lab_with(
            Kind::Bash,
            &format!("{theirs}\nset -u\nHISTCONTROL=ignoreboth\nset -o noclobber\n"),
        );
        let mut terminal = open(&lab, &start);
        let shown = terminal.line_until("(exit 3) | true | (exit 4)", "| saw 4");
        assert!(
            shown.contains("| saw 4") && shown.contains("own=4"),
            "{shown:?}"
        );
        assert!(
            terminal
                .line("(exit 3) | true; echo \"${PIPESTATUS[@]}\"")
                .contains("3 0")
        );
        terminal.line("(exit 3) | false");
        assert!(
            terminal
                .line("echo \"=${PIPESTATUS[@]}=\"")
                .contains("=3 1=")
        );
        assert!(terminal.line("set -e").contains("own=0"));
        assert!(
            terminal
                .line_until("false && true", "| saw 1")
                .contains("| saw 1")
        );
        assert!(terminal.line("echo $-").contains('e'));
        assert!(terminal.line("set +e; set -x").contains("own=0"));
        assert!(!terminal.line("true").contains("dev/tcp"));
    }
}

#[test]
fn zsh_with_options_and_hooks_of_the_learners_goes_on() {
    let more =
        "setopt ksh_arrays no_unset sh_word_split\nprecmd_functions=()\nprecmd() { echo own=$? }\n";
    let (lab, start) = lab_with(Kind::Zsh, more);
    let mut terminal = open(&lab, &start);
    let shown = terminal.line_until("(exit 4)", "| saw 4");
    assert!(
        shown.contains("| saw 4") && shown.contains("own=4"),
        "{shown:?}"
    );
    assert!(terminal.line("set -e; true").contains("own=0"));
    assert!(
        terminal
            .line_until("false && true", "| saw 1")
            .contains("| saw 1")
    );
    assert!(terminal.line("echo ${options[ksharrays]}").contains("on"));
}

#[test]
fn any_text_of_a_command_arrives_as_it_was_typed() {
    for kind in [Kind::Bash, Kind::Zsh, Kind::Fish] {
        let (lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        let line = r"printf 'a\tb\\c%%d & $HOME `x` é' | cat; sh -c 'exit 5'";
        terminal.line(line);
        assert_eq!(
            lab.report("the odd command", |report| report.status == 5)
                .command
                .as_deref(),
            Some(line),
            "{kind:?}"
        );
        terminal.line("sh -c 'exit 5'");
        lab.report("a repeated command", |report| {
            report.command.as_deref() == Some("sh -c 'exit 5'")
        });
    }
}

#[test]
fn an_engine_that_is_gone_is_not_missed_and_one_that_comes_back_is_found() {
    for kind in ALL {
        let (mut lab, start) = lab(kind);
        let mut terminal = open(&lab, &start);
        lab.control = None;
        let shown = terminal.line("sh -c 'exit 7'");
        assert!(
            !shown.contains("saw") && !shown.to_lowercase().contains("refused"),
            "{kind:?}: {shown:?}"
        );
        assert!(!shown.contains("No such file"), "{kind:?}: {shown:?}");
        let desk = std::sync::Arc::clone(&lab.desk);
        let run = lab.workspace.layout().run();
        lab.control = Some(
            lab.runtime
                .block_on(groundschool::lab::server::control::serve(&run, desk))
                .unwrap(),
        );
        assert!(
            terminal
                .line_until("sh -c 'exit 7'", "| saw 7")
                .contains("| saw 7"),
            "{kind:?}"
        );
    }
}

#[test]
fn an_engine_that_hangs_up_at_once_does_not_take_the_shell_with_it() {
    for kind in ALL {
        let (mut lab, start) = lab(kind);
        lab.control = None;
        let run = lab.workspace.layout().run();
        let unix = std::os::unix::net::UnixListener::bind(run.join("control.sock")).unwrap();
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        std::fs::write(run.join("control.port"), format!("{port} token\n")).unwrap();
        std::thread::spawn(move || unix.incoming().for_each(drop));
        std::thread::spawn(move || tcp.incoming().for_each(drop));
        let mut terminal = open(&lab, &start);
        for _ in 0..50 {
            let shown = terminal.line("false");
            assert!(
                !shown.contains("ipe") && !shown.contains("reset"),
                "{kind:?}: {shown:?}"
            );
        }
        assert!(terminal.line("echo alive").contains("alive"), "{kind:?}");
    }
}

#[test]
fn the_shell_goes_when_its_engine_is_killed() {
    let (lab, start) = lab(Kind::Bash);
    let child = lab.workspace.layout().shell().join(multicall::CHILD);
    // The engine's stand-in: a shell that starts the child and waits.
    let script = format!(
        "exec 3<&0; '{}' $$ /bin/sh -c 'echo $$; read x <&3' & wait",
        child.display()
    );
    let mut engine = Command::new("/bin/sh");
    engine
        .args(["-c", &script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .process_group(0);
    let mut engine = engine.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(engine.stdout.take().unwrap()),
        &mut line,
    )
    .unwrap();
    engine.kill().unwrap();
    engine.wait().unwrap();
    until("the shell's end", || {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", line.trim())).unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    });
    drop(start);
}

/// Prints the figures; asserts only what no machine should miss.
#[test]
fn a_prompt_costs_little_and_a_hung_engine_holds_none_up() {
    const PROMPTS: usize = 200;
    let mut report = String::new();
    for kind in ALL {
        let (mut lab, start) = lab(kind);
        lab.desk.quiet.store(true, Ordering::SeqCst);
        let mut terminal = open(&lab, &start);
        let hooked = median(&mut terminal, PROMPTS);
        drop(terminal);

        let mut plain: Vec<_> = lab.variables.clone();
        plain.retain(|(name, _)| name != "ZDOTDIR");
        let mut terminal = Terminal::start(
            Path::new(path_of(kind)),
            &["-i".into()],
            &plain,
            lab.workspace.layout().root(),
        );
        terminal.wait("READY> ");
        let bare = median(&mut terminal, PROMPTS);
        drop(terminal);

        // Sockets that accept and never answer, as those of a stopped process do.
        lab.control = None;
        let run = lab.workspace.layout().run();
        let unix = std::os::unix::net::UnixListener::bind(run.join("control.sock")).unwrap();
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        std::fs::write(
            run.join("control.port"),
            format!("{} token\n", tcp.local_addr().unwrap().port()),
        )
        .unwrap();
        let mut terminal = open(&lab, &start);
        let hung = median(&mut terminal, 50);
        drop((unix, tcp));
        writeln!(
            report,
            "prompt {:<5} bare {:>6.2} ms, hook {:>6.2} ms, cost {:>5.2} ms; engine hung {:>6.2} ms",
            kind.name(),
            bare * 1e3,
            hooked * 1e3,
            (hooked - bare) * 1e3,
            hung * 1e3
        )
        .unwrap();
        assert!(hung < 0.25, "{report}");
    }
    println!("{report}");
}

fn median(terminal: &mut Terminal, prompts: usize) -> f64 {
    let mut times: Vec<f64> = (0..prompts)
        .map(|_| {
            let began = Instant::now();
            terminal.line("");
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    assert!(times[0] < Duration::from_secs(1).as_secs_f64());
    times[prompts / 2]
}
