//! The stand-in as a whole: what it sends and prints, beside what the real AWS CLI sent and printed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;
use crate::cli::aws::settings::Settings;
use crate::cloud::api::params::{Parameter, request};
use crate::cloud::api::testing::Client;

type Answering = Box<dyn FnMut(&Outgoing) -> (u16, String)>;

/// A world without a network: requests are kept and answered by a function.
struct Still {
    settings: Settings,
    files: BTreeMap<&'static str, &'static [u8]>,
    sent: Vec<Outgoing>,
    answering: Answering,
    paused: Vec<Duration>,
}

impl Still {
    fn answering(answering: impl FnMut(&Outgoing) -> (u16, String) + 'static) -> Self {
        Self {
            settings: Settings::of(&[
                ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
                ("AWS_REGION", "us-east-1"),
                ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
                ("AWS_SECRET_ACCESS_KEY", "secret"),
            ]),
            files: BTreeMap::from([("k.pub", &b"ssh-ed25519 AAAA me\n"[..])]),
            sent: Vec::new(),
            answering: Box::new(answering),
            paused: Vec::new(),
        }
    }

    /// The simulated account itself.
    fn lab() -> Self {
        let mut client = Client::new();
        Self::answering(move |request| {
            let reply = client.send(request.service, request.target.as_deref(), &request.body);
            (reply.status, reply.body)
        })
    }

    fn aws(&mut self, args: &[&str]) -> Result<String, Failure> {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        run(&args, self)
    }
}

impl Outside for Still {
    fn settings(&self) -> &Settings {
        &self.settings
    }
    fn read(&self, path: &std::path::Path) -> std::io::Result<Vec<u8>> {
        let found = path.to_str().and_then(|path| self.files.get(path));
        found
            .map(|bytes| bytes.to_vec())
            .ok_or_else(|| std::io::Error::from_raw_os_error(2))
    }
    fn send(&mut self, _: &Destination, request: &Outgoing) -> Result<(u16, String), Failure> {
        self.sent.push(request.clone());
        Ok((self.answering)(request))
    }
    fn pause(&mut self, time: Duration) {
        self.paused.push(time);
    }
    fn token(&mut self) -> String {
        "TOKEN".to_owned()
    }
    fn say(&mut self, _: &str) {}
    fn width(&self) -> usize {
        80
    }
}

/// Splits a command line at spaces; `_` inside a word stands for a space.
fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('_', " ")).collect()
}

