//! One file per action, and the one sorted table that lists them.

mod allocate_address;
mod associate_address;
mod authorize_security_group_egress;
mod authorize_security_group_ingress;
mod create_key_pair;
mod create_security_group;
mod create_tags;
mod delete_key_pair;
mod delete_network_interface;
mod delete_security_group;
mod delete_tags;
mod delete_volume;
mod describe_addresses;
mod describe_availability_zones;
mod describe_images;
mod describe_instance_attribute;
mod describe_instance_status;
mod describe_instance_types;
mod describe_instances;
mod describe_key_pairs;
mod describe_network_interfaces;
mod describe_regions;
mod describe_security_group_rules;
mod describe_security_groups;
mod describe_subnets;
mod describe_tags;
mod describe_volumes;
mod describe_vpcs;
mod disassociate_address;
mod get_caller_identity;
mod get_console_output;
mod get_parameter;
mod get_parameters;
mod get_parameters_by_path;
mod import_key_pair;
mod instance_filter;
mod instance_item;
mod launch_limits;
mod launch_order;
mod modify_instance_attribute;
mod modify_security_group_rules;
mod parameter_item;
mod reboot_instances;
mod release_address;
mod revoke_security_group_egress;
mod revoke_security_group_ingress;
mod rule_changes;
mod rule_descriptions;
mod run_instances;
mod send_ssh_public_key;
mod start_instances;
mod state_change;
mod stop_instances;
mod terminate_instances;
mod update_security_group_rule_descriptions_egress;
mod update_security_group_rule_descriptions_ingress;

use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::cloud::Env;
use crate::cloud::api::Call;
use crate::cloud::api::answer::{Element, Structure};
use crate::cloud::api::caller::Service;
use crate::cloud::api::envelope::Body;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::known;
use crate::cloud::api::params::{Parameter, Params};
use crate::cloud::api::shape::Shape;

/// A typed request that knows what to do: the trait that one file per action implements.
pub trait Operation: Parameter {
    /// The action's name on the wire.
    const NAME: &'static str;
    /// The service that it belongs to.
    const SERVICE: Service = Service::Ec2;
    /// Whether it can change the account.
    const CHANGES: bool = true;
    /// What it answers.
    type Answer: Structure + 'static;
    /// Does it.
    fn run(self, call: &mut Call<'_, '_>) -> Result<Self::Answer, ApiError>;
    /// Does it for a dry run, on a copy of the region.
    fn rehearse(self, call: &mut Call<'_, '_>) -> Result<(), ApiError> {
        self.run(call).map(drop)
    }
}

type Run = fn(Params, &mut Call<'_, '_>, bool) -> Result<Box<dyn Body>, ApiError>;

/// One action of the table.
pub struct Action {
    /// The action's name on the wire.
    pub name: &'static str,
    /// The service that it belongs to.
    pub service: Service,
    /// Whether it can change the account.
    pub changes: bool,
    /// The request's shape.
    pub request: Shape,
    /// The answer's shape.
    pub answer: Shape,
    /// Parses, refuses leftovers, stops at a dry run, runs.
    pub(crate) run: Run,
}

impl Action {
    const fn of<T: Operation>() -> Self {
        Self {
            name: T::NAME,
            service: T::SERVICE,
            changes: T::CHANGES,
            request: T::SHAPE,
            answer: T::Answer::SHAPE,
            run: run::<T>,
        }
    }
}

fn run<T: Operation>(
    mut params: Params,
    call: &mut Call<'_, '_>,
    dry_run: bool,
) -> Result<Box<dyn Body>, ApiError> {
    let request = T::take(&mut params, "")?;
    if let Some(name) = params.left().next() {
        return Err(known::refused(T::SERVICE, T::NAME, name));
    }
    if dry_run {
        return Err(match rehearse(request, call) {
            Err(error) if !error.is_about_state() => error.partly_done(false),
            Ok(()) | Err(_) => ApiError::dry_run(),
        });
    }
    Ok(Box::new(request.run(call)?))
}

