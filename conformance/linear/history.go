package main

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// specification is the model in the checker's form. An operation may lead to several
// states, since nobody sees when a key expires.
var specification = func() porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init: func() []any { return []any{emptyState()} },
		Step: func(s, input, _ any) []any {
			var found []any
			for _, t := range input.(*operation).next(s.(*state)) {
				found = append(found, t)
			}
			return found
		},
		Equal: func(a, b any) bool { return a.(*state).print == b.(*state).print },
		Hash: func(s any) uint64 {
			h := fnv.New64a()
			_, _ = h.Write([]byte(s.(*state).print))
			return h.Sum64()
		},
		DescribeOperation: func(input, _ any) string { return input.(*operation).String() },
		DescribeState:     func(s any) string { return s.(*state).print },
	}
	return m.ToModel()
}()

// patience bounds the checker's search. What is not decided by then is counted.
const patience = 10 * time.Second

// check decides whether the operations could have been those of a server that does one
// after the other, beginning with nothing.
func check(ops []*operation) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(specification, forChecker(ops), patience)
}

func forChecker(ops []*operation) []porcupine.Operation {
	history := make([]porcupine.Operation, len(ops))
	for i, o := range ops {
		history[i] = porcupine.Operation{ClientId: o.client, Input: o, Call: o.call, Return: o.ret}
	}
	return history
}

func (o *operation) String() string {
	var b strings.Builder
	for i, args := range o.commands {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(strings.Join(args, " ") + " -> ")
		if o.replies == nil {
			b.WriteString("?")
		} else {
			b.WriteString(o.replies[i])
		}
	}
	if o.unit {
		return "{" + b.String() + "}"
	}
	return b.String()
}

// history collects what concurrent clients do.
type history struct {
	r     *round
	begin time.Time

	mu  sync.Mutex
	ops []*operation
}

func newHistory(r *round) *history { return &history{r: r, begin: time.Now()} }

func (h *history) now() int64 { return int64(time.Since(h.begin)) }

func (h *history) add(o *operation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, o)
}

// refused are the codes of errors that say that a command has not been executed.
var refused = []string{"-LOADING", "-BUSY", "-EXECABORT"}

// send executes operations, all sent at once, and records them. The error is that of
// the connection: outcomes that it has left open are recorded as such.
func (h *history) send(c *client, ops []*operation) error {
	var out []byte
	for _, o := range ops {
		if o.unit {
			out = resp.AppendCommand(out, []string{"MULTI"})
		}
		for _, args := range o.commands {
			out = resp.AppendCommand(out, args)
		}
		if o.unit {
			out = resp.AppendCommand(out, []string{"EXEC"})
		}
	}
	call := h.now()
	err := c.SendRaw(out)
	for _, o := range ops {
		o.call, o.ret = call, forever
		if err == nil {
			err = o.read(c)
		}
		switch {
		case err != nil:
			o.replies = nil
		case slices.Contains(refused, o.replies[0]):
			continue
		default:
			o.ret = h.now()
		}
		h.add(o)
	}
	return err
}

// read reads an operation's replies.
func (o *operation) read(c *client) error {
	if !o.unit {
		v, err := c.Read()
		o.replies = []string{plain(o.commands[0][0], v)}
		return err
	}
	for range len(o.commands) + 1 {
		if _, err := c.Read(); err != nil {
			return err
		}
	}
	v, err := c.Read()
	if err != nil {
		return err
	}
	if v.IsErr() {
		o.replies = []string{plain("", v)}
		return nil
	}
	if len(v.Elems) != len(o.commands) {
		return fmt.Errorf("EXEC of %q answers %s", o.commands, v)
	}
	o.replies = nil
	for i, args := range o.commands {
		o.replies = append(o.replies, plain(args[0], v.Elems[i]))
	}
	return nil
}

