//! One client: russh's callbacks, from the first word to the channels.
//!
//! A key offered is not a key proven. russh calls `auth_publickey_offered` before it has seen a signature, and only
//! `auth_publickey` afterwards: nothing but that sets who the session is.

use std::collections::BTreeMap;
use std::sync::Arc;

use russh::keys::{Algorithm, PublicKey};
use russh::server::{
    Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey,
};
use russh::{Channel, ChannelId, Disconnect, Pty, Sig};
use tokio::sync::mpsc;

use super::terminal::{Input, Login, Terminal};
use super::{Connection, config, forward};
use crate::course::evidence::{Refusal, What};
use crate::keys;
use crate::machine::Size;
use crate::machine::gate::{Gate, Permits, gate_from, untrusted};

/// Longest user name that is looked at, in bytes (Linux takes 32).
const LONGEST_USER: usize = 256;

/// Variables that one connection may ask for, and bytes of a value; what comes beyond is refused and not kept.
const VARIABLES: usize = 1024;
const LONGEST_VALUE: usize = 4096;

/// The state of one client.
pub(super) struct Visitor {
    connection: Arc<Connection>,
    /// The user named first: sshd does not let a client change its mind.
    user: Option<String>,
    failures: u32,
    login: Option<Arc<Login>>,
    terminals: BTreeMap<u32, mpsc::Sender<Input>>,
    /// Variables that were asked for on this connection.
    variables: usize,
}

impl Visitor {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            user: None,
            failures: 0,
            login: None,
            terminals: BTreeMap::new(),
            variables: 0,
        }
    }

    /// Takes the user's name down. False when the client has to go.
    async fn named(&mut self, user: &str) -> bool {
        match &self.user {
            Some(known) if known == user => true,
            Some(known) => {
                // auth2.c's words, as far as a user name may be echoed.
                let text = format!(
                    "Change of username or service not allowed: ({},ssh-connection) -> ({},ssh-connection)",
                    shown(known),
                    shown(user)
                );
                self.turn_out(text).await;
                false
            }
            None if user.len() > LONGEST_USER => {
                self.turn_out("Too long a user name".to_owned()).await;
                false
            }
            None => {
                self.user = Some(user.to_owned());
                self.connection.announce();
                self.connection.record(What::UserNamed {
                    session: self.connection.session,
                    user: shown(user),
                });
                true
            }
        }
    }

    /// Refuses an attempt; at the last one the connection ends with sshd's line.
    async fn refuse(&mut self) -> Auth {
        self.failures += 1;
        if self.failures >= self.connection.settings.attempts {
            self.turn_out("Too many authentication failures".to_owned())
                .await;
        }
        Auth::reject()
    }

    async fn turn_out(&self, words: String) {
        if let Some(handle) = self.connection.handle.get() {
            // It fails only when the connection is gone already.
            let _: Result<(), russh::Error> = handle
                .disconnect(Disconnect::ProtocolError, words, String::new())
                .await;
        }
    }

    fn ask_the_gate(&self, user: &str, key: &PublicKey) -> (Gate, Permits) {
        let mut line = PublicKey::new(key.key_data().clone(), "")
            .to_openssh()
            .unwrap_or_default();
        line.truncate(line.trim_end().len());
        let nothing = Permits {
            forwarding: false,
            terminal: false,
        };
        let mut answer = (Gate::Refused, nothing);
        let from = Some(self.connection.from);
        self.connection
            .host
            .with_machine(&self.connection.target, &mut |machine, identity, _| {
                answer = gate_from(machine, identity, user, &line, from);
            });
        answer
    }

    /// Records why, where sshd has a reason of its own and logs it.
    fn note_refusal(&self, user: &str, algorithm: &Algorithm) {
        let mut why = None;
        if config::accepts(algorithm) {
            let target = &self.connection.target;
            self.connection
                .host
                .with_machine(target, &mut |machine, _, _| {
                    why = untrusted(machine, user).map(|path| Refusal::BadModes { path });
                });
        } else {
            let algorithm = algorithm.to_string();
            why = Some(Refusal::Signature { algorithm });
        }
        if let Some(why) = why {
            let session = self.connection.session;
            self.connection.record(What::Refused { session, why });
        }
    }

    /// Hands something to a channel's terminal. A terminal takes everything at once, so this never waits for the client.
    async fn hand(&self, channel: ChannelId, input: Input) -> bool {
        match self.terminals.get(&channel.into()) {
            Some(terminal) => terminal.send(input).await.is_ok(),
            None => false,
        }
    }
}

