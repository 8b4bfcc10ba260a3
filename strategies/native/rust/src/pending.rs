//! The write-behind queue of the `rust` layout: how updates wait in memory for their commit.
//!
//! The cache owns its entries alone, as a Rust service would have it: no reference counts. A record
//! therefore does not hold the entry but names it, by key and version, 16 bytes that are copied.
//! Every entry gets a version of its own when it is made; a record whose version is no longer the
//! one in the cache was superseded or evicted. So an entry is freed when it is replaced, not when
//! the batch goes, and dropping a batch frees one buffer instead of ten thousand objects.

use std::mem;

use hashbrown::HashMap;

/// Tells an entry from those that were, or will be, under the same key.
pub type Version = u64;

/// `record`: one record per update. `coalesce`: one per key, the latest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pending {
    Record,
    Coalesce,
}

/// What is pending, and the batch that was sealed from it.
pub enum Queue {
    Record(Records),
    Coalesce(Latest),
}

impl Queue {
    pub fn new(pending: Pending) -> Self {
        match pending {
            Pending::Record => Self::Record(Records::default()),
            Pending::Coalesce => Self::Coalesce(Latest::default()),
        }
    }

    /// Remembers that the key's entry has changed.
    #[inline]
    pub fn add(&mut self, key: i64, version: Version) {
        match self {
            Self::Record(records) => records.open.push((key, version)),
            Self::Coalesce(latest) => latest.open.add(key, version),
        }
    }

    /// Makes what is pending now the batch, behind what is left of the one before.
    pub fn seal(&mut self) {
        match self {
            Self::Record(records) => records.seal(),
            Self::Coalesce(latest) => latest.seal(),
        }
    }

    /// Shows up to `limit` records of the batch, and drops it whole after its last one.
    pub fn take(&mut self, limit: usize, show: impl FnMut(i64, Version)) {
        match self {
            Self::Record(records) => records.take(limit, show),
            Self::Coalesce(latest) => latest.take(limit, show),
        }
    }
}

#[derive(Default)]
pub struct Records {
    open: Vec<(i64, Version)>,
    batch: Vec<(i64, Version)>,
    next: usize,
}

impl Records {
    fn seal(&mut self) {
        let sealed = mem::take(&mut self.open);
        if self.batch.is_empty() {
            self.batch = sealed;
        } else {
            self.batch.extend(sealed);
        }
    }

    fn take(&mut self, limit: usize, mut show: impl FnMut(i64, Version)) {
        let end = self.next.saturating_add(limit).min(self.batch.len());
        for &(key, version) in &self.batch[self.next..end] {
            show(key, version);
        }
        self.next = end;
        if end == self.batch.len() {
            self.batch = Vec::new();
            self.next = 0;
        }
    }
}

/// Keys in the order in which they came to wait, and the latest version of each.
#[derive(Default)]
struct Waiting {
    order: Vec<i64>,
    versions: HashMap<i64, Version>,
}

impl Waiting {
    fn add(&mut self, key: i64, version: Version) {
        if self.versions.insert(key, version).is_none() {
            self.order.push(key);
        }
    }
}

#[derive(Default)]
pub struct Latest {
    open: Waiting,
    batch: Waiting,
    next: usize,
}

impl Latest {
    fn seal(&mut self) {
        let sealed = mem::take(&mut self.open);
        if self.batch.order.is_empty() {
            self.batch = sealed;
            return;
        }
        for key in sealed.order {
            self.batch.add(key, sealed.versions[&key]);
        }
    }

    fn take(&mut self, limit: usize, mut show: impl FnMut(i64, Version)) {
        let end = self.next.saturating_add(limit).min(self.batch.order.len());
        for &key in &self.batch.order[self.next..end] {
            // Taken out of the map: the key waits anew if it is sealed again.
            if let Some(version) = self.batch.versions.remove(&key) {
                show(key, version);
            }
        }
        self.next = end;
        if end == self.batch.order.len() {
            self.batch = Waiting::default();
            self.next = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(queue: &mut Queue, limit: usize) -> Vec<(i64, Version)> {
        let mut out = Vec::new();
        queue.take(limit, |key, version| out.push((key, version)));
        out
    }

    #[test]
    fn nothing_is_taken_before_a_seal() {
        for pending in [Pending::Record, Pending::Coalesce] {
            let mut queue = Queue::new(pending);
            queue.add(1, 1);
            assert_eq!(taken(&mut queue, 9), []);
            queue.seal();
            queue.add(2, 2);
            assert_eq!(taken(&mut queue, usize::MAX), [(1, 1)]);
            assert_eq!(taken(&mut queue, 9), []);
        }
    }

    #[test]
    fn every_update_has_a_record() {
        let mut queue = Queue::new(Pending::Record);
        for (key, version) in [(1, 1), (2, 2), (1, 3)] {
            queue.add(key, version);
        }
        queue.seal();
        assert_eq!(taken(&mut queue, 2), [(1, 1), (2, 2)]);
        queue.add(4, 4);
        queue.seal();
        assert_eq!(taken(&mut queue, 9), [(1, 3), (4, 4)]);
    }

    #[test]
    fn a_later_update_takes_the_place_of_an_earlier_one() {
        let mut queue = Queue::new(Pending::Coalesce);
        for (key, version) in [(1, 1), (2, 2), (3, 3), (1, 4)] {
            queue.add(key, version);
        }
        queue.seal();
        assert_eq!(taken(&mut queue, 1), [(1, 4)]);
        for (key, version) in [(3, 5), (1, 6)] {
            queue.add(key, version);
        }
        queue.seal();
        assert_eq!(taken(&mut queue, 9), [(2, 2), (3, 5), (1, 6)]);
    }

    #[test]
    fn a_batch_is_dropped_with_its_last_record() {
        let mut queue = Records::default();
        queue.open.extend((0..100).map(|key| (key, 0)));
        queue.seal();
        queue.take(99, |_, _| ());
        assert!(queue.batch.capacity() >= 100);
        queue.take(1, |_, _| ());
        assert_eq!(queue.batch.capacity(), 0);
    }
}
