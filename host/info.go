package host

import (
	"cmp"
	"net"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/order"
	"github.com/ferrousdb/ferrous/host/engine"
)

// redisVersion is what clients take the server for: the version of Redis whose
// behaviour it has.
const redisVersion = "7.2.4"

// Version is ferrous's own.
const Version = "0.1.0"

// declareInfo registers the sections of INFO for which the host has the figures.
func (srv *Server) declareInfo(r *core.Registry) {
	add := func(name string, fill func(w *core.InfoWriter)) {
		r.Info(core.InfoSection{Name: name, Fill: fill})
	}
	add("server", srv.infoServer)
	add("clients", srv.infoClients)
	add("memory", srv.infoMemory)
	r.Info(core.InfoSection{Name: "persistence", Part: -2, Fill: srv.infoPersistence})
	add("stats", srv.infoStats)
	r.Info(core.InfoSection{Name: "cpu", Heading: "CPU", Fill: srv.infoCPU})
	add("modules", srv.infoModules)
	r.Info(core.InfoSection{Name: "commandstats", Extra: true, Fill: srv.infoCommands})
	add("errorstats", srv.infoErrors)
	add("keyspace", srv.infoKeyspace)
}

// infoPart is a section of an INFO, and the look that was taken for it; nil for none.
type infoPart struct {
	*core.InfoSection
	look *core.Look
}

// LookForInfo implements core.Server.
func (srv *Server) LookForInfo(sections []string) *core.Look {
	known := srv.facts.sections()
	parts := make([]infoPart, 0, len(known))
	all := &core.Look{}
	for i := range known {
		p := infoPart{InfoSection: &known[i]}
		if !wantsSection(p.InfoSection, sections) {
			continue
		}
		if p.Look != nil {
			p.look = p.Look()
			all = core.Join(all, p.look)
		}
		parts = append(parts, p)
	}
	all.Found = parts
	return all
}

// Info implements core.Server.
func (srv *Server) Info(c *core.Ctx, b []byte, look *core.Look) []byte {
	sv := srv.eng.SurveyFor(c)
	w := core.InfoWriter{Keys: &sv.Keys, Of: sv}
	w.AppendTo(b)
	last := ""
	for _, p := range look.Found.([]infoPart) {
		if p.Name != last {
			w.Heading(cmp.Or(p.Heading, strings.ToUpper(p.Name[:1])+p.Name[1:]))
			last = p.Name
		}
		if w.Found = nil; p.look != nil {
			w.Found = p.look.Found
		}
		p.Fill(&w)
	}
	return w.Bytes()
}

// wantsSection reports whether a section is among those that are asked for.
func wantsSection(s *core.InfoSection, asked []string) bool {
	for _, name := range asked {
		switch {
		case strings.EqualFold(name, s.Name), strings.EqualFold(name, "all"), strings.EqualFold(name, "everything"):
			return true
		case !s.Extra && strings.EqualFold(name, "default"):
			return true
		}
	}
	return !s.Extra && len(asked) == 0
}

// surveyed is what was found out for the INFO that is being written.
func surveyed(w *core.InfoWriter) *engine.Survey { return w.Of.(*engine.Survey) }

// infoOrder is the order of Redis's sections.
var infoOrder = []string{
	"server", "clients", "memory", "persistence", "stats", "replication", "cpu", "modules",
	"commandstats", "errorstats", "latencystats", "cluster", "keyspace",
}

// infoSections returns the sections in Redis's order, those of modules after
// them. Several of one name are one section, each with a part of its fields.
func (srv *Server) infoSections() []core.InfoSection {
	rank := func(s core.InfoSection) int {
		if i := slices.Index(infoOrder, s.Name); i >= 0 {
			return i
		}
		return len(infoOrder) + slices.IndexFunc(srv.registry.Sections(), func(o core.InfoSection) bool { return o.Name == s.Name })
	}
	sections := slices.Clone(srv.registry.Sections())
	order.Stable(sections, func(a, b core.InfoSection) int {
		return cmp.Or(rank(a)-rank(b), a.Part-b.Part)
	})
	return sections
}

