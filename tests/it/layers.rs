//! The house's arrows point downwards: read from the sources' own paths.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each room may use besides itself.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let rooms = [
        "cli",
        "console",
        "lab",
        "machine",
        "classroom",
        "cloud",
        "course",
        "keys",
    ];
    let mut allowed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    allowed.insert("cli", rooms.into());
    allowed.insert(
        "console",
        ["lab", "machine", "cloud", "course", "keys"].into(),
    );
    allowed.insert(
        "lab",
        ["machine", "classroom", "cloud", "course", "keys"].into(),
    );
    allowed.insert("machine", ["cloud", "keys"].into());
    allowed.insert("classroom", ["course"].into());
    allowed.insert("cloud", ["keys"].into());
    allowed.insert("course", [].into());
    allowed.insert("keys", [].into());
    allowed
}

#[test]
fn no_room_uses_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut read = 0;
    for (room, may_use) in allowed() {
        for file in rust_files(&source.join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            read += 1;
            for (number, line) in text
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
            {
                for used in rooms_named_in(line) {
                    if used != room
                        && !may_use.contains(used.as_str())
                        && allowed().contains_key(used.as_str())
                    {
                        let place = file.strip_prefix(&source).unwrap().display();
                        wrong.push(format!("{place}:{}: {room} uses {used}", number + 1));
                    }
                }
            }
        }
    }
    assert!(
        read > 50,
        "only {read} files were read: the test looks at the wrong folder"
    );
    assert!(
        wrong.is_empty(),
        "arrows that run up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let silent: Vec<_> = rust_files(&source)
        .into_iter()
        .filter(|file| !std::fs::read_to_string(file).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "without a `//!` line: {silent:?}");
}

#[test]
fn the_pure_rooms_mark_no_edges() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["classroom", "cloud", "course", "keys", "machine"] {
        for file in rust_files(&source.join(room)) {
            let text = std::fs::read_to_string(&file).unwrap();
            assert!(
                !text.contains("#![expect(clippy::disallowed_methods"),
                "{} touches the computer",
                file.display()
            );
        }
    }
}

/// `crate::room` and the members of `crate::{room, …}` in one line.
fn rooms_named_in(line: &str) -> Vec<String> {
    line.split("crate::")
        .skip(1)
        .flat_map(|after| {
            let list = after
                .strip_prefix('{')
                .map_or(after, |list| list.split('}').next().unwrap_or(list));
            let names = if after.starts_with('{') {
                list.split(',').collect()
            } else {
                vec![after]
            };
            names.into_iter().map(|name| {
                name.trim()
                    .chars()
                    .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                    .collect::<String>()
            })
        })
        .collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_list_of_imports_is_read_too() {
    assert_eq!(
        rooms_named_in("use crate::{keys, lab::files};"),
        ["keys", "lab"]
    );
    assert_eq!(
        rooms_named_in("let x = crate::cloud::Pace::Real;"),
        ["cloud"]
    );
}
