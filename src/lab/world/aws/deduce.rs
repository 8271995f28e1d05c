//! What an ssh that was seen from the client's side came to: the same events as a simulated instance would have told. Pure.
//!
//! Nothing is claimed that the evidence does not show: where only the instance's own log could tell, that is said instead
//! ([`Deduced::undecided`]), and becomes *could not tell*.

use crate::course::evidence::{
    Account, Instance, KeyContent, KeyFile, Places, Refusal, Silence, What,
};
use crate::lab::world::aws::attempt::{Attempt, Identity, Met};

/// sshd's `MaxAuthTries`.
const ATTEMPTS: usize = 6;
/// An instance that was launched less than this ago may still be booting, milliseconds.
const BOOT: i64 = 180_000;

/// What one ssh came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deduced {
    /// What happened, in order.
    pub events: Vec<What>,
    /// Why it cannot be told what went wrong.
    pub undecided: Option<String>,
}

/// Where the attempt is judged.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The account as it is now.
    pub account: &'a Account,
    /// The key files in the lab's folder.
    pub files: &'a [KeyFile],
    /// Where their paths start.
    pub places: &'a Places,
    /// Now, Unix milliseconds.
    pub now: i64,
    /// The number for the connection.
    pub session: u64,
}

/// Reads one attempt.
pub fn deduce(attempt: &Attempt, scene: Scene<'_>) -> Deduced {
    let of_address = |one: &&Instance| {
        let host = Some(&attempt.host);
        [one.public_address.as_ref(), one.public_name.as_ref()].contains(&host)
    };
    let instances = &scene.account.instances;
    if let Some(instance) = instances.iter().find(of_address) {
        return if attempt.signed_in() {
            signed_in(attempt, instance, scene)
        } else {
            failed(attempt, instance, scene)
        };
    }
    if attempt.signed_in() {
        // To a computer that is none of this account's: not of this lesson.
        return Deduced::default();
    }
    let host = &attempt.host;
    let private = instances
        .iter()
        .find(|one| one.private_address.as_ref() == Some(host));
    let earlier = instances
        .iter()
        .find(|one| one.earlier_addresses.contains(host));
    match (private, earlier) {
        (Some(instance), _) => unreachable(attempt, Some(instance), Silence::PrivateAddress),
        (None, Some(instance)) => unreachable(attempt, Some(instance), Silence::OldAddress),
        (None, None) if is_address(host) => unreachable(attempt, None, Silence::NobodyThere),
        // A name that is none, or some other computer of the learner's.
        (None, None) => Deduced::default(),
    }
}

/// An address, or a name as AWS gives them.
fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok() || host.ends_with(".amazonaws.com")
}

fn unreachable(attempt: &Attempt, instance: Option<&Instance>, why: Silence) -> Deduced {
    Deduced {
        events: vec![What::Unreachable {
            address: attempt.host.clone(),
            port: attempt.port,
            instance: instance.map(|one| one.id.clone()),
            why,
        }],
        undecided: None,
    }
}

fn undecided(why: String) -> Deduced {
    Deduced {
        events: Vec::new(),
        undecided: Some(why),
    }
}

fn connected(attempt: &Attempt, instance: &Instance, session: u64) -> What {
    What::Connected {
        session,
        instance: instance.id.clone(),
        address: attempt.host.clone(),
        client: Some(attempt.client.clone()),
    }
}

fn named(attempt: &Attempt, session: u64) -> What {
    What::UserNamed {
        session,
        user: attempt.user.clone(),
    }
}

fn signed_in(attempt: &Attempt, instance: &Instance, scene: Scene<'_>) -> Deduced {
    let session = scene.session;
    let mut events = vec![
        connected(attempt, instance, session),
        named(attempt, session),
    ];
    let instance_id = instance.id.clone();
    if attempt.user == "root"
        && instance
            .login_user
            .as_deref()
            .is_some_and(|user| user != "root")
    {
        // AWS's images let root's key in, and then say who to sign in as instead.
        events.push(What::RootTurnedAway {
            session,
            instance: instance_id,
        });
    } else {
        events.push(What::LoggedIn {
            session,
            instance: instance_id.clone(),
            user: attempt.user.clone(),
            key_sha256: key_of_login(attempt, instance, scene),
            watched: attempt.command.is_some(),
        });
        if let Some(command) = &attempt.command {
            events.push(What::RemoteCommand {
                session,
                instance: instance_id,
                line: command.chars().take(200).collect(),
                status: u32::try_from(attempt.status).unwrap_or(1),
            });
        }
    }
    events.push(What::Disconnected { session });
    Deduced {
        events,
        undecided: None,
    }
}

