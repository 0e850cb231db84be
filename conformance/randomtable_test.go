package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/ferrousdb/ferrous/conformance/resp"
)

// playCommand is a command as the oracle documents it.
type playCommand struct {
	name      []string // CLIENT, ID
	group     string
	args      []playArg
	random    bool // replies are not determined
	unordered bool // their order is not
}

// playArg is an argument of COMMAND DOCS.
type playArg struct {
	name, typ, token                  string
	optional, multiple, multipleToken bool
	args                              []playArg // of a block, or of which there is one
}

// notPlayed are commands, by name or by the first word of it, which are no part of a round, and why.
var notPlayed = map[string]string{
	"SHUTDOWN": "ends the server", "FAILOVER": "no replicas", "REPLICAOF": "changes the role", "SLAVEOF": "changes the role", "DEBUG": "has no documentation of its arguments",
	"PSYNC": "makes a replica of the connection", "SYNC": "makes a replica of the connection", "REPLCONF": "makes a replica of the connection", "MONITOR": "more than one reply",
	"SUBSCRIBE": "more than one reply", "PSUBSCRIBE": "more than one reply", "SSUBSCRIBE": "more than one reply",
	"UNSUBSCRIBE": "more than one reply", "PUNSUBSCRIBE": "more than one reply", "SUNSUBSCRIBE": "more than one reply",
	"QUIT": "ends the connection", "CLIENT REPLY": "no reply", "CLIENT KILL": "ends the connection", "CLIENT PAUSE": "holds all up", "CLIENT TRACKING": "pushes",
	"CLIENT CACHING": "depends on tracking", "SAVE": "files", "BGSAVE": "files", "BGREWRITEAOF": "files", "CONFIG": "has a test of its own", "MODULE": "there are no modules",
	"LOLWUT": "art", "INFO": "compared by scripts", "COMMAND": "compared by TestCommandTable", "MEMORY": "what a value takes is our own", "LATENCY": "times", "SLOWLOG": "times",
	"OBJECT REFCOUNT": "values are not shared", "OBJECT FREQ": "depends on the policy", "OBJECT IDLETIME": "times", "SCAN": "the order is our own", "HSCAN": "the order is our own", "SSCAN": "the order is our own",
	"ZSCAN": "the order is our own", "SPOP": "what it leaves is not determined", "MIGRATE": "another server", "CLIENT ID": "which connections there were", "CLIENT LIST": "times", "CLIENT INFO": "times", "FUNCTION DUMP": "whether it is compressed is our own", "PFDEBUG": "internals", "PFSELFTEST": "internals", "RESTORE-ASKING": "as RESTORE",
	"ASKING": "cluster", "CLUSTER": "cluster", "READONLY": "cluster", "READWRITE": "cluster", "ACL": "has a test of its own", "WAIT": "waits", "WAITAOF": "waits", "MULTI": "made by the player",
	"EXEC": "made by the player", "DISCARD": "made by the player", "AUTH": "slow", "HELLO": "made by the player", "RESET": "made by the player", "SCRIPT DEBUG": "more than one reply",
	"SCRIPT KILL": "nothing runs", "FUNCTION KILL": "nothing runs", "EVAL": "made by the player", "EVALSHA": "made by the player", "EVAL_RO": "made by the player", "EVALSHA_RO": "made by the player",
	"RANDOMKEY": "not determined", "SELECT": "made by the player",
	"XADD": "TestRandomStreams", "XACK": "TestRandomStreams", "XDEL": "TestRandomStreams", "XGROUP": "TestRandomStreams", "XINFO": "TestRandomStreams", "XCLAIM": "TestRandomStreams", "XAUTOCLAIM": "TestRandomStreams",
	"XPENDING": "TestRandomStreams", "XTRIM": "TestRandomStreams", "XREADGROUP": "TestRandomStreams", "XREAD": "TestRandomStreams", "XSETID": "TestRandomStreams",
}

// playTable reads the documented commands, without those that are not played or that one server lacks.
func playTable(t *testing.T, nodes [2]*testNode) (table []*playCommand) {
	t.Helper()
	tips := map[string][]resp.Value{}
	has := map[string]int{}
	for i, n := range nodes {
		v, err := n.conn.Do("COMMAND")
		if err != nil {
			t.Fatal(err)
		}
		var add func(rows []resp.Value)
		add = func(rows []resp.Value) {
			for _, row := range rows {
				name := strings.ToUpper(strings.ReplaceAll(row.Elems[0].Text, "|", " "))
				has[name]++
				if i == 0 {
					tips[name] = row.Elems[7].Elems
				}
				add(row.Elems[9].Elems)
			}
		}
		add(v.Elems)
	}
	docs, err := nodes[0].conn.Do("COMMAND", "DOCS")
	if err != nil {
		t.Fatal(err)
	}
	var add func(pairs []resp.Value)
	add = func(pairs []resp.Value) {
		for i := 0; i < len(pairs); i += 2 {
			name := strings.ToUpper(strings.ReplaceAll(pairs[i].Text, "|", " "))
			words := strings.Fields(name)
			doc := fields(pairs[i+1])
			if subs, ok := doc["subcommands"]; ok {
				if notPlayed[name] == "" {
					add(subs.Elems)
				}
				continue
			}
			if notPlayed[name] != "" || notPlayed[words[0]] != "" || has[name] != 2 || words[len(words)-1] == "HELP" {
				continue
			}
			hint := func(s string) bool {
				return slices.ContainsFunc(tips[name], func(v resp.Value) bool { return v.Text == s })
			}
			table = append(table, &playCommand{words, doc["group"].Text, docArgs(doc["arguments"]),
				hint("nondeterministic_output"), hint("nondeterministic_output_order")})
		}
	}
	add(docs.Elems)
	slices.SortFunc(table, func(a, b *playCommand) int { return slices.Compare(a.name, b.name) }) // the oracle's order is another each time
	if len(table) < 100 {
		t.Fatalf("only %d commands are documented", len(table))
	}
	return table
}

// fields are the pairs of a map in RESP2.
func fields(v resp.Value) map[string]resp.Value {
	m := map[string]resp.Value{}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		m[v.Elems[i].Text] = v.Elems[i+1]
	}
	return m
}

func docArgs(v resp.Value) (args []playArg) {
	for _, e := range v.Elems {
		f := fields(e)
		a := playArg{name: f["name"].Text, typ: f["type"].Text, token: f["token"].Text, args: docArgs(f["arguments"])}
		for _, flag := range f["flags"].Elems {
			switch flag.Text {
			case "optional":
				a.optional = true
			case "multiple":
				a.multiple = true
			case "multiple_token":
				a.multiple, a.multipleToken = true, true
			}
		}
		args = append(args, a)
	}
	return args
}
