package main

import "bytes"

// cycleTrace is what one line of GODEBUG=gctrace=1 says of a collection, in ns. The runtime prints
// two significant digits of each duration, and whole milliseconds from ten on, and cuts the rest off.
type cycleTrace struct {
	number    int64
	sweepTerm int64 // the first stop-the-world
	mark      int64 // marking beside the program
	markTerm  int64 // the second stop-the-world
	cut       int64 // less than this much is missing from the sum of the three
	forced    bool
}

// atLeast returns how long the cycle took, but for what was cut off.
func (t cycleTrace) atLeast() int64 {
	return t.sweepTerm + t.mark + t.markTerm
}

// parseCycleTrace reads a line such as
//
//	gc 7 @0.506s 4%: 0.062+30+0.005 ms clock, 0.12+2.7/16/21+0.010 ms cpu, ..., 2 P (forced)
//
// and tells whether it is one. It allocates nothing.
func parseCycleTrace(line []byte) (t cycleTrace, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte("gc "))
	if !ok {
		return t, false
	}
	t.number, rest, ok = cutNumber(rest)
	if !ok || !bytes.HasPrefix(rest, []byte(" @")) {
		return t, false
	}
	_, rest, ok = bytes.Cut(rest, []byte(": "))
	if !ok {
		return t, false
	}
	for i, part := range []*int64{&t.sweepTerm, &t.mark, &t.markTerm} {
		if i > 0 {
			if rest, ok = bytes.CutPrefix(rest, []byte("+")); !ok {
				return t, false
			}
		}
		var unit int64
		if *part, unit, rest, ok = cutMilliseconds(rest); !ok {
			return t, false
		}
		t.cut += unit
	}
	t.forced = bytes.HasSuffix(rest, []byte(" (forced)"))
	return t, bytes.HasPrefix(rest, []byte(" ms clock, "))
}

// cutNumber cuts the digits that a text begins with.
func cutNumber(text []byte) (number int64, rest []byte, ok bool) {
	n := 0
	for ; n < len(text) && '0' <= text[n] && text[n] <= '9'; n++ {
		number = 10*number + int64(text[n]-'0')
	}
	return number, text[n:], n > 0
}

// cutMilliseconds cuts a decimal of milliseconds and returns it, and what its last place counts, in
// ns. A plain 0 stands for less than a microsecond.
func cutMilliseconds(text []byte) (ns, unit int64, rest []byte, ok bool) {
	whole, rest, ok := cutNumber(text)
	unit = 1_000_000
	if whole == 0 {
		unit = 1_000
	}
	ns = whole * 1_000_000
	if !ok || len(rest) == 0 || rest[0] != '.' {
		return ns, unit, rest, ok
	}
	places := rest[1:]
	fraction, rest, ok := cutNumber(places)
	unit = 1_000_000
	for n := len(places) - len(rest); n > 0; n-- {
		unit /= 10
	}
	return ns + fraction*unit, unit, rest, ok
}
