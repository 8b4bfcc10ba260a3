package main

// null is the layout that does nothing: every operation is a hit and nothing is kept. Its trial is
// the worker's own cost.
type null struct{}

func (null) read(int64) (uint64, bool)        { return 0, true }
func (null) ack(int64, uint64) bool           { return true }
func (null) mention(int64) bool               { return true }
func (null) insert(state, bool) (state, bool) { return state{}, false }
func (null) sealPending()                     {}
func (null) takePending([]state) int          { return 0 }
func (null) len() int                         { return 0 }
func (null) items() cursor                    { return func() (state, bool) { return state{}, false } }
func (null) payload(int64) []byte             { return nil }
