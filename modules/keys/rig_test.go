package keys

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
	"github.com/ferrousdb/ferrous/core/resp"
)

// rig runs the module's commands on a keyspace of their own, without a server,
// beside two types of value: text and lists of numbers.
type rig struct {
	core.Server // what the module asks for is below
	t           failer
	reg         *core.Table
	module      *module
	ks          *keyspace.Keyspace
	ctx         core.Ctx
	now         int64
	fed         []string // what was propagated
	events      []string // "0 set k"
}

// failer is a test, or a rapid one.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

const rigDatabases = 3

// Log implements core.Server.
func (*rig) Log() core.Logger { return hclog.NewNullLogger() }

func newRig(t failer) *rig {
	reg := core.NewRegistry(config.NewSchema())
	r := &rig{t: t, reg: reg.Table(), module: &module{}, now: 1_700_000_000_000}
	reg.Add(r.module)
	reg.Type(textType())
	reg.Type(numbersType())
	reg.OnFeed(func(f core.Fed) { r.fed = append(r.fed, fmt.Sprintf("%d %s", f.DB, f.Args)) }).Set(true)
	reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		r.events = append(r.events, fmt.Sprintf("%d %s %s", ch.DB, ch.Name, ch.Key))
	}).Set(true)
	reg.OnFlush(func(_ *core.Ctx, db int) { r.events = append(r.events, fmt.Sprint("flush ", db)) })
	reg.OnSwap(func(_ *core.Ctx, a, b int) { r.events = append(r.events, fmt.Sprint("swap ", a, b)) })
	if _, err := reg.Freeze(); err != nil {
		t.Fatalf("%v", err)
	}
	r.ks = keyspace.New(keyspace.Options{Databases: rigDatabases, Arena: arena.Options{Poison: true}, Events: r})
	r.ctx = core.Ctx{
		Writer: &resp.Writer{Proto: 2}, DB: r.ks.DB(0), Session: &core.Session{}, Server: r, Hooks: r.reg.Hooks,
	}
	return r
}

func (r *rig) Registry() *core.Table { return r.reg }

func (r *rig) Expired(db int, key []byte) {
	r.events = append(r.events, fmt.Sprintf("%d expired %s", db, key))
}

func (r *rig) MemberExpired(int, []byte, keyspace.Value, []byte) {}
func (r *rig) MembersExpired(int, []byte, keyspace.Value, bool)  {}

func (r *rig) Created(db int, key []byte) {
	r.events = append(r.events, fmt.Sprintf("%d new %s", db, key))
}

// do runs a command given as words separated by blanks and returns the reply
// with its line ends shown as blanks.
func (r *rig) do(format string, args ...any) string {
	r.t.Helper()
	var argv [][]byte
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		argv = append(argv, []byte(word))
	}
	return r.run(argv...)
}

func (r *rig) run(argv ...[]byte) string {
	r.t.Helper()
	name := string(argv[0])
	if strings.EqualFold(name, "object") {
		name += "|" + string(argv[1])
	}
	cmd := r.reg.Find(name)
	if cmd == nil || !cmd.ArityOK(len(argv)) {
		r.t.Fatalf("no such call: %q", argv)
	}
	c := &r.ctx
	c.Reset(cmd, argv)
	c.Now = r.now
	c.Buf = c.Buf[:0]
	r.fed, r.events = nil, nil
	locks := keyspace.AllShards
	if cmd.Plan != nil {
		locks = cmd.Plan(c)
	}
	r.ks.Lock(locks)
	c.Locks = locks
	defer r.ks.Unlock(locks)
	if err := cmd.Run(c); err != nil {
		if len(c.Buf) > 0 {
			r.t.Errorf("%q: replied %q and failed with %v", argv, c.Buf, err)
		}
		if c.Dirty != 0 {
			r.t.Errorf("%q: failed with %v after a change", argv, err)
		}
		return "-" + err.Error()
	}
	c.Feed()
	return strings.TrimSpace(strings.ReplaceAll(string(c.Buf), "\r\n", " "))
}

// want runs a command and compares the reply.
func (r *rig) want(reply, format string, args ...any) {
	r.t.Helper()
	if got := r.do(format, args...); got != reply {
		r.t.Errorf("%s: replied %q, want %q", fmt.Sprintf(format, args...), got, reply)
	}
}

// wantFed compares what the last command propagated and which events it made.
func (r *rig) wantFed(fed string, events ...string) {
	r.t.Helper()
	if got := strings.Join(r.fed, "; "); got != fed {
		r.t.Errorf("propagated %q, want %q", got, fed)
	}
	if !slices.Equal(r.events, events) {
		r.t.Errorf("events %q, want %q", r.events, events)
	}
}

// set gives a key of database 0 a text.
func (r *rig) set(key, text string, expire int64) {
	r.ks.DB(0).PutString(r.ks.Hash([]byte(key)), []byte(key), []byte(text), expire, r.now)
}