/// Without control characters: it is shown and kept.
fn shown(user: &str) -> String {
    user.chars().filter(|c| !c.is_control()).collect()
}

/// Characters, in a number that a terminal can have.
fn size(columns: u32, rows: u32) -> Size {
    let fit = |n: u32, usual: u16| match u16::try_from(n.min(1000)) {
        Ok(0) | Err(_) => usual,
        Ok(n) => n,
    };
    Size {
        columns: fit(columns, 80),
        rows: fit(rows, 24),
    }
}

impl Handler for Visitor {
    type Error = russh::Error;

    async fn auth_none(&mut self, user: &str) -> Result<Auth, Self::Error> {
        self.named(user).await;
        Ok(Auth::reject())
    }

    async fn auth_password(&mut self, user: &str, _: &str) -> Result<Auth, Self::Error> {
        self.named(user).await;
        Ok(self.refuse().await)
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        user: &str,
        _: &str,
        _: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        self.named(user).await;
        Ok(self.refuse().await)
    }

    async fn auth_openssh_certificate(
        &mut self,
        _: &str,
        _: &russh::keys::Certificate,
    ) -> Result<Auth, Self::Error> {
        Ok(self.refuse().await)
    }

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        if !self.named(user).await || self.failures >= self.connection.settings.attempts {
            return Ok(Auth::reject());
        }
        let accepted = config::accepts(offer.algorithm)
            && self.ask_the_gate(user, offer.public_key).0 != Gate::Refused;
        self.connection.record(What::KeyOffered {
            session: self.connection.session,
            user: shown(user),
            key_sha256: keys::sha256(offer.public_key),
            accepted,
        });
        if accepted {
            return Ok(Auth::Accept);
        }
        self.note_refusal(user, offer.algorithm);
        let refusal = self.refuse().await;
        // In place of its last refusal sshd ends the connection. russh would refuse first, and a client without another key
        // would give up in other words; to a client that only asks about a key, this says that it may prove it, and the
        // end of the connection, which is queued already, comes before it can. `auth_publickey` would refuse it still.
        Ok(if self.failures == self.connection.settings.attempts {
            Auth::Accept
        } else {
            refusal
        })
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        if self.failures >= self.connection.settings.attempts {
            return Ok(Auth::reject());
        }
        if !self.named(user).await || !config::accepts(key.algorithm) {
            return Ok(self.refuse().await);
        }
        let session = self.connection.session;
        let instance = self.connection.target.instance.clone();
        let (gate, permits) = self.ask_the_gate(user, key.public_key);
        let (hint, what) = match gate {
            Gate::Refused => return Ok(self.refuse().await),
            Gate::RootHint(hint) => (Some(hint), What::RootTurnedAway { session, instance }),
            Gate::Welcome => {
                let key_sha256 = keys::sha256(key.public_key);
                (
                    None,
                    What::LoggedIn {
                        watched: true,
                        session,
                        instance,
                        user: shown(user),
                        key_sha256,
                    },
                )
            }
        };
        self.connection.let_in();
        self.connection.record(what);
        self.login = Some(Arc::new(Login {
            user: user.to_owned(),
            hint,
            permits,
        }));
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // russh does not call `channel_close` for a channel that we have closed first.
        self.terminals.retain(|_, terminal| !terminal.is_closed());
        let room = self.terminals.len() < self.connection.settings.sessions;
        let instance = &self.connection.target.instance;
        let seat = self.connection.budget.seat(instance).filter(|_| room);
        let (Some(login), Some(seat)) = (&self.login, seat) else {
            // sshd's words beyond `MaxSessions`.
            forward::refuse(reply, forward::CONNECT_FAILED, "open failed").await;
            return Ok(());
        };
        let terminal = Terminal::new(
            Arc::clone(&self.connection),
            Arc::clone(login),
            session.handle(),
            &channel,
        );
        let (inbox, inputs) = mpsc::channel(16);
        self.terminals.insert(channel.id().into(), inbox);
        tokio::spawn(async move {
            terminal.run(inputs).await;
            drop(seat);
        });
        reply.accept().await;
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        // cloud-init's line for root has `no-port-forwarding`.
        let allowed = self
            .login
            .as_ref()
            .is_some_and(|login| login.hint.is_none());
        forward::open(&self.connection, allowed, channel, (host, port), reply).await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let kind: String = shown(term).chars().take(64).collect();
        let pty = Input::Pty(size(columns, rows), kind);
        let allowed = self.login.as_ref().is_some_and(|l| l.permits.terminal);
        if allowed && self.hand(channel, pty).await {
            session.channel_success(channel)
        } else {
            session.channel_failure(channel)
        }
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.variables += 1;
        let allowed = self.variables <= VARIABLES
            && value.len() <= LONGEST_VALUE
            && config::accepts_variable(name);
        let env = Input::Env(name.to_owned(), value.to_owned());
        if allowed && self.hand(channel, env).await {
            session.channel_success(channel)
        } else {
            session.channel_failure(channel)
        }
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        self.hand(channel, Input::Shell).await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        line: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        self.hand(
            channel,
            Input::Exec(String::from_utf8_lossy(line).into_owned()),
        )
        .await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        // A forced command, root's sentence here, takes the place of subsystems too.
        if self
            .login
            .as_ref()
            .is_some_and(|login| login.hint.is_some())
        {
            session.channel_success(channel)?;
            self.hand(channel, Input::Exec(name.to_owned())).await;
            return Ok(());
        }
        if name == "sftp" {
            session.channel_success(channel)?;
            self.hand(channel, Input::Sftp).await;
            return Ok(());
        }
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn window_change_request(
        &mut self,
        channel: ChannelId,
        columns: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.hand(channel, Input::Resize(size(columns, rows))).await;
        Ok(())
    }

