package dump

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Access says what a dump tells of when keys were used.
type Access uint8

const (
	NoAccess Access = iota // nothing
	Idle                   // how long they were not, as the eviction policies of kind LRU want to know
	Freq                   // how often they were, as those of kind LFU do
)

// Pair is an auxiliary field.
type Pair struct{ Name, Value string }

// PositionAux are the auxiliary fields that tell at which position the data are.
func PositionAux(p core.Position) []Pair {
	return []Pair{
		{"repl-stream-db", strconv.Itoa(p.DB)},
		{"repl-id", p.ID},
		{"repl-offset", strconv.FormatInt(p.Offset, 10)},
	}
}

// PositionOf is the position that the auxiliary fields of a dump tell, if they do.
func PositionOf(aux map[string]string) (p core.Position, ok bool) {
	offset, err := strconv.ParseInt(aux["repl-offset"], 10, 64)
	if err != nil || offset < 0 || len(aux["repl-id"]) != 40 {
		return p, false
	}
	db, err := strconv.Atoi(aux["repl-stream-db"])
	if err != nil || db < 0 {
		db = 0
	}
	return core.Position{ID: aux["repl-id"], Offset: offset, DB: db}, true
}

// SaveOptions say how a snapshot is written. The zero value writes what Redis
// writes by default but for the checksum.
type SaveOptions struct {
	Checksum bool   // compute it (rdbchecksum); else zeros stand in its place
	Plain    bool   // strings are not compressed (rdbcompression)
	Access   Access // has an effect only if the snapshot's access clocks mean that
	Workers  int    // how many goroutines encode; 0 for as many as there are cores
	// Background has the workers give way to other threads, of the server and of
	// the machine.
	Background bool
	Base       bool   // the dump is the base of an append-only file
	Aux        []Pair // auxiliary fields beside the usual ones
	// Libraries, if not nil, are the functions to be saved, in the place of those that
	// the registry has by now.
	Libraries *[][]byte
	NoKeys    bool // only the rest is saved
	// Version is that of the format, for a reader that knows no newer one; 0 for the newest
	// that is needed.
	Version int
	// Incremental is for WriteFile: see ReplaceFile.
	Incremental bool

	RedisVersion string // what the field redis-ver says; no such field if empty
	Now          int64  // Unix milliseconds; 0 for the time of the call

	// Progress, if not nil, is told of keys and bytes.
	Progress *core.Progress
	// Delay, if not nil, returns how long to wait after each key. Then there is
	// one worker.
	Delay func() time.Duration
	// Hurry, if not nil, is asked while that is waited for; true ends the wait.
	Hurry func() bool
}

// Result tells what was saved or loaded.
type Result struct {
	Version int   // of the format
	Keys    int64 // written, or brought in
	Bytes   int64 // of the dump, its checksum included

	// The rest is told by Load and Scan only.

	Expired int64             // keys left out because their time was past
	Empty   int64             // keys left out because they had no members
	Aux     map[string]string // the auxiliary fields; of equal ones the last
}

// blockSize is how much a worker encodes, or the reader reads, at a time: it
// stays in the processor's cache, and is large against the cost of a turn.
const blockSize = 256 << 10

