//! Loading a private key file as OpenSSH does: its own format strictly, PEM as forgivingly as OpenSSL.
//!
//! Followed: `private2_uudecode` in OpenSSH's sshkey.c and `PEM_read_bio_ex` in OpenSSL 3; checked against `ssh-keygen -y`
//! of OpenSSH 9.2 with every mangling in the tests of `file.rs`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::ObjectIdentifier;
use rsa::pkcs8::der::Decode;
use rsa::pkcs8::der::asn1::AnyRef;
use russh::keys::ssh_key;
use ssh_key::private::Ed25519Keypair;

use super::private_key::{KeyNotMade, PrivateKey};

const ED25519_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A file that OpenSSH loads.
#[derive(Debug)]
pub(super) enum Loaded {
    /// A key that EC2 could have made or been given.
    Key(Box<PrivateKey>),
    /// A passphrase is needed, or it is of a type or length that we do not read.
    Sealed,
}

/// Nothing when OpenSSH would refuse the file.
pub(super) fn load(bytes: &[u8]) -> Option<Loaded> {
    openssh_format(bytes).or_else(|| pem(bytes))
}

/// Byte for byte: the first line ends in LF, and so does the last.
fn openssh_format(bytes: &[u8]) -> Option<Loaded> {
    let body = bytes.strip_prefix(b"-----BEGIN OPENSSH PRIVATE KEY-----\n")?;
    let mark = b"\n-----END OPENSSH PRIVATE KEY-----\n";
    let end = body.windows(mark.len()).position(|window| window == mark)?;
    let blob = unwrap_base64(body.get(..end)?)?;
    let key = ssh_key::PrivateKey::from_bytes(&blob).ok()?;
    if key.is_encrypted() {
        return Some(Loaded::Sealed);
    }
    let long = key
        .key_data()
        .rsa()
        .is_some_and(|pair| pair.key_size() > MOST_BITS);
    loaded(PrivateKey::from_ssh_key(&key), long)
}

/// The longest RSA key that the `rsa` crate takes.
const MOST_BITS: u32 = 4096;

fn loaded(read: Result<PrivateKey, KeyNotMade>, long: bool) -> Option<Loaded> {
    match read {
        Ok(key) => Some(Loaded::Key(Box::new(key))),
        Err(KeyNotMade::NotForEc2(_)) => Some(Loaded::Sealed),
        // Numbers that do not belong together, unless it was only too long for us.
        Err(KeyNotMade::Rsa(_) | KeyNotMade::Text(_)) => long.then_some(Loaded::Sealed),
    }
}

/// The first block that is a private key. Whatever stands before it, and white space at the ends of lines, is passed over.
fn pem(bytes: &[u8]) -> Option<Loaded> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|byte| *byte == b'\n').map(trim_end);
    loop {
        let name = lines
            .by_ref()
            .find_map(|line| marker(line, b"-----BEGIN "))?;
        let block = Block::read(&mut lines, name)?;
        match name {
            b"RSA PRIVATE KEY" => return block.open(pkcs1),
            b"PRIVATE KEY" => return block.open(pkcs8),
            b"ENCRYPTED PRIVATE KEY" | b"EC PRIVATE KEY" => {
                return block.open(|der| AnyRef::from_der(der).ok().map(|_| Loaded::Sealed));
            }
            _ => {}
        }
    }
}

/// What stands between BEGIN and END.
struct Block<'a> {
    headers: Vec<&'a [u8]>,
    body: Vec<&'a [u8]>,
}

impl<'a> Block<'a> {
    /// Up to the END line, which must be there and carry the same name. An empty line ends the headers; there may be one.
    fn read(lines: &mut impl Iterator<Item = &'a [u8]>, name: &[u8]) -> Option<Self> {
        let mut before = Vec::new();
        let mut after: Option<Vec<&[u8]>> = None;
        for line in lines {
            if line.starts_with(b"-----END ") {
                if marker(line, b"-----END ") != Some(name) {
                    return None;
                }
                return Some(match after {
                    Some(body) => Self {
                        headers: before,
                        body,
                    },
                    None => Self {
                        headers: Vec::new(),
                        body: before,
                    },
                });
            }
            match (&mut after, line.is_empty()) {
                (Some(_), true) => return None,
                (None, true) => after = Some(Vec::new()),
                (Some(body), false) => body.push(line),
                (None, false) => before.push(line),
            }
        }
        None
    }

    fn open(&self, read: fn(&[u8]) -> Option<Loaded>) -> Option<Loaded> {
        let der = unwrap_base64(&self.body.concat())?;
        if self.headers.is_empty() {
            return read(&der);
        }
        self.headers
            .first()?
            .starts_with(b"Proc-Type: 4,ENCRYPTED")
            .then_some(Loaded::Sealed)
    }
}

fn pkcs1(der: &[u8]) -> Option<Loaded> {
    let parts = rsa::pkcs1::RsaPrivateKey::from_der(der).ok()?;
    let long = parts.modulus.as_bytes().len() * 8 > MOST_BITS as usize;
    loaded(PrivateKey::from_pkcs1_der(der), long)
}

fn pkcs8(der: &[u8]) -> Option<Loaded> {
    let info = rsa::pkcs8::PrivateKeyInfoRef::from_der(der).ok()?;
    if info.algorithm.oid == rsa::pkcs1::ALGORITHM_OID {
        return pkcs1(info.private_key.as_bytes());
    }
    // OpenSSH reads ED25519 in this form from 9.6 on.
    if info.algorithm.oid == ED25519_OID {
        let seed =
            <&[u8; 32]>::try_from(info.private_key.as_bytes().strip_prefix(&[4, 32])?).ok()?;
        return loaded(
            PrivateKey::from_ed25519(&Ed25519Keypair::from_seed(seed)),
            false,
        );
    }
    (info.algorithm.oid == EC_OID).then_some(Loaded::Sealed)
}

/// The name in a BEGIN or END line.
fn marker<'a>(line: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    line.strip_prefix(start)?.strip_suffix(b"-----")
}

/// OpenSSL takes every byte up to the space for white space here.
fn trim_end(line: &[u8]) -> &[u8] {
    let kept = line
        .iter()
        .rposition(|byte| *byte > b' ')
        .map_or(0, |last| last + 1);
    line.get(..kept).unwrap_or_default()
}

fn unwrap_base64(text: &[u8]) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    STANDARD.decode(packed).ok()
}
