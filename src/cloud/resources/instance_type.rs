//! Instance types: a table of the common ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::cloud::resources::image::Architecture;

/// One instance type.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceType {
    /// `t3.micro` and so on.
    pub name: String,
    /// Architectures, in AWS's order.
    pub architectures: Vec<Architecture>,
    /// Virtual processors.
    pub vcpus: i64,
    /// Threads of one core.
    pub threads_per_core: i64,
    /// Memory, MiB.
    pub memory_mib: i64,
    /// What it runs on.
    pub hypervisor: Hypervisor,
    /// Has CPU credits.
    pub burstable: bool,
    /// Of a current generation.
    pub current_generation: bool,
}

/// What an instance type runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hypervisor {
    /// The old one: T2, M4.
    Xen,
    /// The new one.
    Nitro,
}

impl InstanceType {
    /// As error texts list its architectures: `i386,x86_64`.
    pub fn architecture_list(&self) -> String {
        let names: Vec<_> = self.architectures.iter().map(|a| a.as_str()).collect();
        names.join(",")
    }
}

/// What RunInstances takes when no type is named (`facts/ec2-api.md` section 5.4).
pub const DEFAULT: &str = "m1.small";

/// The type of that name.
pub fn find(name: &str) -> Option<&'static InstanceType> {
    TYPES.get(name)
}

/// All types, by name.
pub fn all() -> impl Iterator<Item = &'static InstanceType> {
    TYPES.values()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    types: Vec<InstanceType>,
}

static TYPES: LazyLock<BTreeMap<String, InstanceType>> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it.
    toml::from_str::<Table>(include_str!("../../../fixtures/instance-types.toml"))
        .map(|table| table.types)
        .unwrap_or_default()
        .into_iter()
        .map(|kind| (kind.name.clone(), kind))
        .collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_has_the_default() {
        let text = include_str!("../../../fixtures/instance-types.toml");
        let table = toml::from_str::<Table>(text).unwrap();
        assert_eq!(table.types.len(), TYPES.len(), "a type stands twice");
        assert!(find(DEFAULT).is_some());
    }

    #[test]
    fn t2_micro_lists_both_architectures_as_aws_does() {
        assert_eq!(find("t2.micro").unwrap().architecture_list(), "i386,x86_64");
        assert_eq!(find("t4g.micro").unwrap().architecture_list(), "arm64");
    }
}
