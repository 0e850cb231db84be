package hashes

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
	"github.com/ferrousdb/ferrous/core/hash"
)

// exOptions are the arguments of HGETEX and HSETEX behind the key.
type exOptions struct {
	when   int64 // Unix milliseconds, 0 if no time was given
	keep   bool  // PERSIST of HGETEX, KEEPTTL of HSETEX
	fnx    bool
	fxx    bool
	fields [][]byte // with their values for HSETEX
}

var (
	errExpireTime = core.Err("missing expire time")
	errCount      = core.Err("invalid number of fields")
	errNoWord     = core.Err("missing FIELDS argument")
	errFieldsMore = core.Err("FIELDS keyword specified multiple times")
	errFNXAndFXX  = core.Err("Only one of FXX or FNX arguments can be specified")
)

// exSyntax is what HGETEX and HSETEX have in common, and where they differ.
type exSyntax struct {
	keep  string // the word that stands in the place of a time
	conds bool   // FNX and FXX
	each  int    // arguments for a field
}

var (
	getexSyntax = exSyntax{keep: "PERSIST", each: 1}
	setexSyntax = exSyntax{keep: "KEEPTTL", conds: true, each: 2}
)

func (s exSyntax) errTimes() error {
	return core.Err("Only one of EX, PX, EXAT, PXAT or " + s.keep + " arguments can be specified")
}

// timeWords are how a time may be given.
var timeWords = [...]struct {
	word string
	unit unit
}{{"ex", inSeconds}, {"px", inMillis}, {"exat", atSeconds}, {"pxat", atMillis}}

// parse reads the arguments, which may come in any order.
func (s exSyntax) parse(c *core.Ctx) (o exOptions, err error) {
	timed := false
	for i := 2; i < len(c.Args); i++ {
		word, isTime := timeWord(c, i)
		switch {
		case c.Is(i, "fields"):
			if i, err = s.parseFields(c, i, &o); err != nil {
				return o, err
			}
		case isTime, c.Is(i, s.keep):
			if timed {
				return o, s.errTimes()
			}
			timed = true
			if !isTime {
				o.keep = true
				break
			}
			if i++; i == len(c.Args) {
				return o, errExpireTime
			}
			if o.when, err = word.deadline(c, i); err != nil {
				return o, err
			}
			o.when = max(o.when, 1) // not 0, which means none
		case s.conds && (c.Is(i, "fnx") || c.Is(i, "fxx")):
			if o.fnx || o.fxx {
				return o, errFNXAndFXX
			}
			o.fnx = c.Is(i, "fnx")
			o.fxx = !o.fnx
		default:
			return o, core.Err("unknown argument: " + core.Shown(c.Args[i]))
		}
	}
	if o.fields == nil {
		return o, errNoWord
	}
	return o, nil
}

func timeWord(c *core.Ctx, i int) (u unit, ok bool) {
	for _, t := range timeWords {
		if c.Is(i, t.word) {
			return t.unit, true
		}
	}
	return unit{}, false
}

// parseFields reads FIELDS, the number and as many fields, and returns where they end.
func (s exSyntax) parseFields(c *core.Ctx, i int, o *exOptions) (last int, err error) {
	if o.fields != nil {
		return 0, errFieldsMore
	}
	arity := core.ErrArity(c.Cmd.FullName())
	if i+1 >= len(c.Args) {
		return 0, arity
	}
	n, ok := decimal.Parse(c.Args[i+1])
	first := i + 2
	if !ok || n < 1 {
		return 0, errCount
	}
	if left := int64(len(c.Args) - first); n > left/int64(s.each) {
		return 0, arity
	}
	last = first + int(n)*s.each - 1
	o.fields = c.Args[first : last+1]
	return last, nil
}

// hgetex is HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS numfields
// field [field ...]. It is never propagated as it is, but as what it did.
func hgetex(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	o, err := getexSyntax.parse(c)
	if err != nil {
		return err
	}
	x := expiring{c: c, ed: ed, when: o.when}
	var persisted [][]byte
	c.Array(len(o.fields))
	for _, field := range o.fields {
		v := x.ed.View()
		reply(c, v, field)
		switch {
		case o.when != 0:
			x.expire(field, always)
		case o.keep:
			if at, _ := v.Expire(field); at != 0 {
				x.ed.SetExpire(field, 0)
				persisted = append(persisted, field)
			}
		}
	}
	x.end()
	if persisted != nil {
		c.Changed(core.EventHash, "hpersist", c.Args[1])
		propagateFields(c, persisted, []byte("HPERSIST"), c.Args[1])
	}
	return nil
}

// hsetex is HSETEX key [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
// FIELDS numfields field value [field value ...].
func hsetex(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	o, err := setexSyntax.parse(c)
	if err != nil {
		return err
	}
	if !o.met(ed.View()) {
		c.Int(0)
		return nil
	}
	c.Int(1)
	x := expiring{c: c, ed: ed, when: o.when}
	if o.when != 0 && x.past() {
		// What would be set would be gone at once.
		for i := 0; i < len(o.fields); i += 2 {
			x.delete(o.fields[i])
		}
		x.end()
		return nil
	}
	for i := 0; i < len(o.fields); i += 2 {
		field, value := o.fields[i], o.fields[i+1]
		if o.keep {
			ed.Update(field, value)
		} else {
			ed.SetUntil(field, value, o.when)
		}
	}
	ed.Done()
	c.ChangedBy(int64(len(o.fields)/2), core.EventHash, "hset", c.Args[1])
	switch {
	case o.when != 0:
		c.Event(core.EventHash, "hexpire", c.Args[1])
		propagateSetex(c, o)
	case !o.keep: // the same, in words that a Redis before 8.0 knows as well
		c.Propagate(append([][]byte{[]byte("HSET"), c.Args[1]}, o.fields...)...)
	}
	return nil
}

// met reports whether the condition lets the fields be set.
func (o *exOptions) met(v hash.View) bool {
	if !o.fnx && !o.fxx {
		return true
	}
	for i := 0; i < len(o.fields); i += 2 {
		if v.Has(o.fields[i]) != o.fxx {
			return false
		}
	}
	return true
}

// propagateSetex makes the expiry absolute, and leaves out what was decided.
func propagateSetex(c *core.Ctx, o exOptions) {
	if !c.Hooks.Feeding() {
		return
	}
	n := strconv.AppendInt(nil, int64(len(o.fields)/2), 10)
	args := [][]byte{
		[]byte("HSETEX"), c.Args[1], []byte("PXAT"), strconv.AppendInt(nil, o.when, 10), []byte("FIELDS"), n,
	}
	c.Propagate(append(args, o.fields...)...)
}

// hgetdel is HGETDEL key FIELDS numfields field [field ...].
func hgetdel(c *core.Ctx) error {
	var ed hash.Editor
	if err := edit(c, &ed); err != nil {
		return err
	}
	fields, err := fieldsAt(c, 2, errNoFields)
	if err != nil {
		return err
	}
	var gone [][]byte
	n := int64(0)
	c.Array(len(fields))
	for _, field := range fields {
		reply(c, ed.View(), field)
		if ed.Delete(field) {
			n++
			if c.Hooks.Feeding() {
				gone = append(gone, field)
			}
		}
	}
	removed(c, &ed, n)
	if gone != nil {
		c.Propagate(append([][]byte{[]byte("HDEL"), c.Args[1]}, gone...)...)
	}
	return nil
}
