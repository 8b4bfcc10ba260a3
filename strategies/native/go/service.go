package main

import "fmt"

const (
	opRead = iota
	opAck
	opMention
	opCommit
)

const (
	outcomeMiss    = 1
	outcomeEvicted = 2
)

// service is Read States around the cache: misses, evictions, write-behind commits. With a miss
// penalty the database is farther away: once it is charged, every load takes that long besides, on
// the processor, and the time in the database is counted. Without one it is not: a call takes less
// than the clock reads.
type service struct {
	cache     layout
	store     store
	batch     []state
	penaltyNS int64
	chargedNS int64 // the penalty, or 0 as long as it is not charged
	loadNS    int64
	saveNS    int64
}

func newService(cache layout, database store, commitStep int, penaltyNS int64) *service {
	return &service{
		cache: cache, store: database, penaltyNS: penaltyNS, batch: make([]state, max(commitStep, 1)),
	}
}

// charge adds the miss penalty from now on: a cache is filled by misses alone, of which none is
// measured.
func (s *service) charge() {
	s.chargedNS = s.penaltyNS
}

// miss loads the state, applies the operation to it and inserts the outcome once. What that
// displaces is committed, changed or not, before the operation ends: nothing acknowledged is lost.
func (s *service) miss(b *block, i int, operation uint8, key int64, argument uint64) {
	id, mentions := s.load(key)
	switch operation {
	case opRead:
		b.arguments[i] = id
	case opAck:
		id, mentions = argument, 0
	default:
		if mentions < maxMentions {
			mentions++
		}
	}
	b.outcomes[i] = outcomeMiss
	victim, evicted := s.cache.insert(state{key, id, mentions}, operation != opRead)
	if evicted {
		s.batch[0] = victim
		s.save(s.batch[:1])
		b.outcomes[i] = outcomeMiss | outcomeEvicted
	}
}

// commit seals what is pending (0), or hands up to so many sealed states to the store.
func (s *service) commit(argument uint64) {
	if argument == 0 {
		s.cache.sealPending()
		return
	}
	if argument > uint64(len(s.batch)) {
		panic(fmt.Sprintf("a commit of %d states, where the spec's step is %d", argument, len(s.batch)))
	}
	if count := s.cache.takePending(s.batch[:argument]); count > 0 {
		s.save(s.batch[:count])
	}
}

func (s *service) load(key int64) (uint64, uint32) {
	if s.chargedNS == 0 {
		return s.store.load(key)
	}
	begin := now()
	id, mentions := s.store.load(key)
	spinUntil(now() + s.chargedNS)
	s.loadNS += now() - begin
	return id, mentions
}

func (s *service) save(states []state) {
	if s.chargedNS == 0 {
		s.saveAll(states)
		return
	}
	begin := now()
	s.saveAll(states)
	s.saveNS += now() - begin
}

func (s *service) saveAll(states []state) {
	for _, each := range states {
		s.store.save(each)
	}
}
