package tracking_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// pipes starts a server with n connections that need no network, which speak RESP3.
func pipes(tb testing.TB, n int) []*coretest.Pipe {
	all := start(tb, n).Pipes()
	for _, p := range all {
		p.Raw("HELLO 3")
	}
	return all
}

func request(lines ...string) (b []byte) {
	for _, line := range lines {
		b = coretest.Encode(b, coretest.Words(line)...)
	}
	return b
}

// TestAllocations: whoever does not track pays nothing, and nor does a read of
// what is known to have been read.
func TestAllocations(t *testing.T) {
	for _, x := range []struct {
		name, tracking, command string
		max                     float64
	}{
		{"GET, off", "", "GET k", 0},
		{"SET, off", "", "SET k value", 0},
		{"GET, another tracks", "PING", "GET k", 0},
		{"SET, another tracks", "PING", "SET k value", 0},
		{"GET, tracked", "CLIENT TRACKING ON", "GET k", 0},
		{"MGET, tracked", "CLIENT TRACKING ON", "MGET k l m", 0},
		{"GET, OPTIN without CACHING", "CLIENT TRACKING ON OPTIN", "GET k", 0},
		{"SET, tracked, not read", "CLIENT TRACKING ON", "SET k value", 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := pipes(t, 2)
			if x.tracking != "" {
				p[0].Exchange(nil, request("CLIENT TRACKING ON", "GET other"))
				p[1].Exchange(nil, request(x.tracking))
			}
			command, reply := request(x.command), make([]byte, 0, 1024)
			p[1].Exchange(reply, request("MSET k value l value m value"))
			if n := testing.AllocsPerRun(200, func() { p[1].Exchange(reply, command) }); n > x.max {
				t.Errorf("%v allocations, want %v", n, x.max)
			}
		})
	}
}

// BenchmarkTracking tells what a command costs, sixteen to a request, from the
// parser to the encoded reply: while nobody tracks, while somebody else does,
// when it is tracked itself, and when each one is an invalidation.
func BenchmarkTracking(b *testing.B) {
	for _, x := range []struct {
		name, first, self string
		commands          []string
	}{
		{"get/off", "", "", []string{"GET key:%d"}},
		{"get/another", "CLIENT TRACKING ON", "", []string{"GET key:%d"}},
		{"get/bcast", "CLIENT TRACKING ON BCAST PREFIX other:", "", []string{"GET key:%d"}},
		{"get/tracked", "", "CLIENT TRACKING ON", []string{"GET key:%d"}},
		{"set/off", "", "", []string{"SET key:%d value"}},
		{"set/another", "CLIENT TRACKING ON", "", []string{"SET key:%d value"}},
		{"set/bcast_other", "CLIENT TRACKING ON BCAST PREFIX other:", "", []string{"SET key:%d value"}},
		{"set/bcast_all", "", "CLIENT TRACKING ON BCAST", []string{"SET key:%d value"}},
		{"get_set/off", "", "", []string{"GET key:%d", "SET key:%d value"}},
		{"get_set/tracked", "", "CLIENT TRACKING ON", []string{"GET key:%d", "SET key:%d value"}},
	} {
		b.Run(x.name, func(b *testing.B) {
			p := pipes(b, 2)
			if x.first != "" {
				p[0].Exchange(nil, request(x.first, "GET another"))
			}
			if x.self != "" {
				p[1].Exchange(nil, request(x.self))
			}
			requests := make([][]byte, 1024)
			for i := range requests {
				var lines []string
				for j := 0; j < 16; j += len(x.commands) {
					for _, command := range x.commands {
						lines = append(lines, strings.ReplaceAll(command, "%d", fmt.Sprint((i*16+j)*7919%20_000)))
					}
				}
				requests[i] = request(lines...)
			}
			reply := make([]byte, 0, 4096)
			for _, r := range requests {
				reply = p[1].Exchange(reply[:0], r)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += 16 {
				reply = p[1].Exchange(reply[:0], requests[i/16%len(requests)])
			}
		})
	}
}
