//! `ModifyInstanceAttribute`: one attribute a call, in either of two forms (`facts/ec2-api.md` section 5.9).

use std::sync::Arc;

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::launch_limits::each_once;
use crate::cloud::api::actions::launch_order;
use crate::cloud::api::actions::run_instances::UserData;
use crate::cloud::api::actions::state_change::{all_of, is_over};
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::instance::{Instance, ShutdownBehavior, State};
use crate::cloud::resources::instance_type;

request! {
    /// The request.
    pub struct ModifyInstanceAttribute {
        /// Whether traffic must be from or for the instance itself.
        source_dest_check: Option<BooleanValue> = "SourceDestCheck",
        /// Stop protection.
        disable_api_stop: Option<BooleanValue> = "DisableApiStop",
        /// The instance.
        instance_id: String = "InstanceId",
        /// The attribute, when its new value stands in `Value`.
        attribute: Option<String> = "Attribute",
        /// The new value of that attribute.
        value: Option<String> = "Value",
        /// Which volumes go away with the instance.
        block_device_mappings: Vec<Device> = "BlockDeviceMapping",
        /// Termination protection.
        disable_api_termination: Option<BooleanValue> = "DisableApiTermination",
        /// Another type, for a stopped instance.
        instance_type: Option<TextValue> = "InstanceType",
        /// Other user data, base64, for a stopped instance.
        user_data: Option<UserDataValue> = "UserData",
        /// What `shutdown` inside does: `stop` or `terminate`.
        instance_initiated_shutdown_behavior: Option<TextValue> = "InstanceInitiatedShutdownBehavior",
        /// Ids of the security groups that replace the present ones.
        groups: Vec<String> = "GroupId",
        /// Optimised for EBS, for a stopped instance.
        ebs_optimized: Option<BooleanValue> = "EbsOptimized",
    }
}

request! {
    /// A new value.
    pub struct TextValue {
        /// The value.
        value: String = "Value",
    }
}
request! {
    /// New user data.
    pub struct UserDataValue {
        /// Base64.
        value: UserData = "Value",
    }
}
request! {
    /// A new value.
    pub struct BooleanValue {
        /// The value.
        value: bool = "Value",
    }
}
request! {
    /// A device of the instance.
    pub struct Device {
        /// `/dev/xvda` and so on.
        device_name: Option<String> = "DeviceName",
        /// Its volume.
        ebs: Option<DeviceVolume> = "Ebs",
    }
}
request! {
    /// A volume of the instance.
    pub struct DeviceVolume {
        /// Goes away with the instance; `true` when left out.
        delete_on_termination: Option<bool> = "DeleteOnTermination",
        /// The volume that is there.
        volume_id: Option<String> = "VolumeId",
    }
}

answer! {
    /// The answer.
    pub struct ModifyInstanceAttributeAnswer { return_: bool = "return" }
}

/// What a checked change does to the instance.
type Apply = Box<dyn FnOnce(&mut Instance)>;

/// A change that was understood.
enum Change {
    SourceDestCheck(bool),
    DisableApiStop(bool),
    DisableApiTermination(bool),
    Devices(Vec<Device>),
    InstanceType(String),
    UserData(Option<String>),
    Shutdown(ShutdownBehavior),
    Groups(Vec<String>),
    EbsOptimized(bool),
}

impl Operation for ModifyInstanceAttribute {
    const NAME: &'static str = "ModifyInstanceAttribute";
    type Answer = ModifyInstanceAttributeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<ModifyInstanceAttributeAnswer, ApiError> {
        let id = self.instance_id.clone();
        let change = self.change()?;
        let region = &mut *call.region;
        let instance = all_of(region, std::slice::from_ref(&id))?
            .pop()
            .ok_or_else(|| ApiError::no_such_instances(&[&id]))?;
        if change.needs_a_stop() && instance.state != State::Stopped {
            return Err(ApiError::incorrect_state(format!(
                "The instance '{id}' is not in the 'stopped' state."
            )));
        }
        if is_over(instance.state) {
            // The text is unverified.
            return Err(ApiError::incorrect_state(format!(
                "The instance '{id}' is not in a valid state for this operation."
            )));
        }
        let apply = change.checked(region, &instance)?;
        region.instances.change(&id, apply);
        Ok(ModifyInstanceAttributeAnswer { return_: true })
    }
}

