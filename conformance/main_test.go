package conformance

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/script"
)

var (
	record     = flag.Bool("record", false, "record the oracle's replies instead of comparing")
	oracleFlag = flag.String("oracle", "", "path of the real redis-server; \"none\" for the recordings (default: redis-server 7.0.15 if installed)")
)

// oracleRelease is the version whose replies are recorded.
var oracleRelease = script.Version{7, 0, 15}

// subjectRelease is the version whose behaviour ferrous owes: HELLO must say so, or the
// @since lines would not be checked.
var subjectRelease = script.Version{7, 2, 0}

// tmpDir holds the built binary and the servers' directories.
var tmpDir string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if tmpDir, err = os.MkdirTemp("", "ferrous-conformance-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(tmpDir)
	defer printSpared()
	return m.Run()
}

// oracleBin returns the path and version of the real server; an empty path where there
// is none and the recordings have to do.
var oracleBin = sync.OnceValues(func() (string, script.Version) {
	switch *oracleFlag {
	case "none":
		return "", oracleRelease
	case "":
		path, err := exec.LookPath("redis-server")
		if err != nil {
			return "", oracleRelease
		}
		if v, err := BinaryVersion(path); err != nil || v != oracleRelease {
			return "", oracleRelease
		}
		return path, oracleRelease
	}
	v, err := BinaryVersion(*oracleFlag)
	if err != nil {
		panic(err)
	}
	return *oracleFlag, v
})

// subjectBin builds ferrous, unless FERROUS_BIN names a binary.
var subjectBin = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("FERROUS_BIN"); bin != "" {
		return bin, nil
	}
	if err := noteSources(); err != nil {
		return "", err
	}
	bin := filepath.Join(tmpDir, "ferrous")
	out, err := exec.Command("go", "build", "-o", bin, "../cmd/ferrous").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building ../cmd/ferrous (set FERROUS_BIN to test another binary): %w\n%s", err, out)
	}
	return bin, nil
})

// bothBins returns the executables of the oracle and of ferrous; without the oracle the test is skipped.
func bothBins(t *testing.T) (redis, ferrous string) {
	t.Helper()
	if redis, _ = oracleBin(); redis == "" {
		t.Skip("no redis-server to compare with")
	}
	ferrous, err := subjectBin()
	if err != nil {
		t.Fatal(err)
	}
	return redis, ferrous
}

// noteSources looks at every Go file of the server. go test caches a result until a
// file that the test looked at changes, and what a child process reads does not count.
func noteSources() error {
	for _, dir := range []string{"../cmd", "../core", "../host", "../modules"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// newOracle returns a side for the real server, nil if there is none.
func newOracle(t *testing.T) *Side {
	bin, _ := oracleBin()
	if bin == "" {
		return nil
	}
	s := NewSide("redis", bin, tmpDir)
	t.Cleanup(s.Stop)
	return s
}

// newSubject returns a side for ferrous.
func newSubject(t *testing.T) *Side {
	t.Helper()
	bin, err := subjectBin()
	if err != nil {
		t.Fatal(err)
	}
	s := NewSide("ferrous", bin, tmpDir)
	t.Cleanup(s.Stop)
	return s
}
