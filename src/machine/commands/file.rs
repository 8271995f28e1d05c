//! `file`: what kind of file it is.

use super::Call;
use crate::machine::node::Kind;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let who = call.who();
    if call.given().is_empty() {
        call.err("Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n");
        return 1;
    }
    for name in call.given() {
        let path = call.path(name);
        let what = match call.disk().resolve(&who, &path, false) {
            Err(fault) => format!("cannot open `{name}' ({fault})"),
            Ok((_, node)) => match &node.kind {
                Kind::Dir => "directory".into(),
                Kind::Link(target) => format!("symbolic link to {target}"),
                Kind::Device => "character special".into(),
                Kind::File(_) if !who.may(node, 4) => "regular file, no read permission".into(),
                Kind::File(content) => kind(content).into(),
            },
        };
        call.out(format!("{name}: {what}\n"));
    }
    0
}

fn kind(content: &[u8]) -> &'static str {
    match content {
        [] => "empty",
        [0x7f, b'E', b'L', b'F', ..] => "ELF 64-bit LSB pie executable, x86-64",
        text if text.starts_with(b"-----BEGIN RSA PRIVATE KEY") => "PEM RSA private key",
        text if text.starts_with(b"-----BEGIN OPENSSH PRIVATE KEY") => "OpenSSH private key",
        text if text.starts_with(b"ssh-rsa ") => "OpenSSH RSA public key",
        text if text.starts_with(b"ssh-ed25519 ") => "OpenSSH ED25519 public key",
        text if text.starts_with(b"#!") => "a script, ASCII text executable",
        text if text.is_ascii() => "ASCII text",
        text if std::str::from_utf8(text).is_ok() => "Unicode text, UTF-8 text",
        _ => "data",
    }
}
