// Package pattern is Lua 5.1's pattern matching on strings of bytes. It knows no
// VM: it finds, and tells the captures.
//
// A pattern may need time that grows with a power of the subject's length, so
// whoever matches gives a Budget, which is asked again and again and may say that
// it is enough.
package pattern

import (
	"errors"
	"fmt"
)

const (
	maxCaptures = 32
	maxDepth    = 10000 // of the matcher's recursion: Go's stack grows, but not for ever

	open     = -1 // length of a capture that has not been closed
	position = -2 // length of a capture of a position
	stride   = 4096
)

// Budget is asked after some thousands of steps; an error ends the match with it.
type Budget func(steps int) error

// Matcher matches one pattern against one subject.
type Matcher struct {
	Subject, Pattern string
	Budget           Budget

	level    int
	captures [maxCaptures]struct{ at, length int }
	steps    int
	depth    int
}

// failure is how the matcher leaves its recursion.
type failure struct{ err error }

func (m *Matcher) fail(format string, args ...any) {
	panic(failure{fmt.Errorf(format, args...)})
}

// Match tries at s, from p in the pattern on; the end of the match, or -1. An
// error is a malformed pattern or the Budget's.
func (m *Matcher) Match(s, p int) (end int, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			end, err = -1, r.err
		default:
			panic(r)
		}
	}()
	m.level, m.depth = 0, 0
	return m.match(s, p), nil
}

// Search tries from position s on (and there alone, if the pattern is anchored)
// and returns the match's bounds; from is -1 if there is none.
func (m *Matcher) Search(s int) (from, to int, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			from, to, err = -1, -1, r.err
		default:
			panic(r)
		}
	}()
	anchor := m.Anchored()
	p := 0
	if anchor {
		p = 1
	}
	skip := -1
	if !anchor {
		skip = m.first()
	}
	for ; ; s++ {
		for skip > 0 && s < len(m.Subject) && !m.single(m.Subject[s], 0, skip) {
			m.step()
			s++
		}
		m.level, m.depth = 0, 0
		if e := m.match(s, p); e >= 0 {
			return s, e, nil
		}
		if s >= len(m.Subject) || anchor {
			return -1, -1, nil
		}
	}
}

// first is where the class at the beginning of the pattern ends, if no match begins
// without a character of it; 0 if the pattern begins otherwise.
func (m *Matcher) first() int {
	p := m.Pattern
	if p == "" || p[0] == '(' || p[0] == ')' || p == "$" {
		return 0
	}
	if p[0] == '%' && len(p) > 1 && (p[1] == 'b' || p[1] == 'f' || p[1] >= '0' && p[1] <= '9') {
		return 0
	}
	end := m.classEnd(0)
	if end < len(p) && (p[end] == '*' || p[end] == '?' || p[end] == '-') {
		return 0
	}
	return end
}

// Anchored reports whether the pattern begins with ^.
func (m *Matcher) Anchored() bool { return len(m.Pattern) > 0 && m.Pattern[0] == '^' }

// Captures is how many captures the last match has.
func (m *Matcher) Captures() int { return m.level }

// Capture returns capture i of the last match, which went over [from, to): its
// text, or its position from 1 on. Without captures the whole match is the first.
func (m *Matcher) Capture(i, from, to int) (text string, at int, err error) {
	if i >= m.level {
		if i != 0 {
			return "", 0, errors.New("invalid capture index")
		}
		return m.Subject[from:to], 0, nil
	}
	c := m.captures[i]
	switch c.length {
	case open:
		return "", 0, errors.New("unfinished capture")
	case position:
		return "", c.at + 1, nil
	}
	return m.Subject[c.at : c.at+c.length], 0, nil
}

func (m *Matcher) step() {
	if m.steps++; m.steps < stride {
		return
	}
	m.steps = 0
	if m.Budget != nil {
		if err := m.Budget(stride); err != nil {
			panic(failure{err})
		}
	}
}

