package hyperloglog

import "github.com/ferrousdb/ferrous/core/coretest"

// rig is a coretest.Rig of this module.
type rig struct {
	*coretest.Rig
	m *module
}

const rigNow = 1700000000000

func newRig(t coretest.T) *rig {
	m := &module{}
	return &rig{coretest.New(t, m), m}
}

// get returns a key's value, "" if it is missing.
func (r *rig) get(key string) string {
	e := r.Ctx.DB.Find([]byte(key), rigNow, 0)
	if !e.OK() {
		return ""
	}
	return string(e.Data())
}
