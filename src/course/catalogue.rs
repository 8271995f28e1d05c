//! The catalogue: the lessons that are shipped, embedded.

use crate::course::lesson::{Files, Lesson};
use crate::course::shape::{self, LessonError};

/// A lesson's folder: its name, and its texts by path, sorted.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);

macro_rules! folder {
    ($slug:literal: $($file:literal)*) => {
        ($slug, &[$(($file, include_str!(concat!("../../lessons/", $slug, "/", $file))),)*])
    };
}

/// Every folder of `lessons/`, sorted. A test compares this table with the folders on disk.
#[rustfmt::skip]
const FOLDERS: &[Folder] = &[
    folder!("01-key-pair-and-ssh":
        "chmod-400.de.md"
        "chmod-400.md"
        "clean-up.de.md"
        "clean-up.md"
        "create-key-pair.de.md"
        "create-key-pair.md"
        "done.de.md"
        "done.md"
        "find-the-address.de.md"
        "find-the-address.md"
        "keep-it-private.de.md"
        "keep-it-private.md"
        "launch.de.md"
        "launch.md"
        "lesson.de.toml"
        "lesson.toml"
        "look-around.de.md"
        "look-around.md"
        "meet-the-error.de.md"
        "meet-the-error.md"
        "mistakes/authorized_keys_open.sh"
        "mistakes/authorized_keys_without.sh"
        "mistakes/command_incomplete.sh"
        "mistakes/group_closed.sh"
        "mistakes/group_for_others.sh"
        "mistakes/host_key_refused.sh"
        "mistakes/host_not_found.sh"
        "mistakes/instance_pending.sh"
        "mistakes/instance_stopped.sh"
        "mistakes/instance_terminated.sh"
        "mistakes/key_file_damaged.sh"
        "mistakes/key_file_empty.sh"
        "mistakes/key_file_json.sh"
        "mistakes/key_file_other.sh"
        "mistakes/key_file_truncated.sh"
        "mistakes/key_file_utf16.sh"
        "mistakes/key_file_whole_answer.sh"
        "mistakes/key_locked.sh"
        "mistakes/key_lost.sh"
        "mistakes/key_open_to_others.sh"
        "mistakes/key_overwritten.sh"
        "mistakes/key_pair_duplicate.sh"
        "mistakes/key_pair_name_not_found.sh"
        "mistakes/key_pair_name_with_pem.sh"
        "mistakes/key_path_not_found.sh"
        "mistakes/key_unreadable.sh"
        "mistakes/launched_with_other_key_pair.sh"
        "mistakes/launched_without_key_pair.sh"
        "mistakes/mode_600.sh"
        "mistakes/never_left.sh"
        "mistakes/no_identity.sh"
        "mistakes/old_address.sh"
        "mistakes/old_host_key.sh"
        "mistakes/old_signature.sh"
        "mistakes/ppk_given_to_ssh.sh"
        "mistakes/private_address.sh"
        "mistakes/public_half_given.sh"
        "mistakes/root_login.sh"
        "mistakes/too_many_keys.sh"
        "mistakes/unknown_address.sh"
        "mistakes/wrong_key.sh"
        "mistakes/wrong_port.sh"
        "mistakes/wrong_user.sh"
        "sign-in.de.md"
        "sign-in.md"
        "solution.sh"
    ),
    folder!("02-guard-the-file":
        "close-the-folder.md"
        "done.md"
        "four-hundred.md"
        "lesson.toml"
        "lose-a-key.md"
        "mistakes/key_folder_open.sh"
        "mistakes/key_in_repository.sh"
        "mistakes/key_open_to_others.sh"
        "mistakes/key_pair_duplicate.sh"
        "mistakes/key_path_not_found.sh"
        "mistakes/key_unreadable.sh"
        "mistakes/mode_600.sh"
        "move-it-out.md"
        "never-open.md"
        "read-the-warning.md"
        "six-hundred.md"
        "solution.sh"
        "think.md"
    ),
    folder!("03-open-the-door":
        "done.md"
        "lesson.toml"
        "meet-the-silence.md"
        "mistakes/group_closed.sh"
        "mistakes/group_for_others.sh"
        "mistakes/group_open_to_all.sh"
        "mistakes/private_address.sh"
        "only-you.md"
        "open-for-a-stranger.md"
        "open-for-yourself.md"
        "read-the-rules.md"
        "solution.sh"
        "think.md"
    ),
    folder!("04-launch-and-wait":
        "another-region.md"
        "choose-an-image.md"
        "done.md"
        "launch.md"
        "lesson.toml"
        "mistakes/group_closed.sh"
        "mistakes/instance_pending.sh"
        "mistakes/key_pair_name_not_found.sh"
        "mistakes/key_pair_name_with_pem.sh"
        "mistakes/launched_without_key_pair.sh"
        "solution.sh"
        "think.md"
        "try-the-private-one.md"
        "use-the-public-one.md"
        "wait.md"
    ),
    folder!("05-first-login":
        "ask-the-console.md"
        "compare.md"
        "done.md"
        "lesson.toml"
        "look-around.md"
        "mistakes/host_key_refused.sh"
        "mistakes/no_identity.sh"
        "mistakes/root_login.sh"
        "mistakes/wrong_user.sh"
        "say-no.md"
        "solution.sh"
        "think.md"
        "wrong-user.md"
    ),
    folder!("06-read-the-symptom":
        "alpha.md"
        "bravo.md"
        "charlie.md"
        "delta.md"
        "done.md"
        "echo.md"
        "get-an-overview.md"
        "lesson.toml"
        "mistakes/unknown_address.sh"
        "solution.sh"
        "think.md"
    ),
    folder!("07-live-with-it":
        "an-address-that-stays.md"
        "another-machine.md"
        "ask-the-agent.md"
        "copy-a-file.md"
        "done.md"
        "forget-the-old-one.md"
        "lesson.toml"
        "lock-it.md"
        "mistakes/host_key_changed.sh"
        "mistakes/host_key_refused.sh"
        "mistakes/instance_stopped.sh"
        "mistakes/key_locked.sh"
        "mistakes/old_address.sh"
        "mistakes/too_many_keys.sh"
        "one-word.md"
        "solution.sh"
        "stop-and-start.md"
        "think.md"
    ),
    folder!("08-change-and-lose-keys":
        "add-the-new-one.md"
        "delete-in-ec2.md"
        "done.md"
        "lesson.toml"
        "lose-it.md"
        "make-your-own.md"
        "meet-the-refusal.md"
        "mistakes/authorized_keys_open.sh"
        "mistakes/authorized_keys_without.sh"
        "mistakes/key_pair_duplicate.sh"
        "mistakes/public_half_given.sh"
        "mistakes/wrong_key.sh"
        "solution.sh"
        "take-off-the-old-one.md"
        "think.md"
    ),
    folder!("09-without-keys-and-leaving":
        "a-key-for-a-minute.md"
        "done.md"
        "knock-without-a-key.md"
        "least-open.md"
        "leave-nothing.md"
        "lesson.toml"
        "mistakes/group_closed.sh"
        "mistakes/group_open_to_all.sh"
        "mistakes/root_login.sh"
        "mistakes/wrong_key.sh"
        "ready.md"
        "solution.sh"
    ),
    folder!("10-putty":
        "change-the-suit.md"
        "copy.md"
        "done.md"
        "lesson.toml"
        "mistakes/host_key_refused.sh"
        "mistakes/pem_given_to_putty.sh"
        "mistakes/ppk_given_to_ssh.sh"
        "mistakes/wrong_user.sh"
        "other-way-round.md"
        "sign-in.md"
        "solution.sh"
        "think.md"
        "wrong-suit.md"
    ),
];

