//! `CreateSecurityGroup`: a new group in the default VPC.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::security_group::{SecurityGroup, check_description, check_name};
use crate::cloud::resources::tag::{TagItem, TagSpecification, Tags};

request! {
    /// The request.
    pub struct CreateSecurityGroup {
        /// What the group is for; it never changes.
        description: String = "GroupDescription",
        /// The group's name, unique in its VPC.
        group_name: String = "GroupName",
        /// The VPC; the default VPC when left out.
        vpc_id: Option<String> = "VpcId",
        /// Tags for the new group.
        tag_specifications: Vec<TagSpecification> = "TagSpecification",
    }
}

answer! {
    /// The answer.
    pub struct CreateSecurityGroupAnswer {
        return_: bool = "return",
        group_id: String = "groupId",
        tags: Option<Vec<TagItem>> = "tagSet",
        security_group_arn: String = "securityGroupArn",
    }
}

impl Operation for CreateSecurityGroup {
    const NAME: &'static str = "CreateSecurityGroup";
    type Answer = CreateSecurityGroupAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<CreateSecurityGroupAnswer, ApiError> {
        check_name(&self.group_name)?;
        check_description(&self.description)?;
        let own_kind = "security-group";
        let tags = Tags::specified(&self.tag_specifications, own_kind, &[own_kind])?;
        let vpc_id = &call.region.network.vpc.id;
        if let Some(unknown) = self.vpc_id.as_ref().filter(|id| *id != vpc_id) {
            return Err(ApiError::no_such_vpc(unknown));
        }
        if call
            .region
            .security_groups
            .named(&self.group_name)
            .is_some()
        {
            return Err(ApiError::group_exists(&self.group_name, vpc_id));
        }
        if call.region.security_groups.iter().count() >= SecurityGroup::PER_REGION {
            return Err(ApiError::too_many_groups());
        }
        let group = SecurityGroup::new(&self.group_name, &self.description, vpc_id, tags, call.env);
        let answer = CreateSecurityGroupAnswer {
            return_: true,
            group_id: group.id.clone(),
            tags: group.tags.items_if_any(),
            security_group_arn: group.arn(call.account_id, &call.region.name),
        };
        call.region.security_groups.insert(group);
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn create(client: &mut Client, name: &str, description: &str) -> String {
        let form = format!("GroupDescription={description}&GroupName={name}");
        refusal(&client.ec2("CreateSecurityGroup", &form))
    }

    #[test]
    fn a_new_group_answers_with_its_id_and_arn() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        let form = format!("GroupDescription=d&GroupName=g&VpcId={vpc}");
        insta::assert_snapshot!(transcript(&client.ec2("CreateSecurityGroup", &form)));
    }

    #[test]
    fn a_new_group_lets_nothing_in_and_everything_out() {
        let mut client = Client::new();
        let form = "GroupDescription=d&GroupName=g&TagSpecification.1.ResourceType=security-group\
                    &TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b";
        let made = done(client.ec2("CreateSecurityGroup", form));
        assert!(
            made.body
                .contains("<tagSet><item><key>a</key><value>b</value></item></tagSet>")
        );
        let reply = done(client.ec2("DescribeSecurityGroups", "GroupName.1=g"));
        insta::assert_snapshot!(transcript(&reply));
    }

    #[test]
    fn a_name_is_unique_in_its_vpc() {
        let mut client = Client::new();
        let vpc = first(&client.ec2("DescribeVpcs", ""), "vpcId");
        done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
        assert_eq!(
            create(&mut client, "g", "d"),
            format!(
                "400 InvalidGroup.Duplicate: The security group 'g' already exists for VPC '{vpc}'"
            )
        );
        client.region = "eu-north-1";
        done(client.ec2("CreateSecurityGroup", "GroupDescription=d&GroupName=g"));
    }

    #[test]
    fn names_that_aws_refuses_are_refused_in_its_words() {
        let mut client = Client::new();
        assert_eq!(
            create(&mut client, "sg-web", "d"),
            "400 InvalidParameterValue: Value (sg-web) for parameter GroupName is invalid. \
             Group names may not be in the format sg-*."
        );
        assert_eq!(
            create(&mut client, "default", "d"),
            "400 InvalidParameterValue: Cannot use reserved security group name: default"
        );
        assert_eq!(
            create(&mut client, "caf%C3%A9", "d"),
            "400 InvalidParameterValue: Value (caf\u{e9}) for parameter GroupName is invalid. \
             Character sets beyond ASCII are not supported."
        );
        let all_that_is_allowed = "aA0 ._-:/()%23,@[]%2B=%26;{}!$*";
        assert_eq!(create(&mut client, all_that_is_allowed, "d"), "200 : ");
    }

    #[test]
    fn descriptions_that_aws_refuses_are_refused_in_its_words() {
        let mut client = Client::new();
        let text = "400 InvalidParameterValue: Invalid security group description. Valid descriptions are \
                    strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&amp;;{}!$*";
        assert_eq!(create(&mut client, "g", "it's"), text);
        assert_eq!(create(&mut client, "g", &"d".repeat(256)), text);
        assert_eq!(create(&mut client, "g", &"d".repeat(255)), "200 : ");
        assert_eq!(
            create(&mut client, "h", "gr%C3%BCn"),
            "400 InvalidParameterValue: Value (gr\u{fc}n) for parameter GroupDescription is invalid. \
             Character sets beyond ASCII are not supported."
        );
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        let mut client = Client::new();
        assert_eq!(
            refusal(&client.ec2("CreateSecurityGroup", "GroupName=g")),
            "400 MissingParameter: The request must contain the parameter GroupDescription"
        );
        assert_eq!(
            refusal(&client.ec2("CreateSecurityGroup", "GroupDescription=d")),
            "400 MissingParameter: The request must contain the parameter GroupName"
        );
        let form = "GroupDescription=d&GroupName=g&VpcId=vpc-0123456789abcdef0";
        assert_eq!(
            refusal(&client.ec2("CreateSecurityGroup", form)),
            "400 InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist"
        );
        let form = "GroupDescription=d&GroupName=g&TagSpecification.1.ResourceType=instance";
        assert_eq!(
            refusal(&client.ec2("CreateSecurityGroup", form)),
            "400 InvalidParameterValue: 'instance' is not a valid taggable resource type for this operation."
        );
    }

    #[test]
    fn a_dry_run_makes_no_group() {
        let mut client = Client::new();
        let reply = client.ec2(
            "CreateSecurityGroup",
            "GroupDescription=d&GroupName=g&DryRun=true",
        );
        assert_eq!(reply.status, 412);
        let groups = done(client.ec2("DescribeSecurityGroups", ""));
        assert_eq!(groups.body.matches("<groupName>").count(), 1);
    }
}
