package dump_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Two types that are not Redis's, of two modules that know nothing of each other:
// rings and hoops. Their values are bytesIn[ring] and bytesIn[hoop].
type (
	ring struct{}
	hoop struct{}
)

const (
	ringName = "ring-test"
	hoopName = "hoop-test"
)

// bytesIn is a value that keeps its bytes in the arena, so that it shows if one is
// not released.
type bytesIn[Of any] struct {
	a   *arena.Arena
	ref arena.Ref
	n   int
}

func newBytes[Of any](a *arena.Arena, b []byte) *bytesIn[Of] {
	r := &bytesIn[Of]{a: a, n: len(b)}
	if r.n > 0 {
		r.ref = a.Alloc(r.n)
		copy(r.bytes(), b)
	}
	return r
}

func (r *bytesIn[Of]) bytes() []byte {
	if r.n == 0 {
		return nil
	}
	return arena.Bytes(r.ref, r.n)
}

func (r *bytesIn[Of]) Thaw() keyspace.Object { return newBytes[Of](r.a, r.bytes()) }
func (r *bytesIn[Of]) Release(int) bool {
	if r.n > 0 {
		r.a.Free(r.ref)
		r.n = 0
	}
	return true
}
func (r *bytesIn[Of]) Rehome(a *arena.Arena) { r.a = a }
func (r *bytesIn[Of]) MemoryUsage() int64    { return int64(r.n) + r.HeapUsage() }
func (r *bytesIn[Of]) HeapUsage() int64      { return 32 }
func (r *bytesIn[Of]) Len() int              { return 1 }

// bytesModule brings the type of a name.
type bytesModule[Of any] string

const (
	ringModule = bytesModule[ring](ringName)
	hoopModule = bytesModule[hoop](hoopName)
)

func (m bytesModule[Of]) Name() string { return string(m) }

func (m bytesModule[Of]) Register(reg *core.Registry) error {
	reg.Type(core.ObjectType[*bytesIn[Of]]{
		Name: string(m), ID: string(m), Version: 2,
		Save: func(w *rdb.FieldWriter, r *bytesIn[Of]) { w.String(r.bytes()) },
		Load: func(r *rdb.FieldReader, a *arena.Arena) (*bytesIn[Of], error) {
			v := newBytes[Of](a, r.String())
			if string(v.bytes()) == "open" {
				return v, errors.New("a ring that is not closed")
			}
			return v, nil
		},
		Rewrite: func([]byte, *bytesIn[Of], func(...[]byte) error) error { return nil },
		Digest:  func(r *bytesIn[Of], d core.Digester) { d.Mix(r.bytes()) },
	}.Row())
	return nil
}

// put gives a key a ring or a hoop.
func put[Of any](r *rig, name string, b []byte, expire int64) {
	h := r.Keyspace.Hash([]byte(name))
	set := keyspace.Locks(0).Add(h)
	r.Keyspace.Lock(set)
	defer r.Keyspace.Unlock(set)
	r.Ctx.DB.PutObject([]byte(name), keyspace.Custom, newBytes[Of](r.Keyspace.Arena(h), b), expire, now)
}

// module is what follows a key with a value of a type that is not Redis's: the
// number, fields as they are, and the end mark.
func module(name string, version int, fields ...byte) []byte {
	id, err := rdb.ModuleID(name)
	if err != nil {
		panic(err)
	}
	return append(append(rdb.AppendLen(nil, id|uint64(version)), fields...), 0)
}

// Values of types that are not Redis's come between all others, with their
// expiries, larger than a block, however the input comes in pieces, and decoded by
// any number of workers.
func TestCustomTypes(t *testing.T) {
	reg := registry(t, ringModule, hoopModule)
	from := newRig(t, reg)
	from.fill()
	for i := range 200 {
		put[ring](from, fmt.Sprintf("ring:%d", i), noise(i), int64(i%2)*(now+int64(i)))
		put[hoop](from, fmt.Sprintf("hoop:%d", i), noise(i), 0)
	}
	put[ring](from, "large ring", noise(1<<20), 0)
	b := from.save(dump.SaveOptions{Checksum: true})
	for _, workers := range []int{1, 3} {
		to := newRig(t, reg)
		res, err := dump.Load(context.Background(), iotest.HalfReader(bytes.NewReader(b)), -1, reg, to.Keyspace,
			dump.LoadOptions{Checksum: true, Now: now, Workers: workers})
		if err != nil || res.Keys != int64(len(from.content())) || res.Bytes != int64(len(b)) {
			t.Fatalf("%+v, %v", res, err)
		}
		same(t, to, from)
		to.Drop()
	}
	rep, err := dump.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), reg,
		dump.ScanOptions{Decode: true, Checksum: true, Now: now})
	if err != nil || rep.Loadable() != nil || rep.Types[ringName] != 201 || rep.Types[hoopName] != 200 {
		t.Fatalf("%+v, %v", rep, err)
	}
	strangers(t, from, b)
	from.Drop()
}

