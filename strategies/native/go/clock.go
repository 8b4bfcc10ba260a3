package main

import (
	"syscall"
	_ "unsafe" // for go:linkname
)

// nanotime is the runtime's own clock read: CLOCK_MONOTONIC in nanoseconds on Linux, as an absolute
// value, which time.Time keeps to itself. TestClockIsMonotonic compares it with the system call.
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

// now reads CLOCK_MONOTONIC in nanoseconds.
//
// It is a function of its own, not inlined, for the sake of loops that spin on it: nanotime has no
// preemption point, and the signal that preempts other loops is ignored while it lands in the
// kernel's clock code, where such a loop spends nearly all its time. A loop on nanotime alone held
// the collector's stop-the-world up until it ended, 400 ms later; a call with a preemption point
// costs less than a nanosecond more.
//
//go:noinline
func now() int64 {
	return nanotime()
}

// sleep blocks the serving thread. time.Sleep would not do: the scheduler's timers wake a sleeping
// process in steps of a whole millisecond.
func sleep(ns int64) {
	if ns <= 0 {
		return
	}
	duration := syscall.NsecToTimespec(ns)
	syscall.Nanosleep(&duration, nil) // woken early by a signal: the caller looks at the clock again
}

// spinUntil waits on the processor.
func spinUntil(end int64) {
	for now() < end {
	}
}
