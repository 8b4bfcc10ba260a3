package main

import "math/bits"

// hashMultiplier is 2^64 / golden ratio: multiplicative hashing spreads consecutive keys.
const hashMultiplier = 0x9E3779B97F4A7C15

// record is one slot of the flat layout: half a cache line, and no pointer in it.
type record struct {
	key      int64
	id       uint64
	mentions uint32
	older    int32
	newer    int32
	waits    bool
}

// flat is an exact LRU in a handful of pointer-free slices, which the collector does not scan: what
// Go programmers do instead of leaving. Slots are numbered from 1; slot 0 is the head of the recency
// ring and stands for none. The index is an open-addressing table of slot numbers, whose deletion
// shifts the followers back (Knuth, The Art of Computer Programming vol. 3, 6.4, algorithm R), so
// that it is never re-hashed. Pending commits are a ring of slot numbers: a slot waits at most once,
// and its state is read when its turn comes; one whose entry was evicted and committed meanwhile
// hands out its new entry, which is current and so harmless.
type flat struct {
	capacity     int
	size         int32
	payloadBytes int
	records      []record
	payloads     []byte
	index        []int32
	mask         uint64
	shift        uint
	ring         []int32
	head         int // of the ring; running counts, modulo its length
	tail         int
	sealed       int
}

func newFlat(capacity, payloadBytes int) *flat {
	places := 8
	for places*2 < capacity*3 { // at most two thirds taken
		places *= 2
	}
	return &flat{
		capacity:     capacity,
		payloadBytes: payloadBytes,
		records:      make([]record, capacity+1),
		payloads:     make([]byte, (capacity+1)*payloadBytes),
		index:        make([]int32, places),
		mask:         uint64(places - 1),
		shift:        uint(64 - bits.Len(uint(places-1))),
		ring:         make([]int32, capacity),
	}
}

func (f *flat) home(key int64) uint64 {
	return uint64(key) * hashMultiplier >> f.shift
}

// find returns the key's slot; 0: it is not there.
func (f *flat) find(key int64) int32 {
	place := f.home(key)
	for {
		slot := f.index[place]
		if slot == 0 || f.records[slot].key == key {
			return slot
		}
		place = (place + 1) & f.mask
	}
}

func (f *flat) enter(key int64, slot int32) {
	place := f.home(key)
	for f.index[place] != 0 {
		place = (place + 1) & f.mask
	}
	f.index[place] = slot
}

// unindex frees the slot's place and shifts back whoever stands behind it out of its own place.
func (f *flat) unindex(key int64, slot int32) {
	hole := f.home(key)
	for f.index[hole] != slot {
		hole = (hole + 1) & f.mask
	}
	for place := (hole + 1) & f.mask; f.index[place] != 0; place = (place + 1) & f.mask {
		home := f.home(f.records[f.index[place]].key)
		if (place-home)&f.mask >= (place-hole)&f.mask {
			f.index[hole] = f.index[place]
			hole = place
		}
	}
	f.index[hole] = 0
}

// link makes the slot the most recent one.
func (f *flat) link(slot int32) {
	last := f.records[0].older
	f.records[last].newer = slot
	f.records[slot].older, f.records[slot].newer = last, 0
	f.records[0].older = slot
}

func (f *flat) unlink(slot int32) {
	older, newer := f.records[slot].older, f.records[slot].newer
	f.records[older].newer = newer
	f.records[newer].older = older
}

func (f *flat) touch(slot int32) {
	if f.records[slot].newer != 0 {
		f.unlink(slot)
		f.link(slot)
	}
}

func (f *flat) await(slot int32) {
	if f.records[slot].waits {
		return
	}
	f.records[slot].waits = true
	f.ring[f.tail%len(f.ring)] = slot
	f.tail++
}

func (f *flat) payloadOf(slot int32) []byte {
	begin := int(slot) * f.payloadBytes
	return f.payloads[begin : begin+f.payloadBytes]
}

func (f *flat) read(key int64) (uint64, bool) {
	slot := f.find(key)
	if slot == 0 {
		return 0, false
	}
	f.touch(slot)
	return f.records[slot].id, true
}

func (f *flat) ack(key int64, id uint64) bool {
	slot := f.find(key)
	if slot == 0 {
		return false
	}
	f.records[slot].id, f.records[slot].mentions = id, 0
	writePayload(f.payloadOf(slot), id)
	f.touch(slot)
	f.await(slot)
	return true
}

func (f *flat) mention(key int64) bool {
	slot := f.find(key)
	if slot == 0 {
		return false
	}
	if f.records[slot].mentions < maxMentions {
		f.records[slot].mentions++
	}
	writePayload(f.payloadOf(slot), f.records[slot].id) // a replacement writes the whole state
	f.touch(slot)
	f.await(slot)
	return true
}

func (f *flat) insert(s state, changed bool) (victim state, evicted bool) {
	var slot int32
	if int(f.size) >= f.capacity {
		slot = f.records[0].newer
		victim, evicted = f.at(slot), true
		f.unlink(slot)
		f.unindex(victim.key, slot)
	} else {
		f.size++
		slot = f.size
	}
	f.enter(s.key, slot)
	r := &f.records[slot]
	r.key, r.id, r.mentions = s.key, s.id, s.mentions
	writePayload(f.payloadOf(slot), s.id)
	f.link(slot)
	if changed {
		f.await(slot)
	}
	return victim, evicted
}

func (f *flat) at(slot int32) state {
	r := &f.records[slot]
	return state{r.key, r.id, r.mentions}
}

func (f *flat) sealPending() {
	f.sealed = f.tail
}

func (f *flat) takePending(into []state) int {
	count := min(len(into), f.sealed-f.head)
	for i := range into[:count] {
		slot := f.ring[(f.head+i)%len(f.ring)]
		f.records[slot].waits = false
		into[i] = f.at(slot)
	}
	f.head += count
	return count
}

func (f *flat) len() int {
	return int(f.size)
}

func (f *flat) items() cursor {
	slot := f.records[0].newer
	return func() (state, bool) {
		if slot == 0 {
			return state{}, false
		}
		s := f.at(slot)
		slot = f.records[slot].newer
		return s, true
	}
}

func (f *flat) payload(key int64) []byte {
	return f.payloadOf(f.find(key))
}
