//! The catalogue: the lessons that are shipped, embedded.

use crate::course::lesson::{Files, Lesson};
use crate::course::shape::{self, LessonError};

/// A lesson's folder: its name, and its texts by path, sorted.
type Folder = (&'static str, &'static [(&'static str, &'static str)]);

/// Every folder of `lessons/`, sorted. A test compares this table with the folders on disk.
const FOLDERS: &[Folder] = &[(
    "01-key-pair-and-ssh",
    &[
        (
            "chmod-400.md",
            include_str!("../../lessons/01-key-pair-and-ssh/chmod-400.md"),
        ),
        (
            "clean-up.md",
            include_str!("../../lessons/01-key-pair-and-ssh/clean-up.md"),
        ),
        (
            "create-key-pair.md",
            include_str!("../../lessons/01-key-pair-and-ssh/create-key-pair.md"),
        ),
        (
            "find-the-address.md",
            include_str!("../../lessons/01-key-pair-and-ssh/find-the-address.md"),
        ),
        (
            "keep-it-private.md",
            include_str!("../../lessons/01-key-pair-and-ssh/keep-it-private.md"),
        ),
        (
            "launch.md",
            include_str!("../../lessons/01-key-pair-and-ssh/launch.md"),
        ),
        (
            "lesson.toml",
            include_str!("../../lessons/01-key-pair-and-ssh/lesson.toml"),
        ),
        (
            "look-around.md",
            include_str!("../../lessons/01-key-pair-and-ssh/look-around.md"),
        ),
        (
            "meet-the-error.md",
            include_str!("../../lessons/01-key-pair-and-ssh/meet-the-error.md"),
        ),
        (
            "mistakes/authorized_keys_open.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/authorized_keys_open.sh"),
        ),
        (
            "mistakes/authorized_keys_without.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/authorized_keys_without.sh"),
        ),
        (
            "mistakes/command_incomplete.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/command_incomplete.sh"),
        ),
        (
            "mistakes/group_closed.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/group_closed.sh"),
        ),
        (
            "mistakes/group_for_others.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/group_for_others.sh"),
        ),
        (
            "mistakes/host_key_refused.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/host_key_refused.sh"),
        ),
        (
            "mistakes/instance_pending.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/instance_pending.sh"),
        ),
        (
            "mistakes/instance_stopped.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/instance_stopped.sh"),
        ),
        (
            "mistakes/instance_terminated.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/instance_terminated.sh"),
        ),
        (
            "mistakes/key_file_damaged.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_damaged.sh"),
        ),
        (
            "mistakes/key_file_empty.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_empty.sh"),
        ),
        (
            "mistakes/key_file_json.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_json.sh"),
        ),
        (
            "mistakes/key_file_other.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_other.sh"),
        ),
        (
            "mistakes/key_file_truncated.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_truncated.sh"),
        ),
        (
            "mistakes/key_file_utf16.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_utf16.sh"),
        ),
        (
            "mistakes/key_file_whole_answer.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_file_whole_answer.sh"),
        ),
        (
            "mistakes/key_locked.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_locked.sh"),
        ),
        (
            "mistakes/key_lost.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_lost.sh"),
        ),
        (
            "mistakes/key_open_to_others.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_open_to_others.sh"),
        ),
        (
            "mistakes/key_overwritten.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_overwritten.sh"),
        ),
        (
            "mistakes/key_pair_duplicate.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_pair_duplicate.sh"),
        ),
        (
            "mistakes/key_pair_name_not_found.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_pair_name_not_found.sh"),
        ),
        (
            "mistakes/key_pair_name_with_pem.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_pair_name_with_pem.sh"),
        ),
        (
            "mistakes/key_path_not_found.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_path_not_found.sh"),
        ),
        (
            "mistakes/key_unreadable.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/key_unreadable.sh"),
        ),
        (
            "mistakes/launched_with_other_key_pair.sh",
            include_str!(
                "../../lessons/01-key-pair-and-ssh/mistakes/launched_with_other_key_pair.sh"
            ),
        ),
        (
            "mistakes/launched_without_key_pair.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/launched_without_key_pair.sh"),
        ),
        (
            "mistakes/mode_600.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/mode_600.sh"),
        ),
        (
            "mistakes/never_left.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/never_left.sh"),
        ),
        (
            "mistakes/no_identity.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/no_identity.sh"),
        ),
        (
            "mistakes/old_address.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/old_address.sh"),
        ),
        (
            "mistakes/old_host_key.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/old_host_key.sh"),
        ),
        (
            "mistakes/old_signature.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/old_signature.sh"),
        ),
        (
            "mistakes/ppk_given_to_ssh.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/ppk_given_to_ssh.sh"),
        ),
        (
            "mistakes/private_address.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/private_address.sh"),
        ),
        (
            "mistakes/public_half_given.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/public_half_given.sh"),
        ),
        (
            "mistakes/root_login.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/root_login.sh"),
        ),
        (
            "mistakes/too_many_keys.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/too_many_keys.sh"),
        ),
        (
            "mistakes/unknown_address.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/unknown_address.sh"),
        ),
        (
            "mistakes/wrong_key.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/wrong_key.sh"),
        ),
        (
            "mistakes/wrong_port.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/wrong_port.sh"),
        ),
        (
            "mistakes/wrong_user.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/mistakes/wrong_user.sh"),
        ),
        (
            "sign-in.md",
            include_str!("../../lessons/01-key-pair-and-ssh/sign-in.md"),
        ),
        (
            "solution.sh",
            include_str!("../../lessons/01-key-pair-and-ssh/solution.sh"),
        ),
    ],
)];

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
    use crate::course::mistake::Mistake;

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
    fn every_mistake_has_a_script_in_lesson_one() {
        // Those that no script can make are met in `tests/it/catalogue/`.
        let without: &[(Mistake, &str)] = &[
            (
                Mistake::HostKeyChanged,
                "needs an address that comes back: 250 launches",
            ),
            (Mistake::HostNotFound, "asks the computer's own name server"),
            (Mistake::PemGivenToPutty, "needs PuTTY"),
        ];
        let lessons = lessons().unwrap();
        for mistake in Mistake::ALL {
            let has = lessons[0]
                .mistakes
                .iter()
                .any(|script| script.mistake == *mistake);
            let listed = without.iter().any(|(name, _)| name == mistake);
            assert!(
                has != listed,
                "{}: script {has}, listed as without {listed}",
                mistake.name()
            );
        }
    }

    #[test]
    fn every_step_fits_a_screen_of_80_by_24() {
        for lesson in lessons().unwrap() {
            for (step, world) in lesson
                .steps
                .iter()
                .flat_map(|step| lesson.worlds.iter().map(move |world| (step, *world)))
            {
                // Fences are not drawn; the coach needs the other rows for itself.
                let rows = for_world(&step.text, world)
                    .lines()
                    .filter(|line| !line.starts_with("```"))
                    .count();
                assert!(rows <= 17, "{}: {rows} rows", step.id);
                assert!(
                    step.hints.len() == 3,
                    "{} has {} hints",
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
            assert!(calls < 9, "{calls} calls");
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
