package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/core/wire"
)

// pingTool is "ferrous ping": a health check for places where there is no shell and no
// redis-cli.
func (srv *Server) pingTool() core.Tool {
	return core.Tool{
		Name: "ping", Args: "[--within SECONDS] [HOST:PORT | redis[s]://[USER:PASSWORD@]HOST[:PORT]] [FILE] [--PARAMETER VALUE...]",
		Summary: "ask a server whether it serves",
		Help: `Asks a server whether it serves, for health checks. Without an address it is the one
that the configuration describes (file, environment, parameters): its port, or
tls-port, or unixsocket, with requirepass. The exit status is 0 if it serves, even
if it says no more than that one has to log in, and 1 if it cannot be reached, loads
its data, or refuses.

  --within SECONDS    how long to wait for the answer, 5 by default
`,
		Run: srv.ping,
	}
}

// asked is whom to ping.
type asked struct {
	address        string // "" for the server that the configuration describes
	secure         bool
	user, password string
}

// isHostPort tells an address from the name of a file: HOST:PORT or [HOST]:PORT.
func isHostPort(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || colon == len(s)-1 || strings.Trim(s[colon+1:], "0123456789") != "" {
		return false
	}
	host := s[:colon]
	if strings.HasPrefix(host, "[") {
		return len(host) > 2 && strings.IndexByte(host, ']') == len(host)-1
	}
	return !strings.ContainsAny(host, "/:[]")
}

func (srv *Server) ping(t *core.ToolCall) int {
	fail := func(err error) int {
		fmt.Fprintf(t.Stderr, "%s ping: %v\n", t.Program, err)
		return 1
	}
	within, args := 5*time.Second, t.Args
	if len(args) >= 2 && args[0] == "--within" {
		seconds, err := strconv.ParseFloat(args[1], 64)
		if err != nil || seconds <= 0 || seconds > 3600 {
			return fail(fmt.Errorf("--within %s: that is no number of seconds", args[1]))
		}
		within, args = time.Duration(seconds*float64(time.Second)), args[2:]
	}
	var who asked
	if len(args) > 0 && (strings.Contains(args[0], "://") || isHostPort(args[0])) {
		var err error
		if who, err = parseAsked(args[0]); err != nil {
			return fail(err)
		}
		args = args[1:]
	}
	if err := t.Configure(args); err != nil {
		return fail(err)
	}
	if v := t.Registry.Config.Find("requirepass"); v != nil && who.password == "" {
		who.password = v.String()
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	answer, err := who.ping(ctx, t.Dial)
	if err != nil {
		return fail(err)
	}
	fmt.Fprintln(t.Stdout, answer)
	return 0
}

func parseAsked(text string) (who asked, err error) {
	if !strings.Contains(text, "://") {
		who.address = text
		return who, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return who, errors.New("the URL must be redis://[USER:PASSWORD@]HOST[:PORT], or rediss:// for TLS")
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	who.address, who.secure = net.JoinHostPort(u.Hostname(), port), u.Scheme == "rediss"
	who.user = u.User.Username()
	who.password, _ = u.User.Password()
	return who, nil
}

// ping returns what the server answers, an error if it does not serve.
func (who asked) ping(ctx context.Context, dial func(context.Context, string, bool) (net.Conn, error)) (string, error) {
	conn, err := dial(ctx, who.address, who.secure)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	r := resp.NewReader(bufio.NewReader(conn))
	if who.password != "" {
		login := []string{"AUTH", who.password}
		if who.user != "" {
			login = []string{"AUTH", who.user, who.password}
		}
		// A server that needs no password says so, and serves.
		if answer, err := exchange(conn, r, login...); err != nil || strings.HasPrefix(answer.text, "WRONGPASS") {
			return "", errors.Join(err, errors.New(answer.text))
		}
	}
	answer, err := exchange(conn, r, "PING")
	if err != nil {
		return "", err
	}
	word, _, _ := strings.Cut(answer.text, " ")
	switch {
	case answer.kind == '+', word == "NOAUTH", word == "NOPERM", word == "DENIED":
		return answer.text, nil
	}
	return "", errors.New(answer.text)
}

// answer is a reply without elements.
type answer struct {
	kind byte
	text string
}

// exchange sends a command and returns the reply.
func exchange(w io.Writer, r *resp.Reader, command ...string) (answer, error) {
	if _, err := w.Write(wire.AppendWords(nil, command...)); err != nil {
		return answer{}, err
	}
	t, err := r.Next()
	if err == io.EOF {
		err = errors.New("the connection was closed without an answer")
	}
	return answer{t.Kind, string(t.Text)}, err
}
