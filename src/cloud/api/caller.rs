//! Who is calling, and which service and region they mean: all read from the signature's credential scope.
//!
//! With `--endpoint-url` the Host header is the local endpoint, so that the scope `KEY/DATE/REGION/SERVICE/aws4_request`
//! is the only place that tells (`facts/ec2-api.md` section 1). The signature itself is not verified yet.

use crate::cloud::api::Request;
use crate::cloud::api::error::ApiError;

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
    /// Reads the `Authorization` header.
    pub fn of(request: &Request<'_>) -> Result<Self, ApiError> {
        let header = request.authorization.ok_or_else(ApiError::missing_token)?;
        let scope = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .and_then(|rest| {
                rest.split([',', ' '])
                    .find_map(|part| part.trim().strip_prefix("Credential="))
            })
            .ok_or_else(ApiError::auth_failure)?;
        let [key, _date, region, service, "aws4_request"] =
            scope.split('/').collect::<Vec<_>>()[..]
        else {
            return Err(ApiError::auth_failure());
        };
        let service = match service {
            "ec2" => Service::Ec2,
            "sts" => Service::Sts,
            "ssm" => Service::Ssm,
            "ec2-instance-connect" => Service::InstanceConnect,
            _ => {
                let text = format!("Ground School does not simulate the service '{service}'");
                return Err(ApiError::new("GroundSchool.NotSimulated", text));
            }
        };
        if key.is_empty() {
            return Err(ApiError::auth_failure());
        }
        Ok(Self {
            access_key_id: key.to_owned(),
            region: region.to_owned(),
            service,
        })
    }
}
