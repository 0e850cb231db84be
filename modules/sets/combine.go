package sets

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/set"
)

// few is for how many sets there is room on the stack.
const few = 8

// views opens sets for reading; missing ones are empty. They stay valid while
// others are opened: a key that is found to have expired and is deleted leaves
// the values of other keys where they are.
func views(c *core.Ctx, keys [][]byte, room []set.View) ([]set.View, error) {
	all := room[:0]
	for _, key := range keys {
		v, err := view(c, key)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// bulks writes a set reply whose length is known only at its end.
type bulks struct {
	c     *core.Ctx
	start int
	n     int
}

func begin(c *core.Ctx) bulks { return bulks{c: c, start: c.Mark()} }

func (b *bulks) add(it *set.Iter) {
	b.c.Bulk(it.Member())
	b.n++
}

// end puts the header before the members.
func (b *bulks) end() {
	mark := byte('*')
	if b.c.RESP3() {
		mark = '~'
	}
	var room [24]byte
	head := append(strconv.AppendInt(append(room[:0], mark), int64(b.n), 10), '\r', '\n')
	b.c.Insert(b.start, head)
}

// store gives a key the set that was made for it, or deletes the key if that is
// empty, and answers its length.
func store(c *core.Ctx, key []byte, made *set.Editor, event string) {
	n := made.View().Len()
	if n > 0 {
		c.DB.PutValue(key, made.Value(), 0, c.Now)
		c.Changed(core.EventSet, event, key)
	} else {
		made.Discard()
		if e := c.FindForWrite(key); e.OK() {
			e.Delete()
			c.Changed(core.EventGeneric, "del", key)
		}
	}
	c.Int(int64(n))
}

// made begins a set that is going to be the value of a key.
func made(c *core.Ctx, key []byte, form set.Form) set.Editor {
	return set.New(c.Arena(key), c.DB.Keyspace().Packed(keyspace.Set), form, 0)
}

// madeOf is made for what has all members of sets: with more than a packed one may have it is large at once.
func madeOf(c *core.Ctx, key []byte, sets ...set.View) set.Editor {
	lim, n := c.DB.Keyspace().Packed(keyspace.Set), 0
	for _, v := range sets {
		n = max(n, v.Len())
	}
	if n > max(lim.Entries, lim.Ints) {
		return set.New(c.Arena(key), lim, set.Large, n)
	}
	return set.New(c.Arena(key), lim, set.Ints, 0)
}

// sinter is SINTER key [key ...].
func sinter(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[1:], room[:])
	if err != nil {
		return err
	}
	reply := begin(c)
	first, others := meet(sets)
	it := first.Meeting()
	for it.NextIn(others) {
		reply.add(&it.Iter)
	}
	reply.end()
	return nil
}

// meet prepares to go through the smallest set, the only one that is gone through,
// and to look its members up in the others. It puts the sets in order.
func meet(sets []set.View) (first set.View, others []set.View) {
	slices.SortFunc(sets, bySize)
	first, others = sets[0], sets[:0]
	for _, v := range sets[1:] {
		if !v.Same(first) {
			others = append(others, v)
		}
	}
	return first, others
}

func bySize(a, b set.View) int { return cmp.Compare(a.Len(), b.Len()) }

var (
	errNumkeys   = core.Err("numkeys should be greater than 0")
	errMoreKeys  = core.Err("Number of keys can't be greater than number of args")
	errLimitSign = core.Err("LIMIT can't be negative")
)

// sintercard is SINTERCARD numkeys key [key ...] [LIMIT limit].
func sintercard(c *core.Ctx) error {
	n, ok := decimal.Parse(c.Args[1])
	if !ok || n < 1 {
		return errNumkeys
	}
	if n > int64(len(c.Args)-2) {
		return errMoreKeys
	}
	limit := int64(0)
	for i := 2 + int(n); i < len(c.Args); i += 2 {
		if !c.Is(i, "limit") || i+1 == len(c.Args) {
			return core.ErrSyntax
		}
		if limit, ok = decimal.Parse(c.Args[i+1]); !ok || limit < 0 {
			return errLimitSign
		}
	}
	if limit == 0 {
		limit = math.MaxInt64
	}
	var room [few]set.View
	sets, err := views(c, c.Args[2:2+n], room[:])
	if err != nil {
		return err
	}
	found := int64(0)
	first, others := meet(sets)
	it := first.Meeting()
	for found < limit && it.NextIn(others) {
		found++
	}
	c.Int(found)
	return nil
}

// sinterstore is SINTERSTORE destination key [key ...].
func sinterstore(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[2:], room[:])
	if err != nil {
		return err
	}
	first, others := meet(sets)
	form := set.Pack
	if first.Form() == set.Ints {
		form = set.Ints
	}
	result := made(c, c.Args[1], form)
	it := first.Meeting()
	for it.NextIn(others) {
		result.AddNewMember(&it.Iter)
	}
	result.Settle()
	store(c, c.Args[1], &result, "sinterstore")
	return nil
}

