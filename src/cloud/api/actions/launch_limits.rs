//! How much a launch may ask for: counts, virtual processors, security groups.

use crate::cloud::Region;
use crate::cloud::account::Quotas;
use crate::cloud::api::error::ApiError;
use crate::cloud::resources::instance::Group;
use crate::cloud::resources::instance_type::InstanceType;
use crate::cloud::resources::security_group::SecurityGroup;

/// The most instances that a Region holds here: AWS's limits depend on the account's history.
const INSTANCES: usize = 20_000;

/// The most security groups that an interface has (AWS's default quota).
const GROUPS: usize = 5;

/// Refuses numbers that make no sense. The texts are unverified.
pub fn check_counts(min: i64, max: i64) -> Result<(), ApiError> {
    for (name, value) in [("minCount", min), ("maxCount", max)] {
        if value < 1 {
            return Err(ApiError::invalid_value(format!(
                "Value ({value}) for parameter {name} is invalid. Must be a positive number"
            )));
        }
    }
    if min > max {
        return Err(ApiError::invalid_value(format!(
            "Value ({max}) for parameter maxCount is invalid. It must not be less than minCount ({min})"
        )));
    }
    Ok(())
}

/// How many to launch: the most that the quotas allow, if that is at least the fewest.
pub fn count(
    (min, max): (i64, i64),
    kind: &InstanceType,
    region: &Region,
    quotas: Quotas,
) -> Result<usize, ApiError> {
    let free = quotas.vcpus - region.instances.vcpus();
    let by_vcpus = free.max(0) / kind.vcpus.max(1);
    if min > by_vcpus {
        return Err(ApiError::too_many_vcpus(quotas));
    }
    let [min, max] = [min, max.min(by_vcpus)].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let room = INSTANCES.saturating_sub(region.instances.len());
    if min > room {
        let text = format!(
            "You have requested more instances ({min}) than your current instance limit of {INSTANCES} allows for the \
             specified instance type. Please visit http://aws.amazon.com/contact-us/ec2-request to request an \
             adjustment to this limit."
        );
        return Err(ApiError::new("InstanceLimitExceeded", text));
    }
    Ok(max.min(room))
}

/// The groups as an instance refers to them, each once; five at most.
pub fn each_once<'a>(
    found: impl IntoIterator<Item = &'a SecurityGroup>,
) -> Result<Vec<Group>, ApiError> {
    let mut groups: Vec<Group> = Vec::new();
    for group in found {
        if groups.iter().all(|other| other.id != group.id) {
            groups.push(Group {
                id: group.id.as_str().into(),
                name: group.name.as_str().into(),
            });
        }
    }
    if groups.len() > GROUPS {
        return Err(ApiError::too_many_groups_at_once());
    }
    Ok(groups)
}

impl ApiError {
    /// `VcpuLimitExceeded`.
    pub fn too_many_vcpus(quotas: Quotas) -> Self {
        let text = format!(
            "You have requested more vCPU capacity than your current vCPU limit of {} allows for the instance bucket \
             that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request \
             to request an adjustment to this limit.",
            quotas.vcpus
        );
        Self::new("VcpuLimitExceeded", text)
    }

    /// `SecurityGroupsPerInstanceLimitExceeded`: five by default. The code is from the API reference, the text is
    /// unverified.
    pub fn too_many_groups_at_once() -> Self {
        let text = "The maximum number of security groups per instance has been reached.";
        Self::new("SecurityGroupsPerInstanceLimitExceeded", text)
    }
}
