package core

import (
	"cmp"
	"strconv"
)

// AppendClientInfo appends a line that describes a session, as in CLIENT LIST: the
// fields of Redis 7.2, in its order. rbs and rbp, the sizes of a client's own reply
// buffer, are 0, because replies are collected in the buffer of the event loop.
//
// now is in Unix milliseconds. own is the request that the session is just making,
// nil if it makes none: it is in the client's query buffer while it runs, and is
// counted as it is in Redis. The caller is the session's own loop or a command
// with AllSessions.
func AppendClientInfo(b []byte, s *Session, now int64, own [][]byte) []byte {
	conn := s.Conn.Info()
	if own != nil {
		size, arguments := requestSize(own)
		conn.QueryBuf += size
		conn.ArgvMemory += arguments
	}
	text := func(name, value string) {
		b = append(append(b, name...), value...)
	}
	number := func(name string, n int) {
		b = strconv.AppendInt(append(b, name...), int64(n), 10)
	}
	seconds := func(since int64) int { return int(max(now-since, 0) / 1000) }

	b = strconv.AppendUint(append(b, "id="...), s.ID, 10)
	text(" addr=", s.Addr)
	text(" laddr=", s.LocalAddr)
	number(" fd=", conn.FD)
	text(" name=", s.Name)
	number(" age=", seconds(s.Created))
	number(" idle=", seconds(s.Active))
	text(" flags=", clientFlags(s, &conn))
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
	text(" events=", clientEvents(&conn))
	text(" cmd=", cmp.Or(conn.LastCommand, "NULL"))
	text(" user=", s.User)
	number(" redir=", redirectOf(s))
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

// clientEvents are what the event loop waits for: a request and, while replies are
// stuck, room to send them.
func clientEvents(conn *ConnInfo) string {
	if conn.OutputList > 0 {
		return "rw"
	}
	return "r"
}

func redirectOf(s *Session) int {
	if !s.Marks.Has(MarkTracking) {
		return -1
	}
	return int(s.Redirect)
}

// clientFlags are the letters for the states of a session, in Redis's order.
func clientFlags(s *Session, conn *ConnInfo) string {
	var b []byte
	letter := func(on bool, ch byte) {
		if on {
			b = append(b, ch)
		}
	}
	monitor := s.Marks.Has(MarkMonitor)
	letter(monitor, 'O')
	letter(conn.Type == ClientReplica && !monitor, 'S')
	letter(conn.Type == ClientMaster, 'M')
	letter(s.Subscriber(), 'P')
	letter(s.InTx > 0, 'x')
	letter(conn.Blocked, 'b')
	letter(s.Marks.Has(MarkTracking), 't')
	letter(s.Marks.Has(MarkBroken), 'R')
	letter(s.Marks.Has(MarkBroadcast), 'B')
	letter(s.Marks.Has(MarkDirty), 'd')
	letter(conn.Closing, 'c')
	letter(conn.UnixSocket, 'U')
	letter(s.Marks.Has(MarkReadOnly), 'r')
	letter(s.NoEvict, 'e')
	letter(s.NoTouch, 'T')
	if len(b) == 0 {
		return "N"
	}
	return string(b)
}
