package hashes

import (
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
)

// newRig makes a coretest.Rig of this module.
func newRig(t testing.TB) *coretest.Rig {
	m := &module{}
	r := coretest.New(t, m)
	t.Cleanup(r.Keyspace.Close)
	if err := m.limit(r.Keyspace); err != nil {
		t.Fatal(err)
	}
	return r
}
