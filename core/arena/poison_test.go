package arena

import (
	"fmt"
	"strings"
	"testing"
)

// mustPanic runs fn and checks that it panics with a text containing want.
func mustPanic(t *testing.T, want string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if text := fmt.Sprint(recover()); !strings.Contains(text, want) {
			t.Errorf("panic is %q, want %q", text, want)
		}
	}()
	fn()
}

// Each test leaves its pool unclosed: it is damaged, and Close would say so again.

func TestPoisonFindsUseAfterFree(t *testing.T) {
	for _, offset := range []int{0, 1, 50, 103} {
		a := NewPool(Options{Poison: true}).NewArena()
		keep, ref := a.Alloc(100), a.Alloc(100)
		a.Free(ref)
		Bytes(ref, 104)[offset] = 1
		mustPanic(t, fmt.Sprintf("at offset %d after it was freed", offset), func() { a.Alloc(100) })

		// And when the slab empties, or at the end.
		mustPanic(t, "after it was freed", func() { a.Free(keep); a.Trim() })
	}
	p := NewPool(Options{Poison: true})
	a := p.NewArena()
	a.Alloc(100)
	ref := a.Alloc(100)
	a.Free(ref)
	Bytes(ref, 1)[0]++
	mustPanic(t, "after it was freed", p.Close)
}

func TestPoisonFindsOverrun(t *testing.T) {
	for _, n := range []int{10, 100, 5000, 50000, 40 << 20} {
		a := NewPool(Options{Poison: true}).NewArena()
		ref := a.Alloc(n)
		limit := a.Cap(ref)
		Bytes(ref, limit)[limit-1] = 1 // the last byte is still the caller's
		a.Free(ref)
		ref = a.Alloc(n)
		Bytes(ref, limit+1)[limit] = 0
		mustPanic(t, "written beyond its end", func() { a.Free(ref) })
	}
}

func TestPoisonFindsDoubleFree(t *testing.T) {
	p := NewPool(Options{Poison: true})
	a := p.NewArena()
	a.Alloc(100)
	ref := a.Alloc(100)
	a.Free(ref)
	mustPanic(t, "freed twice", func() { a.Free(ref) })

	large := a.Alloc(100_000)
	a.Free(large)
	mustPanic(t, "freed twice", func() { a.Free(large) })

	ref = a.Alloc(100)
	e := p.Epochs().Begin()
	a.Free(ref)
	mustPanic(t, "freed twice", func() { a.Free(ref) })
	mustPanic(t, "freed twice", func() { a.FreeNow(ref) })
	p.Epochs().End(e)
	a.Reclaim(10)
	mustPanic(t, "freed twice", func() { a.Free(ref) })
}

func TestPoisonFindsForeignGarbage(t *testing.T) {
	p := NewPool(Options{Poison: true})
	a := p.NewArena()
	ref := a.Alloc(100)
	mustPanic(t, "not the start of a blob", func() { a.Free(ref + 8) })
	mustPanic(t, "not the start of a blob", func() { a.Free(ref + 10*Ref(classes[classOf(116)].size)) })
	mustPanic(t, "not memory of this pool", func() { a.Free(0) })
	mustPanic(t, "not memory of this pool", func() { a.Free(ref &^ regionMask) })
	other := NewPool(Options{Poison: true}).NewArena()
	mustPanic(t, "not memory of this pool", func() { other.Free(ref) })
}

func TestPoisonFillsFreedMemory(t *testing.T) {
	a := NewPool(Options{Poison: true}).NewArena()
	a.Alloc(100)
	ref := a.Alloc(100)
	copy(Bytes(ref, 100), "a secret")
	a.Free(ref)
	for i, c := range Bytes(ref, 100) {
		if c != poisonByte {
			t.Fatalf("byte %d of a freed blob is %#x", i, c)
		}
	}
}
