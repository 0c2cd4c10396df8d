//! What this machine has.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

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

/// Bytes a second that `threads` read from memory together, measured over a quarter of a second on a buffer that no
/// cache holds.
pub fn memory_speed(threads: usize) -> f64 {
    const BUFFER: usize = 64 << 20;
    const LONG_ENOUGH: Duration = Duration::from_millis(250);
    let read_on_and_on = || {
        let buffer = vec![1_u64; BUFFER / 8];
        let start = Instant::now();
        let mut bytes = 0_u64;
        while start.elapsed() < LONG_ENOUGH {
            // Sixteen sums at once: one would wait for itself.
            let mut sums = [0_u64; 16];
            for line in buffer.chunks_exact(16) {
                for (sum, value) in sums.iter_mut().zip(line) {
                    *sum = sum.wrapping_add(*value);
                }
            }
            std::hint::black_box(sums);
            bytes += BUFFER as u64;
        }
        bytes as f64 / start.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(read_on_and_on)).collect();
        readers.into_iter().filter_map(|reader| reader.join().ok()).sum()
    })
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
