//! The instrument with known stalls: what it does must reappear in the histograms exactly.

use crate::clock::{now_ns, sleep_ns};
use crate::layout::{Item, Keyed, Layout, State};
use crate::null::Null;

/// A sleep ends late, on a virtual machine by milliseconds: so much of its end is spun.
const SPUN_NS: i64 = 10_000_000;

/// Does nothing but pause for a stated time at stated moments.
///
/// The first pause begins at `every / 2` after the start of the measured phase, the next ones
/// `every` later each, in the first request at or after that moment.
pub struct KnownPause {
    pause_ns: i64,
    every_ns: i64,
    first_ns: i64,
    next_ns: i64,
}

impl KnownPause {
    pub fn new(pause_ns: i64, every_ns: i64) -> Self {
        Self {
            pause_ns,
            every_ns,
            first_ns: i64::MAX,
            next_ns: i64::MAX,
        }
    }

    #[inline]
    fn pause_if_due(&mut self) {
        let begin = now_ns();
        if begin >= self.next_ns {
            self.pause(begin);
        }
    }

    #[cold]
    fn pause(&mut self, begin: i64) {
        self.next_ns = self.moment_after(begin);
        sleep_ns(self.pause_ns - SPUN_NS);
        while now_ns() < begin + self.pause_ns {}
    }

    /// A moment that passed without a request is left out.
    fn moment_after(&self, now: i64) -> i64 {
        let passed = (now - self.first_ns) / self.every_ns;
        self.first_ns + (passed + 1) * self.every_ns
    }
}

impl Layout for KnownPause {
    #[inline]
    fn read(&mut self, key: i64) -> Option<State> {
        self.pause_if_due();
        Null.read(key)
    }

    #[inline]
    fn ack(&mut self, key: i64, message_id: u64) -> bool {
        self.pause_if_due();
        Null.ack(key, message_id)
    }

    #[inline]
    fn mention(&mut self, key: i64) -> bool {
        self.pause_if_due();
        Null.mention(key)
    }

    fn insert(&mut self, _key: i64, _state: State, _changed: bool) -> Option<Keyed> {
        None
    }

    fn seal(&mut self) {}

    fn take(&mut self, _limit: usize, _out: &mut Vec<Keyed>) {}

    fn len(&self) -> usize {
        0
    }

    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        std::iter::empty()
    }

    fn measure_from(&mut self, t0_ns: i64) {
        self.first_ns = t0_ns + self.every_ns / 2;
        self.next_ns = self.first_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_come_at_half_a_period_and_then_every_period() {
        let mut layout = KnownPause::new(50, 1_000);
        layout.measure_from(10_000);
        assert_eq!(layout.next_ns, 10_500);
        assert_eq!(layout.moment_after(10_500), 11_500);
        assert_eq!(layout.moment_after(11_499), 11_500);
        assert_eq!(layout.moment_after(13_700), 14_500);
    }

    #[test]
    fn a_pause_takes_what_it_says() {
        let mut layout = KnownPause::new(1_000_000, 1_000_000_000);
        layout.measure_from(now_ns() - 500_000_000);
        let begin = now_ns();
        layout.mention(1);
        assert!(now_ns() - begin >= 1_000_000);
        assert!(layout.next_ns > begin + 400_000_000);
    }
}
