// Package coretest is for the tests of modules, those of third parties too. Nothing
// but tests imports it, so it alone in core sees the host.
//
//   - Rig runs the commands of one module on a keyspace of its own, without a server,
//     and tells what a command has replied, fed to the log and published: the
//     quickest, and for looking into the module.
//   - Server is a whole server of any modules in the test's process, and Client a connection
//     to it, which can block. Feed hears what logs and replicas would.
//   - CheckValues has a type of values do all that values are to do.
package coretest

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

// T is a test, or a rapid one.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Rig is a keyspace, of one database in which freed memory is poisoned unless it is
// made Over another, and the registry of a module. It is for one goroutine.
type Rig struct {
	T        T
	Registry *core.Table
	Keyspace *keyspace.Keyspace
	Ctx      core.Ctx // of every command
	Fed      []string // what the last command fed: "SREM s a"
	Events   []string // and published: "spop s"

	feed, events *core.Switch
}

// New registers the module, which is not started, after others that it may want.
func New(t T, m core.Module, before ...core.Module) *Rig {
	reg := core.NewRegistry(config.NewSchema())
	r := &Rig{T: t, Registry: reg.Table()}
	for _, other := range before {
		reg.Add(other)
	}
	reg.Add(m)
	r.feed = reg.OnFeed(func(f core.Fed) {
		if f.Args == nil {
			return // it has been withdrawn
		}
		var words []string
		for _, a := range f.Args {
			words = append(words, string(a))
		}
		r.Fed = append(r.Fed, strings.Join(words, " "))
	})
	r.events = reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		if !ch.Only() {
			r.Events = append(r.Events, fmt.Sprintf("%s %s", ch.Name, ch.Key))
		}
	})
	r.Listen(true)
	if _, err := reg.Freeze(); err != nil {
		t.Fatalf("%v", err)
	}
	r.open(keyspace.Options{Databases: 1, Arena: arena.Options{Poison: true}, Events: expiries{r}})
	return r
}

// Over makes a Rig of a registry, which may be that of others, and of a keyspace that is as
// o says. It does not listen: Fed and Events stay empty.
func Over(t T, table *core.Table, o keyspace.Options) *Rig {
	r := &Rig{T: t, Registry: table}
	r.open(o)
	return r
}

func (r *Rig) open(o keyspace.Options) {
	r.Keyspace = keyspace.New(o)
	r.Ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.Keyspace.DB(0), Session: &core.Session{}, Hooks: r.Registry.Hooks,
		Now: 1_700_000_000_000,
	}
}

// Listen says whether Fed and Events are to be collected, which allocates.
func (r *Rig) Listen(on bool) {
	r.feed.Set(on)
	r.events.Set(on)
}

// Do runs a command given as words separated by blanks and returns the reply with
// its line ends shown as blanks; "blocked" if it waits.
func (r *Rig) Do(format string, args ...any) string {
	r.T.Helper()
	var argv [][]byte
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
	return r.Run(argv...)
}

// Run is Do for arguments that are no words.
func (r *Rig) Run(argv ...[]byte) string {
	r.T.Helper()
	cmd, err := r.Registry.Lookup(argv)
	if err != nil {
		r.T.Fatalf("no such call: %q: %v", argv, err)
	}
	c := r.begin()
	c.Reset(cmd, argv)
	c.Locks = keyspace.AllShards
	if cmd.Plan != nil {
		c.Locks = cmd.Plan(c)
	}
	locks := c.Locks
	r.Keyspace.Lock(locks)
	defer r.Keyspace.Unlock(locks)
	if err := cmd.Run(c); err != nil {
		if len(c.Buf) > 0 || c.Dirty > 0 {
			r.T.Errorf("%q: replied %q, made %d changes and failed with %v", argv, c.Buf, c.Dirty, err)
		}
		return "-" + err.Error()
	}
	c.Feed()
	if c.Waiting != nil {
		return "blocked"
	}
	return r.Reply()
}

// Encoding is what OBJECT ENCODING would answer, "none" if the key is missing.
func (r *Rig) Encoding(key string) string {
	r.Keyspace.Lock(keyspace.AllShards)
	defer r.Keyspace.Unlock(keyspace.AllShards)
	e := r.Ctx.DB.Find([]byte(key), r.Ctx.Now, 0)
	if !e.OK() {
		return "none"
	}
	return r.Registry.TypeOf(e.Value()).Encoding(e.Value())
}

