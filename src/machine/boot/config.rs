//! `#cloud-config`: what it asks for, read once into types. What is wrong or not simulated is kept by name.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of any other shape is named to the learner, whatever shapes there are"
)]

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Modules that `cloud_final_modules` may call for again, with how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Often {
    /// At the first boot of the instance.
    PerInstance,
    /// At every boot.
    Always,
    /// Once on this disk, whatever ran before.
    Once,
}

/// One user of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Person {
    /// `default`: the image's own.
    Default,
    /// Somebody else, or the image's own by name.
    Named(Wanted),
}

/// A user as it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) gecos: String,
    pub(super) home: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) sudo: Vec<String>,
    pub(super) keys: Vec<String>,
    pub(super) uid: Option<u32>,
    pub(super) no_home: bool,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Writing {
    pub(super) path: String,
    pub(super) content: Vec<u8>,
    pub(super) owner: String,
    pub(super) mode: u16,
    pub(super) append: bool,
    /// After users were made.
    pub(super) late: bool,
}

/// All that a configuration asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    pub(super) hostname: Option<String>,
    /// None: only the image's own user.
    pub(super) users: Option<Vec<Person>>,
    pub(super) groups: Vec<(String, Vec<String>)>,
    pub(super) keys: Vec<String>,
    pub(super) disable_root: bool,
    pub(super) files: Vec<Writing>,
    /// Lines of shell.
    pub(super) bootcmd: Vec<String>,
    pub(super) runcmd: Vec<String>,
    pub(super) packages: Vec<String>,
    pub(super) scripts: Often,
    pub(super) people: Often,
    /// Keys that are known to cloud-init or not, and have no effect here.
    pub(super) not_simulated: Vec<String>,
    /// Keys whose value has another shape, with what is wrong.
    pub(super) wrong: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hostname: None,
            users: None,
            groups: Vec::new(),
            keys: Vec::new(),
            disable_root: true,
            files: Vec::new(),
            bootcmd: Vec::new(),
            runcmd: Vec::new(),
            packages: Vec::new(),
            scripts: Often::PerInstance,
            people: Often::PerInstance,
            not_simulated: Vec::new(),
            wrong: Vec::new(),
        }
    }
}

/// Reads one document. The error is what stands after "Failed loading yaml blob".
pub(super) fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    // As PyYAML does: 0644 is octal and yes is true.
    let options = serde_saphyr::options! { strict_booleans: false, legacy_octal_numbers: true };
    match serde_saphyr::from_str_with_options::<Value>(text, options) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(other) => {
            let kind = match other {
                Value::Array(_) => "list",
                Value::String(_) => "str",
                Value::Bool(_) => "bool",
                Value::Null | Value::Number(_) | Value::Object(_) => "int",
            };
            Err(format!(
                ". Yaml load allows (<class 'dict'>,) root types, but got {kind} instead"
            ))
        }
        Err(error) => {
            let place = error.location().map_or_else(String::new, |place| {
                format!(
                    " Invalid format at line {} column {}:",
                    place.line(),
                    place.column()
                )
            });
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            Err(format!(".{place} \"{why}\""))
        }
    }
}

impl Config {
    /// Understands a document.
    pub(super) fn of(mut map: Map<String, Value>) -> Self {
        let mut config = Self::default();
        let wrong = &mut config.wrong;
        config.hostname = take(&mut map, "hostname", wrong);
        let fqdn: Option<String> = take(&mut map, "fqdn", wrong);
        config.hostname = fqdn.or(config.hostname.take());
        config.users = map
            .remove("users")
            .map(|value| people(value, wrong, &mut config.not_simulated));
        config.groups = map
            .remove("groups")
            .map(|value| groups(value, wrong))
            .unwrap_or_default();
        config.keys = words(
            map.remove("ssh_authorized_keys"),
            "ssh_authorized_keys",
            wrong,
        );
        config.disable_root = take(&mut map, "disable_root", wrong).unwrap_or(true);
        config.files = map
            .remove("write_files")
            .map(|value| files(value, wrong))
            .unwrap_or_default();
        config.bootcmd = commands(map.remove("bootcmd"), "bootcmd", wrong);
        config.runcmd = commands(map.remove("runcmd"), "runcmd", wrong);
        config.packages = packages(map.remove("packages"));
        for entry in list(map.remove("cloud_final_modules")) {
            let (name, often) = module(&entry);
            match (name.as_str(), often) {
                ("scripts-user", Some(often)) => config.scripts = often,
                ("users-groups", Some(often)) => config.people = often,
                _ => (),
            }
        }
        config
            .not_simulated
            .extend(map.into_iter().map(|(key, _)| key));
        config
    }
}

