//! For tests: an answer with its elements on lines of their own, and ids replaced by reference.

use std::collections::BTreeMap;

use crate::cloud::api::Reply;

/// Status and body. The first `sg-0…` becomes `sg-A`, the next `sg-B`; the request id is left out.
pub(crate) fn transcript(reply: &Reply) -> String {
    let body = on_lines(&reply.body);
    let mut seen: BTreeMap<String, BTreeMap<String, char>> = BTreeMap::new();
    let mut out = format!("{}\n", reply.status);
    for line in body.lines() {
        if line.to_ascii_lowercase().starts_with("<requestid>") {
            continue;
        }
        let mut word = String::new();
        for c in line.chars().chain(['\n']) {
            if c.is_ascii_alphanumeric() || c == '-' {
                word.push(c);
                continue;
            }
            match id_prefix(&word) {
                Some(prefix) => {
                    let known = seen.entry(prefix.to_owned()).or_default();
                    let next = char::from(b'A' + u8::try_from(known.len()).unwrap());
                    let letter = *known.entry(word.clone()).or_insert(next);
                    out.extend([prefix, "-"]);
                    out.push(letter);
                }
                None => out.push_str(&word),
            }
            word.clear();
            out.push(c);
        }
    }
    out
}

/// Each element on a line of its own; an empty one stays together.
fn on_lines(body: &str) -> String {
    let mut out = String::new();
    for piece in body.split_inclusive('>') {
        let piece = piece.trim_start_matches('\n');
        let starts_an_element = piece.starts_with('<') && !piece.starts_with("</");
        let last = out.rsplit('<').next().unwrap_or_default();
        let ends_an_element = last.starts_with('/') || last.ends_with("/>");
        if !out.is_empty() && (starts_an_element || ends_an_element) && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(piece);
    }
    out
}

fn id_prefix(word: &str) -> Option<&str> {
    let (prefix, digits) = word.rsplit_once('-')?;
    let hex = digits.len() == 17 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    hex.then_some(prefix)
}

/// A refusal in one line: status, code and message.
pub(crate) fn refusal(reply: &Reply) -> String {
    let code = super::testing::first(reply, "Code");
    let message = super::testing::first(reply, "Message");
    format!("{} {code}: {message}", reply.status)
}

/// Whether the call went through.
#[track_caller]
pub(crate) fn done(reply: Reply) -> Reply {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply
}
