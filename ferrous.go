// Package ferrous is a whole server inside a Go program: no process, no port, and data that
// stay where the program says.
//
//	db, err := ferrous.Open("data")
//	...
//	defer db.Close()
//	db.Do("SET", "visits", 1)
//	n, err := db.Do("INCR", "visits") // int64(2)
//
// Client libraries talk to it, too, over DB.Dial. For tests there is package ferroustest. A
// server that is a program of its own is made with package host.
package ferrous

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules"
)

// DB is a server that runs in this process. It is safe for concurrent use.
type DB struct {
	server *host.Server

	mu   sync.Mutex // guards the connection of Do
	conn *Conn
}

// Options say what Open opens.
type Options struct {
	// Modules are what the server is made of; nil for those of the full one.
	Modules []core.Module
	// Args configure it as a command line does, after what Open has set: "--appendfsync",
	// "always". See docs/configuration.md.
	Args []string
	// Log is where it logs; nil for nowhere.
	Log core.Logger
}

// Open starts a server whose data are in a directory, which must exist: a log of all writes
// (appendonly), and what was there of dumps. Without a directory ("") nothing is kept. It
// listens nowhere unless Args say so.
func Open(dir string, options ...Options) (*DB, error) {
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	if o.Modules == nil {
		o.Modules = modules.Full()
	}
	args := []string{"--port", "0", "--save", ""}
	if dir != "" {
		args = append(args, "--dir", dir, "--appendonly", "yes")
	}
	srv, err := host.Start(host.Options{Modules: o.Modules, Args: append(args, o.Args...), Log: o.Log})
	if err != nil {
		return nil, err
	}
	return &DB{server: srv}, nil
}

// Close ends the server; what was acknowledged is on the disk when it returns.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.conn != nil {
		db.conn.Close()
	}
	db.server.Stop()
	return nil
}

// Server is the server itself.
func (db *DB) Server() *host.Server { return db.server }

// Dial returns a connection for a client library. Its network and address are not looked at,
// so that it fits as a dialer: redis.Options{Dialer: db.Dial}.
func (db *DB) Dial(_ context.Context, _, _ string) (net.Conn, error) { return db.server.Connect() }

// Conn returns a connection of its own for Do: for transactions, and for commands that wait.
func (db *DB) Conn() (*Conn, error) {
	c, err := db.server.Connect()
	if err != nil {
		return nil, err
	}
	return newConn(c), nil
}

// Do executes a command and returns its reply, as Conn.Do does. All calls share a
// connection: SELECT holds for the others, and a command that waits has them wait.
func (db *DB) Do(args ...any) (any, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.conn == nil {
		c, err := db.Conn()
		if err != nil {
			return nil, err
		}
		db.conn = c
	}
	reply, err := db.conn.Do(args...)
	var e Error
	if err != nil && !errors.As(err, &e) { // the connection is of no use any more
		db.conn.Close()
		db.conn = nil
	}
	return reply, err
}
