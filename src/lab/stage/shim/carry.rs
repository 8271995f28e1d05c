//! `groundschool-connect`: fetches a connection from the engine, for ssh as a descriptor, for plink by copying.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

use super::{no_engine, say};
use crate::lab::server::control::Reach;
use crate::lab::server::control::client::Client;
use crate::lab::workspace::Layout;

/// HOST PORT: hands the connection over on standard output, as ssh's `ProxyUseFdpass` wants it. With `--copy` before them: carries
/// its bytes between standard input and output until either side ends.
pub fn connect(layout: &Layout, words: &[String]) -> ExitCode {
    let (copy, host, port) = match words {
        [flag, host, port] if flag == "--copy" => (true, host, port),
        [host, port] => (false, host, port),
        [..] => return ExitCode::from(2),
    };
    let Ok(port) = port.parse() else {
        return ExitCode::from(2);
    };
    let mut client = match Client::dial(
        &layout.run(),
        if copy {
            None
        } else {
            Some(Duration::from_secs(10))
        },
    ) {
        Ok(client) => client,
        Err(why) => return failed(&no_engine(&why)),
    };
    match client.connect(host, port) {
        Ok(None) if copy => carry(client),
        Ok(None) => hand_over(&client).map_or_else(
            |why| failed(&format!("lab: {why}\n")),
            |()| ExitCode::SUCCESS,
        ),
        Ok(Some(Reach::Refused)) => failed(&format!(
            "ssh: connect to host {host} port {port}: Connection refused\r\n"
        )),
        Ok(Some(Reach::Open | Reach::Silent)) => failed(&format!(
            "ssh: connect to host {host} port {port}: Connection timed out\r\n"
        )),
        Err(why) => failed(&no_engine(&why)),
    }
}

fn failed(text: &str) -> ExitCode {
    say(text);
    ExitCode::FAILURE
}

/// One byte and the descriptor.
fn hand_over(client: &Client) -> io::Result<()> {
    let descriptors = [client.as_fd()];
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(io::Error::other("no room for a descriptor"));
    }
    sendmsg(
        io::stdout(),
        &[IoSlice::new(&[0])],
        &mut ancillary,
        SendFlags::empty(),
    )?;
    Ok(())
}

fn carry(client: Client) -> ExitCode {
    let Ok((mut up, mut down)) = client.halves() else {
        return ExitCode::FAILURE;
    };
    // The thread ends with the process: it may wait for input that never comes.
    std::thread::spawn(move || {
        drop(pump(&mut io::stdin().lock(), &mut up));
        drop(up.finish());
    });
    match pump(&mut down, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn pump(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut chunk = [0; 16 * 1024];
    loop {
        let count = from.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(chunk.get(..count).unwrap_or_default())?;
        to.flush()?;
    }
}
