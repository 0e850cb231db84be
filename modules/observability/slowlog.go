package observability

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// slowLog keeps the latest slow commands, each cut to a bounded size.
type slowLog struct {
	mu   sync.Mutex
	all  []*slowEntry // the latest last
	max  int64
	next int64 // number of the next entry

	maxArgs, maxString *config.IntVar // what is kept of a command
}

type slowEntry struct {
	id, time, micros int64
	args             [][]byte
	addr, name       string
}

// add takes a command in. What it keeps is copied.
func (l *slowLog) add(c *core.Ctx, nanos int64) {
	e := &slowEntry{time: time.Now().Unix(), micros: nanos / 1000, args: trimmed(c, int(l.maxArgs.Load()), int(l.maxString.Load()))}
	if s := c.Session; s != nil {
		e.addr, e.name = s.Addr, s.Name
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e.id = l.next
	l.next++
	l.all = append(l.all, e)
	l.trim()
}

// trimmed copies the arguments of a call without its secrets, as far as they are
// kept: so many, and of each so many bytes.
func trimmed(c *core.Ctx, maxArgs, maxString int) [][]byte {
	hidden := secrets(c)
	n := min(len(c.Args), maxArgs)
	args := make([][]byte, n)
	for i := range args {
		switch arg := c.Args[i]; {
		case i == n-1 && n < len(c.Args):
			args[i] = more(nil, len(c.Args)-n+1, "arguments")
		case slices.Contains(hidden, i):
			args[i] = []byte(core.Redacted)
		case len(arg) > maxString:
			args[i] = more(arg[:maxString], len(arg)-maxString, "bytes")
		default:
			args[i] = bytes.Clone(arg)
		}
	}
	return args
}

func more(head []byte, n int, what string) []byte {
	b := append(make([]byte, 0, len(head)+32), head...)
	b = append(b, "... ("...)
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, " more "+what+")"...)
}

// trim drops the oldest entries beyond the limit; mu is held.
func (l *slowLog) trim() {
	over := int64(len(l.all)) - l.max
	if over <= 0 {
		return
	}
	clear(l.all[:over])
	l.all = l.all[over:]
}

// limit sets how many entries there may be.
func (l *slowLog) limit(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = n
	l.trim()
}

// latest returns the n latest entries, the latest first; n negative is all.
func (l *slowLog) latest(n int64) []*slowEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 0 || n > int64(len(l.all)) {
		n = int64(len(l.all))
	}
	some := slices.Clone(l.all[int64(len(l.all))-n:])
	slices.Reverse(some)
	return some
}

func (l *slowLog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.all)
}

func (l *slowLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = nil
}

// slowGet is SLOWLOG GET [count].
func (m *module) slowGet(c *core.Ctx) error {
	count := int64(10)
	switch len(c.Args) {
	case 2:
	case 3:
		n, err := c.ArgInt(2)
		if err != nil || n < -1 {
			return core.Err("count should be greater than or equal to -1")
		}
		count = n
		if n == -1 {
			count = math.MaxInt64
		}
	default:
		return core.ErrSubcommand("slowlog", c.Args[1])
	}
	entries := m.slow.latest(count)
	c.Array(len(entries))
	for _, e := range entries {
		c.Array(6)
		c.Int(e.id)
		c.Int(e.time)
		c.Int(e.micros)
		c.Array(len(e.args))
		for _, arg := range e.args {
			c.Bulk(arg)
		}
		c.BulkString(e.addr)
		c.BulkString(e.name)
	}
	return nil
}

// slowLen is SLOWLOG LEN.
func (m *module) slowLen(c *core.Ctx) error {
	c.Int(int64(m.slow.len()))
	return nil
}

// slowReset is SLOWLOG RESET.
func (m *module) slowReset(c *core.Ctx) error {
	m.slow.reset()
	c.OK()
	return nil
}
