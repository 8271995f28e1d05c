//! A week in an hour: a million requests of every kind to one `serve`, with what they made taken away again, and its memory on the
//! way. Runs only when it is asked for by name; `WEEK_REQUESTS` says how many requests.

use std::time::Instant;

use crate::served::{Client, Served};

/// Lines that are printed.
const STEPS: usize = 20;
const IMAGE: &str =
    "resolve%3Assm%3A%2Faws%2Fservice%2Fami-amazon-linux-latest%2Fal2023-ami-kernel-default-x86_64";

/// One connection, and how many requests it has sent.
struct Week {
    client: Client,
    sent: usize,
}

impl Week {
    /// Calls, and gives the text of an element of the answer.
    fn call(&mut self, action: &str, form: &str, element: &str) -> String {
        let answer = self.client.ec2(action, form).expect("an answer");
        assert_eq!(answer.status, 200, "{action} {form}: {}", answer.body);
        self.sent += 1;
        answer.first(element).to_owned()
    }

    fn refused(&mut self, action: &str, form: &str, code: &str) {
        let answer = self.client.ec2(action, form).expect("an answer");
        assert_eq!(
            answer.first("Code"),
            code,
            "{action} {form}: {}",
            answer.body
        );
        self.sent += 1;
    }

    /// A learner's or a pipeline's day: everything that is made is taken away again.
    fn day(&mut self, day: usize) {
        let key = format!("KeyName=key-{day}");
        self.call(
            "CreateKeyPair",
            &format!("{key}&KeyType=ed25519"),
            "keyName",
        );
        self.refused(
            "CreateKeyPair",
            &format!("{key}&KeyType=ed25519"),
            "InvalidKeyPair.Duplicate",
        );
        self.call(
            "DescribeKeyPairs",
            &format!("KeyName.1=key-{day}"),
            "keyName",
        );
        let group = format!("GroupName=group-{day}&GroupDescription=d");
        let group = self.call("CreateSecurityGroup", &group, "groupId");
        let rule = format!(
            "GroupId={group}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22\
             &IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0%2F0"
        );
        self.call("AuthorizeSecurityGroupIngress", &rule, "return");
        let launch = format!(
            "ImageId={IMAGE}&InstanceType=t3.micro&MinCount=1&MaxCount=1&{key}&SecurityGroupId.1={group}&ClientToken=day-{day}"
        );
        let instance = self.call("RunInstances", &launch, "instanceId");
        let by_id = format!("InstanceId.1={instance}");
        let tag = format!("ResourceId.1={instance}&Tag.1.Key=Name&Tag.1.Value=day-{day}");
        self.call("CreateTags", &tag, "return");
        for _ in 0..20 {
            self.call("DescribeInstances", &by_id, "instanceId");
            self.call("DescribeInstanceStatus", &by_id, "instanceId");
            self.refused(
                "DescribeInstances",
                "InstanceId.1=i-0123456789abcdef0",
                "InvalidInstanceID.NotFound",
            );
        }
        let name = format!("Filter.1.Name=tag%3AName&Filter.1.Value.1=day-{day}");
        self.call(
            "DescribeInstances",
            &format!("{name}&MaxResults=5"),
            "instanceId",
        );
        self.call(
            "GetConsoleOutput",
            &format!("InstanceId={instance}"),
            "instanceId",
        );
        let address = self.call("AllocateAddress", "", "allocationId");
        let both = format!("AllocationId={address}&InstanceId={instance}");
        self.call("AssociateAddress", &both, "associationId");
        self.call("StopInstances", &by_id, "instanceId");
        self.call("StartInstances", &by_id, "instanceId");
        self.call("RebootInstances", &by_id, "return");
        self.call(
            "ReleaseAddress",
            &format!("AllocationId={address}"),
            "return",
        );
        self.refused(
            "DeleteSecurityGroup",
            &format!("GroupId={group}"),
            "DependencyViolation",
        );
        self.call("TerminateInstances", &by_id, "instanceId");
        self.call("DescribeInstances", &by_id, "instanceId");
        self.call("RevokeSecurityGroupIngress", &rule, "return");
        self.call("DeleteSecurityGroup", &format!("GroupId={group}"), "return");
        self.call("DeleteKeyPair", &key, "return");
        self.refused("FlyToTheMoon", "", "InvalidAction");
    }
}

/// Runs it.
pub fn run() {
    let requests = std::env::var("WEEK_REQUESTS").map_or(1_000_000, |text| {
        text.parse().expect("WEEK_REQUESTS is a number")
    });
    let server = Served::start();
    let mut week = Week {
        client: server.connect(),
        sent: 0,
    };
    let begin = Instant::now();
    let (mut day, mut next) = (0, 0);
    while week.sent < requests {
        if week.sent >= next {
            let memory = |field| server.kilobytes("status", field) / 1024;
            println!(
                "{:>8} requests, {:>5.0} s: RSS {} MB, of it anonymous {} MB",
                week.sent,
                begin.elapsed().as_secs_f64(),
                memory("VmRSS"),
                memory("RssAnon"),
            );
            next += requests / STEPS;
        }
        week.day(day);
        day += 1;
    }
    println!(
        "{day} days, {:.0} requests a second",
        week.sent as f64 / begin.elapsed().as_secs_f64()
    );
}
