package conformance

import (
	"fmt"

	"github.com/ferrousdb/ferrous/conformance/resp"
	"github.com/ferrousdb/ferrous/conformance/script"
)

// Run is one pass of a script in one protocol. Oracle or Subject may be absent:
// without an oracle its recorded replies are used, without a subject there is only
// something to record.
type Run struct {
	Script   *script.Script
	Proto    int
	Oracle   *Side
	Subject  *Side
	Recorded []Entry // nil if nothing was recorded

	// The versions decide which @since lines apply to which server.
	OracleVersion, SubjectVersion script.Version

	// Abilities are the subject's: it is spared lines that require others.
	Abilities *Abilities

	entries  []Entry
	problems []string
}

// Do runs the script and returns what a recording of it should hold, and everything
// that was wrong. A lost connection or a missing reply ends the script at once, since
// later replies would be compared with the wrong ones.
func (r *Run) Do() (entries []Entry, problems []string) {
	sides := []*Side{r.Oracle, r.Subject}
	for _, s := range sides {
		if s == nil {
			continue
		}
		if err := s.Begin(r.Script, r.Proto); err != nil {
			return nil, []string{err.Error()}
		}
	}
	for i := range r.Script.Steps {
		if !r.step(&r.Script.Steps[i]) {
			break
		}
	}
	for _, s := range sides {
		if s == nil {
			continue
		}
		if err := s.End(r.Script); err != nil {
			r.problems = append(r.problems, err.Error())
			s.Stop() // a server in an unknown state serves no other script
		}
	}
	return r.entries, r.problems
}

// step performs one step on both sides and compares. It reports whether to go on.
func (r *Run) step(step *script.Step) bool {
	var want, got resp.Value
	var err error
	if r.Oracle != nil {
		if want, err = r.Oracle.Step(step); err != nil {
			r.problem(step, "%s: %v", r.Oracle.Name, err)
			return false
		}
		if step.Compared() {
			r.checkOracle(step, want)
		}
	}
	if r.Subject == nil {
		return true
	}
	if len(r.Abilities.Missing(step.Requires)) > 0 {
		return r.spare(step)
	}
	if got, err = r.Subject.Step(step); err != nil {
		r.problem(step, "%s: %v", r.Subject.Name, err)
		return false
	}
	if !step.Compared() {
		return true
	}
	if r.Oracle == nil {
		entry, ok := r.nextRecorded(step)
		if !ok {
			return false
		}
		want = entry.Reply
	}
	r.compare(step, want, got)
	return true
}

// checkOracle compares the oracle's own reply with what the script and the recording
// say about it, and adds it to the entries.
func (r *Run) checkOracle(step *script.Step, v resp.Value) {
	entry := Entry{Command: step.Text}
	since := step.SinceFor(r.Proto)
	switch {
	case since == nil:
		if err := step.Loose.Check(v); err != nil {
			r.problem(step, "%s: %s\n    %v", r.Oracle.Name, brief(v), err)
		}
		entry.Reply = step.Loose.Canon(v)
	case r.OracleVersion.Before(since.Version):
		entry.Since = true
		if since.Want.Check(v, r.Proto, step.Loose) == nil {
			r.problem(step, "@since is needless: %s %s replies the same, %s", r.Oracle.Name, r.OracleVersion, brief(v))
		}
	default:
		entry.Since = true
		if err := since.Want.Check(v, r.Proto, step.Loose); err != nil {
			r.problem(step, "%s %s: %s\n    @since: %v", r.Oracle.Name, r.OracleVersion, brief(v), err)
		}
	}
	r.keep(step, entry)
}

// keep adds an entry, in the recorded form while that still matches: numbers within a
// tolerance do not change a recording each time.
func (r *Run) keep(step *script.Step, entry Entry) {
	i := len(r.entries)
	if i < len(r.Recorded) {
		old := r.Recorded[i]
		if old.Command == entry.Command && old.Since == entry.Since &&
			(old.Since || step.Loose.Canon(old.Reply).Equal(old.Reply) && step.Loose.Match(old.Reply, entry.Reply) == nil) {
			entry = old
		}
	}
	r.entries = append(r.entries, entry)
}

func (r *Run) nextRecorded(step *script.Step) (Entry, bool) {
	i := len(r.entries)
	if i >= len(r.Recorded) || r.Recorded[i].Command != step.Text {
		r.problem(step, "the recording does not match the script: run go test ./conformance -record where redis-server is installed")
		return Entry{}, false
	}
	r.entries = append(r.entries, r.Recorded[i])
	return r.Recorded[i], true
}

// spare leaves a line out for the subject. What the oracle replied is kept all the same,
// so that a recording does not depend on what ferrous has.
func (r *Run) spare(step *script.Step) bool {
	if r.Oracle == nil && step.Compared() {
		_, ok := r.nextRecorded(step)
		return ok
	}
	return true
}

func (r *Run) compare(step *script.Step, want, got resp.Value) {
	since := step.SinceFor(r.Proto)
	if since != nil && !r.SubjectVersion.Before(since.Version) {
		if err := since.Want.Check(got, r.Proto, step.Loose); err != nil {
			r.problem(step, "%s: %s\n    @since %s (%s): %v", r.Subject.Name, brief(got), since.Version, since.Reason, err)
		}
		return
	}
	if since != nil && r.Oracle == nil {
		return // an old server is replayed against a recording that leaves this out
	}
	if err := step.Loose.Match(want, got); err != nil {
		oracle := "recorded"
		if r.Oracle != nil {
			oracle = r.Oracle.Name
		}
		r.problem(step, "%-8s %s\n    %-8s %s\n    %v", oracle+":", brief(want), r.Subject.Name+":", brief(got), err)
	}
}

func (r *Run) problem(step *script.Step, format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf("%s:%d (RESP%d, %s) %s\n    %s",
		r.Script.Path, step.Line, r.Proto, step.Conn, step.Text, fmt.Sprintf(format, args...)))
}

// brief is a reply's literal, cut to what a report can bear.
func brief(v resp.Value) string {
	const limit = 2000
	s := v.String()
	if len(s) > limit {
		s = fmt.Sprintf("%s... (%d bytes)", s[:limit], len(s))
	}
	return s
}
