package streams

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/stream"
)

// xinfoConsumers is XINFO CONSUMERS key group.
func xinfoConsumers(c *core.Ctx) error {
	v, err := infoView(c)
	if err != nil {
		return err
	}
	g, ok := v.Group(c.Args[3])
	if !ok {
		return errNoGroupOf(c.Args[2], c.Args[3])
	}
	c.Array(g.Consumers())
	for _, s := range g.AllConsumers() {
		c.Map(4)
		c.BulkString("name")
		c.BulkString(s.Name)
		c.BulkString("pending")
		c.Int(int64(s.Pending))
		c.BulkString("idle")
		c.Int(max(c.Now-s.Seen, 0))
		c.BulkString("inactive")
		if s.Active == -1 {
			c.Int(-1)
		} else {
			c.Int(c.Now - s.Active)
		}
	}
	return nil
}

func infoView(c *core.Ctx) (stream.View, error) {
	v, err := view(c, c.Args[2])
	if err == nil && !v.OK() {
		err = core.ErrNoSuchKey
	}
	return v, err
}

// xinfoGroups is XINFO GROUPS key.
func xinfoGroups(c *core.Ctx) error {
	v, err := infoView(c)
	if err != nil {
		return err
	}
	c.Array(v.Groups())
	for name, g := range v.AllGroups() {
		c.Map(6)
		c.BulkString("name")
		c.BulkString(name)
		c.BulkString("consumers")
		c.Int(int64(g.Consumers()))
		c.BulkString("pending")
		c.Int(int64(g.Pending()))
		c.BulkString("last-delivered-id")
		replyID(c, g.Last())
		replyCounters(c, v, g)
	}
	return nil
}

// replyCounters writes how many entries were delivered to a group and how many are still to be, where that is known.
func replyCounters(c *core.Ctx, v stream.View, g stream.Group) {
	c.BulkString("entries-read")
	if n := g.Read(); n != stream.Unread {
		c.Int(n)
	} else {
		c.Null()
	}
	c.BulkString("lag")
	if n, ok := v.Lag(g); ok {
		c.Int(n)
	} else {
		c.Null()
	}
}

// fullCount is how many of each XINFO STREAM FULL shows if nothing else is said.
const fullCount = 10

// xinfoStream is XINFO STREAM key [FULL [COUNT count]].
func xinfoStream(c *core.Ctx) error {
	v, err := infoView(c)
	if err != nil {
		return err
	}
	n := len(c.Args)
	if n == 3 {
		c.Map(10)
		replyFigures(c, v)
		c.BulkString("groups")
		c.Int(int64(v.Groups()))
		c.BulkString("first-entry")
		cur := v.Range(stream.ID{}, stream.MaxID)
		replyOne(c, &cur)
		c.BulkString("last-entry")
		cur = v.Reverse(stream.ID{}, stream.MaxID)
		replyOne(c, &cur)
		return nil
	}
	if n != 4 && n != 6 || !c.Is(3, "full") || n == 6 && !c.Is(4, "count") {
		return core.ErrSubcommand("xinfo", c.Args[1])
	}
	count := int64(fullCount)
	if n == 6 {
		if count, err = c.ArgInt(5); err != nil {
			return err
		}
		if count < 0 {
			count = fullCount
		}
	}
	c.Map(9)
	replyFigures(c, v)
	c.BulkString("entries")
	cur := v.Range(stream.ID{}, stream.MaxID)
	replyEntries(c, &cur, count, likely(v, stream.ID{}, stream.MaxID, count))
	c.BulkString("groups")
	c.Array(v.Groups())
	for name, g := range v.AllGroups() {
		replyGroup(c, v, name, g, count)
	}
	return nil
}

func replyOne(c *core.Ctx, cur *stream.Cursor) {
	if e, ok := cur.Next(); ok {
		replyEntry(c, &e)
	} else {
		c.Null()
	}
}

func replyFigures(c *core.Ctx, v stream.View) {
	c.BulkString("length")
	c.Int(int64(v.Len()))
	c.BulkString("radix-tree-keys")
	c.Int(int64(v.Blocks()))
	c.BulkString("radix-tree-nodes")
	c.Int(treeNodes(v))
	c.BulkString("last-generated-id")
	replyID(c, v.Last())
	c.BulkString("max-deleted-entry-id")
	replyID(c, v.MaxDeleted())
	c.BulkString("entries-added")
	c.Int(int64(v.Added()))
	c.BulkString("recorded-first-entry-id")
	replyID(c, v.First())
}

// treeNodes returns how many nodes Redis's radix tree has for the IDs of the blocks: a leaf for each, one where ways
// part, and one for every run of bytes between.
func treeNodes(v stream.View) int64 {
	var branches [16]bool // at which bytes of the last ID the way to it parts
	var nodes int64
	var last stream.ID
	first := true
	for id := range v.BlockIDs() {
		if first {
			first = false
			last = id
			nodes = 1
			continue
		}
		at := differ(last, id)
		nodes += runs(&branches, at)
		clear(branches[at+1:])
		if !branches[at] {
			branches[at] = true
			nodes++
		}
		nodes++ // the leaf
		last = id
	}
	if first {
		return 1 // the root
	}
	return nodes + runs(&branches, -1)
}

// runs counts the runs of bytes, on the way to an ID, that begin behind a byte.
func runs(branches *[16]bool, behind int) (n int64) {
	in := false
	for i := behind + 1; i < len(branches); i++ {
		if !branches[i] && !in {
			n++
		}
		in = !branches[i]
	}
	return n
}

// differ returns the first byte, of 16, in which two IDs differ.
func differ(a, b stream.ID) int {
	if x := a.Ms ^ b.Ms; x != 0 {
		return bits.LeadingZeros64(x) / 8
	}
	return 8 + bits.LeadingZeros64(a.Seq^b.Seq)/8
}

func replyGroup(c *core.Ctx, v stream.View, name string, g stream.Group, count int64) {
	c.Map(7)
	c.BulkString("name")
	c.BulkString(name)
	c.BulkString("last-delivered-id")
	replyID(c, g.Last())
	replyCounters(c, v, g)
	c.BulkString("pel-count")
	c.Int(int64(g.Pending()))
	c.BulkString("pending")
	cur := g.PendingFrom(stream.ID{})
	replyPending(c, &cur, g.Pending(), count, func(p stream.Pending) {
		c.Array(4)
		replyID(c, p.ID)
		c.BulkString(g.State(p.Consumer).Name)
		c.Int(p.Time)
		c.Int(int64(p.Count))
	})
	c.BulkString("consumers")
	c.Array(g.Consumers())
	for n, s := range g.AllConsumers() {
		c.Map(5)
		c.BulkString("name")
		c.BulkString(s.Name)
		c.BulkString("seen-time")
		c.Int(s.Seen)
		c.BulkString("active-time")
		c.Int(s.Active)
		c.BulkString("pel-count")
		c.Int(int64(s.Pending))
		c.BulkString("pending")
		cur := g.PendingFrom(stream.ID{})
		cur.Of(n)
		replyPending(c, &cur, s.Pending, count, func(p stream.Pending) {
			c.Array(3)
			replyID(c, p.ID)
			c.Int(p.Time)
			c.Int(int64(p.Count))
		})
	}
}

// replyPending writes what a cursor comes to, up to count, of n that there are.
func replyPending(c *core.Ctx, cur *stream.PendingCursor, n int, count int64, one func(stream.Pending)) {
	if count > 0 {
		n = int(min(int64(n), count))
	}
	c.Array(n)
	for range n {
		p, _ := cur.Next()
		one(p)
	}
}
