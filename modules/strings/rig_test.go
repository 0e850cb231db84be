package strings

import (
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// newRig makes a coretest.Rig of this module.
func newRig(t testing.TB) *coretest.Rig {
	m := &module{}
	r := coretest.New(t, m, coretest.Module(func(reg *core.Registry) {
		reg.Config.Memory(config.Param{Name: "proto-max-bulk-len", Default: "1mb"}, 1, 1<<40)
	}))
	t.Cleanup(r.Keyspace.Close)
	if err := m.follow(r.Registry.Config); err != nil {
		t.Fatal(err)
	}
	return r
}
