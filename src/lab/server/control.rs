//! The lab's control socket: how the shell's prompt, the `lab` word and the shims reach the running engine.
//!
//! It listens twice: on a Unix socket in the lab's own folder (mode 0700), and on a loopback TCP port whose number and
//! token stand in a file there (mode 0600), because bash can open TCP with a builtin and nothing else. A request is one
//! line of tab-separated fields (see [`request`]); an answer is text. A connection is one request.
//!
//! An answer to a prompt is sent within `PROMPT_PATIENCE`, or kept for that shell's next prompt: a prompt is never held
//! up. It is also kept when the shell does not say that it has seen it.

pub mod client;
mod kept;
mod news;
pub mod request;
mod turn;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::distr::Alphanumeric;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::kept::Kept;
use self::request::{Request, Told};
use self::turn::{Turn, Turns};

pub use self::news::News;
pub use self::request::{PromptReport, Reach, WordReport};
use crate::lab::server::network::Network;

/// How long a desk usually may take before its answer is kept for the next prompt. The shells wait 150 ms, the client 40.
pub const PROMPT_PATIENCE: Duration = Duration::from_millis(140);
/// How long a client may take to send its request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(5);
/// How long a shell may take to say that it has seen the answer.
const SEEN_PATIENCE: Duration = Duration::from_millis(250);
/// Ports that are tried besides the first.
const TRIES: usize = 16;
/// Bytes that a request may have.
const LONGEST_REQUEST: usize = 64 * 1024;
/// Connections served at once on each of the two, so that a flood of the port leaves the Unix socket free.
const MOST_CONNECTIONS: usize = 512;

/// Name of the Unix socket in the folder given to [`serve`].
pub const SOCKET: &str = "control.sock";
/// Name of the file there that holds `PORT TOKEN`.
pub const PORT_FILE: &str = "control.port";

/// A connection handed over: from now on it carries SSH.
pub type Line = Box<dyn Duplex>;

/// What a [`Line`] can do.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Duplex for T {}

/// What the `lab` word answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Exit status of the `lab` command.
    pub status: u8,
    /// Printed as it is; ends in a line end unless it is empty.
    pub text: String,
}

/// Who answers: the coach and the simulation behind it.
///
/// The methods are called from blocking threads and may take their time; [`Desk::prompt`] has 5.5 ms before its text moves to
/// the next prompt.
pub trait Desk: Send + Sync + 'static {
    /// How long a prompt may wait for [`Self::prompt`]; the shells' hooks wait a little longer.
    fn patience(&self) -> Duration {
        PROMPT_PATIENCE
    }
    /// A command ended in a lab shell (or Enter was pressed). They are shown before the next prompt.
    fn prompt(&self, report: PromptReport) -> News;
    /// The learner typed `lab` and these words.
    fn word(&self, report: WordReport) -> Answer;
    /// Somebody watches beside the shell, in a terminal where colour is welcome or not: everything that is said is written to
    /// the line, which brings their words. Called inside the tokio runtime; must not block.
    fn watch(self: Arc<Self>, colour: bool, line: Line);
    /// What a TCP connection to this address (or DNS name) and port would meet. Somebody is about to try it, so a world
    /// that journals should journal an unreachable answer as an attempt.
    fn reach(&self, address: &str, port: u16) -> Reach;
    /// A connection to this address and port, after `reach` said [`Reach::Open`]. Called inside the tokio runtime; must not block:
    /// spawn the SSH server on the line.
    fn connect(&self, address: &str, port: u16, line: Line);
}

/// The control socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// No loopback port.
    #[error("the lab could not open a port on 127.0.0.1: {0}")]
    Port(#[source] io::Error),
    /// No Unix socket.
    #[error("the lab could not open its socket {}: {why}", path.display())]
    Socket {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
    /// The file with the port could not be written.
    #[error("the lab could not write {}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        why: io::Error,
    },
}

/// A running control socket; it stops, and removes its files, when dropped.
#[derive(Debug)]
pub struct Control {
    port: u16,
    files: Vec<PathBuf>,
    tasks: JoinSet<()>,
}

impl Control {
    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.tasks.abort_all();
        for file in &self.files {
            // Left behind, it is harmless: the next start replaces it.
            drop(std::fs::remove_file(file));
        }
    }
}

/// Starts the control socket in `run`, a folder that only its owner may enter.
///
/// A path that is too long for a Unix socket is not a fault: then there is only the port, and every client knows that.
pub async fn serve(run: &Path, desk: Arc<dyn Desk>) -> Result<Control, ControlError> {
    serve_also(run, desk, None).await
}

