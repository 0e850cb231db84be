package streams

import (
	"slices"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/stream"
)

var (
	errTwoTrims  = core.Err("syntax error, MAXLEN and MINID options at the same time are not compatible")
	errMaxLen    = core.Err("The MAXLEN argument must be >= 0.")
	errLimit     = core.Err("The LIMIT argument must be >= 0.")
	errLimitOnly = core.Err("syntax error, LIMIT cannot be used without specifying a trimming strategy")
	errLimitWith = core.Err("syntax error, LIMIT cannot be used without the special ~ option")
	errNoTrim    = core.Err("syntax error, XTRIM must be called with a trimming strategy")
	errZeroID    = core.Err("The ID specified in XADD must be greater than 0-0")
	errSmallID   = core.Err("The ID specified in XADD is equal or smaller than the target stream top item")
	errNoIDs     = core.Err("The stream has exhausted the last possible ID, unable to add more items")
	errLarge     = core.Err("Elements are too large to be stored")
)

// options are the arguments of XADD and XTRIM behind the key.
type options struct {
	trim      bool
	what      stream.Trim
	threshold int // the argument that says how much is to be left
	limit     int // the argument LIMIT; 0 if it is not given
	refs      bool

	nomkstream bool
	id         int // the argument that is the ID; what follows are fields and values
	given      stream.ID
	auto       bool // *
	autoSeq    bool // ms-*
}

// parseOptions reads the arguments of XADD, or of XTRIM.
func parseOptions(c *core.Ctx, add bool) (o options, err error) {
	i := 2
	for ; i < len(c.Args) && o.id == 0 && err == nil; i++ {
		more := len(c.Args) - 1 - i
		switch arg := c.Args[i]; {
		case add && len(arg) == 1 && arg[0] == '*':
			o.id, o.auto = i, true
		case c.Is(i, "maxlen") && more > 0, c.Is(i, "minid") && more > 0:
			i, err = o.parseTrim(c, i)
		case c.Is(i, "limit") && more > 0:
			i++
			o.limit = i
			err = o.parseLimit(c, i)
		case add && c.Is(i, "nomkstream"):
			o.nomkstream = true
		case !o.refs && o.parseRefs(c, i):
			o.refs = true
		case add:
			o.id = i
			var ok bool
			if o.given, o.autoSeq, ok = stream.Parse(arg, 0); !ok || len(arg) > maxArgID {
				err = errID
			}
		default:
			err = core.ErrSyntax
		}
	}
	switch {
	case err != nil:
		return o, err
	case o.what.Limit > 0 && !o.trim:
		return o, errLimitOnly
	case !add && !o.trim:
		return o, errNoTrim
	case o.limit > 0 && !o.what.Approx:
		return o, errLimitWith
	}
	if add && o.id == 0 {
		o.id = len(c.Args) // an error of arity
	}
	if o.what.Approx && o.limit == 0 {
		o.what.Limit = defaultLimit(c)
	}
	return o, nil
}

// defaultLimit is how much is trimmed at once if nothing else is said: a hundred blocks.
func defaultLimit(c *core.Ctx) int {
	switch n := c.DB.Keyspace().Packed(keyspace.Stream).Entries; {
	case n <= 0:
		return 10000
	case n > 10000:
		return 1000000
	default:
		return 100 * n
	}
}

func (o *options) parseTrim(c *core.Ctx, i int) (int, error) {
	if o.trim {
		return i, errTwoTrims
	}
	o.trim, o.what.ByID, o.what.Approx = true, c.Is(i, "minid"), false
	if i++; i+1 < len(c.Args) && len(c.Args[i]) == 1 && (c.Args[i][0] == '~' || c.Args[i][0] == '=') {
		o.what.Approx = c.Args[i][0] == '~'
		i++
	}
	o.threshold = i
	var err error
	if o.what.ByID {
		o.what.Min, err = exactID(c.Args[i])
		return i, err
	}
	n, err := c.ArgInt(i)
	if err == nil && n < 0 {
		err = errMaxLen
	}
	o.what.Max = int(n)
	return i, err
}

