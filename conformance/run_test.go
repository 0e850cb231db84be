package conformance

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/conformance/script"
)

func parseScript(t *testing.T, text string) *script.Script {
	t.Helper()
	sc, err := script.Parse("test.rsp", text)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func values(t *testing.T, literals ...string) []resp.Value {
	t.Helper()
	var vs []resp.Value
	for _, l := range literals {
		v, err := resp.ParseLiteral(l)
		if err != nil {
			t.Fatal(err)
		}
		vs = append(vs, v)
	}
	return vs
}

// compareAll feeds replies of both sides to a run, without servers.
func compareAll(t *testing.T, r *Run, oracle, subject []resp.Value) []string {
	t.Helper()
	r.Oracle, r.Subject = NewSide("redis", "", ""), NewSide("ferrous", "", "")
	for i := range oracle {
		step := &r.Script.Steps[i]
		r.checkOracle(step, oracle[i])
		r.compare(step, oracle[i], subject[i])
	}
	return r.problems
}

func TestRunReportsLineAndBothReplies(t *testing.T) {
	sc := parseScript(t, "GET a\n\n# comment\nGET b\n")
	problems := compareAll(t, &Run{Script: sc, Proto: 2}, values(t, `"x"`, `"y"`), values(t, `"x"`, "nil"))
	if len(problems) != 1 {
		t.Fatalf("problems: %q", problems)
	}
	for _, part := range []string{"test.rsp:4", "GET b", `redis:   "y"`, "ferrous: nil"} {
		if !strings.Contains(problems[0], part) {
			t.Errorf("%q is not in the report:\n%s", part, problems[0])
		}
	}
}

func TestSince(t *testing.T) {
	text := "@since 7.2 :5 -- new\nGET a\n"
	old, recent := script.Version{7, 0, 15}, script.Version{7, 2, 4}
	for _, c := range []struct {
		name            string
		oracleV         script.Version
		subjectV        script.Version
		oracle, subject string
		problem         string
	}{
		{"as it should be", old, recent, ":4", ":5", ""},
		{"ferrous is still old", old, recent, ":4", ":4", "@since 7.2.0 (new)"},
		{"needless", old, recent, ":5", ":5", "needless"},
		{"a recent oracle agrees", recent, recent, ":5", ":5", ""},
		{"a recent oracle disagrees", recent, recent, ":6", ":5", "redis 7.2.4"},
		{"an old subject owes the old reply", old, old, ":4", ":4", ""},
		{"an old subject is wrong", old, old, ":4", ":5", "differ"},
	} {
		r := &Run{Script: parseScript(t, text), Proto: 2, OracleVersion: c.oracleV, SubjectVersion: c.subjectV}
		problems := compareAll(t, r, values(t, c.oracle), values(t, c.subject))
		switch got := strings.Join(problems, "\n"); {
		case c.problem == "" && got != "":
			t.Errorf("%s: %s", c.name, got)
		case !strings.Contains(got, c.problem):
			t.Errorf("%s: no %q in %q", c.name, c.problem, got)
		}
		if want := []Entry{{Command: "GET a", Since: true}}; !reflect.DeepEqual(r.entries, want) {
			t.Errorf("%s: recorded %+v", c.name, r.entries)
		}
	}
}

func TestRecordingKeepsWhatStillMatches(t *testing.T) {
	sc := parseScript(t, "~ttl 50ms -- time passes\nPTTL a\nGET b\n~type -- random\nRANDOMKEY\n")
	r := &Run{Script: sc, Proto: 2, Recorded: []Entry{
		{Command: "PTTL a", Reply: values(t, ":990")[0]},
		{Command: "GET b", Reply: values(t, `"old"`)[0]},
	}}
	replies := values(t, ":970", `"new"`, `"some key"`)
	if problems := compareAll(t, r, replies, replies); problems != nil {
		t.Fatal(problems)
	}
	got := string(Recording{2: r.entries}.Format())
	want := "PTTL a\n\tresp2 :990\nGET b\n\tresp2 \"new\"\nRANDOMKEY\n\tresp2 \"\"\n"
	if got != want {
		t.Errorf("recording:\n%s\nwant:\n%s", got, want)
	}
}

func TestRecordingRoundTrip(t *testing.T) {
	rec := Recording{
		2: {{Command: "GET k", Reply: values(t, `-ERR a b`)[0]}, {Command: "GET l", Reply: values(t, `nil`)[0]}, {Command: "X", Since: true}},
		3: {{Command: "GET k", Reply: values(t, `-ERR a b`)[0]}, {Command: "GET l", Reply: values(t, `null`)[0]}, {Command: "X", Since: true}},
	}
	text := "GET k\n\t-\"ERR a b\"\nGET l\n\tresp2 nil\n\tresp3 null\nX\n\t@since\n"
	if got := string(rec.Format()); got != text {
		t.Errorf("formatted as:\n%s", got)
	}
	back, err := parseRecording(rec.Format())
	if err != nil || !back.Equal(rec) {
		t.Errorf("%v:\n%s", err, back.Format())
	}
	for _, text := range []string{"\t:1\n", "GET k\n\tfoo\n", "GET k\n\tresp4 :1\n"} {
		if rec, err := parseRecording([]byte(text)); err == nil {
			t.Errorf("%q: accepted as %v", text, rec)
		}
	}
}

// TestReplayNeedsTheSameScript: a recording of other lines is not used.
func TestReplayNeedsTheSameScript(t *testing.T) {
	sc := parseScript(t, "GET a\n")
	r := &Run{Script: sc, Recorded: []Entry{{Command: "GET b"}}}
	if _, ok := r.nextRecorded(&sc.Steps[0]); ok || len(r.problems) != 1 {
		t.Errorf("used all the same; problems %q", r.problems)
	}
}

// TestRunSeesADifference runs two real servers that are configured differently.
func TestRunSeesADifference(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("no redis-server here")
	}
	subject := newOracle(t)
	if err := subject.start([]string{"--databases", "1"}); err != nil {
		t.Fatal(err)
	}
	sc := parseScript(t, "SET k v\nSELECT 1\nDBSIZE\n@conf timeout 100\nCONFIG GET timeout\n")
	r := Run{Script: sc, Proto: 3, Oracle: oracle, Subject: subject}
	entries, problems := r.Do()
	if len(entries) != 5 { // four commands and the PING at the end
		t.Errorf("recorded %d replies", len(entries))
	}
	if len(problems) != 2 || !strings.Contains(problems[0], "test.rsp:2") || !strings.Contains(problems[1], "test.rsp:3") {
		t.Errorf("problems: %q", problems)
	}
	if v, err := oracle.ctl("CONFIG", "GET", "timeout"); err != nil || v.Elems[1].Text != "0" {
		t.Errorf("timeout was not set back: %s, %v", v, err)
	}
}

