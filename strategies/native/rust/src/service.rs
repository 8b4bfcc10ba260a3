//! The Read States service around the cache: misses, evictions, write-behind commits.

use crate::block::{operation, EVICTED, MISS};
use crate::evidence::Counters;
use crate::layout::{Keyed, Layout, State};
use crate::store::Store;

/// Binds one layout to one store.
pub struct Service<L> {
    pub layout: L,
    pub store: Box<dyn Store>,
    /// States on their way to the store; as large as the largest commit, so that it never grows.
    taken: Vec<Keyed>,
}

impl<L: Layout> Service<L> {
    pub fn new(layout: L, store: Box<dyn Store>, commit_step: usize) -> Self {
        Self {
            layout,
            store,
            taken: Vec::with_capacity(commit_step),
        }
    }

    /// Loads, applies, inserts, and commits what that displaces; returns the outcome.
    ///
    /// A read leaves the message id that it saw in `argument`.
    #[inline(never)]
    pub fn miss(&mut self, operation: u8, key: i64, argument: &mut u64) -> u8 {
        let loaded = self.store.load(key);
        let state = match operation {
            operation::READ => {
                *argument = loaded.message_id;
                loaded
            }
            operation::ACK => State::acked(*argument),
            _ => loaded.mentioned(),
        };
        let changed = operation != operation::READ;
        match self.layout.insert(key, state, changed) {
            Some((victim, state)) => {
                self.store.save(victim, state);
                MISS | EVICTED
            }
            None => MISS,
        }
    }

    /// Seals what is pending (0), or hands up to that many sealed records to the store.
    #[inline(never)]
    pub fn commit(&mut self, argument: u64) {
        if argument == 0 {
            self.layout.seal();
            return;
        }
        self.taken.clear();
        self.layout.take(argument as usize, &mut self.taken);
        if !self.taken.is_empty() {
            self.store.save_many(&self.taken);
        }
    }

    pub fn counters(&self) -> Counters {
        let (load_ns, save_ns) = self.store.times_ns();
        Counters {
            index_epoch: self.layout.index_epoch(),
            load_ns,
            save_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flat::FlatLayout;
    use crate::spec::StoreSpec;
    use crate::store;
    use std::num::NonZeroUsize;

    fn service() -> Service<FlatLayout> {
        let store = StoreSpec {
            keys: 10,
            dense: true,
            step: 4,
            miss_penalty_ns: 0,
        };
        let layout = FlatLayout::new(NonZeroUsize::new(1).unwrap(), 0).unwrap();
        Service::new(layout, store::open(&store).unwrap(), store.step)
    }

    #[test]
    fn what_a_miss_displaces_is_committed_at_once() {
        let mut service = service();
        assert_eq!(service.miss(operation::ACK, 1, &mut 7), MISS);
        let mut seen = 9;
        assert_eq!(service.miss(operation::READ, 2, &mut seen), MISS | EVICTED);
        assert_eq!(seen, 0);
        assert_eq!(service.miss(operation::READ, 1, &mut seen), MISS | EVICTED);
        assert_eq!(seen, 7);
    }

    #[test]
    fn a_commit_reaches_the_store_after_a_seal() {
        let mut service = service();
        service.miss(operation::MENTION, 3, &mut 0);
        service.commit(4);
        assert_eq!(service.store.items().count(), 0);
        service.commit(0);
        service.commit(4);
        let stored: Vec<_> = service.store.items().collect();
        assert_eq!(stored, [(3, State::default().mentioned())]);
    }
}
