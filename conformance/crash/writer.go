package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// operation is one command, or one unit, that a writer has sent.
type operation struct {
	commands [][]string
	sent     time.Time
	acked    time.Time // zero as long as there is no reply
	refused  bool      // the reply was an error, so it has not happened
}

// writer is one connection's worth of writing. Its keys are its own.
type writer struct {
	id    int
	db    int // by which several databases are in the log
	depth int // how many operations are under way at a time
	rng   *rand.Rand

	base model // what its keys held when the session began

	mu  sync.Mutex
	ops []operation // of the session
	err error       // why it ended, if not because the connection did
}

func (w *writer) prefix() string { return "w" + strconv.Itoa(w.id) + ":" }

// fleet is all writers, and the reader that sees what they have written. A session
// is from start to stop; check looks at what is left of it and begins the next.
type fleet struct {
	writers []*writer
	session int // its number is in the tags
	// tolerate names the errors that a write may be refused with: first words.
	tolerate []string

	refused atomic.Int64 // writes refused in this session
	acked   atomic.Int64 // and acknowledged
	texts   sync.Map     // the refusals' texts

	alive atomic.Int64 // writers whose connection has not ended

	seen    []atomic.Int64 // per writer: one more than the operation that a reader has seen
	excused atomic.Bool    // whatever is wrong with replies, it does not matter any more
	stopped atomic.Bool
	running sync.WaitGroup
}

func newFleet(n int) *fleet {
	f := &fleet{seen: make([]atomic.Int64, n)}
	for i := range n {
		f.writers = append(f.writers, &writer{
			id: i, db: i % 3, depth: 1 + i%2*(1+i%8), rng: rand.New(rand.NewPCG(uint64(i), rand.Uint64())), base: model{},
		})
	}
	return f
}

// start begins a session on a server that listens at addr.
func (f *fleet) start(addr string) error {
	f.session++
	f.stopped.Store(false)
	f.excused.Store(false)
	f.refused.Store(0)
	f.acked.Store(0)
	f.texts.Clear()
	conns, err := f.connect(addr)
	if err != nil {
		return err
	}
	for i, w := range f.writers {
		f.alive.Add(1)
		f.running.Go(func() {
			defer f.alive.Add(-1)
			defer conns[i].close()
			f.write(w, conns[i])
		})
	}
	reader := conns[len(f.writers)]
	f.running.Go(func() {
		defer reader.close()
		f.read(reader)
	})
	return nil
}

// connect makes the connections of all writers, and of the reader, before the first
// of them writes: a disk that fails ends whatever waits for a reply then.
func (f *fleet) connect(addr string) (conns []*client, err error) {
	for i := range len(f.writers) + 1 {
		c, err := dial(addr)
		if err == nil {
			conns = append(conns, c)
			if i < len(f.writers) {
				w := f.writers[i]
				f.seen[i].Store(0)
				w.ops, w.err = nil, nil
				_, err = c.do("SELECT", strconv.Itoa(w.db))
			}
		}
		if err != nil {
			for _, c := range conns {
				c.close()
			}
			return nil, err
		}
	}
	return conns, nil
}

// stop lets every writer finish what is under way, which a killed server does for
// them, and returns once all have.
func (f *fleet) stop() error {
	f.stopped.Store(true)
	f.running.Wait()
	for _, w := range f.writers {
		if w.err != nil {
			return fmt.Errorf("writer %d: %w", w.id, w.err)
		}
	}
	return nil
}

// forget ends a session that has been checked: what is there now is all there is to be.
func (f *fleet) forget() {
	for i, w := range f.writers {
		w.ops = nil
		f.seen[i].Store(0)
	}
}

// write sends operations until the connection or the session ends.
func (f *fleet) write(w *writer, c *client) {
	for !f.stopped.Load() {
		first, n := len(w.ops), 1+w.rng.IntN(w.depth)
		var out []byte
		w.mu.Lock()
		now := time.Now()
		for i := range n {
			op := operation{commands: compose(w.rng, fmt.Sprintf("%d.%d", f.session, first+i)), sent: now}
			w.ops = append(w.ops, op)
			out = op.encode(out, w.prefix())
		}
		w.mu.Unlock()
		if c.send(out) != nil {
			return
		}
		again := false
		for i := range n {
			reply, err := c.readOperation(len(w.ops[first+i].commands))
			if err != nil && !errors.As(err, new(wrong)) && !errors.Is(err, resp.ErrProtocol) {
				return // the connection has ended
			}
			refused := false
			if err == nil {
				refused, err = f.judge(reply)
			}
			if err != nil && f.excused.Load() {
				return
			}
			w.mu.Lock()
			w.ops[first+i].acked, w.ops[first+i].refused, w.err = time.Now(), refused, err
			w.mu.Unlock()
			if err != nil {
				return
			}
			again = again || refused
		}
		if again {
			time.Sleep(time.Millisecond) // it will be refused for a while; leave others some of the processor
		}
	}
}

// judge looks at the reply to an operation.
func (f *fleet) judge(reply resp.Value) (refused bool, err error) {
	if !reply.IsErr() {
		f.acked.Add(1)
		return false, nil
	}
	if !slices.ContainsFunc(f.tolerate, func(word string) bool { return strings.HasPrefix(reply.Text, word) }) {
		return true, fmt.Errorf("refused: %s", reply.Text)
	}
	f.refused.Add(1)
	f.texts.Store(reply.Text, nil)
	return true, nil
}

// encode appends what is sent for an operation.
func (op *operation) encode(dst []byte, prefix string) []byte {
	if len(op.commands) > 1 {
		dst = resp.AppendCommand(dst, []string{"MULTI"})
	}
	for _, args := range op.commands {
		args = slices.Clone(args)
		args[1] = prefix + args[1]
		dst = resp.AppendCommand(dst, args)
	}
	if len(op.commands) > 1 {
		dst = resp.AppendCommand(dst, []string{"EXEC"})
	}
	return dst
}

// read looks at what writers have written, as another client, until the session ends.
func (f *fleet) read(c *client) {
	for !f.stopped.Load() {
		for i, w := range f.writers {
			if _, err := c.do("SELECT", strconv.Itoa(w.db)); err != nil {
				return
			}
			v, err := c.do("GET", w.prefix()+"string")
			if err != nil {
				return
			}
			session, n, _ := strings.Cut(v.Text, ".")
			if at, err := strconv.Atoi(n); err == nil && session == strconv.Itoa(f.session) {
				f.seen[i].Store(int64(at) + 1)
			}
		}
	}
}

// position is, for every writer, a number of operations: all before it are meant.
type position []int

// answered returns the position up to which there have been replies.
func (f *fleet) answered() position {
	p := make(position, len(f.writers))
	for i, w := range f.writers {
		p[i] = w.answeredBy(time.Now())
	}
	return p
}

// answeredBy returns up to where there had been replies by t.
func (w *writer) answeredBy(t time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for n < len(w.ops) && !w.ops[n].acked.IsZero() && !w.ops[n].acked.After(t) {
		n++
	}
	return n
}
