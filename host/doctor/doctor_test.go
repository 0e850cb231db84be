package doctor

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ferrousdb/ferrous/core/config"
)

// schema declares what the rules ask for, with Redis's defaults; args set some of it.
func schema(t *testing.T, args ...string) *config.Schema {
	t.Helper()
	s := config.NewSchema()
	text := func(def string, names ...string) {
		for _, name := range names {
			s.Text(config.Param{Name: name, Section: "x", Default: def, Doc: "x", Flags: config.MultiArg})
		}
	}
	text("* -::*", "bind")
	text("6379", "port")
	text("0", "tls-port", "maxmemory", "io-threads", "tls-auto-reload-interval")
	text("511", "tcp-backlog")
	text("10000", "maxclients")
	text("", "requirepass", "unixsocket", "unixsocketperm", "tls-cert-file", "tls-protocols", "replicaof", "masterauth")
	text("yes", "protected-mode", "stop-writes-on-bgsave-error", "rdbchecksum", "replica-read-only")
	text("no", "enable-debug-command", "enable-protected-configs", "appendonly", "no-appendfsync-on-rewrite", "arena-huge-pages")
	text("noeviction", "maxmemory-policy")
	text("everysec", "appendfsync")
	text("3600 1", "save")
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(args); i += 2 {
		if err := s.Load(config.Origin{Source: "test"}, args[i], strings.Fields(args[i+1]+" ")); err != nil {
			if err := s.Load(config.Origin{Source: "test"}, args[i], []string{args[i+1]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return s
}

const gb = 1 << 30

// sound is a machine and a configuration with nothing to say about: each test spoils it.
func sound(t *testing.T, args ...string) *Patient {
	now := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	args = append([]string{"bind", "127.0.0.1", "maxmemory", "6442450944", "maxmemory-policy", "volatile-lru", "appendonly", "yes", "tls-auto-reload-interval", "60"}, args...)
	return &Patient{
		Schema: schema(t, args...),
		Machine: Machine{
			Now: now, Cores: 4, Memory: 8 * gb, Overcommit: "0", HugePages: "madvise", Somaxconn: 4096, Files: 1 << 20,
			Disk: Disk{Path: "/data", Free: 50 * gb, Total: 100 * gb},
		},
		Info:  map[string]string{"db0": "keys=10,expires=9,avg_ttl=0", "connected_clients": "1"},
		Files: map[string]File{"/c.crt": {Expires: now.Add(90 * 24 * time.Hour)}, "/c.key": {Secret: true, Mode: 0o600}},
	}
}

// TestRules: each rule speaks when it should, and of nothing else.
func TestRules(t *testing.T) {
	set := func(args ...string) func(*Patient) {
		return func(p *Patient) { p.Schema = sound(t, args...).Schema }
	}
	info := func(name, value string) func(*Patient) {
		return func(p *Patient) { p.Info[name] = value }
	}
	for _, c := range []struct {
		name  string
		spoil func(p *Patient)
		want  string // rules with their levels
	}{
		{"a sound server", func(*Patient) {}, ""},
		{"no password, loopback only", func(p *Patient) { p.Open = true }, ""},
		{"no password, protected", func(p *Patient) { set("bind", "0.0.0.0")(p); p.Open = true }, "protected note"},
		{"no password, not protected", func(p *Patient) { set("bind", "* -::*", "protected-mode", "no")(p); p.Open = true }, "open-to-all danger"},
		{"an address of a network", func(p *Patient) { set("bind", "127.0.0.1 10.0.0.5", "protected-mode", "no")(p); p.Open = true }, "open-to-all danger"},
		{"no TCP at all", func(p *Patient) { set("bind", "*", "port", "0", "protected-mode", "no")(p); p.Open = true }, ""},
		{"an open socket", func(p *Patient) { set("unixsocket", "/s", "unixsocketperm", "777")(p); p.Open = true }, "open-socket warning"},
		{"a password in plain text", set("bind", "*"), "plain-text warning"},
		{"a short password", set("bind", "*", "requirepass", "secret"), "plain-text warning, weak-password warning"},
		{"a long one, by TLS", set("bind", "*", "port", "0", "tls-port", "6379", "tls-cert-file", "/c.crt", "requirepass", "0123456789abcdef"), ""},
		{"DEBUG for everybody", set("bind", "*", "port", "0", "tls-port", "6379", "tls-cert-file", "/c.crt", "enable-debug-command", "yes"), "enable-debug-command warning"},
		{"and without a password", func(p *Patient) {
			set("bind", "*", "protected-mode", "no", "enable-protected-configs", "yes")(p)
			p.Open = true
		}, "open-to-all danger, enable-protected-configs danger"},
		{"an old certificate", func(p *Patient) {
			set("tls-port", "1", "tls-cert-file", "/c.crt")(p)
			p.Files["/c.crt"] = File{Expires: p.Machine.Now.Add(-time.Hour)}
		}, "certificate danger"},
		{"one that is about to expire", func(p *Patient) {
			set("tls-port", "1", "tls-cert-file", "/c.crt")(p)
			p.Files["/c.crt"] = File{Expires: p.Machine.Now.Add(10 * 24 * time.Hour)}
		}, "certificate warning"},
		{"one that is none", func(p *Patient) {
			set("tls-port", "1", "tls-cert-file", "/c.crt")(p)
			p.Files["/c.crt"] = File{Err: errors.New("there is no PEM in it")}
		}, "certificate danger"},
		{"no reloading, old versions", set("tls-port", "1", "tls-cert-file", "/c.crt", "tls-auto-reload-interval", "0", "tls-protocols", "TLSv1.1 TLSv1.3"), "old-tls warning, certificate-reload note"},
		{"a key for all to read", func(p *Patient) { p.Files["/c.key"] = File{Secret: true, Mode: 0o644} }, "readable-secret warning"},
		{"root", func(p *Patient) { p.Machine.Root = true }, "root warning"},

		{"no maxmemory", set("maxmemory", "0"), "no-maxmemory warning, policy-without-limit note"},
		{"maxmemory in a small container", func(p *Patient) { p.Machine.Limit = 6 * gb }, "maxmemory-too-large danger"},
		{"maxmemory that is tight", set("maxmemory", "7516192768"), "maxmemory-tight warning"},
		{"swap", func(p *Patient) { p.Machine.Swap = gb }, "swap note"},
		{"swap that a container may not have", func(p *Patient) { p.Machine.Swap = gb; p.Machine.Limit = 8 * gb }, ""},
		{"noeviction", set("maxmemory-policy", "noeviction"), "noeviction note"},
		{"a cache with a log", set("maxmemory-policy", "allkeys-lru"), "evicts-what-is-kept note"},
		{"a cache with save points", set("maxmemory-policy", "allkeys-lru", "appendonly", "no"), "evicts-what-is-kept note, save-points note"},
		{"nothing kept", set("appendonly", "no", "save", ""), "nothing-kept warning"},
		{"appendfsync no", set("appendfsync", "no"), "appendfsync-no warning"},
		{"appendfsync always", set("appendfsync", "always", "no-appendfsync-on-rewrite", "yes"), "appendfsync-always note, no-fsync-meanwhile note"},
		{"silent failures", set("stop-writes-on-bgsave-error", "no", "rdbchecksum", "no"), "fails-in-silence warning, no-checksum note"},
		{"no directory", func(p *Patient) { p.Machine.Disk.Err = errors.New("it is gone") }, "dir danger"},
		{"a directory to look at", func(p *Patient) { p.Machine.Disk.ReadOnly = true }, "dir-read-only danger"},
		{"a directory in memory", func(p *Patient) { p.Machine.Disk.FileSystem = "tmpfs" }, "dir-vanishes warning"},
		{"a directory elsewhere", func(p *Patient) { p.Machine.Disk.FileSystem = "nfs" }, "dir-remote warning"},
		{"a full disk", func(p *Patient) { p.Machine.Disk.Free = gb }, "disk-full danger"},
		{"a small disk", func(p *Patient) { p.Machine.Disk = Disk{Path: "/", Free: 5 * gb, Total: 10 * gb} }, "disk-small warning"},
		{"a disk that does not matter", func(p *Patient) {
			set("appendonly", "no", "save", "")(p)
			p.Machine.Disk.Free = gb
		}, "nothing-kept warning"},
		{"a replica without the word", set("replicaof", "h 1", "requirepass", "x", "replica-read-only", "no"), "no-masterauth warning, writable-replica warning"},

		{"few files", func(p *Patient) { p.Machine.Files = 1024 }, "open-files warning"},
		{"a short queue", func(p *Patient) { p.Machine.Somaxconn = 128 }, "backlog warning"},
		{"strict overcommit", func(p *Patient) { p.Machine.Overcommit = "2" }, "overcommit warning"},
		{"huge pages that are not there", func(p *Patient) { set("arena-huge-pages", "yes")(p); p.Machine.HugePages = "never" }, "huge-pages warning"},
		{"too many loops", set("io-threads", "8"), "loops warning"},
		{"a clock of its own", func(p *Patient) { p.Machine.Unsynced = true }, "clock warning"},

		{"nobody there", func(p *Patient) { p.Info, p.Unreachable = nil, "connection refused" }, "not-running note"},
		{"a save that failed", info("rdb_last_bgsave_status", "err"), "save-failed danger"},
		{"a log that failed", info("aof_last_write_status", "err"), "log-failed danger"},
		{"a rewrite that failed", info("aof_last_bgrewrite_status", "err"), "rewrite-failed warning"},
		{"no master", func(p *Patient) { info("role", "slave")(p); info("master_link_status", "down")(p) }, "master-down danger"},
		{"loading", info("loading", "1"), "loading note"},
		{"nothing to evict", info("db0", "keys=10,expires=0,avg_ttl=0"), "nothing-to-evict warning"},
		{"little to evict", info("db1", "keys=1000,expires=1,avg_ttl=0"), "little-to-evict note"},
		{"nearly full", func(p *Patient) {
			set("maxmemory-policy", "noeviction")(p)
			p.Info["used_memory"] = "6442450943"
		}, "nearly-full warning, noeviction note"},
		{"clients turned away", func(p *Patient) {
			p.Info["rejected_connections"], p.Info["connected_clients"] = "5", "9999"
		}, "refused-clients warning"},
	} {
		p := sound(t)
		c.spoil(p)
		var got []string
		for _, f := range Examine(p) {
			got = append(got, f.Rule+" "+f.Level.String())
			if !strings.HasSuffix(f.What, ".") || strings.Contains(f.What+f.Do, "%!") {
				t.Errorf("%s: %s", c.name, f.What)
			}
		}
		if text := strings.Join(got, ", "); text != c.want {
			t.Errorf("%s: %s; want %s", c.name, text, c.want)
		}
	}
}

// TestOpen: what a server says at its start.
func TestOpen(t *testing.T) {
	p := sound(t, "bind", "*", "protected-mode", "no", "save", "")
	p.Open = true
	if open := Open(p); len(open) != 1 || open[0].Rule != "open-to-all" {
		t.Error(open)
	}
	p = sound(t, "bind", "*")
	p.Open = true
	if open := Open(p); len(open) != 0 { // protected
		t.Error(open)
	}
}

func TestPrint(t *testing.T) {
	var b strings.Builder
	Print(&b, []Finding{{"a", Danger, strings.Repeat("word ", 30) + "end.", "Do."}, {"b", Note, "It is so.", ""}})
	if got := b.String(); !strings.HasPrefix(got, "danger   a: word") || !strings.Contains(got, "      -> Do.\n") ||
		!strings.HasSuffix(got, "1 dangers, 0 warnings, 1 notes.\n") || slices.ContainsFunc(strings.Split(got, "\n"), func(l string) bool { return len(l) > 100 }) {
		t.Error(got)
	}
}

// TestLook: something is found out here, without an error in it.
func TestLook(t *testing.T) {
	m := Look(t.TempDir())
	if m.Cores < 1 || m.Now.IsZero() || m.Disk.Err != nil || m.Disk.ReadOnly {
		t.Errorf("%+v", m)
	}
	if gone := Look("/nonexistent"); gone.Disk.Err == nil {
		t.Error("a directory that is not there")
	}
	if chosen("always [madvise] never") != "madvise" || chosen("") != "" {
		t.Error("the chosen word")
	}
}
