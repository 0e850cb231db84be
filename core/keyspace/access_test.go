package keyspace

import (
	"fmt"
	"testing"
)

// put stores a string of one byte.
func put(ks *Keyspace, key string, expire, now int64) {
	copy(ks.DB(0).Put([]byte(key), MakeKind(String, EmbStr), 1, expire, now), "v")
}

type expiredKeys []string

func (x *expiredKeys) Expired(db int, key []byte) { *x = append(*x, fmt.Sprint(db, " ", string(key))) }
func (x *expiredKeys) Created(int, []byte)        {}

func (x *expiredKeys) MemberExpired(db int, key []byte, _ Value, member []byte) {
	*x = append(*x, fmt.Sprint(db, " ", string(key), " ", string(member)))
}

func (x *expiredKeys) MembersExpired(db int, key []byte, _ Value, emptied bool) {
	if emptied {
		*x = append(*x, fmt.Sprint(db, " ", string(key), " emptied"))
	}
}

func TestExpiryModes(t *testing.T) {
	var gone expiredKeys
	ks := New(Options{Events: &gone})
	defer ks.Close()
	db, key := ks.DB(0), []byte("key")
	put(ks, "key", 1000, 0)

	if e := db.Find(key, 1000, 0); !e.OK() {
		t.Error("gone in the millisecond of its expiry")
	}
	if e := db.Find(key, 1001, KeepExpired); !e.OK() {
		t.Error("KeepExpired does not find it")
	}
	ks.SetExpiry("test", ShowExpired)
	if e := db.Find(key, 1001, 0); !e.OK() {
		t.Error("ShowExpired hides it")
	}
	ks.SetExpiry("test", HideExpired)
	if e := db.Find(key, 1001, 0); e.OK() || db.Len() != 1 {
		t.Error("HideExpired shows or deletes it")
	}
	for sh := range Shards {
		ks.Sweep(sh, 1001, 100, true)
	}
	if db.Len() != 1 || len(gone) != 0 {
		t.Error("the sweeper deletes hidden keys")
	}
	ks.SetExpiry("test", DeleteExpired)
	if e := db.Find(key, 1001, ForRead); e.OK() || db.Len() != 0 || len(gone) != 1 || gone[0] != "0 key" {
		t.Errorf("found %v, %d keys left, events %q", e.OK(), db.Len(), gone)
	}
	if st := ks.Stats(); st.Expired != 1 || st.Misses != 1 || st.Hits != 0 {
		t.Errorf("%+v", st)
	}
}

// The sweeper deletes what is due, and nothing else, without anybody looking.
func TestSweepExpires(t *testing.T) {
	var gone expiredKeys
	ks := New(Options{Events: &gone})
	defer ks.Close()
	for i := range 5000 {
		put(ks, fmt.Sprint(i), int64(1000+i%2), 0)
	}
	for sh := range Shards {
		for ks.Sweep(sh, 1001, 64, true) {
		}
	}
	if n := ks.DB(0).Len(); n != 2500 || len(gone) != 2500 || ks.DB(0).Expires() != 2500 {
		t.Errorf("%d keys left, %d events", n, len(gone))
	}
}

func TestClocks(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db, key := ks.DB(0), []byte("key")
	put(ks, "key", 0, 1_000_000)
	if idle := db.Find(key, 1_030_500, 0).Idle(1_030_500); idle != 30_000 {
		t.Errorf("idle for %d ms without a touch", idle)
	}
	if idle := db.Find(key, 1_040_000, ForRead).Idle(1_045_000); idle != 5000 {
		t.Errorf("idle for %d ms after a touch", idle)
	}
	e := db.Find(key, 2_000_000, 0)
	e.SetFreq(2_000_000, 9) // not the mode: no effect
	e.SetIdle(2_000_000, 60_000)
	if idle := e.Idle(2_000_000); idle != 60_000 {
		t.Errorf("idle for %d ms, was set to 60000", idle)
	}

	ks.SetClock(LFU, 0, 1)
	e.SetFreq(2_000_000, 100)
	if f := e.Freq(2_000_000); f != 100 {
		t.Errorf("frequency %d, was set to 100", f)
	}
	if f := e.Freq(2_000_000 + 3*60_000); f != 97 {
		t.Errorf("frequency %d after three minutes, want 97", f)
	}
	db.Find(key, 2_000_000, Touch) // with factor 0 every access counts
	if f := e.Freq(2_000_000); f != 101 {
		t.Errorf("frequency %d after an access, want 101", f)
	}
	put(ks, "new", 0, 2_000_000)
	if f := db.Find([]byte("new"), 2_000_000, 0).Freq(2_000_000); f != lfuInit {
		t.Errorf("frequency %d of a new key", f)
	}
}

