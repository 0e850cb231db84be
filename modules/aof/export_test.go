package aof

import (
	"context"
	"os"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// Divert makes the log of a server go to a disk that fails when it is told to,
// from now on. safe returns what is on it for good.
func Divert(mod core.Module) (fail func(err error), safe func() string) {
	m, d := mod.(*module), &disk{}
	ks := m.srv.Keyspace()
	ks.Lock(keyspace.AllShards)
	m.w.cut(&output{f: d}, m.forgetDB)
	ks.Unlock(keyspace.AllShards)
	return func(err error) { d.set(func() { d.noWrite = err }) }, d.safe
}

// Parked returns how many clients of WAITAOF wait for the log.
func Parked(mod core.Module) int64 { return mod.(*module).waits.n.Load() }

// HalfRewritten does a rewrite up to the moment when all files have their names and
// the manifest does not have them yet. begun: only the increment has been made.
func HalfRewritten(mod core.Module, begun bool) error {
	m := mod.(*module)
	m.mu.Lock()
	rw := &rewrite{ctx: context.Background(), state: m.state}
	m.mu.Unlock()
	if rw.state == off {
		rw.state = waiting // as CONFIG SET appendonly yes makes it
	}
	if begun {
		next := m.chain.clone()
		return os.WriteFile(m.where.in(next.addIncr(m.where.file)), nil, 0o644)
	}
	if _, err := m.openIncr(rw); err != nil {
		return err
	}
	s := m.srv.Keyspace().Capture()
	defer s.End()
	_, err := m.writeBase(rw.ctx, rw.base, s, rw.asDump, nil, func() error { return m.announce(rw.base, rw.state == waiting) })
	if err == nil && rw.state == waiting {
		temp := m.where.in(m.where.tempIncr())
		if err = os.WriteFile(temp, []byte("x"), 0o644); err == nil {
			err = os.Rename(temp, m.where.in(m.chain.nextIncr(m.where.file).name))
		}
	}
	return err
}