/// The key that opened the instance: the one of its key pair, if ssh had it to offer.
fn key_of_login(attempt: &Attempt, instance: &Instance, scene: Scene<'_>) -> String {
    let offers = offers(attempt, scene);
    let right = right_keys(instance, scene);
    let found = offers.iter().find(|offer| right.contains(offer));
    found.or(offers.first()).cloned().unwrap_or_default()
}

/// The public halves that are the instance's key pair's: from AWS, and from the file with the pair's fingerprint.
fn right_keys(instance: &Instance, scene: Scene<'_>) -> Vec<String> {
    let name = instance.key_name.as_deref();
    let pair = scene
        .account
        .key_pairs
        .iter()
        .find(|pair| Some(pair.name.as_str()) == name);
    let Some(pair) = pair else { return Vec::new() };
    let print = pair.fingerprint.trim_end_matches('=');
    let of_files = scene.files.iter().filter(|file| {
        file.ec2_fingerprints
            .iter()
            .any(|known| known.trim_end_matches('=') == print)
    });
    let of_files = of_files.filter_map(|file| file.public_sha256.clone());
    pair.public_sha256
        .clone()
        .into_iter()
        .chain(of_files)
        .collect()
}

/// The keys that ssh offers, in its order: the agent's, then those of files that it can use.
fn offers(attempt: &Attempt, scene: Scene<'_>) -> Vec<String> {
    let of_files: Vec<String> = attempt
        .identities
        .iter()
        .filter_map(|identity| usable(identity, attempt, scene))
        .collect();
    let agent = attempt.agent.iter();
    let agent = agent.filter(|key| !attempt.only_these || of_files.contains(key));
    let mut offers: Vec<String> = agent.cloned().collect();
    for key in of_files {
        if !offers.contains(&key) {
            offers.push(key);
        }
    }
    offers
}

/// The public half of a key file that ssh can open and sign with.
fn usable(identity: &Identity, attempt: &Attempt, scene: Scene<'_>) -> Option<String> {
    let mode = identity.mode?;
    if (identity.mine && mode & 0o077 != 0) || mode & 0o400 == 0 {
        return None;
    }
    let known = scene
        .files
        .iter()
        .find(|file| absolute(&file.path, scene.places) == identity.path);
    let (told, kind) = identity.public.clone().unzip();
    let signs = kind.is_none_or(|kind| can_sign(&kind, &attempt.signs_with));
    let public = match known {
        Some(file) if file.content != KeyContent::PrivateKey => None,
        // Locked, it shows nothing of itself here, whatever stands beside it.
        Some(file) => file.public_sha256.clone(),
        None => told,
    };
    public.filter(|_| signs)
}

fn absolute(path: &str, places: &Places) -> String {
    match path.strip_prefix("~/") {
        Some(rest) => format!("{}/{rest}", places.home),
        None if path.starts_with('/') => path.to_owned(),
        None => format!("{}/{path}", places.lab),
    }
}

/// Whether a client with these signature algorithms can prove a key of this kind to today's servers, which take no SHA-1.
fn can_sign(kind: &str, algorithms: &[String]) -> bool {
    let has = |start: &str| algorithms.iter().any(|name| name.starts_with(start));
    match kind {
        "RSA" => has("rsa-sha2-"),
        "ED25519" => has("ssh-ed25519"),
        "ECDSA" => has("ecdsa-"),
        _ => true,
    }
}

fn failed(attempt: &Attempt, instance: &Instance, scene: Scene<'_>) -> Deduced {
    let why = match instance.state.as_str() {
        "running" => None,
        "pending" => Some(Silence::Pending),
        "stopping" | "stopped" => Some(Silence::Stopped),
        _ => Some(Silence::Terminated),
    };
    if let Some(why) = why {
        return unreachable(attempt, Some(instance), why);
    }
    match &attempt.met {
        Some(Met::Refused) => unreachable(attempt, Some(instance), Silence::Refused),
        Some(Met::Silent) => silent(attempt, instance, scene),
        Some(Met::Open(host_keys)) => turned_away(attempt, instance, host_keys, scene),
        Some(Met::NoWay(why)) => undecided(format!(
            "Your computer knows no way to {} ({why}). Look at its own network.",
            attempt.host
        )),
        None => undecided(format!(
            "Your ssh to {} goes by way of another host or program, and failed. From here it cannot be seen where.",
            attempt.host
        )),
    }
}

