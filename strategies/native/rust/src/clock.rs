//! CLOCK_MONOTONIC, the clock of every stamp, and the two ways to wait on it.

use std::mem::MaybeUninit;
use std::thread;
use std::time::Duration;

const WAKE_EARLY_NS: i64 = 100_000;

/// Nanoseconds on CLOCK_MONOTONIC; through the vDSO, without a system call.
#[inline]
pub fn now_ns() -> i64 {
    read(libc::CLOCK_MONOTONIC)
}

/// CPU time of the calling thread; a system call.
pub fn thread_cpu_ns() -> i64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

#[inline]
fn read(clock: libc::clockid_t) -> i64 {
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: both clocks exist on every Linux, so the call fills `time`.
    let time = unsafe {
        libc::clock_gettime(clock, time.as_mut_ptr());
        time.assume_init()
    };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// How the timed loop waits for an operation to be due.
pub trait Wait {
    /// Returns the time at which the operation starts: `due` or as soon after it as can be.
    fn until(due: i64) -> i64;
}

/// Spins all the time.
pub struct Spin;

impl Wait for Spin {
    #[inline]
    fn until(due: i64) -> i64 {
        loop {
            let now = now_ns();
            if now >= due {
                return now;
            }
        }
    }
}

/// Sleeps until shortly before the operation is due and spins the rest, since a sleep ends late.
pub struct Sleep;

impl Wait for Sleep {
    #[inline]
    fn until(due: i64) -> i64 {
        loop {
            let now = now_ns();
            if now >= due {
                return now;
            }
            if due - now > WAKE_EARLY_NS {
                sleep_ns(due - now - WAKE_EARLY_NS);
            }
        }
    }
}

/// Sleeps for about that long; not at all where it is not positive.
pub fn sleep_ns(duration_ns: i64) {
    thread::sleep(Duration::from_nanos(duration_ns.max(0).unsigned_abs()));
}
