package core

import (
	"context"
	"io"
	"net"
)

// Importer brings the data of another server that runs into this one, for the command
// "ferrous import". A server has at most one.
type Importer interface {
	// Arguments returns the parameters, as on a command line, with which a server follows
	// a source: redis://[user:password@]host[:port], or rediss:// for TLS.
	Arguments(source string) ([]string, error)
	// Preview looks through the source, without changing anything anywhere, and writes to
	// out what would come, and what would not. dial is Server.Dial of a server that does not run.
	Preview(ctx context.Context, source string, r *Table, dial func(ctx context.Context, address string, secure bool) (net.Conn, error), out io.Writer) error
	// State tells how far a server that follows its source is.
	State() ImportState
	// Promote makes it independent of its source.
	Promote()
}

// ImportState is how far an import is.
type ImportState struct {
	Doing       string // in a word or two
	Synced      bool   // everything is there, and what changes follows
	Total, Read int64  // bytes of the first transfer; Total is 0 if not known
	Keys        int64
	Lag         int64 // bytes that have come and are not played yet
	Promoted    bool
}

// Import registers the importer.
func (r *Registry) Import(i Importer) {
	if r.importer != nil {
		r.fail("there is an importer already")
		return
	}
	r.importer = i
}

// Importer returns the importer, nil if there is none.
func (r *Table) Importer() Importer { return r.importer }
