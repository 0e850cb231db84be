package http

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Fields of INFO that are more than a number: what each names, or counts apart, becomes
// labels, in the manner of redis_exporter.

// descriptions of such figures, by their names.
type described struct {
	upNow, instance, replica, start                    *prometheus.Desc
	calls, seconds, rejected, failed, percentiles, err *prometheus.Desc
	keys, expiring, ttl                                *prometheus.Desc
	lag, offset                                        *prometheus.Desc
	linkUp, lastIO, syncing, replicaOffset             *prometheus.Desc
	slowLength, slowLast, slowTook                     *prometheus.Desc
	spikeLast, spikeTook                               *prometheus.Desc
	scrapeTook, config                                 *prometheus.Desc
}

func newDescribed() *described {
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	replica := []string{"slave_ip", "slave_port", "slave_state"}
	master := []string{"master_host", "master_port"}
	return &described{
		upNow: d("redis_up", "1: the server has answered."),
		instance: d("redis_instance_info", "1, with what the server is.", "role", "redis_version", "ferrous_version", "redis_build_id", "redis_mode",
			"os", "maxmemory_policy", "tcp_port", "run_id", "process_id", "master_replid"),
		replica: d("redis_slave_info", "1 on a replica, with its master.", "master_host", "master_port", "read_only"),
		start:   d("redis_start_time_seconds", "When the server was started."),

		calls:       d("redis_commands_total", "Calls of a command.", "cmd"),
		seconds:     d("redis_commands_duration_seconds_total", "Time spent in a command.", "cmd"),
		rejected:    d("redis_commands_rejected_calls_total", "Calls that were refused before the command ran.", "cmd"),
		failed:      d("redis_commands_failed_calls_total", "Calls that replied an error.", "cmd"),
		percentiles: d("redis_latency_percentiles_usec", "Percentiles of a command's duration since CONFIG RESETSTAT, microseconds.", "cmd"),
		err:         d("redis_errors_total", "Errors replied, by their code.", "err"),

		keys:     d("redis_db_keys", "Keys of a database.", "db"),
		expiring: d("redis_db_keys_expiring", "Keys of a database with an expiry.", "db"),
		ttl:      d("redis_db_avg_ttl_seconds", "Mean time to live of those, estimated.", "db"),

		lag:    d("redis_connected_slave_lag_seconds", "Seconds since a replica was heard of.", replica...),
		offset: d("redis_connected_slave_offset_bytes", "Where a replica is in the history of writes.", replica...),

		linkUp:        d("redis_master_link_up", "1 if the link of a replica to its master is up.", master...),
		lastIO:        d("redis_master_last_io_seconds_ago", "Seconds since the master was heard of.", master...),
		syncing:       d("redis_master_sync_in_progress", "1 during a full sync with the master.", master...),
		replicaOffset: d("redis_slave_repl_offset", "Where this replica is in the history of writes.", master...),

		slowLength: d("redis_slowlog_length", "Commands in the slow log."),
		slowLast:   d("redis_slowlog_last_id", "Number of the last slow command."),
		slowTook:   d("redis_last_slow_execution_duration_seconds", "Time that the last slow command took."),
		spikeLast:  d("redis_latency_spike_last", "When the latency monitor last saw an event.", "event_name"),
		spikeTook:  d("redis_latency_spike_duration_seconds", "How long that held commands up.", "event_name"),

		scrapeTook: d("redis_exporter_last_scrape_duration_seconds", "Time that it took to collect these figures."),
		config:     d("redis_config_value", "Parameters that limit something.", "key"),
	}
}

// fieldsOf walks the fields of INFO, with the section that each is in.
func fieldsOf(text []byte) iter.Seq2[string, [2]string] {
	return func(yield func(section string, field [2]string) bool) {
		section := ""
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\r\n")
			if heading, ok := strings.CutPrefix(line, "# "); ok {
				section = heading
				continue
			}
			name, value, ok := strings.Cut(line, ":")
			if ok && !yield(section, [2]string{name, value}) {
				return
			}
		}
	}
}

// number reads a field's value: a number, or the word for one.
func number(value string) (float64, bool) {
	switch value {
	case "ok":
		return 1, true
	case "err":
		return 0, true
	}
	n, err := strconv.ParseFloat(value, 64)
	return n, err == nil
}

