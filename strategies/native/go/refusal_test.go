package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// madeHeader lays out a file of two blocks of 64 records.
func madeHeader() []int64 {
	const blocks, size = 2, 64
	words := make([]int64, headerWords)
	set := map[int]int64{
		wordMagic: blockMagic, wordVersion: blockVersion, wordByteOrder: byteOrderMark, wordClock: clockMonotonic,
		wordBlocks: blocks, wordBlockSize: size, wordTableOffset: 512, wordGCOffset: 544, wordGCCapacity: 3,
		wordGCRecordWords: gcRecordWords, wordEvidenceOffset: 688, wordEvidenceCapacity: 2,
		wordEvidenceRecordWords: evidenceRecordWords, wordBlocksOffset: 880, wordBlockStride: 2688,
		wordKeyColumn: 8 * size, wordArgumentColumn: 16 * size, wordStartedColumn: 24 * size,
		wordFinishedColumn: 32 * size, wordOperationColumn: 40 * size, wordOutcomeColumn: 41 * size,
		wordFileBytes: 880 + blocks*2688,
	}
	for place, value := range set {
		words[place] = value
	}
	return words
}

func writeFile(t *testing.T, words []int64, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "block")
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenBlockFile(t *testing.T) {
	for _, test := range []struct {
		name  string
		word  int
		value int64
		want  string
	}{
		{"sound", 63, 0, ""},
		{"magic", wordMagic, 1, "not a block file: wrong magic"},
		{"version", wordVersion, 2, "block format version 2, this worker speaks version 1"},
		{"byte order", wordByteOrder, 0x0807060504030201, "byte order differs from this machine's"},
		{"clock", wordClock, 0, "clock 0 is unknown; expected CLOCK_MONOTONIC (1)"},
		{"length", wordFileBytes, 1, "block file is 6256 bytes, its header says 1"},
		{"blocks", wordBlocks, 0, "block file has 0 blocks"},
		{"too many blocks", wordBlocks, 3, "do not fit"},
		{"block size", wordBlockSize, 1 << 40, "block file has blocks of"},
		{"column", wordOutcomeColumn, 1 << 40, "do not fit"},
		{"odd column", wordDueColumn, 3, "do not fit"},
		{"ring", wordGCCapacity, math.MaxInt64, "do not fit"},
		{"record", wordGCRecordWords, 5, "do not fit"},
	} {
		words := madeHeader()
		words[test.word] = test.value
		path := writeFile(t, words, madeHeader()[wordFileBytes])
		f, err := openBlockFile(path)
		if test.want == "" {
			if err != nil || len(f.blocks) != 2 || len(f.gc) != 18 || len(f.evidence) != 24 {
				t.Errorf("%s: %+v %v", test.name, f, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: the file is still there", test.name)
		}
	}
	if _, err := openBlockFile(writeFile(t, madeHeader(), 100)); err == nil ||
		err.Error() != "block file of 100 bytes is shorter than its header" {
		t.Errorf("truncated: %v", err)
	}
}

func TestSpecIsServedOrRefused(t *testing.T) {
	const sound = `"policy": {"name": "default", "options": {}}, "capacity": 10, "wait": "spin", ` +
		`"store": {"name": "memory", "commit": "inline"}, "requests": {"objects": 0, "burst": 1}, "new_key": 1`
	for _, test := range []struct{ spec, want string }{
		{`{"layout": "go", ` + sound + `}`, ""},
		{`{"layout": "go-flat", "options": {"pending": "coalesce", "gogc": "off", "memlimit": "64MiB", "procs": 2}, ` + sound + `}`, ""},
		{`{"layout": "go-null", "options": {"procs": 1}, ` + sound + `}`, ""},
		{`{"layout": "go-known-pause", "options": {"pause": 1000, "every": 2000}, ` + sound + `}`, ""},
		{``, "no spec on standard input"},
		{`{"layout": `, "the spec is not what it should be"},
		{`{"layout": "rust", ` + sound + `}`, `layout "rust": this program has go, go-flat`},
		{`{"layout": "go", "options": {"drain": "batch"}, ` + sound + `}`, `options: unknown field "drain"`},
		{`{"layout": "go", "options": {"update": "never"}, ` + sound + `}`, `update "never": replace or in-place`},
		{`{"layout": "go", "options": {"gogc": "some"}, ` + sound + `}`, `gogc "some": a percentage`},
		{`{"layout": "go-flat", "options": {"memlimit": "1MB"}, ` + sound + `}`, `memlimit "1MB": written as GOMEMLIMIT`},
		{`{"layout": "go-null", "options": {"procs": 0}, ` + sound + `}`, `procs 0: at least 1`},
		{`{"layout": "go-known-pause", "options": {"every": 0}, ` + sound + `}`, `pause and every are durations`},
		{`{"layout": "go", ` + sound + `, "policy": {"name": "freeze"}}`, `policy "freeze": `},
		{`{"layout": "go", ` + sound + `, "store": {"name": "redis"}}`, `store "redis": `},
		{`{"layout": "go", ` + sound + `, "store": {"name": "memory", "commit": "thread"}}`, `commit "thread": `},
		{`{"layout": "go", ` + sound + `, "requests": {"cycles": 0.5}}`, `requests: `},
		{`{"layout": "go", ` + sound + `, "wait": "yield"}`, `wait "yield": spin or sleep`},
		{`{"layout": "go", ` + sound + `, "capacity": 0}`, `capacity 0: `},
	} {
		s, err := readSpec(strings.NewReader(test.spec))
		if err == nil {
			_, err = s.strategy()
		}
		if err == nil {
			err = s.check()
		}
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: %v", test.spec, err)
		}
	}
}

func TestParseMemlimit(t *testing.T) {
	for text, want := range map[string]int64{
		"": math.MaxInt64, "off": math.MaxInt64, "100": 100, "100B": 100, "3KiB": 3 << 10, "512MiB": 512 << 20,
		"2GiB": 2 << 30, "1TiB": 1 << 40,
	} {
		if got, err := parseMemlimit(text); err != nil || got != want {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "-1", "1.5GiB", "MiB", "1 MiB", "9999999999TiB", "1gib"} {
		if got, err := parseMemlimit(text); err == nil {
			t.Errorf("%q: %d", text, got)
		}
	}
}
