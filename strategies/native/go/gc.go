package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// traceSetting must be in the environment when the process starts: the runtime reads it then only.
const traceSetting = "gctrace=1"

// restartTraced replaces the process by itself, once, with an environment in which the collector
// reports its cycles and no variable but the spec decides how it works.
func restartTraced() error {
	if os.Getenv("GODEBUG") == traceSetting {
		return nil
	}
	environment := []string{"GODEBUG=" + traceSetting}
	for _, variable := range os.Environ() {
		switch name, _, _ := strings.Cut(variable, "="); name {
		case "GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS":
		default:
			environment = append(environment, variable)
		}
	}
	return syscall.Exec("/proc/self/exe", os.Args, environment)
}

// collectorOptions are what the options of a layout say of the collector.
type collectorOptions struct {
	GOGC     string `json:"gogc"`
	Memlimit string `json:"memlimit"`
	ForcedNS int64  `json:"forced"`
	Procs    int    `json:"procs"`
}

var defaultCollector = collectorOptions{GOGC: "100", Procs: 1}

// collector is the options in the runtime's own terms.
type collector struct {
	options collectorOptions
	percent int
	limit   int64
}

func (o collectorOptions) parse() (collector, error) {
	percent, err := parsePercent(o.GOGC)
	if err != nil {
		return collector{}, err
	}
	limit, err := parseMemlimit(o.Memlimit)
	if err != nil {
		return collector{}, err
	}
	if o.ForcedNS < 0 {
		return collector{}, fmt.Errorf("forced %d: a duration in ns, or 0", o.ForcedNS)
	}
	if o.Procs < 1 {
		return collector{}, fmt.Errorf("procs %d: at least 1", o.Procs)
	}
	return collector{o, percent, limit}, nil
}

func parsePercent(text string) (int, error) {
	if text == "off" {
		return -1, nil
	}
	percent, err := strconv.ParseInt(text, 10, 32)
	if err != nil || percent < 0 {
		return 0, fmt.Errorf("gogc %q: a percentage such as 100, or off", text)
	}
	return int(percent), nil
}

// parseMemlimit reads a limit as GOMEMLIMIT is written; empty or off: none.
func parseMemlimit(text string) (int64, error) {
	if text == "" || text == "off" {
		return math.MaxInt64, nil
	}
	digits, shift := strings.TrimSuffix(text, "B"), 0
	for i, prefix := range []string{"Ki", "Mi", "Gi", "Ti"} {
		if rest, ok := strings.CutSuffix(text, prefix+"B"); ok {
			digits, shift = rest, 10*(i+1)
		}
	}
	bytes, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || bytes < 1 || bytes > math.MaxInt64>>shift {
		return 0, fmt.Errorf("memlimit %q: written as GOMEMLIMIT, such as 512MiB", text)
	}
	return bytes << shift, nil
}

func (c collector) apply() {
	runtime.GOMAXPROCS(c.options.Procs)
	debug.SetGCPercent(c.percent)
	debug.SetMemoryLimit(c.limit)
}

// state returns the collector's settings and how many cycles it made so far.
func (c collector) state() map[string]any {
	var stats debug.GCStats
	debug.ReadGCStats(&stats)
	return map[string]any{
		"gogc":      c.options.GOGC,
		"memlimit":  c.options.Memlimit,
		"forced_ns": c.options.ForcedNS,
		"procs":     c.options.Procs,
		"cycles":    stats.NumGC,
	}
}

// gcCPU is where the collector's processor time went, in seconds. The runtime brings it up to date
// at the end of each cycle, and counts a pause once for each of the procs.
type gcCPU struct {
	Assist     float64 `json:"assist_s"`     // by goroutines that allocate
	Background float64 `json:"background_s"` // by the collector's own workers
	Pause      float64 `json:"pause_s"`
}

func readGCCPU() gcCPU {
	samples := []metrics.Sample{
		{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/dedicated:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
		{Name: "/cpu/classes/gc/pause:cpu-seconds"},
	}
	metrics.Read(samples)
	return gcCPU{
		Assist:     samples[0].Value.Float64(),
		Background: samples[1].Value.Float64() + samples[2].Value.Float64(),
		Pause:      samples[3].Value.Float64(),
	}
}

func (g gcCPU) since(before gcCPU) gcCPU {
	return gcCPU{g.Assist - before.Assist, g.Background - before.Background, g.Pause - before.Pause}
}

// forcer collects every so often, as Go did after two minutes without a collection in the case study.
type forcer struct {
	stop  chan struct{}
	ended chan struct{}
}

// startForcer begins to collect at t0 + every, t0 + 2 * every and so on. A moment that passes during
// a collection is passed over.
//
// Each collection is asked for by a goroutine of its own: runtime.GC goes on to sweep after it, giving
// way to others after each span, which beside a goroutine that never waits takes minutes. The next
// collection ends that.
func startForcer(t0, every int64, underWay func(*debug.GCStats) bool) *forcer {
	f := &forcer{make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(f.ended)
		var stats debug.GCStats
		for {
			next := t0 + (max(now()-t0, 0)/every+1)*every
			select {
			case <-time.After(time.Duration(next - now())):
				if !underWay(&stats) {
					go runtime.GC()
				}
			case <-f.stop:
				return
			}
		}
	}()
	return f
}

// end stops it; a collection may still be under way.
func (f *forcer) end() {
	close(f.stop)
	<-f.ended
}
