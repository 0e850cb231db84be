package core

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// Lookup finds the row of a call by the names that begin its arguments, of which
// there is at least one, and checks their number. With an error about that number,
// or about a container that lacks its subcommand, comes the row. It is the one
// place where names become commands, whoever calls: clients, scripts, the log.
func (r *Registry) Lookup(args [][]byte) (*Command, error) {
	cmd := r.table.find(args[0])
	if cmd == nil {
		return nil, errUnknown(args)
	}
	if len(cmd.Sub) > 0 && len(args) > 1 {
		sub := cmd.Subcommand(args[1])
		if sub == nil {
			return nil, errUnknownSub(cmd, args[1])
		}
		cmd = sub
	}
	if !cmd.ArityOK(len(args)) || cmd.Run == nil {
		return cmd, ErrArity(cmd.FullName())
	}
	return cmd, nil
}

func errUnknown(args [][]byte) error {
	var b strings.Builder
	for _, a := range args[1:] {
		if b.Len() >= 128 {
			break
		}
		b.WriteString("'" + Clip(a, 128-b.Len()) + "' ")
	}
	return Err("unknown command '" + Clip(args[0], 128) + "', with args beginning with: " + b.String())
}

func errUnknownSub(cmd *Command, name []byte) error {
	return Err("unknown subcommand '" + Clip(name, 128) + "'. Try " + strings.ToUpper(cmd.Name) + " HELP.")
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

func newCommandTable(commands []*Command) *commandTable {
	size := 64
	for size < 4*len(commands) {
		size *= 2
	}
	t := &commandTable{slots: make([]tableSlot, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
	for _, cmd := range commands {
		i := nameHash([]byte(cmd.Name)) >> t.shift
		for t.slots[i].cmd != nil {
			i = (i + 1) & uint64(size-1)
		}
		t.slots[i] = tableSlot{cmd.Name, cmd}
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
