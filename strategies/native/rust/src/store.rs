//! The store `memory`: preallocated rows, so that what is measured is the cache.
//!
//! None of it is ever resized or re-hashed, and all pages are touched on construction, which keeps
//! it out of the layout's bytes per entry.

use std::hint::black_box;

use crate::clock::now_ns;
use crate::failure::Failure;
use crate::layout::{Keyed, State};
use crate::spec::StoreSpec;

/// 2^64 / golden ratio: multiplicative hashing spreads consecutive keys over a table.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// What the service asks of the database behind the cache; an unknown key is (0, 0).
pub trait Store {
    fn load(&mut self, key: i64) -> State;

    /// Writes one state: the commit on eviction.
    fn save(&mut self, key: i64, state: State);

    /// Writes many as one commit.
    fn save_many(&mut self, states: &[Keyed]) {
        for &(key, state) in states {
            self.save(key, state);
        }
    }

    /// All that was ever written, in any order.
    fn items(&self) -> Box<dyn Iterator<Item = Keyed> + '_>;

    /// Time in loads and in saves so far, ns; 0 where they take less than the clock reads would.
    fn times_ns(&self) -> (i64, i64) {
        (0, 0)
    }

    /// Adds the miss penalty from now on, where there is one.
    fn charge(&mut self) {}
}

/// Opens the store of a spec.
pub fn open(spec: &StoreSpec) -> Result<Box<dyn Store>, Failure> {
    Ok(match (spec.dense, spec.miss_penalty_ns) {
        (true, 0) => Box::new(DenseStore::new(spec.keys)?),
        (false, 0) => Box::new(HashedStore::new(spec.keys)?),
        (true, penalty_ns) => Box::new(FarStore::new(DenseStore::new(spec.keys)?, penalty_ns)),
        (false, penalty_ns) => Box::new(FarStore::new(HashedStore::new(spec.keys)?, penalty_ns)),
    })
}

/// Allocates a column whose pages are all there: none is left to be faulted in later.
pub fn preallocated<T: Clone>(value: T, length: usize) -> Result<Vec<T>, Failure> {
    let mut column = Vec::new();
    column
        .try_reserve_exact(length)
        .map_err(|_| Failure::trial("out of memory"))?;
    let mut column = black_box(column); // memory known to be fresh would be left to the kernel to zero
    column.resize(length, value);
    Ok(column)
}

/// Where a key belongs in a table of 2^(64 - `shift`) places.
#[inline]
pub fn home(key: i64, shift: u32) -> usize {
    ((key as u64).wrapping_mul(MULTIPLIER) >> shift) as usize
}

#[derive(Clone, Default)]
struct Row {
    message_id: u64,
    mentions: u32,
    known: bool,
}

/// States of the keys 0 to n - 1, the key being the row.
struct DenseStore {
    rows: Vec<Row>,
}

impl DenseStore {
    fn new(keys: usize) -> Result<Self, Failure> {
        Ok(Self {
            rows: preallocated(Row::default(), keys)?,
        })
    }

    fn get(&self, row: usize) -> State {
        let Row {
            message_id,
            mentions,
            ..
        } = self.rows[row];
        State {
            message_id,
            mentions,
        }
    }

    fn set(&mut self, row: usize, state: State) {
        self.rows[row] = Row {
            message_id: state.message_id,
            mentions: state.mentions,
            known: true,
        };
    }

    fn known(&self) -> impl Iterator<Item = (usize, State)> + '_ {
        (0..self.rows.len())
            .filter(|&row| self.rows[row].known)
            .map(|row| (row, self.get(row)))
    }
}

impl Store for DenseStore {
    fn load(&mut self, key: i64) -> State {
        self.get(key as usize)
    }

    fn save(&mut self, key: i64, state: State) {
        self.set(key as usize, state);
    }

    fn items(&self) -> Box<dyn Iterator<Item = Keyed> + '_> {
        Box::new(self.known().map(|(row, state)| (row as i64, state)))
    }
}

/// States of up to n keys anywhere in the signed 64-bit range: open addressing, half full.
struct HashedStore {
    limit: usize,
    size: usize,
    shift: u32,
    keys: Vec<i64>,
    rows: DenseStore,
}

impl HashedStore {
    fn new(keys: usize) -> Result<Self, Failure> {
        let places = keys.saturating_mul(2).max(8).checked_next_power_of_two();
        let places = places.ok_or_else(|| Failure::trial("out of memory"))?;
        Ok(Self {
            limit: keys,
            size: 0,
            shift: 64 - places.trailing_zeros(),
            keys: preallocated(0, places)?,
            rows: DenseStore::new(places)?,
        })
    }

