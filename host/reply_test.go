package host

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// much is a module of the tests whose replies are large.
type much struct {
	made   int
	lookup func(args [][]byte) (*core.Command, error)
}

func (*much) Name() string { return "much" }

func (m *much) Register(r *core.Registry) error {
	m.lookup = r.Table().Lookup
	one := bytes.Repeat([]byte("x"), 1<<20)
	r.Commands(
		// much N [fail]: N megabytes, and then perhaps an error instead.
		core.Command{Name: "much", Arity: -2, Flags: core.ReadOnly, Run: func(c *core.Ctx) error {
			n, err := c.ArgInt(1)
			if err != nil {
				return err
			}
			m.made = 0
			c.Array(int(n))
			for ; n > 0 && !c.Unwanted(); n-- {
				c.Bulk(one)
				m.made++
			}
			if len(c.Args) > 2 {
				return core.Err("it failed")
			}
			return nil
		}},
		// twice N: EXEC of two commands.
		core.Command{Name: "twice", Arity: -2, Flags: core.ReadOnly, Run: func(c *core.Ctx) error {
			cmd, err := m.lookup([][]byte{[]byte("much"), c.Args[1]})
			if err != nil {
				return err
			}
			mark := c.Mark()
			for range 2 {
				c.Call(cmd, append([][]byte{[]byte("much")}, c.Args[1:]...), core.InExec)
			}
			c.Insert(mark, []byte("*2\r\n"))
			return nil
		}},
	)
	return nil
}

func muchServer(t *testing.T, args ...string) (*Server, *much) {
	t.Helper()
	m := &much{}
	srv, err := Start(Options{Modules: []core.Module{stack{}, m}, Args: append([]string{"--bind", "127.0.0.1", "--port", freePort(t)}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv, m
}

// TestTooMuchIsGivenUp: a reply beyond the hard limit is given up while it is made,
// its memory is given back and the client disconnected.
func TestTooMuchIsGivenUp(t *testing.T) {
	for _, command := range []string{"much 1000", "twice 500", strings.Repeat("much 1\r\n", 1000)} {
		srv, m := muchServer(t, "--client-output-buffer-limit", "normal 10mb 0 0", "--io-threads", "1")
		dial(t, srv).do("+OK", "push k v")
		c := dial(t, srv)
		c.send("%s", command)
		eventually(t, "it is cut off", func() bool {
			return srv.totals().OutputLimitDrops == 1
		})
		if m.made > 12 {
			t.Errorf("%.20q: %d megabytes were made", command, m.made)
		}
		if used := srv.buffers.Used(); used != 0 {
			t.Errorf("%.20q: %d bytes are still held", command, used)
		}
		c.gone()
		dial(t, srv).do("v", "get k")
	}
}

// TestMuchIsSent: without a limit everything arrives, and then nothing is held.
func TestMuchIsSent(t *testing.T) {
	srv, _ := muchServer(t)
	c := dial(t, srv)
	one := "$1048576\r\n" + strings.Repeat("x", 1<<20) + "\r\n"
	c.send("much 2\r\nmuch 3 fail\r\ntwice 2\r\ntwice 1 fail\r\nid")
	want := "*2\r\n" + one + one + "-ERR it failed\r\n" + "*2\r\n" + strings.Repeat("*2\r\n"+one+one, 2) + "*2\r\n" + strings.Repeat("-ERR it failed\r\n", 2) + ":"
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c.r, got); err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%d bytes that are not as they should be", len(got))
	}
	eventually(t, "nothing is held", func() bool { return srv.buffers.Used() == 0 })
}

// TestMuchIsDropped: what a client that reads nothing was to have is given back when
// it has gone.
func TestMuchIsDropped(t *testing.T) {
	srv, _ := muchServer(t)
	for range 3 {
		c := dial(t, srv)
		c.send("much 30")
		eventually(t, "it waits", func() bool { return srv.buffers.Used() > 10<<20 })
		c.Close()
		eventually(t, "nothing is held", func() bool { return srv.buffers.Used() == 0 })
	}
}

// TestMuchTakesTurns: who is sent much leaves others their turn.
func TestMuchTakesTurns(t *testing.T) {
	srv, _ := muchServer(t)
	c, other := dial(t, srv), dial(t, srv)
	other.do("+OK", "push k v")
	c.send("much 200")
	n := int64(0)
	for range 50 {
		m, err := c.r.Discard(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		n += int64(m)
		other.do("v", "get k")
	}
	rest := 200*int64(1<<20+len("$1048576\r\n\r\n")) + int64(len("*"+strconv.Itoa(200)+"\r\n")) - n
	if _, err := io.CopyN(io.Discard, c.r, rest); err != nil {
		t.Fatal(err)
	}
	other.do("v", "get k")
}
