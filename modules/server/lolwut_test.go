package server

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanvas(t *testing.T) {
	cv := newCanvas(2, 1)
	for _, dot := range [][2]int{{0, 0}, {1, 3}, {3, 1}, {-1, 0}, {0, -1}, {4, 0}, {0, 4}} {
		cv.set(dot[0], dot[1])
	}
	if got, want := string(cv.bytes()), "\u2881\u2810\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFilings(t *testing.T) {
	const columns, rows = 40, 12
	first := drawFilings(columns, rows, 7).bytes()
	if !bytes.Equal(first, drawFilings(columns, rows, 7).bytes()) {
		t.Error("the same seed gave two pictures")
	}
	if bytes.Equal(first, drawFilings(columns, rows, 8).bytes()) {
		t.Error("two seeds gave the same picture")
	}
	lines := strings.Split(strings.TrimSuffix(string(first), "\n"), "\n")
	if len(lines) != rows {
		t.Errorf("%d lines, want %d", len(lines), rows)
	}
	for _, line := range lines {
		if n := utf8.RuneCountInString(line); n != columns {
			t.Errorf("a line of %d characters, want %d", n, columns)
		}
	}
	if blank := strings.Count(string(first), "\u2800"); blank > columns*rows/2 {
		t.Errorf("%d of %d characters are blank", blank, columns*rows)
	}
}

// A filing between two unlike poles points from one to the other.
func TestField(t *testing.T) {
	poles := []pole{{vector{0, 0}, 1}, {vector{20, 0}, -1}}
	f, bare := field(poles, vector{10, 0})
	if bare || f.x <= 0 || f.y != 0 {
		t.Errorf("in the middle: %+v, bare %v", f, bare)
	}
	if _, bare := field(poles, vector{21, 1}); !bare {
		t.Error("the tip of a pole is not bare")
	}
}
