//! `DescribeImages`: the Region's catalogue; the account has no images of its own.

use std::borrow::Cow;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::launch_order::check_image_id;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::paginate;
use crate::cloud::api::params::request;
use crate::cloud::resources::image::{Image, shelf};

request! {
    /// The request.
    pub struct DescribeImages {
        /// Who may launch: `all`, `self` or an account; every image here is public.
        executable_users: Vec<String> = "ExecutableBy",
        /// Ids; all when there are none.
        image_ids: Vec<String> = "ImageId",
        /// `self`, `amazon`, `aws-marketplace` or account ids.
        owners: Vec<String> = "Owner",
        /// Also deprecated ones; here there are none.
        include_deprecated: Option<bool> = "IncludeDeprecated",
        /// Filters.
        filters: Vec<Filter> = "Filter",
        /// Images on one page, 1 to 1000.
        max_results: Option<i64> = "MaxResults",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
    }
}

answer! {
    /// The answer.
    pub struct DescribeImagesAnswer {
        images: Vec<Item> = "imagesSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One image.
    pub struct Item {
        image_id: String = "imageId",
        image_location: String = "imageLocation",
        state: &'static str = "imageState",
        owner_id: &'static str = "imageOwnerId",
        creation_date: String = "creationDate",
        public: bool = "isPublic",
        architecture: &'static str = "architecture",
        image_type: &'static str = "imageType",
        sriov_net_support: &'static str = "sriovNetSupport",
        image_owner_alias: Option<&'static str> = "imageOwnerAlias",
        name: &'static str = "name",
        description: &'static str = "description",
        root_device_type: &'static str = "rootDeviceType",
        root_device_name: &'static str = "rootDeviceName",
        block_device_mappings: Vec<Device> = "blockDeviceMapping",
        virtualization_type: &'static str = "virtualizationType",
        hypervisor: &'static str = "hypervisor",
        ena_support: bool = "enaSupport",
        platform_details: &'static str = "platformDetails",
        usage_operation: &'static str = "usageOperation",
        boot_mode: Option<&'static str> = "bootMode",
        imds_support: Option<&'static str> = "imdsSupport",
    }
}

answer! {
    /// A device.
    pub struct Device { device_name: &'static str = "deviceName", ebs: Ebs = "ebs" }
}

answer! {
    /// A volume.
    pub struct Ebs {
        snapshot_id: String = "snapshotId",
        volume_size: i64 = "volumeSize",
        delete_on_termination: bool = "deleteOnTermination",
        volume_type: &'static str = "volumeType",
        encrypted: bool = "encrypted",
    }
}

/// AWS states no least number for this action; that 1 is accepted is unverified.
const PAGE: std::ops::RangeInclusive<i64> = 1..=1000;

const FILTERS: &[&str] = &[
    "architecture",
    "block-device-mapping.delete-on-termination",
    "block-device-mapping.device-name",
    "block-device-mapping.encrypted",
    "block-device-mapping.snapshot-id",
    "block-device-mapping.volume-size",
    "block-device-mapping.volume-type",
    "creation-date",
    "description",
    "ena-support",
    "hypervisor",
    "image-id",
    "image-type",
    "is-public",
    "kernel-id",
    "manifest-location",
    "name",
    "owner-alias",
    "owner-id",
    "platform",
    "platform-details",
    "product-code",
    "product-code.type",
    "ramdisk-id",
    "root-device-name",
    "root-device-type",
    "source-instance-id",
    "sriov-net-support",
    "state",
    "state-reason-code",
    "state-reason-message",
    "tag-key",
    "tag:",
    "usage-operation",
    "virtualization-type",
];

impl Operation for DescribeImages {
    const NAME: &'static str = "DescribeImages";
    const CHANGES: bool = false;
    type Answer = DescribeImagesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeImagesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let region = &call.region.name;
        let shelf = shelf(region);
        // With several bad ids only the first is named (facts, section 2).
        for id in &self.image_ids {
            check_image_id(id)?;
        }
        let missing: Vec<&str> = self
            .image_ids
            .iter()
            .map(String::as_str)
            .filter(|id| shelf.get(id).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(ApiError::no_such_images(&missing));
        }
        // Public images are launchable by all; none is shared with single accounts.
        let executable = self.executable_users.is_empty()
            || self.executable_users.iter().any(|user| user == "all");
        let images = shelf
            .iter()
            .filter(|(id, image)| {
                executable
                    && (self.image_ids.is_empty() || self.image_ids.iter().any(|one| one == id))
                    && (self.owners.is_empty() || owned_by(image, &self.owners))
            })
            .map(|(id, image)| item(id, image, region))
            .filter(|item| filters.fit(|filter| value(item, filter)));
        let (images, next_token) = paginate(
            images,
            |item| item.image_id.clone(),
            self.max_results,
            self.next_token.as_deref(),
            PAGE,
        )?;
        Ok(DescribeImagesAnswer { images, next_token })
    }
}

fn owned_by(image: &Image, owners: &[String]) -> bool {
    owners
        .iter()
        .any(|owner| *owner == image.owner_id || Some(owner) == image.owner_alias.as_ref())
}

fn item(id: &str, image: &'static Image, region: &str) -> Item {
    let owner = image.owner_alias.as_deref().unwrap_or(&image.owner_id);
    Item {
        image_id: id.to_owned(),
        image_location: format!("{owner}/{}", image.name),
        state: "available",
        owner_id: &image.owner_id,
        creation_date: format!("{:.3}", image.created),
        public: true,
        architecture: image.architecture.as_str(),
        image_type: "machine",
        sriov_net_support: "simple",
        image_owner_alias: image.owner_alias.as_deref(),
        name: &image.name,
        description: &image.description,
        root_device_type: "ebs",
        root_device_name: &image.root_device,
        block_device_mappings: vec![Device {
            device_name: &image.root_device,
            ebs: Ebs {
                snapshot_id: image.snapshot_id(region),
                volume_size: image.volume_gib,
                delete_on_termination: true,
                volume_type: &image.volume_type,
                encrypted: false,
            },
        }],
        virtualization_type: "hvm",
        hypervisor: "xen",
        ena_support: true,
        platform_details: &image.platform_details,
        usage_operation: &image.usage_operation,
        boot_mode: image.boot_mode.as_deref(),
        imds_support: image.imds_required.then_some("v2.0"),
    }
}

/// An image's value under a filter's name; images have no tags here.
fn value<'a>(item: &'a Item, filter: &str) -> Option<Cow<'a, str>> {
    let device = item.block_device_mappings.first();
    let text = match filter {
        "architecture" => item.architecture,
        "block-device-mapping.delete-on-termination" => {
            yes_or_no(device?.ebs.delete_on_termination)
        }
        "block-device-mapping.device-name" => device?.device_name,
        "block-device-mapping.encrypted" => yes_or_no(device?.ebs.encrypted),
        "block-device-mapping.snapshot-id" => &device?.ebs.snapshot_id,
        "block-device-mapping.volume-size" => {
            return Some(device?.ebs.volume_size.to_string().into());
        }
        "block-device-mapping.volume-type" => device?.ebs.volume_type,
        "creation-date" => &item.creation_date,
        "description" => item.description,
        "ena-support" | "is-public" => "true",
        "hypervisor" => item.hypervisor,
        "image-id" => &item.image_id,
        "image-type" => item.image_type,
        "manifest-location" => &item.image_location,
        "name" => item.name,
        "owner-alias" => item.image_owner_alias?,
        "owner-id" => item.owner_id,
        "platform-details" => item.platform_details,
        "root-device-name" => item.root_device_name,
        "root-device-type" => item.root_device_type,
        "sriov-net-support" => item.sriov_net_support,
        "state" => item.state,
        "usage-operation" => item.usage_operation,
        "virtualization-type" => item.virtualization_type,
        // What no image has here, such as `platform`.
        _ => return None,
    };
    Some(text.into())
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    #[test]
    fn amazons_images_of_a_region_are_found_by_owner_and_name() {
        let form =
            "Owner.1=amazon&Owner.2=self&Filter.1.Name=name&Filter.1.Value.1=al2023-ami-*-x86_64";
        insta::assert_snapshot!(transcript(&done(Client::new().ec2("DescribeImages", form))));
    }

    #[test]
    fn every_filter_is_known_and_those_of_the_answer_find_something() {
        let nothing = [
            "kernel-id",
            "platform",
            "product-code",
            "product-code.type",
            "ramdisk-id",
            "source-instance-id",
            "state-reason-code",
            "state-reason-message",
            "tag-key",
        ];
        for filter in super::FILTERS.iter().filter(|name| **name != "tag:") {
            let form = format!("Filter.1.Name={filter}&Filter.1.Value.1=*");
            let body = done(Client::new().ec2("DescribeImages", &form)).body;
            assert_eq!(
                body.contains("<imageId>"),
                !nothing.contains(filter),
                "{filter}"
            );
        }
    }

    #[test]
    fn the_account_has_no_images_of_its_own() {
        assert!(
            Client::new()
                .ec2("DescribeImages", "Owner.1=self")
                .body
                .contains("<imagesSet/>")
        );
    }

    #[test]
    fn unknown_images_stand_in_brackets() {
        let form = "ImageId.1=ami-00000000000000001&ImageId.2=ami-00000000000000002";
        assert_eq!(
            refusal(&Client::new().ec2("DescribeImages", form)),
            "400 InvalidAMIID.NotFound: The image ids '[ami-00000000000000001, ami-00000000000000002]' do not exist"
        );
    }
}
