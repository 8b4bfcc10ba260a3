package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname
)

// How a collection gets into the block file's ring, on CLOCK_MONOTONIC and without disturbing what is
// measured. The runtime offers no call per cycle, and no single source has all of it:
//
//   - The runtime calls a hook at the start of each cycle, inside the first stop-the-world, for
//     sync.Pool. Ours takes the time as well. Nothing else tells a cycle's start: gctrace cuts it to
//     whole milliseconds.
//   - debug.ReadGCStats has the exact end of each of the last 256 cycles, on the wall clock, which is
//     converted as of the moment of reading and then held to what the other sources allow, so that a
//     step of the wall clock meanwhile does no harm.
//   - gctrace alone has the length of either stop-the-world by itself (to two digits, so to a
//     microsecond below 0.1 ms), and whether somebody asked for the cycle.
//
// So lengths are exact to two digits, ends of cycles exact, and their starts, with the first
// stop-the-world, known to about half of that one's length.
//
// A line of gctrace is some forty small writes to standard error by the thread that ended the cycle,
// once per cycle and after it. Standard error is a pipe here, which the serving thread empties between
// blocks: no thread is ever woken for it. The execution tracer would be exact in everything, but costs
// a per cent or two all the time and has an event for every system call and sweep.

const (
	gcFlagForced     = 1
	gcFlagConcurrent = 2
	gcWholeHeap      = 2 // as generation: every cycle walks the whole heap

	startsKept      = 4096
	pipeBytes       = 1 << 20 // some 6,000 lines
	settlingLimitNS = 10_000_000_000
)

//go:linkname registerPoolCleanup sync.runtime_registerPoolCleanup
func registerPoolCleanup(cleanup func())

//go:linkname poolCleanup sync.poolCleanup
func poolCleanup()

// cycleStarts holds the moments at which the world was stopped at the start of the last cycles.
var cycleStarts struct {
	moments [startsKept]atomic.Int64
	count   atomic.Int64
}

// stampCycleStart runs with the world stopped: it must not allocate, or block.
func stampCycleStart() {
	poolCleanup()
	number := cycleStarts.count.Load()
	cycleStarts.moments[number%startsKept].Store(now())
	cycleStarts.count.Store(number + 1)
}

// probe writes collections into the block file's ring, and hands on what else is written to standard
// error.
type probe struct {
	ring    []int64
	written *int64
	lost    *int64
	before  int64 // cycles that ended before the hook was there
	seen    int64 // number of the last cycle that was taken down
	stats   debug.GCStats
	pipe    int
	stderr  *os.File // the real one
	text    [4096]byte
	unread  int // bytes of text that are the beginning of a line
}

// installProbe puts the hook and the pipe in place, while no cycle is under way: it is called before
// the heap has reached the size of Go's first collection. The runtime's own last words, should it
// crash, go to the real standard error besides, since nobody would empty the pipe then.
func installProbe(f *blockFile) (*probe, error) {
	p := &probe{ring: f.gc, written: &f.words[wordGCWritten], lost: &f.words[wordGCLost]}
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return nil, fmt.Errorf("a pipe for standard error: %w", err)
	}
	// Refused to the unprivileged beyond their share; the pipe then holds what it holds.
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(ends[1]), syscall.F_SETPIPE_SZ, pipeBytes)
	stderr, err := syscall.Dup(2)
	if err != nil {
		return nil, fmt.Errorf("standard error: %w", err)
	}
	syscall.CloseOnExec(stderr)
	p.pipe, p.stderr = ends[0], os.NewFile(uintptr(stderr), "stderr")
	if err := debug.SetCrashOutput(p.stderr, debug.CrashOptions{}); err != nil {
		return nil, fmt.Errorf("standard error: %w", err)
	}
	if err := syscall.Dup3(ends[1], 2, 0); err != nil {
		return nil, fmt.Errorf("standard error: %w", err)
	}
	registerPoolCleanup(stampCycleStart)
	debug.ReadGCStats(&p.stats)
	p.before, p.seen = p.stats.NumGC-cycleStarts.count.Load(), p.stats.NumGC
	return p, nil
}

