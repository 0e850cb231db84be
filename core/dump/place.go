package dump

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// worker decodes keys and brings them in.
type worker struct {
	*loader
	value rdb.Reader
	names rdb.Reader // of keys, which last as long as the block
	key   [][]byte   // of the block's items
	// The items of a block, those of a shard together: order[first[shard]:first[shard+1]].
	order []int32
	first [keyspace.Shards + 1]int32
	turn  int // the shard to begin with
	late  time.Duration

	added, gone int64
}

func newWorker(l *loader) *worker { return &worker{loader: l} }

// do brings a block in.
func (w *worker) do(b *block) {
	if w.failure.before(b.base) {
		return
	}
	w.sum.add(b.number, b.buf)
	w.hash(b)
	w.sort(b)
	// Each block begins with another shard, so that workers do not follow one
	// another from lock to lock.
	w.turn = b.number * (keyspace.Shards/2 + 1)
	for i := range keyspace.Shards {
		shard := (w.turn + i) % keyspace.Shards
		if mine := w.order[w.first[shard]:w.first[shard+1]]; len(mine) > 0 {
			w.place(b, shard, mine)
		}
	}
	w.tell()
	if w.o.Delay != nil {
		w.wait(len(b.items))
	}
}

// hash decodes and hashes the keys.
func (w *worker) hash(b *block) {
	w.key = w.key[:0]
	w.names.Reset(b.buf, b.base)
	for i := range b.items {
		it := &b.items[i]
		w.names.Seek(it.head + 1)
		key := w.names.String()
		if err := w.names.Err(); err != nil {
			w.fail(b, it, "", err)
			b.items = b.items[:i] // what comes before is of interest still
			return
		}
		w.key = append(w.key, key)
		it.hash = w.ks.Hash(key)
	}
}

// sort orders the items by shard.
func (w *worker) sort(b *block) {
	w.first = [keyspace.Shards + 1]int32{}
	for i := range b.items {
		w.first[keyspace.ShardOf(b.items[i].hash)+1]++
	}
	for shard := range keyspace.Shards {
		w.first[shard+1] += w.first[shard]
	}
	w.order = slices.Grow(w.order[:0], len(b.items))[:len(b.items)]
	at := w.first
	for i := range b.items {
		shard := keyspace.ShardOf(b.items[i].hash)
		w.order[at[shard]] = int32(i)
		at[shard]++
	}
}

// lock takes the lock of a shard.
func (l *loader) lock(shard int) {
	if l.o.Locked {
		l.mutexes[shard].Lock()
	} else {
		l.ks.Lock(1 << shard)
	}
}

func (l *loader) unlock(shard int) {
	if l.o.Locked {
		l.mutexes[shard].Unlock()
	} else {
		l.ks.Unlock(1 << shard)
	}
}

// place brings items of one shard in.
func (w *worker) place(b *block, shard int, mine []int32) {
	w.lock(shard)
	defer w.unlock(shard)
	for _, i := range mine {
		it := &b.items[i]
		w.db(it.db).PrefetchAdd(it.hash)
	}
	for _, i := range mine {
		it := &b.items[i]
		w.value.Reset(b.buf[it.value:it.end], b.base+int64(it.value))
		if err := w.one(it, w.key[i]); err != nil {
			w.fail(b, it, string(w.key[i]), err)
			return
		}
	}
}

// one brings one key in, whose value is what the reader has; the shard is
// locked.
func (w *worker) one(it *item, key []byte) error {
	v, err := w.load(it)
	switch {
	case errors.Is(err, rdb.ErrEmpty):
		w.skipEmpty(key)
		return nil
	case err != nil:
		return err
	case w.value.Left() > 0:
		v.Release()
		return errLeft(&w.value)
	}
	return w.add(it, key, v)
}

// load decodes the value of an item.
func (w *worker) load(it *item) (keyspace.Value, error) {
	t, err := w.reg.TypeIn(it.op, &w.value)
	if err != nil {
		return keyspace.Value{}, err
	}
	return t.Load(it.op, &w.value, w.ks.Arena(it.hash))
}

// add gives a key its value, unless its time is past.
func (w *worker) add(it *item, key []byte, v keyspace.Value) error {
	return w.give(it, key, func() bool { return w.db(it.db).Add(it.hash, key, v, it.expire, w.o.Now) }, v.Release)
}

// give has add give a key its value, which reports whether the key was not there; or release
// give the value up. The shard is locked.
func (w *worker) give(it *item, key []byte, add func() bool, release func()) error {
	if it.expire != 0 && it.expire < w.o.Now && (!w.o.KeepExpired || w.o.KeepAtPosition) {
		w.gone++
		if !w.o.KeepExpired {
			release()
			return nil
		}
	}
	db := w.db(it.db)
	if n := w.expected[it.db].Load(); n > 0 {
		// Not before there is a key: a table without any must not hold memory.
		db.Reserve(keyspace.ShardOf(it.hash), int(n/keyspace.Shards))
	}
	if !add() {
		if !w.o.Replace {
			release()
			return fmt.Errorf("RDB has duplicated key '%s' in DB %d", key, it.db)
		}
		db.FindHashed(it.hash, key, w.o.Now, keyspace.KeepExpired).Delete()
		add()
	}
	w.added++
	if it.idle >= 0 || it.freq >= 0 {
		w.access(db, it, key)
	}
	return nil
}

// access makes a key as old or as popular as the dump says.
func (w *worker) access(db *keyspace.DB, it *item, key []byte) {
	e := db.FindHashed(it.hash, key, w.o.Now, keyspace.KeepExpired)
	if it.idle >= 0 {
		e.SetIdle(w.o.Now, min(it.idle, w.o.Now/1000)*1000)
	}
	if it.freq >= 0 {
		e.SetFreq(w.o.Now, int64(it.freq))
	}
}

// emptyLogged is how many keys without members are named in the log, as in
// Redis.
const emptyLogged = 10

func (l *loader) skipEmpty(key []byte) {
	if l.empty.Add(1) <= emptyLogged {
		l.o.Log.Info("rdbLoadObject skipping empty key: " + string(key))
	}
}

// fail makes err the error for an item.
func (w *worker) fail(b *block, it *item, key string, err error) {
	e := &Error{b.base + int64(it.head), nameOf(w.reg, it.op, b.buf[it.value:it.end]), err}
	if key != "" {
		e.What = fmt.Sprintf("%s %q", e.What, key)
	}
	var at *rdb.OffsetError
	if errors.As(err, &at) {
		e.Offset, e.Err = at.Offset, at.Err
	}
	w.failure.add(e)
}

// tell adds to the counters what the block has brought.
func (w *worker) tell() {
	w.keys.Add(w.added)
	w.expired.Add(w.gone)
	if w.o.Progress != nil {
		w.o.Progress.AddKeys(w.added)
	}
	w.added, w.gone = 0, 0
}

// wait waits for the time that the options want after n keys: one worker at a
// time, so that the time is that of all keys.
func (w *worker) wait(n int) {
	for range n {
		w.late += w.o.Delay()
	}
	if w.late < shortest {
		return
	}
	w.pace.Lock()
	defer w.pace.Unlock()
	if err := sleep(w.ctx, w.late); err != nil {
		w.failure.add(err)
	}
	w.late = 0
}