func (srv *Server) infoServer(w *core.InfoWriter) {
	uptime := int64(time.Since(srv.start).Seconds())
	now := time.Now()
	w.String("redis_version", redisVersion)
	w.String("server_name", "ferrous")
	w.String("ferrous_version", Version)
	w.String("redis_git_sha1", srv.facts.revision)
	w.String("redis_build_id", srv.facts.buildID())
	w.Bool("redis_git_dirty", srv.facts.dirty)
	w.String("redis_mode", "standalone")
	w.String("os", srv.facts.system)
	w.Int("arch_bits", 32<<(^uint(0)>>63))
	w.String("monotonic_clock", "POSIX clock_gettime") // what Go's runtime reads
	w.String("multiplexing_api", multiplexing)
	w.String("go_version", runtime.Version())
	w.Int("process_id", srv.facts.pid)
	w.String("process_supervised", srv.process.manager)
	w.String("run_id", srv.runID)
	if zone := srv.params.zone.Load(); zone != "" {
		w.String("availability_zone", zone)
	}
	w.Int("tcp_port", srv.params.net.Port.Load())
	w.Int("server_time_usec", now.UnixMicro())
	w.Int("uptime_in_seconds", uptime)
	w.Int("uptime_in_days", uptime/86400)
	w.Int("hz", srv.params.hz.Load())
	w.Int("configured_hz", srv.params.hz.Load())
	w.Int("lru_clock", now.Unix()&(1<<24-1))
	w.String("executable", srv.Executable())
	w.String("config_file", srv.process.file)
	w.Int("io_threads_active", int64(srv.loops()))
	if until := srv.leavingAt(); until != 0 {
		w.Int("shutdown_in_milliseconds", max(until-now.UnixMilli(), 0))
	}
	i := 0
	srv.net.Listening(func(kind string, addr net.Addr) {
		w.Printf("listener"+strconv.Itoa(i), "name=%s,bind=%s", kind, addr)
		i++
	})
}

func (srv *Server) infoClients(w *core.InfoWriter) {
	f := &surveyed(w).Clients
	w.Int("connected_clients", f.Connected)
	w.Int("maxclients", srv.params.engine.MaxClients.Load())
	w.Int("client_recent_max_input_buffer", int64(f.MaxInput))
	w.Int("client_recent_max_output_buffer", int64(f.MaxOutput))
	w.Int("blocked_clients", int64(f.Blocked))
	w.Int("clients_in_timeout_table", int64(f.Timed))
	w.Int("total_blocking_keys", int64(f.BlockingKeys))
	w.Int("total_blocking_keys_on_nokey", int64(f.BlockingOnNoKey))
	w.Int("pubsub_clients", int64(f.PubSub))
	w.Int("paused_clients", int64(f.Paused))
}

func (srv *Server) infoMemory(w *core.InfoWriter) {
	use := srv.memoryUse(w.Keys.Memory, &surveyed(w).Clients)
	used, data, peak, rss := use.Used, use.Data, use.Peak, use.Resident
	pool := srv.ks.PoolStats()
	w.Human("used_memory", used)
	w.Human("used_memory_rss", rss)
	w.Human("used_memory_peak", peak)
	w.Printf("used_memory_peak_perc", "%.2f%%", 100*float64(used)/float64(max(peak, 1)))
	w.Int("used_memory_startup", srv.startup)
	w.Int("used_memory_overhead", srv.startup)
	w.Int("used_memory_dataset", data)
	w.Printf("used_memory_dataset_perc", "%.2f%%", 100*float64(data)/float64(used))
	w.Human("total_system_memory", srv.facts.memory)
	w.Human("maxmemory", srv.params.maxMemory.Load())
	w.String("maxmemory_policy", srv.params.policy.String())
	w.Float("mem_fragmentation_ratio", float64(rss)/float64(max(used, 1)))
	w.Int("mem_fragmentation_bytes", rss-used)
	w.String("mem_allocator", "ferrous-arena")
	srv.infoArena(w, use)
	w.Int("mem_not_counted_for_evict", 0) // all that maxmemory is compared with are data
	wasted, _ := srv.ks.Fragmentation()
	w.Int("arena_wasted_bytes", wasted)
	w.Int("active_defrag_running", srv.defrag.running.Load())
	w.Int("arena_mapped_bytes", pool.Mapped)
	w.Int("arena_resident_bytes", pool.Resident)
	w.Int("mem_clients_normal", use.Clients)
	w.Int("lazyfree_pending_objects", srv.ks.Garbage())
	w.Int("lazyfreed_objects", w.Keys.Swept)
	srv.usage.infoGo(w)
}

