package host

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/logging"
)

// TestLogLines: an entry is one line of printable characters, whatever is said and
// by whichever logger was made of the first; what is plain stays as it is.
func TestLogLines(t *testing.T) {
	for _, format := range []logging.Format{logging.Text, logging.JSON} {
		log := &logBuffer{}
		var l core.Logger = newLineLogger(logging.New(logging.Target{Output: log, Format: format}), logging.Trace)
		forged := "a\r\n01 Jan 2026 [ERROR] forged\x1b[2J\x00\xff\u0085\u202e"
		for _, one := range []core.Logger{l, l.Named("n"), l.Named("n").Named("m")} {
			for _, say := range []func(string, ...any){one.Trace, one.Debug, one.Info, one.Warn, one.Error} {
				say(forged)
			}
		}
		l.Info(`a "plain" one, with \ and é`, "value", forged)
		lines := strings.Split(strings.TrimSuffix(log.String(), "\n"), "\n")
		last := lines[len(lines)-1]
		if format == logging.Text { // the lines of a value stand below each other, behind a bar
			for _, line := range lines[15:] {
				if strings.HasPrefix(line, "01 Jan") || strings.ContainsAny(line, "\x00\x1b\r") {
					t.Errorf("%q", line)
				}
			}
			if plain := `a "plain" one, with \ and é`; !strings.Contains(lines[15], plain) {
				t.Errorf("%q lacks %q", lines[15], plain)
			}
		} else if len(lines) != 16 || json.Unmarshal([]byte(last), &map[string]any{}) != nil {
			t.Errorf("%d lines, %q", len(lines), last)
		}
		for _, line := range lines[:15] {
			if !utf8.ValidString(line) || strings.ContainsAny(line, "\x00\x1b\r\u0085\u202e") || !strings.Contains(line, "forged") {
				t.Errorf("%q", line)
			}
		}
	}
}

// TestStrangersInTheLog: what a client has sent instead of a request is quoted.
func TestStrangersInTheLog(t *testing.T) {
	srv, log := loggedServer(t)
	for _, what := range []string{"*1\r\n\n", "*1\r\n\x1b", "*1\r\n\xff"} {
		c := dial(t, srv)
		if _, err := c.Write([]byte(what + "\r\n")); err != nil {
			t.Fatal(err)
		}
		c.gone()
	}
	log.says(t, `got '\n'`, "from client")
	log.says(t, `got '\x1b'`, "from client")
	log.says(t, `got '\xff'`, "from client")
}
