package ring

import (
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/modules"
)

// linked are the modules of the full server, and this one.
func linked() []core.Module { return append(modules.Full(), New()) }

func start(t *testing.T) *coretest.Server {
	t.Helper()
	return coretest.Serve(t, linked())
}

// frozen returns the rings that a snapshot sees.
func frozen(s *keyspace.Snapshot) map[string][]string {
	seen := map[string][]string{}
	for shard := range keyspace.Shards {
		s.Walk(0, shard, func(f keyspace.Frozen) bool {
			r := f.Value.Object.(*ring)
			for i := range r.Len() {
				seen[string(f.Key)] = append(seen[string(f.Key)], string(r.at(i)))
			}
			return true
		})
	}
	return seen
}
