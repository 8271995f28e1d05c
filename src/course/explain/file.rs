//! What is wrong with a key file.

use crate::course::bindings::{Bindings, BoundKeyPair};
use crate::course::evidence::{Evidence, Instance, KeyContent, KeyFile, KeyPair, What};
use crate::course::explain::recognised;
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::words::{for_others, permissions, shell_word};

/// Why ssh could not use the file, if its state tells.
pub(crate) fn explain(
    file: &KeyFile,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    if file.content == KeyContent::PrivateKey {
        return is_open(file).then(|| open_to_others(file));
    }
    spoiled(file, evidence, bindings)
}

/// Whether ssh refuses the file for its mode: it does so only for files of the user who runs it.
pub(crate) fn is_open(file: &KeyFile) -> bool {
    file.mine && for_others(file.mode) != 0
}

fn open_to_others(file: &KeyFile) -> Recognised {
    let path = &file.path;
    recognised(
        Mistake::KeyOpenToOthers,
        format!(
            "ssh ignored {path} because others on this computer may read it: its mode is {}. So the instance was \
             offered no key.",
            permissions(file.mode)
        ),
        format!("chmod 400 {}", shell_word(path)),
    )
}

/// A mode that ssh takes, and is not the one that AWS asks for.
pub(crate) fn mode_600(file: &KeyFile) -> Recognised {
    let path = &file.path;
    recognised(
        Mistake::Mode600,
        format!(
            "ssh would take {path} with mode {}: only you can read it. AWS asks for 400, which also stops you from \
             overwriting the only copy of the key by accident.",
            permissions(file.mode)
        ),
        format!("chmod 400 {}", shell_word(path)),
    )
}

/// A mode without the owner's own right to read.
pub(crate) fn unreadable(file: &KeyFile) -> Recognised {
    let path = &file.path;
    recognised(
        Mistake::KeyUnreadable,
        format!(
            "Not even you may read {path}: its mode is {}. ssh has to read it, and 400 lets you do that and no more.",
            permissions(file.mode)
        ),
        format!("chmod 400 {}", shell_word(path)),
    )
}

/// A key in the work tree of a git repository.
pub(crate) fn in_repository(file: &KeyFile) -> Recognised {
    let path = &file.path;
    recognised(
        Mistake::KeyInRepository,
        format!(
            "{path} lies in a git repository: one `git add .` and one push, and the key is public for good, because \
             a later commit does not take it out of the history. Move it out."
        ),
        format!("mkdir -p -m 700 keys\nmv {} keys/", shell_word(path)),
    )
}

/// A key whose folder others may look into.
pub(crate) fn folder_open(file: &KeyFile) -> Recognised {
    let folder = folder(&file.path);
    recognised(
        Mistake::KeyFolderOpen,
        format!(
            "The mode of folder {folder} is {}: others on this computer may look into it and see your keys' names. \
             A folder needs its x to be entered, so the mode for you alone is 700.",
            permissions(file.folder_mode & 0o777)
        ),
        format!("chmod 700 {}", shell_word(folder)),
    )
}

