//! `hostname`: the machine's name in the VPC.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let id = &call.host.id;
    let text = match call.given().first().map(String::as_str) {
        None | Some("-f" | "--fqdn") => id.host_name.clone(),
        Some("-s" | "--short") => id.short_name().to_owned(),
        Some("-i" | "-I") => id.private_address.to_string(),
        Some("-d") => id
            .host_name
            .split_once('.')
            .map_or("", |(_, domain)| domain)
            .to_owned(),
        Some(word) if word.starts_with('-') => {
            return call.usage(format!(
                "invalid option -- '{}'",
                word.trim_start_matches('-')
            ));
        }
        Some(_) => return call.fail("you must be root to change the host name"),
    };
    call.out(format!("{text}\n"));
    0
}