/// Nothing came back from a running instance: what its security groups say decides.
fn silent(attempt: &Attempt, instance: &Instance, scene: Scene<'_>) -> Deduced {
    let groups = scene.account.security_groups.iter();
    let groups = groups.filter(|group| instance.security_groups.contains(&group.id));
    let of_port = |protocol: &str, ports: Option<(u16, u16)>| match protocol {
        "-1" => true,
        "tcp" | "6" => ports.is_none_or(|(from, to)| (from..=to).contains(&attempt.port)),
        _ => false,
    };
    let sources: Vec<ipnet::IpNet> = groups
        .flat_map(|group| &group.inbound)
        .filter(|rule| of_port(&rule.protocol, rule.ports))
        .filter_map(|rule| rule.source.parse().ok())
        .collect();
    if sources.is_empty() {
        return unreachable(attempt, Some(instance), Silence::GroupClosed);
    }
    let me = scene
        .account
        .my_address
        .as_deref()
        .and_then(|me| me.parse().ok());
    let everybody = |net: &ipnet::IpNet| net.prefix_len() == 0 && net.addr().is_ipv4();
    let admits = |me: &std::net::IpAddr| sources.iter().any(|net| net.contains(me));
    let admitted = sources.iter().any(everybody) || me.as_ref().is_some_and(admits);
    if admitted && instance.launched_at + BOOT > scene.now {
        return unreachable(attempt, Some(instance), Silence::Pending);
    }
    if admitted {
        return undecided(format!(
            "{} lets you in by its security group, and yet nothing answers there. What else can be in the way cannot be seen \
             from here: a firewall of the network that you are in, or the instance's subnet without a way to the internet.",
            instance.id
        ));
    }
    if me.is_none() {
        return undecided(format!(
            "Nothing answers at {} and its security group has a rule for port {} but your own public address could not be \
             learned, so it is not known whether the rule is for you. Give it with --my-address",
            attempt.host, attempt.port
        ));
    }
    unreachable(attempt, Some(instance), Silence::GroupForOthers)
}

/// The instance answered, and ssh did not come in.
fn turned_away(
    attempt: &Attempt,
    instance: &Instance,
    host_keys: &[(String, String)],
    scene: Scene<'_>,
) -> Deduced {
    let session = scene.session;
    let mut events = vec![connected(attempt, instance, session)];
    let end = What::Disconnected { session };
    let done = |mut events: Vec<What>| {
        events.push(end.clone());
        Deduced {
            events,
            undecided: None,
        }
    };
    let taken = |kind: &String| takes(&attempt.host_key_algorithms, kind);
    if !host_keys.is_empty() && !host_keys.iter().any(|(kind, _)| taken(kind)) {
        events.push(What::Refused {
            session,
            why: Refusal::NoCommonHostKey {
                client_takes: attempt.host_key_algorithms.clone(),
            },
        });
        return done(events);
    }
    let is_known = host_keys.iter().any(|(_, key)| attempt.known.contains(key));
    let is_another = !attempt.known.is_empty() && !host_keys.is_empty() && !is_known;
    let is_unknown = attempt.known.is_empty() && !attempt.takes_unknown_hosts;
    if is_another || is_unknown {
        return done(events);
    }
    events.push(named(attempt, session));
    let mut offers = offers(attempt, scene);
    offers.truncate(ATTEMPTS);
    let right = right_keys(instance, scene);
    let has_right = offers.iter().any(|offer| right.contains(offer));
    let right_user = instance
        .login_user
        .as_ref()
        .is_none_or(|user| *user == attempt.user);
    if has_right && right_user {
        let user = &attempt.user;
        return undecided(format!(
            "You came to {} as {user} with the key that it was launched with, and it turned you away. Only its own log tells \
             why: its ~/.ssh/authorized_keys may have lost the key, or others may write to it, or {user} is not its user.",
            instance.id
        ));
    }
    for key_sha256 in offers {
        events.push(What::KeyOffered {
            session,
            user: attempt.user.clone(),
            key_sha256,
            accepted: false,
        });
    }
    done(events)
}

