package http

import (
	"fmt"
	nethttp "net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ferrousdb/ferrous/core"
)

// scraper makes figures of INFO when somebody asks for them; nothing is counted in between.
type scraper struct {
	m       *module
	byField map[string]named
	desc    *described
	process *prometheus.Registry // of the Go runtime and of the process

	scrapes prometheus.Counter
	took    prometheus.Summary
}

// named is a figure with its description.
type named struct {
	figure
	desc *prometheus.Desc
}

func newScraper(m *module) *scraper {
	s := &scraper{m: m, byField: map[string]named{}, desc: newDescribed(), process: prometheus.NewRegistry()}
	for _, f := range figures {
		s.byField[f.field] = named{f, prometheus.NewDesc(f.name, f.help, nil, nil)}
	}
	s.scrapes = prometheus.NewCounter(prometheus.CounterOpts{Name: "redis_exporter_scrapes_total", Help: "How often these figures were asked for."})
	s.took = prometheus.NewSummary(prometheus.SummaryOpts{Name: "redis_exporter_scrape_duration_seconds", Help: "Time that it took to collect these figures."})
	s.process.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), s.scrapes, s.took)
	return s
}

// serve is /metrics: for who may run INFO. What more is told depends on what else he may
// run.
func (s *scraper) serve(w nethttp.ResponseWriter, r *nethttp.Request, g *guest) error {
	if err := g.need(s.m, "info"); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(&collection{m: s.m, scraper: s, desc: s.desc, guest: g}); err != nil {
		return err
	}
	promhttp.HandlerFor(prometheus.Gatherers{s.process, registry}, promhttp.HandlerOpts{ErrorLog: promLog{s.m.log}}).ServeHTTP(w, r)
	return nil
}

// collection is one time that the figures are asked for.
type collection struct {
	*scraper
	m     *module
	desc  *described
	guest *guest

	text     map[string]string     // every field of INFO
	commands map[string][2]float64 // calls, microseconds
	all      []prometheus.Metric
}

// Describe implements prometheus.Collector: which figures there are is seen when they are
// collected.
func (*collection) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c *collection) Collect(out chan<- prometheus.Metric) {
	begin := time.Now()
	c.text, c.commands, c.all = map[string]string{}, map[string][2]float64{}, nil
	info := c.m.info()
	for _, f := range fieldsOf(info) {
		c.text[f[0]] = f[1]
	}
	for section, f := range fieldsOf(info) {
		c.field(section, f[0], f[1])
	}
	c.whole()
	c.slowLog()
	c.spikes()
	c.add(c.desc.upNow, gauge, 1)
	took := time.Since(begin).Seconds()
	c.add(c.desc.scrapeTook, gauge, took)
	c.scrapes.Inc()
	c.took.Observe(took)
	for _, m := range c.all {
		out <- m
	}
}

func (c *collection) add(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
	if m, err := prometheus.NewConstMetric(d, kind, v, labels...); err == nil {
		c.all = append(c.all, m)
	}
}

// field makes the figure of a field of INFO.
func (c *collection) field(section, name, value string) {
	if c.special(section, name, value) {
		return
	}
	f, known := c.byField[name]
	v, ok := number(value)
	if !known || !ok {
		return
	}
	if f.scale != 0 {
		v *= f.scale
	}
	c.add(f.desc, f.kind, v)
}

// slowLog tells of the slow log, to who may see it.
func (c *collection) slowLog() {
	if n, ok := c.reply("SLOWLOG", "LEN").(int64); ok {
		c.add(c.desc.slowLength, gauge, float64(n))
	}
	last, _ := c.reply("SLOWLOG", "GET", "1").([]any)
	if len(last) == 0 {
		return
	}
	if e, _ := last[0].([]any); len(e) > 2 {
		id, _ := e[0].(int64)
		micros, _ := e[2].(int64)
		c.add(c.desc.slowLast, gauge, float64(id))
		c.add(c.desc.slowTook, gauge, float64(micros)/1e6)
	}
}

// spikes tells of the latency monitor.
func (c *collection) spikes() {
	events, _ := c.reply("LATENCY", "LATEST").([]any)
	for _, x := range events {
		e, _ := x.([]any)
		if len(e) < 3 {
			continue
		}
		name, _ := e[0].([]byte)
		at, _ := e[1].(int64)
		millis, _ := e[2].(int64)
		c.add(c.desc.spikeLast, gauge, float64(at), string(name))
		c.add(c.desc.spikeTook, gauge, float64(millis)/1000, string(name))
	}
}

// reply runs a command as the user, if he may, and returns its reply or nil.
func (c *collection) reply(words ...string) any {
	if c.guest.need(c.m, words...) != nil {
		return nil
	}
	reply, err := c.guest.do(words...)
	if err != nil {
		return nil
	}
	return reply
}

// promLog is where promhttp logs what is wrong with the figures.
type promLog struct{ log core.Logger }

// Println implements promhttp.Logger.
func (p promLog) Println(v ...any) { p.log.Warn(fmt.Sprint(v...)) }