// parts reads "keys=1,expires=0".
func parts(value string) map[string]string {
	all := map[string]string{}
	for part := range strings.SplitSeq(value, ",") {
		if name, v, ok := strings.Cut(part, "="); ok {
			all[name] = v
		}
	}
	return all
}

// special makes the figures of a field that is more than a number; it reports whether the
// field was one.
func (c *collection) special(section, name, value string) bool {
	d, p := c.desc, parts(value)
	n := func(part string) float64 { v, _ := number(p[part]); return v }
	switch section {
	case "Commandstats":
		cmd := strings.TrimPrefix(name, "cmdstat_")
		c.add(d.calls, counter, n("calls"), cmd)
		c.add(d.seconds, counter, n("usec")/1e6, cmd)
		c.add(d.rejected, counter, n("rejected_calls"), cmd)
		c.add(d.failed, counter, n("failed_calls"), cmd)
		c.commands[cmd] = [2]float64{n("calls"), n("usec")}
		return true
	case "Latencystats":
		c.summary(strings.TrimPrefix(name, "latency_percentiles_usec_"), p)
		return true
	case "Errorstats":
		c.add(d.err, counter, n("count"), strings.TrimPrefix(name, "errorstat_"))
		return true
	case "Keyspace":
		c.add(d.keys, gauge, n("keys"), name)
		c.add(d.expiring, gauge, n("expires"), name)
		c.add(d.ttl, gauge, n("avg_ttl")/1000, name)
		return true
	case "Replication":
		return c.replication(name, value, p)
	}
	return false
}

// replication is special for the section of that name.
func (c *collection) replication(name, value string, p map[string]string) bool {
	d := c.desc
	n, _ := number(value)
	master := []string{c.text["master_host"], c.text["master_port"]}
	switch name {
	case "master_link_status":
		up := 0.0
		if value == "up" {
			up = 1
		}
		c.add(d.linkUp, gauge, up, master...)
	case "master_last_io_seconds_ago":
		c.add(d.lastIO, gauge, n, master...)
	case "master_sync_in_progress":
		c.add(d.syncing, gauge, n, master...)
	case "slave_repl_offset":
		c.add(d.replicaOffset, gauge, n, master...)
	default:
		if !strings.HasPrefix(name, "slave") || p["ip"] == "" {
			return false
		}
		labels := []string{p["ip"], p["port"], p["state"]}
		lag, _ := number(p["lag"])
		offset, _ := number(p["offset"])
		c.add(d.lag, gauge, lag, labels...)
		c.add(d.offset, gauge, offset, labels...)
	}
	return true
}

// summary makes the percentiles of a command: "p50=1.003,p99=4.015".
func (c *collection) summary(cmd string, p map[string]string) {
	quantiles := map[float64]float64{}
	for name, value := range p {
		q, ok1 := number(strings.TrimPrefix(name, "p"))
		v, ok2 := number(value)
		if ok1 && ok2 {
			quantiles[q] = v
		}
	}
	sum := c.commands[cmd]
	if m, err := prometheus.NewConstSummary(c.desc.percentiles, uint64(sum[0]), sum[1], quantiles, cmd); err == nil {
		c.all = append(c.all, m)
	}
}

// whole makes the figures that need several fields.
func (c *collection) whole() {
	d, t := c.desc, c.text
	c.add(d.instance, gauge, 1, t["role"], t["redis_version"], t["ferrous_version"], t["redis_build_id"], t["redis_mode"],
		t["os"], t["maxmemory_policy"], t["tcp_port"], t["run_id"], t["process_id"], t["master_replid"])
	if t["role"] == "slave" {
		c.add(d.replica, gauge, 1, t["master_host"], t["master_port"], t["slave_read_only"])
	}
	c.add(d.start, gauge, float64(c.m.srv.StartTime().UnixMilli())/1000)
	for _, key := range []string{"maxclients", "maxmemory"} {
		if n, ok := number(t[key]); ok {
			c.add(d.config, gauge, n, key)
		}
	}
}

// derived reports whether a field is text, or repeats a number for people.
func derived(name, value string) bool {
	if _, ok := number(value); !ok {
		return true
	}
	return strings.HasSuffix(name, "_human") || strings.HasSuffix(name, "_perc") || slices.Contains(leftOut, name)
}
