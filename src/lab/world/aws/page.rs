//! The printed page for learners, teachers and account owners: made from the allow-list itself, so that it cannot say less. Pure.

use std::fmt::Write;

use serde_json::json;

use crate::lab::world::aws::call::{Call, TYPE};

/// What the learner's own commands in lesson 1 need, besides what this program looks at.
const OF_THE_LEARNER: [&str; 8] = [
    "ec2:CreateKeyPair",
    "ec2:DeleteKeyPair",
    "ec2:CreateSecurityGroup",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:DeleteSecurityGroup",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
    "ssm:GetParameters",
];

/// The permissions that only look, of this program's calls.
fn looking() -> Vec<String> {
    let calls = Call::all();
    let looks = calls.iter().filter(|call| !matches!(call, Call::Try(_)));
    looks.filter_map(Call::permission).collect()
}

/// An IAM policy with just the permissions that lesson 1 needs, as JSON.
///
/// Launching is limited to one instance type; the other resources of a launch are not limited by it.
pub fn policy() -> String {
    let launches = "ec2:RunInstances";
    let others: Vec<&str> = OF_THE_LEARNER
        .into_iter()
        .filter(|one| *one != launches)
        .collect();
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Look", "Effect": "Allow", "Action": looking(), "Resource": "*"},
            {"Sid": "Practise", "Effect": "Allow", "Action": others, "Resource": "*"},
            {
                "Sid": "LaunchSmallInstances",
                "Effect": "Allow",
                "Action": launches,
                "Resource": "arn:aws:ec2:*:*:instance/*",
                "Condition": {"StringEquals": {"ec2:InstanceType": TYPE}},
            },
            {
                "Sid": "LaunchWithTheRest",
                "Effect": "Allow",
                "Action": launches,
                "Resource": [
                    "arn:aws:ec2:*::image/*",
                    "arn:aws:ec2:*:*:key-pair/*",
                    "arn:aws:ec2:*:*:network-interface/*",
                    "arn:aws:ec2:*:*:security-group/*",
                    "arn:aws:ec2:*:*:subnet/*",
                    "arn:aws:ec2:*:*:volume/*",
                ],
            },
        ],
    });
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

/// The page.
pub fn page() -> String {
    let mut text = String::from(
        "Ground School on your own AWS account: what it does, and what it never does\n\n",
    );
    let say = |text: &mut String, paragraph: &str| {
        let _ = writeln!(text, "{}\n", textwrap::fill(paragraph, WIDTH));
    };
    say(
        &mut text,
        "CALLS. The program runs your own `aws`, in your own environment. These are all the calls that it can make; the list is the \
         program's own.",
    );
    for call in Call::all() {
        let _ = writeln!(text, "    aws {}", call.words().join(" "));
    }
    text.push('\n');
    for paragraph in PARAGRAPHS {
        say(&mut text, paragraph);
    }
    text.push_str(&policy());
    text
}

/// Columns of the page.
const WIDTH: usize = 78;

/// What follows the list.
const PARAGRAPHS: [&str; 5] = [
    "What ends in --dry-run is answered by AWS with \"would have succeeded\" or \"not authorized\"; it does nothing. Trials to \
     terminate an instance or to delete a group are in the list and are not made at the start. Each call is written to \
     aws-calls.jsonl in the lab's folder. A grading makes each kind of call once at most, and only after something that may \
     have changed your account.",
    "READ BESIDES. Files in the lab's folder, and key files in ~/Downloads that are newer than the lab: their mode and what kind of \
     key they hold. How your ssh ended: its settings (`ssh -G`), its exit status, fingerprints of the keys that it could offer and \
     of the host keys that it knows. ssh is started with one option more, LocalCommand (leave it out with --no-ssh-wrapper). After \
     an ssh that failed, one connection to the same port of your own running instance, and ssh-keyscan there. Your public address, \
     once, from checkip.amazonaws.com (give it with --my-address to leave that out).",
    "NEVER. It changes nothing in your account and deletes nothing. It reads no access key, no secret, no session token, nothing in \
     ~/.aws; no private key outside the places above (ssh-keygen is asked for the fingerprints of the files that ssh would try). It \
     changes and copies nothing of ~/.ssh. It sends nothing to anybody but AWS.",
    "LEFTOVERS. What is in the region before a lesson is remembered by its ids, until one ends with nothing left. `groundschool aws leftovers` shows what has \
     come since, with the command that removes each. It looks at one region: the one that your commands act on.",
    "POLICY. Just what lesson 1 needs. Its authors have not tried it on a live account. `groundschool aws permissions --policy` \
     prints it alone.",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_stands_on_the_page_and_every_permission_in_the_policy() {
        let (page, policy) = (page(), policy());
        for call in Call::all() {
            assert!(page.contains(&call.words().join(" ")), "{call:?}");
            if let Some(permission) = call.permission() {
                assert!(
                    policy.contains(&format!("\"{permission}\"")),
                    "{permission}"
                );
            }
        }
    }

    #[test]
    fn the_page_fits_a_terminal() {
        let wide: Vec<String> = page()
            .lines()
            .filter(|line| !line.starts_with(' ') && line.len() > 80)
            .map(str::to_owned)
            .collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
