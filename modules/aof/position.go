package aof

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/ferrousdb/ferrous/core"
)

// The log tells at which position of a history the data are, so that a server which
// starts from it goes on from there, as a replica or with its replicas, instead of
// beginning with a full sync. It does so in an annotation behind what is written in
// one go, which other servers skip: it holds for the end of the log and for nothing else.

const positionMark = "#REPL:"

// appendPosition appends the annotation.
func appendPosition(b []byte, p core.Position) []byte {
	return fmt.Appendf(b, "%s%s:%d:%d\r\n", positionMark, p.ID, p.Offset, p.DB)
}

// parsePosition reads it; nil if it is none.
func parsePosition(note []byte) *core.Position {
	fields := bytes.Split(bytes.TrimSpace(note), []byte(":"))
	if len(fields) != 4 || len(fields[1]) != 40 {
		return nil
	}
	offset, err := strconv.ParseInt(string(fields[2]), 10, 64)
	db, err2 := strconv.Atoi(string(fields[3]))
	if err != nil || err2 != nil || offset < 0 || db < 0 {
		return nil
	}
	return &core.Position{ID: string(fields[1]), Offset: offset, DB: db}
}

// positioned runs fn, which takes over what was fed, with the annotation for it.
func (m *module) positioned(fn func(note []byte)) {
	m.srv.Registry().Hooks.Settled(func() {
		if m.ended {
			fn(m.note)
			return
		}
		fn(m.here())
	})
}

// here is the annotation for the position where the data are.
func (m *module) here() []byte {
	p, ok := m.srv.Registry().Position()
	if !ok {
		return nil
	}
	return appendPosition(nil, p)
}

// end listens to the feed no more. A master may send on: the log, which goes to the file
// after this, tells where the data were that it has.
func (m *module) end() {
	m.srv.Registry().Hooks.Settled(func() {
		m.feed.Set(false)
		m.ended, m.note = true, m.here()
	})
}

// replaced follows a change of all data that is not fed: the log ends before it, and
// begins anew with a rewrite of what there is then.
func (m *module) replaced(begins bool) {
	m.mu.Lock()
	state := m.state
	m.mu.Unlock()
	switch {
	case begins && state != off:
		m.switchOff()
	case !begins && state == off && m.params.on.Load():
		if err := m.switchOn(); err != nil {
			m.log.Warn(err.Error())
		}
	}
}
