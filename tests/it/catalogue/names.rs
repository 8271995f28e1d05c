//! Key pairs by their names: what the API refuses, and what becomes of the file.

use super::entry::{Cure, Entry, FIRST_KEY, SIGN_IN};

/// aws says it on standard error, after an empty line.
macro_rules! refused {
    ($code:literal, $action:literal, $words:literal) => {
        concat!(
            "\nAn error occurred (", $code, ") when calling the ", $action, " operation: ", $words, "\n"
        )
    };
}

const CREATE: &str =
    "aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem\n";

const LAUNCH: Entry = Entry {
    number: 12,
    at: "launch",
    first_line: "An error occurred (InvalidKeyPair.NotFound) when calling the RunInstances operation:",
    status: 254,
    cure: Cure::TypedThenSteps(""),
    ..SIGN_IN
};

pub(super) const ENTRIES: &[&Entry] = &[
    &Entry {
        met_by: "a key pair's name with other capitals",
        mistake: Some("key_pair_name_not_found"),
        types: "aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name TestKeyPair",
        clients: &[refused!("InvalidKeyPair.NotFound", "RunInstances", "The key pair 'TestKeyPair' does not exist")],
        says: &["no key pair named 'TestKeyPair'", "Capital letters count", "testkeypair"],
        ..LAUNCH
    },
    &Entry {
        met_by: "the file's name as the key pair's",
        mistake: Some("key_pair_name_with_pem"),
        types: "aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair.pem",
        clients: &[refused!("InvalidKeyPair.NotFound", "RunInstances", "The key pair 'testkeypair.pem' does not exist")],
        says: &["'testkeypair.pem' is a file's name", "without the ending"],
        ..LAUNCH
    },
    &Entry {
        met_by: "a key pair of another region",
        mistake: Some("key_pair_name_not_found"),
        types: "aws ec2 run-instances --region eu-west-1 --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name testkeypair",
        clients: &[refused!("InvalidKeyPair.NotFound", "RunInstances", "The key pair 'testkeypair' does not exist")],
        says: &["'testkeypair' is in region us-east-1", "went to eu-west-1"],
        ..LAUNCH
    },
    &Entry {
        met_by: "no key pair at launch",
        number: 4,
        mistake: Some("launched_without_key_pair"),
        types: "aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --query 'Instances[0].State.Name'",
        first_line: "",
        clients: &[""],
        prints: "\"pending\"\n",
        status: 0,
        says: &["launched without a key pair", "--key-name testkeypair"],
        cure: Cure::ShownThenSteps,
        ..LAUNCH
    },
    &Entry {
        met_by: "another key pair at launch",
        number: 4,
        mistake: Some("launched_with_other_key_pair"),
        before: "aws ec2 create-key-pair --key-name otherkeypair --query KeyName\n",
        types: "aws ec2 run-instances --image-id resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64 --instance-type t3.micro --key-name otherkeypair --query 'Instances[0].State.Name'",
        first_line: "",
        clients: &[""],
        prints: "\"pending\"\n",
        status: 0,
        says: &["launched with key pair otherkeypair", "that of testkeypair"],
        cure: Cure::ShownThenSteps,
        ..LAUNCH
    },
    &Entry {
        met_by: "the same name twice, and the first answer was not kept",
        number: 12,
        mistake: Some("key_pair_duplicate"),
        before: "aws ec2 create-key-pair --key-name testkeypair --query KeyName\n",
        types: "aws ec2 create-key-pair --key-name testkeypair --query KeyName",
        first_line: "An error occurred (InvalidKeyPair.Duplicate) when calling the CreateKeyPair operation:",
        clients: &[refused!("InvalidKeyPair.Duplicate", "CreateKeyPair", "The keypair already exists")],
        status: 254,
        says: &["testkeypair is in your account already"],
        ..FIRST_KEY
    },
    &Entry {
        met_by: "the same name twice into the same file: the only copy is gone",
        number: 11,
        mistake: Some("key_overwritten"),
        before: CREATE,
        // The learner's > is the one that empties the file; what aws says goes where the test can read it.
        types: ": > testkeypair.pem; aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text",
        first_line: "An error occurred (InvalidKeyPair.Duplicate) when calling the CreateKeyPair operation:",
        clients: &[refused!("InvalidKeyPair.Duplicate", "CreateKeyPair", "The keypair already exists")],
        status: 254,
        says: &["testkeypair.pem is empty now", "Mode 400 would have saved it"],
        ..FIRST_KEY
    },
    &Entry {
        met_by: "the same into a file with mode 400: the shell refuses and the key is saved",
        number: 11,
        mistake: None,
        at: "launch",
        before: "chmod 400 testkeypair.pem\n",
        // In brackets, so that the shell's own refusal can be read by the test.
        types: "(aws ec2 create-key-pair --key-name testkeypair --query KeyMaterial --output text > testkeypair.pem)",
        first_line: "bash: testkeypair.pem: Permission denied",
        clients: &["bash: testkeypair.pem: Permission denied\n"],
        status: 1,
        cure: Cure::TypedThenSteps(""),
        ..SIGN_IN
    },
];
