package tracking_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/connection"
	"github.com/ferrousdb/ferrous/modules/keys"
	"github.com/ferrousdb/ferrous/modules/lists"
	"github.com/ferrousdb/ferrous/modules/pubsub"
	"github.com/ferrousdb/ferrous/modules/server"
	strs "github.com/ferrousdb/ferrous/modules/strings"
	"github.com/ferrousdb/ferrous/modules/tracking"
	"github.com/ferrousdb/ferrous/modules/transactions"
)

func options(args ...string) host.Options {
	return host.Options{
		Modules: []core.Module{
			connection.New(), keys.New(), lists.New(), server.New(), strs.New(), transactions.New(), pubsub.New(), tracking.New(),
		},
		Args: args,
	}
}

func start(t *testing.T, args ...string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	srv, err := host.Start(options(append([]string{"--bind", "127.0.0.1", "--port", port}, args...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return addr
}

// client speaks RESP3; what is pushed to it goes to pushed.
type client struct {
	net.Conn
	t      *testing.T
	r      *bufio.Reader
	pushed func(words []string)
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	c := &client{conn, t, bufio.NewReader(conn), nil}
	c.do("HELLO 3")
	return c
}

func (c *client) send(lines ...string) {
	_, _ = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n")
}

// do sends a command and returns its reply, the parts of an array separated by
// blanks.
func (c *client) do(format string, args ...any) string {
	c.send(fmt.Sprintf(format, args...))
	return c.reply()
}

// reply returns the next reply, after what is pushed before it.
func (c *client) reply() string {
	for {
		words, push := c.read()
		if !push {
			return strings.Join(words, " ")
		}
		if c.pushed == nil {
			c.t.Errorf("pushed %q", words)
		} else {
			c.pushed(words)
		}
	}
}

func (c *client) read() (words []string, push bool) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		c.t.Error(err)
		return []string{"error"}, false
	}
	line = strings.TrimSuffix(line, "\r\n")
	var n int
	_, _ = fmt.Sscan(line[1:], &n)
	switch line[0] {
	case '*', '>', '~', '%':
		if line[0] == '%' {
			n *= 2
		}
		for range n {
			w, _ := c.read()
			words = append(words, w...)
		}
		return words, line[0] == '>'
	case '$', '=':
		if n < 0 {
			return []string{"(nil)"}, false
		}
		b := make([]byte, n+2)
		_, _ = io.ReadFull(c.r, b)
		return []string{string(b[:n])}, false
	case '_':
		return []string{"(nil)"}, false
	}
	return []string{line[1:]}, false
}
