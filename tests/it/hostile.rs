//! Bad input for a real `groundschool serve`: whatever comes, the next client is answered, and memory comes back.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::served::{AUTHORIZATION, Answer, Client, PATIENCE, Served, ec2, post};

/// A normal client is answered as if nothing had happened.
fn assert_serves(server: &Served) {
    let answer = server
        .connect()
        .ec2("DescribeRegions", "")
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.first("regionName")),
        (200, "ap-northeast-1")
    );
}

/// Ends the server, which must have lived until now and have said nothing.
fn assert_quiet(mut server: Served) {
    assert!(server.is_alive());
    assert_eq!(server.stop(), "", "nothing on standard error");
}

/// Sends bytes and hangs up half: an answer, or a closed connection. Never silence until the deadline.
fn throw(server: &Served, bytes: &[u8]) -> Vec<u8> {
    let mut stream = server.connect().stream;
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) => assert!(
            matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
            "{error} after {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(80)])
        ),
    }
    answer
}

/// EC2's own form of an error, complete.
fn assert_ec2_error(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.first("Code")),
        (status, code),
        "{}",
        answer.body
    );
    assert!(
        !answer.first("Message").is_empty() && !answer.first("RequestID").is_empty(),
        "{}",
        answer.body
    );
    assert!(
        answer.body.ends_with("</RequestID></Response>"),
        "{}",
        answer.body
    );
    assert!(
        answer
            .head
            .to_ascii_lowercase()
            .contains("content-type: text/xml;charset=utf-8"),
        "{}",
        answer.head
    );
}

#[test]
fn malformed_forms_are_refused_in_ec2s_own_form() {
    let server = Served::start();
    let mut client = server.connect();
    let mut refused = |body: &str, code: &str| {
        let answer = client
            .send(&post(body, &[("Authorization", AUTHORIZATION)]))
            .expect("an answer");
        assert_ec2_error(&answer, 400, code);
    };
    refused("", "MissingAction");
    refused("&&&===%%%&&", "MissingAction");
    refused("=a&=b", "InvalidParameterCombination");
    refused("Action", "InvalidAction");
    refused("Action=%FF%FE%00", "InvalidParameterValue");
    refused(
        "Action=DescribeRegions&Action=DescribeRegions",
        "InvalidParameterCombination",
    );
    refused(
        "Action=DescribeRegions&RegionName.1=a%00b",
        "InvalidParameterValue",
    );
    refused(
        "Action=DescribeRegions&RegionName.99999999999999999999=a",
        "GroundSchool.NotSimulated",
    );
    refused(
        "Action=DescribeRegions&DryRun=perhaps",
        "InvalidParameterValue",
    );
    refused(
        &format!("Action=DescribeRegions{}", "&A.1=b".repeat(20_000)),
        "InvalidParameterCombination",
    );
    refused(
        &format!("Action=DescribeRegions&{}=b", "A.".repeat(20_000)),
        "UnknownParameter",
    );
    refused(&format!("Action={}", "x".repeat(100_000)), "InvalidAction");
    refused("{\"Action\": \"DescribeRegions\"}", "MissingAction");
    assert_serves(&server);
    assert_quiet(server);
}

#[test]
fn an_unsigned_request_is_refused_in_ec2s_own_form() {
    let server = Served::start();
    let mut client = server.connect();
    let unsigned = client
        .send(&post("Action=DescribeRegions&Version=2016-11-15", &[]))
        .expect("an answer");
    assert_ec2_error(&unsigned, 400, "MissingParameter");
    for header in [
        "",
        "Basic YTpi",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=////,",
    ] {
        let answer = client
            .send(&post(
                "Action=DescribeRegions",
                &[("Authorization", header)],
            ))
            .expect("an answer");
        assert_ec2_error(&answer, 400, "IncompleteSignature");
    }
    assert_quiet(server);
}

#[test]
fn odd_methods_and_uris_end_their_own_connection_at_most() {
    let server = Served::start();
    for line in [
        "GET / HTTP/1.1",
        "PUT /a/b/c HTTP/1.1",
        "DELETE * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "FROBNICATE / HTTP/1.1",
        "GET //////?Action=%zz HTTP/1.1",
        "GET /?Action=DescribeRegions&%00 HTTP/1.1",
        "GET http://[::1 HTTP/1.1",
        "GET http://a:99999/ HTTP/1.1",
        "CONNECT a:22 HTTP/1.1",
        "GET / HTTP/1.0",
        "GET / HTTP/9.9",
        "GET /",
        "HEAD / HTTP/1.1",
        "GET /\u{fc} HTTP/1.1",
        "GET http://user:pass@host/ HTTP/1.1",
        "POST /latest/meta-data/ HTTP/1.1",
    ] {
        let answer = throw(
            &server,
            format!("{line}\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").as_bytes(),
        );
        let text = String::from_utf8_lossy(&answer);
        assert!(
            !text.starts_with("HTTP/1.1 404") || text.contains("<Response>"),
            "{line}: an empty 404"
        );
    }
    assert_serves(&server);
    assert_quiet(server);
}

