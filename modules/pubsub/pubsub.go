// Package pubsub brings publish and subscribe: channels, patterns of channels,
// shard channels, and the events of keys (notify.go).
//
// Who listens to what is kept twice: by channel, in directories that any event
// loop may look into (directory.go), and by session, in a subscriber that only
// the session's own loop touches (subscriber.go). A published message is encoded
// once for each protocol; every receiver's loop is handed the same bytes.
//
// Messages of one channel reach all who listen to it in one order, whichever
// loops they were published on: a channel's lock is held while a message is
// handed out.
package pubsub

import (
	"strconv"

	"github.com/ferrousdb/ferrous/core"
)

// New makes the module.
func New() core.Module { return &module{} }

type module struct {
	slot     int // of the session's subscriber
	channels directory
	shards   directory // of shard channels
	patterns patterns
	events   notifier
}

// Name implements core.Module.
func (*module) Name() string { return "pubsub" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.slot = r.SessionSlot()
	r.OnReset(m.end)
	r.Listening(m.listens)
	m.tell(r)
	r.Commands(m.rows()...)
	m.events.m = m
	m.events.declare(r)
	r.Info(core.InfoSection{Name: "stats", Fill: m.info})
	return nil
}

// Start implements core.Starter.
func (m *module) Start(core.Server) error { return m.events.apply() }

// info tells of channels and patterns.
func (m *module) info(w *core.InfoWriter) {
	w.Int("pubsub_channels", int64(m.channels.count()))
	w.Int("pubsub_patterns", int64(m.patterns.count()))
	w.Int("pubsubshard_channels", int64(m.shards.count()))
}

// tell adds what CLIENT LIST shows of subscribers.
func (m *module) tell(r *core.Registry) {
	r.ClientFlag(core.ClientFlag{Letter: 'P', On: func(s *core.Session, _ *core.ConnInfo) bool { return s.Subscriber }})
	for name, count := range map[string]func(sub *subscriber) int{
		"sub":  func(sub *subscriber) int { return len(sub.channels) },
		"psub": func(sub *subscriber) int { return len(sub.patterns) },
		"ssub": func(sub *subscriber) int { return len(sub.shards) },
	} {
		r.ClientField(core.ClientField{Name: name, Append: func(b []byte, s *core.Session) []byte {
			n := 0
			if sub, ok := s.Slots[m.slot].(*subscriber); ok {
				n = count(sub)
			}
			return strconv.AppendInt(b, int64(n), 10)
		}})
	}
}

// end is for a session that gives up all it listens to.
func (m *module) end(s *core.Session) {
	sub, ok := s.Slots[m.slot].(*subscriber)
	if !ok {
		return
	}
	for name := range sub.channels {
		m.channels.remove(name, s)
		s.HeldBytes -= len(name) + perName
	}
	for name := range sub.shards {
		m.shards.remove(name, s)
		s.HeldBytes -= len(name) + perName
	}
	for _, pattern := range sub.patterns {
		m.patterns.remove(pattern, s)
		s.HeldBytes -= len(pattern) + perName
	}
	*sub = subscriber{}
	sub.count(s)
	s.Slots[m.slot] = nil
}

// listens visits what a session listens to.
func (m *module) listens(s *core.Session, fn func(channel string, pattern bool) bool) {
	sub, ok := s.Slots[m.slot].(*subscriber)
	if !ok {
		return
	}
	for _, text := range sub.patterns {
		if !fn(text, true) {
			return
		}
	}
	for _, set := range []map[string]struct{}{sub.channels, sub.shards} {
		for name := range set {
			if !fn(name, false) {
				return
			}
		}
	}
}
