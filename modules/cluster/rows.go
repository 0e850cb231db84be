package cluster

import "github.com/ferrousdb/ferrous/core"

const (
	admin   = core.Admin | core.Stale
	changes = admin | core.NoAsyncLoading
)

//go:noinline
func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{Summary: summary, Since: since, Group: "cluster", Complexity: complexity, Args: args, Tips: tips}
}

const (
	perNode  = "O(N) where N is the total number of Cluster nodes"
	perSlot  = "O(N) where N is the total number of hash slot arguments"
	perRange = "O(N) where N is the total number of the slots between the start slot and end slot arguments."
	varies   = "nondeterministic_output"
)

func rows() []core.Command {
	return []core.Command{
		{Name: "asking", Run: disabled, Arity: 1, Flags: core.Fast, ACL: core.CatConnection,
			Doc: doc("3.0.0", "O(1)", "Lets the next command in to a slot that is being imported.", "")},
		{Name: "cluster", Arity: -2, Sub: subRows(),
			Doc: doc("3.0.0", "Depends on subcommand.", "A container for commands about the cluster.", "")},
		{Name: "readonly", Run: disabled, Arity: 1, Flags: core.Loading | core.Stale | core.Fast, ACL: core.CatConnection,
			Doc: doc("3.0.0", "O(1)", "Lets the connection read from a replica.", "")},
		{Name: "readwrite", Run: disabled, Arity: 1, Flags: core.Loading | core.Stale | core.Fast, ACL: core.CatConnection,
			Doc: doc("3.0.0", "O(1)", "Takes READONLY back.", "")},
	}
}

func subRows() []core.Command {
	rows := []core.Command{
		{Name: "addslots", Arity: -3, Flags: changes, Doc: doc("3.0.0", perSlot, "Gives slots to the node.", "slot:integer...")},
		{Name: "addslotsrange", Arity: -4, Flags: changes, Doc: doc("7.0.0", perRange, "Gives ranges of slots to the node.",
			"range{start-slot:integer end-slot:integer}...")},
		{Name: "bumpepoch", Arity: 2, Flags: changes, Doc: doc("3.0.0", "O(1)", "Raises the node's configuration epoch.", "", varies)},
		{Name: "count-failure-reports", Arity: 3, Flags: admin, Doc: doc("3.0.0", "O(N) where N is the number of failure reports",
			"Answers how many nodes take another one for failed.", "node-id", varies)},
		{Name: "countkeysinslot", Arity: 3, Flags: core.Stale, Doc: doc("3.0.0", "O(1)", "Answers the number of keys in a slot.", "slot:integer")},
		{Name: "delslots", Arity: -3, Flags: changes, Doc: doc("3.0.0", perSlot, "Takes slots from the node.", "slot:integer...")},
		{Name: "delslotsrange", Arity: -4, Flags: changes, Doc: doc("7.0.0", perRange, "Takes ranges of slots from the node.",
			"range{start-slot:integer end-slot:integer}...")},
		{Name: "failover", Arity: -2, Flags: changes, Doc: doc("3.0.0", "O(1)", "Makes a replica take its master's place.", "[options(FORCE|TAKEOVER)]")},
		{Name: "flushslots", Arity: 2, Flags: changes, Doc: doc("3.0.0", "O(1)", "Takes all slots from the node.", "")},
		{Name: "forget", Arity: 3, Flags: changes, Doc: doc("3.0.0", "O(1)", "Strikes a node off the list of nodes.", "node-id")},
		{Name: "getkeysinslot", Arity: 4, Flags: core.Stale, Doc: doc("3.0.0", "O(log(N)) where N is the number of requested keys",
			"Answers names of keys in a slot.", "slot:integer count:integer", varies)},
		{Name: "info", Arity: 2, Flags: core.Stale, Doc: doc("3.0.0", "O(1)", "Describes the state of the cluster as the node sees it.", "", varies)},
		{Name: "keyslot", Arity: 3, Flags: core.Stale, Doc: doc("3.0.0", "O(N) where N is the number of bytes in the key", "Answers the slot of a key.", "key:string")},
		{Name: "links", Arity: 2, Flags: core.Stale, Doc: doc("7.0.0", perNode, "Describes the links to other nodes.", "", varies)},
		{Name: "meet", Arity: -4, Flags: changes, Doc: core.WithHistory(doc("3.0.0", "O(1)", "Makes the node join another one's cluster.",
			"ip port:integer [cluster-bus-port:integer]^4.0.0"), "4.0.0", "`cluster-bus-port`.")},
		{Name: "myid", Arity: 2, Flags: core.Stale, Doc: doc("3.0.0", "O(1)", "Answers the node's identifier.", "")},
		{Name: "myshardid", Arity: 2, Flags: core.Stale, Doc: doc("7.2.0", "O(1)", "Answers the identifier of the node's shard.", "", varies)},
		{Name: "nodes", Arity: 2, Flags: core.Stale, Doc: doc("3.0.0", perNode, "Describes the nodes, a line each.", "", varies)},
		{Name: "replicas", Arity: 3, Flags: admin, Doc: doc("5.0.0", "O(1)", "Describes the replicas of a master.", "node-id", varies)},
		{Name: "replicate", Arity: 3, Flags: changes, Doc: doc("3.0.0", "O(1)", "Makes the node a replica of a master.", "node-id")},
		{Name: "reset", Arity: -2, Flags: admin | core.NoScript, Doc: doc("3.0.0",
			"O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
			"Makes the node forget its cluster.", "[reset-type(HARD|SOFT)]")},
		{Name: "saveconfig", Arity: 2, Flags: changes, Doc: doc("3.0.0", "O(1)", "Writes the node's configuration to disk.", "")},
		{Name: "set-config-epoch", Arity: 3, Flags: changes, Doc: doc("3.0.0", "O(1)", "Sets the configuration epoch of a new node.", "config-epoch:integer")},
		{Name: "setslot", Arity: -4, Flags: changes, Doc: doc("3.0.0", "O(1)", "Says which node a slot belongs to, or moves to.",
			"slot:integer subcommand(IMPORTING importing<node-id>|MIGRATING migrating<node-id>|NODE node<node-id>|STABLE)")},
		{Name: "shards", Arity: 2, Flags: core.Loading | core.Stale, Doc: doc("7.0.0", "O(N) where N is the total number of cluster nodes", "Describes which nodes have which slots.", "", varies)},
		{Name: "slaves", Arity: 3, Flags: admin, Doc: deprecated(doc("3.0.0", "O(1)", "Describes the replicas of a master.", "node-id", varies), "5.0.0", "`CLUSTER REPLICAS`")},
		{Name: "slots", Arity: 2, Flags: core.Loading | core.Stale, Doc: core.WithHistory(deprecated(doc("3.0.0", perNode, "Describes which nodes have which slots.", "", varies), "7.0.0", "`CLUSTER SHARDS`"),
			"4.0.0", "Identifiers of nodes.", "7.0.0", "Further addresses of nodes.")},
		{Name: "help", Arity: 2, Flags: core.Loading | core.Stale, Doc: doc("5.0.0", "O(1)", "Prints this help.", "")},
	}
	for i := range rows {
		rows[i].Run = disabled
	}
	return rows
}

func deprecated(d core.Doc, since, by string) core.Doc {
	d.Deprecated, d.ReplacedBy = since, by
	return d
}
