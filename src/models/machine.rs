//! What this machine has.

use std::fs;

/// Bytes of memory that this process may use: what the machine has, or less where its control group is limited.
/// `None` where the system does not say.
pub fn usable_memory() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_memory(&text));
    let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(group).min()
}

fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(total_memory("MemTotal:       24673820 kB\nMemFree: 1 kB\n"), Some(24_673_820 * 1024));
        assert_eq!(total_memory("nothing"), None);
        assert_eq!(total_memory("MemTotal: 99999999999999999999 kB"), None);
    }
}
