package lua

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/resp"
)

// fakeHost is a server that knows some commands.
type fakeHost struct {
	data map[string]string
	logs []string
	poll func() error
}

func (h *fakeHost) Call(args [][]byte, proto int) []byte {
	w := resp.Writer{Proto: proto}
	switch name := strings.ToLower(string(args[0])); {
	case name == "get" && len(args) == 2:
		if v, ok := h.data[string(args[1])]; ok {
			w.BulkString(v)
		} else {
			w.Null()
		}
	case name == "set" && len(args) == 3:
		h.data[string(args[1])] = string(args[2])
		w.OK()
	case name == "echo" && len(args) == 2:
		w.Bulk(args[1])
	case name == "raw" && len(args) == 2:
		w.Raw(args[1])
	case name == "get" || name == "set" || name == "echo":
		w.Error("ERR Wrong number of args calling Redis command from script")
	default:
		w.Error("ERR Unknown Redis command called from script")
	}
	return w.Buf
}

func (h *fakeHost) Log(level int, s string) { h.logs = append(h.logs, fmt.Sprint(level, " ", s)) }
func (h *fakeHost) Replicate(int)           {}

func (h *fakeHost) Allowed(args [][]byte) (allowed, known bool) {
	return true, string(args[0]) == "get"
}

func (h *fakeHost) Poll() error {
	if h.poll != nil {
		return h.poll()
	}
	return nil
}

func newTestEngine() (*Engine, *fakeHost) {
	return New(Options{Version: "7.0.15", VersionNum: 0x0007000f}), &fakeHost{data: map[string]string{}}
}

// eval runs a script on the engine, and gives its reply, or its error as a reply.
func eval(e *Engine, h *fakeHost, limits Limits, proto int, source string, keysAndArgs ...string) string {
	c, err := Compile(source, "@user_script")
	if err != nil {
		return "-ERR Error compiling script (new function): " + err.Error() + "\r\n"
	}
	call := Call{Host: h, Limits: limits, Reply: &resp.Writer{Proto: proto}}
	for i, s := range keysAndArgs {
		if i%2 == 0 {
			call.Keys = append(call.Keys, []byte(s))
		} else {
			call.Args = append(call.Args, []byte(s))
		}
	}
	failed := e.Run(c, &call)
	scribble(&e.stock)
	if err := failed; err != nil {
		if err.Source == "" {
			return "-" + line(err.Text) + "\r\n"
		}
		return fmt.Sprintf("-%s script: SHA, on %s:%d.\r\n", line(err.Text), err.Source, err.Line)
	}
	return string(call.Reply.Buf)
}

// oracle is a connection to a real redis-server.
type oracle struct {
	c        net.Conn
	r        *bufio.Reader
	patience time.Duration // how long a reply may take
	stop     func()        // ends the server
}

func startOracle(t testing.TB) *oracle {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: there is nothing to compare with")
	}
	return startServer(t, path, "--lua-time-limit", "100")
}

// startServer starts a program that takes redis-server's options.
func startServer(t testing.TB, path string, options ...string) *oracle {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	cmd := exec.Command(path, append([]string{"--port", "0", "--unixsocket", socket, "--save", "", "--dir", t.TempDir()}, options...)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(stop)
	for deadline := time.Now().Add(time.Minute); ; {
		c, err := net.Dial("unix", socket)
		if err == nil {
			t.Cleanup(func() { c.Close() })
			return &oracle{c, bufio.NewReader(c), patience, stop}
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// patience is how long a reply usually may take: longer than anybody stops the machine.
const patience = 10 * time.Minute

// do sends a command and returns the bytes of the reply.
func (o *oracle) do(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(o.c, b.String()); err != nil {
		return "lost: " + err.Error()
	}
	_ = o.c.SetReadDeadline(time.Now().Add(o.patience))
	s, err := o.reply()
	if err != nil {
		return "lost: " + err.Error()
	}
	return s
}

func (o *oracle) reply() (string, error) {
	s, err := o.r.ReadString('\n')
	if err != nil {
		return s, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(s[1:]))
	switch s[0] {
	case '$', '=':
		if n >= 0 {
			b := make([]byte, n+2)
			_, err = io.ReadFull(o.r, b)
			s += string(b)
		}
	case '%':
		n *= 2
		fallthrough
	case '*', '~':
		for ; n > 0 && err == nil; n-- {
			var x string
			x, err = o.reply()
			s += x
		}
	}
	return s, err
}

// eval runs a script there, and gives its reply with the SHA1 taken out.
func (o *oracle) eval(source string) string {
	s := o.do("EVAL", source, "0")
	if i := strings.Index(s, " script: "); s[0] == '-' && i >= 0 {
		if j := strings.Index(s[i:], ", on "); j >= 0 {
			s = s[:i] + " script: SHA" + s[i+j:]
		}
	}
	if strings.HasPrefix(s, "-ERR Error compiling") {
		s = strings.TrimRight(s, "\r\n") + "\r\n"
	}
	return s
}
