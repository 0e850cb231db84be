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
func (l *loader) readStraight(h rdb.StringHead) error {
	n, it := int(h.N), l.ahead
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
	ref, room := db.MakeRoom(it.hash, n)
	l.unlock(shard)
	fill := l.fillRoom
	if h.LZF {
		fill = func(room []byte) error { return l.expandTo(room, int(h.There)) }
	}
	err := fill(room)
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
		return db.AddMade(it.hash, key, keyspace.MakeKind(keyspace.String, keyspace.Raw), ref, n, it.expire, l.o.Now)
	}
	drop := func() { db.DropRoom(it.hash, ref) }
	if err := l.inline.give(&it, key, add, drop); err != nil {
		return failed(err)
	}
	l.inline.tell()
	return nil
}

// fillRoom fills room with what comes next in the dump.
func (l *loader) fillRoom(room []byte) error {
	room = room[copy(room, l.buf[l.at:]):]
	l.giveAway()
	for len(room) > 0 {
		piece := room[:min(len(room), straightFrom)]
		if err := l.readPiece(piece); err != nil {
			return err
		}
		room = room[len(piece):]
	}
	return nil
}

// expandTo fills room with what the next n bytes of the dump stand for, which are LZF.
func (l *loader) expandTo(room []byte, n int) error {
	x := rdb.NewExpander(room)
	n -= len(l.buf) - l.at
	bad := x.Add(l.buf[l.at:])
	l.giveAway()
	for b := make([]byte, min(n, straightFrom)); n > 0 && bad == nil; n -= len(b) {
		b = b[:min(n, len(b))]
		if err := l.readPiece(b); err != nil {
			return err
		}
		bad = x.Add(b)
	}
	if bad != nil {
		return bad
	}
	return x.End()
}

// giveAway gives the buffer away with all that is in it.
func (l *loader) giveAway() {
	n := len(l.buf)
	l.buf = l.flush(l.buf)
	l.base += int64(n)
	l.at, l.el.head, l.el.value = 0, 0, 0
}

// readPiece reads what comes next in the dump, as much as piece holds.
func (l *loader) readPiece(piece []byte) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
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
	return nil
}
