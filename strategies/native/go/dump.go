package main

// dump writes what is left into blocks: the cache's entries, least recent first, an empty block, then
// likewise the store's.
type dump struct {
	cache        layout
	store        store
	payloadBytes int
	section      int
	next         cursor
}

func newDump(cache layout, database store, payloadBytes int) *dump {
	return &dump{cache: cache, store: database, payloadBytes: payloadBytes}
}

// fill writes the next rows into a block; a count of 0 ends a section.
func (d *dump) fill(b *block) {
	if d.next == nil {
		if d.section == 0 {
			d.next = d.cache.items()
		} else {
			d.next = d.store.items()
		}
	}
	rows := 0
	for ; rows < len(b.due); rows++ {
		s, ok := d.next()
		if !ok {
			break
		}
		b.keys[rows], b.arguments[rows], b.due[rows] = s.key, s.id, int64(s.mentions)
		b.outcomes[rows] = d.outcome(s)
	}
	*b.count = int64(rows)
	if rows == 0 {
		d.section++
		d.next = nil
	}
}

// outcome is 1 if the payload that belongs to a cached entry is not intact.
func (d *dump) outcome(s state) uint8 {
	if d.section == 0 && d.payloadBytes > 0 &&
		!payloadIntact(d.cache.payload(s.key), s.id, d.payloadBytes) {
		return 1
	}
	return 0
}