/// The shipped lessons' folders, sorted by name.
pub fn folders() -> Vec<(&'static str, Files)> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    FOLDERS
        .iter()
        .map(|(slug, files)| (*slug, files.iter().map(owned).collect()))
        .collect()
}

/// The shipped lessons, in order.
///
/// # Errors
/// [`LessonError`] of the first lesson that is faulty; a test proves that none is.
pub fn lessons() -> Result<Vec<Lesson>, LessonError> {
    folders()
        .iter()
        .map(|(slug, files)| shape::read(slug, files))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::course::asides::for_world;
    use crate::course::checks::Expect;
    use crate::course::locale::Locale;
    use crate::course::mistake::Mistake;
    use crate::course::question::markdown;
    use crate::course::start::Cause;
    use crate::course::translation::translated;

    fn on_disk(folder: &Path, within: &str, found: &mut BTreeSet<String>) {
        for entry in folder.read_dir().unwrap() {
            let entry = entry.unwrap();
            let name = format!("{within}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                on_disk(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name);
            }
        }
    }

    #[test]
    fn the_table_is_the_folders_on_disk_and_sorted() {
        let mut disk = BTreeSet::new();
        on_disk(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons"),
            "",
            &mut disk,
        );
        let table: Vec<String> = FOLDERS
            .iter()
            .flat_map(|(slug, files)| files.iter().map(move |(path, _)| format!("{slug}/{path}")))
            .collect();
        assert!(table.is_sorted());
        assert_eq!(table, disk.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn every_shipped_lesson_is_without_faults() {
        if let Err(error) = lessons() {
            panic!("{error}");
        }
    }

    #[test]
    fn no_translation_is_stale_and_the_first_lesson_has_one() {
        let lessons = lessons().unwrap();
        for lesson in &lessons {
            assert_eq!(lesson.remarks, [], "{}", lesson.slug);
        }
        let german: Locale = "de".parse().unwrap();
        let translated = translated(lessons[0].clone(), &german);
        assert_eq!(translated.language, Some(german));
        let same = lessons[0].steps.iter().zip(&translated.steps);
        for (english, german) in same {
            assert_ne!(english.text, german.text);
            // Commands are the same in every language.
            let commands = |text: &str| {
                let code = text.split("```\n").skip(1).step_by(2);
                code.map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(commands(&english.text), commands(&german.text));
            assert_eq!(english.hints[2], german.hints[2]);
        }
    }

    #[test]
    fn every_mistake_has_a_script_in_a_lesson() {
        let lessons = lessons().unwrap();
        for mistake in Mistake::ALL {
            let has = lessons
                .iter()
                .flat_map(|lesson| &lesson.mistakes)
                .any(|script| script.mistake == *mistake);
            assert!(has, "{}", mistake.name());
        }
    }

    #[test]
    fn every_step_fits_a_screen_of_80_by_24() {
        let all = lessons().unwrap();
        let translations = all.iter().flat_map(|lesson| {
            let locales = lesson.translations.iter().map(|one| one.locale.clone());
            locales.map(|locale| translated(lesson.clone(), &locale))
        });
        for lesson in all.iter().cloned().chain(translations) {
            for (step, world) in lesson
                .steps
                .iter()
                .flat_map(|step| lesson.worlds.iter().map(move |world| (step, *world)))
            {
                // Fences are not drawn; the coach needs the other rows for itself.
                let rows = |text: &str| {
                    let lines = text.lines().filter(|line| !line.starts_with("```"));
                    lines
                        .map(|line| line.chars().count().div_ceil(76).max(1))
                        .sum::<usize>()
                };
                let of = step.questions.len();
                let asked = step.questions.iter().enumerate();
                let asked = asked.map(|(number, one)| rows(&markdown(number, of, one)) + 1);
                let riddle = step
                    .checks
                    .iter()
                    .any(|one| matches!(one, Expect::RiddleSolved { .. }));
                let causes = if riddle { Cause::ALL.len() + 1 } else { 0 };
                let text = rows(&for_world(&step.text, world));
                let all = text + asked.max().unwrap_or(0) + causes;
                assert!(all <= 19, "{} {}: {all} rows", lesson.slug, step.id);
                assert!(text <= 17, "{} {}", lesson.slug, step.id);
                assert!(
                    step.hints.len() == 3,
                    "{} {} has {} hints",
                    lesson.slug,
                    step.id,
                    step.hints.len()
                );
            }
        }
    }

    #[test]
    fn the_solution_needs_few_calls_of_the_slow_aws() {
        for lesson in lessons().unwrap() {
            let calls: usize = lesson
                .solution
                .iter()
                .map(|section| section.script.matches("aws ec2 ").count())
                .sum();
            assert!(calls < 16, "{}: {calls} calls", lesson.slug);
        }
    }

    #[test]
    fn a_mistakes_play_is_the_solution_so_far_and_then_the_mistake() {
        let lesson = lessons().unwrap().remove(0);
        let script = lesson
            .mistakes
            .iter()
            .find(|one| one.mistake == Mistake::Mode600)
            .unwrap();
        let before = lesson.solution_before(Some(&script.at));
        let play: String = before
            .map(|section| section.script.as_str())
            .chain([script.script.as_str()])
            .collect();
        assert!(
            play.contains("run-instances") && !play.contains("chmod 400"),
            "{play}"
        );
        assert!(play.trim_end().ends_with("chmod 600 testkeypair.pem"));
    }
}
