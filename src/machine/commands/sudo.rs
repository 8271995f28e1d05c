//! `sudo`: who may, and how it is called. The shell does the rest.

use crate::machine::disk::{Disk, Who};

/// What was asked of `sudo`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) user: String,
    pub(crate) login: bool,
    pub(crate) shell: bool,
    pub(crate) list: bool,
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) command: Vec<String>,
}

/// The usage text, shortened to what is simulated.
const USAGE: &str = "usage: sudo -h | -K | -k | -V\nusage: sudo -l\nusage: sudo [-EHn] [-u user] [VAR=value] [-i | -s] [command [arg ...]]\n";

/// Reads the arguments; the error is the text to print.
pub(crate) fn read(given: &[String]) -> Result<Request, String> {
    let mut request = Request {
        user: "root".into(),
        ..Request::default()
    };
    let mut words = given.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-u" | "--user" => {
                request.user = words
                    .next()
                    .cloned()
                    .ok_or("sudo: option requires an argument -- 'u'\n")?;
            }
            "-i" | "--login" => (request.login, request.shell) = (true, true),
            "-s" | "--shell" => request.shell = true,
            "-l" | "--list" => request.list = true,
            "-E" | "-H" | "-n" | "-S" | "-v" | "-k" | "-K" => {
                if ["-v", "-k", "-K"].contains(&word.as_str()) && words.len() == 0 {
                    return Ok(request);
                }
            }
            "--" => {
                request.command = words.cloned().collect();
                break;
            }
            option if option.starts_with('-') => {
                return Err(format!(
                    "sudo: invalid option -- '{}'\n{USAGE}",
                    option.trim_start_matches('-')
                ));
            }
            word => match word.split_once('=') {
                Some((name, value)) => request.variables.push((name.to_owned(), value.to_owned())),
                None => {
                    request.command.push(word.to_owned());
                    request.command.extend(words.cloned());
                    break;
                }
            },
        }
    }
    if request.command.is_empty() && !request.shell && !request.list {
        return Err(USAGE.to_owned());
    }
    Ok(request)
}

/// May this user become anybody without a password? As the lines in `/etc/sudoers.d` say.
pub(crate) fn allows(disk: &Disk, user: &str) -> bool {
    let files = disk
        .list(&Who::root(), "/etc/sudoers.d")
        .unwrap_or_default();
    let names: Vec<String> = files.into_iter().map(|(name, _)| name).collect();
    names.iter().any(|name| {
        let text = disk
            .read(&Who::root(), &format!("/etc/sudoers.d/{name}"))
            .unwrap_or_default();
        String::from_utf8_lossy(&text)
            .lines()
            .any(|line| line.split_whitespace().next() == Some(user) && line.contains("NOPASSWD:"))
    })
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn the_login_user_becomes_root_without_a_password() {
        assert_eq!(
            run("sudo whoami; sudo -u nobody whoami; whoami"),
            "root\nnobody\nec2-user\n0"
        );
        assert_eq!(
            run("sudo cat /etc/shadow | head -1; cat /etc/shadow"),
            "root:*:20361:0:99999:7:::\ncat: /etc/shadow: Permission denied\n1"
        );
        assert_eq!(run("sudo nosuch"), "sudo: nosuch: command not found\n1");
        assert_eq!(run("sudo cd /root"), "sudo: cd: command not found\n1");
        assert_eq!(run("sudo -u nosuch ls"), "sudo: unknown user nosuch\n1");
        assert_eq!(run("sudo bash -c 'whoami; exit 3'"), "root\n3");
        assert_eq!(
            run("sudo echo x > /etc/x"),
            "bash: line 1: /etc/x: Permission denied\n1"
        );
        assert_eq!(run("echo x | sudo tee /etc/x; cat /etc/x"), "x\nx\n0");
        assert_eq!(run("sudo -u nobody sudo ls").lines().last(), Some("1"));
    }
}
