package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Codes of a failure, also in the header's word for it.
const (
	codeBadHeader   = 1
	codeBadSpec     = 2
	codeTrialFailed = 3
)

// answers is the standard output that the worker was started with.
var answers = os.Stdout

// failure is why the worker gives up.
type failure struct {
	code   int
	reason string
}

func (f failure) Error() string {
	return f.reason
}

// failed gives an error a code, unless it has one.
func failed(code int, err error) error {
	var known failure
	if err == nil || errors.As(err, &known) {
		return err
	}
	return failure{code, strings.Join(strings.Fields(err.Error()), " ")}
}

// panicked is the error of a panic. Memory that a fault tells the address of is the block file's.
func panicked(cause any) error {
	if fault, ok := cause.(interface{ Addr() uintptr }); ok {
		return fmt.Errorf("the block file was cut short: nothing at address %#x", fault.Addr())
	}
	return fmt.Errorf("%v", cause)
}

// answer writes one line of JSON to the runner.
func answer(event string, figures map[string]any) error {
	line := map[string]any{"event": event}
	for name, figure := range figures {
		line[name] = figure
	}
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = answers.Write(append(text, '\n'))
	return err
}
