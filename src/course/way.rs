//! The way of a login: six links from the learner's ssh to the key, and the first that broke at the newest try.

use std::fmt;

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, Silence, What};
use crate::course::explain::{self, login};
use crate::course::mistake::{Mistake, Recognised};
use crate::course::scene;
use crate::course::session::{Session, sessions};

/// How one link held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Yes,
    No,
    /// The try did not come so far, or the evidence does not show it.
    Unseen,
}

use Held::{No, Unseen, Yes};

/// The links in their order, as the learner reads them.
const LINKS: [&str; 6] = ["ssh", "network", "group", "machine", "user", "key"];

/// The newest try to reach a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Address or name, as asked for.
    pub address: String,
    /// Port asked for.
    pub port: u16,
    links: [Held; 6],
    /// What broke, in the coach's words.
    pub recognised: Option<Recognised>,
}

/// One line: each link with `ok`, `BROKEN` or `?`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, held)) in LINKS.iter().zip(self.links).enumerate() {
            let arrow = if place == 0 { "" } else { " -> " };
            let word = match held {
                Yes => "ok",
                No => "BROKEN",
                Unseen => "?",
            };
            write!(f, "{arrow}{name} {word}")?;
        }
        Ok(())
    }
}

/// The newest try, however long ago; none before the first.
pub fn newest(evidence: &Evidence, bindings: &Bindings) -> Option<Way> {
    let events = scene::known_events(evidence);
    let all = sessions(events);
    let session = all
        .iter()
        .rev()
        .filter(|session| session.is_client())
        .max_by_key(|session| session.newest);
    let silent = events.iter().rev().find_map(|event| {
        if let What::Unreachable {
            address, port, why, ..
        } = &event.what
        {
            let way = Way {
                address: address.clone(),
                port: *port,
                links: unanswered(*why),
                recognised: explain::alone(&event.what, evidence, bindings),
            };
            Some((event.number, way))
        } else {
            None
        }
    });
    match (session, silent) {
        (Some(session), Some((number, _))) if session.newest > number => {
            Some(answered(session, evidence, bindings))
        }
        (Some(session), None) => Some(answered(session, evidence, bindings)),
        (_, Some((_, way))) => Some(way),
        (None, None) => None,
    }
}

fn unanswered(why: Silence) -> [Held; 6] {
    match why {
        Silence::NobodyThere | Silence::OldAddress | Silence::PrivateAddress => {
            [Yes, No, Unseen, Unseen, Unseen, Unseen]
        }
        Silence::GroupClosed | Silence::GroupForOthers => [Yes, Yes, No, Unseen, Unseen, Unseen],
        // Nobody is there to whom a group would let packets through.
        Silence::Pending | Silence::Stopped | Silence::Terminated => {
            [Yes, Yes, Unseen, No, Unseen, Unseen]
        }
        Silence::Refused => [Yes, Yes, Yes, No, Unseen, Unseen],
    }
}

fn answered(session: &Session<'_>, evidence: &Evidence, bindings: &Bindings) -> Way {
    let recognised = login::explain(session, evidence, bindings);
    let links = if session.logged_in {
        [Yes; 6]
    } else if !session.ended {
        [Unseen, Yes, Yes, Yes, Unseen, Unseen]
    } else {
        match (session.user, recognised.as_ref().map(|one| one.mistake)) {
            // ssh hung up at the machine's host key.
            (None, _) => [No, Yes, Yes, Yes, Unseen, Unseen],
            (Some(_), Some(Mistake::WrongUser | Mistake::RootLogin)) => {
                [Yes, Yes, Yes, Yes, No, Unseen]
            }
            (Some(user), _) => {
                let instance = scene::instance(evidence, session.instance);
                let is_right = user == scene::login_user(instance);
                [Yes, Yes, Yes, Yes, if is_right { Yes } else { Unseen }, No]
            }
        }
    };
    Way {
        address: session.address.to_owned(),
        port: 22,
        links,
        recognised,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::fixture::{ADDRESS, Lab, OTHER_SHA, SHA};

    fn seen(lab: &Lab) -> String {
        newest(&lab.evidence(), &lab.bindings())
            .unwrap()
            .to_string()
    }

    #[test]
    fn silence_breaks_the_network_the_group_or_the_machine() {
        for (why, line) in [
            (
                Silence::NobodyThere,
                "ssh ok -> network BROKEN -> group ? -> machine ? -> user ? -> key ?",
            ),
            (
                Silence::GroupClosed,
                "ssh ok -> network ok -> group BROKEN -> machine ? -> user ? -> key ?",
            ),
            (
                Silence::Stopped,
                "ssh ok -> network ok -> group ? -> machine BROKEN -> user ? -> key ?",
            ),
            (
                Silence::Refused,
                "ssh ok -> network ok -> group ok -> machine BROKEN -> user ? -> key ?",
            ),
        ] {
            let mut lab = Lab::ready();
            lab.unanswered(ADDRESS, 22, why);
            assert_eq!(seen(&lab), line);
        }
    }

    #[test]
    fn a_machine_that_answered_breaks_at_ssh_the_user_or_the_key() {
        let mut lab = Lab::ready();
        assert_eq!(newest(&lab.evidence(), &lab.bindings()), None);
        lab.tried(1, None, &[]);
        assert_eq!(
            seen(&lab),
            "ssh BROKEN -> network ok -> group ok -> machine ok -> user ? -> key ?"
        );
        lab.tried(2, Some("ubuntu"), &[(SHA, false)]);
        assert_eq!(
            seen(&lab),
            "ssh ok -> network ok -> group ok -> machine ok -> user BROKEN -> key ?"
        );
        lab.tried(3, Some("ec2-user"), &[(OTHER_SHA, false)]);
        let line = "ssh ok -> network ok -> group ok -> machine ok -> user ok -> key BROKEN";
        assert_eq!(seen(&lab), line);
        assert!(line.len() < 76);
        lab.logged_in(4);
        assert_eq!(
            seen(&lab),
            "ssh ok -> network ok -> group ok -> machine ok -> user ok -> key ok"
        );
    }
}
