// Package script reads the conformance scripts: plain text files that say which
// commands to send to a server, over which connections, and how strictly the
// replies of two servers are compared. README.md in the directory above describes
// the format for authors.
//
// The package parses and compares; it opens no connection and starts no server.
package script

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// Op is what a step does.
type Op int

// The operations of a script.
const (
	Command Op = iota // send Args, read one reply, compare it
	Send              // send Args, read nothing
	Raw               // send the bytes of Args[0] as they are, read nothing
	Read              // read one more reply or push, compare it
	Closed            // the server has closed, or is about to close, the connection
	Close             // close the connection from this side
	Conf              // CONFIG SET Args on the control connection, undone at the end
	Wait              // repeat Args until the reply is Want
	Blocked           // wait until N clients are blocked
	Let               // send Args, remember the element Path of the reply as Var
)

// Step is one line of a script that does something.
type Step struct {
	Line int    // counted from 1
	Text string // the line as written
	Op   Op
	Conn string // the connection it happens on
	Args []string

	N    int     // Blocked
	Var  string  // Let
	Path []int   // Let: indexes into nested aggregates
	Want *Expect // Wait

	Loose Loose
	Since []Since

	// Requires names what a server must have for this line (see the README): a server
	// that lacks one of them is spared it.
	Requires []string

	Leftover bool // added by Parse: the PING that ends each connection
}

// Since says what a server of Version or later replies where the older oracle differs.
type Since struct {
	Version Version
	Proto   int // 2 or 3; 0 for both
	Want    Expect
	Reason  string
}

// Script is a parsed file.
type Script struct {
	Path  string
	Steps []Step
	// Protos are the protocol versions to run it in: both unless the file says otherwise.
	Protos []int
	// OwnServer asks for servers of its own, started with ServerArgs.
	OwnServer  bool
	ServerArgs []string
}

// SinceFor returns the step's expectation for a protocol, nil when there is none.
func (s *Step) SinceFor(proto int) *Since {
	for i := range s.Since {
		if p := s.Since[i].Proto; p == 0 || p == proto {
			return &s.Since[i]
		}
	}
	return nil
}

// Compared reports whether the step yields a reply that is compared between servers.
func (s *Step) Compared() bool { return s.Op == Command || s.Op == Read }

// MainConn is the connection that a script starts on.
const MainConn = "main"

// ParseFile reads a script.
func ParseFile(path string) (*Script, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, string(data))
}

// Parse reads a script from text; path is only for messages.
func Parse(path, text string) (*Script, error) {
	p := parser{script: &Script{Path: path, Protos: []int{2, 3}}, conn: MainConn}
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		n++
		if err := p.line(n, strings.TrimSpace(lines.Text())); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, n, err)
	}
	if p.pending() {
		return nil, fmt.Errorf("%s:%d: a directive at the end applies to nothing", path, n)
	}
	if len(p.script.Steps) == 0 {
		return nil, fmt.Errorf("%s: no steps", path)
	}
	p.script.Steps = append(p.script.Steps, leftovers(p.script.Steps, n)...)
	return p.script, nil
}

// leftovers returns a PING for every connection that should have nothing more to say:
// it shows replies and pushes that the script forgot to read. Connections with sends
// of their own are left out, for only the script knows what those bring.
func leftovers(steps []Step, line int) []Step {
	var order []string
	open := map[string]bool{}
	sends := map[string]bool{}
	requires := map[string][]string{}
	for _, s := range steps {
		switch s.Op {
		case Blocked, Conf:
			continue
		case Send, Raw:
			sends[s.Conn] = true
		}
		if !slices.Contains(order, s.Conn) {
			order = append(order, s.Conn)
		}
		open[s.Conn] = s.Op != Close && s.Op != Closed
		for _, name := range s.Requires {
			if !slices.Contains(requires[s.Conn], name) {
				requires[s.Conn] = append(requires[s.Conn], name)
			}
		}
	}
	var pings []Step
	for _, conn := range order {
		if open[conn] && !sends[conn] {
			pings = append(pings, Step{
				Line: line, Conn: conn, Op: Command, Args: []string{"PING", "the end of " + conn},
				Text: "PING at the end of " + conn, Leftover: true,
				// What was left out may have changed the connection (SUBSCRIBE, say).
				Requires: requires[conn],
			})
		}
	}
	return pings
}

