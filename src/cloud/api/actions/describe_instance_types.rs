//! `DescribeInstanceTypes`: the types of the table, each with the members that the table knows. What it does not know,
//! such as network and EBS throughput, is left out of the answer and refused as a filter: never guessed.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_filter::yes_or_no;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::paginate;
use crate::cloud::api::params::request;
use crate::cloud::resources::image::Architecture;
use crate::cloud::resources::instance_type::{self, Hypervisor, InstanceType};

request! {
    /// The request.
    pub struct DescribeInstanceTypes {
        /// Names; all types when there are none.
        instance_types: Vec<String> = "InstanceType",
        /// `free-tier-eligible`, `processor-info.supported-architecture` and so on.
        filters: Vec<Filter> = "Filter",
        /// Size of a page, 5 to 100.
        max_results: Option<i64> = "MaxResults",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
    }
}

answer! {
    /// The answer.
    pub struct DescribeInstanceTypesAnswer {
        instance_types: Vec<TypeItem> = "instanceTypeSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One type.
    pub struct TypeItem {
        instance_type: &'static str = "instanceType",
        current_generation: bool = "currentGeneration",
        free_tier_eligible: bool = "freeTierEligible",
        supported_usage_classes: Vec<&'static str> = "supportedUsageClasses",
        supported_root_device_types: Vec<&'static str> = "supportedRootDeviceTypes",
        supported_virtualization_types: Vec<&'static str> = "supportedVirtualizationTypes",
        bare_metal: bool = "bareMetal",
        hypervisor: &'static str = "hypervisor",
        processor_info: ProcessorItem = "processorInfo",
        v_cpu_info: VcpuItem = "vCpuInfo",
        memory_info: MemoryItem = "memoryInfo",
        instance_storage_supported: bool = "instanceStorageSupported",
        ebs_info: EbsItem = "ebsInfo",
        network_info: NetworkItem = "networkInfo",
        placement_group_info: PlacementGroupItem = "placementGroupInfo",
        burstable_performance_supported: bool = "burstablePerformanceSupported",
        auto_recovery_supported: bool = "autoRecoverySupported",
        supported_boot_modes: Vec<&'static str> = "supportedBootModes",
    }
}
answer! {
    /// The processor.
    pub struct ProcessorItem { supported_architectures: Vec<&'static str> = "supportedArchitectures" }
}
answer! {
    /// Virtual processors.
    pub struct VcpuItem {
        default_v_cpus: i64 = "defaultVCpus",
        default_cores: i64 = "defaultCores",
        default_threads_per_core: i64 = "defaultThreadsPerCore",
    }
}
answer! {
    /// Memory.
    pub struct MemoryItem { size_in_mi_b: i64 = "sizeInMiB" }
}
answer! {
    /// Volumes.
    pub struct EbsItem {
        ebs_optimized_support: &'static str = "ebsOptimizedSupport",
        encryption_support: &'static str = "encryptionSupport",
        nvme_support: &'static str = "nvmeSupport",
    }
}
answer! {
    /// Network.
    pub struct NetworkItem {
        maximum_network_cards: i64 = "maximumNetworkCards",
        ipv6_supported: bool = "ipv6Supported",
        ena_support: &'static str = "enaSupport",
        efa_supported: bool = "efaSupported",
    }
}
answer! {
    /// Placement groups.
    pub struct PlacementGroupItem { supported_strategies: Vec<&'static str> = "supportedStrategies" }
}

const FILTERS: &[&str] = &[
    "auto-recovery-supported",
    "bare-metal",
    "burstable-performance-supported",
    "current-generation",
    "ebs-info.ebs-optimized-support",
    "ebs-info.encryption-support",
    "ebs-info.nvme-support",
    "free-tier-eligible",
    "hypervisor",
    "instance-storage-supported",
    "instance-type",
    "memory-info.size-in-mib",
    "network-info.efa-supported",
    "network-info.ena-support",
    "network-info.ipv6-supported",
    "network-info.maximum-network-cards",
    "processor-info.supported-architecture",
    "supported-boot-mode",
    "supported-root-device-type",
    "supported-usage-class",
    "supported-virtualization-type",
    "vcpu-info.default-cores",
    "vcpu-info.default-threads-per-core",
    "vcpu-info.default-vcpus",
];

/// AWS's filters by what the table does not know.
const NOT_KNOWN: &[&str] = &[
    "dedicated-hosts-supported",
    "ebs-info.attachment-limit-type",
    "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.baseline-iops",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
    "ebs-info.ebs-optimized-info.maximum-iops",
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
    "ebs-info.maximum-ebs-attachments",
    "hibernation-supported",
    "instance-storage-info.disk.count",
    "instance-storage-info.disk.size-in-gb",
    "instance-storage-info.disk.type",
    "instance-storage-info.encryption-support",
    "instance-storage-info.nvme-support",
    "instance-storage-info.total-size-in-gb",
    "network-info.bandwidth-weightings",
    "network-info.efa-info.maximum-efa-interfaces",
    "network-info.encryption-in-transit-supported",
    "network-info.flexible-ena-queues-support",
    "network-info.ipv4-addresses-per-interface",
    "network-info.ipv6-addresses-per-interface",
    "network-info.maximum-network-interfaces",
    "network-info.network-performance",
    "nitro-enclaves-support",
    "nitro-tpm-info.supported-versions",
    "nitro-tpm-support",
    "processor-info.supported-features",
    "processor-info.sustained-clock-speed-in-ghz",
    "reboot-migration-support",
    "vcpu-info.valid-cores",
    "vcpu-info.valid-threads-per-core",
];

/// What a new account may use for free (AWS's free plan since July 2025), and t2.micro of the plan before.
const FREE: [&str; 5] = ["t2.micro", "t3.micro", "t3.small", "t4g.micro", "t4g.small"];

impl Operation for DescribeInstanceTypes {
    const NAME: &'static str = "DescribeInstanceTypes";
    const CHANGES: bool = false;
    type Answer = DescribeInstanceTypesAnswer;

    fn run(self, _call: &mut Call<'_, '_>) -> Result<DescribeInstanceTypesAnswer, ApiError> {
        let not_known = |filter: &&Filter| NOT_KNOWN.contains(&filter.name.as_str());
        if let Some(filter) = self.filters.iter().find(not_known) {
            let name = format!("Filter.Name={}", filter.name);
            return Err(ApiError::not_simulated(Self::NAME, &name));
        }
        let filters = Filters::check(self.filters, FILTERS)?;
        let unknown: Vec<&str> = self
            .instance_types
            .iter()
            .map(String::as_str)
            .filter(|name| instance_type::find(name).is_none())
            .collect();
        if !unknown.is_empty() {
            let text = format!(
                "The following supplied instance types do not exist: [{}]",
                unknown.join(", ")
            );
            return Err(ApiError::new("InvalidInstanceType", text));
        }
        let meant = instance_type::all()
            .filter(|kind| {
                self.instance_types.is_empty() || self.instance_types.contains(&kind.name)
            })
            .map(item)
            .filter(|item| filters.fit(|filter| values(item, filter)));
        let (instance_types, next_token) = paginate(
            meant,
            |item| item.instance_type,
            self.max_results,
            self.next_token.as_deref(),
            5..=100,
        )?;
        Ok(DescribeInstanceTypesAnswer {
            instance_types,
            next_token,
        })
    }
}

fn item(kind: &'static InstanceType) -> TypeItem {
    let family = kind.name.split('.').next().unwrap_or_default();
    let nitro = kind.hypervisor == Hypervisor::Nitro;
    // The first generation: disks of its own, and images that are not hardware virtual machines.
    let first_generation = family == "m1";
    // T1 has no disks of its own, but is as old otherwise.
    let of_old = first_generation || family == "t1";
    let arm = kind.architectures.contains(&Architecture::Arm64);
    TypeItem {
        instance_type: &kind.name,
        current_generation: kind.current_generation,
        free_tier_eligible: FREE.contains(&kind.name.as_str()),
        supported_usage_classes: vec!["on-demand", "spot"],
        supported_root_device_types: if first_generation {
            vec!["ebs", "instance-store"]
        } else {
            vec!["ebs"]
        },
        supported_virtualization_types: if of_old {
            vec!["hvm", "paravirtual"]
        } else {
            vec!["hvm"]
        },
        bare_metal: false,
        hypervisor: if nitro { "nitro" } else { "xen" },
        processor_info: ProcessorItem {
            supported_architectures: kind.architectures.iter().map(|one| one.as_str()).collect(),
        },
        v_cpu_info: VcpuItem {
            default_v_cpus: kind.vcpus,
            default_cores: kind.vcpus / kind.threads_per_core.max(1),
            default_threads_per_core: kind.threads_per_core,
        },
        memory_info: MemoryItem {
            size_in_mi_b: kind.memory_mib,
        },
        instance_storage_supported: first_generation,
        ebs_info: EbsItem {
            ebs_optimized_support: if nitro || matches!(family, "m4" | "r4") {
                "default"
            } else {
                "unsupported"
            },
            encryption_support: "supported",
            nvme_support: if nitro { "required" } else { "unsupported" },
        },
        network_info: NetworkItem {
            maximum_network_cards: 1,
            ipv6_supported: !of_old,
            ena_support: match family {
                _ if nitro => "required",
                "r4" => "supported",
                _ => "unsupported",
            },
            efa_supported: false,
        },
        placement_group_info: PlacementGroupItem {
            supported_strategies: if kind.burstable || of_old {
                vec!["partition", "spread"]
            } else {
                vec!["cluster", "partition", "spread"]
            },
        },
        burstable_performance_supported: kind.burstable,
        auto_recovery_supported: !first_generation,
        supported_boot_modes: match (nitro, arm) {
            (true, true) => vec!["uefi"],
            (true, false) => vec!["legacy-bios", "uefi"],
            (false, _) => vec!["legacy-bios"],
        },
    }
}

fn values<'a>(item: &'a TypeItem, filter: &str) -> Vec<Cow<'a, str>> {
    let all = |list: &'a [&'static str]| list.iter().map(|one| Cow::from(*one)).collect();
    let value = match filter {
        "auto-recovery-supported" => yes_or_no(item.auto_recovery_supported),
        "bare-metal" => yes_or_no(item.bare_metal),
        "burstable-performance-supported" => yes_or_no(item.burstable_performance_supported),
        "current-generation" => yes_or_no(item.current_generation),
        "ebs-info.ebs-optimized-support" => item.ebs_info.ebs_optimized_support.into(),
        "ebs-info.encryption-support" => item.ebs_info.encryption_support.into(),
        "ebs-info.nvme-support" => item.ebs_info.nvme_support.into(),
        "free-tier-eligible" => yes_or_no(item.free_tier_eligible),
        "hypervisor" => item.hypervisor.into(),
        "instance-storage-supported" => yes_or_no(item.instance_storage_supported),
        "instance-type" => item.instance_type.into(),
        "memory-info.size-in-mib" => item.memory_info.size_in_mi_b.to_string().into(),
        "network-info.efa-supported" => yes_or_no(item.network_info.efa_supported),
        "network-info.ena-support" => item.network_info.ena_support.into(),
        "network-info.ipv6-supported" => yes_or_no(item.network_info.ipv6_supported),
        "network-info.maximum-network-cards" => {
            item.network_info.maximum_network_cards.to_string().into()
        }
        "processor-info.supported-architecture" => {
            return all(&item.processor_info.supported_architectures);
        }
        "supported-boot-mode" => return all(&item.supported_boot_modes),
        "supported-root-device-type" => return all(&item.supported_root_device_types),
        "supported-usage-class" => return all(&item.supported_usage_classes),
        "supported-virtualization-type" => return all(&item.supported_virtualization_types),
        "vcpu-info.default-cores" => item.v_cpu_info.default_cores.to_string().into(),
        "vcpu-info.default-threads-per-core" => {
            item.v_cpu_info.default_threads_per_core.to_string().into()
        }
        "vcpu-info.default-vcpus" => item.v_cpu_info.default_v_cpus.to_string().into(),
        _ => return Vec::new(),
    };
    vec![value]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn one_type_with_what_the_table_knows() {
        let reply = Client::new().ec2("DescribeInstanceTypes", "InstanceType.1=t2.micro");
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn types_of_old_are_told_as_aws_tells_them() {
        // As recorded of AWS in moto 5.2.5 (`ec2/resources/instance_types.json`).
        let mut client = Client::new();
        let t1 = done(client.ec2("DescribeInstanceTypes", "InstanceType.1=t1.micro"));
        assert_eq!(first(&t1, "sizeInMiB"), "627");
        assert_eq!(first(&t1, "ipv6Supported"), "false");
        assert_eq!(first(&t1, "instanceStorageSupported"), "false");
        assert_eq!(first(&t1, "burstablePerformanceSupported"), "false");
        assert!(t1.body.contains("<item>hvm</item><item>paravirtual</item>"));
        assert!(
            t1.body
                .contains("<item>partition</item><item>spread</item>")
        );
        let r4 = done(client.ec2("DescribeInstanceTypes", "InstanceType.1=r4.large"));
        assert_eq!(first(&r4, "enaSupport"), "supported");
        assert_eq!(first(&r4, "ebsOptimizedSupport"), "default");
    }

    #[test]
    fn every_filter_finds_what_a_type_has() {
        let micro = item(instance_type::find("t3.micro").unwrap());
        for filter in FILTERS {
            assert!(!values(&micro, filter).is_empty(), "{filter}");
        }
    }

    #[test]
    fn the_tutorials_question_for_small_types_of_an_architecture() {
        let form = "Filter.1.Name=processor-info.supported-architecture&Filter.1.Value.1=x86_64&\
                    Filter.2.Name=instance-type&Filter.2.Value.1=*.micro&Filter.2.Value.2=*.small";
        let reply = done(Client::new().ec2("DescribeInstanceTypes", form));
        for name in ["t2.micro", "t2.small", "t3.micro", "t3.small"] {
            let element = format!("<instanceType>{name}</instanceType>");
            assert!(reply.body.contains(&element), "{name}");
        }
        assert!(!reply.body.contains("t4g"), "{}", reply.body);
    }

    #[test]
    fn unknown_types_and_filters_are_refused() {
        let mut client = Client::new();
        let mut refused = |form: &str| refusal(&client.ec2("DescribeInstanceTypes", form));
        assert_eq!(
            refused("InstanceType.1=t1.non_existent"),
            "400 InvalidInstanceType: The following supplied instance types do not exist: [t1.non_existent]"
        );
        assert_eq!(
            refused("Filter.1.Name=vcpus&Filter.1.Value.1=2"),
            "400 InvalidParameterValue: The filter 'vcpus' is invalid"
        );
        assert!(
            refused("Filter.1.Name=hibernation-supported&Filter.1.Value.1=true")
                .starts_with("400 GroundSchool.NotSimulated: ")
        );
    }

    #[test]
    fn pages_hold_at_most_a_hundred() {
        let mut client = Client::new();
        let page = done(client.ec2("DescribeInstanceTypes", "MaxResults=100"));
        assert_eq!(page.body.matches("<instanceType>").count(), 100);
        let token = first(&page, "nextToken").replace('=', "%3D");
        let rest = done(client.ec2("DescribeInstanceTypes", &format!("NextToken={token}")));
        let all = instance_type::all().count();
        assert_eq!(
            rest.body.matches("<instanceType>").count(),
            all - 100,
            "{}",
            rest.body
        );
        assert!(
            refusal(&client.ec2("DescribeInstanceTypes", "MaxResults=101"))
                .starts_with("400 InvalidParameterValue: ")
        );
    }
}
