package main

import (
	"bufio"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// processMemory is what the system says about the memory of a process, in bytes.
type processMemory struct {
	RSS  int64 `json:"rss"`
	Peak int64 `json:"peak_rss"`
	Huge int64 `json:"huge_pages"` // the part of RSS that lies in transparent huge pages
}

// settledMemory waits until a server's memory has come to rest and reads it. Servers give buffers and free pages back
// on timers: Redis shrinks the buffers of clients that were silent for two seconds, and its allocator returns freed
// pages over ten; Go's scavenger takes its time too. So it watches for twelve seconds at least, until three pass with
// less than half a per cent of change, and for half a minute at most.
func settledMemory(ctx context.Context, s *server) (processMemory, error) {
	const least, quiet, most = 12, 3, 30
	var history []int64 // one reading of RSS per second
	for {
		m, err := readMemory(s.pid)
		if err != nil {
			return m, s.explain(err)
		}
		history = append(history, m.RSS)
		if n := len(history); n > most || n > least && steady(history[n-1-quiet:]) {
			return m, nil
		}
		select {
		case <-ctx.Done():
			return m, context.Cause(ctx)
		case <-time.After(time.Second):
		}
	}
}

// steady tells whether readings lie within half a per cent of the last.
func steady(readings []int64) bool {
	return slices.Max(readings)-slices.Min(readings) <= readings[len(readings)-1]/200
}

// kilobyteFields reads the lines `Name:  123 kB` of a file under /proc, as bytes.
func kilobyteFields(path string) (map[string]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fields := map[string]int64{}
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		words := strings.Fields(sc.Text())
		if len(words) == 3 && words[2] == "kB" {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				fields[strings.TrimSuffix(words[0], ":")] = n << 10
			}
		}
	}
	return fields, sc.Err()
}
