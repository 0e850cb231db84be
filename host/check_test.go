package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core"
)

// keeper knows files that begin with "KEEP", and finds those damaged that say so.
type keeper struct{}

func (keeper) Name() string { return "keeper" }

func (keeper) Register(r *core.Registry) error {
	r.Checker(core.Checker{
		Format: "KEEP",
		Knows:  func(_ string, head []byte) bool { return bytes.HasPrefix(head, []byte("KEEP")) },
		Check: func(name string, o core.CheckOptions) error {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			o.Progress(1, 2)
			fmt.Fprintf(o.Out, "%d bytes\n", len(text))
			if bytes.Contains(text, []byte("bad")) && (!o.Fix || !o.Ask()) {
				return errors.New("damaged")
			}
			return nil
		},
	})
	return nil
}

func TestCheckFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad, other, empty := file("good", "KEEP"), file("--bad", "KEEP bad"), file("other", "REST"), file("empty", "")
	usage := toolUsage("ferrous", (*Server)(nil).checkTool())
	for _, test := range []struct {
		args   []string
		input  string
		status int
		out    string
		errs   string
	}{
		{[]string{good}, "", 0, "4 bytes\n", ""},
		{[]string{good, bad}, "", 1, "4 bytes\n8 bytes\n", "--bad: damaged\n"},
		{[]string{bad, good}, "", 1, "8 bytes\n4 bytes\n", "--bad: damaged\n"},
		{[]string{"--fix", bad}, "y\n", 0, "8 bytes\nContinue? [y/N]: ", ""},
		{[]string{"--fix", bad}, "", 1, "8 bytes\nContinue? [y/N]: ", "damaged\n"},
		{[]string{"--fix", bad, bad}, "n\ny\n", 1, "8 bytes\nContinue? [y/N]: 8 bytes\nContinue? [y/N]: ", "damaged\n"},
		{[]string{"--", bad}, "", 1, "8 bytes\n", "damaged\n"},
		{[]string{other}, "", 1, "", "unknown format; known are KEEP\n"},
		{[]string{empty}, "", 1, "", "unknown format; known are KEEP\n"},
		{[]string{dir}, "", 1, "", "Is a directory\n"},
		{[]string{filepath.Join(dir, "none")}, "", 1, "", "No such file or directory\n"},
		{nil, "", 1, "", usage},
		{[]string{"--fix"}, "", 1, "", usage},
		{[]string{"--repair", good}, "", 1, "", "unknown option --repair\n" + usage},
		{[]string{"--help"}, "", 0, usage, ""},
	} {
		var out, errs bytes.Buffer
		args := append([]string{"check"}, test.args...)
		status := run([]core.Module{keeper{}}, arguments{list: args}, nil, strings.NewReader(test.input), &out, &errs)
		if status != test.status || out.String() != test.out || !strings.HasSuffix(errs.String(), test.errs) ||
			(test.errs == "") != (errs.Len() == 0) {
			t.Errorf("%q: status %d, output %q, errors %q", test.args, status, &out, &errs)
		}
	}
}

func TestBar(t *testing.T) {
	var w bytes.Buffer
	b := &bar{w: &w, on: true}
	b.show(1, 4)
	b.show(1, 4)
	fmt.Fprint(besideBar{&w, b}, "text\n")
	b.clear()
	b.show(5, 4)
	want := "\r[##########..............................]  25% of 4B\r" + strings.Repeat(" ", 53) + "\rtext\n" +
		"\r[" + strings.Repeat("#", 40) + "] 100% of 4B"
	if w.String() != want {
		t.Errorf("%q\n%q", w.String(), want)
	}
	w.Reset()
	b.on = false
	b.show(1, 4)
	if w.Len() > 0 {
		t.Error("a bar where nobody looks")
	}
}
