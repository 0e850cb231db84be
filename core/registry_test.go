package core

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

func run(*Ctx) error { return nil }

// rows is a module of the given rows.
type rows []Command

func (rows) Name() string { return "rows" }

func (m rows) Register(r *Registry) error {
	r.Commands(m...)
	return nil
}

// TestRowsRefused: every mistake in a row is named before the server listens.
func TestRowsRefused(t *testing.T) {
	key := []KeySpec{KeyAt(1, KeyRO)}
	for want, row := range map[string]Command{
		"must be a lower-case word":          {Name: "GET", Run: run, Arity: 2},
		"has no handler":                     {Name: "get", Arity: 2},
		"has no arity":                       {Name: "get", Run: run},
		"both a write and read-only":         {Name: "get", Run: run, Arity: 2, Flags: Write | ReadOnly},
		"arguments: at":                      {Name: "get", Run: run, Arity: 2, Doc: Doc{Args: "[key"}},
		"has no step":                        {Name: "get", Run: run, Arity: 2, Keys: []KeySpec{{Index: 1}}},
		"begins before the first":            {Name: "get", Run: run, Arity: 2, Keys: []KeySpec{KeyAt(0, KeyRO)}},
		"is unknown and there is no":         {Name: "get", Run: run, Arity: 2, Keys: []KeySpec{UnknownKeys(KeyRO)}},
		"has variable flags and there is no": {Name: "get", Run: run, Arity: 2, Keys: []KeySpec{KeyAt(1, KeyRW|KeyVariableFlags)}},
		"searches from the command name":     {Name: "get", Run: run, Arity: 2, Keys: []KeySpec{AfterKeyword("K", 0, 0, 1, KeyRO)}},
		"a container declares no keys":       {Name: "get", Arity: 2, Keys: key, Sub: []Command{{Name: "a", Run: run, Arity: 2}}},
		"has two subcommands": {Name: "get", Arity: 2,
			Sub: []Command{{Name: "a", Run: run, Arity: 2}, {Name: "a", Run: run, Arity: 2}}},
	} {
		r := NewRegistry(config.NewSchema())
		r.Add(rows{row})
		_, err := r.Freeze()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "module rows") {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	r := NewRegistry(config.NewSchema())
	r.Add(rows{{Name: "get", Run: run, Arity: 2}, {Name: "get", Run: run, Arity: 3}})
	r.Add(rows{})
	if _, err := r.Freeze(); err == nil || !strings.Contains(err.Error(), "already registered") ||
		!strings.Contains(err.Error(), "linked in twice") {
		t.Errorf("doubles: %v", err)
	}
}

// TestOnlyKey: the host locks that key's shard and no other, so a command that
// may touch more must not have one.
func TestOnlyKey(t *testing.T) {
	key := []KeySpec{KeyAt(2, KeyRO)}
	for _, x := range []struct {
		row  Command
		want int
	}{
		{Command{Keys: key}, 2},
		{Command{Keys: key, Flags: AllKeys}, 0},
		{Command{Keys: key, FindKeys: func([][]byte) ([]KeyRef, error) { return nil, nil }}, 0},
		{Command{Keys: key, Plan: func(*Ctx) keyspace.Locks { return 0 }}, 0},
		{Command{Keys: []KeySpec{KeyRange(1, -1, 1, KeyRO)}}, 0},
		{Command{Keys: []KeySpec{KeyAt(1, KeyRO|KeyNotKey)}}, 0},
		{Command{}, 0},
	} {
		x.row.Name, x.row.Run, x.row.Arity = "x", run, -2
		r := NewRegistry(config.NewSchema())
		r.Commands(x.row)
		if _, err := r.Freeze(); err != nil {
			t.Fatal(err)
		}
		if got := r.Table().Find("X").OnlyKey(); got != x.want {
			t.Errorf("%+v: the only key is at %d, want %d", x.row, got, x.want)
		}
	}
}

func TestTypesRefused(t *testing.T) {
	whole := ValueType{
		Name: "hash", Type: keyspace.Hash, Opcodes: []byte{rdb.TypeHash},
		Encoding: func(keyspace.Value) string { return "" },
		Len:      func(keyspace.Value) int { return 0 },
		Save:     func(*rdb.Writer, keyspace.Value) {},
		Load:     func(byte, *rdb.Reader, *arena.Arena) (v keyspace.Value, err error) { return },
		Copy:     func(v keyspace.Value, _ *arena.Arena, _ *keyspace.Pace) (keyspace.Value, error) { return v, nil },
		Rewrite:  func([]byte, keyspace.Value, func(...[]byte) error) error { return nil },
		Digest:   func(keyspace.Value, Digester) {},
	}
	refused := func(want string, types ...ValueType) {
		t.Helper()
		r := NewRegistry(config.NewSchema())
		for _, v := range types {
			r.Type(v)
		}
		if _, err := r.Freeze(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	refused("", whole)
	other := whole
	other.Type = keyspace.List
	refused("claims RDB opcode 4", whole, other)
	other.Type, other.Opcodes = keyspace.Hash, nil
	refused("has the number of type", whole, other)
	for _, spoil := range []func(v *ValueType){
		func(v *ValueType) { v.Rewrite = nil }, func(v *ValueType) { v.Digest = nil },
		func(v *ValueType) { v.Save = nil }, func(v *ValueType) { v.Load = nil },
		func(v *ValueType) { v.Len = nil }, func(v *ValueType) { v.Encoding = nil },
		func(v *ValueType) { v.Name = "" }, func(v *ValueType) { v.Type = keyspace.Custom },
	} {
		v := whole
		spoil(&v)
		refused(`value type "`, v)
	}

	ring := ObjectType[*ringObject]{
		Name: "ring", ID: "ring-test",
		Save:    func(*rdb.FieldWriter, *ringObject) {},
		Load:    func(*rdb.FieldReader, *arena.Arena) (*ringObject, error) { return nil, nil },
		Rewrite: func([]byte, *ringObject, func(...[]byte) error) error { return nil },
		Digest:  func(*ringObject, Digester) {},
	}
	refused("", whole, ring.Row())
	refused(`has the name in dumps (ring-test) or the Go type of type "ring"`, ring.Row(), ring.Row())
	other = ObjectType[hoopObject]{ring.Name, "", "ring-test", 3, nil, nil, nil, nil, nil, nil}.Row()
	refused(`it lacks Save, Load, Rewrite or Digest`, other)
	for want, spoil := range map[string]func(t *ObjectType[*ringObject]){
		`the name "ring" in dumps has 4 characters, and not 9`: func(t *ObjectType[*ringObject]) { t.ID = "ring" },
		`the name "ring test" in dumps has a ' '`:              func(t *ObjectType[*ringObject]) { t.ID = "ring test" },
		`the version 1024 is not from 0 to 1023`:               func(t *ObjectType[*ringObject]) { t.Version = 1024 },
		`lacks a name`:                                         func(t *ObjectType[*ringObject]) { t.Name = "" },
		`it lacks Save`:                                        func(t *ObjectType[*ringObject]) { t.Save = nil },
		`it lacks Save, Load`:                                  func(t *ObjectType[*ringObject]) { t.Load = nil },
		`it lacks Save, Load, Rewrite`:                         func(t *ObjectType[*ringObject]) { t.Rewrite = nil },
		`it lacks Save, Load, Rewrite or D`:                    func(t *ObjectType[*ringObject]) { t.Digest = nil },
	} {
		v := ring
		spoil(&v)
		refused(want, v.Row())
	}
}

type (
	ringObject struct{ Object }
	hoopObject struct{ Object }
)

func TestLookupInEmptyTable(t *testing.T) {
	r := NewRegistry(config.NewSchema())
	if _, err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	if cmd, err := r.Table().Lookup([][]byte{[]byte("nothing")}); cmd != nil || err == nil {
		t.Errorf("found %v, %v in an empty table", cmd, err)
	}
}
