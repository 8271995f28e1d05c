//! What an instance type is made of, and the kernel that runs on it.

use super::Family;

/// Memory that Linux sees, KiB. By the size's name, as the t3 family has it; the part that firmware takes is a guess.
pub(crate) fn memory_kib(instance_type: &str) -> u64 {
    let mib: u64 = match instance_type.split_once('.').map_or("", |(_, size)| size) {
        "nano" => 512,
        "micro" => 1024,
        "medium" => 4096,
        "large" => 8192,
        "xlarge" => 16_384,
        "2xlarge" => 32_768,
        // `small`, and what is not known.
        _ => 2048,
    };
    mib * 1024 - mib * 97
}

/// Virtual processors.
pub(crate) fn processors(instance_type: &str) -> u32 {
    match instance_type.split_once('.').map_or("", |(_, size)| size) {
        "xlarge" => 4,
        "2xlarge" => 8,
        _ if instance_type.starts_with("t2.")
            && !instance_type.ends_with("medium")
            && !instance_type.ends_with("large") =>
        {
            1
        }
        _ => 2,
    }
}

/// KiB as `df -h` and `ls -h` show them, rounded up.
pub(crate) fn human(kib: u64) -> String {
    if kib == 0 {
        "0".into()
    } else {
        scaled(kib, &["K", "M", "G", "T"])
    }
}

/// Bytes as `ls -h` shows them.
pub(crate) fn human_bytes(bytes: usize) -> String {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    if bytes < 1024 {
        bytes.to_string()
    } else {
        scaled(bytes, &["", "K", "M", "G", "T"])
    }
}

fn scaled(value: u64, units: &[&str]) -> String {
    let mut unit = 0;
    let mut scale = 1_u64;
    while value.div_ceil(scale) >= 1024 && unit + 1 < units.len() {
        scale = scale.saturating_mul(1024);
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    let tenths = value.saturating_mul(10).div_ceil(scale);
    if unit > 0 && tenths < 100 {
        format!("{}.{}{name}", tenths / 10, tenths % 10)
    } else {
        format!("{}{name}", value.div_ceil(scale))
    }
}

impl Family {
    /// Release and version of the kernel. Amazon Linux 2023's from a transcript of 2026; the others unverified.
    pub(crate) const fn kernel(self) -> (&'static str, &'static str) {
        match self {
            Self::Al2023 => (
                "6.1.166-197.305.amzn2023.x86_64",
                "#1 SMP PREEMPT_DYNAMIC Mon Mar 23 09:53:26 UTC 2026",
            ),
            Self::Al2 => (
                "5.10.240-238.959.amzn2.x86_64",
                "#1 SMP Mon Aug 11 18:51:12 UTC 2025",
            ),
            Self::Ubuntu2404 => (
                "6.14.0-1015-aws",
                "#15~24.04.1-Ubuntu SMP Tue Sep 23 22:44:48 UTC 2025",
            ),
            Self::Debian12 => (
                "6.1.0-37-cloud-amd64",
                "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1 (2025-05-22)",
            ),
            Self::Rhel9 => (
                "5.14.0-570.12.1.el9_6.x86_64",
                "#1 SMP PREEMPT_DYNAMIC Fri Apr 4 10:41:31 EDT 2025",
            ),
        }
    }

    /// Debian and its children.
    pub(crate) const fn is_debian(self) -> bool {
        match self {
            Self::Ubuntu2404 | Self::Debian12 => true,
            Self::Al2023 | Self::Al2 | Self::Rhel9 => false,
        }
    }

    /// Its node name has no domain.
    pub(crate) const fn names_itself_shortly(self) -> bool {
        self.is_debian()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_as_gnus_shows_them() {
        assert_eq!(human(8_310_764), "8.0G");
        assert_eq!(human(448), "448K");
        assert_eq!(human(0), "0");
        assert_eq!(human_bytes(1023), "1023");
        assert_eq!(human_bytes(1024), "1.0K");
        assert_eq!(human_bytes(20_000), "20K");
    }
}
