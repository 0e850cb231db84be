package geo

import (
	"fmt"
	"math"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// argPoint parses a longitude and a latitude.
func argPoint(c *core.Ctx, i int) (p point, err error) {
	if p.lon, err = c.ArgFloat(i); err != nil {
		return p, err
	}
	if p.lat, err = c.ArgFloat(i + 1); err != nil {
		return p, err
	}
	if !p.valid() {
		return p, core.Err(fmt.Sprintf("invalid longitude,latitude pair %s,%s", sixDigits(p.lon), sixDigits(p.lat)))
	}
	return p, nil
}

// sixDigits prints like C's "%f".
func sixDigits(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'f', 6, 64)
}

// geoadd is GEOADD key [NX | XX] [CH] longitude latitude member [...].
func geoadd(c *core.Ctx) error {
	var nx, xx, changed bool
	first := 2
words:
	for ; first < len(c.Args); first++ {
		switch {
		case c.Is(first, "nx"):
			nx = true
		case c.Is(first, "xx"):
			xx = true
		case c.Is(first, "ch"):
			changed = true
		default:
			break words
		}
	}
	n := (len(c.Args) - first) / 3
	if 3*n != len(c.Args)-first || n == 0 || nx && xx {
		return core.ErrSyntax
	}
	var room [8]float64
	scores := room[:0]
	for i := first; i < len(c.Args); i += 3 {
		p, err := argPoint(c, i)
		if err != nil {
			return err
		}
		score, _ := cellOf(p, scoreStep, maxLat).scores()
		scores = append(scores, score)
	}
	key := c.Args[1]
	e, err := c.FindTypeForWrite(key, keyspace.ZSet)
	if err != nil {
		return err
	}
	ed := zset.Edit(c.DB, key, e, c.Now)
	ed.Expect(n)
	var added, moved int64
	for i, score := range scores {
		member := c.Args[first+3*i+2]
		switch place, ok := ed.Find(member); {
		case !ok && !xx:
			ed.Add(place, member, score)
			added++
		case ok && !nx && score != place.Score():
			ed.Update(place, score)
			moved++
		}
	}
	if added+moved > 0 {
		c.ChangedBy(added+moved, core.EventZSet, "zadd", key)
		propagateAdd(c, first, scores)
	}
	if changed {
		added += moved
	}
	c.Int(added)
	return nil
}

// propagateAdd feeds what was added as ZADD.
func propagateAdd(c *core.Ctx, first int, scores []float64) {
	if !c.Hooks.Feeding() {
		return
	}
	args := append([][]byte{[]byte("ZADD")}, c.Args[1:first]...)
	for i, score := range scores {
		args = append(args, strconv.AppendInt(nil, int64(score), 10), c.Args[first+3*i+2])
	}
	c.Propagate(args...)
}

// view opens a key for reading; a missing one looks like an empty set.
func view(c *core.Ctx, key []byte) (zset.View, error) {
	e, err := c.FindType(key, keyspace.ZSet)
	if err != nil || !e.OK() {
		return zset.View{}, err
	}
	return zset.Of(e.Value()), nil
}

// geopos is GEOPOS key [member ...].
func geopos(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		if score, ok := v.Score(member); ok {
			replyPoint(c, pointOf(score))
		} else {
			c.NullArray()
		}
	}
	return nil
}

// replyPoint answers coordinates with up to 17 decimals, more than a double has.
func replyPoint(c *core.Ctx, p point) {
	c.Array(2)
	var room [32]byte
	for _, f := range [2]float64{p.lon, p.lat} {
		b := strconv.AppendFloat(room[:0], f, 'f', 17, 64)
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] == '.' {
			b = b[:len(b)-1]
		}
		if string(b) == "-0" {
			b = b[1:]
		}
		c.Number(b)
	}
}

const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// geohash is GEOHASH key [member ...]. The texts are those of everybody else's
// geohash, whose map reaches to the poles.
func geohash(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		score, ok := v.Score(member)
		if !ok {
			c.Null()
			continue
		}
		bits := cellOf(pointOf(score), scoreStep, 90).bits
		text := c.BulkSpace(11)
		for i := range 10 {
			text[i] = alphabet[bits>>(47-5*i)&31]
		}
		text[10] = '0' // two bits are left, which Redis leaves out
	}
	return nil
}

// geodist is GEODIST key member1 member2 [M | KM | FT | MI].
func geodist(c *core.Ctx) (err error) {
	unit := 1.0
	switch {
	case len(c.Args) > 5:
		return core.ErrSyntax
	case len(c.Args) == 5:
		if unit, err = argUnit(c, 4); err != nil {
			return err
		}
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	a, ok := v.Score(c.Args[2])
	b, ok2 := v.Score(c.Args[3])
	if ok && ok2 {
		replyDistance(c, distance(pointOf(a), pointOf(b))/unit)
	} else {
		c.Null()
	}
	return nil
}

var errUnit = core.Err("unsupported unit provided. please use M, KM, FT, MI")

// argUnit parses a unit of length; the result is in metres.
func argUnit(c *core.Ctx, i int) (float64, error) {
	switch {
	case c.Is(i, "m"):
		return 1, nil
	case c.Is(i, "km"):
		return 1000, nil
	case c.Is(i, "ft"):
		return 0.3048, nil
	case c.Is(i, "mi"):
		return 1609.34, nil
	}
	return 0, errUnit
}

// replyDistance answers a length with four decimals, rounded in binary as Redis
// does since 7.2.
func replyDistance(c *core.Ctx, d float64) {
	const decimals = 1e4
	n := uint64(math.RoundToEven(d * decimals))
	var room [32]byte
	b := strconv.AppendUint(room[:0], n/decimals, 10)
	b = append(b, '.')
	for unit := uint64(decimals) / 10; unit > 0; unit /= 10 {
		b = append(b, '0'+byte(n/unit%10))
	}
	c.Bulk(b)
}
