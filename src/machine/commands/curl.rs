//! `curl`: only the instance metadata service answers (version 2); there is no other network.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Call;
use crate::machine::Identity;
use crate::machine::moment;

/// What was asked for.
#[expect(clippy::struct_excessive_bools, reason = "each is one option of curl")]
#[derive(Default)]
struct Request {
    method: Option<String>,
    headers: Vec<(String, String)>,
    urls: Vec<String>,
    output: Option<String>,
    show_headers: bool,
    only_headers: bool,
    fail: bool,
    silent: bool,
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let request = match read(call) {
        Ok(request) => request,
        Err(status) => return status,
    };
    if request.urls.is_empty() {
        call.err("curl: try 'curl --help' or 'curl --manual' for more information\n");
        return 2;
    }
    let mut status = 0;
    for url in &request.urls {
        status = fetch(call, &request, url);
    }
    status
}

fn read(call: &mut Call<'_>) -> Result<Request, u32> {
    let mut request = Request::default();
    let mut words = call.given().iter();
    while let Some(word) = words.next() {
        let (option, mut value) = match word.as_str() {
            "-X" | "--request" | "-H" | "--header" | "-o" | "--output" | "-m" | "--max-time"
            | "--connect-timeout" | "-w" | "--write-out" | "-d" | "--data" | "-A" => {
                (word.get(..2).unwrap_or_default(), None)
            }
            word if word.starts_with("-X") || word.starts_with("-H") || word.starts_with("-o") => (
                word.get(..2).unwrap_or_default(),
                word.get(2..).map(str::to_owned),
            ),
            word => (word, None),
        };
        let takes = ["-X", "-H", "-o", "-m", "-w", "-d", "-A"].contains(&option)
            || (option == "--" && word.len() > 2);
        if takes && value.is_none() {
            value = words.next().cloned();
            if value.is_none() {
                call.err(format!("curl: option {word}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n"));
                return Err(2);
            }
        }
        let value = value.unwrap_or_default();
        match word.as_str() {
            long if long.starts_with("--request") || option == "-X" => request.method = Some(value),
            long if long.starts_with("--header") || option == "-H" => {
                let (name, text) = value.split_once(':').unwrap_or((&value, ""));
                request
                    .headers
                    .push((name.trim().to_lowercase(), text.trim().to_owned()));
            }
            long if long.starts_with("--output") || option == "-o" => request.output = Some(value),
            "--silent" | "--show-error" | "--location" | "--verbose" => {
                request.silent |= word == "--silent";
            }
            "--fail" => request.fail = true,
            "--include" => request.show_headers = true,
            "--head" => request.only_headers = true,
            letters
                if letters.len() > 1
                    && letters.starts_with('-')
                    && !letters.starts_with("--")
                    && !takes =>
            {
                for letter in letters.chars().skip(1) {
                    match letter {
                        's' => request.silent = true,
                        'f' => request.fail = true,
                        'i' => request.show_headers = true,
                        'I' => request.only_headers = true,
                        'S' | 'L' | 'v' | 'k' | '4' => (),
                        other => {
                            call.err(format!(
                                "curl: option -{other}: not simulated on this machine\n"
                            ));
                            return Err(2);
                        }
                    }
                }
            }
            long if long.starts_with("--") && !takes => {
                call.err(format!(
                    "curl: option {long}: not simulated on this machine\n"
                ));
                return Err(2);
            }
            _ if takes => (),
            url => request.urls.push(url.to_owned()),
        }
    }
    Ok(request)
}

