//! `df`: room on the disks. The root disk has the 8 GiB of an instance's first volume.

use super::Call;
use crate::machine::{Machine, hardware};

/// Size of the root disk and what is used of it, in KiB.
pub(crate) fn root_disk(machine: &Machine) -> (u64, u64) {
    let used = u64::try_from(machine.used() / 1024).unwrap_or(0);
    (8_310_764, 1_650_000 + used)
}

pub(super) fn run(call: &mut Call<'_>) -> u32 {
    let options = match call.options("hkTa", &[("human-readable", 'h')]) {
        Ok(options) => options,
        Err(status) => return status,
    };
    let memory = hardware::memory_kib(&call.host.id.instance_type);
    let (size, used) = root_disk(&call.host.machine);
    let rows = [
        ("devtmpfs", "devtmpfs", 4096, 0, "/dev"),
        ("tmpfs", "tmpfs", memory / 2, 0, "/dev/shm"),
        ("tmpfs", "tmpfs", memory / 5, 448, "/run"),
        ("/dev/nvme0n1p1", "xfs", size, used, "/"),
        ("tmpfs", "tmpfs", memory / 2, 0, "/tmp"),
    ];
    let human = options.has('h');
    let kind = |text: &str| {
        if options.has('T') {
            format!("{text:<9}")
        } else {
            String::new()
        }
    };
    let head = if human {
        format!(
            "Filesystem      {} Size  Used Avail Use% Mounted on\n",
            kind("Type")
        )
    } else {
        format!(
            "Filesystem     {} 1K-blocks    Used Available Use% Mounted on\n",
            kind("Type")
        )
    };
    call.out(head);
    for (name, fs, size, used, at) in rows {
        let percent = (used * 100).div_ceil(size.max(1));
        let free = size - used.min(size);
        let line = if human {
            format!(
                "{name:<15} {} {:>4} {:>5} {:>5} {percent:>3}% {at}\n",
                kind(fs),
                hardware::human(size),
                hardware::human(used),
                hardware::human(free)
            )
        } else {
            format!(
                "{name:<14} {} {size:>9} {used:>7} {free:>9} {percent:>3}% {at}\n",
                kind(fs)
            )
        };
        call.out(line);
    }
    0
}

#[cfg(test)]
mod tests {
    use crate::machine::testing::run;

    #[test]
    fn the_root_disk_has_eight_gibibytes() {
        let screen = run("df -h");
        assert!(
            screen.contains("/dev/nvme0n1p1   8.0G  1.6G  6.4G  20% /\n"),
            "{screen}"
        );
    }
}