/// Whether a client takes a host key of this kind; an RSA key signs in ways that have other names.
fn takes(algorithms: &[String], kind: &str) -> bool {
    algorithms.is_empty()
        || algorithms
            .iter()
            .any(|name| name == kind || (kind == "ssh-rsa" && name.starts_with("rsa-sha2-")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::evidence::{InboundRule, KeyPair, SecurityGroup};

    const ADDRESS: &str = "203.0.113.25";
    const HOST_KEY: &str = "SHA256:host";
    const KEY: &str = "SHA256:right";

    struct Case {
        account: Account,
        files: Vec<KeyFile>,
        attempt: Attempt,
    }

    impl Case {
        fn new() -> Self {
            let rule = InboundRule {
                protocol: "tcp".into(),
                ports: Some((22, 22)),
                source: "0.0.0.0/0".into(),
            };
            let account = Account {
                region: "us-east-1".into(),
                my_address: Some("198.51.100.7".into()),
                key_pairs: vec![KeyPair {
                    name: "k".into(),
                    id: "key-1".into(),
                    key_type: "rsa".into(),
                    fingerprint: "print".into(),
                    public_sha256: Some(KEY.into()),
                    created_at: 0,
                    imported: false,
                }],
                instances: vec![Instance {
                    name: None,
                    id: "i-1".into(),
                    state: "running".into(),
                    key_name: Some("k".into()),
                    public_address: Some(ADDRESS.into()),
                    earlier_addresses: vec!["203.0.113.1".into()],
                    private_address: Some("172.31.5.6".into()),
                    public_name: None,
                    login_user: Some("ec2-user".into()),
                    image: None,
                    security_groups: vec!["sg-1".into()],
                    launched_at: 0,
                    host_keys: vec![],
                }],
                security_groups: vec![SecurityGroup {
                    id: "sg-1".into(),
                    name: "g".into(),
                    inbound: vec![rule],
                }],
                addresses: vec![],
                left_behind: None,
            };
            let file = KeyFile {
                path: "k.pem".into(),
                mode: 0o400,
                mine: true,
                content: KeyContent::PrivateKey,
                public_sha256: Some(KEY.into()),
                ec2_fingerprints: vec!["print".into()],
                modified_at: 0,
                folder_mode: 0o755,
                in_repository: false,
            };
            let attempt = Attempt {
                host: ADDRESS.into(),
                port: 22,
                user: "ec2-user".into(),
                identities: vec![Identity {
                    path: "/lab/k.pem".into(),
                    mode: Some(0o400),
                    mine: true,
                    public: Some((KEY.into(), "RSA".into())),
                }],
                only_these: false,
                agent: vec![],
                known: vec![HOST_KEY.into()],
                takes_unknown_hosts: false,
                host_key_algorithms: vec!["ssh-ed25519".into()],
                signs_with: vec!["rsa-sha2-512".into()],
                client: "SSH-2.0-OpenSSH_9.2p1".into(),
                command: None,
                local_command_ran: false,
                status: 255,
                met: Some(Met::Open(vec![("ssh-ed25519".into(), HOST_KEY.into())])),
            };
            Self {
                account,
                files: vec![file],
                attempt,
            }
        }

        fn deduced(&self) -> Deduced {
            let places = Places {
                lab: "/lab".into(),
                home: "/home/me".into(),
            };
            deduce(
                &self.attempt,
                Scene {
                    account: &self.account,
                    files: &self.files,
                    places: &places,
                    now: 10 * BOOT,
                    session: 7,
                },
            )
        }

        fn silence(&self) -> Option<Silence> {
            match self.deduced().events.first() {
                Some(What::Unreachable { why, .. }) => Some(*why),
                _ => None,
            }
        }

        fn offered(&self) -> Option<Vec<String>> {
            let events = self.deduced().events;
            let named = |what: &What| matches!(what, What::UserNamed { .. });
            events.iter().any(named).then(|| {
                let keys = events.iter().filter_map(|what| {
                    if let What::KeyOffered { key_sha256, .. } = what {
                        Some(key_sha256.clone())
                    } else {
                        None
                    }
                });
                keys.collect()
            })
        }
    }

    #[test]
    fn a_local_command_that_ran_is_a_login_with_the_pairs_key() {
        let mut case = Case::new();
        case.attempt.local_command_ran = true;
        case.attempt.command = Some("whoami".into());
        case.attempt.status = 0;
        let events = case.deduced().events;
        assert!(events.iter().any(|what| matches!(what,
            What::LoggedIn { key_sha256, watched: true, instance, .. } if key_sha256 == KEY && instance == "i-1")));
        assert!(
            events
                .iter()
                .any(|what| matches!(what, What::RemoteCommand { line, .. } if line == "whoami"))
        );
    }

    #[test]
    fn what_is_typed_in_a_session_is_not_seen_and_that_is_said() {
        let mut case = Case::new();
        case.attempt.local_command_ran = true;
        case.attempt.status = 255;
        let events = case.deduced().events;
        assert!(
            events
                .iter()
                .any(|what| matches!(what, What::LoggedIn { watched: false, .. }))
        );
        assert!(
            !events
                .iter()
                .any(|what| matches!(what, What::RemoteCommand { .. }))
        );
    }

    #[test]
    fn root_is_let_in_to_be_turned_away() {
        let mut case = Case::new();
        case.attempt.local_command_ran = true;
        case.attempt.user = "root".into();
        case.attempt.status = 142;
        assert!(
            case.deduced()
                .events
                .iter()
                .any(|what| matches!(what, What::RootTurnedAway { .. }))
        );
    }

    #[test]
    fn an_address_is_told_from_what_it_was_and_from_what_it_is_inside() {
        for (host, why) in [
            ("203.0.113.1", Some(Silence::OldAddress)),
            ("172.31.5.6", Some(Silence::PrivateAddress)),
            ("203.0.113.99", Some(Silence::NobodyThere)),
            (
                "ec2-1-2-3-4.compute-1.amazonaws.com",
                Some(Silence::NobodyThere),
            ),
            ("github.com", None),
        ] {
            let mut case = Case::new();
            case.attempt.host = host.into();
            assert_eq!(case.silence(), why, "{host}");
        }
    }

    #[test]
    fn silence_is_explained_by_the_groups_and_where_they_do_not_by_nobody() {
        let mut case = Case::new();
        case.attempt.met = Some(Met::Silent);
        assert!(
            case.deduced()
                .undecided
                .is_some_and(|why| why.contains("i-1"))
        );
        case.account.instances[0].launched_at = 10 * BOOT - 1;
        assert_eq!(case.silence(), Some(Silence::Pending));
        case.account.security_groups[0].inbound[0].source = "192.0.2.0/24".into();
        assert_eq!(case.silence(), Some(Silence::GroupForOthers));
        case.account.my_address = None;
        assert!(
            case.deduced()
                .undecided
                .is_some_and(|why| why.contains("--my-address"))
        );
        case.account.security_groups[0].inbound.clear();
        assert_eq!(case.silence(), Some(Silence::GroupClosed));
    }

    #[test]
    fn a_state_explains_before_the_network_does() {
        for (state, why) in [
            ("pending", Silence::Pending),
            ("stopped", Silence::Stopped),
            ("shutting-down", Silence::Terminated),
        ] {
            let mut case = Case::new();
            case.account.instances[0].state = state.into();
            assert_eq!(case.silence(), Some(why), "{state}");
        }
    }

    #[test]
    fn a_host_key_that_is_unknown_or_another_ends_it_before_the_user() {
        let mut case = Case::new();
        case.attempt.known = vec!["SHA256:another".into()];
        assert_eq!(case.offered(), None);
        case.attempt.known.clear();
        assert_eq!(case.offered(), None);
        case.attempt.takes_unknown_hosts = true;
        case.attempt.user = "ubuntu".into();
        assert_eq!(case.offered(), Some(vec![KEY.to_owned()]));
        case.attempt.host_key_algorithms = vec!["ssh-rsa".into()];
        assert!(case.deduced().events.iter().any(|what| matches!(
            what,
            What::Refused {
                why: Refusal::NoCommonHostKey { .. },
                ..
            }
        )));
    }

    #[test]
    fn a_file_that_ssh_cannot_use_is_not_offered() {
        let unusable: [fn(&mut Case); 6] = [
            |case| case.attempt.identities[0].mode = Some(0o644),
            |case| case.attempt.identities[0].mode = None,
            |case| case.files[0].content = KeyContent::Json,
            |case| case.files[0].public_sha256 = None,
            |case| case.attempt.signs_with = vec!["ssh-rsa".into()],
            |case| case.attempt.identities.clear(),
        ];
        for spoil in unusable {
            let mut case = Case::new();
            spoil(&mut case);
            assert_eq!(case.offered(), Some(vec![]), "{:?}", case.attempt);
        }
    }

    #[test]
    fn the_right_key_as_the_right_user_turned_away_cannot_be_told_from_here() {
        let case = Case::new();
        let deduced = case.deduced();
        assert!(deduced.events.is_empty());
        assert!(deduced.undecided.unwrap().contains("authorized_keys"));
    }

    #[test]
    fn six_keys_of_an_agent_leave_no_room_for_the_right_one() {
        let mut case = Case::new();
        case.attempt.agent = (1..=6)
            .map(|number| format!("SHA256:own{number}"))
            .collect();
        assert_eq!(case.offered().map(|offers| offers.len()), Some(6));
        // The agent's own are left out when only the files count: then the right key came, and was refused.
        case.attempt.only_these = true;
        assert!(case.deduced().undecided.is_some());
    }
}