/// Does everything on a copy: parameters are read and what they name must be there, as whoever asks a policy must know it.
/// What state it is in, and whether there is room for more, AWS does not look at in a dry run: it documents nothing beyond
/// permissions (`facts/ec2-api.md` section 2), and where exactly it ends is unverified.
fn rehearse<T: Operation>(request: T, call: &mut Call<'_, '_>) -> Result<(), ApiError> {
    let mut region = call.region.clone();
    let mut addresses = call.env.addresses.clone();
    let mut rng = StdRng::from_rng(&mut *call.env.rng);
    let mut env = Env {
        now: call.env.now,
        pace: call.env.pace,
        rng: &mut rng,
        addresses: &mut addresses,
        rsa: &mut *call.env.rsa,
    };
    let mut copy = Call {
        account_id: call.account_id,
        quotas: call.quotas,
        caller: call.caller,
        region: &mut region,
        env: &mut env,
    };
    request.rehearse(&mut copy)
}

/// Every action that is simulated, sorted by service and name.
#[rustfmt::skip]
pub static ACTIONS: &[Action] = &[
    Action::of::<allocate_address::AllocateAddress>(),
    Action::of::<associate_address::AssociateAddress>(),
    Action::of::<authorize_security_group_egress::AuthorizeSecurityGroupEgress>(),
    Action::of::<authorize_security_group_ingress::AuthorizeSecurityGroupIngress>(),
    Action::of::<create_key_pair::CreateKeyPair>(),
    Action::of::<create_security_group::CreateSecurityGroup>(),
    Action::of::<create_tags::CreateTags>(),
    Action::of::<delete_key_pair::DeleteKeyPair>(),
    Action::of::<delete_network_interface::DeleteNetworkInterface>(),
    Action::of::<delete_security_group::DeleteSecurityGroup>(),
    Action::of::<delete_tags::DeleteTags>(),
    Action::of::<delete_volume::DeleteVolume>(),
    Action::of::<describe_addresses::DescribeAddresses>(),
    Action::of::<describe_availability_zones::DescribeAvailabilityZones>(),
    Action::of::<describe_images::DescribeImages>(),
    Action::of::<describe_instance_attribute::DescribeInstanceAttribute>(),
    Action::of::<describe_instance_status::DescribeInstanceStatus>(),
    Action::of::<describe_instance_types::DescribeInstanceTypes>(),
    Action::of::<describe_instances::DescribeInstances>(),
    Action::of::<describe_key_pairs::DescribeKeyPairs>(),
    Action::of::<describe_network_interfaces::DescribeNetworkInterfaces>(),
    Action::of::<describe_regions::DescribeRegions>(),
    Action::of::<describe_security_group_rules::DescribeSecurityGroupRules>(),
    Action::of::<describe_security_groups::DescribeSecurityGroups>(),
    Action::of::<describe_subnets::DescribeSubnets>(),
    Action::of::<describe_tags::DescribeTags>(),
    Action::of::<describe_volumes::DescribeVolumes>(),
    Action::of::<describe_vpcs::DescribeVpcs>(),
    Action::of::<disassociate_address::DisassociateAddress>(),
    Action::of::<get_console_output::GetConsoleOutput>(),
    Action::of::<import_key_pair::ImportKeyPair>(),
    Action::of::<modify_instance_attribute::ModifyInstanceAttribute>(),
    Action::of::<modify_security_group_rules::ModifySecurityGroupRules>(),
    Action::of::<reboot_instances::RebootInstances>(),
    Action::of::<release_address::ReleaseAddress>(),
    Action::of::<revoke_security_group_egress::RevokeSecurityGroupEgress>(),
    Action::of::<revoke_security_group_ingress::RevokeSecurityGroupIngress>(),
    Action::of::<run_instances::RunInstances>(),
    Action::of::<start_instances::StartInstances>(),
    Action::of::<stop_instances::StopInstances>(),
    Action::of::<terminate_instances::TerminateInstances>(),
    Action::of::<update_security_group_rule_descriptions_egress::UpdateSecurityGroupRuleDescriptionsEgress>(),
    Action::of::<update_security_group_rule_descriptions_ingress::UpdateSecurityGroupRuleDescriptionsIngress>(),
    Action::of::<get_caller_identity::GetCallerIdentity>(),
    Action::of::<get_parameter::GetParameter>(),
    Action::of::<get_parameters::GetParameters>(),
    Action::of::<get_parameters_by_path::GetParametersByPath>(),
    Action::of::<send_ssh_public_key::SendSshPublicKey>(),
];

/// The action of that name.
pub fn find(service: Service, name: &str) -> Option<&'static Action> {
    let index = ACTIONS
        .binary_search_by_key(&(service, name), |action| (action.service, action.name))
        .ok()?;
    ACTIONS.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(ACTIONS.is_sorted_by_key(|action| (action.service, action.name)));
    }
}
