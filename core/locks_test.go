package core

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// TestHashOfSeveralKeys: in whatever order a handler asks for its keys, for other
// bytes, or for more than the command has, the hash is the key's.
func TestHashOfSeveralKeys(t *testing.T) {
	ks := keyspace.New(keyspace.Options{})
	defer ks.Close()
	cmd := &Command{Name: "several", Keys: []KeySpec{KeyRange(1, -1, 1, KeyRO)}, reg: &registered{}}
	c := &Ctx{DB: ks.DB(0)}
	var args [][]byte
	for _, a := range []string{"several", "a", "b", "c", "b", "d", "e", "f"} {
		args = append(args, []byte(a))
	}
	check := func(keys ...[]byte) {
		t.Helper()
		for _, key := range keys {
			if got := c.HashOf(key); got != ks.Hash(key) {
				t.Errorf("%q: %x, want %x", key, got, ks.Hash(key))
			}
		}
	}
	for _, order := range [][]int{{1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1}, {1, 1, 2, 2, 3, 3}, {4, 1, 2, 4, 3}} {
		c.Reset(cmd, args)
		locks := cmd.LocksFor(c)
		ks.Lock(locks)
		c.WarmKeys()
		for _, i := range order {
			check(args[i])
		}
		check([]byte("others"), []byte("a"), args[0], nil)
		ks.Unlock(locks)
	}

	// What is known of a call is forgotten with it, and by one that refuses its shape.
	c.Reset(cmd, args)
	cmd.LocksFor(c)
	c.Reset(cmd, args[:2])
	check(args[1], args[2])
	bad := &Command{Name: "counted", Keys: []KeySpec{KeyCount(1, KeyRO)}, reg: &registered{}}
	c.Reset(bad, args)
	if got := bad.LocksFor(c); got != keyspace.AllShards {
		t.Errorf("locks of a call without shape: %x", got)
	}
	check(args[1], args[2])
}
