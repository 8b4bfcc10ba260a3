package main

import (
	"strings"
	"testing"
)

// madeBlock returns a block of those operations, all due at once, on keys 0, 1, 2, ...
func madeBlock(operations ...uint8) *block {
	n := len(operations)
	b := &block{
		due: make([]int64, n), keys: make([]int64, n), arguments: make([]uint64, n),
		started: make([]int64, n), finished: make([]int64, n),
		operations: operations, outcomes: make([]uint8, n), count: new(int64), phase: new(int64),
	}
	*b.count, *b.phase = int64(n), phaseMeasure
	for i := range b.keys {
		b.keys[i] = int64(i)
	}
	return b
}

func madeServer(t *testing.T, cache layout, evidence int) (*server, *blockFile) {
	t.Helper()
	database, err := newStore(100, true)
	if err != nil {
		t.Fatal(err)
	}
	f := &blockFile{
		words: make([]int64, headerWords), evidence: make([]int64, evidence*evidenceRecordWords),
	}
	service := newService(cache, database, 10, 0)
	return &server{
		cache: cache, service: service, witness: newWitness(f, 20_000_000, service), earlyNS: never,
	}, f
}

func TestServeStampsAndOutcomes(t *testing.T) {
	s, _ := madeServer(t, newLRU(2, 0, false, false), 0)
	b := madeBlock(opAck, opAck, opRead, opRead, opMention, opCommit, opCommit, opRead)
	copy(b.keys, []int64{1, 2, 1, 3, 2, 0, 0, 2})
	copy(b.arguments, []uint64{11, 22, 0, 0, 0, 0, 9, 0})
	b.due[4] = now() + 2_000_000
	if err := s.tryServe(b); err != nil {
		t.Fatal(err)
	}
	// Key 3 displaces key 2, which displaces key 1: both are stored and loaded again.
	const miss, evicted = outcomeMiss, outcomeMiss | outcomeEvicted
	if want := string([]byte{miss, miss, 0, evicted, evicted, 0, 0, 0}); string(b.outcomes) != want {
		t.Errorf("outcomes %v", b.outcomes)
	}
	if b.arguments[2] != 11 || b.arguments[3] != 0 || b.arguments[7] != 22 {
		t.Errorf("read %v", b.arguments)
	}
	for i := range b.due {
		if b.started[i] < b.due[i] || b.finished[i] < b.started[i] || i > 0 && b.started[i] < b.finished[i-1] {
			t.Errorf("stamps of %d: due %d, %d to %d", i, b.due[i], b.started[i], b.finished[i])
		}
	}
	if id, mentions := s.service.store.load(2); id != 22 || mentions != 1 {
		t.Errorf("stored %d, %d", id, mentions)
	}
}

func TestServeSaysWhichOperationPanics(t *testing.T) {
	s, _ := madeServer(t, null{}, 0)
	s.served = 100
	b := madeBlock(opRead, opRead, opCommit, opRead)
	b.arguments[2] = 11
	err := s.tryServe(b)
	const want = "operation 102 (phase measure): a commit of 11 states, where the spec's step is 10"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
	*b.count = 5
	if err := s.tryServe(b); err == nil || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("a count beyond the block: %v", err)
	}
}

func TestServeAllocatesNothing(t *testing.T) {
	for name, cache := range map[string]layout{"null": null{}, "flat": newFlat(4, 64)} {
		for _, early := range []int64{never, wakeEarlyNS} {
			s, _ := madeServer(t, cache, 16)
			s.earlyNS, s.witness.slowNS = early, 0 // everything is evidence
			b := madeBlock(opRead, opAck, opMention, opAck, opMention, opCommit, opCommit)
			b.arguments[6] = 3
			if n := testing.AllocsPerRun(20, func() {
				b.due[3] = now() + 200_000
				s.serve(b)
				s.witness.look()
			}); n != 0 {
				t.Errorf("%s allocates %v times a block", name, n)
			}
		}
	}
}

func TestWitnessTellsOwnTimeFromWaiting(t *testing.T) {
	pause := newKnownPause(30_000_000, 3_600_000_000_000)
	s, f := madeServer(t, pause, 4)
	pause.measureFrom(now() - pause.everyNS/2)
	b := madeBlock(opRead, opRead, opRead)
	b.due[2] = now() + 60_000_000
	s.serve(b)
	if written := f.words[wordEvidenceWritten]; written != 1 {
		t.Fatalf("%d records", written)
	}
	if record := f.evidence[:evidenceRecordWords]; record[0] != b.finished[0] || record[2] < record[0] {
		t.Errorf("%v", record)
	}
	if took := b.finished[0] - b.started[0]; took < 30_000_000 || took > 40_000_000 {
		t.Errorf("a pause of 30 ms took %d ns", took)
	}
}

func TestMissPenaltyIsLoadTime(t *testing.T) {
	s, _ := madeServer(t, newFlat(2, 0), 0)
	s.service.penaltyNS = 1_000_000
	b := madeBlock(opRead, opRead, opRead)
	s.serve(b)
	if s.service.loadNS != 0 {
		t.Errorf("loads took %d ns before the penalty was charged", s.service.loadNS)
	}
	s.service.charge()
	b = madeBlock(opRead, opRead, opRead)
	copy(b.keys, []int64{11, 12, 13})
	s.serve(b)
	if s.service.loadNS < 3_000_000 || s.service.saveNS == 0 {
		t.Errorf("loads took %d ns, saves %d", s.service.loadNS, s.service.saveNS)
	}
}