#[test]
fn garbage_half_sent_requests_and_bad_chunks_end_their_own_connection_only() {
    let server = Served::start();
    let chunked = |chunks: &str| {
        format!("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {AUTHORIZATION}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").into_bytes()
    };
    let whole = ec2("DescribeRegions", "");
    for length in [1, 5, 17, 40, whole.len() / 2, whole.len() - 1] {
        throw(&server, &whole[..length]);
    }
    for chunks in [
        "zz\r\nabc\r\n0\r\n\r\n",
        "5\r\nab",
        "ffffffffffffffffff\r\na\r\n",
        "-1\r\n\r\n",
        "3\r\nabcdef\r\n0\r\n\r\n",
    ] {
        throw(&server, &chunked(chunks));
    }
    throw(
        &server,
        &post(
            "a",
            &[("Content-Length", "7"), ("Transfer-Encoding", "chunked")],
        ),
    );
    throw(&server, b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n");
    throw(
        &server,
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    );
    throw(
        &server,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\xff\xff\xff\xff\xff",
    );
    throw(&server, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
    throw(&server, b"SSH-2.0-OpenSSH_9.2\r\n");
    throw(&server, &vec![0; 70_000]);
    throw(
        &server,
        &(0..70_000_u32)
            .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
            .collect::<Vec<_>>(),
    );
    throw(
        &server,
        format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(5_000)).as_bytes(),
    );
    throw(
        &server,
        format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(500_000)).as_bytes(),
    );
    let proper = throw(
        &server,
        &chunked("16\r\nAction=DescribeRegions\r\n0\r\n\r\n"),
    );
    assert!(
        String::from_utf8_lossy(&proper).starts_with("HTTP/1.1 200"),
        "a proper chunked request is answered"
    );
    assert_serves(&server);
    assert_quiet(server);
}

#[test]
fn a_body_of_100_mb_is_refused_and_its_memory_comes_back() {
    const LENGTH: usize = 100_000_000;
    let server = Served::start();
    assert_serves(&server);
    let before = server.kilobytes("status", "VmRSS");
    let mut client = server.connect();
    let head = post("", &[("Authorization", AUTHORIZATION)]);
    let head = String::from_utf8_lossy(&head)
        .replace("Content-Length: 0", &format!("Content-Length: {LENGTH}"));
    client
        .stream
        .write_all(head.as_bytes())
        .expect("the head is read");
    let piece = vec![b'a'; 1 << 16];
    let mut left = LENGTH;
    while left > 0 {
        // It may close before it has read everything.
        match client.stream.write(&piece[..left.min(piece.len())]) {
            Ok(length) => left -= length,
            Err(_) => break,
        }
    }
    if let Ok(answer) = client.answer() {
        assert_ec2_error(&answer, 413, "RequestEntityTooLarge");
    }
    drop(client);
    assert_serves(&server);
    comes_back(&server, before, 8_000);
    assert_quiet(server);
}

/// Waits until the memory is within so many kilobytes of what it was.
fn comes_back(server: &Served, before: u64, within: u64) {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let now = server.kilobytes("status", "VmRSS");
        if now <= before + within {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "memory was {before} kB and stays at {now} kB"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_thousand_half_open_connections_keep_nobody_from_being_answered() {
    raise_the_limit_of_files();
    let server = Served::start();
    let half = ec2("DescribeRegions", "");
    let held: Vec<TcpStream> = (0..1000)
        .map(|n| {
            let mut stream = server.connect().stream;
            // A third says nothing, a third stops in the head, a third in the body.
            let said = [0, half.len() / 2, half.len() - 1][n % 3];
            stream.write_all(&half[..said]).expect("it reads");
            stream
        })
        .collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begin = Instant::now();
        assert_serves(&server);
        slowest = slowest.max(begin.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    drop(held);
    assert_serves(&server);
    assert_quiet(server);
}

/// This process holds the other ends of all those connections.
fn raise_the_limit_of_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .expect("the soft limit may be raised");
}

#[test]
fn twenty_thousand_requests_leave_memory_as_it_was_and_none_is_an_empty_404() {
    const CLIENTS: usize = 4;
    let server = Served::start();
    let request = ec2("DescribeRegions", "RegionName.1=eu-north-1");
    run(&mut server.connect(), &request, 200);
    let before = server.kilobytes("status", "VmRSS");
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| run(&mut server.connect(), &request, 20_000 / CLIENTS));
        }
    });
    comes_back(&server, before, 12_000);
    assert_quiet(server);
}

fn run(client: &mut Client, request: &[u8], times: usize) {
    for n in 0..times {
        let answer = client.send(request).expect("an answer");
        assert!(
            answer.status == 200 && answer.first("regionName") == "eu-north-1",
            "request {n}: {answer:?}"
        );
    }
}

#[test]
fn the_endpoint_comes_back_after_it_ran_out_of_files() {
    let program = env!("CARGO_BIN_EXE_groundschool");
    let script = "ulimit -n 64; exec \"$0\" serve --ec2 127.0.0.1:0 --pace instant";
    let mut server = Served::from(Command::new("sh").args(["-c", script, program]));
    let held: Vec<_> = (0..200)
        .map_while(|_| TcpStream::connect_timeout(&server.address, Duration::from_millis(500)).ok())
        .collect();
    drop(held);
    let deadline = Instant::now() + PATIENCE;
    let request = ec2("DescribeRegions", "");
    // New connections may be reset until it is back.
    while !Client::connect(server.address)
        .and_then(|mut client| client.send(&request))
        .is_ok_and(|answer| answer.status == 200)
    {
        assert!(
            Instant::now() < deadline && server.is_alive(),
            "it does not come back"
        );
    }
    for _ in 0..100 {
        assert_serves(&server);
    }
    assert_quiet(server);
}

#[test]
fn a_busy_port_is_a_clear_error_with_exit_code_3() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let program = env!("CARGO_BIN_EXE_groundschool");
    let output = Command::new(program)
        .args(["serve", "--ec2", &address])
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(output.stdout.is_empty());
    assert!(
        error.contains(&format!("cannot listen on {address}"))
            && error.contains("in use")
            && error.contains("hint: "),
        "{error}"
    );
}
