//! `free`: memory, by the instance's type.

use super::Call;
use crate::machine::hardware;

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("hmgkb", &[("human", 'h'), ("mebi", 'm')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let total = hardware::memory_kib(&call.host.id.instance_type);
    let used = 168_400.min(total / 3);
    let cache = 262_144.min(total / 3);
    let free = total - used - cache;
    let show = |kib: u64| {
        if options.has('h') {
            let text = hardware::human(kib);
            if text == "0" {
                "0B".to_owned()
            } else {
                format!("{text}i")
            }
        } else if options.has('m') {
            (kib / 1024).to_string()
        } else if options.has('g') {
            (kib / 1024 / 1024).to_string()
        } else if options.has('b') {
            (kib * 1024).to_string()
        } else {
            kib.to_string()
        }
    };
    call.out("               total        used        free      shared  buff/cache   available\n");
    let row: String = [total, used, free, 448, cache, total - used]
        .into_iter()
        .map(|kib| format!("{:>12}", show(kib)))
        .collect();
    call.out(format!("Mem:    {row}\n"));
    call.out(format!("Swap:   {0:>12}{0:>12}{0:>12}\n", show(0)));
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn a_micro_has_about_one_gibibyte() {
        let screen = run("free -m");
        assert!(
            screen.contains("Mem:             927         164"),
            "{screen}"
        );
    }
}
