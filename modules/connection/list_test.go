package connection_test

import (
	"regexp"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules/connection"
)

// TestListWhileOthersComeAndGo has CLIENT LIST visit more sessions than it looks at in one go, on two loops that go on
// meanwhile: who is there all the time is listed once, and in the order of age.
func TestListWhileOthersComeAndGo(t *testing.T) {
	const stay = 700
	s := coretest.Serve(t, []core.Module{connection.New()}, "--io-threads", "2")
	want := map[string]bool{}
	for range stay {
		want[s.Client().Must("CLIENT ID")] = true
	}
	stop := make(chan bool)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					c := s.Client()
					c.Must("CLIENT ID")
					c.Close()
				}
			}
		})
	}
	c := s.Client()
	line := regexp.MustCompile(`(?m)^id=(\d+) `)
	for range 30 {
		seen, last := map[string]int{}, ""
		for _, m := range line.FindAllStringSubmatch(c.Must("CLIENT LIST"), -1) {
			seen[m[1]]++
			if len(m[1]) < len(last) || len(m[1]) == len(last) && m[1] <= last {
				t.Fatalf("%s comes after %s", m[1], last)
			}
			last = m[1]
		}
		for id := range want {
			if seen[":"+id]+seen[id] != 1 {
				t.Fatalf("session %s is listed %d times", id, seen[id])
			}
		}
	}
	close(stop)
	wg.Wait()
}
