// Package cas is the smallest useful module: CAS.SET key old new replaces a string if it is the old one still.
package cas

import (
	"bytes"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New makes the module; give it to host.Main.
func New() core.Module { return module{} }

type module struct{}

func (module) Name() string { return "cas" }
func (module) Register(r *core.Registry) error {
	r.Commands(core.Command{
		Name: "cas.set", Run: set, Arity: 4, Flags: core.Write | core.DenyOOM | core.Fast, ACL: core.CatString,
		Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
		Doc:  core.Doc{Summary: "Replaces a string if it is the old one still.", Complexity: "O(1)", Args: "key old new"},
	})
	return nil
}

func set(c *core.Ctx) error {
	key, old, value := c.Args[1], c.Args[2], c.Args[3]
	e, err := c.FindTypeForWrite(key, keyspace.String)
	if err != nil {
		return err // -WRONGTYPE
	}
	if !e.OK() || !bytes.Equal(e.Text(make([]byte, 20)), old) {
		c.Int(0)
		return nil
	}
	c.SetString(key, value, keyspace.KeepTTL)
	c.Changed(core.EventString, "set", key)
	c.Int(1)
	return nil
}
