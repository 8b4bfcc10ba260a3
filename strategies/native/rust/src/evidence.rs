//! Takes down what a slow operation leaves behind, so that its cause can be told afterwards.
//!
//! The timed loop asks one thing of every operation: whether its end lies beyond a limit. The
//! witness, called only then, sets the limit `slow_ns` ahead of that end. So it is called at most
//! every `slow_ns`, and after every operation that took longer by itself. Of such a one it writes
//! how far the process's counters moved since it last looked, at the latest since the end of the
//! block before. What they mean is decided outside.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::block::EvidenceRing;
use crate::clock::{now_ns, thread_cpu_ns};
use crate::header::EVIDENCE_WORDS;
use crate::process::{resources, run_delay_of};

const FINISHED: usize = 0;
const SINCE: usize = 1;
const UNTIL: usize = 2;
const FIRST_COUNTER: usize = 3;

/// What only the service knows.
#[derive(Clone, Copy, Default)]
pub struct Counters {
    pub index_epoch: i64,
    pub load_ns: i64,
    pub save_ns: i64,
}

/// Sees slow operations; without a ring to write to it is never called.
pub struct Witness {
    /// Whatever ends later is to be checked.
    pub limit_ns: i64,
    /// When the last operation of the block before ended.
    pub finished_ns: i64,
    slow_ns: i64,
    ring: Option<EvidenceRing>,
    schedstat: Option<File>,
    /// The counters at the last look, each at its place in the record, and when that was.
    seen: [i64; EVIDENCE_WORDS],
}

impl Witness {
    pub fn new(ring: Option<EvidenceRing>, slow_ns: i64) -> Self {
        let finished_ns = now_ns();
        let mut witness = Self {
            limit_ns: match ring {
                Some(_) => finished_ns.saturating_add(slow_ns),
                None => i64::MAX,
            },
            finished_ns,
            slow_ns,
            ring,
            schedstat: File::open("/proc/thread-self/schedstat").ok(),
            seen: [0; EVIDENCE_WORDS],
        };
        witness.look(Counters::default());
        witness
    }

    /// Writes a record if the operation's own time was long: not its wait to be due.
    ///
    /// `began_ns` is the later of its due time and the end of the one before. Returns the next limit.
    #[cold]
    pub fn check(&mut self, began_ns: i64, finished_ns: i64, counters: Counters) -> i64 {
        if finished_ns - began_ns > self.slow_ns {
            self.testify(finished_ns, counters);
        }
        finished_ns.saturating_add(self.slow_ns)
    }

    fn testify(&mut self, finished_ns: i64, counters: Counters) {
        let before = self.seen;
        self.look(counters);
        let mut record = [0; EVIDENCE_WORDS];
        for (place, moved) in record.iter_mut().enumerate().skip(FIRST_COUNTER) {
            *moved = self.seen[place] - before[place];
        }
        record[FINISHED] = finished_ns;
        record[SINCE] = before[UNTIL];
        record[UNTIL] = self.seen[UNTIL];
        if let Some(ring) = &self.ring {
            ring.write(&record);
        }
    }

    /// Reads the counters, so that later differences count from here.
    pub fn look(&mut self, counters: Counters) {
        if self.ring.is_none() {
            return;
        }
        let run_delay_ns = self.run_delay_ns();
        let used = resources();
        let cpu_ns = thread_cpu_ns();
        let now_ns = now_ns();
        self.seen = [
            0,
            0,
            now_ns,
            run_delay_ns,
            cpu_ns,
            used.ru_nvcsw,
            used.ru_stime.tv_sec * 1_000_000_000 + used.ru_stime.tv_usec * 1_000,
            used.ru_minflt,
            used.ru_majflt,
            counters.index_epoch,
            counters.load_ns,
            counters.save_ns,
        ];
    }

    fn run_delay_ns(&self) -> i64 {
        let mut line = [0; 128];
        let length = self
            .schedstat
            .as_ref()
            .map_or(0, |schedstat| schedstat.read_at(&mut line, 0).unwrap_or(0));
        run_delay_of(&line[..length])
    }
}
