package transactions

import (
	"fmt"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/strings"
)

// send executes requests given as words.
func send(p *host.Pipe, dst []byte, requests ...[]string) []byte {
	return p.Exchange(dst, encode(requests...))
}

func encode(requests ...[]string) (b []byte) {
	for _, r := range requests {
		b = fmt.Appendf(b, "*%d\r\n", len(r))
		for _, w := range r {
			b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
		}
	}
	return b
}

func startOne(t *testing.T) (*module, *host.Server) {
	t.Helper()
	m := &module{}
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), strings.New(), m}, Args: []string{"--port", "0"}, Pipes: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return m, srv
}

// TestNothingIsPaidWhenNobodyWatches: however a session ends its watching, the
// table is empty afterwards and the hook is off.
func TestNothingIsPaidWhenNobodyWatches(t *testing.T) {
	m, srv := startOne(t)
	p := srv.Pipe(0)
	if m.watched.sw.On() {
		t.Error("the hook is on from the start")
	}
	for _, end := range [][][]string{
		{{"UNWATCH"}}, {{"MULTI"}, {"DISCARD"}}, {{"MULTI"}, {"EXEC"}}, {{"RESET"}},
		{{"SET", "a", "1"}, {"MULTI"}, {"EXEC"}}, {{"MULTI"}, {"NOSUCH"}, {"EXEC"}}, {{"EXEC", "wrong"}},
		{{"QUIT"}}, // the last one
	} {
		send(p, nil, []string{"WATCH", "a", "b", "c", "a"})
		send(srv.Pipe(1), nil, []string{"WATCH", "b"}, []string{"UNWATCH"})
		if n := m.watched.watchers; n != 1 || !m.watched.sw.On() {
			t.Fatalf("%d sessions watch, the hook is on: %v", n, m.watched.sw.On())
		}
		send(p, nil, end...)
		left := 0
		m.watched.each(func(*watch) { left++ })
		if left > 0 || m.watched.watchers != 0 || m.watched.sw.On() {
			t.Errorf("after %v: %d watched keys, %d sessions, the hook is on: %v", end, left, m.watched.watchers, m.watched.sw.On())
		}
	}
}

// TestManyWatchersOfOneKey end in any order.
func TestManyWatchersOfOneKey(t *testing.T) {
	m := &module{}
	const clients = 20
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), strings.New(), m}, Args: []string{"--port", "0"}, Pipes: clients,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop()
	for i := range clients {
		send(srv.Pipe(i), nil, []string{"WATCH", "k", fmt.Sprint(i)})
	}
	for n := range clients {
		send(srv.Pipe(n*7%clients), nil, []string{"UNWATCH"})
		left := 0
		m.watched.each(func(w *watch) { left++ })
		if left != 2*(clients-n-1) {
			t.Errorf("%d watched keys after %d clients have left", left, n+1)
		}
	}
}

// TestNoAllocations: a transaction of the usual size costs the collector nothing.
func TestNoAllocations(t *testing.T) {
	_, srv := startOne(t)
	p := srv.Pipe(0)
	set := func(i int) []string {
		return []string{"SET", fmt.Sprint("key:", i), "a value of some length, but no number"}
	}
	five := [][]string{{"MULTI"}, set(1), set(2), set(3), set(4), set(5), {"EXEC"}}
	for name, in := range map[string][]byte{
		"MULTI, 5 SET, EXEC": encode(five...),
		"with WATCH":         encode(append([][]string{{"WATCH", "key:1", "other"}}, five...)...),
		"that fails":         encode(append([][]string{{"WATCH", "key:1"}, set(1)}, five...)...),
		"INCR":               encode([]string{"MULTI"}, []string{"INCR", "n"}, []string{"EXEC"}),
		"DISCARD":            encode([]string{"MULTI"}, set(1), []string{"DISCARD"}),
	} {
		out := p.Exchange(make([]byte, 0, 4096), in)
		if n := testing.AllocsPerRun(200, func() { out = p.Exchange(out[:0], in) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// BenchmarkTransaction is MULTI, 5 SET, EXEC, sixteen times in a pipeline.
func BenchmarkTransaction(b *testing.B) {
	srv, err := host.Start(host.Options{
		Modules: []core.Module{connection.New(), strings.New(), New()}, Args: []string{"--port", "0"}, Pipes: 1,
	})
	if err != nil {
		b.Fatal(err)
	}
	defer srv.Stop()
	var in []byte
	for i := range 16 {
		in = append(in, encode([]string{"MULTI"})...)
		for k := range 5 {
			in = append(in, encode([]string{"SET", fmt.Sprintf("key:%012d", 7919*(5*i+k)), "a value of sixty-four bytes, which are these and no others but the"})...)
		}
		in = append(in, encode([]string{"EXEC"})...)
	}
	out := make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		out = srv.Pipe(0).Exchange(out[:0], in)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(16*b.N), "ns/tx")
}