fn pairs(form: &str) -> BTreeSet<(String, String)> {
    form_urlencoded::parse(form.as_bytes())
        .filter(|(name, _)| name != "Action" && name != "Version")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The `$` lines of `facts/ec2-wire.md`: command lines, and the forms that aws-cli 1.45.11 sent.
const WIRE: [(&str, &str); 38] = [
    (
        "create-key-pair --key-name my_key --key-type ed25519 --key-format ppk --tag-specifications ResourceType=key-pair,Tags=[{Key=a,Value=b}] --dry-run",
        "KeyName=my key&KeyType=ed25519&TagSpecification.1.ResourceType=key-pair&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b&KeyFormat=ppk&DryRun=true",
    ),
    (
        "import-key-pair --key-name mk --public-key-material fileb://k.pub",
        "KeyName=mk&PublicKeyMaterial=c3NoLWVkMjU1MTkgQUFBQSBtZQo=",
    ),
    (
        "import-key-pair --key-name mk --public-key-material file://k.pub",
        "KeyName=mk&PublicKeyMaterial=c3NoLWVkMjU1MTkgQUFBQSBtZQo=",
    ),
    (
        "describe-key-pairs --key-names a b --include-public-key --filters Name=key-name,Values=a*,b",
        "KeyName.1=a&KeyName.2=b&IncludePublicKey=true&Filter.1.Name=key-name&Filter.1.Value.1=a*&Filter.1.Value.2=b",
    ),
    ("delete-key-pair --key-name a", "KeyName=a"),
    (
        "create-security-group --group-name g --description d --vpc-id vpc-1",
        "GroupDescription=d&GroupName=g&VpcId=vpc-1",
    ),
    ("describe-security-groups --group-names g", "GroupName.1=g"),
    ("delete-security-group --group-id sg-1", "GroupId=sg-1"),
    (
        "authorize-security-group-ingress --group-id sg-1 --protocol tcp --port 22 --cidr 1.2.3.4/32",
        "GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32",
    ),
    (
        "authorize-security-group-ingress --group-name g --protocol tcp --port 22 --source-group sg-2",
        "GroupName=g&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.Groups.1.GroupId=sg-2",
    ),
    (
        "authorize-security-group-ingress --group-id sg-1 --ip-permissions IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=1.2.3.4/32,Description=x}],Ipv6Ranges=[{CidrIpv6=::/0}] --tag-specifications ResourceType=security-group-rule,Tags=[{Key=a,Value=b}]",
        "GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32&IpPermissions.1.IpRanges.1.Description=x&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0&TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b",
    ),
    (
        "authorize-security-group-ingress --group-id sg-1 --protocol all --cidr 0.0.0.0/0",
        "GroupId=sg-1&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0",
    ),
    (
        "revoke-security-group-ingress --group-id sg-1 --security-group-rule-ids sgr-1",
        "GroupId=sg-1&SecurityGroupRuleId.1=sgr-1",
    ),
    (
        "describe-regions --all-regions --region-names us-east-1",
        "RegionName.1=us-east-1&AllRegions=true",
    ),
    (
        "describe-availability-zones --zone-ids use1-az1",
        "ZoneId.1=use1-az1",
    ),
    (
        "create-tags --resources i-1 sg-1 --tags Key=Name,Value=web Key=empty,Value=",
        "ResourceId.1=i-1&ResourceId.2=sg-1&Tag.1.Key=Name&Tag.1.Value=web&Tag.2.Key=empty&Tag.2.Value=",
    ),
    (
        "delete-tags --resources i-1 --tags Key=Name",
        "ResourceId.1=i-1&Tag.1.Key=Name",
    ),
    (
        "describe-tags --filters Name=resource-id,Values=i-1",
        "Filter.1.Name=resource-id&Filter.1.Value.1=i-1",
    ),
    ("describe-security-groups --page-size 5", "MaxResults=5"),
    // An abbreviation and JSON, tried with the CLI on 2026-11-24.
    (
        "describe-key-pairs --key-name a --filters {\"Name\":\"key-name\",\"Values\":[\"b\"]}",
        "KeyName.1=a&Filter.1.Name=key-name&Filter.1.Value.1=b",
    ),
    // The following were tried with the CLI on 2026-11-24.
    (
        "allocate-address --domain vpc --tag-specifications ResourceType=elastic-ip,Tags=[{Key=a,Value=b}]",
        "Domain=vpc&TagSpecification.1.ResourceType=elastic-ip&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b",
    ),
    (
        "associate-address --instance-id i-1 --allocation-id eipalloc-1 --no-allow-reassociation",
        "AllocationId=eipalloc-1&InstanceId=i-1&AllowReassociation=false",
    ),
    (
        "disassociate-address --association-id eipassoc-1",
        "AssociationId=eipassoc-1",
    ),
    (
        "release-address --allocation-id eipalloc-1",
        "AllocationId=eipalloc-1",
    ),
    (
        "describe-addresses --allocation-ids eipalloc-1 --public-ips 1.2.3.4 --filters Name=domain,Values=vpc",
        "PublicIp.1=1.2.3.4&Filter.1.Name=domain&Filter.1.Value.1=vpc&AllocationId.1=eipalloc-1",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --instance-type t3.small",
        "InstanceId=i-1&InstanceType.Value=t3.small",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --instance-type {\"Value\":\"t3.small\"}",
        "InstanceId=i-1&InstanceType.Value=t3.small",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --disable-api-termination",
        "InstanceId=i-1&DisableApiTermination.Value=true",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --no-disable-api-termination",
        "InstanceId=i-1&DisableApiTermination.Value=false",
    ),
    (
        "modify-instance-attribute --disable-api-stop Value=true --instance-id i-1",
        "DisableApiStop.Value=true&InstanceId=i-1",
    ),
    (
        "modify-instance-attribute --source-dest-check {\"Value\":true} --instance-id i-1",
        "SourceDestCheck.Value=true&InstanceId=i-1",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --groups sg-1 sg-2",
        "InstanceId=i-1&GroupId.1=sg-1&GroupId.2=sg-2",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --attribute userData --value aGVsbG8=",
        "InstanceId=i-1&Attribute=userData&Value=aGVsbG8=",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --user-data Value=aGk=",
        "InstanceId=i-1&UserData.Value=YUdrPQ==",
    ),
    (
        "modify-instance-attribute --instance-id i-1 --block-device-mappings DeviceName=/dev/xvda,Ebs={DeleteOnTermination=false}",
        "InstanceId=i-1&BlockDeviceMapping.1.DeviceName=/dev/xvda&BlockDeviceMapping.1.Ebs.DeleteOnTermination=false",
    ),
    (
        "describe-network-interfaces --network-interface-ids eni-1 --page-size 5",
        "NetworkInterfaceId.1=eni-1&MaxResults=5",
    ),
    (
        "modify-security-group-rules --group-id sg-1 --security-group-rules SecurityGroupRuleId=sgr-1,SecurityGroupRule={IpProtocol=tcp,FromPort=22,ToPort=22,CidrIpv4=1.2.3.4/32,Description=home}",
        "GroupId=sg-1&SecurityGroupRule.1.SecurityGroupRuleId=sgr-1&SecurityGroupRule.1.SecurityGroupRule.IpProtocol=tcp&SecurityGroupRule.1.SecurityGroupRule.FromPort=22&SecurityGroupRule.1.SecurityGroupRule.ToPort=22&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=1.2.3.4/32&SecurityGroupRule.1.SecurityGroupRule.Description=home",
    ),
    (
        "update-security-group-rule-descriptions-ingress --group-id sg-1 --ip-permissions IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=1.2.3.4/32,Description=home}]",
        "GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=1.2.3.4/32&IpPermissions.1.IpRanges.1.Description=home",
    ),
];

#[test]
fn the_same_forms_are_sent_as_the_real_cli_sends() {
    for (line, form) in WIRE {
        let refusing = "<Response><Errors><Error><Code>X</Code></Error></Errors></Response>";
        let mut still = Still::answering(move |_| (400, refusing.to_owned()));
        let args: Vec<String> = std::iter::once("ec2".to_owned())
            .chain(words(line))
            .collect();
        let failure = run(&args, &mut still).unwrap_err();
        assert_eq!(failure.exit_code(), 254, "{line}: {failure}");
        let literal: BTreeSet<(String, String)> = form
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        assert_eq!(pairs(&still.sent[0].body), literal, "{line}");
    }
}

request! {
    /// An interface, as far as the conveniences of RunInstances need it.
    struct Interface { device_index: Option<i64> = "DeviceIndex", associate_public_ip_address: Option<bool> = "AssociatePublicIpAddress", subnet_id: Option<String> = "SubnetId", groups: Vec<String> = "SecurityGroupId" }
}
request! {
    /// RunInstances, as far as its conveniences need it.
    struct Launch { image_id: Option<String> = "ImageId", security_groups: Vec<String> = "SecurityGroup", security_group_ids: Vec<String> = "SecurityGroupId", subnet_id: Option<String> = "SubnetId", user_data: Option<String> = "UserData", min_count: i64 = "MinCount", max_count: i64 = "MaxCount", client_token: Option<String> = "ClientToken", network_interfaces: Vec<Interface> = "NetworkInterface" }
}

#[test]
fn run_instances_is_completed_as_the_real_cli_completes_it() {
    let some = &ACTIONS[0];
    let action: &'static Action = Box::leak(Box::new(Action {
        name: "RunInstances",
        service: Service::Ec2,
        changes: true,
        request: Launch::SHAPE,
        answer: some.answer,
        run: some.run,
    }));
    let cases = [
        (
            "--image-id ami-0abc --count 1 --security-group-ids sg-1 sg-2 --subnet-id subnet-1 --associate-public-ip-address --user-data #!/bin/sh",
            "ImageId=ami-0abc&UserData=IyEvYmluL3No&MinCount=1&MaxCount=1&NetworkInterface.1.DeviceIndex=0&NetworkInterface.1.AssociatePublicIpAddress=true&NetworkInterface.1.SubnetId=subnet-1&NetworkInterface.1.SecurityGroupId.1=sg-1&NetworkInterface.1.SecurityGroupId.2=sg-2&ClientToken=TOKEN",
        ),
        (
            "--image-id resolve:ssm:/aws/x --security-groups default --count 1:3",
            "ImageId=resolve:ssm:/aws/x&SecurityGroup.1=default&MinCount=1&MaxCount=3&ClientToken=TOKEN",
        ),
        (
            "--image-id ami-1",
            "ImageId=ami-1&MinCount=1&MaxCount=1&ClientToken=TOKEN",
        ),
    ];
    for (line, form) in cases {
        let mut still = Still::answering(|_| (200, "<R/>".to_owned()));
        let globals = Givens::default();
        let command = Command {
            path: "ec2 run-instances".into(),
            action,
            waiter: None,
            globals: &globals,
        };
        command.run(&words(line), &mut still).unwrap();
        assert_eq!(pairs(&still.sent[0].body), pairs(form), "{line}");
    }
}

