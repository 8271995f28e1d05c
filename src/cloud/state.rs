//! The accounts as one JSON document, in the words of the AWS CLI's describe commands: what `serve` shows of itself.

use serde_json::{Map, Value, json};

use crate::cloud::api::caller::{Caller, Service};
use crate::cloud::api::params::Params;
use crate::cloud::{Account, Env, api};

/// The document's format.
pub const FORMAT: u32 = 1;
/// What is shown of each region: the action, and the member of its answer.
const SHOWN: [(&str, &str); 4] = [
    ("DescribeKeyPairs", "KeyPairs"),
    ("DescribeSecurityGroups", "SecurityGroups"),
    ("DescribeInstances", "Reservations"),
    ("DescribeAddresses", "Addresses"),
];

/// One account: `{"access_key_id", "id", "regions": {"us-east-1": {"KeyPairs": […], …}}}`. A region that was never used is
/// left out.
pub fn of(access_key_id: &str, account: &mut Account, env: &mut Env<'_>) -> Value {
    account.advance(env.now, env.addresses);
    let names: Vec<String> = account.regions.keys().cloned().collect();
    let mut regions = Map::new();
    for name in names {
        let caller = Caller {
            access_key_id: access_key_id.to_owned(),
            region: name.clone(),
            service: Service::Ec2,
        };
        let mut region = Map::new();
        for (action, member) in SHOWN {
            let answer = api::call(action, Params::default(), &caller, account, env);
            let mut answer = answer.unwrap_or_default();
            let shown = answer.get_mut(member).map(Value::take);
            region.insert(member.to_owned(), shown.unwrap_or_default());
        }
        regions.insert(name, region.into());
    }
    json!({ "access_key_id": access_key_id, "id": account.id, "regions": regions })
}
