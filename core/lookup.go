package core

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// Lookup finds the row of a call by the names that begin its arguments, of which
// there is at least one, and checks their number. With an error about that number,
// or about a container that lacks its subcommand, comes the row. It is the one
// place where names become commands, whoever calls: clients, scripts, the log.
func (r *Table) Lookup(args [][]byte) (*Command, error) {
	return r.lookup(r.called.find(args[0]), args)
}

// LookupFed is Lookup for what was fed: there commands have their own names,
// whatever clients call them (Rename).
func (r *Table) LookupFed(args [][]byte) (*Command, error) {
	return r.lookup(r.FindFed(args[0]), args)
}

// FindFed finds the command, or container, of a name in what was fed, nil if there
// is none. A log of Redis has the names that clients called the commands by.
func (r *Table) FindFed(name []byte) *Command {
	if cmd := r.own.find(name); cmd != nil {
		return cmd
	}
	return r.called.find(name)
}

func (r *Table) lookup(cmd *Command, args [][]byte) (*Command, error) {
	if cmd == nil {
		return nil, r.errUnknown(args)
	}
	if len(cmd.Sub) > 0 && len(args) > 1 {
		sub := cmd.Subcommand(args[1])
		if sub == nil {
			return nil, r.errUnknownSub(args)
		}
		cmd = sub
	}
	if !cmd.ArityOK(len(args)) || cmd.Run == nil {
		return cmd, ErrArity(cmd.FullName())
	}
	return cmd, nil
}

// Where returns the absent module that has a command, and why it is not there, in words that
// go behind "in"; "" for a name that is nowhere.
func (r *Table) Where(name string) string { return r.absent.commands[strings.ToLower(name)] }

// errUnknown is Redis's error. What an absent module has is told behind it, where no client
// looks that compares.
func (r *Table) errUnknown(args [][]byte) error {
	var b strings.Builder
	for _, a := range args[1:] {
		if b.Len() >= 128 {
			break
		}
		b.WriteString("'" + Clip(a, 128-b.Len()) + "' ")
	}
	return Err("unknown command '" + Clip(args[0], 128) + "', with args beginning with: " + b.String() + hint(r.Where(string(args[0]))))
}

func (r *Table) errUnknownSub(args [][]byte) error {
	return Err("unknown subcommand '" + Clip(args[1], 128) + "'. Try " + strings.ToUpper(string(args[0])) + " HELP." +
		after(hint(r.Where(string(args[0])+"|"+string(args[1])))))
}

// Renames are names of commands, each with the one that clients call it by, "" for
// none, one after the other: what is renamed may make room for the next.
type Renames [][2]string

// apply returns the commands by the names that clients call them by.
func (n Renames) apply(commands map[string]*Command) (map[string]*Command, error) {
	names := maps.Clone(commands)
	for _, pair := range n {
		name, to := strings.ToLower(pair[0]), strings.ToLower(pair[1])
		cmd := names[name]
		if cmd == nil {
			return nil, errors.New("No such command in rename-command")
		}
		delete(names, name)
		if to == "" {
			continue
		}
		if names[to] != nil {
			return nil, errors.New("Target command name already exists")
		}
		names[to] = cmd
	}
	return names, nil
}

// CheckRenames returns the error of Rename.
func (r *Table) CheckRenames(n Renames) error {
	_, err := n.apply(r.commands)
	return err
}

// Rename changes by which names clients, and scripts, can call commands. Statistics,
// permissions and what is fed keep the commands' own. It is for the start, after
// Freeze and before any Lookup.
func (r *Table) Rename(n Renames) (err error) {
	if len(n) == 0 {
		return nil
	}
	if r.names, err = n.apply(r.commands); err != nil {
		return err
	}
	for name, cmd := range r.commands {
		cmd.reg.renamed = r.names[name] != cmd
	}
	r.called = newCommandTable(r.names)
	return nil
}

// Callable returns the commands that can be called, sorted by their own names.
func (r *Table) Callable() []*Command {
	all := slices.Collect(maps.Values(r.names))
	slices.SortFunc(all, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// FindCallable is Find by the name that clients call a command by.
func (r *Table) FindCallable(name string) *Command { return find(r.names, name) }

// fedArgs returns the arguments of a call as they are fed, with the command's own
// name.
func (c *Ctx) fedArgs() [][]byte {
	top := c.Cmd
	if top.reg.parent != nil {
		top = top.reg.parent
	}
	if !top.reg.renamed {
		return c.Args
	}
	return append([][]byte{[]byte(strings.ToUpper(top.Name))}, c.Args[1:]...)
}

// Clip returns the first n bytes of b, up to a zero byte, for a text that quotes
// what a client has sent: Redis prints it as a C string.
func Clip(b []byte, n int) string {
	b = b[:min(len(b), n)]
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}

// Shown is Clip for what is quoted however long it is.
func Shown(b []byte) string { return Clip(b, len(b)) }

// commandTable finds a command by its name in any case in a few nanoseconds:
// an open-addressing table over a hash of the name's first and last eight
// bytes, case folded by setting bit 5. It is built once and then read-only.
type commandTable struct {
	slots []tableSlot
	shift uint
}

type tableSlot struct {
	name string // lower case
	cmd  *Command
}

func newCommandTable(commands map[string]*Command) *commandTable {
	size := 64
	for size < 4*len(commands) {
		size *= 2
	}
	t := &commandTable{slots: make([]tableSlot, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
	for name, cmd := range commands {
		i := nameHash([]byte(name)) >> t.shift
		for t.slots[i].cmd != nil {
			i = (i + 1) & uint64(size-1)
		}
		t.slots[i] = tableSlot{name, cmd}
	}
	return t
}

// find returns nil for a name that is no command.
func (t *commandTable) find(name []byte) *Command {
	i := nameHash(name) >> t.shift
	for {
		s := &t.slots[i]
		if s.cmd == nil || SameName(name, s.name) {
			return s.cmd
		}
		i = (i + 1) & uint64(len(t.slots)-1)
	}
}

// SameName reports whether a name in any case is the one given in lower case.
func SameName(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i := range len(lower) {
		ch := name[i]
		if ch >= 'A' && ch <= 'Z' {
			ch |= 0x20
		}
		if ch != lower[i] {
			return false
		}
	}
	return true
}

func nameHash(name []byte) uint64 {
	const fold = 0x2020202020202020
	const k1, k2 = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
	n := len(name)
	if n >= 8 {
		head := binary.LittleEndian.Uint64(name) | fold
		tail := binary.LittleEndian.Uint64(name[n-8:]) | fold
		return (head*k1 ^ tail) * k2
	}
	var w uint64
	for i := range n {
		w |= uint64(name[i]|0x20) << (8 * i)
	}
	return (w*k1 ^ w>>29) * k2
}
