//! The lab's shell in a real terminal (80x24): what its hook costs a prompt, beside the same shell with the same start-up file
//! and no hook, in turns; and how soon after a command's end the engine's answer is on the screen.

use std::path::Path;
use std::time::Duration;

use groundschool::lab::multicall;
use groundschool::lab::shell::LabShell;

use crate::desk::{Lab, program};
use crate::numbers::{Times, ms, print_aim};
use crate::terminal::Terminal;

const TURNS: usize = 150;
const SHELLS: [&str; 4] = ["/bin/bash", "/usr/bin/zsh", "/usr/bin/fish", "/bin/dash"];

pub fn run() {
    for path in SHELLS {
        if Path::new(path).exists() {
            side_by_side(path);
        } else {
            println!("NOT MEASURED: {path} is not installed");
        }
    }
}

fn side_by_side(path: &str) {
    let home = tempfile::tempdir().expect("a folder");
    let rc = home.path().join("rc");
    std::fs::write(&rc, "PS1='READY> '\n").expect("a file can be written");
    let lab = Lab::open(&[
        ("ENV", rc.to_str().expect("a path in text")),
        ("SHELL", path),
    ]);
    lab.at_home(".bashrc", "PS1='READY> '\n");
    lab.at_home(".zshrc", "PROMPT_EOL_MARK=\nPS1='READY> '\n");
    lab.at_home(
        ".config/fish/config.fish",
        "function fish_prompt; echo -n 'READY> '; end\nfunction fish_greeting; end\n",
    );
    std::fs::create_dir_all(lab.home().join(".local/share/fish/generated_completions"))
        .expect("so that fish does not read all manual pages first");
    let work = lab.workspace.layout().work();
    let shell = LabShell::with(Path::new(path)).expect("a shell with a hook");
    let start = shell
        .install(lab.workspace.layout(), program(), &lab.variables)
        .expect("the hook is installed");
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
    let mut hooked = Terminal::start(&child, &arguments, &variables, &work);
    let mut bare = Terminal::start(Path::new(path), &["-i".into()], &lab.variables, &work);
    hooked.wait("READY> ");
    bare.wait("READY> ");

    let (mut with, mut without, mut verdict) =
        (Times::default(), Times::default(), Times::default());
    for _ in 0..TURNS {
        without.time(|| bare.line("true"));
        with.time(|| hooked.line("true"));
        // `false` is a builtin everywhere: its end is the moment of the Enter key, as near as can be seen from outside.
        verdict.time(|| {
            hooked.press("false\r");
            hooked.wait("| saw 1");
        });
        hooked.wait("READY> ");
    }
    with.print(&format!("{path}, prompt to prompt, with the hook"));
    without.print("  without");
    let more = with.median().saturating_sub(without.median());
    println!(
        "{:<44} {}",
        "  the hook costs, difference of medians",
        ms(more)
    );
    print_aim("at most 1.3 ms more", more <= Duration::from_micros(1300));
    verdict.print("  from Enter to the answer on the screen");
    print_aim(
        "15 ms (the coach's own judging not included)",
        verdict.median() <= Duration::from_millis(15),
    );
}
