//! `DescribeVolumes`: the volumes that instances have, and those that they left.

use std::borrow::Cow;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::cloud::Region;
use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::instance_filter::yes_or_no;
use crate::cloud::api::answer::{WholeSeconds, answer};
use crate::cloud::api::error::ApiError;
use crate::cloud::api::filter::{Filter, Filters};
use crate::cloud::api::page::{USUAL, paginate};
use crate::cloud::api::params::request;
use crate::cloud::resources::image::shelf;
use crate::cloud::resources::instance::{Instance, Volume};
use crate::cloud::resources::left::LeftVolume;
use crate::cloud::resources::tag::TagItem;
use crate::cloud::text::Text;

request! {
    /// The request.
    pub struct DescribeVolumes {
        /// Ids; all when there are none.
        volume_ids: Vec<String> = "VolumeId",
        /// `attachment.instance-id`, `status`, `tag:KEY` and so on.
        filters: Vec<Filter> = "Filter",
        /// Where the last page ended.
        next_token: Option<String> = "NextToken",
        /// Size of a page, 5 to 1000.
        max_results: Option<i64> = "MaxResults",
    }
}

answer! {
    /// The answer.
    pub struct DescribeVolumesAnswer {
        volumes: Vec<VolumeItem> = "volumeSet",
        next_token: Option<String> = "nextToken",
    }
}

answer! {
    /// One volume.
    pub struct VolumeItem {
        volume_id: String = "volumeId",
        size: i64 = "size",
        snapshot_id: String = "snapshotId",
        availability_zone: String = "availabilityZone",
        availability_zone_id: Option<String> = "availabilityZoneId",
        state: &'static str = "status",
        create_time: Timestamp = "createTime",
        attachments: Vec<VolumeAttachmentItem> = "attachmentSet",
        tags: Option<Vec<TagItem>> = "tagSet",
        volume_type: String = "volumeType",
        iops: Option<i64> = "iops",
        encrypted: bool = "encrypted",
        kms_key_id: Option<String> = "kmsKeyId",
        multi_attach_enabled: bool = "multiAttachEnabled",
        throughput: Option<i64> = "throughput",
    }
}
answer! {
    /// How a volume is attached.
    pub struct VolumeAttachmentItem {
        volume_id: String = "volumeId",
        instance_id: String = "instanceId",
        device: String = "device",
        state: &'static str = "status",
        attach_time: Timestamp = "attachTime",
        delete_on_termination: bool = "deleteOnTermination",
    }
}

const FILTERS: &[&str] = &[
    "attachment.attach-time",
    "attachment.delete-on-termination",
    "attachment.device",
    "attachment.instance-id",
    "attachment.status",
    "availability-zone",
    "availability-zone-id",
    "create-time",
    "encrypted",
    "fast-restored",
    "multi-attach-enabled",
    "operator.managed",
    "operator.principal",
    "size",
    "snapshot-id",
    "status",
    "tag-key",
    "tag-value",
    "tag:",
    "volume-id",
    "volume-type",
];

impl Operation for DescribeVolumes {
    const NAME: &'static str = "DescribeVolumes";
    const CHANGES: bool = false;
    type Answer = DescribeVolumesAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DescribeVolumesAnswer, ApiError> {
        let filters = Filters::check(self.filters, FILTERS)?;
        let ids = &self.volume_ids;
        if self.max_results.is_some() && !ids.is_empty() {
            // The text follows that of DescribeInstances, unverified.
            let text = "The parameter volumeSet cannot be used with the parameter maxResults";
            return Err(ApiError::invalid_combination(text));
        }
        let region = &*call.region;
        let (mut owners, mut left) = (Vec::with_capacity(ids.len()), Vec::new());
        for id in ids {
            if !id.starts_with("vol-") {
                // From memory, unverified.
                return Err(ApiError::invalid_value(format!(
                    "Value ({id}) for parameter volumes is invalid. Expected: 'vol-...'."
                )));
            }
            match (region.instances.with_volume(id), region.left.volume(id)) {
                (Some(owner), _) => owners.push(owner),
                (None, Some(volume)) => left.push(volume),
                (None, None) => return Err(ApiError::no_such_volume(id)),
            }
        }
        let all = ids.is_empty();
        let owners = (all || !owners.is_empty()).then(|| region.instances.these_or_all(owners));
        let attached = owners
            .into_iter()
            .flatten()
            .flat_map(|instance| instance.volumes.iter().map(|one| Shown::of(instance, one)))
            .filter(|shown| all || ids.contains(&shown.volume.id));
        left.sort_unstable_by(|one, other| one.volume.id.cmp(&other.volume.id));
        left.dedup_by(|one, other| one.volume.id == other.volume.id);
        let left = left.into_iter();
        let left = left.chain(region.left.volumes().filter(|_| all));
        let meant = attached
            .chain(left.map(Shown::of_left))
            .filter(|shown| filters.fit(|filter| values(shown, region, filter)));
        let (page, next_token) = paginate(
            meant,
            Shown::key,
            self.max_results,
            self.next_token.as_deref(),
            USUAL,
        )?;
        let volumes = page
            .into_iter()
            .map(|shown| item(&shown, region, call.account_id))
            .collect();
        Ok(DescribeVolumesAnswer {
            volumes,
            next_token,
        })
    }
}

