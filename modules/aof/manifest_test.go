package aof

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestManifestErrors(t *testing.T) {
	const base, incr = "file a.1.base.rdb seq 1 type b\n", "file a.1.incr.aof seq 1 type i\n"
	for text, want := range map[string]error{
		"":                                     errEmptyManifest,
		base + incr:                            nil,
		"# a comment\n" + incr:                 nil,
		"#" + strings.Repeat("x", 2000) + "\n": nil,
		"FILE x SEQ 1 TYPE i later 3\n":        nil,
		"\tfile x seq 1 type i \r\n":           nil,
		base + base:                            errTwoBases,
		incr + incr:                            errOrder,
		"file x seq 2 type i\n" + incr:         errOrder,
		"file x seq 1 type h\n" + incr:         nil,
		"file x seq 1 type x\n":                errKind,
		"file a/b seq 1 type i\n":              errNotBaseName,
		"file .. seq 1 type i\n":               errNotBaseName,
		"file x seq 0 type i\n":                errFormat,
		"file x seq y type i\n":                errFormat,
		"file x seq 1\n":                       errFormat,
		"file x seq 1 type\n":                  errFormat,
		"file x seq 1 type \"\"\n":             errFormat,
		"file \"x seq 1 type i\n":              errFormat,
		base + "\n" + incr:                     errFormat,
		"seq 1 type i seq 1\n":                 errFormat,
		"file x seq 1 type i":                  errLongLine,
		"file x" + strings.Repeat("y", 1024) + " seq 1 type i\n": errLongLine,
	} {
		if _, err := parseManifest([]byte(text)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	_, err := parseManifest([]byte(base + "!!!\n"))
	if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "!!!") {
		t.Errorf("the error does not say where: %v", err)
	}
}

func TestManifestGrows(t *testing.T) {
	m := &manifest{}
	check := func(want ...string) {
		t.Helper()
		var got []string
		for line := range strings.Lines(string(m.format())) {
			f := strings.Fields(line)
			got = append(got, f[1]+" "+f[5])
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	m.replaceBase(m.nextBase("a", true), 0)
	m.addIncr("a")
	check("a.1.base.rdb b", "a.1.incr.aof i")
	for range 2 {
		m.addIncr("a")
		m.replaceBase(m.nextBase("a", false), 1)
	}
	check("a.3.base.aof b", "a.2.incr.aof h", "a.2.base.aof h", "a.1.incr.aof h", "a.1.base.rdb h", "a.3.incr.aof i")
	m.history = nil
	m.replaceBase(m.nextBase("a", true), 0)
	check("a.4.base.rdb b", "a.3.incr.aof h", "a.3.base.aof h")
}

func TestManifestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[^/\\\x00]{1,30}`).Filter(func(s string) bool { return s != "." && s != ".." })
		m := &manifest{}
		if rapid.Bool().Draw(t, "base") {
			m.baseSeq = rapid.Int64Range(1, 1<<40).Draw(t, "seq")
			m.base = &entry{name.Draw(t, "name"), m.baseSeq, typeBase}
		}
		for range rapid.IntRange(0, 3).Draw(t, "incrs") {
			m.incrSeq++
			m.incrs = append(m.incrs, entry{name.Draw(t, "name"), m.incrSeq, typeIncr})
		}
		text := m.format()
		if len(text) == 0 {
			return
		}
		got, err := parseManifest(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if fmt.Sprint(got.chain()) != fmt.Sprint(m.chain()) || got.incrSeq != m.incrSeq || got.baseSeq != m.baseSeq {
			t.Errorf("%q: got %v, want %v", text, got, m)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add("file a.1.base.rdb seq 1 type b\nfile \"a \\x00\" seq 1 type i\n")
	f.Add("# x\nfile x seq 1 type h extra 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseManifest([]byte(text))
		if err != nil {
			return
		}
		again := m.format()
		n, err := parseManifest(again)
		if len(again) > 0 && (err != nil || string(n.format()) != string(again)) {
			// A name may become too long for a line when it is quoted.
			if !errors.Is(err, errLongLine) {
				t.Errorf("%q became %q: %v", text, again, err)
			}
		}
	})
}

func TestLimiter(t *testing.T) {
	var l limiter
	now := int64(1_700_000_000_000)
	for range patientFrom {
		if limited, _ := l.limited(now); limited {
			t.Fatal("limited too early")
		}
		l.failures++
	}
	for _, minutes := range []int64{1, 2, 4, 8, 16, 32, 60, 60} {
		if limited, started := l.limited(now); !limited || !started {
			t.Fatalf("before %d minutes: limited %t, started %t", minutes, limited, started)
		}
		now += minutes*60_000 - 1
		if limited, started := l.limited(now); !limited || started {
			t.Fatalf("in %d minutes: limited %t, started %t", minutes, limited, started)
		}
		now++
		if limited, _ := l.limited(now); limited {
			t.Fatalf("limited after %d minutes", minutes)
		}
		l.failures++
	}
	l.failures = 0
	if limited, _ := l.limited(now); limited || l.delay != 0 {
		t.Error("success does not end it")
	}
}
