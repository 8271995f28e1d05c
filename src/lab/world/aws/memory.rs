//! What was seen of instances and is not told by AWS any more: addresses that they had before, and their host keys.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::course::evidence::Instance;
use crate::lab::files::{read_if_there, write_atomically};

/// What is remembered, by instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    instances: BTreeMap<String, Seen>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// Public addresses, in the order in which they were seen.
    addresses: Vec<String>,
    private: Option<String>,
    host_keys: Vec<String>,
}

impl Memory {
    /// What was kept; nothing when there is none, or it is damaged.
    pub fn read(path: &Path) -> Self {
        let bytes = read_if_there(path).ok().flatten();
        let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        read.unwrap_or_default()
    }

    /// Keeps it.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        write_atomically(path, &serde_json::to_vec(self)?)
    }

    /// An instance as AWS tells it now; whether that was new.
    pub fn saw(&mut self, instance: &Instance) -> bool {
        let seen = self.instances.entry(instance.id.clone()).or_default();
        let mut new = false;
        if let Some(address) = &instance.public_address
            && seen.addresses.last() != Some(address)
        {
            seen.addresses.retain(|known| known != address);
            seen.addresses.push(address.clone());
            new = true;
        }
        if instance.private_address.is_some() && seen.private != instance.private_address {
            seen.private.clone_from(&instance.private_address);
            new = true;
        }
        new
    }

    /// The host keys that an instance showed.
    pub fn saw_host_keys(&mut self, instance: &str, keys: Vec<String>) {
        if !keys.is_empty() {
            self.instances
                .entry(instance.to_owned())
                .or_default()
                .host_keys = keys;
        }
    }

    /// Adds what is remembered.
    pub fn tell(&self, instance: &mut Instance) {
        let Some(seen) = self.instances.get(&instance.id) else {
            return;
        };
        let earlier = seen.addresses.iter();
        instance.earlier_addresses = earlier
            .filter(|address| Some(*address) != instance.public_address.as_ref())
            .cloned()
            .collect();
        instance.host_keys.clone_from(&seen.host_keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(address: Option<&str>) -> Instance {
        Instance {
            name: None,
            id: "i-1".into(),
            state: "running".into(),
            key_name: None,
            public_address: address.map(Into::into),
            earlier_addresses: vec![],
            private_address: None,
            public_name: None,
            login_user: None,
            image: None,
            security_groups: vec![],
            launched_at: 0,
            host_keys: vec![],
        }
    }

    #[test]
    fn an_address_that_was_released_is_an_earlier_one() {
        let mut memory = Memory::default();
        assert!(memory.saw(&instance(Some("203.0.113.1"))));
        assert!(!memory.saw(&instance(None)));
        let mut stopped = instance(None);
        memory.tell(&mut stopped);
        assert_eq!(stopped.earlier_addresses, ["203.0.113.1"]);
        memory.saw(&instance(Some("203.0.113.2")));
        let mut started = instance(Some("203.0.113.2"));
        memory.tell(&mut started);
        assert_eq!(started.earlier_addresses, ["203.0.113.1"]);
    }
}
