//! Sessions: one connection's events, put together.

use crate::course::evidence::{Event, Refusal, What};

/// One connection to an instance's port 22.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session<'a> {
    /// Its number.
    pub(crate) number: u64,
    /// When it began, Unix milliseconds.
    pub(crate) at: i64,
    /// Number of its newest event other than its end.
    pub(crate) newest: u64,
    /// The instance.
    pub(crate) instance: &'a str,
    /// As the client asked for it.
    pub(crate) address: &'a str,
    /// The client's version line.
    pub(crate) client: Option<&'a str>,
    /// The user named, if one was.
    pub(crate) user: Option<&'a str>,
    /// Public keys offered.
    pub(crate) offers: Vec<Offer<'a>>,
    /// sshd's own reason to refuse.
    pub(crate) refusal: Option<&'a Refusal>,
    /// A key was proven.
    pub(crate) logged_in: bool,
    /// root with the right key.
    pub(crate) root_turned_away: bool,
    /// Over: it was closed, or a command ended after it in the lab's shell.
    pub(crate) ended: bool,
    /// The command that ended next in the lab's shell.
    pub(crate) line: Option<&'a str>,
    /// Where that command ran.
    pub(crate) directory: Option<&'a str>,
}

/// One public key offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer<'a> {
    /// `SHA256:…`.
    pub(crate) sha256: &'a str,
    /// Whether it would be let in.
    pub(crate) accepted: bool,
}

impl Session<'_> {
    /// Whether it was somebody who meant to sign in: `nc` says nothing, and `ssh-keyscan` only looks.
    pub(crate) fn is_client(&self) -> bool {
        self.user.is_some()
            || self
                .client
                .is_some_and(|client| !client.contains("keyscan"))
    }

    /// Whether it was PuTTY, plink or one of their kin: they read `.ppk` files, and do not look at modes.
    pub(crate) fn is_putty(&self) -> bool {
        self.client.is_some_and(|client| client.contains("PuTTY"))
    }
}

/// The sessions among these events, oldest first.
pub(crate) fn sessions(events: &[Event]) -> Vec<Session<'_>> {
    let mut sessions: Vec<Session<'_>> = Vec::new();
    for event in events {
        if let What::Connected {
            session,
            instance,
            address,
            client,
        } = &event.what
        {
            // The client's version may follow in a second event of the same connection.
            if let Some(known) = sessions.iter_mut().find(|one| one.number == *session) {
                known.client = client.as_deref().or(known.client);
                continue;
            }
            sessions.push(Session {
                number: *session,
                at: event.at,
                newest: event.number,
                instance,
                address,
                client: client.as_deref(),
                user: None,
                offers: Vec::new(),
                refusal: None,
                logged_in: false,
                root_turned_away: false,
                ended: false,
                line: None,
                directory: None,
            });
        } else if let What::ShellCommand {
            line, directory, ..
        } = &event.what
        {
            for one in &mut sessions {
                one.ended = true;
                if one.directory.is_none() {
                    one.line = line.as_deref();
                    one.directory = Some(directory);
                }
            }
        } else if let Some(number) = event.what.session()
            && let Some(one) = sessions.iter_mut().find(|one| one.number == number)
        {
            add(one, event);
        }
    }
    sessions
}

fn add<'a>(session: &mut Session<'a>, event: &'a Event) {
    match &event.what {
        What::UserNamed { user, .. } => session.user = Some(user),
        What::KeyOffered {
            user,
            key_sha256,
            accepted,
            ..
        } => {
            session.user = Some(user);
            session.offers.push(Offer {
                sha256: key_sha256,
                accepted: *accepted,
            });
        }
        What::LoggedIn { user, .. } => {
            session.user = Some(user);
            session.logged_in = true;
        }
        What::RootTurnedAway { .. } => session.root_turned_away = true,
        What::Refused { why, .. } => session.refusal = Some(why),
        What::Disconnected { .. } => {
            session.ended = true;
            return;
        }
        What::RemoteCommand { .. }
        | What::Copied { .. }
        | What::Answered { .. }
        | What::Connected { .. }
        | What::Api { .. }
        | What::Unreachable { .. }
        | What::ShellCommand { .. } => {}
    }
    session.newest = event.number;
}
