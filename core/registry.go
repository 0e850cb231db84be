package core

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/logging"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Registry is where modules declare what they bring. There is one per server; the host
// freezes it before the server listens.
type Registry struct {
	// Config is the schema of the configuration parameters.
	Config *config.Schema
	// Hooks is told of by the On functions and called by the host.
	Hooks *Hooks
	// Functions holds the libraries of functions.
	Functions *Functions

	module   string // who is registering
	modules  []string
	commands map[string]*Command
	sorted   []*Command
	types    [16]*ValueType
	custom   []*ValueType
	opcodes  [256]*ValueType
	owners   map[*ValueType]string
	sections []InfoSection
	overhead []Overhead
	debugs   map[string]*DebugCommand
	slots    int

	clientFields []ClientField // as they were registered
	clientFlags  []ClientFlag  // in Redis's order once the registry is frozen
	clientLine   []clientField // all of a line, in Redis's order; from then on
	marks        int

	commandN int
	names    map[string]*Command // as clients call them
	called   *commandTable       // of names
	own      *commandTable       // of commands

	loads     []func() (done bool, err error)
	shutdowns []func(o Shutdown) error
	delays    []func() bool
	saves     []func() (began time.Time, ok bool)
	ticks     []func(now int64)
	checkers  []Checker
	barriers  []*Barrier
	auth      Authenticator
	listening []func(s *Session, fn func(channel string, pattern bool) bool)
	more      []extension
	resets    []func()
	position  func() (Position, bool)
	acks      Acks
	log       Log
	restore   func(p Position)
	importer  Importer
	tools     []Tool
	replace   []func(begins bool)

	secure  Secure
	logging func(logging.Target) Logger
	absent  absences
	errs    []error
	frozen  bool
}

// registered is what the registry adds to a row.
type registered struct {
	id       int
	full     string // "config|get"
	module   string
	parent   *Command
	subs     map[string]*Command
	category Category
	renamed  bool // clients call it by another name, or not at all
	first    int  // the position of the only key, 0 if it is not the only one
	syntax   []Arg
}

// NewRegistry makes an empty registry over a schema.
func NewRegistry(schema *config.Schema) *Registry {
	return &Registry{
		Config:    schema,
		Hooks:     &Hooks{},
		Functions: &Functions{},
		commands:  map[string]*Command{},
		owners:    map[*ValueType]string{},
		debugs:    map[string]*DebugCommand{},
	}
}

// Add registers a module.
func (r *Registry) Add(m Module) {
	r.module = m.Name()
	if r.module != "" {
		if slices.Contains(r.modules, r.module) {
			r.fail("it is linked in twice")
			return
		}
		r.modules = append(r.modules, r.module)
	}
	if err := m.Register(r); err != nil {
		r.fail("%v", err)
	}
	r.module = ""
}

func (r *Registry) fail(format string, args ...any) {
	err := fmt.Errorf(format, args...)
	if r.module != "" {
		err = fmt.Errorf("module %s: %w", r.module, err)
	}
	r.errs = append(r.errs, err)
}

// Commands registers rows. The registry keeps copies.
func (r *Registry) Commands(rows ...Command) {
	for i := range rows {
		r.command(rows[i])
	}
}

func (r *Registry) command(row Command) {
	cmd := &row
	if !r.prepare(cmd, nil) {
		return
	}
	if old := r.commands[cmd.Name]; old != nil {
		r.fail("command %q is already registered by module %s", cmd.Name, old.reg.module)
		return
	}
	r.commands[cmd.Name] = cmd
}

// extension is subcommands for another module's container.
type extension struct {
	module, container string
	subs              []Command
}

// Extend adds subcommands to the container of another module (CLIENT TRACKING to
// CLIENT). They are this module's; without the container's module a server does
// not start.
func (r *Registry) Extend(container string, subs ...Command) {
	r.more = append(r.more, extension{r.module, container, subs})
}

// extend puts the extensions into their containers.
func (r *Registry) extend() {
	defer func(m string) { r.module = m }(r.module)
	for _, x := range r.more {
		r.module = x.module
		cmd := r.commands[x.container]
		if cmd == nil || len(cmd.Sub) == 0 {
			r.fail("there is no container %q for its subcommands", x.container)
			continue
		}
		// HELP stays last, and rows keep their addresses until here.
		at := len(cmd.Sub)
		if cmd.Sub[at-1].Name == "help" {
			at--
		}
		cmd.Sub = slices.Concat(cmd.Sub[:at], x.subs, cmd.Sub[at:])
	}
}

