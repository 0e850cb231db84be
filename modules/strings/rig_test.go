package strings

import (
	"fmt"
	stdstrings "strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// rig runs the module's commands on a keyspace of their own, without a server.
type rig struct {
	t      testing.TB
	reg    *core.Registry
	ks     *keyspace.Keyspace
	ctx    core.Ctx
	now    int64
	fed    []string // what was propagated
	events []string // "set k"
	feed   *core.Switch
}

func newRig(t testing.TB) *rig {
	schema := config.NewSchema()
	schema.Memory(config.Param{Name: "proto-max-bulk-len", Default: "1mb"}, 1, 1<<40)
	r := &rig{t: t, reg: core.NewRegistry(schema), now: 1700000000000}
	m := &module{}
	r.reg.Add(m)
	r.feed = r.reg.OnFeed(func(f core.Fed) {
		r.fed = append(r.fed, fmt.Sprintf("%s", f.Args))
	})
	events := r.reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.events = append(r.events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	})
	if err := r.reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := m.follow(schema); err != nil {
		t.Fatal(err)
	}
	r.feed.Set(true)
	events.Set(true)
	r.ks = keyspace.New(keyspace.Options{Databases: 1})
	t.Cleanup(r.ks.Close)
	r.ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks,
	}
	return r
}

// do runs a command given as words separated by blanks and returns the reply
// with its line ends shown as blanks.
func (r *rig) do(format string, args ...any) string {
	r.t.Helper()
	var argv [][]byte
	for _, word := range stdstrings.Fields(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
	return r.run(argv...)
}

func (r *rig) run(argv ...[]byte) string {
	r.t.Helper()
	cmd := r.reg.Find(string(argv[0]))
	if cmd == nil || !cmd.ArityOK(len(argv)) {
		r.t.Fatalf("no such call: %q", argv)
	}
	c := &r.ctx
	c.Reset(cmd, argv)
	c.Now = r.now
	c.Buf = c.Buf[:0]
	r.fed, r.events = nil, nil
	r.ks.Lock(keyspace.AllShards)
	defer r.ks.Unlock(keyspace.AllShards)
	if err := cmd.Run(c); err != nil {
		if len(c.Buf) > 0 {
			r.t.Errorf("%q: replied %q and failed with %v", argv, c.Buf, err)
		}
		return "-" + err.Error()
	}
	c.Feed()
	return stdstrings.TrimSpace(stdstrings.ReplaceAll(string(c.Buf), "\r\n", " "))
}

// encoding is what OBJECT ENCODING would answer.
func (r *rig) encoding(key string) string {
	r.ks.Lock(keyspace.AllShards)
	defer r.ks.Unlock(keyspace.AllShards)
	e := r.ks.DB(0).Find([]byte(key), r.now, 0)
	if !e.OK() {
		return "none"
	}
	return r.reg.TypeOf(e.Value()).Encoding(e.Value())
}
