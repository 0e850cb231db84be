package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/set"
	"github.com/ferrousdb/ferrous/core/zset"
)

// source is a key that a combination reads: a sorted set, or a set, whose members
// all have the score 1. A missing key is an empty sorted set.
type source struct {
	weight float64
	isSet  bool
	zset   zset.View
	set    set.View
}

func openSource(c *core.Ctx, key []byte) (source, error) {
	s := source{weight: 1}
	e := c.Find(key)
	switch {
	case !e.OK():
	case e.Type() == keyspace.ZSet:
		s.zset = zset.Of(e.Value())
	case e.Type() == keyspace.Set:
		s.set, s.isSet = set.Of(e.Value()), true
	default:
		return s, core.ErrWrongType
	}
	return s, nil
}

func (s *source) len() int {
	if s.isSet {
		return s.set.Len()
	}
	return s.zset.Len()
}

func (s *source) score(member []byte) (score float64, ok bool) {
	if s.isSet {
		return 1, s.set.Has(member)
	}
	return s.zset.Score(member)
}

// each visits the members until fn returns false. member is valid during the call.
func (s *source) each(fn func(member []byte, score float64) bool) {
	// Both are declared outside their loops: fn may make them escape, once.
	if s.isSet {
		it := s.set.Iter()
		for it.Next() && fn(it.Member(), 1) {
		}
		return
	}
	cur := s.zset.At(0)
	for cur.OK() && fn(cur.Member(), cur.Score()) {
		cur.Next()
	}
}
