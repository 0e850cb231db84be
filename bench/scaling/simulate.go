package main

import (
	"container/heap"
	"math/rand/v2"

	"github.com/ferrousdb/ferrous/core/keyspace"
)

// What more cores than there are would do is found out in virtual time. Each core executes batches like an event loop: it asks
// for the lines of the batch's locks (host/engine/batch.go), then for each command works outside of the lock, takes the lock of
// the shard that the key really has, works inside, and lets go. How long it works outside and inside is measured on one core of
// this machine, and so is how long a line takes from one core to another. Who has a line, and who holds a lock, is counted: a
// core that finds the lock taken waits until it is its turn, and one that needs a line which another core has written since
// waits for the line. The only guesses are that waiting costs nothing else (who would have been parked by the mutex is counted
// as well), and that lines travel between eight cores as fast as between two.
//
// To run eight loops on two cores instead would not tell: two run at a time, and a loop that the system stops in the midst of
// a command holds its lock for milliseconds, in which all others find it taken.
//
// How much of the lines' way is hidden by asking for them ahead depends on how many of them a core can wait for at once, which is
// not measured. So there are two simulations, with all of it hidden and with nothing: the truth is between the two.

// costs are what was measured, in nanoseconds.
type costs struct {
	Outside  float64 `json:"outside_ns"`  // of a command, without its lock
	Inside   float64 `json:"inside_ns"`   // with it
	Transfer float64 `json:"transfer_ns"` // of a line from core to core
}

// parksAfter is about how long a sync.Mutex spins before it has its goroutine parked, in nanoseconds.
const parksAfter = 2000

// simulated is what came out.
type simulated struct {
	Speedup float64 `json:"speedup"`
	Taken   float64 `json:"locks_found_taken"` // of all
	Parked  float64 `json:"locks_waited_for_2us"`
	Moves   float64 `json:"lines_moved"` // for each command
	Waiting float64 `json:"waiting"`     // of the time: for locks
}

// sim is the machine.
type sim struct {
	costs
	ahead bool // lines are asked for ahead
	cores []simCore
	locks [keyspace.Shards]simLock
	owner map[int]int // of a key's line, by key: the core that wrote it last, and -1-core for one that reads it alone

	commands, taken, parked, moved int
	waited                         float64
}

type simCore struct {
	id   int
	at   float64 // when it does what is next
	todo []int   // keys of the batch that are left
	r    *rand.Rand
}

type simLock struct {
	free  float64 // when it is let go of
	line  int     // the core that has its line
	ready float64 // when it has it
}

// simulate executes some commands on each of so many cores.
func simulate(c costs, ahead bool, cores, commands int, t *test, pick pick, shards []uint8) simulated {
	s := &sim{costs: c, ahead: ahead, owner: map[int]int{}}
	for i := range s.locks {
		s.locks[i].line = -1
	}
	for i := range cores {
		r := rand.New(rand.NewPCG(uint64(i), 7))
		s.cores = append(s.cores, simCore{id: i, r: r, at: r.Float64() * batch * (c.Outside + c.Inside)})
	}
	heap.Init(s)
	end := 0.0
	for s.commands < cores*commands {
		core := &s.cores[0] // who is first
		end = core.at
		if len(core.todo) == 0 {
			s.begin(core, pick, shards)
		} else {
			s.step(core, t, shards)
		}
		heap.Fix(s, 0)
	}
	n := float64(s.commands)
	return simulated{
		Speedup: n * (c.Outside + c.Inside) / end,
		Taken:   float64(s.taken) / n, Parked: float64(s.parked) / n, Moves: float64(s.moved) / n,
		Waiting: s.waited / (end * float64(cores)),
	}
}

// begin begins a batch: the lines of its locks are asked for, which takes no time by itself. From who holds the lock that takes
// the line away, who needs it back to let go.
func (s *sim) begin(c *simCore, pick pick, shards []uint8) {
	for range batch {
		k := pick(c.r, c.id)
		c.todo = append(c.todo, k)
		switch l := &s.locks[shards[k]]; {
		case l.line == c.id || !s.ahead:
		case l.free > c.at:
			l.free += s.Transfer
			s.moved += 2
		default:
			l.line, l.ready = c.id, c.at+s.Transfer
			s.moved++
		}
	}
	c.at += s.outside(c)
}

// outside is how long the next command works without a lock: sometimes less, sometimes more.
func (s *sim) outside(c *simCore) float64 { return s.Outside * (0.5 + c.r.Float64()) }

// step takes the lock for a command, whose time has come, and goes on to the time at which the next one wants its own.
func (s *sim) step(c *simCore, t *test, shards []uint8) {
	k := c.todo[0]
	c.todo = c.todo[1:]
	l := &s.locks[shards[k]]
	now := c.at
	if l.free > now {
		s.taken++
		if l.free-now > parksAfter {
			s.parked++
		}
		s.waited += l.free - now
		now = l.free
	}
	now = s.fetch(l, c.id, now)
	now += s.Inside
	if t.writes {
		if o, ok := s.owner[k]; ok && o != c.id {
			now += s.Transfer
			s.moved++
		}
		s.owner[k] = c.id
	}
	l.free = now
	c.at = now
	if len(c.todo) > 0 {
		c.at += s.outside(c)
	}
	s.commands++
}

// fetch has a core have the line of a lock.
func (s *sim) fetch(l *simLock, core int, now float64) float64 {
	if l.line != core {
		l.line, l.ready = core, now+s.Transfer
		s.moved++
	}
	return max(now, l.ready)
}

// Len, Less, Swap, Push and Pop implement heap.Interface: the core whose time is next is the first.
func (s *sim) Len() int           { return len(s.cores) }
func (s *sim) Less(i, j int) bool { return s.cores[i].at < s.cores[j].at }
func (s *sim) Swap(i, j int)      { s.cores[i], s.cores[j] = s.cores[j], s.cores[i] }
func (s *sim) Push(any)           {}
func (s *sim) Pop() any           { return nil }