// Set gives a key of database 0 a string, as SET does, without telling anybody; expire in Unix
// milliseconds, 0 for none.
func (r *Rig) Set(key, value string, expire int64) {
	r.Keyspace.DB(0).PutString(r.Keyspace.Hash([]byte(key)), []byte(key), []byte(value), expire, r.Ctx.Now)
}

// Strings are all keys with strings that a snapshot sees, with their values.
func Strings(s *keyspace.Snapshot) map[string]string {
	all := map[string]string{}
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			all[string(f.Key)] = string(keyspace.TextOf(f.Value, nil))
			return true
		})
	}
	return all
}

// expiries hears of members that have expired, as the host does: what it would tell stands in
// Fed and Events with a "+" before it.
type expiries struct{ *Rig }

func (expiries) Expired(int, []byte) {}
func (expiries) Created(int, []byte) {}

func (r expiries) MemberExpired(_ int, key []byte, v keyspace.Value, member []byte) {
	r.Fed = append(r.Fed, fmt.Sprintf("+%s %s %s", r.Registry.TypeOf(v).Members.Command, key, member))
}

func (r expiries) MembersExpired(_ int, key []byte, v keyspace.Value, emptied bool) {
	r.Events = append(r.Events, fmt.Sprintf("+%s %s %v", r.Registry.TypeOf(v).Members.Event, key, emptied))
}

// begin forgets what the last command has brought.
func (r *Rig) begin() *core.Ctx {
	r.Ctx.Buf = r.Ctx.Buf[:0]
	r.Fed, r.Events = nil, nil
	return &r.Ctx
}

// Reply returns the reply of the last command, as Do does.
func (r *Rig) Reply() string {
	return strings.TrimSpace(strings.ReplaceAll(string(r.Ctx.Buf), "\r\n", " "))
}

// Retry does what the host does with a client that waits, when a key has changed.
func (r *Rig) Retry(w core.Wait, key string) (served bool, err error) {
	r.Keyspace.Lock(keyspace.AllShards)
	defer r.Keyspace.Unlock(keyspace.AllShards)
	c := r.begin()
	if e := c.DB.Find([]byte(key), c.Now, 0); e.OK() && w.Wants != nil && !w.Wants(e) {
		return false, nil
	}
	if served, err = w.Retry(c, []byte(key)); err == nil {
		c.Feed()
	}
	return served, err
}

// Want runs a command and compares the reply, what was fed and the events.
func (r *Rig) Want(command, reply, fed string, events ...string) {
	r.T.Helper()
	if got := r.Do("%s", command); got != reply {
		r.T.Errorf("%s: replied %q, not %q", command, got, reply)
	}
	r.WantFed(command, fed, events...)
}

// WantFed compares what was fed, joined by "; ", and the events.
func (r *Rig) WantFed(command, fed string, events ...string) {
	r.T.Helper()
	if got := strings.Join(r.Fed, "; "); got != fed {
		r.T.Errorf("%s: fed %q, not %q", command, got, fed)
	}
	if !slices.Equal(r.Events, events) {
		r.T.Errorf("%s: events %q, not %q", command, r.Events, events)
	}
}

// End deletes everything and proves that no memory is left.
func (r *Rig) End() {
	r.T.Helper()
	r.Drop()
	r.Keyspace.Close()
}

// Drop is End, but the keyspace can still be used.
func (r *Rig) Drop() {
	r.T.Helper()
	r.Keyspace.Lock(keyspace.AllShards)
	for db := range r.Keyspace.Databases() {
		r.Keyspace.DB(db).Flush()
	}
	r.Keyspace.Unlock(keyspace.AllShards)
	for sh := range keyspace.Shards {
		for r.Keyspace.Sweep(sh, r.Ctx.Now, 1000, true) {
		}
	}
	r.Keyspace.Lock(keyspace.AllShards)
	defer r.Keyspace.Unlock(keyspace.AllShards)
	if n := r.Keyspace.ExactMemory(); n != 0 {
		r.T.Errorf("%d bytes are left in an empty keyspace", n)
	}
}
