//! `GetConsoleOutput`: what an instance's console said, posted some time after a boot.

use base64::Engine;
use jiff::Timestamp;

use crate::cloud::api::Call;
use crate::cloud::api::actions::Operation;
use crate::cloud::api::actions::state_change::chosen;
use crate::cloud::api::answer::answer;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::params::request;
use crate::cloud::resources::console::console_text;
use crate::cloud::resources::instance_type::{Hypervisor, find};

request! {
    /// The request.
    pub struct GetConsoleOutput {
        /// Id.
        instance_id: String = "InstanceId",
        /// The text as it is now; Nitro only.
        latest: Option<bool> = "Latest",
    }
}

answer! {
    /// The answer.
    pub struct GetConsoleOutputAnswer {
        instance_id: String = "instanceId",
        timestamp: Timestamp = "timestamp",
        /// Base64; left out before the first posting.
        output: Option<String> = "output",
    }
}

impl Operation for GetConsoleOutput {
    const NAME: &'static str = "GetConsoleOutput";
    const CHANGES: bool = false;
    type Answer = GetConsoleOutputAnswer;

    fn run(self, call: &mut Call<'_, '_>) -> Result<GetConsoleOutputAnswer, ApiError> {
        let found = chosen(call.region, std::slice::from_ref(&self.instance_id))?;
        let instance = found
            .first()
            .ok_or_else(|| ApiError::no_such_instances(&[&self.instance_id]))?;
        let boot = if self.latest == Some(true) {
            let nitro = find(&instance.instance_type)
                .is_some_and(|kind| kind.hypervisor == Hypervisor::Nitro);
            if !nitro {
                // From memory, unverified.
                let text =
                    "This instance type does not support retrieving the latest console logs.";
                return Err(ApiError::new("UnsupportedOperation", text));
            }
            instance.boots.last()
        } else {
            instance.posted_boot(call.env.now, call.env.pace)
        };
        let output = boot.map(|boot| {
            let text = console_text(instance, boot);
            base64::engine::general_purpose::STANDARD.encode(text)
        });
        Ok(GetConsoleOutputAnswer {
            timestamp: boot.map_or(instance.launched_at, |boot| boot.at),
            instance_id: self.instance_id,
            output,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::cloud::api::testing::Client;
    use crate::cloud::api::transcript::{done, refusal, transcript};

    use base64::Engine;

    use crate::cloud::api::testing::first;

    fn text(reply: &crate::cloud::api::Reply) -> String {
        let packed = first(reply, "output");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(packed)
            .unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_output_is_posted_some_time_after_the_boot_and_shows_the_host_keys() {
        let mut client = Client::new();
        done(client.ec2("CreateKeyPair", "KeyName=mk&KeyType=ed25519"));
        let id = client.launch("KeyName=mk&");
        let form = format!("InstanceId={id}");
        client.pass(2);
        insta::assert_snapshot!(transcript(&client.ec2("GetConsoleOutput", &form)));
        client.pass(2);
        let reply = client.ec2("GetConsoleOutput", &form);
        for key in &client.instance(&id).host_keys {
            assert!(text(&reply).contains(&key.sha256()));
        }
        insta::with_settings!({filters => vec![
            (r"SHA256:[A-Za-z0-9+/]{43}", "SHA256:[fingerprint]"),
            (r"(ssh-ed25519|ecdsa-sha2-nistp256) AAAA[A-Za-z0-9+/=]+", "$1 [key]"),
            (r"([0-9a-f]{2}:){31}[0-9a-f]{2}", "[colon hex]"),
            (r"ip-172-31-\d+-\d+", "ip-[private]"),
        ]}, {
            insta::assert_snapshot!(text(&reply));
        });
    }

    #[test]
    fn the_latest_text_is_to_be_had_at_once_where_the_hypervisor_is_new() {
        let mut client = Client::new();
        let id = client.launch("");
        client.pass(2);
        let reply = done(client.ec2("GetConsoleOutput", &format!("InstanceId={id}&Latest=true")));
        assert!(
            text(&reply).contains("no authorized SSH keys fingerprints found for user ec2-user.")
        );
        assert!(text(&reply).contains("-----BEGIN SSH HOST KEY FINGERPRINTS-----"));
    }

    #[test]
    fn an_unknown_instance_is_refused() {
        assert_eq!(
            refusal(&Client::new().ec2("GetConsoleOutput", "InstanceId=i-00000000000000001")),
            "400 InvalidInstanceID.NotFound: The instance ID 'i-00000000000000001' does not exist"
        );
    }
}
