package replication

import (
	"sync"

	"github.com/ferrousdb/ferrous/core"
)

// kept is how much of a master's stream is safe in the server's own log. Offsets of the stream and
// positions in the log have nothing to do with each other, so a pair of them is remembered: that
// much of the stream had been played when the log had been given so much. It is safe when the log
// has come that far; then the next pair is taken.
type kept struct {
	more chan struct{} // the log has come as far as was waited for

	mu      sync.Mutex
	offset  int64 // is safe; -1 if nothing is
	next    int64 // is, when the log has come to pos
	pos     uint64
	pending bool  // there is such a pair
	wanted  int64 // the master has asked after so much: it hears of it at once, else with the next beat
}

// upTo returns up to which offset the stream is safe; false if nothing is, or no log is kept. The
// stream has been played up to offset, and nothing is being played.
func (k *kept) upTo(log core.Log, offset int64) (safe int64, ok bool) {
	if log == nil {
		return 0, false
	}
	pos, logs := log.Safe()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !logs {
		k.offset, k.pending = -1, false
		return 0, false
	}
	if k.pending && pos >= k.pos {
		k.offset, k.pending = k.next, false
	}
	if !k.pending && offset > k.offset {
		k.next, k.pos, k.pending = offset, log.Fed(), true
		if pos >= k.pos {
			k.offset, k.pending = offset, false
		}
	}
	return k.offset, k.offset >= 0
}

// want notes that the master waits for what has been played.
func (k *kept) want(offset int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = offset
}

// await has more said when what is pending has become safe, if the master waits for it.
func (k *kept) await(log core.Log) {
	if log == nil {
		return
	}
	k.mu.Lock()
	pos, waits := k.pos, k.pending && k.offset < k.wanted
	k.mu.Unlock()
	if waits {
		log.Await(pos, func() {
			select {
			case k.more <- struct{}{}:
			default:
			}
		})
	}
}
