package archtest

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// frames are what stands around a block of a page, so that it is a file of a module of a third
// party: by the block's first line. BLOCK is the block.
var frames = map[string]struct{ file, text string }{
	"package counter": {"counter.go", "BLOCK"},
	"package main":    {"cmd/ferrous-counter/main.go", "BLOCK"},
	"r.Commands(core.Command{": {"board/register.go", `package board
import "github.com/ferrousdb/ferrous/core"
func register(r *core.Registry) {
BLOCK
}
var _ = register`},
	"// best is BOARD.BEST key score member.": {"board/best.go", `package board
import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/keyspace"
	"github.com/ferrousdb/ferrous/core/zset"
)
BLOCK`},
	"m.limit = r.Config.Int(config.Param{ // m.limit is a *config.IntVar": {"param/param.go", `package param
import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/config"
)
type module struct{ limit *config.IntVar }
func (m *module) info(w *core.InfoWriter) { w.Int("limit", m.limit.Load()) }
func (m *module) Register(r *core.Registry) {
BLOCK
}`},
	"func push(c *core.Ctx) error {": {"ring/push.go", `package ring
import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
)
type ring struct{ core.Object }
func (r *ring) push([]byte) {}
func newRing(*arena.Arena, int) *ring { return nil }
BLOCK
var _, _ = push, length`},
	"r.Type(core.ObjectType[*ring]{": {"ring/type.go", `package ring
import (
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/rdb"
)
func save(*rdb.FieldWriter, *ring) {}
func load(*rdb.FieldReader, *arena.Arena) (*ring, error) { return nil, nil }
func rewrite([]byte, *ring, func(...[]byte) error) error { return nil }
func digest(*ring, core.Digester) {}
func register(r *core.Registry) {
BLOCK
}
var _ = register`},
	"s := coretest.Serve(t, append(modules.Full(), counter.New()))": {"counter_test.go", `package counter_test
import (
	"testing"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
	"example.com/counter"
)
func TestBlock(t *testing.T) {
BLOCK
}`},
	"coretest.CheckValues(t, coretest.Values{": {"values/values_test.go", `package values
import (
	"testing"
	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
)
func New() core.Module { return nil }
func TestBlock(t *testing.T) {
BLOCK
}`},
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")

// TestBlocks: the Go of every page is built, either with the tree, where it stands word by
// word, or with a module of a third party that is made of the blocks.
func TestBlocks(t *testing.T) {
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder // all of the tree's
	blocks := map[string]string{}
	err = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == ".suite" || d.Name() == "node_modules" || d.Name() == "archtest"):
			return fs.SkipDir
		case filepath.Ext(path) != ".go" && filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if filepath.Ext(path) == ".go" {
			code.WriteString(words(string(text)))
		}
		for _, m := range goBlock.FindAllStringSubmatch(string(text), -1) {
			blocks[m[1]] = strings.TrimPrefix(path, top+"/")
		}
		return err
	})
	if err != nil || len(blocks) < len(frames) {
		t.Fatalf("%d blocks, %v", len(blocks), err)
	}
	dir := t.TempDir()
	for block, page := range blocks {
		if strings.Contains(code.String(), words(block)) {
			continue
		}
		first, _, _ := strings.Cut(block, "\n")
		frame, ok := frames[first]
		if !ok {
			t.Errorf("%s: the block %q is not in the tree, and frames does not know what stands around it", page, first)
			continue
		}
		write(t, filepath.Join(dir, frame.file), strings.Replace(frame.text, "BLOCK", block, 1))
	}
	gomod, err := os.ReadFile(filepath.Join(top, "examples", "counter", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	gosum, err := os.ReadFile(filepath.Join(top, "examples", "counter", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), strings.Replace(string(gomod), "=> ../..", "=> "+top, 1))
	write(t, filepath.Join(dir, "go.sum"), string(gosum))
	cmd := exec.Command("go", "list", "-export", "-test", "./...") // compiles everything, tests too, and links nothing
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go list: %v\n%s", err, out)
	}
}

// words is text with one blank for every space.
func words(text string) string { return strings.Join(strings.Fields(text), " ") + " " }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
