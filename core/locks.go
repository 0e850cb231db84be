package core

import "github.com/ferrousdb/ferrous/core/keyspace"

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
		return cmd.Plan(c)
	case len(cmd.Keys) == 0 && cmd.FindKeys == nil:
		return 0
	}
	return cmd.locksOf(c.DB.Keyspace(), c.Args)
}

// locksOf returns the shards of all keys of a call. Arguments of a wrong shape
// lock what can be found: the handler will refuse them before it opens a key.
func (cmd *Command) locksOf(ks *keyspace.Keyspace, args [][]byte) keyspace.Locks {
	var few [16]KeyRef
	refs, err := cmd.AppendKeys(few[:0], args)
	if err != nil {
		return keyspace.AllShards
	}
	var set keyspace.Locks
	for _, r := range refs {
		set = set.Add(ks.Hash(args[r.Index]))
	}
	return set
}
