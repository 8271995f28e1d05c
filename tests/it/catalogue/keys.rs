//! The learner's own key: lost, locked, no key at all; and the instance's list of keys.

use super::entry::{Cure, Entry, SIGN_IN};

const DENIED: &[&str] = &[
    "ec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
    "ec2-user@{address}: Permission denied (publickey,gssapi-keyex,gssapi-with-mic).\r\n",
];
const DENIED_LINE: &str = "ec2-user@203.0.113.25: Permission denied (publickey,gssapi-with-mic).";

/// Another instance, and its address.
const START_AGAIN: &str = "group=$(aws ec2 create-security-group --group-name again --description again --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids $group --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids $instance
address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
";

const LOCKED: Entry = Entry {
    number: 7,
    mistake: Some("key_locked"),
    types: "ssh -o BatchMode=yes -i testkeypair.pem ec2-user@{address}",
    first_line: DENIED_LINE,
    clients: DENIED,
    says: &["testkeypair.pem is locked with a passphrase", "no proof"],
    cure: Cure::ShownAnswers(&[
        ("Enter old passphrase: ", "secret"),
        ("Enter new passphrase (empty for no passphrase): ", ""),
        ("Enter same passphrase again: ", ""),
    ]),
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "the only key file thrown away",
        number: 10,
        mistake: Some("key_lost"),
        before: "rm -f testkeypair.pem\n",
        first_line: "Warning: Identity file testkeypair.pem not accessible: No such file or directory.",
        clients: &["Warning: Identity file testkeypair.pem not accessible: No such file or directory.\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n"],
        says: &["testkeypair.pem is gone", "AWS has no copy"],
        then: "aws ec2 terminate-instances --instance-ids $instance
aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem
chmod 400 testkeypair.pem
group=$(aws ec2 create-security-group --group-name again --description again --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id $group --protocol tcp --port 22 --cidr 0.0.0.0/0
instance=$(aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair --security-group-ids $group --query 'Instances[0].InstanceId' --output text)
aws ec2 wait instance-running --instance-ids $instance
address=$(aws ec2 describe-instances --instance-ids $instance --query 'Reservations[0].Instances[0].PublicIpAddress' --output text)
",
        ..SIGN_IN
    },
    &Entry {
        met_by: "a key with a passphrase, and nobody to type it",
        before: "chmod 600 testkeypair.pem; ssh-keygen -q -p -m PEM -P '' -N secret -f testkeypair.pem; chmod 400 testkeypair.pem\n",
        ..LOCKED
    },
    &Entry {
        met_by: "the same in OpenSSH's form: offered, and then not proven",
        before: "chmod 600 testkeypair.pem; ssh-keygen -q -p -P '' -N secret -f testkeypair.pem; chmod 400 testkeypair.pem\n",
        ..LOCKED
    },
    &Entry {
        met_by: "a wrong passphrase, three times",
        before: "chmod 600 testkeypair.pem; ssh-keygen -q -p -m PEM -P '' -N secret -f testkeypair.pem; chmod 400 testkeypair.pem\n",
        types: "ssh -i testkeypair.pem ec2-user@{address}",
        answers: &[
            ("Enter passphrase for key 'testkeypair.pem': ", "one"),
            ("Enter passphrase for key 'testkeypair.pem': ", "two"),
            ("Enter passphrase for key 'testkeypair.pem': ", "three"),
        ],
        ..LOCKED
    },
    &Entry {
        met_by: "a web page saved under a key's name",
        number: 11,
        mistake: Some("key_file_other"),
        before: "echo '<html><title>Sign in</title></html>' > page.pem; chmod 400 page.pem\n",
        types: "ssh -i page.pem ec2-user@{address}",
        first_line: "Load key \"page.pem\": error in libcrypto",
        clients: &[
            "Load key \"page.pem\": error in libcrypto\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
            "Load key \"page.pem\": invalid format\r\nec2-user@{address}: Permission denied (publickey,gssapi-with-mic).\r\n",
        ],
        says: &["page.pem holds no key"],
        cure: Cure::Typed(""),
        ..SIGN_IN
    },
    &Entry {
        met_by: "an RSA key with Windows line ends: it works",
        number: 11,
        mistake: None,
        before: "sed 's/$/\\r/' testkeypair.pem > windows.pem; chmod 400 windows.pem\n",
        types: "ssh -i windows.pem ec2-user@{address} whoami",
        clients: &[""],
        prints: "ec2-user\n",
        status: 0,
        cure: Cure::Typed(""),
        ..SIGN_IN
    },
    &Entry {
        met_by: "the key pair deleted in EC2: the instance keeps its copy",
        number: 18,
        mistake: None,
        before: "aws ec2 delete-key-pair --key-name testkeypair\n",
        types: "ssh -i testkeypair.pem ec2-user@{address} whoami",
        clients: &[""],
        prints: "ec2-user\n",
        status: 0,
        cure: Cure::Typed(""),
        ..SIGN_IN
    },
    &Entry {
        met_by: "the instance's list of keys made writable for others",
        number: 2,
        mistake: Some("authorized_keys_open"),
        before: "ssh -i testkeypair.pem ec2-user@$address chmod g+w .ssh/authorized_keys\n",
        first_line: DENIED_LINE,
        clients: DENIED,
        says: &["others may write to /home/ec2-user/.ssh/authorized_keys", "terminate {instance}"],
        cure: Cure::Typed("aws ec2 terminate-instances --instance-ids $instance\n"),
        then: START_AGAIN,
        ..SIGN_IN
    },
    &Entry {
        met_by: "> instead of >> into the instance's list of keys",
        number: 4,
        mistake: Some("authorized_keys_without"),
        before: "ssh-keygen -q -t ed25519 -N '' -f second
ssh -i testkeypair.pem ec2-user@$address 'cat > .ssh/authorized_keys' < second.pub\n",
        first_line: DENIED_LINE,
        clients: DENIED,
        says: &["does not list that key any more"],
        then: START_AGAIN,
        ..SIGN_IN
    },
];
