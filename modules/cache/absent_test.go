package cache

import (
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

// TestAbsentParameters: a smaller server takes the configuration of the full one,
// except for what would be missed.
func TestAbsentParameters(t *testing.T) {
	r := core.NewRegistry(config.NewSchema())
	for _, m := range append(Modules(), coretest.HostParams()) {
		r.Add(m)
	}
	if _, err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	for _, p := range parseAbsent(absentList) {
		v := r.Config.Find(p.name)
		if v == nil || v.Param().NoEffect == "" || v.DefaultString() != p.def || makeAbsent(p.module, v.Param()) != p {
			t.Errorf("%s: %v", p.name, v)
			continue
		}
		err := r.Config.Load(config.Origin{Source: "a test"}, p.name, []string{"something", "else"})
		if (err != nil) != v.Param().Has(config.Needed) {
			t.Errorf("%s: %v", p.name, err)
		}
		if err := r.Config.Load(config.Origin{Source: "a test"}, p.name, strings.Fields(p.def)); err != nil && p.def != "" {
			t.Errorf("%s: its default: %v", p.name, err)
		}
	}
}