// prepare checks a row and derives what the server needs of it.
func (r *Registry) prepare(cmd, parent *Command) bool {
	full := cmd.Name
	if parent != nil {
		full = parent.Name + "|" + cmd.Name
	}
	before := len(r.errs)
	switch {
	case r.frozen:
		r.fail("command %q: the registry is frozen", full)
	case cmd.Name == "" || cmd.Name != strings.ToLower(cmd.Name) || strings.ContainsAny(cmd.Name, " |"):
		r.fail("command name %q must be a lower-case word", full)
	case cmd.Run == nil && len(cmd.Sub) == 0:
		r.fail("command %q has no handler", full)
	case cmd.Arity == 0:
		r.fail("command %q has no arity", full)
	case cmd.Flags&Write != 0 && cmd.Flags&ReadOnly != 0:
		r.fail("command %q is both a write and read-only", full)
	}
	if cmd.Doc.Group == "" {
		cmd.Doc.Group = "module" // as Redis says of its loadable modules' commands
	}
	args, err := ParseSyntax(cmd.Doc.Args)
	if err != nil {
		r.fail("command %q: arguments: %v", full, err)
	}
	r.checkKeys(full, cmd)
	if len(r.errs) > before {
		return false
	}
	cmd.reg = &registered{id: r.commandN, full: full, module: r.module, parent: parent, syntax: args}
	r.commandN++
	cmd.reg.category = cmd.Flags.categories(cmd.ACL)
	if _, _, _, movable := cmd.KeyRange(); movable {
		cmd.Flags |= MovableKeys
	}
	if len(cmd.Keys) == 1 && cmd.FindKeys == nil && cmd.Plan == nil && cmd.Flags&AllKeys == 0 {
		if k := cmd.Keys[0]; !k.Unknown && !k.Count && k.Keyword == "" && k.Last == 0 && k.Flags&KeyNotKey == 0 {
			cmd.reg.first = k.Index
		}
	}
	cmd.Sub = slices.Clone(cmd.Sub)
	return true
}

// prepareSubs prepares the subcommands of a container, when all of them are there.
func (r *Registry) prepareSubs(cmd *Command) {
	if len(cmd.Sub) == 0 {
		return
	}
	defer func(m string) { r.module = m }(r.module)
	cmd.reg.subs = make(map[string]*Command, len(cmd.Sub))
	for i := range cmd.Sub {
		sub := &cmd.Sub[i]
		r.module = cmd.reg.module
		if x := r.extender(cmd.Name, sub.Name); x != "" {
			r.module = x
		}
		if cmd.reg.subs[sub.Name] != nil {
			r.fail("command %q has two subcommands %q", cmd.Name, sub.Name)
			return
		}
		if !r.prepare(sub, cmd) {
			return
		}
		cmd.reg.subs[sub.Name] = sub
	}
}

// extender returns the module that has added a subcommand to a container, "" if
// it is the container's own.
func (r *Registry) extender(container, sub string) string {
	for _, x := range r.more {
		if x.container == container && slices.ContainsFunc(x.subs, func(c Command) bool { return c.Name == sub }) {
			return x.module
		}
	}
	return ""
}

func (r *Registry) checkKeys(full string, cmd *Command) {
	for i, k := range cmd.Keys {
		switch {
		case k.Unknown && cmd.FindKeys == nil && cmd.Flags&AllKeys == 0:
			r.fail("command %q: key specification %d is unknown and there is no FindKeys", full, i)
		case k.Flags&KeyVariableFlags != 0 && cmd.FindKeys == nil && cmd.VaryFlags == nil:
			r.fail("command %q: key specification %d has variable flags and there is no VaryFlags", full, i)
		case !k.Unknown && k.Keyword == "" && k.Index < 1:
			r.fail("command %q: key specification %d begins before the first argument", full, i)
		case !k.Unknown && k.Step < 1:
			r.fail("command %q: key specification %d has no step", full, i)
		case k.Keyword != "" && k.From == 0:
			r.fail("command %q: key specification %d searches from the command name", full, i)
		}
	}
	if len(cmd.Keys) > 0 && len(cmd.Sub) > 0 {
		r.fail("command %q: a container declares no keys", full)
	}
}

// Type registers a value type.
func (r *Registry) Type(t ValueType) {
	v := &t
	switch {
	case v.Name == "" || v.Encoding == nil || v.Len == nil || v.Save == nil || v.Load == nil || v.Rewrite == nil || v.Digest == nil:
		r.fail("value type %q lacks a name, Encoding, Len, Save, Load, Rewrite or Digest", v.Name)
		return
	case v.foreign != nil:
		r.foreignType(v)
		return
	case v.Type == keyspace.Custom:
		r.fail("value type %q: the row of a type that is not Redis's is made by core.ObjectType", v.Name)
		return
	case r.types[v.Type&15] != nil:
		r.fail("value type %q has the number of type %q", v.Name, r.types[v.Type&15].Name)
		return
	}
	for _, op := range v.Opcodes {
		if old := r.opcodes[op]; old != nil {
			r.fail("value type %q claims RDB opcode %d of type %q (module %s)", v.Name, op, old.Name, r.owners[old])
			return
		}
	}
	for _, op := range v.Opcodes {
		r.opcodes[op] = v
	}
	r.owners[v] = r.module
	r.types[v.Type&15] = v
}

// foreignType registers a row that ObjectType has made.
func (r *Registry) foreignType(v *ValueType) {
	if v.foreign.err != nil {
		r.fail("value type %q: %w", v.Name, v.foreign.err)
		return
	}
	for _, old := range r.custom {
		if old.foreign.id == v.foreign.id || old.foreign.compare == v.foreign.compare {
			r.fail("value type %q has the name in dumps (%s) or the Go type of type %q (module %s)",
				v.Name, rdb.ModuleName(v.foreign.id), old.Name, r.owners[old])
			return
		}
	}
	r.owners[v] = r.module
	r.custom = append(r.custom, v)
}

