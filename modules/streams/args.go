package streams

import (
	"math"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/stream"
)

// What commands have in common: arguments, lookups, and the pieces of replies.

var (
	errID    = core.Err("Invalid stream ID specified as stream command argument")
	errStart = core.Err("invalid start ID for the interval")
	errEnd   = core.Err("invalid end ID for the interval")
)

// maxArgID is how long the text of an ID may be, as in Redis.
const maxArgID = 127

// exactID parses an ID that may not be "-" or "+". A missing number is 0.
func exactID(text []byte) (stream.ID, error) {
	id, auto, ok := stream.Parse(text, 0)
	if !ok || auto || len(text) > maxArgID {
		return id, errID
	}
	return id, nil
}

// anyID parses an ID that may be "-" or "+"; seq is what a missing number is.
func anyID(text []byte, seq uint64) (stream.ID, error) {
	if len(text) == 1 {
		switch text[0] {
		case '-':
			return stream.ID{}, nil
		case '+':
			return stream.MaxID, nil
		}
	}
	id, auto, ok := stream.Parse(text, seq)
	if !ok || auto || len(text) > maxArgID {
		return id, errID
	}
	return id, nil
}

// startID parses the beginning of an interval, which "(" makes one that is not part of it.
func startID(text []byte) (stream.ID, error) {
	if len(text) < 2 || text[0] != '(' {
		return anyID(text, 0)
	}
	id, err := exactID(text[1:])
	if err != nil {
		return id, err
	}
	next, ok := id.Next()
	if !ok {
		return id, errStart
	}
	return next, nil
}

// endID parses the end of an interval.
func endID(text []byte) (stream.ID, error) {
	if len(text) < 2 || text[0] != '(' {
		return anyID(text, math.MaxUint64)
	}
	id, auto, ok := stream.Parse(text[1:], math.MaxUint64)
	if !ok || auto || len(text) > maxArgID {
		return id, errID
	}
	prev, ok := id.Prev()
	if !ok {
		return id, errEnd
	}
	return prev, nil
}

// exactIDs parses arguments.
func exactIDs(args [][]byte) ([]stream.ID, error) {
	ids := make([]stream.ID, len(args))
	for i, text := range args {
		var err error
		if ids[i], err = exactID(text); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// argCount parses a count, of which a negative one is 0.
func argCount(c *core.Ctx, i int) (int64, error) {
	n, err := c.ArgInt(i)
	return max(n, 0), err
}

// view opens a stream for reading.
func view(c *core.Ctx, key []byte) (stream.View, keyspace.Entry, error) {
	e, err := c.FindType(key, keyspace.Stream)
	if err != nil || !e.OK() {
		return stream.View{}, e, err
	}
	return stream.Of(e.Value()), e, nil
}

// edit opens a stream for changing.
func edit(c *core.Ctx, key []byte) (stream.Editor, error) {
	e, err := c.FindTypeForWrite(key, keyspace.Stream)
	if err != nil {
		return stream.Editor{}, err
	}
	return stream.Edit(c.DB, key, e, c.Now), nil
}

// editFound is edit for the commands that count as lookups whether they find the key, because Redis's do.
func editFound(c *core.Ctx, key []byte) (stream.Editor, error) {
	e, err := c.FindType(key, keyspace.Stream)
	if err != nil {
		return stream.Editor{}, err
	}
	return stream.Edit(c.DB, key, e, c.Now), nil
}

func errNoGroup(text string) error { return core.Error{Code: "NOGROUP", Text: text} }

// errNoKeyOrGroup is what most commands answer without the key or the group.
func errNoKeyOrGroup(key, group []byte) error {
	return errNoGroup("No such key '" + core.Clip(key, len(key)) + "' or consumer group '" + core.Clip(group, len(group)) + "'")
}

// errNoGroupOf is what the others answer.
func errNoGroupOf(key, group []byte) error {
	return errNoGroup("No such consumer group '" + core.Clip(group, len(group)) + "' for key name '" + core.Clip(key, len(key)) + "'")
}

// acked counts a change that is told to nobody: in Redis, too, a transaction that watches a stream does not mind what
// becomes of its groups.
func acked(c *core.Ctx) { c.CountChanges(1) }

// ackedBy is acked for many changes.
func ackedBy(c *core.Ctx, n int) { c.CountChanges(int64(n)) }
