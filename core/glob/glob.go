// Package glob matches byte strings against the glob-style patterns of KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules.
//
// The language is Redis's own, quirks included: * any run of bytes, ? any one byte, [abc], [a-z], [^a] one byte of a
// class, \x the byte x. A class that is never closed ends with the pattern; the ends of a range may come in either
// order; inside a class \x is compared with case even when the rest is not. The empty string matches only the empty
// pattern, not "*".
//
// Anybody may call it; it keeps no state and allocates nothing.
//
// As in Redis a pattern that comes to more than maxStars stars, of which none is the last thing in it, matches nothing.
// One thing differs on purpose: bytes above 127 are ordered as unsigned in ranges on every platform.
package glob

// Bytes is what patterns and subjects may be.
type Bytes interface{ ~string | ~[]byte }

// Match tells whether all of s matches pattern.
func Match[P, S Bytes](pattern P, s S) bool { return match(pattern, s, false) }

// MatchFold is Match without regard to the case of ASCII letters.
func MatchFold[P, S Bytes](pattern P, s S) bool { return match(pattern, s, true) }

// maxStars is how deeply Redis's own matcher calls itself, a call a star. It gives up there, to spare its stack; we would
// not have to, but what matches has to be the same on both.
const maxStars = 1000

// match walks both strings once, remembering the last star. Everything but a star consumes exactly one byte, so when
// something after a star fails it is enough to let that last star take one byte more: giving an earlier star more could
// only make the part in between, which already matched at its first chance, match later. Hence at most
// len(pattern)*len(s) steps, where trying every star would be exponential.
func match[P, S Bytes](pattern P, s S, fold bool) bool {
	if len(s) == 0 {
		return len(pattern) == 0
	}
	var p, i, stars int
	afterStar, retry := -1, 0 // where the pattern goes on behind the last star, and where in s to try it next
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			if p == len(pattern) {
				return true
			}
			if pattern[p] == '*' {
				continue // a run of stars is one
			}
			if stars++; stars > maxStars {
				return false
			}
			afterStar, retry = p, i
			continue
		}
		if p < len(pattern) {
			if next, ok := matchOne(pattern, p, s[i], fold); ok {
				p, i = next, i+1
				continue
			}
		}
		if afterStar < 0 {
			return false
		}
		retry++
		p, i = afterStar, retry
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches c against the element of pattern at p, which is not a star, and returns where the next one starts.
func matchOne[P Bytes](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, pattern[p] == c || fold && lower(pattern[p]) == lower(c)
}

// matchClass matches c against the class whose first byte behind the bracket is at p.
func matchClass[P Bytes](pattern P, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	found := false
	for ; p < len(pattern) && pattern[p] != ']'; p++ {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			found = found || pattern[p] == c
		case p+2 < len(pattern) && pattern[p+1] == '-':
			found = found || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			found = found || pattern[p] == c || fold && lower(pattern[p]) == lower(c)
		}
	}
	return min(p+1, len(pattern)), found != negated
}

// inRange orders the ends before it folds them, as Redis does: [Z-a] without case is empty.
func inRange(start, end, c byte, fold bool) bool {
	if start > end {
		start, end = end, start
	}
	if fold {
		start, end, c = lower(start), lower(end), lower(c)
	}
	return start <= c && c <= end
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
