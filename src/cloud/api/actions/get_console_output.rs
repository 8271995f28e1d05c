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
            instance.boots.last().copied()
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
