package conformance

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/script"
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/internal/freeport"
	"github.com/ferrousdb/ferrous/modules"
)

// TestSnapshotsDoNotMove runs the lines of all scripts, each under a snapshot of
// its own, and compares what the snapshot sees before and after, to the last byte
// of every value. So every command that writes is shown to copy what a snapshot
// may read: once with values in their packed forms, once in their large ones.
// Freed memory is poisoned, which shows what was freed too early, and all keys are in
// one shard, so that a command that takes two is shown not to rely on where the one
// stands while it changes the other.
func TestSnapshotsDoNotMove(t *testing.T) {
	for name, args := range map[string][]string{
		"packed": nil,
		"large": {
			"--hash-max-listpack-entries", "0", "--zset-max-listpack-entries", "0",
			"--set-max-listpack-entries", "0", "--set-max-intset-entries", "0", "--list-max-listpack-size", "1",
			"--stream-node-max-entries", "2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startFrozen(t, args)
			for _, path := range scriptPaths(t) {
				sc, err := script.ParseFile(filepath.Join(scriptsDir, path))
				if err != nil {
					t.Fatal(err)
				}
				f.script(t, sc)
			}
			f.toItself(t)
			f.everyWriteRan(t)
		})
	}
}

// frozen is a server in this process, so that its data can be looked at, and the
// connections of a script to it.
type frozen struct {
	srv     *host.Server
	side    *Side
	changes *changes
}

func startFrozen(t *testing.T, args []string) frozen {
	t.Helper()
	port, err := freeport.Find()
	if err != nil {
		t.Fatal(err)
	}
	noted := &changes{seen: map[string]bool{}}
	log, err := os.Create(filepath.Join(t.TempDir(), "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if data, err := os.ReadFile(log.Name()); err == nil && t.Failed() {
			t.Logf("the server said:\n%s", data[max(0, len(data)-8<<10):])
		}
		log.Close()
	})
	srv, err := host.Start(host.Options{Log: logging.New(logging.Target{Output: log}), Modules: append(modules.Full(), noted), Args: append([]string{
		"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--arena-poison", "yes", "--one-shard", "yes",
		"--enable-debug-command", "yes", "--enable-protected-configs", "yes",
	}, args...)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	server := &Server{Addr: srv.Addr("tcp").String(), exited: make(chan struct{})}
	f := frozen{srv, &Side{Name: "ferrous", server: server}, noted}
	t.Cleanup(func() { f.side.control.Close() })
	return f
}

// script runs one script. Those that want a server of their own are about its
// arguments, and may end it.
func (f frozen) script(t *testing.T, sc *script.Script) {
	t.Helper()
	if sc.OwnServer {
		return
	}
	if err := f.side.Begin(sc, sc.Protos[0]); err != nil {
		t.Fatal(sc.Path, err)
	}
	var abilities *Abilities
	if err := withConn(f.side, func(c *Conn) (err error) {
		abilities, err = ReadAbilities(c)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for i := range sc.Steps {
		step := &sc.Steps[i]
		if len(abilities.Missing(step.Requires)) > 0 {
			continue
		}
		if err := f.step(step); err != nil {
			t.Fatalf("%s:%d %s: %v", sc.Path, step.Line, step.Text, err)
		}
	}
	if err := f.side.End(sc); err != nil {
		t.Fatal(sc.Path, err)
	}
}

// toItself runs what needs another server, which this one is for itself.
func (f frozen) toItself(t *testing.T) {
	t.Helper()
	_, port, err := net.SplitHostPort(f.side.server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	sc, err := script.Parse("to itself", "RPUSH moved 1 2 3\nMIGRATE 127.0.0.1 "+port+" moved 1 5000\n")
	if err != nil {
		t.Fatal(err)
	}
	f.script(t, sc)
}

func (f frozen) step(step *script.Step) error {
	ks := f.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	s := ks.Freeze()
	ks.Unlock(keyspace.AllShards)
	defer s.End()
	before := f.sees(s)
	if _, err := f.side.Step(step); err != nil {
		return err
	}
	if after := f.sees(s); !maps.Equal(before, after) {
		return fmt.Errorf("the snapshot moved:\nbefore %q\nafter  %q", before, after)
	}
	return nil
}

// sees returns all that a snapshot holds. No lock is taken.
func (f frozen) sees(s *keyspace.Snapshot) map[string]string {
	all := map[string]string{}
	for db := range s.Databases() {
		for shard := range keyspace.Shards {
			s.Walk(db, shard, func(k keyspace.Frozen) bool {
				opcode, value := rdb.Encode(true, func(w *rdb.Writer) { f.srv.Registry().TypeOf(k.Value).Save(w, k.Value) })
				all[fmt.Sprintf("%d %q", db, k.Key)] = fmt.Sprintf("%d %d %x", k.Expire, opcode, value)
				return true
			})
		}
	}
	return all
}

// everyWriteRan is the gate: of a command that may write and never changed
// anything here nothing has been shown.
func (f frozen) everyWriteRan(t *testing.T) {
	t.Helper()
	f.changes.Lock()
	defer f.changes.Unlock()
	for _, cmd := range f.srv.Registry().All() {
		if cmd.Flags&core.Write != 0 && cmd.Run != nil && !f.changes.seen[cmd.FullName()] {
			t.Errorf("%s never changed anything under a snapshot", cmd.FullName())
		}
	}
}

// changes is a module that notes which commands have changed data.
type changes struct {
	sync.Mutex
	seen map[string]bool
}

func (*changes) Name() string { return "changes" }

func (m *changes) Register(r *core.Registry) error {
	r.OnAfter(func(c *core.Ctx, _ core.Done) {
		if c.Dirty > 0 {
			m.Lock()
			defer m.Unlock()
			m.seen[c.Cmd.FullName()] = true
		}
	}).Set(true)
	return nil
}
