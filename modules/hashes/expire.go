package hashes

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/hash"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What the commands about the expiry of fields answer for each field.
const (
	noField  = -2
	noExpiry = -1
	refused  = 0 // by NX, XX, GT or LT
	done     = 1
	deleted  = 2 // the time is past
)

var (
	errFieldsWord  = core.Err("Mandatory argument FIELDS is missing or not at the right position")
	errFieldsCount = core.Err("The `numfields` parameter must match the number of arguments")
	errNoFields    = core.Err("Number of fields must be a positive integer")
	errNumFields   = core.Err("Parameter `numFields` should be greater than 0")
	errNegative    = core.Err("invalid expire time, must be >= 0")
)

// fieldsAt reads FIELDS numfields field [field ...], which is all that is left
// from argument i on. tooFew is what is said of a number below 1.
func fieldsAt(c *core.Ctx, i int, tooFew error) ([][]byte, error) {
	if !c.Is(i, "fields") || i+1 >= len(c.Args) {
		return nil, errFieldsWord
	}
	n, ok := decimal.Parse(c.Args[i+1])
	if !ok || n < 1 {
		return nil, tooFew
	}
	fields := c.Args[i+2:]
	if n != int64(len(fields)) {
		return nil, errFieldsCount
	}
	return fields, nil
}

// unit is how a command says when.
type unit struct {
	scale    int64 // milliseconds in it
	relative bool  // to now
}

// The four ways.
var (
	inSeconds = unit{1000, true}
	inMillis  = unit{1, true}
	atSeconds = unit{1000, false}
	atMillis  = unit{1, false}
)

// maxExpire is the latest expiry that a command may set, in Unix milliseconds:
// two of the bits that a dump has for it are kept free, as in Redis.
const maxExpire = (1<<48 - 2) >> 2

// deadline is the time in Unix milliseconds that argument i means.
func (u unit) deadline(c *core.Ctx, i int) (int64, error) {
	n, err := c.ArgInt(i)
	if err != nil {
		return 0, err
	}
	base := int64(0)
	if u.relative {
		base = c.Now
	}
	switch {
	case n < 0:
		return 0, errNegative
	case n > math.MaxInt64/u.scale || n*u.scale > maxExpire-base:
		return 0, core.ErrExpireTime(c.Cmd.FullName())
	}
	return n*u.scale + base, nil
}

// condition says under which present expiry of a field a new one is taken.
type condition uint8

const (
	always      condition = iota
	onlyNew               // NX
	onlyReplace           // XX
	onlyLater             // GT
	onlyEarlier           // LT
)

func conditionAt(c *core.Ctx, i int) condition {
	switch {
	case c.Is(i, "nx"):
		return onlyNew
	case c.Is(i, "xx"):
		return onlyReplace
	case c.Is(i, "gt"):
		return onlyLater
	case c.Is(i, "lt"):
		return onlyEarlier
	}
	return always
}

// allows tells whether an expiry at when may take the place of the old one, 0 for
// none. No expiry counts as infinitely late.
func (cond condition) allows(old, when int64) bool {
	switch cond {
	case onlyNew:
		return old == 0
	case onlyReplace:
		return old != 0
	case onlyLater:
		return old != 0 && when > old
	case onlyEarlier:
		return old == 0 || when < old
	}
	return true
}

// expireBy makes the handler of HEXPIRE and its relatives:
// key time [NX | XX | GT | LT] FIELDS numfields field [field ...].
func expireBy(u unit) core.Handler {
	return func(c *core.Ctx) error {
		var ed hash.Editor
		if err := edit(c, &ed); err != nil {
			return err
		}
		when, err := u.deadline(c, 2)
		if err != nil {
			return err
		}
		at, cond := 3, conditionAt(c, 3)
		if cond != always {
			at++
		}
		fields, err := fieldsAt(c, at, errNumFields)
		if err != nil {
			return err
		}
		x := expiring{c: c, ed: ed, when: when}
		c.Array(len(fields))
		for _, field := range fields {
			c.Int(x.expire(field, cond))
		}
		x.end()
		return nil
	}
}

