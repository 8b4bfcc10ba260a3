//! The layout `rust`: the `lru` crate over boxed entries, as the case study's service had it.
//!
//! No collector walks it, and an entry is freed at once when it is replaced. What is left of long
//! stalls is the table: hashbrown, under `lru`, marks a place as deleted where it cannot simply
//! free it, and re-hashes every key when such marks have used up its free places. The first time
//! that may double the table, if more than half of what it can hold is taken; from then on it
//! happens in place, without a change of capacity that could be seen from outside. It is seen by
//! counting what is hashed. At 100,000 entries and uniform keys: once after some 50,000 evictions,
//! for 4 to 11 ms, and then every 4 million, for 3 to 5 ms.

use std::cell::Cell;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::rc::Rc;

use lru::{DefaultHasher, LruCache};

use crate::layout::{write_payload, Item, Keyed, Layout, State};
use crate::pending::{Pending, Queue, Version};

/// An insert looks for the key, takes the evicted one out and puts the new one in.
const HASHES_OF_INSERT: u64 = 3;

/// `replace`: every update makes a new entry and frees the old one. `in-place`: it changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Update {
    Replace,
    InPlace,
}

struct Entry {
    state: State,
    version: Version,
    payload: Box<[u8]>,
}

/// The hash function that `lru` takes by default, and how often it was used.
struct CountedHasher {
    inner: DefaultHasher,
    hashes: Rc<Cell<u64>>,
}

impl BuildHasher for CountedHasher {
    type Hasher = <DefaultHasher as BuildHasher>::Hasher;

    #[inline]
    fn build_hasher(&self) -> Self::Hasher {
        self.hashes.set(self.hashes.get() + 1);
        self.inner.build_hasher()
    }
}

/// Makes entries, each with a version of its own.
struct Maker {
    versions: Version,
    payload_bytes: usize,
}

impl Maker {
    #[inline]
    fn entry(&mut self, state: State) -> Box<Entry> {
        self.versions += 1;
        let mut payload = vec![0; self.payload_bytes].into_boxed_slice();
        write_payload(&mut payload, state.message_id);
        Box::new(Entry {
            state,
            version: self.versions,
            payload,
        })
    }
}

/// An exact LRU of boxed entries.
pub struct LruLayout {
    cache: LruCache<i64, Box<Entry>, CountedHasher>,
    hashes: Rc<Cell<u64>>,
    epoch: i64,
    make: Maker,
    update: Update,
    queue: Queue,
}

impl LruLayout {
    pub fn new(
        capacity: NonZeroUsize,
        payload_bytes: usize,
        update: Update,
        pending: Pending,
    ) -> Self {
        let hashes = Rc::new(Cell::new(0));
        let hasher = CountedHasher {
            inner: DefaultHasher::default(),
            hashes: Rc::clone(&hashes),
        };
        Self {
            cache: LruCache::with_hasher(capacity, hasher),
            hashes,
            epoch: 0,
            make: Maker {
                versions: 0,
                payload_bytes,
            },
            update,
            queue: Queue::new(pending),
        }
    }
}

impl Layout for LruLayout {
    #[inline]
    fn read(&mut self, key: i64) -> Option<State> {
        self.cache.get(&key).map(|entry| entry.state)
    }

    #[inline]
    fn ack(&mut self, key: i64, message_id: u64) -> bool {
        let Some(entry) = self.cache.get_mut(&key) else {
            return false;
        };
        let state = State::acked(message_id);
        match self.update {
            Update::Replace => *entry = self.make.entry(state),
            Update::InPlace => {
                entry.state = state;
                write_payload(&mut entry.payload, message_id);
            }
        }
        self.queue.add(key, entry.version);
        true
    }

    #[inline]
    fn mention(&mut self, key: i64) -> bool {
        let Some(entry) = self.cache.get_mut(&key) else {
            return false;
        };
        let state = entry.state.mentioned();
        match self.update {
            Update::Replace => *entry = self.make.entry(state),
            Update::InPlace => entry.state = state,
        }
        self.queue.add(key, entry.version);
        true
    }

    fn insert(&mut self, key: i64, state: State, changed: bool) -> Option<Keyed> {
        let entry = self.make.entry(state);
        if changed {
            self.queue.add(key, entry.version);
        }
        let before = self.hashes.get();
        let evicted = self.cache.push(key, entry);
        if self.hashes.get() - before > HASHES_OF_INSERT {
            self.epoch += 1;
        }
        evicted.map(|(key, entry)| (key, entry.state))
    }

    fn seal(&mut self) {
        self.queue.seal();
    }

    fn take(&mut self, limit: usize, out: &mut Vec<Keyed>) {
        let cache = &self.cache;
        self.queue.take(limit, |key, version| {
            let current = cache.peek(&key).filter(|entry| entry.version == version);
            out.extend(current.map(|entry| (key, entry.state)));
        });
    }

    fn len(&self) -> usize {
        self.cache.len()
    }

    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.cache.iter().rev().map(|(&key, entry)| Item {
            key,
            state: entry.state,
            payload: &entry.payload,
        })
    }

    fn index_epoch(&self) -> i64 {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::naive;

    fn layout(capacity: usize, update: Update, pending: Pending) -> LruLayout {
        LruLayout::new(NonZeroUsize::new(capacity).unwrap(), 11, update, pending)
    }

    #[test]
    fn answers_what_a_naive_cache_answers() {
        for update in [Update::Replace, Update::InPlace] {
            naive::compare(layout(50, update, Pending::Record), 50, 11);
        }
    }

    #[test]
    fn a_superseded_record_is_passed_over() {
        let mut layout = layout(2, Update::Replace, Pending::Record);
        layout.insert(1, State::acked(5), true);
        layout.ack(1, 6);
        layout.insert(2, State::acked(7), false);
        layout.seal();
        let mut out = Vec::new();
        layout.take(1, &mut out);
        assert_eq!(out, []);
        layout.take(9, &mut out);
        assert_eq!(out, [(1, State::acked(6))]);
    }

    #[test]
    fn a_record_of_an_evicted_entry_is_passed_over_though_its_key_is_back() {
        let mut layout = layout(1, Update::Replace, Pending::Coalesce);
        layout.insert(1, State::acked(5), true);
        assert_eq!(
            layout.insert(2, State::acked(6), true),
            Some((1, State::acked(5)))
        );
        layout.insert(1, State::acked(5), false);
        layout.seal();
        let mut out = Vec::new();
        layout.take(9, &mut out);
        assert_eq!(out, []);
    }

    #[test]
    fn every_record_of_an_entry_changed_in_place_is_current() {
        let mut layout = layout(1, Update::InPlace, Pending::Record);
        layout.insert(1, State::acked(5), true);
        layout.ack(1, 6);
        layout.seal();
        let mut out = Vec::new();
        layout.take(9, &mut out);
        assert_eq!(out, [(1, State::acked(6)); 2]);
    }

    #[test]
    fn a_rehash_is_seen_in_the_hashes_of_one_insert() {
        let capacity = 112; // as many as a table of 128 places takes: no free place is left
        let mut layout = layout(capacity, Update::Replace, Pending::Record);
        for key in 0..capacity as i64 {
            layout.insert(key, State::default(), false);
        }
        assert_eq!(layout.index_epoch(), 0);
        for key in 0..10_000 {
            layout.insert(1_000 + key, State::default(), false);
        }
        assert!(layout.index_epoch() > 0);
    }
}