/// The folder of a path, as the learner would write it.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// What a file holds instead of a private key that ssh can load.
pub(crate) fn spoiled(
    file: &KeyFile,
    evidence: &Evidence,
    bindings: &Bindings,
) -> Option<Recognised> {
    let path = &file.path;
    let word = shell_word(path);
    let own = pair_of(file, evidence);
    let name = own.map_or_else(|| scene::key_name(bindings), |pair| pair.name.as_str());
    // The shell's > cannot write into a file of mode 400, which was right for the good key that it was to hold.
    let writable = if file.mode & 0o200 == 0 {
        format!("chmod 600 {word}\n")
    } else {
        String::new()
    };
    let (then, again) = if let Some(instance) = waiting_for(name, evidence) {
        (
            format!(
                "No new pair opens instance {}: delete {name} and launch with a new one, or put another key on it by \
                 another door (lesson 9).",
                instance.id
            ),
            format!("aws ec2 delete-key-pair --key-name {}", shell_word(name)),
        )
    } else if own.is_none() && is_deleted(evidence, bindings) {
        (
            "The key pair is deleted: now create it again with --query KeyMaterial --output text"
                .to_owned(),
            format!(
                "aws ec2 create-key-pair --key-name {} \\\n  --query KeyMaterial --output text > {word}",
                shell_word(name)
            ),
        )
    } else {
        (
            "Delete the key pair, then create it again with --query KeyMaterial --output text"
                .to_owned(),
            format!("aws ec2 delete-key-pair --key-name {}", shell_word(name)),
        )
    };
    let again = Some(format!("{writable}{again}"));
    Some(match file.content {
        KeyContent::PrivateKey => return None,
        KeyContent::Other => recognised(
            Mistake::KeyFileOther,
            format!(
                "{path} holds no key: whatever it is, it neither begins nor ends as one. Name the file with your private \
                 half; its first line is a BEGIN line."
            ),
            format!("head -n 1 {word}"),
        ),
        KeyContent::Json => recognised(
            Mistake::KeyFileJson,
            format!("{path} holds JSON, not a bare key: the text form was not asked for. {then}"),
            again,
        ),
        KeyContent::WholeAnswer => recognised(
            Mistake::KeyFileWholeAnswer,
            format!(
                "{path} holds the whole answer, with the fingerprint in front of the key: --query KeyMaterial was \
                 missing. {then}"
            ),
            again,
        ),
        KeyContent::Utf16 => recognised(
            Mistake::KeyFileUtf16,
            format!(
                "{path} is written in UTF-16, as Windows PowerShell does with > and ssh cannot read that. Convert it \
                 into a file of one byte a letter."
            ),
            format!("iconv -f UTF-16 -t UTF-8 {word} > converted.pem"),
        ),
        KeyContent::Truncated => recognised(
            Mistake::KeyFileTruncated,
            format!(
                "{path} is only a part of a private key: the BEGIN or the END line is missing. AWS keeps no copy. \
                 {then}"
            ),
            again,
        ),
        KeyContent::Empty if second_create(evidence, bindings) => recognised(
            Mistake::KeyOverwritten,
            format!(
                "{path} is empty now. A second create-key-pair was refused, but the > had emptied the file already. \
                 Mode 400 would have saved it. {then}"
            ),
            again,
        ),
        KeyContent::Empty => recognised(
            Mistake::KeyFileEmpty,
            format!(
                "{path} is empty. The > makes the file first, whatever the command then answers. {then}"
            ),
            again,
        ),
        KeyContent::Damaged => recognised(
            Mistake::KeyFileDamaged,
            format!(
                "{path} holds a private key whose text is spoiled: its line breaks, quotes or spaces are not as AWS \
                 sent them. {then}"
            ),
            again,
        ),
        KeyContent::Ppk => recognised(
            Mistake::PpkGivenToSsh,
            format!(
                "{path} is in PuTTY's format. PuTTY and plink read it, ssh does not: ssh needs a .pem file. Convert \
                 it, or create a key pair without --key-format ppk"
            ),
            format!("puttygen {word} -O private-openssh -o converted.pem"),
        ),
        KeyContent::PublicKey => recognised(
            Mistake::PublicHalfGiven,
            format!(
                "{path} holds a public key. That half is for the instance; to prove who you are, ssh needs the \
                 private half."
            ),
            None,
        ),
        KeyContent::Unreadable => unreadable(file),
    })
}

/// The key pair whose name the file bears: what it was meant to hold.
fn pair_of<'e>(file: &KeyFile, evidence: &'e Evidence) -> Option<&'e KeyPair> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let stem = name.strip_suffix(".pem").unwrap_or(name);
    let pairs = &scene::known_account(evidence)?.key_pairs;
    pairs.iter().find(|pair| pair.name == stem)
}

/// The instance that lives and was launched with this pair, as it is listed now.
fn waiting_for<'e>(name: &str, evidence: &'e Evidence) -> Option<&'e Instance> {
    let account = scene::known_account(evidence)?;
    let pair = account.key_pairs.iter().find(|pair| pair.name == name)?;
    let pair = BoundKeyPair::from(pair);
    account
        .instances
        .iter()
        .find(|one| scene::is_alive(one) && scene::launched_with(one, &pair))
}

