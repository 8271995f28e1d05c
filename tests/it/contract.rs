//! The contract of the EC2 endpoint, whichever server it is on: one list of cases, played to wiremock and to hyper.
//!
//! A case is bytes and what must come back. Only where wiremock cannot hold it (limits of time, and bodies that break off)
//! may the two differ, and then the case says so.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use groundschool::cloud::Pace;
use groundschool::cloud::api::fault::Fault;
use groundschool::cloud::api::{Reply, Request};
use groundschool::lab::journal::Journal;
use groundschool::lab::key_pool::KeyPool;
use groundschool::lab::server::ec2;
use groundschool::lab::server::hyper::{self, Limits};
use groundschool::lab::server::lanes::Lanes;
use groundschool::lab::server::reception::{Backend, Reception};
use groundschool::lab::server::script::Script;
use groundschool::lab::simulation::{LAB_ADDRESSES, Settings, Simulation, Tenancy};

use crate::served::{AUTHORIZATION, Client, PATIENCE, ec2 as signed, post};

/// A simulation that panics when it is asked to.
struct Fragile {
    simulation: Simulation,
    failures: Mutex<Vec<String>>,
}

impl Backend for Fragile {
    fn handle(&self, request: &Request<'_>, fault: Option<&Fault>) -> Reply {
        assert!(!request.query.contains("panic"), "as the test asked");
        self.simulation.handle(request, fault)
    }

    fn failed(&self, reply: &mut Reply) {
        let error = reply.seen.take().and_then(|seen| seen.error);
        let code = error.map_or_else(String::new, |(code, _)| code);
        self.failures.lock().unwrap().push(code);
    }
}

/// An endpoint in this process, and the runtime that it lives on.
struct Running {
    name: &'static str,
    address: SocketAddr,
    backend: Arc<Fragile>,
    script: Arc<Script>,
    hyper: Option<hyper::Endpoint>,
    _wiremock: Option<ec2::Endpoint>,
    runtime: tokio::runtime::Runtime,
}

/// Times short enough for a test to see them end.
const LIMITS: Limits = Limits {
    connections: 40,
    head: Duration::from_millis(700),
    body: Duration::from_millis(700),
    write: Duration::from_millis(700),
    head_bytes: 16 * 1024,
};

fn start(name: &'static str) -> Running {
    let settings = Settings {
        eventually: std::time::Duration::ZERO,
        pace: Pace::Instant,
        tenancy: Tenancy::PerAccessKey,
        addresses: LAB_ADDRESSES,
        keys: Arc::new(KeyPool::new(1, 1)),
        folder: None,
    };
    let backend = Arc::new(Fragile {
        simulation: Simulation::start(settings, Journal::in_memory()).unwrap(),
        failures: Mutex::default(),
    });
    let script: Arc<Script> = Arc::default();
    let reception = Reception::with_script(Arc::clone(&backend) as _, Arc::clone(&script));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let nowhere = "127.0.0.1:0".parse().unwrap();
    let (address, wiremock, hyper) = runtime.block_on(async {
        if name == "wiremock" {
            let endpoint = ec2::Endpoint::start(nowhere, reception).await.unwrap();
            (endpoint.address(), Some(endpoint), None)
        } else {
            let endpoint = hyper::Endpoint::start(
                nowhere,
                reception,
                LIMITS,
                Arc::new(Lanes::start().unwrap()),
            )
            .unwrap();
            (endpoint.address(), None, Some(endpoint))
        }
    });
    Running {
        name,
        address,
        backend,
        script,
        hyper,
        _wiremock: wiremock,
        runtime,
    }
}

/// Plays the same to both.
fn to_both(play: impl Fn(&Running)) {
    groundschool::lab::quiet::quiet_panics(None);
    for name in ["wiremock", "hyper"] {
        play(&start(name));
    }
}

