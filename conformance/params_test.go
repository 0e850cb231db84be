package conformance

import (
	"strings"
	"testing"
)

// TestParameters compares what CONFIG SET makes of every parameter that the oracle
// has: whether it may be changed at all. Each is set to what it is.
func TestParameters(t *testing.T) {
	oracle := newOracle(t)
	if oracle == nil {
		t.Skip("there is no redis-server, whose parameters these are")
	}
	subject := newSubject(t)
	for _, s := range []*Side{oracle, subject} {
		if err := s.start(nil); err != nil {
			t.Fatal(err)
		}
	}
	if subjectVersion(t, subject).Before(subjectRelease) {
		t.Skip("this test compares with ferrous")
	}
	all, err := oracle.ctl("CONFIG", "GET", "*")
	if err != nil || len(all.Elems) < 300 {
		t.Fatal(all, err)
	}
	for i := 0; i < len(all.Elems); i += 2 {
		name := all.Elems[i].Text
		var answers [2]string
		for j, s := range []*Side{oracle, subject} {
			v, err := s.ctl("CONFIG", "GET", name)
			if err != nil || len(v.Elems) != 2 {
				t.Errorf("%s: %s has no parameter %s: %v", s.Name, s.Name, name, err)
				continue
			}
			if v, err = s.ctl("CONFIG", "SET", name, v.Elems[1].Text); err != nil {
				t.Fatal(err)
			}
			answers[j] = "may be set"
			if v.IsErr() {
				_, answers[j], _ = strings.Cut(v.Text, " - ")
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("CONFIG SET %s:\n    redis:   %s\n    ferrous: %s", name, answers[0], answers[1])
		}
	}
}
