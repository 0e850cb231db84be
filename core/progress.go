package core

import (
	"sync"
	"sync/atomic"
)

// Progress tells how far a load has come, for INFO and the log. Its methods may
// be called from any goroutine.
type Progress struct {
	Total int64        // bytes, 0 if nobody knows
	Guess atomic.Int64 // how many there may be then, 0 for no idea
	done  atomic.Int64
	keys  atomic.Int64
}

// Add says that n bytes more have been read.
func (p *Progress) Add(n int64) { p.done.Add(n) }

// AddKeys says that n keys more have been loaded.
func (p *Progress) AddKeys(n int64) { p.keys.Add(n) }

// Done returns how many bytes have been read.
func (p *Progress) Done() int64 { return p.done.Load() }

// Keys returns how many keys have been loaded.
func (p *Progress) Keys() int64 { return p.keys.Load() }

// Background is the one place for a long job beside the commands: one that
// writes all data to a file, or sends them. Two at a time would only share the
// disk and hold on to memory twice as long, so as in Redis there is one at a
// time. Its methods may be called from any goroutine.
type Background struct {
	mu      sync.Mutex
	running string
}

// Begin takes the place for a job and reports whether it was free. name tells
// others who has it: "rdb", "aof".
func (b *Background) Begin(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running != "" {
		return false
	}
	b.running = name
	return true
}

// End gives the place back.
func (b *Background) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running = ""
}

// Running returns the name of the job that has the place, "" if it is free.
func (b *Background) Running() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.running
}
