package keys

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/list"
)

// SORT reads lists, sets and sorted sets; with BY and GET it reads keys whose
// names are made of the elements and which nobody could declare.

func sortRows() []core.Command {
	const (
		complexity = "O(N+M*log(M)) where N is the number of elements and M that of those answered; O(N) if nothing is sorted."
		args       = `key [BY by-pattern:pattern@1<pattern>] [LIMIT limit{offset:integer count:integer}] [GET get-pattern:pattern@1<pattern>...+]
			[order(ASC|DESC)] [sorting=ALPHA]`
		derived  = "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort"
		anywhere = "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array"
	)
	read := core.KeyRO | core.KeyAccess
	acl := core.CatSet | core.CatSortedSet | core.CatList | core.CatDangerous
	keys := []core.KeySpec{core.KeyAt(1, read), core.UnknownKeys(read).With(derived)}
	return []core.Command{
		{Name: "sort", Run: sortTo, Plan: sortPlan, FindKeys: sortKeys, Arity: -2,
			Flags: core.Write | core.DenyOOM, ACL: acl,
			Keys: append(keys[:2:2], core.UnknownKeys(core.KeyOW|core.KeyUpdate).With(anywhere)),
			Doc: doc("1.0.0", complexity, "Answers, or stores, the elements of a list, a set or a sorted set in order.",
				args+" [STORE destination:key@2]")},
		{Name: "sort_ro", Run: sortOnly, Plan: sortPlan, FindKeys: sortKeysOnly, Arity: -2,
			Flags: core.ReadOnly, ACL: acl, Keys: keys,
			Doc: doc("7.0.0", complexity, "Answers the elements of a list, a set or a sorted set in order.", args)},
	}
}

// sortKeysOnly finds the key of a SORT_RO.
func sortKeysOnly([][]byte) ([]core.KeyRef, error) {
	return []core.KeyRef{{Index: 1, Flags: core.KeyRO | core.KeyAccess}}, nil
}

// sortKeys finds the keys of a SORT: of several STOREs the last one counts.
func sortKeys(args [][]byte) ([]core.KeyRef, error) {
	refs, _ := sortKeysOnly(args)
	for i := 2; i < len(args); i++ {
		switch {
		case equalFold(args[i], "limit"):
			i += 2
		case equalFold(args[i], "get"), equalFold(args[i], "by"):
			i++
		case equalFold(args[i], "store") && i+1 < len(args):
			refs = append(refs[:1], core.KeyRef{Index: i + 1, Flags: core.KeyOW | core.KeyUpdate})
		}
	}
	return refs, nil
}

// sortPlan locks the keys that are named, or everything if others are read.
func sortPlan(c *core.Ctx) keyspace.Locks {
	for i := 2; i+1 < len(c.Args); i++ {
		if (c.Is(i, "by") || c.Is(i, "get")) && bytes.IndexByte(c.Args[i+1], '*') >= 0 {
			return keyspace.AllShards
		}
	}
	refs, _ := sortKeys(c.Args)
	var set keyspace.Locks
	for _, r := range refs {
		set = set.Add(c.DB.Keyspace().Hash(c.Args[r.Index]))
	}
	return set
}

// sortOptions are what may follow the key.
type sortOptions struct {
	by     *pattern // nil: the elements themselves
	unsort bool     // BY a name without "*": they stay in their order
	get    []pattern
	offset int64
	count  int64 // negative: all
	desc   bool
	alpha  bool
	store  []byte // nil: to be answered
}

