package sets

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/resp"
)

// rig runs the module's commands on a keyspace of their own, without a server.
// Freed memory is poisoned.
type rig struct {
	t      failer
	reg    *core.Registry
	module *module
	ks     *keyspace.Keyspace
	ctx    core.Ctx
	fed    []string // what was fed: "SREM s a"
	events []string // "spop s"

	listening func(on bool) // switches both
}

// failer is a test, or a rapid one.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func newRig(t failer) *rig {
	r := &rig{t: t, reg: core.NewRegistry(config.NewSchema()), module: &module{}}
	r.reg.Add(r.module)
	feed := r.reg.OnFeed(func(f core.Fed) {
		var words []string
		for _, a := range f.Args {
			words = append(words, string(a))
		}
		r.fed = append(r.fed, strings.Join(words, " "))
	})
	events := r.reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.events = append(r.events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	})
	r.listening = func(on bool) { feed.Set(on); events.Set(on) }
	r.listening(true)
	if err := r.reg.Freeze(); err != nil {
		t.Fatalf("%v", err)
	}
	r.ks = keyspace.New(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}})
	r.limits(512, 128)
	r.ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Hooks: r.reg.Hooks, Now: 1_700_000_000_000,
	}
	return r
}

// limits sets set-max-intset-entries and set-max-listpack-entries.
func (r *rig) limits(ints, entries int64) {
	r.module.ints.Store(ints)
	r.module.entries.Store(entries)
	if err := r.module.limit(r.ks); err != nil {
		r.t.Fatalf("%v", err)
	}
}

// end deletes everything and proves that no memory is left.
func (r *rig) end() {
	r.t.Helper()
	r.ks.DB(0).Flush()
	for sh := range keyspace.Shards {
		for r.ks.Sweep(sh, r.ctx.Now, 1000, true) {
		}
	}
	if n := r.ks.ExactMemory(); n != 0 {
		r.t.Errorf("%d bytes are left in an empty keyspace", n)
	}
	r.ks.Close()
}

// do runs a command given as words separated by blanks and returns the reply with
// its line ends shown as blanks.
func (r *rig) do(format string, args ...any) string {
	r.t.Helper()
	var argv [][]byte
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
	cmd := r.reg.Find(string(argv[0]))
	if cmd == nil || !cmd.ArityOK(len(argv)) {
		r.t.Fatalf("no such call: %q", argv)
	}
	c := &r.ctx
	c.Reset(cmd, argv)
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

// want runs a command and compares the reply, what was fed and the events.
func (r *rig) want(command, reply, fed string, events ...string) {
	r.t.Helper()
	if got := r.do("%s", command); got != reply {
		r.t.Errorf("%s: replied %q, not %q", command, got, reply)
	}
	r.wantFed(command, fed, events...)
}

func (r *rig) wantFed(command, fed string, events ...string) {
	r.t.Helper()
	if got := strings.Join(r.fed, "; "); got != fed {
		r.t.Errorf("%s: fed %q, not %q", command, got, fed)
	}
	if !slices.Equal(r.events, events) {
		r.t.Errorf("%s: events %q, not %q", command, r.events, events)
	}
}
