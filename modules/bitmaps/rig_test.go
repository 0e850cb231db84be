package bitmaps

import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// rig is a coretest.Rig of this module.
type rig struct {
	*coretest.Rig
	maxBulk *config.MemoryVar
}

const rigNow = 1700000000000

func newRig(t coretest.T) *rig {
	r := &rig{}
	r.Rig = coretest.New(t, New(), coretest.Module(func(reg *core.Registry) {
		r.maxBulk = reg.Config.Memory(config.Param{Name: "proto-max-bulk-len", Default: "1mb"}, 1, 1<<40)
	}))
	return r
}
