package main

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"testing"
)

// modelled is the naive cache: states in a slice, least recent first.
type modelled struct {
	capacity int
	states   []state
}

func (m *modelled) find(key int64) *state {
	for i, s := range m.states {
		if s.key == key {
			m.states = append(append(m.states[:i:i], m.states[i+1:]...), s)
			return &m.states[len(m.states)-1]
		}
	}
	return nil
}

func (m *modelled) insert(s state) (victim state, evicted bool) {
	if len(m.states) >= m.capacity {
		victim, evicted = m.states[0], true
		m.states = m.states[1:]
	}
	m.states = append(m.states, s)
	return victim, evicted
}

func allOf(next cursor) []state {
	var states []state
	for s, ok := next(); ok; s, ok = next() {
		states = append(states, s)
	}
	return states
}

var layouts = map[string]func(capacity, payloadBytes int) layout{
	"replace record":    func(c, p int) layout { return newLRU(c, p, false, false) },
	"replace coalesce":  func(c, p int) layout { return newLRU(c, p, false, true) },
	"in-place record":   func(c, p int) layout { return newLRU(c, p, true, false) },
	"in-place coalesce": func(c, p int) layout { return newLRU(c, p, true, true) },
	"flat":              func(c, p int) layout { return newFlat(c, p) },
}

func TestLayoutsAgainstModel(t *testing.T) {
	for name, make := range layouts {
		for _, capacity := range []int{1, 2, 7, 64} {
			for _, payloadBytes := range []int{0, 13, 64} {
				t.Run(fmt.Sprintf("%s %d %d", name, capacity, payloadBytes), func(t *testing.T) {
					playAgainstModel(t, make(capacity, payloadBytes), capacity, payloadBytes)
				})
			}
		}
	}
}

func playAgainstModel(t *testing.T, cache layout, capacity, payloadBytes int) {
	random := rand.New(rand.NewSource(int64(capacity)))
	model := &modelled{capacity: capacity}
	keys := make([]int64, 2*capacity+1)
	for i := range keys {
		keys[i] = int64(random.Uint64())
	}
	into := make([]state, 5)
	for step := 0; step < 3000; step++ {
		key, id := keys[random.Intn(len(keys))], random.Uint64()
		operation := random.Intn(4)
		if operation == opCommit {
			cache.sealPending()
			for _, s := range into[:cache.takePending(into)] {
				if !holds(model, s) {
					t.Fatalf("step %d: took %v, which is not the cache's state", step, s)
				}
			}
			continue
		}
		var hit bool
		var read uint64
		switch operation {
		case opRead:
			read, hit = cache.read(key)
		case opAck:
			hit = cache.ack(key, id)
		case opMention:
			hit = cache.mention(key)
		}
		expected := model.find(key)
		if hit != (expected != nil) {
			t.Fatalf("step %d: hit %v", step, hit)
		}
		if !hit {
			s := state{key, id, maxMentions - 1}
			victim, evicted := cache.insert(s, operation != opRead)
			modelVictim, modelEvicted := model.insert(s)
			if victim != modelVictim || evicted != modelEvicted {
				t.Fatalf("step %d: evicted %v %v, not %v %v", step, victim, evicted, modelVictim, modelEvicted)
			}
			continue
		}
		switch operation {
		case opRead:
			if read != expected.id {
				t.Fatalf("step %d: read %d, not %d", step, read, expected.id)
			}
		case opAck:
			expected.id, expected.mentions = id, 0
		case opMention:
			if expected.mentions < maxMentions {
				expected.mentions++
			}
		}
	}
	items := allOf(cache.items())
	if fmt.Sprint(items) != fmt.Sprint(model.states) || cache.len() != len(model.states) {
		t.Fatalf("holds %v, not %v", items, model.states)
	}
	for _, s := range items {
		if !payloadIntact(cache.payload(s.key), s.id, payloadBytes) {
			t.Fatalf("payload of %v is %v", s, cache.payload(s.key))
		}
	}
}

func holds(m *modelled, s state) bool {
	for _, each := range m.states {
		if each == s {
			return true
		}
	}
	return false
}

func TestMentionsSaturate(t *testing.T) {
	for name, make := range layouts {
		cache := make(1, 0)
		cache.insert(state{-1, math.MaxUint64, maxMentions - 1}, true)
		cache.mention(-1)
		cache.mention(-1)
		if got := allOf(cache.items()); len(got) != 1 || got[0] != (state{-1, math.MaxUint64, maxMentions}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The index is crowded, wraps around and is deleted from in the middle of its chains.
func TestFlatIndexDeletion(t *testing.T) {
	for seed := int64(0); seed < 20; seed++ {
		random := rand.New(rand.NewSource(seed))
		f := newFlat(10, 0) // 16 places, each of the keys below in one of the last four
		var keys []int64
		for key := int64(1); len(keys) < 10; key++ {
			if f.home(key) >= 12 {
				keys = append(keys, key)
			}
		}
		for i, key := range keys {
			f.records[i+1].key = key
			f.enter(key, int32(i+1))
		}
		random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		for i, gone := range keys {
			f.unindex(gone, f.find(gone))
			if f.find(gone) != 0 {
				t.Fatalf("seed %d: key %d is still there", seed, gone)
			}
			for _, key := range keys[i+1:] {
				if slot := f.find(key); slot == 0 || f.records[slot].key != key {
					t.Fatalf("seed %d: key %d is lost with %d", seed, key, gone)
				}
			}
		}
		for place, slot := range f.index {
			if slot != 0 {
				t.Fatalf("seed %d: place %d is not free", seed, place)
			}
		}
	}
}

func TestPayload(t *testing.T) {
	for _, test := range []struct {
		id   uint64
		want []byte
	}{
		{0x0807060504030201, []byte{}},
		{0x0807060504030201, []byte{1, 2, 3}},
		{0x0807060504030201, []byte{1, 2, 3, 4, 5, 6, 7, 8, 1, 2}},
	} {
		payload := make([]byte, len(test.want))
		writePayload(payload, test.id)
		if !bytes.Equal(payload, test.want) || !payloadIntact(payload, test.id, len(test.want)) {
			t.Errorf("%v, not %v", payload, test.want)
		}
		if payloadIntact(payload, test.id, len(test.want)+1) {
			t.Errorf("a payload of %d bytes passes for a longer one", len(payload))
		}
	}
}

func TestAMentionWritesThePayloadAnew(t *testing.T) {
	cache := newFlat(2, 8)
	cache.insert(state{1, 10, 0}, false)
	clear(cache.payloads)
	cache.mention(1)
	if !payloadIntact(cache.payload(1), 10, 8) {
		t.Errorf("payload %v", cache.payload(1))
	}
}