impl ModifyInstanceAttribute {
    /// The one change that is asked for.
    fn change(self) -> Result<Change, ApiError> {
        let mut changes = Vec::new();
        let mut add = |name: &'static str, change: Option<Change>| {
            changes.extend(change.map(|change| (name, change)));
        };
        let flag = |given: Option<BooleanValue>| given.map(|given| given.value);
        add(
            "sourceDestCheck",
            flag(self.source_dest_check).map(Change::SourceDestCheck),
        );
        add(
            "disableApiStop",
            flag(self.disable_api_stop).map(Change::DisableApiStop),
        );
        add(
            "disableApiTermination",
            flag(self.disable_api_termination).map(Change::DisableApiTermination),
        );
        add(
            "ebsOptimized",
            flag(self.ebs_optimized).map(Change::EbsOptimized),
        );
        let devices = Some(self.block_device_mappings).filter(|devices| !devices.is_empty());
        add("blockDeviceMapping", devices.map(Change::Devices));
        let groups = Some(self.groups).filter(|groups| !groups.is_empty());
        add("groupSet", groups.map(Change::Groups));
        let data = self.user_data.map(|given| Change::user_data(given.value));
        add("userData", data);
        for (name, text) in [
            ("instanceType", self.instance_type),
            (
                "instanceInitiatedShutdownBehavior",
                self.instance_initiated_shutdown_behavior,
            ),
        ] {
            if let Some(text) = text {
                add(name, Some(Change::of(name, &text.value)?));
            }
        }
        if let Some(attribute) = &self.attribute {
            let known = ATTRIBUTES.iter().find(|name| *name == attribute);
            let name = *known.ok_or_else(|| ApiError::unknown_attribute(attribute))?;
            match &self.value {
                Some(value) => add(name, Some(Change::of(name, value)?)),
                // The attribute may also be named beside its own parameter.
                None if changes.iter().any(|(other, _)| *other == name) => {}
                None => return Err(ApiError::missing_parameter("value")),
            }
        } else if self.value.is_some() {
            return Err(ApiError::missing_parameter("attribute"));
        }
        let names: Vec<&str> = changes.iter().map(|(name, _)| *name).collect();
        match (changes.pop(), changes.is_empty()) {
            (Some((_, change)), true) => Ok(change),
            (None, _) => Err(ApiError::invalid_combination("No attributes specified.")),
            // How the names are listed is unverified.
            (Some(_), false) => Err(ApiError::invalid_combination(format!(
                "Fields for multiple attribute types specified: {}",
                names.join(", ")
            ))),
        }
    }
}

/// The attributes that there are on AWS.
pub const ATTRIBUTES: &[&str] = &[
    "blockDeviceMapping",
    "disableApiStop",
    "disableApiTermination",
    "ebsOptimized",
    "enaSupport",
    "enclaveOptions",
    "groupSet",
    "instanceInitiatedShutdownBehavior",
    "instanceType",
    "kernel",
    "productCodes",
    "ramdisk",
    "rootDeviceName",
    "sourceDestCheck",
    "sriovNetSupport",
    "userData",
];

