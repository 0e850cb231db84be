package btree

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Capacities: both kinds of nodes just fill a blob of 1 KiB. Measured with a million
// members, blobs of 2 KiB are as fast and save half a byte for each, but cost twice as
// much to copy under a snapshot and in a set that is large by its members' length only.
// Capacities must be 16 at least: relieve wants to find two places in an eighth.
const (
	leafCap  = 63
	innerCap = 31

	nodeSize = 1024

	// maxHeight is above what a tree of minimally filled nodes needs for 2^48 items.
	maxHeight = 16
)

// head begins every node.
type head struct {
	epoch uint64 // the newest snapshot when the node was made
	n     int32  // items or children
	level int32  // 0: a leaf
}

type leaf struct {
	head
	scores [leafCap]float64
	refs   [leafCap]arena.Ref
}

// inner describes its children: the first item in each (always exact, so that no
// reference is to an entry that is gone), the number of items, and its place.
type inner struct {
	head
	scores [innerCap]float64
	refs   [innerCap]arena.Ref
	counts [innerCap]int
	kids   [innerCap]arena.Ref
}

func headAt(ref arena.Ref) *head { return (*head)(ref.Pointer()) }
func (h *head) asLeaf() *leaf    { return (*leaf)(unsafe.Pointer(h)) }
func (h *head) asInner() *inner  { return (*inner)(unsafe.Pointer(h)) }
func (p *inner) kid(i int) *head { return headAt(p.kids[i]) }
func (p *inner) item(i int) Item { return Item{p.scores[i], p.refs[i]} }
func (l *leaf) item(i int) Item  { return Item{l.scores[i], l.refs[i]} }
func (p *inner) setFirst(i int)  { it := p.kid(i).first(); p.scores[i], p.refs[i] = it.Score, it.Ref }
func (p *inner) describe(i int)  { p.setFirst(i); p.counts[i] = p.kid(i).size() }
func (h *head) full() bool       { return int(h.n) == h.capacity() }
func (h *head) sparse() bool     { return int(h.n) < h.capacity()/3 }

func (h *head) capacity() int {
	if h.level == 0 {
		return leafCap
	}
	return innerCap
}

// keys returns the items of a leaf, or the first items of an inner node's children.
func (h *head) keys() ([]float64, []arena.Ref) {
	if h.level == 0 {
		l := h.asLeaf()
		return l.scores[:h.n], l.refs[:h.n]
	}
	p := h.asInner()
	return p.scores[:h.n], p.refs[:h.n]
}

// first returns the first item at or below the node, which is not empty.
func (h *head) first() Item {
	if h.level == 0 {
		return h.asLeaf().item(0)
	}
	return h.asInner().item(0)
}

// size returns the number of items at or below the node.
func (h *head) size() int {
	if h.level == 0 {
		return int(h.n)
	}
	p, sum := h.asInner(), 0
	for _, c := range p.counts[:p.n] {
		sum += c
	}
	return sum
}

// find returns the child that holds the item of a rank, and its rank in there.
func (p *inner) find(rank int) (i, rest int) {
	for i, c := range p.counts[:p.n] {
		if rank < c {
			return i, rank
		}
		rank -= c
	}
	panic("btree: rank beyond the end")
}

// insert puts an item at i.
func (l *leaf) insert(i int, it Item) {
	n := int(l.n)
	copy(l.scores[i+1:n+1], l.scores[i:n])
	copy(l.refs[i+1:n+1], l.refs[i:n])
	l.scores[i], l.refs[i] = it.Score, it.Ref
	l.n++
}

// remove takes k items from i on away.
func (l *leaf) remove(i, k int) {
	n := int(l.n)
	copy(l.scores[i:], l.scores[i+k:n])
	copy(l.refs[i:], l.refs[i+k:n])
	l.n -= int32(k)
}

// insert makes ref the child i; describe is still to be called.
func (p *inner) insert(i int, ref arena.Ref) {
	n := int(p.n)
	copy(p.scores[i+1:n+1], p.scores[i:n])
	copy(p.refs[i+1:n+1], p.refs[i:n])
	copy(p.counts[i+1:n+1], p.counts[i:n])
	copy(p.kids[i+1:n+1], p.kids[i:n])
	p.kids[i] = ref
	p.n++
}

// remove takes child i away.
func (p *inner) remove(i int) {
	n := int(p.n)
	copy(p.scores[i:], p.scores[i+1:n])
	copy(p.refs[i:], p.refs[i+1:n])
	copy(p.counts[i:], p.counts[i+1:n])
	copy(p.kids[i:], p.kids[i+1:n])
	p.n--
}

// toLeft moves the first k of r to the end of l, its left neighbour.
func toLeft(l, r *head, k int) {
	ln, rn := int(l.n), int(r.n)
	if l.level == 0 {
		a, b := l.asLeaf(), r.asLeaf()
		left(a.scores[:], ln, b.scores[:rn], k)
		left(a.refs[:], ln, b.refs[:rn], k)
	} else {
		a, b := l.asInner(), r.asInner()
		left(a.scores[:], ln, b.scores[:rn], k)
		left(a.refs[:], ln, b.refs[:rn], k)
		left(a.counts[:], ln, b.counts[:rn], k)
		left(a.kids[:], ln, b.kids[:rn], k)
	}
	l.n += int32(k)
	r.n -= int32(k)
}

func left[T any](l []T, n int, r []T, k int) {
	copy(l[n:], r[:k])
	copy(r, r[k:])
}

// toRight moves the last k of l to the front of r, its right neighbour.
func toRight(l, r *head, k int) {
	ln, rn := int(l.n), int(r.n)
	if l.level == 0 {
		a, b := l.asLeaf(), r.asLeaf()
		right(a.scores[:ln], b.scores[:], rn, k)
		right(a.refs[:ln], b.refs[:], rn, k)
	} else {
		a, b := l.asInner(), r.asInner()
		right(a.scores[:ln], b.scores[:], rn, k)
		right(a.refs[:ln], b.refs[:], rn, k)
		right(a.counts[:ln], b.counts[:], rn, k)
		right(a.kids[:ln], b.kids[:], rn, k)
	}
	l.n -= int32(k)
	r.n += int32(k)
}

func right[T any](l, r []T, n, k int) {
	copy(r[k:], r[:n])
	copy(r, l[len(l)-k:])
}
