//! `DescribeRegions`: the regions of this simulation.

use std::borrow::Cow;

use crate::cloud::account::{NOT_OPTED_IN, REGIONS};
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
        /// Also those that the account has not opted in to.
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
        // A region that is asked for by its name is answered whether or not it is enabled (API reference).
        let more: &[&str] = match self.all_regions {
            Some(false) | None if self.region_names.is_empty() => &[],
            Some(_) | None => NOT_OPTED_IN,
        };
        let all = (REGIONS.iter().map(|name| (*name, "opt-in-not-required")))
            .chain(more.iter().map(|name| (*name, "not-opted-in")));
        // The text for an unknown region is unverified.
        if let Some(unknown) = self
            .region_names
            .iter()
            .find(|wanted| all.clone().all(|(name, _)| name != wanted.as_str()))
        {
            return Err(ApiError::invalid_value(format!(
                "Invalid region name: {unknown}"
            )));
        }
        let regions = all
            .filter(|(name, _)| {
                self.region_names.is_empty()
                    || self.region_names.iter().any(|wanted| wanted == name)
            })
            .map(|(name, opt_in_status)| Region {
                region_name: name.to_owned(),
                endpoint: format!("ec2.{name}.amazonaws.com"),
                opt_in_status,
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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;

    #[test]
    fn regions_that_need_opting_in_are_named_only_when_asked_for() {
        let mut client = Client::new();
        let count = |form: &str, client: &mut Client| {
            let body = client.ec2("DescribeRegions", form).body;
            body.matches("<optInStatus>not-opted-in<").count()
        };
        assert_eq!(count("", &mut client), 0);
        assert_eq!(count("AllRegions=false", &mut client), 0);
        assert_eq!(count("AllRegions=true", &mut client), 17);
        assert_eq!(count("RegionName.1=ap-east-1", &mut client), 1);
    }
}
