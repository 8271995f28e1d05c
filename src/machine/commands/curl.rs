//! `curl`: the machine's own servers and the instance metadata service answer; there is no other network.

use super::Call;
use crate::machine::network::{self, Reach};

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
    let Ok(port) = port.parse::<u16>() else {
        call.err(
            "curl: (3) URL rejected: Port number was not a decimal number between 0 and 65535\n",
        );
        return 3;
    };
    match network::reach(&call.host.machine, &call.host.id, name, port) {
        Reach::Web if scheme == "http" => {}
        Reach::Web | Reach::Ssh if scheme == "https" => {
            call.err(
                "curl: (35) OpenSSL/3.0.8: error:0A00010B:SSL routines::wrong version number\n",
            );
            return 35;
        }
        Reach::Ssh => {
            call.err("curl: (1) Received HTTP/0.9 when not allowed\n");
            return 1;
        }
        Reach::Web | Reach::Refused => {
            call.err(format!("curl: (7) Failed to connect to {name} port {port} after 0 ms: Could not connect to server\n"));
            return 7;
        }
        Reach::Unreachable => {
            call.err(format!("curl: (7) Failed to connect to {name} port {port} after 0 ms: Network is unreachable\n"));
            return 7;
        }
        Reach::Silent => {
            // Nothing answers: curl waits until it is told not to.
            call.err(format!("curl: (28) Failed to connect to {name} port {port} after 130000 ms: Couldn't connect to server\n"));
            return 28;
        }
        Reach::UnknownName => {
            call.err(format!("curl: (6) Could not resolve host: {name}\n"));
            return 6;
        }
    }
    let method = request
        .method
        .as_deref()
        .unwrap_or(if request.only_headers { "HEAD" } else { "GET" });
    let (path, now) = (format!("/{path}"), call.host.now);
    let asked = (method, path.as_str(), request.headers.as_slice());
    let Some(response) =
        network::respond(&call.host.machine, &call.host.id, now, (name, port), asked)
    else {
        call.err("curl: (52) Empty reply from server\n");
        return 52;
    };
    if request.fail && response.code >= 400 {
        call.err(format!(
            "curl: (22) The requested URL returned error: {}\n",
            response.code
        ));
        return 22;
    }
    let mut body = Vec::new();
    if request.show_headers || request.only_headers {
        body = response.head();
    }
    if !request.only_headers {
        body.extend(response.body);
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
                .and_then(|place| disk.append(&place, &body, now));
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

#[cfg(test)]
mod tests {
    use crate::machine::Identity;
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