/// The name and how often, in `[scripts-user, always]`.
fn module(entry: &Value) -> (String, Option<Often>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('_', "-");
    match entry {
        Value::Array(both) => {
            let often = both.get(1).map(text).unwrap_or_default();
            let often = match often.as_str() {
                "always" => Some(Often::Always),
                "once" => Some(Often::Once),
                "once-per-instance" | "instance" => Some(Often::PerInstance),
                _ => None,
            };
            (both.first().map(text).unwrap_or_default(), often)
        }
        other => (text(other), None),
    }
}

/// Takes a key of the document; a value of another shape is named.
fn take<T: DeserializeOwned>(
    map: &mut Map<String, Value>,
    key: &str,
    wrong: &mut Vec<String>,
) -> Option<T> {
    let value = map.remove(key).filter(|value| !value.is_null())?;
    match serde_json::from_value(value) {
        Ok(value) => Some(value),
        Err(error) => {
            wrong.push(format!("{key}: {error}"));
            None
        }
    }
}

fn list(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(all)) => all,
        Some(_) | None => Vec::new(),
    }
}

/// A list of texts, or one text; commas divide nothing.
fn words(value: Option<Value>, key: &str, wrong: &mut Vec<String>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all
            .into_iter()
            .filter_map(|value| match value {
                Value::String(text) => Some(text),
                other => {
                    wrong.push(format!("{key}: a text was wanted, found {other}"));
                    None
                }
            })
            .collect(),
        Some(other) => {
            wrong.push(format!("{key}: a list was wanted, found {other}"));
            Vec::new()
        }
    }
}

/// Names in a list or divided by commas.
fn names(value: Option<Value>, key: &str, wrong: &mut Vec<String>) -> Vec<String> {
    words(value, key, wrong)
        .iter()
        .flat_map(|text| text.split(','))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// Commands as cloud-init makes shell of them: a text as it is, a list with each word in single quotes.
fn commands(value: Option<Value>, key: &str, wrong: &mut Vec<String>) -> Vec<String> {
    let all = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(all)) => all,
        Some(other) => {
            wrong.push(format!("{key}: a list was wanted, found {other}"));
            return Vec::new();
        }
    };
    all.into_iter()
        .filter_map(|command| match command {
            Value::String(line) => Some(line),
            Value::Array(parts) => {
                let quoted: Vec<String> = parts
                    .iter()
                    .map(|part| {
                        let text = part
                            .as_str()
                            .map_or_else(|| part.to_string(), str::to_owned);
                        format!("'{}'", text.replace('\'', "'\\''"))
                    })
                    .collect();
                Some(quoted.join(" "))
            }
            Value::Null => None,
            other => {
                wrong.push(format!("{key}: a command was wanted, found {other}"));
                None
            }
        })
        .collect()
}

fn packages(value: Option<Value>) -> Vec<String> {
    list(value)
        .into_iter()
        .map(|package| match package {
            Value::String(name) => name,
            Value::Array(both) => both
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        })
        .collect()
}

