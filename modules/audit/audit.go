// Package audit writes down who has done what, from where, and what came of it, for those
// who have to answer for that: one line of JSON for each connection, login, refusal and
// administrative command, and, if asked for, for each command that reads or writes.
//
// What is a login or an administrative command is told by the rows of the commands; so are
// secrets, which are never written. Of commands with keys the keys are written, their other
// arguments only if asked for: values may be anything.
//
// While it is off (no audit-log-file) it costs nothing. While it is on, event loops append
// to a bounded buffer (buffer.go), which a goroutine of the module's writes to the file
// (writer.go); nobody waits for a disk. What finds no room is counted, and the file says so.
package audit

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)

// New makes the module.
func New() core.Module { return &module{} }

// The classes of events, for the parameter audit-log-events.
const (
	connections = 1 << iota
	logins
	refusals
	administration
	writes
	reads
	others
)

type module struct {
	file     *config.StringVar
	events   *config.EnumVar
	users    *config.StringsVar
	detail   *config.EnumVar
	required *config.BoolVar

	server  core.Server
	log     core.Logger
	on      *core.Switch
	refusal *core.Switch
	active  atomic.Bool // connections are to be noted
	classes []int       // by Command.ID

	buffer buffer
	writer *writer // nil while there is no file
	failed atomic.Bool
}

// Name implements core.Module.
func (*module) Name() string { return "audit" }

// Register implements core.Module.
func (m *module) Register(r *core.Registry) error {
	m.declare(r.Config)
	m.on = r.OnAfter(m.after)
	r.OnSession(m.opened, m.closed)
	m.refusal = r.Guard(core.Guard{
		Name: "audit", Order: core.GuardMisconf, Refuses: core.Write | core.ReadOnly,
		Err: core.Error{Code: "MISCONF", Text: "the audit log cannot be written (audit-log-required). See the server's log"},
	})
	r.Info(core.InfoSection{Name: "audit", Fill: m.info})
	return nil
}

func (m *module) declare(s *config.Schema) {
	par := func(name, def, doc string, flags config.Flag) config.Param {
		return config.Param{Name: name, Section: "audit", Default: def, Doc: doc, Flags: flags}
	}
	m.file = s.Text(par("audit-log-file", "", "File that the audit log is appended to, one JSON object a line; empty for none. It may be renamed away: a new one is made.", config.Protected|config.Needed))
	m.events = s.EnumSet(par("audit-log-events", "connections logins refusals admin", "What is noted: connections (their begin and end), logins, refusals (commands that were not let run, for lack of permission or any other reason), admin (commands that Redis calls administrative or dangerous), writes, reads, others.", 0),
		config.Choice{Name: "connections", Value: connections}, config.Choice{Name: "logins", Value: logins},
		config.Choice{Name: "refusals", Value: refusals}, config.Choice{Name: "admin", Value: administration},
		config.Choice{Name: "writes", Value: writes}, config.Choice{Name: "reads", Value: reads}, config.Choice{Name: "others", Value: others})
	m.users = s.Strings(par("audit-log-users", "", "Users whose doings are noted, empty for all; a minus before a name leaves that one out.", config.MultiArg))
	m.detail = s.Enum(par("audit-log-arguments", "keys", "Which arguments are noted: none; keys, and all of commands that have no keys; or all. Secrets never are.", 0),
		config.Choice{Name: "none", Value: detailNone}, config.Choice{Name: "keys", Value: detailKeys}, config.Choice{Name: "all", Value: detailAll})
	m.required = s.Bool(par("audit-log-required", "no", "Refuse commands on data while the audit log cannot be written.", 0))
	s.Apply(m.apply, m.file, m.events, m.required)
}

// Start implements core.Starter.
func (m *module) Start(s core.Server) error {
	m.server, m.log = s, s.Log().Named("audit")
	m.buffer.wake = make(chan struct{}, 1)
	m.classes = make([]int, s.Registry().CommandCount())
	for _, cmd := range s.Registry().All() {
		m.classes[cmd.ID()] = classOf(cmd)
		for i := range cmd.Sub {
			m.classes[cmd.Sub[i].ID()] = classOf(&cmd.Sub[i])
		}
	}
	return m.apply()
}

// Stop implements core.Stopper.
func (m *module) Stop() {
	if m.writer != nil {
		m.writer.end()
	}
}

