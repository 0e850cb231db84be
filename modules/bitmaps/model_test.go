package bitmaps

import (
	"fmt"
	"maps"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// bitString is a string as text of the digits 0 and 1: what the commands do to
// it is easily said.
type bitString string

func bitsOf(text string) bitString {
	var b strings.Builder
	for i := range len(text) {
		fmt.Fprintf(&b, "%08b", text[i])
	}
	return bitString(b.String())
}

func (b bitString) text() string {
	var text []byte
	for ; len(b) > 0; b = b[8:] {
		x, _ := strconv.ParseUint(string(b[:8]), 2, 8)
		text = append(text, byte(x))
	}
	return string(text)
}

// padded is b with zeros up to n bits at least, in whole bytes.
func (b bitString) padded(n int) bitString {
	return b + bitString(strings.Repeat("0", max(0, (n+7)/8*8-len(b))))
}

func (b bitString) with(at int, digits string) bitString {
	return b[:at] + bitString(digits) + b[at+len(digits):]
}

// model is a rig and what its keys should hold.
type model struct {
	*rig
	t    *rapid.T
	keys map[string]string
}

// TestModel runs random commands, with snapshots coming and going, beside a
// model that says in text what they do.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{rig: newRig(t), t: rt, keys: map[string]string{}}
		defer m.Keyspace.Close()
		type frozen struct {
			snap *keyspace.Snapshot
			want map[string]string
		}
		var snaps []frozen
		plain := func(fn func()) func(*rapid.T) { return func(*rapid.T) { fn() } }
		rt.Repeat(map[string]func(*rapid.T){
			"set": plain(m.set), "setbit": plain(m.setbit), "getbit": plain(m.getbit), "bitcount": plain(m.bitcount),
			"bitpos": plain(m.bitpos), "bitop": plain(m.bitop), "bitfield": plain(m.bitfield),
			"freeze": func(*rapid.T) { snaps = append(snaps, frozen{m.Keyspace.Freeze(), maps.Clone(m.keys)}) },
			"end": func(*rapid.T) {
				if len(snaps) > 0 {
					snaps[0].snap.End()
					snaps = snaps[1:]
				}
			},
			"": func(*rapid.T) {
				now := m.Keyspace.Freeze()
				defer now.End()
				for _, s := range append(snaps, frozen{now, m.keys}) {
					if got := coretest.Strings(s.snap); !maps.Equal(got, s.want) {
						rt.Fatalf("a snapshot holds %q, want %q", got, s.want)
					}
				}
			},
		})
		for _, s := range snaps {
			s.snap.End()
		}
	})
}

func (m *model) key() string { return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(m.t, "key") }

func (m *model) expect(want string, format string, args ...any) {
	if got := m.Do(format, args...); got != want {
		m.t.Fatalf("%s = %s, want %s (%q)", fmt.Sprintf(format, args...), got, want, m.keys)
	}
}

func (m *model) set() {
	key := m.key()
	value := rapid.OneOf(
		rapid.Map(rapid.Int64(), func(n int64) string { return strconv.FormatInt(n, 10) }),
		rapid.StringMatching(`[\x00a-c]{0,5}`),
		rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 255, 255, 7}), 0, 100), func(b []byte) string { return string(b) }),
		rapid.Map(rapid.IntRange(0, 9000), func(n int) string { return strings.Repeat("\xff", n) }),
	).Draw(m.t, "value")
	m.rig.Set(key, value, 0)
	m.keys[key] = value
}

func (m *model) setbit() {
	key, at, bit := m.key(), rapid.IntRange(0, 700).Draw(m.t, "offset"), rapid.IntRange(0, 1).Draw(m.t, "bit")
	b := bitsOf(m.keys[key]).padded(at + 1)
	m.expect(":"+string(b[at]), "setbit %s %d %d", key, at, bit)
	m.keys[key] = b.with(at, strconv.Itoa(bit)).text()
}

func (m *model) getbit() {
	key, at := m.key(), rapid.IntRange(0, 700).Draw(m.t, "offset")
	m.expect(":"+string(bitsOf(m.keys[key]).padded(at + 1)[at]), "getbit %s %d", key, at)
}

// part draws a range with its unit; the model cuts it out position by position.
// BITCOUNT, not BITPOS, takes -1 -2 for empty whatever the length.
func (m *model) part(value string, count bool) (args string, bits bitString, from int) {
	all := bitsOf(value)
	unit := rapid.SampledFrom([]string{"byte", "bit"}).Draw(m.t, "unit")
	scale, n := 8, len(value)
	if unit == "bit" {
		scale, n = 1, 8*n
	}
	bound := rapid.OneOf(rapid.IntRange(-10, 10), rapid.IntRange(-n-5, n+5))
	start, end := bound.Draw(m.t, "start"), bound.Draw(m.t, "end")
	args = fmt.Sprintf("%d %d %s", start, end, unit)
	if count && start < 0 && end < start {
		return args, "", 0
	}
	if start < 0 {
		start = max(0, n+start)
	}
	if end < 0 {
		end = max(0, n+end)
	}
	for i := range n {
		if i >= start && i <= end {
			bits += all[i*scale : (i+1)*scale]
		}
	}
	return args, bits, start * scale
}

func (m *model) bitcount() {
	key := m.key()
	args, bits, _ := m.part(m.keys[key], true)
	m.expect(fmt.Sprintf(":%d", strings.Count(string(bits), "1")), "bitcount %s %s", key, args)
	m.expect(fmt.Sprintf(":%d", strings.Count(string(bitsOf(m.keys[key])), "1")), "bitcount %s", key)
}

