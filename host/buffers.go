package host

import (
	"sync"

	"github.com/ferrousdb/ferrous/core/arena"
)

// buffers is memory for what clients have not taken yet. It is not Go's: that
// would be cleared before it is used, would make the collector run whenever some
// megabytes have come and gone, and would stay with the process for long after a
// client that did not read is gone. This goes back to the system when it is given
// back, but for a small reserve. It is safe for concurrent use; its lock is a leaf.
type buffers struct {
	mu    sync.Mutex
	pool  *arena.Pool
	arena *arena.Arena
}

func newBuffers(poison bool) *buffers {
	b := &buffers{pool: arena.NewPool(arena.Options{Poison: poison})}
	b.arena = b.pool.NewArena()
	return b
}

// get returns an empty slice with room for n bytes and a little more, and what to
// put back.
func (m *buffers) get(n int) ([]byte, arena.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ref := m.arena.Alloc(n)
	return arena.Bytes(ref, m.arena.Cap(ref))[:0], ref
}

// put gives memory back. Nobody looks at it any more.
func (m *buffers) put(ref arena.Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arena.FreeNow(ref)
}

// rest gives back what is kept for large pieces that come and go, if quiet.
func (m *buffers) rest(quiet bool) { m.pool.Rest(quiet) }

// used returns how many bytes are in use.
func (m *buffers) used() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.arena.Used()
}

// close unmaps everything, when all sessions have ended.
func (m *buffers) close() { m.pool.Close() }
