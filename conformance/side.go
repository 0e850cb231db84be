package conformance

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/conformance/script"
)

// waitTimeout bounds @wait and @blocked; pollEvery is how often they look.
const (
	waitTimeout = 30 * time.Second
	pollEvery   = 2 * time.Millisecond
)

// Side is one of the two servers under comparison: it performs a script's steps and
// hands back the replies. One script at a time: Begin, then Step for every step, then
// End.
type Side struct {
	Name string // "redis" or "ferrous", for reports

	bin    string
	tmp    string
	server *Server

	control *Conn // for @conf, @blocked and cleaning up; redialled when killed
	proto   int
	conns   map[string]*Conn
	vars    map[string]string
	saved   [][2]string // parameters to set back at the end
}

// NewSide returns a side that starts bin when it is first needed. Its servers' files
// go under tmp.
func NewSide(name, bin, tmp string) *Side {
	return &Side{Name: name, bin: bin, tmp: tmp}
}

// Begin readies a fresh, empty server for a script.
func (s *Side) Begin(sc *script.Script, proto int) error {
	s.proto, s.saved = proto, nil
	s.conns, s.vars = map[string]*Conn{}, map[string]string{}
	if sc.OwnServer || s.server == nil || !s.server.Alive() || !s.flushed() {
		s.Stop()
		if err := s.start(sc.ServerArgs); err != nil {
			return err
		}
	}
	s.vars["port"] = s.server.Addr[strings.LastIndexByte(s.server.Addr, ':')+1:]
	return s.saveConfig(sc)
}

// flushed empties the running server. One that cannot do it has to be replaced.
func (s *Side) flushed() bool {
	v, err := s.ctl("FLUSHALL")
	return err == nil && !v.IsErr()
}

func (s *Side) start(args []string) error {
	dir, err := os.MkdirTemp(s.tmp, s.Name+"-")
	if err != nil {
		return err
	}
	s.server, err = StartServer(s.bin, dir, args...)
	return err
}

// Version asks the running server for its version by HELLO, which the smallest server
// answers too.
func (s *Side) Version() (script.Version, error) {
	v, err := s.ctl("HELLO")
	if err != nil {
		return script.Version{}, err
	}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if v.Elems[i].Text == "version" {
			return script.ParseVersion(v.Elems[i+1].Text)
		}
	}
	return script.Version{}, fmt.Errorf("%s: HELLO tells no version: %s", s.Name, v)
}

// Stop ends the side's server, if there is one.
func (s *Side) Stop() {
	if s.control != nil {
		s.control.Close()
		s.control = nil
	}
	if s.server != nil {
		s.server.Stop()
		s.server = nil
	}
}