type parser struct {
	script *Script
	conn   string
	all    Loose // for the whole file
	loose  Loose // for the next compared step
	since  []Since

	requires []string // for the steps up to @end or another @requires
}

func (p *parser) pending() bool { return !p.loose.zero() || len(p.since) > 0 }

func (p *parser) line(n int, text string) error {
	switch {
	case text == "" || text[0] == '#':
		return nil
	case strings.HasPrefix(text, ">>>"):
		p.conn = strings.TrimSpace(text[3:])
		if p.conn == "" || strings.ContainsAny(p.conn, " \t") {
			return fmt.Errorf(">>> needs one connection name")
		}
		return nil
	case text[0] == '~':
		return p.loose.parse(text)
	case text[0] == '@':
		return p.directive(n, text)
	}
	args, err := resp.SplitWords(text)
	if err != nil {
		return err
	}
	p.add(Step{Line: n, Text: text, Op: Command, Args: args})
	return nil
}

// add appends a step; a compared one takes the looseness and @since before it.
func (p *parser) add(s Step) {
	s.Conn, s.Requires = p.conn, p.requires
	if s.Compared() {
		s.Loose = p.loose.with(p.all)
		s.Since = p.since
		p.loose, p.since = Loose{}, nil
	}
	p.script.Steps = append(p.script.Steps, s)
}

func (p *parser) directive(n int, text string) error {
	name, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	s := Step{Line: n, Text: text}
	switch name {
	case "@resp2", "@resp3", "@server", "@all":
		return p.header(name, rest)
	case "@requires", "@end":
		return p.block(name, rest)
	case "@since":
		since, err := parseSince(rest)
		if err == nil {
			p.since = append(p.since, since)
		}
		return err
	case "@read":
		return p.reads(s, rest)
	case "@closed":
		s.Op = Closed
	case "@close":
		s.Op = Close
	case "@blocked":
		s.Op = Blocked
		count, err := strconv.Atoi(rest)
		if err != nil || count < 0 {
			return fmt.Errorf("@blocked needs a count, not %q", rest)
		}
		s.N = count
	case "@send", "@raw", "@conf":
		return p.sending(s, name, rest)
	case "@wait":
		return p.wait(s, rest)
	case "@let":
		return p.let(s, rest)
	default:
		return fmt.Errorf("unknown directive %s", name)
	}
	p.add(s)
	return nil
}

// header handles what concerns the whole file and must come before its first step.
func (p *parser) header(name, rest string) error {
	if len(p.script.Steps) > 0 {
		return fmt.Errorf("%s must come before the first command", name)
	}
	switch name {
	case "@resp2":
		p.script.Protos = []int{2}
	case "@resp3":
		p.script.Protos = []int{3}
	case "@server":
		args, err := resp.SplitWords(rest)
		p.script.OwnServer, p.script.ServerArgs = true, args
		return err
	case "@all":
		return p.all.parse(rest)
	}
	return nil
}

// requirement is a command ("multi", "client|tracking"), or a parameter ("config:save"),
// a section or field of INFO ("info:replication"), or a subcommand of DEBUG ("debug:reload"),
// which COMMAND does not tell.
var requirement = regexp.MustCompile(`^((config|info|debug):)?[a-z0-9_|-]+$`)