impl Change {
    /// A change that is written as an attribute's name and a text.
    fn of(attribute: &str, value: &str) -> Result<Self, ApiError> {
        let flag = || match value.to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(ApiError::not_a_boolean("value", value)),
        };
        Ok(match attribute {
            "disableApiStop" => Self::DisableApiStop(flag()?),
            "disableApiTermination" => Self::DisableApiTermination(flag()?),
            "ebsOptimized" => Self::EbsOptimized(flag()?),
            "sourceDestCheck" => Self::SourceDestCheck(flag()?),
            "instanceType" => Self::InstanceType(value.to_owned()),
            "userData" => Self::user_data(UserData::parse(value)?),
            "instanceInitiatedShutdownBehavior" => Self::Shutdown(match value {
                "stop" => ShutdownBehavior::Stop,
                "terminate" => ShutdownBehavior::Terminate,
                other => {
                    let name = "instanceInitiatedShutdownBehavior";
                    return Err(ApiError::invalid_choice(name, other));
                }
            }),
            other => {
                let text = format!("Attribute={other}");
                return Err(ApiError::not_simulated("ModifyInstanceAttribute", &text));
            }
        })
    }

    /// Empty user data is none.
    fn user_data(UserData(data): UserData) -> Self {
        Self::UserData(Some(data).filter(|data| !data.is_empty()))
    }

    fn needs_a_stop(&self) -> bool {
        match self {
            Self::InstanceType(_) | Self::UserData(_) | Self::EbsOptimized(_) => true,
            Self::SourceDestCheck(_)
            | Self::DisableApiStop(_)
            | Self::DisableApiTermination(_)
            | Self::Devices(_)
            | Self::Shutdown(_)
            | Self::Groups(_) => false,
        }
    }

    /// What it does to the instance, once everything that it names was found to exist.
    fn checked(self, region: &Region, instance: &Arc<Instance>) -> Result<Apply, ApiError> {
        Ok(match self {
            Self::DisableApiStop(on) => Box::new(move |one| one.disable_api_stop = on),
            Self::DisableApiTermination(on) => {
                Box::new(move |one| one.disable_api_termination = on)
            }
            Self::EbsOptimized(on) => Box::new(move |one| one.ebs_optimized = on),
            Self::UserData(data) => Box::new(move |one| one.user_data = data),
            Self::Shutdown(behavior) => Box::new(move |one| one.shutdown_behavior = behavior),
            Self::SourceDestCheck(on) => Box::new(move |one| {
                if let Some(interface) = &mut one.interface {
                    interface.source_dest_check = on;
                }
            }),
            Self::InstanceType(name) => {
                let kind = instance_type::find(&name).ok_or_else(|| {
                    ApiError::invalid_value(format!(
                        "The following supplied instance types do not exist: [{name}]"
                    ))
                })?;
                // That modifying says the same as launching is unverified.
                launch_order::check_architecture(kind, instance.architecture)?;
                Box::new(move |one| one.instance_type = name.into())
            }
            Self::Groups(ids) => {
                let found = ids.iter().map(|id| region.security_groups.require(id));
                let found = found.collect::<Result<Vec<_>, _>>()?;
                let found = each_once(found)?;
                Box::new(move |one| {
                    if let Some(interface) = &mut one.interface {
                        interface.groups = found;
                    }
                })
            }
            Self::Devices(devices) => {
                let mut wanted = Vec::new();
                for device in devices {
                    let name = device
                        .device_name
                        .ok_or_else(|| ApiError::missing_parameter("deviceName"))?;
                    let there = instance.volumes.iter().find(|volume| volume.device == name);
                    let id = device.ebs.as_ref().and_then(|ebs| ebs.volume_id.as_ref());
                    if there.is_none_or(|volume| id.is_some_and(|id| *id != volume.id)) {
                        // From memory, unverified.
                        return Err(ApiError::new(
                            "InvalidInstanceAttributeValue",
                            format!("No device is currently mapped at {name}"),
                        ));
                    }
                    let goes = device.ebs.and_then(|ebs| ebs.delete_on_termination);
                    wanted.push((name, goes.unwrap_or(true)));
                }
                Box::new(move |one| {
                    for volume in &mut one.volumes {
                        if let Some((_, goes)) =
                            wanted.iter().find(|(name, _)| *name == volume.device)
                        {
                            volume.delete_on_termination = *goes;
                        }
                    }
                })
            }
        })
    }
}

