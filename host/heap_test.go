package host

import "testing"

// TestHeapIsCollectedWhenItRests: the collector is called for what clients have left
// behind, not while it comes by itself, and less often where it is called in vain.
func TestHeapIsCollectedWhenItRests(t *testing.T) {
	const mb = 1 << 20
	looks := func(h *heapWatch, f *heapFigures, n int) (called int) {
		for range n {
			if h.due(*f) {
				called++
				h.before = f.size
				f.cycles++ // and nothing was freed
			}
		}
		return called
	}
	h := &heapWatch{floor: make([]byte, heapFloor)}
	little := heapFigures{size: heapFloor + 4*mb, live: heapFloor + 2*mb, cycles: 1}
	if n := looks(h, &little, 100); n != 0 {
		t.Errorf("%d collections for two megabytes of garbage", n)
	}
	much := heapFigures{size: heapFloor + 12*mb, live: heapFloor + 2*mb, cycles: 2}
	if n := looks(h, &much, heapIdle); n != 0 {
		t.Error("one just after another")
	}
	if n := looks(h, &much, 1); n != 1 {
		t.Error("none for ten megabytes that have been there for seconds")
	}
	if n := looks(h, &much, heapBackOff); n == 0 || n > 5 {
		t.Errorf("%d in %d seconds though the first was in vain", n, heapBackOff)
	}
	*h = heapWatch{cycles: 3}
	large := heapFigures{size: 450 * mb, live: 400 * mb, cycles: 3}
	if n := looks(h, &large, 100); n != 0 {
		t.Errorf("%d collections of 400 MB for 50", n)
	}
	large.size = 520 * mb
	if n := looks(h, &large, heapIdle); n != 1 {
		t.Errorf("%d collections of 400 MB for 120", n)
	}
}
