package server

import (
	"encoding/binary"
	"encoding/hex"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// digest is a sum of data that does not depend on where they lie, Redis's: equal
// data give equal digests on both servers. What has an order is mixed in, one
// after the other; what has none is added by exclusive or.
type digest [20]byte

// Xor implements core.Digester. Parts that belong together are mixed first.
func (d *digest) Xor(parts ...[]byte) {
	if len(parts) == 1 {
		d.add(parts[0])
		return
	}
	var element digest
	element.Mix(parts...)
	d.add(element[:])
}

// Mix implements core.Digester.
func (d *digest) Mix(elements ...[]byte) {
	for _, e := range elements {
		d.add(e)
		*d = sha1Sum(d[:])
	}
}

func (d *digest) add(b []byte) {
	for i, x := range sha1Sum(b) {
		d[i] ^= x
	}
}

func (d *digest) mixNumber(n uint32) { d.Mix(binary.BigEndian.AppendUint32(nil, n)) }

// value adds a key's value and the fact that it expires.
func (d *digest) value(r *core.Table, v keyspace.Value, expires bool) {
	d.mixNumber(uint32(v.Kind.Type()))
	if t := r.TypeOf(v); t != nil {
		t.Digest(v, d)
	}
	if expires {
		d.add([]byte("!!expire!!"))
	}
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

// debugDigest is DEBUG DIGEST: the digest of all databases.
func debugDigest(c *core.Ctx) error {
	var sum digest
	r, ks := c.Server.Registry(), c.DB.Keyspace()
	frozen := ks.Freeze()
	defer frozen.End()
	for db := range frozen.Databases() {
		if ks.DB(db).Len() == 0 {
			continue
		}
		sum.mixNumber(uint32(db))
		for shard := range keyspace.Shards {
			frozen.Walk(db, shard, func(f keyspace.Frozen) bool {
				var key digest
				key.Mix(f.Key)
				key.value(r, f.Value, f.Expire != 0)
				sum.add(key[:])
				return true
			})
		}
	}
	c.Status(sum.String())
	return nil
}

// debugDigestValue is DEBUG DIGEST-VALUE key...: the digests of values, zeros for
// keys that do not exist.
func debugDigestValue(c *core.Ctx) error {
	c.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		if e := c.DB.Find(key, c.Now, 0); e.OK() {
			d.value(c.Server.Registry(), e.Value(), e.Expire() != 0)
		}
		c.Status(d.String())
	}
	return nil
}