    /// The key's place, or the free one where it would go.
    fn place(&self, key: i64) -> usize {
        let mut place = home(key, self.shift);
        while self.rows.rows[place].known && self.keys[place] != key {
            place = (place + 1) & (self.keys.len() - 1);
        }
        place
    }
}

impl Store for HashedStore {
    fn load(&mut self, key: i64) -> State {
        self.rows.get(self.place(key))
    }

    fn save(&mut self, key: i64, state: State) {
        let place = self.place(key);
        if !self.rows.rows[place].known {
            assert!(
                self.size < self.limit,
                "the store was made for {} keys and met one more",
                self.limit
            );
            self.size += 1;
            self.keys[place] = key;
        }
        self.rows.set(place, state);
    }

    fn items(&self) -> Box<dyn Iterator<Item = Keyed> + '_> {
        let keyed = |(place, state)| (self.keys[place], state);
        Box::new(self.rows.known().map(keyed))
    }
}

/// A store that is farther away: once charged, every load takes a stated extra time. All is timed.
///
/// A cache is filled by misses alone, of which none is measured.
struct FarStore<S> {
    inner: S,
    penalty_ns: i64,
    charged_ns: i64,
    load_ns: i64,
    save_ns: i64,
}

impl<S> FarStore<S> {
    fn new(inner: S, penalty_ns: i64) -> Self {
        Self {
            inner,
            penalty_ns,
            charged_ns: 0,
            load_ns: 0,
            save_ns: 0,
        }
    }
}

impl<S: Store> Store for FarStore<S> {
    fn load(&mut self, key: i64) -> State {
        let begin = now_ns();
        let state = self.inner.load(key);
        let loaded = now_ns();
        let mut end = loaded;
        while end - loaded < self.charged_ns {
            end = now_ns();
        }
        self.load_ns += end - begin;
        state
    }

    fn save(&mut self, key: i64, state: State) {
        let begin = now_ns();
        self.inner.save(key, state);
        self.save_ns += now_ns() - begin;
    }

    fn save_many(&mut self, states: &[Keyed]) {
        let begin = now_ns();
        self.inner.save_many(states);
        self.save_ns += now_ns() - begin;
    }

    fn items(&self) -> Box<dyn Iterator<Item = Keyed> + '_> {
        self.inner.items()
    }

    fn times_ns(&self) -> (i64, i64) {
        (self.load_ns, self.save_ns)
    }

    fn charge(&mut self) {
        self.charged_ns = self.penalty_ns;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: State = State {
        message_id: u64::MAX,
        mentions: 7,
    };

    fn spec(dense: bool, miss_penalty_ns: i64) -> StoreSpec {
        StoreSpec {
            keys: 4,
            dense,
            step: 1,
            miss_penalty_ns,
        }
    }

    #[test]
    fn what_was_saved_is_loaded_and_listed() {
        for dense in [true, false] {
            let mut store = open(&spec(dense, 0)).unwrap();
            assert_eq!(store.load(3), State::default());
            store.save(3, State::acked(1));
            store.save_many(&[(3, A), (0, State::default())]);
            assert_eq!(store.load(3), A);
            let mut items: Vec<_> = store.items().collect();
            items.sort_by_key(|item| item.0);
            assert_eq!(items, [(0, State::default()), (3, A)]);
        }
    }

    #[test]
    fn a_hashed_store_takes_any_key_and_no_more_than_it_was_made_for() {
        let mut store = HashedStore::new(3).unwrap();
        for key in [i64::MIN, -1, i64::MAX] {
            store.save(key, A);
            assert_eq!(store.load(key), A);
        }
        store.save(-1, State::default());
        let more = std::panic::AssertUnwindSafe(|| store.save(5, A));
        assert!(std::panic::catch_unwind(more).is_err());
    }

    #[test]
    fn a_far_store_takes_its_time_and_says_so() {
        let mut store = open(&spec(true, 50_000_000)).unwrap();
        store.load(1);
        assert!(store.times_ns().0 < 50_000_000); // not charged yet
        store.charge();
        let begin = now_ns();
        store.load(1);
        assert!(now_ns() - begin >= 50_000_000);
        store.save(1, A);
        let (load_ns, save_ns) = store.times_ns();
        assert!(load_ns >= 50_000_000 && save_ns > 0);
    }
}