/// The same, with the same port in another network too: the one that the lab's shell is in.
pub async fn serve_also(
    run: &Path,
    desk: Arc<dyn Desk>,
    network: Option<&dyn Network>,
) -> Result<Control, ControlError> {
    let (tcp, inside) = same_port(network).await.map_err(ControlError::Port)?;
    let port = tcp.local_addr().map_err(ControlError::Port)?.port();
    let token: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(32)
        .map(char::from)
        .collect();
    let port_file = run.join(PORT_FILE);
    write_private(&port_file, format!("{port} {token}\n").as_bytes()).map_err(|why| {
        ControlError::File {
            path: port_file.clone(),
            why,
        }
    })?;

    let house = Arc::new(House {
        desk,
        kept: Kept::default(),
        turns: Turns::default(),
        unix_places: Semaphore::new(MOST_CONNECTIONS),
        tcp_places: Semaphore::new(MOST_CONNECTIONS),
        token,
    });
    let mut control = Control {
        port,
        files: vec![port_file],
        tasks: JoinSet::new(),
    };
    let socket = run.join(SOCKET);
    if client::fits_a_socket(&socket) {
        match std::fs::remove_file(&socket) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                return Err(ControlError::Socket { path: socket, why });
            }
            Ok(()) | Err(_) => {}
        }
        let unix = UnixListener::bind(&socket).map_err(|why| ControlError::Socket {
            path: socket.clone(),
            why,
        })?;
        control.files.push(socket);
        control.tasks.spawn(accept_unix(unix, Arc::clone(&house)));
    }
    if let Some(inside) = inside {
        control.tasks.spawn(accept_tcp(inside, Arc::clone(&house)));
    }
    control.tasks.spawn(accept_tcp(tcp, house));
    Ok(control)
}

/// A port of this network and the same one of the other. What is free in one may be taken in the other: the lab's endpoint listens there.
async fn same_port(
    network: Option<&dyn Network>,
) -> io::Result<(TcpListener, Option<TcpListener>)> {
    let mut left = TRIES;
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let Some(network) = network else {
            return Ok((tcp, None));
        };
        match network.listen(tcp.local_addr()?) {
            Ok(inside) => {
                inside.set_nonblocking(true)?;
                return Ok((tcp, Some(TcpListener::from_std(inside)?)));
            }
            Err(taken) if taken.kind() == io::ErrorKind::AddrInUse && left > 0 => left -= 1,
            Err(why) => return Err(why),
        }
    }
}

/// Written whole before it is seen, readable by its owner only.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // tempfile makes it 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

struct House {
    desk: Arc<dyn Desk>,
    kept: Kept,
    turns: Turns,
    unix_places: Semaphore,
    tcp_places: Semaphore,
    token: String,
}

async fn accept_unix(listener: UnixListener, house: Arc<House>) {
    loop {
        if let Some(stream) = accepted(listener.accept().await).await {
            let turn = house.turns.next();
            tokio::spawn(attend(stream, turn, false, Arc::clone(&house)));
        }
    }
}

async fn accept_tcp(listener: TcpListener, house: Arc<House>) {
    loop {
        if let Some(stream) = accepted(listener.accept().await).await {
            let turn = house.turns.next();
            tokio::spawn(attend(stream, turn, true, Arc::clone(&house)));
        }
    }
}

/// A failed accept (out of descriptors) must neither end the loop nor spin in it.
async fn accepted<S, A>(result: io::Result<(S, A)>) -> Option<S> {
    if let Ok((stream, _)) = result {
        return Some(stream);
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    None
}

async fn attend(mut stream: impl Duplex, mut turn: Turn, needs_token: bool, house: Arc<House>) {
    let places = if needs_token {
        &house.tcp_places
    } else {
        &house.unix_places
    };
    let Ok(_place) = places.acquire().await else {
        return;
    };
    let token = needs_token.then_some(house.token.as_str());
    let Ok(Some(request)) = timeout(REQUEST_PATIENCE, read_request(&mut stream, token)).await
    else {
        return;
    };
    let turn = match request {
        Request::Prompt { .. } | Request::Word(_) => {
            turn.come().await;
            Some(turn)
        }
        // Nobody has to wait for these.
        Request::Watch { .. } | Request::Reach { .. } | Request::Connect { .. } => None,
    };
    // Whoever hangs up early only loses their answer.
    drop(answer(stream, request, turn, &house).await);
}

async fn answer(
    mut stream: impl Duplex,
    request: Request,
    turn: Option<Turn>,
    house: &Arc<House>,
) -> io::Result<()> {
    match request {
        Request::Prompt { report, told } => {
            // The turn ends when the news are told, or where the next request finds them.
            let (shell, news, _turn) = prompt(report, told, turn, house).await;
            if news.is_empty() {
                return stream.shutdown().await;
            }
            if tell(&mut stream, &news.text()).await.is_err() {
                house.kept.keep(shell, news);
            }
            Ok(())
        }
        Request::Word(mut report) => {
            let is_typed = report
                .words
                .first()
                .is_none_or(|word| !word.starts_with("--"));
            let shell = report.shell;
            let untold = if is_typed {
                house.kept.take(shell)
            } else {
                News::default()
            };
            report.has_untold = untold.has_moved;
            let desk = Arc::clone(&house.desk);
            let answer = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                desk.word(report)
            })
            .await
            .map_err(io::Error::other)?;
            let text = format!("{}\n{}{}", answer.status, untold.lasting, answer.text);
            if let Err(gone) = stream.write_all(text.as_bytes()).await {
                house.kept.keep(shell, untold);
                return Err(gone);
            }
            stream.shutdown().await
        }
        Request::Watch { colour } => {
            Arc::clone(&house.desk).watch(colour, Box::new(stream));
            Ok(())
        }
        Request::Reach { address, port } => {
            let reach = reach(house, &address, port).await?;
            stream
                .write_all(format!("{}\n", reach.word()).as_bytes())
                .await?;
            stream.shutdown().await
        }
        Request::Connect { address, port } => match reach(house, &address, port).await? {
            Reach::Open => {
                stream.write_all(b"ok\n").await?;
                house.desk.connect(&address, port, Box::new(stream));
                Ok(())
            }
            closed @ (Reach::Refused | Reach::Silent) => {
                stream
                    .write_all(format!("{}\n", closed.word()).as_bytes())
                    .await?;
                stream.shutdown().await
            }
        },
    }
}

