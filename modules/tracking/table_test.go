package tracking

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
)

func openTable(t interface{ Cleanup(func()) }, poison bool) *table {
	tb := &table{}
	tb.open(arena.Options{Poison: poison})
	t.Cleanup(tb.close)
	return tb
}

// TestTableIsASetOfPairs: the table is as a map of sets, whatever is done to it.
func TestTableIsASetOfPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tb := openTable(t, true)
		model := map[string][]uint64{}
		take := func(key string, ids []uint64) {
			want := model[key]
			slices.Sort(want)
			if !slices.Equal(ids, want) {
				t.Fatalf("key %q was read by %v, want %v", key, ids, want)
			}
			delete(model, key)
		}
		key := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b", "c"}), rapid.StringN(0, 300, 300))
		id := rapid.OneOf(rapid.Uint64Range(1, 200), rapid.Uint64())
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				k := key.Draw(t, "key")
				for _, id := range rapid.SliceOfN(id, 1, 60).Draw(t, "ids") {
					tb.add([]byte(k), id)
					if !slices.Contains(model[k], id) {
						model[k] = append(model[k], id)
					}
				}
			},
			"take": func(t *rapid.T) {
				k := key.Draw(t, "key")
				take(k, tb.take(nil, []byte(k)))
			},
			"take any": func(t *rapid.T) {
				k, ids := tb.takeAny()
				if (k == nil) != (len(model) == 0) {
					t.Fatalf("key %q of %d", k, len(model))
				}
				take(string(k), ids)
			},
			"clear": func(*rapid.T) {
				tb.clear()
				clear(model)
			},
			"sweep": func(*rapid.T) { tb.sweep() },
			"": func(t *rapid.T) {
				items := 0
				for _, ids := range model {
					items += len(ids)
				}
				if int(tb.keys.Load()) != len(model) || int(tb.items.Load()) != items {
					t.Fatalf("%d keys, %d items; want %d, %d", tb.keys.Load(), tb.items.Load(), len(model), items)
				}
			},
		})
	})
}

// TestTableGivesMemoryBack: what is forgotten takes no memory after some sweeps.
func TestTableGivesMemoryBack(t *testing.T) {
	tb := openTable(t, false)
	tb.clear()
	empty := used(tb)
	const n = 100_000
	for i := range n {
		key := fmt.Appendf(nil, "user:%011d", i) // 16 bytes
		tb.add(key, uint64(i))
	}
	if per := float64(used(tb)-empty) / n; per > 50 {
		t.Errorf("%.1f bytes for each key of 16 bytes", per)
	} else {
		t.Logf("%.1f bytes for each key of 16 bytes", per)
	}
	tb.clear()
	for i := 0; used(tb) > empty+4096; i++ {
		if i > n {
			t.Fatalf("%d bytes are left, %d before", used(tb), empty)
		}
		tb.sweep()
	}
}

func used(tb *table) (sum int64) {
	for i := range tb.stripes {
		sum += tb.stripes[i].arena.Used()
	}
	return sum
}

func TestOverlap(t *testing.T) {
	for _, x := range []struct {
		have, added []string
		want        string
	}{
		{nil, []string{"FOOBAR", "FOO"}, "FOOBAR FOO false true"},
		{nil, []string{"a", "b", "ba"}, "b ba false true"},
		{[]string{"BAR", "FOO"}, []string{"x", "FO"}, "FO FOO true true"},
		{[]string{"BAR"}, []string{"BAR"}, "BAR BAR true true"},
		{[]string{""}, []string{"a"}, "a  true true"},
		{[]string{"a"}, []string{"b", "c"}, "  false false"},
	} {
		a, b, existing, ok := overlap(x.have, x.added)
		if got := fmt.Sprint(a, " ", b, " ", existing, " ", ok); got != x.want {
			t.Errorf("%q and %q: %s, want %s", x.have, x.added, got, x.want)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	tb := openTable(b, false)
	var key [16]byte
	put := func(i int) { binary.LittleEndian.PutUint64(key[:], uint64(i)) }
	b.Run("add_known", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			put(i % 1000)
			tb.add(key[:], 7)
		}
	})
	b.Run("add_take", func(b *testing.B) {
		var ids [4]uint64
		b.ReportAllocs()
		for i := range b.N {
			put(i)
			tb.add(key[:], 7)
			tb.take(ids[:0], key[:])
		}
	})
	b.Run("take_unknown", func(b *testing.B) {
		var ids [4]uint64
		b.ReportAllocs()
		for i := range b.N {
			put(i + 1e6)
			tb.take(ids[:0], key[:])
		}
	})
}
