//! `DeleteVolume`: a volume that an instance left when it was terminated.

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;

request! {
    /// The request.
    pub struct DeleteVolume {
        /// The volume.
        volume_id: String = "VolumeId",
    }
}

answer! {
    /// The answer.
    pub struct DeleteVolumeAnswer { return_: bool = "return" }
}

impl Operation for DeleteVolume {
    const NAME: &'static str = "DeleteVolume";
    type Answer = DeleteVolumeAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<DeleteVolumeAnswer, ApiError> {
        let id = &self.volume_id;
        let region = &mut *call.region;
        if let Some(owner) = region.instances.with_volume(id) {
            return Err(ApiError::volume_in_use(id, &owner.id));
        }
        if region.left.volume(id).is_none() {
            return Err(ApiError::no_such_volume(id));
        }
        region.left.remove_volume(id);
        Ok(DeleteVolumeAnswer { return_: true })
    }
}

impl ApiError {
    /// `VolumeInUse`, as quoted of Terraform, kops, the EBS driver and many others.
    pub fn volume_in_use(id: &str, instance: &str) -> Self {
        let text = format!("Volume {id} is currently attached to {instance}");
        Self::new("VolumeInUse", text)
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::{Client, first};
    use crate::cloud::api::transcript::{done, refusal};

    const KEPT: &str = "BlockDeviceMapping.1.DeviceName=/dev/xvda&\
                        BlockDeviceMapping.1.Ebs.DeleteOnTermination=false&";

    fn terminate(client: &mut Client, id: &str) {
        done(client.ec2("TerminateInstances", &format!("InstanceId.1={id}")));
        client.pass(2);
    }

    #[test]
    fn a_volume_that_stays_is_available_until_it_is_deleted() {
        let mut client = Client::new();
        let id = client.launch(KEPT);
        client.pass(2);
        let volume = first(&done(client.ec2("DescribeVolumes", "")), "volumeId");
        let delete = format!("VolumeId={volume}");
        assert_eq!(
            refusal(&client.ec2("DeleteVolume", &delete)),
            format!("400 VolumeInUse: Volume {volume} is currently attached to {id}")
        );
        terminate(&mut client, &id);
        let by_id = format!("VolumeId.1={volume}");
        let shown = done(client.ec2("DescribeVolumes", &by_id));
        assert_eq!(first(&shown, "status"), "available");
        assert!(shown.body.contains("<attachmentSet/>"), "{}", shown.body);
        assert_eq!(
            refusal(&client.ec2("DeleteVolume", &format!("DryRun=true&{delete}"))).get(..3),
            Some("412")
        );
        assert_eq!(
            first(&done(client.ec2("DeleteVolume", &delete)), "return"),
            "true"
        );
        let gone = format!("400 InvalidVolume.NotFound: The volume '{volume}' does not exist.");
        assert_eq!(refusal(&client.ec2("DeleteVolume", &delete)), gone);
        assert_eq!(refusal(&client.ec2("DescribeVolumes", &by_id)), gone);
    }

    #[test]
    fn one_that_stays_is_found_tagged_and_kept_like_any_other() {
        let mut client = Client::new();
        let id = client.launch(KEPT);
        client.launch("");
        client.pass(2);
        let by_instance = format!("Filter.1.Name=attachment.instance-id&Filter.1.Value.1={id}");
        let volume = first(
            &done(client.ec2("DescribeVolumes", &by_instance)),
            "volumeId",
        );
        terminate(&mut client, &id);
        let form = format!("ResourceId.1={volume}&Tag.1.Key=Name&Tag.1.Value=left");
        done(client.ec2("CreateTags", &form));
        for form in [
            "Filter.1.Name=status&Filter.1.Value.1=available",
            "Filter.1.Name=tag:Name&Filter.1.Value.1=left",
        ] {
            let found = done(client.ec2("DescribeVolumes", form));
            assert_eq!(found.body.matches("<size>").count(), 1, "{form}");
            assert_eq!(first(&found, "volumeId"), volume);
        }
        let all = done(client.ec2("DescribeVolumes", ""));
        assert_eq!(all.body.matches("<size>").count(), 2);
        assert!(done(client.ec2("DescribeTags", "")).body.contains(&volume));
        let text = serde_json::to_string(&client.account).unwrap();
        client.account = serde_json::from_str(&text).unwrap();
        assert_eq!(
            done(client.ec2("DescribeVolumes", ""))
                .body
                .matches("<size>")
                .count(),
            2
        );
    }
}
