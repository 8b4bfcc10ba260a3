package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// Phases: the value of a token. An empty block ends its phase.
const (
	phaseFill = 1 + iota
	phaseAge
	phaseWarmUp
	phaseMeasure
	phaseDump
	phaseQuit
)

func phaseName(phase int64) string {
	names := [...]string{"?", "fill", "age", "warm_up", "measure", "dump", "quit"}
	if phase < 0 || phase >= int64(len(names)) {
		phase = 0
	}
	return names[phase]
}

// worker is one trial: it builds the strategy, serves blocks by phase, and dumps what is left.
type worker struct {
	spec       *spec
	file       *blockFile
	probe      *probe
	collector  collector
	cache      layout
	server     *server
	forcer     *forcer // only while it is measured
	dump       *dump
	fault      int64
	rssBefore  int64
	measuring  bool
	usage      usage
	collecting gcCPU
}

func newWorker(s *spec, f *blockFile, chosen strategy) (*worker, error) {
	w := &worker{spec: s, file: f, collector: chosen.collector}
	var err error
	if w.probe, err = installProbe(f); err != nil {
		return nil, err
	}
	w.collector.apply()
	database, err := newStore(s.Store.Keys, s.Store.Dense)
	if err != nil {
		return nil, err
	}
	if w.rssBefore, err = residentBytes(); err != nil {
		return nil, err
	}
	w.cache = chosen.make()
	service := newService(w.cache, database, s.Store.Step, s.Store.MissPenaltyNS)
	if w.fault, err = faultCost(); err != nil {
		return nil, err
	}
	w.server = &server{
		cache: w.cache, service: service, witness: newWitness(f, s.SlowNS, service), earlyNS: never,
	}
	if s.Wait == "sleep" {
		w.server.earlyNS = wakeEarlyNS
	}
	w.dump = newDump(w.cache, database, s.PayloadBytes)
	return w, nil
}

// run serves until it is told to quit, or until the runner is gone.
func (w *worker) run() error {
	defer w.probe.drain()
	if err := w.ready(); err != nil {
		return err
	}
	for number := 0; ; number = (number + 1) % len(w.file.blocks) {
		token, err := w.readToken()
		if err != nil {
			return err
		}
		if token == phaseQuit {
			return nil
		}
		if err := w.step(token, &w.file.blocks[number]); err != nil {
			return err
		}
		if err := w.writeToken(token); err != nil {
			return err
		}
	}
}

// step does what a token asks for with its block.
func (w *worker) step(token byte, b *block) error {
	if token == phaseWarmUp {
		w.server.service.charge()
	}
	switch {
	case token == phaseDump:
		w.dump.fill(b)
	case *b.count > 0:
		if token == phaseMeasure && !w.measuring {
			w.beginMeasuring()
		}
		if err := w.server.tryServe(b); err != nil {
			return err
		}
		w.server.witness.look()
		w.probe.drain()
	case token == phaseWarmUp:
		return w.warm()
	case token == phaseMeasure:
		return w.finished()
	}
	return nil
}

func (w *worker) ready() error {
	return answer("ready", map[string]any{
		"pid": os.Getpid(),
		"runtime": map[string]any{
			"name":      "Go",
			"version":   strings.TrimPrefix(runtime.Version(), "go"),
			"collector": "concurrent",
			"procs":     runtime.GOMAXPROCS(0),
		},
		"gc":       w.collector.state(),
		"fault_ns": w.fault,
	})
}

// warm collects once, as every worker does that has a collector, before the measured phase.
func (w *worker) warm() error {
	runtime.GC()
	w.probe.settle()
	var err error
	if w.usage, err = readUsage(); err != nil {
		return err
	}
	w.collecting = readGCCPU()
	rss, err := residentBytes()
	if err != nil {
		return err
	}
	return answer("warm", map[string]any{
		"rss_before_bytes": w.rssBefore,
		"rss_bytes":        rss,
		"entries":          w.cache.len(),
		"gc":               w.collector.state(),
	})
}

func (w *worker) beginMeasuring() {
	w.measuring = true
	t0 := w.file.words[wordT0]
	if timed, ok := w.cache.(scheduled); ok {
		timed.measureFrom(t0)
	}
	if every := w.collector.options.ForcedNS; every > 0 {
		w.forcer = startForcer(t0, every, w.probe.underWay)
	}
}

// finished ends the measured phase. A cycle under way is waited for: its record belongs to the phase,
// and the runtime counts the collector's processor time at the end of a cycle only.
func (w *worker) finished() error {
	used, err := readUsage()
	if err != nil {
		return err
	}
	if w.forcer != nil {
		w.forcer.end()
	}
	w.probe.settle()
	rss, err := residentBytes()
	if err != nil {
		return err
	}
	peak, err := peakResidentBytes()
	if err != nil {
		return err
	}
	return answer("finished", map[string]any{
		"usage":            used.since(w.usage),
		"rss_bytes":        rss,
		"peak_rss_bytes":   peak,
		"entries":          w.cache.len(),
		"index_epoch":      0,
		"gc":               w.collector.state(),
		"gc_cpu":           readGCCPU().since(w.collecting),
		"policy_ns":        0,
		"commit_thread_ns": 0,
	})
}

// readToken waits for the next block; a runner that is gone counts as one that says quit.
func (w *worker) readToken() (byte, error) {
	var token [1]byte
	for {
		n, err := syscall.Read(w.spec.ReadyFD, token[:])
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("ready pipe: %w", err)
		case n == 0:
			return phaseQuit, nil
		default:
			return token[0], nil
		}
	}
}

func (w *worker) writeToken(token byte) error {
	for {
		_, err := syscall.Write(w.spec.DoneFD, []byte{token})
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("done pipe: %w", err)
		}
	}
}
