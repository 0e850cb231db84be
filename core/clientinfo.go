package core

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core/order"
)

// A line of CLIENT LIST describes a session. What is known of every session is written
// here; what modules know of theirs they add, as a field (Registry.ClientField) or as a
// letter among the flags (Registry.Mark, Registry.ClientFlag). Whoever adds it, it stands
// where Redis has it; what Redis does not have comes last.

// ClientField is a field that a module adds to the lines of CLIENT LIST.
type ClientField struct {
	Name string
	// Append appends the field's value, without spaces. The session's own loop calls, or
	// all stand still.
	Append func(b []byte, s *Session) []byte
}

// ClientField adds a field to the lines of CLIENT LIST.
func (r *Registry) ClientField(f ClientField) {
	name := func(have ClientField) bool { return have.Name == f.Name }
	own := slices.ContainsFunc(clientFields, func(own clientField) bool { return own.name == f.Name && own.value != nil })
	switch {
	case f.Append == nil || f.Name == "" || strings.ContainsAny(f.Name, " =\n"):
		r.fail("the field %q of CLIENT LIST must be a word, with a value", f.Name)
	case own || slices.ContainsFunc(r.clientFields, name):
		r.fail("CLIENT LIST has a field %q already", f.Name)
	default:
		r.clientFields = append(r.clientFields, f)
	}
}

// ClientFlag is a letter among the flags of CLIENT LIST.
type ClientFlag struct {
	Letter byte
	On     func(s *Session, conn *ConnInfo) bool
}

// ClientFlag adds a letter to the flags of CLIENT LIST.
func (r *Registry) ClientFlag(f ClientFlag) {
	same := func(have ClientFlag) bool { return have.Letter == f.Letter }
	if slices.ContainsFunc(r.clientFlags, same) || slices.ContainsFunc(ownFlags, same) {
		r.fail("the flags of CLIENT LIST have a letter %q already", f.Letter)
		return
	}
	r.clientFlags = append(r.clientFlags, f)
}

// Mark makes a state of sessions that is the caller's, with a letter among the flags of CLIENT LIST.
func (r *Registry) Mark(letter byte) Mark {
	if r.marks == 32 {
		r.fail("there are 32 marks already: no room for that of the letter %q", letter)
		return 0
	}
	m := Mark(1) << r.marks
	r.marks++
	r.ClientFlag(ClientFlag{letter, func(s *Session, _ *ConnInfo) bool { return s.Marks.Has(m) }})
	return m
}

// orderClients brings what was registered into Redis's order.
func (r *Registry) orderClients() {
	r.clientFlags = append(slices.Clone(ownFlags), r.clientFlags...)
	order.Stable(r.clientFlags, func(a, b ClientFlag) int {
		return place(strings.IndexByte(flagOrder, a.Letter)) - place(strings.IndexByte(flagOrder, b.Letter))
	})
	all := slices.Clone(clientFields)
	for _, f := range r.clientFields {
		value := func(b []byte, l *clientLine) []byte { return f.Append(b, l.s) }
		if i := slices.IndexFunc(all, func(own clientField) bool { return own.name == f.Name }); i >= 0 {
			all[i].value = value
		} else {
			all = append(all, clientField{name: f.Name, value: value})
		}
	}
	for i := range all {
		all[i].head = " " + all[i].name + "="
	}
	all[0].head = all[0].head[1:]
	r.clientLine = all
}

// place puts those that have no place (-1) last.
func place(i int) int {
	if i < 0 {
		return len(flagOrder)
	}
	return i
}

// flagOrder is the order of Redis's letters.
const flagOrder = "OSMPxbtRBdcuAUreT"

// ownFlags are what is known of every session.
var ownFlags = []ClientFlag{
	{'b', func(_ *Session, conn *ConnInfo) bool { return conn.Blocked }},
	{'c', func(_ *Session, conn *ConnInfo) bool { return conn.Closing }},
	{'U', func(_ *Session, conn *ConnInfo) bool { return conn.UnixSocket }},
	{'e', func(s *Session, _ *ConnInfo) bool { return s.NoEvict }},
	{'T', func(s *Session, _ *ConnInfo) bool { return s.NoTouch }},
}

// clientLine is what a line is made of.
type clientLine struct {
	r    *Table
	s    *Session
	conn ConnInfo
	now  int64
}

// clientField is a field of a line.
type clientField struct {
	name   string
	head   string // what stands before the value, made of name
	absent string // what stands there without the module that has the value
	value  func(b []byte, l *clientLine) []byte
}

