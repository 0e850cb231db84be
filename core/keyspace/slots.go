package keyspace

import (
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/slot"
)

// In a keyspace with Options.Slots the keys of a slot are a range of one shard.

// ShardOfSlot returns the shard of a slot's keys.
func ShardOfSlot(n uint16) int { return int(n >> (slot.Bits - shardBits)) }

// SlotLen returns how many keys of the database are in a slot. The lock of its shard is
// held.
func (db *DB) SlotLen(n uint16) int {
	return db.tables[ShardOfSlot(n)].RangeLen(uint64(n)<<(64-slot.Bits), slot.Bits)
}

// EachOfSlot is Each for the keys of a slot. The lock of its shard is held.
func (db *DB) EachOfSlot(n uint16, fn func(Entry) bool) bool {
	sh := ShardOfSlot(n)
	return db.tables[sh].WalkRange(uint64(n)<<(64-slot.Bits), slot.Bits, func(ref arena.Ref) bool { return fn(db.view(sh, ref)) })
}
