package btree

import "github.com/ferrousdb/ferrous/core/arena"

// newNode makes an empty node of the current epoch.
func (t *Tree) newNode(level int32) (arena.Ref, *head) {
	ref := t.arena.Alloc(nodeSize)
	t.nodes++
	h := headAt(ref)
	*h = head{epoch: uint64(t.arena.Epoch()), level: level}
	return ref, h
}

// freeNode gives back a node that is out of the tree.
func (t *Tree) freeNode(ref arena.Ref) {
	t.nodes--
	if headAt(ref).epoch == uint64(t.arena.Epoch()) {
		t.arena.FreeNow(ref)
	} else {
		t.arena.Free(ref)
	}
}

// own makes the node at *ref one that no snapshot sees, by a copy if need be.
func (t *Tree) own(ref *arena.Ref) *head {
	h := headAt(*ref)
	if !t.arena.Live() || h.epoch == uint64(t.arena.Epoch()) {
		return h
	}
	old := *ref
	var c *head
	*ref, c = t.newNode(h.level)
	epoch := c.epoch
	if h.level == 0 {
		*c.asLeaf() = *h.asLeaf()
	} else {
		*c.asInner() = *h.asInner()
	}
	c.epoch = epoch
	t.freeNode(old)
	return c
}

// Insert adds an item that is not in the tree.
//
// On the way down every full node is relieved first, so that its parent always
// has room for the child more that a split makes.
func (t *Tree) Insert(it Item) {
	b := itemBound(it)
	t.count++
	if t.root == 0 {
		t.root, _ = t.newNode(0)
	}
	h := t.own(&t.root)
	if h.full() {
		h = t.grow()
	}
	for h.level > 0 {
		p := h.asInner()
		i := max(b.search(p.scores[:p.n], p.refs[:p.n])-1, 0)
		kid := t.own(&p.kids[i])
		if kid.full() {
			t.relieve(p, i, &b)
			i = max(b.search(p.scores[:p.n], p.refs[:p.n])-1, 0)
			kid = t.own(&p.kids[i])
		}
		p.counts[i]++
		if i == 0 && !b.below(p.scores[0], p.refs[0]) {
			p.scores[0], p.refs[0] = it.Score, it.Ref
		}
		h = kid
	}
	h.asLeaf().insert(b.search(h.keys()), it)
}

// grow puts a new root above the present one and returns it.
func (t *Tree) grow() *head {
	ref, h := t.newNode(headAt(t.root).level + 1)
	p := h.asInner()
	p.insert(0, t.root)
	p.describe(0)
	t.root = ref
	return h
}

// relieve makes room in the full child i of p, which has room itself, for an item
// at b. A neighbour in which an eighth is free takes as much as leaves room in both,
// for the item may belong to either; for less the copying is not worth while, and
// the child splits. What comes in order at an end of the tree leaves the child as
// full as it is, since nothing more will come there.
func (t *Tree) relieve(p *inner, i int, b *Bound) {
	kid := p.kid(i)
	limit := kid.capacity()
	enough := int32(limit - limit/8)
	last := int(p.n) - 1
	switch {
	case i > 0 && p.kid(i-1).n <= enough:
		l := t.own(&p.kids[i-1])
		toLeft(l, kid, (limit-int(l.n))/2)
		p.describe(i - 1)
		p.describe(i)
		return
	case i < last && p.kid(i+1).n <= enough:
		r := t.own(&p.kids[i+1])
		toRight(kid, r, (limit-int(r.n))/2)
		p.describe(i)
		p.describe(i + 1)
		return
	}
	scores, refs := kid.keys()
	move, least := limit/2, 1
	if kid.level > 0 {
		least = 2 // so that each child has a neighbour
	}
	switch at := b.search(scores, refs); {
	case at == limit && i == last:
		move = least
	case at == 0 && i == 0:
		move = limit - least
	}
	ref, r := t.newNode(kid.level)
	toRight(kid, r, move)
	p.insert(i+1, ref)
	p.describe(i)
	p.describe(i + 1)
}

// path is the way from the root to a leaf: the inner nodes, from the root on, and
// which child was taken.
type path struct {
	n    int
	step [maxHeight]struct {
		p *inner
		i int
	}
}

// descend owns the way to the item of a rank and returns it with the leaf and the
// place in there.
func (t *Tree) descend(way *path, rank int) (*leaf, int) {
	h := t.own(&t.root)
	for h.level > 0 {
		p := h.asInner()
		var i int
		i, rank = p.find(rank)
		way.step[way.n].p, way.step[way.n].i = p, i
		way.n++
		h = t.own(&p.kids[i])
	}
	return h.asLeaf(), rank
}

// descendTo is descend for an item of the tree.
func (t *Tree) descendTo(way *path, it Item) (*leaf, int) {
	b := itemBound(it)
	b.After = true // the item itself counts, so the last key below leads to it
	h := t.own(&t.root)
	for h.level > 0 {
		p := h.asInner()
		i := b.search(p.scores[:p.n], p.refs[:p.n]) - 1
		way.step[way.n].p, way.step[way.n].i = p, i
		way.n++
		h = t.own(&p.kids[i])
	}
	l := h.asLeaf()
	at := lowerBound(l.scores[:l.n], it.Score)
	for l.refs[at] != it.Ref { // among equal scores; no other member is looked at
		at++
	}
	return l, at
}

