package main

import (
	"container/list"
	"unsafe"
)

// entry is one Read State on the heap. Without a payload it holds no pointer, so that the collector
// marks it and does not scan it.
type entry struct {
	key      int64
	id       uint64
	mentions uint32
}

// payloadEntry is one Read State with its payload. The entry is its first field: see payloadOf.
type payloadEntry struct {
	entry
	payload []byte
}

// lru is the cache as a Go service would write it: a map into a list of pointers to structs, most
// recent in front. The collector follows every pointer of the map, the list and the queue.
type lru struct {
	capacity     int
	payloadBytes int
	inPlace      bool
	index        map[int64]*list.Element
	recency      *list.List
	pending      pendingQueue
}

func newLRU(capacity, payloadBytes int, inPlace, coalesce bool) *lru {
	c := &lru{
		capacity:     capacity,
		payloadBytes: payloadBytes,
		inPlace:      inPlace,
		index:        make(map[int64]*list.Element),
		recency:      list.New(),
	}
	if coalesce {
		c.pending = &coalescingQueue{}
	} else {
		c.pending = &recordQueue{}
	}
	return c
}

func (c *lru) newEntry(key int64, id uint64, mentions uint32) *entry {
	if c.payloadBytes == 0 {
		return &entry{key, id, mentions}
	}
	e := &payloadEntry{entry{key, id, mentions}, make([]byte, c.payloadBytes)}
	writePayload(e.payload, id)
	return &e.entry
}

// payloadOf returns the payload of an entry that newEntry made as a payloadEntry.
func (c *lru) payloadOf(e *entry) []byte {
	if c.payloadBytes == 0 {
		return nil
	}
	return (*payloadEntry)(unsafe.Pointer(e)).payload
}

func (c *lru) read(key int64) (uint64, bool) {
	element, ok := c.index[key]
	if !ok {
		return 0, false
	}
	c.recency.MoveToFront(element)
	return element.Value.(*entry).id, true
}

func (c *lru) ack(key int64, id uint64) bool {
	element, ok := c.index[key]
	if !ok {
		return false
	}
	if c.inPlace {
		e := element.Value.(*entry)
		e.id, e.mentions = id, 0
		writePayload(c.payloadOf(e), id)
	} else {
		element.Value = c.newEntry(key, id, 0)
	}
	c.recency.MoveToFront(element)
	c.pending.add(element.Value.(*entry))
	return true
}

func (c *lru) mention(key int64) bool {
	element, ok := c.index[key]
	if !ok {
		return false
	}
	e := element.Value.(*entry)
	mentions := e.mentions
	if mentions < maxMentions {
		mentions++
	}
	if c.inPlace {
		e.mentions = mentions
	} else {
		e = c.newEntry(key, e.id, mentions)
		element.Value = e
	}
	c.recency.MoveToFront(element)
	c.pending.add(e)
	return true
}

func (c *lru) insert(s state, changed bool) (victim state, evicted bool) {
	if len(c.index) >= c.capacity {
		victim, evicted = c.evict(), true
	}
	e := c.newEntry(s.key, s.id, s.mentions)
	c.index[s.key] = c.recency.PushFront(e)
	if changed {
		c.pending.add(e)
	}
	return victim, evicted
}

func (c *lru) evict() state {
	e := c.recency.Remove(c.recency.Back()).(*entry)
	delete(c.index, e.key)
	return state(*e)
}

// current tells whether the entry is the one that the cache holds under its key.
func (c *lru) current(e *entry) bool {
	element, ok := c.index[e.key]
	return ok && element.Value.(*entry) == e
}

func (c *lru) sealPending() {
	c.pending.seal()
}

func (c *lru) takePending(into []state) int {
	count := 0
	for _, e := range c.pending.take(len(into)) {
		if c.current(e) {
			into[count] = state(*e)
			count++
		}
	}
	return count
}

func (c *lru) len() int {
	return len(c.index)
}

func (c *lru) items() cursor {
	element := c.recency.Back()
	return func() (state, bool) {
		if element == nil {
			return state{}, false
		}
		e := element.Value.(*entry)
		element = element.Prev()
		return state(*e), true
	}
}

func (c *lru) payload(key int64) []byte {
	return c.payloadOf(c.index[key].Value.(*entry))
}
