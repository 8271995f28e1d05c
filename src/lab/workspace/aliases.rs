//! The names in the learner's ssh configurations, as ssh itself understands them.
//!
//! Only files in the lab are read. `ssh -G` explains a name without connecting; a file with `Match exec` is left alone,
//! because ssh would run what it says.

#![expect(
    clippy::disallowed_methods,
    reason = "reads configurations and asks ssh what they mean"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::course::evidence::Alias;

/// Folders below the working folder that are looked into.
const DEEPEST: usize = 2;
/// Files looked at, and names asked for.
const MOST: usize = 200;
const MOST_NAMES: usize = 8;
/// No configuration is longer.
const LONGEST: u64 = 16 * 1024;

/// The names of every configuration in the learner's folder, and of the lab's own.
pub(super) fn find(work: &Path, own: &Path) -> Vec<Alias> {
    let mut files = vec![own.to_owned()];
    gather(work, DEEPEST, &mut files);
    let mut aliases = Vec::new();
    for path in files {
        let Some(text) = read(&path) else { continue };
        let shown = match path.strip_prefix(work) {
            Ok(inside) => inside.display().to_string(),
            Err(_) => "~/.ssh/config".to_owned(),
        };
        for name in names(&text) {
            if aliases.len() < MOST_NAMES {
                aliases.extend(ask(&path, &shown, &name));
            }
        }
    }
    aliases
}

fn gather(folder: &Path, deeper: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if files.len() >= MOST {
            return;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && deeper > 0 => gather(&entry.path(), deeper - 1, files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
}

/// A configuration: a small text with a `Host` line, and nothing that runs.
fn read(path: &Path) -> Option<String> {
    if std::fs::metadata(path).ok()?.len() > LONGEST {
        return None;
    }
    let text = std::fs::read_to_string(path).ok()?;
    let runs = text.to_ascii_lowercase().contains("exec");
    (!runs && !names(&text).is_empty()).then_some(text)
}

/// The plain names behind `Host`.
fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        if words
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case("host"))
        {
            let plain = |name: &&str| {
                name.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
                    && !name.starts_with('-')
            };
            names.extend(words.filter(plain).map(str::to_owned));
        }
    }
    names
}

fn ask(file: &Path, shown: &str, name: &str) -> Option<Alias> {
    let out = Command::new("ssh")
        .arg("-G")
        .arg("-F")
        .arg(file)
        .arg(name)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let values = |key: &str| {
        let key = format!("{key} ");
        let lines = text.lines().filter_map(|line| line.strip_prefix(&key));
        lines
            .map(|value| value.trim().to_owned())
            .collect::<Vec<_>>()
    };
    Some(Alias {
        name: name.to_owned(),
        file: shown.to_owned(),
        host: values("hostname").into_iter().next()?,
        user: values("user").into_iter().next().unwrap_or_default(),
        keys: values("identityfile"),
        only: values("identitiesonly") == ["yes"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_itself_says_what_a_name_means_and_nothing_is_run() {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path();
        let put = |name: &str, text: &str| std::fs::write(work.join(name), text).unwrap();
        put(
            "my-config",
            "Host lab\n  HostName 203.0.113.9\n  User ec2-user\n  IdentityFile live.pem\n  IdentitiesOnly yes\nHost *.example\n",
        );
        put("notes", "Host the party on Friday at 8");
        put("evil", "Host bad\nMatch exec \"touch ran\"\n");
        put("lab.pem", "-----BEGIN");
        let found = find(work, &work.join("nowhere"));
        let lab = found.iter().find(|alias| alias.name == "lab").unwrap();
        assert_eq!(
            *lab,
            Alias {
                name: "lab".into(),
                file: "my-config".into(),
                host: "203.0.113.9".into(),
                user: "ec2-user".into(),
                keys: vec!["live.pem".into()],
                only: true,
            }
        );
        assert!(found.iter().all(|alias| alias.file != "evil"), "{found:?}");
        assert!(!work.join("ran").exists());
    }
}