// infoArena tells of the arena under the names of Redis's allocator: what the data
// take, what is resident for them, and what else the process has.
func (srv *Server) infoArena(w *core.InfoWriter, use core.MemoryUse) {
	part := func(name string, n, of int64) {
		w.Float(name+"_ratio", float64(n)/float64(max(of, 1)))
		w.Int(name+"_bytes", n-of)
	}
	resident := srv.ks.PoolStats().Resident
	w.Int("allocator_allocated", use.Data)
	w.Int("allocator_active", resident)
	w.Int("allocator_resident", resident)
	part("allocator_frag", resident, use.Data)
	part("allocator_rss", resident, resident)
	part("rss_overhead", use.Resident, resident)
}

// goFigures are what the Go runtime tells of itself.
type goFigures struct {
	heap, total, cycles int64
	longest             float64 // seconds
	share               float64 // of the processor's time
}

// readGo asks the runtime what it takes and how long its collector stops the server.
func readGo() goFigures {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/cpu/classes/gc/total:cpu-seconds"},
		{Name: "/cpu/classes/total:cpu-seconds"},
	}
	metrics.Read(samples)
	f := goFigures{heap: int64(samples[0].Value.Uint64()), total: int64(samples[1].Value.Uint64()), cycles: int64(samples[2].Value.Uint64()),
		longest: longest(samples[3].Value.Float64Histogram())}
	if total := samples[5].Value.Float64(); total > 0 {
		f.share = samples[4].Value.Float64() / total
	}
	return f
}

// infoGo tells what the Go runtime takes, as of the last look.
func (u *usageSampler) infoGo(w *core.InfoWriter) {
	f := u.runtime.Load()
	if f == nil {
		now := readGo()
		f = &now
	}
	w.Int("go_heap_bytes", f.heap)
	w.Int("go_total_bytes", f.total)
	w.Int("go_gc_cycles", f.cycles)
	w.Int("go_gc_pause_max_us", int64(f.longest*1e6))
	w.Decimal("go_gc_cpu_fraction", f.share, 6)
}

// longest returns the upper bound of the highest bucket that is not empty.
func longest(h *metrics.Float64Histogram) float64 {
	for i := len(h.Counts) - 1; i >= 0; i-- {
		if h.Counts[i] > 0 {
			if i+1 < len(h.Buckets) && h.Buckets[i+1] < 1e9 {
				return h.Buckets[i+1]
			}
			return h.Buckets[i]
		}
	}
	return 0
}

