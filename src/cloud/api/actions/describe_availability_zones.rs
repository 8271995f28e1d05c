//! `DescribeAvailabilityZones`: the zones of the region. AWS does not page them.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::params::request;
use crate::cloud::resources::zone::zones_of;

request! {
    /// The request.
    pub struct DescribeAvailabilityZones {
        /// Names of zones.
        zone_names: Vec<String> = "ZoneName",
        /// Ids of zones.
        zone_ids: Vec<String> = "ZoneId",
        /// Also those that the account has not opted in to; here there are none.
        all_availability_zones: Option<bool> = "AllAvailabilityZones",
        /// `zone-name`, `state`, `region-name` and so on.
        filters: Vec<Filter> = "Filter",
    }
}

answer! {
    /// The answer.
    pub struct DescribeAvailabilityZonesAnswer {
        availability_zones: Vec<ZoneItem> = "availabilityZoneInfo",
    }
}

answer! {
    /// One zone.
    pub struct ZoneItem {
        zone_name: String = "zoneName",
        zone_id: String = "zoneId",
        region_name: String = "regionName",
        state: &'static str = "zoneState",
        messages: Vec<String> = "messageSet",
        group_name: String = "groupName",
        group_long_name: String = "groupLongName",
        network_border_group: String = "networkBorderGroup",
        opt_in_status: &'static str = "optInStatus",
        zone_type: &'static str = "zoneType",
    }
}

const FILTERS: &[&str] = &[
    "group-long-name",
    "group-name",
    "message",
    "network-border-group",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

impl Operation for DescribeAvailabilityZones {
    const NAME: &'static str = "DescribeAvailabilityZones";
    const CHANGES: bool = false;
    type Answer = DescribeAvailabilityZonesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeAvailabilityZonesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let zones = zones_of(&call.region.name);
        let unknown_name = self
            .zone_names
            .iter()
            .find(|name| !zones.iter().any(|zone| zone.name == **name));
        // For an unknown id the text is unverified.
        let unknown_id = self
            .zone_ids
            .iter()
            .find(|id| !zones.iter().any(|zone| zone.id == **id));
        if let Some(unknown) = unknown_name.or(unknown_id) {
            return Err(ApiError::no_such_zone(unknown));
        }
        let all = self.zone_names.is_empty() && self.zone_ids.is_empty();
        let region = &call.region.name;
        let availability_zones = zones
            .into_iter()
            .filter(|zone| {
                all || self.zone_names.contains(&zone.name) || self.zone_ids.contains(&zone.id)
            })
            .map(|zone| ZoneItem {
                zone_name: zone.name,
                zone_id: zone.id,
                region_name: region.clone(),
                state: "available",
                messages: Vec::new(),
                group_name: zone.group,
                group_long_name: zone.group_long_name,
                network_border_group: region.clone(),
                opt_in_status: "opt-in-not-required",
                zone_type: "availability-zone",
            })
            .filter(|zone| filters.fit(|filter| value(zone, filter)))
            .collect();
        Ok(DescribeAvailabilityZonesAnswer { availability_zones })
    }
}

fn value<'a>(zone: &ZoneItem, filter: &str) -> Option<Cow<'a, str>> {
    match filter {
        "group-long-name" => Some(zone.group_long_name.clone().into()),
        "group-name" => Some(zone.group_name.clone().into()),
        "network-border-group" => Some(zone.network_border_group.clone().into()),
        "opt-in-status" => Some(zone.opt_in_status.into()),
        "region-name" => Some(zone.region_name.clone().into()),
        "state" => Some(zone.state.into()),
        "zone-id" => Some(zone.zone_id.clone().into()),
        "zone-name" => Some(zone.zone_name.clone().into()),
        "zone-type" => Some(zone.zone_type.into()),
        // Messages and parent zones: no zone here has any.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn a_zone_by_its_id_as_the_aws_cli_asks_for_it() {
        let reply = Client::new().ec2("DescribeAvailabilityZones", "ZoneId.1=use1-az1");
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn zones_are_filtered_by_name() {
        let form = "Filter.1.Name=zone-name&Filter.1.Value.1=*a&Filter.2.Name=state&Filter.2.Value.1=available";
        let reply = done(Client::new().ec2("DescribeAvailabilityZones", form));
        assert_eq!(first(&reply, "zoneName"), "us-east-1a");
        assert_eq!(reply.body.matches("<zoneName>").count(), 1);
    }

    #[test]
    fn an_unknown_zone_is_refused_in_brackets() {
        assert_eq!(
            refusal(&Client::new().ec2("DescribeAvailabilityZones", "ZoneName.1=us-west-2z")),
            "400 InvalidParameterValue: Invalid availability zone: [us-west-2z]"
        );
    }
}