fn people(value: Value, wrong: &mut Vec<String>, not_simulated: &mut Vec<String>) -> Vec<Person> {
    let named = |name: &str| match name {
        "default" => Person::Default,
        name => Person::Named(Wanted {
            name: name.to_owned(),
            ..Wanted::default()
        }),
    };
    let all = match value {
        Value::String(names) => return names.split(',').map(|name| named(name.trim())).collect(),
        Value::Array(all) => all,
        other => {
            wrong.push(format!("users: a list was wanted, found {other}"));
            return vec![Person::Default];
        }
    };
    all.into_iter()
        .filter_map(|entry| match entry {
            Value::String(name) => Some(named(&name)),
            Value::Object(map) => person(map, wrong, not_simulated).map(Person::Named),
            other => {
                wrong.push(format!("users: a user was wanted, found {other}"));
                None
            }
        })
        .collect()
}

fn person(
    map: Map<String, Value>,
    wrong: &mut Vec<String>,
    not_simulated: &mut Vec<String>,
) -> Option<Wanted> {
    // cloud-init takes both `ssh-authorized-keys` and `ssh_authorized_keys`.
    let mut map: Map<String, Value> = map
        .into_iter()
        .map(|(key, value)| (key.replace('-', "_"), value))
        .collect();
    let Some(name) = take::<String>(&mut map, "name", wrong) else {
        wrong.push("users: a user without a name".into());
        return None;
    };
    let sudo = match map.remove("sudo") {
        Some(Value::Bool(false)) => None,
        other => other,
    };
    let home = take(&mut map, "homedir", wrong);
    let mut wanted = Wanted {
        gecos: take(&mut map, "gecos", wrong).unwrap_or_default(),
        home: home.or_else(|| take(&mut map, "home", wrong)),
        shell: take(&mut map, "shell", wrong),
        groups: names(map.remove("groups"), "groups", wrong),
        sudo: words(sudo, "sudo", wrong),
        keys: words(
            map.remove("ssh_authorized_keys"),
            "ssh_authorized_keys",
            wrong,
        ),
        uid: take(&mut map, "uid", wrong),
        no_home: take(&mut map, "no_create_home", wrong).unwrap_or(false),
        name,
    };
    if let Some(first) = take::<String>(&mut map, "primary_group", wrong) {
        wanted.groups.push(first);
    }
    // Nobody has a password here, so a locked one is what everybody has.
    map.remove("lock_passwd");
    not_simulated.extend(
        map.into_iter()
            .map(|(key, _)| format!("users: {}: {key}", wanted.name)),
    );
    Some(wanted)
}

fn groups(value: Value, wrong: &mut Vec<String>) -> Vec<(String, Vec<String>)> {
    match value {
        Value::Array(all) => all
            .into_iter()
            .flat_map(|entry| match entry {
                Value::Object(map) => map
                    .into_iter()
                    .map(|(name, members)| (name, names(Some(members), "groups", wrong)))
                    .collect(),
                other => names(Some(other), "groups", wrong)
                    .into_iter()
                    .map(|name| (name, Vec::new()))
                    .collect::<Vec<_>>(),
            })
            .collect(),
        other => names(Some(other), "groups", wrong)
            .into_iter()
            .map(|name| (name, Vec::new()))
            .collect(),
    }
}

fn files(value: Value, wrong: &mut Vec<String>) -> Vec<Writing> {
    let mut files = Vec::new();
    for entry in list(Some(value)) {
        let Value::Object(mut map) = entry else {
            wrong.push(format!("write_files: a file was wanted, found {entry}"));
            continue;
        };
        let Some(path) = take::<String>(&mut map, "path", wrong) else {
            wrong.push("write_files: a file without a path".into());
            continue;
        };
        let text: String = take(&mut map, "content", wrong).unwrap_or_default();
        let encoding: String = take(&mut map, "encoding", wrong).unwrap_or_default();
        let content = match encoding.as_str() {
            "" | "text/plain" => Some(text.into_bytes()),
            "b64" | "base64" => unpack(&text),
            _ => None,
        };
        let Some(content) = content else {
            wrong.push(format!(
                "write_files: {path}: the encoding '{encoding}' is not simulated, or its text is not in it"
            ));
            continue;
        };
        files.push(Writing {
            content,
            owner: take(&mut map, "owner", wrong).unwrap_or_else(|| "root:root".into()),
            mode: mode(map.remove("permissions")).unwrap_or(0o644),
            append: take(&mut map, "append", wrong).unwrap_or(false),
            late: take(&mut map, "defer", wrong).unwrap_or(false),
            path,
        });
    }
    files
}

