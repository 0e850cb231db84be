package main

import "time"

// timeline keeps latencies together with when they were met, so that it can be decided afterwards which of them belong
// to some time: the one in which a background job ran, for example.
type timeline struct {
	zero   time.Time // the moment of the first observation
	blocks [][]observation
}

type observation struct {
	end  time.Duration // since zero
	took time.Duration
}

// timelineBlock is how many observations are allotted at once. Enlarging one slice would copy all of it every so often,
// and what is being measured would wait.
const timelineBlock = 1 << 14

// add notes that something ended at now that had taken so long.
func (t *timeline) add(now time.Time, took time.Duration) {
	if t.zero.IsZero() {
		t.zero = now
	}
	last := len(t.blocks) - 1
	if last < 0 || len(t.blocks[last]) == timelineBlock {
		t.blocks = append(t.blocks, make([]observation, 0, timelineBlock))
		last++
	}
	t.blocks[last] = append(t.blocks[last], observation{now.Sub(t.zero), took})
}

// durations returns everything met.
func (t *timeline) durations() []time.Duration {
	var all []time.Duration
	for _, block := range t.blocks {
		for _, o := range block {
			all = append(all, o.took)
		}
	}
	return all
}

// during returns what was under way at some moment from one time to another, so that a stall counts in full wherever
// within it the time ends; and how much of that ended within.
func (t *timeline) during(from, to time.Time) (met []time.Duration, ended int) {
	lo, hi := from.Sub(t.zero), to.Sub(t.zero)
	for _, block := range t.blocks {
		for _, o := range block {
			if o.end >= lo && o.end-o.took < hi {
				met = append(met, o.took)
				if o.end < hi {
					ended++
				}
			}
		}
	}
	return met, ended
}
