package dict

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/arena"
)

func TestEntryFields(t *testing.T) {
	p := arena.NewPool(arena.Options{Poison: true})
	defer p.Close()
	a := p.NewArena()
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(250, 260), rapid.IntRange(65530, 65540))
		key := bytes.Repeat([]byte{'k'}, length.Draw(t, "key"))
		value := bytes.Repeat([]byte{'v'}, length.Draw(t, "value"))
		layout := Layout(rapid.IntRange(0, 3).Draw(t, "layout"))
		size := Size(len(key), len(value), layout)
		ref := a.Alloc(size)
		defer a.Free(ref)
		Write(ref, 0xA5, key, value, layout)

		ms, clock := int64(NoExpire), uint32(0)
		check := func() {
			t.Helper()
			k, v := KeyValue(ref)
			switch {
			case !bytes.Equal(Key(ref), key), !bytes.Equal(k, key):
				t.Fatalf("the key has become %.20q", Key(ref))
			case !bytes.Equal(Value(ref), value), !bytes.Equal(v, value):
				t.Fatalf("the value has become %.20q", Value(ref))
			case Expire(ref) != ms || Clock(ref) != clock || Kind(ref) != 0xA5:
				t.Fatalf("expiry %d, clock %d, kind %d", Expire(ref), Clock(ref), Kind(ref))
			case LayoutOf(ref) != layout || HasExpire(ref) != (layout&WithExpire != 0):
				t.Fatalf("layout %d, expiry %v", LayoutOf(ref), HasExpire(ref))
			}
		}
		check()
		if layout&WithClock != 0 {
			clock = uint32(rapid.IntRange(0, 1<<24-1).Draw(t, "clock"))
			SetClock(ref, clock)
		} else {
			SetClock(ref, 123)
		}
		check()
		if layout&WithExpire != 0 {
			ms = rapid.Int64Range(0, 1<<62).Draw(t, "ms")
			SetExpire(ref, ms)
		}
		check()
		n := length.Draw(t, "n")
		fits := size-len(value)+n <= a.Cap(ref) && flagsFor(0, n, 0) <= flagsFor(0, len(value), 0)
		if SetValueLen(ref, n, a.Cap(ref)) != fits {
			t.Fatalf("SetValueLen(%d) of a value of %d is not %v", n, len(value), fits)
		}
		if fits {
			value = bytes.Repeat([]byte{'w'}, n)
			copy(Value(ref), value)
		}
		check()
	})
}

func TestSmallEntriesAreSmall(t *testing.T) {
	for _, c := range []struct{ klen, vlen, want int }{
		{3, 0, 6}, {16, 64, 84}, {16, 300, 321}, {300, 0, 306},
	} {
		if got := Size(c.klen, c.vlen, 0); got != c.want {
			t.Errorf("an entry of %d+%d bytes takes %d, want %d", c.klen, c.vlen, got, c.want)
		}
	}
}
