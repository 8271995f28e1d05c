//! Nobody answers: closed groups, wrong addresses, instances that are not up.

use super::entry::{Cure, Entry, SIGN_IN};

const TIMEOUT: &[&str] = &[
    "ssh: connect to host {address} port 22: Connection timed out\r\n",
    "ssh: connect to host {address} port 22: Operation timed out\r\n",
];
const SHUT: &str = "aws ec2 revoke-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0\n";
/// After a start there is another address.
const LOOK_UP: &str = "aws ec2 wait instance-running --instance-ids $instance
address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
";

const TIMED_OUT: Entry = Entry {
    number: 1,
    first_line: "ssh: connect to host 203.0.113.25 port 22: Connection timed out",
    clients: TIMEOUT,
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "no rule for port 22",
        mistake: Some("group_closed"),
        before: SHUT,
        says: &["has no rule for port 22", "(198.51.100.7)"],
        ..TIMED_OUT
    },
    &Entry {
        met_by: "a rule for somebody else's address",
        mistake: Some("group_for_others"),
        before: "aws ec2 revoke-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0
aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 192.0.2.0/24\n",
        says: &["lets 192.0.2.0/24 in", "not your address, which is 198.51.100.7 here"],
        ..TIMED_OUT
    },
    &Entry {
        met_by: "the private address",
        number: 5,
        mistake: Some("private_address"),
        before: "private=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)\n",
        types: "ssh -i testkeypair.pem ec2-user@{private}",
        first_line: "ssh: connect to host 172.31.5.6 port 22: Connection timed out",
        clients: &["ssh: connect to host {private} port 22: Connection timed out\r\n"],
        says: &["{private} is the instance's private address", "is {address} now"],
        cure: Cure::ShownSignsIn,
        ..SIGN_IN
    },
    &Entry {
        met_by: "the address from before a stop and start",
        number: 5,
        mistake: Some("old_address"),
        before: "aws ec2 stop-instances --instance-ids $instance
aws ec2 wait instance-stopped --instance-ids $instance
aws ec2 start-instances --instance-ids $instance
aws ec2 wait instance-running --instance-ids $instance\n",
        says: &["Nothing answers at {address} any more"],
        cure: Cure::Typed(LOOK_UP),
        ..TIMED_OUT
    },
    &Entry {
        met_by: "a slip in the address",
        number: 5,
        mistake: Some("unknown_address"),
        before: "slip=203.0.113.1; [ $slip = $address ] && slip=203.0.113.2\n",
        types: "ssh -i testkeypair.pem ec2-user@{slip}",
        clients: &["ssh: connect to host {slip} port 22: Connection timed out\r\n"],
        says: &["You tried {slip}", "is {address} now"],
        cure: Cure::ShownSignsIn,
        ..TIMED_OUT
    },
    &Entry {
        met_by: "a stopped instance",
        number: 6,
        mistake: Some("instance_stopped"),
        before: "aws ec2 stop-instances --instance-ids $instance
aws ec2 wait instance-stopped --instance-ids $instance\n",
        says: &["Instance {instance} is stopped"],
        then: LOOK_UP,
        ..TIMED_OUT
    },
    &Entry {
        met_by: "a terminated instance",
        number: 6,
        mistake: Some("instance_terminated"),
        before: "aws ec2 terminate-instances --instance-ids $instance
aws ec2 wait instance-terminated --instance-ids $instance\n",
        says: &["Instance {instance} is terminated"],
        cure: Cure::Typed(
            "instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids $group --query 'Instances[0].InstanceId' --output text)",
        ),
        then: LOOK_UP,
        ..TIMED_OUT
    },
    &Entry {
        met_by: "another port than 22",
        number: 6,
        mistake: Some("wrong_port"),
        types: "ssh -p 2222 -i testkeypair.pem ec2-user@{address}",
        first_line: "ssh: connect to host 203.0.113.25 port 2222: Connection timed out",
        clients: &["ssh: connect to host {address} port 2222: Connection timed out\r\n"],
        says: &["You tried port 2222", "port 22"],
        cure: Cure::ShownSignsIn,
        ..SIGN_IN
    },
    &Entry {
        met_by: "an ssh server that has not started yet",
        number: 6,
        mistake: Some("instance_pending"),
        real_pace: true,
        at: "meet-the-error",
        before: "chmod 400 testkeypair.pem
address=None
while [ $address = None ]; do
  address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
done\n",
        first_line: "ssh: connect to host 203.0.113.25 port 22: Connection refused",
        clients: &["ssh: connect to host {address} port 22: Connection refused\r\n"],
        says: &["Instance {instance} is running", "its ssh server has not started yet"],
        cure: Cure::Typed("until ssh -o StrictHostKeyChecking=accept-new -i testkeypair.pem ec2-user@$address true; do aws ec2 wait instance-running --instance-ids $instance; done"),
        ..SIGN_IN
    },
];
