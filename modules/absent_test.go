package modules

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/host"
	"github.com/ferrousdb/ferrous/modules/absent"
	"github.com/ferrousdb/ferrous/modules/cache"
)

var update = flag.Bool("update", false, "write absent.txt anew")

// TestAbsentList: absent.txt lists what every module of Full brings, as the modules declare
// it.
func TestAbsentList(t *testing.T) {
	var b strings.Builder
	for _, m := range Full() {
		b.WriteString(absent.Lines(core.AbsenceOf(m, "", host.Declare)))
	}
	path := filepath.Join("absent", "absent.txt")
	list, err := os.ReadFile(path)
	if err == nil && b.String() == string(list) {
		return
	}
	if !*update {
		t.Fatal("absent.txt does not say what the modules say: run: go test ./modules -run AbsentList -update")
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAbsentParameters: a smaller server takes the configuration of the full one,
// except for what would be missed.
func TestAbsentParameters(t *testing.T) {
	set := cache.Modules()
	r := core.NewRegistry(config.NewSchema())
	for _, m := range append(set, coretest.HostParams()) {
		r.Add(m)
	}
	if _, err := r.Freeze(); err != nil {
		t.Fatal(err)
	}
	for _, a := range absent.All() {
		if slices.Contains(r.Table().Modules(), a.Module) {
			continue
		}
		for _, p := range a.Params {
			v := r.Config.Find(p.Name)
			if v == nil || v.Param().NoEffect == "" || v.DefaultString() != p.Default || v.Param().Flags != p.Flags|config.MultiArg {
				t.Errorf("%s: %v", p.Name, v)
				continue
			}
			err := r.Config.Load(config.Origin{Source: "a test"}, p.Name, []string{"something", "else"})
			if (err != nil) != p.Has(config.Needed) {
				t.Errorf("%s: %v", p.Name, err)
			}
			if err := r.Config.Load(config.Origin{Source: "a test"}, p.Name, strings.Fields(p.Default)); err != nil && p.Default != "" {
				t.Errorf("%s: its default: %v", p.Name, err)
			}
		}
	}
}
