package strings

import (
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// newRig makes a coretest.Rig of this module.
func newRig(t testing.TB) *coretest.Rig {
	r := coretest.New(t, New(), coretest.Module(func(reg *core.Registry) {
		reg.Config.Memory(config.Param{Name: "proto-max-bulk-len", Default: "1mb"}, 1, 1<<40)
	}))
	t.Cleanup(r.Keyspace.Close)
	return r
}