// Delete removes an item of the tree.
func (t *Tree) Delete(it Item) {
	var way path
	l, at := t.descendTo(&way, it)
	t.deleteFrom(&way, l, at, 1)
}

// MaxRun is the most that DeleteRun removes.
const MaxRun = leafCap

// DeleteRun removes up to k items from a rank on, those that are in one leaf, and
// appends them to run. There must be an item of that rank.
func (t *Tree) DeleteRun(rank, k int, run []Item) []Item {
	var way path
	l, at := t.descend(&way, rank)
	k = min(k, int(l.n)-at)
	for i := at; i < at+k; i++ {
		run = append(run, l.item(i))
	}
	t.deleteFrom(&way, l, at, k)
	return run
}

// deleteFrom removes k items of a leaf and mends the way to it.
func (t *Tree) deleteFrom(way *path, l *leaf, at, k int) {
	l.remove(at, k)
	t.count -= k
	for s := way.n - 1; s >= 0; s-- {
		p, i := way.step[s].p, way.step[s].i
		p.counts[i] -= k
		if p.kid(i).sparse() {
			t.join(p, i)
		} else {
			p.setFirst(i)
		}
	}
	t.lower()
}

// join gives the sparse child i of p to a neighbour, or lets that share with it.
// There is one: inner nodes other than the root have a third of their capacity,
// the root has two children, and a change takes away one at most.
func (t *Tree) join(p *inner, i int) {
	empty := p.kid(i).n == 0
	if i > 0 {
		i--
	}
	l, r := t.own(&p.kids[i]), t.own(&p.kids[i+1])
	limit := l.capacity()
	total := int(l.n + r.n)
	if empty || total <= limit-limit/8 {
		toLeft(l, r, int(r.n))
		t.freeNode(p.kids[i+1])
		p.remove(i + 1)
		p.describe(i)
		return
	}
	if d := int(l.n) - total/2; d > 0 {
		toRight(l, r, d)
	} else {
		toLeft(l, r, -d)
	}
	p.describe(i)
	p.describe(i + 1)
}

// lower takes away roots that have become needless.
func (t *Tree) lower() {
	for t.root != 0 {
		h := headAt(t.root)
		old := t.root
		switch {
		case h.level == 0 && h.n == 0:
			t.root = 0
		case h.level > 0 && h.n == 1:
			t.root = h.asInner().kids[0]
		default:
			return
		}
		t.freeNode(old)
	}
}

// Move gives an item of the tree another score, and perhaps another entry with
// the same key.
func (t *Tree) Move(from, to Item) {
	var way path
	l, at := t.descendTo(&way, from)
	if !way.stays(l, at, to) {
		t.deleteFrom(&way, l, at, 1)
		t.Insert(to)
		return
	}
	l.scores[at], l.refs[at] = to.Score, to.Ref
	for s := way.n - 1; s >= 0; s-- {
		way.step[s].p.setFirst(way.step[s].i)
	}
}

// stays reports whether another item in the place of number i of the leaf l, to
// which the way leads, leaves the order as it is. Where a neighbour is in another
// leaf it says no.
func (way *path) stays(l *leaf, i int, it Item) bool {
	b := itemBound(it)
	if i > 0 {
		if !b.below(l.scores[i-1], l.refs[i-1]) {
			return false
		}
	} else if !way.first() {
		return false
	}
	if i+1 < int(l.n) {
		return !b.below(l.scores[i+1], l.refs[i+1])
	}
	return way.last()
}

// first reports whether the way leads to the first leaf.
func (way *path) first() bool {
	for _, s := range way.step[:way.n] {
		if s.i > 0 {
			return false
		}
	}
	return true
}

// last reports whether the way leads to the last leaf.
func (way *path) last() bool {
	for _, s := range way.step[:way.n] {
		if s.i+1 < int(s.p.n) {
			return false
		}
	}
	return true
}

// Release frees nodes of a tree that nobody uses any more, about as many as hold
// budget items, and reports whether none is left. Once begun, only Release may be
// called.
func (t *Tree) Release(budget int) (done bool) {
	for ; t.root != 0 && budget > 0; budget -= leafCap {
		t.releaseLast()
	}
	return t.root == 0
}

// releaseLast frees the last leaf with the inner nodes that have no other child.
func (t *Tree) releaseLast() {
	var chain [maxHeight]arena.Ref // below the lowest node that keeps a child
	var keeps *inner
	n := 0
	for ref := t.root; ; n++ {
		chain[n] = ref
		h := headAt(ref)
		if h.level == 0 {
			break
		}
		p := h.asInner()
		if p.n > 1 {
			keeps, n = p, -1
		}
		ref = p.kids[p.n-1]
	}
	if keeps != nil {
		keeps.n--
	} else {
		t.root = 0
	}
	for _, ref := range chain[:n+1] {
		t.freeNode(ref)
	}
}
