package main

// pendingQueue is the write-behind queue of the lru layout: how updates wait in memory for their
// commit, which decides what the collector finds alive besides the cache itself.
type pendingQueue interface {
	// add remembers that the entry is its key's newest state.
	add(e *entry)
	// seal makes what is pending now, behind what is left of it, the batch to commit.
	seal()
	// take hands out up to limit records of the batch; the batch is dropped whole with its last.
	take(limit int) []*entry
}

// recordQueue holds one record per update.
type recordQueue struct {
	records []*entry
	batch   []*entry
	next    int
}

func (q *recordQueue) add(e *entry) {
	q.records = append(q.records, e)
}

func (q *recordQueue) seal() {
	if len(q.batch) > 0 {
		q.batch = append(q.batch, q.records...)
	} else {
		q.batch = q.records
	}
	q.records = nil
}

func (q *recordQueue) take(limit int) []*entry {
	end := min(q.next+limit, len(q.batch))
	taken := q.batch[q.next:end]
	q.next = end
	if end == len(q.batch) {
		q.batch, q.next = nil, 0
	}
	return taken
}

// coalescingQueue holds one record per key, in the order in which the keys were first updated.
type coalescingQueue struct {
	pending newestByKey
	batch   newestByKey
	next    int
}

func (q *coalescingQueue) add(e *entry) {
	q.pending.put(e)
}

func (q *coalescingQueue) seal() {
	if q.next < len(q.batch.records) {
		var merged newestByKey
		for _, e := range q.batch.records[q.next:] {
			merged.put(e)
		}
		for _, e := range q.pending.records {
			merged.put(e)
		}
		q.batch = merged
	} else {
		q.batch = q.pending
	}
	q.pending, q.next = newestByKey{}, 0
}

func (q *coalescingQueue) take(limit int) []*entry {
	end := min(q.next+limit, len(q.batch.records))
	taken := q.batch.records[q.next:end]
	q.next = end
	if end == len(q.batch.records) {
		q.batch, q.next = newestByKey{}, 0
	}
	return taken
}

// newestByKey is a list of entries with one place per key; the zero value is empty.
type newestByKey struct {
	records []*entry
	place   map[int64]int
}

func (n *newestByKey) put(e *entry) {
	if place, ok := n.place[e.key]; ok {
		n.records[place] = e
		return
	}
	if n.place == nil {
		n.place = make(map[int64]int)
	}
	n.place[e.key] = len(n.records)
	n.records = append(n.records, e)
}
