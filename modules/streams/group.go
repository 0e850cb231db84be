package streams

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/stream"
)

var (
	errGroupKey = core.Err("The XGROUP subcommand requires the key to exist. " +
		"Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.")
	errBusyGroup   = error(core.Error{Code: "BUSYGROUP", Text: "Consumer Group name already exists"})
	errEntriesRead = core.Err("value for ENTRIESREAD must be positive or -1")
)

// groupOptions reads what follows the ID of XGROUP CREATE or SETID.
func groupOptions(c *core.Ctx, create bool) (read int64, mkstream bool, err error) {
	read = stream.Unread
	for i := 5; i < len(c.Args); i++ {
		switch {
		case create && c.Is(i, "mkstream"):
			mkstream = true
		case c.Is(i, "entriesread") && i+1 < len(c.Args):
			i++
			if read, err = c.ArgInt(i); err != nil {
				return 0, false, err
			}
			if read < 0 && read != stream.Unread {
				return 0, false, errEntriesRead
			}
		default:
			return 0, false, core.ErrSubcommand("xgroup", c.Args[1])
		}
	}
	return read, mkstream, nil
}

// xgroupCreate is XGROUP CREATE key group id | $ [MKSTREAM] [ENTRIESREAD entries-read].
func xgroupCreate(c *core.Ctx) error {
	read, mkstream, err := groupOptions(c, true)
	if err != nil {
		return err
	}
	key := c.Args[2]
	ed, err := edit(c, key)
	switch {
	case err != nil:
		return err
	case !ed.View().OK() && !mkstream:
		return errGroupKey
	case len(c.Args) > 8:
		return core.ErrSubcommand("xgroup", c.Args[1])
	}
	last := ed.View().Last()
	if string(c.Args[4]) != "$" {
		if last, err = exactID(c.Args[4]); err != nil {
			return err
		}
	}
	ed.Make()
	if !ed.AddGroup(c.Args[3], last, read) {
		return errBusyGroup
	}
	c.OK()
	c.Changed(core.EventStream, "xgroup-create", key)
	return nil
}

// existingGroup opens a group for changing that has to be there.
func existingGroup(c *core.Ctx) (ed stream.Editor, g stream.GroupEditor, err error) {
	if ed, err = edit(c, c.Args[2]); err != nil {
		return ed, g, err
	}
	if !ed.View().OK() {
		return ed, g, errGroupKey
	}
	g, ok := ed.Group(c.Args[3])
	if !ok {
		return ed, g, errNoGroupOf(c.Args[2], c.Args[3])
	}
	return ed, g, nil
}

// xgroupSetID is XGROUP SETID key group id | $ [ENTRIESREAD entries-read].
func xgroupSetID(c *core.Ctx) error {
	read, _, err := groupOptions(c, false)
	if err != nil {
		return err
	}
	ed, g, err := existingGroup(c)
	if err != nil {
		return err
	}
	if len(c.Args) > 7 {
		return core.ErrSubcommand("xgroup", c.Args[1])
	}
	last := ed.View().Last()
	if string(c.Args[4]) != "$" {
		if last, err = anyID(c.Args[4], 0); err != nil {
			return err
		}
	}
	g.SetLast(last)
	g.SetRead(read)
	c.OK()
	c.Changed(core.EventStream, "xgroup-setid", c.Args[2])
	return nil
}

// xgroupDestroy is XGROUP DESTROY key group. Who waits for the group is told that it has gone.
func xgroupDestroy(c *core.Ctx) error {
	ed, err := edit(c, c.Args[2])
	if err != nil {
		return err
	}
	if !ed.View().OK() {
		return errGroupKey
	}
	if !ed.DeleteGroup(c.Args[3]) {
		c.Int(0)
		return nil
	}
	c.Int(1)
	c.Changed(core.EventStream, "xgroup-destroy", c.Args[2])
	return nil
}

// xgroupCreateConsumer is XGROUP CREATECONSUMER key group consumer.
func xgroupCreateConsumer(c *core.Ctx) error {
	_, g, err := existingGroup(c)
	if err != nil {
		return err
	}
	if _, made := consumer(c, g, c.Args[2], c.Args[4]); made {
		c.Int(1)
	} else {
		c.Int(0)
	}
	return nil
}

// consumer returns a consumer of a group, which is made, and told of, if need be.
func consumer(c *core.Ctx, g stream.GroupEditor, key, name []byte) (n stream.Consumer, made bool) {
	if n, made = g.Consumer(name, c.Now); made {
		c.Changed(core.EventStream, "xgroup-createconsumer", key)
	}
	return n, made
}

// xgroupDelConsumer is XGROUP DELCONSUMER key group consumer.
func xgroupDelConsumer(c *core.Ctx) error {
	_, g, err := existingGroup(c)
	if err != nil {
		return err
	}
	dropped, ok := g.DeleteConsumer(c.Args[4])
	c.Int(int64(dropped))
	if ok {
		c.Changed(core.EventStream, "xgroup-delconsumer", c.Args[2])
	}
	return nil
}

// feedConsumer repeats the making of a consumer.
func feedConsumer(c *core.Ctx, key, group, name []byte) {
	if c.Hooks.Feeding() {
		c.Propagate([]byte("XGROUP"), []byte("CREATECONSUMER"), key, group, name)
	}
}

// feedLast repeats where a group has come to.
func feedLast(c *core.Ctx, key, group []byte, g stream.Group) {
	if c.Hooks.Feeding() {
		c.Propagate([]byte("XGROUP"), []byte("SETID"), key, group, g.Last().Append(nil),
			[]byte("ENTRIESREAD"), strconv.AppendInt(nil, g.Read(), 10))
	}
}

// claims collects what has become pending, or has another consumer, to repeat it: entries that were delivered at once
// in one command.
type claims struct {
	c          *core.Ctx
	key, group []byte
	args       [][]byte
	like       stream.Pending
	name       string
	last       stream.ID
}

// claimsFed is how many entries are repeated by one command.
const claimsFed = 64

// add notes an entry that is pending for the consumer of a name now.
func (f *claims) add(p stream.Pending, name string, last stream.ID) {
	if !f.c.Hooks.Feeding() {
		return
	}
	if p.Time != f.like.Time || p.Count != f.like.Count || name != f.name || len(f.args) >= 5+claimsFed {
		f.flush()
	}
	if len(f.args) == 0 {
		f.args = append(f.args, []byte("XCLAIM"), f.key, f.group, []byte(name), []byte("0"))
	}
	f.like, f.name, f.last = p, name, last
	f.args = append(f.args, p.ID.Append(nil))
}

// flush feeds what is left.
func (f *claims) flush() {
	if len(f.args) == 0 {
		return
	}
	f.args = append(f.args, []byte("TIME"), strconv.AppendInt(nil, f.like.Time, 10),
		[]byte("RETRYCOUNT"), strconv.AppendUint(nil, f.like.Count, 10),
		[]byte("FORCE"), []byte("JUSTID"), []byte("LASTID"), f.last.Append(nil))
	f.c.Propagate(f.args...)
	f.args = f.args[:0]
}
