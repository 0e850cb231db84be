package keyspace

import (
	"testing"
	"unsafe"

	"github.com/ferrousdb/ferrous/internal/lines"
)

// TestLines holds the keyspace to it that a command writes to no line which the neighbours of its shard want: all that every access
// to a shard writes is on one line, and what everybody reads is apart from what anybody writes.
func TestLines(t *testing.T) {
	var ks Keyspace
	var s shard
	lines.Own(t, "a shard", unsafe.Sizeof(s))
	if end := unsafe.Offsetof(s.shows) + unsafe.Sizeof(s.shows); end > lines.Size || unsafe.Offsetof(s.objects) < lines.Size {
		t.Errorf("lock, arena and counters of a shard take %d bytes, and the rest begins after %d", end, unsafe.Offsetof(s.objects))
	}
	if at := unsafe.Offsetof(ks.shards); at%lines.Size != 0 || unsafe.Sizeof(ks) <= 32<<10 {
		t.Errorf("shards begin %d bytes into %d, which the runtime aligns to lines only above 32 KiB", at, unsafe.Sizeof(ks))
	}
	var all tables
	lines.Own(t, "a table", unsafe.Sizeof(all[0]))
	if used := unsafe.Sizeof(all[0].Table); used+8 > unsafe.Sizeof(all[0]) {
		t.Errorf("a table of %d bytes, behind the runtime's eight, reaches into the next", used)
	}

	var g gate
	lines.Apart(t, "the gate's flag behind the shards", 0, unsafe.Offsetof(g.alone))
	lines.Apart(t, "the gate's guests", unsafe.Offsetof(g.alone)+unsafe.Sizeof(g.alone), unsafe.Offsetof(g.guests))
	lines.Apart(t, "what is behind the gate", unsafe.Offsetof(g.lanes)+unsafe.Sizeof(g.lanes), unsafe.Sizeof(g))
	lines.Apart(t, "garbage", unsafe.Offsetof(ks.packed)+unsafe.Sizeof(ks.packed), unsafe.Offsetof(ks.garbage))
	lines.Apart(t, "the clock", unsafe.Offsetof(ks.haveExpiring)+unsafe.Sizeof(ks.haveExpiring), unsafe.Offsetof(ks.clock))

	var l Lane
	lines.Apart(t, "a lane's flag", 0, unsafe.Offsetof(l.inside))
	lines.Apart(t, "what is behind a lane's flag", unsafe.Offsetof(l.inside)+unsafe.Sizeof(l.inside), unsafe.Offsetof(l.ks))
}
