package keyspace

import (
	"math"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// Expirer is an Object whose members may expire one by one, as the fields of a
// hash do. Sweep comes to it when the first of them is due.
type Expirer interface {
	Object
	// NextDue returns a lower bound, in Unix milliseconds, of the time when the
	// first member expires; NeverDue if none does.
	NextDue() int64
	// ExpireMembers removes members whose time is past at now, about budget of
	// them, calling fn before each goes. Afterwards NextDue is past if there are
	// more to remove.
	ExpireMembers(now int64, budget int, fn func(member []byte))
}

// NeverDue is the time when the members of a value expire of which none does.
const NeverDue = math.MaxInt64

// How the sweeper finds them: each database has, for each shard, a second table
// whose entries are the names of the keys with such members; an entry's expiry is
// the value's NextDue. It is exact in that a name is there if and only if the
// key's value has members that expire, and the time is never later than the
// value's. It is made by the first of them, so that who has none pays nothing.
// No snapshot looks at it.

// nextDue returns the time when the first member of a value expires.
func nextDue(o Object) int64 {
	if x, ok := o.(Expirer); ok {
		return x.NextDue()
	}
	return NeverDue
}

// NoteDue makes what is known of the key follow its value's NextDue. Whoever has
// changed the expiry of a member calls it before the lock is released.
func (e Entry) NoteDue() {
	e.db.noteDue(e.db.ks.Hash(e.Key()), e.Key(), nextDue(e.Object()))
}

// noteDue remembers when members of a key of hash h expire, NeverDue to forget it.
func (db *DB) noteDue(h uint64, key []byte, at int64) {
	sh := ShardOf(h)
	t := db.members[sh]
	if t == nil {
		if at == NeverDue {
			return
		}
		t = dict.New(db.ks.shards[sh].arena, db.ks.seed, shardBits)
		if db.ks.slots {
			t.BySlots()
		}
		db.members[sh] = t
	}
	pos, ok := t.Find(h, key)
	switch {
	case ok && at == NeverDue:
		t.DeleteFree(pos)
		db.ks.expiring.Add(-1)
	case ok:
		t.SetExpire(pos, at)
	case at != NeverDue:
		ref := t.Arena().Alloc(dict.Size(len(key), 0, dict.WithExpire))
		dict.Write(ref, 0, key, nil, dict.WithExpire)
		dict.SetExpire(ref, at)
		t.Insert(h, ref)
		db.ks.expiring.Add(1)
		db.ks.haveExpiring.Add(1)
	}
}

// MembersExpiring returns how many keys have values with members that expire by themselves, and
// how many ever had. It needs no lock: without one the first may be a moment old.
func (ks *Keyspace) MembersExpiring() (now, ever int64) {
	return ks.expiring.Load(), ks.haveExpiring.Load()
}

// TellExpired tells Events that a member's time has come, for whoever is about to
// remove it while changing the value.
func (e Entry) TellExpired(member []byte) {
	e.shard().stats.ExpiredMembers++
	if ev := e.db.ks.events; ev != nil {
		v := e.Value()
		ev.MemberExpired(e.db.index, e.Key(), v, member)
		ev.MembersExpired(e.db.index, e.Key(), v, false)
	}
}

// sweepMembers removes members that are due, about budget of them.
func (db *DB) sweepMembers(sh int, now int64, budget int) (more bool) {
	t := db.members[sh]
	if t == nil || t.Expires() == 0 {
		return false
	}
	left := budget
	next := t.Due(now-1, db.membersDue[sh], max(budget/64, 1), func(ref arena.Ref) (deleted bool) {
		if left <= 0 {
			more = true
			return false
		}
		key := dict.Key(ref)
		h := db.ks.Hash(key)
		pos, ok := db.tables[sh].Find(h, key)
		at := int64(NeverDue)
		if ok {
			at = Entry{db, pos, db.tables[sh].At(pos)}.expireMembers(now, &left)
		}
		if at == NeverDue {
			db.noteDue(h, key, NeverDue)
			return true
		}
		more = more || at < now
		dict.SetExpire(ref, at) // Due takes note of it
		return false
	})
	db.membersDue[sh] = next
	return more || next != 0
}

// expireMembers removes members whose time is past, not many more than left says,
// and the key with the last of them. It returns the value's NextDue.
func (e Entry) expireMembers(now int64, left *int) int64 {
	x, ok := e.OpenObject().(Expirer)
	if !ok {
		return NeverDue
	}
	ks, v, n := e.db.ks, e.Value(), 0
	x.ExpireMembers(now, *left, func(member []byte) {
		if n++; ks.events != nil {
			ks.events.MemberExpired(e.db.index, e.Key(), v, member)
		}
	})
	*left -= n + 1
	e.shard().stats.ExpiredMembers += int64(n)
	empty := x.Len() == 0
	if n > 0 && ks.events != nil {
		ks.events.MembersExpired(e.db.index, e.Key(), v, empty)
	}
	if empty {
		e.Delete()
		return NeverDue
	}
	return x.NextDue()
}
