package rdb_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/modules"
)

// shelf and gauge are values of two modules of third parties that have never heard
// of each other: strings, and numbers of every kind.
type (
	shelf struct {
		onHeap
		words []string
	}
	gauge struct {
		onHeap
		n      int64
		f      float64
		narrow float32
	}
)

// onHeap is what Objects without members in the arena have in common.
type onHeap struct{}

func (onHeap) Release(int) bool    { return true }
func (onHeap) Rehome(*arena.Arena) {}
func (onHeap) MemoryUsage() int64  { return 100 }
func (onHeap) HeapUsage() int64    { return 100 }
func (onHeap) Len() int            { return 1 }

func (s *shelf) Thaw() keyspace.Object { next := *s; return &next }
func (g *gauge) Thaw() keyspace.Object { next := *g; return &next }

func noRewrite[T any]([]byte, T, func(...[]byte) error) error { return nil }

type shelfModule struct{}

func (shelfModule) Name() string { return "shelf" }

func (shelfModule) Register(r *core.Registry) error {
	r.Type(core.ObjectType[*shelf]{
		Name: "shelf", ID: "shelf-tst", Version: 7,
		Save: func(w *rdb.FieldWriter, s *shelf) {
			w.Uint(uint64(len(s.words)))
			for _, word := range s.words {
				w.String([]byte(word))
			}
		},
		Load: func(in *rdb.FieldReader, _ *arena.Arena) (*shelf, error) {
			s := &shelf{}
			for range in.Count() {
				s.words = append(s.words, string(in.String()))
			}
			return s, nil
		},
		Rewrite: noRewrite[*shelf],
		Digest: func(s *shelf, d core.Digester) {
			for _, word := range s.words {
				d.Mix([]byte(word))
			}
		},
	}.Row())
	r.Commands(core.Command{
		Name: "shelf.put", Arity: -3, Flags: core.Write, Keys: core.FirstKey(core.KeyOW | core.KeyUpdate),
		Run: func(c *core.Ctx) error {
			s := &shelf{}
			for _, word := range c.Args[2:] {
				s.words = append(s.words, string(word))
			}
			core.PutObject(c, c.Args[1], s)
			c.Changed(core.EventModule, "shelf.put", c.Args[1])
			c.OK()
			return nil
		},
		Doc: core.Doc{Summary: "Puts a shelf.", Since: "1.0.0", Group: "module", Args: "key word..."},
	})
	return nil
}

type gaugeModule struct{}

func (gaugeModule) Name() string { return "gauge" }

func (gaugeModule) Register(r *core.Registry) error {
	r.Type(core.ObjectType[*gauge]{
		Name: "gauge", ID: "gauge-tst",
		Save: func(w *rdb.FieldWriter, g *gauge) {
			w.Int(g.n)
			w.Double(g.f)
			w.Float(g.narrow)
		},
		Load: func(in *rdb.FieldReader, _ *arena.Arena) (*gauge, error) {
			return &gauge{n: in.Int(), f: in.Double(), narrow: in.Float()}, nil
		},
		Rewrite: noRewrite[*gauge],
		Digest: func(g *gauge, d core.Digester) {
			d.Mix(fmt.Appendf(nil, "%d %x %x", g.n, g.f, g.narrow))
		},
	}.Row())
	r.Commands(core.Command{
		Name: "gauge.set", Arity: 4, Flags: core.Write, Keys: core.FirstKey(core.KeyOW | core.KeyUpdate),
		Run: func(c *core.Ctx) error {
			n, err := c.ArgInt(2)
			if err != nil {
				return err
			}
			f, err := c.ArgFloat(3)
			if err != nil {
				return err
			}
			core.PutObject(c, c.Args[1], &gauge{n: n, f: f, narrow: float32(f)})
			c.Changed(core.EventModule, "gauge.set", c.Args[1])
			c.OK()
			return nil
		},
		Doc: core.Doc{Summary: "Sets a gauge.", Since: "1.0.0", Group: "module", Args: "key n:integer f:double"},
	})
	return nil
}

