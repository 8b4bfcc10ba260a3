//! What a layout of the cache is to the service: the contract of all of them.

/// A Read State.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct State {
    pub message_id: u64,
    pub mentions: u32,
}

impl State {
    /// The state after an ack.
    #[inline]
    pub fn acked(message_id: u64) -> Self {
        Self {
            message_id,
            mentions: 0,
        }
    }

    /// The state after one more mention; they saturate.
    #[inline]
    pub fn mentioned(self) -> Self {
        Self {
            mentions: self.mentions.saturating_add(1),
            ..self
        }
    }
}

/// A state under its key: what is committed, evicted and stored.
pub type Keyed = (i64, State);

/// One entry as the dump verifies it.
pub struct Item<'a> {
    pub key: i64,
    pub state: State,
    pub payload: &'a [u8],
}

/// A cache of Read States in least-recently-used order.
///
/// The timed loop is compiled for each of them by itself, so that nothing is dispatched there and
/// the layout that does nothing costs nothing.
pub trait Layout {
    /// Returns the state and touches its recency; None is a miss.
    fn read(&mut self, key: i64) -> Option<State>;

    /// Sets the last message id and clears the mentions; false is a miss.
    fn ack(&mut self, key: i64, message_id: u64) -> bool;

    /// Adds one mention; false is a miss.
    fn mention(&mut self, key: i64) -> bool;

    /// Inserts after a miss; `changed`: pending from now on. Returns what was evicted for it.
    fn insert(&mut self, key: i64, state: State, changed: bool) -> Option<Keyed>;

    /// Makes what is pending now the batch to commit.
    fn seal(&mut self);

    /// Goes through up to `limit` records of the sealed batch and hands the current ones out.
    ///
    /// A record that is no longer the cache's state of its key is passed over.
    fn take(&mut self, limit: usize, out: &mut Vec<Keyed>);

    fn len(&self) -> usize;

    /// All entries, least recent first; outside the timed phase.
    fn items(&self) -> impl Iterator<Item = Item<'_>>;

    /// How often the index was re-hashed so far.
    fn index_epoch(&self) -> i64 {
        0
    }

    /// Learns when the measured phase starts, before its first operation.
    fn measure_from(&mut self, _t0_ns: i64) {}
}

/// Writes a state's payload: the id's 8 little-endian bytes, again and again.
#[inline]
pub fn write_payload(payload: &mut [u8], message_id: u64) {
    let pattern = message_id.to_le_bytes();
    for part in payload.chunks_mut(pattern.len()) {
        part.copy_from_slice(&pattern[..part.len()]);
    }
}

/// Whether the bytes are what `write_payload` would have written.
pub fn is_payload(payload: &[u8], message_id: u64) -> bool {
    let pattern = message_id.to_le_bytes();
    payload
        .chunks(pattern.len())
        .all(|part| part == &pattern[..part.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_saturate() {
        let state = State {
            message_id: 1,
            mentions: u32::MAX - 1,
        };
        assert_eq!(state.mentioned().mentions, u32::MAX);
        assert_eq!(state.mentioned().mentioned().mentions, u32::MAX);
    }

    #[test]
    fn a_payload_is_the_id_repeated_and_cut() {
        let mut payload = [0; 11];
        write_payload(&mut payload, 0x0807_0605_0403_0201);
        assert_eq!(payload, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3]);
        assert!(is_payload(&payload, 0x0807_0605_0403_0201));
        assert!(!is_payload(&payload, 1));
        assert!(is_payload(&[], 1));
    }
}

/// A cache that is too simple to be wrong, and the comparison of a layout with it.
#[cfg(test)]
pub mod naive {
    use super::*;

    /// Marsaglia's xorshift64.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % limit
        }
    }

    /// Entries, least recent first.
    struct Naive(Vec<Keyed>);

    impl Naive {
        fn touch(&mut self, key: i64) -> Option<&mut State> {
            let place = self.0.iter().position(|entry| entry.0 == key)?;
            let entry = self.0.remove(place);
            self.0.push(entry);
            self.0.last_mut().map(|entry| &mut entry.1)
        }

        fn insert(&mut self, key: i64, state: State, capacity: usize) -> Option<Keyed> {
            let victim = (self.0.len() == capacity).then(|| self.0.remove(0));
            self.0.push((key, state));
            victim
        }
    }

    /// Feeds both with the same random operations; every answer and the content must agree.
    pub fn compare(mut layout: impl Layout, capacity: usize, payload_bytes: usize) {
        let (mut naive, mut random) = (Naive(Vec::new()), Random(88_172_645_463_325_252));
        let mut committed = Vec::new();
        for step in 0..20_000_u64 {
            let key = random.below(2 * capacity as u64 + 1) as i64 - capacity as i64;
            let message_id = random.below(u64::MAX);
            let known = naive.touch(key);
            match random.below(4) {
                0 => assert_eq!(layout.read(key), known.copied()),
                1 => {
                    let acked = known.map(|state| *state = State::acked(message_id));
                    assert_eq!(layout.ack(key, message_id), acked.is_some());
                }
                2 => {
                    let mentioned = known.map(|state| *state = state.mentioned());
                    assert_eq!(layout.mention(key), mentioned.is_some());
                }
                _ if known.is_none() => {
                    let (state, changed) = (State::acked(message_id), step % 2 == 0);
                    let victim = layout.insert(key, state, changed);
                    assert_eq!(victim, naive.insert(key, state, capacity));
                }
                _ => {
                    layout.read(key);
                }
            }
            if step % 100 == 0 {
                layout.seal();
            }
            if step % 7 == 0 {
                committed.clear();
                layout.take(3, &mut committed);
                assert!(committed.iter().all(|state| naive.0.contains(state)));
            }
        }
        assert_eq!(layout.len(), naive.0.len());
        let items: Vec<_> = layout.items().collect();
        assert!(items.iter().map(|item| (item.key, item.state)).eq(naive.0));
        assert!(items.iter().all(|item| item.payload.len() == payload_bytes));
        assert!(items
            .iter()
            .all(|item| is_payload(item.payload, item.state.message_id)));
    }
}
