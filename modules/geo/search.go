package geo

import (
	"bytes"
	"math"
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// search is a command that looks for members in an area.
type search struct {
	shape
	source keyspace.Entry
	order  int // 1 the near ones first, -1 the far ones, 0 as they come
	count  int64
	any    bool // the first ones found will do

	withDist, withHash, withCoord bool

	newStyle  bool // GEOSEARCH and GEOSEARCHSTORE
	mayStore  bool // GEORADIUS and GEORADIUSBYMEMBER
	target    []byte
	storeDist bool // the distance as the score

	centred, bounded bool // of the new style: FROM and BY were given
	fromMember       bool
}

// found is a member inside the area.
type found struct {
	member []byte
	score  float64
	at     point
	dist   float64 // metres
}

// geosearch is GEOSEARCH key FROMMEMBER member | FROMLONLAT longitude latitude
// BYRADIUS radius unit | BYBOX width height unit [ASC | DESC] [COUNT count [ANY]]
// [WITHCOORD] [WITHDIST] [WITHHASH].
func geosearch(c *core.Ctx) error { return (&search{newStyle: true}).run(c, 1, 2) }

// geosearchstore is GEOSEARCHSTORE destination source, then as GEOSEARCH, with
// STOREDIST instead of what is answered.
func geosearchstore(c *core.Ctx) error {
	return (&search{newStyle: true, target: c.Args[1]}).run(c, 2, 3)
}

// georadius is GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST]
// [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key].
func georadius(c *core.Ctx) error { return (&search{mayStore: true}).run(c, 1, 6) }

// georadiusRO is GEORADIUS_RO, which does not store.
func georadiusRO(c *core.Ctx) error { return new(search).run(c, 1, 6) }

// georadiusbymember is GEORADIUSBYMEMBER key member radius unit, then as GEORADIUS.
func georadiusbymember(c *core.Ctx) error { return (&search{mayStore: true}).run(c, 1, 5) }

// georadiusbymemberRO is GEORADIUSBYMEMBER_RO, which does not store.
func georadiusbymemberRO(c *core.Ctx) error { return new(search).run(c, 1, 5) }

// run executes a search; the options begin at argument options.
func (s *search) run(c *core.Ctx, source, options int) (err error) {
	if s.source, err = c.FindType(c.Args[source], keyspace.ZSet); err != nil {
		return err
	}
	if !s.newStyle {
		if err := s.parseOldArea(c, options); err != nil {
			return err
		}
	}
	if err := s.parse(c, options); err != nil {
		return err
	}
	if err := s.check(c); err != nil {
		return err
	}
	var all []found
	if s.source.OK() {
		all = s.find(zset.Of(s.source.Value()))
	}
	if s.target != nil {
		s.store(c, all)
	} else {
		s.reply(c, all)
	}
	return nil
}

// find returns the members inside the area, ordered and counted.
func (s *search) find(v zset.View) []found {
	if s.order == 0 && s.count > 0 && !s.any {
		s.order = 1 // to be limited to the nearest, they must be put in order
	}
	limit := 0 // after how many it ends
	most := 0  // how many of the first in order are kept
	switch {
	case s.any:
		limit = int(s.count)
	case s.count > 0:
		most = int(min(s.count, math.MaxInt/4))
	}
	var all []found
	var order []rank
	worst := math.Inf(1) // whoever is not before it comes behind most others
	f := fence{origin: originAt(s.center), most: math.Inf(1)}
	if !s.box {
		f.narrow(s.radius * s.unit)
	}
	packed := !s.source.Kind().IsObject() // its integers have no bytes to point at
	for _, cell := range s.cover() {
		if limit > 0 && len(all) >= limit {
			break
		}
		low, high := cell.scores()
		cur := v.At(v.Below(low, false))
		for ; cur.OK() && cur.Score() < high; cur.Next() {
			at := pointOf(cur.Score())
			if f.outside(at) {
				continue
			}
			dist, ok := s.contains(&f.origin, at)
			if !ok || float64(s.order)*dist >= worst {
				continue
			}
			member := cur.Member()
			if packed {
				member = bytes.Clone(member)
			}
			all = append(all, found{member, cur.Score(), at, dist})
			if s.order != 0 {
				order = append(order, rank{float64(s.order) * dist, len(all) - 1})
			}
			if len(all) == limit {
				break
			}
			// Half of what has come together is let go at a time, so that each member
			// costs but a share of a sort of few.
			if most > 0 && len(order) == 2*most {
				sortRanks(order)
				order = order[:most]
				worst = order[most-1].key
				if s.order > 0 {
					f.narrow(worst)
				}
			}
		}
	}
	if s.order != 0 {
		all = inOrder(all, order)
	}
	if s.count > 0 {
		all = all[:min(int64(len(all)), s.count)]
	}
	return all
}

// rank is the place in the answer of one of the members found.
type rank struct {
	key float64 // its distance, negative if the far ones come first
	at  int     // which one, in the order of the finding, which decides between equal distances
}

func sortRanks(order []rank) {
	slices.SortFunc(order, func(a, b rank) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return a.at - b.at
	})
}

// inOrder returns the members that are ranked, in their order.
func inOrder(all []found, order []rank) []found {
	sortRanks(order)
	sorted := make([]found, len(order))
	for i, r := range order {
		sorted[i] = all[r.at]
	}
	return sorted
}

func (s *search) reply(c *core.Ctx, all []found) {
	parts := 1
	for _, with := range [...]bool{s.withDist, s.withHash, s.withCoord} {
		if with {
			parts++
		}
	}
	c.Array(len(all))
	for _, f := range all {
		if parts > 1 {
			c.Array(parts)
		}
		c.Bulk(f.member)
		if s.withDist {
			replyDistance(c, f.dist/s.unit)
		}
		if s.withHash {
			c.Int(int64(f.score))
		}
		if s.withCoord {
			replyPoint(c, f.at)
		}
	}
}

// store puts the result in the place of whatever the target holds.
func (s *search) store(c *core.Ctx, all []found) {
	c.Int(int64(len(all)))
	if len(all) == 0 {
		if old := c.FindForWrite(s.target); old.OK() {
			old.Delete()
			c.Changed(core.EventGeneric, "del", s.target)
		}
		return
	}
	b := zset.NewBuilder(c.Arena(s.target), len(all))
	for _, f := range all {
		if s.storeDist {
			b.Set(f.member, exactDistance(s.center, f.at)/s.unit)
		} else {
			b.Set(f.member, f.score)
		}
	}
	c.DB.PutValue(s.target, b.Value(c.DB.Keyspace().Packed(keyspace.ZSet)), 0, c.Now)
	event := "georadiusstore"
	if s.newStyle {
		event = "geosearchstore"
	}
	c.ChangedBy(int64(len(all)), core.EventZSet, event, s.target)
}
