package main

import "fmt"

// wakeEarlyNS: with wait=sleep the last stretch before an operation is due is spun, since a sleep
// ends late.
const wakeEarlyNS = 100_000

// server serves blocks: the timed loop and what it calls.
type server struct {
	cache   layout
	service *service
	witness *witness
	earlyNS int64 // sleeps until so long before an operation is due; never: spins
	served  int64
}

// serve serves one block.
//
// Timing model: started[i] = max(due[i], finished[i-1]) and finished[i] = started[i] + service time,
// so that
//
//	response time = finished[i] - due[i] = service time + time queued behind earlier operations
//
// A stall therefore delays all that is behind it and that delay is counted: due times are absolute
// and never move (no coordinated omission). In a closed loop every due time is 0 and only
// finished - started means anything. Both stamps include one clock read. Nothing here allocates; the
// layout may.
func (s *server) serve(b *block) {
	n := *b.count
	due, keys, arguments := b.due[:n], b.keys[:n], b.arguments[:n]
	started, finished, operations := b.started[:n], b.finished[:n], b.operations[:n]
	cache, early, limit := s.cache, s.earlyNS, s.witness.limitNS
	for i, operation := range operations {
		start := now()
		for start < due[i] {
			if due[i]-start > early {
				sleep(due[i] - start - early)
			}
			start = now()
		}
		started[i] = start
		hit := true
		switch operation {
		case opAck:
			hit = cache.ack(keys[i], arguments[i])
		case opMention:
			hit = cache.mention(keys[i])
		case opRead:
			var id uint64
			if id, hit = cache.read(keys[i]); hit {
				arguments[i] = id
			}
		default:
			s.service.commit(arguments[i])
		}
		if !hit {
			s.service.miss(b, i, operation, keys[i], arguments[i])
		}
		end := now()
		finished[i] = end
		if end > limit {
			limit = s.witness.check(b, i, end)
		}
	}
	s.witness.finishedNS, s.witness.limitNS = finished[n-1], limit
	s.served += n
}

// tryServe serves one block, and says which operation it was if one panics.
func (s *server) tryServe(b *block) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
			err = fmt.Errorf("operation %d (phase %s): %w", s.served+firstUnfinished(b), phaseName(*b.phase), err)
		}
	}()
	s.serve(b)
	return nil
}

// firstUnfinished returns how many operations of a block have been served.
func firstUnfinished(b *block) int64 {
	for i, finished := range b.finished {
		if finished == 0 {
			return int64(i)
		}
	}
	return int64(len(b.finished))
}