    async fn signal(
        &mut self,
        channel: ChannelId,
        signal: Sig,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        let name = match signal {
            Sig::Custom(name) => name.chars().take(8).collect(),
            // russh's names are the protocol's, and `Debug` is the one way to read them.
            Sig::ABRT
            | Sig::ALRM
            | Sig::FPE
            | Sig::HUP
            | Sig::ILL
            | Sig::INT
            | Sig::KILL
            | Sig::PIPE
            | Sig::QUIT
            | Sig::SEGV
            | Sig::TERM
            | Sig::USR1 => format!("{signal:?}"),
        };
        self.hand(channel, Input::Signal(name)).await;
        Ok(())
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.hand(channel, Input::Bytes(data.to_vec())).await;
        Ok(())
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.hand(channel, Input::End).await;
        Ok(())
    }

    async fn channel_close(
        &mut self,
        channel: ChannelId,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        self.terminals.remove(&channel.into());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absurd_terminal_size_is_made_usable() {
        assert_eq!(
            size(0, 0),
            Size {
                columns: 80,
                rows: 24
            }
        );
        assert_eq!(
            size(u32::MAX, 50),
            Size {
                columns: 1000,
                rows: 50
            }
        );
    }

    #[test]
    fn a_user_name_is_shown_without_control_characters() {
        assert_eq!(shown("ec2-user\u{1b}[2J\r\n"), "ec2-user[2J");
    }
}
