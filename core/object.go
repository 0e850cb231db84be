package core

import (
	"fmt"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Object is what a value of an ObjectType has to be. What it holds on the Go heap is
// counted in used_memory and maxmemory beside what is in the arena.
type Object interface {
	keyspace.Object
	keyspace.HeapUser
}

// ObjectType is the row of a type of value that is not Redis's. Its values are of
// the Go type T, which no other such type of the server has. The functions get a
// value and do not change it. They run with the lock of the value's shard held,
// except Save and Rewrite on frozen values, which run with none.
//
//	r.Type(core.ObjectType[*ring]{Name: "ring", ID: "ring-demo", ...}.Row())
//
// FindObject, OpenObject and PutObject are how commands get at the values.
type ObjectType[T Object] struct {
	// Name is what TYPE answers, and OBJECT ENCODING if there is no Encoding.
	Name     string
	Encoding string
	// ID names the type in dumps, the same for ever, and in the errors of servers
	// that do not know it: nine letters, digits, '-' or '_'. No two types of a server
	// have the same. As in Redis, whose modules' types these are in dumps (RDB type
	// 7), somebody else may have taken it: name the type and who made it.
	ID string
	// Version is that of the layout which Save writes, at most rdb.MaxModuleVersion.
	// Count it up when the layout changes; a value of a higher one is refused.
	Version int
	// Members, for types of collections, is what Save and Load, Rewrite and Digest are made of, as far as the row has none.
	Members *Members[T]
	// Save writes the fields of a value.
	Save func(w *rdb.FieldWriter, v T)
	// Load reads what Save has written in this version or an earlier one, or what
	// somebody else says it has: the bytes are foreign. Members go to a; no string of
	// the reader is kept. It may stop at the reader's first error: that need not be
	// asked for, and what is returned beside an error is released. A value without
	// members is an error that is rdb.ErrEmpty. Many values are loaded at a time.
	Load func(r *rdb.FieldReader, a *arena.Arena) (T, error)
	// Rewrite emits the commands that rebuild the value, each of bounded size.
	Rewrite func(key []byte, v T, emit func(args ...[]byte) error) error
	// Copy makes an independent value for COPY, with its members in a. Nil: what Save
	// has written is loaded.
	Copy func(v T, a *arena.Arena) (T, error)
	// Digest adds the value's content to a DEBUG DIGEST.
	Digest func(v T, d Digester)
}

// Row makes the row that Registry.Type takes.
func (t ObjectType[T]) Row() ValueType {
	if t.Members != nil {
		t.Members.fill(&t)
	}
	id, err := rdb.ModuleID(t.ID)
	switch {
	case err != nil:
	case t.Version < 0 || t.Version > rdb.MaxModuleVersion:
		err = fmt.Errorf("the version %d is not from 0 to %d", t.Version, rdb.MaxModuleVersion)
	case t.Save == nil || t.Load == nil || t.Rewrite == nil || t.Digest == nil:
		err = fmt.Errorf("it lacks Save, Load, Rewrite or Digest, or all that Members are")
	}
	w := &objectWire[T]{t, id | uint64(t.Version)}
	encoding := t.Encoding
	if encoding == "" {
		encoding = t.Name
	}
	return ValueType{
		Name:     t.Name,
		Type:     keyspace.Custom,
		Encoding: func(keyspace.Value) string { return encoding },
		Len:      func(v keyspace.Value) int { return v.Object.Len() },
		Save:     func(to *rdb.Writer, v keyspace.Value) { w.save(to, v.Object.(T)) },
		Load:     func(_ byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) { return w.load(r, a) },
		Rewrite: func(key []byte, v keyspace.Value, emit func(args ...[]byte) error) error {
			return t.Rewrite(key, v.Object.(T), emit)
		},
		Copy: func(v keyspace.Value, a *arena.Arena, _ *keyspace.Pace) (keyspace.Value, error) {
			return w.copy(v.Object.(T), a)
		},
		Digest: func(v keyspace.Value, d Digester) { t.Digest(v.Object.(T), d) },
		foreign: &foreign{
			id: id, err: err,
			is:      func(o keyspace.Object) bool { _, ok := o.(T); return ok },
			compare: (*T)(nil),
		},
	}
}

// foreign is what the registry must know of a row of ObjectType beside the rest.
type foreign struct {
	id      uint64 // of the version 0
	err     error  // in the row
	is      func(keyspace.Object) bool
	compare any // equal for rows of one Go type
}

// objectWire is an ObjectType between memory and dumps.
type objectWire[T Object] struct {
	ObjectType[T]
	id uint64 // with the version
}

func (w *objectWire[T]) save(to *rdb.Writer, v T) {
	to.Module(w.id, func(fields *rdb.FieldWriter) { w.Save(fields, v) })
}

func (w *objectWire[T]) load(in *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
	r := rdb.ReadModule(in)
	if r.Version() > w.Version {
		return keyspace.Value{}, fmt.Errorf("a value of type '%s' in version %d, and this server knows those up to %d",
			w.ID, r.Version(), w.Version)
	}
	o, err := w.Load(&r, a)
	if err == nil {
		r.End()
	}
	if first := r.Err(); first != nil {
		err = first // whatever else the loader has made of it
	}
	return objectValue(o, err)
}

func (w *objectWire[T]) copy(o T, a *arena.Arena) (keyspace.Value, error) {
	if w.Copy == nil {
		_, b := rdb.Encode(false, func(to *rdb.Writer) { w.save(to, o) })
		return w.load(rdb.NewReader(b), a)
	}
	return objectValue(w.Copy(o, a))
}

// objectValue is the value of an Object, which is released if there is an error.
func objectValue[T Object](o T, err error) (keyspace.Value, error) {
	v := keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Custom), Object: o}
	if err == nil {
		return v, nil
	}
	if none := *new(T); any(o) != any(none) {
		v.Release()
	}
	return keyspace.Value{}, err
}

