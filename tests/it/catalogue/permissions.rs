//! The key file's own rights: what the client refuses before the instance is asked.

use super::entry::{Cure, banner, Entry, FIRST_TRY};

const REFUSED: Entry = Entry {
    number: 3,
    mistake: Some("key_open_to_others"),
    first_line: "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @",
    says: &["ssh ignored testkeypair.pem", "offered no key"],
    ..FIRST_TRY
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "the key file as it was downloaded, mode 644",
        clients: &[banner!("0644")],
        ..REFUSED
    },
    &Entry {
        met_by: "a key file that only a group may read, mode 440",
        before: "chmod 440 testkeypair.pem\n",
        clients: &[banner!("0440")],
        ..REFUSED
    },
    &Entry {
        met_by: "a key file with every right, as on a Windows disk, mode 777",
        number: 15,
        before: "chmod 777 testkeypair.pem\n",
        clients: &[banner!("0777")],
        ..REFUSED
    },
    &Entry {
        met_by: "an ED25519 key file, mode 644: offered, and then not opened",
        at: "create-key-pair",
        before: "aws ec2 create-key-pair --key-type ed25519 --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem
group=$(aws ec2 create-security-group --group-name ssh-practice --description practice --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids $group --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids $instance
address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
chmod 644 testkeypair.pem
ssh -o StrictHostKeyChecking=accept-new -i testkeypair.pem ec2-user@$address whoami\n",
        clients: &[banner!("0644")],
        cure: Cure::Shown,
        ..REFUSED
    },
    &Entry {
        met_by: "a key file that not even you may read, mode 000",
        mistake: Some("key_unreadable"),
        before: "chmod 000 testkeypair.pem\n",
        first_line: "Load key \"testkeypair.pem\": Permission denied",
        clients: &["Load key \"testkeypair.pem\": Permission denied\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["Not even you may read testkeypair.pem", "mode is 000"],
        ..REFUSED
    },
    &Entry {
        met_by: "mode 600: ssh takes it, the guide asks for 400",
        mistake: Some("mode_600"),
        types: "chmod 600 testkeypair.pem",
        first_line: "",
        clients: &[""],
        status: 0,
        says: &["ssh would take testkeypair.pem", "asks for 400"],
        ..REFUSED
    },
];
