package hashes

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

// rig runs the module's commands on a keyspace of their own, without a server.
type rig struct {
	t   testing.TB
	reg *core.Registry
	ks  *keyspace.Keyspace
	ctx core.Ctx
	now int64
	fed []string // what was propagated
	// events holds what was told: "hset k"; "+" stands before what the keyspace tells.
	events []string
}

func newRig(t testing.TB) *rig {
	r := &rig{t: t, reg: core.NewRegistry(config.NewSchema()), now: 1700000000000}
	m := &module{}
	r.reg.Add(m)
	r.reg.OnFeed(func(f core.Fed) {
		if f.Args != nil {
			r.fed = append(r.fed, fmt.Sprintf("%s", f.Args))
		}
	}).Set(true)
	r.reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.events = append(r.events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	}).Set(true)
	if err := r.reg.Freeze(); err != nil {
		t.Fatal(err)
	}
	r.ks = keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}, Events: r})
	t.Cleanup(r.ks.Close)
	if err := m.limit(r.ks); err != nil {
		t.Fatal(err)
	}
	r.ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks,
	}
	return r
}

func (r *rig) Expired(int, []byte) {}
func (r *rig) Created(int, []byte) {}

func (r *rig) MemberExpired(_ int, key []byte, v keyspace.Value, field []byte) {
	r.fed = append(r.fed, fmt.Sprintf("+%s %s %s", r.reg.TypeOf(v).Members.Command, key, field))
}

func (r *rig) MembersExpired(_ int, key []byte, v keyspace.Value, emptied bool) {
	r.events = append(r.events, fmt.Sprintf("+%s %s %v", r.reg.TypeOf(v).Members.Event, key, emptied))
}

// do runs a command given as words separated by blanks and returns the reply with
// its line ends shown as blanks.
func (r *rig) do(format string, args ...any) string {
	r.t.Helper()
	var argv [][]byte
	for word := range strings.FieldsSeq(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
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
	return strings.TrimSpace(strings.ReplaceAll(string(c.Buf), "\r\n", " "))
}
