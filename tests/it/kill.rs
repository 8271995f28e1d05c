//! The program is killed at random moments while a client changes the account, and the lab is opened again: every change that was
//! answered is there, and the one that was not is there as a whole or not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use rand::RngExt;

use crate::learner::Learner;
use crate::served::{Answer, Client, post};
use crate::stages::{Variant, Who};

/// How often the program is killed: once for every second of patience.
const KILLS: usize = 24;
/// Changes that are made for certain before each kill.
const CERTAIN: usize = 6;
const IMAGE: &str = "ImageId=resolve%3Assm%3A%2Faws%2Fservice%2Fami-amazon-linux-latest%2F\
    al2023-ami-kernel-default-x86_64&InstanceType=t3.micro&MinCount=3&MaxCount=3";

/// The endpoint of a lab that is open, with the lab's access key.
struct Endpoint {
    client: Client,
    host: String,
    credentials: Credentials,
}

impl Endpoint {
    fn of(learner: &Learner) -> Self {
        let open: serde_json::Value =
            serde_json::from_slice(&std::fs::read(learner.private("run/open.json")).unwrap())
                .unwrap();
        let host = open["endpoint"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .to_owned();
        let text = std::fs::read_to_string(learner.private("aws/credentials")).unwrap();
        let value = |name| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim_start_matches([' ', '=']).to_owned()
        };
        let (id, secret) = (value("aws_access_key_id"), value("aws_secret_access_key"));
        Self {
            client: Client::connect(host.parse().unwrap()).unwrap(),
            host,
            credentials: Credentials::new(id, secret, None, None, "test"),
        }
    }

    fn call(&mut self, action: &str, form: &str) -> std::io::Result<Answer> {
        let body = format!("Action={action}&Version=2016-11-15&{form}");
        let url = format!("http://{}/", self.host);
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("ec2")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let signable = SignableRequest::new(
            "POST",
            url,
            std::iter::once(("host", self.host.as_str())),
            SignableBody::Bytes(body.as_bytes()),
        )
        .unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let signed: Vec<_> = instructions.headers().collect();
        let request = String::from_utf8(post(&body, &signed))
            .unwrap()
            .replace("Host: 127.0.0.1\r\n", &format!("Host: {}\r\n", self.host))
            .replace("X-Amz-Date: 20261124T100000Z\r\n", "");
        self.client.send(request.as_bytes())
    }

    fn done(&mut self, action: &str, form: &str) -> Answer {
        let answer = self.call(action, form).unwrap();
        assert_eq!(answer.status, 200, "{action} {form}: {}", answer.body);
        answer
    }

    /// Every key pair, group with the number of its inbound rules, and launch with the number of its instances.
    fn look(&mut self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        let keys = self.done("DescribeKeyPairs", "");
        found.extend(keys.all("keyName").map(|name| (name.to_owned(), 1)));
        let groups = self.done("DescribeSecurityGroups", "");
        for name in groups.all("groupName") {
            found.entry(name.to_owned()).or_insert(0);
        }
        let rules = self.done("DescribeSecurityGroupRules", "");
        let described = rules.all("description").map(str::to_owned);
        for name in described.filter(|name| name.starts_with("group-")) {
            *found.entry(name).or_insert(0) += 1;
        }
        let instances = self.done("DescribeInstances", "");
        for token in instances.all("clientToken") {
            *found.entry(token.to_owned()).or_insert(0) += 1;
        }
        found
    }
}

/// A change: what is called, and what is then there how often.
fn change(number: usize) -> (&'static str, String, String, usize) {
    let group = format!("group-{}", number - number % 4);
    match number % 4 {
        0 => (
            "CreateSecurityGroup",
            format!("GroupName={group}&GroupDescription=d"),
            group,
            0,
        ),
        1 => {
            let ranges: Vec<_> = (1..=5)
                .map(|range| {
                    let at = format!("&IpPermissions.1.IpRanges.{range}");
                    format!("{at}.CidrIp=10.{range}.0.0%2F16{at}.Description={group}")
                })
                .collect();
            let ranges = ranges.concat();
            let form = format!(
                "GroupName={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22{ranges}"
            );
            ("AuthorizeSecurityGroupIngress", form, group, 5)
        }
        2 => {
            let token = format!("launch-{number}");
            let form = format!("{IMAGE}&ClientToken={token}");
            ("RunInstances", form, token, 3)
        }
        _ => {
            let key = format!("key-pair-{number}");
            let form = format!("KeyName={key}&KeyType=ed25519");
            ("CreateKeyPair", form, key, 1)
        }
    }
}

#[test]
fn what_was_answered_is_there_after_a_kill_and_nothing_is_half_there() {
    let learner = Learner::on(Variant {
        stage: "shim",
        who: Who::Tester,
    });
    let mut rng = rand::rng();
    let mut wanted = BTreeMap::from([("default".to_owned(), 0)]);
    let mut number = 0;
    let mut unanswered: Option<(String, usize)> = None;
    let mut lost = 0;
    for kill in 0..=KILLS {
        let mut terminal = learner.open();
        let mut endpoint = Endpoint::of(&learner);
        let found = endpoint.look();
        if let Some((name, count)) = unanswered.take() {
            let before = wanted.get(&name).copied();
            let now = found.get(&name).copied();
            assert!(
                now == before || now == Some(count),
                "{name}: {before:?}, then {now:?} of {count}"
            );
            match now {
                Some(now) => wanted.insert(name, now),
                None => wanted.remove(&name),
            };
            lost += usize::from(now == before);
        }
        assert_eq!(found, wanted, "after {kill} kills");
        if kill == KILLS {
            break;
        }
        // Room for more: a launch is at most three of a learner's sixteen.
        let instances = endpoint.done("DescribeInstances", "");
        for id in instances.all("instanceId") {
            endpoint.done("TerminateInstances", &format!("InstanceId.1={id}"));
        }

        let (tell, told) = mpsc::channel();
        let in_flight = Arc::new(Mutex::new(None));
        let flying = Arc::clone(&in_flight);
        let worker = std::thread::spawn(move || {
            loop {
                let (action, form, name, count) = change(number);
                *flying.lock().unwrap() = Some((name.clone(), count));
                let Ok(answer) = endpoint.call(action, &form) else {
                    return number;
                };
                // A group may be the one that a kill prevented, and the learner's quota of instances has an end.
                if answer.status == 200 {
                    let _ = tell.send((name, count));
                } else {
                    assert!(
                        ["InvalidGroup.NotFound", "VcpuLimitExceeded"]
                            .contains(&answer.first("Code")),
                        "{}",
                        answer.body
                    );
                }
                *flying.lock().unwrap() = None;
                number += 1;
            }
        });
        for _ in 0..CERTAIN {
            let (name, count) = told
                .recv_timeout(crate::served::PATIENCE)
                .expect("changes are answered");
            wanted.insert(name, count);
        }
        // No wait for anything: the moment is to be any.
        let moment = Duration::from_micros(rng.random_range(0..20_000));
        std::thread::sleep(moment);
        terminal.child.kill().unwrap();
        terminal.child.wait().unwrap();
        number = worker.join().unwrap() + 1;
        wanted.extend(told.try_iter());
        unanswered = in_flight.lock().unwrap().take();
    }
    assert!(lost < KILLS, "no kill fell into a change");
}
