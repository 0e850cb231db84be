package hyperloglog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// rig runs the module's commands on a poisoned keyspace of their own, without a
// server.
type rig struct {
	t      testing.TB
	m      *module
	reg    *core.Registry
	ks     *keyspace.Keyspace
	ctx    core.Ctx
	fed    []string // what was propagated
	events []string // "pfadd k"
}

const rigNow = 1700000000000

func newRig(t testing.TB) *rig {
	schema := config.NewSchema()
	m := &module{}
	r := &rig{t: t, m: m, reg: core.NewRegistry(schema)}
	r.reg.Add(m)
	feed := r.reg.OnFeed(func(f core.Fed) { r.fed = append(r.fed, fmt.Sprintf("%s", f.Args)) })
	events := r.reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.events = append(r.events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	})
	if err := r.reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	feed.Set(true)
	events.Set(true)
	r.ks = keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	r.ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks, Now: rigNow,
	}
	return r
}

// do runs a command given as words separated by blanks and returns the reply
// with its line ends shown as blanks.
func (r *rig) do(format string, args ...any) string {
	r.t.Helper()
	words := strings.Fields(fmt.Sprintf(format, args...))
	argv := make([][]byte, len(words))
	for i, word := range words {
		argv[i] = []byte(word)
	}
	cmd := r.reg.Find(words[0])
	if cmd == nil || !cmd.ArityOK(len(argv)) {
		r.t.Fatalf("no such call: %q", words)
	}
	c := &r.ctx
	c.Reset(cmd, argv)
	c.Buf = c.Buf[:0]
	r.fed, r.events = nil, nil
	if err := cmd.Run(c); err != nil {
		if len(c.Buf) > 0 || c.Dirty > 0 {
			r.t.Errorf("%q: replied %q, made %d changes and failed with %v", words, c.Buf, c.Dirty, err)
		}
		return "-" + err.Error()
	}
	c.Feed()
	return strings.TrimSpace(strings.ReplaceAll(string(c.Buf), "\r\n", " "))
}

func (r *rig) set(key, value string, expire int64) {
	r.ctx.DB.PutString(r.ks.Hash([]byte(key)), []byte(key), []byte(value), expire, rigNow)
}

// get returns a key's value, "" if it is missing.
func (r *rig) get(key string) string {
	e := r.ctx.DB.Find([]byte(key), rigNow, 0)
	if !e.OK() {
		return ""
	}
	return string(e.Data())
}

// contents are all keys of a snapshot with their values.
func (r *rig) contents(s *keyspace.Snapshot) map[string]string {
	all := map[string]string{}
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			all[string(f.Key)] = string(keyspace.TextOf(f.Value, nil))
			return true
		})
	}
	return all
}
