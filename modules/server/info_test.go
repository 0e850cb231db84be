package server_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/server"
)

// TestInfoStopsNobody has INFO wait for a command that goes on, and looks whether others do so, too. Workers are stopped in their order,
// so one between the two would.
func TestInfoStopsNobody(t *testing.T) {
	began, release, asked := make(chan bool), make(chan bool), make(chan bool)
	var waits atomic.Bool
	s := coretest.Start(t, coretest.Options{Pipes: 3, Modules: []core.Module{server.New(), coretest.Module(func(r *core.Registry) {
		r.Info(core.InfoSection{Name: "test", Fill: func(w *core.InfoWriter) { w.Int("test_keys", int64(w.Keys.Databases[0].Keys)) },
			Look: func() *core.Look {
				if waits.Load() {
					asked <- true
				}
				return nil
			}})
		r.Commands(core.Command{Name: "hold", Arity: 1, Run: func(c *core.Ctx) error {
			began <- true
			<-release
			return nothing(c)
		}}, core.Command{Name: "nothing", Arity: 1, Run: nothing})
	})}})
	first, second, third := s.Pipe(0), s.Pipe(1), s.Pipe(2)
	done := make(chan string, 2)
	go func() { done <- third.Do("HOLD") }()
	<-began
	waits.Store(true)
	go func() { done <- first.Do("INFO test") }()
	<-asked
	waits.Store(false)
	for range 50 {
		second.Want("NOTHING", "+OK")
		time.Sleep(100 * time.Microsecond) // it passes without; the mistake needs a moment to show
	}
	close(release)
	if a, b := <-done, <-done; !strings.Contains(a+b, "test_keys:0") {
		t.Errorf("%q, %q", a, b)
	}
}

// TestInfoSectionThatLooks has a section look at what commands change without an atomic, which the race detector would see.
func TestInfoSectionThatLooks(t *testing.T) {
	var calls [16]int // by loop
	s := coretest.Start(t, coretest.Options{Pipes: 2, Modules: []core.Module{server.New(), coretest.Module(func(r *core.Registry) {
		r.Info(core.InfoSection{Name: "test", Extra: true, Look: func() *core.Look {
			sum := new(int)
			return &core.Look{Found: sum, Loop: func(loop int, rest func()) {
				rest()
				*sum += calls[loop]
			}}
		}, Fill: func(w *core.InfoWriter) { w.Int("test_calls", int64(*w.Found.(*int))) }})
		r.Commands(core.Command{Name: "count", Arity: 1, Run: func(c *core.Ctx) error {
			calls[c.Loop]++
			return nothing(c)
		}})
	})}})
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 500 {
			s.Pipe(1).Want("COUNT", "+OK")
		}
	}()
	p := s.Pipe(0)
	for range 500 {
		p.Want("COUNT", "+OK")
		if got := p.Do("INFO test"); !strings.Contains(got, "test_calls:") {
			t.Fatalf("%q", got)
		}
	}
	<-done
	if got := p.Do("INFO everything"); !strings.Contains(got, "test_calls:1000") || !strings.Contains(got, "# Keyspace") {
		t.Errorf("%q", got)
	}
	if got := p.Do("INFO"); strings.Contains(got, "test_calls") {
		t.Errorf("%q", got)
	}
}
