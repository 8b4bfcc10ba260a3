package main

import (
	"fmt"
	"testing"
)

func TestPendingQueues(t *testing.T) {
	// A number adds that key, "seal" seals, "take" takes two; what is expected is the keys taken, each
	// with the number of the addition that it comes from.
	for _, test := range []struct {
		name  string
		queue pendingQueue
		steps []any
		want  string
	}{
		{"record: in order", &recordQueue{}, []any{7, 8, 7, "seal", "take", "take"}, "[7/0 8/1] [7/2]"},
		{"record: unsealed stays", &recordQueue{}, []any{7, "seal", 8, "take", "take"}, "[7/0] []"},
		{"record: sealed behind the rest", &recordQueue{}, []any{1, 2, 3, "seal", "take", 4, "seal", "take", "take"},
			"[1/0 2/1] [3/2 4/3] []"},
		{"coalesce: one per key", &coalescingQueue{}, []any{7, 8, 7, "seal", "take", "take"}, "[7/2 8/1] []"},
		{"coalesce: newest in the old place", &coalescingQueue{},
			[]any{1, 2, 3, 4, "seal", "take", 5, 3, 1, "seal", "take", "take", "take"},
			"[1/0 2/1] [3/5 4/3] [5/4 1/6] []"},
		{"coalesce: unsealed stays", &coalescingQueue{}, []any{7, "seal", 7, "take", "seal", "take"}, "[7/0] [7/1]"},
	} {
		var got string
		number := 0
		for _, step := range test.steps {
			switch step {
			case "seal":
				test.queue.seal()
			case "take":
				var taken []string
				for _, e := range test.queue.take(2) {
					taken = append(taken, fmt.Sprintf("%d/%d", e.key, e.id))
				}
				got += fmt.Sprint(taken) + " "
			default:
				test.queue.add(&entry{key: int64(step.(int)), id: uint64(number)})
				number++
			}
		}
		if got != test.want+" " {
			t.Errorf("%s: %s, not %s", test.name, got, test.want)
		}
	}
}
