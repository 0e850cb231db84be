package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// redisLike declares some of Redis's parameters as Redis does.
func redisLike(t testing.TB) *Schema {
	t.Helper()
	s := NewSchema()
	s.Bool(Param{Name: "rdbcompression", Default: "yes"})
	s.Bool(Param{Name: "daemonize", Default: "no", Flags: Immutable})
	s.Bool(Param{Name: "appendonly", Default: "no", Flags: DenyLoading})
	s.Int(Param{Name: "port", Default: "6379"}, 0, 65535)
	s.Int(Param{Name: "databases", Default: "16", Flags: Immutable}, 1, 1<<31-1)
	s.Int(Param{Name: "replica-priority", Aliases: []string{"slave-priority"}, Default: "100"}, 0, 1<<31-1)
	s.Int(Param{Name: "timeout", Default: "0"}, 0, 1<<31-1)
	s.Int(Param{Name: "key-load-delay", Default: "0", Flags: Hidden}, -1<<31, 1<<31-1)
	s.Int(Param{Name: "hash-max-listpack-entries", Aliases: []string{"hash-max-ziplist-entries"}, Default: "512"}, 0, 1<<63-1)
	s.Octal(Param{Name: "unixsocketperm", Default: "0", Flags: Immutable}, 0, 0o777)
	s.Memory(Param{Name: "maxmemory", Default: "0"}, 0, 1<<63-1)
	s.Memory(Param{Name: "proto-max-bulk-len", Default: "512mb"}, 1<<20, 1<<63-1)
	s.MemoryOrPercent(Param{Name: "maxmemory-clients", Default: "0"}, 0, 1<<63-1)
	s.Text(Param{Name: "dbfilename", Default: "dump.rdb", Flags: Protected}).Check(func(v string) error {
		if strings.Contains(v, "/") {
			return errors.New("dbfilename can't be a path, just a filename")
		}
		return nil
	})
	s.Text(Param{Name: "requirepass", Flags: Sensitive})
	s.Enum(Param{Name: "appendfsync", Default: "everysec"}, Choice{"everysec", 2}, Choice{"always", 1}, Choice{"no", 0})
	s.Enum(Param{Name: "loglevel", Default: "notice"},
		Choice{"debug", 0}, Choice{"verbose", 1}, Choice{"notice", 2}, Choice{"warning", 3}, Choice{"nothing", 4})
	s.EnumSet(Param{Name: "shutdown-on-sigterm", Default: "default"},
		Choice{"default", 0}, Choice{"save", 1}, Choice{"nosave", 2}, Choice{"now", 4}, Choice{"force", 8}).
		Check(func(v int) error {
			if v&3 == 3 {
				return errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
			}
			return nil
		})
	s.Strings(Param{Name: "bind", Default: "* -::*"})
	Custom(s, Param{Name: "save", Default: "3600 1 300 100 60 10000", Flags: MultiArg}, Codec[[]string]{
		Repeat: Collect,
		Parse: func(words, base []string) ([]string, error) {
			if len(words)%2 != 0 {
				return nil, errors.New("Invalid save parameters")
			}
			if len(words) == 0 {
				return nil, nil
			}
			return append(slices.Clone(base), words...), nil
		},
		Format: func(v []string) string { return strings.Join(v, " ") },
	})
	Custom(s, Param{Name: "client-output-buffer-limit", Default: "normal 0", Flags: MultiArg}, Codec[map[string]string]{
		Repeat: Merge,
		Parse: func(words []string, base map[string]string) (map[string]string, error) {
			if len(words)%2 != 0 {
				return nil, errors.New("Wrong number of arguments in buffer limit configuration.")
			}
			v := map[string]string{}
			for k := range base {
				v[k] = base[k]
			}
			for i := 0; i < len(words); i += 2 {
				v[words[i]] = words[i+1]
			}
			return v, nil
		},
		Format: func(v map[string]string) string { return strings.Trim(fmt.Sprint(v), "map[]") },
	})
	Custom(s, Param{Name: "user", Flags: MultiArg | Directive}, Codec[[]string]{
		Repeat: Collect,
		Parse: func(words, base []string) ([]string, error) {
			return append(slices.Clone(base), strings.Join(words, " ")), nil
		},
		Format: func(v []string) string { return strings.Join(v, ";") },
	})
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestUse: a parameter of somebody else is found, whoever comes first; one that is not
// there, or is something else, is a mistake, unless it may be missing.
func TestUse(t *testing.T) {
	s := NewSchema()
	declared := s.Bool(Param{Name: "before", Default: "yes"})
	s.Text(Param{Name: "accepted", Default: "", NoEffect: "nobody has it"})
	var before, after, absent, other *BoolVar
	var anything, missing Var
	Use(s, "before", &before)
	Use(s, "after", &after)
	UseIf(s, "absent", &absent)
	UseIf(s, "accepted", &absent)
	UseIf(s, "after", &anything)
	if before != declared || after != nil {
		t.Errorf("before Freeze: %p, %p", before, after)
	}
	later := s.Bool(Param{Name: "after", Default: "no"})
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	if after != later || absent != nil || anything != Var(later) {
		t.Errorf("after Freeze: %p, %p, %v", after, absent, anything)
	}

	s = NewSchema()
	s.Int(Param{Name: "number", Default: "1"}, 0, 9)
	Use(s, "number", &other)
	UseIf(s, "number", &other)
	Use(s, "nothing", &missing)
	const want = `config: parameter "number" is a *config.IntVar and not a *config.BoolVar
config: parameter "number" is a *config.IntVar and not a *config.BoolVar
config: there is no parameter "nothing", which somebody follows`
	if err := s.Freeze(); err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

func TestDeclarationMistakes(t *testing.T) {
	s := NewSchema()
	s.Bool(Param{Name: "a", Default: "yes"})
	s.Bool(Param{Name: "a", Default: "yes"})
	s.Bool(Param{Name: "b", Aliases: []string{"a"}, Default: "yes"})
	s.Bool(Param{Name: "C", Default: "yes"})
	s.Bool(Param{Name: "d", Default: "maybe"})
	s.Int(Param{Name: "e", Default: "7"}, 8, 9)
	s.Int(Param{Name: "f", Default: "8", Flags: MultiArg}, 8, 9)
	err := s.Freeze()
	late := s.Bool(Param{Name: "late", Default: "yes"})
	if late == nil || s.Find("late") != nil {
		t.Error("a late declaration got in")
	}
	want := []string{
		`config: parameter "a": the name "a" is taken`,
		`config: parameter "b": the name "a" is taken`,
		`config: parameter "C": "C" is not a parameter name`,
		`config: default "maybe" of parameter "d": argument must be 'yes' or 'no'`,
		`config: default "7" of parameter "e": argument must be between 8 and 9 inclusive`,
		`config: parameter "f": MultiArg is for text, sets of names and custom types`,
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("Freeze:\n%s", strings.Join(got, "\n"))
	}
}

func TestGet(t *testing.T) {
	s := redisLike(t)
	for _, c := range []struct {
		patterns []string
		want     string
	}{
		{[]string{"maxmemory"}, "[{maxmemory 0}]"},
		{[]string{"MAXMEMORY", "maxmemory"}, "[{MAXMEMORY 0}]"},
		{[]string{"slave-prio*", "replica-priority"}, "[{replica-priority 100} {slave-priority 100}]"},
		{[]string{"*-PRIORITY"}, "[{replica-priority 100} {slave-priority 100}]"},
		{[]string{"maxm*", "maxmemory", "ma?memory"}, "[{maxmemory 0} {maxmemory-clients 0}]"},
		{[]string{"key-load*"}, "[]"},
		{[]string{"key-load-delay"}, "[{key-load-delay 0}]"},
		{[]string{"proto-max-bulk-len"}, "[{proto-max-bulk-len 536870912}]"},
		{[]string{"user", "use*"}, "[]"},
		{[]string{"nothing-such"}, "[]"},
		{[]string{"bind", "save"}, "[{bind * -::*} {save 3600 1 300 100 60 10000}]"},
	} {
		if got := fmt.Sprint(s.Get(c.patterns...)); got != c.want {
			t.Errorf("Get(%q) = %s, want %s", c.patterns, got, c.want)
		}
	}
}

func TestSetTakesEffectAndNotifies(t *testing.T) {
	s := redisLike(t)
	port, timeout := s.Find("port").(*IntVar), s.Find("timeout").(*IntVar)
	var seen []string
	s.Apply(func() error {
		seen = append(seen, fmt.Sprint(port.Load(), timeout.Load()))
		return nil
	}, port, timeout)
	set := func(pairs ...Pair) {
		t.Helper()
		if err := s.Set(pairs, SetOptions{}); err != nil {
			t.Error(err)
		}
	}
	set(Pair{"port", "7000"}, Pair{"TimeOut", "5"})
	set(Pair{"port", "7000"}) // no change: no hook
	set(Pair{"timeout", "6"})
	if got := strings.Join(seen, ", "); got != "7000 5, 7000 6" {
		t.Error(got)
	}
	if got := port.Origin().String(); got != "CONFIG SET" {
		t.Error(got)
	}
}

func TestSetRollsBack(t *testing.T) {
	s := redisLike(t)
	port, maxmemory := s.Find("port").(*IntVar), s.Find("maxmemory").(*MemoryVar)
	var applied []int64
	s.Apply(func() error { applied = append(applied, maxmemory.Load()); return nil }, maxmemory)
	s.Apply(func() error {
		if port.Load() == 1 {
			return errors.New("Unable to listen on this port. Check server logs.")
		}
		return nil
	}, port)

	err := s.Set([]Pair{{"maxmemory", "10"}, {"port", "1"}, {"timeout", "9"}}, SetOptions{})
	if err == nil || err.Error() != "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs." {
		t.Error(err)
	}
	if fmt.Sprint(applied) != "[10 0]" {
		t.Errorf("hooks saw %v", applied)
	}
	if fmt.Sprint(s.Get("maxmemory", "port", "timeout")) != "[{port 6379} {timeout 0} {maxmemory 0}]" {
		t.Error(s.Get("maxmemory", "port", "timeout"))
	}
	if got := port.Origin().String(); got != "default" {
		t.Error(got)
	}
}

func TestSetRefusals(t *testing.T) {
	s := redisLike(t)
	err := s.Set([]Pair{{"appendonly", "yes"}}, SetOptions{Loading: true})
	if !errors.Is(err, ErrLoading) {
		t.Error(err)
	}
	if err := s.Set([]Pair{{"user", "alice on"}}, SetOptions{}); err == nil || !strings.HasPrefix(err.Error(), "Unknown option") {
		t.Error(err)
	}
	if err := s.Set([]Pair{{"dbfilename", "x"}}, SetOptions{AllowProtected: true}); err != nil {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	s := redisLike(t)
	line := 0
	load := func(name string, words ...string) string {
		line++
		if err := s.Load(Origin{"redis.conf", line}, name, words); err != nil {
			return err.Error()
		}
		return "ok"
	}
	for _, c := range []struct{ got, want string }{
		{load("Port", "7000"), "ok"},
		{load("save", "900", "1"), "ok"},
		{load("save", "60 1"), "ok"},
		{load("client-output-buffer-limit", "pubsub", "5"), "ok"},
		{load("user", "alice", "on"), "ok"},
		{load("user", "bob", "off"), "ok"},
		{load("maxmemory", "lots"), `bad value for maxmemory at redis.conf:7: 'maxmemory "lots"': argument must be a memory value`},
		{load("maxmemroy", "1"), `unknown parameter 'maxmemroy' at redis.conf:8: Bad directive or wrong number of arguments; did you mean 'maxmemory'?`},
		{load("xyzzy", "1"), `unknown parameter 'xyzzy' at redis.conf:9: Bad directive or wrong number of arguments`},
		{load("port"), `bad value for port at redis.conf:10: 'port': wrong number of arguments`},
		{load("requirepass", "se", "cret"), `bad value for requirepass at redis.conf:11: 'requirepass "(redacted)"': wrong number of arguments`},
		{load("bind", `"unclosed`), `bad value for bind at redis.conf:12: 'bind "\"unclosed"': Unbalanced quotes in configuration line`},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
	if got := s.Find("save").String(); got != "900 1 60 1" {
		t.Error(got)
	}
	if got := s.Find("user").String(); got != "alice on;bob off" {
		t.Error(got)
	}
	if got := s.Find("client-output-buffer-limit").String(); got != "normal:0 pubsub:5" {
		t.Error(got)
	}
	if got := s.Find("port").Origin().String(); got != "redis.conf:1" {
		t.Error(got)
	}
	if load("save", "") != "ok" || s.Find("save").String() != "" {
		t.Error("save \"\" must clear")
	}
}

func TestTextOfSeveralWords(t *testing.T) {
	s := NewSchema()
	text := s.Text(Param{Name: "text", Default: "a b", Flags: MultiArg})
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	check := func(err error, want string) {
		t.Helper()
		if err != nil || text.Load() != want {
			t.Errorf("%q, %v; want %q", text.Load(), err, want)
		}
	}
	check(nil, "a b")
	check(s.Load(Origin{}, "text", []string{"c", "d"}), "c d")
	check(s.Load(Origin{}, "text", []string{"c  d"}), "c d")
	if got := fmt.Sprintf("%q", text.Lines()); got != `[["c" "d"]]` {
		t.Error(got)
	}
	check(s.Load(Origin{}, "text", []string{""}), "")
	check(s.Set([]Pair{{"text", "e f"}}, SetOptions{}), "e f")
	for _, odd := range []string{" e  f ", "e\nf\t g", " ", "\"e' f\\"} {
		check(s.Set([]Pair{{"text", odd}}, SetOptions{}), odd)
		line := text.Lines()[0]
		check(s.Load(Origin{}, "text", []string{"other"}), "other")
		check(s.Load(Origin{}, "text", line), odd)
	}
	check(s.Load(Origin{}, "text", nil), "")
	if got := fmt.Sprintf("%q", text.Lines()); got != `[[""]]` {
		t.Error(got)
	}
}

func TestConcurrentReadersSeeWholeValues(t *testing.T) {
	s := redisLike(t)
	bind := s.Find("bind").(*StringsVar)
	done := make(chan bool)
	go func() {
		defer close(done)
		for i := range 1000 {
			_ = s.Set([]Pair{{"bind", strings.Repeat("x ", i%3) + "x"}}, SetOptions{})
		}
	}()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			for _, w := range bind.Load() {
				if w != "x" && w != "*" && w != "-::*" {
					t.Fatal(w)
				}
			}
		}
	}
}

// TestClamp: what is beyond the narrower bounds is taken for the nearest, what is
// beyond the wider ones is refused.
func TestClamp(t *testing.T) {
	s := NewSchema()
	hz := s.Int(Param{Name: "hz", Default: "10"}, 0, 1000)
	hz.Clamp(1, 500)
	for _, c := range []struct {
		text string
		want int64
	}{{"0", 1}, {"1", 1}, {"77", 77}, {"500", 500}, {"1000", 500}} {
		if err := s.Load(Origin{Source: "test"}, "hz", []string{c.text}); err != nil || hz.Load() != c.want || hz.String() != fmt.Sprint(c.want) {
			t.Errorf("hz %s: %d, %v", c.text, hz.Load(), err)
		}
	}
	if s.Load(Origin{Source: "test"}, "hz", []string{"1001"}) == nil || s.Load(Origin{Source: "test"}, "hz", []string{"-1"}) == nil {
		t.Error("taken beyond the bounds")
	}
}

// TestAdvice is for whoever writes a file; CONFIG SET answers what Redis does.
func TestAdvice(t *testing.T) {
	s := NewSchema()
	Custom(s, Param{Name: "dir", Default: "x"}, Codec[string]{
		Parse: func(words []string, _ string) (string, error) {
			if words[0] != "x" {
				return "", Advise(errInteger, "write x")
			}
			return words[0], nil
		},
		Format: func(s string) string { return s },
	})
	err := s.Load(Origin{Source: "f", Line: 1}, "dir", []string{"y"})
	if err == nil || !strings.HasSuffix(err.Error(), "'dir \"y\"': "+errInteger.Error()+"; write x") {
		t.Error(err)
	}
	err = s.Set([]Pair{{"dir", "y"}}, SetOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), " - "+errInteger.Error()) {
		t.Error(err)
	}
}
