package config

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/config"
)

func TestSourcesInOrder(t *testing.T) {
	inFiles(t, "redis.conf", `
# a comment
port 1
TLS-PORT 1
bind 127.0.0.1 ::1
maxmemory 1mb
save 900 1
save 60 "10000"
proc-title-template "a \"b\" 'c'"
hash-max-ziplist-entries 20
hash-max-listpack-entries 21
`)
	s := newSchema(t)
	loaded, err := Load(s, []string{"redis.conf", "--port", "4", "--save", "5", "5", "-"},
		[]string{"HOME=/", "FERROUS_TLS_PORT=3", "FERROUS_PORT=3", "FERROUS_MAXMEMORY=3mb"},
		strings.NewReader("port 2\ntls-port 2\nmaxmemory 2mb\nappendonly yes\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !loaded.Stdin || !filepath.IsAbs(loaded.File) || filepath.Base(loaded.File) != "redis.conf" {
		t.Errorf("%+v", loaded)
	}
	want := `port=4, tls-port=3, bind=127.0.0.1 ::1, maxmemory=3145728, appendonly=yes, proc-title-template=a "b" 'c', ` +
		`hash-max-listpack-entries=21, save=900 1 60 10000 5 5`
	if got := changed(s); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	var origins []string
	for _, set := range Settings(s) {
		origins = append(origins, set.Name+" "+set.Origin.String())
	}
	wantOrigins := "port command line, tls-port environment variable FERROUS_TLS_PORT, bind redis.conf:5, " +
		"maxmemory environment variable FERROUS_MAXMEMORY, appendonly standard input:4, proc-title-template redis.conf:9, " +
		"hash-max-listpack-entries redis.conf:11, save command line"
	if got := strings.Join(origins, ", "); got != wantOrigins {
		t.Errorf("\ngot  %s\nwant %s", got, wantOrigins)
	}
}

func TestNoSources(t *testing.T) {
	s := newSchema(t)
	loaded, err := Load(s, nil, nil, nil)
	if err != nil || loaded.File != "" || loaded.Stdin || changed(s) != "" || len(Settings(s)) != 0 {
		t.Error(loaded, err, changed(s))
	}
}

func TestHCLFile(t *testing.T) {
	inFiles(t, "ferrous.hcl", `
port = 7000
tls {
  port = 7001 // tls-port
}
bind                 = ["127.0.0.1", "::1"]
maxmemory            = "100mb"
maxmemory-clients    = "5%"
appendonly           = true
appendfsync          = false   # a choice called no
unixsocketperm       = "700"
requirepass          = 1234
shutdown-on-sigint   = ["nosave", "force"]
save = [
  "900 1",
  [60, 10000],
]
user = ["alice on >a\\ b", "bob 'x y'"]
client-output-buffer-limit = "pubsub 64"
include = "more.hcl"
`, "more.hcl", `hash { max-listpack-entries = 5 }`)
	s := newSchema(t)
	if _, err := Load(s, []string{"ferrous.hcl"}, nil, nil); err != nil {
		t.Fatal(err)
	}
	want := `port=7000, tls-port=7001, bind=127.0.0.1 ::1, unixsocketperm=700, maxmemory=104857600, maxmemory-clients=5%, ` +
		`appendfsync=no, shutdown-on-sigint=nosave force, appendonly=yes, requirepass=1234, hash-max-listpack-entries=5, ` +
		`save=900 1 60 10000, user=alice on >a\ b bob x y, client-output-buffer-limit=normal 0 pubsub 64`
	if got := changed(s); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	if got := s.Find("save").Origin().String(); got != "ferrous.hcl:16" {
		t.Error(got)
	}
	if users := s.Find("user").Lines(); len(users) != 2 || users[1][1] != "x y" {
		t.Errorf("%q", users)
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	inFiles(t, "ferrous.hcl", `
port = "abc"
maxmemroy = 5
maxmemory = 100mb
bind = 127.0.0.1
appendonly = [true]
requirepass = true
save = [["900", ["1"]]]
include = ["missing.conf", "sub/*.conf", "empty/*", 5]
appendfsync = "often"
`, "sub/a.conf", "port 1 2\nrequirepass \"unclosed\ninclude\n", "sub/b.conf", "include sub/../sub/b.conf\nx\x00y\n")
	s := newSchema(t)
	_, err := Load(s, []string{"ferrous.hcl", "--prot", "1", "--requirepass", "a", "b"},
		[]string{"FERROUS_MAXMEMORY_CLIENT=1", "FERROUS_TLS_PORT=-1"}, nil)
	want := `ferrous.hcl:4:13: expected a number, found 100mb; a size with a unit, or an address, needs quotes: "100mb"
ferrous.hcl:5:8: expected a number, found 127.0.0.1; a size with a unit, or an address, needs quotes: "127.0.0.1"
bad value for port at ferrous.hcl:2: 'port "abc"': argument couldn't be parsed into an integer
unknown parameter 'maxmemroy' at ferrous.hcl:3: Bad directive or wrong number of arguments; did you mean 'maxmemory'?
bad value for appendonly at ferrous.hcl:6: expected one value, found a list
bad value for requirepass at ferrous.hcl:7: expected a value, found the bare word true; a string needs quotes: "true"
bad value for save at ferrous.hcl:8: expected one value, found a list
can't open config file 'missing.conf': no such file or directory (included at ferrous.hcl:9)
bad value for port at sub/a.conf:1: 'port "1" "2"': wrong number of arguments
bad line at sub/a.conf:2: 'requirepass ...': Unbalanced quotes in configuration line
bad line at sub/a.conf:3: include takes one path
config file 'sub/../sub/b.conf' includes itself (included at sub/b.conf:1)
bad line at sub/b.conf:2: a NUL byte, so this is no text file
bad value for include at ferrous.hcl:9: expected a string, found a number
bad value for appendfsync at ferrous.hcl:10: 'appendfsync "often"': argument(s) must be one of the following: everysec, always, no
unknown parameter 'maxmemory-client' in environment variable FERROUS_MAXMEMORY_CLIENT: Bad directive or wrong number of arguments; did you mean 'maxmemory-clients'?
bad value for tls-port in environment variable FERROUS_TLS_PORT: 'tls-port "-1"': argument must be between 0 and 65535 inclusive
unknown parameter 'prot' on the command line: Bad directive or wrong number of arguments; did you mean 'port'?
bad value for requirepass on the command line: 'requirepass "(redacted)"': wrong number of arguments`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestUnreadableFiles(t *testing.T) {
	inFiles(t, "long.conf", "port 1\n# "+strings.Repeat("x", maxLine)+"\nbind "+strings.Repeat("x", maxLine)+"\n", "dir/x", "")
	for path, want := range map[string]string{
		"none.conf": "can't open config file 'none.conf': no such file or directory",
		"dir":       "can't open config file 'dir': is a directory: name a file in it",
		"":          "can't open config file '': no such file or directory",
		"long.conf": "bad line at long.conf:3: longer than 1048576 bytes",
	} {
		if _, err := Load(newSchema(t), []string{path}, nil, nil); err == nil || err.Error() != want {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestIncludeCircle(t *testing.T) {
	inFiles(t, "a.conf", "port 1\ninclude b.hcl\n", "b.hcl", "include = \"a.conf\"\ntls-port = 2\n")
	s := newSchema(t)
	_, err := Load(s, []string{"a.conf"}, nil, nil)
	if err == nil || err.Error() != "config file 'a.conf' includes itself (included at b.hcl:1)" {
		t.Error(err)
	}
	if got := changed(s); got != "port=1, tls-port=2" {
		t.Error(got)
	}
}

func TestEnvironment(t *testing.T) {
	inFiles(t, "redis.conf", "save 1 1\nclient-output-buffer-limit normal 7\n")
	s := newSchema(t)
	_, err := Load(s, []string{"redis.conf"}, []string{
		"FERROUS_SAVE=900 1\n60 1\n", "FERROUS_BIND=127.0.0.1 ::1", "FERROUS_CLIENT_OUTPUT_BUFFER_LIMIT=pubsub 8",
		"FERROUS_HASH_MAX_ZIPLIST_ENTRIES=9", "FERROUS_REQUIREPASS=a b", "ferrous_port=1", "FERROUSPORT=1",
		// What Kubernetes says about a service of our name is not ours.
		"FERROUS_PORT=tcp://10.0.0.1:6379", "FERROUS_SERVICE_HOST=10.0.0.1", "FERROUS_SERVICE_PORT=6379",
		"FERROUS_SERVICE_PORT_METRICS=1", "FERROUS_PORT_6379_TCP=tcp://10.0.0.1:6379", "FERROUS_PORT_6379_TCP_ADDR=10.0.0.1",
	}, nil)
	want := "bind=127.0.0.1 ::1, requirepass=a b, hash-max-listpack-entries=9, save=900 1 60 1, " +
		"client-output-buffer-limit=normal 7 pubsub 8"
	if got := changed(s); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	for _, set := range Settings(s) {
		if set.Name == "requirepass" && set.Value != "(redacted)" {
			t.Error("the password is in the log")
		}
	}
}

// arguments are command lines and what they come to: the values they change, or Redis's complaint in two parts.
var arguments = []struct {
	args                     []string
	want, directive, message string
}{
	{args: []string{"--port", "7000"}, want: "port=7000"},
	{args: []string{"--PORT", "7000"}, want: "port=7000"},
	{args: []string{"--port 7000", "--maxmemory '700mb'"}, want: "port=7000, maxmemory=734003200"},
	{args: []string{"--bind", "127.0.0.1", "::1", "--port", "1"}, want: "port=1, bind=127.0.0.1 ::1"},
	{args: []string{"--bind", "127.0.0.1 ::1"}, want: "bind=127.0.0.1 ::1"},
	{args: []string{"--save", "60", "1", "--port", "1"}, want: "port=1, save=60 1"},
	{args: []string{"--save", "60 1", "--save", "70 2"}, want: "save=60 1 70 2"},
	{args: []string{"--save", "60", "1", "70", "2"}, want: "save=60 1 70 2"},
	{args: []string{"--save", "--appendonly", "yes"}, want: "appendonly=yes, save="},
	{args: []string{"--appendonly", "yes", "--save"}, want: "appendonly=yes, save="},
	{args: []string{"--save", "", "--port", "1"}, want: "port=1, save="},
	{args: []string{"--proc-title-template", "--save", "--save", "", "--port", "1"}, want: "port=1, proc-title-template=--save, save="},
	{args: []string{"--proc-title-template", "--my--title", "--port", "1"}, want: "port=1, proc-title-template=--my--title"},
	{args: []string{"--proc-title-template --my--title", "--port 1"}, want: "port=1, proc-title-template=--my--title"},
	{args: []string{"--shutdown-on-sigint", "nosave", "force", "now"}, want: "shutdown-on-sigint=nosave now force"},
	{args: []string{"--shutdown-on-sigint", "nosave force", "--port", "1"}, want: "port=1, shutdown-on-sigint=nosave force"},
	{args: []string{"--requirepass", ""}, want: ""},
	{args: []string{"--requirepass", "a b\n\"c\""}, want: "requirepass=a b\n\"c\""},
	{args: []string{"--invalid"}, directive: "invalid", message: "Bad directive or wrong number of arguments"},
	{args: []string{"--port"}, directive: "port", message: "wrong number of arguments"},
	{args: []string{"--port", "6380", "--appendfsync"}, directive: "appendfsync", message: "wrong number of arguments"},
	{args: []string{"--port", "6379", "6380"}, directive: `port "6379" "6380"`, message: "wrong number of arguments"},
	{args: []string{"--port", "--appendfsync", "always"}, directive: `port "--appendfsync" "always"`, message: "wrong number of arguments"},
	{args: []string{"--port", "--bla", "--appendfsync", "always"}, directive: `port "--bla"`, message: "argument couldn't be parsed into an integer"},
	{args: []string{"--proc-title-template", "--x", "--appendfsync", "--bla"}, directive: `appendfsync "--bla"`,
		message: "argument(s) must be one of the following: everysec, always, no"},
	{args: []string{"--shutdown-on-sigint"}, directive: "shutdown-on-sigint",
		message: "argument(s) must be one of the following: default, save, nosave, now, force"},
	{args: []string{"--shutdown-on-sigint", "now force", "--shutdown-on-sigint"}, directive: "shutdown-on-sigint",
		message: "argument(s) must be one of the following: default, save, nosave, now, force"},
	{args: []string{"--client-output-buffer-limit", "x", "y"}, directive: `client-output-buffer-limit "x" "y"`},
	{args: []string{"--save", "1", "--port", "1"}, directive: `save "1"`, message: "Invalid save parameters"},
}

func TestArguments(t *testing.T) {
	for _, c := range arguments {
		s := newSchema(t)
		_, err := Load(s, c.args, nil, nil)
		if c.directive == "" {
			if got := changed(s); err != nil || got != c.want {
				t.Errorf("%q: %v\ngot  %s\nwant %s", c.args, err, got, c.want)
			}
			continue
		}
		quoted := "'" + c.directive + "'"
		if err == nil || !strings.Contains(err.Error(), quoted) || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%q:\ngot  %v\nwant %s %s", c.args, err, quoted, c.message)
		}
	}
}

// TestArgumentsAgainstRedis keeps the complaints of the table honest where a real server is installed.
func TestArgumentsAgainstRedis(t *testing.T) {
	redis, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server here")
	}
	for _, c := range arguments {
		if c.directive == "" || c.message == "" {
			continue // it would start
		}
		cmd := exec.Command(redis, c.args...)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), ">>> '"+c.directive+"'\n") || !strings.Contains(string(out), c.message) {
			t.Errorf("%q: redis says\n%s", c.args, out)
		}
	}
}

func TestFileAndDashArguments(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "{ false false }"},
		{[]string{"redis.conf"}, "{redis.conf true false }"},
		{[]string{"redis.conf", "--port", "1"}, `{redis.conf true false port "1" }`},
		{[]string{"redis.conf", "loglevel", "verbose", "--port 1"}, "{redis.conf true false \"loglevel\" \"verbose\" \nport 1 }"},
		{[]string{"-"}, "{ false true }"},
		{[]string{"-", "--port", "1"}, `{ false true port "1" }`},
		{[]string{"redis.conf", "--port", "1", "-"}, `{redis.conf true true port "1" }`},
		{[]string{"--port", "-", "--tls-port", "1"}, "{ false false port \"-\" \ntls-port \"1\" }"},
	} {
		cl, _ := parseArgs(c.args)
		if got := fmt.Sprint(cl); got != c.want {
			t.Errorf("%q: %q", c.args, got)
		}
	}
}

func TestParseCommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "0  []"},
		{[]string{"x.conf", "--version"}, "0  [x.conf --version]"},
		{[]string{"-v"}, "1  []"},
		{[]string{"--help"}, "2  []"},
		{[]string{"--check-config", "x.conf"}, "3  [x.conf]"},
		{[]string{"x.conf", "--port", "1", "--check-config"}, "3  [x.conf --port 1]"},
		{[]string{"--default-config"}, "4  []"},
		{[]string{"check", "--fix", "x.rdb"}, "5 check [--fix x.rdb]"},
		{[]string{"x.conf", "check"}, "0  [x.conf check]"},
		{[]string{"checks"}, "0  [checks]"},
	} {
		action, word, rest := ParseCommand(c.args, []string{"ping", "check"})
		if got := fmt.Sprintf("%d %s %v", action, word, rest); got != c.want {
			t.Errorf("%q: %s", c.args, got)
		}
	}
}

// written is lines of redis.conf as text again.
func written(lines []line) string {
	var b strings.Builder
	for _, ln := range lines {
		b.WriteString(confLine(ln.Name, ln.Words) + "\n")
	}
	return b.String()
}

// TestRedisConfWritten: what was read can be written and read again.
func TestRedisConfWritten(t *testing.T) {
	text := "save 900 1\nport 1\nsave 60 1\nrequirepass \"a b\"\nunknown x\n"
	lines := newLoader(newSchema(t)).parseRedisConf(config.Origin{Source: "x", Line: 1}, []byte(text))
	if again := written(lines); again != text {
		t.Errorf("%s", again)
	}
}