// TestRunStopsAtALostConnection: replies after it would be compared with wrong ones.
func TestRunStopsAtALostConnection(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("no redis-server here")
	}
	r := Run{Script: parseScript(t, "QUIT\nGET a\nGET b\n"), Proto: 2, Oracle: oracle}
	entries, problems := r.Do()
	if len(entries) != 1 || len(problems) != 1 || !strings.Contains(problems[0], "test.rsp:2") {
		t.Errorf("%d replies, problems %q", len(entries), problems)
	}
}

// TestRunSparesWhatTheSubjectLacks: the oracle's replies are kept, the subject's not asked.
func TestRunSparesWhatTheSubjectLacks(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("no redis-server here")
	}
	subject := newOracle(t)
	sc := parseScript(t, "SET k v\n@requires del nosuch\nDEL k\n>>> b\n@send BLPOP l 0\n@blocked 1\n>>> main\nRPUSH l x\n"+
		">>> b\n@read\n@end\n>>> main\nGET k\n")
	abilities := &Abilities{names: map[string]bool{"del": true}}
	r := Run{Script: sc, Proto: 2, Oracle: oracle, Subject: subject, Abilities: abilities}
	entries, problems := r.Do()
	if len(entries) != 6 { // SET, DEL, RPUSH, the read, GET, the PING at the end
		t.Errorf("recorded %d replies", len(entries))
	}
	if len(problems) != 1 || !strings.Contains(problems[0], "test.rsp:13") {
		t.Errorf("the subject still has k, and that alone is a difference: %q", problems)
	}
	replay := Run{Script: sc, Proto: 2, Subject: subject, Abilities: abilities, Recorded: entries}
	if _, problems := replay.Do(); len(problems) != 1 || !strings.Contains(problems[0], "test.rsp:13") {
		t.Errorf("replayed: %q", problems)
	}
	if lines, whole := abilities.Spared(sc); whole || len(lines) != 1 || lines["nosuch"] != 5 {
		t.Errorf("spared %v, whole %v", lines, whole)
	}
	if _, whole := abilities.Spared(parseScript(t, "@requires nosuch\nGET k\n")); !whole {
		t.Error("a script whose every line requires what is missing is not spared")
	}
}
