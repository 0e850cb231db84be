package dump_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/iotest"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dump"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// ringType is the RDB type of rings, a type of the tests' own: a number, and as
// many bytes.
const ringType = rdb.FirstCustom + 7

// ringModule brings the type.
type ringModule struct{}

func (ringModule) Name() string { return "ring" }

// ring keeps its bytes in the arena, so that it shows if one is not released.
type ring struct {
	a   *arena.Arena
	ref arena.Ref
	n   int
}

func newRing(a *arena.Arena, b []byte) *ring {
	r := &ring{a: a, n: len(b)}
	if r.n > 0 {
		r.ref = a.Alloc(r.n)
		copy(r.bytes(), b)
	}
	return r
}

func (r *ring) bytes() []byte {
	if r.n == 0 {
		return nil
	}
	return arena.Bytes(r.ref, r.n)
}

func (r *ring) Thaw() keyspace.Object { return newRing(r.a, r.bytes()) }
func (r *ring) Release(int) bool {
	if r.n > 0 {
		r.a.Free(r.ref)
		r.n = 0
	}
	return true
}
func (r *ring) Rehome(a *arena.Arena) { r.a = a }
func (r *ring) MemoryUsage() int64    { return int64(r.n) }
func (r *ring) Len() int              { return 1 }

func (ringModule) Register(reg *core.Registry) error {
	reg.Type(core.ValueType{
		Name: "ring", Type: keyspace.Custom, Opcodes: []byte{ringType},
		Is:       func(o keyspace.Object) bool { _, ok := o.(*ring); return ok },
		Encoding: func(keyspace.Value) string { return "raw" },
		Len:      func(v keyspace.Value) int { return v.Object.(*ring).n },
		Save: func(w *rdb.Writer, v keyspace.Value) {
			r := v.Object.(*ring)
			w.Begin(ringType)
			w.Whole(nil, r.bytes(), nil)
		},
		Load: func(_ byte, r *rdb.Reader, a *arena.Arena) (keyspace.Value, error) {
			n := r.Len()
			if r.Err() == nil && n > uint64(r.Left()) {
				// An error that does not tell that more would help.
				return keyspace.Value{}, errors.New("a ring that is not closed")
			}
			b := r.Bytes(int(n))
			if r.Err() != nil {
				return keyspace.Value{}, r.Err()
			}
			return keyspace.Value{Kind: keyspace.ObjectKind(keyspace.Custom), Object: newRing(a, b)}, nil
		},
		Rewrite: func([]byte, keyspace.Value, func(...[]byte) error) error { return nil },
		Copy: func(v keyspace.Value, a *arena.Arena) (keyspace.Value, error) {
			return keyspace.Value{Kind: v.Kind, Object: newRing(a, v.Object.(*ring).bytes())}, nil
		},
		Digest: func(v keyspace.Value, d core.Digester) { d.Mix(v.Object.(*ring).bytes()) },
	})
	return nil
}

// putRing makes a ring.
func (r *rig) putRing(name string, b []byte, expire int64) {
	h := r.ks.Hash([]byte(name))
	set := keyspace.Locks(0).Add(h)
	r.ks.Lock(set)
	defer r.ks.Unlock(set)
	r.ctx.DB.PutObject([]byte(name), keyspace.Custom, newRing(r.ks.Arena(h), b), expire, now)
}

// Values of types that are not Redis's come between all others, with their
// expiries, larger than a block, and however the input comes in pieces.
func TestCustomTypes(t *testing.T) {
	reg := registry(t, ringModule{})
	from := newRig(t, reg)
	from.fill()
	for i := range 200 {
		from.putRing(fmt.Sprintf("ring:%d", i), noise(i), int64(i%2)*(now+int64(i)))
	}
	from.putRing("large ring", noise(1<<20), 0)
	b := from.save(dump.SaveOptions{Checksum: true})
	for _, wrap := range []func(*bytes.Reader) *dump.Result{
		func(r *bytes.Reader) *dump.Result {
			to := newRig(t, reg)
			res, err := dump.Load(context.Background(), iotest.HalfReader(r), -1, reg, to.ks, dump.LoadOptions{Checksum: true, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			same(t, to, from)
			to.drop()
			return &res
		},
		func(r *bytes.Reader) *dump.Result {
			rep, err := dump.Scan(context.Background(), r, int64(len(b)), reg, dump.ScanOptions{Checksum: true, Now: now})
			if err != nil || rep.Types["ring"] != 201 {
				t.Fatalf("%+v, %v", rep, err)
			}
			return &rep.Result
		},
	} {
		if res := wrap(bytes.NewReader(b)); res.Keys != int64(len(from.content())) || res.Bytes != int64(len(b)) {
			t.Errorf("%+v", *res)
		}
	}
	from.drop()
}

// What is wrong with such a value is told; a key twice is found at once, however
// much follows.
func TestCustomErrors(t *testing.T) {
	one := key([]byte(header), ringType, "r", 3, 1, 2, 3)
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"open":  {end(key([]byte(header), ringType, "r", 60, 1, 2)), `offset 12: ring "r": a ring that is not closed`},
		"twice": {append(key(one, ringType, "r", 1, 1), noise(1<<20)...), `offset 16: ring "r": RDB has duplicated key 'r' in DB 0`},
		"with another type": {
			end(key(one, rdb.TypeString, "r", 1, 1)), `offset 16: string "r": RDB has duplicated key 'r' in DB 0`,
		},
	} {
		r := newRig(t, registry(t, ringModule{}))
		if _, err := r.load(c.in, dump.LoadOptions{}); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, not %s", name, err, c.want)
		}
		r.drop()
	}
}