// apply puts the parameters in force: every loop stands still, or none runs yet.
func (m *module) apply() error {
	if m.server == nil {
		return nil
	}
	path := m.server.Path(m.file.Load())
	if w := m.writer; w != nil && w.path != path {
		w.end()
		m.writer = nil
		m.fails(nil)
	}
	if m.writer == nil && path != "" {
		w, err := startWriter(path, &m.buffer, m.fails)
		if err != nil {
			m.settle()
			return err
		}
		m.writer = w
	}
	m.settle()
	return nil
}

// settle switches on what is to be on.
func (m *module) settle() {
	events, writing := m.events.Load(), m.writer != nil
	m.active.Store(writing && events&connections != 0)
	m.on.Set(writing && events&^connections != 0)
	m.refusal.Set(m.required.Load() && m.failed.Load())
}

// fails is told by the writer that it cannot write, or, with nil, that it can again.
func (m *module) fails(err error) {
	if m.failed.Swap(err != nil) == (err != nil) {
		return
	}
	if err != nil {
		m.log.Warn("the audit log cannot be written", "error", err)
	} else {
		m.log.Info("the audit log is written")
	}
	m.refusal.Set(m.required.Load() && err != nil)
}

// classOf is the class of a command by its row: the first that fits.
func classOf(cmd *core.Command) int {
	switch {
	case cmd.Flags&core.NoAuth != 0 && cmd.Flags&core.Sensitive != 0:
		return logins
	case cmd.Flags&core.Admin != 0 || cmd.Categories()&(core.CatAdmin|core.CatDangerous) != 0:
		return administration
	case cmd.Flags&core.Write != 0:
		return writes
	case cmd.Flags&core.ReadOnly != 0:
		return reads
	}
	return others
}

// after is the hook for commands that have been answered.
func (m *module) after(c *core.Ctx, d core.Done) {
	s := c.Session
	if s == nil || c.Script {
		return // what scripts do is their caller's
	}
	class := others
	if c.Cmd != nil {
		class = m.classes[c.Cmd.ID()]
	}
	if !d.Ran {
		class |= refusals
	}
	if m.events.Load()&class == 0 || !m.concerns(s.User) {
		return
	}
	if class&logins != 0 && d.Ran && !d.Failed && !namesUser(c) {
		return // a greeting without a login
	}
	verdict, reason := "ok", ""
	if d.Failed || !d.Ran {
		verdict, reason = "error", reasonOf(c)
		if !d.Ran {
			verdict = "refused"
		}
	}
	m.buffer.add(func(l *line) {
		l.begin("command", time.Now(), s)
		l.number("db", int64(s.DB))
		l.command(c, m.detail.Load())
		l.text("verdict", verdict)
		if reason != "" {
			l.text("error", reason)
		}
	})
}

// reasonOf is the error that was answered: only its code where the text may repeat what is
// secret.
func reasonOf(c *core.Ctx) string {
	text := c.LastError()
	if c.Cmd == nil || c.Cmd.Flags&core.Sensitive != 0 {
		text, _, _ = strings.Cut(text, " ")
	}
	return text
}

// namesUser reports whether a call that may log in has a secret in it: HELLO without AUTH
// has none.
func namesUser(c *core.Ctx) (is bool) {
	c.Secrets(func(int) { is = true })
	return is
}

// concerns reports whether a user's doings are to be noted.
func (m *module) concerns(user string) bool {
	users := m.users.Load()
	if len(users) == 0 {
		return true
	}
	all := true // if there are only exceptions
	for _, u := range users {
		without, not := strings.CutPrefix(u, "-")
		if not && without == user {
			return false
		}
		all = all && not
	}
	return all || slices.Contains(users, user)
}

func (m *module) opened(s *core.Session) {
	if m.active.Load() && m.concerns(s.User) {
		m.buffer.add(func(l *line) { l.begin("connect", time.Now(), s) })
	}
}

func (m *module) closed(s *core.Session) {
	if m.active.Load() && m.concerns(s.User) {
		m.buffer.add(func(l *line) {
			now := time.Now()
			l.begin("disconnect", now, s)
			l.number("seconds", max(now.UnixMilli()-s.Created, 0)/1000)
		})
	}
}

// info is the section "audit" of INFO.
func (m *module) info(w *core.InfoWriter) {
	written, dropped := m.buffer.counts()
	w.Bool("audit_log_enabled", m.writer != nil)
	status := "ok"
	if m.failed.Load() {
		status = "err"
	}
	w.String("audit_log_status", status)
	w.Int("audit_log_events", written)
	w.Int("audit_log_dropped", dropped)
}
