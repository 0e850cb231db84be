// Package ferroustest gives a Go test a real server, in a few milliseconds and in the test's own
// process:
//
//	func TestVisits(t *testing.T) {
//		s := ferroustest.Start(t)
//		s.Seed("SET visits 41", "EXPIRE visits 60")
//		client := redis.NewClient(&redis.Options{Addr: s.Addr()}) // or Dialer: s.Dial, without sockets
//		...
//		s.FastForward(time.Minute)
//		s.Want("EXISTS visits", int64(0))
//	}
//
// It keeps nothing, listens on nothing until Addr is called, and ends with the test. It is the
// server that ferrous is, with the modules of the full one: what passes here is not passed by
// an imitation.
package ferroustest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous"
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/modules"
)

// Server is a server that ends with a test. Its methods fail the test rather than return
// errors, and may be called from any goroutine but for those that do so.
type Server struct {
	*ferrous.DB

	t    testing.TB
	trap *trap

	mu   sync.Mutex
	addr string // "" before Addr
}

// Start starts a server for a test. args configure it as a command line does: "--requirepass",
// "secret".
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartWith(t, modules.Full(), args...)
}

// StartWith is Start for a server of other modules, one's own among them.
func StartWith(t testing.TB, list []core.Module, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, trap: &trap{}}
	db, err := ferrous.Open("", ferrous.Options{
		Modules: append(slices.Clone(list), s.trap), Args: append([]string{"--dir", t.TempDir(), "--enable-debug-command", "yes"}, args...),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.DB = db
	t.Cleanup(func() { _ = db.Close() })
	if id, err := db.Do("CLIENT", "ID"); err == nil { // with a password, Do has to AUTH first, and is like the others
		s.trap.spared.Store(id.(int64))
	}
	return s
}

// Addr returns host and port of a listener on the loopback, which is opened by the first call.
func (s *Server) Addr() string {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for try := 0; s.addr == "" && try < 100; try++ {
		// Nobody tells a port that will be free in a moment, so that it is tried.
		port := fmt.Sprint(20000 + rand.IntN(30000))
		s.DB.Server().Standstill(func() {
			err = s.DB.Server().Registry().Config.Set([]config.Pair{{Name: "bind", Value: "127.0.0.1"}, {Name: "port", Value: port}}, config.SetOptions{AllowProtected: true})
		})
		if err == nil {
			s.addr = net.JoinHostPort("127.0.0.1", port)
		}
	}
	if s.addr == "" {
		s.t.Fatal(err)
	}
	return s.addr
}

// FastForward puts the server's clock ahead: keys expire, and idle clients are, as if the time
// had passed. Clients that are blocked until some time wait as long as before.
func (s *Server) FastForward(d time.Duration) { s.DB.Server().FastForward(d) }

// Seed executes commands, each given as words, that must not fail.
func (s *Server) Seed(commands ...string) {
	s.t.Helper()
	for _, c := range commands {
		s.must(c)
	}
}

// Want executes a command, given as words, and compares its reply, which is what DB.Do
// returns; an error reply is a ferrous.Error.
func (s *Server) Want(command string, want any) {
	s.t.Helper()
	got, err := s.do(command)
	if err != nil {
		got = err
	}
	if !reflect.DeepEqual(got, want) {
		s.t.Errorf("%s: %#v, want %#v", command, got, want)
	}
}

// Keys returns the names of all keys of database 0, sorted.
func (s *Server) Keys() []string {
	s.t.Helper()
	keys := texts(s.must("KEYS *"))
	slices.Sort(keys)
	return keys
}

// Dump returns what is in database 0, a line for each key in order: its name, its type, and what
// it holds, for people and for comparison.
func (s *Server) Dump() string {
	s.t.Helper()
	read := map[string][]any{
		"string": {"GET", ""}, "list": {"LRANGE", "", 0, -1}, "set": {"SMEMBERS", ""},
		"hash": {"HGETALL", ""}, "zset": {"ZRANGE", "", 0, -1, "WITHSCORES"}, "stream": {"XRANGE", "", "-", "+"},
	}
	var b strings.Builder
	for _, key := range s.Keys() {
		kind, err := s.Do("TYPE", key)
		if err != nil {
			s.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %v", key, kind)
		if call := slices.Clone(read[kind.(string)]); call != nil {
			call[1] = key
			value, err := s.Do(call...)
			if err != nil {
				s.t.Fatal(err)
			}
			if all, ok := value.([]any); ok && kind == "set" {
				slices.SortFunc(all, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			}
			fmt.Fprintf(&b, " %v", value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Fail has every command of other clients than Do refused with an error such as "LOADING wait",
// until it is called with "". Commands that have no keys are refused, too.
func (s *Server) Fail(text string) { s.trap.fail(text) }

// Disconnect ends the connections of all other clients than Do.
func (s *Server) Disconnect() {
	s.t.Helper()
	s.Seed("CLIENT KILL TYPE normal SKIPME yes", "CLIENT KILL TYPE pubsub")
}

func (s *Server) do(command string) (any, error) {
	words, err := config.SplitWords(command)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	return s.Do(args...)
}

func (s *Server) must(command string) any {
	s.t.Helper()
	reply, err := s.do(command)
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	return reply
}

func texts(reply any) (all []string) {
	list, _ := reply.([]any)
	for _, v := range list {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// trap is the module that refuses commands.
type trap struct {
	before *core.Switch
	text   atomic.Pointer[string]
	spared atomic.Int64 // the session of Do
}

// Name implements core.Module: it is not told of.
func (*trap) Name() string { return "" }

// Register implements core.Module.
func (t *trap) Register(r *core.Registry) error {
	t.before = r.OnBefore(func(c *core.Ctx, _ core.Where) error {
		if text := t.text.Load(); text != nil && c.Session != nil && int64(c.Session.ID) != t.spared.Load() {
			code, rest, _ := strings.Cut(*text, " ")
			return core.Error{Code: code, Text: rest}
		}
		return nil
	})
	return nil
}

func (t *trap) fail(text string) {
	if text == "" {
		t.before.Set(false)
		t.text.Store(nil)
		return
	}
	t.text.Store(&text)
	t.before.Set(true)
}
