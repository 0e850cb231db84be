package keyspace

import (
	"bytes"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"pgregory.net/rapid"
)

// Splice edits like a gap in the bytes, in place or not, and what a snapshot
// sees does not move.
func TestSplice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ks := New(Options{Arena: arena.Options{Poison: true}})
		defer ks.Close()
		db, key := ks.DB(0), []byte("key")
		kind := MakeKind(List, 1)
		e := db.Create(ks.Hash(key), key, kind, 3, 20, 0, 1)
		copy(e.Data(), "abc")
		model := []byte("abc")
		var snap *Snapshot
		var frozen []byte
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				if snap == nil {
					snap, frozen = ks.Freeze(), bytes.Clone(model)
				}
			case 1:
				if snap != nil {
					checkFrozen(t, snap, frozen)
					snap.End()
					snap = nil
				}
			default:
				at := rapid.IntRange(0, len(model)).Draw(t, "at")
				del := rapid.IntRange(0, len(model)-at).Draw(t, "del")
				ins := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "ins")
				e := db.Find(key, 1, 0)
				data := e.Splice(kind, at, del, len(ins), rapid.SampledFrom([]int{0, 30}).Draw(t, "spare"))
				copy(data[at:], ins)
				model = append(append(bytes.Clone(model[:at]), ins...), model[at+del:]...)
				if !bytes.Equal(data, model) || !bytes.Equal(e.Data(), model) {
					t.Fatalf("%q, not %q", data, model)
				}
			}
		}
		if snap != nil {
			checkFrozen(t, snap, frozen)
			snap.End()
		}
	})
}

func checkFrozen(t *rapid.T, s *Snapshot, want []byte) {
	for sh := range Shards {
		s.Walk(0, sh, func(f Frozen) bool {
			if !bytes.Equal(f.Value.Data, want) {
				t.Fatalf("the snapshot moved from %q to %q", want, f.Value.Data)
			}
			return true
		})
	}
}