// Save writes a snapshot as a dump. The snapshot is still the caller's to end;
// no lock is wanted. w is given at most a megabyte at a time, by one goroutine after
// the other, and may take its time: who encodes waits for it. Whether strings are compressed is for the parameter
// rdbcompression to say, if the registry has it. When ctx is cancelled, Save
// returns its error before the next block is written.
func Save(ctx context.Context, w io.Writer, r *core.Table, s *keyspace.Snapshot, o SaveOptions) (Result, error) {
	if o.Now == 0 {
		o.Now = time.Now().UnixMilli()
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Delay != nil {
		o.Workers = 1
	}
	v := &saver{ctx: ctx, w: w, r: r, s: s, o: o, compress: !o.Plain, selected: -1}
	v.version = rdb.Version
	if s.MembersExpire() {
		v.version = rdb.VersionMemberExpiry
	}
	if o.Version != 0 && o.Version < v.version {
		if s.MembersExpire() && !o.NoKeys {
			return Result{}, fmt.Errorf("hashes have fields that expire, which a reader of version %d of the format does not know", o.Version)
		}
		v.version = o.Version
	}
	v.begin()
	if !v.o.NoKeys {
		v.databases()
	}
	v.end()
	return Result{Version: v.version, Keys: v.keys.Load(), Bytes: v.written}, v.err
}

// saver is a Save in progress.
type saver struct {
	ctx      context.Context
	r        *core.Table
	s        *keyspace.Snapshot
	o        SaveOptions
	compress bool
	version  int

	next   atomic.Int64 // the shard to be taken next, counted through all databases
	failed atomic.Bool  // err is set: nobody need go on
	keys   atomic.Int64

	// The turn: whoever holds mu writes.
	mu       sync.Mutex
	w        io.Writer
	crc      uint64
	written  int64
	selected int    // the database of what was written last, -1 for none
	sized    []bool // of a database: its number of keys has been told
	err      error
}

// fail makes err the result unless there is one; mu is held, or not needed.
func (v *saver) fail(err error) {
	if err != nil && v.err == nil {
		v.err = err
		v.failed.Store(true)
	}
}

// put writes b, whose checksum is known; mu is held, or not needed.
func (v *saver) put(b []byte, crc uint64) {
	if v.err != nil {
		return
	}
	n, err := v.w.Write(b)
	v.crc = rdb.CombineCRC64(v.crc, crc, int64(len(b)))
	v.written += int64(n)
	if v.o.Progress != nil {
		v.o.Progress.Add(int64(n))
	}
	v.fail(err)
}

// sum is the checksum of a piece, if it is wanted.
func (v *saver) sum(b []byte) uint64 {
	if !v.o.Checksum {
		return 0
	}
	return rdb.CRC64(0, b)
}

// begin writes what comes before the keys.
func (v *saver) begin() {
	b := fmt.Appendf(nil, "REDIS%04d", v.version)
	number := func(name string, n int64) { b = v.aux(b, name, strconv.FormatInt(n, 10)) }
	if v.o.RedisVersion != "" {
		b = v.aux(b, "redis-ver", v.o.RedisVersion)
	}
	number("redis-bits", 64)
	number("ctime", v.o.Now/1000)
	number("used-mem", v.s.Keyspace().UsedMemory())
	for _, p := range v.o.Aux {
		b = v.aux(b, p.Name, p.Value)
	}
	base := int64(0)
	if v.o.Base {
		base = 1
	}
	number("aof-base", base)
	libraries := v.o.Libraries
	if libraries == nil {
		all := v.r.Functions.All()
		libraries = &all
	}
	for _, text := range *libraries {
		b = rdb.AppendString(append(b, rdb.OpFunction2), text, v.compress)
	}
	v.put(b, v.sum(b))
}

func (v *saver) aux(b []byte, name, value string) []byte {
	b = rdb.AppendString(append(b, rdb.OpAux), []byte(name), v.compress)
	return rdb.AppendString(b, []byte(value), v.compress)
}

// end writes what comes after the keys.
func (v *saver) end() {
	b := []byte{rdb.OpEOF}
	v.put(b, v.sum(b))
	if !v.o.Checksum {
		v.crc = 0
	}
	v.put(binary.LittleEndian.AppendUint64(nil, v.crc), 0)
}

// databases writes all keys.
func (v *saver) databases() {
	v.sized = make([]bool, v.s.Databases())
	parts := 0 // that have keys
	for db := range v.s.Databases() {
		for shard := range keyspace.Shards {
			if v.s.Len(db, shard) > 0 {
				parts++
			}
		}
	}
	workers := min(v.o.Workers, parts)
	if workers <= 1 && !v.o.Background {
		newEncoder(v).run()
		return
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			if v.o.Background {
				stepBack()
			}
			newEncoder(v).run()
		})
	}
	wg.Wait()
}

// part takes the next shard that has keys.
func (v *saver) part() (db, shard int, ok bool) {
	for {
		i := int(v.next.Add(1) - 1)
		db, shard = i/keyspace.Shards, i%keyspace.Shards
		if db >= v.s.Databases() || v.failed.Load() {
			return 0, 0, false
		}
		if v.s.Len(db, shard) > 0 {
			return db, shard, true
		}
	}
}

// announce returns what is to stand before a block of keys of a database, at
// most announceMax bytes; mu is held.
func (v *saver) announce(b []byte, db int) []byte {
	if v.selected == db {
		return b
	}
	v.selected = db
	b = rdb.AppendLen(append(b, rdb.OpSelectDB), uint64(db))
	if v.sized[db] {
		return b
	}
	v.sized[db] = true
	keys, expires := 0, 0
	for shard := range keyspace.Shards {
		keys += v.s.Len(db, shard)
		expires += v.s.Expires(db, shard)
	}
	return rdb.AppendLen(rdb.AppendLen(append(b, rdb.OpResizeDB), uint64(keys)), uint64(expires))
}

const announceMax = 2 * (1 + 2*9)