// work is what one client does: operations drawn from a mix, one after the other, now
// and then some at once. It ends when they have been done or the server has died.
func (h *history) work(id int, m *mix, rng *rand.Rand) error {
	db := 0
	if m.dbs > 1 {
		db = rng.IntN(m.dbs)
	}
	c, err := h.r.dial(db)
	defer func() { c.close() }()
	for n := 0; n < m.ops && err == nil; {
		time.Sleep(time.Duration(rng.Int64N(int64(m.think) + 1)))
		var batch []*operation
		for range 1 + max(0, rng.IntN(8)-5) {
			batch = append(batch, m.draw(rng, fmt.Sprintf("%d.%d", id, n)))
			batch[len(batch)-1].client, batch[len(batch)-1].db = id, db
			n++
		}
		if err = h.send(c, batch); err != nil && h.r.killed(c) {
			c.close()
			c, err = h.r.dial(db)
		}
	}
	if h.r.dead.Load() {
		return nil
	}
	return err
}

// look reads everything, in one transaction for each database.
func (h *history) look(m *mix) error {
	for db := range databases {
		c, err := h.r.dialSafe(db) // the disturbance may not have ended
		if err != nil {
			return err
		}
		defer c.close()
		o := &operation{client: m.clients, db: db, unit: true, commands: [][]string{{"KEYS", "*"}}}
		for _, key := range m.keys {
			o.commands = append(o.commands, []string{"GET", key}, []string{"LRANGE", key, "0", "-1"}, []string{"SMEMBERS", key})
		}
		for {
			before := len(h.ops)
			if err := h.send(c, []*operation{o}); err != nil {
				return err
			}
			if len(h.ops) > before { // else it was refused
				break
			}
		}
	}
	return nil
}

// judge checks what has been recorded, and leaves it in a file if it is wrong.
func (h *history) judge() error {
	h.r.count(len(h.ops))
	switch check(h.ops) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		h.r.undecided()
		return nil
	}
	slices.SortStableFunc(h.ops, func(a, b *operation) int { return cmp.Compare(a.call, b.call) })
	base := filepath.Join(h.r.dir, fmt.Sprintf("%s-%d", h.r.name, h.r.seed))
	if err := os.WriteFile(base+".txt", []byte(written(h.ops)), 0o600); err != nil {
		return err
	}
	_, info := porcupine.CheckOperationsVerbose(specification, forChecker(h.ops), patience)
	if err := porcupine.VisualizePath(specification, info, base+".html"); err != nil {
		return err
	}
	return fmt.Errorf("the history is not linearizable; it is in %s.txt and .html\n%s", base, h.excerpt())
}

// excerpt returns the shortest beginning of the history that is wrong already, its
// last operations that is: what has not ended by then is left open.
func (h *history) excerpt() string {
	ends := make([]int64, 0, len(h.ops))
	for _, o := range h.ops {
		if o.ret != forever {
			ends = append(ends, o.ret)
		}
	}
	slices.Sort(ends)
	until := func(end int64) []*operation {
		var cut []*operation
		for _, o := range h.ops {
			if o.call > end {
				continue
			}
			c := *o
			if c.ret > end {
				c.ret, c.replies = forever, nil
			}
			cut = append(cut, &c)
		}
		return cut
	}
	at, _ := slices.BinarySearchFunc(ends, true, func(end int64, _ bool) int {
		if check(until(end)) == porcupine.Illegal {
			return 0
		}
		return -1
	})
	if at == len(ends) {
		return ""
	}
	cut := until(ends[at])
	return written(cut[max(0, len(cut)-25):])
}

// written lists operations with the times of their calls and returns.
func written(ops []*operation) string {
	var b strings.Builder
	for _, o := range ops {
		ret := fmt.Sprint(o.ret / 1000)
		if o.ret == forever {
			ret = "?"
		}
		fmt.Fprintf(&b, "%8d %8s us  client %d db %d  %s\n", o.call/1000, ret, o.client, o.db, o)
	}
	return b.String()
}
