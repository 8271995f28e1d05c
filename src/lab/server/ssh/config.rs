//! What a machine's sshd offers: version line, methods and algorithms, per image family.
//!
//! The algorithms are those that an SSH audit calls clean (but for notes on the fallbacks without post-quantum keys). Left
//! out on purpose: sntrup761 costs an OpenSSH 9.2 client 64 ms, a Diffie-Hellman group up to half a second of the server.
//! mlkem768x25519 keeps current clients quiet (ssh-failures.md 1.17), although Amazon Linux 2023 does not offer it.

use std::borrow::Cow;
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};

use super::Settings;
use crate::keys::HostKey;
use crate::machine::Family;

/// Bytes that a client may send on a channel before they are taken.
pub(super) const WINDOW: u32 = 256 * 1024;

/// Bytes of one channel that wait in russh for a forwarded connection: this many messages of 32 KiB at the most.
const CHANNEL_BUFFER: usize = 8;

const POST_QUANTUM: kex::Name = kex::MLKEM768X25519_SHA256;

const KEX: &[kex::Name] = &[
    POST_QUANTUM,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

/// Host keys (those that the machine has) and signatures of users' keys; `ssh-rsa`, which is SHA-1, is not among them.
const SIGNATURES: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    },
    Algorithm::Rsa {
        hash: Some(HashAlg::Sha256),
    },
];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

const MACS: &[mac::Name] = &[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM];

/// Whether a signature of this kind is accepted from a user.
pub(super) fn accepts(algorithm: &Algorithm) -> bool {
    SIGNATURES.contains(algorithm)
}

/// Whether a client may set this variable: `AcceptEnv` of the images names the language and nothing else.
pub(super) fn accepts_variable(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    plain && (name == "LANG" || name.starts_with("LC_"))
}

/// Debian's cloud images ask silent clients every two minutes; the others have sshd's default, never (unverified).
fn client_alive(family: Family) -> Option<Duration> {
    match family {
        Family::Debian12 => Some(Duration::from_secs(120)),
        Family::Al2023 | Family::Al2 | Family::Ubuntu2404 | Family::Rhel9 => None,
    }
}

/// The version line of the family's sshd. Which patch level an image has depends on its date: unverified.
fn version(family: Family) -> &'static str {
    match family {
        Family::Al2023 | Family::Rhel9 => "SSH-2.0-OpenSSH_8.7",
        Family::Al2 => "SSH-2.0-OpenSSH_7.4",
        Family::Ubuntu2404 => "SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.5",
        Family::Debian12 => "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3",
    }
}

/// The methods that a refusal lists. russh 0.65 has no name for `gssapi-keyex`, so that Amazon Linux says
/// `(publickey,gssapi-with-mic)` here and `(publickey,gssapi-keyex,gssapi-with-mic)` on AWS.
fn methods(family: Family) -> MethodSet {
    let known: Vec<MethodKind> = family
        .refusal_methods()
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    MethodSet::from(known.as_slice())
}

/// russh's configuration for one connection.
pub(super) fn config(family: Family, keys: &[HostKey], settings: &Settings) -> Config {
    let kex = if settings.post_quantum {
        Cow::Borrowed(KEX)
    } else {
        let rest = KEX.iter().copied().filter(|name| *name != POST_QUANTUM);
        Cow::Owned(rest.collect())
    };
    Config {
        server_id: SshId::Standard(Cow::Borrowed(version(family))),
        methods: methods(family),
        // russh waits a second before each refusal, the answer to the client's first question included.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: keys.iter().map(|key| key.as_ssh_key().clone()).collect(),
        window_size: WINDOW,
        preferred: Preferred {
            kex,
            key: Cow::Borrowed(SIGNATURES),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Borrowed(CIPHERS),
            mac: Cow::Borrowed(MACS),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        // `visitor.rs` counts attempts and has sshd's words. This bound is for methods that russh refuses by itself.
        max_auth_attempts: 32,
        // As sshd: an idle shell stays. Before the login the guard's deadline holds.
        inactivity_timeout: None,
        keepalive_interval: settings.client_alive.or_else(|| client_alive(family)),
        channel_buffer_size: CHANNEL_BUFFER,
        nodelay: true,
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sha1_signature_is_not_accepted() {
        assert!(!accepts(&Algorithm::Rsa { hash: None }));
        assert!(accepts(&Algorithm::Rsa {
            hash: Some(HashAlg::Sha512)
        }));
        assert!(accepts(&Algorithm::Ed25519));
    }

    #[test]
    fn ubuntu_lists_publickey_alone_and_amazon_linux_more() {
        assert_eq!(&*methods(Family::Ubuntu2404), [MethodKind::PublicKey]);
        assert_eq!(
            &*methods(Family::Al2023),
            [MethodKind::PublicKey, MethodKind::GssapiWithMic]
        );
    }

    #[test]
    fn a_lesson_can_do_without_post_quantum_keys() {
        let offered = |post_quantum| {
            let settings = Settings {
                post_quantum,
                ..Settings::default()
            };
            let preferred = config(Family::Al2023, &[], &settings).preferred;
            preferred.kex.contains(&POST_QUANTUM)
        };
        assert!(offered(true) && !offered(false));
    }

    #[test]
    fn only_the_language_may_be_set() {
        assert!(accepts_variable("LANG") && accepts_variable("LC_ALL"));
        for name in ["PATH", "LD_PRELOAD", "LANGUAGE", "LC_a=b", "lang", ""] {
            assert!(!accepts_variable(name), "{name}");
        }
    }

    #[test]
    fn nothing_slow_or_old_is_offered() {
        let names: Vec<&str> = KEX.iter().map(AsRef::as_ref).collect();
        assert!(
            names
                .iter()
                .all(|name| !name.contains("diffie-hellman") && !name.contains("sntrup")),
            "{names:?}"
        );
        assert!(MACS.iter().all(|name| name.as_ref().contains("etm")));
    }
}
