//! A class: one small file that a teacher makes and learners open the lab with. It needs no server and no network.

use serde::{Deserialize, Serialize};

use crate::classroom::learner::folded;
use crate::classroom::ledger::sha256;
use crate::course::lesson::Lesson;

/// The format that this program writes.
pub const FORMAT: u32 = 1;
/// The largest class file that is read, in bytes: some 50,000 members.
pub const LARGEST: usize = 1 << 20;
/// Hexadecimal digits of an id, a variant and a member's mark.
const DIGITS: usize = 16;

/// A class, as its file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// [`FORMAT`].
    pub format: u32,
    /// Sixteen hexadecimal digits, random.
    pub id: String,
    /// What the class is called.
    pub title: String,
    /// The lessons that count, by folder, in order.
    pub lessons: Vec<String>,
    /// Practice or exam.
    pub mode: Mode,
    /// What lessons that draw from a pool draw by, together with the lab's id.
    pub seed: String,
    /// How long the lessons may take together, from the first opening on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_minutes: Option<u32>,
    /// Where to hand in, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hand_in_to: Option<String>,
    /// What a hand-in is to say of the learner; nothing for a class without names.
    #[serde(default)]
    pub asks: Vec<Asks>,
    /// Marks of the members' ids, made with [`mark`], so that a slip is noticed: nobody's id can be read from it. Empty when
    /// everybody may hand in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// How the lessons are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As usual.
    Practice,
    /// Without hints.
    Exam,
}

/// One thing that a hand-in is to say of the learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asks {
    /// Their name.
    Name,
    /// Their id: a student number or a login.
    Id,
    /// Their e-mail address.
    Email,
}

/// A class that a lab has joined: kept in the lab's folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// [`FORMAT`].
    pub format: u32,
    /// The class.
    pub class: Class,
    /// When, Unix milliseconds: the time limit runs from here.
    pub at: i64,
}

/// Why a class file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassError {
    /// Too long.
    #[error("it is too large for a class file ({bytes} bytes)")]
    Huge {
        /// Its length.
        bytes: u64,
    },
    /// Not TOML, or not of this shape.
    #[error("line {line}: {message}")]
    Damaged {
        /// Line, from 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// Written by a newer program.
    #[error(
        "it has format {found}; this groundschool reads format {FORMAT}: use a newer groundschool"
    )]
    Newer {
        /// The format found.
        found: u32,
    },
    /// Of a format that there never was.
    #[error("it has format {found}, which never was: this groundschool reads format {FORMAT}")]
    NoFormat {
        /// The format found.
        found: u32,
    },
    /// A lesson that this program does not have.
    #[error("it wants the lesson {0}, which this groundschool does not have")]
    NoSuchLesson(String),
    /// No lessons.
    #[error("it names no lessons")]
    Empty,
}

/// Only the format, read before all else.
#[derive(Deserialize)]
struct Format {
    format: Option<u32>,
}

impl Class {
    /// Reads a class file.
    ///
    /// # Errors
    /// [`ClassError`], with the line, for whatever is wrong with it.
    pub fn read(bytes: &[u8], course: &[Lesson]) -> Result<Self, ClassError> {
        if bytes.len() > LARGEST {
            let bytes = bytes.len() as u64;
            return Err(ClassError::Huge { bytes });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| ClassError::Damaged {
            line: line_of(bytes, error.valid_up_to()),
            message: "this is no text".to_owned(),
        })?;
        // An editor on Windows may have put it there.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if let Ok(Format {
            format: Some(found),
        }) = toml::from_str(text)
            && found > FORMAT
        {
            return Err(ClassError::Newer { found });
        }
        let class: Self = toml::from_str(text).map_err(|error| ClassError::Damaged {
            line: line_of(text.as_bytes(), error.span().unwrap_or_default().start),
            message: error.message().trim().to_owned(),
        })?;
        if class.format != FORMAT {
            let found = class.format;
            return Err(ClassError::NoFormat { found });
        }
        if class.lessons.is_empty() {
            return Err(ClassError::Empty);
        }
        let is_id =
            |text: &str| text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id(&class.id) {
            return Err(ClassError::Damaged {
                line: 1,
                message: "the id of a class is sixteen hexadecimal digits".to_owned(),
            });
        }
        match class
            .lessons
            .iter()
            .find(|slug| course.iter().all(|lesson| lesson.slug != **slug))
        {
            Some(slug) => Err(ClassError::NoSuchLesson(slug.clone())),
            None => Ok(class),
        }
    }

    /// The class file's text.
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!(
            "# A class of Ground School. Learners open the lab with it:\n\
             #     groundschool learn --class THIS-FILE\n\
             # It holds no names: the members are marks by which a slip in an id is noticed.\n{body}"
        )
    }

    /// Whether somebody with one of these ids is in the class; always true in a class that knows no members.
    pub fn has_member<'a>(&self, mut ids: impl Iterator<Item = &'a str>) -> bool {
        self.members.is_empty() || ids.any(|id| self.members.contains(&mark(&self.id, id)))
    }

    /// Whether hints are shown.
    pub fn has_hints(&self) -> bool {
        self.mode == Mode::Practice
    }
}