/// A volume with what is told of it beside.
struct Shown<'a> {
    volume: &'a Volume,
    zone: &'a Text,
    image_id: &'a str,
    created_at: Timestamp,
    instance: Option<&'a Instance>,
}

impl<'a> Shown<'a> {
    fn of(instance: &'a Instance, volume: &'a Volume) -> Self {
        Self {
            volume,
            zone: &instance.availability_zone,
            image_id: &instance.image_id,
            created_at: instance.created_at,
            instance: Some(instance),
        }
    }

    fn of_left(left: &'a LeftVolume) -> Self {
        Self {
            volume: &left.volume,
            zone: &left.zone,
            image_id: &left.image_id,
            created_at: left.created_at,
            instance: None,
        }
    }

    /// Where it stands: by instance and device, and behind them those that have none.
    fn key(&self) -> String {
        match self.instance {
            Some(instance) => format!("{:016x} {}", instance.number, self.volume.device),
            None => format!("left {}", self.volume.id),
        }
    }

    fn status(&self) -> &'static str {
        match self.instance {
            Some(_) => "in-use",
            None => "available",
        }
    }
}

fn item(shown: &Shown<'_>, region: &Region, account: &str) -> VolumeItem {
    let volume = shown.volume;
    let (iops, throughput) = performance(volume);
    let attachment = shown.instance.map(|instance| VolumeAttachmentItem {
        volume_id: volume.id.clone(),
        instance_id: instance.id.clone(),
        device: volume.device.clone(),
        state: "attached",
        attach_time: instance.created_at,
        delete_on_termination: volume.delete_on_termination,
    });
    VolumeItem {
        volume_id: volume.id.clone(),
        size: volume.size,
        snapshot_id: snapshot_id(shown, region),
        availability_zone: shown.zone.to_string(),
        availability_zone_id: region.network.zone_id(shown.zone).map(str::to_owned),
        state: shown.status(),
        create_time: shown.created_at,
        attachments: attachment.into_iter().collect(),
        tags: volume.tags.items_if_any(),
        volume_type: volume.volume_type.clone(),
        iops,
        encrypted: volume.encrypted,
        kms_key_id: volume.encrypted.then(|| default_key(account, &region.name)),
        multi_attach_enabled: false,
        throughput,
    }
}

/// IOPS and MiB/s: gp3's baseline, gp2's three IOPS a GiB from 100 to 16,000 (EBS User Guide).
fn performance(volume: &Volume) -> (Option<i64>, Option<i64>) {
    match volume.volume_type.as_str() {
        "gp3" => (Some(3000), Some(125)),
        "gp2" => (Some((volume.size * 3).clamp(100, 16_000)), None),
        _ => (None, None),
    }
}

/// The snapshot of the image that the volume was made from.
fn snapshot_id(shown: &Shown<'_>, region: &Region) -> String {
    shelf(&region.name)
        .get(shown.image_id)
        .map(|image| image.snapshot_id(&region.name))
        .unwrap_or_default()
}

/// The ARN of the account's own `aws/ebs` key, always the same in a Region.
fn default_key(account: &str, region: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("aws/ebs {account} {region}")));
    let part = |range| digest.get(range).unwrap_or_default();
    format!(
        "arn:aws:kms:{region}:{account}:key/{}-{}-4{}-8{}-{}",
        part(0..8),
        part(8..12),
        part(12..15),
        part(15..18),
        part(18..30)
    )
}