// saveConfig notes the present values of the parameters that the script sets.
func (s *Side) saveConfig(sc *script.Script) error {
	seen := map[string]bool{}
	for _, step := range sc.Steps {
		names := step.Args
		if step.Op != script.Conf {
			if len(names) < 3 || !strings.EqualFold(names[0], "config") || !strings.EqualFold(names[1], "set") {
				continue
			}
			names = names[2:]
		}
		for i := 0; i < len(names); i += 2 {
			if name := strings.ToLower(names[i]); !seen[name] && !strings.ContainsAny(name, "*?[") {
				seen[name] = true
				if err := s.saveParam(name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Side) saveParam(name string) error {
	v, err := s.ctl("CONFIG", "GET", name)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		s.saved = append(s.saved, [2]string{v.Elems[i].Text, v.Elems[i+1].Text})
	}
	return nil
}

// End closes the script's connections and undoes what it may have left behind beyond
// keys. A server of the script's own is stopped.
func (s *Side) End(sc *script.Script) error {
	defer func() { _ = s.hangUp() }() // whatever is wrong
	if sc.OwnServer || !s.server.Alive() {
		alive := s.server.Alive()
		log := s.server.Log()
		s.Stop()
		if !alive && !sc.OwnServer {
			return fmt.Errorf("%s ended during the script:\n%s", s.Name, log)
		}
		return nil
	}
	for _, args := range [][]string{
		// A server without one of these families has nothing to clean there.
		{"CLIENT", "UNPAUSE"}, {"FUNCTION", "FLUSH"}, {"SCRIPT", "FLUSH"}, {"SLOWLOG", "RESET"},
		{"LATENCY", "RESET"}, {"CONFIG", "RESETSTAT"},
	} {
		if _, err := s.ctl(args...); err != nil {
			return err
		}
	}
	for _, kv := range s.saved {
		v, err := s.ctl("CONFIG", "SET", kv[0], kv[1])
		if err != nil || v.IsErr() && !strings.Contains(v.Text, "immutable") {
			return fmt.Errorf("%s: restoring %s: %s %v", s.Name, kv[0], v, err)
		}
	}
	return s.hangUp()
}

// hangUp takes the script's clients away: the next script meets none of them.
func (s *Side) hangUp() error {
	var errs []error
	for _, c := range s.conns {
		errs = append(errs, c.HangUp())
	}
	s.conns = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	return nil
}

// ctl runs a command on the control connection, redialling once if a script's
// CLIENT KILL took it away.
func (s *Side) ctl(args ...string) (resp.Value, error) {
	for attempt := 0; ; attempt++ {
		if s.control == nil {
			c, err := Dial(s.server.Addr)
			if err != nil {
				return resp.Value{}, fmt.Errorf("%s: %w\n%s", s.Name, err, s.server.Log())
			}
			s.control = c
		}
		v, err := s.control.Do(args...)
		if err == nil {
			return v, nil
		}
		s.control.Close()
		s.control = nil
		if attempt > 0 {
			return v, fmt.Errorf("%s: %s: %w", s.Name, args[0], err)
		}
	}
}

// conn returns the named connection, opening it in the script's protocol at first.
func (s *Side) conn(name string) (*Conn, error) {
	if c := s.conns[name]; c != nil {
		return c, nil
	}
	c, err := Dial(s.server.Addr)
	if err != nil {
		return nil, err
	}
	if s.proto == 3 {
		v, err := c.Do("HELLO", "3")
		if err != nil || v.IsErr() {
			c.Close()
			return nil, fmt.Errorf("HELLO 3: %s %v", v, err)
		}
	}
	s.conns[name] = c
	return c, nil
}

// Step performs a step. The reply is meaningful for compared steps only.
func (s *Side) Step(step *script.Step) (resp.Value, error) {
	if step.Op == script.Blocked {
		return resp.Value{}, s.awaitBlocked(step.N)
	}
	args, err := s.expand(step.Args)
	if err != nil {
		return resp.Value{}, err
	}
	if step.Op == script.Conf {
		return resp.Value{}, s.configSet(args)
	}
	c, err := s.conn(step.Conn)
	if err != nil {
		return resp.Value{}, err
	}
	switch step.Op {
	case script.Command:
		return c.Do(args...)
	case script.Read:
		return c.Read()
	case script.Send:
		return resp.Value{}, c.Send(args...)
	case script.Raw:
		return resp.Value{}, c.SendRaw([]byte(args[0]))
	case script.Closed, script.Close:
		return resp.Value{}, s.drop(step, c)
	case script.Wait:
		return resp.Value{}, s.await(c, args, step.Want)
	case script.Let:
		return resp.Value{}, s.capture(c, args, step)
	}
	return resp.Value{}, fmt.Errorf("no such operation %d", step.Op)
}

func (s *Side) drop(step *script.Step, c *Conn) error {
	delete(s.conns, step.Conn)
	if step.Op == script.Close {
		return c.HangUp()
	}
	defer c.Close()
	return c.AwaitClosed()
}

func (s *Side) configSet(args []string) error {
	v, err := s.ctl(append([]string{"CONFIG", "SET"}, args...)...)
	if err == nil && v.IsErr() {
		err = fmt.Errorf("CONFIG SET: %s", v)
	}
	return err
}

func (s *Side) await(c *Conn, args []string, want *script.Expect) error {
	deadline := time.Now().Add(waitTimeout)
	for {
		v, err := c.Do(args...)
		if err != nil {
			return err
		}
		if err = want.Check(v, s.proto, script.Loose{}); err == nil {
			return nil
		}
		if v.IsErr() && strings.HasPrefix(v.Text, "ERR unknown command") {
			return fmt.Errorf("%s: no use in waiting", v)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("still %s after %v: %w", v, waitTimeout, err)
		}
		time.Sleep(pollEvery)
	}
}

var blockedClients = regexp.MustCompile(`(?m)^blocked_clients:(\d+)`)

func (s *Side) awaitBlocked(n int) error {
	deadline := time.Now().Add(waitTimeout)
	for {
		v, err := s.ctl("INFO", "clients")
		if err != nil {
			return err
		}
		m := blockedClients.FindStringSubmatch(v.Text)
		if m == nil {
			return fmt.Errorf("INFO clients tells no blocked_clients: %s", v)
		}
		if m[1] == strconv.Itoa(n) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s clients are blocked after %v, not %d", m[1], waitTimeout, n)
		}
		time.Sleep(pollEvery)
	}
}

func (s *Side) capture(c *Conn, args []string, step *script.Step) error {
	v, err := c.Do(args...)
	if err != nil {
		return err
	}
	for _, i := range step.Path {
		if i >= len(v.Elems) {
			return fmt.Errorf("no element %d in %s", i, v)
		}
		v = v.Elems[i]
	}
	if v.IsErr() || v.IsNull() || v.Elems != nil {
		return fmt.Errorf("%s cannot be kept in a variable", v)
	}
	s.vars[step.Var] = v.Text
	return nil
}

var varSyntax = regexp.MustCompile(`\{\{([a-z_0-9]+)\}\}`)

// expand replaces {{name}} by what @let kept under that name.
func (s *Side) expand(args []string) ([]string, error) {
	var err error
	out := make([]string, len(args))
	for i, arg := range args {
		out[i] = varSyntax.ReplaceAllStringFunc(arg, func(ref string) string {
			value, ok := s.vars[ref[2:len(ref)-2]]
			if !ok {
				err = fmt.Errorf("%s was never set by @let", ref)
			}
			return value
		})
	}
	return out, err
}