// foreignDump has a server with both modules save values of both, between others,
// and returns the file and the digest of the data.
func foreignDump(t *testing.T) (path, digest, payload string) {
	t.Helper()
	s := startWith(t, t.TempDir(), append(modules.Full(), shelfModule{}, gaugeModule{}), "--save", "")
	c := s.connect()
	c.Want("SET text before", "OK")
	c.Want("SHELF.PUT s a bc 12345 "+strings.Repeat("long", 100), "OK")
	c.Want("GAUGE.SET g -9223372036854775808 0.1", "OK")
	c.Want("GAUGE.SET h 9223372036854775807 -inf", "OK")
	c.Want("PEXPIREAT h 33177117420001", "1")
	c.Want("SAVE", "OK")
	digest = c.digest()
	payload = c.Do("DUMP s")
	c.Want("DEBUG RELOAD", "OK")
	if got := c.digest(); got != digest {
		t.Errorf("after a reload the digest is %s, and was %s", got, digest)
	}
	c.Want("SAVE", "OK")
	return s.File("dump.rdb"), digest, payload
}

// Types of third parties are saved as Redis saves those of its modules: a server
// that has them loads the file, whoever has not passes over their values, and nobody
// loses the file.
func TestForeignTypes(t *testing.T) {
	path, digest, payload := foreignDump(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	out, errs, ok := ferrous(t, "check", path)
	if ok || !strings.Contains(out, "4 keys read") || !strings.Contains(out, "of type 'gauge-tst': 2") ||
		!strings.Contains(errs, "no matching module type 'gauge-tst' (2 times)") ||
		!strings.Contains(errs, "no matching module type 'shelf-tst' (1 times)") {
		t.Errorf("check: %v, %s%s", ok, out, errs)
	}
	// One of the two is not enough.
	for _, more := range [][]core.Module{nil, {shelfModule{}}} {
		_, err := tryWith(t, filepath.Dir(path), append(modules.Full(), more...))
		if err == nil || !strings.Contains(err.Error(), "The RDB file contains module data I can't load: no matching module type '") {
			t.Errorf("started with %v", err)
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, before) {
			t.Errorf("the file has changed (%v)", err)
		}
	}
	s := startWith(t, filepath.Dir(path), append(modules.Full(), gaugeModule{}, shelfModule{}))
	c := s.connect()
	if got := c.digest(); got != digest {
		t.Errorf("loaded %s, was %s", got, digest)
	}
	stranger := start(t, t.TempDir(), "--save", "")
	c = stranger.connect()
	if got := c.Args("RESTORE", "s", "0", payload); got != "-ERR Bad data format" {
		t.Errorf("RESTORE: %s", got)
	}
	if log := stranger.Log.String(); !strings.Contains(log, "no matching module type 'shelf-tst'") {
		t.Errorf("RESTORE logs %s", log)
	}
}

// Redis's own tools read past such values, and its server refuses them in the words that we use.
func TestForeignTypesInRedis(t *testing.T) {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("there is no redis-server")
	}
	path, _, _ := foreignDump(t)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(t.TempDir(), "dump.rdb")
	if err := os.WriteFile(old, older(file), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("redis-check-rdb", old).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("4 keys read")) || !bytes.Contains(out, []byte(`\o/ RDB looks OK! \o/`)) {
		t.Errorf("redis-check-rdb: %v: %s", err, out)
	}
	var log coretest.Log
	cmd := process(t, redis, io.Writer(&log), nil, "--port", "0", "--unixsocket", coretest.Socket(t), "--dir", filepath.Dir(old))
	_ = cmd.Wait()
	if !strings.Contains(log.String(), "The RDB file contains module data I can't load: no matching module type '") {
		t.Errorf("redis-server: %s", log.String())
	}
}
