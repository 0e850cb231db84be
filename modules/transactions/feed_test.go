package transactions_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// feedLog collects the write feed, one word for each write and bound.
type feedLog struct {
	mu  sync.Mutex
	all []string
}

func (l *feedLog) module() core.Module {
	return coretest.Module(func(r *core.Registry) {
		r.OnFeed(func(f core.Fed) {
			l.mu.Lock()
			defer l.mu.Unlock()
			switch f.Unit {
			case core.UnitBegin:
				l.all = append(l.all, "(")
			case core.UnitEnd:
				l.all = append(l.all, ")")
			default:
				l.all = append(l.all, fmt.Sprintf("%d:%s", f.DB, bytes.Join(f.Args, []byte(" "))))
			}
		}).Set(true)
	})
}

func (l *feedLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := fmt.Sprint(l.all)
	l.all = nil
	return s
}

func TestFeed(t *testing.T) {
	log := &feedLog{}
	c := start(t, 1, log.module())[0]
	for _, test := range []struct {
		feed     string
		commands []string
	}{
		{"[]", []string{"MULTI", "EXEC"}},
		{"[]", []string{"MULTI", "GET a", "DEL a", "PING", "EXEC"}},
		{"[0:SET a 1]", []string{"MULTI", "SET a 1", "GET a", "DEL b", "EXEC"}},
		{"[( 0:SET a 1 0:INCR a )]", []string{"MULTI", "SET a 1", "GET a", "INCR a", "SET a x NX", "EXEC"}},
		{"[( 0:SET a 1 2:SET b 2 0:DEL a )]", []string{"MULTI", "SET a 1", "SELECT 2", "SET b 2", "SELECT 0", "DEL a", "EXEC"}},
		{"[( 0:SET a 3 KEEPTTL 0:DEL a )]", []string{"MULTI", "INCRBYFLOAT a 3", "GETDEL a", "EXEC"}},
		{"[]", []string{"MULTI", "SET a 1", "DISCARD"}},
		{"[]", []string{"MULTI", "SET a 1", "NOSUCH", "EXEC"}},
		{"[0:SET a 1]", []string{"WATCH a", "SET a 1", "MULTI", "SET a 2", "EXEC"}},
		{"[0:FLUSHALL]", []string{"MULTI", "FLUSHALL", "EXEC"}},
		{"[( 0:MSET a 1 b 2 0:SWAPDB 0 1 1:SET c 1 )]", []string{"MULTI", "MSET a 1 b 2", "SWAPDB 0 1", "SELECT 1", "SET c 1", "SELECT 0", "EXEC"}},
	} {
		c.Do(test.commands...)
		if got := log.take(); got != test.feed {
			t.Errorf("%q feeds %s, want %s", test.commands, got, test.feed)
		}
	}
}

// TestUnitsDoNotMix: what several event loops feed at the same time arrives one
// unit after the other, and the writes to a key in the order in which they were made.
func TestUnitsDoNotMix(t *testing.T) {
	log := &feedLog{}
	const clients, each = 4, 100
	all := start(t, clients, log.module())
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			for n := range each {
				c.Do(fmt.Sprintf("SET alone%d %d", i, n), "MULTI", fmt.Sprintf("SET a%d %d", i, n), "INCR shared", fmt.Sprintf("SET b%d %d", i, n), "EXEC")
			}
		})
	}
	wg.Wait()
	next := [clients]int{}
	units, rest := 0, log.all
	for ; len(rest) > 0; rest = rest[1:] {
		var i, n int
		if _, err := fmt.Sscanf(rest[0], "0:SET alone%d %d", &i, &n); err == nil {
			if n != next[i] {
				t.Fatalf("client %d: %d comes in the place of %d", i, n, next[i])
			}
			continue
		}
		if len(rest) < 5 || rest[0] != "(" || rest[2] != "0:INCR shared" || rest[4] != ")" {
			t.Fatalf("a unit with strangers: %q", rest[:min(8, len(rest))])
		}
		if _, err := fmt.Sscanf(rest[1], "0:SET a%d %d", &i, &n); err != nil || rest[3] != fmt.Sprintf("0:SET b%d %d", i, n) || n != next[i] {
			t.Fatalf("a unit of several: %q", rest[:5])
		}
		next[i]++
		units++
		rest = rest[4:]
	}
	if units != clients*each {
		t.Errorf("%d units, want %d", units, clients*each)
	}
}
