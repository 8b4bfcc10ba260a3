package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// TestMain restarts the tests as the worker restarts itself, so that the collector reports.
func TestMain(m *testing.M) {
	if err := restartTraced(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// probed is a probe on a file of its own with room for so many records.
func probed(t *testing.T, records int) (*probe, *blockFile) {
	t.Helper()
	f := &blockFile{words: make([]int64, headerWords), gc: make([]int64, records*gcRecordWords)}
	p, err := installProbe(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Dup3(int(p.stderr.Fd()), 2, 0); err != nil {
			t.Error(err)
		}
	})
	return p, f
}

func TestProbeTakesEveryCycleDown(t *testing.T) {
	const cycles = 20
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	runtime.GC() // so that none is under way
	p, f := probed(t, 3*cycles)
	heap := make([]*entry, 200_000) // some milliseconds of marking
	for i := range heap {
		heap[i] = &entry{}
	}
	var calls [cycles][2]int64
	for i := range calls {
		calls[i][0] = now()
		runtime.GC()
		calls[i][1] = now()
	}
	p.settle()
	runtime.KeepAlive(heap)
	if written, lost := f.words[wordGCWritten], f.words[wordGCLost]; written != 3*cycles || lost != 0 {
		t.Fatalf("%d records written, %d lost", written, lost)
	}
	for i, call := range calls {
		record := func(n int) []int64 { return f.gc[(3*i+n)*gcRecordWords:][:gcRecordWords] }
		first, second, cycle := record(0), record(1), record(2)
		if first[5] != gcFlagForced || second[5] != gcFlagForced || cycle[5] != gcFlagForced|gcFlagConcurrent {
			t.Errorf("cycle %d: flags %d %d %d", i, first[5], second[5], cycle[5])
		}
		if cycle[0] != first[0] || first[1] < first[0] || second[0] < first[1] || second[1] != cycle[1] {
			t.Errorf("cycle %d: %v, pauses %v and %v", i, cycle, first, second)
		}
		const slack = 1_000 // of converting the wall clock
		pause := first[1] - first[0]
		if cycle[0] < call[0]-pause/2-slack || cycle[1] > call[1]+slack {
			t.Errorf("cycle %d: %d to %d, called from %d to %d", i, cycle[0], cycle[1], call[0], call[1])
		}
	}
}

func TestProbeHandsOnWhatIsNoCycle(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{stderr: writer}
	p.unread = copy(p.text[:], "a word\nand ano")
	p.takeLines()
	p.unread += copy(p.text[p.unread:], "ther\n")
	p.takeLines()
	var got [100]byte
	n, err := reader.Read(got[:])
	if err != nil || string(got[:n]) != "a word\nand another\n" {
		t.Errorf("%q %v", got[:n], err)
	}
}

func TestEndOfCycleSurvivesStepOfWallClock(t *testing.T) {
	p := &probe{}
	debug.ReadGCStats(&p.stats)
	trace := cycleTrace{number: p.stats.NumGC + 1, sweepTerm: 10_000, mark: 3_000_000, markTerm: 20_000, cut: 1}
	if end := p.endOf(trace, 1_000_000); end != 4_020_000 {
		t.Errorf("a cycle that ReadGCStats does not have ends at %d", end)
	}
	runtime.GC()
	trace.number = p.stats.NumGC + 1
	// It ended just now, so that a start an hour ahead stands for a clock that was set back.
	begin := now() + 3_600_000_000_000
	if end := p.endOf(trace, begin); end != begin+3_020_000 {
		t.Errorf("ends %d ns after its start", end-begin)
	}
}

func TestBeginOfCycle(t *testing.T) {
	for _, test := range []struct {
		name         string
		stopped, end int64
		cut          int64
		want         int64
	}{
		{"only the hook tells", 1000, 5000, 9000, 950},
		{"the length tells as well", 1000, 4200, 80, 960},
		{"exactly", 1000, 4150, 0, 950},
		{"the length rules the early half out", 1000, 4190, 40, 970},
	} {
		trace := cycleTrace{sweepTerm: 100, mark: 3000, markTerm: 100, cut: test.cut}
		if got := beginOf(trace, test.stopped, test.end); got != test.want {
			t.Errorf("%s: %d, not %d", test.name, got, test.want)
		}
	}
}

func TestClockIsMonotonic(t *testing.T) {
	var between syscall.Timespec
	before := now()
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&between)), 0)
	after := now()
	if errno != 0 || before > between.Nano() || between.Nano() > after {
		t.Errorf("%d, %d, %d", before, between.Nano(), after)
	}
}

// A loop that waits on the clock must not hold up the collector's stop-the-world.
func TestWaitingLoopCanBeStopped(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	ended := make(chan int64)
	go func() {
		runtime.GC()
		ended <- now()
	}()
	begin := now()
	spinUntil(begin + 300_000_000)
	if took := <-ended - begin; took > 200_000_000 {
		t.Errorf("a collection beside a waiting loop took %d ns", took)
	}
}