// clientFields are Redis's fields, in its order. rbs and rbp, the sizes of a client's own
// reply buffer, are 0, because replies are collected in the buffer of the event loop.
var clientFields = []clientField{
	{name: "id", value: func(b []byte, l *clientLine) []byte { return strconv.AppendUint(b, l.s.ID, 10) }},
	{name: "addr", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.Addr...) }},
	{name: "laddr", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.LocalAddr...) }},
	number("fd", func(l *clientLine) int { return l.conn.FD }),
	{name: "name", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.Name...) }},
	number("age", func(l *clientLine) int { return l.seconds(l.s.Created) }),
	number("idle", func(l *clientLine) int { return l.seconds(l.s.Active) }),
	{name: "flags", value: appendFlags},
	number("db", func(l *clientLine) int { return l.s.DB }),
	{name: "sub", absent: "0"},
	{name: "psub", absent: "0"},
	{name: "ssub", absent: "0"},
	{name: "multi", absent: "-1"},
	number("qbuf", func(l *clientLine) int { return l.conn.QueryBuf }),
	number("qbuf-free", func(l *clientLine) int { return l.conn.QueryFree }),
	number("argv-mem", func(l *clientLine) int { return l.conn.ArgvMemory }),
	number("multi-mem", func(l *clientLine) int { return l.s.QueuedBytes }),
	{name: "rbs", absent: "0"},
	{name: "rbp", absent: "0"},
	number("obl", func(l *clientLine) int { return l.conn.OutputBuf }),
	number("oll", func(l *clientLine) int { return l.conn.OutputList }),
	number("omem", func(l *clientLine) int { return l.conn.OutputBytes }),
	number("tot-mem", func(l *clientLine) int { return l.conn.Memory }),
	{name: "events", value: appendEvents},
	{name: "cmd", value: func(b []byte, l *clientLine) []byte { return append(b, cmp.Or(l.conn.LastCommand, "NULL")...) }},
	{name: "user", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.User...) }},
	{name: "redir", absent: "-1"},
	number("resp", func(l *clientLine) int { return l.s.Proto }),
	{name: "lib-name", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.LibName...) }},
	{name: "lib-ver", value: func(b []byte, l *clientLine) []byte { return append(b, l.s.LibVer...) }},
}

func number(name string, n func(l *clientLine) int) clientField {
	return clientField{name: name, value: func(b []byte, l *clientLine) []byte { return strconv.AppendInt(b, int64(n(l)), 10) }}
}

func (l *clientLine) seconds(since int64) int { return int(max(l.now-since, 0) / 1000) }

// appendFlags appends the letters for the states of a session.
func appendFlags(b []byte, l *clientLine) []byte {
	before := len(b)
	for _, f := range l.r.clientFlags {
		if f.On(l.s, &l.conn) {
			b = append(b, f.Letter)
		}
	}
	if len(b) == before {
		b = append(b, 'N')
	}
	return b
}

// appendEvents appends what the event loop waits for: a request and, while replies are
// stuck, room to send them.
func appendEvents(b []byte, l *clientLine) []byte {
	b = append(b, 'r')
	if l.conn.OutputList > 0 {
		b = append(b, 'w')
	}
	return b
}

// AppendClientInfo appends a line that describes a session, as in CLIENT LIST.
//
// now is in Unix milliseconds. own is the request that the session is just making,
// nil if it makes none: it is in the client's query buffer while it runs, and is
// counted as it is in Redis. The caller is the session's own loop or a command
// with AllSessions.
func (r *Table) AppendClientInfo(b []byte, s *Session, now int64, own [][]byte) []byte {
	l := clientLine{r: r, s: s, conn: s.Conn.Info(), now: now}
	if own != nil {
		size, arguments := requestSize(own)
		l.conn.QueryBuf += size
		l.conn.ArgvMemory += arguments
	}
	for i := range r.clientLine {
		f := &r.clientLine[i]
		b = append(b, f.head...)
		if f.value == nil {
			b = append(b, f.absent...)
		} else {
			b = f.value(b, &l)
		}
	}
	return append(b, '\n')
}

// requestSize returns the length of a request as it came over the wire, and
// that of its arguments alone.
func requestSize(args [][]byte) (size, arguments int) {
	header := func(n int) int { return len("*\r\n") + len(strconv.Itoa(n)) }
	size = header(len(args))
	for _, a := range args {
		size += header(len(a)) + len(a) + len("\r\n")
		arguments += len(a)
	}
	return size, arguments
}