/// Everything that comes back on one connection until it is closed, or until it has been silent for a while.
fn say(address: SocketAddr, bytes: &[u8], hang_up: bool) -> String {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(bytes);
    if hang_up {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut all = Vec::new();
    match stream.read_to_end(&mut all) {
        Ok(_) => {}
        Err(error) => assert!(
            matches!(
                error.kind(),
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
            ),
            "{error}: neither an answer nor an end after {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(120)])
        ),
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// What comes back of a case.
#[derive(Debug, Clone, Copy)]
enum Comes {
    /// This status and this text in the body.
    Answer(u16, &'static str),
    /// So many answers with status 200.
    Answers(usize),
    /// The head alone, with this status.
    Head(u16),
    /// No answer of the API's: the connection ends, perhaps after a 4xx of the HTTP server's own, with an empty body.
    End,
}

/// Every case: its name, the bytes, what comes back.
fn cases() -> Vec<(&'static str, Vec<u8>, Comes)> {
    use Comes::{Answer, Answers, End, Head};
    let body = "Action=DescribeRegions&Version=2016-11-15&RegionName.1=eu-north-1";
    let with = |line: &str, more: &str, body: &str| {
        format!(
            "{line}\r\nHost: 127.0.0.1\r\nAuthorization: {AUTHORIZATION}\r\nConnection: close\r\n{more}\r\n{body}"
        )
        .into_bytes()
    };
    let length = format!("Content-Length: {}\r\n", body.len());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let good = with("POST / HTTP/1.1", &format!("{form}{length}"), body);
    let get = format!("/?{body}");
    let found = "<regionName>eu-north-1</regionName>";
    let regions = signed("DescribeRegions", "RegionName.1=eu-north-1");
    let pipelined = [&regions[..], &regions, &good].concat();
    let chunked = |chunks: &str| with("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", chunks);
    let half = good[..good.len() - 5].to_vec();
    let huge = format!("Content-Length: {}\r\n", 2 * 1024 * 1024);
    let huge = [
        with("POST / HTTP/1.1", &huge, ""),
        vec![b'a'; 2 * 1024 * 1024],
    ]
    .concat();
    let huge_chunk = {
        let mut bytes = chunked("180000\r\n");
        bytes.extend(vec![b'a'; 0x18_0000]);
        bytes.extend(b"\r\n0\r\n\r\n");
        bytes
    };
    vec![
        ("a good request", good, Answer(200, found)),
        ("keep-alive and pipelining", pipelined, Answers(3)),
        (
            "the same by GET",
            with(&format!("GET {get} HTTP/1.1"), "", ""),
            Answer(200, found),
        ),
        (
            "the same by PUT",
            with("PUT / HTTP/1.1", &length, body),
            Answer(200, found),
        ),
        (
            "HEAD has no body",
            with(&format!("HEAD {get} HTTP/1.1"), "", ""),
            Head(200),
        ),
        (
            "HTTP/1.0",
            with(&format!("GET {get} HTTP/1.0"), "", ""),
            Answer(200, found),
        ),
        (
            "an absolute URI",
            with(&format!("GET http://127.0.0.1{get} HTTP/1.1"), "", ""),
            Answer(200, found),
        ),
        (
            "another path",
            with("POST /latest/meta-data/ HTTP/1.1", &length, body),
            Answer(200, found),
        ),
        (
            "another content type",
            with(
                "POST / HTTP/1.1",
                &format!("Content-Type: text/plain\r\n{length}"),
                body,
            ),
            Answer(200, found),
        ),
        (
            "a body that says it is compressed",
            with(
                "POST / HTTP/1.1",
                "Content-Encoding: gzip\r\nContent-Length: 3\r\n",
                "\x1f\u{8}a",
            ),
            Answer(400, "<Code>InvalidParameterValue</Code>"),
        ),
        (
            "chunks",
            chunked("9\r\nAction=De\r\nd\r\nscribeRegions\r\n0\r\n\r\n"),
            Answer(200, found),
        ),
        (
            "a chunk that is none",
            chunked("zz\r\nabc\r\n0\r\n\r\n"),
            End,
        ),
        ("chunks without an end", chunked("5\r\nActio"), End),
        ("half a body", half, End),
        (
            "half a head",
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuth".to_vec(),
            End,
        ),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), End),
        ("nothing", Vec::new(), End),
        (
            "a URI of spaces",
            b"GET / / / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".to_vec(),
            End,
        ),
        (
            "a huge head",
            with(&format!("GET /{} HTTP/1.1", "a".repeat(700_000)), "", ""),
            End,
        ),
        (
            "a huge body",
            huge,
            Answer(413, "<Code>RequestEntityTooLarge</Code>"),
        ),
        (
            "a huge chunk",
            huge_chunk,
            Answer(413, "<Code>RequestEntityTooLarge</Code>"),
        ),
        (
            "no signature",
            post("Action=DescribeRegions", &[("Connection", "close")]),
            Answer(400, "The request must contain the parameter AWSAccessKeyId"),
        ),
        (
            "no signature at STS",
            post(
                "Action=GetCallerIdentity&Version=2011-06-15",
                &[("Connection", "close")],
            ),
            Answer(403, "<Code>MissingAuthenticationToken</Code>"),
        ),
        (
            "another host",
            b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_vec(),
            Answer(403, "<Code>GroundSchool.Forbidden</Code>"),
        ),
        (
            "a web page",
            with(
                "POST / HTTP/1.1",
                &format!("Origin: https://evil.example\r\n{length}"),
                body,
            ),
            Answer(403, "<Code>GroundSchool.Forbidden</Code>"),
        ),
        (
            "a panic",
            with("POST /?panic HTTP/1.1", &length, body),
            Answer(500, "<Code>InternalError</Code>"),
        ),
    ]
}

#[test]
fn both_servers_answer_every_case_alike() {
    to_both(|server| {
        for (case, bytes, comes) in cases() {
            let case = format!("{case} ({})", server.name);
            // A `Connection: close` ends all but those that end by hanging up.
            let said = say(server.address, &bytes, matches!(comes, Comes::End));
            let status = said
                .split(' ')
                .nth(1)
                .and_then(|word| word.parse::<u16>().ok());
            let (head, body) = said.split_once("\r\n\r\n").unwrap_or((&said, ""));
            let lines = head.to_ascii_lowercase();
            match comes {
                Comes::Answer(wanted, text) => {
                    assert_eq!(status, Some(wanted), "{case}: {said}");
                    assert!(body.contains(text), "{case}: {said}");
                    assert!(lines.contains("content-type: text/xml"), "{case}: {said}");
                }
                Comes::Answers(count) => {
                    assert_eq!(
                        said.matches("HTTP/1.1 200 OK").count(),
                        count,
                        "{case}: {said}"
                    );
                    assert_eq!(said.matches("</DescribeRegionsResponse>").count(), count);
                }
                Comes::Head(wanted) => {
                    assert_eq!((status, body), (Some(wanted), ""), "{case}");
                    assert!(lines.contains("content-length: "), "{case}: {said}");
                }
                Comes::End => {
                    assert!(
                        !said.contains("200 OK") && !said.contains(" 404 "),
                        "{case}: {said}"
                    );
                }
            }
            let answer = Client::connect(server.address)
                .and_then(|mut client| client.ec2("DescribeRegions", "RegionName.1=eu-north-1"))
                .unwrap_or_else(|error| panic!("after {case}: {error}"));
            assert_eq!(answer.status, 200, "after {case}");
        }
        assert_eq!(*server.backend.failures.lock().unwrap(), ["InternalError"]);
    });
}

#[test]
fn a_client_that_waits_to_be_told_to_go_on_is_told() {
    to_both(|server| {
        let mut client = Client::connect(server.address).unwrap();
        let whole = signed("DescribeRegions", "RegionName.1=eu-north-1");
        let whole = String::from_utf8(whole).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        let head = format!("{head}\r\nExpect: 100-continue\r\n\r\n");
        client.stream.write_all(head.as_bytes()).unwrap();
        let mut told = [0; 25];
        client.stream.read_exact(&mut told).unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n", "{}", server.name);
        let answer = client.send(body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", server.name);
    });
}

#[test]
fn scripted_faults_are_met_as_often_as_they_say_in_each_services_form() {
    to_both(|server| {
        let faults = [
            "RequestLimitExceeded:DescribeRegions:2",
            "RequestLimitExceeded:GetCallerIdentity:1",
            "UnauthorizedOperation:DescribeKeyPairs",
            "UnauthorizedOperation:CreateKeyPair",
            "InsufficientInstanceCapacity:RunInstances:1",
        ];
        let faults = faults.map(|word| word.parse().unwrap());
        server.script.set(faults.into());
        let mut client = Client::connect(server.address).unwrap();
        let mut ask = |action: &str, form: &str| {
            let answer = client.ec2(action, form).unwrap();
            let code = answer.first("Code").to_owned();
            (answer.status, code, answer.first("Message").to_owned())
        };
        let limited = || {
            let says = "Request limit exceeded.".to_owned();
            (503, "RequestLimitExceeded".to_owned(), says)
        };
        assert_eq!(ask("DescribeRegions", ""), limited(), "{}", server.name);
        assert_eq!(ask("DescribeRegions", ""), limited());
        assert_eq!(ask("DescribeRegions", "").0, 200);
        let (status, code, says) = ask("DescribeKeyPairs", "");
        assert_eq!((status, &*code), (403, "UnauthorizedOperation"));
        assert!(
            says.starts_with("You are not authorized to perform this operation. User: arn:aws:iam::")
                && says.ends_with(
                    ":user/learner is not authorized to perform: ec2:DescribeKeyPairs because no identity-based policy \
                     allows the ec2:DescribeKeyPairs action"
                ),
            "{says}"
        );
        // A dry run asks for just this.
        let (status, code, says) = ask("CreateKeyPair", "KeyName=k&DryRun=true");
        assert_eq!((status, &*code), (403, "UnauthorizedOperation"));
        let (before, blob) = says
            .split_once(". Encoded authorization failure message: ")
            .unwrap();
        assert!(
            before.contains(" on resource: arn:aws:ec2:us-east-1:")
                && before.ends_with(
                    ":key-pair/* because no identity-based policy allows the ec2:CreateKeyPair action"
                ),
            "{before}"
        );
        assert!(
            blob.len() > 400 && !blob.contains(['+', '/', '=', ' ']),
            "{blob}"
        );
        let again = ask("CreateKeyPair", "KeyName=k").2;
        assert!(
            !again.ends_with(blob),
            "each request has a message of its own"
        );
        let launch = "ImageId=resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64\
                      &MinCount=1&MaxCount=1&InstanceType=t3.micro&Placement.AvailabilityZone=us-east-1a";
        assert_eq!(
            ask("RunInstances", launch),
            (
                500,
                "InsufficientInstanceCapacity".to_owned(),
                "We currently do not have sufficient t3.micro capacity in the Availability Zone you requested (us-east-1a). Our \
                 system will be working on provisioning additional capacity. You can currently get t3.micro capacity by not \
                 specifying an Availability Zone in your request or choosing us-east-1b, us-east-1c."
                    .to_owned()
            )
        );
        assert_eq!(ask("RunInstances", launch).0, 200);
    });
}

#[test]
fn a_slow_answer_keeps_nobody_else_waiting() {
    to_both(|server| {
        let fault: Fault = "slow:2s:DescribeRegions:1".parse().unwrap();
        server.script.set(vec![fault]);
        let begin = Instant::now();
        let mut slow = Client::connect(server.address).unwrap();
        slow.stream
            .write_all(&signed("DescribeRegions", ""))
            .unwrap();
        let mut other = Client::connect(server.address).unwrap();
        // The slow one is first in line once the fault is gone.
        while other.ec2("DescribeKeyPairs", "").unwrap().status != 200 {}
        assert!(begin.elapsed() < Duration::from_secs(1), "{}", server.name);
        assert_eq!(slow.answer().unwrap().status, 200);
        assert!(begin.elapsed() >= Duration::from_secs(2), "{}", server.name);
    });
}

#[test]
fn hyper_lets_nobody_stay_who_does_not_get_on() {
    let server = start("hyper");
    let whole = signed("DescribeRegions", "");
    let head = whole.len() - "Action=DescribeRegions&Version=2016-11-15".len();
    // Nothing; a trickle of a head; a head and half a body; a request, and then nothing more.
    let waits = |sent: &[u8], trickle: bool| {
        let begin = Instant::now();
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(sent).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        let mut all = Vec::new();
        loop {
            let mut some = [0; 4096];
            match stream.read(&mut some) {
                Ok(0) => break,
                Ok(length) => all.extend(&some[..length]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    assert!(begin.elapsed() < PATIENCE, "it stays open");
                    if trickle && stream.write_all(b"a").is_err() {
                        break;
                    }
                }
                Err(_) => break,
            }
        }
        assert!(begin.elapsed() > LIMITS.head / 2);
        String::from_utf8_lossy(&all).into_owned()
    };
    waits(b"", false);
    waits(b"POST / HTTP/1.1\r\nX: ", true);
    let told = waits(&whole[..head + 5], false);
    assert!(
        told.contains("408 ") && told.contains("<Code>RequestTimeout</Code>"),
        "{told}"
    );
    let answered = waits(&whole, false);
    assert_eq!(answered.matches("200 OK").count(), 1, "{answered}");
}

#[test]
fn hyper_has_so_many_places_and_the_next_client_waits_for_one() {
    let server = start("hyper");
    let held: Vec<TcpStream> = (0..LIMITS.connections + 5)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    // Whoever holds a place and says nothing loses it.
    let answer = Client::connect(server.address)
        .and_then(|mut client| client.ec2("DescribeRegions", ""))
        .unwrap();
    assert_eq!(answer.status, 200);
    drop(held);
}

#[test]
fn hyper_closes_on_a_client_that_does_not_read_its_answers() {
    let server = start("hyper");
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let many = signed("DescribeRegions", "").repeat(100);
    let begin = Instant::now();
    // The answers fill both buffers; then nothing more is taken, and the server hangs up.
    while stream.write_all(&many).is_ok() {
        assert!(begin.elapsed() < PATIENCE, "it is never closed");
    }
}

#[test]
fn hyper_finishes_the_answers_that_are_on_their_way_and_then_ends() {
    let mut server = start("hyper");
    let fault: Fault = "slow:1s:DescribeRegions:1".parse().unwrap();
    server.script.set(vec![fault]);
    let mut idle = Client::connect(server.address).unwrap();
    assert_eq!(idle.ec2("DescribeKeyPairs", "").unwrap().status, 200);
    let mut slow = Client::connect(server.address).unwrap();
    slow.stream
        .write_all(&signed("DescribeRegions", ""))
        .unwrap();
    // The fault is met once the request is at work.
    let request = b"Action=DescribeRegions";
    let deadline = Instant::now() + PATIENCE;
    while server.script.waits(&Request {
        body: request,
        ..Request::default()
    }) {
        assert!(Instant::now() < deadline, "the request never arrives");
        std::thread::yield_now();
    }
    let endpoint = server.hyper.take().unwrap();
    let begin = Instant::now();
    server
        .runtime
        .block_on(endpoint.shut_down(Duration::from_secs(5)));
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "it waits for the idle one too"
    );
    assert_eq!(slow.answer().unwrap().status, 200);
    assert!(idle.ec2("DescribeKeyPairs", "").is_err());
    assert!(TcpStream::connect(server.address).is_err());
}
