package keys

import (
	"bytes"
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// listKeys is KEYS pattern. It is the one command that looks at every key at
// once, all shards locked.
func listKeys(c *core.Ctx) error {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	l := beginList(c)
	c.DB.Each(func(e keyspace.Entry) bool {
		if key := e.Key(); (all || glob.Match(pattern, key)) && !e.Expired(c.Now) {
			l.add(key)
		}
		return true
	})
	l.end()
	return nil
}

// replies writes an array whose length is known only at its end.
type replies struct {
	c     *core.Ctx
	start int
	n     int
}

func beginList(c *core.Ctx) replies { return replies{c: c, start: c.Mark()} }

func (l *replies) add(b []byte) {
	l.c.Bulk(b)
	l.n++
}

// end puts the header before the elements.
func (l *replies) end() {
	header := append(strconv.AppendInt([]byte{'*'}, int64(l.n), 10), '\r', '\n')
	l.c.Insert(l.start, header)
}

// scanOptions are what may follow the cursor of SCAN.
type scanOptions struct {
	cursor  uint64
	count   int
	pattern []byte // nil for all keys
	kind    []byte // the name of a type, nil for all
}

func parseScan(c *core.Ctx) (o scanOptions, err error) {
	o.count = core.DefaultScanCount
	if o.cursor, err = c.ArgCursor(1); err != nil {
		return o, err
	}
	for i := 2; i < len(c.Args); i += 2 {
		if i+1 == len(c.Args) {
			return o, core.ErrSyntax
		}
		switch value := c.Args[i+1]; {
		case c.Is(i, "count"):
			n, err := c.ArgInt(i + 1)
			if err != nil {
				return o, err
			}
			if n < 1 {
				return o, core.ErrSyntax
			}
			o.count = int(min(n, math.MaxInt32))
		case c.Is(i, "match"):
			if o.pattern = value; string(value) == "*" {
				o.pattern = nil
			}
		case c.Is(i, "type"):
			o.kind = value
		default:
			return o, core.ErrSyntax
		}
	}
	return o, nil
}

// scanPlan locks the shards that the call will come to: in a database of some
// size, the cursor's alone.
func scanPlan(c *core.Ctx) keyspace.Locks {
	o, err := parseScan(c)
	if err != nil {
		return 0
	}
	return c.DB.ScanLocks(o.cursor, o.count)
}

// scanEffort bounds a call: that many times its COUNT places are visited, most
// of which hold several keys, though hardly any is found.
const scanEffort = 10

// scan is SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]. A call goes on
// until it has met COUNT keys, whether they pass the filters or not, or has come
// to the end of the shards whose locks it holds.
func scan(c *core.Ctx) error {
	o, err := parseScan(c)
	if err != nil {
		return err
	}
	held := c.Locks | 1<<keyspace.ShardOfCursor(o.cursor)
	var room [32][]byte
	found := room[:0]
	var expired [][]byte
	met := 0
	visit := func(e keyspace.Entry) {
		met++
		key := e.Key()
		switch {
		case o.pattern != nil && !glob.Match(o.pattern, key):
		case e.Expired(c.Now):
			expired = append(expired, bytes.Clone(key))
		case o.kind == nil || equalFold(o.kind, typeName(c, e)):
			found = append(found, key)
		}
	}
	cursor := o.cursor
	for effort := scanEffort * o.count; effort > 0; effort-- {
		cursor = c.DB.Scan(cursor, visit)
		if cursor == 0 || met >= o.count || !held.HasShard(keyspace.ShardOfCursor(cursor)) {
			break
		}
	}
	for _, key := range expired {
		c.DB.Find(key, c.Now, 0) // deletes it
	}
	c.Array(2)
	var digits [20]byte
	c.Bulk(strconv.AppendUint(digits[:0], cursor, 10))
	c.Array(len(found))
	for _, key := range found {
		c.Bulk(key)
	}
	return nil
}

func equalFold(b []byte, s string) bool { return len(b) == len(s) && bytes.EqualFold(b, []byte(s)) }