fn unpack(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let packed: String = text.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(packed)
        .ok()
}

/// `'0644'` is read as octal; a bare 0644 is a number already.
fn mode(value: Option<Value>) -> Option<u16> {
    match value? {
        Value::String(text) => u16::from_str_radix(text.trim_start_matches("0o"), 8).ok(),
        Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|mode| *mode <= 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Config {
        Config::of(yaml(text).unwrap())
    }

    #[test]
    fn users_are_read_with_dashes_or_underscores() {
        let config = of(
            "#cloud-config\nusers:\n- default\n- name: ada\n  groups: wheel, adm\n  sudo: ALL=(ALL) NOPASSWD:ALL\n  \
            shell: /bin/bash\n  ssh-authorized-keys:\n  - ssh-ed25519 AAAA ada\n  lock_passwd: true\n- bob\n",
        );
        let ada = Wanted {
            name: "ada".into(),
            shell: Some("/bin/bash".into()),
            groups: vec!["wheel".into(), "adm".into()],
            sudo: vec!["ALL=(ALL) NOPASSWD:ALL".into()],
            keys: vec!["ssh-ed25519 AAAA ada".into()],
            ..Wanted::default()
        };
        let bob = Wanted {
            name: "bob".into(),
            ..Wanted::default()
        };
        assert_eq!(
            config.users,
            Some(vec![
                Person::Default,
                Person::Named(ada),
                Person::Named(bob)
            ])
        );
        assert_eq!((config.wrong, config.not_simulated), (vec![], vec![]));
    }

    #[test]
    fn files_have_their_mode_in_octal_whichever_way_it_is_written() {
        let config = of(
            "write_files:\n- {path: /a, content: x, permissions: '0755'}\n- path: /b\n  content: |\n    two\n    lines\n  \
            permissions: 0600\n  owner: ec2-user:wheel\n- {path: /c, encoding: b64, content: aGk=}\n",
        );
        let found: Vec<_> = config
            .files
            .iter()
            .map(|file| {
                (
                    file.path.as_str(),
                    file.mode,
                    file.owner.as_str(),
                    String::from_utf8_lossy(&file.content).into_owned(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("/a", 0o755, "root:root", "x".to_owned()),
                ("/b", 0o600, "ec2-user:wheel", "two\nlines\n".to_owned()),
                ("/c", 0o644, "root:root", "hi".to_owned()),
            ]
        );
    }

    #[test]
    fn commands_in_lists_are_quoted_and_what_is_wrong_is_named() {
        let config = of(
            "runcmd:\n- echo a $HOME\n- [echo, it's, 3]\nhostname: [x]\ntimezone: UTC\ndisable_root: no\npackages: [httpd]\n",
        );
        assert_eq!(config.runcmd, ["echo a $HOME", r"'echo' 'it'\''s' '3'"]);
        assert_eq!(config.not_simulated, ["timezone"]);
        assert!(
            config.wrong[0].starts_with("hostname: "),
            "{:?}",
            config.wrong
        );
        assert!(!config.disable_root);
        assert_eq!(config.packages, ["httpd"]);
    }

    #[test]
    fn modules_can_be_asked_for_again() {
        let config = of(
            "cloud_final_modules:\n- [scripts-user, always]\n- [users_groups, once]\n- keys-to-console\n",
        );
        assert_eq!(
            (config.scripts, config.people),
            (Often::Always, Often::Once)
        );
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_place() {
        let wrong = yaml("#cloud-config\nusers:\n- name: ada: bob\n").unwrap_err();
        assert!(
            wrong.starts_with(". Invalid format at line 3 column "),
            "{wrong}"
        );
        assert_eq!(
            yaml("- a\n").unwrap_err(),
            ". Yaml load allows (<class 'dict'>,) root types, but got list instead"
        );
        assert_eq!(yaml("#cloud-config\n"), Ok(Map::new()));
    }
}