// block starts and ends the lines that need something of the server.
func (p *parser) block(name, rest string) error {
	if p.pending() {
		return fmt.Errorf("the directive before %s applies to nothing", name)
	}
	names := strings.Fields(rest)
	if name == "@end" {
		if len(names) > 0 || p.requires == nil {
			return fmt.Errorf("@end stands alone and ends an @requires")
		}
		p.requires = nil
		return nil
	}
	if len(names) == 0 {
		return fmt.Errorf("@requires needs names of commands")
	}
	for _, n := range names {
		if !requirement.MatchString(n) {
			return fmt.Errorf("@requires: %q is no command in lower case, config:NAME, info:NAME or debug:NAME", n)
		}
	}
	p.requires = names
	return nil
}

func (p *parser) reads(s Step, rest string) error {
	count := 1
	if rest != "" {
		var err error
		if count, err = strconv.Atoi(rest); err != nil || count < 1 {
			return fmt.Errorf("@read needs a count, not %q", rest)
		}
	}
	s.Op = Read
	loose, since := p.loose, p.since
	for range count {
		p.loose, p.since = loose, since
		p.add(s)
	}
	return nil
}

func (p *parser) sending(s Step, name, rest string) (err error) {
	if s.Args, err = resp.SplitWords(rest); err != nil {
		return err
	}
	switch name {
	case "@send":
		s.Op = Send
		if len(s.Args) == 0 {
			return fmt.Errorf("@send needs a command")
		}
	case "@raw":
		s.Op = Raw
		if len(s.Args) != 1 {
			return fmt.Errorf("@raw needs one quoted string")
		}
	case "@conf":
		s.Op = Conf
		if len(s.Args) < 2 || len(s.Args)%2 != 0 {
			return fmt.Errorf("@conf needs parameters and values")
		}
	}
	p.add(s)
	return nil
}

// wait parses "@wait COMMAND => LITERAL".
func (p *parser) wait(s Step, rest string) error {
	i := strings.LastIndex(rest, " => ")
	if i < 0 {
		return fmt.Errorf("@wait needs COMMAND => REPLY")
	}
	args, err := resp.SplitWords(rest[:i])
	if err != nil {
		return err
	}
	want, err := ParseExpect(rest[i+4:])
	if err != nil {
		return err
	}
	s.Op, s.Args, s.Want = Wait, args, &want
	p.add(s)
	return nil
}

var letSyntax = regexp.MustCompile(`^([a-z_0-9]+)((?:\[\d+\])*) = (.+)$`)

// let parses "@let name = COMMAND" and "@let name[1][0] = COMMAND".
func (p *parser) let(s Step, rest string) error {
	m := letSyntax.FindStringSubmatch(rest)
	if m == nil {
		return fmt.Errorf("@let needs name = COMMAND or name[0] = COMMAND")
	}
	args, err := resp.SplitWords(m[3])
	if err != nil {
		return err
	}
	for _, index := range regexp.MustCompile(`\d+`).FindAllString(m[2], -1) {
		i, err := strconv.Atoi(index)
		if err != nil {
			return err
		}
		s.Path = append(s.Path, i)
	}
	s.Op, s.Args, s.Var = Let, args, m[1]
	p.add(s)
	return nil
}

// cutReason splits "SOMETHING -- why"; the why is compulsory.
func cutReason(s string) (what, reason string, err error) {
	i := strings.LastIndex(s, "-- ")
	if i < 0 || strings.TrimSpace(s[i+3:]) == "" {
		return "", "", fmt.Errorf("a reason is missing: end the line with -- and why")
	}
	return strings.TrimSpace(s[:i]), strings.TrimSpace(s[i+3:]), nil
}

// parseSince parses "7.2 [resp2|resp3] REPLY -- reason".
func parseSince(rest string) (Since, error) {
	what, reason, err := cutReason(rest)
	if err != nil {
		return Since{}, err
	}
	version, literal, _ := strings.Cut(what, " ")
	since := Since{Reason: reason}
	if since.Version, err = ParseVersion(version); err != nil {
		return Since{}, err
	}
	if proto, more, ok := strings.Cut(literal, " "); ok && (proto == "resp2" || proto == "resp3") {
		since.Proto = int(proto[4] - '0')
		literal = more
	}
	since.Want, err = ParseExpect(literal)
	return since, err
}
