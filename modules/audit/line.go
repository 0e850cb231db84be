package audit

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ferrousdb/ferrous/core"
)

// The values of audit-log-arguments.
const (
	detailNone = iota
	detailKeys
	detailAll
)

// How much of a command is noted.
const (
	mostArgs  = 32
	mostBytes = 128 // of each
)

// line writes objects of JSON, one a line.
type line struct{ b []byte }

// begin opens an object with what each has. s is nil for none of a client's.
func (l *line) begin(event string, now time.Time, s *core.Session) {
	l.b = append(l.b, `{"time":"`...)
	l.b = now.UTC().AppendFormat(l.b, "2006-01-02T15:04:05.000Z")
	l.b = append(l.b, `","event":"`...)
	l.b = append(l.b, event...)
	l.b = append(l.b, '"')
	if s == nil {
		return
	}
	l.text("user", s.User)
	l.text("from", s.Addr)
	l.number("client", int64(s.ID))
	if s.Name != "" {
		l.text("name", s.Name)
	}
}

func (l *line) end() { l.b = append(l.b, '}', '\n') }

func (l *line) field(name string) {
	l.b = append(l.b, ',', '"')
	l.b = append(l.b, name...)
	l.b = append(l.b, '"', ':')
}

func (l *line) text(name, text string) {
	l.field(name)
	l.quote(text)
}

func (l *line) number(name string, n int64) {
	l.field(name)
	l.b = strconv.AppendInt(l.b, n, 10)
}

// command writes the name of a call and its arguments as far as they are to be noted. Of a
// command that does not exist there is the name alone: nobody knows what is secret in it.
func (l *line) command(c *core.Ctx, detail int) {
	if c.Cmd == nil {
		l.text("command", cut(c.Args[0]))
		l.b = append(l.b, `,"unknown":true`...)
		return
	}
	l.text("command", c.Cmd.FullName())
	if detail == detailNone {
		return
	}
	if detail == detailKeys {
		if refs, err := c.Cmd.AppendKeys(nil, c.Args); err == nil && len(refs) > 0 {
			l.field("keys")
			l.b = append(l.b, '[')
			for i, ref := range refs[:min(len(refs), mostArgs)] {
				if i > 0 {
					l.b = append(l.b, ',')
				}
				l.quote(cut(c.Args[ref.Index]))
			}
			l.b = append(l.b, ']')
			l.more(len(refs))
			return
		}
	}
	first := 1
	if c.Cmd.Container() != nil {
		first = 2
	}
	if len(c.Args) <= first {
		return
	}
	var hidden []int
	c.Secrets(func(arg int) { hidden = append(hidden, arg) })
	l.field("args")
	l.b = append(l.b, '[')
	for i, arg := range c.Args[first:min(len(c.Args), first+mostArgs)] {
		if i > 0 {
			l.b = append(l.b, ',')
		}
		if slices.Contains(hidden, first+i) {
			l.quote(core.Redacted)
		} else {
			l.quote(cut(arg))
		}
	}
	l.b = append(l.b, ']')
	l.more(len(c.Args) - first)
}

// more says that there were more than are noted.
func (l *line) more(n int) {
	if n > mostArgs {
		l.number("of", int64(n))
	}
}

// cut is an argument as far as it is noted.
func cut(arg []byte) string {
	if len(arg) > mostBytes {
		return string(arg[:mostBytes]) + "..."
	}
	return string(arg)
}

// quote writes a string of JSON. Bytes that are no UTF-8 are written as the characters of
// their numbers would be in a string of Go: "\\xff".
func (l *line) quote(s string) {
	const hex = "0123456789abcdef"
	l.b = append(l.b, '"')
	for i := 0; i < len(s); {
		ch := s[i]
		switch {
		case ch == '"' || ch == '\\':
			l.b = append(l.b, '\\', ch)
			i++
		case ch < ' ' || ch == 0x7f:
			l.b = append(l.b, `\u00`...)
			l.b = append(l.b, hex[ch>>4], hex[ch&15])
			i++
		case ch < utf8.RuneSelf:
			l.b = append(l.b, ch)
			i++
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				l.b = append(l.b, `\\x`...)
				l.b = append(l.b, hex[ch>>4], hex[ch&15])
			} else {
				l.b = append(l.b, s[i:i+size]...)
			}
			i += size
		}
	}
	l.b = append(l.b, '"')
}