// FindObject opens a key for reading and returns its value, the zero T if there is no such key; a value of any
// other type is WRONGTYPE.
func FindObject[T Object](c *Ctx, key []byte) (T, error) {
	o, _, err := objectOf[T](c.Find(key))
	return o, err
}

// OpenObject opens a key for changing and returns its value, the zero T if there is
// no such key: while a snapshot is read, this is the copy that the snapshot does not see.
// A value of any other type is WRONGTYPE.
func OpenObject[T Object](c *Ctx, key []byte) (T, error) {
	e := c.FindForWrite(key)
	o, ok, err := objectOf[T](e)
	if !ok {
		return o, err
	}
	return e.OpenObject().(T), nil
}

// MakeObject is OpenObject that makes a value, with its members in the arena of the key, where there is no such key.
// Who makes one puts something in.
func MakeObject[T Object](c *Ctx, key []byte, empty func(a *arena.Arena) T) (T, error) {
	e := c.FindForWrite(key)
	o, ok, err := objectOf[T](e)
	switch {
	case err != nil:
		return o, err
	case ok:
		return e.OpenObject().(T), nil
	}
	o = empty(c.Arena(key))
	PutObject(c, key, o)
	return o, nil
}

// RemovedObject tells of a change that has taken n members from a value, and deletes the key if none is left: see
// Ctx.Removed. The value is not to be used any more then.
func RemovedObject[T Object](c *Ctx, key []byte, o T, n int64, event string) {
	gone := o.Len() == 0
	if gone {
		c.DB.FindHashed(c.HashOf(key), key, c.Now, 0).Delete()
	}
	c.Removed(n, EventModule, event, key, gone)
}

// PutObject gives a key that does not exist, or whose value is to be replaced, a value of
// a type of ObjectType. Its members are in the arena that c.Arena returns for the key.
func PutObject[T Object](c *Ctx, key []byte, o T) {
	c.DB.PutObject(key, keyspace.Custom, o, 0, c.Now)
}

// OfObject is Wait.Wants for values of a type of ObjectType.
func OfObject[T Object](e keyspace.Entry) bool {
	_, ok := e.Object().(T)
	return ok
}

func objectOf[T Object](e keyspace.Entry) (o T, ok bool, err error) {
	if !e.OK() {
		return o, false, nil
	}
	if o, ok = e.Object().(T); !ok {
		err = ErrWrongType
	}
	return o, ok, err
}
