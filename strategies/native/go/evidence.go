package main

import (
	"bytes"
	"math"
	"sort"
	"sync/atomic"
	"syscall"
	"unsafe"
)

const (
	rusageThread           = 1
	clockThreadCPU         = 3
	seenClock              = 2 // place of the moment of a look in an evidence record
	seenFirstCounter       = 3
	never            int64 = math.MaxInt64
)

// witness takes down what a slow operation leaves behind, so that its cause can be told afterwards.
// The serving loop asks one thing of every operation: whether its end lies beyond limitNS, which the
// witness sets slowNS ahead of that end. So it is called at most every slowNS, and after every
// operation that took longer by itself. Of such a one it writes how far the thread's counters moved
// since it last looked, at the latest at the end of the block before.
type witness struct {
	finishedNS int64 // when the last operation of the block before ended
	limitNS    int64 // whatever ends later is to be checked
	slowNS     int64
	ring       []int64 // empty: nothing is written
	written    *int64
	service    *service
	schedstat  int // file descriptor, of the serving thread; -1: the kernel has none
	seen       [evidenceRecordWords]int64
	line       [128]byte
	used       syscall.Rusage
}

func newWitness(f *blockFile, slowNS int64, s *service) *witness {
	w := &witness{
		finishedNS: now(), limitNS: never, slowNS: slowNS,
		ring: f.evidence, written: &f.words[wordEvidenceWritten], service: s, schedstat: -1,
	}
	if len(w.ring) == 0 {
		return w
	}
	fd, err := syscall.Open("/proc/thread-self/schedstat", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err == nil {
		w.schedstat = fd
	}
	w.limitNS = w.finishedNS + slowNS
	w.look()
	return w
}

// check looks into operation i, which ended just now, and returns the next limit.
func (w *witness) check(b *block, i int, finished int64) int64 {
	if len(w.ring) == 0 {
		return never
	}
	began := w.finishedNS
	if i > 0 {
		began = b.finished[i-1]
	}
	if finished-max(b.due[i], began) > w.slowNS {
		w.testify(finished)
	}
	return finished + w.slowNS
}

func (w *witness) testify(finished int64) {
	written := *w.written
	capacity := int64(len(w.ring) / evidenceRecordWords)
	record := w.ring[written%capacity*evidenceRecordWords:][:evidenceRecordWords]
	before := w.seen
	w.look()
	record[0], record[1], record[2] = finished, before[seenClock], w.seen[seenClock]
	for word := seenFirstCounter; word < evidenceRecordWords; word++ {
		record[word] = w.seen[word] - before[word]
	}
	atomic.StoreInt64(w.written, written+1)
}

// look reads the counters; the order is that of the record. A Go map does not tell when it grows
// (since 1.24 it does so in parts of at most a thousand places), so re-hashes stay 0.
func (w *witness) look() {
	if len(w.ring) == 0 {
		return
	}
	w.seen[3] = w.runDelay()
	syscall.Getrusage(rusageThread, &w.used)
	w.seen[5], w.seen[6] = w.used.Nvcsw, syscall.TimevalToNsec(w.used.Stime)
	w.seen[7], w.seen[8] = w.used.Minflt, w.used.Majflt
	w.seen[10], w.seen[11] = w.service.loadNS, w.service.saveNS
	w.seen[4] = threadCPU()
	w.seen[seenClock] = now()
}

func (w *witness) runDelay() int64 {
	if w.schedstat < 0 {
		return 0
	}
	n, err := syscall.Pread(w.schedstat, w.line[:], 0)
	if err != nil {
		return 0
	}
	return secondNumber(w.line[:n])
}

// secondNumber reads the run delay of a line of schedstat: "on-cpu run-delay slices".
func secondNumber(line []byte) int64 {
	var number int64
	for _, digit := range line[bytes.IndexByte(line, ' ')+1:] {
		if digit < '0' || digit > '9' {
			break
		}
		number = 10*number + int64(digit-'0')
	}
	return number
}

// threadCPU returns the processor time of the calling thread in ns.
func threadCPU() int64 {
	var t syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockThreadCPU, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}

// faultCost returns what the first touch of a fresh page costs here, in ns: the median over batches.
// Page faults are counted by the kernel, not timed.
func faultCost() (int64, error) {
	const batches, pages = 8, 128
	var costs [batches]int64
	step := syscall.Getpagesize()
	for batch := range costs {
		fresh, err := syscall.Mmap(-1, 0, pages*step,
			syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANONYMOUS)
		if err != nil {
			return 0, err
		}
		// Refused only by kernels without huge pages, which is what is asked for.
		_ = syscall.Madvise(fresh, syscall.MADV_NOHUGEPAGE)
		begin := now()
		for at := 0; at < len(fresh); at += step {
			fresh[at] = 1
		}
		costs[batch] = (now() - begin) / pages
		if err := syscall.Munmap(fresh); err != nil {
			return 0, err
		}
	}
	sort.Slice(costs[:], func(i, j int) bool { return costs[i] < costs[j] })
	return costs[batches/2], nil
}
