package main

import "encoding/binary"

const maxMentions = 1<<32 - 1

// state is what is cached and stored of one key.
type state struct {
	key      int64
	id       uint64
	mentions uint32
}

// layout is a cache of Read States in least-recently-used order. The serving loop calls read, ack
// and mention; false is a miss. The rest is called by the service and after the measured phase.
type layout interface {
	read(key int64) (id uint64, hit bool)
	ack(key int64, id uint64) bool
	mention(key int64) bool
	// insert takes a key in that is not there; changed: it is pending from now on.
	insert(s state, changed bool) (victim state, evicted bool)
	// sealPending makes what is pending now the batch to commit.
	sealPending()
	// takePending goes through as many sealed records as fit, writes those that are still the
	// cache's state of their key, and returns how many it wrote.
	takePending(into []state) int
	len() int
	// items returns a function that yields the entries, least recent first.
	items() cursor
	payload(key int64) []byte
}

// cursor yields one state per call until it answers false.
type cursor func() (state, bool)

// scheduled is a layout that does something at moments counted from the start of the measured phase.
type scheduled interface {
	measureFrom(t0 int64)
}

// writePayload fills a payload with the message id's little-endian bytes, again and again.
func writePayload(payload []byte, id uint64) {
	for len(payload) >= 8 {
		binary.LittleEndian.PutUint64(payload, id)
		payload = payload[8:]
	}
	for i := range payload {
		payload[i] = byte(id >> (8 * i))
	}
}

// payloadIntact tells whether a payload is the one that belongs to the message id.
func payloadIntact(payload []byte, id uint64, size int) bool {
	for i, b := range payload {
		if b != byte(id>>(8*(i&7))) {
			return false
		}
	}
	return len(payload) == size
}