func (m *model) bitpos() {
	key, bit := m.key(), rapid.SampledFrom([]string{"0", "1"}).Draw(m.t, "bit")
	args, bits, from := m.part(m.keys[key], false)
	want := strings.Index(string(bits), bit)
	if want >= 0 {
		want += from
	}
	value, exists := m.keys[key]
	if !exists && bit == "0" {
		want = 0
	}
	m.expect(fmt.Sprintf(":%d", want), "bitpos %s %s %s", key, bit, args)

	start := rapid.IntRange(0, len(value)+1).Draw(m.t, "from")
	want = strings.Index(string(bitsOf(value[min(start, len(value)):])), bit)
	switch {
	case !exists && bit == "0":
		want = 0
	case want >= 0:
		want += 8 * start
	case bit == "0" && start < len(value):
		want = 8 * len(value)
	}
	m.expect(fmt.Sprintf(":%d", want), "bitpos %s %s %d", key, bit, start)
}

func (m *model) bitop() {
	op, dest := rapid.SampledFrom([]string{"and", "or", "xor", "not"}).Draw(m.t, "operation"), m.key()
	keys := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "missing"}), 1, 5).Draw(m.t, "keys")
	if op == "not" {
		keys = keys[:1]
	}
	longest := 0
	for _, key := range keys {
		longest = max(longest, len(m.keys[key]))
	}
	result := []byte(m.keys[keys[0]] + strings.Repeat("\x00", longest-len(m.keys[keys[0]])))
	for i := range result {
		for _, key := range keys[1:] {
			x := byte(0)
			if i < len(m.keys[key]) {
				x = m.keys[key][i]
			}
			result[i] = map[string]byte{"and": result[i] & x, "or": result[i] | x, "xor": result[i] ^ x}[op]
		}
		if op == "not" {
			result[i] ^= 255
		}
	}
	m.expect(fmt.Sprintf(":%d", longest), "bitop %s %s %s", op, dest, strings.Join(keys, " "))
	if delete(m.keys, dest); longest > 0 {
		m.keys[dest] = string(result)
	}
}

// bitfield draws operations and computes them with big integers.
func (m *model) bitfield() {
	key := m.key()
	command, replies := "bitfield "+key, ""
	value, exists := m.keys[key]
	b, longest := bitsOf(value), len(value)*8
	mode := "wrap"
	n := rapid.IntRange(0, 4).Draw(m.t, "operations")
	type op struct {
		verb, mode          string
		offset, width       int
		signed              bool
		operand, low, limit *big.Int
	}
	ops := make([]op, n)
	for i := range ops {
		o := &ops[i]
		if rapid.Bool().Draw(m.t, "has mode") {
			mode = rapid.SampledFrom([]string{"wrap", "sat", "fail"}).Draw(m.t, "mode")
			command += " overflow " + mode
		}
		o.mode = mode
		o.verb = rapid.SampledFrom([]string{"get", "set", "incrby"}).Draw(m.t, "verb")
		o.signed = rapid.Bool().Draw(m.t, "signed")
		o.low, o.limit = new(big.Int), new(big.Int)
		if o.width = rapid.IntRange(1, 63).Draw(m.t, "width"); o.signed {
			o.width++
			command += fmt.Sprintf(" %s i%d", o.verb, o.width)
			o.limit.Lsh(big.NewInt(1), uint(o.width-1))
			o.low.Neg(o.limit)
		} else {
			command += fmt.Sprintf(" %s u%d", o.verb, o.width)
			o.limit.Lsh(big.NewInt(1), uint(o.width))
		}
		o.offset = rapid.IntRange(0, 300).Draw(m.t, "offset")
		if rapid.Bool().Draw(m.t, "in units") {
			o.offset = o.offset / o.width * o.width
			command += fmt.Sprintf(" #%d", o.offset/o.width)
		} else {
			command += fmt.Sprintf(" %d", o.offset)
		}
		if o.verb != "get" {
			operand := rapid.Int64().Draw(m.t, "operand")
			command += fmt.Sprintf(" %d", operand)
			o.operand = big.NewInt(operand)
			longest = max(longest, o.offset+o.width)
			exists = true
		}
	}
	b = b.padded(longest)
	for _, o := range ops {
		old, _ := new(big.Int).SetString(string(b.padded(o.offset + o.width)[o.offset:o.offset+o.width]), 2)
		all := new(big.Int).Lsh(big.NewInt(1), uint(o.width))
		if old.Cmp(o.limit) >= 0 {
			old.Sub(old, all)
		}
		if o.verb == "get" {
			replies += fmt.Sprintf(" :%d", old)
			continue
		}
		sum := new(big.Int).Set(o.operand)
		if o.verb == "incrby" {
			sum.Add(sum, old)
		} else if !o.signed && sum.Sign() < 0 {
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(1), 64)) // as an unsigned word
		}
		if out := sum.Cmp(o.limit) >= 0 || sum.Cmp(o.low) < 0; out && o.mode == "fail" {
			replies += " $-1"
			continue
		} else if out && o.mode == "sat" {
			if sum.Cmp(o.low) < 0 {
				sum = o.low
			} else {
				sum = new(big.Int).Sub(o.limit, big.NewInt(1))
			}
		}
		stored := new(big.Int).Mod(sum, all)
		b = b.with(o.offset, fmt.Sprintf("%0*b", o.width, stored))
		if sum = stored; sum.Cmp(o.limit) >= 0 {
			sum = new(big.Int).Sub(sum, all)
		}
		if o.verb == "set" {
			sum = old
		}
		replies += fmt.Sprintf(" :%d", sum)
	}
	m.expect(fmt.Sprintf("*%d%s", n, replies), "%s", command)
	if exists {
		m.keys[key] = b.text()
	}
}