fn fetch(call: &mut Call<'_>, request: &Request, url: &str) -> u32 {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let (name, port) = host
        .split_once(':')
        .unwrap_or((host, if scheme == "https" { "443" } else { "80" }));
    if name.is_empty() {
        call.err("curl: (3) URL rejected: No host part in the URL\n");
        return 3;
    }
    if !["http", "https"].contains(&scheme) {
        call.err(format!("curl: (1) Protocol \"{scheme}\" not supported\n"));
        return 1;
    }
    let own = call.host.id.private_address.to_string();
    if name == "169.254.169.254" && !call.host.id.metadata_enabled {
        // Nothing answers: curl waits until it is told not to.
        call.err(format!("curl: (28) Failed to connect to {name} port {port} after 130000 ms: Couldn't connect to server\n"));
        return 28;
    }
    if name == "localhost"
        || name == "127.0.0.1"
        || name == own
        || (name == "169.254.169.254" && port != "80")
    {
        call.err(format!("curl: (7) Failed to connect to {name} port {port} after 0 ms: Could not connect to server\n"));
        return 7;
    }
    if name != "169.254.169.254" {
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            call.err(format!("curl: (7) Failed to connect to {name} port {port} after 0 ms: Network is unreachable\n"));
            return 7;
        }
        call.err(format!("curl: (6) Could not resolve host: {name}\n"));
        return 6;
    }
    let method = request
        .method
        .as_deref()
        .unwrap_or(if request.only_headers { "HEAD" } else { "GET" });
    let (code, mut body) = answer(
        &call.host.id,
        call.host.now,
        method,
        &format!("/{path}"),
        &request.headers,
    );
    if request.fail && code >= 400 {
        call.err(format!(
            "curl: (22) The requested URL returned error: {code}\n"
        ));
        return 22;
    }
    if request.show_headers || request.only_headers {
        let reason = match code {
            200 => "OK",
            400 => "Bad Request",
            401 => "Unauthorized",
            404 => "Not Found",
            _ => "Method Not Allowed",
        };
        let head = format!(
            "HTTP/1.1 {code} {reason}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nServer: EC2ws\r\n\r\n",
            body.len()
        );
        body = if request.only_headers {
            head
        } else {
            head + &body
        };
    }
    match &request.output {
        Some(file) if file != "-" => {
            let (who, now, path) = (call.who(), call.now(), call.path(file));
            if file == "/dev/null" {
                return 0;
            }
            let umask = call.host.shell().umask;
            let disk = call.disk();
            let done = disk
                .open(&who, &path, false, umask, now)
                .and_then(|place| disk.append(&place, body.as_bytes(), now));
            if let Err(fault) = done {
                call.err(format!(
                    "curl: (23) client returned ERROR on write, {file}: {fault}\n"
                ));
                return 23;
            }
        }
        Some(_) | None => call.out(body),
    }
    0
}

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
fn answer(
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

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::machine::testing::{Bench, KEY, identity, run};
    use crate::machine::{Family, Machine};

    const TOKEN: &str = "TOKEN=$(curl -s -X PUT \"http://169.254.169.254/latest/api/token\" -H \"X-aws-ec2-metadata-token-ttl-seconds: 21600\")";

    #[test]
    fn with_a_token_the_metadata_can_be_read() {
        let get = |path: &str| {
            run(&format!(
                "{TOKEN}; curl -s -H \"X-aws-ec2-metadata-token: $TOKEN\" http://169.254.169.254/latest/meta-data/{path}"
            ))
        };
        assert_eq!(get("instance-id"), "i-0123456789abcdef00");
        assert_eq!(get("public-ipv4"), "203.0.113.250");
        assert_eq!(
            get("public-keys/0/openssh-key"),
            format!("{KEY} testkeypair\n0")
        );
        assert_eq!(get("public-keys/"), "0=testkeypair0");
        assert!(get("").starts_with("ami-id\nami-launch-index\n"));
        assert!(get("nothing").contains("404 - Not Found"));
    }

    #[test]
    fn without_a_token_it_is_401() {
        assert_eq!(
            run("curl http://169.254.169.254/latest/meta-data/instance-id"),
            "0"
        );
        let head = run("curl -i http://169.254.169.254/latest/meta-data/instance-id");
        assert!(head.starts_with("HTTP/1.1 401 Unauthorized\n"), "{head}");
        assert_eq!(
            run("curl -sf http://169.254.169.254/latest/meta-data/"),
            "curl: (22) The requested URL returned error: 401\n22"
        );
    }

    #[test]
    fn the_instances_own_options_of_the_service_are_kept() {
        let on = |change: fn(&mut Identity), line: &str| {
            let mut id = identity(Family::Al2023);
            change(&mut id);
            let mut bench = Bench::on(Machine::first_boot(&id), id, false);
            let output = bench
                .session
                .exec(&mut bench.machine, &bench.id, bench.now, line);
            bench.take(output);
            bench.screen + &bench.errors
        };
        let get = "curl -s http://169.254.169.254/latest/";
        assert_eq!(
            on(
                |id| id.metadata_needs_token = false,
                &format!("{get}meta-data/instance-id")
            ),
            "i-0123456789abcdef0"
        );
        assert!(
            on(
                |id| id.metadata_enabled = false,
                &format!("{TOKEN}; {get}meta-data/")
            )
            .contains("curl: (28)")
        );
        let with_token = format!(
            "{TOKEN}; curl -s -H \"X-aws-ec2-metadata-token: $TOKEN\" http://169.254.169.254/latest/user-data"
        );
        assert_eq!(
            on(
                |id| id.user_data = Some("IyEvYmluL3NoCg==".into()),
                &with_token
            ),
            "#!/bin/sh\n"
        );
        assert!(on(|_| (), &with_token).contains("404 - Not Found"));
    }

    #[test]
    fn nothing_else_is_reached() {
        assert_eq!(
            run("curl https://example.com"),
            "curl: (6) Could not resolve host: example.com\n6"
        );
        assert_eq!(
            run("curl localhost"),
            "curl: (7) Failed to connect to localhost port 80 after 0 ms: Could not connect to server\n7"
        );
        assert_eq!(
            run("curl"),
            "curl: try 'curl --help' or 'curl --manual' for more information\n2"
        );
    }
}
