package host

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
)

// loggerTo returns a server that only logs, to a file.
func loggerTo(t *testing.T, args ...string) (srv *Server, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "log")
	srv, err := newServer(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append([]string{"logfile " + path}, args...) {
		name, value, _ := strings.Cut(line, " ")
		if err := srv.registry.Config.Load(config.Origin{Source: "test"}, name, []string{value}); err != nil {
			t.Fatal(err)
		}
	}
	closeLog, err := srv.openLog(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeLog)
	return srv, path
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestLogSurvivesRotation: a log that is renamed away, or removed, begins anew with
// the next line, and no line is lost where it cannot.
func TestLogSurvivesRotation(t *testing.T) {
	srv, path := loggerTo(t)
	old := path + ".1"
	srv.log.Info("first")
	if err := os.Rename(path, old); err != nil {
		t.Fatal(err)
	}
	srv.log.Info("second")
	srv.log.Info("third")
	if a, b := content(t, old), content(t, path); strings.Count(a, "\n") != 1 || !strings.Contains(a, "first") ||
		strings.Count(b, "\n") != 2 || !strings.Contains(b, "second") {
		t.Errorf("%q, then %q", a, b)
	}
	if err := os.Rename(path, old); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // which cannot be opened to write
		t.Fatal(err)
	}
	srv.log.Info("fourth")
	if got := content(t, old); !strings.Contains(got, "fourth") {
		t.Errorf("%q", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	srv.log.Info("fifth")
	if got := content(t, path); strings.Count(got, "\n") != 1 || !strings.Contains(got, "fifth") {
		t.Errorf("%q", got)
	}
}

// TestLogForms: the forms of a line and of its time; a message cannot pass for
// either.
func TestLogForms(t *testing.T) {
	const iso = `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)`
	const message = `@ms@ "a" b=c \ é`
	escaped := regexp.QuoteMeta(`@ms@ \"a\" b=c \\ é`)
	for _, c := range []struct{ args, want string }{
		{"", `\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} \[INFO\]  n: @ms@ "a" b=c \\ é: n=1 s="x y"`},
		{"log-format legacy", `\d\d [A-Z][a-z]{2} .*`},
		{"log-timestamp-format iso8601", iso + ` \[INFO\]  n: @ms@ .*`},
		{"log-timestamp-format milliseconds", `\d{13} \[INFO\]  n: @ms@ .*`},
		{"log-format json", `.*"@timestamp":"` + iso + `".*`},
		{"log-format json,log-timestamp-format milliseconds", `.*"@message":"` + escaped + `",.*"@timestamp":\d{13},.*`},
		{"log-format logfmt,log-timestamp-format iso8601", `pid=\d+ timestamp=` + iso + ` level=info message="` + escaped + `" module=n n=1 s="x y"`},
		{"log-format logfmt", `pid=\d+ timestamp="\d\d [A-Z][a-z]{2} .*" level=info message=".*`},
		{"log-format logfmt,log-timestamp-format milliseconds", `pid=\d+ timestamp=\d{13} level=info message="` + escaped + `" .*`},
	} {
		var args []string
		if c.args != "" {
			args = strings.Split(c.args, ",")
		}
		srv, path := loggerTo(t, args...)
		before := time.Now()
		srv.log.Named("n").Info(message, "n", 1, "s", "x y")
		got := content(t, path)
		if !regexp.MustCompile("^" + c.want + "\n$").MatchString(got) {
			t.Errorf("%s: %s", c.args, got)
		}
		if strings.Contains(c.args, "json") {
			var entry map[string]any
			if err := json.Unmarshal([]byte(got), &entry); err != nil || entry["@message"] != message {
				t.Errorf("%s: %v, %s", c.args, err, got)
			}
			if stamp, ok := entry["@timestamp"].(string); ok {
				at, err := time.Parse(time.RFC3339Nano, stamp)
				if err != nil || at.Before(before.Truncate(time.Millisecond)) || at.After(time.Now()) {
					t.Errorf("%s: %v", stamp, err)
				}
			}
		}
	}
}
