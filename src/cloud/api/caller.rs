//! Who is calling, and which service and region they mean: all read from the signature's credential scope.
//!
//! With `--endpoint-url` the Host header is the local endpoint, so that the scope `KEY/DATE/REGION/SERVICE/aws4_request`
//! is the only place that tells (`facts/ec2-api.md` section 1). `signature` reads and verifies it.

use crate::cloud::api::Request;
use crate::cloud::api::envelope::target_prefix;
use crate::cloud::api::error::ApiError;
use crate::cloud::api::signature::Signature;

/// The services that are simulated here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// EC2, query protocol, form in and XML out.
    Ec2,
    /// STS, query protocol with an envelope of its own.
    Sts,
    /// Systems Manager, JSON 1.1: the public parameters that name images.
    Ssm,
    /// EC2 Instance Connect, JSON 1.1.
    InstanceConnect,
}

/// The caller of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Access key id.
    pub access_key_id: String,
    /// Region of the scope.
    pub region: String,
    /// Service of the scope.
    pub service: Service,
}

impl Caller {
    /// Who signed.
    pub fn of(signature: &Signature<'_>) -> Result<Self, ApiError> {
        let service = &*signature.service;
        let Some(known) = by_name(service) else {
            let text = format!("Ground School does not simulate the service '{service}'");
            return Err(ApiError::new("GroundSchool.NotSimulated", text));
        };
        Ok(Self {
            access_key_id: signature.key.to_string(),
            region: signature.region.to_string(),
            service: known,
        })
    }
}

/// The service of that name in a credential scope.
fn by_name(name: &str) -> Option<Service> {
    match name {
        "ec2" => Some(Service::Ec2),
        "sts" => Some(Service::Sts),
        "ssm" => Some(Service::Ssm),
        "ec2-instance-connect" => Some(Service::InstanceConnect),
        _ => None,
    }
}

/// The service that a request is for, as well as it can be told where nothing is signed: it decides the form of a refusal.
pub fn service_of(request: &Request<'_>) -> Service {
    let signed = Signature::of(request).ok();
    if let Some(known) = signed.and_then(|signature| by_name(&signature.service)) {
        return known;
    }
    if let Some(target) = request.target {
        let mut json = [Service::Ssm, Service::InstanceConnect].into_iter();
        let meant = json.find(|service| target.starts_with(target_prefix(*service)));
        return meant.unwrap_or(Service::Ec2);
    }
    let form = |text| form_urlencoded::parse(text);
    let is_sts = form(request.query.as_bytes())
        .chain(form(request.body))
        .take(64)
        .any(|(name, value)| name == "Version" && value == STS_VERSION);
    if is_sts { Service::Sts } else { Service::Ec2 }
}

/// The version that tells STS from EC2 in a form.
const STS_VERSION: &str = "2011-06-15";
