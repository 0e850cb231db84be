package streams

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// deaf is a sink that makes nothing of what is left for later: who measures with it measures what others wait for.
type deaf struct{ room []byte }

func (d *deaf) Room(n, _ int) []byte             { return d.room[:min(n, len(d.room))] }
func (*deaf) Hold(_ []byte, release func()) bool { release(); return true }
func (*deaf) Patient() bool                      { return true }
func (*deaf) Truncate(int)                       {}

func (*deaf) Later(_ func(*resp.Writer) bool, end func()) { end() }
func (d *deaf) Replace(_, _, n int) []byte                { return d.room[:n] }

// BenchmarkWhole tells how long others wait for commands on all that is pending of half a million entries.
func BenchmarkWhole(b *testing.B) {
	const n = 500_000
	m := newRig(b)
	m.Listen(false)
	r := coretest.Over(b, m.Registry, keyspace.Options{Databases: 1, Arena: arena.Options{}})
	r.Keyspace.SetPacked(keyspace.Stream, keyspace.PackedLimits{Entries: 100, Bytes: 4096})
	r.Ctx.Sink = &deaf{make([]byte, 1<<20)}
	for i := range n {
		r.Do("XADD s %d-0 field0 v%015d field1 wwwwwwwwwwwwwwww", i+1, i)
	}
	var ids [][]byte
	for i := range 100_000 {
		ids = append(ids, strconv.AppendInt(nil, int64(i+1), 10))
	}
	fresh := "XGROUP CREATE s g 0; XREADGROUP GROUP g c COUNT 1000000 STREAMS s >"
	for _, c := range []struct {
		name, before, command string
		ids                   bool
	}{
		{"XREADGROUP", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c COUNT 1000000 STREAMS s >", false},
		{"history", fresh, "XREADGROUP GROUP g c STREAMS s 0", false},
		{"XAUTOCLAIM", fresh, "XAUTOCLAIM s g d 0 0 COUNT 500000", false},
		{"XCLAIM", fresh, "XCLAIM s g d 0", true},
		{"XACK", fresh, "XACK s g", true},
		{"XPENDING", fresh, "XPENDING s g IDLE 0 - + 1000000 c", false},
		{"DESTROY", fresh, "XGROUP DESTROY s g", false},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				r.Do("XGROUP DESTROY s g")
				for sh := range keyspace.Shards {
					for r.Keyspace.Sweep(sh, r.Ctx.Now, 1000, false) {
					}
				}
				for _, before := range strings.Split(c.before, "; ") {
					r.Ctx.Writer.Reset()
					r.Do("%s", before)
				}
				var args [][]byte
				for _, w := range strings.Fields(c.command) {
					args = append(args, []byte(w))
				}
				if c.ids {
					args = append(args, ids...)
				}
				r.Ctx.Writer.Reset()
				b.StartTimer()
				r.Run(args...)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ms")
		})
	}
}