// sunion is SUNION key [key ...].
func sunion(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[1:], room[:])
	if err != nil {
		return err
	}
	sets = slices.DeleteFunc(sets, func(v set.View) bool { return v.Len() == 0 })
	switch len(sets) {
	case 0:
		c.Set(0)
		return nil
	case 1:
		c.Set(sets[0].Len())
		writeAll(c.Writer, sets[0])
		return nil
	}
	// What is made only for the reply is an intset, which is cheap, or large at once.
	lim := c.DB.Keyspace().Packed(keyspace.Set)
	lim.Entries = 0
	union := set.New(c.Arena(c.Args[1]), lim, set.Ints, 0)
	defer union.Discard()
	for _, v := range sets {
		if v.Form() != set.Ints {
			largest := slices.MaxFunc(sets, bySize)
			union = set.New(c.Arena(c.Args[1]), lim, set.Large, largest.Len())
			break
		}
	}
	addAll(&union, sets)
	c.Set(union.View().Len())
	writeAll(c.Writer, union.View())
	return nil
}

func addAll(union *set.Editor, sets []set.View) {
	for i, v := range sets {
		fresh := i == 0 && union.View().Len() == 0
		it := v.Iter()
		for it.Next() {
			if fresh {
				union.AddNewMember(&it)
				continue
			}
			union.AddMember(&it)
		}
	}
}

// sunionstore is SUNIONSTORE destination key [key ...].
func sunionstore(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[2:], room[:])
	if err != nil {
		return err
	}
	union := madeOf(c, c.Args[1], sets...)
	addAll(&union, sets)
	store(c, c.Args[1], &union, "sunionstore")
	return nil
}

// sdiff is SDIFF key [key ...].
func sdiff(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[1:], room[:])
	if err != nil {
		return err
	}
	first, others, ok := subtrahends(sets)
	if !ok {
		c.Set(0)
		return nil
	}
	if bySubtracting(first, others) {
		diff := set.New(c.Arena(c.Args[1]), c.DB.Keyspace().Packed(keyspace.Set), set.Ints, 0)
		subtract(&diff, first, others)
		c.Set(diff.View().Len())
		writeAll(c.Writer, diff.View())
		diff.Discard()
		return nil
	}
	reply := begin(c)
	it := first.Meeting()
	for it.NextOutside(others) {
		reply.add(&it.Iter)
	}
	reply.end()
	return nil
}

// sdiffstore is SDIFFSTORE destination key [key ...].
func sdiffstore(c *core.Ctx) error {
	var room [few]set.View
	sets, err := views(c, c.Args[2:], room[:])
	if err != nil {
		return err
	}
	diff := made(c, c.Args[1], set.Ints)
	first, others, ok := subtrahends(sets)
	switch {
	case !ok:
	case bySubtracting(first, others):
		subtract(&diff, first, others)
	default:
		it := first.Meeting()
		for it.NextOutside(others) {
			diff.AddNewMember(&it.Iter)
		}
	}
	store(c, c.Args[1], &diff, "sdiffstore")
	return nil
}

// subtrahends separates the first set from those to be subtracted, largest first:
// there a member is found soonest. It is not ok if nothing can be left.
func subtrahends(sets []set.View) (first set.View, others []set.View, ok bool) {
	first, others = sets[0], sets[1:]
	for _, v := range others {
		if v.Same(first) {
			return first, nil, false
		}
	}
	slices.SortStableFunc(others, func(a, b set.View) int { return bySize(b, a) })
	return first, others, first.Len() > 0
}

// bySubtracting chooses between two ways as Redis does: to look every member of
// the first set up in the others, which mostly ends early, or to copy the first
// and take the members of all others away.
func bySubtracting(first set.View, others []set.View) bool {
	look, take := 0, first.Len()
	for _, v := range others {
		if v.Len() > 0 {
			look += first.Len()
			take += v.Len()
		}
	}
	return (look+first.Len())/2 > take
}

func subtract(diff *set.Editor, first set.View, others []set.View) {
	addAll(diff, []set.View{first})
	for _, v := range others {
		it := v.Iter()
		for it.Next() && diff.View().Len() > 0 {
			diff.Remove(it.Member())
		}
	}
}
