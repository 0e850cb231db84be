package coretest

import (
	"bufio"
	"bytes"
	"strings"

	"github.com/ferrousdb/ferrous/core/resp"
	"github.com/ferrousdb/ferrous/host"
)

// Pipe is a connection without a network, and an event loop of its own for it: what is
// sent is executed on the test's goroutine, and when the call returns the server has said
// all that it has to say. It shows replies to the byte. It cannot block. It is for one
// goroutine; several pipes are for several.
type Pipe struct {
	*host.Pipe
	T T

	request []byte
}

// Pipe returns pipe i, below Options.Pipes.
func (s *Server) Pipe(i int) *Pipe { return &Pipe{Pipe: s.Server.Pipe(i), T: s.T} }

// Pipes returns all of them.
func (s *Server) Pipes() (all []*Pipe) {
	for i := range s.pipes {
		all = append(all, s.Pipe(i))
	}
	return all
}

// Raw sends commands, given as words, in one go, and returns the encoded replies, and what
// was sent to the client meanwhile.
func (p *Pipe) Raw(commands ...string) string {
	p.request = p.request[:0]
	for _, c := range commands {
		p.request = Encode(p.request, Words(c)...)
	}
	return string(p.Exchange(nil, p.request))
}

// Lines is Raw in lines, without their ends.
func (p *Pipe) Lines(commands ...string) []string {
	text := strings.TrimSuffix(p.Raw(commands...), "\r\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\r\n")
}

// Do is Raw as a Client shows replies, joined by blanks.
func (p *Pipe) Do(commands ...string) string {
	p.T.Helper()
	raw := p.Raw(commands...)
	var all []string
	for r := resp.NewReader(bufio.NewReader(bytes.NewReader([]byte(raw)))); ; {
		words, _, err := read(r)
		if err != nil {
			return strings.Join(all, " ")
		}
		all = append(all, words...)
	}
}

// Want sends a command and compares the encoded reply, given without its last line end.
func (p *Pipe) Want(command, reply string) {
	p.T.Helper()
	if got := strings.TrimSuffix(p.Raw(command), "\r\n"); got != reply {
		p.T.Errorf("%s: got %q, want %q", command, got, reply)
	}
}
