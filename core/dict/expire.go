package dict

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Expiry needs no second table. Each segment divides its entries by position into eight
// groups and remembers for each a lower bound of the earliest expiry; so the cycle that
// looks for what is due passes over most segments with one look at the header, and in
// the others reads an eighth of the entries. Bounds fall when an entry gets an expiry,
// and rise only when a group is visited; in between, entries may go without notice.
// Bounds are no part of what a snapshot sees, so they change even in frozen segments.

// noDue is the bound of a group in which nothing expires. Times beyond it, in the year
// 10889, are clamped below it.
const noDue = 1<<48 - 1

func (s *segment) due(g int) int64 { return int64(s.dueHi[g])<<32 | int64(s.dueLo[g]) }

func (s *segment) setDue(g int, ms int64) {
	s.dueLo[g], s.dueHi[g] = uint32(ms), uint16(ms>>32)
}

func (s *segment) lowerDue(g int, ms int64) { s.setDue(g, min(s.due(g), ms, noDue-1)) }

// group is the group of a position or a slot.
func group(pos uint64) int { return int(pos >> 61) }

// inheritDue takes the bounds of the half bit of a segment that splits.
func (s *segment) inheritDue(parent *segment, bit int) {
	for g := range dueGroups {
		s.setDue(g, parent.due(bit*dueGroups/2+g/2))
	}
}

// joinDue takes the bounds of two segments that merge.
func (s *segment) joinDue(a, b *segment) {
	for g := range dueGroups / 2 {
		s.setDue(g, min(a.due(2*g), a.due(2*g+1)))
		s.setDue(g+dueGroups/2, min(b.due(2*g), b.due(2*g+1)))
	}
}

// noteNew counts an entry that came into the table and has the field of expiry.
func (t *Table) noteNew(s *segment, pos uint64, ms int64) {
	if ms < 0 {
		return
	}
	t.expires++
	t.note(s, pos, ms)
}

// noteAt is noteNew for an entry of that hash.
func (t *Table) noteAt(h uint64, ms int64) {
	r := t.locate(h)
	t.noteNew(r.header(), h<<(r.prefix()&63), ms)
}

func (t *Table) note(s *segment, pos uint64, ms int64) {
	s.lowerDue(group(pos), ms)
	t.nextDue = min(t.nextDue, ms)
	t.passDue = min(t.passDue, ms)
}

// SetExpire changes the time of expiry, in Unix milliseconds, of the entry at p, which
// has the field and is private. NoExpire takes it away.
func (t *Table) SetExpire(p Pos, ms int64) {
	ref := t.At(p)
	if Expire(ref) >= 0 {
		t.expires--
	}
	SetExpire(ref, ms)
	t.noteAt(p.hash, ms)
}

// NextDue is a lower bound of the earliest expiry in the table, MaxInt64 if none.
func (t *Table) NextDue() int64 { return t.nextDue }

// CountDue is the number of entries whose time of expiry is now or earlier. Segments in
// which nothing is due cost a look at their header; while nothing is due at all it costs
// nothing.
func (t *Table) CountDue(now int64) (n int) {
	if t.expires == 0 || t.nextDue > now {
		return 0
	}
	for i, dir := uint64(0), t.directory(); i < 1<<t.depth; i += t.span(dir[i]) {
		if r := dir[i]; r != 0 && r.header().anyDue(now) {
			n += r.countDue(now)
		}
	}
	return n
}

func (r segref) countDue(now int64) (n int) {
	header := r.header()
	for _, slot := range r.slots() {
		if slot == 0 || header.due(group(slot)) > now {
			continue
		}
		if ms := Expire(arena.Ref(slot & addrMask)); ms >= 0 && ms <= now {
			n++
		}
	}
	return n
}

// dueBatch is how many due entries are collected before fn is called for them.
const dueBatch = 128

// Due calls fn for entries whose time of expiry is now or earlier, looking into at most
// limit segments from the place from on, and returns the place to go on from: 0 when the
// whole table has been looked through, with which the next pass begins.
//
// fn deletes the entry from the table in the ordinary way, frees it, and returns true;
// or leaves it and returns false. It may change the table, but may not delete other
// entries that are due.
func (t *Table) Due(now int64, from uint64, limit int, fn func(arena.Ref) (deleted bool)) (next uint64) {
	if from == 0 {
		if t.nextDue > now {
			return 0
		}
		t.passDue = math.MaxInt64
	}
	done := false
	for ; limit > 0 && t.root != 0 && !done; limit-- {
		h := from >> (t.skip & 63)
		r := t.locate(h)
		end := t.after(h, r)
		if r.header().anyDue(now) {
			if left := t.dueIn(r, now, fn); left {
				continue // more than a batch: once more
			}
		} else {
			t.passDue = min(t.passDue, r.header().firstDue())
		}
		from, done = end, end == 0
	}
	if done || t.root == 0 {
		t.nextDue = t.passDue
		return 0
	}
	return from | 1 // never 0, even if the first segment is not done
}

// dueIn visits what is due in one segment and reports whether it had to leave some.
func (t *Table) dueIn(r segref, now int64, fn func(arena.Ref) bool) (left bool) {
	var buf [dueBatch]arena.Ref
	batch, left := r.collectDue(now, buf[:0])
	if !left {
		t.passDue = min(t.passDue, r.header().firstDue())
	}
	for _, ref := range batch {
		if !fn(ref) {
			// Being due again it also makes the next pass begin at once.
			h := t.Hash(Key(ref))
			seg := t.locate(h)
			t.note(seg.header(), h<<(seg.prefix()&63), Expire(ref))
			left = false
		}
	}
	return left
}

// firstDue is the earliest of all bounds, MaxInt64 if nothing expires.
func (s *segment) firstDue() int64 {
	first := int64(noDue)
	for g := range dueGroups {
		first = min(first, s.due(g))
	}
	if first == noDue {
		return math.MaxInt64
	}
	return first
}

func (s *segment) anyDue(now int64) bool {
	for g := range dueGroups {
		if s.due(g) <= now {
			return true
		}
	}
	return false
}

// collectDue appends what is due to batch, as long as it has room, and makes the bounds
// of the groups it reads exact for what it leaves.
func (r segref) collectDue(now int64, batch []arena.Ref) (_ []arena.Ref, left bool) {
	header := r.header()
	var visit [dueGroups]bool
	for g := range visit {
		if visit[g] = header.due(g) <= now; visit[g] {
			header.setDue(g, noDue)
		}
	}
	for _, slot := range r.slots() {
		g := group(slot)
		if slot == 0 || !visit[g] {
			continue
		}
		ref := arena.Ref(slot & addrMask)
		ms := Expire(ref)
		switch {
		case ms < 0:
		case ms <= now && len(batch) < cap(batch):
			batch = append(batch, ref)
		default:
			left = left || ms <= now
			header.lowerDue(g, ms)
		}
	}
	return batch, left
}