/// Whether the file is a private key that shows nothing of itself: it is locked with a passphrase.
pub(crate) fn is_locked(file: &KeyFile) -> bool {
    file.content == KeyContent::PrivateKey
        && file.public_sha256.is_none()
        && file.ec2_fingerprints.is_empty()
}

/// A key that ssh could not unlock.
pub(crate) fn locked(file: &KeyFile) -> Recognised {
    let path = &file.path;
    let word = shell_word(path);
    recognised(
        Mistake::KeyLocked,
        format!(
            "{path} is locked with a passphrase, and ssh was not given it, so the instance saw no proof that the key is \
             yours. Type it when ssh asks, or take it off the file."
        ),
        // ssh-keygen cannot write into a file of mode 400.
        format!("chmod 600 {word}\nssh-keygen -p -f {word}\nchmod 400 {word}"),
    )
}

/// A key that ssh reads and PuTTY does not.
pub(crate) fn pem_given_to_putty(file: &KeyFile) -> Recognised {
    let path = &file.path;
    recognised(
        Mistake::PemGivenToPutty,
        format!(
            "{path} is a good key, in the form that ssh reads. PuTTY and plink read .ppk files only, so they offered \
             the instance no key. Convert it, then name the new file."
        ),
        to_ppk(path),
    )
}

/// A file that was there and is nowhere any more.
pub(crate) fn lost(path: &str, bindings: &Bindings) -> Recognised {
    let name = scene::key_name(bindings);
    recognised(
        Mistake::KeyLost,
        format!(
            "{path} is gone, and no file here holds the private half of {name} so ssh had no key to offer. AWS has no \
             copy. If you have none either: delete the key pair, create it again, and launch a new instance with it."
        ),
        format!("aws ec2 delete-key-pair --key-name {}", shell_word(name)),
    )
}

/// Whether the bound key pair is no longer in the account, nor another of its name: the learner has done half of the cure.
fn is_deleted(evidence: &Evidence, bindings: &Bindings) -> bool {
    let Some(bound) = &bindings.key_pair else {
        return false;
    };
    scene::known_account(evidence)
        .is_some_and(|account| account.key_pairs.iter().all(|key| key.name != bound.name))
}

/// Whether a create-key-pair for the bound name was refused as a duplicate.
fn second_create(evidence: &Evidence, bindings: &Bindings) -> bool {
    let name = scene::key_name(bindings);
    scene::known_events(evidence).iter().any(|event| {
        matches!(&event.what, What::Api { action, parameters, error: Some((code, _)), .. }
            if action == "CreateKeyPair"
                && code == "InvalidKeyPair.Duplicate"
                && parameters.get("KeyName").is_none_or(|asked| asked == name))
    })
}

/// The file that was meant to hold the bound key and does not: the newest that was written since the pair was made, or
/// the one where the key was.
pub(crate) fn failed_attempt<'a>(
    evidence: &'a Evidence,
    bindings: &Bindings,
) -> Option<&'a KeyFile> {
    // The shell makes the file a moment before the key pair is made.
    const BEFORE: i64 = 10_000;
    let since = bindings
        .key_pair
        .as_ref()
        .map_or(i64::MIN, |key| key.created_at - BEFORE);
    let broken = |file: &&KeyFile| {
        !matches!(file.content, KeyContent::PrivateKey | KeyContent::Other)
            && (file.modified_at >= since || bindings.key_file.as_ref() == Some(&file.path))
            && bindings
                .key_pair
                .as_ref()
                .is_none_or(|key| !scene::holds(file, key))
    };
    scene::known_files(evidence)
        .iter()
        .filter(broken)
        .max_by_key(|file| {
            (
                bindings.key_file.as_ref() == Some(&file.path),
                file.content != KeyContent::PublicKey,
                file.modified_at,
            )
        })
}

/// The command that makes PuTTY's form of a key file.
pub(crate) fn to_ppk(path: &str) -> String {
    let ppk = format!("{}.ppk", path.strip_suffix(".pem").unwrap_or(path));
    format!(
        "puttygen {} -O private -o {}",
        shell_word(path),
        shell_word(&ppk)
    )
}
