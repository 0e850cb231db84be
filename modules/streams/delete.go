package streams

import (
	"slices"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/stream"
)

// xdel is XDEL key id [id ...].
func xdel(c *core.Ctx) error {
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	if !ed.View().OK() {
		c.Int(0)
		return nil
	}
	ids, err := exactIDs(c.Args[2:])
	if err != nil {
		return err
	}
	slices.SortFunc(ids, stream.ID.Compare) // the answer is a number
	n := int64(ed.DeleteAll(ids))
	deleted(c, key, n)
	c.Int(n)
	return nil
}

// deleted tells of entries that were deleted.
func deleted(c *core.Ctx, key []byte, n int64) {
	if n > 0 {
		c.ChangedBy(n, core.EventStream, "xdel", key)
	}
}

// What XDELEX and XACKDEL answer for an ID.
const (
	noSuchID   = -1
	isDeleted  = 1
	isReferred = 2 // and stays
)

var (
	errNumIDs    = core.Err("Number of IDs must be a positive integer")
	errNotNumIDs = core.Err("The `numids` parameter must match the number of arguments")
	errWordIDs   = core.Err("IDS option is required")
)

// parseIDs reads [KEEPREF | DELREF | ACKED] IDS numids id [id ...] from argument i on. ids are arguments still.
func parseIDs(c *core.Ctx, i int) (refs stream.Refs, ids [][]byte, err error) {
	given := false
	for i < len(c.Args) {
		if r, ok := argRefs(c, i); ok && !given {
			refs, given = r, true
			i++
			continue
		}
		if !c.Is(i, "ids") || i+1 == len(c.Args) {
			return refs, nil, core.ErrSyntax
		}
		n, err := c.ArgInt(i + 1)
		if err != nil || n < 1 {
			return refs, nil, errNumIDs
		}
		if n > int64(len(c.Args)-i-2) {
			return refs, nil, errNotNumIDs
		}
		ids = c.Args[i+2 : i+2+int(n)]
		i += 2 + int(n)
	}
	if ids == nil {
		return refs, nil, errWordIDs
	}
	return refs, ids, nil
}

func replyNone(c *core.Ctx, n int) {
	c.Array(n)
	for range n {
		c.Int(noSuchID)
	}
}

// remove deletes an entry if what refers to it allows that, and reports whether it does; gone says that it was there.
func remove(ed *stream.Editor, id stream.ID, refs stream.Refs) (allowed, gone bool) {
	switch refs {
	case stream.OnlyAcked:
		if ed.Referenced(id) {
			return false, false
		}
	case stream.DropRefs:
		ed.DropRefs(id)
	}
	return true, ed.Delete(id)
}

// xdelex is XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...].
func xdelex(c *core.Ctx) error {
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	refs, args, err := parseIDs(c, 2)
	if err != nil {
		return err
	}
	if !ed.View().OK() {
		replyNone(c, len(args))
		return nil
	}
	ids, err := exactIDs(args)
	if err != nil {
		return err
	}
	c.Array(len(ids))
	n, dropped := int64(0), false
	for _, id := range ids {
		_, there := ed.View().Get(id)
		if !there && (refs != stream.DropRefs || !pendingAnywhere(ed.View(), id)) {
			c.Int(noSuchID)
			continue
		}
		allowed, gone := remove(&ed, id, refs)
		dropped = dropped || refs == stream.DropRefs
		if gone {
			n++
		}
		switch {
		case !there:
			c.Int(noSuchID)
		case allowed:
			c.Int(isDeleted)
		default:
			c.Int(isReferred)
		}
	}
	if deleted(c, key, n); n == 0 && dropped {
		acked(c)
	}
	return nil
}

func pendingAnywhere(v stream.View, id stream.ID) bool {
	for _, g := range v.AllGroups() {
		if _, ok := g.Find(id); ok {
			return true
		}
	}
	return false
}

// xackdel is XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...].
func xackdel(c *core.Ctx) error {
	key := c.Args[1]
	ed, err := edit(c, key)
	if err != nil {
		return err
	}
	refs, args, err := parseIDs(c, 3)
	if err != nil {
		return err
	}
	if _, ok := ed.View().Group(c.Args[2]); !ok {
		replyNone(c, len(args))
		return nil
	}
	ids, err := exactIDs(args)
	if err != nil {
		return err
	}
	g, _ := ed.Group(c.Args[2])
	c.Array(len(ids))
	n := int64(0)
	for _, id := range ids {
		if !g.Remove(id) {
			c.Int(noSuchID)
			continue
		}
		acked(c)
		allowed, gone := remove(&ed, id, refs)
		if gone {
			n++
		}
		if allowed {
			c.Int(isDeleted)
		} else {
			c.Int(isReferred)
		}
	}
	if n > 0 {
		c.Event(core.EventStream, "xdel", key)
	}
	return nil
}

var (
	errAdded        = core.Err("entries_added must be positive")
	errLastDeleted  = core.Err("The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
	errLastDeleted2 = core.Err("The ID specified in XSETID is smaller than current max_deleted_entry_id")
	errLastTop      = core.Err("The ID specified in XSETID is smaller than the target stream top item")
	errAddedLen     = core.Err("The entries_added specified in XSETID is smaller than the target stream length")
)

// xsetid is XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id].
func xsetid(c *core.Ctx) error {
	last, err := exactID(c.Args[2])
	if err != nil {
		return err
	}
	added, gone := int64(-1), stream.ID{}
	for i := 3; i < len(c.Args); i += 2 {
		switch {
		case i+1 == len(c.Args):
			return core.ErrSyntax
		case c.Is(i, "entriesadded"):
			if added, err = c.ArgInt(i + 1); err == nil && added < 0 {
				err = errAdded
			}
		case c.Is(i, "maxdeletedid"):
			if gone, err = exactID(c.Args[i+1]); err == nil && last.Less(gone) {
				err = errLastDeleted
			}
		default:
			return core.ErrSyntax
		}
		if err != nil {
			return err
		}
	}
	ed, err := edit(c, c.Args[1])
	if err != nil {
		return err
	}
	v := ed.View()
	switch {
	case !v.OK():
		return core.ErrNoSuchKey
	case last.Less(v.MaxDeleted()):
		return errLastDeleted2
	case v.Len() > 0 && last.Less(v.Top()):
		return errLastTop
	case v.Len() > 0 && added != -1 && int64(v.Len()) > added:
		return errAddedLen
	}
	ed.SetLast(last)
	if added != -1 {
		ed.SetAdded(uint64(added))
	}
	if gone != (stream.ID{}) {
		ed.SetMaxDeleted(gone)
	}
	c.OK()
	c.Changed(core.EventStream, "xsetid", c.Args[1])
	return nil
}
