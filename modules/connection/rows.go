package connection

import "github.com/ferrousdb/ferrous/core"

// always is for commands about the connection only: the state of the server
// does not matter to them.
const always = core.NoScript | core.Loading | core.Stale

// handshake is allowed before authentication and while a script is busy, too.
const handshake = always | core.Fast | core.NoAuth | core.AllowBusy

//go:noinline
func doc(since, complexity, summary, args string, tips ...string) core.Doc {
	return core.Doc{
		Summary: summary, Since: since, Group: "connection", Complexity: complexity,
		Args: args, Tips: tips,
	}
}

func (m *module) rows() []core.Command {
	rows := []core.Command{
		{
			Name: "ping", Run: ping, Arity: -1, Flags: core.Fast | core.TellsHealth | core.WhileSubscribed,
			Doc: doc("1.0.0", "O(1)", "Answers, which shows that the server is alive.", "[message]",
				"request_policy:all_shards", "response_policy:all_succeeded"),
		},
		{
			Name: "echo", Run: echo, Arity: 2, Flags: core.Loading | core.Stale | core.Fast,
			Doc: doc("1.0.0", "O(1)", "Sends a message back.", "message"),
		},
		{
			Name: "select", Run: selectDB, Arity: 2, Flags: core.Loading | core.Stale | core.Fast,
			Doc: doc("1.0.0", "O(1)", "Chooses the database of the connection.", "index:integer"),
		},
		{
			Name: "hello", Run: core.ForClient(m.hello), Arity: -1, Flags: handshake | core.Sensitive, Redact: redactHello,
			Doc: core.WithHistory(doc("6.0.0", "O(1)", "Chooses the protocol version, and authenticates and names the connection on the way.",
				"[arguments{protover:integer [AUTH auth{username password}] [SETNAME clientname]}]"),
				"6.2.0", "The version may be left out: then the command only reports."),
		},
		{
			Name: "auth", Run: core.ForClient(m.auth), Arity: -2, Flags: handshake | core.Sensitive,
			Doc: core.WithHistory(doc("1.0.0", "O(N) in the number of passwords of the user", "Authenticates the connection.",
				"[username]^6.0.0 password"),
				"6.0.0", "A user name may come before the password."),
		},
		{
			Name: "quit", Run: core.ForClient(quit), Arity: -1, Flags: handshake | core.NotQueued | core.WhileSubscribed,
			Doc: deprecated(doc("1.0.0", "O(1)", "Closes the connection.", ""), "7.2.0", "just closing the connection"),
		},
		{
			Name: "reset", Run: core.ForClient(m.reset), Arity: 1, Flags: handshake | core.NotQueued | core.WhileSubscribed,
			Doc: doc("6.2.0", "O(1)", "Makes the connection as it was when it was new.", ""),
		},
		{
			Name: "client", Arity: -2, Sub: m.clientRows(),
			Doc: doc("2.4.0", "Depends on subcommand.", "A container for commands about client connections.", ""),
		},
	}
	for i := range rows {
		if len(rows[i].Sub) == 0 {
			rows[i].ACL = core.CatConnection
		}
	}
	return rows
}

