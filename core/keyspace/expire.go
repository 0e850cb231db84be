package keyspace

import (
	"math/bits"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/dict"
)

// ExpiryMode says what is done with keys whose time has come.
type ExpiryMode uint8

const (
	// DeleteExpired: they are deleted when they are met (the normal mode).
	DeleteExpired ExpiryMode = iota
	// DeleteOnWrite: commands that read do not see them, and they stay; commands
	// that change one delete it first (a replica that clients may write to).
	DeleteOnWrite
	// HideExpired: they look missing and stay; a replica waits for its master
	// to delete them.
	HideExpired
	// ShowExpired: they are keys like any other (while data are being loaded).
	ShowExpired
)

// SetExpiry says what somebody, who is known by name, wants to be done with such
// keys: DeleteExpired means nothing in particular. Several may want something (a
// load, a pause, a replica), come and go in any order, and know nothing of each
// other: what leaves the most as it is holds. The caller holds all locks.
func (ks *Keyspace) SetExpiry(who string, m ExpiryMode) {
	if m == DeleteExpired {
		delete(ks.wishes, who)
	} else {
		if ks.wishes == nil {
			ks.wishes = map[string]ExpiryMode{}
		}
		ks.wishes[who] = m
	}
	ks.expiry = DeleteExpired
	for _, m := range ks.wishes {
		ks.expiry = max(ks.expiry, m)
	}
}

// ShowExpired makes the shards of a set, whose locks the caller holds, show keys
// whatever their expiry, to whoever works under these locks: to what a master has
// sent, which says by itself what has expired. on is false before they are released.
func (ks *Keyspace) ShowExpired(set Locks, on bool) {
	for rest := uint64(set); rest != 0; rest &= rest - 1 {
		ks.shards[bits.TrailingZeros64(rest)].shows = on
	}
}

// expiryAt is the mode in which a shard is looked at by who holds its lock.
func (db *DB) expiryAt(sh int) ExpiryMode {
	if db.ks.shards[sh].shows {
		return ShowExpired
	}
	return db.ks.expiry
}

// expired reports whether an entry's time is past.
func expired(ref arena.Ref, now int64) bool {
	if !dict.HasExpire(ref) {
		return false
	}
	at := dict.Expire(ref)
	return at > 0 && at < now
}

// Expiry returns the mode; the caller holds any lock.
func (ks *Keyspace) Expiry() ExpiryMode { return ks.expiry }

// expire deals with a key that was found in a mode and whose time has come. It
// reports whether the key is to look missing.
func (db *DB) expire(sh int, pos dict.Pos, ref arena.Ref, mode Mode) bool {
	switch db.expiryAt(sh) {
	case ShowExpired:
		return false
	case HideExpired:
		return true
	case DeleteOnWrite:
		if mode != ForWrite {
			return true
		}
	}
	db.expireNow(sh, pos, ref)
	return true
}

func (db *DB) expireNow(sh int, pos dict.Pos, ref arena.Ref) {
	db.ks.shards[sh].stats.Expired++
	if db.ks.events != nil {
		db.ks.events.Expired(db.index, dict.Key(ref))
	}
	Entry{db, pos, ref}.Unlink()
}