func (o *options) parseLimit(c *core.Ctx, i int) error {
	n, err := c.ArgInt(i)
	if err == nil && n < 0 {
		err = errLimit
	}
	o.what.Limit = int(n)
	return err
}

func (o *options) parseRefs(c *core.Ctx, i int) (ok bool) {
	o.what.Refs, ok = argRefs(c, i)
	return ok
}

// argRefs reads what becomes of references to an entry that is deleted.
func argRefs(c *core.Ctx, i int) (r stream.Refs, ok bool) {
	switch {
	case c.Is(i, "keepref"):
		return stream.KeepRefs, true
	case c.Is(i, "delref"):
		return stream.DropRefs, true
	case c.Is(i, "acked"):
		return stream.OnlyAcked, true
	}
	return stream.KeepRefs, false
}

// xadd is XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [MAXLEN | MINID [= | ~] threshold [LIMIT count]]
// * | id field value [field value ...].
func xadd(c *core.Ctx) error {
	o, err := parseOptions(c, true)
	if err != nil {
		return err
	}
	pairs := c.Args[min(o.id+1, len(c.Args)):]
	switch {
	case len(pairs) < 2 || len(pairs)%2 == 1:
		return core.ErrArity("xadd")
	case !o.auto && !o.autoSeq && o.given == (stream.ID{}):
		return errZeroID
	}
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.Stream)
	if err != nil {
		return err
	}
	if !e.OK() && o.nomkstream {
		c.Null()
		return nil
	}
	ed := stream.Edit(c.DB, key, e, c.Now)
	id, err := o.next(ed.Last(), c.Now)
	if err != nil {
		return err
	}
	size := 0
	for _, p := range pairs {
		size += len(p)
	}
	if size > stream.MaxEntry {
		return errLarge
	}
	ed.Append(id, pairs, size)
	replyID(c.Writer, id)
	c.Changed(core.EventStream, "xadd", key)
	if o.trim && ed.Trim(o.what) > 0 {
		c.Event(core.EventStream, "xtrim", key)
	}
	if c.Hooks.Feeding() {
		o.propagate(c, ed.View(), id)
	}
	return nil
}

// next returns the ID of a new entry.
func (o *options) next(last stream.ID, now int64) (id stream.ID, err error) {
	if last == stream.MaxID {
		return id, errNoIDs
	}
	switch {
	case o.auto && uint64(now) > last.Ms:
		return stream.ID{Ms: uint64(now)}, nil
	case o.auto:
		id, _ = last.Next()
		return id, nil
	case o.autoSeq && o.given.Ms == last.Ms:
		id, _ = last.Next()
		if id.Ms != last.Ms {
			return id, errSmallID
		}
		return id, nil
	}
	if !last.Less(o.given) {
		return id, errSmallID
	}
	return o.given, nil
}

// propagate feeds the command with the ID that the entry has got, and trimming that went as far as it did.
func (o *options) propagate(c *core.Ctx, v stream.View, id stream.ID) {
	args := slices.Clone(c.Args)
	if o.id > 0 && (o.auto || o.autoSeq) {
		args[o.id] = id.Append(nil)
	}
	if o.trim && o.what.Approx {
		args[o.threshold-1] = []byte("=")
		if o.what.ByID {
			args[o.threshold] = v.First().Append(nil)
		} else {
			args[o.threshold] = strconv.AppendInt(nil, int64(v.Len()), 10)
		}
		if o.limit > 0 {
			args = slices.Delete(args, o.limit-1, o.limit+1)
		}
	}
	c.Propagate(args...)
}

// xtrim is XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED].
func xtrim(c *core.Ctx) error {
	o, err := parseOptions(c, false)
	if err != nil {
		return err
	}
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	if !ed.View().OK() {
		c.Int(0)
		return nil
	}
	n := ed.Trim(o.what)
	c.Int(int64(n))
	if n == 0 {
		return nil
	}
	c.ChangedBy(int64(n), core.EventStream, "xtrim", key)
	if o.what.Approx && c.Hooks.Feeding() {
		o.propagate(c, ed.View(), stream.ID{})
	}
	return nil
}
