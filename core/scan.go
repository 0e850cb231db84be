package core

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core/glob"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// ScanOptions are what may follow the cursor of a SCAN of one key.
type ScanOptions struct {
	Count   int    // how many elements to visit, about
	Pattern []byte // nil for all elements
	// NoValues asks for the fields of a hash without their values.
	NoValues bool
}

// DefaultScanCount is how many elements a SCAN visits if it is not told.
const DefaultScanCount = 10

var errCursor = Err("invalid cursor")

// ArgCursor parses argument i as the cursor of a SCAN, as generously as Redis
// does: a sign is allowed, and nothing at all is 0.
func (c *Ctx) ArgCursor(i int) (uint64, error) {
	b := c.Args[i]
	if len(b) == 0 {
		return 0, nil
	}
	digits := b
	if b[0] == '-' || b[0] == '+' {
		digits = b[1:]
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0, errCursor
	}
	if b[0] == '-' {
		n = -n
	}
	return n, nil
}

// ScanOptions parses MATCH and COUNT from argument i on.
func (c *Ctx) ScanOptions(i int) (ScanOptions, error) { return c.scanOptions(i, false) }

// FieldScanOptions is ScanOptions for a hash, which knows NOVALUES too.
func (c *Ctx) FieldScanOptions(i int) (ScanOptions, error) { return c.scanOptions(i, true) }

func (c *Ctx) scanOptions(i int, fields bool) (ScanOptions, error) {
	o := ScanOptions{Count: DefaultScanCount}
	for ; i < len(c.Args); i += 2 {
		switch {
		case fields && c.Is(i, "novalues"):
			o.NoValues = true
			i--
		case i+1 == len(c.Args):
			return o, ErrSyntax
		case c.Is(i, "count"):
			n, err := c.ArgInt(i + 1)
			if err != nil {
				return o, err
			}
			if n < 1 {
				return o, ErrSyntax
			}
			o.Count = int(min(n, math.MaxInt32))
		case c.Is(i, "match"):
			if o.Pattern = c.Args[i+1]; string(o.Pattern) == "*" {
				o.Pattern = nil
			}
		default:
			return o, ErrSyntax
		}
	}
	return o, nil
}

// Match reports whether an element passes the filter.
func (o *ScanOptions) Match(element []byte) bool {
	return o.Pattern == nil || glob.Match(o.Pattern, element)
}

// ScanKey is what HSCAN, SSCAN and ZSCAN have in common: a key, which must hold
// type t, a cursor, and options, which parse finds from an argument on. visit goes
// through some of the value's elements from the cursor on, adds to the reply those
// that match, and returns where to go on.
func (c *Ctx) ScanKey(t keyspace.Type, parse func(first int) (ScanOptions, error),
	visit func(e keyspace.Entry, cursor uint64, o *ScanOptions, reply *ScanReply) (next uint64)) error {
	cursor, err := c.ArgCursor(2)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], t)
	if err != nil {
		return err
	}
	reply := c.BeginScan()
	if !e.OK() { // then the options are not looked at
		reply.End(0)
		return nil
	}
	o, err := parse(3)
	if err != nil {
		return err
	}
	reply.End(visit(e, cursor, &o, &reply))
	return nil
}

// ScanReply writes the reply of a SCAN of one key: elements first, then the
// cursor is known that stands before them.
type ScanReply struct {
	c     *Ctx
	start int
	n     int
}

// BeginScan begins the reply. Nothing else may be written until its End.
func (c *Ctx) BeginScan() ScanReply { return ScanReply{c: c, start: c.Mark()} }

// Add adds one element, or one half of a pair.
func (r *ScanReply) Add(b []byte) {
	r.c.Bulk(b)
	r.n++
}

// End ends the reply.
func (r *ScanReply) End(cursor uint64) {
	var room [64]byte
	head := resp.Writer{Buf: room[:0], Proto: r.c.Proto}
	head.Array(2)
	var digits [20]byte
	head.Bulk(strconv.AppendUint(digits[:0], cursor, 10))
	head.Array(r.n)
	r.c.Insert(r.start, head.Buf)
}