// setNumbers gives a key of a database a list of numbers.
func (r *rig) setNumbers(db int, key string, numbers []uint64, expire int64) {
	o := &numbersObject{a: r.ks.Arena(r.ks.Hash([]byte(key)))}
	o.add(numbers)
	r.ks.DB(db).PutObject([]byte(key), keyspace.Custom, o, expire, r.now)
}

// get describes what a key holds: "text at 123", "[1 2]", "" for nothing.
func (r *rig) get(db int, key string) string {
	e := r.ks.DB(db).Find([]byte(key), r.now, 0)
	if !e.OK() {
		return ""
	}
	var tmp [20]byte
	text := ""
	if o, ok := e.Object().(*numbersObject); ok {
		text = fmt.Sprint(o.numbers())
	} else {
		text = string(e.Text(tmp[:]))
	}
	if e.Expire() != 0 {
		text += fmt.Sprint(" at ", e.Expire())
	}
	return text
}

// end deletes everything and proves that no memory is left.
func (r *rig) end() {
	r.t.Helper()
	for i := range rigDatabases {
		r.ks.DB(i).Flush()
	}
	for sh := range keyspace.Shards {
		for r.ks.Sweep(sh, r.now, 1000, true) {
		}
	}
	if n := r.ks.ExactMemory(); n != 0 {
		r.t.Errorf("%d bytes are left in an empty keyspace", n)
	}
	r.ks.Close()
}

// textType is a string type, as simple as can be.
func textType() core.ValueType {
	return core.ValueType{
		Name: "string", Type: keyspace.String, Opcodes: []byte{rdb.TypeString},
		Encoding: func(v keyspace.Value) string { return [...]string{"raw", "embstr", "int"}[v.Kind.Encoding()] },
		Len:      func(v keyspace.Value) int { return len(v.Data) },
		Save: func(w *rdb.Writer, v keyspace.Value) {
			var tmp [20]byte
			w.Begin(rdb.TypeString)
			w.String(keyspace.TextOf(v, tmp[:]))
		},
		Load: func(_ byte, r *rdb.Reader, _ *arena.Arena) (keyspace.Value, error) {
			return keyspace.Value{Kind: keyspace.MakeKind(keyspace.String, keyspace.Raw), Data: r.String()}, r.Err()
		},
		Rewrite: noRewrite, Digest: noDigest,
	}
}

// What a type must have and this module never calls.
func noRewrite([]byte, keyspace.Value, func(args ...[]byte) error) error { panic("not called here") }
func noDigest(keyspace.Value, core.Digester)                             { panic("not called here") }

// numbersObject is an Object with members in the arena.
type numbersObject struct {
	a     *arena.Arena
	cells []arena.Ref
}

func (o *numbersObject) add(numbers []uint64) {
	for _, n := range numbers {
		ref := o.a.Alloc(8)
		binary.LittleEndian.PutUint64(arena.Bytes(ref, 8), n)
		o.cells = append(o.cells, ref)
	}
}

func (o *numbersObject) numbers() []uint64 {
	var all []uint64
	for _, ref := range o.cells {
		all = append(all, binary.LittleEndian.Uint64(arena.Bytes(ref, 8)))
	}
	return all
}

func (o *numbersObject) Release(budget int) bool {
	for ; budget > 0 && len(o.cells) > 0; budget-- {
		last := len(o.cells) - 1
		o.a.Free(o.cells[last])
		o.cells = o.cells[:last]
	}
	return len(o.cells) == 0
}

func (o *numbersObject) Thaw() keyspace.Object { return &numbersObject{o.a, slices.Clone(o.cells)} }
func (o *numbersObject) Rehome(a *arena.Arena) { o.a = a }
func (o *numbersObject) MemoryUsage() int64    { return int64(len(o.cells))*8 + o.HeapUsage() }
func (o *numbersObject) HeapUsage() int64      { return int64(cap(o.cells)) * 8 }
func (o *numbersObject) Len() int              { return len(o.cells) }

func numbersType() core.ValueType {
	return core.ObjectType[*numbersObject]{
		Name: "numbers", ID: "numbers-t", Encoding: "cells",
		Save: func(w *rdb.FieldWriter, o *numbersObject) {
			w.Uint(uint64(o.Len()))
			for _, n := range o.numbers() {
				w.Uint(n)
			}
		},
		Load: func(r *rdb.FieldReader, a *arena.Arena) (*numbersObject, error) {
			o := &numbersObject{a: a}
			for range r.Count() {
				o.add([]uint64{r.Uint()})
			}
			if o.Len() == 0 {
				r.Failf("no numbers")
			}
			return o, nil
		},
		Rewrite: func([]byte, *numbersObject, func(...[]byte) error) error { panic("not called here") },
		Digest:  func(*numbersObject, core.Digester) { panic("not called here") },
	}.Row()
}

func newTestRig(t *testing.T) *rig {
	r := newRig(t)
	t.Cleanup(r.end)
	return r
}
