package main

import (
	"math/rand"
	"testing"
)

func TestStoresAgainstMap(t *testing.T) {
	for _, test := range []struct {
		name  string
		dense bool
		key   func(i int) int64
	}{
		{"dense", true, func(i int) int64 { return int64(i) }},
		{"hashed", false, func(i int) int64 { return int64(i-50) << 57 }}, // many share a place
	} {
		s, err := newStore(100, test.dense)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewSource(1))
		want := map[int64]state{}
		for step := 0; step < 1000; step++ {
			each := state{test.key(random.Intn(100)), random.Uint64(), random.Uint32()}
			s.save(each)
			want[each.key] = each
		}
		items := allOf(s.items())
		if len(items) != len(want) {
			t.Errorf("%s: %d states, not %d", test.name, len(items), len(want))
		}
		for _, each := range items {
			if each != want[each.key] {
				t.Errorf("%s: %v, not %v", test.name, each, want[each.key])
			}
			if id, mentions := s.load(each.key); id != each.id || mentions != each.mentions {
				t.Errorf("%s: loads %d, %d for %v", test.name, id, mentions, each)
			}
		}
	}
}

func TestHashedStoreIsFull(t *testing.T) {
	s, err := newHashedStore(2)
	if err != nil {
		t.Fatal(err)
	}
	s.save(state{key: -1})
	s.save(state{key: 1 << 62})
	s.save(state{key: -1, id: 7})
	defer func() {
		if recover() == nil {
			t.Error("a third key fits into a store for two")
		}
	}()
	s.save(state{key: 3})
}

func TestUnknownKeyLoadsZero(t *testing.T) {
	s, err := newHashedStore(4)
	if err != nil {
		t.Fatal(err)
	}
	s.save(state{0, 5, 6})
	if id, mentions := s.load(-9); id != 0 || mentions != 0 {
		t.Errorf("loads %d, %d", id, mentions)
	}
}
