//! The key file's mode is 400, as the guide asks.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, KeyContent, KeyFile};
use crate::course::explain::file;
use crate::course::scene;
use crate::course::verdict::Verdict;
use crate::course::words::{for_others, permissions};

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let all = scene::key_files(evidence)?;
    let path = scene::key_path(bindings);
    let wanted =
        format!("The mode of {path} is 400: you may read it, and nobody may do anything else.");
    let files = scene::files_of_key(evidence, bindings);
    let is_ours = |file: &KeyFile| Some(&file.path) == bindings.key_file.as_ref();
    let Some(file) = files.iter().find(|file| is_ours(file)) else {
        let Some(spoiled) = all.iter().find(|file| is_ours(file)) else {
            return Ok(Verdict::not_yet(
                wanted,
                "No file with your private key was found in the lab folder.",
            ));
        };
        let found = if spoiled.content == KeyContent::Unreadable {
            format!(
                "Its mode is {}: not even you can read it.",
                permissions(spoiled.mode)
            )
        } else {
            format!("{path} does not hold your private key any more.")
        };
        let mistake = file::spoiled(spoiled, evidence, bindings);
        return Ok(Verdict::not_yet(wanted, found).or_mistake(mistake));
    };
    let mode = permissions(file.mode);
    if file.mode & 0o777 == 0o400 {
        let open = files.iter().find(|copy| file::is_open(copy));
        let copy = open.map_or_else(String::new, |copy| {
            format!(" A copy at {} can still be read by others.", copy.path)
        });
        return Ok(Verdict::passed(format!(
            "{path} has mode 400: only you can read it, and nobody overwrites it by accident.{copy}"
        )));
    }
    if file.mode & 0o400 == 0 {
        let found = format!("Its mode is {mode}: its owner may not read it.");
        return Ok(Verdict::not_yet(wanted, found).or_mistake(Some(file::unreadable(file))));
    }
    if for_others(file.mode) == 0 {
        let found = format!("Its mode is {mode}. ssh would take that; the guide asks for 400.");
        return Ok(Verdict::not_yet(wanted, found).or_mistake(Some(file::mode_600(file))));
    }
    let owner = if file.mine {
        ""
    } else {
        " It belongs to another user of this computer."
    };
    Ok(Verdict::not_yet(
        wanted,
        format!("Its mode is {mode}: others on this computer may read it.{owner}"),
    ))
}
