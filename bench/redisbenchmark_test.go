package main

import (
	"slices"
	"strings"
	"testing"
)

const csvHeader = `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms",` +
	`"max_latency_ms"` + "\n"

func TestParseCSV(t *testing.T) {
	for _, title := range []string{"GET", "MSET (10 keys)", `set key:__rand_int__ a"b,c`, `eval return{"a","b"} 0`} {
		got, err := parseCSV(csvHeader + `"` + title + `","434782.59","1.675","0.520","1.679","1.975","2.351","2.439"` + "\n")
		if want := (outcome{rps: 434782.59, p50: 1679, p95: 1975, p99: 2351, max: 2439}); err != nil || got != want {
			t.Errorf("%s: %+v, %v", title, got, err)
		}
	}
}

func TestParseCSVRefuses(t *testing.T) {
	line := `"GET","434782.59","1.675","0.520","1.679","1.975","2.351","2.439"` + "\n"
	for _, bad := range []string{"", csvHeader, csvHeader + line + line, csvHeader + `"GET","1.0"`,
		csvHeader + strings.Replace(line, "434782.59", "nothing", 1), csvHeader + strings.Replace(line, "434782.59", "0", 1)} {
		if got, err := parseCSV(bad); err == nil {
			t.Errorf("%q gave %+v", bad, got)
		}
	}
}

func TestComplaint(t *testing.T) {
	if err := complaint("WARNING: Could not fetch server CONFIG\n\n"); err != nil {
		t.Error(err)
	}
	if err := complaint("WARNING: Could not fetch server CONFIG\nError from server: ERR x\n"); err == nil {
		t.Error("an error of the server was overlooked")
	}
}

func TestArguments(t *testing.T) {
	l := load{test: test{name: "get"}, clients: 50, pipeline: 16, size: 3, keys: 100, requests: 800}
	want := strings.Fields("-h 127.0.0.1 -p 7 --csv -c 50 -P 16 -d 3 -r 100 -n 800 -t get")
	if got := l.arguments(7); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	l.test.command, l.threads = "SET key:__rand_int__ __data__", 2
	want = append(want[:len(want)-2], "--threads", "2", "SET", "key:__rand_int__", "xxx")
	if got := l.arguments(7); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
