package core

import (
	"fmt"
	"sort"
	"strings"

	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/rdb"
)

// Table is what has been registered, as others see it: it is complete when the registry is
// frozen, and from then on does not change and may be used from any goroutine.
type Table Registry

// Table returns the table of what is registered by the time when somebody looks. What asks
// it is to be asked after Register; from Start on there is Server.Registry.
func (r *Registry) Table() *Table { return (*Table)(r) }

// Modules returns the names of the registered modules, in order.
func (r *Table) Modules() []string { return r.modules }

// All returns every command, sorted by name.
func (r *Table) All() []*Command { return r.sorted }

// Find returns the command of a name in any case, nil if there is none. A name
// with "|" finds a subcommand.
func (r *Table) Find(name string) *Command { return find(r.commands, name) }

func find(commands map[string]*Command, name string) *Command {
	name = strings.ToLower(name)
	if container, sub, ok := strings.Cut(name, "|"); ok {
		cmd := commands[container]
		if cmd == nil || cmd.reg.subs == nil {
			return nil
		}
		return cmd.reg.subs[sub]
	}
	return commands[name]
}

// CommandCount returns the number of rows, subcommands included; every row has
// an ID below it.
func (r *Table) CommandCount() int { return r.commandN }

// TypeOf returns the value type of a value; nil if its module is not linked in.
func (r *Table) TypeOf(v keyspace.Value) *ValueType {
	if t := v.Kind.Type(); t != keyspace.Custom {
		return r.types[t&15]
	}
	for _, t := range r.custom {
		if t.foreign.is(v.Object) {
			return t
		}
	}
	return nil
}

// TypeNamed returns the value type of a name (as TYPE answers), nil if there is none.
func (r *Table) TypeNamed(name string) *ValueType {
	for _, t := range append(r.types[:len(r.types):len(r.types)], r.custom...) {
		if t != nil && strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// TypeIn returns the value type whose Load reads what follows the RDB type byte op, which in
// is at. The error says what is missing from this server.
func (r *Table) TypeIn(op byte, in *rdb.Reader) (*ValueType, error) {
	if op != rdb.TypeModule2 {
		if t := r.opcodes[op]; t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("no module of this server loads RDB type %d%s", op, named(rdb.TypeName(op))+after(hint(r.absent.opcodes[op])))
	}
	at := in.Offset()
	id := in.Len()
	if in.Err() != nil {
		return nil, in.Err()
	}
	in.Seek(at)
	for _, t := range r.custom {
		if t.foreign.id == id&^rdb.MaxModuleVersion {
			return t, nil
		}
	}
	name := rdb.ModuleName(id)
	return nil, fmt.Errorf("The RDB file contains module data I can't load: no matching module type '%s'%s", name, after(hint(r.absent.types[name])))
}

// after is a text behind another; nothing for none.
func after(text string) string {
	if text == "" {
		return ""
	}
	return " " + text
}

// named is a name behind what it belongs to; nothing for none.
func named(name string) string {
	if name == "" {
		return ""
	}
	return ", a " + name
}

// Sections returns the INFO sections in the order of their registration.
func (r *Table) Sections() []InfoSection { return r.sections }

// Overhead returns what takes memory beside the data, in the order of its registration.
func (r *Table) Overhead() []Overhead { return r.overhead }

// SessionSlots returns how many slots a Session needs.
func (r *Table) SessionSlots() int { return r.slots }

// ID returns the row's number: unique in its server, below CommandCount.
func (cmd *Command) ID() int { return cmd.reg.id }

// FullName returns the name with that of the container: "config|get".
func (cmd *Command) FullName() string { return cmd.reg.full }

// Module returns the name of the module that registered the command.
func (cmd *Command) Module() string { return cmd.reg.module }

// Container returns the command that this one is a subcommand of, or nil.
func (cmd *Command) Container() *Command { return cmd.reg.parent }

// Subcommand returns the row of a subcommand by its name in any case, or nil.
func (cmd *Command) Subcommand(name []byte) *Command {
	var tmp [32]byte
	if len(name) > len(tmp) {
		return nil
	}
	return cmd.reg.subs[string(lower(tmp[:0], name))]
}

// Categories returns all ACL categories of the command.
func (cmd *Command) Categories() Category { return cmd.reg.category }

// OnlyKey returns the position of the command's key if it always has exactly
// one, in a fixed place, and touches no other; else 0.
func (cmd *Command) OnlyKey() int { return cmd.reg.first }

// Syntax returns the parsed arguments of the documentation.
func (cmd *Command) Syntax() []Arg { return cmd.reg.syntax }

// ArityOK reports whether n arguments, the name included, are acceptable.
func (cmd *Command) ArityOK(n int) bool { return n == cmd.Arity || cmd.Arity < 0 && n >= -cmd.Arity }

func lower(dst, src []byte) []byte {
	for _, ch := range src {
		if ch >= 'A' && ch <= 'Z' {
			ch += 'a' - 'A'
		}
		dst = append(dst, ch)
	}
	return dst
}

// DebugCommand returns a subcommand of DEBUG by its name in any case, or nil.
func (r *Table) DebugCommand(name string) *DebugCommand { return r.debugs[strings.ToUpper(name)] }

// DebugCommands returns all subcommands of DEBUG, sorted by name.
func (r *Table) DebugCommands() []*DebugCommand {
	all := make([]*DebugCommand, 0, len(r.debugs))
	for _, d := range r.debugs {
		all = append(all, d)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}
