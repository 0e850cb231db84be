// Package memcache is an example of a protocol beside RESP: a part of memcached's text protocol, on a port of
// its own, over the same keys. What a client of Redis sets a client of memcached gets, and the other way round.
//
//	get key [key ...]   set key flags exptime bytes [noreply]   delete key [noreply]
//	incr key n [noreply]   decr key n [noreply]   version   quit
//
// Each connection is a client of the server like any other (core.Server.Serve): it is in CLIENT LIST, its
// permissions are asked, and what it does is logged and replicated as the commands that it comes to. Flags
// have no place in a string, so all but 0 are refused. This file is the module, protocol.go what is said.
package memcache

import (
	"context"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// New makes the module; give it to host.Main.
func New() core.Module { return &module{} }

type module struct {
	port *config.IntVar
	bind *config.StringVar

	server   core.Server
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc // ends all connections
	running  sync.WaitGroup
}

// Name implements core.Module.
func (*module) Name() string { return "memcache" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.port = r.Config.Int(config.Param{
		Name: "memcache-port", Section: "memcache", Default: "0", Flags: config.Immutable | config.Needed,
		Doc: "TCP port for clients of memcached. 0 for none.",
	}, 0, 65535)
	m.bind = r.Config.Text(config.Param{
		Name: "memcache-bind", Section: "memcache", Default: "127.0.0.1", Flags: config.Immutable,
		Doc: "The address that memcache-port is opened at.",
	})
	r.Commands(core.Command{
		Name: "memcache.add", Run: add, Arity: 4, Flags: core.Write | core.DenyOOM | core.Fast, ACL: core.CatString,
		Keys: core.FirstKey(core.KeyRW | core.KeyAccess | core.KeyUpdate),
		Doc: core.Doc{Summary: "Does what memcached's incr and decr do: a missing key stays missing, and there is nothing below 0.",
			Complexity: "O(1)", Args: "key sign(PLUS|MINUS) number"},
	})
	return nil
}

// add is MEMCACHE.ADD key PLUS|MINUS number: the one thing that no command of Redis does.
func add(c *core.Ctx) error {
	key := c.Args[1]
	by, err := strconv.ParseUint(string(c.Args[3]), 10, 64)
	if err != nil {
		return core.Err("invalid numeric delta argument")
	}
	e, err := c.FindTypeForWrite(key, keyspace.String)
	switch {
	case err != nil:
		return err
	case !e.OK():
		c.Null()
		return nil
	}
	n, err := strconv.ParseUint(string(e.Text(make([]byte, 20))), 10, 64)
	switch {
	case err != nil:
		return core.Err("cannot increment or decrement non-numeric value")
	case c.Is(2, "plus"):
		n += by // around 2^64, as there
	case c.Is(2, "minus"):
		n -= min(n, by)
	default:
		return core.ErrSyntax
	}
	text := strconv.AppendUint(nil, n, 10)
	c.SetString(key, text, keyspace.KeepTTL)
	c.Changed(core.EventString, "incrby", key)
	c.Bulk(text)
	return nil
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) (err error) {
	m.server = s
	m.ctx, m.cancel = context.WithCancel(context.Background())
	if m.port.Load() == 0 {
		return nil
	}
	a := config.ParseAddress(m.bind.Load(), m.port.Load())
	if m.listener, err = net.Listen(a.Network, a.Addr); err != nil {
		return err
	}
	m.running.Go(func() {
		for {
			conn, err := m.listener.Accept()
			if err != nil {
				return // Stop
			}
			m.running.Go(func() { m.serve(conn) })
		}
	})
	return nil
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	if m.cancel == nil {
		return
	}
	m.cancel()
	if m.listener != nil {
		_ = m.listener.Close()
	}
	m.running.Wait()
}

// patience is how long the server may take to let a client in.
const patience = 5 * time.Second

// serve serves one client until it goes or the server stops.
func (m *module) serve(conn net.Conn) {
	defer context.AfterFunc(m.ctx, func() { conn.Close() })()
	defer conn.Close()
	ours, theirs := net.Pipe()
	defer ours.Close()
	late, done := context.WithTimeout(m.ctx, patience)
	defer done()
	guest := core.Guest{Conn: theirs, Addr: conn.RemoteAddr().String(), LocalAddr: conn.LocalAddr().String()}
	if _, err := m.server.Serve(late, guest); err != nil {
		theirs.Close()
		m.server.Log().Named("memcache").Debug("a client is not let in", "error", err)
		return
	}
	newClient(conn, ours).run()
}