impl ApiError {
    /// An attribute that there is not.
    pub fn unknown_attribute(name: &str) -> Self {
        Self::invalid_value(format!(
            "Value ({name}) for parameter attribute is invalid. Unknown attribute."
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};
    use crate::cloud::resources::instance::ShutdownBehavior;

    /// A client and its instance, running or stopped.
    fn client(stopped: bool) -> (Client, String) {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        done(client.ec2("DescribeInstances", ""));
        if stopped {
            done(client.ec2("StopInstances", &format!("InstanceId.1={id}")));
            client.pass(2);
            done(client.ec2("DescribeInstances", ""));
        }
        (client, id)
    }

    fn modify(client: &mut Client, id: &str, form: &str) -> String {
        refusal(&client.ec2(
            "ModifyInstanceAttribute",
            &format!("InstanceId={id}&{form}"),
        ))
    }

    #[test]
    fn both_forms_change_the_type_of_a_stopped_instance() {
        let (mut client, id) = client(true);
        let form = format!("InstanceId={id}&InstanceType.Value=t3.small");
        insta::assert_snapshot!(transcript(&client.ec2("ModifyInstanceAttribute", &form)));
        assert_eq!(client.instance(&id).instance_type, "t3.small");
        assert_eq!(
            modify(&mut client, &id, "Attribute=instanceType&Value=t3.large"),
            "200 : "
        );
        assert_eq!(client.instance(&id).instance_type, "t3.large");
    }

    #[test]
    fn a_dry_run_looks_for_the_instance_and_not_at_its_state() {
        let (mut client, id) = client(false);
        for form in [
            "InstanceType.Value=t3.small",
            "BlockDeviceMapping.1.DeviceName=/dev/none",
        ] {
            assert_eq!(
                modify(&mut client, &id, &format!("DryRun=true&{form}")),
                "412 DryRunOperation: Request would have succeeded, but DryRun flag is set."
            );
        }
        let missing = "i-00000000000000001";
        assert_eq!(
            modify(
                &mut client,
                missing,
                "DryRun=true&InstanceType.Value=t3.small"
            ),
            format!("400 InvalidInstanceID.NotFound: The instance ID '{missing}' does not exist")
        );
        assert_eq!(
            modify(&mut client, &id, "DryRun=true&Attribute=abc&Value=1"),
            "400 InvalidParameterValue: Value (abc) for parameter attribute is invalid. Unknown attribute."
        );
    }

    #[test]
    fn type_user_data_and_ebs_optimisation_need_a_stopped_instance() {
        let (mut client, id) = client(false);
        for form in [
            "InstanceType.Value=t3.small",
            "UserData.Value=aGk%3D",
            "Attribute=userData&Value=aGk%3D",
            "EbsOptimized.Value=true",
        ] {
            assert_eq!(
                modify(&mut client, &id, form),
                format!(
                    "400 IncorrectInstanceState: The instance '{id}' is not in the 'stopped' state."
                ),
                "{form}"
            );
        }
    }

    #[test]
    fn user_data_is_replaced_and_cleared() {
        let (mut client, id) = client(true);
        assert_eq!(modify(&mut client, &id, "UserData.Value=aGk%3D"), "200 : ");
        assert_eq!(client.instance(&id).user_data.as_deref(), Some("aGk="));
        assert_eq!(
            modify(&mut client, &id, "UserData.Value=%25"),
            "400 InvalidUserData.Malformed: Invalid BASE64 encoding of user data."
        );
        assert_eq!(modify(&mut client, &id, "UserData.Value="), "200 : ");
        assert_eq!(client.instance(&id).user_data, None);
    }

    #[test]
    fn protections_go_on_and_off_while_it_runs() {
        let (mut client, id) = client(false);
        let instance = format!("InstanceId.1={id}");
        for (attribute, action) in [
            ("DisableApiTermination", "TerminateInstances"),
            ("DisableApiStop", "StopInstances"),
        ] {
            assert_eq!(
                modify(&mut client, &id, &format!("{attribute}.Value=true")),
                "200 : "
            );
            assert!(
                refusal(&client.ec2(action, &instance))
                    .starts_with("400 OperationNotPermitted: The instance")
            );
            assert_eq!(
                modify(&mut client, &id, &format!("{attribute}.Value=false")),
                "200 : "
            );
        }
        done(client.ec2("StopInstances", &instance));
        done(client.ec2("TerminateInstances", &instance));
    }

    #[test]
    fn groups_are_replaced_at_once() {
        let (mut client, id) = client(false);
        let made = done(client.ec2("CreateSecurityGroup", "GroupName=g&GroupDescription=d"));
        let group = first(&made, "groupId");
        let form = format!("GroupId.1={group}&GroupId.2={group}");
        assert_eq!(modify(&mut client, &id, &form), "200 : ");
        assert_eq!(
            client.instance(&id).group_ids().collect::<Vec<_>>(),
            [group]
        );
        assert_eq!(
            modify(&mut client, &id, "GroupId.1=sg-00000000000000001"),
            "400 InvalidGroup.NotFound: The security group 'sg-00000000000000001' does not exist"
        );
        let mut ids = Vec::new();
        for n in 1..=6 {
            let form = format!("GroupName=g{n}&GroupDescription=d");
            let id = first(&done(client.ec2("CreateSecurityGroup", &form)), "groupId");
            ids.push(format!("GroupId.{n}={id}"));
        }
        assert!(
            modify(&mut client, &id, &ids.join("&"))
                .starts_with("400 SecurityGroupsPerInstanceLimitExceeded: ")
        );
        assert_eq!(modify(&mut client, &id, &ids[..5].join("&")), "200 : ");
    }

    #[test]
    fn the_other_switches_show_in_the_instance() {
        let (mut client, id) = client(false);
        assert_eq!(
            modify(&mut client, &id, "SourceDestCheck.Value=false"),
            "200 : "
        );
        let reply = done(client.ec2("DescribeInstances", ""));
        assert_eq!(
            reply
                .body
                .matches("<sourceDestCheck>false</sourceDestCheck>")
                .count(),
            2
        );
        let form = "Attribute=instanceInitiatedShutdownBehavior&Value=terminate";
        assert_eq!(modify(&mut client, &id, form), "200 : ");
        assert_eq!(
            client.instance(&id).shutdown_behavior,
            ShutdownBehavior::Terminate
        );
        let device = "BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.";
        let form = format!("{device}DeleteOnTermination=false");
        assert_eq!(modify(&mut client, &id, &form), "200 : ");
        assert!(!client.instance(&id).volumes[0].delete_on_termination);
        assert_eq!(
            modify(
                &mut client,
                &id,
                "BlockDeviceMapping.1.DeviceName=/dev/sdz&BlockDeviceMapping.1.Ebs.DeleteOnTermination=true"
            ),
            "400 InvalidInstanceAttributeValue: No device is currently mapped at /dev/sdz"
        );
    }

    #[test]
    fn types_that_do_not_fit_are_refused() {
        let (mut client, id) = client(true);
        assert_eq!(
            modify(&mut client, &id, "InstanceType.Value=t1.non_existent"),
            "400 InvalidParameterValue: The following supplied instance types do not exist: [t1.non_existent]"
        );
        assert!(
            modify(&mut client, &id, "InstanceType.Value=t4g.micro").starts_with(
                "400 InvalidParameterValue: The architecture 'arm64' of the specified instance type"
            )
        );
    }

    #[test]
    fn one_attribute_a_call() {
        let (mut client, id) = client(false);
        assert_eq!(
            modify(
                &mut client,
                &id,
                "DisableApiStop.Value=true&SourceDestCheck.Value=true"
            ),
            "400 InvalidParameterCombination: Fields for multiple attribute types specified: \
             sourceDestCheck, disableApiStop"
        );
        assert_eq!(
            modify(&mut client, &id, ""),
            "400 InvalidParameterCombination: No attributes specified."
        );
        assert_eq!(
            modify(&mut client, &id, "Attribute=abc&Value=x"),
            "400 InvalidParameterValue: Value (abc) for parameter attribute is invalid. Unknown attribute."
        );
        assert!(
            modify(&mut client, &id, "Attribute=kernel&Value=x")
                .starts_with("400 GroundSchool.NotSimulated: ")
        );
        assert_eq!(
            modify(&mut client, &id, "Attribute=userData"),
            "400 MissingParameter: The request must contain the parameter value"
        );
    }

    #[test]
    fn unknown_and_terminated_instances_are_refused() {
        let (mut client, id) = client(false);
        assert_eq!(
            modify(
                &mut client,
                "i-00000000000000001",
                "DisableApiStop.Value=true"
            ),
            "400 InvalidInstanceID.NotFound: The instance ID 'i-00000000000000001' does not exist"
        );
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        assert!(
            modify(&mut client, &id, "DisableApiStop.Value=true")
                .starts_with("400 IncorrectInstanceState: ")
        );
    }
}
