//! The simulated world: evidence straight from the account and the journal, with no request in between.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use crate::cloud::Region;
use crate::cloud::resources::instance::Instance as CloudInstance;
use crate::cloud::resources::security_group::Rule;
use crate::course::evidence::{
    Account, ElasticAddress, Event, InboundRule, Instance, KeyPair, Known, Need, SecurityGroup,
};
use crate::course::lesson::World as Kind;
use crate::keys::HostKey;
use crate::lab::simulation::Simulation;
use crate::lab::world::World;

/// A lab's simulation as a world.
pub struct Simulator {
    simulation: Arc<Simulation>,
    region: String,
    my_address: IpAddr,
}

impl Simulator {
    /// The world of the account's region that the learner's commands act on. `my_address` is what an instance sees.
    pub fn new(simulation: Arc<Simulation>, region: impl Into<String>, my_address: IpAddr) -> Self {
        Self {
            simulation,
            region: region.into(),
            my_address,
        }
    }
}

impl World for Simulator {
    fn kind(&self) -> Kind {
        Kind::Simulator
    }

    /// A look costs nothing: it is always the whole account.
    fn account(&self, _wanted: &BTreeSet<Need>) -> Known<Account> {
        self.simulation.tick();
        let account = self.simulation.with_account("", |account, env| {
            let region = account.region(&self.region, env);
            facts(region, self.my_address)
        });
        Known::Seen(account)
    }

    fn journal(&self, since: u64) -> Known<Vec<Event>> {
        self.simulation.catch_up();
        Known::Seen(self.simulation.journal().since(since))
    }
}

fn facts(region: &Region, my_address: IpAddr) -> Account {
    Account {
        region: region.name.clone(),
        my_address: Some(my_address.to_string()),
        key_pairs: region
            .key_pairs
            .iter()
            .map(|pair| KeyPair {
                name: pair.name.clone(),
                id: pair.id.clone(),
                key_type: pair.public_key.key_type().to_string(),
                fingerprint: pair.fingerprint.clone(),
                public_sha256: Some(pair.public_key.sha256()),
                created_at: pair.created_at.as_millisecond(),
                imported: pair.imported,
            })
            .collect(),
        instances: region
            .instances
            .iter()
            .map(|instance| instance_facts(instance))
            .collect(),
        security_groups: region
            .security_groups
            .iter()
            .map(|group| SecurityGroup {
                id: group.id.clone(),
                name: group.name.clone(),
                inbound: group.ingress.iter().map(inbound_rule).collect(),
            })
            .collect(),
        addresses: region
            .addresses
            .iter()
            .map(|address| ElasticAddress {
                id: address.allocation_id.clone(),
                address: address.public_ip.to_string(),
                instance: address
                    .association
                    .as_ref()
                    .map(|association| association.instance_id.clone()),
            })
            .collect(),
        left_behind: None,
    }
}

fn inbound_rule(rule: &Rule) -> InboundRule {
    let port = |port: i64| u16::try_from(port).unwrap_or(0);
    InboundRule {
        protocol: rule.traffic.protocol(),
        ports: rule
            .traffic
            .ports()
            .map(|(from, to)| (port(from), port(to))),
        source: rule.peer.to_string(),
    }
}

fn instance_facts(instance: &CloudInstance) -> Instance {
    Instance {
        id: instance.id.clone(),
        name: instance.tags.get("Name").map(str::to_owned),
        state: instance.state.name().to_owned(),
        key_name: instance.key_name.as_ref().map(ToString::to_string),
        public_address: instance
            .public_address
            .as_ref()
            .map(|public| public.address.to_string()),
        earlier_addresses: instance
            .earlier_addresses
            .iter()
            .map(ToString::to_string)
            .collect(),
        private_address: instance
            .private_address()
            .map(|address| address.to_string()),
        public_name: instance
            .public_address
            .as_ref()
            .map(|public| public.name.clone()),
        login_user: Some(instance.family.login_user().to_owned()),
        image: Some(instance.family.title().to_owned()),
        security_groups: instance.group_ids().map(str::to_owned).collect(),
        launched_at: instance.launched_at.as_millisecond(),
        host_keys: instance.host_keys.iter().map(HostKey::sha256).collect(),
    }
}
