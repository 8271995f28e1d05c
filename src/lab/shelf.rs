//! The shelf: each lesson has an account of its own, and that of the lesson that is open lies in the lab's private folder.
//!
//! Opening another lesson puts what is there on the shelf, `kept/<lesson>/`, and takes the other's down. A kill in between
//! loses nothing: a note says what was going on, and the next opening finishes it first.

#![expect(clippy::disallowed_methods, reason = "moves the lab's files")]

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::lab::files::{read_if_there, write_atomically};
use crate::lab::workspace::Layout;

/// Everything that belongs to one lesson's account. The log first: without it the rest is a whole account, only older.
const FILES: [&str; 5] = [
    "accounts.log",
    "accounts.json",
    "machines",
    "journal.jsonl",
    "begun.json",
];
/// What a lab's account belongs to whose note is missing: labs that were made before there was a shelf.
const FIRST: &str = "01-key-pair-and-ssh";

/// What the note says.
enum Note {
    /// The account here is this lesson's.
    Of(String),
    /// It is being put on the shelf, because another lesson is opened.
    Leaving(String, String),
    /// This lesson's is being taken down.
    Coming(String),
}

/// Makes the private folder hold this lesson's account. Answers whether it held another's before.
pub fn bring(layout: &Layout, lesson: &str) -> io::Result<bool> {
    match read(layout)? {
        Note::Of(here) if here == lesson => return Ok(false),
        Note::Of(here) => {
            write(layout, &Note::Leaving(here.clone(), lesson.to_owned()))?;
            leave(layout, &here)?;
        }
        Note::Leaving(here, _) => leave(layout, &here)?,
        // Half of it may be down already: finish, then begin anew.
        Note::Coming(other) => {
            come(layout, &other)?;
            if other == lesson {
                write(layout, &Note::Of(other))?;
                return Ok(true);
            }
            write(layout, &Note::Leaving(other.clone(), lesson.to_owned()))?;
            leave(layout, &other)?;
        }
    }
    write(layout, &Note::Coming(lesson.to_owned()))?;
    come(layout, lesson)?;
    write(layout, &Note::Of(lesson.to_owned()))?;
    Ok(true)
}

/// Forgets a lesson's account, wherever it lies.
pub fn forget(layout: &Layout, lesson: &str) -> io::Result<()> {
    let mut folder = layout.kept(lesson);
    if matches!(read(layout)?, Note::Of(here) if here == lesson) {
        folder = layout.private();
    }
    for name in FILES {
        let path = folder.join(name);
        let gone = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        match gone {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn leave(layout: &Layout, lesson: &str) -> io::Result<()> {
    let shelf = layout.kept(lesson);
    std::fs::create_dir_all(&shelf)?;
    transfer(&layout.private(), &shelf)
}

fn come(layout: &Layout, lesson: &str) -> io::Result<()> {
    transfer(&layout.kept(lesson), &layout.private())
}

fn transfer(from: &Path, to: &Path) -> io::Result<()> {
    for name in FILES {
        match std::fs::rename(from.join(name), to.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn read(layout: &Layout) -> io::Result<Note> {
    let bytes = read_if_there(&layout.account_of())?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    Ok(match text.trim().split_once('>') {
        Some(("", lesson)) => Note::Coming(lesson.to_owned()),
        Some((here, lesson)) => Note::Leaving(here.to_owned(), lesson.to_owned()),
        None if text.trim().is_empty() => Note::Of(FIRST.to_owned()),
        None => Note::Of(text.trim().to_owned()),
    })
}

fn write(layout: &Layout, note: &Note) -> io::Result<()> {
    let text = match note {
        Note::Of(lesson) => format!("{lesson}\n"),
        Note::Leaving(here, lesson) => format!("{here}>{lesson}\n"),
        Note::Coming(lesson) => format!(">{lesson}\n"),
    };
    write_atomically(&layout.account_of(), text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Lab {
        _folder: tempfile::TempDir,
        layout: Layout,
    }

    impl Lab {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let layout = Layout::new(folder.path().join("lab"));
            std::fs::create_dir_all(layout.private()).unwrap();
            Self {
                _folder: folder,
                layout,
            }
        }

        fn write(&self, text: &str) {
            for name in ["accounts.json", "journal.jsonl"] {
                std::fs::write(self.layout.private().join(name), text).unwrap();
            }
            std::fs::create_dir_all(self.layout.private().join("machines").join(text)).unwrap();
        }

        fn read(&self) -> Option<String> {
            let path = self.layout.private().join("accounts.json");
            let text = std::fs::read_to_string(path).ok()?;
            assert!(self.layout.private().join("machines").join(&text).is_dir());
            Some(text)
        }
    }

    const ONE: &str = "01-key-pair-and-ssh";

    #[test]
    fn each_lesson_finds_its_own_account_again() {
        let lab = Lab::new();
        lab.write("one");
        assert!(
            !bring(&lab.layout, ONE).unwrap(),
            "an older lab has lesson one's"
        );
        assert!(bring(&lab.layout, "02-b").unwrap());
        assert_eq!(lab.read(), None);
        lab.write("two");
        assert!(bring(&lab.layout, ONE).unwrap());
        assert_eq!(lab.read().as_deref(), Some("one"));
        assert!(bring(&lab.layout, "02-b").unwrap());
        assert_eq!(lab.read().as_deref(), Some("two"));
    }

    #[test]
    fn a_kill_in_the_middle_loses_nothing() {
        // After each rename, on the way to the shelf and on the way down.
        for stop in 0..3 {
            for note in ["01-key-pair-and-ssh>02-b\n", ">02-b\n"] {
                let lab = Lab::new();
                lab.write("one");
                bring(&lab.layout, "02-b").unwrap();
                lab.write("two");
                bring(&lab.layout, ONE).unwrap();
                let (from, to) = if note.starts_with('>') {
                    leave(&lab.layout, ONE).unwrap();
                    (lab.layout.kept("02-b"), lab.layout.private())
                } else {
                    (lab.layout.private(), lab.layout.kept(ONE))
                };
                std::fs::create_dir_all(&to).unwrap();
                for name in ["accounts.json", "machines", "journal.jsonl"]
                    .into_iter()
                    .take(stop)
                {
                    std::fs::rename(from.join(name), to.join(name)).unwrap();
                }
                std::fs::write(lab.layout.account_of(), note).unwrap();
                for (lesson, text) in [(ONE, "one"), ("02-b", "two"), (ONE, "one")] {
                    bring(&lab.layout, lesson).unwrap();
                    assert_eq!(lab.read().as_deref(), Some(text), "{note}{stop}");
                }
            }
        }
    }

    #[test]
    fn only_the_lesson_that_is_meant_is_forgotten() {
        let lab = Lab::new();
        lab.write("one");
        bring(&lab.layout, "02-b").unwrap();
        lab.write("two");
        forget(&lab.layout, ONE).unwrap();
        assert_eq!(lab.read().as_deref(), Some("two"));
        forget(&lab.layout, "02-b").unwrap();
        forget(&lab.layout, "02-b").unwrap();
        assert_eq!(lab.read(), None);
        bring(&lab.layout, ONE).unwrap();
        assert_eq!(lab.read(), None);
    }
}
