package http

import (
	"errors"
	"fmt"
	nethttp "net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// page is what answers a request; the error, of type status, is told to the client.
type page func(w nethttp.ResponseWriter, r *nethttp.Request) error

// routes say what is where.
func (m *module) routes() nethttp.Handler {
	mux := nethttp.NewServeMux()
	get := func(path string, p page) { mux.Handle("GET "+path, m.answer(p)) }
	get("/healthz", m.health)
	get("/readyz", m.ready)
	get("/metrics", m.as(m.scrape.serve))
	get("/{$}", m.console)
	get("/console/{file}", m.console)
	get("/api/me", m.api(m.me))
	get("/api/figures", m.api(m.figures))
	get("/api/config", m.api(m.configuration))
	mux.Handle("POST /api/run", m.answer(m.api(m.run)))
	get("/debug/pprof/", m.profile(pprof.Index))
	get("/debug/pprof/cmdline", m.profile(pprof.Cmdline))
	get("/debug/pprof/profile", m.profile(pprof.Profile))
	get("/debug/pprof/symbol", m.profile(pprof.Symbol))
	get("/debug/pprof/trace", m.profile(pprof.Trace))
	return mux
}

// answer makes a handler of a page.
func (m *module) answer(p page) nethttp.Handler {
	return nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		m.serving.Add(1)
		defer m.serving.Done()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		if err := p(w, r); err != nil {
			m.refuse(w, r, err)
		}
	})
}

// refuse tells a client why it gets nothing.
func (m *module) refuse(w nethttp.ResponseWriter, r *nethttp.Request, err error) {
	s := status{nethttp.StatusInternalServerError, err.Error()}
	_ = errors.As(err, &s)
	if s.code == nethttp.StatusUnauthorized && r.Header.Get(ownHeader) == "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="ferrous", charset="UTF-8"`)
	}
	m.log.Debug("refused", "addr", r.RemoteAddr, "path", r.URL.Path, "code", s.code, "error", s.text)
	nethttp.Error(w, s.text, s.code)
}

// ownHeader is what the console sends with each request. A page of somebody else cannot
// send it without being asked whether it may, and it may not.
const ownHeader = "X-Ferrous"

// as makes a page of one that needs a session.
func (m *module) as(fn func(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) error) page {
	return func(w nethttp.ResponseWriter, r *nethttp.Request) error {
		g, err := m.enter(r)
		if err != nil {
			return err
		}
		defer g.Close()
		return fn(w, r, g)
	}
}

// profileTime is how long a profile may be taken.
const profileTime = 5 * time.Minute

// profile makes a page of a handler of net/http/pprof, for who may run DEBUG: profiles show
// how the server works and cost it time, but hold no data of keys.
func (m *module) profile(h nethttp.HandlerFunc) page {
	return m.as(func(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) error {
		if err := errors.Join(sameOrigin(r), calledByAddress(r)); err != nil {
			return err
		}
		if err := g.need(m, "debug"); err != nil {
			return err
		}
		_ = nethttp.NewResponseController(w).SetWriteDeadline(time.Now().Add(profileTime))
		h(w, r)
		return nil
	})
}

// health is /healthz: whether the server answers, whatever it answers. It tells nothing
// else, to anybody.
func (m *module) health(w nethttp.ResponseWriter, r *nethttp.Request) error {
	if _, err := m.ping(r); err != nil {
		return err
	}
	fmt.Fprintln(w, "ok")
	return nil
}

// ready is /readyz: whether clients are served from data that are complete, which they are
// not while the server loads, nor on a replica that is not in step with its master.
func (m *module) ready(w nethttp.ResponseWriter, r *nethttp.Request) error {
	reply, err := m.ping(r)
	if err != nil {
		return err
	}
	if f, ok := reply.(failure); ok && !strings.HasPrefix(string(f), "NOAUTH ") {
		return status{nethttp.StatusServiceUnavailable, string(f)}
	}
	if m.srv.Loading() {
		return status{nethttp.StatusServiceUnavailable, core.ErrLoading.Error()}
	}
	text := map[string]string{}
	for _, f := range fieldsOf(m.info("replication")) {
		text[f[0]] = f[1]
	}
	switch {
	case text["role"] != "slave":
	case text["master_sync_in_progress"] == "1":
		return status{nethttp.StatusServiceUnavailable, "a full sync with the master is in progress"}
	case text["master_link_status"] != "up":
		return status{nethttp.StatusServiceUnavailable, "the link to the master is down"}
	}
	fmt.Fprintln(w, "ok")
	return nil
}

// ping asks the server for a sign of life, as a client that is nobody.
func (m *module) ping(r *nethttp.Request) (any, error) {
	g, err := m.open(r)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return g.do("PING")
}

// info returns sections of INFO, all if none are named.
func (m *module) info(sections ...string) (text []byte) {
	if len(sections) == 0 {
		sections = []string{"all"}
	}
	look := m.srv.LookForInfo(sections)
	m.srv.Survey(look, func(c *core.Ctx) { text = m.srv.Info(c, nil, look) })
	return text
}
