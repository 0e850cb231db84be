package arena

import (
	"iter"
	"slices"
	"unsafe"
)

// List is a sequence of byte strings in an arena, each with a K beside it on the Go heap: what
// a value of a type of one's own may be made of. All that a keyspace.Object is asked for but Thaw it
// can do itself, and Thaw is a Clone. It may be of any length: no step moves more than a page of it.
//
// What was put in never changes. Pages are shared with a Clone until one of them is written to.
// A List has the lock of the shard that its arena is of; one that has been cloned may be read with none.
type List[K any] struct {
	arena *Arena
	pages []*listPage[K] // none is empty
	self  *byte          // what pages are marked with that nobody else reads
	n     int
	bytes int64 // in blobs
	heap  int64 // in pages
}

// listPageLen is how many items a page has at most.
const listPageLen = 256

type listPage[K any] struct {
	owner *byte
	items []listItem[K]
}

type listItem[K any] struct {
	key  K
	blob Ref
}

// NewList makes an empty list whose strings will be in a.
func NewList[K any](a *Arena) List[K] { return List[K]{arena: a, self: new(byte)} }

// Len returns the number of items.
func (l *List[K]) Len() int { return l.n }

// At returns item i. The bytes are in the arena, valid until the item is removed.
func (l *List[K]) At(i int) (K, []byte) {
	p, at := l.find(i)
	item := &l.pages[p].items[at]
	return item.key, Stored(item.blob)
}

// All visits the items in order. The list is not changed meanwhile.
func (l *List[K]) All() iter.Seq2[K, []byte] {
	return func(yield func(K, []byte) bool) {
		for _, p := range l.pages {
			for i := range p.items {
				if !yield(p.items[i].key, Stored(p.items[i].blob)) {
					return
				}
			}
		}
	}
}

// Search returns the index of the first item whose key is right, Len if there is none. From that
// on all have to be.
func (l *List[K]) Search(right func(K) bool) int {
	before := func(it listItem[K], _ struct{}) int {
		if right(it.key) {
			return 1
		}
		return -1
	}
	p, _ := slices.BinarySearchFunc(l.pages, struct{}{}, func(p *listPage[K], none struct{}) int {
		return before(p.items[len(p.items)-1], none)
	})
	if p == len(l.pages) {
		return l.n
	}
	at, _ := slices.BinarySearchFunc(l.pages[p].items, struct{}{}, before)
	for _, q := range l.pages[:p] {
		at += len(q.items)
	}
	return at
}

// Insert puts an item before item i, or at the end (Len). b is copied.
func (l *List[K]) Insert(i int, key K, b []byte) {
	p, at := l.room(i)
	blob := l.arena.Store(b)
	l.bytes += int64(l.arena.Cap(blob))
	p.items = slices.Insert(p.items, at, listItem[K]{key, blob})
	l.n++
}

// Remove removes item i.
func (l *List[K]) Remove(i int) {
	at, in := l.find(i)
	p := l.writable(at)
	l.free(p.items[in].blob)
	p.items = slices.Delete(p.items, in, in+1)
	l.n--
	switch {
	case len(p.items) == 0:
		l.drop(at)
	case at+1 < len(l.pages) && len(p.items)+len(l.pages[at+1].items) <= listPageLen/2:
		l.grow(p, len(p.items)+len(l.pages[at+1].items))
		p.items = append(p.items, l.pages[at+1].items...)
		l.drop(at + 1)
	}
}

// find returns the page of item i and its place in there.
func (l *List[K]) find(i int) (page, at int) {
	if i > l.n/2 {
		page, end := len(l.pages)-1, l.n
		for end-len(l.pages[page].items) > i {
			end -= len(l.pages[page].items)
			page--
		}
		return page, i - (end - len(l.pages[page].items))
	}
	for i >= len(l.pages[page].items) {
		i -= len(l.pages[page].items)
		page++
	}
	return page, i
}

// room returns a page that may be written to and has room for one more item, and the place of
// item i in there.
func (l *List[K]) room(i int) (p *listPage[K], at int) {
	var page int
	switch last := len(l.pages) - 1; {
	case i < l.n:
		page, at = l.find(i)
	case last >= 0 && len(l.pages[last].items) < listPageLen:
		page, at = last, len(l.pages[last].items)
	default:
		page = last + 1
		l.pages = append(l.pages, &listPage[K]{owner: l.self})
	}
	p = l.writable(page)
	if len(p.items) == listPageLen { // in two
		const half = listPageLen / 2
		back := &listPage[K]{owner: l.self}
		l.grow(back, listPageLen)
		back.items = append(back.items, p.items[half:]...)
		clear(p.items[half:])
		p.items = p.items[:half]
		l.pages = slices.Insert(l.pages, page+1, back)
		if at > half {
			p, at = back, at-half
		}
	}
	l.grow(p, len(p.items)+1)
	return p, at
}

// writable returns a page that no clone reads.
func (l *List[K]) writable(page int) *listPage[K] {
	p := l.pages[page]
	if p.owner != l.self {
		l.heap -= p.size()
		p = &listPage[K]{l.self, slices.Clone(p.items)}
		l.heap += p.size()
		l.pages[page] = p
	}
	return p
}

// grow makes room for n items in a page.
func (l *List[K]) grow(p *listPage[K], n int) {
	if n > cap(p.items) {
		l.heap -= p.size()
		p.items = append(make([]listItem[K], 0, min(max(n, 2*cap(p.items), 4), listPageLen)), p.items...)
		l.heap += p.size()
	}
}

// drop takes a page out.
func (l *List[K]) drop(page int) {
	l.heap -= l.pages[page].size()
	l.pages = slices.Delete(l.pages, page, page+1)
}

func (p *listPage[K]) size() int64 {
	return int64(cap(p.items)) * int64(unsafe.Sizeof(listItem[K]{}))
}

func (l *List[K]) free(blob Ref) {
	l.bytes -= int64(l.arena.Cap(blob))
	l.arena.Free(blob)
}

// Clone returns the list that a writer goes on with; l itself is never changed again, and is read by
// snapshots, together with what the two share: see keyspace.Object, whose Thaw it is.
func (l *List[K]) Clone() List[K] {
	next := *l
	next.self, next.pages = new(byte), slices.Clone(l.pages)
	return next
}

// Release frees about budget items, and reports whether nothing is left.
func (l *List[K]) Release(budget int) (done bool) {
	for budget > 0 && len(l.pages) > 0 {
		last := len(l.pages) - 1
		p := l.pages[last]
		keep := max(len(p.items)-budget, 0)
		budget -= len(p.items) - keep
		for _, it := range p.items[keep:] {
			l.free(it.blob)
		}
		l.n -= len(p.items) - keep
		if keep == 0 {
			l.drop(last)
			continue
		}
		l.pages[last] = &listPage[K]{p.owner, p.items[:keep]} // a clone may read the page
	}
	return len(l.pages) == 0
}

// Rehome has what is put in from now on allocated from a. An arena takes back another's strings, too.
func (l *List[K]) Rehome(a *Arena) { l.arena = a }

// MemoryUsage returns the bytes that the list takes, in the arena and on the Go heap.
func (l *List[K]) MemoryUsage() int64 { return l.bytes + l.HeapUsage() }

// HeapUsage returns the bytes on the Go heap, about.
func (l *List[K]) HeapUsage() int64 {
	return l.heap + int64(unsafe.Sizeof(*l)) + int64(cap(l.pages))*int64(unsafe.Sizeof(listPage[K]{})+8)
}
