//! The layout `rust-flat`: everything preallocated, nothing allocated, freed or re-hashed later.
//!
//! Slots in one array, linked in the order of recency by number; an open-addressing index from key
//! to slot, at most two thirds full, whose deletion shifts the followers back (Knuth, The Art of
//! Computer Programming vol. 3, 6.4, algorithm R), so that there are no tombstones to clean up.
//! Pending commits are a ring of slot numbers: a slot waits at most once, whatever happens to it
//! meanwhile, and its state is read when its turn comes. A waiting slot whose entry was evicted
//! (and committed then) hands out its new entry, which is current and so harmless.

use std::iter;
use std::num::NonZeroUsize;

use crate::failure::Failure;
use crate::layout::{write_payload, Item, Keyed, Layout, State};
use crate::store::{home, preallocated};

/// Slot 0 is the head of the ring of recency and stands for none.
const HEAD: usize = 0;

#[derive(Clone, Default)]
struct Slot {
    key: i64,
    message_id: u64,
    mentions: u32,
    older: u32,
    newer: u32,
    waits: bool,
}

impl Slot {
    fn state(&self) -> State {
        State {
            message_id: self.message_id,
            mentions: self.mentions,
        }
    }
}

/// An exact LRU in flat arrays.
pub struct FlatLayout {
    capacity: usize,
    size: usize,
    slots: Vec<Slot>,
    payload_bytes: usize,
    payloads: Vec<u8>,
    /// Slot numbers; 0 is a free place.
    index: Vec<u32>,
    shift: u32,
    /// Waiting slots from `head` to `tail`, those before `sealed` in the batch: running counts.
    ring: Vec<u32>,
    head: usize,
    sealed: usize,
    tail: usize,
}

impl FlatLayout {
    pub fn new(capacity: NonZeroUsize, payload_bytes: usize) -> Result<Self, Failure> {
        let capacity = capacity.get();
        if u32::try_from(capacity).is_err() {
            return Err(Failure::spec(format!(
                "{capacity} entries: slots are numbered in 32 bits"
            )));
        }
        let places = (capacity * 3).div_ceil(2).max(8).next_power_of_two();
        let payloads = (capacity + 1).saturating_mul(payload_bytes);
        Ok(Self {
            capacity,
            size: 0,
            slots: preallocated(Slot::default(), capacity + 1)?,
            payload_bytes,
            payloads: preallocated(0, payloads)?,
            index: preallocated(0, places)?,
            shift: 64 - places.trailing_zeros(),
            ring: preallocated(0, capacity)?,
            head: 0,
            sealed: 0,
            tail: 0,
        })
    }

    #[inline]
    fn after(&self, place: usize) -> usize {
        (place + 1) & (self.index.len() - 1)
    }

    #[inline]
    fn find(&self, key: i64) -> Option<usize> {
        let mut place = home(key, self.shift);
        loop {
            let slot = self.index[place] as usize;
            if slot == HEAD {
                return None;
            }
            if self.slots[slot].key == key {
                return Some(slot);
            }
            place = self.after(place);
        }
    }

    fn enter(&mut self, key: i64, slot: usize) {
        let mut place = home(key, self.shift);
        while self.index[place] != 0 {
            place = self.after(place);
        }
        self.index[place] = slot as u32;
    }

    /// Frees the slot's place and shifts back whoever stands behind it out of its own place.
    fn unindex(&mut self, key: i64, slot: usize) {
        let mask = self.index.len() - 1;
        let mut hole = home(key, self.shift);
        while self.index[hole] as usize != slot {
            hole = self.after(hole);
        }
        let mut place = self.after(hole);
        while self.index[place] != 0 {
            let own = home(self.slots[self.index[place] as usize].key, self.shift);
            if place.wrapping_sub(own) & mask >= place.wrapping_sub(hole) & mask {
                self.index[hole] = self.index[place];
                hole = place;
            }
            place = self.after(place);
        }
        self.index[hole] = 0;
    }

    #[inline]
    fn touch(&mut self, slot: usize) {
        let Slot { older, newer, .. } = self.slots[slot];
        if newer as usize != HEAD {
            self.slots[older as usize].newer = newer;
            self.slots[newer as usize].older = older;
            self.append(slot);
        }
    }

    #[inline]
    fn append(&mut self, slot: usize) {
        let last = self.slots[HEAD].older;
        self.slots[last as usize].newer = slot as u32;
        self.slots[slot].older = last;
        self.slots[slot].newer = HEAD as u32;
        self.slots[HEAD].older = slot as u32;
    }

