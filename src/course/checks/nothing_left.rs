//! Nothing is left in the account: no instance, no Elastic IP address, no group, no key pair.

use crate::course::evidence::Evidence;
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence) -> Result<Verdict, Verdict> {
    let account = scene::account(evidence)?;
    let wanted = "Every instance is terminated, every Elastic IP released, every group and key pair deleted.";
    let mut left = Vec::new();
    for one in account.instances.iter().filter(|one| !scene::is_gone(one)) {
        left.push(format!("instance {} is {}", one.id, one.state));
    }
    for one in &account.addresses {
        left.push(format!(
            "Elastic IP {} ({}) costs money",
            one.address, one.id
        ));
    }
    for group in account
        .security_groups
        .iter()
        .filter(|group| group.name != "default")
    {
        left.push(format!("group {} ({})", group.name, group.id));
    }
    for pair in &account.key_pairs {
        left.push(format!("key pair {}", pair.name));
    }
    Ok(if left.is_empty() {
        Verdict::passed("The account is empty now: nothing costs, nothing lets anybody in.")
    } else {
        let more = left.len().saturating_sub(3);
        left.truncate(3);
        let tail = if more == 0 {
            String::new()
        } else {
            format!(", and {more} more")
        };
        let calls = [
            "TerminateInstances",
            "ReleaseAddress",
            "DeleteSecurityGroup",
            "DeleteKeyPair",
        ];
        let elsewhere = scene::done_elsewhere(evidence, &calls)
            .map_or_else(String::new, |says| format!(" {says}"));
        Verdict::not_yet(
            wanted,
            format!("Still there: {}{tail}.{elsewhere}", left.join(", ")),
        )
    })
}
