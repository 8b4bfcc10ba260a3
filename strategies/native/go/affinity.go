package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// cpuSet is the kernel's mask of processors.
type cpuSet [1024 / 64]uint64

func (s *cpuSet) add(cpu int)    { s[cpu/64] |= 1 << (cpu % 64) }
func (s *cpuSet) remove(cpu int) { s[cpu/64] &^= 1 << (cpu % 64) }

func affinity(thread int) (cpuSet, error) {
	var set cpuSet
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY,
		uintptr(thread), unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		return set, errno
	}
	return set, nil
}

func setAffinity(thread int, set cpuSet) error {
	_, _, errno := syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY,
		uintptr(thread), unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
	if errno != 0 {
		return errno
	}
	return nil
}

// pin puts the calling thread, which serves, on one processor. With procs=1 all other threads go
// there as well; with more they get what else the process was allowed, so that the collector has a
// processor of its own. Threads to come are started by one of the others and inherit its mask: Go
// starts none from a locked thread.
func pin(cpu, procs int) error {
	allowed, err := affinity(0)
	if err != nil {
		return fmt.Errorf("reading the processors of this process: %w", err)
	}
	if cpu < 0 || cpu >= 64*len(allowed) {
		return fmt.Errorf("there is no processor %d", cpu)
	}
	var own cpuSet
	own.add(cpu)
	others := own
	if procs > 1 {
		rest := allowed
		rest.remove(cpu)
		if rest != (cpuSet{}) {
			others = rest
		}
	}
	if err := setAffinity(0, own); err != nil {
		return fmt.Errorf("pinning to processor %d: %w", cpu, err)
	}
	return pinOthers(others)
}

// pinOthers moves all threads but the calling one, until it meets no new one.
func pinOthers(set cpuSet) error {
	done := map[int]bool{syscall.Gettid(): true}
	for before := 0; before != len(done); {
		before = len(done)
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err != nil || done[id] {
				continue
			}
			if err := setAffinity(id, set); err != nil && err != syscall.ESRCH {
				return fmt.Errorf("pinning thread %d: %w", id, err)
			}
			done[id] = true
		}
	}
	return nil
}
