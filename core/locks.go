package core

import (
	"unsafe"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// LocksFor returns the shards whose locks a call of the command needs; c holds
// the call, which need not be the one that c runs for. For the one key of most
// commands the hash is kept in c.
func (cmd *Command) LocksFor(c *Ctx) keyspace.Locks {
	if i := cmd.OnlyKey(); i != 0 {
		if c.KeyArg == 0 {
			c.Hash, c.KeyArg = c.DB.Keyspace().Hash(c.Args[i]), i
		}
		return keyspace.Locks(0).Add(c.Hash)
	}
	switch {
	case cmd.Flags&AllKeys != 0:
		return keyspace.AllShards
	case cmd.Plan != nil:
		set := cmd.Plan(c)
		c.keys.forget() // the plan may have asked this of others
		return set
	case len(cmd.Keys) == 0 && cmd.FindKeys == nil:
		return 0
	}
	return c.keys.find(cmd, c.DB.Keyspace(), c.Args)
}

// severalKeys are the keys of a call that has not just one: their hashes, in the
// order of the arguments, which most handlers follow. So each key is hashed once,
// and what its lookup is going to touch is asked for while others are looked up.
type severalKeys struct {
	refs   []KeyRef
	hashes []uint64
	next   int  // the one that the handler asks for next, if it follows the order
	warm   bool // their shards are locked: they may be asked for ahead
}

// A key's bucket is asked for while the lookup is so many keys behind, and its entry,
// which the bucket leads to, later. A processor has some dozen such requests under way.
const (
	bucketAhead = 16
	entryAhead  = 8
)

// keepKeys is for how many keys room is kept from one call to the next.
const keepKeys = 1 << 14

// find finds the keys of a call, and returns their shards. Arguments of a wrong shape
// lock what can be found: the handler will refuse them before it opens a key.
func (k *severalKeys) find(cmd *Command, ks *keyspace.Keyspace, args [][]byte) keyspace.Locks {
	k.forget()
	refs, err := cmd.AppendKeys(k.refs, args)
	if err != nil {
		return keyspace.AllShards
	}
	var set keyspace.Locks
	k.refs = refs
	for _, r := range refs {
		h := ks.Hash(args[r.Index])
		k.hashes = append(k.hashes, h)
		set = set.Add(h)
	}
	return set
}

func (k *severalKeys) forget() {
	if cap(k.refs) > keepKeys {
		k.refs, k.hashes = nil, nil
	}
	k.refs, k.hashes = k.refs[:0], k.hashes[:0]
	k.next, k.warm = 0, false
}

// WarmKeys asks for the memory of the first of several keys, whose shards are locked;
// HashOf asks for that of the others as the handler comes to them. It is the host's.
func (c *Ctx) WarmKeys() {
	k := &c.keys
	if len(k.hashes) < 3 { // there is nothing to overlap
		return
	}
	k.warm = true
	c.DB.Warm(k.hashes[:min(entryAhead, len(k.hashes))])
	for _, h := range k.hashes[min(entryAhead, len(k.hashes)):min(bucketAhead, len(k.hashes))] {
		c.DB.WarmBucket(h)
	}
}

// hashOf is HashOf for a key that is not the call's only one.
func (c *Ctx) hashOf(key []byte) uint64 {
	k := &c.keys
	i := k.next
	if i >= len(k.hashes) || unsafe.SliceData(key) != unsafe.SliceData(c.Args[k.refs[i].Index]) {
		return c.DB.Keyspace().Hash(key)
	}
	k.next++
	if k.warm {
		if i+entryAhead < len(k.hashes) {
			c.DB.WarmEntry(k.hashes[i+entryAhead])
		}
		if i+bucketAhead < len(k.hashes) {
			c.DB.WarmBucket(k.hashes[i+bucketAhead])
		}
	}
	return k.hashes[i]
}
