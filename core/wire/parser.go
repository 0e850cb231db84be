package wire

import (
	"errors"
	"fmt"
)

// ErrMore says that a unit has not come whole.
var ErrMore = errors.New("there is more to come")

// Damage is the error for bytes that are no stream of commands.
type Damage struct {
	At   int // in the unit
	What string
}

func (d *Damage) Error() string { return fmt.Sprintf("at byte %d: %s", d.At, d.What) }

// maxArgs bounds the arguments of a command, as Redis does.
const maxArgs = 1 << 20

// Parser cuts a stream into units. It keeps how far it has come in one that has
// not come whole, so that no byte is looked at twice, and no memory is taken for
// what a length claims. The zero value is ready.
type Parser struct {
	// MaxBulk is the longest argument that is believed, in bytes; 0 for 512 MiB.
	MaxBulk int

	pos    int // what of the unit has been read
	left   int // arguments to come of the present command, 0 between two
	multi  bool
	spans  []span // of the unit's arguments
	counts []int  // how many each of its commands has

	args [][]byte
	unit [][][]byte
}

type span struct{ at, n int }

// Next finds the unit that b begins with: the commands between MULTI and EXEC, or
// the one command that stands alone. It returns its commands, which point into b and
// are valid until the next call, and its length. Empty lines are units without
// commands. With ErrMore n is how many bytes are missing at least; b then begins
// with the same bytes at the next call. Other errors are a *Damage.
func (p *Parser) Next(b []byte) (unit [][][]byte, n int, err error) {
	for {
		if p.left == 0 {
			if p.pos == len(b) {
				return nil, 1, ErrMore
			}
			if c := b[p.pos]; (c == '\n' || c == '\r') && !p.multi {
				return nil, p.pos + 1, nil // a sign of life
			}
			count, at, err := p.number(b, p.pos, '*')
			if err != nil {
				return nil, 1, err
			}
			if count < 1 || count > maxArgs {
				return nil, 0, p.damage(p.pos, "a command of %d arguments", count)
			}
			p.pos, p.left = at, count
			p.counts = append(p.counts, count)
		}
		for p.left > 0 {
			if missing, err := p.argument(b); err != nil {
				return nil, missing, err
			}
		}
		if whole, err := p.whole(b); err != nil || whole {
			return p.take(b, err)
		}
	}
}

// argument reads an argument of the present command.
func (p *Parser) argument(b []byte) (missing int, err error) {
	n, at, err := p.number(b, p.pos, '$')
	if err != nil {
		return 1, err
	}
	limit := p.MaxBulk
	if limit == 0 {
		limit = 512 << 20
	}
	if n > limit {
		return 0, p.damage(p.pos, "an argument of %d bytes", n)
	}
	end := at + n
	if len(b) < end+2 {
		return end + 2 - len(b), ErrMore
	}
	if b[end] != '\r' || b[end+1] != '\n' {
		return 0, p.damage(end, "%q where an argument should end", b[end:end+2])
	}
	p.spans = append(p.spans, span{at, n})
	p.pos = end + 2
	p.left--
	return 0, nil
}

// whole looks at the command that has been read: it may be the first or the last
// of a unit. The marks themselves do not stay.
func (p *Parser) whole(b []byte) (bool, error) {
	last := len(p.counts) - 1
	if p.counts[last] == 1 {
		s := p.spans[len(p.spans)-1]
		word := b[s.at : s.at+s.n]
		begins, ends := isWord(word, "multi"), isWord(word, "exec")
		if begins || ends {
			if begins == p.multi {
				return false, p.damage(p.pos, "%s where none belongs", word)
			}
			p.counts, p.spans, p.multi = p.counts[:last], p.spans[:len(p.spans)-1], true
			return ends, nil
		}
	}
	return !p.multi, nil
}

// take gives the unit away.
func (p *Parser) take(b []byte, err error) ([][][]byte, int, error) {
	if err != nil {
		return nil, 0, err
	}
	p.args, p.unit = p.args[:0], p.unit[:0]
	for _, s := range p.spans {
		p.args = append(p.args, b[s.at:s.at+s.n:s.at+s.n])
	}
	at := 0
	for _, n := range p.counts {
		p.unit = append(p.unit, p.args[at:at+n:at+n])
		at += n
	}
	n := p.pos
	p.Reset()
	return p.unit, n, nil
}

// keep is how many arguments room is kept for.
const keep = 1 << 12

// Reset forgets a unit that has not come whole.
func (p *Parser) Reset() {
	if cap(p.spans) > keep {
		p.spans, p.counts = nil, nil
	}
	p.pos, p.left, p.multi = 0, 0, false
	p.spans, p.counts = p.spans[:0], p.counts[:0]
}

// Forget lets go of the units that were given away, when the bytes that they point into
// are given up: what keeps the room for the next ones would hold those. What has come
// of the next unit is still known.
func (p *Parser) Forget() {
	if cap(p.args) > keep {
		p.args, p.unit = nil, nil
	}
	clear(p.args[:cap(p.args)])
	clear(p.unit[:cap(p.unit)])
}

// longest is the longest line of a letter and a number, its end included.
const longest = 16

// number reads a line of a letter and a number at b[at:], and where it ends.
func (p *Parser) number(b []byte, at int, letter byte) (n, next int, err error) {
	line := b[at:min(len(b), at+longest)]
	for i, c := range line {
		switch {
		case i == 0 && c == letter, i > 1 && c == '\r':
		case i > 0 && c >= '0' && c <= '9':
			n = n*10 + int(c-'0')
		case i > 2 && c == '\n' && line[i-1] == '\r':
			return n, at + i + 1, nil
		default:
			return 0, 0, p.damage(at+i, "%q where '%c' and a number should be", c, letter)
		}
	}
	if len(line) == longest {
		return 0, 0, p.damage(at, "a number that does not end")
	}
	return 0, 0, ErrMore
}

func (p *Parser) damage(at int, format string, args ...any) error {
	return &Damage{at, fmt.Sprintf(format, args...)}
}

// isWord reports whether b is a word of letters, given in lower case, in any case.
func isWord(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}
