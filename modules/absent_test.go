package modules

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
)

var update = flag.Bool("update", false, "write absent.txt anew")

// TestAbsentList: absent.txt lists the parameters of every module that Cache
// leaves out, as the modules declare them.
func TestAbsentList(t *testing.T) {
	linked := map[string]bool{}
	for _, m := range Cache() {
		linked[m.Name()] = true
	}
	var b strings.Builder
	for _, m := range Full() {
		if linked[m.Name()] {
			continue
		}
		r := core.NewRegistry(config.NewSchema())
		r.Add(coretest.HostParams())
		hosts := len(r.Config.All())
		r.Add(m)
		for _, v := range r.Config.All()[hosts:] {
			b.WriteString(makeAbsent(m.Name(), v.Param()).String() + "\n")
		}
	}
	if b.String() == absentList {
		return
	}
	if !*update {
		t.Fatal("absent.txt does not say what the modules say: run: go test ./modules -run AbsentList -update")
	}
	if err := os.WriteFile("absent.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAbsentParameters: a smaller server takes the configuration of the full one,
// except for what would be missed.
func TestAbsentParameters(t *testing.T) {
	r := core.NewRegistry(config.NewSchema())
	for _, m := range append(Cache(), coretest.HostParams()) {
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
