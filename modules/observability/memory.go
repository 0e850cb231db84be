package observability

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/ferrousdb/ferrous/core"
	"github.com/ferrousdb/ferrous/core/arena"
)

// figures are what MEMORY STATS and MEMORY DOCTOR are made of.
type figures struct {
	core.MemoryUse
	pool arena.Stats
}

func measure(c *core.Ctx) figures {
	return figures{MemoryUse: c.Server.Memory(c), pool: c.Server.Keyspace().PoolStats()}
}

// active is what the allocator has in slabs that hold data, their gaps included.
func (f *figures) active() int64 { return f.Data + f.pool.Holes }

// ratio returns a/b, or 1 where there is nothing to compare.
func ratio(a, b int64) float64 {
	if b <= 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// memoryStats is MEMORY STATS. The tables of keys are not accounted apart from the data, so
// Redis's fields for these are left out; those about the log, replicas and scripts are there
// if their modules are.
func (m *module) memoryStats(c *core.Ctx) error {
	f := measure(c)
	type field struct {
		name string
		n    int64
		f    float64 // if n is -1
	}
	perKey := int64(0)
	if f.Keys > 0 {
		perKey = f.Data / f.Keys
	}
	fields := []field{
		{"peak.allocated", f.Peak, 0},
		{"total.allocated", f.Used, 0},
		{"startup.allocated", f.Startup, 0},
		{"clients.normal", f.Clients, 0},
	}
	for _, o := range c.Server.Registry().Overhead() {
		fields = append(fields, field{o.Name, o.Bytes(), 0})
	}
	fields = append(fields, []field{
		{"overhead.total", f.Startup, 0},
		{"keys.count", f.Keys, 0},
		{"keys.bytes-per-key", perKey, 0},
		{"dataset.bytes", f.Data, 0},
		{"dataset.percentage", -1, 100 * float64(f.Data) / float64(max(f.Used-f.Startup, 1))},
		{"peak.percentage", -1, 100 * ratio(f.Used, f.Peak)},
		{"allocator.allocated", f.Data, 0},
		{"allocator.active", f.active(), 0},
		{"allocator.resident", f.pool.Resident, 0},
		{"allocator-fragmentation.ratio", -1, ratio(f.active(), f.Data)},
		{"allocator-fragmentation.bytes", f.pool.Holes, 0},
		{"allocator-rss.ratio", -1, ratio(f.pool.Resident, f.active())},
		{"allocator-rss.bytes", f.pool.Resident - f.active(), 0},
		{"rss-overhead.ratio", -1, ratio(f.Resident, f.pool.Resident)},
		{"rss-overhead.bytes", f.Resident - f.pool.Resident, 0},
		{"fragmentation", -1, ratio(f.Resident, f.Used)},
		{"fragmentation.bytes", f.Resident - f.Used, 0},
	}...)
	c.Map(len(fields))
	for _, x := range fields {
		c.BulkString(x.name)
		if x.n == -1 {
			c.Double(x.f)
		} else {
			c.Int(x.n)
		}
	}
	return nil
}

// memoryDoctor is MEMORY DOCTOR.
func (m *module) memoryDoctor(c *core.Ctx) error {
	f := measure(c)
	c.Verbatim("txt", f.diagnose())
	return nil
}

// Below that many bytes figures say little.
const (
	littleMemory = 5 << 20
	muchWaste    = 10 << 20
	muchBuffer   = 200 << 10 // for each client
)

func (f *figures) diagnose() string {
	if f.Used < littleMemory {
		return "There are hardly any data, so there is nothing to find.\n"
	}
	var found []string
	say := func(problem bool, text string) {
		if problem {
			found = append(found, text)
		}
	}
	say(ratio(f.Peak, f.Used) > 1.5,
		"The server once used half as much again as now, or more. What it took for that goes back to the system as slabs become empty; MEMORY PURGE gives back what is ready.")
	say(ratio(f.active(), f.Data) > 1.1 && f.pool.Holes > muchWaste,
		"More than a tenth of the memory of the data is gaps between them. CONFIG SET activedefrag yes makes the server close them.")
	say(ratio(f.pool.Resident, f.active()) > 1.1 && f.pool.Resident-f.active() > muchWaste,
		"The allocator holds more than a tenth above what the data need. MEMORY PURGE gives it back.")
	say(ratio(f.Resident, f.pool.Resident) > 1.4 && f.Resident-f.pool.Resident > muchWaste,
		fmt.Sprintf("The process takes much memory beside the data: %s, of which the Go runtime has %s. Many clients, large replies or requests need it; GOMEMLIMIT bounds it.",
			core.HumanBytes(f.Resident-f.pool.Resident), core.HumanBytes(f.GoHeap)))
	say(f.Clients/max(f.Sessions, 1) > muchBuffer,
		"Clients have more than 200 KB of buffers each on average: they ask for more than they read. CLIENT LIST shows which; client-output-buffer-limit bounds it.")
	if len(found) == 0 {
		return "There is nothing wrong with the memory of this server.\n"
	}
	return "This may be wrong:\n\n * " + strings.Join(found, "\n * ") + "\n"
}

// mallocStats is MEMORY MALLOC-STATS: figures of the arena, which holds the data,
// and of the Go runtime, which holds the rest.
func (m *module) mallocStats(c *core.Ctx) error {
	f := measure(c)
	var b strings.Builder
	line := func(name string, n int64, what string) { fmt.Fprintf(&b, "%-24s %14d  %s\n", name, n, what) }
	b.WriteString("Arena (the data)\n")
	line("mapped", f.pool.Mapped, "bytes of address space")
	line("resident", f.pool.Resident, "bytes of memory behind it, about")
	line("used", f.Data, "bytes in blobs")
	line("holes", f.pool.Holes, "bytes free in slabs that are in use")
	line("regions", int64(f.pool.Regions), "")
	line("chunks used", int64(f.pool.UsedChunks), "of 64 KiB")
	line("chunks free", int64(f.pool.FreeChunks), "of 64 KiB")
	line("large blobs", int64(f.pool.Huge), "with a mapping of their own")
	b.WriteString("Go runtime (everything else)\n")
	line("go", f.GoHeap, "bytes, not given back to the system")
	line("clients", f.Clients, "bytes in buffers of clients")
	line("process", f.Resident, "bytes resident in all")
	c.Verbatim("txt", b.String())
	return nil
}

// lookForPurge gives back what the shards' arenas have free.
func (m *module) lookForPurge(c *core.Ctx) *core.Look {
	return &core.Look{Shards: c.Server.Keyspace().Trim}
}

// memoryPurge is MEMORY PURGE: what is free goes back to the system, of the
// arena and of the Go heap. It takes long, but nobody else waits for it.
func (m *module) memoryPurge(c *core.Ctx) error {
	c.Looked()
	c.Server.Keyspace().TrimReserve()
	debug.FreeOSMemory()
	c.OK()
	return nil
}
