//! Requests: what is sent, signed as AWS wants it, and sent over HTTP to this computer only.
#![expect(
    clippy::disallowed_methods,
    reason = "signing needs the time, retrying needs a pause, file:// needs files"
)]

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Map, Value};

use crate::cli::aws::failure::Failure;
use crate::cli::aws::settings::Settings;
use crate::cli::aws::{arguments, values};
use crate::cloud::api::actions::Action;
use crate::cloud::api::caller::Service;
use crate::cloud::api::envelope;

/// A request before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The service, as it stands in the signature.
    pub service: &'static str,
    /// Content type.
    pub content_type: &'static str,
    /// `X-Amz-Target`, for the JSON services.
    pub target: Option<String>,
    /// The body.
    pub body: String,
}

impl Outgoing {
    /// An action's request with these parameters, after botocore's own checks.
    pub fn new(
        action: &Action,
        mut parameters: Map<String, Value>,
        dry_run: Option<bool>,
    ) -> Result<Self, Failure> {
        let dry_run = dry_run.or_else(|| parameters.remove("DryRun")?.as_bool());
        let parameters = Value::Object(parameters);
        let mut faults = Vec::new();
        values::check(&action.request, &parameters, "", &mut faults);
        if !faults.is_empty() {
            let faults = faults.join("\n");
            return Err(Failure::Parameter(format!(
                "Parameter validation failed:\n{faults}"
            )));
        }
        let (service, version) = match action.service {
            Service::Ec2 => ("ec2", "2016-11-15"),
            Service::Sts => ("sts", "2011-06-15"),
            Service::Ssm | Service::InstanceConnect => {
                let service = match action.service {
                    Service::InstanceConnect => "ec2-instance-connect",
                    Service::Ec2 | Service::Sts | Service::Ssm => "ssm",
                };
                let prefix = envelope::target_prefix(action.service);
                return Ok(Self {
                    service,
                    content_type: "application/x-amz-json-1.1",
                    target: Some(format!("{prefix}{}", action.name)),
                    body: on_the_wire(action, parameters).to_string(),
                });
            }
        };
        let mut pairs = vec![
            ("Action".to_owned(), action.name.to_owned()),
            ("Version".to_owned(), version.to_owned()),
        ];
        values::form(&action.request, &parameters, "", &mut pairs);
        if let Some(dry_run) = dry_run {
            pairs.push(("DryRun".to_owned(), dry_run.to_string()));
        }
        Ok(Self {
            service,
            content_type: "application/x-www-form-urlencoded; charset=utf-8",
            target: None,
            body: form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish(),
        })
    }
}

/// The members of a JSON service under the names that it knows them by: `InstanceOSUser` for `InstanceOsUser`.
fn on_the_wire(action: &Action, parameters: Value) -> Value {
    let Value::Object(mut parameters) = parameters else {
        return parameters;
    };
    for member in arguments::members(action) {
        if let Some(value) = parameters.remove(&member.member_name()) {
            parameters.insert(member.wire.to_owned(), value);
        }
    }
    parameters.into()
}

/// Where and as whom to send.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The lab's endpoint, without a slash at the end.
    pub endpoint: String,
    /// Region of the signature.
    pub region: String,
    /// Access key id, secret, session token.
    pub credentials: (String, String, Option<String>),
}

/// What the stand-in needs of the world around it.
pub trait Outside {
    /// Environment and files.
    fn settings(&self) -> &Settings;
    /// Reads a file that an option names.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// Sends a request; the answer is HTTP's status and the body.
    fn send(&mut self, to: &Destination, request: &Outgoing) -> Result<(u16, String), Failure>;
    /// Waits.
    fn pause(&mut self, time: Duration);
    /// A fresh client token.
    fn token(&mut self) -> String;
    /// Talks to the learner, beside the answer.
    fn say(&mut self, text: &str);
    /// How wide the terminal is.
    fn width(&self) -> usize;
}

/// The computer, the network, the clock.
pub struct Computer {
    settings: Settings,
    agent: ureq::Agent,
}

impl Computer {
    /// With the environment as it is.
    pub fn new() -> Self {
        // A proxy would be asked for 127.0.0.1 too, and the lab sets one that refuses everything.
        let agent = ureq::Agent::config_builder()
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent(crate::cli::aws::VERSION)
            .build()
            .new_agent();
        Self {
            settings: Settings::read(),
            agent,
        }
    }
}

impl Outside for Computer {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn send(&mut self, to: &Destination, request: &Outgoing) -> Result<(u16, String), Failure> {
        let url = format!("{}/", to.endpoint);
        let mut headers = vec![("content-type".to_owned(), request.content_type.to_owned())];
        if let Some(target) = &request.target {
            headers.push(("x-amz-target".to_owned(), target.clone()));
        }
        let signed = signature(to, request, &url, &headers)?;
        headers.extend(signed);
        let mut post = self.agent.post(&url);
        for (name, value) in headers {
            post = post.header(name, value);
        }
        let unreachable =
            |_| Failure::Other(format!("Could not connect to the endpoint URL: \"{url}\""));
        let mut reply = post.send(&request.body).map_err(unreachable)?;
        let status = reply.status().as_u16();
        let body = reply.body_mut().read_to_string().map_err(unreachable)?;
        Ok((status, body))
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn token(&mut self) -> String {
        let bits: u128 = rand::random();
        let version_4 = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let hex = format!("{version_4:032x}");
        let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
        groups
            .map(|range| hex.get(range).unwrap_or_default())
            .join("-")
    }

    fn say(&mut self, text: &str) {
        anstream::eprintln!("{text}");
    }

    fn width(&self) -> usize {
        rustix::termios::tcgetwinsize(rustix::stdio::stdout())
            .map_or(80, |size| usize::from(size.ws_col))
    }
}

/// The headers that sign a request.
fn signature(
    to: &Destination,
    request: &Outgoing,
    url: &str,
    headers: &[(String, String)],
) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let (id, secret, session) = to.credentials.clone();
    let identity = Credentials::new(id, secret, session, None, "groundschool").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&to.region)
        .name(request.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| wrong(&error))?
        .into();
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let body = SignableBody::Bytes(request.body.as_bytes());
    let signable = SignableRequest::new("POST", url, pairs, body).map_err(|error| wrong(&error))?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|error| wrong(&error))?
        .into_parts();
    Ok(instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}
