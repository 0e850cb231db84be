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
	return c.ScanKey(keyspace.ZSet, c.ScanOptions, func(e keyspace.Entry, cursor uint64, o *core.ScanOptions, reply *core.ScanReply) uint64 {
		large := e.Kind().IsObject()
		var room [32]byte
		return zset.Of(e.Value()).Scan(cursor, o.Count, func(member []byte, score float64) {
			if o.Match(member) {
				reply.Add(member)
				reply.Add(appendScanned(room[:0], score, large))
			}
		})
	})
}

// appendScanned prints a score as ZSCAN does: that of a large set with seventeen
// digits, like C's "%.17g", whether they are needed or not.
func appendScanned(b []byte, score float64, large bool) []byte {
	if large && !math.IsInf(score, 0) {
		return strconv.AppendFloat(b, score, 'g', 17, 64)
	}
	return resp.AppendDouble(b, score)
}
