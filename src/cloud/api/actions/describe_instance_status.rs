//! `DescribeInstanceStatus`: running instances and their status checks.

use std::borrow::Cow;
use std::sync::Arc;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_item::StateItem;
use crate::cloud::api::actions::state_change::all_of;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Instance, State};

request! {
    /// The request.
    pub struct DescribeInstanceStatus {
        /// Ids; all when there are none.
        instance_ids: Vec<String> = "InstanceId",
        /// Instances on one page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Filters.
        filters: Vec<Filter> = "Filter",
        /// Also those that do not run.
        include_all_instances: Option<bool> = "IncludeAllInstances",
    }
}

answer! {
    /// The answer.
    pub struct DescribeInstanceStatusAnswer {
        instance_statuses: Vec<Status> = "instanceStatusSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One instance's status.
    pub struct Status {
        instance_id: String = "instanceId",
        availability_zone: String = "availabilityZone",
        instance_state: StateItem = "instanceState",
        system_status: Check = "systemStatus",
        instance_status: Check = "instanceStatus",
        events: Vec<String> = "eventsSet",
    }
}

answer! {
    /// The result of one kind of check.
    pub struct Check { status: &'static str = "status", details: Vec<Detail> = "details" }
}

answer! {
    /// One check.
    pub struct Detail { name: &'static str = "name", status: &'static str = "status" }
}

const FILTERS: &[&str] = &[
    "availability-zone",
    "event.code",
    "event.description",
    "event.instance-event-id",
    "event.not-after",
    "event.not-before",
    "event.not-before-deadline",
    "instance-state-code",
    "instance-state-name",
    "instance-status.reachability",
    "instance-status.status",
    "system-status.reachability",
    "system-status.status",
];

impl Operation for DescribeInstanceStatus {
    const NAME: &'static str = "DescribeInstanceStatus";
    const CHANGES: bool = false;
    type Answer = DescribeInstanceStatusAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeInstanceStatusAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        if self.max_results.is_some() && !self.instance_ids.is_empty() {
            let text = "The parameter instancesSet cannot be used with the parameter maxResults";
            return Err(ApiError::invalid_combination(text));
        }
        let mut chosen = all_of(call.region, &self.instance_ids)?;
        chosen.sort_by_key(|instance| instance.number);
        // Not filtered one by one: what one instance costs does not grow with the account.
        let everything = self
            .instance_ids
            .is_empty()
            .then(|| call.region.instances.iter());
        let all = self.include_all_instances == Some(true);
        let statuses = chosen
            .iter()
            .chain(everything.into_iter().flatten())
            .filter(|instance| all || instance.state == State::Running)
            .map(|instance| (instance.number, status(instance, call)))
            .filter(|(_, status)| filters.fit(|filter| values(status, filter)));
        let (page, next_token) = paginate(
            statuses,
            |(number, _)| format!("{number:016x}"),
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        Ok(DescribeInstanceStatusAnswer {
            instance_statuses: page.into_iter().map(|(_, status)| status).collect(),
            next_token,
        })
    }
}

fn status(instance: &Arc<Instance>, call: &Call<'_, '_>) -> Status {
    let check = if instance.state != State::Running {
        Check {
            status: "not-applicable",
            details: Vec::new(),
        }
    } else if instance.checks_passed(call.env.now, call.env.pace) {
        Check {
            status: "ok",
            details: reachability("passed"),
        }
    } else {
        Check {
            status: "initializing",
            details: reachability("initializing"),
        }
    };
    Status {
        instance_id: instance.id.clone(),
        availability_zone: instance.availability_zone.to_string(),
        instance_state: instance.state.into(),
        system_status: check.clone(),
        instance_status: check,
        events: Vec::new(),
    }
}

fn reachability(status: &'static str) -> Vec<Detail> {
    let name = "reachability";
    vec![Detail { name, status }]
}

/// A status's values under a filter's name.
fn values<'a>(status: &'a Status, filter: &str) -> Option<Cow<'a, str>> {
    let detail = |check: &Check| check.details.first().map(|detail| detail.status.into());
    match filter {
        "availability-zone" => Some(status.availability_zone.as_str().into()),
        "instance-state-code" => Some(status.instance_state.code.to_string().into()),
        "instance-state-name" => Some(status.instance_state.name.into()),
        "instance-status.reachability" => detail(&status.instance_status),
        "instance-status.status" => Some(status.instance_status.status.into()),
        "system-status.reachability" => detail(&status.system_status),
        "system-status.status" => Some(status.system_status.status.into()),
        // No instance has events here.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn only_running_instances_are_listed_unless_all_are_asked_for() {
        let mut client = Client::new();
        client.launch("");
        assert!(
            client
                .ec2("DescribeInstanceStatus", "")
                .body
                .contains("<instanceStatusSet/>")
        );
        let all = client.ec2("DescribeInstanceStatus", "IncludeAllInstances=true");
        assert!(all.body.contains("<status>not-applicable</status>"));
    }

    #[test]
    fn checks_are_initializing_and_then_ok() {
        let mut client = Client::new();
        client.launch("");
        client.pass(2);
        insta::assert_snapshot!(transcript(&client.ec2("DescribeInstanceStatus", "")));
        client.pass(60);
        let reply = done(client.ec2(
            "DescribeInstanceStatus",
            "Filter.1.Name=system-status.status&Filter.1.Value.1=ok",
        ));
        assert!(reply.body.contains("<status>passed</status>"));
        assert!(
            refusal(&client.ec2("DescribeInstanceStatus", "InstanceId.1=x")).contains("Malformed")
        );
    }
}