async fn reach(house: &Arc<House>, address: &str, port: u16) -> io::Result<Reach> {
    let (desk, address) = (Arc::clone(&house.desk), address.to_owned());
    tokio::task::spawn_blocking(move || desk.reach(&address, port))
        .await
        .map_err(io::Error::other)
}

/// The shell's number and what to show now: what was kept for it, and this prompt's news if they are ready in time; and the turn.
async fn prompt(
    mut report: PromptReport,
    told: Told,
    turn: Option<Turn>,
    house: &Arc<House>,
) -> (u32, News, Option<Turn>) {
    let shell = report.pid;
    report.command = house.kept.command(shell, told);
    let desk = Arc::clone(&house.desk);
    let mut verdict = tokio::task::spawn_blocking(move || (desk.prompt(report), turn));
    let (news, turn) = match timeout(house.desk.patience(), &mut verdict).await {
        Ok(verdict) => verdict.unwrap_or_default(),
        Err(_late) => {
            let house = Arc::clone(house);
            tokio::spawn(async move {
                if let Ok((news, _turn)) = verdict.await {
                    house.kept.keep(shell, news);
                }
            });
            (News::default(), None)
        }
    };
    (shell, house.kept.take(shell).then(news), turn)
}

/// Sends the text and waits for the word that it was seen.
async fn tell(stream: &mut impl Duplex, text: &str) -> io::Result<()> {
    let mut bytes = text.replace('\0', "").into_bytes();
    bytes.push(0);
    stream.write_all(&bytes).await?;
    let mut seen = [0; 5];
    timeout(SEEN_PATIENCE, stream.read_exact(&mut seen)).await??;
    Ok(())
}

/// Reads one request, the token's line before it where one is needed. Nothing for a wrong token, a line that is too long or means nothing.
async fn read_request(stream: &mut impl Duplex, token: Option<&str>) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(request) = request::complete(&bytes, token)? {
            return Some(request);
        }
        let count = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(chunk.get(..count)?);
        if count == 0 || bytes.len() > LONGEST_REQUEST {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, TcpStream};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Another network, in which so many ports are taken; its loopback is 127.0.0.2.
    struct Taken(AtomicUsize);

    impl Network for Taken {
        fn listen(&self, at: SocketAddr) -> io::Result<std::net::TcpListener> {
            let left = |left: usize| left.checked_sub(1);
            if self
                .0
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, left)
                .is_ok()
            {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            std::net::TcpListener::bind((Ipv4Addr::new(127, 0, 0, 2), at.port()))
        }

        fn connect(&self, at: SocketAddr) -> io::Result<TcpStream> {
            TcpStream::connect(at)
        }
    }

    #[tokio::test]
    async fn a_port_that_is_taken_in_the_labs_network_is_not_the_labs() {
        let (here, inside) = same_port(Some(&Taken(3.into()))).await.unwrap();
        let (here, inside) = (
            here.local_addr().unwrap(),
            inside.unwrap().local_addr().unwrap(),
        );
        assert_eq!(here.port(), inside.port());
        assert!(same_port(None).await.unwrap().1.is_none());
        let none = same_port(Some(&Taken(1000.into()))).await.unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::AddrInUse);
    }
}
