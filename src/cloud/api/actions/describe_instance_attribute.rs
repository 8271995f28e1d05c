//! `DescribeInstanceAttribute`: one attribute of one instance.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_item::BlockDeviceItem;
use crate::cloud::api::actions::modify_instance_attribute::ATTRIBUTES;
use crate::cloud::api::actions::state_change::all_of;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Group, ShutdownBehavior};

request! {
    /// The request.
    pub struct DescribeInstanceAttribute {
        /// The instance.
        instance_id: String = "InstanceId",
        /// `instanceType`, `userData` and so on.
        attribute: String = "Attribute",
    }
}

answer! {
    /// The answer: the instance's id and the one attribute.
    pub struct DescribeInstanceAttributeAnswer {
        instance_id: String = "instanceId",
        block_device_mappings: Option<Vec<BlockDeviceItem>> = "blockDeviceMapping",
        disable_api_stop: Option<BooleanAttribute> = "disableApiStop",
        disable_api_termination: Option<BooleanAttribute> = "disableApiTermination",
        ebs_optimized: Option<BooleanAttribute> = "ebsOptimized",
        enclave_options: Option<EnclaveAttribute> = "enclaveOptions",
        groups: Option<Vec<Group>> = "groupSet",
        instance_initiated_shutdown_behavior: Option<TextAttribute> = "instanceInitiatedShutdownBehavior",
        instance_type: Option<TextAttribute> = "instanceType",
        kernel_id: Option<TextAttribute> = "kernel",
        product_codes: Option<Vec<String>> = "productCodes",
        ramdisk_id: Option<TextAttribute> = "ramdisk",
        root_device_name: Option<TextAttribute> = "rootDeviceName",
        source_dest_check: Option<BooleanAttribute> = "sourceDestCheck",
        sriov_net_support: Option<TextAttribute> = "sriovNetSupport",
        user_data: Option<TextAttribute> = "userData",
    }
}

answer! {
    /// An attribute's value; an empty element when there is none.
    pub struct TextAttribute { value: Option<String> = "value" }
}
answer! {
    /// An attribute's value.
    pub struct BooleanAttribute { value: bool = "value" }
}
answer! {
    /// Enclaves.
    pub struct EnclaveAttribute { enabled: bool = "enabled" }
}

impl Operation for DescribeInstanceAttribute {
    const NAME: &'static str = "DescribeInstanceAttribute";
    const CHANGES: bool = false;
    type Answer = DescribeInstanceAttributeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeInstanceAttributeAnswer, ApiError> {
        let attribute = self.attribute.as_str();
        if !ATTRIBUTES.contains(&attribute) {
            return Err(ApiError::unknown_attribute(attribute));
        }
        if attribute == "enaSupport" {
            // AWS's documentation: "not supported".
            let text = "Attribute=enaSupport";
            return Err(ApiError::not_simulated(Self::NAME, text));
        }
        let instance = all_of(call.region, std::slice::from_ref(&self.instance_id))?
            .pop()
            .ok_or_else(|| ApiError::no_such_instances(&[&self.instance_id]))?;
        let interface = instance.interface.as_ref();
        let flag =
            |name: &str, value: bool| (attribute == name).then_some(BooleanAttribute { value });
        let text = |name: &str, value: Option<&str>| {
            (attribute == name).then(|| TextAttribute {
                value: value.map(str::to_owned),
            })
        };
        let shutdown = match instance.shutdown_behavior {
            ShutdownBehavior::Stop => "stop",
            ShutdownBehavior::Terminate => "terminate",
        };
        Ok(DescribeInstanceAttributeAnswer {
            block_device_mappings: (attribute == "blockDeviceMapping")
                .then(|| BlockDeviceItem::of_all(&instance)),
            disable_api_stop: flag("disableApiStop", instance.disable_api_stop),
            disable_api_termination: flag(
                "disableApiTermination",
                instance.disable_api_termination,
            ),
            ebs_optimized: flag("ebsOptimized", instance.ebs_optimized),
            enclave_options: (attribute == "enclaveOptions")
                .then_some(EnclaveAttribute { enabled: false }),
            groups: (attribute == "groupSet")
                .then(|| interface.map_or_else(Vec::new, |one| one.groups.clone())),
            instance_initiated_shutdown_behavior: text(
                "instanceInitiatedShutdownBehavior",
                Some(shutdown),
            ),
            instance_type: text("instanceType", Some(&instance.instance_type)),
            kernel_id: text("kernel", None),
            product_codes: (attribute == "productCodes").then(Vec::new),
            ramdisk_id: text("ramdisk", None),
            root_device_name: text("rootDeviceName", Some(&instance.root_device)),
            source_dest_check: flag(
                "sourceDestCheck",
                interface.is_none_or(|one| one.source_dest_check),
            ),
            sriov_net_support: text("sriovNetSupport", None),
            user_data: text("userData", instance.user_data.as_deref()),
            instance_id: instance.id.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::actions::modify_instance_attribute::ATTRIBUTES;
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn the_type_of_an_instance_as_the_aws_cli_asks_for_it() {
        let mut client = Client::new();
        let id = client.launch("");
        let form = format!("InstanceId={id}&Attribute=instanceType");
        insta::assert_snapshot!(transcript(&client.ec2("DescribeInstanceAttribute", &form)));
    }

    #[test]
    fn every_attribute_answers_with_itself_and_no_other() {
        let mut client = Client::new();
        let id = client.launch("UserData=aGk%3D&");
        for attribute in ATTRIBUTES.iter().filter(|name| **name != "enaSupport") {
            let form = format!("InstanceId={id}&Attribute={attribute}");
            let reply = done(client.ec2("DescribeInstanceAttribute", &form));
            let answered: Vec<&str> = ATTRIBUTES
                .iter()
                .filter(|name| {
                    reply.body.contains(&format!("<{name}>"))
                        || reply.body.contains(&format!("<{name}/>"))
                })
                .copied()
                .collect();
            assert_eq!(answered, [*attribute], "{}", reply.body);
        }
        let form = format!("InstanceId={id}&Attribute=userData");
        let reply = client.ec2("DescribeInstanceAttribute", &form);
        assert_eq!(first(&reply, "value"), "aGk=");
    }

    #[test]
    fn unknown_attributes_and_instances_are_refused() {
        let mut client = Client::new();
        let id = client.launch("");
        let mut refused = |form: &str| refusal(&client.ec2("DescribeInstanceAttribute", form));
        assert_eq!(
            refused(&format!("InstanceId={id}&Attribute=abc")),
            "400 InvalidParameterValue: Value (abc) for parameter attribute is invalid. Unknown attribute."
        );
        assert_eq!(
            refused("InstanceId=i-00000000000000001&Attribute=userData"),
            "400 InvalidInstanceID.NotFound: The instance ID 'i-00000000000000001' does not exist"
        );
        assert_eq!(
            refused(&format!("InstanceId={id}")),
            "400 MissingParameter: The request must contain the parameter Attribute"
        );
    }
}
