package main

import (
	"fmt"
	"math/bits"
	"syscall"
	"unsafe"
)

// store is the database behind the cache.
type store interface {
	load(key int64) (id uint64, mentions uint32)
	save(s state)
	items() cursor
}

// offHeap returns n zeroed items outside Go's heap, their pages touched. The store stands for a
// database, so it must neither count for the collector's pace nor for the bytes per entry.
func offHeap[T any](n int) ([]T, error) {
	var item T
	bytes, err := syscall.Mmap(-1, 0, max(n, 1)*int(unsafe.Sizeof(item)),
		syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS|syscall.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("no memory for the store: %w", err)
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&bytes[0])), n), nil
}

// denseStore holds the states of the keys 0 to n - 1, the key being the row.
type denseStore struct {
	ids      []uint64
	mentions []uint32
	known    []bool
}

func newDenseStore(keys int) (*denseStore, error) {
	ids, err := offHeap[uint64](keys)
	if err != nil {
		return nil, err
	}
	mentions, err := offHeap[uint32](keys)
	if err != nil {
		return nil, err
	}
	known, err := offHeap[bool](keys)
	return &denseStore{ids, mentions, known}, err
}

func (d *denseStore) load(key int64) (uint64, uint32) {
	return d.ids[key], d.mentions[key]
}

func (d *denseStore) save(s state) {
	d.ids[s.key], d.mentions[s.key], d.known[s.key] = s.id, s.mentions, true
}

func (d *denseStore) items() cursor {
	row := 0
	return func() (state, bool) {
		for ; row < len(d.known); row++ {
			if d.known[row] {
				s := state{int64(row), d.ids[row], d.mentions[row]}
				row++
				return s, true
			}
		}
		return state{}, false
	}
}

// hashedStore holds the states of up to limit keys anywhere in the 64-bit range: open addressing in
// a table that is at most half full. A row is taken when the dense store knows it.
type hashedStore struct {
	limit int
	size  int
	keys  []int64
	rows  *denseStore
	mask  uint64
	shift uint
}

func newHashedStore(limit int) (*hashedStore, error) {
	places := 8
	for places < 2*limit {
		places *= 2
	}
	keys, err := offHeap[int64](places)
	if err != nil {
		return nil, err
	}
	rows, err := newDenseStore(places)
	shift := uint(64 - bits.Len(uint(places-1)))
	return &hashedStore{limit: limit, keys: keys, rows: rows, mask: uint64(places - 1), shift: shift}, err
}

// place returns the key's row, or the free one where it would go.
func (h *hashedStore) place(key int64) int64 {
	place := uint64(key) * hashMultiplier >> h.shift
	for h.rows.known[place] && h.keys[place] != key {
		place = (place + 1) & h.mask
	}
	return int64(place)
}

func (h *hashedStore) load(key int64) (uint64, uint32) {
	return h.rows.load(h.place(key))
}

func (h *hashedStore) save(s state) {
	place := h.place(s.key)
	if !h.rows.known[place] {
		if h.size >= h.limit {
			panic(fmt.Sprintf("the store was made for %d keys and met one more", h.limit))
		}
		h.size++
		h.keys[place] = s.key
	}
	h.rows.save(state{place, s.id, s.mentions})
}

func (h *hashedStore) items() cursor {
	rows := h.rows.items()
	return func() (state, bool) {
		s, ok := rows()
		if ok {
			s.key = h.keys[s.key]
		}
		return s, ok
	}
}

// newStore makes a store for so many keys; dense: they are 0 to keys - 1.
func newStore(keys int, dense bool) (store, error) {
	if dense {
		return newDenseStore(keys)
	}
	return newHashedStore(keys)
}
