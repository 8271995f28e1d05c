//! A lesson in a zip: unpacked in memory, and nothing but texts. What could lead out of a folder, or fill a disk, is refused by name.

#![expect(clippy::disallowed_methods, reason = "reads a file")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::course::lesson::Files;

/// Bytes of all texts together, unpacked; and of the zip itself.
const LARGEST: u64 = 1024 * 1024;
/// Entries, folders among them.
const MOST_ENTRIES: usize = 400;

/// A zip is no lesson that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// It is damaged, or packed in a way that is not read.
    #[error("{path} cannot be unpacked: {why}")]
    Damaged {
        /// The zip.
        path: PathBuf,
        /// Why.
        #[source]
        why: zip::result::ZipError,
    },
    /// An entry that a lesson does not have.
    #[error("{path}: {entry}: {why}")]
    Refused {
        /// The zip.
        path: PathBuf,
        /// The entry, quoted so that it can be shown.
        entry: String,
        /// Why.
        why: &'static str,
    },
    /// More than a lesson has.
    #[error(
        "{0} is too much for a lesson: at most {MOST_ENTRIES} files, and 1 MB of text when it is unpacked"
    )]
    TooMuch(PathBuf),
}

/// Whether somebody means a zip.
pub fn is_zip(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("zip"))
}

/// The texts in a zip, and the lesson's name: that of the one folder which everything is in, else the zip's own.
pub fn read(path: &Path) -> Result<(String, Files), ZipError> {
    let unreadable = |why| ZipError::Unreadable {
        path: path.to_owned(),
        why,
    };
    let file = File::open(path).map_err(unreadable)?;
    // A pipe or a device may never end.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(unreadable(io::Error::other("it is no file")));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ZipError::TooMuch(path.to_owned()));
    }
    let files = unpack(Cursor::new(bytes), path)?;
    let own = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(without_their_folder(files, &own))
}

fn unpack(reader: impl Read + Seek, path: &Path) -> Result<Files, ZipError> {
    let damaged = |why| ZipError::Damaged {
        path: path.to_owned(),
        why,
    };
    let too_much = || ZipError::TooMuch(path.to_owned());
    let mut zip = ZipArchive::new(reader).map_err(damaged)?;
    if zip.len() > MOST_ENTRIES {
        return Err(too_much());
    }
    let mut left = LARGEST;
    let mut names = BTreeSet::new();
    let mut files = Files::new();
    for number in 0..zip.len() {
        let entry = zip.by_index(number).map_err(damaged)?;
        let raw = entry.name_raw().to_vec();
        let refused = |why| ZipError::Refused {
            path: path.to_owned(),
            entry: format!("{:?}", String::from_utf8_lossy(&raw)),
            why,
        };
        let name = std::str::from_utf8(&raw).map_err(|_| refused("its name is not UTF-8"))?;
        if let Some(why) = trick(name) {
            return Err(refused(why));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(refused("it is there twice"));
        }
        if entry.is_symlink() {
            return Err(refused("it is a link, and a lesson has none"));
        }
        if entry.is_dir() {
            continue;
        }
        if !entry.is_file() {
            return Err(refused("it is neither a file nor a folder"));
        }
        let mut text = Vec::new();
        // What the zip says of the length may not be true.
        entry
            .take(left + 1)
            .read_to_end(&mut text)
            .map_err(|why| damaged(why.into()))?;
        left = left.checked_sub(text.len() as u64).ok_or_else(too_much)?;
        if is_beside(name) {
            continue;
        }
        let text = String::from_utf8(text).map_err(|_| refused("it is no text in UTF-8"))?;
        files.insert(name.to_owned(), text);
    }
    Ok(files)
}

/// Why a name is not one inside a folder.
fn trick(name: &str) -> Option<&'static str> {
    let inside = name.strip_suffix('/').unwrap_or(name);
    if name.contains('\\') || name.contains(':') || name.chars().any(char::is_control) {
        Some("its name has \\, : or a control character")
    } else if inside
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        Some("its path leads out of the lesson")
    } else {
        None
    }
}

/// An editor's or a system's own file, and no part of the lesson.
fn is_beside(name: &str) -> bool {
    name.ends_with('~')
        || name
            .split('/')
            .any(|part| part.starts_with('.') || part == "__MACOSX")
}