// Info registers a section of INFO. Sections appear in the order of Order.
func (r *Registry) Info(s InfoSection) { r.sections = append(r.sections, s) }

// Overhead registers what MEMORY STATS tells of memory that a module takes beside the data.
func (r *Registry) Overhead(name string, bytes func() int64) {
	r.overhead = append(r.overhead, Overhead{name, bytes})
}

// SessionSlot reserves a place in every Session for the module's own state.
func (r *Registry) SessionSlot() int {
	r.slots++
	return r.slots - 1
}

// OnChange registers a hook for changed keys, called with their shard locked.
// c is nil when no command caused the change, and for EventNew. WATCH, client-side caching and
// keyspace notifications stand on it.
func (r *Registry) OnChange(fn func(c *Ctx, ch Change)) *Switch {
	sw := r.Hooks.newSwitch(0)
	r.Hooks.change = append(r.Hooks.change, hook[func(*Ctx, Change)]{sw, fn})
	return sw
}

// OnFlush registers a hook for emptied databases (-1: all), called with all
// shards locked, before they are emptied. It is always on.
func (r *Registry) OnFlush(fn func(c *Ctx, db int)) { r.Hooks.flush = append(r.Hooks.flush, fn) }

// OnSwap registers a hook for two databases that have exchanged their contents,
// called with all shards locked. It is always on.
func (r *Registry) OnSwap(fn func(c *Ctx, a, b int)) { r.Hooks.swap = append(r.Hooks.swap, fn) }

// OnFeed registers a listener to the write feed, called with the locks of the
// write's keys held. It must be quick and must not keep the arguments. Calls
// come one at a time, those of a unit without others in between.
func (r *Registry) OnFeed(fn func(f Fed)) *Switch {
	sw := r.Hooks.newSwitch(1)
	r.Hooks.feed = append(r.Hooks.feed, hook[func(Fed)]{sw, fn})
	return sw
}

// OnBefore registers a hook that may refuse a command for its keys, told at which
// door it stands; what depends on nothing but the row is for Guard. Locks of the
// command's or of others' keys may be held: it takes none but leaves. For EXEC it
// is also asked for each of the queued commands (Command.Calls), before any of
// them runs.
func (r *Registry) OnBefore(fn func(c *Ctx, where Where) error) *Switch {
	sw := r.Hooks.newSwitch(2)
	r.Hooks.before = append(r.Hooks.before, hook[func(*Ctx, Where) error]{sw, fn})
	return sw
}

// OnAfter registers a hook for commands that have been answered, also with a
// refusal. Those of other commands may be held (Ctx.Call, pipelines): it takes no
// locks but leaves. While it is on commands are timed.
func (r *Registry) OnAfter(fn func(c *Ctx, d Done)) *Switch {
	sw := r.Hooks.newSwitch(3)
	r.Hooks.after = append(r.Hooks.after, hook[func(*Ctx, Done)]{sw, fn})
	return sw
}

// OnSession registers hooks for the beginning and the end of every session;
// either may be nil. They run on the session's own loop. Before it ends a session is
// reset (OnReset).
func (r *Registry) OnSession(opened, closed func(s *Session)) {
	if opened != nil {
		r.Hooks.opened = append(r.Hooks.opened, opened)
	}
	if closed != nil {
		r.Hooks.closed = append(r.Hooks.closed, closed)
	}
}

// OnReset registers a hook for RESET and for the end of every session: the session, whose
// loop it runs on, is to be as if it had just connected (no transaction, subscriptions
// or tracking).
func (r *Registry) OnReset(fn func(s *Session)) { r.Hooks.reset = append(r.Hooks.reset, fn) }

// Debug registers subcommands of DEBUG.
func (r *Registry) Debug(subs ...DebugCommand) {
	for _, d := range subs {
		if d.Name != strings.ToUpper(d.Name) || d.Run == nil || r.debugs[d.Name] != nil {
			r.fail("DEBUG %s: the name must be in upper case and new, with a handler", d.Name)
			continue
		}
		r.debugs[d.Name] = &d
	}
}

// Freeze ends registration and returns what is registered, or every mistake at once.
func (r *Registry) Freeze() (*Table, error) {
	for _, cmd := range r.commands {
		r.sorted = append(r.sorted, cmd)
	}
	sort.Slice(r.sorted, func(i, j int) bool { return r.sorted[i].Name < r.sorted[j].Name })
	r.extend()
	for _, cmd := range r.sorted {
		r.prepareSubs(cmd)
	}
	r.orderClients()
	r.frozen = true
	r.names = maps.Clone(r.commands)
	r.own = newCommandTable(r.commands)
	r.called = r.own
	if err := r.Config.Freeze(); err != nil {
		r.errs = append(r.errs, err)
	}
	return r.Table(), errors.Join(r.errs...)
}
