package cache_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/cache"
)

var update = flag.Bool("update", false, "write absent.txt anew")

// TestAbsentList: absent.txt lists the parameters of every module of Full that is
// left out, as the modules declare them.
func TestAbsentList(t *testing.T) {
	linked := map[string]bool{}
	for _, m := range cache.Modules() {
		linked[m.Name()] = true
	}
	var b strings.Builder
	for _, m := range modules.Full() {
		if linked[m.Name()] {
			continue
		}
		r := core.NewRegistry(config.NewSchema())
		r.Add(coretest.HostParams())
		hosts := len(r.Config.All())
		r.Add(m)
		for _, v := range r.Config.All()[hosts:] {
			b.WriteString(cache.AbsentLine(m.Name(), v.Param()) + "\n")
		}
	}
	if b.String() == cache.AbsentList() {
		return
	}
	if !*update {
		t.Fatal("absent.txt does not say what the modules say: run: go test ./modules/cache -run AbsentList -update")
	}
	if err := os.WriteFile("absent.txt", []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
