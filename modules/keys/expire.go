package keys

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// expireUnit is how a command of the family says when.
type expireUnit struct {
	scale    int64 // milliseconds in its unit
	relative bool  // to now
}

// The four ways.
var (
	inSeconds = expireUnit{1000, true}
	inMillis  = expireUnit{1, true}
	atSeconds = expireUnit{1000, false}
	atMillis  = expireUnit{1, false}
)

// deadline is the time in Unix milliseconds that argument 2 means.
func (u expireUnit) deadline(c *core.Ctx) (int64, error) {
	n, err := c.ArgInt(2)
	if err != nil {
		return 0, err
	}
	base := int64(0)
	if u.relative {
		base = c.Now
	}
	if n > math.MaxInt64/u.scale || n < math.MinInt64/u.scale || n*u.scale > math.MaxInt64-base {
		return 0, core.ErrExpireTime(c.Cmd.FullName())
	}
	return n*u.scale + base, nil
}

// condition says under which present expiries a new one is taken.
type condition uint8

const (
	onlyNew     condition = 1 << iota // NX
	onlyReplace                       // XX
	onlyLater                         // GT
	onlyEarlier                       // LT
)

var (
	errNXAnd  = core.Err("NX and XX, GT or LT options at the same time are not compatible")
	errGTAnLT = core.Err("GT and LT options at the same time are not compatible")
)

func parseCondition(c *core.Ctx) (set condition, err error) {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "nx"):
			set |= onlyNew
		case c.Is(i, "xx"):
			set |= onlyReplace
		case c.Is(i, "gt"):
			set |= onlyLater
		case c.Is(i, "lt"):
			set |= onlyEarlier
		default:
			return 0, core.Err("Unsupported option " + core.Shown(c.Args[i]))
		}
	}
	if set&onlyNew != 0 && set&^onlyNew != 0 {
		return 0, errNXAnd
	}
	if set&onlyLater != 0 && set&onlyEarlier != 0 {
		return 0, errGTAnLT
	}
	return set, nil
}

// allows tells whether an expiry at when may take the place of the old one, 0
// for none. No expiry counts as infinitely late.
func (set condition) allows(old, when int64) bool {
	switch {
	case set&onlyNew != 0 && old != 0,
		set&onlyReplace != 0 && old == 0,
		set&onlyLater != 0 && (old == 0 || when <= old),
		set&onlyEarlier != 0 && old != 0 && when >= old:
		return false
	}
	return true
}

// expireBy makes the handler of EXPIRE and its relatives: key time [condition].
func expireBy(unit expireUnit, lazy *config.BoolVar) core.Handler {
	return func(c *core.Ctx) error {
		key := c.Args[1]
		set, err := parseCondition(c)
		if err != nil {
			return err
		}
		when, err := unit.deadline(c)
		if err != nil {
			return err
		}
		e := c.FindForWrite(key)
		if !e.OK() || !set.allows(e.Expire(), when) {
			c.Int(0)
			return nil
		}
		if when <= c.Now && c.DB.Keyspace().Expiry() == keyspace.DeleteExpired {
			e.Delete()
			propagateDeletion(c, lazy, key)
			c.Changed(core.EventGeneric, "del", key)
		} else {
			e.SetExpire(max(when, 1)) // before 1970 is as past as 1970
			propagateExpire(c, unit, when)
			c.Changed(core.EventGeneric, "expire", key)
		}
		c.Int(1)
		return nil
	}
}

// propagateExpire feeds PEXPIREAT, with the condition as it was given.
func propagateExpire(c *core.Ctx, unit expireUnit, when int64) {
	if unit == atMillis || !c.Hooks.Feeding() {
		return
	}
	args := append([][]byte(nil), c.Args...)
	args[0], args[2] = []byte("PEXPIREAT"), strconv.AppendInt(nil, when, 10)
	c.Propagate(args...)
}

// persist is PERSIST key.
func persist(c *core.Ctx) error {
	e := c.FindForWrite(c.Args[1])
	if !e.OK() || e.Expire() == 0 {
		c.Int(0)
		return nil
	}
	e.SetExpire(0)
	c.Changed(core.EventGeneric, "persist", c.Args[1])
	c.Int(1)
	return nil
}

// expiryOf makes the handler of TTL and its relatives: -2 for no key, -1 for no
// expiry, else what show makes of the time.
func expiryOf(show func(at, now int64) int64) core.Handler {
	return func(c *core.Ctx) error {
		e := c.Peek(c.Args[1])
		switch {
		case !e.OK():
			c.Int(-2)
		case e.Expire() == 0:
			c.Int(-1)
		default:
			c.Int(show(e.Expire(), c.Now))
		}
		return nil
	}
}

// The ways in which an expiry is told; seconds are rounded to the nearest.
func leftMillis(at, now int64) int64  { return max(at-now, 0) }
func leftSeconds(at, now int64) int64 { return nearest(leftMillis(at, now)) }
func whenMillis(at, _ int64) int64    { return at }
func whenSeconds(at, _ int64) int64   { return nearest(at) }

// nearest returns milliseconds in seconds; there is no room above for adding a half
// first.
func nearest(ms int64) int64 { return ms/1000 + ms%1000/500 }
