package main

import "math"

// lateSleepNS: a sleep ends late, on a virtual machine by milliseconds. So much of its end is spun.
const lateSleepNS = 10_000_000

// knownPause is the layout that does nothing but pause for a stated time at stated moments: the
// first at half a period after the start of the measured phase, the next ones a period later each,
// in the first request at or after that moment. It tests the instrument.
type knownPause struct {
	null
	pauseNS int64
	everyNS int64
	firstNS int64
	nextNS  int64
}

func newKnownPause(pauseNS, everyNS int64) *knownPause {
	return &knownPause{pauseNS: pauseNS, everyNS: everyNS, nextNS: math.MaxInt64}
}

func (k *knownPause) measureFrom(t0 int64) {
	k.firstNS = t0 + k.everyNS/2
	k.nextNS = k.firstNS
}

// pauseIfDue pauses if it is time. A moment that passed without a request is passed over.
func (k *knownPause) pauseIfDue() {
	begin := now()
	if begin < k.nextNS {
		return
	}
	k.nextNS = k.firstNS + ((begin-k.firstNS)/k.everyNS+1)*k.everyNS
	sleep(k.pauseNS - lateSleepNS)
	spinUntil(begin + k.pauseNS)
}

func (k *knownPause) read(key int64) (uint64, bool) {
	k.pauseIfDue()
	return k.null.read(key)
}

func (k *knownPause) ack(key int64, id uint64) bool {
	k.pauseIfDue()
	return k.null.ack(key, id)
}

func (k *knownPause) mention(key int64) bool {
	k.pauseIfDue()
	return k.null.mention(key)
}
