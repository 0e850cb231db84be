package clients

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// compare checks a transcript, one call a line, against the recorded one. Lines
// of commands that the server does not have are absent from got; command tells
// the command of a line. With -record the transcript is written instead.
func compare(t *testing.T, file string, got []string, has func(line string) bool) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *record {
		if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	missing := 0
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if has(line) {
			want = append(want, line)
		} else {
			missing++
		}
	}
	for i := 0; i < max(len(got), len(want)); i++ {
		g, w := at(got, i), at(want, i)
		if g == w {
			continue
		}
		t.Errorf("call %d:\n     got %s\n    want %s", i+1, g, w)
		if len(got) != len(want) {
			t.Fatalf("%d calls, want %d", len(got), len(want))
		}
	}
	t.Logf("%s: %d calls compared, %d left out for lack of their command", file, len(want), missing)
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
