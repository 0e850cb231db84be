package strings

import (
	stdstrings "strings"
	"testing"

	"pgregory.net/rapid"
)

// plainLCS is the textbook's table and the way back through it that Redis takes.
func plainLCS(a, b []byte) (length int, found []match) {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
		for j := range table[i] {
			switch {
			case i == 0 || j == 0:
			case a[i-1] == b[j-1]:
				table[i][j] = table[i-1][j-1] + 1
			default:
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	var run match
	end := func() {
		if run.n > 0 {
			found = append(found, run)
		}
		run.n = 0
	}
	for i, j := len(a), len(b); i > 0 && j > 0; {
		if a[i-1] == b[j-1] {
			i, j = i-1, j-1
			run = match{i, j, run.n + 1}
			continue
		}
		end()
		if table[i-1][j] > table[i][j-1] {
			i--
		} else {
			j--
		}
	}
	end()
	return table[len(a)][len(b)], found
}

func TestLCSLikePlain(t *testing.T) {
	text := rapid.OneOf(
		rapid.SliceOfN(rapid.ByteRange('a', 'c'), 0, 30),
		rapid.SliceOfN(rapid.ByteRange('a', 'z'), 50, 200),
		rapid.SliceOfN(rapid.ByteRange('a', 'b'), 120, 140),
	)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		length, want := plainLCS(a, b)
		if got := commonTable(a, b, false).length; got != length {
			t.Fatalf("length %d, want %d", got, length)
		}
		var got []match
		commonTable(a, b, true).matches(func(m match) { got = append(got, m) })
		if len(got) != len(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%v, want %v", got, want)
			}
		}
	})
}

func BenchmarkLCSLength(b *testing.B) {
	x := []byte(stdstrings.Repeat("ACGTTGCAAC", 500))
	y := []byte(stdstrings.Repeat("GATTACA", 700))
	for b.Loop() {
		commonTable(x, y, false)
	}
}

func BenchmarkLCS(b *testing.B) {
	x := []byte(stdstrings.Repeat("ACGTTGCAAC", 500))
	y := []byte(stdstrings.Repeat("GATTACA", 700))
	for b.Loop() {
		commonTable(x, y, true).matches(func(match) {})
	}
}
