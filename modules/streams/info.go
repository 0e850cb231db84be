package streams

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/stream"
)

// xinfoConsumers is XINFO CONSUMERS key group.
func xinfoConsumers(c *core.Ctx) error {
	v, e, err := infoView(c)
	if err != nil {
		return err
	}
	g, ok := v.Group(c.Args[3])
	if !ok {
		return errNoGroupOf(c.Args[2], c.Args[3])
	}
	n, cur, now := g.Consumers(), g.ConsumersFrom(), c.Now
	c.Array(n)
	replyMany(c, e, n, func(w *resp.Writer) {
		_, s := cur.Next()
		w.Map(4)
		w.BulkString("name")
		w.BulkString(s.Name)
		w.BulkString("pending")
		w.Int(int64(s.Pending))
		w.BulkString("idle")
		w.Int(max(now-s.Seen, 0))
		w.BulkString("inactive")
		if s.Active == -1 {
			w.Int(-1)
		} else {
			w.Int(now - s.Active)
		}
	})
	return nil
}

func infoView(c *core.Ctx) (stream.View, keyspace.Entry, error) {
	v, e, err := view(c, c.Args[2])
	if err == nil && !v.OK() {
		err = core.ErrNoSuchKey
	}
	return v, e, err
}

// xinfoGroups is XINFO GROUPS key.
func xinfoGroups(c *core.Ctx) error {
	v, e, err := infoView(c)
	if err != nil {
		return err
	}
	n, cur := v.Groups(), v.GroupsFrom()
	c.Array(n)
	replyMany(c, e, n, func(w *resp.Writer) {
		name, g := cur.Next()
		w.Map(6)
		w.BulkString("name")
		w.BulkString(name)
		w.BulkString("consumers")
		w.Int(int64(g.Consumers()))
		w.BulkString("pending")
		w.Int(int64(g.Pending()))
		w.BulkString("last-delivered-id")
		replyID(w, g.Last())
		replyCounters(w, v, g)
	})
	return nil
}

// replyCounters writes how many entries were delivered to a group and how many are still to be, where that is known.
func replyCounters(w *resp.Writer, v stream.View, g stream.Group) {
	w.BulkString("entries-read")
	if n := g.Read(); n != stream.Unread {
		w.Int(n)
	} else {
		w.Null()
	}
	w.BulkString("lag")
	if n, ok := v.Lag(g); ok {
		w.Int(n)
	} else {
		w.Null()
	}
}

// fullCount is how many of each XINFO STREAM FULL shows if nothing else is said.
const fullCount = 10

// xinfoStream is XINFO STREAM key [FULL [COUNT count]].
func xinfoStream(c *core.Ctx) error {
	v, e, err := infoView(c)
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
		replyEnd(c, &cur)
		c.BulkString("last-entry")
		cur = v.Reverse(stream.ID{}, stream.MaxID)
		replyEnd(c, &cur)
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
	replyEntries(c, e, &cur, count, likely(v, stream.ID{}, stream.MaxID, count))
	c.BulkString("groups")
	c.Array(v.Groups())
	f := &full{v: v, count: count, groups: v.GroupsFrom(), left: v.Groups()}
	f.reply(c, e)
	return nil
}

// replyEnd writes the entry at an end of a stream.
func replyEnd(c *core.Ctx, cur *stream.Cursor) {
	if e, ok := cur.Next(); ok {
		replyEntry(c.Writer, &e)
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
	replyID(c.Writer, v.Last())
	c.BulkString("max-deleted-entry-id")
	replyID(c.Writer, v.MaxDeleted())
	c.BulkString("entries-added")
	c.Int(int64(v.Added()))
	c.BulkString("recorded-first-entry-id")
	replyID(c.Writer, v.First())
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
