//! plink, pscp and psftp: their own proxy option leads to the lab's machines.

use std::ffi::OsString;
use std::process::ExitCode;

use super::target::is_lab_host;
use super::{ask, keep_silent, no_engine, say};
use crate::lab::multicall;
use crate::lab::server::control::Reach;
use crate::lab::workspace::Layout;

/// What plink says before why it gave up, and its status then (measured with 0.78).
const PUTTY_FAILED: u8 = 1;

/// The words for the real program; or, when nobody answers there, the status after saying so in its words.
pub(super) fn words(layout: &Layout, words: &[OsString]) -> Result<Vec<OsString>, ExitCode> {
    let texts: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let Some((host, port)) = target(&texts) else {
        return Ok(words.to_vec());
    };
    let why = match ask(layout, &host, port) {
        Ok(Reach::Open) => {
            let connect = layout.shell().join(multicall::CONNECT);
            // PuTTY puts the host in for %host, and reads \ and % itself.
            let path = connect
                .to_string_lossy()
                .replace('\\', r"\\")
                .replace('%', "%%")
                .replace('\'', r"'\\''");
            let proxy = format!("'{path}' --copy %host %port");
            return Ok(["-proxycmd".into(), proxy.into()]
                .into_iter()
                .chain(words.iter().cloned())
                .collect());
        }
        Ok(Reach::Refused) => "FATAL ERROR: Connection refused\n".to_owned(),
        Ok(Reach::Silent) => {
            keep_silent(None);
            "FATAL ERROR: Connection timed out\n".to_owned()
        }
        Err(why) => no_engine(&why),
    };
    say(&why);
    Err(ExitCode::from(PUTTY_FAILED))
}

/// The lab's host in a command line of plink's, pscp's or psftp's, and its port.
fn target(words: &[String]) -> Option<(String, u16)> {
    let host = words.iter().find_map(|word| {
        let host = word
            .rsplit_once('@')
            .map_or(word.as_str(), |(_, host)| host);
        let host = host.split(':').next().unwrap_or(host);
        is_lab_host(host).then(|| host.to_owned())
    })?;
    let port = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(word, _)| *word == "-P")
        .and_then(|(_, port)| port.parse().ok());
    Some((host, port.unwrap_or(22)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_either_programs_words() {
        let target = |line: &str| target(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(
            target("-i k.ppk ec2-user@203.0.113.9"),
            Some(("203.0.113.9".to_owned(), 22))
        );
        assert_eq!(
            target("-P 2222 -i k.ppk ec2-user@203.0.113.9:notes.txt ."),
            Some(("203.0.113.9".to_owned(), 2222))
        );
        assert_eq!(target("git@github.com"), None);
    }
}