    #[inline]
    fn changed(&mut self, slot: usize) {
        if !self.slots[slot].waits {
            self.slots[slot].waits = true;
            self.ring[self.tail % self.capacity] = slot as u32;
            self.tail += 1;
        }
    }

    #[inline]
    fn write(&mut self, slot: usize, state: State) {
        self.slots[slot].message_id = state.message_id;
        self.slots[slot].mentions = state.mentions;
        let begin = slot * self.payload_bytes;
        let payload = &mut self.payloads[begin..begin + self.payload_bytes];
        write_payload(payload, state.message_id);
    }

    /// Unlinks the least recent entry; returns its slot and what it held.
    fn evict(&mut self) -> (usize, Keyed) {
        let slot = self.slots[HEAD].newer as usize;
        let Slot { key, newer, .. } = self.slots[slot];
        self.slots[HEAD].newer = newer;
        self.slots[newer as usize].older = HEAD as u32;
        self.unindex(key, slot);
        (slot, (key, self.slots[slot].state()))
    }
}

impl Layout for FlatLayout {
    #[inline]
    fn read(&mut self, key: i64) -> Option<State> {
        let slot = self.find(key)?;
        self.touch(slot);
        Some(self.slots[slot].state())
    }

    #[inline]
    fn ack(&mut self, key: i64, message_id: u64) -> bool {
        let Some(slot) = self.find(key) else {
            return false;
        };
        self.write(slot, State::acked(message_id));
        self.touch(slot);
        self.changed(slot);
        true
    }

    #[inline]
    fn mention(&mut self, key: i64) -> bool {
        let Some(slot) = self.find(key) else {
            return false;
        };
        self.write(slot, self.slots[slot].state().mentioned());
        self.touch(slot);
        self.changed(slot);
        true
    }

    fn insert(&mut self, key: i64, state: State, changed: bool) -> Option<Keyed> {
        let (slot, evicted) = if self.size < self.capacity {
            self.size += 1;
            (self.size, None)
        } else {
            let (slot, victim) = self.evict();
            (slot, Some(victim))
        };
        self.enter(key, slot);
        self.slots[slot].key = key;
        self.write(slot, state);
        self.append(slot);
        if changed {
            self.changed(slot);
        }
        evicted
    }

    fn seal(&mut self) {
        self.sealed = self.tail;
    }

    fn take(&mut self, limit: usize, out: &mut Vec<Keyed>) {
        let end = self.sealed.min(self.head.saturating_add(limit));
        for count in self.head..end {
            let slot = &mut self.slots[self.ring[count % self.capacity] as usize];
            slot.waits = false;
            out.push((slot.key, slot.state()));
        }
        self.head = end;
    }

    fn len(&self) -> usize {
        self.size
    }

    fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let newer =
            |slot: usize| Some(self.slots[slot].newer as usize).filter(|&slot| slot != HEAD);
        iter::successors(newer(HEAD), move |&slot| newer(slot)).map(|slot| Item {
            key: self.slots[slot].key,
            state: self.slots[slot].state(),
            payload: &self.payloads[slot * self.payload_bytes..][..self.payload_bytes],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::naive;

    fn layout(capacity: usize, payload_bytes: usize) -> FlatLayout {
        FlatLayout::new(NonZeroUsize::new(capacity).unwrap(), payload_bytes).unwrap()
    }

    #[test]
    fn answers_what_a_naive_cache_answers() {
        for (capacity, payload_bytes) in [(1, 0), (2, 8), (5, 0), (50, 11)] {
            naive::compare(layout(capacity, payload_bytes), capacity, payload_bytes);
        }
    }

    #[test]
    fn a_mention_writes_the_payload_anew() {
        let mut layout = layout(2, 8);
        layout.insert(1, State::acked(10), false);
        layout.payloads.fill(0);
        layout.mention(1);
        let item = layout.items().next().unwrap();
        assert_eq!(item.payload, 10_u64.to_le_bytes());
    }

    #[test]
    fn a_slot_waits_once_and_hands_out_what_it_holds_by_then() {
        let mut layout = layout(2, 0);
        layout.insert(1, State::acked(5), true);
        layout.ack(1, 6);
        layout.insert(2, State::acked(7), false);
        layout.seal();
        layout.ack(1, 8);
        layout.mention(2);
        let mut out = Vec::new();
        layout.take(9, &mut out);
        assert_eq!(out, [(1, State::acked(8))]);
        layout.seal();
        layout.take(9, &mut out);
        assert_eq!(out[1..], [(2, State::acked(7).mentioned())]);
    }
}
