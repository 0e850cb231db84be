package http

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"strconv"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/resp"
)

// /api is what the console is made of. A request needs the header X-Ferrous, which no page of another
// site can send, and runs commands as its user: nothing is allowed here that is not allowed by redis-cli.

const (
	mostCommands = 1024             // of a request
	mostRequest  = 8 << 20          // bytes
	runTime      = 30 * time.Second // for all commands of a request
)

// api makes a page of one of /api.
func (m *module) api(fn func(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) (any, error)) page {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) error {
		if r.Header.Get(ownHeader) == "" {
			return status{nethttp.StatusForbidden, "the header " + ownHeader + " is missing"}
		}
		if err := errors.Join(sameOrigin(r), calledByAddress(r)); err != nil {
			return err
		}
		return m.as(func(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) error {
			answer, err := fn(w, r, g)
			if err != nil {
				return err
			}
			if text, ok := answer.([]byte); ok {
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				_, _ = w.Write(text)
				return nil
			}
			w.Header().Set("Content-Type", "application/json")
			return json.NewEncoder(w).Encode(answer)
		})(w, r)
	}
}

// run is POST /api/run: commands, one after the other, on a session of their own.
func (m *module) run(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) (any, error) {
	var request struct {
		DB       int     `json:"db"`
		Commands [][]any `json:"commands"`
	}
	if err := json.NewDecoder(nethttp.MaxBytesReader(w, r.Body, mostRequest)).Decode(&request); err != nil {
		return nil, status{nethttp.StatusBadRequest, err.Error()}
	}
	if len(request.Commands) > mostCommands {
		return nil, status{nethttp.StatusBadRequest, "there are too many commands"}
	}
	_ = g.conn.SetDeadline(time.Now().Add(runTime))
	if request.DB != 0 {
		reply, err := g.do("SELECT", strconv.Itoa(request.DB))
		if f, ok := reply.(failure); ok {
			err = status{nethttp.StatusBadRequest, string(f)}
		}
		if err != nil {
			return nil, err
		}
	}
	replies := make([]any, 0, len(request.Commands))
	for _, words := range request.Commands {
		args, err := readArgs(words)
		if err != nil {
			return nil, err
		}
		reply, err := g.run(args)
		if err != nil {
			return nil, err
		}
		replies = append(replies, encode(reply))
	}
	return map[string]any{"replies": replies}, nil
}

// readArgs reads the words of a command: strings, or {"b64": ...} for what is no UTF-8.
func readArgs(words []any) ([][]byte, error) {
	args := make([][]byte, len(words))
	for i, w := range words {
		if text, ok := w.(string); ok {
			args[i] = []byte(text)
			continue
		}
		object, _ := w.(map[string]any)
		text, ok := object["b64"].(string)
		b, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil {
			return nil, status{nethttp.StatusBadRequest, fmt.Sprintf("word %d is neither a string nor {\"b64\": ...}", i)}
		}
		args[i] = b
	}
	if len(args) == 0 {
		return nil, status{nethttp.StatusBadRequest, "a command without words"}
	}
	return args, nil
}

// figures is GET /api/figures: INFO.
func (m *module) figures(_ nethttp.ResponseWriter, _ *nethttp.Request, g *guest) (any, error) {
	if err := g.need(m, "info"); err != nil {
		return nil, err
	}
	return m.info(), nil
}

// me is GET /api/me: who the user is, and which commands he may run with some arguments.
func (m *module) me(_ nethttp.ResponseWriter, r *nethttp.Request, g *guest) (any, error) {
	type answer struct {
		User     string   `json:"user"`
		Commands []string `json:"commands"`
	}
	told := make(chan answer, 1)
	g.session.Conn.DeliverFunc(func(s *core.Session, _ *resp.Writer) {
		a := answer{User: s.User}
		add := func(cmd *core.Command) {
			if cmd.Run != nil && mayRun(s, cmd, [][]byte{[]byte(cmd.Name)}) {
				a.Commands = append(a.Commands, cmd.FullName())
			}
		}
		for _, cmd := range m.srv.Registry().Callable() {
			add(cmd)
			for i := range cmd.Sub {
				add(&cmd.Sub[i])
			}
		}
		told <- a
	})
	select {
	case a := <-told:
		if a.User == "" {
			return nil, status{nethttp.StatusUnauthorized, "NOAUTH Authentication required."}
		}
		return a, nil
	case <-time.After(patience):
	case <-r.Context().Done():
	}
	return nil, status{nethttp.StatusGatewayTimeout, "the server does not answer"}
}

// parameter is a parameter as the console shows it.
type parameter struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Doc     string `json:"doc"`
	Section string `json:"section"`
	Changed bool   `json:"changed"`
	Fixed   bool   `json:"fixed"`  // at start-up
	Secret  bool   `json:"secret"` // its value is not told
	Effect  string `json:"effect"` // why it has none
}

// configuration is GET /api/config: what CONFIG GET tells, and what it differs from. Secrets
// are not told.
func (m *module) configuration(_ nethttp.ResponseWriter, _ *nethttp.Request, g *guest) (any, error) {
	if err := g.need(m, "config", "get", "*"); err != nil {
		return nil, err
	}
	all := []parameter{}
	for _, v := range m.srv.Registry().Config.All() {
		p := v.Param()
		if p.Has(config.Directive) || p.Has(config.Hidden) {
			continue
		}
		x := parameter{
			Name: p.Name, Value: v.String(), Default: v.DefaultString(), Doc: p.Doc, Section: p.Section,
			Changed: v.String() != v.DefaultString(), Fixed: p.Has(config.Immutable), Secret: p.Has(config.Sensitive), Effect: p.NoEffect,
		}
		if x.Secret && x.Value != "" {
			x.Value = core.Redacted
		}
		all = append(all, x)
	}
	return all, nil
}
