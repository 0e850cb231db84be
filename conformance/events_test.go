package conformance

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/conformance/script"
)

// TestKeyspaceEvents runs the lines of all scripts on both servers while a
// subscriber listens to every keyspace event of every class, and compares what each
// line has made happen: which event, in which database, to which key. So every
// command is shown to tell of what Redis tells, and of nothing else.
func TestKeyspaceEvents(t *testing.T) {
	families := map[string][]string{}
	for _, path := range scriptPaths(t) {
		family := filepath.Dir(path)
		families[family] = append(families[family], path)
	}
	for family, paths := range families {
		t.Run(family, func(t *testing.T) {
			t.Parallel()
			oracle := newOracle(t)
			if oracle == nil {
				t.Skip("redis-server is not installed, and events are not recorded")
			}
			e := eventRun{oracle: oracle, subject: startSubject(t)}
			for _, path := range paths {
				e.script(t, path)
			}
		})
	}
}

// eventsDiffer are scripts whose events are those of another release than the
// oracle's, with the reason.
var eventsDiffer = map[string]string{
	"lists/blpop.rsp":    runAgain,
	"lists/brpop.rsp":    runAgain,
	"lists/blmpop.rsp":   runAgain,
	"hashes/hsetex.rsp":  "the command is of 8.0",
	"hashes/hgetex.rsp":  "the command is of 8.0",
	"hashes/hgetdel.rsp": "the command is of 8.0",

	"streams/refs.rsp":       "what it is about is of 8.2",
	"streams/waiting.rsp":    madeAnyway,
	"streams/xautoclaim.rsp": madeAnyway,
	"streams/xclaim.rsp":     madeAnyway,
	"streams/xreadgroup.rsp": madeAnyway,
}

const madeAnyway = "7.2 makes the consumer even if there is nothing for it"

const runAgain = "7.2 runs the whole command of a blocked client again"

type eventRun struct {
	oracle  *Side
	subject subject
}

// listener is the subscriber on one side.
type listener struct {
	*Side
	conn *Conn
	n    int
}

func listen(s *Side) (*listener, error) {
	if v, err := s.ctl("CONFIG", "SET", "notify-keyspace-events", "EAmn"); err != nil || v.IsErr() {
		return nil, fmt.Errorf("%s %v", v, err)
	}
	conn, err := Dial(s.server.Addr)
	if err == nil {
		_, err = conn.Do("PSUBSCRIBE", "__keyevent@*")
	}
	return &listener{Side: s, conn: conn}, err
}

// heard returns the events since the last call. A PING, whose reply comes behind them, tells
// where they end.
func (l *listener) heard() (events []string, err error) {
	l.n++
	mark := fmt.Sprint("mark ", l.n)
	v, err := l.conn.Do("PING", mark)
	for ; err == nil; v, err = l.conn.Read() {
		if v.Kind == resp.Array && len(v.Elems) == 2 && v.Elems[1].Text == mark {
			break
		}
		if len(v.Elems) != 4 {
			return nil, fmt.Errorf("no message: %s", v)
		}
		_, event, _ := strings.Cut(v.Elems[2].Text, "__keyevent@")
		events = append(events, event+" "+resp.Quote(v.Elems[3].Text))
	}
	return events, err
}

func (e eventRun) script(t *testing.T, path string) {
	t.Helper()
	sc, err := script.ParseFile(filepath.Join(scriptsDir, path))
	if err != nil {
		t.Fatal(err)
	}
	if _, spared := e.subject.abilities.Spared(sc); spared || sc.OwnServer || meddles(sc) {
		return
	}
	var ears [2]*listener
	for i, side := range []*Side{e.oracle, e.subject.Side} {
		if err := side.Begin(sc, sc.Protos[0]); err != nil {
			t.Fatal(path, err)
		}
		if ears[i], err = listen(side); err != nil {
			t.Fatal(path, err)
		}
		defer ears[i].conn.Close()
	}
	var before [2][]string // of lines that wait for nothing
	for i := range sc.Steps {
		step := &sc.Steps[i]
		if len(e.subject.abilities.Missing(step.Requires)) > 0 {
			continue
		}
		var heard [2][]string
		for i, ear := range ears {
			if _, err := ear.Step(step); err != nil {
				t.Fatalf("%s:%d %s: %s: %v", path, step.Line, step.Text, ear.Name, err)
			}
			if heard[i], err = ear.heard(); err != nil {
				t.Fatalf("%s:%d %s: %s: %v", path, step.Line, step.Text, ear.Name, err)
			}
		}
		for i := range heard {
			before[i] = append(before[i], heard[i]...)
		}
		if step.Op == script.Send || step.Op == script.Raw {
			continue // it may not have arrived
		}
		want, got := timeless(before[0]), timeless(before[1])
		before = [2][]string{}
		// A line that is repeated until something has come true repeats its events;
		// where the releases differ their events may.
		if step.Op == script.Wait || len(step.Since) > 0 || eventsDiffer[path] != "" {
			continue
		}
		if !slices.Equal(want, got) {
			t.Errorf("%s:%d %s\n    redis:   %q\n    ferrous: %q", path, step.Line, step.Text, want, got)
		}
	}
	for _, side := range []*Side{e.oracle, e.subject.Side} {
		if err := side.End(sc); err != nil {
			t.Fatal(path, err)
		}
	}
}

// meddles reports whether a script looks at, or changes, what the subscriber needs
// or is.
func meddles(sc *script.Script) bool {
	return slices.ContainsFunc(sc.Steps, func(s script.Step) bool {
		text := strings.ToLower(s.Text)
		return strings.Contains(text, "notify-keyspace-events") || strings.HasPrefix(text, "client ") || strings.Contains(text, "rewrite")
	})
}

// timeless leaves out events that come when their time has come, and sorts the
// others: what several keys of one command go through has no order to rely on.
func timeless(events []string) []string {
	events = slices.DeleteFunc(events, func(e string) bool { return strings.Contains(e, ":expired ") })
	slices.Sort(events)
	return events
}
