package core

import (
	"bytes"
	"errors"
	"strconv"
)

// KeyFlags say what a command does with a key; COMMAND INFO, the ACL and
// client-side routing read them.
type KeyFlags uint16

// The key flags in Redis's meaning: one of RO, RW, OW and RM says how the value
// is touched as a whole; Access, Update, Insert and Delete what is done to the
// user's data in it.
const (
	KeyRO            KeyFlags = 1 << iota // reads the value
	KeyRW                                 // reads and changes it
	KeyOW                                 // overwrites it without reading
	KeyRM                                 // removes it
	KeyAccess                             // returns or copies user data
	KeyUpdate                             // changes existing data
	KeyInsert                             // adds data
	KeyDelete                             // removes data
	KeyNotKey                             // no key, but routed like one
	KeyIncomplete                         // the specification may miss keys
	KeyVariableFlags                      // the flags depend on the arguments
)

var keyFlagNames = [...]string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete",
	"variable_flags",
}

// Names returns the flags as COMMAND INFO names them.
func (f KeyFlags) Names() []string {
	var names []string
	for i, name := range keyFlagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Writes reports whether a key with these flags may be changed.
func (f KeyFlags) Writes() bool { return f&(KeyRW|KeyOW|KeyRM) != 0 }

// KeySpec says how to find keys in the arguments: a begin-search step finds
// the first, a find-keys step the others. Make them with KeyAt, KeyRange,
// KeyCount, AfterKeyword and UnknownKeys.
type KeySpec struct {
	Flags KeyFlags
	Notes string

	// Begin-search: Keyword == "" means the fixed position Index; else the
	// argument after Keyword, searched from position From (negative: from the
	// end, backwards).
	Index   int
	Keyword string
	From    int

	// Find-keys: by range (Last relative to the first key, or negative from
	// the end; Step; Limit: 0/1 none, n = only the first 1/n of the rest), or
	// by count (NumAt and FirstAt relative to the begin-search's result).
	Count   bool
	Last    int
	Step    int
	Limit   int
	NumAt   int
	FirstAt int

	// Unknown means that the keys cannot be found from this specification.
	Unknown bool
}

// These are not inlined, nor is what makes a row's Doc: the code that makes rows runs once and is
// long, the longest of a small server.

// KeyAt is one key at position i of the arguments (the command name is 0).
//
//go:noinline
func KeyAt(i int, flags KeyFlags) KeySpec { return KeyRange(i, 0, 1, flags) }

// FirstKey declares that the first argument is a key, and no other.
//
//go:noinline
func FirstKey(flags KeyFlags) []KeySpec { return []KeySpec{KeyAt(1, flags)} }

// KeyRange is every step-th argument from position first to last, where last
// counts from first, or from the end of the arguments when negative.
//
//go:noinline
func KeyRange(first, last, step int, flags KeyFlags) KeySpec {
	return KeySpec{Flags: flags, Index: first, Last: last, Step: step}
}

// KeyCount is a number of keys at position i, then the keys.
//
//go:noinline
func KeyCount(i int, flags KeyFlags) KeySpec {
	return KeySpec{Flags: flags, Index: i, Count: true, NumAt: 0, FirstAt: 1, Step: 1}
}

// AfterKeyword is the key range after a keyword, searched from position from.
//
//go:noinline
func AfterKeyword(keyword string, from, last, step int, flags KeyFlags) KeySpec {
	return KeySpec{Flags: flags, Keyword: keyword, From: from, Last: last, Step: step}
}

// UnknownKeys declares that there are keys that only FindKeys can find.
//
//go:noinline
func UnknownKeys(flags KeyFlags) KeySpec { return KeySpec{Flags: flags, Unknown: true} }

// With returns the specification with a note for COMMAND INFO.
func (s KeySpec) With(notes string) KeySpec { s.Notes = notes; return s }

// KeyRef is a key found among the arguments of one call.
type KeyRef struct {
	Index int // position in the arguments
	Flags KeyFlags
}

// errBadKeys is what COMMAND GETKEYS answers to arguments that hold no keys.
var errBadKeys = errors.New("Invalid arguments specified for command")

// AppendKeys appends the keys of one call to refs. An error means that the
// arguments do not have the shape which the row declares; the handler will
// refuse them with a better text. Positions are never out of range.
func (cmd *Command) AppendKeys(refs []KeyRef, args [][]byte) ([]KeyRef, error) {
	if cmd.FindKeys != nil {
		found, err := cmd.FindKeys(args)
		return append(refs, found...), err
	}
	var err error
	for i := range cmd.Keys {
		first := len(refs)
		if refs, err = cmd.Keys[i].appendKeys(refs, args); err != nil {
			return refs, err
		}
		if cmd.Keys[i].Flags&KeyVariableFlags != 0 {
			flags := cmd.VaryFlags(args)
			for j := range refs[first:] {
				refs[first+j].Flags = flags
			}
		}
	}
	return refs, nil
}

func (s *KeySpec) appendKeys(refs []KeyRef, args [][]byte) ([]KeyRef, error) {
	if s.Unknown || s.Flags&KeyNotKey != 0 {
		return refs, nil
	}
	first, ok := s.begin(args)
	if !ok {
		return refs, nil
	}
	if s.Count {
		return s.appendCounted(refs, args, first)
	}
	last := first + s.Last
	if s.Last < 0 {
		last = len(args) + s.Last
		if s.Limit > 1 {
			last = first + (len(args)-first)/s.Limit + s.Last
		}
	}
	for i := first; i <= last; i += s.Step {
		if i >= len(args) {
			return refs, errBadKeys
		}
		refs = append(refs, KeyRef{i, s.Flags})
	}
	return refs, nil
}

// begin runs the begin-search step.
func (s *KeySpec) begin(args [][]byte) (int, bool) {
	if s.Keyword == "" {
		return s.Index, s.Index < len(args)
	}
	if s.From >= 0 {
		for i := s.From; i < len(args)-1; i++ {
			if equalFold(args[i], s.Keyword) {
				return i + 1, true
			}
		}
		return 0, false
	}
	for i := len(args) + s.From; i > 0; i-- {
		if i < len(args)-1 && equalFold(args[i], s.Keyword) {
			return i + 1, true
		}
	}
	return 0, false
}

func (s *KeySpec) appendCounted(refs []KeyRef, args [][]byte, at int) ([]KeyRef, error) {
	if at+s.NumAt >= len(args) {
		return refs, errBadKeys
	}
	n, err := strconv.Atoi(string(args[at+s.NumAt]))
	first := at + s.FirstAt
	if err != nil || n < 0 || n > (len(args)-first+s.Step-1)/s.Step {
		return refs, errBadKeys
	}
	for i := 0; i < n; i++ {
		refs = append(refs, KeyRef{first + i*s.Step, s.Flags})
	}
	return refs, nil
}

// KeyRange returns the first and last position and the step of the keys, as
// COMMAND INFO tells clients that know no key specifications; last is negative
// when it counts from the end. movable means that this misses keys: only COMMAND
// GETKEYS finds them all. Without keys all are zero.
func (cmd *Command) KeyRange() (first, last, step int, movable bool) {
	if len(cmd.Keys) == 0 {
		return 0, 0, 0, cmd.FindKeys != nil
	}
	if s := &cmd.Keys[0]; len(cmd.Keys) == 1 && s.fixed() {
		return s.Index, s.last(), s.Step, s.Flags&KeyIncomplete != 0
	}
	for i := range cmd.Keys {
		s := &cmd.Keys[i]
		// Ranges that follow each other without a gap are one range.
		if !s.fixed() || s.Step != 1 || first != 0 && last != s.Index-1 {
			movable = true
			continue
		}
		movable = movable || s.Flags&KeyIncomplete != 0
		if first == 0 {
			first, step = s.Index, 1
		}
		last = s.last()
	}
	return first, last, step, movable
}

// fixed reports whether the specification is a range from a fixed position.
func (s *KeySpec) fixed() bool { return !s.Unknown && !s.Count && s.Keyword == "" }

// last is the last position of a fixed range.
func (s *KeySpec) last() int {
	if s.Last < 0 {
		return s.Last
	}
	return s.Index + s.Last
}

func equalFold(b []byte, s string) bool { return len(b) == len(s) && bytes.EqualFold(b, []byte(s)) }
