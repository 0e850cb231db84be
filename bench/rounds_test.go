package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestAlternate(t *testing.T) {
	servers := []*server{{serverSpec: serverSpec{Name: "a"}}, {serverSpec: serverSpec{Name: "b"}}}
	order := ""
	got, err := alternate(3, servers, func(s *server) (sample, error) {
		order += s.Name
		return sample{RPS: float64(len(order))}, nil
	})
	if err != nil || order != "abbaab" {
		t.Errorf("%s, %v", order, err)
	}
	if a, b := each(got["a"], rps), each(got["b"], rps); !slices.Equal(a, []float64{1, 4, 5}) || !slices.Equal(b, []float64{2, 3, 6}) {
		t.Errorf("rounds mixed up: %v %v", a, b)
	}
	broken := errors.New("broken")
	if _, err := alternate(1, servers, func(*server) (sample, error) { return sample{}, broken }); err != broken {
		t.Error(err)
	}
}

func sampleComparison() *comparison {
	return &comparison{Test: "get", Pipeline: 16, Size: 64, Rounds: map[string][]sample{
		"ferrous": {{RPS: 200, CPU: 1, P50: 5, P99: 30, Busy: 0.5}, {RPS: 300, CPU: 2, P50: 5, P99: 30, Busy: 0.5}},
		"redis":   {{RPS: 100, CPU: 2, P50: 10, P99: 40, Busy: 1}, {RPS: 100, CPU: 2, P50: 10, P99: 40, Busy: 1}},
	}}
}

func TestCompare(t *testing.T) {
	c := sampleComparison()
	c.compare("redis")
	want := ratioRow{Throughput: spread{2.5, 2, 3}, CPU: spread{0.75, 0.5, 1}, P50: spread{0.5, 0.5, 0.5}, P99: spread{0.75, 0.75, 0.75}}
	if len(c.Ratios) != 1 || c.Ratios["ferrous"] != want {
		t.Errorf("%+v", c.Ratios)
	}
	c.compare("")
	if len(c.Ratios) != 0 {
		t.Errorf("without a baseline: %+v", c.Ratios)
	}
}

func TestRatioTable(t *testing.T) {
	o := &options{servers: []serverSpec{{Name: "ferrous"}, {Name: "redis"}}, baseline: "redis"}
	c := sampleComparison()
	c.compare("redis")
	var out strings.Builder
	table := newRatioTable(&out, o)
	table.header()
	table.row(c)
	table.footer([]*comparison{c})
	lines := strings.Split(out.String(), "\n")
	want := "get 16 64 ferrous 250 100* 2.50 (2.00..3.00) 1.500 2.000 0.75 (0.50..1.00) 30 40"
	if got := strings.Join(strings.Fields(lines[1]), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if lines[2] != "ferrous/redis, geometric mean of 1: throughput 2.50, server CPU per command 0.75" ||
		!strings.HasPrefix(lines[3], "* redis-benchmark") {
		t.Errorf("footer %q", lines[2:])
	}
}

func TestSheet(t *testing.T) {
	sh := newSheet(&options{servers: []serverSpec{{Name: "a"}, {Name: "b"}, {Name: "c"}}, baseline: "b"})
	sh.row("bytes", "%.0f", func(name string) float64 { return map[string]float64{"a": 1, "b": 2, "c": 3}[name] })
	sh.row("none", "%.0f", func(string) float64 { return 0 })
	var out strings.Builder
	if err := sh.print(&out); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(strings.Fields(out.String()), " "), "a b c a/b c/b bytes 1 2 3 0.50 1.50 none 0 0 0 - -"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSheetOfRoundsAndGoals(t *testing.T) {
	sh := newSheet(&options{servers: []serverSpec{{Name: "a"}, {Name: "b"}, {Name: "c"}}, baseline: "b"})
	figures := map[string][]float64{"a": {1, 2, 3}, "b": {10, 10, 10}, "c": {9, 10, 12}}
	get := func(name string) []float64 { return figures[name] }
	sh.rounds("time", "%.1f", get, &goal{limit: 0.25})
	sh.rounds("rate", "%.1f", get, &goal{limit: 1, atLeast: true})
	sh.rounds("told", "%.1f", func(name string) []float64 { return figures[name][:len(name)-1] }, &goal{})
	var out strings.Builder
	if err := sh.print(&out); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"a b c a/b c/b",
		"time 2.0 10.0 10.0 0.20 (0.10..0.30) goal <= 0.25: met 1.00 (0.90..1.20) goal <= 0.25: missed",
		"rate 2.0 10.0 10.0 0.20 (0.10..0.30) goal >= 1.00: missed 1.00 (0.90..1.20) goal >= 1.00: met",
		"told - - - - -",
	} {
		if got := strings.Join(strings.Fields(strings.Split(out.String(), "\n")[i]), " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