func FuzzRedisConf(f *testing.F) {
	f.Add([]byte("\"\" 1\n\"#\"x\n"))
	f.Add([]byte("port 1\nsave \"900 1\"\r\n# x\n\"port\" 5\n"))
	f.Add([]byte("\ufeffmaxmemory 1gb\nbind 'a b' \"\\x00\"\nuser x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if strings.Contains(strings.ToLower(string(data)), "include") {
			t.Skip("would open files")
		}
		s := newSchema(t)
		l := newLoader(s)
		read := func(data string) []line {
			return l.parseRedisConf(config.Origin{Source: "x", Line: 1}, []byte(data))
		}
		first := written(read(string(data)))
		second := written(read(first))
		if first != second {
			t.Errorf("%q\nwritten %q\nand again %q", data, first, second)
		}
	})
}

// TestForeignVariables: a variable that no parameter resembles is somebody else's,
// one that a parameter does resemble is a slip.
func TestForeignVariables(t *testing.T) {
	s := newSchema(t)
	loaded, err := Load(s, nil, []string{"FERROUS_VERSION=1.2", "FERROUS_HOME=/opt", "FERROUS_PORT=3"}, nil)
	if err != nil || changed(s) != "port=3" {
		t.Fatal(err, changed(s))
	}
	if w := strings.Join(loaded.Warnings, "\n"); len(loaded.Warnings) != 2 || !strings.Contains(w, "FERROUS_VERSION") || !strings.Contains(w, "FERROUS_HOME") {
		t.Errorf("%q", w)
	}
	if _, err := Load(newSchema(t), nil, []string{"FERROUS_MAXMEMROY=1"}, nil); err == nil {
		t.Error("a slip was taken for somebody else's variable")
	}
}

// TestOptionsOfOtherPrograms: who writes options as other programs have them is
// told how these are written.
func TestOptionsOfOtherPrograms(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-p 7000", "as in --port 7000"},
		{"--port=7000", "the value follows after a space: port 7000"},
		{t.TempDir(), "name a file in it"},
	} {
		if _, err := Load(newSchema(t), strings.Fields(c.args), nil, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.args, err)
		}
	}
}