#[test]
fn a_public_key_is_sent_under_the_names_that_its_service_knows() {
    let mut still = Still::answering(|_| (200, "{\"Success\":true}".to_owned()));
    let line = "ec2-instance-connect send-ssh-public-key --instance-id i-0123456789abcdef0 \
                --instance-os-user ec2-user --ssh-public-key file://k.pub";
    let args: Vec<&str> = line.split_whitespace().collect();
    still.aws(&args).unwrap();
    let sent = &still.sent[0];
    assert_eq!(sent.service, "ec2-instance-connect");
    assert_eq!(
        sent.target.as_deref(),
        Some("AWSEC2InstanceConnectService.SendSSHPublicKey")
    );
    // As aws-cli 1.45.11 sends it.
    let body = "{\"InstanceId\": \"i-0123456789abcdef0\", \"InstanceOSUser\": \"ec2-user\", \
                \"SSHPublicKey\": \"ssh-ed25519 AAAA me\\n\"}";
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(json(&sent.body), json(body));
}

#[test]
fn the_same_is_printed_as_the_real_cli_prints() {
    const ANSWER: &str = include_str!("../../../fixtures/aws-cli/DescribeKeyPairs.xml");
    const RECORDED: &str = include_str!("../../../fixtures/aws-cli/describe-key-pairs.txt");
    let mut cases = RECORDED.split("$ aws ").skip(1).peekable();
    assert!(cases.peek().is_some());
    for case in cases {
        let (line, printed) = case.split_once('\n').unwrap();
        let args: Vec<&str> = line.split(' ').collect();
        let found = Still::answering(|_| (200, ANSWER.to_owned()))
            .aws(&args)
            .unwrap();
        assert_eq!(found, printed, "{line}");
    }
}

