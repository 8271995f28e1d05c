//! `uname`: the kernel.

use super::Call;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let long = [
        ("all", 'a'),
        ("kernel-release", 'r'),
        ("machine", 'm'),
        ("nodename", 'n'),
        ("kernel-name", 's'),
    ];
    let options = match call.options("asnrvmpio", &long) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let (release, version) = call.host.machine.family().kernel();
    let name = call.host.id.host_name.clone();
    let name = if call.host.machine.family().names_itself_shortly() {
        call.host.id.short_name().to_owned()
    } else {
        name
    };
    let debian = call.host.machine.family().is_debian();
    let mut parts = Vec::new();
    let want = |letter| options.has(letter) || options.has('a');
    if want('s') || options.flags.is_empty() {
        parts.push("Linux");
    }
    if want('n') {
        parts.push(&name);
    }
    if want('r') {
        parts.push(release);
    }
    if want('v') {
        parts.push(version);
    }
    if want('m') {
        parts.push("x86_64");
    }
    // Debian's own build leaves out what it does not know.
    if options.has('p') || (options.has('a') && !debian) {
        parts.push("x86_64");
    }
    if options.has('i') || (options.has('a') && !debian) {
        parts.push("x86_64");
    }
    if want('o') {
        parts.push("GNU/Linux");
    }
    let text = format!("{}\n", parts.join(" "));
    call.out(text);
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn it_names_the_kernel_as_in_transcripts() {
        assert_eq!(
            run("uname -a; uname -r; uname"),
            "Linux ip-172-31-5-9.ec2.internal 6.1.166-197.305.amzn2023.x86_64 #1 SMP PREEMPT_DYNAMIC Mon Mar 23 09:53:26 UTC 2026 x86_64 x86_64 x86_64 GNU/Linux\n6.1.166-197.305.amzn2023.x86_64\nLinux\n0"
        );
    }
}