func (m *module) clientRows() []core.Command {
	const admin = core.Admin | always
	rows := []core.Command{
		{
			Name: "getname", Run: core.ForClient(getName), Arity: 2, Flags: always,
			Doc: doc("2.6.9", "O(1)", "Returns the name of the connection.", ""),
		},
		{
			Name: "id", Run: core.ForClient(id), Arity: 2, Flags: always,
			Doc: doc("5.0.0", "O(1)", "Returns the number of the connection, which no other ever had or will have.", ""),
		},
		{
			Name: "info", Run: core.ForClient(info), Arity: 2, Flags: always,
			Doc: doc("6.2.0", "O(1)", "Describes the connection in the form of CLIENT LIST.", "", "nondeterministic_output"),
		},
		{
			Name: "kill", Run: m.kill, Look: m.lookForKill, Arity: -3, Flags: admin | core.AllSessions | core.Surveys,
			Doc: core.WithHistory(doc("2.4.0", "O(N) where N is the number of client connections",
				"Closes the connections that the filters choose.",
				`filter(old-format<ip:port>^-2.8.12|new-format(
					[ID client-id:integer]^2.8.12|
					[TYPE client-type(NORMAL|MASTER^3.2.0|SLAVE|REPLICA^5.0.0|PUBSUB)]^2.8.12|
					[USER username]|[ADDR addr<ip:port>]|[LADDR laddr<ip:port>]^6.2.0|[SKIPME skipme(YES|NO)])...)`),
				"2.8.12", "Filters besides the address.",
				"2.8.12", "`ID` is a filter.",
				"3.2.0", "`master` is a `TYPE`.",
				"5.0.0", "`replica` is a `TYPE`, of which `slave` is the old name.",
				"6.2.0", "`LADDR` is a filter."),
		},
		{
			Name: "list", Run: m.list, Look: m.lookForList, Arity: -2, Flags: admin | core.AllSessions | core.Surveys,
			Doc: core.WithHistory(doc("2.4.0", "O(N) where N is the number of client connections",
				"Describes the open connections, one a line.",
				"[TYPE client-type(NORMAL|MASTER|REPLICA|PUBSUB)]^5.0.0 [ID client-id:integer...]^6.2.0", "nondeterministic_output"),
				"2.8.12", "Field `id`.",
				"5.0.0", "Filter `TYPE`.",
				"6.0.0", "Field `user`.",
				"6.2.0", "Fields `argv-mem`, `tot-mem`, `laddr` and `redir`; filter `ID`.",
				"7.0.0", "Fields `resp`, `multi-mem`, `rbs` and `rbp`.",
				"7.0.3", "Field `ssub`."),
		},
		{
			Name: "no-evict", Run: core.ForClient(noEvict), Arity: 3, Flags: admin,
			Doc: doc("7.0.0", "O(1)", "Exempts the connection from client eviction, or makes it subject to it.", "enabled(ON|OFF)"),
		},
		{
			Name: "no-touch", Run: core.ForClient(noTouch), Arity: 3, Flags: always,
			Doc: doc("7.2.0", "O(1)", "Makes the connection's reads leave the access clock of keys alone, or not.", "enabled(ON|OFF)"),
		},
		{
			Name: "pause", Run: pause, Arity: -3, Flags: admin | core.AllKeys,
			Doc: core.WithHistory(doc("3.0.0", "O(1)", "Holds back the commands of all clients for some milliseconds, or only those that may write.",
				"timeout:integer [mode(WRITE|ALL)]^6.2.0"),
				"6.2.0", "`WRITE` and `ALL`."),
		},
		{
			Name: "reply", Run: core.ForClient(reply), Arity: 3, Flags: always,
			Doc: doc("3.2.0", "O(1)", "Turns the replies to the connection off and on, or skips the next one.", "action(ON|OFF|SKIP)"),
		},
		{
			Name: "setinfo", Run: core.ForClient(setInfo), Arity: 4, Flags: always,
			Doc: doc("7.2.0", "O(1)", "Tells what library is behind the connection.", "attr(LIB-NAME libname|LIB-VER libver)",
				"request_policy:all_nodes", "response_policy:all_succeeded"),
		},
		{
			Name: "setname", Run: core.ForClient(setName), Arity: 3, Flags: always,
			Doc: doc("2.6.9", "O(1)", "Gives the connection a name.", "connection-name",
				"request_policy:all_nodes", "response_policy:all_succeeded"),
		},
		{
			Name: "unblock", Run: unblock, Look: lookForUnblock, Arity: -3, Flags: admin | core.AllSessions | core.Surveys,
			Doc: doc("5.0.0", "O(log N) where N is the number of client connections",
				"Ends the wait of another client that is blocked in a command.", "client-id:integer [unblock-type(TIMEOUT|ERROR)]"),
		},
		{
			Name: "unpause", Run: unpause, Arity: 2, Flags: admin | core.AllKeys,
			Doc: doc("6.2.0", "O(N) where N is the number of paused clients", "Ends a pause.", ""),
		},
	}
	for i := range rows {
		rows[i].ACL = core.CatConnection
	}
	return append(rows, core.HelpRow("connection", "5.0.0", core.CatConnection))
}

func deprecated(d core.Doc, since, replacedBy string) core.Doc {
	d.Deprecated, d.ReplacedBy = since, replacedBy
	return d
}
