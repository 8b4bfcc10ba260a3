package main

import "testing"

func TestParseCycleTrace(t *testing.T) {
	const rest = " ms cpu, 4->4->2 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P"
	for _, test := range []struct {
		line string
		want cycleTrace
		ok   bool
	}{
		{"gc 1 @0.427s 0%: 0.034+3.2+0.37 ms clock, 0.069+0/1.4/1.8+0.75" + rest,
			cycleTrace{1, 34_000, 3_200_000, 370_000, 111_000, false}, true},
		{"gc 11 @1.567s 17%: 398+400+0 ms clock, 797+0/16/0+0.63" + rest + " (forced)",
			cycleTrace{11, 398_000_000, 400_000_000, 0, 2_001_000, true}, true},
		{"gc 12 @1234.370s 17% (checking for goroutine leaks): 0.21+14+0.087 ms clock, 0" + rest,
			cycleTrace{12, 210_000, 14_000_000, 87_000, 1_011_000, false}, true},
		{"gc 12 @1.370s 17%: 1.2+9.9+0.012 ms clock, 0" + rest,
			cycleTrace{12, 1_200_000, 9_900_000, 12_000, 201_000, false}, true},
		{"", cycleTrace{}, false},
		{"gc ", cycleTrace{}, false},
		{"gc 3", cycleTrace{}, false},
		{"gc 3 @0.4s 0%: ", cycleTrace{}, false},
		{"gc 3 @0.4s 0%: 1+2 ms clock, ", cycleTrace{}, false},
		{"gc 3 @0.4s 0%: 1+2+3 s clock, ", cycleTrace{}, false},
		{"gc three @0.4s 0%: 1+2+3 ms clock, ", cycleTrace{}, false},
		{"scvg: 8 MB released", cycleTrace{}, false},
		{"panic: gc 1 @0.4s 0%: 1+2+3 ms clock, ", cycleTrace{}, false},
	} {
		got, ok := parseCycleTrace([]byte(test.line))
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%q: %+v %v", test.line, got, ok)
		}
	}
}
