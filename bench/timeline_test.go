package main

import (
	"slices"
	"testing"
	"time"
)

func TestTimelineTellsWhatWasUnderWay(t *testing.T) {
	begin := time.Now()
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	var line timeline
	for ms := 10; ms <= 100; ms += 10 { // each of them took two milliseconds
		line.add(at(ms), 2*time.Millisecond)
	}
	line.add(at(150), 45*time.Millisecond) // from 105 to 150
	met, ended := line.during(at(29), at(51))
	if len(met) != 3 || ended != 3 { // those that ended at 30, 40 and 50
		t.Errorf("met %v, %d ended", met, ended)
	}
	met, ended = line.during(at(101), at(120))
	if !slices.Equal(met, []time.Duration{45 * time.Millisecond}) || ended != 0 {
		t.Errorf("a stall that outlasts the time: met %v, %d ended", met, ended)
	}
	if met, ended := line.during(at(140), at(200)); len(met) != 1 || ended != 1 {
		t.Errorf("a stall from before: met %v, %d ended", met, ended)
	}
	if met, _ := line.during(at(160), at(200)); len(met) != 0 {
		t.Errorf("nothing was under way, met %v", met)
	}
	if all := line.durations(); len(all) != 11 {
		t.Errorf("%d of 11", len(all))
	}
	if met, ended := new(timeline).during(at(0), at(10)); len(met) != 0 || ended != 0 {
		t.Error("an empty timeline has met something")
	}
}

func TestTimelineOfManyBlocks(t *testing.T) {
	var line timeline
	now := time.Now()
	const n = 2*timelineBlock + 5
	for i := range n {
		line.add(now.Add(time.Duration(i)), time.Duration(i))
	}
	for i, d := range line.durations() {
		if d != time.Duration(i) {
			t.Fatalf("%d: %v", i, d)
		}
	}
	if all := line.durations(); len(all) != n {
		t.Errorf("%d of %d", len(all), n)
	}
}
