package observability

import (
	"fmt"
	"strings"

	"github.com/ferrousdb/ferrous/core"
)

// doctor is LATENCY DOCTOR: what the latency monitor has seen, in words, and what
// may be done about it.
func (m *module) doctor(c *core.Ctx) error {
	c.Verbatim("txt", m.diagnose(c.Now/1000))
	return nil
}

// diagnose writes the report; now is Unix seconds.
func (m *module) diagnose(now int64) string {
	names := m.events.names()
	if len(names) == 0 {
		if m.params.threshold.Load() == 0 {
			return "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n"
		}
		return "Nothing has taken longer than latency-monitor-threshold so far.\n"
	}
	var b strings.Builder
	b.WriteString("These events took longer than latency-monitor-threshold:\n\n")
	var advice []string
	for i, name := range names {
		s := m.events.get(name)
		if len(s.samples) == 0 { // reset meanwhile
			continue
		}
		d := s.describe(now)
		fmt.Fprintf(&b, "%d. %s: %d samples, %d ms on average, mean deviation %d ms, one in %.2f s; the worst ever took %d ms.\n",
			i+1, name, len(s.samples), d.average, d.deviation, d.period, s.worst)
		advice = append(advice, m.advice(name)...)
	}
	if len(advice) > 0 {
		b.WriteString("\nWhat may help:\n\n")
		for _, text := range advice {
			b.WriteString("- " + text + "\n")
		}
	}
	return b.String()
}

// description is what is said of a series.
type description struct {
	average, deviation int64   // milliseconds
	period             float64 // seconds between samples
}

func (s *series) describe(now int64) (d description) {
	n := int64(len(s.samples))
	for _, x := range s.samples {
		d.average += x.ms
	}
	d.average /= n
	for _, x := range s.samples {
		d.deviation += max(x.ms-d.average, d.average-x.ms)
	}
	d.deviation /= n
	d.period = float64(max(now-s.samples[0].time, 1)) / float64(n)
	return d
}

// advice says what may be done about an event.
func (m *module) advice(event string) []string {
	switch event {
	case "command":
		return append(m.slowLogAdvice(), "Some commands do much at once: look for those with large ranges, KEYS, or operations on whole large collections, and split them up.")
	case "fast-command":
		return []string{"Commands that do little were held up, so the process did not get the processor: other programs on the machine, a virtual machine that has to share, or swapping are likely. 'redis-cli --intrinsic-latency 100' measures the machine alone."}
	case "fork":
		return []string{"Taking a snapshot held all commands up for the time told. It grows with the number of keys; take snapshots less often, or spread the keys over several servers."}
	case "eviction-cycle":
		return []string{"Commands waited while keys were evicted. A lower maxmemory-eviction-tenacity makes the wait shorter, more room under maxmemory makes it rarer."}
	}
	return nil
}

// slowLogAdvice tells how the slow log shows which commands are slow.
func (m *module) slowLogAdvice() []string {
	limit := m.params.threshold.Load()
	slower := m.params.slowerThan.Load()
	switch set := fmt.Sprintf("CONFIG SET slowlog-log-slower-than %d", limit*1000); {
	case !m.params.slowLog.Load():
		return []string{"The slow log is off: CONFIG SET slowlog-enabled yes, and " + set + ", make it keep the commands in question."}
	case slower < 0 || slower > limit*1000:
		return []string{"The slow log does not keep all the commands in question: " + set + " makes it do so."}
	}
	return []string{"SLOWLOG GET shows the commands in question."}
}
