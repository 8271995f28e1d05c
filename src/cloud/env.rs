//! What the account may not make for itself: the time, randomness, fresh RSA keys and public addresses.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use ipnet::Ipv4Net;
use jiff::Timestamp;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::cloud::api::error::ApiError;

/// The account's surroundings for the length of one call.
pub struct Env<'a> {
    /// The time of this call.
    pub now: Timestamp,
    /// How long AWS's changes of state take.
    pub pace: Pace,
    /// The only randomness: ids, addresses, ED25519 and ECDSA keys. Seeded in tests.
    pub rng: &'a mut StdRng,
    /// Public IPv4 addresses, shared by all accounts of one simulation.
    pub addresses: &'a mut AddressPool,
    /// RSA keys made ahead: generating one takes 50 ms and more.
    pub rsa: &'a mut dyn RsaSource,
}

impl Env<'_> {
    /// A new id such as `i-0123456789abcdef0`: the prefix, a dash and 17 hex digits of which the first is always 0,
    /// as AWS's are in practice (`facts/ec2-api.md` section 3).
    pub fn id(&mut self, prefix: &str) -> String {
        format!("{prefix}-0{:016x}", self.rng.random::<u64>())
    }

    /// That many public addresses, or AWS's refusal and none.
    pub fn take_addresses(&mut self, count: usize) -> Result<Vec<Ipv4Addr>, ApiError> {
        let taken: Vec<_> = (0..count)
            .map_while(|_| self.addresses.take(self.rng))
            .collect();
        if taken.len() == count {
            return Ok(taken);
        }
        for address in taken {
            self.addresses.give_back(address);
        }
        // The text is unverified.
        let text = "There are not enough free public addresses to satisfy the request";
        Err(ApiError::new("InsufficientAddressCapacity", text))
    }

    /// A new request id, in the form of a version 4 UUID.
    pub fn request_id(&mut self) -> String {
        request_id(self.rng)
    }
}

/// A new request id, in the form of a version 4 UUID.
pub fn request_id(rng: &mut StdRng) -> String {
    let bits: u128 = rng.random();
    let version_and_variant = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{version_and_variant:032x}");
    let groups =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default());
    groups.join("-")
}

/// Where ready RSA-2048 private keys come from.
pub trait RsaSource {
    /// The next key; waits for one to be made only when none is ready.
    fn next_rsa(&mut self) -> crate::keys::PrivateKey;
}

/// How long AWS's own changes of state take in this simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    /// About as long as on AWS.
    Real,
    /// A second or so where AWS takes half a minute.
    #[default]
    Fast,
    /// Done when the next call looks.
    Instant,
}

impl Pace {
    /// From `pending` to `running`.
    pub fn boot(self) -> Duration {
        self.pick(12_000, 1_500)
    }

    /// From `running` to the first accepted SSH connection.
    pub fn sshd(self) -> Duration {
        self.pick(10_000, 500)
    }

    /// From a reboot to the network of the restarted machine. A guess: AWS says "a few minutes" for all of it.
    pub fn reboot(self) -> Duration {
        self.pick(8_000, 500)
    }

    /// From `stopping` to `stopped`.
    pub fn stop(self) -> Duration {
        self.pick(25_000, 1_500)
    }

    /// From `shutting-down` to `terminated`.
    pub fn terminate(self) -> Duration {
        self.pick(30_000, 1_500)
    }

    /// From `running` to status checks passed.
    pub fn status_checks(self) -> Duration {
        self.pick(120_000, 3_000)
    }

    /// From `running` to the first posting of the console output.
    pub fn console_output(self) -> Duration {
        self.pick(60_000, 2_000)
    }

    /// How long a terminated instance is still shown (AWS: "up to an hour").
    pub fn terminated_shown(self) -> Duration {
        Duration::from_secs(3600)
    }

    /// `real`, `fast` or `instant`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::Fast => "fast",
            Self::Instant => "instant",
        }
    }

    fn pick(self, real: u64, fast: u64) -> Duration {
        match self {
            Self::Real => Duration::from_millis(real),
            Self::Fast => Duration::from_millis(fast),
            Self::Instant => Duration::ZERO,
        }
    }
}

/// Public addresses to hand out: never one in use, and not the one just given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressPool {
    range: Ipv4Net,
    taken: BTreeSet<Ipv4Addr>,
    last: Option<Ipv4Addr>,
}

impl AddressPool {
    /// A pool over all host addresses of a range.
    pub fn new(range: Ipv4Net) -> Self {
        Self {
            range,
            taken: BTreeSet::new(),
            last: None,
        }
    }

    /// The range that addresses are from.
    pub fn range(&self) -> Ipv4Net {
        self.range
    }

    /// A free address after the last one handed out (the first is drawn), or none when all are in use.
    pub fn take(&mut self, rng: &mut StdRng) -> Option<Ipv4Addr> {
        let first = u32::from(self.range.network()) + 1;
        let last = u32::from(self.range.broadcast()).saturating_sub(1);
        let count = last.checked_sub(first)? + 1;
        let start = match self.last {
            Some(address) => u32::from(address).wrapping_add(1),
            None => first + rng.random_range(0..count),
        };
        let free = (0..count)
            .map(|step| {
                Ipv4Addr::from(first + (start.wrapping_sub(first).wrapping_add(step)) % count)
            })
            .find(|address| !self.taken.contains(address))?;
        self.taken.insert(free);
        self.last = Some(free);
        Some(free)
    }

    /// Takes this very address out of the pool, as when an account is loaded.
    pub fn reserve(&mut self, address: Ipv4Addr) {
        self.taken.insert(address);
        self.last = Some(address);
    }

    /// Gives an address back.
    pub fn give_back(&mut self, address: Ipv4Addr) {
        self.taken.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn an_address_given_back_is_not_the_next_one_handed_out() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut pool = AddressPool::new("203.0.113.0/24".parse().unwrap());
        let first = pool.take(&mut rng).unwrap();
        pool.give_back(first);
        assert_ne!(pool.take(&mut rng), Some(first));
    }

    #[test]
    fn the_pool_ends_after_its_last_host_address() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut pool = AddressPool::new("203.0.113.0/29".parse().unwrap());
        let all: BTreeSet<_> = std::iter::from_fn(|| pool.take(&mut rng)).collect();
        assert_eq!(all.len(), 6);
    }
}
