package zsets

import (
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/zset"
)

// zscan is ZSCAN key cursor [MATCH pattern] [COUNT count].
func zscan(c *core.Ctx) error {
	cursor, err := c.ArgCursor(2)
	if err != nil {
		return err
	}
	e, err := c.FindType(c.Args[1], keyspace.ZSet)
	if err != nil {
		return err
	}
	reply := c.BeginScan()
	if !e.OK() { // then the options are not looked at
		reply.End(0)
		return nil
	}
	o, err := c.ScanOptions(3)
	if err != nil {
		return err
	}
	large := e.Kind().IsObject()
	var room [32]byte
	next := zset.Of(e.Value()).Scan(cursor, o.Count, func(member []byte, score float64) {
		if o.Match(member) {
			reply.Add(member)
			reply.Add(appendScanned(room[:0], score, large))
		}
	})
	reply.End(next)
	return nil
}

// appendScanned prints a score as ZSCAN does: that of a large set with seventeen
// digits, like C's "%.17g", whether they are needed or not.
func appendScanned(b []byte, score float64, large bool) []byte {
	if large && !math.IsInf(score, 0) {
		return strconv.AppendFloat(b, score, 'g', 17, 64)
	}
	return resp.AppendDouble(b, score)
}
