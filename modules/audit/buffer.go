package audit

import (
	"sync"
	"time"
)

// The buffer between event loops and the writer, in bytes: from when on it is worth waking
// the writer, and how much there may be.
const (
	worthWriting = 64 << 10
	mostBuffered = 16 << 20
)

// flushEvery is how long a line waits at most before it is written.
const flushEvery = 200 * time.Millisecond

// buffer holds lines on their way to the file. Its lock is a leaf.
type buffer struct {
	wake chan struct{} // tells the writer that there is enough

	mu      sync.Mutex
	lines   line
	noted   int64 // events that are or were in it
	dropped int64 // events for which there was no room
	told    int64 // of those, which a line in the file tells of
}

// add appends what fn writes as a line, if there is room.
func (b *buffer) add(fn func(l *line)) {
	b.mu.Lock()
	if len(b.lines.b) >= mostBuffered {
		b.dropped++
		b.mu.Unlock()
		return
	}
	fn(&b.lines)
	b.lines.end()
	b.noted++
	enough := len(b.lines.b) >= worthWriting
	b.mu.Unlock()
	if enough {
		select {
		case b.wake <- struct{}{}:
		default:
		}
	}
}

// take gives what has been collected for an empty buffer. What was dropped since is told
// by a line at the end.
func (b *buffer) take(empty []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if missing := b.dropped - b.told; missing > 0 {
		b.told = b.dropped
		b.lines.begin("dropped", time.Now(), nil)
		b.lines.number("events", missing)
		b.lines.end()
	}
	full := b.lines.b
	b.lines.b = empty[:0]
	return full
}

// lost counts lines that could not be written.
func (b *buffer) lost(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropped += n
	b.noted -= n
}

func (b *buffer) counts() (noted, dropped int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noted, b.dropped
}
