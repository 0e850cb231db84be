package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	nethttp "net/http"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
)

// guest is the session of a request: a client of the server, on a connection that has no
// network under it. It ends with the request.
type guest struct {
	conn    net.Conn
	in      *bufio.Reader
	session *core.Session
	ctx     context.Context
	stop    func() bool
}

// status is an error with the code of HTTP that says the same.
type status struct {
	code int
	text string
}

// Error implements error.
func (s status) Error() string { return s.text }

// patience is how long a session may take to begin: while a script runs for long, or the
// server starts, nobody gets in.
const patience = 5 * time.Second

// enter opens a session for a request and authenticates it, with the name and the password
// that the request brings, if it does. Close it. The error is a status.
func (m *module) enter(r *nethttp.Request) (*guest, error) {
	user, password, named := r.BasicAuth()
	args := []string{"HELLO", "3"}
	switch {
	case named:
		args = append(args, "AUTH", user, password)
	case r.Header.Get("Authorization") != "": // who wants to be somebody is not let in as nobody
		return nil, status{nethttp.StatusUnauthorized, "WRONGPASS a name and a password are wanted (Basic)"}
	}
	g, err := m.open(r)
	if err != nil {
		return nil, err
	}
	reply, err := g.do(append(args, "SETNAME", "http")...)
	if e, ok := reply.(failure); ok {
		err = e.status()
	}
	if err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// open opens a session that is nobody's yet.
func (m *module) open(r *nethttp.Request) (*guest, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	local := ""
	if a, ok := r.Context().Value(nethttp.LocalAddrContextKey).(net.Addr); ok {
		local = a.String()
	}
	mine, theirs := net.Pipe()
	s, err := m.srv.Serve(ctx, core.Guest{Conn: theirs, Addr: r.RemoteAddr, LocalAddr: local, TLS: r.TLS != nil})
	if err != nil {
		mine.Close()
		theirs.Close()
		return nil, status{nethttp.StatusServiceUnavailable, err.Error()}
	}
	_ = mine.SetDeadline(time.Now().Add(patience))
	g := &guest{conn: mine, in: bufio.NewReader(mine), session: s, ctx: r.Context()}
	// A client that goes away ends what its session waits for.
	g.stop = context.AfterFunc(r.Context(), func() { mine.Close() })
	return g, nil
}

// Close ends the session.
func (g *guest) Close() {
	g.stop()
	g.conn.Close()
}

// do runs a command and returns its reply, whose errors are failures. The error says that
// there is no reply.
func (g *guest) do(args ...string) (any, error) {
	raw := make([][]byte, len(args))
	for i, a := range args {
		raw[i] = []byte(a)
	}
	return g.run(raw)
}

func (g *guest) run(args [][]byte) (any, error) {
	var w resp.Writer
	w.Array(len(args))
	for _, a := range args {
		w.Bulk(a)
	}
	if _, err := g.conn.Write(w.Buf); err != nil {
		return nil, g.lost(err)
	}
	reply, err := readReply(g.in)
	if err != nil {
		return nil, g.lost(err)
	}
	return reply, nil
}

// lost is the status for a reply that does not come.
func (g *guest) lost(err error) error {
	var late net.Error
	switch {
	case errors.Is(err, errTooLarge):
		return status{nethttp.StatusRequestEntityTooLarge, err.Error()}
	case errors.As(err, &late) && late.Timeout():
		return status{nethttp.StatusGatewayTimeout, "the server does not answer"}
	}
	return status{nethttp.StatusServiceUnavailable, "the server has closed the connection"}
}

// status is what the refusal of a client means in HTTP.
func (f failure) status() error {
	code, _, _ := strings.Cut(string(f), " ")
	switch code {
	case "NOAUTH", "WRONGPASS":
		return status{nethttp.StatusUnauthorized, string(f)}
	case "NOPERM", "DENIED":
		return status{nethttp.StatusForbidden, string(f)}
	}
	return status{nethttp.StatusServiceUnavailable, string(f)}
}

// standing is what the server knows of a session's user.
type standing struct {
	user          string
	authenticated bool
	may           bool // run the command that was asked for
}

// ask asks on the session's own loop who its user is, and whether he may run a command,
// without running it. Nothing of that is logged.
func (g *guest) ask(m *module, words ...string) (standing, error) {
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	cmd := m.srv.Registry().Find(strings.Join(words[:min(len(words), 1)], ""))
	if cmd != nil && len(words) > 1 && len(cmd.Sub) > 0 {
		cmd = cmd.Subcommand(args[1])
	}
	if cmd == nil {
		return standing{}, status{nethttp.StatusNotFound, fmt.Sprintf("this server has no command %s", strings.ToUpper(strings.Join(words, " ")))}
	}
	answer := make(chan standing, 1)
	g.session.Conn.DeliverFunc(func(s *core.Session, _ *resp.Writer) {
		answer <- standing{s.User, s.Authenticated, mayRun(s, cmd, args)}
	})
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case a := <-answer:
		return a, nil
	case <-late.C:
		return standing{}, status{nethttp.StatusGatewayTimeout, "the server does not answer"}
	case <-g.ctx.Done():
		return standing{}, status{nethttp.StatusServiceUnavailable, "the client has gone"}
	}
}

// mayRun reports whether a session's user may run a command with some keys and channels:
// which, is seen when he does. So none are looked for among the arguments, which need not be complete.
func mayRun(s *core.Session, cmd *core.Command, args [][]byte) bool {
	row := *cmd
	row.Keys, row.FindKeys, row.Channels = nil, nil, core.Channels{}
	return s.Authenticated && (s.Perms == nil || s.Perms.Allows(&row, args))
}

// need returns an error unless the session's user may run a command.
func (g *guest) need(m *module, words ...string) error {
	s, err := g.ask(m, words...)
	if err == nil && !s.may {
		err = status{nethttp.StatusForbidden, fmt.Sprintf("NOPERM User %s has no permissions to run the '%s' command", s.user, strings.Join(words, "|"))}
	}
	return err
}
