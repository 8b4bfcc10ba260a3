// Command worker serves one trial of the lab in Go: it reads a spec, takes blocks of operations from
// a shared file, serves each when it is due, and writes down when it started and finished. The
// contract is docs/block-format.md.
package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/debug"
)

func init() {
	// The main goroutine serves, on the process's first thread: it can be pinned, and its counters
	// in /proc are its own.
	runtime.LockOSThread()
}

func main() {
	os.Exit(run())
}

// run serves one trial and returns the exit code: 0, or 1 after a "failed" line.
func run() int {
	var file *blockFile
	err := failed(codeTrialFailed, restartTraced())
	if err == nil {
		file, err = serveTrial()
	}
	if err == nil {
		return 0
	}
	var reason failure
	errors.As(err, &reason)
	if file != nil {
		file.words[wordError] = int64(reason.code)
	}
	// Where this fails the runner is gone, and the exit code is all that there is to say.
	_ = answer("failed", map[string]any{"code": reason.code, "reason": reason.reason})
	return 1
}

// serveTrial returns the block file as soon as there is one, and a failure.
func serveTrial() (file *blockFile, err error) {
	debug.SetPanicOnFault(true) // a block file that is cut short is a reason, not a crash
	defer func() {
		if cause := recover(); cause != nil {
			err = failed(codeTrialFailed, panicked(cause))
		}
	}()
	s, err := readSpec(os.Stdin)
	if err != nil {
		return nil, failed(codeBadSpec, err)
	}
	if file, err = openBlockFile(s.BlockFile); err != nil {
		return nil, failed(codeBadHeader, err)
	}
	chosen, err := s.strategy()
	if err == nil {
		err = s.check()
	}
	if err == nil && s.CPU != nil {
		err = pin(*s.CPU, chosen.collector.options.Procs)
	}
	if err != nil {
		return file, failed(codeBadSpec, err)
	}
	w, err := newWorker(s, file, chosen)
	if err == nil {
		err = w.run()
	}
	return file, failed(codeTrialFailed, err)
}