// match matches from p in the pattern on at s; the end of the match, or -1.
func (m *Matcher) match(s, p int) int {
	if m.depth++; m.depth > maxDepth {
		m.fail("pattern too complex")
	}
	end := m.items(s, p)
	m.depth--
	return end
}

func (m *Matcher) items(s, p int) int {
	for {
		m.step()
		if p == len(m.Pattern) {
			return s
		}
		switch m.Pattern[p] {
		case '(':
			if p+1 < len(m.Pattern) && m.Pattern[p+1] == ')' {
				return m.startCapture(s, p+2, position)
			}
			return m.startCapture(s, p+1, open)
		case ')':
			return m.endCapture(s, p+1)
		case '%':
			if p+1 < len(m.Pattern) {
				switch c := m.Pattern[p+1]; {
				case c == 'b':
					if s = m.balance(s, p+2); s < 0 {
						return -1
					}
					p += 4
					continue
				case c == 'f':
					p += 2
					if p >= len(m.Pattern) || m.Pattern[p] != '[' {
						m.fail("missing '[' after '%%f' in pattern")
					}
					ep := m.classEnd(p)
					var before, here byte
					if s > 0 {
						before = m.Subject[s-1]
					}
					if s < len(m.Subject) {
						here = m.Subject[s]
					}
					if m.inSet(before, p, ep-1) || !m.inSet(here, p, ep-1) {
						return -1
					}
					p = ep
					continue
				case c >= '0' && c <= '9':
					if s = m.backReference(s, c); s < 0 {
						return -1
					}
					p += 2
					continue
				}
			}
		case '$':
			if p+1 == len(m.Pattern) {
				if s == len(m.Subject) {
					return s
				}
				return -1
			}
		}
		ep := m.classEnd(p)
		here := s < len(m.Subject) && m.single(m.Subject[s], p, ep)
		var suffix byte
		if ep < len(m.Pattern) {
			suffix = m.Pattern[ep]
		}
		switch suffix {
		case '?':
			if here {
				if e := m.match(s+1, ep+1); e >= 0 {
					return e
				}
			}
			p = ep + 1
			continue
		case '*':
			return m.most(s, p, ep, 0)
		case '+':
			if !here {
				return -1
			}
			return m.most(s, p, ep, 1)
		case '-':
			return m.least(s, p, ep)
		}
		if !here {
			return -1
		}
		s, p = s+1, ep
	}
}

func (m *Matcher) most(s, p, ep, i int) int {
	least := i
	for s+i < len(m.Subject) && m.single(m.Subject[s+i], p, ep) {
		m.step()
		i++
	}
	for ; i >= least; i-- {
		if e := m.match(s+i, ep+1); e >= 0 {
			return e
		}
	}
	return -1
}

func (m *Matcher) least(s, p, ep int) int {
	for {
		if e := m.match(s, ep+1); e >= 0 {
			return e
		}
		if s >= len(m.Subject) || !m.single(m.Subject[s], p, ep) {
			return -1
		}
		s++
	}
}

func (m *Matcher) startCapture(s, p, what int) int {
	if m.level >= maxCaptures {
		m.fail("too many captures")
	}
	m.captures[m.level].at = s
	m.captures[m.level].length = what
	m.level++
	e := m.match(s, p)
	if e < 0 {
		m.level--
	}
	return e
}

func (m *Matcher) endCapture(s, p int) int {
	i := m.level - 1
	for ; i >= 0 && m.captures[i].length != open; i-- {
	}
	if i < 0 {
		m.fail("invalid pattern capture")
	}
	m.captures[i].length = s - m.captures[i].at
	e := m.match(s, p)
	if e < 0 {
		m.captures[i].length = open
	}
	return e
}

