//! Bytes that no client would send, to the `sftp` subsystem through a real connection.

use std::sync::Arc;

use groundschool::lab::stage::Stage;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use russh::client::{self, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key};
use russh::{Channel, ChannelMsg};

use super::lab::{Lab, PATIENCE};

/// Trusts every host.
struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

async fn log_in(lab: &Lab) -> Handle<Trusting> {
    let config = Arc::new(client::Config::default());
    let at = (lab.address.as_str(), lab.stage.port());
    let mut session = client::connect(config, at, Trusting).await.unwrap();
    let key = decode_secret_key(lab.key.pem(), None).unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
    let done = session.authenticate_publickey("ec2-user", key).await;
    assert!(done.unwrap().success());
    session
}

/// What the subsystem says to these bytes and their end, and its exit status.
async fn said_to(session: &Handle<Trusting>, bytes: &[u8]) -> (Vec<u8>, Option<u32>) {
    let mut channel: Channel<client::Msg> = session.channel_open_session().await.unwrap();
    channel.request_subsystem(false, "sftp").await.unwrap();
    // A server that has enough closes while it is being told more.
    let _ = channel.data(bytes).await;
    let _ = channel.eof().await;
    let (mut said, mut status) = (Vec::new(), None);
    while let Some(message) = channel.wait().await {
        if let ChannelMsg::Data { data } = &message {
            said.extend_from_slice(data);
        }
        if let ChannelMsg::ExitStatus { exit_status } = message {
            status = Some(exit_status);
        }
    }
    let _ = channel.close().await;
    (said, status)
}

fn talk<R>(lab: &Lab, work: impl Future<Output = R>) -> R {
    let limited = async { tokio::time::timeout(6 * PATIENCE, work).await };
    lab.runtime
        .block_on(limited)
        .expect("it neither answers nor ends")
}

