package http_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/core/coretest"
	"github.com/ferrousdb/ferrous/modules"
	"github.com/ferrousdb/ferrous/modules/http"
)

// exported returns the names of the figures that a server, and a replica of it, export
// after some use.
func exported(t *testing.T) (names map[string]bool, text string) {
	t.Helper()
	master := serve(t, "--port", coretest.FreePort(t), "--bind", "127.0.0.1", "--slowlog-log-slower-than", "0", "--latency-monitor-threshold", "1",
		"--appendonly", "yes", "--min-replicas-to-write", "1", "--min-replicas-max-lag", "0", "--maxmemory", "1gb", "--toplist-enabled", "yes")
	replica := serve(t)
	addr := master.Addr("tcp").String()
	replica.Client().Must("REPLICAOF 127.0.0.1 %s", addr[strings.LastIndex(addr, ":")+1:])
	c := master.Client()
	c.Must("SET k v EX 1000")
	c.Must("GET k")
	c.Do("LPUSH k x")
	c.Must("DEBUG SLEEP 0.01")
	c.AwaitInfo("connected_slaves", "1")
	coretest.Eventually(t, "a replica in step", func() bool { return replica.get("/readyz", "").code == 200 })
	names = map[string]bool{}
	for _, r := range []*rig{master, replica} {
		a := r.get("/metrics", "")
		r.wantCode(a, 200, "/metrics")
		text += a.body + "\n"
		for line := range strings.Lines(a.body) {
			if name := figureName.FindString(line); name != "" {
				names[name] = true
			}
		}
	}
	return names, text
}

var figureName = regexp.MustCompile(`^[a-z_0-9]+`)

// TestFigures: the figures have the values that INFO tells, and the names that dashboards
// for redis_exporter ask for.
func TestFigures(t *testing.T) {
	names, text := exported(t)
	for _, line := range []string{
		`redis_up 1`, `redis_commands_total{cmd="get"} 1`, `redis_errors_total{err="WRONGTYPE"} 1`,
		`redis_commands_failed_calls_total{cmd="lpush"} 1`, `redis_db_keys{db="db0"} 1`, `redis_db_keys_expiring{db="db0"} 1`,
		`redis_keyspace_hits_total 1`, `redis_connected_slaves 1`, `redis_memory_max_bytes 1.073741824e+09`,
		`redis_config_value{key="maxmemory"} 1.073741824e+09`, `redis_aof_enabled 1`, `redis_rdb_last_bgsave_status 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no %s", line)
		}
	}
	// What the dashboards and alerts in redis_exporter's contrib/ ask for, without those of
	// clusters. (redis_memory_fragmentation_ratio and redis_command_call_duration_seconds_*, which are
	// there too, are names of its versions before 1.0.)
	for _, name := range strings.Fields(`redis_blocked_clients redis_commands_duration_seconds_total redis_commands_total
		redis_connected_clients redis_connected_slaves redis_db_keys redis_db_keys_expiring redis_evicted_keys_total redis_expired_keys_total
		redis_keyspace_hits_total redis_keyspace_misses_total redis_master_last_io_seconds_ago redis_memory_max_bytes redis_memory_used_bytes
		redis_memory_used_rss_bytes redis_net_input_bytes_total redis_net_output_bytes_total redis_total_system_memory_bytes redis_up
		redis_uptime_in_seconds redis_instance_info redis_slave_info redis_master_link_up redis_connected_slave_lag_seconds
		redis_connected_slave_offset_bytes redis_slowlog_length redis_slowlog_last_id redis_last_slow_execution_duration_seconds
		redis_latency_percentiles_usec redis_latency_spike_last redis_start_time_seconds redis_slave_repl_offset
		redis_exporter_last_scrape_duration_seconds go_goroutines process_cpu_seconds_total`) {
		if !names[name] {
			t.Errorf("no %s", name)
		}
	}
}

// TestEveryField: no field of INFO is forgotten: each that is a number is a figure, or said
// to be none.
func TestEveryField(t *testing.T) {
	s := coretest.Serve(t, modules.Full(), "--appendonly", "yes", "--min-replicas-to-write", "1", "--toplist-enabled", "yes")
	for _, name := range http.Forgotten(s.Client().Do("INFO everything")) {
		t.Errorf("INFO's field %s is neither a figure (names.go) nor left out with a reason (leftOut)", name)
	}
}

// TestContrib: the dashboard and the alerts ask only for what there is.
func TestContrib(t *testing.T) {
	names, _ := exported(t)
	dir := filepath.Join("..", "..", "contrib")
	asked := map[string][]string{}
	for _, file := range []string{filepath.Join(dir, "grafana", "ferrous.json"), filepath.Join(dir, "prometheus", "ferrous.rules.yml")} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, ".json") {
			var any map[string]any
			if err := json.Unmarshal(text, &any); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		asked[file] = regexp.MustCompile(`\b(redis|ferrous|go|process)_[a-z_0-9]+`).FindAllString(string(text), -1)
		if len(asked[file]) < 10 {
			t.Errorf("%s asks for %d figures", file, len(asked[file]))
		}
	}
	for file, all := range asked {
		slices.Sort(all)
		for _, name := range slices.Compact(all) {
			if !names[name] {
				t.Errorf("%s asks for %s, which there is not", file, name)
			}
		}
	}
}
