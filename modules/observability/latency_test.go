package observability

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// TestSeries: a second has one sample, its worst; only the latest seconds are
// kept, and the worst of all is remembered.
func TestSeries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e events
		var model []sample
		worst, now := int64(0), int64(1_000_000)
		for range rapid.IntRange(1, 400).Draw(t, "events") {
			now += rapid.Int64Range(0, 2500).Draw(t, "later")
			ms := rapid.Int64Range(1, 1000).Draw(t, "ms")
			e.add("x", ms, now)
			worst = max(worst, ms)
			if n := len(model); n > 0 && model[n-1].time == now/1000 {
				model[n-1].ms = max(model[n-1].ms, ms)
			} else {
				model = append(model, sample{now / 1000, ms})
			}
		}
		model = model[max(0, len(model)-seriesLen):]
		got := e.get("x")
		if got.worst != worst || len(got.samples) != len(model) {
			t.Fatalf("%d samples, worst %d; want %d, %d", len(got.samples), got.worst, len(model), worst)
		}
		for i := range model {
			if got.samples[i] != model[i] {
				t.Fatalf("sample %d is %v, want %v", i, got.samples[i], model[i])
			}
		}
	})
}

// TestGraph: the drawing of a series, as Redis draws it: heights in steps of a
// third of a row, and below each column how long ago it was.
func TestGraph(t *testing.T) {
	s := series{[]sample{{100, 10}, {3700, 20}, {86500, 30}, {90050, 15}, {90095, 22}}, 99}
	want := []string{
		"command - high 30 ms, low 10 ms (all time high 99 ms)",
		strings.Repeat("-", 80),
		"  #  ",
		" _| o",
		" ||_|",
		"_||||",
		"     ",
		"11155",
		"ddh0s",
		"   s ",
		"",
	}
	if got := s.graph("command", 90100); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
}

// TestGraphGoesOn: more samples than columns are drawn below each other.
func TestGraphGoesOn(t *testing.T) {
	var s series
	for i := range int64(graphColumns + 3) {
		s.add(sample{1000 + i, 5})
	}
	lines := strings.Split(s.graph("x", 1082), "\n")
	if first, last := lines[5], lines[len(lines)-5]; len(first) != graphColumns || last != "___" {
		t.Errorf("%q and %q in\n%s", first, last, strings.Join(lines, "\n"))
	}
}

// TestDoctor: the report names what was seen and what fits it.
func TestDoctor(t *testing.T) {
	for _, x := range []struct {
		event, args, want string
	}{
		{"command", "--slowlog-enabled no --latency-monitor-threshold 5", "CONFIG SET slowlog-enabled yes, and CONFIG SET slowlog-log-slower-than 5000"},
		{"command", "--slowlog-log-slower-than -1 --latency-monitor-threshold 5", "CONFIG SET slowlog-log-slower-than 5000"},
		{"command", "--slowlog-log-slower-than 5000 --latency-monitor-threshold 5", "SLOWLOG GET shows"},
		{"fast-command", "--latency-monitor-threshold 5", "--intrinsic-latency"},
		{"fork", "--latency-monitor-threshold 5", "snapshot"},
		{"eviction-cycle", "--latency-monitor-threshold 5", "maxmemory-eviction-tenacity"},
	} {
		m := New().(*module)
		r := core.NewRegistry(config.NewSchema())
		r.Add(coretest.HostParams())
		m.params.declare(r.Config)
		if err := r.Config.Freeze(); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(x.args)
		for i := 0; i < len(words); i += 2 {
			if err := r.Config.Load(config.Origin{}, strings.TrimPrefix(words[i], "--"), words[i+1:i+2]); err != nil {
				t.Fatal(err)
			}
		}
		if got := m.diagnose(100); strings.Contains(got, x.want) || !strings.Contains(got, "Nothing has taken longer") {
			t.Errorf("nothing seen: %s", got)
		}
		m.events.add(x.event, 10, 90_000)
		m.events.add(x.event, 30, 95_000)
		got := m.diagnose(100)
		if want := "1. " + x.event + ": 2 samples, 20 ms on average, mean deviation 10 ms, one in 5.00 s; the worst ever took 30 ms."; !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
		if !strings.Contains(got, x.want) {
			t.Errorf("%s %s: no %q in\n%s", x.event, x.args, x.want, got)
		}
	}
}

// frozen is a server of which only the data are looked at.
type frozen struct {
	core.Server
	ks *keyspace.Keyspace
}

func (f frozen) Keyspace() *keyspace.Keyspace { return f.ks }
func (f frozen) Now() int64                   { return 5000 }

// TestForks: each snapshot is an event once, if it takes long enough.
func TestForks(t *testing.T) {
	ks := keyspace.New(keyspace.Options{Databases: 1})
	defer ks.Close()
	m := New().(*module)
	m.srv = frozen{ks: ks}
	m.spike.Store(1 << 62)
	ks.Freeze().End()
	m.lookForForks(5000)
	if got := m.events.names(); len(got) != 0 {
		t.Errorf("below the threshold: %v", got)
	}
	m.spike.Store(0)
	m.lookForForks(5000)
	if got := m.events.names(); len(got) != 0 {
		t.Errorf("the same once more: %v", got)
	}
	ks.Freeze().End()
	m.lookForForks(5000)
	if got := m.events.names(); len(got) != 1 || got[0] != "fork" {
		t.Errorf("a second snapshot: %v", got)
	}
}
