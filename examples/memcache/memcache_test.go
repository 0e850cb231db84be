package memcache

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)

// talk sends lines and compares what comes back, all of it.
func talk(t *testing.T, conn net.Conn, send, want string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprint(conn, strings.ReplaceAll(send, "\n", "\r\n"))
	in := bufio.NewReader(conn)
	for line := range strings.Lines(want) {
		got, err := in.ReadString('\n')
		if want := strings.TrimSuffix(line, "\n") + "\r\n"; err != nil || got != want {
			t.Fatalf("%q: got %q, want %q, %v", send, got, want, err)
		}
	}
	if in.Buffered() > 0 {
		t.Fatalf("%q: there is more than was wanted", send)
	}
}

func start(t *testing.T) (c *coretest.Client, dial func() net.Conn) {
	port := coretest.FreePort(t)
	c = coretest.Serve(t, append(modules.Full(), New()), "--memcache-port", port).Client()
	return c, func() net.Conn {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
}

func TestProtocol(t *testing.T) {
	c, dial := start(t)
	m := dial()
	talk(t, m, "get a\n", "END\n")
	talk(t, m, "set a 0 0 5\nhello\nget a b\n", "STORED\nVALUE a 0 5\nhello\nEND\n")
	talk(t, m, "set n 0 0 1 noreply\n9\nincr n 3\ndecr n 100\nincr none 1\nincr a 1\nincr n x\n",
		"12\n0\nNOT_FOUND\nCLIENT_ERROR cannot increment or decrement non-numeric value\nCLIENT_ERROR invalid numeric delta argument\n")
	talk(t, m, "set n 0 0 20\n18446744073709551615\nincr n 2\n", "STORED\n1\n")
	talk(t, m, "delete a\ndelete a\n", "DELETED\nNOT_FOUND\n")
	talk(t, m, "set e 0 100 1\nx\nset f 0 99999999999 1\nx\nset g 0 -1 1\nx\nget g\n", "STORED\nSTORED\nSTORED\nEND\n")
	talk(t, m, "set h 7 0 1\nx\nset i 0 0 1048577\n"+strings.Repeat("x", 1<<20+1)+"\nget h i\n",
		"SERVER_ERROR flags other than 0 are not kept\nSERVER_ERROR object too large for cache\nEND\n")
	talk(t, m, "nonsense\n\nget\nset a 0 0\nset a 0 0 -1\n", "ERROR\nERROR\nERROR\nERROR\nCLIENT_ERROR bad command line format\n")

	// The same keys.
	c.Want("GET n", "1")
	c.Want("TTL e", "100")
	c.Want("SET redis text", "OK")
	c.Want("LPUSH l x", "1")
	talk(t, m, "get redis l\n", "VALUE redis 0 4\ntext\nEND\n")
	talk(t, m, "incr l 1\n", "SERVER_ERROR WRONGTYPE Operation against a key holding the wrong kind of value\n")

	// A client like any other.
	if list := c.Do("CLIENT LIST"); !strings.Contains(list, "addr="+m.LocalAddr().String()) {
		t.Errorf("it is not in %s", list)
	}
	c.Want("ACL SETUSER default -set", "OK")
	talk(t, m, "set x 0 0 1\nx\n", "SERVER_ERROR NOPERM User default has no permissions to run the 'set' command\n")
	talk(t, m, "quit\n", "")
	if _, err := m.Read(make([]byte, 1)); err == nil {
		t.Error("the connection has not ended")
	}
}

// TestCounting: clients of both protocols count together, and no count is lost.
func TestCounting(t *testing.T) {
	c, dial := start(t)
	c.Want("SET n 0", "OK")
	done := make(chan struct{})
	for range 4 {
		m := dial()
		go func() {
			defer func() { done <- struct{}{} }()
			in := bufio.NewReader(m)
			for range 500 {
				fmt.Fprint(m, "incr n 1\r\n")
				if _, err := in.ReadString('\n'); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	for range 500 {
		c.Do("INCR n")
	}
	for range 4 {
		<-done
	}
	c.Want("GET n", "2500")
}