impl Joined {
    /// When the time is over, Unix milliseconds.
    pub fn deadline(&self) -> Option<i64> {
        deadline(self.at, self.class.time_limit_minutes)
    }
}

/// When a time limit that began at `at` is over.
pub(super) fn deadline(at: i64, minutes: Option<u32>) -> Option<i64> {
    minutes.map(|minutes| at.saturating_add(i64::from(minutes) * 60_000))
}

/// A member's mark: the same for the same id in the same class, and nothing from which the id could be read.
pub fn mark(class: &str, id: &str) -> String {
    short(&format!("member\n{class}\n{}", folded(id)))
}

/// What a lesson that draws from a pool draws by in this lab: sixteen hexadecimal digits. No two labs have the same, with
/// whatever seed; the same lab with the same seed has the same each time.
pub fn variant(seed: &str, lab: &str, lesson: &str) -> String {
    short(&format!("variant\n{seed}\n{lab}\n{lesson}"))
}

fn short(text: &str) -> String {
    sha256(text).chars().take(DIGITS).collect()
}

fn line_of(bytes: &[u8], place: usize) -> usize {
    bytes.iter().take(place).filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::catalogue::lessons;

    fn class() -> Class {
        let id = "00ff00ff00ff00ff";
        Class {
            format: FORMAT,
            id: id.into(),
            title: "Clouds, Monday".into(),
            lessons: vec!["01-key-pair-and-ssh".into()],
            mode: Mode::Exam,
            seed: "s".into(),
            time_limit_minutes: Some(45),
            hand_in_to: Some("the box in the LMS".into()),
            asks: vec![Asks::Name, Asks::Id],
            members: vec![mark(id, "s-1001"), mark(id, "1002")],
        }
    }

    fn read(text: &str) -> Result<Class, ClassError> {
        Class::read(text.as_bytes(), &lessons().unwrap())
    }

    #[test]
    fn what_is_written_is_read_back_also_from_windows() {
        let text = class().to_toml();
        assert_eq!(read(&text), Ok(class()));
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        assert_eq!(read(&windows), Ok(class()));
        assert!(
            text.contains("mode = \"exam\"") && !text.contains("1001"),
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let good = class().to_toml();
        let line = good
            .lines()
            .position(|line| line.starts_with("mode"))
            .unwrap()
            + 1;
        let error = read(&good.replace("mode =", "mood =")).unwrap_err();
        assert!(
            matches!(&error, ClassError::Damaged { line: at, message } if *at == line && message.contains("mood")),
            "{error}"
        );
        assert_eq!(
            read("format = 2\nstars = 1"),
            Err(ClassError::Newer { found: 2 })
        );
        assert_eq!(
            read(&good.replace("format = 1", "format = 0")),
            Err(ClassError::NoFormat { found: 0 })
        );
        assert_eq!(
            read(&good.replace("01-key", "99-key")),
            Err(ClassError::NoSuchLesson("99-key-pair-and-ssh".into()))
        );
        assert!(matches!(
            read(&good.replace("00ff00ff00ff00ff", "../../etc")),
            Err(ClassError::Damaged { .. })
        ));
        for text in ["", "\0", "format = 1", "{}"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(Class::read(b"\xff\xfe", &[]).is_err());
        let huge = vec![b'#'; LARGEST + 1];
        assert!(matches!(
            Class::read(&huge, &[]),
            Err(ClassError::Huge { .. })
        ));
    }

    #[test]
    fn a_member_is_known_by_any_of_their_ids_and_however_they_write_it() {
        let class = class();
        assert!(class.has_member([" S-1001"].into_iter()));
        assert!(class.has_member(["ada", "#1002"].into_iter()));
        assert!(!class.has_member(["s-1003"].into_iter()));
        let open = Class {
            members: vec![],
            ..class
        };
        assert!(open.has_member(["anybody"].into_iter()));
    }

    #[test]
    fn two_labs_draw_differently_and_the_same_lab_draws_the_same() {
        assert_eq!(variant("s", "a", "l"), variant("s", "a", "l"));
        for other in [
            variant("s", "b", "l"),
            variant("t", "a", "l"),
            variant("s", "a", "m"),
        ] {
            assert_ne!(other, variant("s", "a", "l"));
        }
    }
}
