package zsets

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/core/keyspace"
)

// rig is a coretest.Rig of this module.
type rig struct {
	*coretest.Rig
	module *module
}

func newRig(t coretest.T) *rig {
	m := &module{}
	r := &rig{coretest.New(t, m), m}
	r.packed(128)
	return r
}

// packed sets how many members a packed set may have.
func (r *rig) packed(entries int64) {
	r.module.entries.Store(entries)
	r.Keyspace.SetPacked(keyspace.ZSet, r.module.limits())
}

// retry is Retry that must not fail.
func (r *rig) retry(w core.Wait, key string) (served bool) {
	r.T.Helper()
	served, err := r.Retry(w, key)
	if err != nil {
		r.T.Fatalf("retry: %v", err)
	}
	return served
}
