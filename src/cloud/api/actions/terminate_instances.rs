//! `TerminateInstances`: may be repeated for as long as an instance is shown.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::{StateChange, changes, chosen, is_over};
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct TerminateInstances {
        /// Ids.
        instance_ids: Vec<String> = "InstanceId",
        /// Without the operating system's consent: the same here.
        force: Option<bool> = "Force",
        /// Likewise.
        skip_os_shutdown: Option<bool> = "SkipOsShutdown",
    }
}

answer! {
    /// The answer.
    pub struct TerminateInstancesAnswer { terminating_instances: Vec<StateChange> = "instancesSet" }
}

impl Operation for TerminateInstances {
    const NAME: &'static str = "TerminateInstances";
    type Answer = TerminateInstancesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<TerminateInstancesAnswer, ApiError> {
        let before = chosen(call.region, &self.instance_ids)?;
        let kept: Vec<_> = before
            .iter()
            .filter(|instance| instance.disable_api_termination && !is_over(instance.state))
            .collect();
        // A protected instance keeps the others of its zone, too; those of other zones go, and the call is refused.
        let goes = |zone: &str| kept.iter().all(|one| one.availability_zone != zone);
        let (now, pace) = (call.env.now, call.env.pace);
        let mut some_go = false;
        for instance in before.iter().filter(|one| goes(&one.availability_zone)) {
            call.region.instances.terminate(&instance.id, now, pace);
            some_go = true;
        }
        if let Some(first) = kept.first() {
            let refused = ApiError::protected(&first.id, "terminated", "disableApiTermination");
            return Err(refused.partly_done(some_go));
        }
        Ok(TerminateInstancesAnswer {
            terminating_instances: changes(call.region, &before),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    use crate::cloud::api::testing::first;

    #[test]
    fn terminating_may_be_repeated() {
        let mut client = Client::new();
        let id = client.launch("");
        let form = format!("InstanceId.1={id}");
        client.pass(2);
        insta::assert_snapshot!(transcript(&client.ec2("TerminateInstances", &form)));
        client.pass(2);
        assert_eq!(
            first(&done(client.ec2("TerminateInstances", &form)), "code"),
            "48"
        );
    }

    #[test]
    fn a_protected_instance_stays() {
        let mut client = Client::new();
        let id = client.launch("DisableApiTermination=true&");
        assert_eq!(
            refusal(&client.ec2("TerminateInstances", &format!("InstanceId.1={id}"))),
            format!(
                "400 OperationNotPermitted: The instance '{id}' may not be terminated. \
                 Modify its 'disableApiTermination' instance attribute and try again."
            )
        );
    }

    #[test]
    fn a_protected_instance_keeps_those_of_its_zone_and_no_others() {
        let mut client = Client::new();
        let zone = |letter: char| format!("Placement.AvailabilityZone=us-east-1{letter}&");
        let a = client.launch(&zone('a'));
        let b = client.launch(&zone('b'));
        let kept = client.launch(&format!("DisableApiTermination=true&{}", zone('b')));
        let form = format!("InstanceId.1={a}&InstanceId.2={b}&InstanceId.3={kept}");
        let reply = client.ec2("TerminateInstances", &form);
        assert!(refusal(&reply).contains(&kept), "{}", reply.body);
        assert!(reply.changed, "what was done is kept");
        let states = [a, b, kept].map(|id| client.instance(&id).state.name());
        assert_eq!(states, ["shutting-down", "pending", "pending"]);
    }

    #[test]
    fn its_security_group_can_be_deleted_once_it_is_terminated() {
        let mut client = Client::new();
        let group = first(
            &done(client.ec2("CreateSecurityGroup", "GroupName=g&GroupDescription=d")),
            "groupId",
        );
        let id = client.launch(&format!("SecurityGroupId.1={group}&"));
        let delete = format!("GroupId={group}");
        assert!(
            refusal(&client.ec2("DeleteSecurityGroup", &delete))
                .starts_with("400 DependencyViolation: ")
        );
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        done(client.ec2("DeleteSecurityGroup", &delete));
    }
}
