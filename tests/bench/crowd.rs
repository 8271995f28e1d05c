//! Many logins at once with a light client, what an idle shell weighs, and how soon the banner comes.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use russh::ChannelMsg;
use russh::client::{self, Handle};
use russh::keys::{
    HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, load_secret_key,
};

use crate::bare_ssh;
use crate::numbers::{Times, print_aim};
use crate::served::Served;
use crate::start::{processor_time, wait_until_idle};

/// How long logins are counted for each number at once.
const WHILE: Duration = Duration::from_secs(4);
/// Shells that are open at once.
const SHELLS: usize = 500;

struct Trusting;

impl client::Handler for Trusting {
    type Error = russh::Error;

    async fn check_server_key(&mut self, _: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        Ok(true)
    }
}

/// Measures against the instance that `login` has launched.
pub fn run(server: &Served, key: &Path, address: &str, port: u16) {
    let at = SocketAddr::new(address.parse().expect("an address"), port);
    let key = Arc::new(load_secret_key(key, None).expect("the key can be read"));
    banner(at);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let bare = runtime.block_on(bare_ssh::start());
    for (many, aim) in [(1, None), (8, None), (32, Some(1500.0))] {
        let before = processor_time(server);
        let (rate, all) = runtime.block_on(logins(at, &key, many));
        let used =
            processor_time(server).saturating_sub(before) / u32::try_from(all.max(1)).unwrap_or(1);
        let (ceiling, _) = runtime.block_on(logins(bare, &key, many));
        println!(
            "logins per second, {many:>2} at once {rate:>29.0}   server's processor time {} us each   \
             bare server {ceiling:.0}",
            used.as_micros()
        );
        if let Some(aim) = aim {
            print_aim("1,500 per second at 32", rate >= aim);
        }
    }
    wait_until_idle(server);
    let before = server.kilobytes("smaps_rollup", "Pss");
    let connections = runtime.block_on(connections(at, &key));
    wait_until_idle(server);
    let connected = server.kilobytes("smaps_rollup", "Pss");
    let shells = runtime.block_on(shells(&connections));
    wait_until_idle(server);
    let opened = server.kilobytes("smaps_rollup", "Pss");
    let each = |after: u64| after.saturating_sub(before) as f64 / SHELLS as f64;
    println!(
        "kB for a connection that has logged in      {:>9.1}",
        each(connected)
    );
    println!(
        "kB for a connection with an idle shell      {:>9.1}",
        each(opened)
    );
    print_aim("64 kB per idle shell", each(opened) <= 64.0);
    drop((shells, connections));
}

/// From the connection to the server's first line.
fn banner(at: SocketAddr) {
    let mut times = Times::default();
    for _ in 0..100 {
        times.time(|| {
            let mut stream = TcpStream::connect(at).expect("the instance listens");
            stream.read_exact(&mut [0; 8]).expect("it speaks");
        });
    }
    times.print("connection to banner");
    print_aim("10 ms", times.median() <= Duration::from_millis(10));
}

async fn log_in(at: SocketAddr, key: &Arc<PrivateKey>) -> Handle<Trusting> {
    let config = client::Config {
        nodelay: true,
        ..Default::default()
    };
    let mut handle = client::connect(Arc::new(config), at, Trusting)
        .await
        .expect("a connection");
    let key = PrivateKeyWithHashAlg::new(Arc::clone(key), Some(HashAlg::Sha256));
    let done = handle.authenticate_publickey("ec2-user", key).await;
    assert!(done.expect("an answer").success(), "the login is refused");
    handle
}

/// How many whole logins with a command are done in a second, so many at once; and how many there were.
async fn logins(at: SocketAddr, key: &Arc<PrivateKey>, many: usize) -> (f64, usize) {
    let done = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let tasks: Vec<_> = (0..many)
        .map(|_| {
            let (key, done) = (Arc::clone(key), Arc::clone(&done));
            tokio::spawn(async move {
                while began.elapsed() < WHILE {
                    let handle = log_in(at, &key).await;
                    let mut channel = handle.channel_open_session().await.expect("a session");
                    channel.exec(false, "true").await.expect("a command");
                    let mut status = None;
                    while let Some(message) = channel.wait().await {
                        if let ChannelMsg::ExitStatus { exit_status } = message {
                            status = Some(exit_status);
                        }
                    }
                    assert_eq!(status, Some(0));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a client does not panic");
    }
    let done = done.load(Ordering::Relaxed);
    (done as f64 / began.elapsed().as_secs_f64(), done)
}

async fn connections(at: SocketAddr, key: &Arc<PrivateKey>) -> Vec<Handle<Trusting>> {
    let mut all = Vec::new();
    for _ in 0..SHELLS {
        all.push(log_in(at, key).await);
    }
    all
}

/// A shell with a terminal on each, after its first prompt.
async fn shells(connections: &[Handle<Trusting>]) -> Vec<russh::Channel<client::Msg>> {
    let mut all = Vec::new();
    for handle in connections {
        let mut channel = handle.channel_open_session().await.expect("a session");
        channel
            .request_pty(false, "xterm", 80, 24, 0, 0, &[])
            .await
            .expect("a terminal");
        channel.request_shell(false).await.expect("a shell");
        let mut shown = Vec::new();
        while !shown.ends_with(b"$ ") {
            match channel.wait().await {
                Some(ChannelMsg::Data { data }) => shown.extend_from_slice(&data),
                Some(_) => {}
                None => panic!("the shell ends"),
            }
        }
        all.push(channel);
    }
    all
}
