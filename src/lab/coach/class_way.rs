//! The way through a class: which of its lessons comes next, and how to hand in. A lesson's own last page leads through the whole
//! course, and to AWS: in a class that would lead out of it.

use std::fmt::Write;

use crate::classroom::class::Class;
use crate::course::catalogue;
use crate::course::lesson::Lesson;
use crate::course::progress::Progress;
use crate::lab::files::read_if_there;
use crate::lab::workspace::Layout;

/// How the learner named the lab when they opened it: `--class class.toml`, `--lab DIR`, both, or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// As it is typed.
    pub options: String,
    /// Whether the class file is among them: then the next lesson is found by itself.
    pub by_class: bool,
}

impl Named {
    /// What opens the lab with this lesson.
    pub fn learn(&self, lesson: &Lesson) -> String {
        let number = lesson.slug.split('-').next().unwrap_or_default();
        let number = number.trim_start_matches('0');
        let lesson = if self.by_class { "" } else { number };
        words(&["groundschool learn", lesson, &self.options])
    }

    /// What hands in.
    pub fn hand_in(&self) -> String {
        words(&["groundschool hand-in", &self.options])
    }
}

fn words(words: &[&str]) -> String {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

/// The first lesson of the class that is not passed in this lab.
pub fn first_open(class: &Class, layout: &Layout) -> Option<String> {
    open(class, layout).next().map(|lesson| lesson.slug)
}

/// The same, besides this one.
pub(super) fn next(class: &Class, lesson: &Lesson, layout: &Layout) -> Option<Lesson> {
    open(class, layout).find(|one| one.slug != lesson.slug)
}

/// The lessons of the class that are not passed in this lab, in its order.
fn open<'a>(class: &'a Class, layout: &'a Layout) -> impl Iterator<Item = Lesson> + 'a {
    let course = catalogue::lessons().unwrap_or_default();
    let slugs = class.lessons.iter();
    slugs
        .filter_map(move |slug| course.iter().find(|one| one.slug == *slug).cloned())
        .filter(|lesson| !is_passed(lesson, layout))
}

fn is_passed(lesson: &Lesson, layout: &Layout) -> bool {
    let kept = read_if_there(&layout.progress(&lesson.slug)).ok().flatten();
    let progress =
        kept.and_then(|bytes| Progress::from_json(&String::from_utf8_lossy(&bytes)).ok());
    progress.is_some_and(|progress| progress.is_complete(lesson))
}

/// What comes after a lesson that is passed, in Markdown.
pub(super) fn after(class: &Class, next: Option<&Lesson>, named: &Named) -> String {
    if let Some(lesson) = next {
        return format!(
            "Next in this class: {}. Type `exit`, then\n\n    {}\n",
            lesson.title,
            named.learn(lesson)
        );
    }
    let mut text = format!(
        "Every lesson of this class is passed. To hand in, type `exit`, then\n\n    {}\n",
        named.hand_in()
    );
    if let Some(place) = &class.hand_in_to {
        let _ = write!(text, "\nand hand the file in to: {place}\n");
    }
    text
}

/// A lesson's last page without the lines that lead through the course.
pub(super) fn without_the_course(page: &str) -> String {
    let leads = |line: &str| {
        ["`groundschool learn", "`groundschool lessons"]
            .iter()
            .any(|command| line.contains(command))
    };
    let kept: Vec<&str> = page.lines().filter(|line| !leads(line)).collect();
    format!("{}\n", kept.join("\n").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_last_page_leads_out_of_a_class() {
        for lesson in catalogue::lessons().unwrap() {
            let page = without_the_course(&lesson.done);
            assert!(!page.contains("groundschool l"), "{}: {page}", lesson.slug);
            assert!(page.lines().count() > 3, "{}: {page}", lesson.slug);
        }
    }

    #[test]
    fn the_lab_is_named_as_it_was_opened() {
        let lessons = catalogue::lessons().unwrap();
        let sixth = &lessons[5];
        let named = |options: &str, by_class| Named {
            options: options.into(),
            by_class,
        };
        let class = named("--class class.toml", true);
        assert_eq!(class.learn(sixth), "groundschool learn --class class.toml");
        assert_eq!(class.hand_in(), "groundschool hand-in --class class.toml");
        assert_eq!(
            named("--lab x", false).learn(sixth),
            "groundschool learn 6 --lab x"
        );
        assert_eq!(Named::default().hand_in(), "groundschool hand-in");
    }
}
