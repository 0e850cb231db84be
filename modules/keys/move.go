package keys

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// rename is RENAME key newkey.
func rename(c *core.Ctx) error {
	if _, err := renameKey(c, false); err != nil {
		return err
	}
	c.OK()
	return nil
}

// renamenx is RENAMENX key newkey.
func renamenx(c *core.Ctx) error {
	done, err := renameKey(c, true)
	if err != nil {
		return err
	}
	if done {
		c.Int(1)
	} else {
		c.Int(0)
	}
	return nil
}

// renameKey moves the value of the first key to the second, unless nx is set
// and that one exists.
func renameKey(c *core.Ctx, nx bool) (done bool, err error) {
	key, name := c.Args[1], c.Args[2]
	if !c.FindForWrite(key).OK() {
		return false, core.ErrNoSuchKey
	}
	if bytes.Equal(key, name) {
		return false, nil
	}
	if c.FindForWrite(name).OK() && nx {
		return false, nil
	}
	// Found again: the look at the other key may have deleted that one, and
	// moved this one's entry.
	c.FindForWrite(key).Rename(c.DB, name, c.Now)
	c.Changed(core.EventGeneric, "rename_from", key)
	c.Event(core.EventGeneric, "rename_to", name)
	return true, nil
}

// move is MOVE key db.
func move(c *core.Ctx) error {
	key := c.Args[1]
	i, err := argDB(c, 2, nil)
	if err != nil {
		return err
	}
	if i == c.DB.Index() {
		return core.ErrSameObject
	}
	to := c.DB.Keyspace().DB(i)
	if !c.FindForWrite(key).OK() || findIn(c, to, key).OK() {
		c.Int(0)
		return nil
	}
	c.FindForWrite(key).Rename(to, key, c.Now)
	c.Changed(core.EventGeneric, "move_from", key)
	c.EventIn(i, core.EventGeneric, "move_to", key)
	c.Int(1)
	return nil
}

// findIn opens a key of any database for writing.
func findIn(c *core.Ctx, db *keyspace.DB, key []byte) keyspace.Entry {
	return db.FindHashed(c.HashOf(key), key, c.Now, keyspace.ForWrite)
}

// copyOptions are what may follow the keys of COPY.
type copyOptions struct {
	to      *keyspace.DB
	replace bool
}

func parseCopy(c *core.Ctx) (o copyOptions, err error) {
	o.to = c.DB
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "replace"):
			o.replace = true
		case c.Is(i, "db") && i+1 < len(c.Args):
			i++
			n, err := argDB(c, i, nil)
			if err != nil {
				return o, err
			}
			o.to = c.DB.Keyspace().DB(n)
		default:
			return o, core.ErrSyntax
		}
	}
	return o, nil
}

// copyKey is COPY source destination [DB destination-db] [REPLACE].
func copyKey(c *core.Ctx) error {
	from, name := c.Args[1], c.Args[2]
	o, err := parseCopy(c)
	if err != nil {
		return err
	}
	if o.to == c.DB && bytes.Equal(from, name) {
		return core.ErrSameObject
	}
	src := c.Find(from)
	if !src.OK() {
		c.Int(0)
		return nil
	}
	old := findIn(c, o.to, name)
	switch {
	case !old.OK(): // it may have expired, and its end have moved the other
		src = c.DB.FindHashed(c.HashOf(from), from, c.Now, 0)
	case !o.replace:
		c.Int(0)
		return nil
	}
	value, err := copyOf(c, src, name)
	if err != nil {
		return err
	}
	expire := src.Expire()
	if old.OK() {
		old.Delete()
	}
	if value.Object != nil {
		o.to.PutValue(name, value, expire, c.Now)
	} else {
		if old.OK() { // its end has moved the other, too
			src = c.DB.FindHashed(c.HashOf(from), from, c.Now, 0)
		}
		o.to.PutCopy(name, src, expire, c.Now)
	}
	c.CountChanges(1)
	c.EventIn(o.to.Index(), core.EventGeneric, "copy_to", name)
	c.Int(1)
	return nil
}

// copyOf makes an independent Object for a key, of that of another; nothing of packed
// values. A large one is made before the command takes effect.
func copyOf(c *core.Ctx, src keyspace.Entry, key []byte) (keyspace.Value, error) {
	v := src.Value()
	t := c.Server.Registry().TypeOf(v)
	if v.Object == nil || t == nil || t.Copy == nil {
		return keyspace.Value{}, nil
	}
	if c.Prepared != nil {
		if made, ok := c.Prepared.Made.(*copied); ok && made.of == v.Object {
			return made.take()
		}
	}
	ks := c.DB.Keyspace()
	h := ks.Hash(key)
	if v.Object.MemoryUsage() < core.PutOffFrom || !c.MayPrepare() {
		return t.Copy(v, ks.Arena(h), nil)
	}
	return keyspace.Value{}, prepareCopy(c, t, src, h)
}

// copied is a copy on its way.
type copied struct {
	of    keyspace.Object // frozen: who changes the value goes on with another one
	value keyspace.Value
	err   error
}

// take gives the copy to the command.
func (m *copied) take() (keyspace.Value, error) {
	v := m.value
	m.value = keyspace.Value{}
	return v, m.err
}

// prepareCopy puts the command off until a value is copied for a key of hash h.
func prepareCopy(c *core.Ctx, t *core.ValueType, src keyspace.Entry, h uint64) error {
	v, ks, end := src.Value(), c.DB.Keyspace(), src.Freeze()
	made := &copied{of: v.Object}
	return c.Prepare(&core.Job{
		Locks: keyspace.Locks(0).Add(h),
		Made:  made,
		Step: core.Stepwise(func(pause func()) {
			made.value, made.err = t.Copy(v, ks.Arena(h), &keyspace.Pace{Pause: pause})
		}),
		Drop: func() {
			end()
			ks.Discard(h, made.value)
		},
	})
}

var (
	errFirstDB  = core.Err("invalid first DB index")
	errSecondDB = core.Err("invalid second DB index")
)

// swapdb is SWAPDB index1 index2.
func swapdb(c *core.Ctx) error {
	var index [2]int
	var bad error
	for i, what := range []error{errFirstDB, errSecondDB} {
		n, err := argDB(c, i+1, what)
		switch {
		case err == what:
			return err // before any complaint about the range
		case err != nil:
			bad = err
		}
		index[i] = n
	}
	if bad != nil {
		return bad
	}
	a, b := index[0], index[1]
	if ks := c.DB.Keyspace(); a != b {
		ks.DB(a).Swap(ks.DB(b))
		c.Hooks.Swapped(c, a, b)
	}
	c.CountChanges(1)
	c.OK()
	return nil
}
