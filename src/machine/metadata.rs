//! The instance metadata service, version 2: a token by PUT, then what the token opens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Identity;
use super::moment;

/// Where it answers, on port 80.
pub(crate) const ADDRESS: &str = "169.254.169.254";

/// The page of an error. The wording of the real one is unverified.
fn page(code: u32, reason: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?>\n<html>\n <head>\n  <title>{code} - {reason}</title>\n </head>\n <body>\n  <h1>{code} - {reason}</h1>\n </body>\n</html>\n"
    )
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.as_str())
}

/// The metadata service: a token by PUT, then what the token opens (EC2 User Guide, "Instance metadata").
pub(crate) fn answer(
    id: &Identity,
    now: i64,
    method: &str,
    path: &str,
    headers: &[(String, String)],
) -> (u32, String) {
    if path == "/latest/api/token" {
        if method != "PUT" {
            return (405, page(405, "Method Not Allowed"));
        }
        let seconds = header(headers, "x-aws-ec2-metadata-token-ttl-seconds")
            .and_then(|text| text.parse::<i64>().ok());
        return match seconds {
            Some(seconds @ 1..=21_600) => (
                200,
                STANDARD.encode(format!("{}|{}", id.instance_id, now + seconds * 1000)),
            ),
            Some(_) | None => (400, page(400, "Bad Request")),
        };
    }
    let valid = header(headers, "x-aws-ec2-metadata-token")
        .and_then(|token| STANDARD.decode(token).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .is_some_and(|token| {
            let (instance, until) = token.split_once('|').unwrap_or_default();
            instance == id.instance_id && until.parse::<i64>().is_ok_and(|until| until > now)
        });
    let given = header(headers, "x-aws-ec2-metadata-token").is_some();
    if (given || id.metadata_needs_token) && !valid {
        // Without a body, as a public transcript of 2026 has it ("Content-Length: 0"); AWS's own text is unverified.
        return (401, String::new());
    }
    if method != "GET" && method != "HEAD" {
        return (405, page(405, "Method Not Allowed"));
    }
    match document(
        id,
        path.trim_end_matches('/')
            .trim_start_matches("/latest")
            .trim_start_matches('/'),
    ) {
        Some(text) => (200, text),
        None => (404, page(404, "Not Found")),
    }
}

fn document(id: &Identity, path: &str) -> Option<String> {
    if path == "dynamic/instance-identity/document" {
        let booted = moment::format(id.booted_at, "%Y-%m-%dT%H:%M:%SZ")?;
        return Some(format!(
            "{{\n  \"accountId\" : \"{}\",\n  \"architecture\" : \"x86_64\",\n  \"availabilityZone\" : \"{}\",\n  \"imageId\" : \"{}\",\n  \"instanceId\" : \"{}\",\n  \"instanceType\" : \"{}\",\n  \"pendingTime\" : \"{booted}\",\n  \"privateIp\" : \"{}\",\n  \"region\" : \"{}\",\n  \"version\" : \"2017-09-30\"\n}}",
            id.account_id,
            id.availability_zone,
            id.image_id,
            id.instance_id,
            id.instance_type,
            id.private_address,
            id.region
        ));
    }
    if path == "user-data" {
        let data = STANDARD.decode(id.user_data.as_deref()?).ok()?;
        return Some(String::from_utf8_lossy(&data).into_owned());
    }
    if path.is_empty() {
        let data = if id.user_data.is_some() {
            "\nuser-data"
        } else {
            ""
        };
        return Some(format!("dynamic\nmeta-data{data}"));
    }
    if path == "dynamic" {
        return Some("instance-identity/".into());
    }
    let path = path.strip_prefix("meta-data")?.trim_start_matches('/');
    let leaves = leaves(id);
    if let Some((_, text)) = leaves.iter().find(|(name, _)| name == path) {
        return Some(text.clone());
    }
    if path == "public-keys" {
        return id.key_name.as_ref().map(|name| format!("0={name}"));
    }
    let front = if path.is_empty() {
        String::new()
    } else {
        format!("{path}/")
    };
    let mut names: Vec<String> = leaves
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&front))
        .map(|rest| match rest.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => rest.to_owned(),
        })
        .collect();
    names.sort();
    names.dedup();
    (!names.is_empty()).then(|| names.join("\n"))
}

fn leaves(id: &Identity) -> Vec<(String, String)> {
    let mut all = vec![
        ("ami-id".into(), id.image_id.clone()),
        ("ami-launch-index".into(), id.ami_launch_index.to_string()),
        ("hostname".into(), id.private_name.clone()),
        ("instance-action".into(), "none".into()),
        ("instance-id".into(), id.instance_id.clone()),
        ("instance-life-cycle".into(), "on-demand".into()),
        ("instance-type".into(), id.instance_type.clone()),
        ("local-hostname".into(), id.private_name.clone()),
        ("local-ipv4".into(), id.private_address.to_string()),
        ("mac".into(), id.mac.clone()),
        (
            "placement/availability-zone".into(),
            id.availability_zone.clone(),
        ),
        ("placement/region".into(), id.region.clone()),
        ("reservation-id".into(), id.reservation_id.clone()),
        ("security-groups".into(), id.security_groups.join("\n")),
        ("services/domain".into(), "amazonaws.com".into()),
    ];
    if let Some(name) = &id.public_name {
        all.push(("public-hostname".into(), name.clone()));
    }
    if let Some(address) = id.public_address {
        all.push(("public-ipv4".into(), address.to_string()));
    }
    if let Some(key) = &id.public_key {
        all.push((
            "public-keys/0/openssh-key".into(),
            format!("{}\n", key.trim()),
        ));
    }
    all
}
