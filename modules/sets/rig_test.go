package sets

import (
	"github.com/ferrousdb/ferrous/core/coretest"
)

// rig is a coretest.Rig of this module.
type rig struct {
	*coretest.Rig
	module *module
}

func newRig(t coretest.T) *rig {
	m := &module{}
	r := &rig{coretest.New(t, m), m}
	r.limits(512, 128)
	return r
}

// limits sets set-max-intset-entries and set-max-listpack-entries.
func (r *rig) limits(ints, entries int64) {
	r.module.ints.Store(ints)
	r.module.entries.Store(entries)
	if err := r.module.limit(r.Keyspace); err != nil {
		r.T.Fatalf("%v", err)
	}
}
