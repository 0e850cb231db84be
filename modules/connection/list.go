package connection

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/decimal"
)

func info(c *core.Ctx) error {
	c.Verbatim("txt", string(appendSession(nil, c.Session, c)))
	return nil
}

// list is CLIENT LIST [TYPE type] or CLIENT LIST ID id ...; it runs with every
// event loop stopped.
func list(c *core.Ctx) error {
	chosen, err := chooseListed(c)
	if err != nil {
		return err
	}
	var b []byte
	for _, s := range chosen {
		b = appendSession(b, s, c)
	}
	c.Verbatim("txt", string(b))
	return nil
}

func chooseListed(c *core.Ctx) ([]*core.Session, error) {
	switch n := len(c.Args); {
	case n == 2:
		return sessions(c.Server, func(*core.Session) bool { return true }), nil
	case n == 4 && c.Is(2, "TYPE"):
		want, err := typeNamed(c.Args[3])
		if err != nil {
			return nil, err
		}
		return sessions(c.Server, func(s *core.Session) bool { return typeOf(s) == want }), nil
	case n > 3 && c.Is(2, "ID"):
		return sessionsByID(c, c.Args[3:])
	}
	return nil, core.ErrSyntax
}

func sessionsByID(c *core.Ctx, ids [][]byte) (chosen []*core.Session, err error) {
	for _, arg := range ids {
		id, ok := decimal.Parse(arg)
		if !ok {
			return nil, core.Err("Invalid client ID")
		}
		if s := c.Server.Session(uint64(id)); s != nil {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// sessions returns the sessions that a test accepts, oldest first.
func sessions(server core.Server, accept func(*core.Session) bool) (chosen []*core.Session) {
	server.Sessions(func(s *core.Session) bool {
		if accept(s) {
			chosen = append(chosen, s)
		}
		return true
	})
	slices.SortFunc(chosen, func(a, b *core.Session) int { return cmp.Compare(a.ID, b.ID) })
	return chosen
}

// typeOf is the class of a client; whoever subscribes is a subscriber.
func typeOf(s *core.Session) core.ClientType {
	t := s.Conn.Info().Type
	if t == core.ClientNormal && s.Subscriber() {
		return core.ClientPubSub
	}
	return t
}

func typeNamed(name []byte) (core.ClientType, error) {
	switch strings.ToLower(string(name)) {
	case "normal":
		return core.ClientNormal, nil
	case "replica", "slave":
		return core.ClientReplica, nil
	case "pubsub":
		return core.ClientPubSub, nil
	case "master":
		return core.ClientMaster, nil
	}
	return 0, core.Err("Unknown client type '" + string(name) + "'")
}

// appendSession appends a line of CLIENT LIST: the fields of Redis 7.2, in its
// order. rbs and rbp, the sizes of a client's own reply buffer, are 0, because
// replies are collected in the buffer of the event loop.
//
// c is the call that asks. Its own arguments are in the client's query buffer
// while it runs, and are counted as they are in Redis.
func appendSession(b []byte, s *core.Session, c *core.Ctx) []byte {
	conn := s.Conn.Info()
	if s == c.Session {
		size, arguments := requestSize(c.Args)
		conn.QueryBuf += size
		conn.ArgvMemory += arguments
	}
	text := func(name, value string) {
		b = append(append(b, name...), value...)
	}
	number := func(name string, n int) {
		b = strconv.AppendInt(append(b, name...), int64(n), 10)
	}
	seconds := func(since int64) int { return int(max(c.Now-since, 0) / 1000) }

	b = strconv.AppendUint(append(b, "id="...), s.ID, 10)
	text(" addr=", s.Addr)
	text(" laddr=", s.LocalAddr)
	number(" fd=", conn.FD)
	text(" name=", s.Name)
	number(" age=", seconds(s.Created))
	number(" idle=", seconds(s.Active))
	text(" flags=", flags(s, &conn))
	number(" db=", s.DB)
	number(" sub=", s.Subs)
	number(" psub=", s.PSubs)
	number(" ssub=", s.SSubs)
	number(" multi=", s.InTx-1)
	number(" qbuf=", conn.QueryBuf)
	number(" qbuf-free=", conn.QueryFree)
	number(" argv-mem=", conn.ArgvMemory)
	number(" multi-mem=", conn.MultiMemory)
	text(" rbs=0 rbp=0", "")
	number(" obl=", conn.OutputBuf)
	number(" oll=", conn.OutputList)
	number(" omem=", conn.OutputBytes)
	number(" tot-mem=", conn.Memory)
	text(" events=", events(&conn))
	text(" cmd=", cmp.Or(conn.LastCommand, "NULL"))
	text(" user=", s.User)
	number(" redir=", redirect(s))
	number(" resp=", s.Proto)
	text(" lib-name=", s.LibName)
	text(" lib-ver=", s.LibVer)
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

// events are what the event loop waits for: a request and, while replies are
// stuck, room to send them.
func events(conn *core.ConnInfo) string {
	if conn.OutputList > 0 {
		return "rw"
	}
	return "r"
}

func redirect(s *core.Session) int {
	if !s.Marks.Has(core.MarkTracking) {
		return -1
	}
	return int(s.Redirect)
}

// flags are the letters for the states of a session, in Redis's order.
func flags(s *core.Session, conn *core.ConnInfo) string {
	var b []byte
	letter := func(on bool, ch byte) {
		if on {
			b = append(b, ch)
		}
	}
	monitor := s.Marks.Has(core.MarkMonitor)
	letter(monitor, 'O')
	letter(conn.Type == core.ClientReplica && !monitor, 'S')
	letter(conn.Type == core.ClientMaster, 'M')
	letter(s.Subscriber(), 'P')
	letter(s.InTx > 0, 'x')
	letter(conn.Blocked, 'b')
	letter(s.Marks.Has(core.MarkTracking), 't')
	letter(s.Marks.Has(core.MarkBroken), 'R')
	letter(s.Marks.Has(core.MarkBroadcast), 'B')
	letter(s.Marks.Has(core.MarkDirty), 'd')
	letter(conn.Closing, 'c')
	letter(conn.UnixSocket, 'U')
	letter(s.Marks.Has(core.MarkReadOnly), 'r')
	letter(s.NoEvict, 'e')
	letter(s.NoTouch, 'T')
	if len(b) == 0 {
		return "N"
	}
	return string(b)
}
