//! What keeping a change of a lab's account costs, with more and more instances in it: on the disk before it is answered.

use std::collections::BTreeMap;

use groundschool::cloud::api::{Request, handle};
use groundschool::cloud::env::{AddressPool, RsaSource};
use groundschool::cloud::{Account, Env, Pace};
use groundschool::keys::{KeyType, PrivateKey};
use groundschool::lab::store::{AccountFiles, Folder};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::numbers::Times;
use crate::served::AUTHORIZATION;

const CHANGES: usize = 200;
const LAUNCH: &str = "ImageId=resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64\
    &InstanceType=t3.micro&MinCount=100&MaxCount=100&NetworkInterface.1.DeviceIndex=0\
    &NetworkInterface.1.AssociatePublicIpAddress=false";

/// An account and what it needs.
struct Lab {
    account: Account,
    addresses: AddressPool,
    rng: StdRng,
    files: AccountFiles,
}

struct NoRsa;

impl RsaSource for NoRsa {
    fn next_rsa(&mut self) -> PrivateKey {
        PrivateKey::generate(KeyType::Rsa, &mut rand::rng()).expect("a key")
    }
}

impl Lab {
    fn call(&mut self, form: &str) {
        let body = format!("Version=2016-11-15&{form}");
        let request = Request {
            body: body.as_bytes(),
            authorization: Some(AUTHORIZATION),
            ..Request::default()
        };
        let mut env = Env {
            now: jiff::Timestamp::now(),
            pace: Pace::Instant,
            rng: &mut self.rng,
            addresses: &mut self.addresses,
            rsa: &mut NoRsa,
        };
        let reply = handle(&request, &mut self.account, &mut env);
        assert_eq!(reply.status, 200, "{}", reply.body);
    }

    /// The account as the files want it. Moved there and back: nothing is copied.
    fn with_accounts(
        &mut self,
        work: impl FnOnce(&AccountFiles, &BTreeMap<String, Account>, &AddressPool),
    ) {
        let account = std::mem::replace(&mut self.account, Account::new(""));
        let mut accounts = BTreeMap::from([(String::new(), account)]);
        work(&self.files, &accounts, &self.addresses);
        self.account = accounts.remove("").expect("it is there");
    }

    fn save(&mut self) {
        self.with_accounts(|files, accounts, addresses| {
            files.save(accounts, addresses).expect("it is kept");
        });
        self.account.settle();
    }
}

/// Runs it.
pub fn run() {
    let folder = tempfile::tempdir().expect("a folder");
    println!("in {}", folder.path().display());
    let mut lab = Lab {
        account: Account::new("123456789012"),
        addresses: AddressPool::new("127.64.0.0/10".parse().expect("a range")),
        rng: StdRng::seed_from_u64(1),
        files: AccountFiles::new(Box::new(Folder(folder.path().to_owned())), folder.path()),
    };
    let mut instances = 0;
    for wanted in [0, 100, 1_000, 10_000] {
        while instances < wanted {
            lab.call(&format!("Action=RunInstances&{LAUNCH}"));
            instances += 100;
        }
        lab.save();
        let (mut change, mut whole) = (Times::default(), Times::default());
        for number in 0..CHANGES {
            let name = format!("k{instances}-{number}");
            lab.call(&format!(
                "Action=CreateKeyPair&KeyName={name}&KeyType=ed25519"
            ));
            change.time(|| lab.save());
        }
        for _ in 0..5 {
            lab.with_accounts(|files, accounts, addresses| {
                whole.time(|| files.save_whole(accounts, addresses).expect("it is kept"));
            });
        }
        change.print(&format!("a key pair more, {instances} instances"));
        whole.print("  the whole account, as it is written now and then");
    }
}