func parseSort(c *core.Ctx, mayStore bool) (o sortOptions, err error) {
	o.count = -1
	for i := 2; i < len(c.Args); i++ {
		left := len(c.Args) - i - 1
		switch {
		case c.Is(i, "asc"):
			o.desc = false
		case c.Is(i, "desc"):
			o.desc = true
		case c.Is(i, "alpha"):
			o.alpha = true
		case c.Is(i, "limit") && left >= 2:
			if o.offset, err = c.ArgInt(i + 1); err != nil {
				return o, err
			}
			if o.count, err = c.ArgInt(i + 2); err != nil {
				return o, err
			}
			i += 2
		case c.Is(i, "store") && mayStore && left >= 1:
			i++
			o.store = c.Args[i]
		case c.Is(i, "by") && left >= 1:
			i++
			p := parsePattern(c.Args[i])
			o.by = &p
			constant := bytes.IndexByte(c.Args[i], '*') < 0
			if !constant && !c.MayUseAllKeys(core.KeyAccess) {
				return o, core.Err("BY option of SORT denied due to insufficient ACL permissions.")
			}
			o.unsort = o.unsort || constant
		case c.Is(i, "get") && left >= 1:
			if !c.MayUseAllKeys(core.KeyAccess) {
				return o, core.Err("GET option of SORT denied due to insufficient ACL permissions.")
			}
			i++
			o.get = append(o.get, parsePattern(c.Args[i]))
		default:
			return o, core.ErrSyntax
		}
	}
	return o, nil
}

// window is which of n elements are wanted.
func (o *sortOptions) window(n int) (start, end int) {
	start = int(min(max(o.offset, 0), int64(n)))
	if o.count < 0 {
		return start, n
	}
	return start, start + int(min(o.count, int64(n-start)))
}

// sortTo is SORT key [BY pattern] [LIMIT offset count] [GET pattern ...]
// [ASC | DESC] [ALPHA] [STORE destination].
func sortTo(c *core.Ctx) error { return sortKey(c, true) }

// sortOnly is SORT_RO, the same without STORE.
func sortOnly(c *core.Ctx) error { return sortKey(c, false) }

var errNotDouble = core.Err("One or more scores can't be converted into double")

func sortKey(c *core.Ctx, mayStore bool) error {
	o, err := parseSort(c, mayStore)
	if err != nil {
		return err
	}
	e := c.Find(c.Args[1])
	if e.OK() && e.Type() != keyspace.List && e.Type() != keyspace.Set && e.Type() != keyspace.ZSet {
		return core.ErrWrongType
	}
	if o.unsort && (o.store != nil || c.Script) && e.OK() && e.Type() == keyspace.Set {
		// What is stored, or what a script sees, must be the same on every replica, and
		// a set has no order.
		o.unsort, o.alpha, o.by = false, true, nil
	}
	s := sorter{c: c, sortOptions: o}
	var v keyspace.Value
	if e.OK() {
		v = e.Value()
	}
	s.load(v)
	if !o.unsort {
		if !s.weigh() {
			return errNotDouble
		}
		s.order()
	}
	if o.store != nil {
		s.storeList()
		return nil
	}
	s.reply()
	return nil
}

func (s *sorter) reply() {
	c := s.c
	c.Array(s.len() * max(len(s.get), 1))
	if len(s.get) > 0 {
		s.each(func(value []byte, ok bool) {
			if ok {
				c.Bulk(value)
			} else {
				c.Null()
			}
		})
		return
	}
	for i := range s.len() {
		if e := s.at(i); e.text == nil {
			c.BulkInt(e.n)
		} else {
			c.Bulk(e.text)
		}
	}
}

// each calls fn for what is answered, or stored, of each element: itself or what
// GET says.
func (s *sorter) each(fn func(value []byte, ok bool)) {
	var scratch [20]byte
	for i := range s.len() {
		text := s.at(i).bytes(scratch[:])
		if len(s.get) == 0 {
			fn(text, true)
		}
		for j := range s.get {
			fn(s.lookup(&s.get[j], text))
		}
	}
}

// storeList makes a list of the result.
func (s *sorter) storeList() {
	c, key := s.c, s.store
	made := list.Build(c.Arena(key), c.DB.Keyspace().Packed(keyspace.List))
	s.each(func(value []byte, _ bool) { made.Add(value) })
	n := made.Len()
	if n > 0 {
		c.DB.PutValue(key, made.Value(), 0, c.Now)
		c.ChangedBy(int64(n), core.EventList, "sortstore", key)
	} else {
		made.Discard()
		if e := c.FindForWrite(key); e.OK() {
			e.Delete()
			c.Changed(core.EventGeneric, "del", key)
		}
	}
	c.Int(int64(n))
}
