//! `DescribeInstances`: reservations in the order of their launches.

use std::sync::Arc;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_filter::{FILTERS, values};
use crate::cloud::api::actions::instance_item::Reservation;
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

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    use crate::cloud::api::testing::first;
    use crate::cloud::env::Pace;

    fn filters() -> Vec<(&'static str, &'static str)> {
        vec![
            (r"02(:[0-9a-f]{2}){5}", "[mac]"),
            (r"172\.31\.\d+\.\d+", "[private]"),
            (r"ip-172-31-\d+-\d+", "ip-[private]"),
            (r"203\.0\.113\.\d+", "[public]"),
            (r"ec2-203-0-113-\d+", "ec2-[public]"),
        ]
    }

    #[test]
    fn a_running_instance_has_its_addresses() {
        let mut client = Client::new();
        client.launch("");
        client.pass(2);
        insta::with_settings!({filters => filters()}, {
            insta::assert_snapshot!(transcript(&client.ec2("DescribeInstances", "")));
        });
    }

    #[test]
    fn a_terminated_instance_empties_out_and_vanishes_after_the_hour() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519"));
        let id = client.launch("KeyName=mk&");
        client.pass(2);
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(60);
        insta::with_settings!({filters => filters()}, {
            insta::assert_snapshot!(transcript(&client.ec2("DescribeInstances", "")));
        });
        client.pass(3600);
        assert!(
            client
                .ec2("DescribeInstances", "")
                .body
                .contains("<reservationSet/>")
        );
        assert_eq!(
            refusal(&client.ec2("DescribeInstances", &format!("InstanceId.1={id}"))),
            format!("400 InvalidInstanceID.NotFound: The instance ID '{id}' does not exist")
        );
    }

    #[test]
    fn an_instant_launch_is_running_at_the_next_call() {
        let mut client = Client::new();
        client.pace = Pace::Instant;
        client.launch("");
        assert!(
            client
                .ec2("DescribeInstances", "")
                .body
                .contains("<name>running</name>")
        );
    }

    #[test]
    fn names_follow_the_region() {
        let mut client = Client::new();
        client.region = "eu-north-1";
        client.launch("");
        client.pass(2);
        let reply = client.ec2("DescribeInstances", "");
        assert!(first(&reply, "dnsName").ends_with(".eu-north-1.compute.amazonaws.com"));
        assert!(first(&reply, "privateDnsName").ends_with(".eu-north-1.compute.internal"));
    }

    #[test]
    fn filters_are_anded_and_their_values_ored() {
        let mut client = Client::new();
        let tag = "TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&\
                   TagSpecification.1.Tag.1.Value=web&";
        let web = client.launch(tag);
        client.launch("");
        client.pass(2);
        let mut count = |form: &str| {
            client
                .ec2("DescribeInstances", form)
                .body
                .matches("<instanceId>")
                .count()
        };
        let running =
            "Filter.1.Name=instance-state-name&Filter.1.Value.1=stopped&Filter.1.Value.2=running";
        assert_eq!(count(running), 2);
        assert_eq!(
            count(&format!(
                "{running}&Filter.2.Name=tag:Name&Filter.2.Value.1=w*"
            )),
            1
        );
        assert_eq!(
            count(&format!(
                "{running}&Filter.2.Name=tag:Name&Filter.2.Value.1=x*"
            )),
            0
        );
        assert_eq!(
            count(&format!("Filter.1.Name=instance-id&Filter.1.Value.1={web}")),
            1
        );
        assert_eq!(
            refusal(&client.ec2(
                "DescribeInstances",
                "Filter.1.Name=state&Filter.1.Value.1=x"
            )),
            "400 InvalidParameterValue: The filter 'state' is invalid"
        );
    }

    #[test]
    fn pages_visit_every_instance_once() {
        let mut client = Client::new();
        for _ in 0..7 {
            client.launch("");
        }
        let page = client.ec2("DescribeInstances", "MaxResults=5");
        let token = first(&page, "nextToken");
        let rest = client.ec2(
            "DescribeInstances",
            &format!("MaxResults=5&NextToken={}", token.replace('=', "%3D")),
        );
        assert_eq!(page.body.matches("<instanceId>").count(), 5);
        assert_eq!(rest.body.matches("<instanceId>").count(), 2);
        assert!(!rest.body.contains("nextToken"));
    }

    #[test]
    fn ids_are_checked_together() {
        let mut client = Client::new();
        let mut refused = |form: &str| refusal(&client.ec2("DescribeInstances", form));
        assert_eq!(
            refused("InstanceId.1=i-00000000000000001&InstanceId.2=i-00000000000000002"),
            "400 InvalidInstanceID.NotFound: The instance IDs 'i-00000000000000001, i-00000000000000002' do not exist"
        );
        assert_eq!(
            refused("InstanceId.1=i-0224e66eafc2asdfs"),
            "400 InvalidInstanceID.Malformed: Invalid id: \"i-0224e66eafc2asdfs\""
        );
        assert_eq!(
            refused("InstanceId.1=i-00000000000000001&MaxResults=5"),
            "400 InvalidParameterCombination: The parameter instancesSet cannot be used with the parameter maxResults"
        );
    }

    #[test]
    fn an_account_is_the_same_after_being_written_and_read() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519"));
        client.launch(
            "KeyName=mk&ClientToken=t&UserData=aGk=&"
                .replace("aGk=", "aGk%3D")
                .as_str(),
        );
        client.pass(2);
        done(client.ec2("DescribeInstances", ""));
        let text = serde_json::to_string(&client.account).unwrap();
        let read: crate::cloud::Account = serde_json::from_str(&text).unwrap();
        assert_eq!(read, client.account);
    }
}