func (m *Matcher) balance(s, p int) int {
	if p+1 >= len(m.Pattern) {
		m.fail("unbalanced pattern")
	}
	if s >= len(m.Subject) || m.Subject[s] != m.Pattern[p] {
		return -1
	}
	opening, closing, depth := m.Pattern[p], m.Pattern[p+1], 1
	for s++; s < len(m.Subject); s++ {
		m.step()
		switch m.Subject[s] {
		case closing:
			if depth--; depth == 0 {
				return s + 1
			}
		case opening:
			depth++
		}
	}
	return -1
}

func (m *Matcher) backReference(s int, c byte) int {
	i := int(c) - '1'
	if i < 0 || i >= m.level || m.captures[i].length == open {
		m.fail("invalid capture index")
	}
	n := m.captures[i].length
	if n < 0 { // a position: longer than anything, as an unsigned length
		return -1
	}
	if len(m.Subject)-s >= n && m.Subject[m.captures[i].at:][:n] == m.Subject[s:s+n] {
		return s + n
	}
	return -1
}

// classEnd returns where the single-character class at p ends.
func (m *Matcher) classEnd(p int) int {
	c := m.Pattern[p]
	p++
	switch c {
	case '%':
		if p >= len(m.Pattern) {
			m.fail("malformed pattern (ends with '%%')")
		}
		return p + 1
	case '[':
		if p < len(m.Pattern) && m.Pattern[p] == '^' {
			p++
		}
		for {
			if p >= len(m.Pattern) {
				m.fail("malformed pattern (missing ']')")
			}
			c := m.Pattern[p]
			p++
			if c == '%' && p < len(m.Pattern) {
				p++
			}
			if p < len(m.Pattern) && m.Pattern[p] == ']' {
				return p + 1
			}
		}
	}
	return p
}

func (m *Matcher) single(c byte, p, ep int) bool {
	switch m.Pattern[p] {
	case '.':
		return true
	case '%':
		return class(c, m.Pattern[p+1])
	case '[':
		return m.inSet(c, p, ep-1)
	}
	return m.Pattern[p] == c
}

// inSet reports whether c is in the set that begins at p and whose ] is at end.
func (m *Matcher) inSet(c byte, p, end int) bool {
	yes := true
	if m.Pattern[p+1] == '^' {
		yes = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case m.Pattern[p] == '%':
			p++
			if class(c, m.Pattern[p]) {
				return yes
			}
		case m.Pattern[p+1] == '-' && p+2 < end:
			p += 2
			if m.Pattern[p-2] <= c && c <= m.Pattern[p] {
				return yes
			}
		case m.Pattern[p] == c:
			return yes
		}
	}
	return !yes
}

// The classes, a bit each; 0 for a letter that names none.
var classBits = [256]byte{'a': 1, 'd': 2, 'l': 4, 'p': 8, 's': 16, 'u': 32, 'x': 64, 'c': 128}

// classes are those of each character, in the C locale.
var classes = func() (of [256]byte) {
	for i := range of {
		c := byte(i)
		lower, digit := c|0x20, c >= '0' && c <= '9'
		alpha := lower >= 'a' && lower <= 'z'
		for letter, is := range map[byte]bool{
			'a': alpha, 'd': digit, 'l': c >= 'a' && c <= 'z', 'u': c >= 'A' && c <= 'Z',
			'p': c > 32 && c < 127 && !alpha && !digit, 's': c == ' ' || c >= '\t' && c <= '\r',
			'x': digit || lower >= 'a' && lower <= 'f', 'c': c < 32 || c == 127,
		} {
			if is {
				of[i] |= classBits[letter]
			}
		}
	}
	return of
}()

// class reports whether c is of the class that letter names.
func class(c, letter byte) bool {
	name := letter | 0x20
	bits := classBits[name]
	switch name {
	case 'w':
		bits = classBits['a'] | classBits['d']
	case 'z':
		return (c == 0) == (letter == 'z')
	}
	if bits == 0 || letter < 'A' {
		return letter == c
	}
	return (classes[c]&bits != 0) == (letter >= 'a')
}
