//! The key file lies where it is not published: outside of every git repository, and not among the downloads.

use crate::course::bindings::Bindings;
use crate::course::evidence::Evidence;
use crate::course::explain::file;
use crate::course::scene;
use crate::course::verdict::Verdict;

/// `closed`: its folder must be closed to others too.
pub(super) fn judge(
    closed: bool,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    scene::key_files(evidence)?;
    let wanted = if closed {
        "The folder of your key file has mode 700: only you may look into it."
    } else {
        "Your key file is in a folder of its own, outside of the repository."
    };
    let files = scene::files_of_key(evidence, bindings);
    // A copy that stays behind is still published.
    if let Some(file) = files.iter().find(|file| file.in_repository) {
        return Ok(
            Verdict::not_yet(wanted, format!("{} is inside a git repository.", file.path))
                .or_mistake(Some(file::in_repository(file))),
        );
    }
    let ours = |path: &str| Some(path) == bindings.key_file.as_deref();
    let Some(file) = files.iter().find(|file| ours(&file.path)) else {
        return Ok(Verdict::not_yet(
            wanted,
            "No file with your private key was found in the lab folder.",
        ));
    };
    if closed {
        let (folder, mode) = (file::folder(&file.path), file.folder_mode & 0o777);
        if mode & 0o077 != 0 {
            return Ok(Verdict::not_yet(
                wanted,
                format!("The mode of folder {folder} is {mode:03o}."),
            )
            .or_mistake(Some(file::folder_open(file))));
        }
        return Ok(Verdict::passed(format!(
            "Folder {folder} has mode {mode:03o}: others cannot even see which keys you have."
        )));
    }
    if file.path.starts_with("~/Downloads/") {
        return Ok(Verdict::not_yet(
            wanted,
            format!("{} is among the downloads.", file.path),
        ));
    }
    Ok(Verdict::passed(format!(
        "{} is outside of the repository: no commit can take it along.",
        file.path
    )))
}
