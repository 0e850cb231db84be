package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)

// view opens a key for reading; a missing one looks like an empty set.
func view(c *core.Ctx, key []byte) (zset.View, error) {
	e, err := c.FindType(key, keyspace.ZSet)
	if err != nil || !e.OK() {
		return zset.View{}, err
	}
	return zset.Of(e.Value()), nil
}

// zcard is ZCARD key.
func zcard(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Int(int64(v.Len()))
	return nil
}

// zscore is ZSCORE key member.
func zscore(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	replyScore(c, v, c.Args[2])
	return nil
}

// zmscore is ZMSCORE key member [member ...].
func zmscore(c *core.Ctx) error {
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	c.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		replyScore(c, v, member)
	}
	return nil
}

func replyScore(c *core.Ctx, v zset.View, member []byte) {
	if score, ok := v.Score(member); ok {
		c.Double(score)
	} else {
		c.Null()
	}
}

// zrank is ZRANK key member [WITHSCORE].
func zrank(c *core.Ctx) error { return replyRank(c, false) }

// zrevrank is ZREVRANK key member [WITHSCORE].
func zrevrank(c *core.Ctx) error { return replyRank(c, true) }

func replyRank(c *core.Ctx, reverse bool) error {
	scored := len(c.Args) > 3
	switch {
	case len(c.Args) > 4:
		return core.ErrArity(c.Cmd.FullName())
	case scored && !c.Is(3, "withscore"):
		return core.ErrSyntax
	}
	v, err := view(c, c.Args[1])
	if err != nil {
		return err
	}
	rank, score, ok := v.Rank(c.Args[2])
	switch {
	case !ok && scored:
		c.NullArray()
		return nil
	case !ok:
		c.Null()
		return nil
	}
	if reverse {
		rank = v.Len() - 1 - rank
	}
	if scored {
		c.Array(2)
	}
	c.Int(int64(rank))
	if scored {
		c.Double(score)
	}
	return nil
}
