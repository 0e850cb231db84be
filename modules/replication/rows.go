package replication

import "github.com/ferrousdb/ferrous/core"

//go:noinline
func doc(since, group, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: group, Complexity: "O(1)", Args: args, Tips: tips}
}

func (m *module) rows() []core.Command {
	const admin = core.Admin | core.NoScript | core.Stale | core.NoAsyncLoading | core.AllKeys | core.AllSessions
	const master = "args(host-port{host port:integer}|no-one{NO ONE})"
	slave := doc("1.0.0", "server", "Makes the server a replica, or a master.", master)
	slave.Deprecated, slave.ReplacedBy = "5.0.0", "`REPLICAOF`"
	const handshake = core.Admin | core.NoScript | core.NoMulti | core.NoAsyncLoading
	return []core.Command{
		{Name: "failover", Run: m.failoverCommand, Arity: -1, Flags: core.Admin | core.NoScript | core.Stale | core.AllSessions | core.AllKeys,
			Doc: doc("6.2.0", "server", "Lets a replica take the place of this master.",
				"[TO target{host port:integer [FORCE]}] [ABORT] [TIMEOUT milliseconds:integer]")},
		{Name: "psync", Run: m.psync, Arity: -3, Flags: handshake | core.AllSessions | core.AllKeys,
			Doc: core.Doc{Summary: "Makes the connection that of a replica, which goes on where it has stopped if it can.", Since: "2.8.0", Group: "server",
				Args: "replicationid offset:integer"}},
		{Name: "replconf", Run: m.replconf, Arity: -1, Flags: core.Admin | core.NoScript | core.Loading | core.Stale | core.AllowBusy,
			Doc: core.Doc{Summary: "Tells a master what a replica is, and how far it has come.", Since: "3.0.0", Group: "server", Complexity: "O(1)", System: true}},
		{Name: "replicaof", Run: m.replicaOf, Arity: 3, Flags: admin, Doc: doc("5.0.0", "server", "Makes the server a replica, or a master.", master)},
		{Name: "role", Run: m.role, Arity: 1, Flags: core.NoScript | core.Loading | core.Stale | core.Fast, ACL: core.CatAdmin | core.CatDangerous,
			Doc: doc("2.8.12", "server", "Answers the server's place in the replication, and who else has one.", "")},
		{Name: "slaveof", Run: m.replicaOf, Arity: 3, Flags: admin, Doc: slave},
		{Name: "sync", Run: m.sync, Arity: 1, Flags: handshake | core.AllKeys,
			Doc: core.Doc{Summary: "Makes the connection that of a replica, which begins with a dump.", Since: "1.0.0", Group: "server"}},
		{Name: "wait", Run: m.wait, Arity: 3, ACL: core.CatConnection,
			Doc: doc("3.0.0", "generic", "Waits until replicas have acknowledged what the connection has written.", "numreplicas:integer timeout:integer",
				"request_policy:all_shards", "response_policy:agg_min")},
	}
}
