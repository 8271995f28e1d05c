//! The learner's ssh knows the instance's host key, and it is the right one.

use crate::course::bindings::Bindings;
use crate::course::evidence::{Evidence, KnownHost};
use crate::course::scene;
use crate::course::verdict::Verdict;

pub(super) fn judge(evidence: &Evidence, bindings: &Bindings) -> Result<Verdict, Verdict> {
    scene::account(evidence)?;
    let wanted = "The list of known hosts has the host key of your instance.";
    let Some(instance) = scene::bound_instance(evidence, bindings) else {
        return Ok(Verdict::not_yet(
            wanted,
            "There is no instance with your key pair.",
        ));
    };
    let names = [&instance.public_address, &instance.public_name];
    let of_instance =
        |known: &&KnownHost| names.into_iter().flatten().any(|name| *name == known.host);
    let known: Vec<&KnownHost> = evidence.known_hosts.iter().filter(of_instance).collect();
    let right = known
        .iter()
        .find(|known| instance.host_keys.contains(&known.key_sha256));
    Ok(match right {
        Some(known) => Verdict::passed(format!(
            "Your ssh knows {} by its host key now, and asks no more. Should another machine answer there, it will say so.",
            known.host
        )),
        None if known.is_empty() => {
            Verdict::not_yet(wanted, "ssh has accepted no host key of it yet.")
        }
        None => Verdict::not_yet(
            wanted,
            "ssh has a host key for that address, but it is another machine's.",
        ),
    })
}
