package pubsub

import (
	"slices"
	"sync"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/glob"
)

// stripes is how many parts a directory has, each with a lock of its own, so
// that loops which publish to different channels seldom meet.
const stripes = 64

// directory knows who listens to which channels.
type directory struct{ stripes [stripes]stripe }

type stripe struct {
	mu       sync.Mutex
	channels map[string]*audience
}

func of[S string | []byte](d *directory, name S) *stripe {
	h := uint32(2166136261) // FNV-1a
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return &d.stripes[(h^h>>16)%stripes]
}

func (d *directory) add(name string, s *core.Session) {
	st := of(d, name)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.channels == nil {
		st.channels = map[string]*audience{}
	}
	a := st.channels[name]
	if a == nil {
		a = &audience{}
		st.channels[name] = a
	}
	a.add(s)
}

func (d *directory) remove(name string, s *core.Session) {
	st := of(d, name)
	st.mu.Lock()
	defer st.mu.Unlock()
	if a := st.channels[name]; a != nil && a.remove(s) {
		delete(st.channels, name)
	}
}

// publish hands a message to all who listen to a channel and returns how many
// they are. also is called with the channel's lock held, which keeps what it does
// in the order of the channel's messages; it may be nil.
func (d *directory) publish(c *core.Ctx, name []byte, make func() *core.Message, also func() int) (n int) {
	st := of(d, name)
	st.mu.Lock()
	defer st.mu.Unlock()
	if a := st.channels[string(name)]; a != nil {
		n = a.tell(c, make())
	}
	if also != nil {
		n += also()
	}
	return n
}

// listeners returns how many listen to a channel.
func (d *directory) listeners(name []byte) int {
	st := of(d, name)
	st.mu.Lock()
	defer st.mu.Unlock()
	if a := st.channels[string(name)]; a != nil {
		return len(a.all)
	}
	return 0
}

// count returns how many channels somebody listens to.
func (d *directory) count() (n int) {
	for i := range d.stripes {
		st := &d.stripes[i]
		st.mu.Lock()
		n += len(st.channels)
		st.mu.Unlock()
	}
	return n
}

// each visits the channels that somebody listens to, in no order.
func (d *directory) each(fn func(name string)) {
	for i := range d.stripes {
		st := &d.stripes[i]
		st.mu.Lock()
		for name := range st.channels {
			fn(name)
		}
		st.mu.Unlock()
	}
}

// audience is the sessions that listen to one channel or pattern.
type audience struct {
	all []*core.Session
	at  map[*core.Session]int // where they stand in all; nil for few of them
}

// few is how many are looked through one by one.
const few = 16

func (a *audience) add(s *core.Session) {
	a.all = append(a.all, s)
	switch {
	case a.at != nil:
		a.at[s] = len(a.all) - 1
	case len(a.all) > few:
		a.at = make(map[*core.Session]int, 2*few)
		for i, x := range a.all {
			a.at[x] = i
		}
	}
}

// remove reports whether nobody is left.
func (a *audience) remove(s *core.Session) bool {
	i := -1
	if a.at == nil {
		i = slices.Index(a.all, s)
	} else if at, ok := a.at[s]; ok {
		i = at
		delete(a.at, s)
	}
	if i >= 0 {
		last := len(a.all) - 1
		if moved := a.all[last]; i != last {
			a.all[i] = moved
			if a.at != nil {
				a.at[moved] = i
			}
		}
		a.all[last] = nil
		a.all = a.all[:last]
	}
	return len(a.all) == 0
}

// tell hands a message to all; c is the call that it comes from, nil if it comes
// from none.
func (a *audience) tell(c *core.Ctx, m *core.Message) int {
	for _, s := range a.all {
		c.Deliver(s, m)
	}
	return len(a.all)
}

// patterns knows who listens to which patterns. There are few of them, and each
// message has to be compared with all.
type patterns struct {
	mu  sync.RWMutex
	all []*pattern
}

type pattern struct {
	text string
	audience
}

// find returns the place of a pattern; mu is held.
func (p *patterns) find(text string) int {
	return slices.IndexFunc(p.all, func(x *pattern) bool { return x.text == text })
}

func (p *patterns) add(text string, s *core.Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.find(text)
	if i < 0 {
		i = len(p.all)
		p.all = append(p.all, &pattern{text: text})
	}
	p.all[i].add(s)
}

func (p *patterns) remove(text string, s *core.Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.find(text); i >= 0 && p.all[i].remove(s) {
		p.all = slices.Delete(p.all, i, i+1)
	}
}

// publish hands a message for a channel to those whose pattern it matches and
// returns how many they are, each counted for every pattern.
func (p *patterns) publish(c *core.Ctx, channel, text []byte) (n int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, x := range p.all {
		if glob.Match(x.text, channel) {
			n += x.tell(c, core.NewMessage([]byte("pmessage"), []byte(x.text), channel, text))
		}
	}
	return n
}

func (p *patterns) count() int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.all)
}
