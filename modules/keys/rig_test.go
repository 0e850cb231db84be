package keys

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// rig runs the module's commands without a server, beside two types of value: text and
// lists of numbers.
type rig struct {
	*coretest.Rig
	module *module
	fed    []string // what was propagated, with the database
	events []string // "0 set k"
}

// server is a server of which the module asks no more than this.
type server struct {
	core.Server
	registry *core.Table
}

func (s server) Registry() *core.Table { return s.registry }
func (server) Log() core.Logger        { return logging.Silent{} }

const rigDatabases = 3

func newRig(t coretest.T) *rig {
	reg := core.NewRegistry(config.NewSchema())
	r := &rig{module: &module{}}
	reg.Add(r.module)
	reg.Type(textType())
	reg.Type(numbersType())
	reg.OnFeed(func(f core.Fed) { r.fed = append(r.fed, fmt.Sprintf("%d %s", f.DB, f.Args)) }).Set(true)
	reg.OnChange(func(_ *core.Ctx, ch core.Change) {
		r.events = append(r.events, fmt.Sprintf("%d %s %s", ch.DB, ch.Name, ch.Key))
	}).Set(true)
	reg.OnFlush(func(_ *core.Ctx, db int) { r.events = append(r.events, fmt.Sprint("flush ", db)) })
	reg.OnSwap(func(_ *core.Ctx, a, b int) { r.events = append(r.events, fmt.Sprint("swap ", a, b)) })
	table, err := reg.Freeze()
	if err != nil {
		t.Fatalf("%v", err)
	}
	r.Rig = coretest.Over(t, table, keyspace.Options{Databases: rigDatabases, Arena: arena.Options{Poison: true}, Events: r})
	r.Ctx.Server = server{registry: table}
	return r
}

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
	r.T.Helper()
	r.fed, r.events = nil, nil
	return r.Do(format, args...)
}

func (r *rig) run(argv ...[]byte) string {
	r.T.Helper()
	r.fed, r.events = nil, nil
	return r.Run(argv...)
}

// want runs a command and compares the reply.
func (r *rig) want(reply, format string, args ...any) {
	r.T.Helper()
	if got := r.do(format, args...); got != reply {
		r.T.Errorf("%s: replied %q, want %q", fmt.Sprintf(format, args...), got, reply)
	}
}

// wantFed compares what the last command propagated and which events it made.
func (r *rig) wantFed(fed string, events ...string) {
	r.T.Helper()
	if got := strings.Join(r.fed, "; "); got != fed {
		r.T.Errorf("propagated %q, want %q", got, fed)
	}
	if !slices.Equal(r.events, events) {
		r.T.Errorf("events %q, want %q", r.events, events)
	}
}

// setNumbers gives a key of a database a list of numbers.
func (r *rig) setNumbers(db int, key string, numbers []uint64, expire int64) {
	o := &numbersObject{a: r.Keyspace.Arena(r.Keyspace.Hash([]byte(key)))}
	o.add(numbers)
	r.Keyspace.DB(db).PutObject([]byte(key), keyspace.Custom, o, expire, r.Ctx.Now)
}

// get describes what a key holds: "text at 123", "[1 2]", "" for nothing.
func (r *rig) get(db int, key string) string {
	e := r.Keyspace.DB(db).Find([]byte(key), r.Ctx.Now, 0)
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
	t.Cleanup(r.End)
	return r
}