fn text(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

/// A packet with its length before it.
fn packet(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let rest = parts.concat();
    let length = u32::try_from(1 + rest.len()).unwrap();
    [&length.to_be_bytes()[..], &[kind], &rest].concat()
}

fn hello() -> Vec<u8> {
    packet(1, &[&[0, 0, 0, 3]])
}

const ID: &[u8] = &[0, 0, 0, 7];
/// The kind of an answer that is a status.
const STATUS: u8 = 101;

/// Packets as a client sends them, one of each kind.
fn corpus() -> Vec<Vec<u8>> {
    let (zero, none) = ([0; 8], [0; 4]);
    let named = |kind, name: &str| packet(kind, &[ID, &text(name)]);
    let two = |kind, one: &str, other: &str| packet(kind, &[ID, &text(one), &text(other)]);
    vec![
        packet(3, &[ID, &text("f"), &[0, 0, 0, 0x1b], &none]),
        packet(6, &[ID, &text("0"), &zero, &text("hello")]),
        packet(5, &[ID, &text("0"), &zero, &[0, 1, 0, 0]]),
        named(8, "0"),
        packet(
            10,
            &[ID, &text("0"), &[0, 0, 0, 5], &zero, &[0, 0, 1, 0xa4]],
        ),
        named(4, "0"),
        named(11, "."),
        named(12, "1"),
        named(7, "f"),
        named(17, "../../.."),
        packet(
            9,
            &[ID, &text("f"), &[0, 0, 0, 0xc], &[0, 0, 1, 0xa4], &zero],
        ),
        packet(14, &[ID, &text("d"), &none]),
        two(20, "f", "l"),
        named(19, "l"),
        two(18, "f", "g"),
        named(16, ""),
        named(13, "l"),
        named(15, "d"),
        packet(200, &[ID, &text("limits@openssh.com")]),
        packet(
            200,
            &[
                ID,
                &text("posix-rename@openssh.com"),
                &text("g"),
                &text("f"),
            ],
        ),
        packet(200, &[ID, &text("statvfs@openssh.com"), &text("/")]),
        packet(
            200,
            &[ID, &text("expand-path@openssh.com"), &text("~root/x")],
        ),
        packet(200, &[ID, &text("no-such@example.com"), &zero]),
    ]
}

/// The kind of each packet that was said.
fn kinds(mut said: &[u8]) -> Vec<u8> {
    let mut kinds = Vec::new();
    while let [a, b, c, d, kind, ..] = *said {
        kinds.push(kind);
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap();
        said = said.get(4 + length..).expect("a packet is whole");
    }
    kinds
}

#[test]
fn each_request_has_one_answer_and_the_end_has_status_0() {
    let lab = Lab::open();
    let (said, status) = talk(&lab, async {
        let session = log_in(&lab).await;
        said_to(&session, &[hello(), corpus().concat()].concat()).await
    });
    assert_eq!(status, Some(0));
    let expected = [
        2, 102, STATUS, 103, 105, STATUS, STATUS, 102, 104, 105, 105, STATUS, STATUS, STATUS, 104,
        STATUS, 104, STATUS, STATUS, 201, STATUS, 201, STATUS, STATUS,
    ];
    assert_eq!(kinds(&said), expected);
}

#[test]
fn what_was_once_a_trap_ends_its_own_channel_only() {
    let lab = Lab::open();
    let status = |bytes: Vec<u8>| {
        talk(&lab, async {
            let session = log_in(&lab).await;
            said_to(&session, &bytes).await.1
        })
    };
    let after_hello = |rest: &[u8]| [&hello(), rest].concat();
    // No request at all, and half of one.
    assert_eq!(status(Vec::new()), Some(0));
    assert_eq!(status(after_hello(&[0, 0, 0, 9, 16])), Some(0));
    // Lengths that nobody could mean: sftp-server's own status.
    assert_eq!(status(vec![0xff; 64]), Some(11));
    assert_eq!(status(after_hello(&[0, 4, 0, 1, 3])), Some(11));
    // Without a kind, without a number, before the version.
    assert_eq!(status(after_hello(&[0, 0, 0, 0])), Some(255));
    assert_eq!(status(after_hello(&[0, 0, 0, 1, 16])), Some(255));
    assert_eq!(status(packet(16, &[ID, &text(".")])), Some(255));
    // A string that is longer than its packet.
    assert_eq!(
        status(after_hello(&packet(16, &[ID, &[0xff; 4]]))),
        Some(255)
    );
    // A kind that only servers send, and one that there is not: refused, and it goes on.
    assert_eq!(status(after_hello(&packet(101, &[ID, &[0; 12]]))), Some(0));
    assert_eq!(status(after_hello(&packet(77, &[ID]))), Some(0));
    assert_eq!(lab.login(&["whoami"]).stdout, "ec2-user\n");
}

#[test]
fn hundreds_of_sessions_of_noise_leave_the_machine_as_it_should_be() {
    let lab = Lab::open();
    let corpus = corpus();
    let mut random = StdRng::seed_from_u64(0x5f_7470);
    talk(&lab, async {
        let mut session = log_in(&lab).await;
        for round in 0..400 {
            let mut bytes = if round % 10 == 0 { Vec::new() } else { hello() };
            for _ in 0..random.random_range(1..30) {
                let one = &corpus[random.random_range(0..corpus.len())];
                bytes.extend(one);
            }
            for _ in 0..random.random_range(0..12) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..4) {
                    0 => bytes[at] = random.random(),
                    1 => bytes.truncate(at + 1),
                    2 => bytes.insert(at, random.random()),
                    _ => bytes[at] ^= 1 << random.random_range(0..8),
                }
            }
            said_to(&session, &bytes).await;
            if session.is_closed() {
                session = log_in(&lab).await;
            }
        }
    });
    let said = lab.login(&["whoami; stat -c %U:%a /etc/passwd /root /home"]);
    assert_eq!(
        (said.stdout.as_str(), said.status),
        ("ec2-user\nroot:644\nroot:550\nroot:755\n", Some(0)),
        "{}",
        said.stderr
    );
}

#[test]
fn a_client_that_asks_and_does_not_read_is_not_answered_without_end() {
    let lab = Lab::open();
    talk(&lab, async {
        let session = log_in(&lab).await;
        let channel = session.channel_open_session().await.unwrap();
        channel.request_subsystem(true, "sftp").await.unwrap();
        let open = packet(3, &[ID, &text("/etc/passwd"), &[0, 0, 0, 1], &[0; 4]]);
        channel.data(&[hello(), open].concat()[..]).await.unwrap();
        // 40 MB of answers, were they all given.
        let read = packet(5, &[ID, &text("0"), &[0; 8], &[0, 4, 0, 0]]).repeat(2000);
        let asked = async {
            for _ in 0..20 {
                if channel.data(&read[..]).await.is_err() {
                    break;
                }
            }
        };
        // Once the window is full it waits; that the server gave up first is as good.
        let _ = tokio::time::timeout(PATIENCE / 10, asked).await;
    });
    assert_eq!(lab.login(&["whoami"]).stdout, "ec2-user\n");
}
