package arena

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestList compares a List with a slice, under snapshots that keep what a Clone has left behind.
func TestList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pool := NewPool(Options{Poison: true})
		a := pool.NewArena()
		l, model := NewList[int](a), []string{}
		type view struct {
			epoch Epoch
			list  List[int]
			saw   []string
		}
		var views []view
		text := func(l *List[int]) (all []string) {
			for k, b := range l.All() {
				all = append(all, fmt.Sprint(k, string(b)))
			}
			return all
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "action") {
			case 0, 1:
				at := rapid.IntRange(0, len(model)).Draw(t, "at")
				for i := range rapid.IntRange(1, 2*listPageLen).Draw(t, "many") {
					l.Insert(at+i, i, []byte("x"))
					model = slices.Insert(model, at+i, fmt.Sprint(i, "x"))
				}
			case 2, 3:
				at := rapid.IntRange(0, len(model)).Draw(t, "at")
				for range min(rapid.IntRange(1, 3*listPageLen).Draw(t, "few"), len(model)-at) {
					l.Remove(at)
					model = slices.Delete(model, at, at+1)
				}
			case 4:
				views = append(views, view{pool.Epochs().Begin(), l, slices.Clone(model)})
				l = l.Clone()
			case 5:
				for _, v := range views {
					if got := text(&v.list); !slices.Equal(got, v.saw) {
						t.Fatalf("a snapshot sees %d items and has seen %d", len(got), len(v.saw))
					}
				}
				for _, v := range views {
					pool.Epochs().End(v.epoch)
				}
				views = nil
			}
			if l.Len() != len(model) || !slices.Equal(text(&l), model) {
				t.Fatalf("%d items, and not %d, or others", l.Len(), len(model))
			}
			for i, want := range model {
				if k, b := l.At(i); fmt.Sprint(k, string(b)) != want {
					t.Fatalf("item %d is another", i)
				}
			}
			heap := int64(0)
			for _, p := range l.pages {
				heap += p.size()
			}
			if heap != l.heap {
				t.Fatalf("%d bytes in pages are counted as %d", heap, l.heap)
			}
		}
		for _, v := range views {
			if got := text(&v.list); !slices.Equal(got, v.saw) {
				t.Fatal("a snapshot has moved")
			}
			pool.Epochs().End(v.epoch)
		}
		for !l.Release(100) {
		}
		if l.Len() != 0 || l.bytes != 0 || l.heap != 0 {
			t.Fatalf("%d items, %d and %d bytes are left", l.Len(), l.bytes, l.heap)
		}
	})
}

// TestListSearch: the first that is right, whichever page it is in.
func TestListSearch(t *testing.T) {
	l := NewList[int](NewPool(Options{Poison: true}).NewArena())
	for i := range 5 * listPageLen {
		l.Insert(l.Len(), i/3, nil)
	}
	for want := range 5 * listPageLen / 3 {
		if got := l.Search(func(k int) bool { return k >= want }); got != 3*want {
			t.Fatalf("%d is at %d", want, got)
		}
	}
	if got := l.Search(func(int) bool { return false }); got != l.Len() {
		t.Errorf("nothing is at %d", got)
	}
}
