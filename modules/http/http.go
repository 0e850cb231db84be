// Package http lets people and programs look at the server by HTTP: figures for Prometheus
// (/metrics), probes (/healthz, /readyz), profiles of the running program (/debug/pprof) and
// a console for browsers (/).
//
// It serves nobody else's data by its own right. Whoever asks for something is a client of
// the server like any other: each request gets a session (core.Server.Serve), which
// authenticates by the name and the password of the request, and what the session's user may
// not do is refused. So users, their permissions, CLIENT LIST and the log of refusals are
// the same for both ports, and nothing here decides over data.
//
// Figures are INFO's, under the names that the exporter for Prometheus of Redis
// (oliver006/redis_exporter) gives them, so that dashboards which exist show this server.
//
// The module is off unless http-port is set; it costs commands nothing in either case.
// New is all that is exported.
package http

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net"
	nethttp "net/http"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	params params
	srv    core.Server
	log    core.Logger
	certs  *certificates // nil without TLS
	scrape *scraper

	server    *nethttp.Server
	listeners []net.Listener
	serving   sync.WaitGroup // listeners and requests
	ctx       context.Context
	cancel    context.CancelFunc // ends requests that wait
}

// Name implements core.Module.
func (*module) Name() string { return "http" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.params.declare(r.Config)
	return nil
}

// Limits of what a client may do to the listener before anybody knows who it is.
const (
	headerTime = 5 * time.Second  // for a request's head to come
	bodyTime   = 15 * time.Second // for all of it
	answerTime = 60 * time.Second // for an answer to be made and sent
	idleTime   = 60 * time.Second // between two requests of a connection
	maxHeader  = 16 << 10         // bytes
	maxClients = 128              // connections at a time; others wait to be accepted
)

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.srv, m.log = s, s.Log().Named("http")
	m.ctx, m.cancel = context.WithCancel(context.Background())
	if m.params.port.Load() == 0 {
		return nil
	}
	if m.params.tls.Load() {
		m.certs = m.params.certificates(s)
		if _, err := m.certs.load(); err != nil {
			return err
		}
	}
	m.scrape = newScraper(m)
	m.server = &nethttp.Server{
		Handler: m.routes(), ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: answerTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: log.New(complaints{m.log}, "", 0),
		BaseContext: func(net.Listener) context.Context { return m.ctx },
	}
	if err := m.listen(); err != nil {
		m.closeListeners()
		return err
	}
	for _, l := range m.listeners {
		m.serving.Add(1)
		go func() {
			defer m.serving.Done()
			_ = m.server.Serve(l) // until Stop
		}()
	}
	return nil
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	if m.cancel != nil {
		m.cancel()
	}
	if m.server != nil {
		_ = m.server.Close()
	}
	m.closeListeners()
	m.serving.Wait()
}

// listen opens the listeners that the parameters ask for: all of them, or an error.
func (m *module) listen() error {
	room := make(chan struct{}, maxClients)
	for _, host := range m.params.bind.Load() {
		a := config.ParseAddress(host, m.params.port.Load())
		l, err := net.Listen(a.Network, a.Addr)
		switch {
		case a.Forgives(err):
			continue
		case err != nil:
			return fmt.Errorf("http-port: %w", err)
		}
		m.listeners = append(m.listeners, m.certs.wrap(&bounded{Listener: l, room: room}))
		m.log.Info("Serving HTTP", "addr", l.Addr(), "tls", m.certs != nil)
	}
	return nil
}

func (m *module) closeListeners() {
	for _, l := range m.listeners {
		l.Close()
	}
}

// complaints is where net/http logs what is wrong with clients.
type complaints struct{ log core.Logger }

// Write implements io.Writer.
func (c complaints) Write(line []byte) (int, error) {
	c.log.Debug(string(bytes.TrimSpace(line)))
	return len(line), nil
}
