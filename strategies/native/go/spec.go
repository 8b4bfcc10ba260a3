package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// spec is the line of JSON that says what to build. Keys that are not here are ignored.
type spec struct {
	BlockFile    string          `json:"block_file"`
	ReadyFD      int             `json:"ready_fd"`
	DoneFD       int             `json:"done_fd"`
	Layout       string          `json:"layout"`
	Options      json.RawMessage `json:"options"`
	Policy       policySpec      `json:"policy"`
	Capacity     int             `json:"capacity"`
	PayloadBytes int             `json:"payload_bytes"`
	Store        storeSpec       `json:"store"`
	Requests     requestSpec     `json:"requests"`
	Wait         string          `json:"wait"`
	SlowNS       int64           `json:"slow_ns"`
	CPU          *int            `json:"cpu"`
}

type policySpec struct {
	Name    string         `json:"name"`
	Options map[string]any `json:"options"`
}

type storeSpec struct {
	Name          string `json:"name"`
	Keys          int    `json:"keys"`
	Dense         bool   `json:"dense"`
	Step          int    `json:"step"`
	Commit        string `json:"commit"`
	MissPenaltyNS int64  `json:"miss_penalty_ns"`
}

type requestSpec struct {
	Objects  float64 `json:"objects"`
	InFlight float64 `json:"in_flight"`
	Burst    float64 `json:"burst"`
	Cycles   float64 `json:"cycles"`
}

func readSpec(from io.Reader) (*spec, error) {
	line, err := bufio.NewReader(from).ReadBytes('\n')
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, errors.New("no spec on standard input")
	}
	var s spec
	if err := json.Unmarshal(line, &s); err != nil {
		return nil, fmt.Errorf("the spec is not what it should be: %w", err)
	}
	return &s, nil
}

// check refuses what this worker cannot serve, whatever the layout.
func (s *spec) check() error {
	switch {
	case s.Policy.Name != "default" || len(s.Policy.Options) > 0:
		return fmt.Errorf("policy %q: a Go program has the policy default only, without options", s.Policy.Name)
	case s.Store.Name != "memory":
		return fmt.Errorf("store %q: a Go program has the store memory only", s.Store.Name)
	case s.Store.Commit != "inline":
		return fmt.Errorf("commit %q: a Go program commits inline only", s.Store.Commit)
	case s.Requests.Objects != 0 || s.Requests.InFlight != 0 || s.Requests.Cycles != 0 || s.Requests.Burst > 1:
		return errors.New("requests: a Go program allocates no objects per request")
	case s.Wait != "spin" && s.Wait != "sleep":
		return fmt.Errorf("wait %q: spin or sleep", s.Wait)
	case s.Capacity < 1 || s.Capacity >= math.MaxInt32:
		return fmt.Errorf("capacity %d: from 1 to 2^31 - 2", s.Capacity)
	case s.PayloadBytes < 0 || s.Store.Keys < 0 || s.Store.Step < 0 || s.Store.MissPenaltyNS < 0 || s.SlowNS < 0:
		return errors.New("payload_bytes, keys, step, miss_penalty_ns and slow_ns cannot be negative")
	}
	return nil
}

// strategy is a layout ready to be made, and the collector that it asks for.
type strategy struct {
	make      func() layout
	collector collector
}

// strategy reads the layout's options; it refuses a layout or an option that there is none of.
func (s *spec) strategy() (strategy, error) {
	switch s.Layout {
	case "go":
		options := struct {
			Update  string `json:"update"`
			Pending string `json:"pending"`
			collectorOptions
		}{"replace", "record", defaultCollector}
		err := s.options(&options)
		inPlace := choice("update", options.Update, "replace", "in-place", &err)
		coalesce := choice("pending", options.Pending, "record", "coalesce", &err)
		return with(options.collectorOptions, err, func() layout {
			return newLRU(s.Capacity, s.PayloadBytes, inPlace, coalesce)
		})
	case "go-flat":
		options := struct {
			Pending string `json:"pending"` // either way a slot waits at most once
			collectorOptions
		}{"record", defaultCollector}
		err := s.options(&options)
		choice("pending", options.Pending, "record", "coalesce", &err)
		return with(options.collectorOptions, err, func() layout {
			return newFlat(s.Capacity, s.PayloadBytes)
		})
	case "go-null":
		collector := defaultCollector
		options := struct {
			Procs *int `json:"procs"`
		}{&collector.Procs}
		err := s.options(&options)
		return with(collector, err, func() layout { return null{} })
	case "go-known-pause":
		options := struct {
			PauseNS int64 `json:"pause"`
			EveryNS int64 `json:"every"`
		}{50_000_000, 1_000_000_000}
		err := s.options(&options)
		if err == nil && (options.PauseNS < 1 || options.EveryNS < 1) {
			err = errors.New("pause and every are durations in ns")
		}
		return with(defaultCollector, err, func() layout {
			return newKnownPause(options.PauseNS, options.EveryNS)
		})
	}
	return strategy{}, fmt.Errorf("layout %q: this program has go, go-flat, go-null, go-known-pause", s.Layout)
}

// options reads the layout's options over their defaults.
func (s *spec) options(into any) error {
	if len(s.Options) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(s.Options))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("options: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// choice tells whether the second of two values was chosen; any other is an error, if the first.
func choice(name, value, first, second string, err *error) bool {
	if value != first && value != second && *err == nil {
		*err = fmt.Errorf("%s %q: %s or %s", name, value, first, second)
	}
	return value == second
}

func with(options collectorOptions, err error, make func() layout) (strategy, error) {
	if err != nil {
		return strategy{}, err
	}
	collector, err := options.parse()
	return strategy{make, collector}, err
}
