package dump

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// stream reads a dump and finds the elements that it is a row of: keys with
// their values, and opcodes. It is for one goroutine.
type stream struct {
	ctx  context.Context
	src  io.Reader
	size int64 // of the source; -1 if nobody knows
	reg  *core.Table
	// flush takes over the elements that buf holds, which are whole, and returns
	// an empty buffer of at least blockSize in its place.
	flush func(buf []byte) []byte
	// straight, if not nil, reads a string with this head, of which the last bytes are not in buf,
	// to where it stays, and moves the stream behind it.
	straight func(h rdb.StringHead) error

	version int
	buf     []byte // what has been read and not been given away
	base    int64  // the offset of buf in the dump
	el      element
	at      int // how far into buf the stream has come
	skip    rdb.Skipper
}

// element is one piece of a dump. Its offsets are in the stream's buffer, and
// right until the next element is asked for.
type element struct {
	op    byte
	head  int // of the type byte or opcode
	value int // what comes behind it, or behind the key
	end   int
	there bool // the value has been read to its place
}

// isKey reports whether it is a key: all others are opcodes.
func (e *element) isKey() bool { return e.op < rdb.OpSlotInfo }

// Error is what is wrong with a dump.
type Error struct {
	Offset int64  // in the dump
	What   string // what was being read: `hash "k"`
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("offset %d: %s: %v", e.Offset, e.What, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// The errors of a dump's first bytes, as in Redis.
var errSignature = errors.New("Wrong signature trying to load DB from file")

func errVersion(n int) error { return fmt.Errorf("Can't handle RDB format version %d", n) }

// begin reads the signature and the version.
func (s *stream) begin() error {
	const length = len("REDIS0011")
	for len(s.buf) < length {
		if err := s.fill(1); err != nil {
			if errors.Is(err, rdb.ErrShort) {
				return &Error{0, "header", errSignature}
			}
			return s.failed("header", err)
		}
	}
	if string(s.buf[:5]) != "REDIS" {
		return &Error{0, "header", errSignature}
	}
	version, err := strconv.Atoi(string(s.buf[5:length]))
	if err != nil || version < 1 || version > rdb.MaxVersion {
		return &Error{5, "header", errVersion(version)}
	}
	s.version, s.at = version, length
	return nil
}

// next finds the next element. The last is that of rdb.OpEOF.
func (s *stream) next() (element, error) {
	s.el = element{head: s.at}
	if s.at == len(s.buf) {
		if err := s.fill(1); err != nil {
			return s.el, s.failed("next key", err)
		}
	}
	s.el.op = s.buf[s.at]
	s.at++
	s.el.value = s.at
	if err := s.body(); err != nil {
		return s.el, s.broken(err)
	}
	s.el.end = s.at
	return s.el, nil
}

// body passes over what comes behind an opcode.
func (s *stream) body() error {
	if s.el.isKey() {
		s.skip.BeginString()
		if err := s.pass(); err != nil {
			return err
		}
		s.el.value = s.at
		if s.el.op == rdb.TypeString && s.straight != nil {
			if err := s.string(); err != nil || s.el.there {
				return err
			}
		}
	}
	op := s.el.op
	switch {
	case s.skip.Begin(op):
		return s.pass()
	case op == rdb.OpEOF:
		return nil
	}
	return errOpcode(op)
}

// string has a value that is a large string read straight to its place.
func (s *stream) string() error {
	h, ok := rdb.StringHeadOf(s.buf[s.at:])
	for ok && h.Size > uint64(len(s.buf)-s.at) {
		if err := s.fill(h.Size - uint64(len(s.buf)-s.at)); err != nil {
			return err
		}
		h, ok = rdb.StringHeadOf(s.buf[s.at:])
	}
	if !ok || h.N < straightFrom || (s.size < 0 || h.LZF) && h.N > straightMost {
		return nil
	}
	have := uint64(len(s.buf)-s.at) - h.Size
	if h.There <= have {
		return nil
	}
	if s.size >= 0 && h.There-have > uint64(max(s.size-s.base-int64(len(s.buf)), 0)) {
		return rdb.ErrShort
	}
	s.at += int(h.Size)
	s.el.there = true
	return s.straight(h)
}

// straightFrom is how long strings are that do not go through a buffer of Go's heap, and
// straightMost how long they may be if the source's size cannot confirm it, or they are
// compressed: until the bytes have come the room for them is only addresses.
const (
	straightFrom = 1 << 20
	straightMost = 512 << 20
)

// pass goes on until the skipper is at its end.
func (s *stream) pass() error {
	for {
		n, more, err := s.skip.Skip(s.buf[s.at:])
		s.at += n
		if err != nil || more == 0 {
			return err
		}
		if err := s.fill(more); err != nil {
			return err
		}
	}
}

// checksum reads what ends a dump; 0 means that there is none.
func (s *stream) checksum() (uint64, error) {
	if s.version < 5 {
		return 0, nil
	}
	s.el = element{head: s.at}
	for len(s.buf)-s.at < 8 {
		if err := s.fill(uint64(8 - (len(s.buf) - s.at))); err != nil {
			return 0, s.failed("checksum", err)
		}
	}
	s.at += 8
	return binary.LittleEndian.Uint64(s.buf[s.at-8:]), nil
}

// verify checks what can be checked at the end of a dump.
func (s *stream) verify(sum *sum, stored uint64, preamble bool) error {
	if err := sum.verify(stored); err != nil {
		return &Error{s.offset() - 8, "checksum", err}
	}
	behind := int64(len(s.buf) - s.at)
	if s.size >= 0 {
		behind = max(behind, s.size-s.offset())
	}
	if behind > 0 && !preamble {
		return &Error{s.offset(), "end", fmt.Errorf("%d bytes of something else follow", behind)}
	}
	return nil
}

// offset is how far into the dump the stream has come.
func (s *stream) offset() int64 { return s.base + int64(s.at) }

// fill reads more, of which at least so many bytes are wanted: rdb.ErrShort if
// they cannot be there. It gives away the elements before the present one if
// there is no room.
func (s *stream) fill(more uint64) error {
	if s.size >= 0 && more > uint64(max(s.size-s.base-int64(len(s.buf)), 0)) {
		return rdb.ErrShort
	}
	if len(s.buf) == cap(s.buf) || s.size >= 0 && more > blockSize && more > uint64(cap(s.buf)-len(s.buf)) {
		s.makeRoom(more)
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	for range maxEmptyReads {
		n, err := s.src.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		switch {
		case n > 0:
			return nil
		case err == io.EOF:
			return rdb.ErrShort
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// maxEmptyReads is how often in a row a source may have nothing.
const maxEmptyReads = 100

// makeRoom gives the elements before the present one away. If that one alone
// fills the buffer, it gets a larger one: of the size that is wanted for what more must
// come, if the size of the source says that it can; else memory grows with what has
// come.
func (s *stream) makeRoom(more uint64) {
	rest := s.buf[s.el.head:]
	var b []byte
	if s.el.head > 0 || s.buf == nil {
		b = s.flush(s.buf[:s.el.head])
	}
	switch {
	case s.size >= 0 && more > blockSize && uint64(len(rest))+more > uint64(cap(b)):
		b = make([]byte, 0, uint64(len(rest))+more+blockSize)
	case len(rest) >= cap(b):
		b = make([]byte, 0, 2*len(rest))
	}
	s.buf = arena.Append(b, rest)
	s.base += int64(s.el.head)
	s.at -= s.el.head
	s.el.value -= s.el.head
	s.el.head = 0
}

// failed is the error for what the stream is at.
func (s *stream) failed(what string, err error) error {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return &Error{s.offset(), what, err}
}

// broken is the error for the present element.
func (s *stream) broken(err error) error {
	if e, ok := err.(*Error); ok {
		return e
	}
	var at *rdb.OffsetError
	if errors.As(err, &at) {
		return &Error{at.Offset, s.what(s.el), at.Err}
	}
	return s.failed(s.what(s.el), err)
}

// what tells what an element is: its type, and its key if that is known.
func (s *stream) what(e element) string {
	if !e.isKey() {
		return opcodeNames[e.op]
	}
	name := nameOf(s.reg, e.op, s.buf[min(e.value, len(s.buf)):])
	r := rdb.NewReader(s.buf[e.head+1 : max(e.value, e.head+1)])
	if key := r.String(); r.Err() == nil {
		return fmt.Sprintf("%s %q", name, key)
	}
	return name
}

var opcodeNames = [256]string{
	rdb.OpSlotInfo:      "slot information",
	rdb.OpFunction2:     "function library",
	rdb.OpFunctionPreGA: "function library",
	rdb.OpModuleAux:     "auxiliary data of a module",
	rdb.OpIdle:          "idle time",
	rdb.OpFreq:          "access frequency",
	rdb.OpAux:           "auxiliary field",
	rdb.OpResizeDB:      "size of a database",
	rdb.OpExpireMillis:  "expiry",
	rdb.OpExpireSeconds: "expiry",
	rdb.OpSelectDB:      "number of a database",
	rdb.OpEOF:           "end",
}

// errOpcode is the error for a type byte or opcode whose layout is not known.
func errOpcode(op byte) error {
	switch {
	case op == rdb.TypeModulePreGA:
		return errors.New("Pre-release module format not supported")
	case op == rdb.OpFunctionPreGA:
		return errors.New("Pre-release function format not supported.")
	}
	return fmt.Errorf("unknown RDB type %d", op)
}
