package network

import (
	"sync"

	"github.com/ferrousdb/ferrous/core/arena"
)

// Buffers is memory for what clients have not taken yet. It is not Go's: that
// would be cleared before it is used, would make the collector run whenever some
// megabytes have come and gone, and would stay with the process for long after a
// client that did not read is gone. This goes back to the system when it is given
// back, but for a small reserve. It is safe for concurrent use; its lock is a leaf.
type Buffers struct {
	mu    sync.Mutex
	pool  *arena.Pool
	arena *arena.Arena
}

// NewBuffers makes an empty one; poison fills freed memory and checks it.
func NewBuffers(poison bool) *Buffers {
	b := &Buffers{pool: arena.NewPool(arena.Options{Poison: poison})}
	b.arena = b.pool.NewArena()
	return b
}

// get returns an empty slice with room for n bytes and a little more, and what to
// put back.
func (m *Buffers) get(n int) ([]byte, arena.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ref := m.arena.Alloc(n)
	return arena.Bytes(ref, m.arena.Cap(ref))[:0], ref
}

// put gives memory back. Nobody looks at it any more.
func (m *Buffers) put(ref arena.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arena.FreeNow(ref)
}

// Rest gives back what is kept for large pieces that come and go, if quiet.
func (m *Buffers) Rest(quiet bool) { m.pool.Rest(quiet) }

// Used returns how many bytes are in use.
func (m *Buffers) Used() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.arena.Used()
}

// Resident is how much memory is behind them, in bytes: also what is not in use, and
// was not given back.
func (m *Buffers) Resident() int64 { return m.pool.Stats().Resident }

// Close unmaps everything, when all sessions have ended.
func (m *Buffers) Close() { m.pool.Close() }
