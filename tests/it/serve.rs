//! `groundschool serve` as a tool of its own: the README's recipe, seeds, faults, state and reset.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::aws::folder_of_aws;
use crate::desk::program;
use crate::served::{Answer, Served, ec2};

fn path() -> std::ffi::OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let first = [program().parent().unwrap().to_owned(), folder_of_aws()];
    let all = first.into_iter().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).unwrap()
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_recipe_of_the_readme_signs_in_to_an_instance() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let recipe = readme
        .split("```bash\n")
        .nth(1)
        .and_then(|after| after.split("```").next())
        .unwrap()
        .replace("4566", &free_port().to_string())
        .replace("2222", &free_port().to_string());
    let folder = tempfile::tempdir().unwrap();
    // OpenSSH takes the home folder from the list of users; the recipe's known hosts are not to go there.
    let recipe = recipe.replace("ssh -p", "ssh -F none -o UserKnownHostsFile=known -p");
    std::fs::write(folder.path().join("recipe.sh"), recipe).unwrap();
    let output = Command::new("bash")
        .args(["-e", "recipe.sh"])
        .env_clear()
        .env("PATH", path())
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "ec2-user\n",
        "{error}"
    );
    assert!(output.status.success(), "{error}");
    let state = std::fs::read(folder.path().join("state.json")).unwrap();
    let state: Value = serde_json::from_slice(&state).unwrap();
    let instance = &state["accounts"][0]["regions"]["us-east-1"]["Reservations"][0]["Instances"][0];
    assert_eq!(instance["KeyName"], "ci");
}

/// Starts it with more options.
fn serve(options: &[&str]) -> Served {
    let mut command = Command::new(program());
    command.args(["serve", "--ec2", "127.0.0.1:0", "--pace", "instant"]);
    Served::from(command.args(options))
}

fn own(server: &Served, line: &str) -> Answer {
    let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    server.connect().send(request.as_bytes()).unwrap()
}

fn state(server: &Served) -> Value {
    let answer = own(server, "GET /_groundschool/state");
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[test]
fn the_state_is_shown_and_a_reset_goes_back_to_the_seed_and_its_faults() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.json");
    let text = r#"{"format": 1, "accounts": [{"access_key_id": "AKIAIOSFODNN7EXAMPLE", "id": "111122223333",
        "instances": [{"name": "web", "region": "eu-north-1"}]}]}"#;
    std::fs::write(&seed, text).unwrap();
    let server = serve(&[
        "--seed",
        seed.to_str().unwrap(),
        "--fault",
        "RequestLimitExceeded:DescribeRegions:1",
        "--deny",
        "StopInstances",
    ]);
    let first = state(&server);
    assert_eq!(first["format"], 1);
    let account = &first["accounts"][0];
    assert_eq!(account["id"], "111122223333");
    let regions = account["regions"].as_object().unwrap();
    let instance = &regions["eu-north-1"]["Reservations"][0]["Instances"][0];
    assert_eq!(
        instance["State"]["Name"], "running",
        "as the ready line promises"
    );
    assert!(
        instance["PublicIpAddress"]
            .as_str()
            .unwrap()
            .starts_with("127.")
    );

    let mut client = server.connect();
    assert_eq!(client.ec2("DescribeRegions", "").unwrap().status, 503);
    assert_eq!(client.ec2("DescribeRegions", "").unwrap().status, 200);
    let made = client.ec2("CreateKeyPair", "KeyName=k&KeyType=ed25519");
    assert_eq!(made.unwrap().status, 200);
    let key_pairs =
        |state: &Value| state["accounts"][0]["regions"]["us-east-1"]["KeyPairs"].clone();
    assert_eq!(key_pairs(&state(&server))[0]["KeyName"], "k");
    let denied = client.ec2("StopInstances", "InstanceId.1=i-0123456789abcdef0");
    assert_eq!(denied.unwrap().status, 403);

    let reset = own(&server, "POST /_groundschool/reset");
    assert_eq!(reset.status, 200, "{}", reset.body);
    assert_eq!(key_pairs(&state(&server)), Value::Null);
    assert_eq!(
        state(&server)["accounts"][0]["regions"]["eu-north-1"]["Reservations"][0]["Instances"][0]["State"]
            ["Name"],
        "running"
    );
    assert_eq!(client.ec2("DescribeRegions", "").unwrap().status, 503);

    assert_eq!(own(&server, "POST /_groundschool/state").status, 405);
    assert_eq!(own(&server, "GET /_groundschool/reset").status, 405);
    assert_eq!(own(&server, "GET /_groundschool/").status, 404);
    let page = "POST /_groundschool/reset HTTP/1.1\r\nHost: localhost\r\nOrigin: http://a\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(server.connect().send(page.as_bytes()).unwrap().status, 403);
    assert_eq!(server.stop(), "");
}

fn refused(options: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(program())
        .args(["serve", "--ec2", "127.0.0.1:0"])
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.stdout.is_empty());
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), error)
}

#[test]
fn what_cannot_be_is_refused_by_name_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.toml");
    std::fs::write(&seed, "format = 1\n[[acounts]]\n").unwrap();
    let seed = seed.to_str().unwrap();
    for (options, says) in [
        (
            ["--fault", "Throttle:RunInstances"],
            "there is no fault `Throttle`",
        ),
        (
            ["--fault", "InternalError:RunInstance"],
            "did you mean RunInstances?",
        ),
        (
            ["--deny", "GetCallerIdentity"],
            "AWS needs no permission for it",
        ),
        (
            ["--seed", "/nowhere/seed.toml"],
            "/nowhere/seed.toml cannot be read",
        ),
        (["--seed", seed], "line 2: unknown field `acounts`"),
    ] {
        let (code, error) = refused(&options);
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn an_answer_that_is_on_its_way_is_finished_when_serve_is_asked_to_end() {
    let server = serve(&["--fault", "slow:1s:DescribeRegions:1"]);
    let mut client = server.connect();
    let request = String::from_utf8(ec2("DescribeRegions", "")).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = format!("{head}\r\nExpect: 100-continue\r\n\r\n");
    client.stream.write_all(head.as_bytes()).unwrap();
    // Said when the request is at work.
    let mut go_on = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    client.stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(server.stop(), "");
    assert_eq!(client.answer().unwrap().status, 200);
}
