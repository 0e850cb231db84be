package streams

import (
	"github.com/ferrousdb/ferrous/core"
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
	r.blocks(100)
	return r
}

// blocks sets how many entries a block may have.
func (r *rig) blocks(entries int64) {
	r.module.entries.Store(entries)
	if err := r.module.limit(r.Keyspace); err != nil {
		r.T.Fatalf("%v", err)
	}
}

// retry is Retry that replies with the error, as the host does.
func (r *rig) retry(w core.Wait, key string) (served bool) {
	r.T.Helper()
	served, err := r.Retry(w, key)
	if err != nil {
		r.Ctx.Error(err.Error())
		return true
	}
	return served
}
