package observability

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ferrousdb/ferrous/core"
)

// monitors are the sessions that see every command. The hook that shows them
// commands is on while there are any.
type monitors struct {
	srv  core.Server
	sw   *core.Switch
	mu   sync.Mutex
	all  []*core.Session
	gate gate
	mark core.Mark // of who monitors
}

var (
	errMonitorBlocking = core.Err("MONITOR isn't allowed for DENY BLOCKING client")
	errMonitorOff      = core.Err("MONITOR is switched off by the parameter monitor-enabled")
	errMonitorKeys     = core.Err("Replica can't interact with the keyspace")
)

func (m *monitors) declare(r *core.Registry) {
	m.sw, m.mark = r.OnMonitor(m.show), r.Mark('O')
	r.OnReset(m.end)
}

// monitor is MONITOR. A session that monitors already gets no answer, as in
// Redis.
func (m *module) monitor(c *core.Ctx) error {
	switch {
	case !m.params.monitor.Load():
		return errMonitorOff
	case c.NoBlock:
		return errMonitorBlocking
	case c.Session.Marks.Has(m.monitors.mark):
		return nil
	}
	m.monitors.begin(c.Session)
	c.OK()
	return nil
}

func (m *monitors) begin(s *core.Session) {
	s.Marks.Set(m.mark, true)
	s.Push(&m.gate)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, s)
	m.sw.Set(true)
}

// end is for a session that gives up monitoring, if it did.
func (m *monitors) end(s *core.Session) {
	if !s.Marks.Has(m.mark) {
		return
	}
	s.Marks.Set(m.mark, false)
	s.Pop(&m.gate)
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := slices.Index(m.all, s); i >= 0 {
		m.all = slices.Delete(m.all, i, i+1)
	}
	m.sw.Set(len(m.all) > 0)
}

// endAll disconnects all monitors; every event loop stands still.
func (m *monitors) endAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.all {
		s.Conn.Close(true, "monitor-enabled was set to no")
	}
}

// show is the hook: it hands a command to all monitors, in the same order to
// each, while the locks of the command's keys are held.
func (m *monitors) show(c *core.Ctx) {
	if c.Session == nil || m.srv.Loading() {
		return
	}
	size := 64
	for _, arg := range c.Args {
		size += len(arg) + 8
	}
	hidden := secrets(c)
	m.mu.Lock()
	defer m.mu.Unlock()
	line := appendLine(make([]byte, 0, size), time.Now(), c, hidden)
	for _, s := range m.all {
		s.Conn.Deliver(line)
	}
}

// secrets returns the arguments of a call that are not to be shown.
func secrets(c *core.Ctx) (hidden []int) {
	if c.Cmd.Flags&core.Sensitive == 0 {
		return nil
	}
	c.Secrets(func(arg int) { hidden = append(hidden, arg) })
	return hidden
}

// appendLine appends a command as MONITOR shows it:
//
//	+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
func appendLine(b []byte, now time.Time, c *core.Ctx, hidden []int) []byte {
	us := now.UnixMicro()
	b = append(b, '+')
	b = strconv.AppendInt(b, us/1e6, 10)
	point := len(b)
	b = strconv.AppendInt(b, 1e6+us%1e6, 10) // seven digits; the point takes the place of the first
	b[point] = '.'
	b = append(b, " ["...)
	b = strconv.AppendInt(b, int64(database(c)), 10)
	b = append(b, ' ')
	b = append(b, origin(c)...)
	b = append(b, ']')
	for i, arg := range c.Args {
		b = append(b, ' ')
		if slices.Contains(hidden, i) {
			b = append(b, `"`+core.Redacted+`"`...)
			continue
		}
		b = appendQuoted(b, arg)
	}
	return append(b, '\r', '\n')
}

// database is the one that is selected after the command: SELECT shows the new
// one. What a script selects is no business of its session.
func database(c *core.Ctx) int {
	if c.Script {
		return c.DB.Index()
	}
	return c.Session.DB
}

// origin says where a command comes from.
func origin(c *core.Ctx) string {
	s := c.Session
	switch {
	case c.Script:
		return "lua"
	case s.Conn != nil && s.Conn.Info().UnixSocket:
		return "unix:" + strings.TrimSuffix(s.Addr, ":0")
	}
	return s.Addr
}

// appendQuoted appends an argument in double quotes, with escapes for what is not
// printable.
func appendQuoted(b, arg []byte) []byte {
	const hex = "0123456789abcdef"
	const special, letters = "\\\"\n\r\t\a\b", `\"nrtab`
	b = append(b, '"')
	for _, ch := range arg {
		switch i := strings.IndexByte(special, ch); {
		case i >= 0:
			b = append(b, '\\', letters[i])
		case ch < ' ' || ch > '~':
			b = append(b, '\\', 'x', hex[ch>>4], hex[ch&15])
		default:
			b = append(b, ch)
		}
	}
	return append(b, '"')
}

// gate stands before the commands of a monitoring session. Redis takes it for a
// kind of replica, which may not use the keys.
type gate struct{ _ byte }

// Command implements core.Interceptor.
func (*gate) Command(c *core.Ctx) (done bool, err error) {
	if c.Flags()&(core.Write|core.ReadOnly|core.MayReplicate) != 0 {
		return true, errMonitorKeys
	}
	return false, nil
}

// Refused implements core.Interceptor.
func (*gate) Refused(*core.Ctx, error) {}
