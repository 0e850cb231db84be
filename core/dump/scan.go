package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// ScanOptions say how a dump is looked through.
type ScanOptions struct {
	// Decode has every value decoded that a module of the registry knows, and so
	// looked at to the last byte; else only the ends of values are found.
	Decode   bool
	Checksum bool  // verify it, if the dump has one
	Preamble bool  // as in LoadOptions
	Now      int64 // Unix milliseconds, which decide what is expired; 0 for the time of the call

	Progress *core.Progress // told of bytes and keys; may be nil

	// Each, if set, is given every key in the order of the dump. Its name is valid
	// during the call.
	Each func(k KeyAt)
}

// KeyAt is where a key stands in a dump: with what belongs to it, such as its
// expiry, it is the bytes from From to To.
type KeyAt struct {
	DB       int
	Name     []byte
	From, To int64
	Expired  bool
}

// Report is what Scan has found.
type Report struct {
	Result                        // Keys are those that are not Empty, expired or not
	Expires      int64            // keys with an expiry
	Types        map[string]int64 // keys of each type; those that no module knows as "type <number>" or "type '<name>'"
	Databases    map[int]int64    // keys of each database
	Libraries    int              // of functions
	ModuleFields int              // auxiliary data of modules
	Refused      map[string]int64 // how much no module of the server can load, by what Load says of it
}

// Loadable is nil for a dump that the server of the scan loads, and else says what
// that lacks.
func (r *Report) Loadable() error {
	var all []error
	for _, why := range slices.Sorted(maps.Keys(r.Refused)) {
		all = append(all, fmt.Errorf("this server cannot load the file: %s (%d times)", why, r.Refused[why]))
	}
	return errors.Join(all...)
}

// Scan looks through a dump without bringing it in: for those who check files.
// The Report tells of what came before an error, too, which is as of Load. Types
// that no module knows are no error as long as their layout is known; see Loadable.
func Scan(ctx context.Context, src io.Reader, size int64, r *core.Table, o ScanOptions) (Report, error) {
	if o.Now == 0 {
		o.Now = time.Now().UnixMilli()
	}
	s := &scanner{o: o, sum: sum{on: o.Checksum}, pool: arena.NewPool(arena.Options{})}
	defer s.pool.Close()
	s.arena = s.pool.NewArena()
	s.stream = stream{ctx: ctx, src: src, size: size, reg: r, flush: s.flush}
	s.rep.Aux, s.rep.Types, s.rep.Databases = map[string]string{}, map[string]int64{}, map[int]int64{}
	err := s.run()
	s.rep.Version, s.rep.Bytes = s.version, s.offset()
	return s.rep, err
}

// scanner is a Scan in progress.
type scanner struct {
	stream
	o     ScanOptions
	rep   Report
	sum   sum
	pool  *arena.Pool
	arena *arena.Arena // for values while they are looked at
	value rdb.Reader

	db     int
	expire int64 // of the next key
	from   int64 // where what belongs to the next key begins; 0 if that is not known yet
}

func (s *scanner) run() error {
	if err := s.begin(); err != nil {
		return err
	}
	for {
		e, err := s.next()
		if err == nil && e.op == rdb.OpEOF {
			break
		}
		if err == nil {
			err = s.place(e)
		}
		if err == nil {
			err = s.element(e)
		}
		if err != nil {
			return s.broken(err)
		}
	}
	s.el.head = s.at
	s.makeRoom(0)
	stored, err := s.checksum()
	if err != nil {
		return err
	}
	return s.verify(&s.sum, stored, s.o.Preamble)
}

// place tells Each where a key stands.
func (s *scanner) place(e element) error {
	if s.o.Each == nil {
		return nil
	}
	if s.from == 0 {
		s.from = s.base + int64(e.head)
	}
	switch {
	case e.isKey():
		s.value.Reset(s.buf[e.head+1:e.value], s.base+int64(e.head+1))
		k := KeyAt{DB: s.db, Name: s.value.String(), From: s.from, To: s.base + int64(e.end), Expired: s.past()}
		s.o.Each(k)
		s.from = 0
		return s.value.Err()
	case e.op != rdb.OpExpireMillis && e.op != rdb.OpExpireSeconds && e.op != rdb.OpFreq && e.op != rdb.OpIdle:
		s.from = 0
	}
	return nil
}

func (s *scanner) element(e element) error {
	r := &s.value
	if e.isKey() {
		r.Reset(s.buf[e.value:e.end], s.base+int64(e.value))
		empty, err := s.decode(e.op)
		if err == nil {
			s.key(nameOf(s.reg, e.op, s.buf[e.value:e.end]), empty)
		}
		return err
	}
	r.Reset(s.buf[e.value:e.end], s.base+int64(e.value))
	switch e.op {
	case rdb.OpSelectDB:
		s.db = int(min(r.Len(), 1<<31))
	case rdb.OpExpireMillis:
		s.expire = expiry(r.Millis())
	case rdb.OpExpireSeconds:
		s.expire = expiry(r.Seconds() * 1000)
	case rdb.OpAux:
		name, value := string(r.String()), string(r.String())
		s.rep.Aux[name] = value
	case rdb.OpFunction2:
		s.rep.Libraries++
		if why := s.reg.Functions.Refusal(); why != nil {
			s.refuse(why)
		}
		r.String()
	case rdb.OpModuleAux:
		if id := r.Len(); r.Err() == nil {
			s.rep.ModuleFields++
			s.refuse(errModuleAux(id))
		}
	}
	return r.Err()
}

// decode looks at a value, which the reader has, and reports whether it is one
// without members.
func (s *scanner) decode(op byte) (empty bool, err error) {
	t, err := s.reg.TypeIn(op, &s.value)
	if err != nil {
		s.refuse(err)
	}
	if t == nil || !s.o.Decode {
		return false, nil
	}
	v, err := t.Load(op, &s.value, s.arena)
	if err == nil {
		v.Release()
	}
	switch {
	case errors.Is(err, rdb.ErrEmpty):
		return true, nil
	case err == nil && s.value.Left() > 0:
		err = errLeft(&s.value)
	}
	return false, err
}

// refuse counts what this server cannot load.
func (s *scanner) refuse(why error) {
	if s.rep.Refused == nil {
		s.rep.Refused = map[string]int64{}
	}
	s.rep.Refused[why.Error()]++
}

func errLeft(r *rdb.Reader) error { return fmt.Errorf("%d bytes are left over", r.Left()) }

// key counts a key.
func (s *scanner) key(name string, empty bool) {
	if empty {
		s.rep.Empty++
	} else {
		s.rep.Keys++
		s.rep.Types[name]++
		s.rep.Databases[s.db]++
		if s.expire != 0 {
			s.rep.Expires++
		}
		if s.past() {
			s.rep.Expired++
		}
		if s.o.Progress != nil {
			s.o.Progress.AddKeys(1)
		}
	}
	s.expire = 0
}

// past reports whether the next key's time has come.
func (s *scanner) past() bool { return s.expire != 0 && s.expire < s.o.Now }

// flush is the stream's.
func (s *scanner) flush(buf []byte) []byte {
	s.sum.add(s.sum.next, buf)
	if s.o.Progress != nil {
		s.o.Progress.Add(int64(len(buf)))
	}
	if cap(buf) > maxKept {
		buf = nil
	}
	return slices.Grow(buf[:0], blockSize)
}
