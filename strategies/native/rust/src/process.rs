//! What the operating system knows of this process.

use std::fs;
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;

use serde_json::{json, Value};

use crate::clock::now_ns;
use crate::failure::Failure;

/// Pins this process to one core.
pub fn pin(cpu: Option<usize>) -> Result<(), Failure> {
    let Some(cpu) = cpu else {
        return Ok(());
    };
    let refused = |why: String| Failure::spec(format!("cannot pin to core {cpu}: {why}"));
    if cpu >= libc::CPU_SETSIZE as usize {
        return Err(refused(format!("cores end at {}", libc::CPU_SETSIZE - 1)));
    }
    // SAFETY: an empty set is all zeros, and the core's number lies within it.
    let status = unsafe {
        let mut cores: libc::cpu_set_t = mem::zeroed();
        libc::CPU_SET(cpu, &mut cores);
        libc::sched_setaffinity(0, mem::size_of_val(&cores), &raw const cores)
    };
    if status != 0 {
        return Err(refused(io::Error::last_os_error().to_string()));
    }
    Ok(())
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::of_io(path))
}

fn page_bytes() -> usize {
    // SAFETY: a question that every system answers.
    unsafe { libc::sysconf(libc::_SC_PAGESIZE) as usize }
}

/// The resident set, bytes.
pub fn rss_bytes() -> Result<usize, Failure> {
    let path = "/proc/self/statm";
    let pages = read(path)?
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    let pages = pages.ok_or_else(|| Failure::trial(format!("{path} names no resident pages")))?;
    Ok(pages * page_bytes())
}

/// The peak of the resident set, bytes (`ru_maxrss` would count the parent's before the exec).
pub fn peak_rss_bytes() -> Result<usize, Failure> {
    let path = "/proc/self/status";
    let kib = read(path)?
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<usize>().ok());
    let kib = kib.ok_or_else(|| Failure::trial(format!("{path} names no VmHWM")))?;
    Ok(kib * 1024)
}

/// The second number of a `schedstat`: how long it was ready and had no processor, ns.
pub fn run_delay_of(schedstat: &[u8]) -> i64 {
    let number = schedstat.split(|byte| *byte == b' ').nth(1);
    number.map_or(0, |digits| {
        digits
            .iter()
            .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
    })
}

/// What `getrusage` counts.
pub fn resources() -> libc::rusage {
    let mut used = MaybeUninit::uninit();
    // SAFETY: the call fills `used`; it fails for nothing but a bad pointer.
    unsafe {
        libc::getrusage(libc::RUSAGE_SELF, used.as_mut_ptr());
        used.assume_init()
    }
}

/// What the operating system counted so far for this process.
pub struct Usage {
    used: libc::rusage,
    run_delay_ns: i64,
}

impl Usage {
    pub fn now() -> Result<Self, Failure> {
        Ok(Self {
            run_delay_ns: run_delay_of(read("/proc/self/schedstat")?.as_bytes()),
            used: resources(),
        })
    }

    fn cpu_s(&self) -> f64 {
        [self.used.ru_utime, self.used.ru_stime]
            .iter()
            .map(|time| time.tv_sec as f64 + time.tv_usec as f64 / 1e6)
            .sum()
    }

    /// How far everything moved since `before`, as the answer `finished` has it.
    pub fn since(&self, before: &Self) -> Value {
        json!({
            "cpu_s": self.cpu_s() - before.cpu_s(),
            "run_delay_ns": self.run_delay_ns - before.run_delay_ns,
            "voluntary_switches": self.used.ru_nvcsw - before.used.ru_nvcsw,
            "involuntary_switches": self.used.ru_nivcsw - before.used.ru_nivcsw,
            "minor_faults": self.used.ru_minflt - before.used.ru_minflt,
            "major_faults": self.used.ru_majflt - before.used.ru_majflt,
        })
    }
}

/// What the first touch of a fresh page costs here, ns: the median over batches.
///
/// The reading of evidence needs it: page faults are counted by the kernel, not timed.
pub fn fault_cost_ns() -> Result<i64, Failure> {
    const BATCHES: usize = 8;
    const PAGES: usize = 128;
    let (page, mut costs) = (page_bytes(), [0; BATCHES]);
    for cost in &mut costs {
        // SAFETY: a private mapping that nothing else knows of, touched inside and then undone.
        unsafe {
            let (access, kind) = (
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            );
            let fresh = libc::mmap(ptr::null_mut(), PAGES * page, access, kind, -1, 0);
            if fresh == libc::MAP_FAILED {
                let error = io::Error::last_os_error();
                return Err(Failure::of_io("mapping fresh pages")(error));
            }
            libc::madvise(fresh, PAGES * page, libc::MADV_NOHUGEPAGE);
            let begin = now_ns();
            for number in 0..PAGES {
                fresh.cast::<u8>().add(number * page).write_volatile(1);
            }
            *cost = (now_ns() - begin) / PAGES as i64;
            libc::munmap(fresh, PAGES * page);
        }
    }
    costs.sort_unstable();
    Ok(costs[BATCHES / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_delay_is_the_second_number() {
        assert_eq!(run_delay_of(b"123 4567 89\n"), 4_567);
        assert_eq!(run_delay_of(b""), 0);
    }

    #[test]
    fn this_process_has_memory_and_a_past() {
        assert!(rss_bytes().unwrap() > 100_000);
        assert!(peak_rss_bytes().unwrap() >= 100_000);
        assert!(Usage::now().unwrap().used.ru_minflt > 0);
        assert!(fault_cost_ns().unwrap() > 0);
    }

    #[test]
    fn a_core_that_is_not_there_is_refused() {
        assert!(pin(Some(1_000_000)).is_err());
        assert!(pin(None).is_ok());
    }
}
