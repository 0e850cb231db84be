package config

// Nearest returns the candidate with the smallest edit distance to name, the first of equals, or "" if even that one
// differs in more than a third of its letters (with one slip always allowed).
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)+1
	for _, c := range candidates {
		if d := editDistance(name, c); d < bestDistance && d <= max(1, max(len(c), len(name))/3) {
			best, bestDistance = c, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b: the optimal
// string alignment distance, by rows of its usual table.
func editDistance(a, b string) int {
	twoUp, up, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		twoUp, up, row = up, row, twoUp
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(up[j]+1, row[j-1]+1, up[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoUp[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
