package server

import "github.com/ferrousdb/ferrous/core"

func memoryRow() core.Command {
	return core.Command{
		Name: "memory", Arity: -2,
		Doc: doc("4.0.0", "Depends on subcommand.", "Tells what takes how much memory.", ""),
		Sub: []core.Command{
			{
				Name: "usage", Run: memoryUsage, Arity: -3, Flags: core.ReadOnly,
				Keys: []core.KeySpec{core.KeyAt(2, core.KeyRO)},
				Doc: doc("4.0.0", "O(1): every value knows its size.",
					"Tells how many bytes a key takes with its value.", "key [SAMPLES count:integer]"),
			},
			core.HelpRow("server", "4.0.0", 0),
		},
	}
}

// memoryUsage is MEMORY USAGE key [SAMPLES n]. The figure is exact, so it makes no
// difference how many members are looked at.
func memoryUsage(c *core.Ctx) error {
	for i := 3; i < len(c.Args); i += 2 {
		if !c.Is(i, "samples") || i+1 == len(c.Args) {
			return core.ErrSyntax
		}
		n, err := c.ArgInt(i + 1)
		if err != nil {
			return err
		}
		if n < 0 {
			return core.ErrSyntax
		}
	}
	e := c.DB.Find(c.Args[2], c.Now, 0)
	if !e.OK() {
		c.Null()
		return nil
	}
	c.Int(e.MemoryUsage())
	return nil
}