/// Takes away the folder that everything is in, and keeps what a lesson's folder can have: files, and those of `mistakes/`.
fn without_their_folder(files: Files, own: &str) -> (String, Files) {
    let roots: BTreeSet<String> = files
        .keys()
        .map(|name| name.split_once('/').map_or("", |(root, _)| root).to_owned())
        .collect();
    let mut roots = roots.into_iter();
    let (name, cut) = match (roots.next(), roots.next()) {
        (Some(root), None) if !root.is_empty() => {
            let cut = root.len() + 1;
            (root, cut)
        }
        (Some(_) | None, _) => (own.to_owned(), 0),
    };
    let inside = |(name, text): (String, String)| Some((name.get(cut..)?.to_owned(), text));
    let files = files.into_iter().filter_map(inside);
    let files = files.filter(|(name, _)| name.matches('/').count() <= 1);
    (name, files.collect())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    type Writer = ZipWriter<Cursor<Vec<u8>>>;

    fn zipped(fill: impl FnOnce(&mut Writer)) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        fill(&mut writer);
        writer.finish().unwrap().into_inner()
    }

    fn add(writer: &mut Writer, name: &str, text: &[u8]) {
        writer
            .start_file(name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text).unwrap();
    }

    fn unpacked(bytes: Vec<u8>) -> Result<(String, Files), String> {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("mine.zip");
        std::fs::write(&path, bytes).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    /// A name that no honest writer writes: it has as many letters.
    fn renamed(name: &str, other: &str) -> Vec<u8> {
        assert_eq!(name.len(), other.len());
        let mut bytes = zipped(|writer| add(writer, name, b"x"));
        let mut met = 0;
        for at in 0..bytes.len() - name.len() {
            if &bytes[at..at + name.len()] == name.as_bytes() {
                bytes[at..at + name.len()].copy_from_slice(other.as_bytes());
                met += 1;
            }
        }
        assert_eq!(met, 2, "the local header and the directory");
        bytes
    }

    #[test]
    fn a_lesson_lies_flat_or_in_a_folder_of_its_name() {
        let flat = zipped(|writer| {
            add(writer, "lesson.toml", b"a");
            add(writer, "mistakes/wrong_user.sh", b"b");
            add(writer, ".DS_Store", &[0xff]);
            add(writer, "__MACOSX/x", &[0xff]);
        });
        let (name, files) = unpacked(flat).unwrap();
        assert_eq!(name, "mine");
        let names: Vec<&str> = files.keys().map(String::as_str).collect();
        assert_eq!(names, ["lesson.toml", "mistakes/wrong_user.sh"]);
        let nested = zipped(|writer| {
            writer
                .add_directory("other/", SimpleFileOptions::default())
                .unwrap();
            add(writer, "other/lesson.toml", b"a");
            add(writer, "other/mistakes/wrong_user.sh", b"b");
            add(writer, "other/deep/er/x", b"b");
        });
        let (name, files) = unpacked(nested).unwrap();
        assert_eq!((&*name, files.len()), ("other", 2));
    }

    #[test]
    fn what_leads_out_of_the_folder_is_refused_by_name() {
        for (name, other) in [
            ("aa/x.md", "../x.md"),
            ("a/bb/x.md", "a/../x.md"),
            ("x/lesson.md", "//lesson.md"),
            ("aetc/x.md", "/etc/x.md"),
            ("a/b/x.md", "a/./x.md"),
            ("aa/x.md", "..\\x.md"),
            ("cc/x.md", "c:/x.md"),
            ("a-b.md", "a\nb.md"),
        ] {
            let said = unpacked(renamed(name, other)).unwrap_err();
            assert!(said.contains(&format!("mine.zip: {other:?}: ")), "{said}");
        }
        let link = zipped(|writer| {
            writer
                .add_symlink("x.md", "/etc/passwd", SimpleFileOptions::default())
                .unwrap();
        });
        let said = unpacked(link).unwrap_err();
        assert!(
            said.ends_with("\"x.md\": it is a link, and a lesson has none"),
            "{said}"
        );
        let twice = zipped(|writer| {
            add(writer, "X.md", b"a");
            add(writer, "x.md", b"b");
        });
        assert!(unpacked(twice).unwrap_err().contains("there twice"));
        let binary = zipped(|writer| add(writer, "x.md", &[0xff, 0xfe]));
        assert!(unpacked(binary).unwrap_err().contains("no text in UTF-8"));
    }

    #[test]
    fn what_would_fill_a_disk_is_refused_also_when_it_lies_about_its_length() {
        let too_much = |bytes: Vec<u8>| {
            let said = unpacked(bytes).unwrap_err();
            assert!(said.contains("too much for a lesson"), "{said}");
        };
        let zeros = vec![b'0'; 1024 * 1024 + 1];
        too_much(zipped(|writer| add(writer, "x.md", &zeros)));
        // Many that are small enough each.
        too_much(zipped(|writer| {
            for number in 0..3 {
                add(writer, &format!("{number}.md"), &zeros[..400 * 1024]);
            }
        }));
        too_much(zipped(|writer| {
            for number in 0..=MOST_ENTRIES {
                add(writer, &format!("{number}.md"), b"");
            }
        }));
        too_much(vec![b'P'; 1024 * 1024 + 1]);
        // The lengths in both headers say 1.
        let mut lies = zipped(|writer| add(writer, "x.md", &zeros));
        let length = u32::try_from(zeros.len()).unwrap().to_le_bytes();
        for at in 0..lies.len() - 4 {
            if lies[at..at + 4] == length {
                lies[at..at + 4].copy_from_slice(&1u32.to_le_bytes());
            }
        }
        assert!(unpacked(lies).is_err());
    }

    #[test]
    fn what_is_no_zip_is_told_in_words() {
        for bytes in [Vec::new(), b"PK".to_vec(), vec![0; 500]] {
            let said = unpacked(bytes).unwrap_err();
            assert!(said.contains("mine.zip cannot be unpacked: "), "{said}");
        }
        let good = zipped(|writer| add(writer, "lesson.toml", &[b'a'; 5000]));
        for end in (0..good.len()).step_by(7) {
            assert!(unpacked(good[..end].to_vec()).is_err(), "{end}");
        }
        let place = tempfile::tempdir().unwrap();
        let said = read(place.path()).unwrap_err().to_string();
        assert!(said.contains("it is no file"), "{said}");
    }
}
