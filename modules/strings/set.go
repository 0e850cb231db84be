package strings

import (
	"bytes"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// set is SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL].
func set(c *core.Ctx) error {
	key, value := c.Args[1], c.Args[2]
	if len(c.Args) == 3 {
		c.SetString(key, value, 0)
		c.Changed(core.EventString, "set", key)
		c.OK()
		return nil
	}
	o, err := parseOptions(c.Args[3:], forSet)
	if err != nil {
		return err
	}
	stored, err := store(c, key, value, o)
	switch {
	case err != nil:
		return err
	case o.has(optGet): // store has replied
	case stored:
		c.OK()
	default:
		c.Null()
	}
	return nil
}

// setFlags tells what SET does to its key: it overwrites it unseen, but for GET.
func setFlags(args [][]byte) core.KeyFlags {
	for _, arg := range args[min(3, len(args)):] {
		if bytes.EqualFold(arg, []byte("get")) {
			return core.KeyRW | core.KeyAccess | core.KeyUpdate
		}
	}
	return core.KeyOW | core.KeyUpdate
}

// setnx is SETNX key value.
func setnx(c *core.Ctx) error {
	stored, err := store(c, c.Args[1], c.Args[2], options{set: optNX})
	if err != nil {
		return err
	}
	c.Int(oneIf(stored))
	return nil
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// setex is SETEX key seconds value.
func setex(c *core.Ctx) error { return storeFor(c, optEX) }

// psetex is PSETEX key milliseconds value.
func psetex(c *core.Ctx) error { return storeFor(c, optPX) }

func storeFor(c *core.Ctx, unit option) error {
	if _, err := store(c, c.Args[1], c.Args[3], options{set: unit, time: c.Args[2]}); err != nil {
		return err
	}
	c.OK()
	return nil
}

// store is SET with options. With GET it replies the old value; else the reply
// is left to the caller, who learns whether the conditions let the value in.
func store(c *core.Ctx, key, value []byte, o options) (stored bool, err error) {
	expire, err := o.deadline(c)
	if err != nil {
		return false, err
	}
	if o.has(optGet) {
		if err := get(c); err != nil {
			return false, err
		}
	}
	if o.has(optNX|optXX) && c.FindForWrite(key).OK() == o.has(optNX) {
		return false, nil
	}
	if o.has(optKeepTTL) {
		c.SetString(key, value, keyspace.KeepTTL)
	} else {
		c.SetString(key, value, expire)
	}
	c.Changed(core.EventString, "set", key)
	if expire != 0 {
		c.Event(core.EventGeneric, "expire", key)
	}
	if c.Hooks.Feeding() {
		propagateSet(c, key, value, o, expire)
	}
	return true, nil
}

// propagateSet makes an expiry absolute, and leaves out GET.
func propagateSet(c *core.Ctx, key, value []byte, o options, expire int64) {
	switch {
	case o.has(optPXAT): // absolute as it is
	case expire != 0:
		c.Propagate([]byte("SET"), key, value, []byte("PXAT"), strconv.AppendInt(nil, expire, 10))
	case o.has(optGet):
		var args [][]byte
		for i, a := range c.Args {
			if i < 3 || !bytes.EqualFold(a, []byte("GET")) {
				args = append(args, a)
			}
		}
		c.Propagate(args...)
	}
}

// getset is GETSET key value.
func getset(c *core.Ctx) error {
	if err := get(c); err != nil {
		return err
	}
	key, value := c.Args[1], c.Args[2]
	c.SetString(key, value, 0)
	c.Changed(core.EventString, "set", key)
	if c.Hooks.Feeding() {
		c.Propagate([]byte("SET"), key, value)
	}
	return nil
}

// mset is MSET key value [key value ...].
func mset(c *core.Ctx) error {
	if len(c.Args)%2 == 0 {
		return core.ErrArity(c.Cmd.FullName())
	}
	setAll(c)
	c.OK()
	return nil
}

// msetnx is MSETNX key value [key value ...]: all keys or none.
func msetnx(c *core.Ctx) error {
	if len(c.Args)%2 == 0 {
		return core.ErrArity(c.Cmd.FullName())
	}
	for i := 1; i < len(c.Args); i += 2 {
		if c.FindForWrite(c.Args[i]).OK() {
			c.Int(0)
			return nil
		}
	}
	setAll(c)
	c.Int(1)
	return nil
}

func setAll(c *core.Ctx) {
	for i := 1; i < len(c.Args); i += 2 {
		c.SetString(c.Args[i], c.Args[i+1], 0)
		c.Changed(core.EventString, "set", c.Args[i])
	}
}
