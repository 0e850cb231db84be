package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// report is what the rounds of a policy came to.
type report struct {
	policy policy
	power  bool
	rounds int
	took   time.Duration
	outcome

	phases   map[string]int // kills by what the server was doing in the background
	files    int            // kills right at or after something had happened to a file
	gentle   int            // rounds that ended with SIGTERM
	loading  int            // additional kills: while it answered LOADING,
	starting int            // before it answered at all,
	started  int            // just when it had loaded
	losing   int            // rounds after which an acknowledged write was not there
	off      outcome        // of rounds that ended with the log switched off, or none to begin with
	litter   []string       // files that are left in the end and belong to nothing
	last     string
}

func newReport(o options) report {
	return report{policy: o.policy, power: o.power, phases: map[string]int{}}
}

func (r *report) kill(how, phase string, gentle bool) {
	r.last = strings.TrimSpace(how + " " + phase)
	if gentle {
		r.gentle++
		return
	}
	if phase == "" {
		phase = "neither"
	}
	r.phases[phase]++
	if how != "at random" {
		r.files++
	}
}

func (r *report) add(o outcome, off bool) {
	if off {
		r.off.add(o)
		return
	}
	r.outcome.add(o)
	if o.lost > 0 {
		r.losing++
	}
}

func (r *report) String() string {
	name := string(r.policy)
	if r.power {
		name += ", power failures"
	}
	kills := 0
	var phases []string
	for _, p := range slices.Sorted(maps.Keys(r.phases)) {
		kills += r.phases[p]
		phases = append(phases, fmt.Sprintf("%s %d", p, r.phases[p]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d rounds in %v\n", name, r.rounds, r.took.Round(time.Second))
	fmt.Fprintf(&b, "    %d kills under load (in the background: %s; %d of them at a change of a file), %d SIGTERMs\n",
		kills, strings.Join(phases, ", "), r.files, r.gentle)
	fmt.Fprintf(&b, "    %d more kills while starting: %d before it answered, %d while LOADING, %d just when ready\n",
		r.starting+r.loading+r.started, r.starting, r.loading, r.started)
	if r.policy.log() {
		fmt.Fprintf(&b, "    acknowledged %d; lost %d, in %d rounds, the first at most %v before the end; there without an acknowledgement %d\n",
			r.acked, r.lost, r.losing, r.age.Round(time.Millisecond), r.unacked)
	}
	fmt.Fprintf(&b, "    with the log off at the end: acknowledged %d, of which since the last guarantee, and lost: %d\n", r.off.acked, r.off.lost)
	fmt.Fprintf(&b, "    files left that belong to nothing: %d %v", len(r.litter), r.litter)
	return b.String()
}