#[test]
fn an_error_of_the_service_reads_as_the_real_clis_and_exits_254() {
    let failure = Still::lab()
        .aws(&["ec2", "describe-key-pairs", "--key-names", "x"])
        .unwrap_err();
    assert_eq!(
        failure.to_string(),
        "An error occurred (InvalidKeyPair.NotFound) when calling the DescribeKeyPairs operation: \
         The key pair 'x' does not exist"
    );
    assert_eq!(failure.exit_code(), 254);
}

#[test]
fn usage_errors_read_as_the_real_clis_and_exit_252() {
    let cases: [(&[&str], &str); 8] = [
        (
            &[],
            "aws: error: the following arguments are required: command",
        ),
        (
            &["ec2"],
            "aws: error: the following arguments are required: operation",
        ),
        (
            &["ec2", "create-key-pair"],
            "aws: error: the following arguments are required: --key-name",
        ),
        (
            &["ec2", "create-key-pair", "--key-name"],
            "aws: error: argument --key-name: expected one argument",
        ),
        (
            &[
                "ec2",
                "create-key-pair",
                "--key-name",
                "x",
                "--foo",
                "1",
                "--bar",
            ],
            "Unknown options: --foo, --bar, 1",
        ),
        (
            &[
                "ec2",
                "create-tags",
                "--resources",
                "i-1",
                "--tags",
                "Key=a,=",
            ],
            "Parameter validation failed:\nUnknown parameter in Tags[0]: \"\", must be one of: Key, Value",
        ),
        (
            &["ec2", "authorize-security-group-ingress", "--port", "a"],
            "port parameter should be of the form <from[-to]> (e.g. 22 or 22-25)",
        ),
        (
            &["ec2", "describe-key-pairs", "--generate-cli-skeleton"],
            "does not have the option --generate-cli-skeleton",
        ),
    ];
    for (args, text) in cases {
        let failure = Still::lab().aws(args).unwrap_err();
        assert!(failure.to_string().contains(text), "{args:?}: {failure}");
        assert_eq!(failure.exit_code(), 252, "{args:?}");
    }
}

