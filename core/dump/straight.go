package dump

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Large strings are read to where they stay, by the goroutine that reads: a value of half
// a gigabyte takes no second one of memory while it is loaded.

// readStraight is the stream's straight.
func (l *loader) readStraight(n uint64) error {
	it := l.ahead
	l.ahead = unknown(it.db)
	r := rdb.NewReader(l.buf[l.el.head+1 : l.el.value])
	key := bytes.Clone(r.String())
	if err := r.Err(); err != nil {
		return err
	}
	failed := func(err error) error {
		if l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		return &Error{l.offset(), fmt.Sprintf("string %q", key), err}
	}
	it.op, it.hash = l.el.op, l.ks.Hash(key)
	db, shard := l.db(it.db), keyspace.ShardOf(it.hash)
	l.lock(shard)
	ref, room := db.MakeRoom(it.hash, int(n))
	l.unlock(shard)
	err := l.fillRoom(room)
	if err != nil {
		err = failed(err)
	}
	if l.o.Delay != nil {
		defer l.inline.wait(1) // when the lock is free again
	}
	l.lock(shard)
	defer l.unlock(shard)
	if err != nil {
		db.DropRoom(it.hash, ref)
		return err
	}
	add := func() bool {
		return db.AddMade(it.hash, key, keyspace.MakeKind(keyspace.String, keyspace.Raw), ref, int(n), it.expire, l.o.Now)
	}
	drop := func() { db.DropRoom(it.hash, ref) }
	if err := l.inline.give(&it, key, add, drop); err != nil {
		return failed(err)
	}
	l.inline.tell()
	return nil
}

// fillRoom fills room with what comes next in the dump, first of all from the buffer, which
// is given away with all that is before it.
func (l *loader) fillRoom(room []byte) error {
	have := copy(room, l.buf[l.at:])
	n := len(l.buf)
	l.buf = l.flush(l.buf)
	l.base += int64(n)
	l.at, l.el.head, l.el.value = 0, 0, 0
	for room = room[have:]; len(room) > 0; {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		piece := room[:min(len(room), straightFrom)]
		n, err := io.ReadFull(l.src, piece)
		l.base += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return rdb.ErrShort
		}
		if err != nil {
			return err
		}
		l.sum.add(l.blocks, piece)
		l.blocks++
		if l.o.Progress != nil {
			l.o.Progress.Add(int64(n))
		}
		room = room[n:]
	}
	return nil
}
