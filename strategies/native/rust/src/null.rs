//! The instrument that does nothing: its trial is the harness's own cost.

use crate::layout::{Item, Keyed, Layout, State};

/// Every operation is a hit and nothing is kept.
pub struct Null;

impl Layout for Null {
    #[inline]
    fn read(&mut self, _key: i64) -> Option<State> {
        Some(State::default())
    }

    #[inline]
    fn ack(&mut self, _key: i64, _message_id: u64) -> bool {
        true
    }

    #[inline]
    fn mention(&mut self, _key: i64) -> bool {
        true
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
}