#[test]
fn every_command_has_help_and_sends_what_the_account_reads() {
    for action in ACTIONS {
        let service = match action.service {
            Service::Ec2 => "ec2",
            Service::Sts => "sts",
            Service::Ssm => "ssm",
            Service::InstanceConnect => "ec2-instance-connect",
        };
        let help = Still::lab()
            .aws(&[service, &kebab(action.name), "help"])
            .unwrap();
        assert!(help.contains("SYNOPSIS"), "{}", action.name);
    }
    let mut lab = Still::lab();
    let created = lab
        .aws(&[
            "ec2",
            "create-key-pair",
            "--key-name",
            "a",
            "--key-type",
            "ed25519",
            "--query",
            "KeyMaterial",
            "--output",
            "text",
        ])
        .unwrap();
    assert!(
        created.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        "{created}"
    );
    let names = lab.aws(&[
        "ec2",
        "describe-key-pairs",
        "--query",
        "KeyPairs[].KeyName",
        "--output",
        "text",
    ]);
    assert_eq!(names.unwrap(), "a\n");
    assert_eq!(
        lab.aws(&["ec2", "wait", "key-pair-exists", "--key-names", "a"])
            .unwrap(),
        ""
    );
    let group = [
        "ec2",
        "create-security-group",
        "--group-name",
        "g",
        "--description",
        "d",
        "--query",
    ];
    let id = lab
        .aws(&[&group[..], &["GroupId", "--output", "text"]].concat())
        .unwrap();
    let tagged = lab.aws(&[
        "ec2",
        "create-tags",
        "--resources",
        id.trim(),
        "--tags",
        "Key=a,Value=b",
    ]);
    assert_eq!(
        tagged.unwrap(),
        "",
        "an answer without members prints nothing"
    );
    let parameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
    let image = lab
        .aws(&[
            "ssm",
            "get-parameter",
            "--name",
            parameter,
            "--query",
            "Parameter.Value",
            "--output",
            "text",
        ])
        .unwrap();
    assert!(image.starts_with("ami-"), "{image}");
    let launched = lab.aws(&[
        "ec2",
        "run-instances",
        "--image-id",
        image.trim(),
        "--key-name",
        "a",
        "--instance-type",
        "t3.micro",
        "--security-group-ids",
        id.trim(),
        "--associate-public-ip-address",
        "--user-data",
        "#!/bin/sh",
        "--tag-specifications",
        "ResourceType=instance,Tags=[{Key=Name,Value=web}]",
        "--query",
        "Instances[].Tags[].Value",
    ]);
    assert_eq!(launched.unwrap(), "[\n    \"web\"\n]\n");
    let account = lab.aws(&[
        "sts",
        "get-caller-identity",
        "--query",
        "Account",
        "--output",
        "text",
    ]);
    assert_eq!(account.unwrap(), "123456789012\n");
}

#[test]
fn what_may_pass_is_tried_three_times_and_pages_are_joined() {
    let busy = "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>";
    let mut still = Still::answering(move |_| (503, busy.to_owned()));
    let failure = still.aws(&["ec2", "describe-vpcs"]).unwrap_err();
    assert_eq!((still.sent.len(), still.paused.len()), (3, 2));
    assert!(
        failure
            .to_string()
            .contains("DescribeVpcs operation (reached max retries: 2): Request")
    );

    let page = |id: &str, next: &str| {
        format!("<R><vpcSet><item><vpcId>{id}</vpcId></item></vpcSet>{next}</R>")
    };
    let mut answers = VecDeque::from([page("a", "<nextToken>t</nextToken>"), page("b", "")]);
    let mut still = Still::answering(move |_| (200, answers.pop_front().unwrap()));
    let ids = still.aws(&[
        "ec2",
        "describe-vpcs",
        "--query",
        "Vpcs[].VpcId",
        "--output",
        "text",
    ]);
    assert_eq!(ids.unwrap(), "a\tb\n");
    assert!(still.sent[1].body.ends_with("&NextToken=t"));
}

#[test]
fn over_the_wire_it_signs_and_reads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut text = String::new();
        while !text.ends_with("RegionName.1=eu-north-1") {
            let mut some = [0; 4096];
            let count = stream.read(&mut some).unwrap();
            assert!(count > 0, "the request ended early: {text}");
            text.push_str(std::str::from_utf8(&some[..count]).unwrap());
        }
        let body = text.split_once("\r\n\r\n").unwrap().1;
        let reply = Client::new().send("ec2", None, body).body;
        let length = reply.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{reply}"
        )
        .unwrap();
        text
    });
    let to = Destination {
        endpoint,
        region: "eu-west-1".into(),
        credentials: ("AKIDEXAMPLE".into(), "secret".into(), None),
    };
    let action = crate::cloud::api::actions::find(Service::Ec2, "DescribeRegions").unwrap();
    let parameters = serde_json::json!({"RegionNames": ["eu-north-1"]});
    let request = Outgoing::new(action, parameters.as_object().unwrap().clone(), None).unwrap();
    let (status, body) = Computer::new().send(&to, &request).unwrap();
    assert_eq!(status, 200);
    assert!(body.contains("<regionName>eu-north-1</regionName>"));
    let seen = server.join().unwrap().to_lowercase();
    assert!(seen.starts_with("post / http/1.1\r\n"), "{seen}");
    assert!(seen.contains("/eu-west-1/ec2/aws4_request"), "{seen}");
    assert!(seen.contains("content-type: application/x-www-form-urlencoded; charset=utf-8"));
}
