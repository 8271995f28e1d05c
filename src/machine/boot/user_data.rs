//! What kind of user data it is: cloud-init goes by its first characters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One part of user data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// `#!`: a script for the first boot.
    Script(String),
    /// `#cloud-config`: YAML.
    Config(String),
    /// `#cloud-boothook`: a script for every boot.
    Hook(String),
    /// Something that cloud-init takes and this machine does not: what it is.
    NotSimulated(&'static str),
    /// Nothing that cloud-init knows: its first bytes as Python shows them.
    Unknown(String),
}

/// First characters and what they stand for (cloud-init `handlers.INCLUSION_TYPES_MAP`), where it is not simulated.
const NOT_SIMULATED: &[(&str, &str)] = &[
    ("#cloud-config-archive", "#cloud-config-archive"),
    ("#cloud-config-jsonp", "#cloud-config-jsonp"),
    ("#include", "#include"),
    ("#part-handler", "#part-handler"),
    ("#upstart-job", "#upstart-job"),
    ("## template: jinja", "a Jinja template"),
];

/// The parts of user data in base64, as the account keeps it.
pub(super) fn parts(base64: &str) -> Vec<Part> {
    let bytes = text(base64);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return vec![Part::NotSimulated("compressed (gzip) user data")];
    }
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return vec![Part::Unknown(shown(&bytes))];
    };
    if text.is_empty() {
        return Vec::new();
    }
    match multipart(text) {
        Some(parts) => parts.iter().map(|part| part_of(part)).collect(),
        None => vec![part_of(text)],
    }
}

/// User data as it was before its base64.
pub(super) fn text(base64: &str) -> Vec<u8> {
    STANDARD.decode(base64).unwrap_or_default()
}

fn part_of(text: &str) -> Part {
    if let Some((_, what)) = NOT_SIMULATED
        .iter()
        .find(|(front, _)| text.starts_with(front))
    {
        return Part::NotSimulated(what);
    }
    if text.starts_with("#!") {
        Part::Script(text.to_owned())
    } else if let Some(rest) = text.strip_prefix("#cloud-boothook") {
        Part::Hook(rest.trim_start_matches(['\r', '\n']).to_owned())
    } else if text.starts_with("#cloud-config") {
        Part::Config(text.to_owned())
    } else {
        Part::Unknown(shown(text.as_bytes()))
    }
}

/// The bodies of a MIME multi-part message; none when the text is not one. Parts in base64 are undone; other encodings
/// stay as they are.
fn multipart(text: &str) -> Option<Vec<String>> {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n")?;
    let kind = header(head, "content-type").filter(|kind| kind.starts_with("multipart/"))?;
    let boundary = kind.split_once("boundary=")?.1;
    let boundary = match boundary.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => boundary.split([';', ' ']).next().unwrap_or_default(),
    };
    let fence = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut part: Option<String> = None;
    for line in body.lines() {
        let is_fence = line
            .strip_prefix(&fence)
            .is_some_and(|rest| rest.trim_end().is_empty() || rest.trim_end() == "--");
        if is_fence {
            parts.extend(part.take());
            if line.trim_end().len() > fence.len() {
                break;
            }
            part = Some(String::new());
        } else if let Some(part) = &mut part {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts.extend(part);
    let bodies = parts.into_iter().map(|part| {
        // A part without headers begins with the empty line.
        let (head, body) = match part.strip_prefix('\n') {
            Some(body) => ("", body),
            None => part.split_once("\n\n").unwrap_or(("", &part)),
        };
        let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
        if encoding.eq_ignore_ascii_case("base64") {
            let packed: String = body.split_whitespace().collect();
            let bytes = STANDARD.decode(packed).unwrap_or_default();
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        body.to_owned()
    });
    Some(bodies.collect())
}

/// The value of a header; lines that go on belong to it.
fn header(head: &str, name: &str) -> Option<String> {
    let mut found: Option<String> = None;
    for line in head.lines() {
        match &mut found {
            Some(value) if line.starts_with([' ', '\t']) => value.push_str(line),
            Some(_) => break,
            None => {
                found = line
                    .split_once(':')
                    .filter(|(own, _)| own.trim().eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.trim().to_owned());
            }
        }
    }
    found
}

/// The first line, at most 24 bytes, as Python shows bytes.
fn shown(bytes: &[u8]) -> String {
    let line = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let text: String = line
        .iter()
        .take(24)
        .map(|byte| match byte {
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            b'\\' => "\\\\".to_owned(),
            b'\'' => "\\'".to_owned(),
            b' '..=b'~' => char::from(*byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        })
        .collect();
    format!("b'{text}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Part> {
        parts(&STANDARD.encode(text))
    }

    #[test]
    fn user_data_is_known_by_its_first_characters() {
        assert_eq!(of("#!/bin/sh\nls"), [Part::Script("#!/bin/sh\nls".into())]);
        assert_eq!(
            of("#cloud-config\na: 1\n"),
            [Part::Config("#cloud-config\na: 1\n".into())]
        );
        assert_eq!(
            of("#cloud-boothook\n#!/bin/sh\nls\n"),
            [Part::Hook("#!/bin/sh\nls\n".into())]
        );
        assert_eq!(of("#include\nhttp://x"), [Part::NotSimulated("#include")]);
        assert_eq!(
            parts(&STANDARD.encode([0x1f, 0x8b, 8])),
            [Part::NotSimulated("compressed (gzip) user data")]
        );
        assert_eq!(of(""), []);
    }

    #[test]
    fn what_cloud_init_does_not_know_is_shown_as_it_shows_it() {
        // The forms of two public logs: a comment before the script, and a space too many with Windows line ends.
        assert_eq!(
            of("# Use bash \n#!/bin/bash"),
            [Part::Unknown("b'# Use bash '".into())]
        );
        assert_eq!(
            of("# cloud-config\r\nusers:\r\n"),
            [Part::Unknown("b'# cloud-config\\r'".into())]
        );
        assert_eq!(
            of("H4sIAAAAAAAA/6R765KjuLLu0000"),
            [Part::Unknown("b'H4sIAAAAAAAA/6R765KjuLLu'".into())]
        );
    }

    #[test]
    fn the_parts_of_a_mime_message_are_taken_one_by_one() {
        let text = "Content-Type: multipart/mixed; boundary=\"//\"\nMIME-Version: 1.0\n\n--//\n\
            Content-Type: text/cloud-config; charset=\"us-ascii\"\nContent-Transfer-Encoding: 7bit\n\n\
            #cloud-config\ncloud_final_modules:\n- [scripts-user, always]\n\n--//\n\
            Content-Type: text/x-shellscript\nContent-Transfer-Encoding: base64\n\nIyEvYmluL3NoCmxz\n\n--//--\n";
        assert_eq!(
            of(text),
            [
                Part::Config(
                    "#cloud-config\ncloud_final_modules:\n- [scripts-user, always]\n\n".into()
                ),
                Part::Script("#!/bin/sh\nls".into()),
            ]
        );
        assert_eq!(of(&text.replace('\n', "\r\n")).len(), 2);
    }
}
