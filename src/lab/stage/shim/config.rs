//! The ssh configuration of the lab, around the learner's own.

#![expect(
    clippy::disallowed_methods,
    reason = "writes the configuration files of the lab"
)]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::lab::multicall;
use crate::lab::workspace::Layout;

/// Writes the configuration that includes `theirs` (the file of their `-F`), or else the lab's own `ssh/config`.
pub(super) fn write(layout: &Layout, theirs: Option<&Path>) -> io::Result<PathBuf> {
    let name = match theirs {
        None => "lab_config".to_owned(),
        Some(theirs) => {
            let mut hasher = DefaultHasher::new();
            theirs.hash(&mut hasher);
            format!("lab_config_{:016x}", hasher.finish())
        }
    };
    let lab = layout.ssh_config();
    write_as(layout, &name, &text(layout, Some(theirs.unwrap_or(&lab))))
}

/// The same for `-F none`.
pub(super) fn write_without_theirs(layout: &Layout) -> io::Result<PathBuf> {
    write_as(layout, "lab_config_alone", &text(layout, None))
}

/// Whether the lab's own `ssh/config` says anything.
pub(super) fn learner_has_one(layout: &Layout) -> bool {
    std::fs::metadata(layout.ssh_config()).is_ok_and(|about| about.len() > 0)
}

fn write_as(layout: &Layout, name: &str, text: &str) -> io::Result<PathBuf> {
    // Not in the folder that is `~/.ssh` in the netns stage.
    let path = layout.shell().join(name);
    if std::fs::read(&path).is_ok_and(|now| now == text.as_bytes()) {
        return Ok(path);
    }
    // Replaced whole: another ssh may be reading it.
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.persist(&path).map_err(|why| why.error)?;
    Ok(path)
}

/// `Match final`, because with a plain `Host` an alias (`Host web1`, `HostName 203.0.113.25`) would miss it; `IdentityFile none`
/// last, so that no default key of the learner's is offered while `-i` and theirs in a Host block still work. The agent is the one of the variable, which the lab takes
/// away at its start: what it names was started in the lab.
fn text(layout: &Layout, theirs: Option<&Path>) -> String {
    let connect = shell_word(&layout.shell().join(multicall::CONNECT)).replace('%', "%%");
    let include = theirs
        .map(|theirs| format!("Include {}\n", config_word(theirs)))
        .unwrap_or_default();
    format!(
        "# Written by Ground School for its lab.\n\
         Match final host 203.0.113.*,ec2-203-0-113-*\n  ProxyCommand {connect} %h %p\n  ProxyUseFdpass yes\n\
         Match all\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent SSH_AUTH_SOCK\n  HashKnownHosts no\n\
         {include}\
         Match all\n  IdentityFile none\n",
        config_word(&layout.known_hosts()).replace('%', "%%"),
    )
}

/// A word for the shell that runs a ProxyCommand.
fn shell_word(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// A word of ssh_config.
fn config_word(path: &Path) -> String {
    format!("\"{}\"", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learners_file_stands_between_what_must_win_and_what_must_not() {
        let layout = Layout::new(PathBuf::from("/o'neil/lab"));
        assert_eq!(
            text(&layout, Some(Path::new("/work/my config"))),
            r#"# Written by Ground School for its lab.
Match final host 203.0.113.*,ec2-203-0-113-*
  ProxyCommand '/o'\''neil/lab/.groundschool/shell/groundschool-connect' %h %p
  ProxyUseFdpass yes
Match all
  UserKnownHostsFile "/o'neil/lab/.groundschool/ssh/known_hosts"
  GlobalKnownHostsFile /dev/null
  IdentityAgent SSH_AUTH_SOCK
  HashKnownHosts no
Include "/work/my config"
Match all
  IdentityFile none
"#
        );
        assert!(!text(&layout, None).contains("Include"));
    }
}
