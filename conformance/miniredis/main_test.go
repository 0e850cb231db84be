package main

import (
	"strings"
	"testing"
)

const said = `{"Action":"output","Test":"TestB","Output":"no good\n"}
{"Action":"pass","Test":"TestA"}
{"Action":"fail","Test":"TestB"}
{"Action":"pass","Test":"TestC/one"}
{"Action":"fail","Test":"TestC/two"}
{"Action":"fail","Test":"TestC"}
{"Action":"fail"}
`

// TestJudge: what differs has to be listed, and what is listed has to differ.
func TestJudge(t *testing.T) {
	r, err := results([]byte(said))
	if err != nil || strings.Join(r.passed, " ") != "TestA TestC/one" || strings.Join(r.failed, " ") != "TestB TestC/two" {
		t.Fatal(r, err)
	}
	for _, c := range []struct{ listed, want string }{
		{"TestB :: x\nTestC/two :: y\n", ""},
		{"TestB :: x\n", "TestC/two fails"},
		{"TestB :: x\nTestC/two :: y\nTestA :: z\n", "TestA is listed"},
	} {
		expected, _, err := parseDiffers(c.listed)
		if err != nil {
			t.Fatal(err)
		}
		err = r.judge(expected, false)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.listed, err)
		}
	}
	if _, err := results([]byte("cannot build\n")); err == nil {
		t.Error("nothing was run, and nobody says so")
	}
}

// TestDiffers: the list can be read, and what is not run is told from what differs.
func TestDiffers(t *testing.T) {
	expected, left, err := parseDiffers(differs)
	if err != nil || left != "^(TestCluster)$" || expected["TestCluster"] != "" || len(expected) == 0 {
		t.Error(expected, left, err)
	}
	for _, bad := range []string{"TestA\n", "TestA :: \n", "TestA :: x\nTestA :: y\n"} {
		if _, _, err := parseDiffers(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
