//! The README's terminal session is what the program prints.

use std::path::Path;
use std::process::Command;

#[test]
fn the_readmes_session_is_what_the_demo_prints() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let block = readme
        .split("```console\n")
        .nth(1)
        .and_then(|after| after.split("```").next())
        .unwrap();
    let (command, expected) = block.split_once('\n').unwrap();
    let words: Vec<&str> = command
        .strip_prefix("$ groundschool ")
        .unwrap()
        .split(' ')
        .collect();

    let tools = only_these_tools();
    let out = Command::new(env!("CARGO_BIN_EXE_groundschool"))
        .args(&words)
        .env("PATH", tools.path())
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let printed =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{printed}");

    // The two streams are not interleaved here, so each line is looked for by itself.
    let told: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let lines: Vec<&str> = expected.lines().filter(|line| *line != "...").collect();
    assert!(lines.len() > 8, "the README's session is cut short");
    for line in lines {
        assert!(
            told.contains(&line.trim_end()),
            "the README has a line that is not printed: {line}\n{printed}"
        );
    }
}

/// A PATH without an AWS CLI: the stand-in plays, which takes a second instead of ten.
pub(crate) fn only_these_tools() -> tempfile::TempDir {
    let tools = tempfile::tempdir().unwrap();
    for name in ["bash", "ssh", "ssh-keygen", "chmod", "ls", "cat"] {
        std::os::unix::fs::symlink(which(name), tools.path().join(name)).unwrap();
    }
    tools
}

fn which(name: &str) -> std::path::PathBuf {
    std::env::split_paths(&std::env::var_os("PATH").unwrap())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("{name} is missing: run tests/run"))
}
