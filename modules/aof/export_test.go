package aof

import (
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
