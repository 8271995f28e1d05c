//! `DescribeRegions`: the regions of this simulation.

use std::borrow::Cow;

use crate::cloud::account::REGIONS;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DescribeRegions {
        /// Names of regions; all when there are none.
        region_names: Vec<String> = "RegionName",
        /// Also those that the account has not opted in to; here there are none.
        all_regions: Option<bool> = "AllRegions",
        /// `endpoint`, `opt-in-status`, `region-name`.
        filters: Vec<Filter> = "Filter",
    }
}

answer! {
    /// The answer.
    pub struct DescribeRegionsAnswer { regions: Vec<Region> = "regionInfo" }
}

answer! {
    /// One region.
    pub struct Region {
        region_name: String = "regionName",
        endpoint: String = "regionEndpoint",
        opt_in_status: &'static str = "optInStatus",
    }
}

impl Operation for DescribeRegions {
    const NAME: &'static str = "DescribeRegions";
    const CHANGES: bool = false;
    type Answer = DescribeRegionsAnswer;

    fn run(self, _call: &mut Call<'_, '_>) -> Result<DescribeRegionsAnswer, ApiError> {
        let filters = Filters::check(self.filters, &["endpoint", "opt-in-status", "region-name"])?;
        // The text for an unknown region is unverified.
        if let Some(unknown) = self
            .region_names
            .iter()
            .find(|name| !REGIONS.contains(&name.as_str()))
        {
            return Err(ApiError::invalid_value(format!(
                "Invalid region name: {unknown}"
            )));
        }
        let regions = REGIONS
            .iter()
            .filter(|name| {
                self.region_names.is_empty()
                    || self.region_names.iter().any(|wanted| wanted == *name)
            })
            .map(|name| Region {
                region_name: (*name).to_owned(),
                endpoint: format!("ec2.{name}.amazonaws.com"),
                opt_in_status: "opt-in-not-required",
            })
            .filter(|region| {
                filters.fit(|name| match name {
                    "endpoint" => [Cow::from(region.endpoint.as_str())],
                    "opt-in-status" => [Cow::from(region.opt_in_status)],
                    _ => [Cow::from(region.region_name.as_str())],
                })
            })
            .collect();
        Ok(DescribeRegionsAnswer { regions })
    }
}
