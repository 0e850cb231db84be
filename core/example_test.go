package core_test

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/host"
)

// The module of the package's documentation.
type module struct{ greeting *config.StringVar }

func (*module) Name() string { return "hello" }

func (m *module) Register(r *core.Registry) error {
	m.greeting = r.Config.Text(config.Param{
		Name: "hello-greeting", Section: "hello", Default: "hello",
		Doc: "The word that HELLO.COUNT answers with.",
	})
	r.Commands(core.Command{
		Name: "hello.count", Run: m.count, Arity: 2,
		Flags: core.Write | core.DenyOOM | core.Fast, ACL: core.CatString,
		Keys: []core.KeySpec{core.KeyAt(1, core.KeyRW|core.KeyUpdate)},
		Doc:  core.Doc{Summary: "Counts greetings.", Since: "1.0.0", Group: "string", Args: "key"},
	})
	return nil
}

func (m *module) count(c *core.Ctx) error {
	e, err := c.FindTypeForWrite(c.Args[1], keyspace.String)
	if err != nil {
		return err // -WRONGTYPE
	}
	n := int64(0)
	if e.OK() && e.IsInt() {
		n = e.Int()
	}
	c.SetInt(c.Args[1], n+1, keyspace.KeepTTL)
	c.Changed(core.EventString, "hello", c.Args[1])
	c.Array(2)
	c.BulkString(m.greeting.Load())
	c.Int(n + 1)
	return nil
}

// A server of one module, in a program of one's own.
func Example() {
	srv, err := host.Start(host.Options{
		Modules: []core.Module{&module{}},
		Args:    []string{"--port", "0", "--hello-greeting", "ahoy"},
		Pipes:   1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Stop()
	fmt.Printf("%q\n", srv.Pipe(0).Exchange(nil, []byte("HELLO.COUNT visitors\r\nHELLO.COUNT visitors\r\n")))
	// Output: "*2\r\n$4\r\nahoy\r\n:1\r\n*2\r\n$4\r\nahoy\r\n:2\r\n"
}
