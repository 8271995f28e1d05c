//! The README's "first lesson in ten minutes", followed to the letter.

use std::path::Path;
use std::process::{Command, Output};

use crate::desk::program;

/// The page: from its heading to the next.
fn page() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, page) = readme
        .split_once("### Your first lesson, in ten minutes\n")
        .unwrap();
    page.split("\n### ").next().unwrap().to_owned()
}

/// The files that it shows: a line with the name, then the text between fences.
fn files(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("````");
    let pairs: Vec<&str> = blocks.collect();
    pairs
        .chunks_exact(2)
        .map(|pair| {
            let name = pair[0].trim_end().lines().last().unwrap();
            let name = name.trim_matches('`').to_owned();
            let (_, text) = pair[1].split_once('\n').unwrap();
            (name, text.to_owned())
        })
        .collect()
}

fn groundschool(folder: &Path, line: &str) -> Output {
    let words = line.strip_prefix("groundschool ").unwrap().split(' ');
    Command::new(program())
        .args(words)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .output()
        .unwrap()
}

#[test]
fn somebody_who_types_the_readmes_first_lesson_has_a_lesson_that_is_proved() {
    let page = page();
    let place = tempfile::tempdir().unwrap();
    let commands: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with("groundschool "))
        .collect();
    assert_eq!(
        commands,
        [
            "groundschool dev new lesson monday",
            "groundschool dev check ./monday"
        ]
    );
    assert!(groundschool(place.path(), commands[0]).status.success());

    let files = files(&page);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "monday/lesson.toml",
            "monday/close-the-key.md",
            "monday/go-in.md",
            "monday/done.md",
            "monday/solution.sh",
            "monday/mistakes/mode_600.sh",
            "monday/mistakes/wrong_user.sh",
        ]
    );
    assert!(page.contains("Delete `monday/first-step.md`."));
    std::fs::remove_file(place.path().join("monday/first-step.md")).unwrap();
    for (name, text) in &files {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    let checked = groundschool(place.path(), commands[1]);
    let said = String::from_utf8_lossy(&checked.stdout);
    assert_eq!(checked.status.code(), Some(0), "{said}");
    let promised = page
        .lines()
        .find_map(|line| line.strip_prefix("    1 lesson, "))
        .unwrap();
    assert_eq!(said.trim_end(), format!("1 lesson, {promised}"));
}
