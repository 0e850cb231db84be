package host

import (
	"encoding/binary"
	"math/bits"

	"github.com/ferrousdb/ferrous/core"
)

// commandTable finds a command by its name in any case in a few nanoseconds:
// an open-addressing table over a hash of the name's first and last eight
// bytes, case folded by setting bit 5. It is built once and then read-only.
type commandTable struct {
	slots []tableSlot
	shift uint
}

type tableSlot struct {
	name string // lower case
	cmd  *core.Command
}

func newCommandTable(commands []*core.Command) *commandTable {
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
func (t *commandTable) find(name []byte) *core.Command {
	i := nameHash(name) >> t.shift
	for {
		s := &t.slots[i]
		if s.cmd == nil || sameName(name, s.name) {
			return s.cmd
		}
		i = (i + 1) & uint64(len(t.slots)-1)
	}
}

func sameName(name []byte, lower string) bool {
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
