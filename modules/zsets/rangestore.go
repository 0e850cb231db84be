package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/zset"
)

// zrangestore is ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count].
func zrangestore(c *core.Ctx) error {
	o := rangeOptions{store: true}
	if err := o.parse(c, 3); err != nil {
		return err
	}
	v, err := view(c, c.Args[2])
	if err != nil {
		return err
	}
	s := o.span(v)
	b := zset.NewBuilder(c.Arena(c.Args[1]), s.len())
	for w := walkOver(v, s, false); w.next(); {
		b.Set(w.Member(), w.Score())
	}
	storeBuilt(c, c.Args[1], b, "zrangestore")
	return nil
}
