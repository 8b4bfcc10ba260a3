package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// usage is what the operating system counted for this process.
type usage struct {
	CPU                 float64 `json:"cpu_s"`
	RunDelayNS          int64   `json:"run_delay_ns"`
	VoluntarySwitches   int64   `json:"voluntary_switches"`
	InvoluntarySwitches int64   `json:"involuntary_switches"`
	MinorFaults         int64   `json:"minor_faults"`
	MajorFaults         int64   `json:"major_faults"`
}

// readUsage reads the counters so far. The run delay is the serving thread's: it is the process's
// first thread, of which /proc/self/schedstat tells.
func readUsage() (usage, error) {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return usage{}, err
	}
	schedstat, err := os.ReadFile("/proc/self/schedstat")
	if err != nil {
		return usage{}, err
	}
	return usage{
		CPU:                 float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9,
		RunDelayNS:          secondNumber(schedstat),
		VoluntarySwitches:   used.Nvcsw,
		InvoluntarySwitches: used.Nivcsw,
		MinorFaults:         used.Minflt,
		MajorFaults:         used.Majflt,
	}, nil
}

func (u usage) since(before usage) usage {
	return usage{
		CPU:                 u.CPU - before.CPU,
		RunDelayNS:          u.RunDelayNS - before.RunDelayNS,
		VoluntarySwitches:   u.VoluntarySwitches - before.VoluntarySwitches,
		InvoluntarySwitches: u.InvoluntarySwitches - before.InvoluntarySwitches,
		MinorFaults:         u.MinorFaults - before.MinorFaults,
		MajorFaults:         u.MajorFaults - before.MajorFaults,
	}
}

// residentBytes returns this process's resident set size.
func residentBytes() (int64, error) {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	return secondNumber(statm) * int64(syscall.Getpagesize()), nil
}

// peakResidentBytes returns the peak of it (ru_maxrss would count the parent's before the exec).
func peakResidentBytes() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for _, line := range bytes.Split(status, []byte("\n")) {
		fields := bytes.Fields(line)
		if len(fields) == 3 && string(fields[0]) == "VmHWM:" {
			kib, err := strconv.ParseInt(string(fields[1]), 10, 64)
			return kib * 1024, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmHWM")
}
