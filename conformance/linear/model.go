package main

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// databases is how many databases the model has: two, so that they can be swapped.
const databases = 2

// slack is how far the server's clock may be from ours. Its loops read the clock once
// for a batch, and the machine may have made them wait in between.
const slack = 60 * time.Millisecond

// value is what a key holds. Values are never changed in place: states share them.
type value struct {
	kind  string   // as TYPE names it: "string", "list", "set"
	text  string   // of a string
	elems []string // of a list, in order; of a set, sorted
	// It expires at a moment between these two, in the history's time; late 0: never.
	early, late int64
}

// state is everything that a server holds, as a sequential server would. A sealed
// state does not change any more.
type state struct {
	dbs   [databases]map[string]value
	print string // equal states have equal prints, and no others
}

func emptyState() *state {
	s := &state{}
	for i := range s.dbs {
		s.dbs[i] = map[string]value{}
	}
	return s.seal()
}

func (s *state) clone() *state {
	t := &state{}
	for i := range s.dbs {
		t.dbs[i] = maps.Clone(s.dbs[i])
	}
	return t
}

func (s *state) seal() *state {
	var b strings.Builder
	for i, db := range s.dbs {
		b.WriteString(strconv.Itoa(i))
		for _, key := range slices.Sorted(maps.Keys(db)) {
			v := db[key]
			b.WriteString(" " + key + "=" + v.kind[:1] + v.text + "[" + strings.Join(v.elems, ",") + "]")
			if v.late != 0 {
				b.WriteString(strconv.FormatInt(v.early, 36) + "-" + strconv.FormatInt(v.late, 36))
			}
		}
		b.WriteByte('\n')
	}
	s.print = b.String()
	return s
}

// forever is when an operation has ended whose outcome is not known: it may take effect
// at any time, or so late that nobody sees it.
const forever = int64(1) << 62

// operation is what a client did at once: a command, or several as a transaction.
type operation struct {
	client    int
	db        int
	commands  [][]string
	unit      bool     // MULTI, commands, EXEC
	replies   []string // of each command, as plain puts it; nil when the outcome is not known
	call, ret int64    // nanoseconds since the history began
}

// next returns the states in which a server may be after the operation, none if it
// could not have replied like that in state s.
func (o *operation) next(s *state) []*state {
	var found []*state
	for _, t := range o.elapse(s) {
		fits := true
		for i, args := range o.commands {
			turn := turn{state: t, o: o, db: o.db}
			if o.replies != nil {
				turn.got = o.replies[i]
			}
			if reply := turn.run(args); o.replies != nil && reply != o.replies[i] {
				fits = false
				break
			}
		}
		if fits {
			found = append(found, t.seal())
		}
	}
	return found
}

// elapse returns copies of s, one for each set of keys that may have expired when the
// operation ran.
func (o *operation) elapse(s *state) []*state {
	found := []*state{s.clone()}
	for i, db := range s.dbs {
		for key, v := range db {
			switch {
			case v.late == 0 || o.ret < v.early:
			case o.call > v.late:
				for _, t := range found {
					delete(t.dbs[i], key)
				}
			default:
				for _, t := range found[:len(found):len(found)] {
					gone := t.clone()
					delete(gone.dbs[i], key)
					found = append(found, gone)
				}
			}
		}
	}
	return found
}

// plain writes a reply down so that it can be compared: of an error only the code, what
// has no order sorted, what cannot be known exactly without its figure.
func plain(name string, v resp.Value) string {
	switch {
	case v.IsErr():
		code, _, _ := strings.Cut(v.Text, " ")
		return "-" + code
	case v.IsNull():
		return "nil"
	case v.Kind == resp.Int:
		if name == "PTTL" && !strings.HasPrefix(v.Text, "-") {
			return ":ttl"
		}
		return ":" + v.Text
	case v.Kind == resp.Simple || v.Kind == resp.Bulk:
		return v.Text
	}
	elems := make([]string, len(v.Elems))
	for i, e := range v.Elems {
		elems[i] = plain(name, e)
	}
	switch name {
	case "SMEMBERS", "SINTER", "SUNION", "KEYS":
		slices.Sort(elems)
	}
	return list(elems)
}

func list(elems []string) string { return "[" + strings.Join(elems, ",") + "]" }

func number(n int) string { return ":" + strconv.Itoa(n) }

func truth(ok bool) string {
	if ok {
		return ":1"
	}
	return ":0"
}