// drain takes down the cycles that ended since the last call.
func (p *probe) drain() {
	for {
		n, err := syscall.Read(p.pipe, p.text[p.unread:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
		p.unread += n
		p.takeLines()
	}
}

// takeLines takes the whole lines out of the text; one that fills it up counts as whole.
func (p *probe) takeLines() {
	text := p.text[:p.unread]
	for {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 && len(text) == len(p.text) {
			end = len(text)
		}
		if end == 0 {
			break
		}
		if trace, ok := parseCycleTrace(bytes.TrimSuffix(text[:end], []byte("\n"))); ok {
			p.take(trace)
		} else {
			_, _ = p.stderr.Write(text[:end]) // there is nobody left to complain to
		}
		text = text[end:]
	}
	p.unread = copy(p.text[:], text)
}

// take writes one cycle's records: its two stop-the-worlds, and the whole of it.
func (p *probe) take(trace cycleTrace) {
	skipped := trace.number - p.seen - 1
	p.seen = trace.number
	start := trace.number - p.before - 1
	if skipped > 0 { // their lines found the pipe full
		*p.lost += skipped
	}
	if start < 0 || cycleStarts.count.Load() > start+startsKept {
		*p.lost++
		return
	}
	stopped := cycleStarts.moments[start%startsKept].Load()
	end := p.endOf(trace, stopped)
	begin := beginOf(trace, stopped, end)
	var flags int64
	if trace.forced {
		flags = gcFlagForced
	}
	p.write(begin, begin+trace.sweepTerm, flags)
	p.write(end-trace.markTerm, end, flags)
	p.write(begin, end, flags|gcFlagConcurrent)
}

// endOf returns when a cycle ended: exactly where ReadGCStats still has it, and in any case within
// what gctrace says of the time since the world stood still at the cycle's start.
func (p *probe) endOf(trace cycleTrace, stopped int64) int64 {
	earliest := stopped + trace.mark + trace.markTerm
	latest := stopped + trace.atLeast() + trace.cut
	debug.ReadGCStats(&p.stats)
	back := p.stats.NumGC - trace.number
	if back < 0 || back >= int64(len(p.stats.PauseEnd)) {
		return earliest
	}
	ago := time.Now().UnixNano() - p.stats.PauseEnd[back].UnixNano()
	return min(max(now()-ago, earliest), latest)
}

// beginOf returns when a cycle began: in the middle of what is possible, since the world stood still
// at some moment of the first stop-the-world, and the cycle took as long as gctrace says.
func beginOf(trace cycleTrace, stopped, end int64) int64 {
	earliest := max(stopped-trace.sweepTerm, end-trace.atLeast()-trace.cut)
	latest := min(stopped, end-trace.atLeast())
	return earliest + (latest-earliest)/2
}

func (p *probe) write(started, finished, flags int64) {
	if len(p.ring) == 0 {
		*p.lost++
		return
	}
	written := *p.written
	capacity := int64(len(p.ring) / gcRecordWords)
	copy(p.ring[written%capacity*gcRecordWords:], []int64{started, finished, gcWholeHeap, 0, 0, flags})
	atomic.StoreInt64(p.written, written+1)
}

// underWay tells whether a cycle has begun and not ended. The caller lends the memory for it.
func (p *probe) underWay(stats *debug.GCStats) bool {
	debug.ReadGCStats(stats)
	return p.before+cycleStarts.count.Load() > stats.NumGC
}

// settle waits until no cycle is under way and all are taken down.
func (p *probe) settle() {
	for deadline := now() + settlingLimitNS; now() < deadline; sleep(100_000) {
		p.drain()
		if !p.underWay(&p.stats) && p.seen == p.stats.NumGC {
			return
		}
	}
}