// expiring is a change of the expiry of several fields. What becomes of them is
// repeated as a HPEXPIREAT of those that got an expiry, and a HDEL for each whose
// time was past.
type expiring struct {
	c    *core.Ctx
	ed   hash.Editor
	when int64 // Unix milliseconds

	set, gone       int64    // fields
	fedSet, fedGone [][]byte // the same, if anybody listens to the feed
}

// past reports whether the time is over, so that fields are deleted at once. On
// a replica they are left to the master.
func (x *expiring) past() bool {
	return x.when <= x.c.Now && x.c.DB.Keyspace().Expiry() == keyspace.DeleteExpired
}

// expire gives one field the expiry and returns what is to be answered.
func (x *expiring) expire(field []byte, cond condition) int64 {
	old, ok := x.ed.View().Expire(field)
	switch {
	case !ok:
		return noField
	case !cond.allows(old, x.when):
		return refused
	case x.past():
		x.delete(field)
		return deleted
	}
	x.ed.SetExpire(field, max(x.when, 1))
	x.set++
	if x.c.Hooks.Feeding() {
		x.fedSet = append(x.fedSet, field)
	}
	return done
}

// delete removes a field.
func (x *expiring) delete(field []byte) {
	if x.ed.Delete(field) {
		x.gone++
		if x.c.Hooks.Feeding() {
			x.fedGone = append(x.fedGone, field)
		}
	}
}

// end ends the change, telling of it and feeding it.
func (x *expiring) end() {
	c := x.c
	empty := x.ed.Done()
	if x.set > 0 {
		c.ChangedBy(x.set, core.EventHash, "hexpire", c.Args[1])
	}
	c.Removed(x.gone, core.EventHash, "hdel", c.Args[1], empty)
	for _, field := range x.fedGone {
		c.Propagate([]byte("HDEL"), c.Args[1], field)
	}
	if len(x.fedSet) > 0 {
		propagateExpire(c, x.when, x.fedSet)
	}
}

// propagateExpire feeds HPEXPIREAT of some fields.
func propagateExpire(c *core.Ctx, when int64, fields [][]byte) {
	propagateFields(c, fields, []byte("HPEXPIREAT"), c.Args[1], strconv.AppendInt(nil, when, 10))
}

// propagateFields feeds a command that ends with FIELDS and these.
func propagateFields(c *core.Ctx, fields [][]byte, args ...[]byte) {
	args = append(args, []byte("FIELDS"), strconv.AppendInt(nil, int64(len(fields)), 10))
	c.Propagate(append(args, fields...)...)
}

// hpersist is HPERSIST key FIELDS numfields field [field ...].
func hpersist(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	fields, err := fieldsAt(c, 2, errNoFields)
	if err != nil {
		return err
	}
	changed := false
	c.Array(len(fields))
	for _, field := range fields {
		at, ok := ed.View().Expire(field)
		switch {
		case !ok:
			c.Int(noField)
		case at == 0:
			c.Int(noExpiry)
		default:
			ed.SetExpire(field, 0)
			changed = true
			c.Int(done)
		}
	}
	ed.Done()
	if changed {
		c.Changed(core.EventHash, "hpersist", c.Args[1])
	}
	return nil
}

// expiryBy makes the handler of HTTL and its relatives: key FIELDS numfields field
// [field ...]. show makes of a time what is answered.
func expiryBy(show func(at, now int64) int64) core.Handler {
	return func(c *core.Ctx) error {
		v, err := view(c)
		if err != nil {
			return err
		}
		fields, err := fieldsAt(c, 2, errNoFields)
		if err != nil {
			return err
		}
		c.Array(len(fields))
		for _, field := range fields {
			at, ok := v.Expire(field)
			switch {
			case !ok:
				c.Int(noField)
			case at == 0:
				c.Int(noExpiry)
			default:
				c.Int(show(at, c.Now))
			}
		}
		return nil
	}
}

// The ways in which an expiry is told. Seconds are rounded up.
func leftMillis(at, now int64) int64  { return at - now }
func leftSeconds(at, now int64) int64 { return up(at - now) }
func whenMillis(at, _ int64) int64    { return at }
func whenSeconds(at, _ int64) int64   { return up(at) }

// up returns milliseconds in seconds; there is no room above for adding first.
func up(ms int64) int64 { return ms/1000 + (ms%1000+999)/1000 }