// A scan that follows ScanLocks sees every key once, and a wish for all keys
// that fits gets them in one go.
func TestScanLocks(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	db := ks.DB(0)
	for _, keys := range []int{0, 1, 50, 20_000} {
		for i := range keys {
			put(ks, fmt.Sprint(i), 0, 0)
		}
		if set := db.ScanLocks(0, keys+1); set != AllShards {
			t.Errorf("%d keys: %x for more than there are", keys, set)
		}
		if set := db.ScanLocks(0, 10); keys == 20_000 && set != 1 {
			t.Errorf("%d keys: %x for ten", keys, set)
		}
		for _, cursor := range []uint64{0, 1 << 41, 5<<42 + 7, 1<<48 - 1, 1<<63 + 1<<42} {
			if set := db.ScanLocks(cursor, 1); !set.HasShard(ShardOfCursor(cursor)) {
				t.Errorf("cursor %x: its shard is not in %x", cursor, set)
			}
		}
		seen := 0
		for cursor, first := uint64(0), true; cursor != 0 || first; first = false {
			set := db.ScanLocks(cursor, 100)
			for n := 0; n < 100 && set.HasShard(ShardOfCursor(cursor)); {
				cursor = db.Scan(cursor, func(Entry) { n++; seen++ })
				if cursor == 0 {
					break
				}
			}
		}
		if seen != keys {
			t.Errorf("%d of %d keys visited", seen, keys)
		}
	}
}

// Every key has a fair chance to be the random one.
func TestRandomIsFair(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	const keys, draws = 300, 300 * 200
	for i := range keys {
		put(ks, fmt.Sprint(i), 0, 0)
	}
	count := map[string]int{}
	r := uint64(1)
	for range draws {
		r = r*6364136223846793005 + 1442695040888963407
		count[string(ks.DB(0).Random(r^r>>29).Key())]++
	}
	for i := range keys {
		if n := count[fmt.Sprint(i)]; n < 200/4 || n > 200*4 {
			t.Errorf("key %d drawn %d times, expected about 200", i, n)
		}
	}
}

func TestSampleStaysWithinBounds(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	for i := range 2000 {
		put(ks, fmt.Sprint(i), 0, 0)
	}
	for sh := range Shards {
		seen := map[string]bool{}
		ks.DB(0).Sample(sh, uint64(sh)*12345, 5, func(e Entry) { seen[string(e.Key())] = true })
		if want := min(5, ks.DB(0).ShardLen(sh)); len(seen) != want {
			t.Errorf("shard %d: %d keys sampled, want %d", sh, len(seen), want)
		}
	}
}

func TestLocks(t *testing.T) {
	ks := New(Options{})
	defer ks.Close()
	h := ks.Hash([]byte("key"))
	set := Locks(0).Add(h)
	if !set.Has(h) || set != Locks(1)<<ShardOf(h) {
		t.Errorf("set %b for shard %d", set, ShardOf(h))
	}
}

// What is put where an expired key is hidden takes its place, in every way of
// putting, and has nothing of it.
func TestPutOverHidden(t *testing.T) {
	for name, put := range map[string]func(db *DB, key []byte, now int64){
		"Put": func(db *DB, key []byte, now int64) { db.Put(key, MakeKind(String, EmbStr), 1, KeepTTL, now)[0] = 'w' },
		"Create": func(db *DB, key []byte, now int64) {
			db.Create(db.ks.Hash(key), key, MakeKind(String, EmbStr), 1, 0, 0, now).Data()[0] = 'w'
		},
		"PutString": func(db *DB, key []byte, now int64) { db.PutString(db.ks.Hash(key), key, []byte("w"), KeepTTL, now) },
	} {
		var gone expiredKeys
		ks := New(Options{Events: &gone})
		db, key := ks.DB(0), []byte("key")
		copy(db.Put(key, MakeKind(String, EmbStr), 1, 1000, 0), "v")
		snap := ks.Freeze()
		ks.SetExpiry("one", HideExpired)
		ks.SetExpiry("two", HideExpired)
		ks.SetExpiry("one", DeleteExpired)
		if ks.Expiry() != HideExpired {
			t.Errorf("%s: one of two who hide has changed its mind, and nothing is hidden", name)
		}
		put(db, key, 2000)
		ks.SetExpiry("two", DeleteExpired)
		if e := db.Find(key, 2000, 0); !e.OK() || string(e.Data()) != "w" || e.Expire() != 0 || db.Len() != 1 || db.Expires() != 0 {
			t.Errorf("%s: %d keys, %d with an expiry, %v", name, db.Len(), db.Expires(), e.OK())
		}
		if len(gone) != 0 {
			t.Errorf("%s: told of %q", name, gone)
		}
		snap.End()
		ks.Close()
	}
}
