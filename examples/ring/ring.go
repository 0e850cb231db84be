package ring

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
)

// New makes the module; give it to host.Main.
func New() core.Module { return module{} }

type module struct{}

// Name implements core.Module.
func (module) Name() string { return "ring" }

// Register implements core.Module.
func (module) Register(r *core.Registry) error {
	r.Type(ringType().Row())
	r.Commands(rows()...)
	r.Debug(core.DebugCommand{Name: "RING", Args: "<key>", Arity: 3, Run: debug,
		Help: "Shows the ring of <key> as it lies in memory."})
	return nil
}

func rows() []core.Command {
	return []core.Command{
		{Name: "ring.push", Run: push, Arity: -4,
			Flags: core.Write | core.DenyOOM,
			Keys:  core.FirstKey(core.KeyRW | core.KeyInsert | core.KeyDelete),
			Doc: core.Doc{
				Summary: "Puts elements into a ring, which forgets its oldest beyond its size.",
				Since:   "1.0.0", Group: "module", Complexity: "O(N) where N is the number of elements given.",
				Args: "key size:integer element...",
			}},
		{Name: "ring.range", Run: elements, Arity: -2,
			Flags: core.ReadOnly,
			Keys:  core.FirstKey(core.KeyRO | core.KeyAccess),
			Doc: core.Doc{
				Summary: "Answers the newest elements of a ring, the oldest of them first.",
				Since:   "1.0.0", Group: "module", Complexity: "O(N) where N is the number of elements answered.",
				Args: "key [count:integer]",
			}},
	}
}

// ringType is the row of the type: all that others need to know of it.
func ringType() core.ObjectType[*ring] {
	return core.ObjectType[*ring]{
		Name:     "ring",
		ID:       "ring-demo",
		Encoding: "slots",
		Save:     save,
		Load:     load,
		Rewrite:  rewrite,
		Copy:     duplicate,
		Digest:   digest,
	}
}

// debug is DEBUG RING key.
func debug(c *core.Ctx) error {
	r, err := core.FindObject[*ring](c, c.Args[2])
	if err != nil {
		return err
	}
	if r == nil {
		return core.ErrNoSuchKey
	}
	c.Status(fmt.Sprintf("size:%d len:%d oldest:%d bytes:%d", r.size, r.Len(), r.oldest, r.bytes))
	return nil
}