fn values<'a>(shown: &Shown<'a>, region: &'a Region, filter: &str) -> Vec<Cow<'a, str>> {
    let volume = shown.volume;
    if let Some(attachment) = filter.strip_prefix("attachment.") {
        let value = |instance| attachment_value(instance, volume, attachment);
        return shown.instance.map(value).into_iter().collect();
    }
    let value = match filter {
        "availability-zone" => shown.zone.as_str().into(),
        "availability-zone-id" => {
            let id = region.network.zone_id(shown.zone);
            return id.map(Cow::from).into_iter().collect();
        }
        "create-time" => WholeSeconds(shown.created_at).to_string().into(),
        "encrypted" => yes_or_no(volume.encrypted),
        "fast-restored" | "multi-attach-enabled" | "operator.managed" => "false".into(),
        "size" => volume.size.to_string().into(),
        "snapshot-id" => snapshot_id(shown, region).into(),
        "status" => shown.status().into(),
        "volume-id" => volume.id.as_str().into(),
        "volume-type" => volume.volume_type.as_str().into(),
        _ => return volume.tags.filter_values(filter).unwrap_or_default(),
    };
    vec![value]
}

/// What a filter finds of how the volume is attached.
fn attachment_value<'a>(instance: &'a Instance, volume: &'a Volume, name: &str) -> Cow<'a, str> {
    match name {
        "attach-time" => WholeSeconds(instance.created_at).to_string().into(),
        "delete-on-termination" => yes_or_no(volume.delete_on_termination),
        "device" => volume.device.as_str().into(),
        "instance-id" => instance.id.as_str().into(),
        _ => "attached".into(),
    }
}

impl ApiError {
    /// `InvalidVolume.NotFound`, with its full stop as quoted of several drivers.
    pub fn no_such_volume(id: &str) -> Self {
        Self::new(
            "InvalidVolume.NotFound",
            format!("The volume '{id}' does not exist."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal, transcript};

    fn client() -> (Client, String) {
        let mut client = Client::new();
        let id = client.launch(
            "TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=Name&\
             TagSpecification.1.Tag.1.Value=web&",
        );
        client.pass(2);
        (client, id)
    }

    #[test]
    fn the_root_volume_of_an_instance() {
        let (mut client, _) = client();
        insta::assert_snapshot!(transcript(&client.ec2("DescribeVolumes", "")));
    }

    #[test]
    fn every_filter_finds_what_a_volume_has() {
        let (client, id) = client();
        let region = &client.account.regions["us-east-1"];
        let instance = client.instance(&id);
        let volume = &instance.volumes[0];
        for filter in FILTERS {
            let name = if *filter == "tag:" {
                "tag:Name"
            } else {
                filter
            };
            let found = values(&Shown::of(&instance, volume), region, name);
            assert_eq!(!found.is_empty(), *filter != "operator.principal", "{name}");
        }
    }

    #[test]
    fn types_and_encryption_show() {
        let mut client = Client::new();
        let device = "BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.";
        client.launch(&format!(
            "{device}VolumeType=gp2&BlockDeviceMapping.1.Ebs.VolumeSize=100&BlockDeviceMapping.1.Ebs.Encrypted=true&"
        ));
        let reply = done(client.ec2("DescribeVolumes", ""));
        assert_eq!(first(&reply, "iops"), "300");
        assert!(!reply.body.contains("throughput"));
        let key = first(&reply, "kmsKeyId");
        assert!(
            key.starts_with("arn:aws:kms:us-east-1:123456789012:key/") && key.len() == 75,
            "{key}"
        );
    }

    #[test]
    fn volumes_are_found_by_their_instance_and_go_with_it() {
        let (mut client, id) = client();
        client.launch("");
        let form = format!("Filter.1.Name=attachment.instance-id&Filter.1.Value.1={id}");
        let found = done(client.ec2("DescribeVolumes", &form));
        let volume = first(&found, "volumeId");
        assert_eq!(found.body.matches("<device>").count(), 1);
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
        assert_eq!(
            refusal(&client.ec2("DescribeVolumes", &format!("VolumeId.1={volume}"))),
            format!("400 InvalidVolume.NotFound: The volume '{volume}' does not exist.")
        );
    }

    #[test]
    fn bad_ids_are_refused() {
        let (mut client, _) = client();
        let mut refused = |form: &str| refusal(&client.ec2("DescribeVolumes", form));
        assert_eq!(
            refused("VolumeId.1=i-1"),
            "400 InvalidParameterValue: Value (i-1) for parameter volumes is invalid. Expected: 'vol-...'."
        );
        assert!(
            refused("VolumeId.1=vol-00000000000000001&MaxResults=5")
                .starts_with("400 InvalidParameterCombination: ")
        );
    }
}
