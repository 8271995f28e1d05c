//! `DeleteSecurityGroup`: refused for the default group and for one that something depends on.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DeleteSecurityGroup {
        /// The group's id.
        group_id: Option<String> = "GroupId",
        /// Or its name, in the default VPC.
        group_name: Option<String> = "GroupName",
    }
}

answer! {
    /// The answer.
    pub struct DeleteSecurityGroupAnswer { return_: bool = "return", group_id: String = "groupId" }
}

impl Operation for DeleteSecurityGroup {
    const NAME: &'static str = "DeleteSecurityGroup";
    type Answer = DeleteSecurityGroupAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DeleteSecurityGroupAnswer, ApiError> {
        let region = &mut *call.region;
        let group = region.security_groups.select(
            self.group_id.as_deref(),
            self.group_name.as_deref(),
            &region.network.vpc.id,
        )?;
        if group.is_default() {
            return Err(ApiError::default_group_stays(&group.id));
        }
        let group_id = group.id.clone();
        if region.group_in_use(&group_id) || region.security_groups.is_referred_to(&group_id) {
            return Err(ApiError::group_in_use(&group_id));
        }
        region.security_groups.remove(&group_id);
        Ok(DeleteSecurityGroupAnswer {
            return_: true,
            group_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn group(client: &mut Client, name: &str) -> String {
        let form = format!("GroupDescription=d&GroupName={name}");
        first(&done(client.ec2("CreateSecurityGroup", &form)), "groupId")
    }

    #[test]
    fn a_group_nobody_uses_is_deleted() {
        let mut client = Client::new();
        let id = group(&mut client, "g");
        let reply = client.ec2("DeleteSecurityGroup", &format!("GroupId={id}"));
        insta::assert_snapshot!(transcript(&reply));
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", &format!("GroupId={id}"))),
            format!("400 InvalidGroup.NotFound: The security group '{id}' does not exist")
        );
    }

    #[test]
    fn the_default_group_stays() {
        let mut client = Client::new();
        let id = first(&client.ec2("DescribeSecurityGroups", ""), "groupId");
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", "GroupName=default")),
            format!(
                r#"400 CannotDelete: the specified group: "{id}" name: "default" cannot be deleted by a user"#
            )
        );
    }

    #[test]
    fn a_group_that_another_ones_rule_names_stays_until_the_rule_is_gone() {
        let mut client = Client::new();
        let (a, b) = (group(&mut client, "a"), group(&mut client, "b"));
        for (of, peer) in [(&a, &a), (&b, &a)] {
            let form = format!(
                "GroupId={of}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22\
                 &IpPermissions.1.ToPort=22&IpPermissions.1.Groups.1.GroupId={peer}"
            );
            done(client.ec2("AuthorizeSecurityGroupIngress", &form));
        }
        let delete_a = format!("GroupId={a}");
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", &delete_a)),
            format!("400 DependencyViolation: resource {a} has a dependent object")
        );
        done(client.ec2("DeleteSecurityGroup", &format!("GroupId={b}")));
        done(client.ec2("DeleteSecurityGroup", &delete_a));
    }

    #[test]
    fn which_group_must_be_said_once() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", "")),
            "400 MissingParameter: The request must contain the parameter groupName or groupId"
        );
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", "GroupId=sg-01234567&GroupName=a")),
            "400 InvalidParameterCombination: The parameter groupName cannot be used with the parameter groupId"
        );
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", "GroupName=nobody")),
            format!(
                "400 InvalidGroup.NotFound: The security group 'nobody' does not exist in default VPC '{vpc}'"
            )
        );
        assert_eq!(
            refusal(&client.ec2("DeleteSecurityGroup", "GroupId=i-0d95")),
            r#"400 InvalidGroupId.Malformed: Invalid id: "i-0d95" (expecting "sg-...")"#
        );
    }
}
