//! Who is calling: in a lab only the lab's own key acts on the account, and everybody else is told what AWS would tell them.

use std::io::Write;

use crate::learner::Learner;
use crate::open_lab::OpenLab;
use crate::served::{AUTHORIZATION, Client, post};

#[test]
fn a_lab_believes_its_own_key_and_answers_any_other_as_aws_does() {
    let mut lab = OpenLab::of(Learner::new());
    // The stand-in says once that it is one.
    lab.says("aws ec2 describe-regions >/dev/null");
    let who = lab.says("aws sts get-caller-identity --query Account --output text");
    assert_eq!(who, "123456789012");
    let id = lab.says("sed -n 's/aws_access_key_id = //p' \"$AWS_SHARED_CREDENTIALS_FILE\"");
    assert!(id.starts_with("AKIA0LAB") && id.len() == 20, "{id}");
    let wrong = format!("AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY=wrong aws");
    let unknown = "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wrong aws";
    let failure = "An error occurred (AuthFailure) when calling the DescribeKeyPairs operation: AWS was not able to validate \
                   the provided access credentials";
    for client in [&*wrong, unknown] {
        let said = lab.says(&format!("{client} ec2 describe-key-pairs"));
        assert_eq!(joined(&said), failure);
    }
    let said = lab.says(&format!("{wrong} sts get-caller-identity"));
    assert!(
        joined(&said).starts_with(
            "An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: The request signature we \
             calculated does not match"
        ),
        "{said}"
    );
    let said = lab.says(&format!("{unknown} sts get-caller-identity"));
    assert_eq!(
        joined(&said),
        "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included \
         in the request is invalid."
    );
    // A call that nobody believes changes nothing, and another one does.
    lab.says(&format!("{wrong} ec2 create-key-pair --key-name k"));
    let names = "ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output text";
    assert_eq!(lab.says(&format!("aws {names}")), "");
    lab.says("aws ec2 create-key-pair --key-name k > k.json");
    assert_eq!(lab.says(&format!("aws {names}")), "k");
}

/// A terminal breaks long lines at its width.
fn joined(said: &str) -> String {
    said.replace('\n', "")
}

#[test]
fn another_user_and_a_web_page_get_nothing_of_a_lab() {
    let mut learner = Learner::new();
    learner.stage = "shim";
    let mut lab = OpenLab::of(learner);
    let endpoint = lab.says("echo $AWS_ENDPOINT_URL");
    let address = endpoint.trim_start_matches("http://").parse().unwrap();
    let send = |bytes: &[u8]| Client::connect(address).unwrap().send(bytes).unwrap();
    let body = "Action=CreateKeyPair&KeyName=theirs&KeyType=ed25519&Version=2016-11-15";
    let forged = send(&post(body, &[("Authorization", AUTHORIZATION)]));
    assert_eq!((forged.status, forged.first("Code")), (401, "AuthFailure"));
    let page = send(&post(body, &[("Origin", "https://evil.example")]));
    assert_eq!(page.status, 403);
    let unsigned = send(&post(body, &[]));
    assert_eq!(unsigned.first("Code"), "MissingParameter");
    // However often it is tried, what the learner did is still known.
    let before = std::fs::metadata(lab.learner.private("journal.jsonl"))
        .unwrap()
        .len();
    let mut client = Client::connect(address).unwrap();
    for n in 0..300 {
        let body = format!("Action=CreateKeyPair&KeyName=theirs{n}");
        let request = post(&body, &[("Authorization", AUTHORIZATION)]);
        assert_eq!(client.send(&request).unwrap().status, 401);
    }
    let after = std::fs::metadata(lab.learner.private("journal.jsonl"))
        .unwrap()
        .len();
    assert!(after - before < 2_000, "{before} {after}");
    client.stream.flush().unwrap();
    let names = "aws ec2 describe-key-pairs --query 'KeyPairs[].KeyName' --output text";
    let said = lab.says(names);
    assert!(!said.contains("theirs"), "{said}");
}