func (srv *Server) infoStats(w *core.InfoWriter) {
	sum, ks := &surveyed(w).Totals, w.Keys
	rates := srv.usage.rates()
	w.Int("total_connections_received", sum.Accepted)
	w.Int("total_commands_processed", sum.Commands)
	w.Int("instantaneous_ops_per_sec", rates.Commands)
	w.Int("total_net_input_bytes", sum.In)
	w.Int("total_net_output_bytes", sum.Out)
	w.Float("instantaneous_input_kbps", float64(rates.In)/1024)
	w.Float("instantaneous_output_kbps", float64(rates.Out)/1024)
	w.Int("rejected_connections", sum.Rejected)
	w.Int("failed_accepts", srv.net.Failed.Load())
	snaps := srv.ks.Snapshots()
	// What stands in the place of a fork, under the names that monitors look for.
	w.Int("total_forks", snaps.Taken)
	w.Int("latest_fork_usec", snaps.LastPause.Microseconds())
	w.Int("snapshots_live", snaps.Live)
	w.Int("snapshot_retained_bytes", ks.Retained)
	w.Int("expired_keys", ks.Expired)
	w.Int("expired_subkeys", ks.ExpiredMembers)
	w.Float("expired_stale_perc", ks.StaleShare())
	w.Int("expired_time_cap_reached_count", srv.sweeper.cut.Load())
	w.Int("expire_cycle_cpu_milliseconds", srv.sweeper.nanos.Load()/1e6)
	w.Int("evicted_keys", srv.evict.evicted.Load())
	total, current := srv.evict.exceeded(srv.Now())
	w.Int("total_eviction_exceeded_time", total)
	w.Int("current_eviction_exceeded_time", current)
	w.Int("evicted_clients", sum.EvictedClients)
	w.Int("keyspace_hits", ks.Hits)
	w.Int("keyspace_misses", ks.Misses)
	w.Int("total_error_replies", sum.Errors)
	w.Int("total_reads_processed", sum.Reads)
	w.Int("total_writes_processed", sum.Writes)
	w.Int("io_threaded_reads_processed", sum.OtherReads)
	w.Int("io_threaded_writes_processed", sum.OtherWrites)
	w.Int("reply_buffer_shrinks", 0) // loops have buffers for replies, clients have none
	w.Int("reply_buffer_expands", 0)
	w.Int("active_defrag_hits", srv.defrag.moved.Load())
	w.Int("active_defrag_misses", srv.defrag.steps.Load()-srv.defrag.useful.Load())
	w.Int("active_defrag_key_hits", srv.defrag.moved.Load()) // an entry is a key
	w.Int("active_defrag_key_misses", srv.defrag.steps.Load()-srv.defrag.useful.Load())
	w.Int("total_active_defrag_time", srv.defrag.nanos.Load()/1e6)
	w.Int("current_active_defrag_time", srv.defrag.current()/1e6)
	w.Int("protocol_errors", sum.ProtocolErrors)
	w.Int("client_output_buffer_limit_disconnections", sum.OutputLimitDrops)
	// Of all loops together.
	w.Int("eventloop_cycles", sum.Turns)
	w.Int("eventloop_duration_sum", sum.Turning/1000)
	w.Int("eventloop_duration_cmd_sum", sum.Running/1000)
	w.Int("instantaneous_eventloop_cycles_per_sec", rates.Turns)
	w.Int("instantaneous_eventloop_duration_usec", rates.Turning/max(rates.Turns, 1)/1000)
}

func (srv *Server) infoCPU(w *core.InfoWriter) {
	user, system := cpuSeconds()
	w.Decimal("used_cpu_sys", system, 6)
	w.Decimal("used_cpu_user", user, 6)
	// There are no child processes, and every thread may be a main one.
	w.Decimal("used_cpu_sys_children", 0.0, 6)
	w.Decimal("used_cpu_user_children", 0.0, 6)
	w.Decimal("used_cpu_sys_main_thread", system, 6)
	w.Decimal("used_cpu_user_main_thread", user, 6)
}

func (srv *Server) infoModules(w *core.InfoWriter) {
	for _, name := range srv.registry.Modules() {
		w.String("module", "name="+name+",linked=1")
	}
}

func (srv *Server) infoCommands(w *core.InfoWriter) {
	surveyed(w).CommandStats(srv.registry.All(), func(cmd *core.Command, s core.CommandStats) {
		micros := s.Nanos / 1000
		per := 0.0
		if s.Calls > 0 {
			per = float64(s.Nanos) / 1000 / float64(s.Calls)
		}
		w.Printf("cmdstat_"+cmd.FullName(), "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			s.Calls, micros, per, s.Rejected, s.Failed)
	})
}

func (srv *Server) infoErrors(w *core.InfoWriter) {
	errs := surveyed(w).Errors
	var codes []string
	for code := range errs {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		w.Printf("errorstat_"+code, "count=%d", errs[code])
	}
}

func (srv *Server) infoKeyspace(w *core.InfoWriter) {
	for i := range w.Keys.Databases {
		if db := &w.Keys.Databases[i]; db.Keys > 0 {
			w.Printf("db"+strconv.Itoa(i), "keys=%d,expires=%d,avg_ttl=%d", db.Keys, db.Expires, db.AverageTTL())
		}
	}
}
