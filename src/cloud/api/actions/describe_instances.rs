//! `DescribeInstances`: reservations in the order of their launches.

use std::borrow::Cow;
use std::sync::Arc;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_item::{
    Reservation, state_reason_code, transition_reason,
};
use crate::cloud::api::actions::state_change::all_of;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::Instance;

request! {
    /// The request.
    pub struct DescribeInstances {
        /// Ids; all when there are none.
        instance_ids: Vec<String> = "InstanceId",
        /// Filters.
        filters: Vec<Filter> = "Filter",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Instances on one page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
    }
}

answer! {
    /// The answer.
    pub struct DescribeInstancesAnswer {
        reservations: Vec<Reservation> = "reservationSet",
        next_token: Option<String> = "nextToken",
    }
}

const FILTERS: &[&str] = &[
    "architecture",
    "availability-zone",
    "client-token",
    "dns-name",
    "group-id",
    "group-name",
    "image-id",
    "instance-id",
    "instance-state-code",
    "instance-state-name",
    "instance-type",
    "instance.group-id",
    "instance.group-name",
    "ip-address",
    "key-name",
    "launch-index",
    "launch-time",
    "network-interface.network-interface-id",
    "network-interface.subnet-id",
    "network-interface.vpc-id",
    "owner-id",
    "private-dns-name",
    "private-ip-address",
    "reason",
    "reservation-id",
    "root-device-name",
    "root-device-type",
    "source-dest-check",
    "state-reason-code",
    "subnet-id",
    "tag:",
    "tag-key",
    "tag-value",
    "virtualization-type",
    "vpc-id",
];

impl Operation for DescribeInstances {
    const NAME: &'static str = "DescribeInstances";
    const CHANGES: bool = false;
    type Answer = DescribeInstancesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeInstancesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        if self.max_results.is_some() && !self.instance_ids.is_empty() {
            let text = "The parameter instancesSet cannot be used with the parameter maxResults";
            return Err(ApiError::invalid_combination(text));
        }
        let owner = call.account_id;
        let fits = |instance: &Arc<Instance>| {
            filters.is_empty() || filters.fit(|filter| values(instance, owner, filter))
        };
        let (instances, next_token) = if self.instance_ids.is_empty() {
            let all = call.region.instances.iter().filter(|one| fits(one));
            paginate(
                all,
                |instance| format!("{:016x}", instance.number),
                self.max_results,
                self.next_token.as_deref(),
                USUAL,
            )
            .map(|(page, token)| (page.into_iter().map(Arc::clone).collect(), token))?
        } else {
            let mut some = all_of(call.region, &self.instance_ids)?;
            some.retain(fits);
            some.sort_by_key(|instance| instance.number);
            (some, None)
        };
        let instances: Vec<Arc<Instance>> = instances;
        Ok(DescribeInstancesAnswer {
            reservations: Reservation::group(owner, instances),
            next_token,
        })
    }
}

/// An instance's values under a filter's name.
fn values<'a>(instance: &'a Instance, owner: &'a str, filter: &str) -> Vec<Cow<'a, str>> {
    let interface = instance.interface.as_ref();
    let groups = interface
        .map(|interface| interface.groups.as_slice())
        .unwrap_or_default();
    let public = instance.public_address.as_ref();
    let one: Option<Cow<'a, str>> = match filter {
        "architecture" => Some(instance.architecture.as_str().into()),
        "availability-zone" => Some(instance.availability_zone.as_str().into()),
        "client-token" => instance.client_token.as_deref().map(Cow::from),
        "dns-name" => public.map(|public| public.name.as_str().into()),
        "group-id" | "instance.group-id" => {
            return groups
                .iter()
                .map(|group| group.id.as_str().into())
                .collect();
        }
        "group-name" | "instance.group-name" => {
            return groups
                .iter()
                .map(|group| group.name.as_str().into())
                .collect();
        }
        "image-id" => Some(instance.image_id.as_str().into()),
        "instance-id" => Some(instance.id.as_str().into()),
        "instance-state-code" => Some(instance.state.code().to_string().into()),
        "instance-state-name" => Some(instance.state.name().into()),
        "instance-type" => Some(instance.instance_type.as_str().into()),
        "ip-address" => public.map(|public| public.address.to_string().into()),
        "key-name" => instance.key_name.as_deref().map(Cow::from),
        "launch-index" => Some(instance.launch_index.to_string().into()),
        "launch-time" => Some(format!("{:.3}", instance.launched_at).into()),
        "network-interface.network-interface-id" => {
            interface.map(|interface| interface.id.as_str().into())
        }
        "network-interface.subnet-id" | "subnet-id" => {
            interface.map(|interface| interface.subnet_id.as_str().into())
        }
        "network-interface.vpc-id" | "vpc-id" => {
            interface.map(|interface| interface.vpc_id.as_str().into())
        }
        "owner-id" => Some(owner.into()),
        "private-dns-name" => interface.map(|interface| interface.private_name.as_str().into()),
        "private-ip-address" => {
            interface.map(|interface| interface.private_address.to_string().into())
        }
        "reason" => Some(transition_reason(instance)),
        "reservation-id" => Some(instance.reservation_id.as_str().into()),
        "root-device-name" => Some(instance.root_device.as_str().into()),
        "root-device-type" => Some("ebs".into()),
        "source-dest-check" => interface.map(|_| "true".into()),
        "state-reason-code" => state_reason_code(instance).map(Cow::from),
        "virtualization-type" => Some("hvm".into()),
        tag => return instance.tags.filter_values(tag).unwrap_or_default(),
    };
    one.into_iter().collect()
}