// strangers looks at a dump with rings and hoops as servers do that lack their modules.
func strangers(t *testing.T, from *rig, b []byte) {
	t.Helper()
	for _, x := range []struct {
		reg     *core.Table
		refused map[string]int64
	}{
		{registry(t, ringModule), map[string]int64{hoopName: 200}},
		{registry(t), map[string]int64{hoopName: 200, ringName: 201}},
	} {
		rep, err := dump.Scan(context.Background(), bytes.NewReader(b), int64(len(b)), x.reg,
			dump.ScanOptions{Decode: true, Checksum: true, Now: now})
		if err != nil || rep.Keys != int64(len(from.content())) || len(rep.Refused) != len(x.refused) {
			t.Fatalf("%+v, %v", rep, err)
		}
		for name, n := range x.refused {
			if want := fmt.Sprintf("this server cannot load the file: The RDB file contains module data I can't load: "+
				"no matching module type '%s' (%d times)", name, n); !strings.Contains(rep.Loadable().Error(), want) {
				t.Errorf("%v, and not %s", rep.Loadable(), want)
			}
			if rep.Types["type '"+name+"'"] != n {
				t.Errorf("types %v", rep.Types)
			}
		}
		to := newRig(t, x.reg)
		if _, err := to.load(b, dump.LoadOptions{}); err == nil || !strings.Contains(err.Error(), "no matching module type '") {
			t.Errorf("loaded with %v", err)
		}
		to.Drop()
	}
}

// What is wrong with such a value is told, and nothing of it is kept.
func TestCustomErrors(t *testing.T) {
	value := func(version int, fields ...byte) []byte { return module(ringName, version, fields...) }
	one := key([]byte(header), rdb.TypeModule2, "r", value(2, 5, 3, 1, 2, 3)...)
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"open":        {end(key([]byte(header), rdb.TypeModule2, "r", value(2, 5, 4, 'o', 'p', 'e', 'n')...)), `ring-test "r": a ring that is not closed`},
		"too few":     {end(key([]byte(header), rdb.TypeModule2, "r", value(2)...)), `ring-test "r": the end of the value where a string should be`},
		"too many":    {end(key([]byte(header), rdb.TypeModule2, "r", value(2, 5, 1, 'x', 2, 7)...)), `ring-test "r": a number where the end of the value should be`},
		"other field": {end(key([]byte(header), rdb.TypeModule2, "r", value(2, 4, 0, 0, 0, 0, 0, 0, 0, 0)...)), `ring-test "r": a double where a string should be`},
		"no field":    {end(key([]byte(header), rdb.TypeModule2, "r", value(2, 9)...)), `ring-test "r": unknown element 9 in a module's value`},
		"newer":       {end(key([]byte(header), rdb.TypeModule2, "r", value(3, 5, 1, 'x')...)), `ring-test "r": a value of type 'ring-test' in version 3, and this server knows those up to 2`},
		"older":       {end(key([]byte(header), rdb.TypeModule2, "r", value(0, 5, 1, 'x')...)), ``},
		"twice":       {end(key(slices.Clone(one), rdb.TypeModule2, "r", value(2, 5, 1, 1)...)), `RDB has duplicated key 'r' in DB 0`},
		"unknown":     {end(key([]byte(header), rdb.TypeModule2, "r", module(hoopName, 2, 5, 1, 1)...)), `type 'hoop-test' "r": The RDB file contains module data I can't load: no matching module type 'hoop-test'`},
		"cut":         {key([]byte(header), rdb.TypeModule2, "r", value(2, 5, 60)[:11]...), `ring-test "r": unexpected end of data`},
		"aux":         {end(append([]byte(header+"\xf7"), module(hoopName, 1, 2, 1, 5, 1, 'x')...)), `auxiliary data of a module: The RDB file contains AUX module data I can't load: no matching module 'hoop-test'`},
	} {
		r := newRig(t, registry(t, ringModule))
		_, err := r.load(c.in, dump.LoadOptions{})
		if (err == nil) != (c.want == "") || err != nil && !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, not %s", name, err, c.want)
		}
		r.Drop()
	}
}
